"""How AfterShip tells scans: its tags and subtags, its couriers' slugs, and the list of checkpoints. Pure."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from shipments import bodies, reading, texts
from shipments.carriers import _clocks
from shipments.carriers._abroad import settled
from shipments.carriers._shapes import pick, word
from shipments.status import Cause, Event, Stage, fold

STATUS: dict[str, texts.Verdict] = {
    # Not tracked yet, or the carrier has nothing: no statement about the parcel.
    "Pending": (Stage.UNKNOWN, None),
    **{f"Pending_00{number}": (Stage.UNKNOWN, None) for number in range(1, 7)},
    "InfoReceived": (Stage.INFO_RECEIVED, None),
    "InfoReceived_001": (Stage.INFO_RECEIVED, None),
    "InTransit": (Stage.IN_TRANSIT, None),
    "InTransit_001": (Stage.IN_TRANSIT, None),
    "InTransit_002": (Stage.PICKED_UP, None),  # acceptance scan
    "InTransit_003": (Stage.IN_TRANSIT, None),  # arrival scan
    "InTransit_004": (Stage.IN_TRANSIT, None),  # in the country of destination
    "InTransit_005": (Stage.CUSTOMS, None),  # cleared
    "InTransit_006": (Stage.CUSTOMS, None),  # clearance begun
    "InTransit_007": (Stage.IN_TRANSIT, None),  # departure scan
    "InTransit_008": (Stage.IN_TRANSIT, None),  # a problem was resolved
    "InTransit_009": (Stage.IN_TRANSIT, Cause.FORWARDED),  # to another address
    "OutForDelivery": (Stage.OUT_FOR_DELIVERY, None),
    "OutForDelivery_001": (Stage.OUT_FOR_DELIVERY, None),
    "OutForDelivery_003": (Stage.OUT_FOR_DELIVERY, None),  # the customer was contacted
    "OutForDelivery_004": (Stage.OUT_FOR_DELIVERY, None),  # an appointment was made
    "AvailableForPickup": (Stage.AVAILABLE_FOR_PICKUP, None),
    "AvailableForPickup_001": (Stage.AVAILABLE_FOR_PICKUP, None),
    "AttemptFail": (Stage.OUT_FOR_DELIVERY, Cause.ATTEMPT_FAILED),
    "AttemptFail_001": (Stage.OUT_FOR_DELIVERY, Cause.ATTEMPT_FAILED),
    "AttemptFail_002": (Stage.OUT_FOR_DELIVERY, Cause.ATTEMPT_FAILED),  # nobody there
    "AttemptFail_003": (Stage.OUT_FOR_DELIVERY, Cause.ATTEMPT_FAILED),  # business closed
    "Delivered": (Stage.DELIVERED, None),
    "Delivered_001": (Stage.DELIVERED, None),
    "Delivered_002": (Stage.DELIVERED, None),  # fetched by the customer
    "Delivered_003": (Stage.DELIVERED, None),  # signed by the customer
    "Delivered_004": (Stage.DELIVERED, None),  # paid on delivery
    "Delivered_005": (Stage.DELIVERED, None),  # at a neighbour's
    "Exception": (Stage.UNKNOWN, Cause.OTHER),
    "Exception_001": (Stage.UNKNOWN, Cause.OTHER),
    "Exception_002": (Stage.UNKNOWN, Cause.ADDRESS),  # moved
    "Exception_003": (Stage.REFUSED, Cause.REFUSED),
    "Exception_004": (Stage.CUSTOMS, Cause.CUSTOMS_HELD),
    "Exception_005": (Stage.IN_TRANSIT, Cause.DELAYED),
    "Exception_006": (Stage.UNKNOWN, Cause.OTHER),  # held for payment
    "Exception_007": (Stage.UNKNOWN, Cause.ADDRESS),
    "Exception_008": (Stage.AVAILABLE_FOR_PICKUP, Cause.UNCOLLECTED),
    "Exception_009": (Stage.UNKNOWN, Cause.OTHER),  # rejected by the carrier
    "Exception_010": (Stage.RETURNING, None),
    "Exception_011": (Stage.RETURNED, None),
    "Exception_012": (Stage.IN_TRANSIT, Cause.DAMAGED),
    "Exception_013": (Stage.IN_TRANSIT, Cause.LOST),
    "Exception_016": (Stage.IN_TRANSIT, Cause.DELAYED),
    "Exception_017": (Stage.IN_TRANSIT, Cause.WEATHER),
    "Exception_018": (Stage.CUSTOMS, Cause.CUSTOMS_HELD),  # papers are missing
    "Expired": (Stage.IN_TRANSIT, Cause.DELAYED),
    "Expired_001": (Stage.IN_TRANSIT, Cause.DELAYED),
}
_ANY = frozenset(Stage)
_MOVING = frozenset({Stage.INFO_RECEIVED, Stage.PICKED_UP, Stage.CUSTOMS})
_SIGNED = frozenset({Stage.AVAILABLE_FOR_PICKUP, Stage.RETURNED})
_FAILED = frozenset({Stage.REFUSED, Stage.RETURNING, Stage.AVAILABLE_FOR_PICKUP})
# Codes that say too little, with what the words may tell instead.
COARSE: dict[str, frozenset[Stage]] = {
    "Pending": _ANY,
    "InTransit": _MOVING,
    "InTransit_001": _MOVING,
    "Delivered": _SIGNED,
    "Delivered_001": _SIGNED,
    "AttemptFail": _FAILED,
    "AttemptFail_001": _FAILED,
    "Exception": _ANY - {Stage.DELIVERED},
    "Exception_001": _ANY - {Stage.DELIVERED},
    "Expired": frozenset(),
    "Expired_001": frozenset(),
}

# AfterShip's slug → Carrier.code; the first slug of a carrier is the one it is asked by.
_SLUGS = (
    "dhl:dhl dhl-germany:dhlde dhl-global-mail:dhlecommerce dhl-global-mail-asia:dhlecommerce dhl-ecommerce-asia:dhlecommerce "
    "fedex:fedex ups:ups usps:usps tnt:tnt aramex:aramex dpd:dpd dpd-uk:dpduk gls:gls myhermes-uk:myhermes hermes-uk:myhermes "
    "evri:myhermes hermes-de:hermes yodel:yodel royal-mail:royalmail parcel-force:parcelforce australia-post:auspost "
    "canada-post:canpost purolator:purolator ontrac:ontrac lasership:lasership la-poste-colissimo:csuivi colissimo:colissimo "
    "chronopost-france:chronopostfra deutsch-post:deutschepost postnl-international:postnl postnl:postnl postnl-3s:postnl "
    "bpost:belgiumpost bpost-international:belgiumpost swiss-post:swisspost spain-correos-es:correosdees "
    "poste-italiane:italiane brazil-correios:brazilposten correos-de-mexico:mexico russian-post:pochta japan-post:japanposten "
    "korea-post:koreapost singapore-post:singpost hong-kong-post:hkpost malaysia-post:malaysiapost thailand-post:thailand "
    "india-post-int:india india-post:india new-zealand-post:newzealand china-post:chinapost china-ems:emsguoji yanwen:yw56 "
    "4px:disifang yunexpress:yuntrack sypost:sypost cnexps:cnexps winit:winit"
)
CARRIER_OF_SLUG: dict[str, str] = dict(pair.split(":") for pair in _SLUGS.split())
SLUG_OF_CARRIER: dict[str, str] = {}
for _slug, _carrier in CARRIER_OF_SLUG.items():
    SLUG_OF_CARRIER.setdefault(_carrier, _slug)


def carrier_of(slug: str) -> tuple[str, tuple[str, ...]]:
    """Return the Carrier.code of a slug, and a warning where we do not know it."""
    carrier = CARRIER_OF_SLUG.get(slug.lower(), "")
    return carrier, () if carrier or not slug else (f"AfterShip's courier {slug[:40]!r} is not known here",)


def code_of(row: Mapping[str, Any]) -> str:
    """Return the subtag where we know it, else the tag; of a tracking or of a checkpoint."""
    sub, tag = word(row, "subtag", "sub_tag"), word(row, "tag")
    if sub in STATUS:
        return sub
    return tag if tag in STATUS else sub or tag


def scans(tracking: Mapping[str, Any]) -> tuple[tuple[Event, ...], tuple[str, ...]]:
    """Return the events of a tracking, oldest first, and warnings."""
    rows = bodies.rows(pick(tracking, "checkpoints", "checkpoint"))
    times, lost = _clocks.times_of(rows, _said, _zone)
    told, warnings = bodies.scans(rows, lambda row: times[id(row)], _event, newest_first=False)
    noted = (f"Times of no known place, read as China's: {lost}",) if lost else ()
    found = settled(told, _whole(tracking, told), STATUS)
    return found, (*noted, *warnings)


def _whole(tracking: Mapping[str, Any], told: tuple[Event, ...]) -> str:
    """Return the code of the whole. A return shows as a flag too, where the tag tells of its last leg alone."""
    code = code_of(tracking)
    back = str(pick(tracking, "return_to_sender")).lower() == "true"
    if back and code.startswith("Delivered"):
        return "Exception_011"
    return "Exception_010" if back and fold(told).stage is not Stage.RETURNING else code


def _zone(row: Mapping[str, Any]) -> ZoneInfo | None:
    country = word(row, "country_iso3", "country_region", "country_iso2", "country_code", "country")
    return _clocks.zone_of(country, word(row, "state"))


def _said(row: Mapping[str, Any]) -> str:
    """Return when a checkpoint was, as told; created_at is when AfterShip heard of it."""
    return word(row, "checkpoint_time", "checkpoint_date", "time")


def _event(row: Mapping[str, Any], at: datetime, position: int) -> Event:
    text = " ".join((word(row, "message") or word(row, "subtag_message")).split())
    code = code_of(row)
    stage, cause, rule = reading.read(code, text, STATUS, coarse=COARSE)
    return Event(at, position, stage, cause, text, _place(row), code, rule)


def _place(row: Mapping[str, Any]) -> str:
    named: Sequence[str] = [word(row, name) for name in ("city", "state")]
    named = [*named, word(row, "country_name", "country_region_name", "country_iso3")]
    return word(row, "location") or ", ".join(part for part in named if part)
