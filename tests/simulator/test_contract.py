"""Pushes by contract: once an account has said where to, SF tells every route of every parcel, one push a scan."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.simulator.conftest import Client, Serve
from tests.simulator.receiving import Shop, push_all, shop

__all__ = ["shop"]

TAKEN = '{"return_code":"0000","return_msg":"成功"}'


@pytest.fixture
def client(serve: Serve) -> Client:
    return serve("--orders", "600")


def told(shop: Shop) -> list[dict[str, Any]]:
    """Every route pushed so far."""
    return [route for body in shop.bodies for route in json.loads(body)["Body"]["WaybillRoute"]]


def advance(client: Client, hours: int) -> None:
    """Let time pass in small steps, pushing what is due."""
    for _ in range(hours * 2):
        client.control("time", advance_hours=0.5)
        while push_all(client):
            pass


def test_every_scan_after_the_registration_is_told_once_and_none_before_it(client: Client, shop: Shop) -> None:
    shop.reply = TAKEN
    assert client.control("callbacks", sf=shop.url) == {"sf": shop.url}
    start = client.simulator.scene.clock.now()
    push_all(client)
    assert shop.bodies == []
    advance(client, 30)
    routes = told(shop)
    now = client.simulator.scene.clock.now()
    keys = [(route["mailno"], route["acceptTime"], route["opCode"]) for route in routes]
    assert len(keys) == len(set(keys)) > 20
    assert all(route["acceptTime"] > "2026-11-22 12:00:00" for route in routes)
    expected = set()
    for order in client.simulator.scene.world.orders(now):
        parcel = client.simulator.scene.world.parcel(order.waybill, now)
        if order.actual.code == "shunfeng" and parcel is not None:
            expected |= {parcel.number for step in parcel.known(now) if step.at > start and step.kind != "waiting"}
    assert {route["mailno"] for route in routes} == expected


def test_a_push_is_the_documented_json_without_a_signature(client: Client, shop: Shop) -> None:
    shop.reply = TAKEN
    client.control("callbacks", sf=shop.url)
    advance(client, 6)
    body = json.loads(shop.bodies[0])
    assert body.keys() == {"Body"}
    assert body["Body"]["WaybillRoute"][0].keys() == {
        "id", "mailno", "orderid", "acceptTime", "acceptAddress", "remark", "opCode", "reasonCode", "reasonName",
    }  # fmt: skip
    assert shop.headers[0]["content-type"].startswith("application/json")


def test_a_push_that_is_not_acknowledged_is_tried_three_times_more_and_then_lost(client: Client, shop: Shop) -> None:
    shop.reply = "OK"
    client.control("callbacks", sf=shop.url)
    for _ in range(100):
        client.control("time", advance_hours=0.1)
        if push_all(client):
            break
    first = shop.bodies[0]
    for _ in range(3):
        client.control("time", advance_hours=10 / 60)
        push_all(client)
    assert shop.bodies.count(first) == 4
    shop.reply = TAKEN
    advance(client, 4)
    assert shop.bodies.count(first) == 4
    assert client.get("/control/state")["providers"]["sf"]["pushes"]["dropped"] >= 1


def test_a_parcel_sent_back_is_told_to_the_end_under_its_new_number(client: Client, shop: Shop) -> None:
    shop.reply = TAKEN
    client.control("callbacks", sf=shop.url)
    push_all(client)
    parcel = next(
        one for one in client.parcels("normal", "shunfeng") if one["ended_at"] and one["ended_at"] > "2026-11-22T12"
    )
    client.control(f"parcels/{parcel['waybill']}", scenario="refused")
    advance(client, 24 * 5)
    routes = told(shop)
    last = [route for route in routes if route["mailno"] == parcel["waybill"]][-1]
    assert last["opCode"] == "648"
    back = [route["opCode"] for route in routes if route["mailno"] == last["remark"].rsplit(" ", 1)[1]]
    assert back == ["50", "31", "30", "80", "8000"]


def test_a_restart_goes_on_where_the_pushes_were(serve: Serve, shop: Shop, tmp_path: Path) -> None:
    words = ("--orders", "400", "--state", str(tmp_path / "state.jsonl"))
    shop.reply = TAKEN
    before = serve(*words, "--callback", f"sf={shop.url}")
    assert before.get("/control/state")["callbacks"] == {"sf": shop.url}
    advance(before, 5)
    count = len(shop.bodies)
    after = serve(*words)
    after.control("time", advance_hours=5)
    push_all(after)
    assert len(shop.bodies) == count > 0
    advance(after, 5)
    keys = [(route["mailno"], route["acceptTime"], route["opCode"]) for route in told(shop)]
    assert len(keys) == len(set(keys))


@pytest.mark.parametrize("wrong", [{"nobody": "http://127.0.0.1/x"}, {"sf": "ftp://x"}, {"sf": "http://"}])
def test_a_callback_that_is_none_is_refused(client: Client, wrong: dict[str, str]) -> None:
    assert "error" in client.control("callbacks", **wrong)
    assert client.get("/control/callbacks") == {}


class TestPushFaults:
    def test_pushes_can_be_lost(self, client: Client, shop: Shop) -> None:
        client.control("callbacks", sf=shop.url)
        client.control("faults", **{"sf.drop_push": 1})
        advance(client, 6)
        assert shop.bodies == []
        assert client.get("/control/state")["pushes"]["lost"] > 0

    def test_pushes_can_come_twice(self, client: Client, shop: Shop) -> None:
        shop.reply = TAKEN
        client.control("callbacks", sf=shop.url)
        client.control("faults", duplicate_push=1)
        advance(client, 6)
        assert shop.bodies
        assert shop.bodies[::2] == shop.bodies[1::2]

    def test_pushes_can_overtake_each_other(self, client: Client, shop: Shop) -> None:
        shop.reply = TAKEN
        client.control("callbacks", sf=shop.url)
        client.control("faults", reorder_push=0.4)
        advance(client, 48)
        in_order = [route["acceptTime"] for route in told(shop)]
        assert in_order != sorted(in_order)
        assert len(shop.bodies) == len(set(shop.bodies))

    def test_a_provider_that_is_down_tells_what_it_missed_afterwards(self, client: Client, shop: Shop) -> None:
        shop.reply = TAKEN
        client.control("callbacks", sf=shop.url)
        client.control("faults", **{"sf.outage": 1})
        advance(client, 6)
        assert shop.bodies == []
        client.control("faults", **{"sf.outage": None})
        client.control("time", advance_hours=0.2)
        while push_all(client):
            pass
        assert shop.bodies
