"""How STO tells scans: the scan types of its queries and pushes, at home (Chinese words) and abroad (codes). Pure."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from shipments import bodies, reading, texts
from shipments.carriers import _tracks
from shipments.carriers._shapes import first
from shipments.status import Cause, Event, Stage

CARRIER = "shentong"


def _table(*groups: tuple[str, Stage, Cause | None]) -> dict[str, texts.Verdict]:
    return {code: (stage, cause) for codes, stage, cause in groups for code in codes.split()}


STATUS = _table(
    ("下单 SC_ORDER_PAY_SUCCESS", Stage.INFO_RECEIVED, None),
    ("收件 揽收 揽件 PU_PICKUP_SUCCESS", Stage.PICKED_UP, None),
    ("发件 到件 装袋 拆袋 装车 卸车 称重 入库 出库 安检", Stage.IN_TRANSIT, None),
    (
        "MOT_TRANSIT SC_INBOUND_SUCCESS SC_ORDER_WEIGHT SC_ORDER_PACKET_SUCCESS SC_ORDER_PACKET_OUT LH_DEPART LH_ARRIVE "
        # Fetched from the airport for the customs, and handed over to us after them.
        "CC_START GOT",
        Stage.IN_TRANSIT,
        None,
    ),
    ("留仓件 留仓", Stage.IN_TRANSIT, Cause.DELAYED),
    ("改地址件", Stage.IN_TRANSIT, Cause.ADDRESS),
    ("转邮 转同行", Stage.IN_TRANSIT, Cause.FORWARDED),
    ("CC_IM_START CC_IM_SUCCESS", Stage.CUSTOMS, None),
    ("CC_IM_FAILURE", Stage.CUSTOMS, Cause.CUSTOMS_HELD),
    # 快件取出: the courier took it out of the locker again.
    ("派件 第三方代派 快件取出", Stage.OUT_FOR_DELIVERY, None),
    ("柜机代收 驿站代收 第三方代收 代取快递 派件入柜", Stage.AVAILABLE_FOR_PICKUP, None),
    # 驿站出库: the buyer took it from the station.
    ("签收 客户签收 驿站出库", Stage.DELIVERED, None),
    ("问题件 疑难件", Stage.UNKNOWN, Cause.OTHER),
    ("退回件 退件", Stage.RETURNING, None),
)  # fmt: skip
_SIGNATURE = frozenset({Stage.AVAILABLE_FOR_PICKUP, Stage.RETURNED, Stage.REFUSED})
# What the words may tell instead: 签收 covers a locker and the shop at the end of a return, a problem may be anything.
COARSE: dict[str, frozenset[Stage]] = {
    "签收": _SIGNATURE,
    "客户签收": _SIGNATURE,
    "退回件": frozenset({Stage.RETURNED}),
    "退件": frozenset({Stage.RETURNED}),
    "发件": frozenset({Stage.RETURNING, Stage.IN_TRANSIT}),
    "到件": frozenset({Stage.RETURNING, Stage.IN_TRANSIT}),
    "问题件": frozenset(Stage),
    "疑难件": frozenset(Stage),
}
_PROBLEMS = frozenset({"问题件", "疑难件"})


def events(rows: Sequence[Any]) -> tuple[tuple[Event, ...], tuple[str, ...]]:
    """Return the events in a list of rows, oldest first, and warnings."""
    return bodies.scans(rows, _tracks.when, _event, newest_first=True)


def _event(row: Mapping[str, str], at: datetime, position: int) -> Event:
    code = first(row, "scantype", "action", "actioncode").strip("【】[] ")
    code = code.upper() if code.isascii() else code
    memo = _tracks.words(row)
    issue, signer = row.get("issuename", ""), row.get("signoffpeople", "")
    stage, cause, rule = _read(code, memo, issue, signer)
    text = memo or _told(row, code, issue, signer)
    place = first(row, "oporgcityname", "oporgname", "city", "location")
    return Event(at, position, stage, cause, text, place, code, rule)


def _read(code: str, memo: str, issue: str, signer: str) -> reading.Reading:
    """A problem is its reason (自提 is harmless), a signature is who signed: both have a field of their own."""
    if code in _PROBLEMS:
        told = (f"问题件，原因：{issue}" if issue else "", memo, f"问题件，原因：{memo}")
        read = [reading.read(code, words, STATUS, CARRIER, COARSE) for words in told if words]
        plain = reading.read(code, "", STATUS, CARRIER, COARSE)
        return next((one for one in read if one.rule != plain.rule and one.cause is not Cause.OTHER), plain)
    if code in ("签收", "客户签收") and signer:
        return reading.read(code, f"{memo} 签收人：{signer}", STATUS, CARRIER, COARSE)
    return reading.read(code, memo, STATUS, CARRIER, COARSE)


def _told(row: Mapping[str, str], code: str, issue: str, signer: str) -> str:
    """A sentence for a scan that came without one."""
    where = f"【{row['oporgname']}】" if row.get("oporgname") else ""
    onward = f"发往【{row['nextorgname']}】" if row.get("nextorgname") else ""
    return " ".join(filter(None, (where, code, onward, issue, signer and f"签收人：{signer}")))
