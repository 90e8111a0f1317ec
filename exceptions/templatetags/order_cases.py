"""Cases for the pages of orders and waybills: those apps may not know of exceptions, so their templates ask for them here."""

from collections.abc import Iterable
from typing import Any

from django import template
from django.db.models import F, QuerySet
from django.utils import timezone

from exceptions import shown
from exceptions.models import Case
from orders.models import Order
from shipments.models import Waybill

register = template.Library()
TABLE = "exceptions/_of_order.html"


@register.inclusion_tag(TABLE, takes_context=True)
def cases_of(context: template.Context, order: Order) -> dict[str, Any]:
    """`{% cases_of order %}`: its cases, the open ones first, each as the desk shows it."""
    return _table(context, Case.objects.filter(order=order)) | {"always": True}


@register.inclusion_tag(TABLE, takes_context=True)
def cases_on(context: template.Context, waybill: Waybill, orders: Iterable[Order]) -> dict[str, Any]:
    """`{% cases_on waybill orders %}`: the parcel's cases on those of its orders that the reader may see; none, no card."""
    return _table(context, Case.objects.filter(waybill=waybill, order__in=list(orders)))


def _table(context: template.Context, cases: QuerySet[Case]) -> dict[str, Any]:
    now = context.get("now") or timezone.now()
    cases = cases.select_related("shop", "order", "waybill__carrier", "assignee")
    ordered = cases.order_by(F("resolved_at").desc(nulls_first=True), "-rank", "-pk")
    return {"rows": [shown.row(case, now) for case in ordered]}
