"""How 17TRACK tells scans: its statuses, its carriers' keys, the lists of events of v2.4 and of the older web format. Pure."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from shipments import bodies, reading, texts
from shipments.carriers import _clocks
from shipments.carriers._abroad import mapping, merged, settled
from shipments.carriers._shapes import pick, word
from shipments.status import Cause, Event, Stage

# Sub-statuses, main statuses, the milestones an event's `stage` names, and the numbers of the older format.
STATUS: dict[str, texts.Verdict] = {
    "NotFound": (Stage.UNKNOWN, None),
    "NotFound_Other": (Stage.UNKNOWN, None),
    "NotFound_InvalidCode": (Stage.UNKNOWN, Cause.NO_RECORD),
    "InfoReceived": (Stage.INFO_RECEIVED, None),
    "InfoReceived_Other": (Stage.INFO_RECEIVED, None),
    "InTransit": (Stage.IN_TRANSIT, None),
    "InTransit_Other": (Stage.IN_TRANSIT, None),
    "InTransit_PickedUp": (Stage.PICKED_UP, None),
    "InTransit_Departure": (Stage.IN_TRANSIT, None),
    "InTransit_Arrival": (Stage.IN_TRANSIT, None),
    "InTransit_CustomsProcessing": (Stage.CUSTOMS, None),
    "InTransit_CustomsReleased": (Stage.CUSTOMS, None),
    "InTransit_CustomsRequiringInformation": (Stage.CUSTOMS, Cause.CUSTOMS_HELD),
    "Expired": (Stage.IN_TRANSIT, Cause.DELAYED),
    "Expired_Other": (Stage.IN_TRANSIT, Cause.DELAYED),
    "AvailableForPickup": (Stage.AVAILABLE_FOR_PICKUP, None),
    "AvailableForPickup_Other": (Stage.AVAILABLE_FOR_PICKUP, None),
    "OutForDelivery": (Stage.OUT_FOR_DELIVERY, None),
    "OutForDelivery_Other": (Stage.OUT_FOR_DELIVERY, None),
    "DeliveryFailure": (Stage.OUT_FOR_DELIVERY, Cause.ATTEMPT_FAILED),
    "DeliveryFailure_Other": (Stage.OUT_FOR_DELIVERY, Cause.ATTEMPT_FAILED),
    # The recipient could not be got hold of.
    "DeliveryFailure_NoBody": (Stage.OUT_FOR_DELIVERY, Cause.UNREACHABLE),
    "DeliveryFailure_Security": (Stage.OUT_FOR_DELIVERY, Cause.ATTEMPT_FAILED),
    "DeliveryFailure_Rejected": (Stage.REFUSED, Cause.REFUSED),
    "DeliveryFailure_InvalidAddress": (Stage.OUT_FOR_DELIVERY, Cause.ADDRESS),
    "Delivered": (Stage.DELIVERED, None),
    "Delivered_Other": (Stage.DELIVERED, None),
    "Exception": (Stage.UNKNOWN, Cause.OTHER),
    "Exception_Other": (Stage.UNKNOWN, Cause.OTHER),
    "Exception_Returning": (Stage.RETURNING, None),
    # How a parcel that came back ends, never as Delivered.
    "Exception_Returned": (Stage.RETURNED, None),
    "Exception_NoBody": (Stage.UNKNOWN, Cause.UNREACHABLE),
    "Exception_Security": (Stage.UNKNOWN, Cause.OTHER),
    "Exception_Damage": (Stage.IN_TRANSIT, Cause.DAMAGED),
    "Exception_Rejected": (Stage.REFUSED, Cause.REFUSED),
    "Exception_Delayed": (Stage.IN_TRANSIT, Cause.DELAYED),
    "Exception_Lost": (Stage.IN_TRANSIT, Cause.LOST),
    "Exception_Destroyed": (Stage.IN_TRANSIT, Cause.OTHER),
    "Exception_Cancel": (Stage.CANCELLED, None),
    "PickedUp": (Stage.PICKED_UP, None),
    "Departure": (Stage.IN_TRANSIT, None),
    "Arrival": (Stage.IN_TRANSIT, None),
    "Returning": (Stage.RETURNING, None),
    "Returned": (Stage.RETURNED, None),
    "0": (Stage.UNKNOWN, None),
    "10": (Stage.IN_TRANSIT, None),
    "20": (Stage.IN_TRANSIT, Cause.DELAYED),
    "30": (Stage.AVAILABLE_FOR_PICKUP, None),
    "35": (Stage.OUT_FOR_DELIVERY, Cause.ATTEMPT_FAILED),
    "40": (Stage.DELIVERED, None),
    "50": (Stage.UNKNOWN, Cause.OTHER),
}
_EXPIRED = {"20": "Expired"}
_MOVING = frozenset({Stage.INFO_RECEIVED, Stage.PICKED_UP, Stage.CUSTOMS})
_SIGNED = frozenset({Stage.AVAILABLE_FOR_PICKUP, Stage.RETURNED})
_FAILED = frozenset({Stage.REFUSED, Stage.RETURNING, Stage.AVAILABLE_FOR_PICKUP})
_ANY = frozenset(Stage)
# Codes that name only the main status, with what the words may tell instead.
COARSE: dict[str, frozenset[Stage]] = {
    "InTransit": _MOVING,
    "InTransit_Other": _MOVING,
    "Delivered": _SIGNED,
    "Delivered_Other": _SIGNED,
    "DeliveryFailure": _FAILED,
    "DeliveryFailure_Other": _FAILED,
    "Exception": _ANY - {Stage.DELIVERED},
    "Exception_Other": _ANY - {Stage.DELIVERED},
    "NotFound": _ANY,
    "NotFound_Other": _ANY,
    "Expired": frozenset(),
    "Expired_Other": frozenset(),
}

# 17TRACK's carrier key → Carrier.code. A key of the older format is the same number; only what two sources agree on is here.
CARRIER_OF_KEY: dict[str, str] = {
    "3011": "chinapost", "3013": "emsguoji", "100001": "dhl", "7041": "dhlde", "100002": "ups", "100003": "fedex",
    "100004": "tnt", "100005": "gls", "100006": "aramex", "100007": "dpd", "100010": "dpduk", "21051": "usps",
    "11031": "royalmail", "1151": "auspost", "3041": "canpost", "6051": "csuivi", "2151": "brazilposten",
    "14041": "postnl", "2061": "belgiumpost", "10021": "japanposten", "190008": "yuntrack", "190012": "yw56",
    "190094": "disifang", "190072": "sypost",
}  # fmt: skip
KEY_OF_CARRIER = {carrier: int(key) for key, carrier in CARRIER_OF_KEY.items()}

Told = tuple[tuple[Event, ...], tuple[str, ...]]


def carrier_of(*keys: str) -> tuple[str, tuple[str, ...]]:
    """Return the Carrier.code of the first key that is one (0 = not detected), and a warning where we do not know it."""
    key = next((key for key in keys if key not in ("", "0")), "")
    carrier = CARRIER_OF_KEY.get(key, "")
    return carrier, () if carrier or not key else (f"17TRACK's carrier {key} is not known here",)


def status_of(info: Mapping[str, Any]) -> str:
    """Return the status of the whole: the sub-status where we know it, else the main one."""
    latest = mapping(pick(info, "latest_status"))
    sub, main = word(latest, "sub_status"), word(latest, "status")
    return sub if sub in STATUS else main


def legs(info: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return what each carrier on the way told: `provider`, `events`."""
    tracking = mapping(pick(info, "tracking"))
    return [row for row in bodies.rows(pick(tracking, "providers")) if isinstance(row, dict)]


