"""What cannot be judged, as the sweep writes it down and people read it: by reason, by shop, order by order."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Self

from django.db import connection
from django.db.models import Count, Exists, OuterRef, QuerySet
from django.http import QueryDict

from exceptions.deadlines.blindness import Reason
from exceptions.models import Blindspot
from merchants.access import Member, scoped
from merchants.models import Shop
from orders.models import Order
from shipments.models import Waybill
from shipops.kit.query import row_id

PAGE = 50
REASONS = {reason.value: reason for reason in Reason}


class Spot(NamedTuple):
    order_id: int
    waybill_id: int | None
    reason: str


# Both halves see the table as it was before, and never the same row: what is dropped is no draft, what is new was not there.
WRITE = """
with drafts as (select * from unnest(%(order)s::bigint[], %(waybill)s::bigint[], %(reason)s::text[])
                as d(order_id, waybill_id, reason)),
dropped as (
    delete from exceptions_blindspot b where b.order_id = any(%(orders)s) and not exists (
        select 1 from drafts d where d.order_id = b.order_id and d.reason = b.reason
        and d.waybill_id is not distinct from b.waybill_id))
insert into exceptions_blindspot (order_id, waybill_id, reason) select order_id, waybill_id, reason from drafts
on conflict (order_id, waybill_id, reason) do nothing
"""


def write(spots: Sequence[Spot], order_ids: Sequence[int]) -> None:
    """Bring the blind spots of these orders, which the caller holds locked, in line; what is right is not touched."""
    values: dict[str, Any] = {
        "order": [spot.order_id for spot in spots],
        "waybill": [spot.waybill_id for spot in spots],
        "reason": [spot.reason for spot in spots],
        "orders": list(order_ids),
    }
    with connection.cursor() as cursor:
        cursor.execute(WRITE, values)


@dataclass(frozen=True, slots=True)
class Filters:
    """What is looked at; the empty value of each field means all, and the first page."""

    reason: str = ""
    shop: int = 0
    # The last blind spot seen.
    after: int = 0

    @classmethod
    def from_query(cls, query: QueryDict) -> Self:
        """Read a query string; what it does not know is ignored, so that an old link still opens."""
        reason = query.get("reason", "")
        return cls(
            reason=reason if reason in REASONS else "",
            shop=row_id(query.get("shop", "")),
            after=row_id(query.get("after", "")),
        )

    def narrowed(self, spots: QuerySet[Blindspot]) -> QuerySet[Blindspot]:
        """Those the filters let through."""
        if self.reason:
            spots = spots.filter(reason=self.reason)
        return spots.filter(order__shop=self.shop) if self.shop else spots


@dataclass(frozen=True, slots=True)
class Counts:
    """Orders that cannot be judged (or not in all); one with two reasons counts under both, and once in `orders`."""

    orders: int
    by_reason: list[tuple[Reason, int]]


class OfShop(NamedTuple):
    shop: Shop
    reason: Reason
    n: int


@dataclass(frozen=True, slots=True)
class Page:
    rows: list[Blindspot]
    # Cursor; 0 = nothing there.
    next: int = 0


def _mine(member: Member) -> QuerySet[Blindspot]:
    return scoped(member, Blindspot.objects.all(), via="order__shop")


def counts(member: Member) -> Counts:
    """How many of the member's orders cannot be judged, and why, the most frequent reason first. Two queries."""
    orders = scoped(member, Order.objects.filter(blind_orders("pk"))).count()
    told = _mine(member).values_list("reason").annotate(n=Count("order", distinct=True)).order_by("-n", "reason")
    return Counts(orders, [(REASONS[reason], n) for reason, n in told if reason in REASONS])


def by_shop(member: Member, filters: Filters) -> list[OfShop]:
    """The same shop by shop and reason by reason, the most first. One query."""
    shops = {shop.pk: shop for shop in member.shops}
    told = filters.narrowed(_mine(member)).values_list("order__shop", "reason")
    counted = told.annotate(n=Count("order", distinct=True)).order_by("-n", "order__shop", "reason")
    return [OfShop(shops[shop], REASONS[reason], n) for shop, reason, n in counted if reason in REASONS]


def page(member: Member, filters: Filters) -> Page:
    """The blind spots themselves, the newest first, `PAGE` at a time. One query."""
    spots = filters.narrowed(_mine(member)).select_related("order__shop", "waybill__carrier").order_by("-pk")
    if filters.after:
        spots = spots.filter(pk__lt=filters.after)
    rows = list(spots[: PAGE + 1])
    return Page(rows[:PAGE], rows[PAGE - 1].pk if len(rows) > PAGE else 0)


def blind_orders(order: str) -> Exists:
    """The condition on something of an order (by the path to its key) that the order cannot be judged in all."""
    return Exists(Blindspot.objects.filter(order=OuterRef(order)))


def of_parcel(waybill: Waybill, orders: Iterable[Order]) -> list[Blindspot]:
    """What cannot be judged of a parcel on these orders, each reason once. One query."""
    spots = Blindspot.objects.filter(waybill=waybill, order__in=list(orders))
    return list(spots.order_by("reason", "pk").distinct("reason"))


def reasons_of(spots: Iterable[Blindspot]) -> list[tuple[Blindspot, Reason]]:
    """Each blind spot with its reason in words."""
    return [(spot, REASONS[spot.reason]) for spot in spots if spot.reason in REASONS]
