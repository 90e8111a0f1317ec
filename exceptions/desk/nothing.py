"""Why the list is empty, and what comes next. Asked only then."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.core.cache import caches
from django.db.models import Count, Min, OuterRef, Subquery

from exceptions import blindspots
from exceptions.deadlines.kinds import Level
from exceptions.desk import queue
from exceptions.desk.filters import Filters
from exceptions.desk.workflow import State
from exceptions.models import Case, Clock
from merchants.access import Member, scoped
from merchants.models import Shop
from orders.models import Order
from shipments.cadence import FAR_GOAL
from shipments.models import Waybill

# Limits that come near within that time of the first one are told as one.
TOGETHER = timedelta(hours=1)
# A shop that sells has an order a day.
ORDERS_FRESH = timedelta(days=1)
# How fresh the data is reads every parcel under way: once a minute is enough.
FRESHNESS_SECONDS = 60
STALE_MOST = 5


@dataclass(frozen=True, slots=True)
class Nearing:
    """The limits that come near next: none of them has a case yet."""

    at: datetime
    due_at: datetime
    # The carrier of the first; blank = no parcel yet.
    carrier: str
    n: int


@dataclass(frozen=True, slots=True)
class Freshness:
    # Who is asked, and the oldest answer about a parcel under way; None = never asked. Only what is older than it may be.
    accounts: Sequence[tuple[str, datetime | None]]
    # Shops without an order for a day, and their newest one; None = none at all.
    shops: Sequence[tuple[Shop, datetime | None]]


@dataclass(frozen=True, slots=True)
class Nothing:
    # Open cases that only the filters hide.
    hidden: int
    # Open ones, about to break.
    next_due: Case | None
    nearing: Nearing | None
    snoozed: int
    wakes_at: datetime | None
    # Orders that cannot be judged.
    blind: int
    freshness: Freshness


def why(member: Member, filters: Filters, now: datetime) -> Nothing:
    """Say what an empty list leaves out and waits for. Six queries, three more once a minute."""
    hidden = queue.size(member, Filters(), now, None if filters.q else now) if filters.narrow() else 0
    asleep = scoped(member, Case.objects.filter(merchant=member.merchant, state=State.SNOOZED.value))
    sleep = asleep.aggregate(n=Count("pk"), until=Min("snoozed_until"))
    next_due = queue.next_due(member, now, filters)
    return Nothing(
        hidden=hidden,
        next_due=next_due,
        nearing=None if next_due else _nearing(member, now),
        snoozed=sleep["n"],
        wakes_at=sleep["until"],
        blind=blindspots.counts(member).orders,
        freshness=_freshness(member, now),
    )


def _nearing(member: Member, now: datetime) -> Nearing | None:
    calm = Clock.objects.filter(level=Level.CALM.value, stopped_at=None, wake_at__gte=now)
    calm = scoped(member, calm, via="order__shop").select_related("waybill__carrier")
    first = calm.order_by("wake_at").first()
    if first is None or first.wake_at is None:
        return None
    carrier = first.waybill.carrier if first.waybill else None
    alike = calm.filter(wake_at__lt=first.wake_at + TOGETHER, waybill__carrier=carrier).order_by("due_at")
    dues = list(alike.values_list("due_at", flat=True)[: queue.COUNTED_MOST])
    return Nearing(first.wake_at, dues[0], carrier.name if carrier else "", len(dues))


def _freshness(member: Member, now: datetime) -> Freshness:
    key = f"freshness:{member.merchant.pk}:{member.user.pk}"
    found = caches["local"].get(key)
    if found is None:
        found = _read(member, now)
        caches["local"].set(key, found, FRESHNESS_SECONDS)
    return found


def _read(member: Member, now: datetime) -> Freshness:
    moving = Waybill.objects.filter(merchant=member.merchant, poll_at__isnull=False, account__isnull=False)
    ages = moving.values_list("account__name").annotate(oldest=Min("polled_at")).order_by("oldest")
    accounts = [(name, oldest) for name, oldest in ages if oldest is None or now - oldest > FAR_GOAL]
    last = Order.objects.filter(shop=OuterRef("pk")).order_by("-placed_at").values("placed_at")[:1]
    shops = Shop.objects.filter(pk__in=member.shop_ids).annotate(last_order=Subquery(last)).order_by("last_order", "pk")
    quiet = [(shop, at) for shop in shops if (at := shop.last_order) is None or now - at > ORDERS_FRESH]
    return Freshness(accounts[:STALE_MOST], quiet[:STALE_MOST])
