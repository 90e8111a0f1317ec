"""Cases, and what cannot be judged, for the pages of orders and waybills: those apps may not know of exceptions."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django import template
from django.db.models import F, QuerySet
from django.utils import timezone

from exceptions import limits, shown
from exceptions.blindspots import of_parcel, reasons_of
from exceptions.models import Blindspot, Case
from orders.models import Order
from shipments.models import Waybill

register = template.Library()
TABLE = "exceptions/_of_order.html"


@register.inclusion_tag(TABLE, takes_context=True)
def cases_of(context: template.Context, order: Order) -> dict[str, Any]:
    """`{% cases_of order %}`: its cases, the open ones first; what cannot be judged; what others owe, and our rights."""
    now = _now(context)
    blind = Blindspot.objects.filter(order=order).select_related("waybill").order_by("pk")
    return {
        "rows": _rows(Case.objects.filter(order=order), now),
        "blind": reasons_of(blind),
        "order": order,
        "shown_only": limits.shown_only(order, now),
    }


@register.inclusion_tag(TABLE, takes_context=True)
def cases_on(context: template.Context, waybill: Waybill, orders: Iterable[Order]) -> dict[str, Any]:
    """`{% cases_on waybill orders %}`: the parcel's cases on those of its orders that the reader may see; none, no card."""
    mine = list(orders)
    return {
        "rows": _rows(Case.objects.filter(waybill=waybill, order__in=mine), _now(context)),
        "blind": reasons_of(of_parcel(waybill, mine)),
    }


def _now(context: template.Context) -> datetime:
    return context.get("now") or timezone.now()


def _rows(cases: QuerySet[Case], now: datetime) -> list[shown.Row]:
    cases = cases.select_related("shop", "order", "waybill__carrier", "assignee")
    ordered = cases.order_by(F("resolved_at").desc(nulls_first=True), "-rank", "-pk")
    return [shown.row(case, now) for case in ordered]
