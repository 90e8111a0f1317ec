"""How Kuaidi100 tells scans: its state codes, and the list of events in every body. Pure."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any

from shipments import bodies, reading, texts
from shipments.carriers._whole import newest_as
from shipments.status import Cause, Event, Stage, fold

STATUS: dict[str, texts.Verdict] = {
    "0": (Stage.IN_TRANSIT, None),
    "1": (Stage.PICKED_UP, None),
    "2": (Stage.UNKNOWN, Cause.OTHER),
    "3": (Stage.DELIVERED, None),
    "4": (Stage.RETURNED, None),
    "5": (Stage.OUT_FOR_DELIVERY, None),
    "6": (Stage.RETURNING, None),
    "7": (Stage.IN_TRANSIT, Cause.FORWARDED),
    "8": (Stage.CUSTOMS, None),
    "10": (Stage.CUSTOMS, None),
    "11": (Stage.CUSTOMS, None),
    "12": (Stage.CUSTOMS, None),
    "13": (Stage.CUSTOMS, Cause.CUSTOMS_HELD),
    "14": (Stage.REFUSED, Cause.REFUSED),
    "101": (Stage.INFO_RECEIVED, None),
    "102": (Stage.INFO_RECEIVED, None),
    "103": (Stage.PICKED_UP, None),
    "201": (Stage.OUT_FOR_DELIVERY, Cause.DELAYED),
    "202": (Stage.IN_TRANSIT, Cause.DELAYED),
    "203": (Stage.REFUSED, Cause.REFUSED),
    "204": (Stage.OUT_FOR_DELIVERY, Cause.ATTEMPT_FAILED),
    "205": (Stage.AVAILABLE_FOR_PICKUP, Cause.UNCOLLECTED),
    "206": (Stage.OUT_FOR_DELIVERY, Cause.UNREACHABLE),
    "207": (Stage.IN_TRANSIT, Cause.OUT_OF_AREA),
    "208": (Stage.IN_TRANSIT, Cause.DELAYED),
    "209": (Stage.IN_TRANSIT, Cause.DAMAGED),
    "210": (Stage.CANCELLED, None),
    "301": (Stage.DELIVERED, None),
    "302": (Stage.DELIVERED, None),
    "303": (Stage.DELIVERED, None),
    "304": (Stage.AVAILABLE_FOR_PICKUP, None),
    "401": (Stage.CANCELLED, None),
    "501": (Stage.AVAILABLE_FOR_PICKUP, None),
    "1001": (Stage.IN_TRANSIT, None),
    "1002": (Stage.IN_TRANSIT, None),
    "1003": (Stage.IN_TRANSIT, Cause.FORWARDED),
}
# The names the same codes go by in `status` of an event.
_NAMES = {
    "在途": "0", "揽收": "1", "揽件": "1", "疑难": "2", "签收": "3", "退签": "4", "派件": "5", "退回": "6", "转投": "7",
    "转单": "7", "清关": "8", "待清关": "10", "清关中": "11", "已清关": "12", "清关异常": "13", "拒签": "14",
    "收件人拒签": "14", "已下单": "101", "待揽收": "102", "已揽收": "103", "超时未签收": "201", "超时未更新": "202",
    "拒收": "203", "派件异常": "204", "柜或驿站超时未取": "205", "柜/驿站超时未取": "205", "无法联系": "206",
    "超区": "207", "滞留": "208", "破损": "209", "销单": "210", "本人签收": "301", "派件异常后签收": "302",
    "代签": "303", "投柜或站签收": "304", "已销单": "401", "投柜或驿站": "501", "到达派件城市": "1001", "干线": "1002",
    "转递": "1003",
}  # fmt: skip
# What a text may add to a code too coarse to tell: 签收 covers a locker, the shop at the end of a return, 失败签收.
COARSE = {
    "0": frozenset(Stage),
    "1": frozenset({Stage.INFO_RECEIVED}),
    "3": frozenset({Stage.AVAILABLE_FOR_PICKUP, Stage.RETURNED, Stage.REFUSED, Stage.OUT_FOR_DELIVERY}),
    "5": frozenset({Stage.AVAILABLE_FOR_PICKUP, Stage.REFUSED, Stage.UNKNOWN}),
    "204": frozenset({Stage.REFUSED, Stage.RETURNING}),
}  # fmt: skip
# JD's 快递签收 signs the goods over from the seller.
_OF_JD = COARSE | {"3": COARSE["3"] | {Stage.PICKED_UP}}
_SAYS_NOTHING = frozenset({"0", "1"})  # also sent by default, on empty and on aborted tracks


def events(told: Sequence[Any], carrier: str = "") -> tuple[tuple[Event, ...], tuple[str, ...]]:
    """Return the events in a list of rows, oldest first, and warnings. `carrier` is a Carrier.code."""
    return bodies.scans(told, _time, partial(_event, carrier=carrier), newest_first=True)


def _time(row: Mapping[str, Any]) -> object:
    return row.get("ftime") if bodies.instant(row.get("ftime")) else row.get("time")


def _event(row: Mapping[str, Any], at: datetime, position: int, carrier: str = "") -> Event:
    text = " ".join(str(row.get("context") or row.get("desc") or "").split())
    code = str(row.get("statusCode") or "").strip()
    name = str(row.get("status") or "").strip()
    known = code if code in STATUS else _NAMES.get(name, name if name in STATUS else "")
    place = str(row.get("areaName") or row.get("location") or "").replace(",", " ").strip()
    stage, cause, rule = reading.read(known, text, STATUS, carrier, _OF_JD if carrier == "jd" else COARSE)
    return Event(at, position, stage, cause, text, place, code or name, rule)


def settled(told: tuple[Event, ...], state: str, signed: bool, carrier: str = "") -> tuple[Event, ...]:
    """Return the events with the newest read anew where the state of the whole says more than its text did.

    `signed` is ischeck = 1: with state 4, signed by the shop the parcel came back to.
    """
    if not told or state not in STATUS:
        return told
    newest, folded = told[-1], fold(told)
    stage, cause, rule = reading.read(state, newest.text, STATUS, carrier, COARSE)
    if state in _SAYS_NOTHING and (newest.stage is not Stage.UNKNOWN or newest.cause):
        return told
    if state == "4" and not signed and folded.stage in (Stage.REFUSED, Stage.RETURNING):
        return told
    if state == "2" and folded.cause:
        return told
    if state == "3" and folded.stage in (Stage.DELIVERED, Stage.RETURNED):
        return told
    if (folded.stage, folded.cause) == (stage, cause):
        return told
    if stage is Stage.UNKNOWN:
        stage = newest.stage
    return newest_as(told, stage, cause, state, rule)
