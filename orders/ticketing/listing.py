"""Tickets of a member's shops, newest first, page by page."""

from dataclasses import dataclass

from django.db.models import QuerySet

from merchants.access import Member, scoped
from orders.models import Ticket

PAGE = 50
TO_SHOP = "order__shop"


@dataclass(frozen=True, slots=True)
class Filters:
    """Which tickets are asked for; blank and None ask for all."""

    order: str = ""
    kind: str = ""
    open: bool | None = None


def mine(member: Member) -> QuerySet[Ticket]:
    """Return the tickets a member may reach, with all that is told of each."""
    return scoped(member, Ticket.objects.select_related("order__shop"), TO_SHOP).prefetch_related("steps")


def page(member: Member, filters: Filters, after: int | None = None) -> tuple[list[Ticket], int | None]:
    """Return at most PAGE tickets recorded before the one of id `after`, newest first, and the next page's `after`."""
    found = mine(member)
    if filters.order:
        found = found.filter(order__number=filters.order)
    if filters.kind:
        found = found.filter(kind=filters.kind)
    if filters.open is not None:
        found = found.filter(closed_at__isnull=filters.open)
    if after is not None:
        found = found.filter(pk__lt=after)
    rows = list(found.order_by("-pk")[: PAGE + 1])
    return rows[:PAGE], rows[PAGE - 1].pk if len(rows) > PAGE else None