def leg_key(leg: Mapping[str, Any]) -> str:
    """Return the key of the carrier of one leg."""
    return word(mapping(pick(leg, "provider")), "key")


def scans(info: Mapping[str, Any]) -> Told:
    """Return the events of a track_info, all carriers' together, oldest first, and warnings."""
    told = [_listed(bodies.rows(pick(leg, "events")), _country(leg)) for leg in legs(info)]
    if not any(events for events, _ in told):
        latest = pick(info, "latest_event")
        told.append(_listed(bodies.rows(latest), ""))
    found = settled(merged([events for events, _ in told]), status_of(info), STATUS)
    return found, tuple(warning for _, warnings in told for warning in warnings)


def _country(leg: Mapping[str, Any]) -> str:
    return word(mapping(pick(leg, "provider")), "country")


def _listed(rows: Sequence[Any], country: str) -> Told:
    times, lost = _clocks.times_of(rows, _said, partial(_zone, country=country))
    told, warnings = bodies.scans(rows, lambda row: times[id(row)], _event, newest_first=True)
    noted = (f"Times of no known place, read as China's: {lost}",) if lost else ()
    return told, (*noted, *warnings)


def _zone(row: Mapping[str, Any], country: str) -> ZoneInfo | None:
    address = mapping(pick(row, "address"))
    there = word(address, "country") or country
    return _clocks.zone_of(there, word(address, "state"))


