"""What a code leaves open everywhere and the words tell: who signed, and whether a return is under way. Pure."""

import re
from typing import Final

# The buyer has taken it out of locker or shop; 请凭取件码及时领取 only asks him to.
COLLECTED: Final = re.compile(
    r"(?<!请)凭.{0,2}取[件货]码(?!.{0,2}(?:及时|尽快|前往|到))|取走|取件成功|签收人.{0,60}领取"
)
# What signs for others; a sentence that names none of these tells of a person (快件已被 家人 代签收).
PLACE: Final = re.compile(
    r"柜|丰巢|菜鸟|驿站|兔喜|妈妈|超市|便利店|门店|商店|邻里|代[收理办]点|自[提取]点|服务[站点]|合作点|物业|收发室|门卫|前台"
)
# Asked for is not under way: a return that waits for somebody's word.
RETURN_ASKED_FOR: Final = re.compile(
    r"(?:(?:申请|要求|登记)(?:退回|退件|退货)|退(?:回|件|货)(?:申请|登记)).{0,20}(?:等待|待).{0,12}(?:确认|审核|处理)"
)


def held_by_a_place(text: str) -> bool:
    """Return whether a signature names a place that took the parcel in, and nobody who has fetched it there."""
    return bool(PLACE.search(text)) and not COLLECTED.search(text)
