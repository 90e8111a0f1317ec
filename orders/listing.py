"""The list of orders: newest first, filtered by the query string, in pages that cost the same however far down."""

import base64
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, Self

from django.db.models import Q, QuerySet
from django.http import QueryDict

from merchants.access import Member, scoped
from orders.models import Order, OrderImport, OrderStatus
from orders.search import Found
from shipops.kit.query import row_id

PAGE: Final = 50


@dataclass(frozen=True, slots=True)
class Filters:
    """What is looked at; the empty value of each field means all."""

    shop: int = 0
    status: str = ""
    q: str = ""
    run: int = 0

    @classmethod
    def from_query(cls, query: QueryDict) -> Self:
        """Read a query string; what it does not know is ignored, so that an old link still opens."""
        status = query.get("status", "")
        return cls(
            shop=row_id(query.get("shop", "")),
            status=status if status in OrderStatus.values else "",
            q=query.get("q", "").replace("\0", "").strip()[:80],
            run=row_id(query.get("import", "")),
        )


@dataclass(frozen=True, slots=True)
class Page:
    orders: list[Order]
    # Cursors; "" = nothing there.
    next: str = ""
    prev: str = ""


def matching(filters: Filters, found: Found | None, run: OrderImport | None) -> Q:
    """Return the condition of the filters but for the shop; `found` is what the search named."""
    condition = Q(status=filters.status) if filters.status else Q()
    if run is not None:
        condition &= Q(shop=run.shop_id, updated_at__gte=run.created_at)
        if run.finished_at:
            condition &= Q(updated_at__lte=run.finished_at)
    if found is not None:
        condition &= Q(pk__in=found.pks)
    return condition


def page(member: Member, shop: int, condition: Q, after: str = "", before: str = "") -> Page:
    """Return one page, after or before a cursor; a cursor that cannot be read starts anew. Two queries.

    Each shop is read along its own index and the pages are merged: one index scan over several shops would have to sort
    all their orders.
    """
    cursor = _unpack(after or before)
    backwards = bool(before and cursor)
    if cursor:
        condition &= _before(*cursor) if backwards else _after(*cursor)
    sort = ("placed_at", "pk") if backwards else ("-placed_at", "-pk")
    orders = scoped(member, Order.objects.filter(condition))
    shops = [pk for pk in member.shop_ids if shop in (0, pk)]
    parts = [orders.filter(shop=pk).order_by(*sort).values_list("placed_at", "pk")[: PAGE + 1] for pk in shops]
    if not parts:
        return Page([])
    merged = (
        parts[0].union(*parts[1:], all=True).order_by(*(name.replace("pk", "id") for name in sort))
        if parts[1:]
        else None
    )
    keys = list(parts[0] if merged is None else merged[: PAGE + 1])
    more, keys = len(keys) > PAGE, keys[:PAGE]
    if backwards:
        keys.reverse()
    ahead, behind = (True, more) if backwards else (more, bool(cursor))
    return Page(
        _in_order([pk for _, pk in keys]),
        next=_pack(*keys[-1]) if keys and ahead else "",
        prev=_pack(*keys[0]) if keys and behind else "",
    )


def _in_order(pks: list[int]) -> list[Order]:
    rows: QuerySet[Order] = Order.objects.filter(pk__in=pks).select_related("shop").defer("buyer", "content_hash")
    by_pk = {order.pk: order for order in rows.prefetch_related("lines", "dispatches")}
    return [by_pk[pk] for pk in pks if pk in by_pk]


def _after(placed_at: datetime | None, pk: int) -> Q:
    """Orders whose time is unknown come first, as PostgreSQL sorts them."""
    if placed_at is None:
        return Q(placed_at=None, pk__lt=pk) | Q(placed_at__isnull=False)
    return Q(placed_at__lte=placed_at) & (Q(placed_at__lt=placed_at) | Q(pk__lt=pk))


def _before(placed_at: datetime | None, pk: int) -> Q:
    if placed_at is None:
        return Q(placed_at=None, pk__gt=pk)
    return Q(placed_at=None) | Q(placed_at__gt=placed_at) | Q(placed_at=placed_at, pk__gt=pk)


def _pack(placed_at: datetime | None, pk: int) -> str:
    text = f"{placed_at.isoformat() if placed_at else ''}|{pk}"
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _unpack(cursor: str) -> tuple[datetime | None, int] | None:
    try:
        at, pk = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode().split("|")
        placed_at = datetime.fromisoformat(at) if at else None
        if placed_at is not None and placed_at.tzinfo is None:
            return None
        # In UTC: a database takes no offset of 23 hours.
        return placed_at and placed_at.astimezone(UTC), int(pk)
    except (ValueError, OverflowError):
        return None
