"""J&T's platform over real HTTP, and the product's adapter at the other end of the line."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest

from shipments.answers import Answer, Ask, Contract, Trouble
from shipments.bodies import json_value
from shipments.carriers import jtexpress as adapter
from shipops.kit import http
from simulator import scenarios as sc
from simulator.instants import MINUTE
from simulator.providers import jtexpress
from simulator.texts import CODES
from tests.simulator.conftest import Client, Serve
from tests.simulator.receiving import Shop, push_all, shop
from tests.simulator.test_yunda import SEEN

__all__ = ["shop"]
NOW = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)
KEY = "demo-private-key-jt"


@pytest.fixture
def client(serve: Serve) -> Client:
    return serve("--orders", "1200")


def contract(client: Client, key: str = KEY) -> Contract:
    return Contract({"api_account": "178337126125932605", "private_key": key}, f"http://127.0.0.1:{client.port}")


def asked(client: Client, *numbers: str, key: str = KEY) -> tuple[Answer, ...]:
    asks = [Ask(number, "jtexpress") for number in numbers]
    return adapter.decode(http.send(adapter.encode(asks, contract(client, key), NOW)))


def subscribed(client: Client, number: str) -> object:
    return adapter.decode_subscription(
        http.send(adapter.encode_subscription(Ask(number, "jtexpress"), contract(client), NOW))
    )


def signed(client: Client) -> dict[str, Any]:
    return next(
        one for one in client.parcels("normal", "jtexpress") if one["ended_at"] and one["ended_at"] < "2026-11-21"
    )


def test_the_digest_is_as_the_vector_says() -> None:
    assert jtexpress.digest('{"billCodes":"JT0000000000001"}', "demo-private-key") == "kreveCydguvz51Hr8av7fw=="


def test_a_track_has_the_shape_of_the_documents(client: Client, shared: Path) -> None:
    sample = (shared / "wire/samples/jtexpress/trace_signed_desc_egypt_doc.json").read_text("utf-8")
    documented = json_value(sample)
    response = http.send(adapter.encode([Ask(signed(client)["waybill"], "jtexpress")], contract(client), NOW))
    said = json_value(response.body.decode())
    assert said.keys() == documented.keys()
    assert said["data"][0].keys() == documented["data"][0].keys()
    assert set(documented["data"][0]["details"][0]) <= set(said["data"][0]["details"][0])


def test_thirty_numbers_go_in_one_question_and_thirty_one_do_not(client: Client) -> None:
    numbers = [one["waybill"] for one in client.parcels("normal", "jtexpress", limit=30) if one["ended_at"]]
    known = asked(client, *numbers)
    assert len(known) > 5
    assert all(answer.number in numbers and answer.events for answer in known)
    (refused,) = asked(client, *(f"JT{n:013d}" for n in range(31)))
    assert refused.failure is not None
    assert refused.failure.trouble is Trouble.CONFIG


def test_a_number_of_nobody_is_left_out(client: Client) -> None:
    number = signed(client)["waybill"]
    (answer,) = asked(client, number, "JT0000000000000")
    assert (answer.number, answer.status) == (number, "delivered")
    (nothing,) = asked(client, "JT0000000000000")
    assert nothing.failure is not None
    assert nothing.failure.trouble is Trouble.NO_DATA


def test_every_kind_of_scan_has_a_type_but_the_order_notice() -> None:
    assert set(CODES) - set(jtexpress.SCANS) == {"waiting"}


@pytest.mark.parametrize(
    "scenario", ["normal", "refused", "uncollected", "damaged", "slow", "three_attempts", "intercepted"]
)
def test_every_scan_is_read_as_what_it_is(client: Client, scenario: str) -> None:
    scene = client.simulator.scene
    wanted = client.parcels("normal" if scenario == sc.INTERCEPTED else scenario, "jtexpress")
    if scenario == sc.INTERCEPTED:
        wanted = [one for one in wanted if scene.intercept(one["waybill"]) == ""]
    client.control("time", advance_hours=24 * 26)
    now = scene.clock.now()
    found = [scene.parcel(one["waybill"], now, "jtexpress") for one in wanted]
    parcels = {parcel.number: parcel for parcel in found if parcel is not None and parcel.known(now)}
    assert parcels
    answers = asked(client, *list(parcels)[:30])
    assert len(answers) == len(list(parcels)[:30])
    for answer in answers:
        known = [step for step in parcels[answer.number].known(now) if step.kind in jtexpress.SCANS]
        assert answer.warnings == ()
        for event, step in zip(answer.events, known, strict=True):
            assert (step.kind, Answer(events=(event,)).status) == (step.kind, SEEN[step.kind])
            assert int(event.occurred_at.timestamp()) == step.at


@pytest.mark.parametrize(
    ("fault", "key", "trouble"),
    [
        ({}, "another", Trouble.AUTH),
        ({"jtexpress.throttle": 1}, KEY, Trouble.THROTTLE),
        ({"jtexpress.http_5xx": 1}, KEY, Trouble.TRANSIENT),
        ({"jtexpress.garbage": 1}, KEY, Trouble.TRANSIENT),
    ],
)
def test_every_refusal_is_understood(client: Client, fault: dict[str, float], key: str, trouble: Trouble) -> None:
    client.simulator.scene.faults.change(fault)
    (answer,) = asked(client, "JT0000000000001", key=key)
    assert answer.failure is not None
    assert answer.failure.trouble is trouble


def test_scans_are_pushed_one_by_one_signed_and_acknowledged(client: Client, shop: Shop) -> None:
    shop.reply = adapter.acknowledge(b"").body.decode()
    client.control("callbacks", jtexpress=shop.url)
    number = signed(client)["waybill"]
    assert subscribed(client, number) is None
    assert subscribed(client, number) is None
    (whole,) = asked(client, number)
    while push_all(client):
        pass
    assert len(shop.bodies) == len(whole.events)
    events = []
    for headers, body in zip(shop.headers, shop.bodies, strict=True):
        assert parse_qs(body.decode()).keys() == {"bizContent"}
        assert adapter.verify(contract(client), headers, body)
        assert not adapter.verify(contract(client, "another"), headers, body)
        (answer,) = adapter.read(body)
        assert answer.number == number
        events.extend(answer.events)
    assert [event.occurred_at for event in events] == [event.occurred_at for event in whole.events]
    assert Answer(events=tuple(events)).status == "delivered"


def test_a_push_that_is_not_acknowledged_comes_again_and_is_dropped_at_last(client: Client, shop: Shop) -> None:
    shop.reply = '{"code":"0","msg":"fail"}'
    client.control("callbacks", jtexpress=shop.url)
    subscribed(client, signed(client)["waybill"])
    push_all(client)
    for after in jtexpress.RETRIES:
        tried = len(shop.bodies)
        client.control("time", advance_hours=(after - MINUTE) / 3600)
        push_all(client)
        assert len(shop.bodies) == tried
        client.control("time", advance_hours=MINUTE / 3600)
        push_all(client)
        assert len(shop.bodies) == tried + 1
    assert client.get("/control/state")["pushes"]["dropped"] == 1


def test_a_spoilt_digest_is_seen(client: Client, shop: Shop) -> None:
    client.control("callbacks", jtexpress=shop.url)
    client.control("faults", bad_push_sign=1)
    subscribed(client, signed(client)["waybill"])
    push_all(client)
    (headers,), (body,) = shop.headers, shop.bodies
    assert not adapter.verify(contract(client), headers, body)
