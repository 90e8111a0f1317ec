"""A waybill as its page shows it, and "ask now" by hand."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from django.conf import settings
from django.db.models import Q
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy as _

from merchants.models import Shop
from orders.models import Order
from shipments import accounts, cadence
from shipments.doubts import DOUBTS, Doubt
from shipments.inbox.counting import is_unread
from shipments.models import Parcel, TrackingEvent, Waybill
from shipments.phrases import phrase
from shipments.reading import Confidence, confidence
from shipments.standing import Standing, standing
from shipments.status import CAUSES, STAGES, Cause, Stage
from shipops.kit.choices import Choice

# The least time between two questions that a person may cause, where the provider's own is shorter.
BY_HAND: Final = timedelta(minutes=5)
# A track of a parcel that went back and forth for weeks has about sixty scans.
LONGEST_TRACK: Final = 500


class Why(Choice):
    """Why a person may not have a waybill asked about now."""

    SPACING = "spacing", _("It was asked just before, and the provider wants a pause between two questions.")
    DAY = "day", _("The provider’s questions for this number are used up for the day.")
    ASKING = "asking", _("It is being asked about right now.")


class Refusal(NamedTuple):
    """From when a waybill may be asked about again, and why not before."""

    at: datetime
    why: Why


# Every flag carries its remedy.
REMEDIES: Final = {
    Doubt.MOVED_ON: _("Ask the carrier for the proof of delivery before you tell the buyer that it has arrived."),
    Doubt.EARLY: _("Platforms take this for a false dispatch: keep the order’s and the parcel’s times as evidence."),
    Doubt.ELSEWHERE: _("Ask the buyer whether it has come; if not, have the carrier prove who signed and where."),
    Doubt.SHARED: _("One of the orders has a wrong number: correct it on the platform while it still can be."),
    Doubt.OTHER_CARRIER: _("Check the company on the platform: a wrong one counts against the shop."),
    Doubt.JUMPED: _("The number may be used twice, or be a placeholder: check it against the label."),
}


@dataclass(frozen=True, slots=True)
class Line:
    """One scan, readable beside raw."""

    event: TrackingEvent
    stage: Stage
    cause: Cause | None
    source: str

    @property
    def confidence(self) -> Confidence:
        """How far its reading may be trusted."""
        return confidence(self.event.rule)

    @property
    def is_unread(self) -> bool:
        """Nothing reads it by itself; an admin may say what it means."""
        return is_unread(self.event.rule)

    @property
    def inbox_url(self) -> str:
        """Where an admin says what it means."""
        return f"{reverse('wordings')}?{urlencode({'show': 'all', 'q': phrase(self.event.text)})}"

    @property
    def tone(self) -> str:
        """The class of its place in the line."""
        if self.stage in (Stage.DELIVERED, Stage.RETURNED):
            return "is-kept"
        return "is-verdict" if self.cause else ""


@dataclass(frozen=True, slots=True)
class Track:
    """All that is known of one waybill."""

    waybill: Waybill
    stage: Stage
    cause: Cause | None
    lines: tuple[Line, ...]
    orders: tuple[Order, ...]
    shop: Shop | None
    # What the scans contradict, each with what to do about it.
    doubts: tuple[tuple[Doubt, object], ...]
    # All numbers its goods travel under, where there are several.
    legs: tuple[Parcel, ...]
    # The provider asked, in words; blank = nobody can be asked.
    source: str
    # How the account it is asked through fares; None = nobody can be asked.
    standing: Standing | None
    # Questions about it in the last 24 hours, of how many the provider takes; None = the provider does not count.
    spent: tuple[int, int] | None
    # How long after its last scan we learned of it; None = not known, or it was before we followed the parcel.
    lag: timedelta | None
    # Why a person may not have it asked again at once; None = may.
    refusal: Refusal | None

    @property
    def unread(self) -> int:
        """How many scans nothing could read by itself."""
        return sum(line.is_unread for line in self.lines)


def track(waybill: Waybill, shop_ids: list[int], now: datetime) -> Track:
    """Return what the waybill's page shows: scans newest first, and of its orders those of the reader's shops."""
    events = TrackingEvent.objects.filter(waybill=waybill).select_related("answer__account")
    lines = tuple(_line(event) for event in events.order_by("-occurred_at", "-position", "-pk")[:LONGEST_TRACK])
    mine = Order.objects.filter(dispatches__parcels__waybill=waybill, shop_id__in=shop_ids)
    orders = tuple(mine.select_related("shop").distinct().order_by("-placed_at", "pk"))
    return Track(
        waybill=waybill,
        stage=STAGES.get(waybill.stage, Stage.UNKNOWN),
        cause=CAUSES.get(waybill.cause),
        lines=lines,
        orders=orders,
        shop=orders[0].shop if orders else None,
        doubts=tuple((DOUBTS[value], REMEDIES[DOUBTS[value]]) for value in waybill.doubts if value in DOUBTS),
        legs=_legs(waybill, shop_ids),
        source=accounts.label(waybill.account) if waybill.account else "",
        standing=standing(waybill.account, now) if waybill.account else None,
        spent=_spent(waybill, now),
        lag=_lag(waybill, lines[0].event) if lines else None,
        refusal=refusal(waybill, now),
    )


def _legs(waybill: Waybill, shop_ids: list[int]) -> tuple[Parcel, ...]:
    """Return the numbers of the dispatches this one is a part of, oldest first; none where it is the only one."""
    mine = Parcel.objects.filter(dispatch__parcels__waybill=waybill, dispatch__order__shop_id__in=shop_ids)
    legs = {leg.waybill_id: leg for leg in mine.select_related("waybill__carrier").order_by("pk")}
    return tuple(legs.values()) if len(legs) > 1 else ()


def _line(event: TrackingEvent) -> Line:
    source = accounts.label(event.answer.account) if event.answer else ""
    return Line(event, STAGES.get(event.stage, Stage.UNKNOWN), CAUSES.get(event.cause), source)


def _spent(waybill: Waybill, now: datetime) -> tuple[int, int] | None:
    provider = accounts.provider_of(waybill.account) if waybill.account else None
    if provider is None or not provider.DAILY:
        return None
    asks = cadence.recent(waybill.asks or (), now, provider.DAILY, settings.POLL_PACE)
    return len(asks), provider.DAILY


def _lag(waybill: Waybill, last: TrackingEvent) -> timedelta | None:
    return last.recorded_at - last.occurred_at if last.occurred_at >= waybill.created_at else None


def refusal(waybill: Waybill, now: datetime) -> Refusal | None:
    """Return why the waybill may not be asked about by hand now, and from when on it may; None = it may."""
    if waybill.lease_until is not None and waybill.lease_until > now:
        return Refusal(waybill.lease_until, Why.ASKING)
    provider = accounts.provider_of(waybill.account) if waybill.account else None
    # Where a provider sets no limit, ours keeps a person's second click from being a second question.
    spacing = max(provider.SPACING if provider else BY_HAND, BY_HAND) / settings.POLL_PACE
    free_at = max(at for at in (waybill.free_at, waybill.asked_at and waybill.asked_at + spacing, now) if at)
    if free_at <= now:
        return None
    spent = waybill.asked_at is not None and free_at > waybill.asked_at + spacing
    return Refusal(free_at, Why.DAY if spent else Why.SPACING)


def refresh(waybill: Waybill, now: datetime) -> Refusal | None:
    """Have the waybill asked about at once, also where asking had stopped; or return why not."""
    refused = refusal(waybill, now)
    if refused is not None:
        return refused
    # The row must still be as it was judged: two people may click at once, or a worker may just be asking.
    same = Waybill.objects.filter(pk=waybill.pk, asked_at=waybill.asked_at, free_at=waybill.free_at)
    unclaimed = same.filter(Q(lease_until__isnull=True) | Q(lease_until__lte=now))
    if unclaimed.update(poll_at=now, stop="", vain_count=0, vain_at=None):
        return None
    return Refusal(now, Why.ASKING)
