"""How old the data of parcels is, for pages of apps that may not know of shipments: their templates ask for it here."""

from collections.abc import Iterable, Mapping

from django import template

from orders.models import Dispatch
from shipments.models import Waybill
from shipments.standing import Freshness, freshness

register = template.Library()


@register.simple_tag
def freshness_of(dispatches: Iterable[Dispatch]) -> dict[int, Freshness]:
    """`{% freshness_of dispatches as ages %}`: of all their parcels (read along with them), by waybill."""
    return freshness(parcel.waybill for one in dispatches for parcel in one.parcels.all())


@register.filter
def for_waybill(ages: Mapping[int, Freshness], waybill: Waybill) -> Freshness | None:
    """`{{ ages|for_waybill:parcel.waybill }}`"""
    return ages.get(waybill.pk)
