"""Which order, and which of its parcels, a number names: an order number or a waybill number, in a fixed number of queries."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from merchants.access import Member, scoped
from merchants.models import Shop
from orders.models import Dispatch, Order
from shipments.models import Parcel


@dataclass(frozen=True, slots=True)
class Target:
    """An order, as a whole (`waybill_id` None) or one of its parcels."""

    order_id: int
    order: str
    shop: Shop
    waybill_id: int | None = None
    waybill: str = ""

    @property
    def key(self) -> str:
        """As a form names it."""
        return f"{self.order_id}:{self.waybill_id or ''}"


def named(member: Member, numbers: Iterable[str]) -> Mapping[str, list[Target]]:
    """Return what each number names among the member's orders, each order once; nothing for a number nobody knows.

    An order that went out in one parcel is that parcel. Five queries whatever the count.
    """
    wanted = {number: number.upper() for number in numbers}
    spelled = {*wanted, *wanted.values()}
    shops = {shop.pk: shop for shop in member.shops}
    orders = scoped(member, Order.objects.filter(number__in=spelled))
    found: dict[str, dict[int, Target]] = defaultdict(dict)
    rows = list(orders.order_by("pk").values_list("pk", "number", "shop_id"))
    single = _single([pk for pk, _number, _shop in rows])
    for pk, number, shop in rows:
        waybill_id, waybill = single.get(pk, (None, ""))
        found[number][pk] = Target(pk, number, shops[shop], waybill_id, waybill)
    # Two questions and not one with an "or": each is answered from its own index.
    columns = ("order_id", "order__number", "order__shop_id", "number", "parcels__waybill__number", "pk")
    legs: list[tuple[Any, ...]] = []
    for which in ({"number__in": spelled}, {"parcels__waybill__number__in": spelled}):
        dispatches = scoped(member, Dispatch.objects.filter(**which), via="order__shop")
        legs += dispatches.order_by("order_id", "pk").values_list(*columns)
    first = _first({row[-1] for row in legs})
    for order_id, order, shop, number, leg, dispatch in legs:
        waybill_id, waybill = first.get(dispatch, (None, ""))
        for name in {number, leg} & spelled:
            found[name].setdefault(order_id, Target(order_id, order, shops[shop], waybill_id, waybill or number))
    return {
        number: list({**found.get(upper, {}), **found.get(number, {})}.values()) for number, upper in wanted.items()
    }


def _single(order_ids: list[int]) -> dict[int, tuple[int, str]]:
    """The parcel of each order that went out in just one."""
    mine: dict[int, dict[int, str]] = defaultdict(dict)
    parcels = Parcel.objects.filter(dispatch__order__in=order_ids, follows=None).exclude(role=Parcel.Role.REPLACED)
    for order_id, pk, number in parcels.values_list("dispatch__order_id", "waybill_id", "waybill__number"):
        mine[order_id][pk] = number
    return {order_id: next(iter(ways.items())) for order_id, ways in mine.items() if len(ways) == 1}


def _first(dispatch_ids: Iterable[int]) -> dict[int, tuple[int, str]]:
    """The number each dispatch set out under: cases and clocks are of that one, whatever it travels on under."""
    parcels = Parcel.objects.filter(dispatch__in=dispatch_ids, follows=None)
    return {
        pk: (way, number) for pk, way, number in parcels.values_list("dispatch_id", "waybill_id", "waybill__number")
    }


def of_order(order: Order) -> list[Target]:
    """The order as a whole, then each of its parcels. One query; the order comes with its shop."""
    parcels = Parcel.objects.filter(dispatch__order=order, follows=None).exclude(role=Parcel.Role.REPLACED)
    whole = Target(order.pk, order.number, order.shop)
    ways = dict(parcels.order_by("pk").values_list("waybill_id", "waybill__number"))
    return [*(Target(order.pk, order.number, order.shop, pk, number) for pk, number in ways.items()), whole]
