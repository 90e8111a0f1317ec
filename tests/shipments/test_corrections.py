"""What an answer says beside scans is acted upon once, and never tossed to and fro."""

from datetime import datetime, timedelta

import pytest

from merchants.models import Shop
from shipments.answers import Answer
from shipments.booking import book
from shipments.corrections import correct, follow_up
from shipments.models import Carrier, CarrierAccount, Waybill
from shipments.polling import poll
from shipments.status import Cause, Event, Stage
from tests.shipments.conftest import a_dispatch, the_waybill

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("carriers")]
NUMBER = "YT8834201944712"


@pytest.fixture
def waybill(shop: Shop, account: CarrierAccount, now: datetime) -> Waybill:
    a_dispatch(shop, NUMBER, now)
    book(now)
    Waybill.objects.update(poll_at=now + timedelta(hours=2), subscribed_at=now)
    return the_waybill(NUMBER)


def corrected(code: str, now: datetime, *, subscribed: bool = False) -> str:
    correct([(the_waybill(NUMBER), Answer(NUMBER, instead=code))], now, subscribed=subscribed)
    return the_waybill(NUMBER).carrier.code


def test_a_query_that_finds_another_carrier_moves_the_number_there_and_subscribes_it_anew(
    waybill: Waybill, now: datetime
) -> None:
    assert corrected("zhongtong", now) == "zhongtong"
    moved = the_waybill(NUMBER)
    assert (moved.poll_at, moved.subscribed_at, moved.former_carriers) == (now, None, ["yuantong"])


def test_a_push_that_finds_another_carrier_goes_on_under_it(waybill: Waybill, now: datetime) -> None:
    assert corrected("zhongtong", now, subscribed=True) == "zhongtong"
    assert the_waybill(NUMBER).subscribed_at == now


def test_two_providers_that_disagree_do_not_toss_it_to_and_fro(waybill: Waybill, now: datetime) -> None:
    said = ["zhongtong", "yuantong", "zhongtong", "yunda", "zhongtong", "yuantong"]
    assert [corrected(code, now) for code in said] == ["zhongtong", "zhongtong", "zhongtong", "yunda", "yunda", "yunda"]


def test_a_carrier_nobody_knows_or_the_same_one_changes_nothing(waybill: Waybill, now: datetime) -> None:
    assert corrected("no-such-carrier", now) == "yuantong"
    assert corrected("yuantong", now) == "yuantong"
    assert the_waybill(NUMBER).former_carriers is None


def test_a_number_followed_under_that_carrier_already_stays(shop: Shop, waybill: Waybill, now: datetime) -> None:
    Waybill.objects.create(
        merchant=shop.merchant, carrier=Carrier.objects.get(code="zhongtong"), number="X", created_at=now
    )
    Waybill.objects.filter(number="X").update(number=NUMBER)
    correct([(waybill, Answer(NUMBER, instead="zhongtong"))], now, subscribed=False)
    assert Waybill.objects.get(pk=waybill.pk).carrier.code == "yuantong"


def test_an_account_that_cannot_be_asked_about_the_new_carrier_is_left_for_one_that_can(
    shop: Shop, account: CarrierAccount, sf_account: CarrierAccount, now: datetime
) -> None:
    a_dispatch(shop, NUMBER, now, carrier="顺丰")
    book(now)
    assert the_waybill(NUMBER).account == sf_account
    assert corrected("yuantong", now) == "yuantong"
    assert the_waybill(NUMBER).account is None
    poll(now)
    assert the_waybill(NUMBER).account == account


class TestPush:
    def test_a_provider_that_gave_up_is_subscribed_again_after_half_an_hour_at_the_soonest(
        self, waybill: Waybill, now: datetime
    ) -> None:
        follow_up([(waybill, Answer(NUMBER, remark=Cause.NO_RECORD, ended=True))], now)
        again = now + timedelta(minutes=30)
        left = the_waybill(NUMBER)
        assert (left.subscribed_at, left.subscribe_at, left.poll_at) == (None, again, again)

    def test_a_number_given_up_for_dead_that_is_heard_of_is_followed_again(
        self, waybill: Waybill, now: datetime
    ) -> None:
        Waybill.objects.update(poll_at=None, stop="dead", vain_count=9)
        events = (Event(now, 0, Stage.IN_TRANSIT, None, "到达"),)
        follow_up([(waybill, Answer(NUMBER, events=events))], now)
        back = the_waybill(NUMBER)
        assert (back.poll_at, back.stop, back.vain_count) == (now, "", 0)

    def test_one_that_has_arrived_is_not(self, waybill: Waybill, now: datetime) -> None:
        Waybill.objects.update(poll_at=None, stop="arrived")
        events = (Event(now, 0, Stage.DELIVERED, None, "已签收"),)
        follow_up([(waybill, Answer(NUMBER, events=events))], now)
        assert the_waybill(NUMBER).poll_at is None
