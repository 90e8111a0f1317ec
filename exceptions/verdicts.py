"""What the desk would have shown of a shop at some instant, from the facts known by then."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db.models import Exists, OuterRef

from exceptions.deadlines import reading
from exceptions.deadlines.clocks import ClockDraft
from exceptions.deadlines.facts import OrderFacts, Progress, as_of, handed_over_at, progress
from exceptions.deadlines.kinds import Kind, Level
from exceptions.deadlines.rules import judge
from exceptions.policies import Books
from merchants.models import Shop
from orders.models import Order, OrderLine

# As many as fit comfortably in memory with their scans.
BATCH = 2000
SOON = timedelta(hours=24)
LONG = 10


@dataclass
class Verdict:
    """Counts of orders; `days_in_transit` counts orders' whole days since hand-over."""

    awaiting_handover: int = 0
    overdue: int = 0
    due_within_24h: int = 0
    in_transit: int = 0
    delivery_overdue: int = 0
    over_10_days_in_transit: int = 0
    days_in_transit: Counter[int] = field(default_factory=Counter)
    clocks: Counter[tuple[str, str]] = field(default_factory=Counter)


def verdict(shop: Shop, at: datetime) -> Verdict:
    """Return what was true of the shop's orders placed by `at`, judged by its platform's terms.

    Nothing is written. An order the source never dated counts as placed. Where the shop's source lists what is in an
    order, one with nothing in it is left out: there is nothing to hand over.
    """
    books = Books.of_shops([shop])
    result = Verdict()
    orders = Order.objects.filter(shop=shop)
    if OrderLine.objects.filter(order__shop=shop).exists():
        orders = orders.filter(Exists(OrderLine.objects.filter(order=OuterRef("pk"))))
    pks = list(orders.order_by("pk").values_list("pk", flat=True))
    for start in range(0, len(pks), BATCH):
        for _, facts in reading.read(pks[start : start + BATCH], books.needs):
            if facts.placed_at is None or facts.placed_at <= at:
                known = as_of(facts, at)
                book = books.of(shop.pk, known.since)
                _count(result, known, [clock for clock in judge(known, book) if clock.stopped_at is None], at)
    return result


def _count(result: Verdict, order: OrderFacts, running: list[ClockDraft], at: datetime) -> None:
    for kind, level in {(clock.kind.value, clock.level_at(at)) for clock in running}:
        if level is not Level.CALM:
            result.clocks[kind, level.name.lower()] += 1
    stand = progress(order)
    if stand is Progress.AWAITING_HANDOVER:
        result.awaiting_handover += 1
        due = min((clock.due_at for clock in running if clock.kind is Kind.LATE_DISPATCH), default=None)
        if due is not None and due < at:
            result.overdue += 1
        elif due is not None and due - at <= SOON:
            result.due_within_24h += 1
    elif stand is Progress.IN_TRANSIT:
        result.in_transit += 1
        # Still in transit: only the promise to the buyer speaks of delivery overdue, not a courier's round of a day.
        result.delivery_overdue += any(
            clock.term.promise == "delivery" and clock.level_at(at) in (Level.BROKEN, Level.GRAVE) for clock in running
        )
        since = handed_over_at(order)
        if since is not None:
            result.days_in_transit[(at - since).days] += 1
            result.over_10_days_in_transit += at - since > timedelta(days=LONG)
