"""Dispatches become parcels: once, for the right carrier and account; what cannot be booked holds up nobody."""

from datetime import datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from merchants.models import Merchant, Shop
from orders.models import Dispatch, Order
from shipments.booking import Booked, book
from shipments.models import Carrier, CarrierAccount, Parcel, Waybill
from tests.exceptions.making import an_order
from tests.shipments.conftest import a_dispatch, the_waybill

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("carriers")]


def test_a_due_dispatch_becomes_a_parcel_that_is_followed(shop: Shop, account: CarrierAccount, now: datetime) -> None:
    dispatch = a_dispatch(shop, "YT8834201944712", now, phone_tail="0042")
    assert book(now) == Booked(taken=1, parcels=1)
    waybill = the_waybill("YT8834201944712")
    assert (waybill.carrier.code, waybill.account, waybill.merchant) == ("yuantong", account, shop.merchant)
    assert (waybill.poll_at, waybill.created_at, waybill.phone_tail) == (now, now, "0042")
    dispatch.refresh_from_db()
    assert (dispatch.parcels.get().waybill, dispatch.book_at, dispatch.book_error) == (waybill, None, "")
    assert Order.objects.get().review_at == now


def test_a_dispatch_whose_time_has_not_come_waits(shop: Shop, now: datetime) -> None:
    a_dispatch(shop, "YT8834201944712", now + timedelta(minutes=1))
    assert book(now) == Booked()


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("圆通速递", "yuantong"), ("圆通", "yuantong"), ("yuantong", "yuantong"), ("YTO", "yuantong"), ("yto", "yuantong"),
        (" 圆通 速递 ", "yuantong"), ("圆通速递有限公司", "yuantong"), ("圆通速递（拼多多）", "yuantong"), ("YTO Express", "yuantong"),
        ("顺丰", "shunfeng"), ("顺丰速运", "shunfeng"), ("SF", "shunfeng"), ("中通快递", "zhongtong"), ("极兔", "jtexpress"),
        ("J&T Express", "jtexpress"), ("百世汇通", "huitongkuaidi"), ("邮政", "youzhengguonei"), ("EMS", "ems"),
        ("顺丰快运", "shunfengkuaiyun"), ("德邦物流", "debangkuaidi"), ("京东快递", "jd"),
    ],
)  # fmt: skip
def test_a_carrier_is_known_however_it_is_written(shop: Shop, now: datetime, written: str, code: str) -> None:
    a_dispatch(shop, "8834201944712", now, carrier=written)
    assert book(now).parcels == 1
    assert Waybill.objects.get().carrier.code == code


@pytest.mark.parametrize(
    ("carrier", "number", "error"),
    [
        ("某某速递", "YT8834201944712", "unknown_carrier"),
        ("", "YT8834201944712", "unknown_carrier"),
        ("圆通", "6.9E+18", "malformed_number"),
        ("圆通", "12345", "malformed_number"),
        ("圆通", "详见聊天记录", "malformed_number"),
    ],
)
def test_what_cannot_be_booked_says_why_and_blocks_nobody(
    shop: Shop, now: datetime, carrier: str, number: str, error: str
) -> None:
    bad = a_dispatch(shop, number, now - timedelta(hours=1), carrier=carrier)
    a_dispatch(shop, "YT0000000000001", now)
    assert book(now) == Booked(taken=2, parcels=1, refused=1)
    bad.refresh_from_db()
    assert (bad.book_at, bad.book_error) == (None, error)
    assert book(now) == Booked()


def test_a_number_loses_the_dirt_of_its_sheet(shop: Shop, now: datetime) -> None:
    a_dispatch(shop, '\t"yt8834201944712 ', now)
    book(now)
    assert Waybill.objects.get().number == "YT8834201944712"


def test_two_orders_in_one_parcel_share_a_waybill(shop: Shop, other_shop: Shop, now: datetime) -> None:
    a_dispatch(shop, "YT8834201944712", now)
    a_dispatch(other_shop, "YT8834201944712", now, phone_tail="0042")
    assert book(now).parcels == 2
    assert Waybill.objects.get().parcels.count() == 2


