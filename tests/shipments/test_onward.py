"""A number named by a track is followed like the one that named it, for the same orders."""

from datetime import UTC, datetime, timedelta

import pytest

from exceptions.deadlines import reading
from exceptions.deadlines.facts import delivered_at
from merchants.models import Shop
from shipments import onward
from shipments.answers import Answer, Onward
from shipments.booking import book
from shipments.models import CarrierAccount, Parcel, Waybill
from shipments.recording import Told, record
from shipments.status import Cause, Event, Stage
from tests.shipments.conftest import a_dispatch, the_waybill

START = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


def scan(hour: int, stage: Stage, text: str, cause: Cause | None = None) -> Event:
    return Event(START + hour * HOUR, hour, stage, cause, text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("快件已退回/转寄,新单号为: SF1020304050607", Onward("SF1020304050607", "", True)),
        ("快件已退回，新运单号：sf1020304050607", Onward("SF1020304050607", "", True)),
        ("应客户要求，快件已转寄，新单号【SF1020304050607】", Onward("SF1020304050607", "", False)),
        ("快件已转投中国邮政，运单号：9876543210987", Onward("9876543210987", "youzhengguonei", False)),
        ("转EMS,邮件号码 1199965242414", Onward("1199965242414", "ems", False)),
        ("已交由韵达快递继续派送，单号是4310508235533", Onward("4310508235533", "yunda", False)),
    ],
)
def test_words_that_name_another_number(text: str, expected: Onward) -> None:
    assert onward.told([scan(1, Stage.IN_TRANSIT, text)], "SF9") == (expected,)


@pytest.mark.parametrize(
    "text",
    [
        "【装袋】【陕西西安航空部】已进行【装袋】扫描,袋号【900494925359】单号【3313162005775】",
        "【上海松江公司】 已做装袋扫描，袋号： 900168437681，单号：768089232106",
        "快件已转投代收点，取件码 5-3-2017，联系电话 13800001111",
        "快件已退回/转寄,新单号为: SF9000000000009",
        "快件已发往 下一站 深圳",
    ],
)
def test_words_that_name_none_or_its_own(text: str) -> None:
    assert onward.told([scan(1, Stage.IN_TRANSIT, text)], "sf9000000000009") == ()


def test_sf_returns_unless_somebody_asked_for_another_address() -> None:
    renumbered = scan(9, Stage.RETURNING, "快件已退回/转寄,新单号为: SF1020304050607", Cause.FORWARDED)
    (home,) = onward.told([scan(1, Stage.REFUSED, "客户拒收"), renumbered], "SF9")
    (away,) = onward.told([scan(1, Stage.IN_TRANSIT, "应客户要求更改派送地址"), renumbered], "SF9")
    assert (home.homeward, away.homeward) == (True, False)


@pytest.fixture
def waybill(carriers: None, shop: Shop, sf_account: CarrierAccount, now: datetime) -> Waybill:
    a_dispatch(shop, "SF9000000000009", now - 40 * HOUR, carrier="顺丰", phone_tail="4712", paid_at=START - HOUR)
    book(now)
    return the_waybill("SF9000000000009")


OUT = (scan(0, Stage.PICKED_UP, "已收取快件"), scan(9, Stage.OUT_FOR_DELIVERY, "正在派送"))
HOME = scan(12, Stage.RETURNING, "快件已退回,新单号为: SF1020304050607")
AWAY = scan(12, Stage.IN_TRANSIT, "快件已转投韵达快递，单号：4310508235533")


def tell(waybill: Waybill, now: datetime, *events: Event) -> None:
    record([Told(waybill.pk, Answer(waybill.number, events=events))], now)


@pytest.mark.django_db
class TestFollowed:
    def test_the_new_number_is_asked_about_at_once_with_the_same_phone(self, waybill: Waybill, now: datetime) -> None:
        tell(waybill, now, *OUT, HOME)
        new = the_waybill("SF1020304050607")
        assert (new.carrier.code, new.account, new.phone_tail, new.poll_at) == (
            "shunfeng",
            waybill.account,
            "4712",
            now,
        )
        (parcel,) = new.parcels.all()
        assert (parcel.role, parcel.follows, parcel.dispatch.number) == (Parcel.Role.RETURN, waybill, waybill.number)

    def test_told_again_it_is_followed_once(self, waybill: Waybill, now: datetime) -> None:
        tell(waybill, now, *OUT, HOME)
        tell(waybill, now, *OUT, HOME, scan(13, Stage.RETURNING, "快件已退回,新单号为: SF1020304050607 "))
        assert (Waybill.objects.count(), Parcel.objects.count()) == (2, 2)

    def test_a_chain_that_leads_back_to_its_start_ends_there(self, waybill: Waybill, now: datetime) -> None:
        tell(waybill, now, *OUT, HOME)
        new = the_waybill("SF1020304050607")
        tell(new, now, scan(20, Stage.RETURNING, "快件已退回,新单号为: SF9000000000009"))
        assert (Waybill.objects.count(), Parcel.objects.count()) == (2, 2)

    def test_what_is_no_number_or_of_an_unknown_carrier_is_left_out(self, waybill: Waybill, now: datetime) -> None:
        named = (Onward("12", ""), Onward("SF1020304050607", "nobody"))
        record([Told(waybill.pk, Answer(waybill.number, events=OUT, onward=named))], now)
        assert Waybill.objects.count() == 1

    def test_its_news_wake_the_order(self, waybill: Waybill, now: datetime) -> None:
        tell(waybill, now, *OUT, HOME)
        order = waybill.parcels.get().dispatch.order
        type(order).objects.update(review_at=None)
        tell(the_waybill("SF1020304050607"), now, scan(20, Stage.PICKED_UP, "已收取快件"))
        order.refresh_from_db()
        assert order.review_at == now

    def test_a_number_that_comes_back_ends_the_way_to_the_buyer(self, waybill: Waybill, now: datetime) -> None:
        tell(waybill, now, *OUT, HOME)
        tell(the_waybill("SF1020304050607"), now, scan(40, Stage.DELIVERED, "已签收"))
        ((_, facts),) = reading.read([waybill.parcels.get().dispatch.order_id])
        (parcel,) = facts.parcels
        assert (parcel.waybill_id, parcel.turned_back, parcel.delivered_at) == (waybill.pk, True, None)

    def test_a_number_handed_over_is_judged_by_the_newest(self, waybill: Waybill, now: datetime) -> None:
        tell(waybill, now, *OUT, AWAY)
        tell(the_waybill("4310508235533"), now, scan(30, Stage.IN_TRANSIT, "到达"), scan(40, Stage.DELIVERED, "已签收"))
        ((_, facts),) = reading.read([waybill.parcels.get().dispatch.order_id])
        (parcel,) = facts.parcels
        assert parcel.waybill_id == waybill.pk
        assert delivered_at(facts) == START + 40 * HOUR
        assert parcel.scans == tuple(START + hour * HOUR for hour in (0, 9, 12, 30, 40))

    def test_told_to_the_platform_later_it_is_the_sellers_own_number(
        self, waybill: Waybill, shop: Shop, now: datetime
    ) -> None:
        tell(waybill, now, *OUT, AWAY)
        dispatch = waybill.parcels.get().dispatch
        dispatch.carrier_name, dispatch.number, dispatch.book_at = "韵达", "4310508235533", now
        dispatch.save()
        book(now)
        (parcel,) = dispatch.parcels.all()
        assert (parcel.waybill.number, parcel.role, parcel.follows) == ("4310508235533", Parcel.Role.ORIGINAL, None)
