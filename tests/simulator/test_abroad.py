"""17TRACK and AfterShip over real HTTP: keys, frames, refusals, pushes, and that the product reads every scan as it is meant."""

import hashlib
import hmac
import json
from base64 import b64encode
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from shipments.carriers import aftership as aftership_adapter
from shipments.carriers import seventeentrack as track17_adapter
from simulator.__main__ import arguments, simulator
from simulator.providers import _track17, aftership, json_answer, track17
from simulator.texts import CODES
from tests.simulator.conftest import START, Client, Serve
from tests.simulator.receiving import Shop, push_all, shop
from tests.simulator.test_understood import MEANING

__all__ = ["shop"]

TOKEN = {"17token": "DEMO-17TOKEN"}
API_KEY = {"as-api-key": "asat_demo_aftership"}
UNKNOWN_NUMBER = "ZZ000000000ZZ"


def ask(client: Client, method: str, target: str, value: object, headers: dict[str, str]) -> tuple[int, Any]:
    """(status, JSON) of one request with headers of its own."""
    status, body = client.raw(method, target, json.dumps(value) if value is not None else None, headers)
    return status, json.loads(body)


def call17(client: Client, call: str, *numbers: tuple[str, int], headers: dict[str, str] = TOKEN) -> tuple[int, Any]:
    rows = [{"number": number, "carrier": key} if key else {"number": number} for number, key in numbers]
    return ask(client, "POST", f"/track/v2.4/{call}", rows, headers)


def make(client: Client, number: str, slug: str = "dhl", headers: dict[str, str] = API_KEY) -> tuple[int, Any]:
    wanted = {"tracking_number": number, "slug": slug}
    return ask(client, "POST", "/tracking/2025-07/trackings", wanted, headers)


def page(client: Client, *numbers: str, headers: dict[str, str] = API_KEY) -> tuple[int, Any]:
    return ask(client, "GET", f"/tracking/2025-07/trackings?tracking_numbers={','.join(numbers)}", None, headers)


@pytest.fixture
def signed(client: Client) -> str:
    """The number of a parcel that was signed."""
    return str(next(one for one in client.parcels("normal") if one["ended_at"] and one["ended_at"] < START)["waybill"])


