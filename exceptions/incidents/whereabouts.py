"""Where a parcel is stuck, by its newest scans: at an outlet, in a hub, or between two of them. Pure.

Names are made alike (浙江杭州转运中心, 浙江省杭州转运中心 and 杭州转运中心公司 are one hub of a carrier), so that parcels
told of by different providers meet at one place.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Final

from exceptions.deadlines.kinds import Kind
from shipments.sites import UNNAMED, Seen, province_of, seen
from shipments.status import Cause, Stage

# Kinds whose parcel stands still somewhere. A failed delivery is told apart by its cause: see `stuck`.
STUCK: Final = (
    Kind.LATE_PICKUP,
    Kind.NO_MOVEMENT,
    Kind.TRANSIT_STALL,
    Kind.DELIVERY_OVERDUE,
    Kind.NOT_RETRIED,
    Kind.FAILED_DELIVERY,
)
# What keeps couriers in, and not the buyer of one parcel.
MASS_CAUSES: Final = frozenset({Cause.WEATHER, Cause.DELAYED})
LONGEST_NAME: Final = 120

_ONWARD: Final = re.compile(
    r"(?:发往|送往|寄往|运往|转往|退往|前往|已发至|下一站|本次转运目的地)\s*[：:]?\s*[【\[〔]?\s*([\u4e00-\u9fffA-Za-z0-9]{2,60})"
)
_BRACKETED: Final = re.compile(r"[【\[〔]\s*([\u4e00-\u9fff]{2,30}?)\s*[】\]〕]")
_FULL_PROVINCE: Final = re.compile(r"^.{2,7}?(?:省|自治区)(?=.{2})")
_TAIL: Final = re.compile(r"(?<=中心)公司$|(?<=中转部)公司$|(?<=转运站)公司$")
# At the buyer's end of the way.
_DELIVERING: Final = frozenset({Stage.OUT_FOR_DELIVERY, Stage.AVAILABLE_FOR_PICKUP, Stage.DELIVERED, Stage.REFUSED})


@dataclass(frozen=True, slots=True)
class Scan:
    """What is read of one scan."""

    at: datetime
    stage: Stage
    place: str
    text: str


@dataclass(frozen=True, slots=True, order=True)
class Site:
    """A place as an incident has it: `where` is a value of Incident.Where, `to_place` the end of a leg."""

    where: str
    place: str
    to_place: str = ""


NOWHERE: Final = Site("", "")


def stuck(kind: Kind, cause: Cause | None) -> bool:
    """Whether a case of this kind, whose parcel has met this cause, stands still together with others."""
    return kind in STUCK and (kind is not Kind.FAILED_DELIVERY or cause in MASS_CAUSES)


def whereabouts(scans: Sequence[Scan], pickup: str = "") -> Site:
    """Return where the parcel of these scans (some of the newest, in any order) is; NOWHERE where they do not say.

    `pickup` is where a parcel waits that nobody has scanned yet: the town its shop ships from.
    """
    ordered = sorted(scans, key=lambda scan: (scan.at, scan.text, scan.place), reverse=True)
    told = [scan for scan in ordered if scan.stage is not Stage.INFO_RECEIVED and scan.stage is not Stage.CANCELLED]
    if not told:
        return Site("pickup", named(pickup)) if pickup else NOWHERE
    for position, scan in enumerate(told):
        site = _site(scan, told[position + 1 :])
        if site is not None:
            return site
    return NOWHERE


def _site(scan: Scan, before: Sequence[Scan]) -> Site | None:
    """The place that one scan tells; None where the one before has to be asked."""
    here = seen(scan.text, scan.place)
    if here.departing and scan.stage not in _DELIVERING:
        start, end = _start(here, scan, before), onward(here.onward)
        if start and end and start != end:
            return Site("leg", start, end)
        # Gone from a place that has no name, or to one that has none: the one that is known.
        return Site("hub", start or end) if start or end else None
    if here.hub and (name := named(here.hub, scan.place)):
        return Site("hub", name)
    site = here.site or _bracketed(scan.text)
    if site:
        return Site("pickup" if scan.stage is Stage.PICKED_UP else "outlet", named(site))
    return None


def _bracketed(text: str) -> str:
    """The outlet of a carrier that calls its outlets by district alone (【南通市】【南通通州区】): the second name."""
    names = _BRACKETED.findall(text)
    return names[1] if len(names) > 1 and names[1].startswith(names[0].removesuffix("市")) else ""


def _start(here: Seen, scan: Scan, before: Sequence[Scan]) -> str:
    """Where a scan of a departure was made: by its own words, else by the one before."""
    if here.hub and (name := named(here.hub, scan.place)):
        return name
    for scan_before in before[:2]:
        earlier = seen(scan_before.text, scan_before.place)
        if earlier.hub or earlier.site:
            return named(earlier.hub or earlier.site, scan_before.place)
    return named(here.site)


@lru_cache(maxsize=20_000)
def onward(words: str) -> str:
    """Return the station that words like 发往【杭州转运中心】 name, made alike; blank where they name none."""
    found = _ONWARD.search(words)
    return named(found[1]) if found else ""


@lru_cache(maxsize=20_000)
def named(name: str, place: str = "") -> str:
    """Return a site's name without what carriers write or leave out at will; blank for a hub that has no name."""
    if name in UNNAMED:
        # 处理中心 alone is any; with the city the scan is of it is one.
        return f"{place}{name}"[:LONGEST_NAME] if place else ""
    short = _TAIL.sub("", name.strip())
    whole = _FULL_PROVINCE.sub("", short)
    province = province_of(short)
    if province and whole.startswith(province) and province_of(whole.removeprefix(province)):
        whole = whole.removeprefix(province)
    return whole[:LONGEST_NAME]
