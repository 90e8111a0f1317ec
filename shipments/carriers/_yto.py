"""How YTO tells scans: the codes of its open platform, of its pushes and of its own systems, and the way back. Pure."""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from shipments import bodies, reading, texts
from shipments.carriers import _tracks
from shipments.carriers._shapes import first
from shipments.status import Cause, Event, Stage

CARRIER = "yuantong"

# infoContent of answers and pushes; ACCEPT to WITHDRAW are what the older order interface pushes beside them.
STATUS: dict[str, texts.Verdict] = {
    "ACCEPT": (Stage.INFO_RECEIVED, None),
    "UNACCEPT": (Stage.INFO_RECEIVED, Cause.OTHER),
    "NOT_SEND": (Stage.INFO_RECEIVED, Cause.OTHER),
    "WITHDRAW": (Stage.CANCELLED, None),
    "GOT": (Stage.PICKED_UP, None),
    "ARRIVAL": (Stage.IN_TRANSIT, None),
    "DEPARTURE": (Stage.IN_TRANSIT, None),
    "PACKAGE": (Stage.IN_TRANSIT, None),
    "AIRSEND": (Stage.IN_TRANSIT, None),
    "AIRPICK": (Stage.IN_TRANSIT, None),
    "SENT_SCAN": (Stage.OUT_FOR_DELIVERY, None),
    "INBOUND": (Stage.AVAILABLE_FOR_PICKUP, None),
    "SIGNED": (Stage.DELIVERED, None),
    "FAILED": (Stage.OUT_FOR_DELIVERY, Cause.ATTEMPT_FAILED),
    "FORWARDING": (Stage.IN_TRANSIT, Cause.FORWARDED),
    "TMS_RETURN": (Stage.RETURNING, None),
    # Operation codes of YTO's own systems, which a few outlets' tools hand on.
    "710": (Stage.OUT_FOR_DELIVERY, None),
    "711": (Stage.OUT_FOR_DELIVERY, None),
    "720": (Stage.IN_TRANSIT, Cause.OTHER),
    "740": (Stage.DELIVERED, None),
    "741": (Stage.OUT_FOR_DELIVERY, Cause.ATTEMPT_FAILED),
    "745": (Stage.DELIVERED, None),
    "746": (Stage.OUT_FOR_DELIVERY, Cause.ATTEMPT_FAILED),
    "831": (Stage.RETURNING, None),
    "835": (Stage.RETURNING, None),
    "950": (Stage.IN_TRANSIT, Cause.OTHER),
    "960": (Stage.CUSTOMS, Cause.CUSTOMS_HELD),
}
_ON_THE_WAY = frozenset({Stage.IN_TRANSIT, Stage.CUSTOMS, Stage.RETURNING})
_SIGNATURE = frozenset({Stage.AVAILABLE_FOR_PICKUP, Stage.RETURNED, Stage.REFUSED})
_FAILURE = frozenset({Stage.REFUSED, Stage.RETURNING})
# What the words may tell instead: 签收 covers a locker and the shop at the end of a return, a failure may be a refusal.
COARSE: dict[str, frozenset[Stage]] = {
    "ARRIVAL": _ON_THE_WAY,
    "DEPARTURE": _ON_THE_WAY,
    "PACKAGE": _ON_THE_WAY,
    "SIGNED": _SIGNATURE,
    "740": _SIGNATURE,
    "745": _SIGNATURE,
    "FAILED": _FAILURE,
    "741": _FAILURE,
    "746": _FAILURE,
    "TMS_RETURN": frozenset({Stage.RETURNED}),
    "831": frozenset({Stage.RETURNED}),
    "835": frozenset({Stage.RETURNED}),
}
# The platform's own word for a code, where a push brings no sentence.
_WORDS = {
    "ACCEPT": "已接单", "UNACCEPT": "不接单", "NOT_SEND": "揽收失败", "WITHDRAW": "订单已取消", "GOT": "已揽收",
    "ARRIVAL": "已收入", "DEPARTURE": "已发出", "PACKAGE": "已打包", "AIRSEND": "航空发货", "AIRPICK": "航空提货",
    "SENT_SCAN": "派件中", "INBOUND": "自提柜入柜", "SIGNED": "签收成功", "FAILED": "签收失败", "FORWARDING": "转寄",
    "TMS_RETURN": "退回",
}  # fmt: skip
_FAILED = re.compile("失败签收|签收失败")
_AT = re.compile(r"^【?([^】\s]{2,40}?)(?:公司)?(?:】|\s)")
_ONWARD_TO = re.compile(r"已发出[，,]?\s*下一站\s*[【：:]?\s*([^】\s，,。]{2,40})")
_FAILED_HERE = frozenset({Cause.ATTEMPT_FAILED, Cause.UNREACHABLE, Cause.ADDRESS, Cause.REFUSED})
SENT_BACK = f"carrier:{CARRIER}:left-again-after-its-end"


def events(rows: Sequence[Any]) -> tuple[tuple[Event, ...], tuple[str, ...]]:
    """Return the events in a list of rows, oldest first, and warnings."""
    found, warnings = bodies.scans(rows, _tracks.when, _event, newest_first=True)
    return homeward(found), warnings


def _event(row: Mapping[str, str], at: datetime, position: int) -> Event:
    code = first(row, "infocontent", "opcode", "scantype", "action").upper()
    text = _sentence(row, code)
    place = " ".join(filter(None, (row.get("city", ""), row.get("district", "")))) or first(row, "orgname", "location")
    known = "FAILED" if code in ("SIGNED", "740", "745") and _FAILED.search(text) else code
    stage, cause, rule = reading.read(known, text, STATUS, CARRIER, COARSE)
    return Event(at, position, stage, cause, text, place, code, rule)


def _sentence(row: Mapping[str, str], code: str) -> str:
    """The scan's sentence; a push has none, only a remark to it, and is told in the platform's own words."""
    text = _tracks.words(row)
    if code not in _WORDS or "processinfo" in row or "【" in text or _WORDS[code] in text:
        return text
    where = f"【{row['orgname']}】" if row.get("orgname") else ""
    signer = f"签收人: {row['name']}" if code == "SIGNED" and row.get("name") else ""
    told = "" if code == "FAILED" and _FAILED.search(text) else _WORDS[code]
    return " ".join(filter(None, (where, told, signer, text)))


def homeward(told: tuple[Event, ...]) -> tuple[Event, ...]:
    """Return the events with departures read as the way back where the track shows it.

    YTO has no scan of its own for it: a parcel that was signed or refused and leaves once more is on its way home. After
    a failed attempt it may as well go to another outlet; then only a place where it has been before says home.
    """
    been: set[str] = set()
    ended = failed = False
    found = []
    for event in told:
        to = _ONWARD_TO.search(event.text)
        leaves = event.stage is Stage.IN_TRANSIT and (to is not None or event.code == "DEPARTURE")
        back = to is not None and _place(to[1]) in been
        if leaves and (ended or (failed and back)):
            event = event._replace(stage=Stage.RETURNING, cause=None, rule=SENT_BACK)
        found.append(event)
        ended = ended or event.stage in (Stage.DELIVERED, Stage.REFUSED)
        failed = failed or event.cause in _FAILED_HERE
        here = _AT.match(event.text)
        if here:
            been.add(_place(here[1]))
    return tuple(found)


def _place(name: str) -> str:
    return name.strip("【】 ").removesuffix("公司")
