"""Yunda's platform over real HTTP, and the product's adapter at the other end of the line."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from shipments.answers import Answer, Ask, Contract, Trouble
from shipments.carriers import yunda as adapter
from shipops.kit import http
from simulator import scenarios as sc
from simulator.instants import MINUTE
from simulator.providers import yunda
from simulator.texts import CODES
from tests.simulator.conftest import Client, Serve
from tests.simulator.receiving import Shop, push_all, shop

__all__ = ["shop"]
NOW = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)
KEY = "demo-secret-yunda"
# What the product must see in each kind of scan, where it is not what the kind itself says.
SEEN = {
    "picked": "picked_up", "left": "in_transit", "arrived": "in_transit", "reached": "in_transit", "outlet": "in_transit",
    "held": "delayed", "damaged": "damaged", "out": "out_for_delivery", "unreachable": "unreachable_recipient",
    "absent": "attempt_failed", "refused": "refused", "stored": "available_for_pickup", "uncollected": "exception_other",
    "collected": "delivered", "signed": "delivered", "signed_by": "delivered", "signed_after": "delivered",
    "intercepted": "returning", "returning": "returning", "return_arrived": "returning", "return_left": "returning",
    "return_signed": "returned",
}  # fmt: skip


@pytest.fixture
def client(serve: Serve) -> Client:
    return serve("--orders", "1200")


def contract(client: Client, secret: str = KEY) -> Contract:
    return Contract({"app_key": "DEMO-YUNDA", "app_secret": secret}, f"http://127.0.0.1:{client.port}")


def asked(client: Client, number: str, secret: str = KEY) -> Answer:
    (answer,) = adapter.decode(http.send(adapter.encode([Ask(number, "yunda")], contract(client, secret), NOW)))
    return answer


def subscribed(client: Client, number: str) -> object:
    return adapter.decode_subscription(
        http.send(adapter.encode_subscription(Ask(number, "yunda"), contract(client), NOW))
    )


def signed(client: Client) -> dict[str, Any]:
    return next(one for one in client.parcels("normal", "yunda") if one["ended_at"] and one["ended_at"] < "2026-11-21")


def test_the_signature_is_as_the_vector_says() -> None:
    assert yunda.sign(b'{"mailno":"4310000000001"}', "demo-secret") == "11cd4c6c8bada27e750201500e832271"


def test_a_number_is_told_of_once_it_is_subscribed(client: Client) -> None:
    number = signed(client)["waybill"]
    before = asked(client, number)
    assert before.failure is not None
    assert (before.number, before.failure.trouble) == (number, Trouble.NO_DATA)
    assert subscribed(client, number) is None
    answer = asked(client, number)
    assert (answer.number, answer.status, answer.failure, answer.warnings) == (number, "delivered", None, ())


def test_a_second_subscription_stands_as_the_first_one_does(client: Client) -> None:
    number = signed(client)["waybill"]
    assert subscribed(client, number) is None
    assert subscribed(client, number) is None


def test_every_kind_of_scan_has_an_action_but_the_order_notice() -> None:
    assert set(CODES) - set(yunda.ACTIONS) == {"waiting"}


@pytest.mark.parametrize(
    "scenario", ["normal", "refused", "uncollected", "damaged", "slow", "three_attempts", "intercepted"]
)
def test_every_scan_is_read_as_what_it_is(client: Client, scenario: str) -> None:
    scene = client.simulator.scene
    wanted = client.parcels("normal" if scenario == sc.INTERCEPTED else scenario, "yunda")
    if scenario == sc.INTERCEPTED:
        wanted = [one for one in wanted if scene.intercept(one["waybill"]) == ""]
    client.control("time", advance_hours=24 * 26)
    now = scene.clock.now()
    found = [scene.parcel(one["waybill"], now, "yunda") for one in wanted[:8]]
    parcels = [parcel for parcel in found if parcel is not None and parcel.known(now)]
    assert parcels
    for parcel in parcels:
        subscribed(client, parcel.number)
        answer = asked(client, parcel.number)
        known = [step for step in parcel.known(now) if step.kind in yunda.ACTIONS]
        assert answer.warnings == ()
        for event, step in zip(answer.events, known, strict=True):
            assert (step.kind, Answer(events=(event,)).status) == (step.kind, SEEN[step.kind])
            assert int(event.occurred_at.timestamp()) == step.at


@pytest.mark.parametrize(
    ("fault", "secret", "trouble"),
    [
        ({}, "another", Trouble.AUTH),
        ({"yunda.throttle": 1}, KEY, Trouble.THROTTLE),
        ({"yunda.http_5xx": 1}, KEY, Trouble.TRANSIENT),
        ({"yunda.garbage": 1}, KEY, Trouble.TRANSIENT),
    ],
)
def test_every_refusal_is_understood(client: Client, fault: dict[str, float], secret: str, trouble: Trouble) -> None:
    client.simulator.scene.faults.change(fault)
    answer = asked(client, "4310000000001", secret)
    assert answer.failure is not None
    assert answer.failure.trouble is trouble


def test_scans_are_pushed_one_by_one_signed_and_acknowledged(client: Client, shop: Shop) -> None:
    shop.reply = adapter.acknowledge(b"").body.decode()
    client.control("callbacks", yunda=shop.url)
    number = signed(client)["waybill"]
    subscribed(client, number)
    whole = asked(client, number)
    while push_all(client):
        pass
    assert len(shop.bodies) == len(whole.events)
    events = []
    for headers, body in zip(shop.headers, shop.bodies, strict=True):
        assert adapter.verify(contract(client), headers, body)
        assert not adapter.verify(contract(client, "another"), headers, body)
        (answer,) = adapter.read(body)
        assert answer.number == number
        events.extend(answer.events)
    assert [event.occurred_at for event in events] == [event.occurred_at for event in whole.events]
    assert Answer(events=tuple(events)).status == "delivered"
    assert client.get("/control/state")["pushes"]["acknowledged"] == len(events)


def test_a_push_that_is_not_acknowledged_comes_again_and_is_dropped_at_last(client: Client, shop: Shop) -> None:
    shop.reply = json.dumps({"result": False})
    client.control("callbacks", yunda=shop.url)
    subscribed(client, signed(client)["waybill"])
    push_all(client)
    for after in yunda.RETRIES:
        tried = len(shop.bodies)
        client.control("time", advance_hours=(after - MINUTE) / 3600)
        push_all(client)
        assert len(shop.bodies) == tried
        client.control("time", advance_hours=MINUTE / 3600)
        push_all(client)
        assert len(shop.bodies) == tried + 1
    assert len(set(shop.bodies)) == 1
    assert client.get("/control/state")["pushes"]["dropped"] == 1


def test_a_spoilt_signature_is_seen(client: Client, shop: Shop) -> None:
    client.control("callbacks", yunda=shop.url)
    client.control("faults", bad_push_sign=1)
    subscribed(client, signed(client)["waybill"])
    push_all(client)
    (headers,), (body,) = shop.headers, shop.bodies
    assert not adapter.verify(contract(client), headers, body)
