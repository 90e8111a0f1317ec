"""SF signs nothing: what is pushed in its name counts at once, is asked about at once, and is marked where SF does not know it."""

import json
from datetime import datetime, timedelta

import pytest
from django.test import Client, override_settings

from merchants.models import Shop
from orders.models import Order
from shipments.answers import Answer
from shipments.asking import Call, Heard
from shipments.booking import book
from shipments.carriers import provider
from shipments.models import CarrierAccount, EventReading, Hearsay, TrackingEvent, Waybill
from shipments.polling import claim, write_down
from shipments.push import read_pushes
from shipops.kit.wire import Response
from tests.shipments.conftest import a_dispatch, the_waybill
from tests.shipments.test_push import send

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("carriers")]

NUMBER = "SF1390227448801"
PICKED_UP = {"acceptTime": "2026-11-21 17:42:00", "acceptAddress": "深圳", "remark": "上门收件", "opCode": "50"}
ON_ITS_WAY = {"acceptTime": "2026-11-21 21:00:00", "acceptAddress": "深圳", "remark": "快件已发车", "opCode": "30"}
SIGNED = {"acceptTime": "2026-11-22 09:00:00", "acceptAddress": "上海", "remark": "已签收", "opCode": "80"}


@pytest.fixture
def waybill(shop: Shop, sf_account: CarrierAccount, now: datetime) -> Waybill:
    a_dispatch(shop, NUMBER, now, carrier="顺丰")
    Order.objects.update(paid_at=None)  # or its scans of the day before would be doubted for another reason
    book(now)
    return the_waybill(NUMBER)


def push(client: Client, account: CarrierAccount, now: datetime, *scans: dict[str, str]) -> Waybill:
    told = [scan | {"id": str(place), "mailno": NUMBER} for place, scan in enumerate(scans)]
    send(client, account, json.dumps({"Body": {"WaybillRoute": told}}), "application/json")
    read_pushes(now)
    return the_waybill(NUMBER)


def answer(now: datetime, *scans: dict[str, str]) -> Waybill:
    """Let SF answer a query that is due now."""
    (claimed,) = claim(now)
    data = {"routeResps": [{"mailNo": NUMBER, "routes": list(scans)}]}
    inner = json.dumps({"success": True, "errorCode": "S0000", "msgData": data})
    response = Response(200, {}, json.dumps({"apiResultCode": "A1000", "apiResultData": inner}).encode())
    assert claimed.account is not None
    call = Call(claimed.account, provider("sf"), (claimed,), None)  # type: ignore[arg-type]
    answers: tuple[Answer, ...] = provider("sf").decode(response)
    failure = answers[0].failure
    failures = {claimed.pk: failure} if failure else {}
    write_down([claimed], [Heard(call, response, answers, failures=failures)], now)
    return the_waybill(NUMBER)


def test_what_moves_a_parcel_on_is_asked_about_at_once(
    client: Client, sf_account: CarrierAccount, waybill: Waybill, now: datetime
) -> None:
    Waybill.objects.update(poll_at=now + timedelta(hours=5), asked_at=now - timedelta(hours=1))
    moved = push(client, sf_account, now, PICKED_UP, SIGNED)
    assert (moved.stage, moved.poll_at) == ("delivered", now)


def test_the_spacing_of_a_number_is_kept(
    client: Client, sf_account: CarrierAccount, waybill: Waybill, now: datetime
) -> None:
    Waybill.objects.update(poll_at=None, asked_at=now - timedelta(minutes=4))
    assert push(client, sf_account, now, SIGNED).poll_at == now + timedelta(minutes=6)
    Waybill.objects.update(poll_at=now + timedelta(minutes=1))
    with override_settings(POLL_PACE=60):
        moved = push(client, sf_account, now, SIGNED, PICKED_UP)
    assert moved.poll_at == now + timedelta(minutes=1), "a query that is due sooner stays"


