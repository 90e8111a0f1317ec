"""Who signed, by the words of a signature: the one question that a code of "signed" leaves open everywhere. Pure."""

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
