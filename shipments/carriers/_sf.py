"""How SF tells scans: its operation codes, and routes in JSON and in the older XML. Pure."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from shipments import bodies, reading, texts
from shipments.carriers._shapes import first, plain
from shipments.status import Cause, Event, Stage


def _table(*groups: tuple[str, Stage, Cause | None]) -> dict[str, texts.Verdict]:
    return {code: (stage, cause) for codes, stage, cause in groups for code in codes.split()}


# Checked against real payloads; 648 and 631: the goods travel on under a new number, this one ends on the way back.
STATUS = _table(
    ("127 141 151 152 201 202 205 206 646 647 844", Stage.INFO_RECEIVED, None),
    ("131", Stage.INFO_RECEIVED, Cause.OTHER),
    ("41 43 46 50 54 129 138 153 188 214 607 633 651 655 656 700 701 850 950", Stage.PICKED_UP, None),
    (
        "10 11 30 31 36 51 64 65 75 84 86 87 88 89 96 98 105 106 135 136 137 140 147 186 187 189 190 208 302 304 310 "
        "405 406 407 570 571 643 649 664 676 831 843 847 900 921 930 931 932 3036",
        Stage.IN_TRANSIT,
        None,
    ),
    ("66 77 833", Stage.IN_TRANSIT, Cause.DELAYED),
    ("72 611 934", Stage.IN_TRANSIT, Cause.OTHER),
    ("626 627", Stage.IN_TRANSIT, Cause.FORWARDED),
    ("14 15 16 604 605 606 612 613 614 619 620 623", Stage.CUSTOMS, None),
    ("17 18 621", Stage.CUSTOMS, Cause.CUSTOMS_HELD),
    ("34 44 47 122 123 126 154 204 211 212 630 634 657 677 880 933", Stage.OUT_FOR_DELIVERY, None),
    ("33 70 870", Stage.OUT_FOR_DELIVERY, Cause.ATTEMPT_FAILED),
    ("125 130 632 642 678", Stage.AVAILABLE_FOR_PICKUP, None),
    ("80 97 128 658 679 935 8000", Stage.DELIVERED, None),
    ("99 648", Stage.RETURNING, Cause.FORWARDED),
    ("631", Stage.RETURNING, None),
    ("215 660", Stage.RETURNED, None),
)
_FAILED = frozenset({Stage.REFUSED, Stage.RETURNING, Stage.AVAILABLE_FOR_PICKUP})
# Codes that leave what went wrong to the text; and 80, which stands for a locker too (firstStatus 4, secondary 401), and
# for the sender at the end of a return: only its words tell them from the buyer.
COARSE = dict.fromkeys(("33", "70", "72", "611", "870", "934"), _FAILED) | {
    "80": frozenset({Stage.AVAILABLE_FOR_PICKUP, Stage.RETURNED})
}
# reasonCode of 70 for a pick-up that was cancelled: nothing had been out for delivery.
_PICKUP_CANCELLED = "46"
CARRIER = "shunfeng"


def _read(code: str, text: str, reason_code: str, named: str) -> reading.Reading:
    if code == "70" and reason_code == _PICKUP_CANCELLED:
        return reading.Reading(Stage.CANCELLED, None, "code:70/46")
    said = reading.read(code, text, STATUS, CARRIER, COARSE)
    if code == "80" and said.stage is Stage.DELIVERED and named:
        return reading.read(code, named, STATUS, CARRIER, COARSE)
    return said


def events(routes: Sequence[Any]) -> tuple[tuple[Event, ...], tuple[str, ...]]:
    """Return the events in a list of routes (keys of JSON, or attributes of XML), oldest first, and warnings."""
    return bodies.scans(routes, _time, _event, newest_first=False)


def _time(row: Mapping[str, Any]) -> object:
    return first(plain(row), "accepttime")


def _event(row: Mapping[str, Any], at: datetime, position: int) -> Event:
    told = plain(row)
    text = " ".join(first(told, "remark").split())
    code = first(told, "opcode")
    reason = first(told, "reasonname")
    said = _read(code, f"{text} {reason}".strip(), first(told, "reasoncode"), first(told, "secondarystatusname"))
    return Event(at, position, said.stage, said.cause, text, first(told, "acceptaddress"), code, said.rule)
