"""How ZTO tells scans: the actions it pushes, the scan types it answers, and rows of either. Pure.

The two vocabularies share words and not their meaning: ARRIVAL is pushed when a hub takes a parcel in, and answered when a locker
does. So the English scan types of the query stand in the table, and in `Event.code`, with `scan:` before them.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from shipments import bodies, reading, texts
from shipments.carriers._shapes import first, plain
from shipments.carriers._words import COLLECTED, PLACE
from shipments.reading import Reading
from shipments.status import Cause, Event, Stage

CARRIER: Final = "zhongtong"
ASKED: Final = "scan:"

STATUS: dict[str, texts.Verdict] = {
    # Pushed: action.
    "GOT": (Stage.PICKED_UP, None),
    "ARRIVAL": (Stage.IN_TRANSIT, None),
    "DEPARTURE": (Stage.IN_TRANSIT, None),
    "DISPATCH": (Stage.OUT_FOR_DELIVERY, None),
    "INBOUND": (Stage.AVAILABLE_FOR_PICKUP, None),
    # Named alike, but this one is the buyer who collects it, the next the shop or agent who takes it in for him.
    "DEPARTURE_SIGNED": (Stage.DELIVERED, None),
    "HANDOVERSCAN_SIGNED": (Stage.AVAILABLE_FOR_PICKUP, None),
    "SIGNED": (Stage.DELIVERED, None),
    "PROBLEM": (Stage.UNKNOWN, Cause.OTHER),
    "RETURN": (Stage.RETURNING, None),
    "RETURN_SCAN": (Stage.RETURNING, None),
    "RETURN_SIGNED": (Stage.RETURNED, None),
    # Pushed by the older gateway, as scanType.
    "SIGN": (Stage.DELIVERED, None),
    "RESIGN": (Stage.RETURNED, None),
    # Answered: scanType.
    "收件": (Stage.PICKED_UP, None),
    "发件": (Stage.IN_TRANSIT, None),
    "到件": (Stage.IN_TRANSIT, None),
    "派件": (Stage.OUT_FOR_DELIVERY, None),
    "签收": (Stage.DELIVERED, None),
    "第三方签收": (Stage.AVAILABLE_FOR_PICKUP, None),
    "退件": (Stage.RETURNING, None),
    "退件签收": (Stage.RETURNED, None),
    "问题件": (Stage.UNKNOWN, Cause.OTHER),
    "事件": (Stage.UNKNOWN, None),
    "转单": (Stage.IN_TRANSIT, Cause.FORWARDED),
    "安检": (Stage.IN_TRANSIT, None),
    "进站": (Stage.AVAILABLE_FOR_PICKUP, None),
    "出站": (Stage.UNKNOWN, None),  # by the buyer or back by the courier: its words tell
    "scan:ARRIVAL": (Stage.AVAILABLE_FOR_PICKUP, None),
    "scan:SIGNED": (Stage.DELIVERED, None),
    "scan:DELIVERY": (Stage.OUT_FOR_DELIVERY, None),
    "scan:DEPARTURE": (Stage.OUT_FOR_DELIVERY, None),  # taken out of the locker again, by the courier
    # Answered as numbers, by those who hand the query on.
    "1": (Stage.PICKED_UP, None),
    "2": (Stage.IN_TRANSIT, None),
    "3": (Stage.IN_TRANSIT, None),
    "4": (Stage.OUT_FOR_DELIVERY, None),
    "5": (Stage.DELIVERED, None),
    "7": (Stage.AVAILABLE_FOR_PICKUP, None),
    "8": (Stage.RETURNING, None),
    "9": (Stage.IN_TRANSIT, Cause.FORWARDED),
    "44": (Stage.AVAILABLE_FOR_PICKUP, None),
    "45": (Stage.UNKNOWN, None),
}
_SIGNATURES: Final = frozenset({"SIGNED", "SIGN", "签收", "scan:SIGNED", "5"})
_TAKEN_IN: Final = frozenset({"HANDOVERSCAN_SIGNED", "第三方签收", "7"})
_PROBLEMS: Final = frozenset({"PROBLEM", "问题件"})
_MOVES: Final = frozenset({"ARRIVAL", "DEPARTURE", "发件", "到件", "2", "3"})
_RETURNS: Final = frozenset({"RETURN", "RETURN_SCAN", "退件", "8"})
_REFINED_BY: Final = {
    **dict.fromkeys(_SIGNATURES, frozenset({Stage.AVAILABLE_FOR_PICKUP, Stage.RETURNED})),
    **dict.fromkeys(_MOVES, frozenset({Stage.RETURNING})),
    **dict.fromkeys(_RETURNS, frozenset({Stage.RETURNING, Stage.RETURNED})),
    "scan:DELIVERY": frozenset({Stage.AVAILABLE_FOR_PICKUP, Stage.DELIVERED}),
}
_UNDERWAY: Final = frozenset({Stage.INFO_RECEIVED, Stage.PICKED_UP, Stage.IN_TRANSIT, Stage.OUT_FOR_DELIVERY})

_TIMES: Final = ("actiontime", "scandate", "scantime", "time")
_TEXTS: Final = ("desc", "msg", "remark", "context")


def is_row(value: object) -> bool:
    """Return whether this is one scan as ZTO pushes or answers it, be its time readable or missing."""
    if not isinstance(value, Mapping):
        return False
    keys = plain(value).keys()
    pushed = "action" in keys and bool({"actiontime", "billcode"} & keys)
    return pushed or ("scantype" in keys and bool({"scandate", "scansite", "msg"} & keys))


def code_of(row: Mapping[str, Any]) -> str:
    """Return the code of a row (under plain keys) as the table has it."""
    pushed = str(row.get("action") or "").strip().upper()
    if pushed:
        return pushed
    asked = str(row.get("scantype") or "").strip().upper()
    return f"{ASKED}{asked}" if f"{ASKED}{asked}" in STATUS else asked


def verdict(code: str, text: str, signer: str = "") -> Reading:
    """Return what one scan means. `signer` is who signed, where the row names him apart."""
    collected = COLLECTED.search(text) is not None
    if code in _TAKEN_IN and collected:
        return Reading(Stage.DELIVERED, None, f"code:{code}+text:collected")
    if code in _SIGNATURES and collected:
        return Reading(*STATUS[code], f"code:{code}")
    told = reading.read(code, text, STATUS, CARRIER, _REFINED_BY)
    if code in _SIGNATURES and told.stage is Stage.AVAILABLE_FOR_PICKUP and not PLACE.search(text):
        return Reading(*STATUS[code], f"code:{code}")
    if code in _PROBLEMS and told.cause is None and told.stage in _UNDERWAY:
        return told._replace(cause=Cause.OTHER)  # the words tell where it is, not that all is well
    if code in _SIGNATURES and signer and told.stage is Stage.DELIVERED:
        named = reading.worded(f"签收人：{signer}", CARRIER)
        if named.stage in (Stage.AVAILABLE_FOR_PICKUP, Stage.RETURNED):
            return Reading(named.stage, None, f"code:{code}+{named.rule}")
    return told


def events(rows: Sequence[Any]) -> tuple[tuple[Event, ...], tuple[str, ...]]:
    """Return the events in a list of rows, oldest first, and warnings."""
    return bodies.scans(rows, _when, _event, newest_first=False)


def _when(row: Mapping[str, Any]) -> object:
    told = plain(row)
    times = [told[name] for name in _TIMES if told.get(name)]
    return next((time for time in times if bodies.instant(time)), times[0] if times else "")


def _event(row: Mapping[str, Any], at: datetime, position: int) -> Event:
    told = plain(row)
    text = " ".join(first(told, *_TEXTS).split())
    code = code_of(told)
    stage, cause, rule = verdict(code, text, first(told, "expresssigner", "signman"))
    return Event(at, position, stage, cause, text, _place(told), code, rule)


def _place(row: Mapping[str, Any]) -> str:
    site = row.get("scansite")
    if isinstance(site, Mapping):
        inner = plain(site)
        return first(inner, "city", "name") or first(row, "scancity")
    return first(row, "city", "scancity", "facilityname", "scansite")