def test_a_scan_that_changes_nothing_needs_no_query(
    client: Client, sf_account: CarrierAccount, waybill: Waybill, now: datetime
) -> None:
    push(client, sf_account, now, PICKED_UP, ON_ITS_WAY)
    Waybill.objects.update(poll_at=now + timedelta(hours=5))
    again = ON_ITS_WAY | {"acceptTime": "2026-11-21 22:00:00"}
    assert push(client, sf_account, now, again).poll_at == now + timedelta(hours=5)


def test_an_answer_that_says_the_same_confirms_it(
    client: Client, sf_account: CarrierAccount, waybill: Waybill, now: datetime
) -> None:
    push(client, sf_account, now, PICKED_UP, SIGNED)
    assert Hearsay.objects.count() == 2
    # SF words a signature in more ways than one.
    asked = answer(now, PICKED_UP, SIGNED | {"remark": "已签收,感谢使用顺丰"})
    assert (asked.stage, asked.cause) == ("delivered", "")
    assert not Hearsay.objects.exists()


def test_an_end_that_the_answer_does_not_know_is_a_contradiction_and_no_end(
    client: Client, sf_account: CarrierAccount, waybill: Waybill, now: datetime
) -> None:
    push(client, sf_account, now, SIGNED)
    asked = answer(now, PICKED_UP, ON_ITS_WAY)
    assert (asked.stage, asked.cause, asked.delivered_at) == ("in_transit", "contradiction", None)
    denied = TrackingEvent.objects.get(code="80")
    assert (denied.stage, denied.rule) == ("unknown", "unconfirmed:code:80")
    assert Hearsay.objects.get().denied_at == now
    assert asked.poll_at is not None, "it is followed on"


def test_an_end_of_which_nothing_is_known_yet_is_doubted(
    client: Client, sf_account: CarrierAccount, waybill: Waybill, now: datetime
) -> None:
    push(client, sf_account, now, SIGNED)
    asked = answer(now)
    assert (asked.stage, asked.cause) == ("delivered", "contradiction")


def test_a_later_answer_puts_it_right(
    client: Client, sf_account: CarrierAccount, waybill: Waybill, now: datetime
) -> None:
    push(client, sf_account, now, SIGNED)
    answer(now, PICKED_UP, ON_ITS_WAY)
    Waybill.objects.update(poll_at=now)
    asked = answer(now + timedelta(hours=1), PICKED_UP, ON_ITS_WAY, SIGNED)
    assert (asked.stage, asked.cause) == ("delivered", "")
    assert TrackingEvent.objects.get(code="80").rule == "code:80"
    readings = EventReading.objects.order_by("pk").values_list("from_rule", "to_rule")
    assert list(readings) == [("code:80", "unconfirmed:code:80"), ("unconfirmed:code:80", "code:80")]
    assert not Hearsay.objects.exists()


def test_an_answer_asked_for_before_the_push_says_nothing_about_it(
    client: Client, sf_account: CarrierAccount, waybill: Waybill, now: datetime
) -> None:
    push(client, sf_account, now + timedelta(seconds=1), SIGNED)
    asked = answer(now, PICKED_UP)
    assert (asked.stage, asked.cause) == ("delivered", "")


def test_a_scan_on_the_way_is_not_held_against_anybody(
    client: Client, sf_account: CarrierAccount, waybill: Waybill, now: datetime
) -> None:
    push(client, sf_account, now, ON_ITS_WAY)
    asked = answer(now, PICKED_UP)
    assert (asked.stage, asked.cause) == ("in_transit", "")
    assert not Hearsay.objects.exists()


def test_a_signed_push_needs_no_confirming(client: Client, shop: Shop, account: CarrierAccount, now: datetime) -> None:
    from tests.shipments.test_push import NUMBER as SIGNED_FOR
    from tests.shipments.test_push import a_track, body

    a_dispatch(shop, SIGNED_FOR, now)
    book(now)
    later = now + timedelta(hours=5)
    Waybill.objects.update(poll_at=later)
    send(client, account, body(account, a_track()))
    read_pushes(now)
    assert the_waybill(SIGNED_FOR).poll_at == later
    assert not Hearsay.objects.exists()
