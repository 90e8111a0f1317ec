"""A desk with cases on it, made the way they are made: orders, parcels, one sweep."""

from datetime import datetime, timedelta

from exceptions import sweep
from exceptions.models import Case
from merchants.models import Shop
from orders.models import OrderLine
from tests.exceptions.making import a_parcel, a_scan, an_order


def sweep_all(now: datetime) -> None:
    """Judge whatever is due."""
    while sweep.judge_batch(now):
        pass
    while sweep.ring_batch(now):
        pass


def late_dispatch(shop: Shop, now: datetime, number: str = "690001", hours: float = 50) -> Case:
    """An order paid `hours` ago and not dispatched: its limit is 48 h."""
    order = an_order(shop, number, now - timedelta(hours=hours), phone_tail="5521")
    OrderLine.objects.create(order=order, number="1", title="陶瓷餐具 6 件套", quantity=1, amount=order.amount)
    sweep_all(now)
    return Case.objects.get(order=order)


def late_pickup(shop: Shop, now: datetime, number: str = "690002", waybill: str = "YT8834201944715") -> Case:
    """A number uploaded 26 h ago without a pickup scan: the limit is 24 h."""
    paid = now - timedelta(hours=30)
    order = an_order(shop, number, paid, status="dispatched", dispatched_at=now - timedelta(hours=26))
    a_parcel(order, waybill, now - timedelta(hours=26))
    sweep_all(now)
    return Case.objects.get(order=order, kind="late_pickup")


def stalled(shop: Shop, now: datetime, number: str = "690003", waybill: str = "YT8834201944716") -> Case:
    """Picked up, moved, and silent for 50 h: the limit is 48 h."""
    uploaded, moved = now - timedelta(hours=60), now - timedelta(hours=50)
    order = an_order(shop, number, now - timedelta(hours=70), status="dispatched", dispatched_at=uploaded)
    picked = uploaded + timedelta(hours=4)
    parcel = a_parcel(
        order,
        waybill,
        uploaded,
        stage="in_transit",
        first_trace_at=picked,
        picked_up_at=picked,
        moved_at=moved,
        last_event_at=moved,
        last_text="【武汉转运中心】快件已发往【长沙】",
        event_count=2,
        polled_at=now - timedelta(minutes=4),
    )
    a_scan(parcel, picked, "picked_up", "【太和网点】已揽收")
    a_scan(parcel, moved, "in_transit", "【武汉转运中心】快件已发往【长沙】")
    sweep_all(now)
    return Case.objects.get(order=order, kind="transit_stall")
