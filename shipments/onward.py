"""Numbers under which a parcel travels on: a return on a new bill, a hand-over to another carrier. Pure.

SF writes it into the scan of operation 648 (快件已退回/转寄,新单号为: SF…); others word a hand-over (转投, 转邮, 转单) with the
partner's name and number. A bag's number (袋号) and the parcel's own are none.
"""

import re
from collections.abc import Sequence

from shipments.answers import Onward
from shipments.status import Event, Stage

_NUMBER = r"[\s：:为是【\[（(]{0,4}([A-Za-z]{0,6}\d[0-9A-Za-z-]{6,24})"
_NEW = re.compile(rf"新(?:的)?(?:运单|快递单|面单|物流单|快件|邮件|单)?号码?{_NUMBER}")
_HANDED_OVER = re.compile(
    r"(?:转投|转邮|转EMS|转单|转寄|转由|转交|改派|交由|移交).{0,24}?"
    rf"(?:运单|快递单|面单|物流单|邮件|快件|单)号码?{_NUMBER}"
)
# Names a hand-over is worded with → Carrier.code.
_PARTNERS = (
    (re.compile(r"EMS|邮政特快", re.IGNORECASE), "ems"),
    (re.compile("邮政|邮局|中国邮"), "youzhengguonei"),
    (re.compile("顺丰"), "shunfeng"),
    (re.compile("圆通"), "yuantong"),
    (re.compile("中通"), "zhongtong"),
    (re.compile("申通"), "shentong"),
    (re.compile("韵达"), "yunda"),
    (re.compile("极兔"), "jtexpress"),
    (re.compile("京东"), "jd"),
    (re.compile("德邦"), "debangkuaidi"),
    (re.compile("丹鸟|菜鸟直送"), "danniao"),
)
_HOME = re.compile("退回|退件|退货|退运|返回寄|寄件人|发件人")
_REDIRECTED = re.compile("改寄|改址|新地址|(?:更改|修改|变更)(?:派送|收件|收货)?地址|(?<!退回/)转寄")


def told(events: Sequence[Event], own: str) -> tuple[Onward, ...]:
    """Return the numbers these scans of waybill `own` name as the ones to follow from here, in the order told."""
    found: dict[str, Onward] = {}
    for event in events:
        if "号" not in event.text:
            continue
        for pattern in (_NEW, _HANDED_OVER):
            for match in pattern.finditer(event.text):
                number = match[1].upper().rstrip("-")
                if number != own.upper() and "袋号" not in match.group():
                    found.setdefault(number, _onward(number, events, event, match.group()))
    return tuple(found.values())


def _onward(number: str, events: Sequence[Event], event: Event, words: str) -> Onward:
    """SF words returns and redirections alike: it is on its way home unless somebody asked for another address."""
    partner = next((code for name, code in _PARTNERS if name.search(words)), "")
    going_home = event.stage in (Stage.RETURNING, Stage.RETURNED) or bool(_HOME.search(event.text))
    return Onward(number, partner, going_home and not any(_REDIRECTED.search(one.text) for one in events))
