"""Orders: the list with its search, and one order with all that is known of it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from merchants import access
from merchants.access import Member, Right
from orders import listing, masking, search
from orders.models import Order, OrderImport, OrderStatus
from orders.ticketing import card
from orders.ticketing.forms import TicketForm
from shipops.kit.htmx import see_other, whole_or_part

TONES = {
    OrderStatus.TO_DISPATCH: "soon",
    OrderStatus.DISPATCHED: "calm",
    OrderStatus.COMPLETED: "kept",
}


@require_GET
def order_list(request: HttpRequest) -> HttpResponse:
    """Orders, newest first; a number typed in full opens its order at once."""
    member = access.member(request, Right.VIEW)
    filters = listing.Filters.from_query(request.GET)
    found = search.find(member, filters.q) if filters.q else None
    if found and found.exact and not (filters.shop or filters.status):
        return see_other(reverse("order", args=[found.exact]))
    run = _run(member, filters.run)
    condition = listing.matching(filters, found, run)
    after, before = request.GET.get("after", ""), request.GET.get("before", "")
    page = listing.page(member, filters.shop, condition, after, before)
    context = {
        "filters": filters,
        "run": run,
        "rows": [_row(order) for order in page.orders],
        "next_url": _page_url(request, "after", page.next),
        "prev_url": _page_url(request, "before", page.prev),
        "shops": [("", _("All shops")), *((str(shop.pk), shop.name) for shop in member.shops)],
        "statuses": [("", _("Every status")), *OrderStatus.choices],
        "filtered": bool(filters.shop or filters.status or filters.q or run),
        "may_import": member.may(Right.IMPORT),
    }
    return whole_or_part(request, "orders/orders.html", {"list": "list"}, context)


def _run(member: Member, pk: int) -> OrderImport | None:
    """The import whose orders are asked for; none for those who may not see imports."""
    if not pk or not member.may(Right.IMPORT):
        return None
    return access.get(member, OrderImport.objects.defer("content"), pk=pk)


def _row(order: Order) -> dict[str, Any]:
    lines, dispatches = list(order.lines.all()), list(order.dispatches.all())
    return {
        "order": order,
        "tone": _tone(order),
        "goods": str(lines[0]) if lines else "",
        "more": len(lines) - 1,
        "pieces": sum(line.quantity for line in lines),
        "dispatches": dispatches,
    }


def _tone(order: Order) -> str:
    return TONES.get(OrderStatus(order.status), "calm")


def _page_url(request: HttpRequest, side: str, cursor: str) -> str:
    if not cursor:
        return ""
    query = request.GET.copy()
    query.pop("after", None)
    query.pop("before", None)
    query[side] = cursor
    return f"{reverse('orders')}?{query.urlencode()}"


@require_GET
def order_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """One order: goods, money, promises and what came of them, parcels, the buyer as far as may be seen."""
    member = access.member(request, Right.VIEW)
    order = access.get(member, Order.objects.select_related("shop"), pk=pk)
    return order_page(request, member, order, timezone.now())


def order_page(
    request: HttpRequest,
    member: Member,
    order: Order,
    now: datetime,
    *,
    ticket_form: TicketForm | None = None,
    ticket_errors: Mapping[int, str] | None = None,
    status: int = 200,
) -> HttpResponse:
    """Render the page of an order, or of it the card of tickets where htmx asks for that."""
    buyer = order.buyer or {}
    context = {
        "now": now,
        "order": order,
        "tone": _tone(order),
        "lines": order.lines.order_by("pk"),
        "dispatches": order.dispatches.prefetch_related("parcels__waybill__carrier").order_by("uploaded_at", "pk"),
        "buyer": {
            "name": masking.name(buyer.get("name", "")),
            "phone": masking.phone(buyer.get("phone", "")),
            "note": masking.text(buyer.get("note", "")),
        },
        "moments": _moments(order),
        "tickets": card.rows(order, ticket_errors),
        "ticket_form": ticket_form or TicketForm(order=order, now=now),
        "may_triage": member.may(Right.TRIAGE),
    }
    return whole_or_part(request, "orders/order.html", {"tickets": "tickets"}, context, status)


def _moments(order: Order) -> list[tuple[str, Any]]:
    """What the platform says happened, with its name, in the order of the day."""
    named = [
        (_("Placed"), order.placed_at),
        (_("Paid"), order.paid_at),
        (_("Dispatched"), order.dispatched_at),
        (_("Handed to the carrier"), order.handed_over_at),
        (_("Delivered"), order.delivered_at),
        (_("Closed"), order.closed_at),
    ]
    return sorted(((label, at) for label, at in named if at), key=lambda moment: moment[1])
