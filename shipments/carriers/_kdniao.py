"""How Kdniao tells tracks: its state codes, its carriers, and the rows of a track in whatever shape a relay left them. Pure."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from shipments import bodies, reading, texts
from shipments.carriers._shapes import first, plain
from shipments.carriers._whole import newest_as
from shipments.carriers._words import COLLECTED, PLACE
from shipments.reading import Reading
from shipments.status import Cause, Event, Stage, fold

STATUS: dict[str, texts.Verdict] = {
    "0": (Stage.UNKNOWN, None),
    "1": (Stage.PICKED_UP, None),
    "10": (Stage.INFO_RECEIVED, None),
    "2": (Stage.IN_TRANSIT, None),
    "201": (Stage.IN_TRANSIT, None),
    "202": (Stage.OUT_FOR_DELIVERY, None),
    "204": (Stage.IN_TRANSIT, None),
    "205": (Stage.IN_TRANSIT, None),
    "206": (Stage.IN_TRANSIT, None),
    "211": (Stage.AVAILABLE_FOR_PICKUP, None),
    "3": (Stage.DELIVERED, None),
    "301": (Stage.DELIVERED, None),
    "302": (Stage.DELIVERED, None),
    "304": (Stage.DELIVERED, None),
    # Documented as "signed by the locker or the station": it signed, the buyer has not.
    "311": (Stage.AVAILABLE_FOR_PICKUP, None),
    "4": (Stage.UNKNOWN, Cause.OTHER),
    "401": (Stage.INFO_RECEIVED, Cause.NO_RECORD),
    "402": (Stage.OUT_FOR_DELIVERY, Cause.DELAYED),
    "403": (Stage.IN_TRANSIT, Cause.DELAYED),
    "404": (Stage.REFUSED, Cause.REFUSED),
    "405": (Stage.OUT_FOR_DELIVERY, Cause.ATTEMPT_FAILED),
    "406": (Stage.RETURNED, None),
    "407": (Stage.RETURNING, None),
    "412": (Stage.AVAILABLE_FOR_PICKUP, Cause.UNCOLLECTED),
    "413": (Stage.IN_TRANSIT, Cause.INTERCEPTED),
    "414": (Stage.IN_TRANSIT, Cause.DAMAGED),
    "415": (Stage.CANCELLED, None),
    "416": (Stage.OUT_FOR_DELIVERY, Cause.UNREACHABLE),
    "417": (Stage.IN_TRANSIT, Cause.DELAYED),
    "418": (Stage.OUT_FOR_DELIVERY, None),
    "419": (Stage.OUT_FOR_DELIVERY, None),
    "420": (Stage.OUT_FOR_DELIVERY, Cause.ADDRESS),
    "421": (Stage.OUT_FOR_DELIVERY, Cause.ADDRESS),
    "422": (Stage.IN_TRANSIT, Cause.OTHER),
    "423": (Stage.IN_TRANSIT, Cause.OUT_OF_AREA),
    "5": (Stage.IN_TRANSIT, Cause.FORWARDED),
    "6": (Stage.CUSTOMS, None),
    "601": (Stage.CUSTOMS, None),
    "602": (Stage.CUSTOMS, None),
    "603": (Stage.CUSTOMS, None),
    "604": (Stage.CUSTOMS, Cause.CUSTOMS_HELD),
}
# What a text may tell instead of a code that says too little: 2 stands beside 派件 and 驿站 alike, 3 beside any signature.
_REFINED_BY: Final = {
    "1": frozenset({Stage.INFO_RECEIVED}),
    "2": frozenset(Stage),
    "3": frozenset({Stage.AVAILABLE_FOR_PICKUP, Stage.RETURNED, Stage.REFUSED, Stage.OUT_FOR_DELIVERY}),
    "301": frozenset({Stage.RETURNED}),
    "304": frozenset({Stage.AVAILABLE_FOR_PICKUP, Stage.RETURNED}),
    "311": frozenset({Stage.RETURNED}),
    "405": frozenset({Stage.REFUSED, Stage.RETURNING, Stage.AVAILABLE_FOR_PICKUP}),
}
# A locker's signature (311) is the buyer's where its words say that it was emptied.
_EMPTIED: Final = {"311": frozenset({Stage.DELIVERED, Stage.RETURNED})}
# They say where the parcel is, never more than its newest scan does.
_SAYS_LITTLE: Final = frozenset({"1", "10", "2", "201", "204", "205", "206"})
_SIGNATURES: Final = frozenset({"3", "301", "302", "304"})
_UNDERWAY: Final = frozenset({Stage.INFO_RECEIVED, Stage.PICKED_UP, Stage.IN_TRANSIT, Stage.OUT_FOR_DELIVERY})
# Stages that the state of the whole guesses beside a trouble; the newest scan knows where the parcel is.
_WHEREABOUTS: Final = frozenset({Stage.UNKNOWN, Stage.INFO_RECEIVED, Stage.IN_TRANSIT, Stage.OUT_FOR_DELIVERY})

# ShipperCode → Carrier.code. The first code of a carrier is the one to ask with.
SHIPPERS: dict[str, str] = {
    "SF": "shunfeng", "YTO": "yuantong", "ZTO": "zhongtong", "STO": "shentong", "YD": "yunda", "JTSD": "jtexpress",
    "EMS": "ems", "YZPY": "youzhengguonei", "JD": "jd", "DBL": "debangkuaidi", "HTKY": "huitongkuaidi",
    "HHTT": "tiantian", "ZJS": "zhaijisong", "UC": "youshuwuliu", "ANE": "annengwuliu", "KYSY": "kuayue",
    "SURE": "suer", "FWX": "fengwang", "DNWL": "danniao", "GTO": "guotongkuaidi", "QFKD": "quanfengkuaidi",
    "FAST": "kuaijiesudi", "RFD": "rufengda", "BTWL": "baishiwuliu", "ZTOKY": "zhongtongkuaiyun",
    "SFKY": "shunfengkuaiyun", "YDKY": "yundakuaiyun", "DBLKY": "debangwuliu", "CNDSF": "danniao",
}  # fmt: skip
SHIPPER_OF: Final = {code: shipper for shipper, code in reversed(SHIPPERS.items())}
# As middle tiers write them instead of the code; freight before parcels, whose names they hold.
_CHINESE: Final = (
    ("顺丰快运", "shunfengkuaiyun"), ("中通快运", "zhongtongkuaiyun"), ("韵达快运", "yundakuaiyun"),
    ("百世快运", "baishiwuliu"), ("顺丰", "shunfeng"), ("圆通", "yuantong"), ("中通", "zhongtong"), ("申通", "shentong"),
    ("韵达", "yunda"), ("极兔", "jtexpress"), ("EMS", "ems"), ("邮政特快", "ems"), ("邮政", "youzhengguonei"),
    ("京东", "jd"), ("德邦", "debangkuaidi"), ("百世", "huitongkuaidi"), ("汇通", "huitongkuaidi"), ("天天", "tiantian"),
    ("宅急送", "zhaijisong"), ("优速", "youshuwuliu"), ("安能", "annengwuliu"), ("跨越", "kuayue"), ("速尔", "suer"),
    ("丰网", "fengwang"), ("丹鸟", "danniao"), ("菜鸟", "danniao"), ("国通", "guotongkuaidi"),
    ("全峰", "quanfengkuaidi"), ("快捷", "kuaijiesudi"), ("如风达", "rufengda"),
)  # fmt: skip

_TIMES: Final = ("accepttime", "ftime", "time", "datetime", "acceptdate", "date")
_TEXTS: Final = ("acceptstation", "context", "desc", "content", "remark")


def carrier(*told: object) -> str:
    """Return the Carrier.code that the first telling of a code, a Chinese name or our own code means; blank if none does."""
    for one in told:
        name = str(one or "").strip()
        if name.upper() in SHIPPERS:
            return SHIPPERS[name.upper()]
        if name.lower() in SHIPPER_OF:
            return name.lower()
        found = next((code for part, code in _CHINESE if part in name.upper()), "")
        if found:
            return found
    return ""


def is_row(value: object) -> bool:
    """Return whether this is one scan as Kdniao tells it; AcceptStation is a name that nobody else uses."""
    return isinstance(value, Mapping) and any(str(key).replace("_", "").lower() == "acceptstation" for key in value)


def verdict(code: str, text: str, company: str) -> Reading:
    """Return what one scan means, or the whole track where `code` is its state and `text` its newest scan."""
    coarse = _EMPTIED if code == "311" and COLLECTED.search(text) else _REFINED_BY
    told = reading.read(code, text, STATUS, company, coarse)
    if code in _SIGNATURES and told.stage is Stage.OUT_FOR_DELIVERY and told.cause is None:
        return Reading(*STATUS[code], f"code:{code}")  # only a signature that failed sends it out again
    if code in _SIGNATURES and told.stage is Stage.AVAILABLE_FOR_PICKUP and not PLACE.search(text):
        return Reading(*STATUS[code], f"code:{code}")
    if code == "4" and told.cause is None and told.stage in _UNDERWAY:
        return told._replace(cause=Cause.OTHER)  # the words tell where it is, not that all is well again
    return told


def events(rows: Sequence[Any], company: str, day: str = "") -> tuple[tuple[Event, ...], tuple[str, ...]]:
    """Return the events in rows, oldest first, and warnings. `day` completes times that tell none, if it has a year."""

    def when(row: Mapping[str, Any]) -> object:
        return _when(plain(row), day)

    def read(row: Mapping[str, Any], at: datetime, position: int) -> Event:
        told = plain(row)
        text = " ".join(first(told, *_TEXTS).split())
        code = first(told, "action", "stateex")
        stage, cause, rule = verdict(code, text, company)
        return Event(at, position, stage, cause, text, first(told, "location", "city"), code, rule)

    return bodies.scans(rows, when, read, newest_first=False)


def _when(row: Mapping[str, Any], day: str) -> object:
    told = [row[name] for name in _TIMES if row.get(name)]
    whole = next((time for time in told if bodies.instant(time)), None)
    if whole is not None:
        return whole
    # Date and time in two fields, or the date once for a group of rows.
    joined = (f"{date} {time}" for time in told for date in (*told, day) if date is not time)
    return next((time for time in joined if bodies.instant(time)), told[0] if told else "")


def settled(told: tuple[Event, ...], states: Sequence[str], company: str) -> tuple[Event, ...]:
    """Return the events with the newest read anew where the state of the whole says more than the scans do.

    `states` are StateEx and State: the first one known counts.
    """
    code = next((state for state in states if state in STATUS), "0")
    if not told or code == "0":
        return told
    newest, folded = told[-1], fold(told)
    stage, cause, rule = verdict(code, newest.text, company)
    if (folded.stage, folded.cause) == (stage, cause) or _outdone(
        code, stage, cause, newest, folded.stage, folded.cause
    ):
        return told
    if newest.stage is not Stage.UNKNOWN and stage in _WHEREABOUTS and cause:
        stage = newest.stage  # it tells of trouble, and the scan where
    return newest_as(told, stage, cause, code, rule)


def _outdone(code: str, stage: Stage, cause: Cause | None, newest: Event, known: Stage, trouble: Cause | None) -> bool:
    """Return whether the scans already say what the state of the whole says, or know better: it may lag, and is coarser."""
    if code in _SAYS_LITTLE:
        return newest.stage is not Stage.UNKNOWN or newest.cause is not None
    if known is Stage.RETURNED:
        return True
    if stage is Stage.DELIVERED:
        return known in (Stage.DELIVERED, Stage.RETURNING, Stage.REFUSED, Stage.AVAILABLE_FOR_PICKUP)
    if stage in (Stage.REFUSED, Stage.RETURNING, Stage.RETURNED):
        return stage is Stage.REFUSED and known is Stage.RETURNING
    if known is Stage.DELIVERED:
        return code != "311"
    if code == "4" and known in (Stage.RETURNING, Stage.REFUSED, Stage.CANCELLED, Stage.AVAILABLE_FOR_PICKUP):
        return True
    return cause is not None and trouble is not None