class Test17Track:
    def test_signatures_are_as_the_vectors_say(self, shared: Path) -> None:
        vectors = {one["name"]: one for one in json.loads((shared / "wire" / "sign_vectors.json").read_text("utf-8"))}
        one, other = vectors["17track_webhook"], vectors["aftership_webhook"]
        assert track17.sign(one["input"]["body"].encode(), one["input"]["key"]) == one["expected"]
        assert aftership.sign(other["input"]["body"].encode(), other["input"]["secret"]) == other["expected"]

    def test_a_number_is_read_only_after_it_was_registered_and_that_once(self, client: Client, signed: str) -> None:
        _, told = call17(client, "gettrackinfo", (signed, 100001))
        assert told["data"]["rejected"][0]["error"]["code"] == -18019902
        _, told = call17(client, "register", (signed, 100001), ("1234", 0), (UNKNOWN_NUMBER, 0))
        assert [one["number"] for one in told["data"]["accepted"]] == [signed]
        assert [one["error"]["code"] for one in told["data"]["rejected"]] == [-18010012, -18019903]
        _, told = call17(client, "register", (signed, 100001))
        assert told["data"]["rejected"][0]["error"]["code"] == -18019901
        _, told = call17(client, "gettrackinfo", (signed, 100001))
        (one,) = told["data"]["accepted"]
        assert one["track_info"]["latest_status"] == {
            "status": "Delivered",
            "sub_status": "Delivered_Other",
            "sub_status_descr": None,
        }

    def test_a_frame_has_the_shape_of_the_fixture(self, client: Client, signed: str, shared: Path) -> None:
        fixture = json.loads((shared / "wire/samples/17track/v24_gettrackinfo_correios_2151.json").read_text("utf-8"))
        call17(client, "register", (signed, 100001))
        _, told = call17(client, "gettrackinfo", (signed, 100001))
        one, other = told["data"]["accepted"][0]["track_info"], fixture["data"]["accepted"][0]["track_info"]
        assert one.keys() <= other.keys()
        legs = [track["tracking"]["providers"][0] for track in (one, other)]
        assert legs[0].keys() <= legs[1].keys()
        assert legs[0]["events"][0].keys() == legs[1]["events"][0].keys()
        assert legs[0]["events"][0]["time_raw"].keys() == legs[1]["events"][0]["time_raw"].keys()
        assert legs[0]["events"][0]["time_utc"] is None

    def test_a_number_without_a_scan_has_no_information_yet(self, client: Client) -> None:
        call17(client, "register", (UNKNOWN_NUMBER, 3011))
        _, told = call17(client, "gettrackinfo", (UNKNOWN_NUMBER, 3011))
        assert told["data"]["rejected"][0]["error"]["code"] == -18019909

    def test_it_refuses_a_wrong_key_more_than_forty_numbers_and_what_is_no_list(self, client: Client) -> None:
        status, told = call17(client, "gettrackinfo", ("A2345", 1), headers={"17token": "wrong"})
        assert (status, told["code"]) == (401, -18010002)
        _, told = call17(client, "gettrackinfo", *[(f"A{number:05}", 1) for number in range(41)])
        assert told["code"] == -18010014
        _, told = ask(client, "POST", "/track/v2.4/register", {"number": "A2345"}, TOKEN)
        assert told["code"] == -18010013
        client.control("faults", throttle=1)
        assert call17(client, "gettrackinfo", ("A2345", 1))[0] == 429

    def test_the_quota_goes_down_with_every_registration(self, client: Client, signed: str) -> None:
        before = ask(client, "POST", "/track/v2.4/getquota", {}, TOKEN)[1]["data"]["quota_remain"]
        call17(client, "register", (signed, 100001))
        assert ask(client, "POST", "/track/v2.4/getquota", {}, TOKEN)[1]["data"]["quota_remain"] == before - 1

    def test_a_push_is_the_full_track_signed_over_its_bytes(self, client: Client, signed: str, shop: Shop) -> None:
        client.control("callbacks", track17=shop.url)
        call17(client, "register", (signed, 100001))
        push_all(client)
        (headers,), (body,) = shop.headers, shop.bodies
        assert headers["sign"] == hashlib.sha256(body + b"/DEMO-17TOKEN").hexdigest()
        value = json.loads(body)
        assert value["event"] == "TRACKING_UPDATED"
        assert value["data"] == call17(client, "gettrackinfo", (signed, 100001))[1]["data"]["accepted"][0]

    def test_a_refused_push_is_tried_again_after_10_30_and_60_minutes(
        self, client: Client, signed: str, shop: Shop
    ) -> None:
        shop.status = 500
        client.control("callbacks", track17=shop.url)
        call17(client, "register", (signed, 100001))
        received = []
        for minutes in (0, 9.9, 0.2, 29.9, 0.2, 59.9, 0.2, 600):
            client.control("time", advance_hours=minutes / 60)
            push_all(client)
            received.append(len(shop.bodies))
        assert received == [1, 1, 2, 2, 3, 3, 4, 4]


