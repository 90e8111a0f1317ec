"""Cases, and what cannot be judged, for the pages of orders and waybills: those apps may not know of exceptions."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django import template
from django.db.models import F, QuerySet
from django.urls import reverse
from django.utils import timezone

from exceptions import buyer_links, limits, reports, shown
from exceptions.blindspots import of_parcel, reasons_of
from exceptions.desk.kind_words import explains
from exceptions.models import Blindspot, Case, Report
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
        "reports": _reports(Report.objects.filter(order=order)),
        "shop": order.shop,
        "csrf_token": context.get("csrf_token"),
        "may_triage": context.get("may_triage"),
        "about": f"order={order.pk}",
        "buyer_link": _buyer_link(context, order),
    }


@register.inclusion_tag(TABLE, takes_context=True)
def cases_on(context: template.Context, waybill: Waybill, orders: Iterable[Order]) -> dict[str, Any]:
    """`{% cases_on waybill orders %}`: the parcel's cases on those of its orders that the reader may see; none, no card."""
    mine = list(orders)
    return {
        "rows": _rows(Case.objects.filter(waybill=waybill, order__in=mine), _now(context)),
        "blind": reasons_of(of_parcel(waybill, mine)),
        "reports": _reports(Report.objects.filter(waybill=waybill, order__in=mine)),
        "shop": mine[0].shop if mine else None,
        "csrf_token": context.get("csrf_token"),
        "may_triage": context.get("may_triage"),
        "about": f"waybill={waybill.pk}",
    }


@register.inclusion_tag("exceptions/_reports_of_case.html", takes_context=True)
def reports_of(context: template.Context, case: Case) -> dict[str, Any]:
    """`{% reports_of case %}`: what people said of its kind about its parcel, with their words; nothing, no card."""
    return {
        "reports": reports.of_case(case),
        "case": case,
        "shop": case.shop,
        "csrf_token": context.get("csrf_token"),
        "may_triage": context.get("may_triage"),
    }


@register.inclusion_tag("exceptions/_two_kinds.html")
def two_kinds(q: str) -> dict[str, Any]:
    """`{% two_kinds filters.q %}`: interception and failed delivery told apart, where one of them is searched for."""
    return {"two_kinds": explains(q or "")}


def _reports(found: QuerySet[Report]) -> list[Report]:
    return list(found.select_related("waybill", "by", "order__shop").order_by("-said_at", "-pk"))


def _buyer_link(context: template.Context, order: Order) -> str:
    """The address the buyer tells of this order by, for those who may give it out."""
    request = context.get("request")
    if request is None or not context.get("may_triage"):
        return ""
    return str(request.build_absolute_uri(reverse("buyer-report", args=[buyer_links.token(order.pk, _now(context))])))


def _now(context: template.Context) -> datetime:
    return context.get("now") or timezone.now()


def _rows(cases: QuerySet[Case], now: datetime) -> list[shown.Row]:
    cases = cases.select_related("shop", "order", "waybill__carrier", "assignee")
    ordered = cases.order_by(F("resolved_at").desc(nulls_first=True), "-rank", "-pk")
    return [shown.row(case, now) for case in ordered]
