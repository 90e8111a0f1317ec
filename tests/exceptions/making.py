"""Orders and parcels as facts put them into the database, for tests of what is derived from them."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from merchants.access import Member, of
from merchants.models import Membership, Shop, User
from orders.models import Dispatch, Order
from shipments.models import Carrier, CarrierAccount, Parcel, TrackingEvent, Waybill


def member_of(user: User) -> Member:
    return of(Membership.objects.get(user=user))


def an_order(shop: Shop, number: str, now: datetime, **facts: Any) -> Order:
    values = {"status": "to_dispatch", "amount": Decimal(128), "placed_at": now, "paid_at": now} | facts
    return Order.objects.create(
        shop=shop,
        number=number,
        content_hash=number.encode()[:16],
        created_at=now,
        updated_at=now,
        review_at=now,
        **values,
    )


def a_parcel(order: Order, number: str, uploaded_at: datetime, **progress: Any) -> Waybill:
    merchant = order.shop.merchant
    carrier, _ = Carrier.objects.get_or_create(code="yuantong", defaults={"name_zh": "圆通速递", "name_en": "YTO"})
    carrier = progress.pop("carrier", carrier)
    account, _ = CarrierAccount.objects.get_or_create(
        merchant=merchant, provider="kuaidi100", name="快递100", defaults={"credentials": {}}
    )
    values = {"account": account, "created_at": uploaded_at, "polled_at": uploaded_at} | progress
    waybill = Waybill.objects.create(merchant=merchant, carrier=carrier, number=number, **values)
    dispatch = Dispatch.objects.create(order=order, carrier_name="圆通速递", number=number, uploaded_at=uploaded_at)
    Parcel.objects.create(dispatch=dispatch, waybill=waybill)
    return waybill


def a_scan(waybill: Waybill, at: datetime, stage: str = "in_transit", text: str = "快件已发往下一站") -> TrackingEvent:
    return TrackingEvent.objects.create(
        waybill=waybill,
        fingerprint=f"{at:%d%H%M%S}{stage}".encode()[:16],
        occurred_at=at,
        stage=stage,
        text=text,
        recorded_at=at,
    )