def test_an_order_that_knows_the_phone_lends_it_to_the_waybill_of_one_that_did_not(shop: Shop, now: datetime) -> None:
    a_dispatch(shop, "YT8834201944712", now)
    book(now)
    Dispatch.objects.create(
        order=a_dispatch(shop, "YT0000000000001", now, phone_tail="0042").order,
        carrier_name="圆通",
        number="YT8834201944712",
        book_at=now,
    )
    Waybill.objects.update(poll_at=None)  # given up: the provider wants the phone
    book(now)
    assert the_waybill("YT8834201944712").phone_tail == "0042"
    assert the_waybill("YT8834201944712").poll_at == now


def test_booking_again_changes_nothing(shop: Shop, account: CarrierAccount, now: datetime) -> None:
    dispatch = a_dispatch(shop, "YT8834201944712", now)
    book(now)
    Waybill.objects.update(poll_at=None, stage="delivered")
    Dispatch.objects.filter(pk=dispatch.pk).update(book_at=now)
    assert book(now) == Booked(taken=1, parcels=1)
    waybill = Waybill.objects.get()
    assert (waybill.stage, waybill.poll_at, Parcel.objects.count()) == ("delivered", None, 1)


def test_a_corrected_carrier_moves_the_parcel_to_another_waybill(shop: Shop, now: datetime) -> None:
    dispatch = a_dispatch(shop, "8834201944712", now, carrier="圆通")
    book(now)
    Dispatch.objects.filter(pk=dispatch.pk).update(book_at=now, carrier_name="中通")
    book(now)
    assert Parcel.objects.get().waybill.carrier.code == "zhongtong"


class TestRouting:
    def test_sf_is_asked_at_sf_where_the_merchant_has_a_contract(
        self, shop: Shop, account: CarrierAccount, sf_account: CarrierAccount, now: datetime
    ) -> None:
        a_dispatch(shop, "SF1390227448801", now, carrier="顺丰")
        a_dispatch(shop, "YT8834201944712", now)
        book(now)
        assert the_waybill("SF1390227448801").account == sf_account
        assert the_waybill("YT8834201944712").account == account

    def test_sf_is_asked_through_kuaidi100_without_one(
        self, shop: Shop, account: CarrierAccount, now: datetime
    ) -> None:
        a_dispatch(shop, "SF1390227448801", now, carrier="顺丰")
        book(now)
        assert Waybill.objects.get().account == account

    def test_a_disabled_account_and_another_merchants_are_not_asked(
        self, shop: Shop, stranger_shop: Shop, account: CarrierAccount, now: datetime
    ) -> None:
        CarrierAccount.objects.filter(pk=account.pk).update(enabled=False)
        CarrierAccount.objects.create(merchant=stranger_shop.merchant, provider="kuaidi100", name="x", credentials={})
        a_dispatch(shop, "YT8834201944712", now)
        book(now)
        assert Waybill.objects.get().account is None


def test_a_batch_costs_the_same_number_of_queries_whatever_its_size(
    shop: Shop, merchant: Merchant, now: datetime
) -> None:
    def cost(count: int, offset: int) -> int:
        for number in range(count):
            a_dispatch(shop, f"YT88342019{offset + number:05}", now)
        with CaptureQueriesContext(connection) as queries:
            assert book(now).parcels == count
        return len(queries)

    assert cost(2, 0) == cost(40, 100)
    assert Carrier.objects.filter(code="yuantong").count() == 1


def test_one_number_on_orders_of_two_buyers_is_noticed_when_the_second_is_booked(shop: Shop, now: datetime) -> None:
    a_dispatch(shop, "YT8834201944712", now, phone_tail="4712")
    book(now)
    assert the_waybill("YT8834201944712").doubts == []
    twin = an_order(shop, "twin", now, phone_tail="0001")
    Dispatch.objects.create(order=twin, carrier_name="圆通", number="YT8834201944712", uploaded_at=now, book_at=now)
    book(now)
    assert the_waybill("YT8834201944712").doubts == ["number_shared"]
