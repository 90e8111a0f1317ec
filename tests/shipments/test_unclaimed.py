"""A push may come before the order it is about: it is kept, and read again when its number is booked."""

import json
from datetime import datetime, timedelta

import pytest
from django.test import Client

from merchants.models import Shop
from shipments import unclaimed
from shipments.booking import book
from shipments.models import CarrierAccount, RawAnswer, Unclaimed, Waybill
from shipments.push import Read, read_pushes
from tests.shipments.conftest import a_dispatch, the_waybill
from tests.shipments.test_push import NUMBER, SF_PUSH, a_track, body, send

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("carriers")]


def test_a_push_waits_for_its_number_and_is_read_when_that_is_booked(
    client: Client, shop: Shop, account: CarrierAccount, now: datetime
) -> None:
    send(client, account, body(account, a_track()))
    assert read_pushes(now) == Read(taken=1, unclaimed=1)
    assert read_pushes(now) == Read(), "it is not tried over and over"
    a_dispatch(shop, NUMBER.lower(), now)
    book(now)
    assert read_pushes(now) == Read(taken=1, new_events=2)
    assert the_waybill(NUMBER).stage == "in_transit"
    assert not Unclaimed.objects.exists()
    assert (RawAnswer.objects.get().error, read_pushes(now)) == ("", Read())


def test_of_a_push_about_several_numbers_the_rest_goes_on_waiting(
    client: Client, shop: Shop, sf_account: CarrierAccount, now: datetime
) -> None:
    send(client, sf_account, json.dumps(SF_PUSH), "application/json")
    assert read_pushes(now) == Read(taken=1, unclaimed=1)
    for seen, number in enumerate(("SF1390227448801", "SF1390227448802"), start=1):
        a_dispatch(shop, number, now, carrier="顺丰")
        book(now)
        assert read_pushes(now) == Read(taken=1, new_events=1, unclaimed=2 - seen)
    assert not Unclaimed.objects.exists()


def test_another_merchants_booking_of_the_number_wakes_nothing(
    client: Client, account: CarrierAccount, stranger_shop: Shop, now: datetime
) -> None:
    send(client, account, body(account, a_track()))
    read_pushes(now)
    a_dispatch(stranger_shop, NUMBER, now)
    book(now)
    assert unclaimed.sort(now) == 0
    assert read_pushes(now) == Read()
    assert the_waybill(NUMBER).event_count == 0


def test_a_booking_in_the_same_moment_is_found_by_the_next_sorting(
    client: Client, shop: Shop, account: CarrierAccount, now: datetime
) -> None:
    send(client, account, body(account, a_track()))
    read_pushes(now)
    # As if it had been booked by a transaction that could not see the push yet, nor be seen by its reader.
    waiting = list(Unclaimed.objects.all())
    Unclaimed.objects.all().delete()
    a_dispatch(shop, NUMBER, now)
    book(now)
    Unclaimed.objects.bulk_create(waiting)
    assert read_pushes(now) == Read()
    assert unclaimed.sort(now) == 1
    assert read_pushes(now).new_events == 2
    assert Waybill.objects.get().stage == "in_transit"


def test_what_nobody_claims_for_a_month_is_waited_for_no_more(
    client: Client, account: CarrierAccount, now: datetime
) -> None:
    send(client, account, body(account, a_track()))
    read_pushes(now)
    unclaimed.sort(now + unclaimed.KEPT)
    assert Unclaimed.objects.exists()
    unclaimed.sort(now + unclaimed.KEPT + timedelta(seconds=1))
    assert not Unclaimed.objects.exists()
    assert RawAnswer.objects.exists(), "what came is kept"


def test_waking_costs_one_statement_however_many_are_booked(
    client: Client, shop: Shop, account: CarrierAccount, now: datetime, django_assert_num_queries
) -> None:  # type: ignore[no-untyped-def]
    numbers = [f"YT88342019448{i:02}" for i in range(30)]
    for number in numbers:
        send(client, account, body(account, a_track(number)))
    assert read_pushes(now) == Read(taken=30, unclaimed=30)
    with django_assert_num_queries(1):
        assert unclaimed.wake((shop.merchant_id, number) for number in numbers) == 30
