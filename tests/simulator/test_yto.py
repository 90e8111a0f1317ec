"""YTO's open platform over real HTTP, and that the product understands it."""

import base64
import hashlib
import json
from collections import Counter
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest

from shipments.answers import Ask, Contract, Failure, Interception, Taken, Trouble, Wish
from shipments.carriers import yto as adapter
from shipops.kit import http
from simulator.instants import MINUTE
from simulator.providers import Scene, yto
from simulator.providers.yto import APP_CODE, CARRIER, KEY, PUSH_KEY, USER
from simulator.world import Parcel
from tests.simulator.conftest import START, Client
from tests.simulator.receiving import Shop, push_all, shop
from tests.simulator.test_understood import MEANING, parcels, scene

__all__ = ["parcels", "scene", "shop"]
NOW = datetime.fromisoformat(START)


def call(client: Client, method: str, param: object, *, key: str = KEY, user: str = USER, **more: object) -> Any:
    """What the platform answers to a signed call."""
    text = json.dumps(param)
    sign = base64.b64encode(hashlib.md5((text + method + "v1" + key).encode(), usedforsecurity=False).digest()).decode()
    body = {"timestamp": "1795000000000", "param": text, "sign": sign, "format": "JSON"} | more
    return json.loads(client.raw("POST", f"/open/{method}/v1/{APP_CODE}/{user}", json.dumps(body))[1])


def contract(client: Client) -> Contract:
    credentials = {"app_code": APP_CODE, "user_no": USER, "secret": KEY, "push_secret": PUSH_KEY}
    return Contract(credentials, f"http://127.0.0.1:{client.port}")


@pytest.fixture
def signed(client: Client) -> dict[str, Any]:
    return next(one for one in client.parcels("normal", CARRIER) if one["ended_at"] and one["ended_at"] < "2026-11-21")


@pytest.fixture
def under_way(client: Client) -> dict[str, Any]:
    ends = [one for one in client.parcels("normal", CARRIER) if one["ended_at"]]
    return next(one for one in ends if "2026-11-22T08" < one["ended_at"] < "2026-11-24")


def test_the_signature_is_as_the_vector_says(shared: Path) -> None:
    vectors = json.loads((shared / "wire" / "sign_vectors.json").read_text("utf-8"))
    vector = next(one for one in vectors if one["name"] == "yto_open")
    assert yto.sign(**vector["input"]) == vector["expected"]


def test_an_answer_is_a_bare_list_oldest_first(client: Client, signed: dict[str, Any]) -> None:
    rows = call(client, "track_query_adapter", {"NUMBER": signed["waybill"]})
    assert rows[0].keys() == {
        *("waybill_No", "upload_Time", "infoContent", "processInfo", "city", "district", "weight"),
    }
    times = [row["upload_Time"] for row in rows]
    assert times == sorted(times)
    assert (rows[0]["infoContent"], rows[-1]["infoContent"]) == ("GOT", "SIGNED")
    assert {row["waybill_No"] for row in rows} == {signed["waybill"]}


def test_nothing_yet_comes_in_another_frame(client: Client) -> None:
    assert call(client, "track_query_adapter", {"NUMBER": "YT0000000000000"}) == {
        "map": {"YT0000000000000": []},
        "code": "1001",
        "success": "true",
        "message": "查询结果为空。",
    }


@pytest.mark.parametrize(
    ("method", "param", "more", "reason"),
    [
        ("track_query_adapter", {"NUMBER": "YT1"}, {"key": "other"}, "签名错误"),
        ("track_query_adapter", {"NUMBER": "YT1"}, {"user": "nobody"}, "客户编码不存在"),
        ("track_query_adapter", {"NUMBER": ""}, {}, "NUMBER不能为空; "),
        ("track_query_adapter", {"NUMBER": "YT1"}, {"format": "XML"}, "timestamp或format不规范"),
        ("no_adapter", {}, {}, "接口不存在"),
        ("subscribe_adapter", {"client_id": "other"}, {}, "client_id不合法"),
        ("wanted_report_adapter", {"waybillNo": "YT1"}, {}, "waybillNo或wantedDesc不能为空; "),
    ],
)
def test_a_bad_call_is_refused(client: Client, method: str, param: object, more: dict[str, str], reason: str) -> None:
    said = call(client, method, param, **more)  # type: ignore[arg-type]
    assert (said["success"], said["reason"]) == (False, reason)


def test_the_fault_throttle_speaks_the_platforms_words(client: Client) -> None:
    client.control("faults", **{"yto.throttle": 1})
    assert "频繁" in call(client, "track_query_adapter", {"NUMBER": "YT1"})["reason"]