class TestAfterShip:
    def test_a_tracking_is_read_only_after_it_was_made_and_that_once(self, client: Client, signed: str) -> None:
        assert page(client, signed)[1]["data"]["trackings"] == []
        status, told = make(client, signed)
        assert (status, told["meta"]["code"], told["data"]["tag"]) == (201, 201, "Pending")
        status, told = make(client, signed)
        assert (status, told["meta"]["code"]) == (400, 4003)
        (one,) = page(client, signed, UNKNOWN_NUMBER)[1]["data"]["trackings"]
        assert (one["tracking_number"], one["tag"]) == (signed, "Delivered")

    def test_a_checkpoint_has_the_shape_of_the_recorded_one(self, client: Client, signed: str, shared: Path) -> None:
        recorded = json.loads((shared / "wire/samples/aftership/nodesdk_reply_02_http200.json").read_text("utf-8"))
        make(client, signed)
        (one,) = page(client, signed)[1]["data"]["trackings"]
        other = recorded["data"]["tracking"]
        assert one.keys() <= other.keys()
        assert one["checkpoints"][0].keys() <= other["checkpoints"][0].keys()

    def test_it_refuses_a_wrong_key_too_many_numbers_and_too_many_calls(self, client: Client) -> None:
        assert page(client, "A", headers={"as-api-key": "x"})[0] == 401
        assert page(client, *[f"A{number}" for number in range(51)])[0] == 400
        assert make(client, "")[0] == 400
        assert ask(client, "GET", "/tracking/2025-07/couriers", None, API_KEY)[0] == 404
        client.control("faults", throttle=1)
        assert page(client, "A")[0] == 429

    def test_a_push_is_the_whole_tracking_signed_over_its_bytes(self, client: Client, signed: str, shop: Shop) -> None:
        client.control("callbacks", aftership=shop.url)
        make(client, signed, "yunexpress")
        push_all(client)
        (headers,), (body,) = shop.headers, shop.bodies
        expected = b64encode(hmac.digest(b"demo-aftership-secret", body, hashlib.sha256)).decode()
        assert headers["aftership-hmac-sha256"] == expected
        value = json.loads(body)
        assert value["event"] == "tracking_update"
        assert value["msg"] == page(client, signed)[1]["data"]["trackings"][0]

    def test_a_push_goes_out_fourteen_times_at_most_twice_as_far_apart_each_time(
        self, client: Client, signed: str, shop: Shop
    ) -> None:
        shop.status = 500
        client.control("callbacks", aftership=shop.url)
        make(client, signed)
        push_all(client)
        for attempt in range(15):
            client.control("time", advance_hours=(30 * 2**attempt - 1) / 3600)
            push_all(client)
            assert len(shop.bodies) == min(1 + attempt, 14)
            client.control("time", advance_hours=2 / 3600)
            push_all(client)
            assert len(shop.bodies) == min(2 + attempt, 14)


# What an aggregator tells less exactly than a carrier. AfterShip has one word for nobody there and nobody reached; 17TRACK's
# two of these kinds leave the rest to the Chinese words, which is shipments.texts' business.
VAGUE: dict[str, set[str]] = {"track17": {"absent", "signed_by"}, "aftership": {"unreachable"}}


@pytest.mark.parametrize("provider", ["track17", "aftership"])
def test_every_scan_is_read_as_what_it_is(provider: str) -> None:
    words = ["--port", "0", "--start", START, "--now", "2026-12-20T00:00:00Z", "--speed", "0"]
    scene = simulator(arguments([*words, "--orders", "6000", "--arrivals", "900", "--crisis", "typhoon"])).scene.of(
        provider
    )
    now = scene.clock.now()
    misread: Counter[tuple[str, str, str | None, str]] = Counter()
    seen = set()
    for order in scene.world.orders(now):
        parcel = scene.world.parcel(order.waybill, now)
        if parcel is None or not parcel.known(now):
            continue
        if provider == "track17":
            row = _track17.item(parcel.number, 190008, track_info=_track17.track_info(scene, parcel, now, 190008))
            (answer,) = track17_adapter.read(_track17.framed([row], [], {}).body)
        else:
            (answer,) = aftership_adapter.read(json_answer(aftership._told(scene, parcel.number, now)).body)
        assert (answer.number, answer.carrier, answer.failure) == (parcel.number, "yuntrack", None)
        assert answer.warnings == ()
        for event, step in zip(answer.events, parcel.known(now), strict=True):
            seen.add(step.kind)
            assert int(event.occurred_at.timestamp()) == step.at
            told = (event.stage.value, event.cause.value if event.cause else None)
            if step.kind not in VAGUE[provider] and told != MEANING[step.kind]:
                misread[step.kind, *told, event.text] += 1
    assert not misread
    assert seen == set(CODES) - {"intercepted"}
    assert set(CODES) == set(_track17.SUB_STATUS) == set(aftership.SUBTAG)


def test_the_worlds_clients_find_both_providers(serve: Serve) -> None:
    found = serve("--orders", "10").get("/control/state")["providers"]
    assert {"track17", "aftership"} <= found.keys()