def _said(row: Mapping[str, Any]) -> str:
    """Return a row's time as told: with its offset where it has one. Of a delivery often only time_raw is there."""
    local, utc = word(row, "time_iso"), word(row, "time_utc")
    if bodies.instant(local) and _clocks.zoned(local):
        return local
    if bodies.instant(utc):
        return utc if _clocks.zoned(utc) else f"{utc}Z"
    parts = mapping(pick(row, "time_raw"))
    if not parts or bodies.instant(local):
        return local or utc or word(row, "time_raw", "time")
    return f"{word(parts, 'date')} {word(parts, 'time')}{_clocks.offset(word(parts, 'timezone'))}".strip()


def _event(row: Mapping[str, Any], at: datetime, position: int) -> Event:
    text = " ".join(word(row, "description", "content").split())
    translated = word(mapping(pick(row, "description_translation")), "description")
    code = _code(word(row, "sub_status"), word(row, "stage"))
    words = f"{text} {translated}".strip() if translated != text else text
    stage, cause, rule = reading.read(code, words, STATUS, coarse=COARSE)
    return Event(at, position, stage, cause, text or translated, _place(row), code, rule)


def _code(sub: str, milestone: str) -> str:
    """Return the more telling of an event's two codes: a sub-status …_Other says less than a milestone."""
    known = [code for code in (sub, milestone) if code in STATUS]
    precise = [code for code in known if code not in COARSE]
    return next(iter(precise or known), sub or milestone)


def _place(row: Mapping[str, Any]) -> str:
    address = mapping(pick(row, "address"))
    named = [word(address, name) for name in ("city", "state", "country")]
    return word(row, "location") or ", ".join(part for part in named if part)


def is_older(track: Mapping[str, Any]) -> bool:
    """Return whether a track is in the format of v1 and the older pages."""
    return any(name in track for name in ("z0", "z1", "z2"))


def older(track: Mapping[str, Any]) -> Told:
    """Return the events of v1 and the older web format, oldest first, and warnings.

    z1 and z2 are the lists of the two posts, z0 repeats the newest. Their times tell no zone and are local to each scan,
    also within one list, which names no country code; read as China's they keep at least their order of every day.
    """
    lists = [bodies.rows(track.get(name)) for name in ("z1", "z2", "z3", "z9")]
    if not any(lists):
        lists = [bodies.rows(track.get("z0"))]
    told = [bodies.scans(rows, _older_time, _older_event, newest_first=True) for rows in lists]
    status = word(track, "e")
    found = settled(merged([events for events, _ in told]), _EXPIRED.get(status, status), STATUS)
    return found, tuple(warning for _, warnings in told for warning in warnings)


def _older_time(row: Mapping[str, Any]) -> str:
    return _clocks.placed(word(row, "a"), None)


def _older_event(row: Mapping[str, Any], at: datetime, position: int) -> Event:
    text = " ".join(word(row, "z").split())
    stage, cause, rule = reading.worded(text)
    place = ", ".join(part for part in (word(row, "d"), word(row, "c")) if part)
    return Event(at, position, stage, cause, text, place, "", rule)