class TestUnderstood:
    """Two codes by different hands, one protocol."""

    def test_a_question_is_answered(self, client: Client, signed: dict[str, Any]) -> None:
        request = adapter.encode([Ask(signed["waybill"], CARRIER)], contract(client), NOW)
        (answer,) = adapter.decode(http.send(request))
        assert (answer.number, answer.carrier, answer.status, answer.failure) == (
            signed["waybill"],
            CARRIER,
            "delivered",
            None,
        )

    def test_refusals_say_what_helps(self, client: Client) -> None:
        asks = [Ask("YT0000000000000", CARRIER)]
        (nothing,) = adapter.decode(http.send(adapter.encode(asks, contract(client), NOW)))
        wrong = Contract({**contract(client).credentials, "secret": "x"}, contract(client).base_url)
        (refused,) = adapter.decode(http.send(adapter.encode(asks, wrong, NOW)))
        client.control("faults", **{"yto.throttle": 1})
        (throttled,) = adapter.decode(http.send(adapter.encode(asks, contract(client), NOW)))
        assert [answer.failure and answer.failure.trouble for answer in (nothing, refused, throttled)] == [
            Trouble.NO_DATA,
            Trouble.AUTH,
            Trouble.THROTTLE,
        ]

    def test_an_interception_is_taken_and_its_scans_tell(self, client: Client) -> None:
        later = next(one for one in client.parcels("normal", CARRIER) if (one["ended_at"] or "") > "2026-11-23T12")
        wanted = Interception(Ask(later["waybill"], CARRIER), Wish.RETURN, "r-1", "买家取消")
        assert (
            adapter.decode_interception(http.send(adapter.encode_interception(wanted, contract(client), NOW)))
            == Taken()
        )
        again = adapter.decode_interception(http.send(adapter.encode_interception(wanted, contract(client), NOW)))
        assert isinstance(again, Failure)
        client.control("time", advance_hours=2)
        (answer,) = adapter.decode(http.send(adapter.encode([wanted.ask], contract(client), NOW)))
        assert answer.stage.value == "returning"
        client.control("time", advance_hours=400)
        (answer,) = adapter.decode(http.send(adapter.encode([wanted.ask], contract(client), NOW)))
        assert answer.stage.value == "returned"

    def test_every_scan_is_read_as_what_it_is(self, scene: Scene, parcels: list[Parcel]) -> None:
        # What the platform has no code for is told by its words alone: they name another cause, or no stage.
        meant = MEANING | {"intercepted": ("returning", "intercepted"), "damaged": ("unknown", "damaged")}
        misread: Counter[tuple[str, str, str | None, str]] = Counter()
        seen = set()
        now = scene.clock.now()
        for parcel in (one for one in parcels if one.order.actual.code == CARRIER):
            steps = [step for step in parcel.known(now) if step.kind != "waiting"]
            if not steps:
                continue
            param = {"NUMBER": parcel.number}
            body = yto._query(scene, param).body
            (answer,) = adapter.read(body)
            assert (answer.number, answer.failure, answer.warnings) == (parcel.number, None, ())
            for event, step in zip(answer.events, steps, strict=True):
                seen.add(step.kind)
                assert int(event.occurred_at.timestamp()) == step.at
                told = (event.stage.value, event.cause.value if event.cause else None)
                # 收件人不在指定地址: absent, though the words speak of an address.
                if told != meant[step.kind] and (step.kind, told[1]) != ("absent", "address_problem"):
                    misread[step.kind, *told, event.text] += 1
        assert not misread
        assert seen == set(MEANING) - {"waiting"}


class TestPushes:
    def follow(self, client: Client, parcel: dict[str, Any], url: str) -> None:
        client.control("callbacks", yto=url)
        ask = Ask(parcel["waybill"], CARRIER)
        assert adapter.decode_subscription(http.send(adapter.encode_subscription(ask, contract(client), NOW))) is None
        # Asked again, it stands.
        assert adapter.decode_subscription(http.send(adapter.encode_subscription(ask, contract(client), NOW))) is None

    def test_each_scan_is_pushed_signed_and_understood(
        self, client: Client, under_way: dict[str, Any], shop: Shop
    ) -> None:
        shop.respond = lambda body: adapter.acknowledge(body).body
        self.follow(client, under_way, shop.url)
        while push_all(client):
            pass
        told = [adapter.read(body) for body in shop.bodies]
        known = call(client, "track_query_adapter", {"NUMBER": under_way["waybill"]})
        (asked,) = adapter.read(json.dumps(known).encode())
        pushed = [answer.events[0] for (answer,) in told]
        assert [(one.occurred_at, one.stage, one.text) for one in pushed] == [
            (one.occurred_at, one.stage, one.text) for one in asked.events
        ]
        assert all(adapter.verify(contract(client), {}, body) for body in shop.bodies)
        client.control("time", now=under_way["ended_at"])
        while push_all(client):
            pass
        (last,) = adapter.read(shop.bodies[-1])
        assert (last.number, last.status) == (under_way["waybill"], "delivered")

    def test_a_push_is_one_xml_document_in_a_form(self, client: Client, under_way: dict[str, Any], shop: Shop) -> None:
        self.follow(client, under_way, shop.url)
        push_all(client)
        form = {name: values[0] for name, values in parse_qs(shop.bodies[0].decode()).items()}
        assert form.keys() == {"logistics_interface", "data_digest", "clientId", "type"}
        document = form["logistics_interface"]
        assert document.startswith("<UpdateInfo><logisticProviderID>YTO</logisticProviderID>")
        assert form["data_digest"] == yto.digest(document, PUSH_KEY)

    @pytest.mark.parametrize("reply", [b"", b"ok", b"<Response><success>true</success></Response>"])
    def test_what_is_not_acknowledged_is_pushed_again_and_then_dropped(
        self, client: Client, under_way: dict[str, Any], shop: Shop, reply: bytes
    ) -> None:
        shop.respond = lambda body: reply
        self.follow(client, under_way, shop.url)
        push_all(client)
        for number, pause in enumerate(yto.RETRIES, start=1):
            client.control("time", advance_hours=(pause - MINUTE) / 3600)
            push_all(client)
            assert len(shop.bodies) == number
            client.control("time", advance_hours=MINUTE / 3600)
            push_all(client)
            assert len(shop.bodies) == number + 1
        assert len(set(shop.bodies)) == 1

    def test_the_fault_of_a_wrong_signature_is_noticed(
        self, client: Client, under_way: dict[str, Any], shop: Shop
    ) -> None:
        client.control("faults", bad_push_sign=1)
        self.follow(client, under_way, shop.url)
        push_all(client)
        assert not adapter.verify(contract(client), {}, shop.bodies[0])
