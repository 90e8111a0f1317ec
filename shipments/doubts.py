"""Contradictions: what the scans of a waybill say that cannot all be true of one parcel well handled. Pure.

Platforms look for the same (虚假发货, 虚假签收), and a buyer's complaint is believed or not by them. A doubt is a hint for a
person, never a verdict: each has a tolerance, and where a fact is missing nothing is doubted.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from django.utils.translation import gettext_lazy as _

from shipments.plausible import contradictions
from shipments.status import Cause, Event, Progress, Stage
from shipops.kit.choices import Choice


class Doubt(Choice):
    """What contradicts what."""

    MOVED_ON = "moved_on", _("Scanned on its way after it was signed for"), "broken"
    EARLY = "before_payment", _("Picked up before the order was paid"), "broken"
    ELSEWHERE = "signed_elsewhere", _("Signed for in another city than it was sent to"), "broken"
    SHARED = "number_shared", _("The number is on orders of different buyers"), "broken"
    OTHER_CARRIER = "other_carrier", _("It is another carrier’s number than the platform was told"), "broken"
    JUMPED = "jumped", _("Its scans are too far apart for one parcel"), "broken"


DOUBTS = {doubt.value: doubt for doubt in Doubt}

# Hubs hand in their last scans late, and a courier signs for a round at its end.
LATE_SCANS = timedelta(hours=2)
# Clocks of outlets and of platforms differ by minutes.
EARLY_BY = timedelta(minutes=10)

_ON_ITS_WAY = frozenset({Stage.PICKED_UP, Stage.IN_TRANSIT, Stage.OUT_FOR_DELIVERY})
_CITY = re.compile(r"([\u4e00-\u9fff]{2,7}?)(?:市|地区|自治州|盟)")
_LEADING = re.compile(r"^\s*[【\[]([\u4e00-\u9fff]{2,7}?)市?[】\]]")
_SUFFIX = re.compile("(?:市|地区|自治州|盟|区|县|特别行政区|省)$")
# What sources write in the city's place for a municipality or a county under the province itself.
_NO_CITY = frozenset({"", "市辖区", "县", "直辖县级", "省直辖县级行政区划", "自治区直辖县级行政区划"})


@dataclass(frozen=True, slots=True)
class Sold:
    """What the orders under a waybill say that its scans can be held against; None and blank = not known."""

    # The earliest payment over its orders, only where all of them tell one.
    paid_at: datetime | None = None
    # (province, city, district) of each order.
    sent_to: tuple[tuple[str, str, str], ...] = ()
    # Phone tails of the buyers.
    tails: frozenset[str] = frozenset()
    # A provider has found it to be of another carrier than it was booked under.
    carrier_changed: bool = False


NOTHING_SOLD = Sold()


def doubted(progress: Progress, events: Sequence[Event], sold: Sold) -> Progress:
    """Return `progress` with what is doubtful about it; where nothing else is wrong, that is its cause."""
    found = tuple(doubt.value for doubt in Doubt if _RULES[doubt](progress, events, sold))
    if not found:
        return progress
    return replace(progress, doubts=found, cause=progress.cause or Cause.CONTRADICTION)


def _moved_on(progress: Progress, events: Sequence[Event], sold: Sold) -> bool:
    signed_at = progress.delivered_at
    if progress.stage is not Stage.DELIVERED or signed_at is None:
        return False  # on its way home again it is scanned, as it should be
    return any(event.stage in _ON_ITS_WAY and event.occurred_at > signed_at + LATE_SCANS for event in events)


def _early(progress: Progress, events: Sequence[Event], sold: Sold) -> bool:
    if sold.paid_at is None or progress.picked_up_at is None:
        return False
    return progress.picked_up_at < sold.paid_at - EARLY_BY


def _elsewhere(progress: Progress, events: Sequence[Event], sold: Sold) -> bool:
    if progress.delivered_at is None or not sold.sent_to:
        return False
    signed = [event for event in events if event.occurred_at == progress.delivered_at]
    return bool(signed) and all(_not_there(event, sold.sent_to) for event in signed)


def _not_there(event: Event, sent_to: Iterable[tuple[str, str, str]]) -> bool:
    """Whether the scan names a city, and neither it nor anything else in the scan is where the goods were sent."""
    named = city_of(event)
    said = f"{event.place} {event.text}"
    if not named:
        return False
    for province, city, district in sent_to:
        wanted = _short(province if city in _NO_CITY else city)
        if not wanted or wanted.startswith(named) or named.startswith(wanted):
            return False
        if wanted in said or (_short(district) and _short(district) in said):
            return False
    return True


def city_of(event: Event) -> str:
    """Return the city a scan names without its suffix (深圳), from its place or from the brackets its text begins with."""
    found = _CITY.search(event.place.split()[-1] if event.place.split() else "") or _LEADING.match(event.text)
    return found[1] if found else ""


def _short(name: str) -> str:
    return _SUFFIX.sub("", name.strip())


def _shared(progress: Progress, events: Sequence[Event], sold: Sold) -> bool:
    return len(sold.tails) > 1


def _other_carrier(progress: Progress, events: Sequence[Event], sold: Sold) -> bool:
    return sold.carrier_changed


def _jumped(progress: Progress, events: Sequence[Event], sold: Sold) -> bool:
    """Asked where a way ends, or begins twice: reading the place of each scan takes longer than all else here."""
    if progress.delivered_at is None and sum(event.stage is Stage.PICKED_UP for event in events) < 2:
        return False
    return bool(contradictions(events))


_RULES = {
    Doubt.MOVED_ON: _moved_on,
    Doubt.EARLY: _early,
    Doubt.ELSEWHERE: _elsewhere,
    Doubt.SHARED: _shared,
    Doubt.OTHER_CARRIER: _other_carrier,
    Doubt.JUMPED: _jumped,
}
