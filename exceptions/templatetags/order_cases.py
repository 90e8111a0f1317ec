"""The cases of an order, for the order's own page: orders may not know of exceptions, so its template asks for them here."""

from typing import Any

from django import template
from django.db.models import F
from django.utils import timezone

from exceptions import shown
from exceptions.models import Case
from orders.models import Order

register = template.Library()


@register.inclusion_tag("exceptions/_of_order.html", takes_context=True)
def cases_of(context: template.Context, order: Order) -> dict[str, Any]:
    """`{% cases_of order %}`: its cases, the open ones first, each as the desk shows it."""
    now = context.get("now") or timezone.now()
    cases = Case.objects.filter(order=order).select_related("shop", "order", "waybill__carrier", "assignee")
    return {
        "rows": [
            shown.row(case, now) for case in cases.order_by(F("resolved_at").desc(nulls_first=True), "-rank", "-pk")
        ]
    }
