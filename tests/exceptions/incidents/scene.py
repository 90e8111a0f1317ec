"""Parcels that stand still at one hub, made the way they are made: orders, scans, one sweep, one round of gathering."""

from datetime import datetime, timedelta

from exceptions.incidents.rounds import Round, go_round
from exceptions.models import Case
from merchants.models import Shop
from orders.models import Order
from shipments.models import Waybill
from tests.exceptions.making import a_parcel, a_scan, an_order
from tests.exceptions.scene import sweep_all

HUB = "【杭州转运中心】 已收入"
HOUR = timedelta(hours=1)


def stand_still(
    shop: Shop, now: datetime, count: int = 10, *, text: str = HUB, hours: float = 50, first: int = 1
) -> list[Case]:
    """`count` parcels scanned for the last time `hours` ago (one a minute later than the other) with this text."""
    for n in range(first, first + count):
        arrived = now - hours * HOUR + n * timedelta(minutes=1)
        picked, uploaded = arrived - 6 * HOUR, arrived - 10 * HOUR
        order = an_order(shop, f"{shop.code}-{n}", uploaded - HOUR, status="dispatched", dispatched_at=uploaded)
        facts = {"stage": "in_transit", "first_trace_at": picked, "picked_up_at": picked, "moved_at": arrived}
        parcel = a_parcel(
            order, f"YT88{shop.pk:04d}{n:06d}", uploaded, last_event_at=arrived, last_text=text, event_count=2, **facts
        )
        a_scan(parcel, picked, "picked_up", "【江苏省南通市通州区公司】 取件人: 某某某 已收件")
        a_scan(parcel, arrived, "in_transit", text)
    sweep_all(now)
    return list(Case.objects.filter(shop=shop, kind="transit_stall").order_by("pk"))


def scanned(waybill: Waybill, at: datetime, text: str, stage: str = "in_transit") -> None:
    """One more scan of a parcel, and its order woken."""
    a_scan(waybill, at, stage, text)
    Waybill.objects.filter(pk=waybill.pk).update(last_event_at=at, last_text=text, stage=stage)
    Order.objects.filter(dispatches__parcels__waybill=waybill).update(review_at=at)


def move_on(cases: list[Case], at: datetime) -> None:
    """Their parcels go on and are delivered."""
    for case in cases:
        assert case.waybill is not None
        scanned(case.waybill, at, "【杭州市西湖区公司】 派件人: 某某某 派件中", "out_for_delivery")
        scanned(case.waybill, at + timedelta(minutes=1), "客户 签收人: 本人签收 已签收", "delivered")
        Waybill.objects.filter(pk=case.waybill_id).update(out_for_delivery_at=at, delivered_at=at)
        Order.objects.filter(pk=case.order_id).update(review_at=at)
    sweep_all(at)


def round_at(now: datetime) -> Round:
    return go_round(now)
