"""STO's link gateway over real HTTP, and that the product understands it."""

import base64
import hashlib
import json
from collections import Counter
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode

import pytest

from shipments.answers import Ask, Contract, Failure, Interception, Taken, Trouble, Wish
from shipments.carriers import sto as adapter
from shipops.kit import http
from simulator.instants import MINUTE
from simulator.providers import Scene, sto
from simulator.providers.sto import APP_KEY, CARRIER, KEY
from simulator.world import Parcel
from tests.simulator.conftest import START, Client
from tests.simulator.receiving import Shop, push_all, shop
from tests.simulator.test_understood import MEANING, parcels, scene

__all__ = ["parcels", "scene", "shop"]
NOW = datetime.fromisoformat(START)
RECEIVERS = {
    "STO_TRACE_QUERY_COMMON": "sto_trace_query",
    "STO_TRACE_PLATFORM_SUBSCRIBE": "sto_trace_platform",
    "INTERCEPT_CREATE_STANDARD": "reverse-center",
}
NOBODY = "770000000000000"


def call(client: Client, api: str, content: object, *, key: str = KEY, **more: str) -> Any:
    """What the gateway answers to a signed call."""
    text = json.dumps(content)
    digest = base64.b64encode(hashlib.md5((text + key).encode(), usedforsecurity=False).digest()).decode()
    to = RECEIVERS.get(api, "")
    form = {"content": text, "data_digest": digest, "api_name": api, "from_appkey": APP_KEY, "from_code": APP_KEY}
    return json.loads(
        client.raw("POST", "/gateway/link.do", urlencode(form | {"to_appkey": to, "to_code": to} | more))[1]
    )


def query(client: Client, *numbers: str, **more: str) -> Any:
    return call(client, "STO_TRACE_QUERY_COMMON", {"order": "desc", "waybillNoList": numbers}, **more)


def contract(client: Client) -> Contract:
    return Contract({"app_key": APP_KEY, "secret_key": KEY}, f"http://127.0.0.1:{client.port}")


@pytest.fixture
def client(serve: Any) -> Client:
    made: Client = serve("--orders", "1200")
    return made


@pytest.fixture
def signed(client: Client) -> dict[str, Any]:
    return next(one for one in client.parcels("normal", CARRIER) if one["ended_at"] and one["ended_at"] < "2026-11-21")


@pytest.fixture
def under_way(client: Client) -> dict[str, Any]:
    ends = [one for one in client.parcels("normal", CARRIER) if one["ended_at"]]
    return next(one for one in ends if "2026-11-22T08" < one["ended_at"] < "2026-11-24")


def test_the_digest_is_as_the_vector_says(shared: Path) -> None:
    vectors = json.loads((shared / "wire" / "sign_vectors.json").read_text("utf-8"))
    vector = next(one for one in vectors if one["name"] == "sto")
    assert sto.digest(vector["input"]["content"], vector["input"]["secretKey"]) == vector["expected"]


def test_an_answer_has_a_list_for_each_number(client: Client, signed: dict[str, Any]) -> None:
    said = query(client, signed["waybill"], NOBODY)
    assert (said["success"], said["data"].keys()) == ("true", {signed["waybill"], NOBODY})
    rows = said["data"][signed["waybill"]]
    assert rows[0].keys() == {
        *("waybillNo", "opTime", "opOrgName", "opOrgCode", "opOrgProvinceName", "opOrgCityName", "opOrgTel", "opEmpName"),
        *("scanType", "weight", "memo", "bizEmpName", "bizEmpPhone", "nextOrgName", "issueName", "signoffPeople"),
    }  # fmt: skip
    times = [row["opTime"] for row in rows]
    assert times == sorted(times, reverse=True)
    assert rows[-1]["scanType"] == "收件"
    assert said["data"][NOBODY] == []


@pytest.mark.parametrize(
    ("api", "content", "more", "code"),
    [
        ("STO_TRACE_QUERY_COMMON", {"waybillNoList": [NOBODY]}, {"key": "other"}, "S02"),
        ("STO_TRACE_QUERY_COMMON", {"waybillNoList": [NOBODY]}, {"from_appkey": "nobody"}, "S03"),
        ("STO_TRACE_QUERY_COMMON", {"waybillNoList": [NOBODY]}, {"to_code": "elsewhere"}, "S04"),
        ("STO_TRACE_QUERY_COMMON", {"waybillNoList": []}, {}, "S05"),
        ("NO_SUCH_API", {}, {}, "S04"),
        ("STO_TRACE_PLATFORM_SUBSCRIBE", {"subscribeInfoList": [{}]}, {}, "S05"),
        ("INTERCEPT_CREATE_STANDARD", {"waybillNo": ""}, {}, "S05"),
    ],
)
def test_a_bad_call_is_refused(client: Client, api: str, content: object, more: dict[str, str], code: str) -> None:
    said = call(client, api, content, **more)
    assert (said["success"], said["errorCode"]) == ("false", code)


def test_the_fault_throttle_speaks_the_gateways_words(client: Client) -> None:
    client.control("faults", **{"sto.throttle": 1})
    assert "频率" in query(client, NOBODY)["errorMsg"]


class TestUnderstood:
    """Two codes by different hands, one protocol."""

    def test_a_question_is_answered(self, client: Client, signed: dict[str, Any]) -> None:
        asks = [Ask(signed["waybill"], CARRIER), Ask(NOBODY, CARRIER)]
        one, two = adapter.decode(http.send(adapter.encode(asks, contract(client), NOW)))
        assert (one.number, one.carrier, one.status, one.failure) == (signed["waybill"], CARRIER, "delivered", None)
        assert (two.number, two.failure and two.failure.trouble) == (NOBODY, Trouble.NO_DATA)

    def test_refusals_say_what_helps(self, client: Client) -> None:
        wrong = Contract({**contract(client).credentials, "secret_key": "x"}, contract(client).base_url)
        (refused,) = adapter.decode(http.send(adapter.encode([Ask(NOBODY, CARRIER)], wrong, NOW)))
        client.control("faults", **{"sto.throttle": 1})
        (throttled,) = adapter.decode(http.send(adapter.encode([Ask(NOBODY, CARRIER)], contract(client), NOW)))
        assert [answer.failure and answer.failure.trouble for answer in (refused, throttled)] == [
            Trouble.AUTH,
            Trouble.THROTTLE,
        ]

    def test_an_interception_is_taken_and_its_scans_tell(self, client: Client) -> None:
        later = next(one for one in client.parcels("normal", CARRIER) if (one["ended_at"] or "") > "2026-11-23T12")
        wanted = Interception(Ask(later["waybill"], CARRIER), Wish.RETURN, "r-1", "买家取消")
        taken = adapter.decode_interception(http.send(adapter.encode_interception(wanted, contract(client), NOW)))
        assert isinstance(taken, Taken)
        again = adapter.decode_interception(http.send(adapter.encode_interception(wanted, contract(client), NOW)))
        back = adapter.decode_interception(http.send(adapter.encode_withdrawal(wanted, contract(client), NOW)))
        assert isinstance(again, Failure) and isinstance(back, Failure)
        for hours, stage in ((2, "returning"), (400, "returned")):
            client.control("time", advance_hours=hours)
            (answer,) = adapter.decode(http.send(adapter.encode([wanted.ask], contract(client), NOW)))
            assert answer.stage.value == stage

    def test_every_scan_is_read_as_what_it_is(self, scene: Scene, parcels: list[Parcel]) -> None:
        # A problem's own field names its reason; where the parcel lies meanwhile, the problem does not say.
        meant = MEANING | {
            "damaged": ("unknown", "damaged"),
            "weather": ("unknown", "weather"),
            "unreachable": ("unknown", "unreachable_recipient"),
            "absent": ("unknown", "attempt_failed"),
        }
        misread: Counter[tuple[str, str, str | None, str]] = Counter()
        seen = set()
        now = scene.clock.now()
        for parcel in (one for one in parcels if one.order.actual.code == CARRIER):
            steps = [step for step in parcel.known(now) if step.kind != "waiting"]
            if not steps:
                continue
            (answer,) = adapter.read(sto._query(scene, {"waybillNoList": [parcel.number]}).body)
            assert (answer.number, answer.failure, answer.warnings) == (parcel.number, None, ())
            for event, step in zip(answer.events, steps, strict=True):
                seen.add(step.kind)
                assert int(event.occurred_at.timestamp()) == step.at
                told = (event.stage.value, event.cause.value if event.cause else None)
                if told != meant[step.kind]:
                    misread[step.kind, *told, event.text] += 1
        assert not misread
        assert seen == set(MEANING) - {"waiting"}


class TestPushes:
    def follow(self, client: Client, parcel: dict[str, Any], url: str) -> None:
        client.control("callbacks", sto=url)
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
        (asked,) = adapter.read(json.dumps(query(client, under_way["waybill"])).encode())
        assert [answer.events[0]._replace(position=0) for (answer,) in told] == [
            event._replace(position=0) for event in asked.events
        ]
        assert all(adapter.verify(contract(client), {}, body) for body in shop.bodies)
        client.control("time", now=under_way["ended_at"])
        while push_all(client):
            pass
        (last,) = adapter.read(shop.bodies[-1])
        assert (last.number, last.status) == (under_way["waybill"], "delivered")

    def test_a_push_is_one_document_in_a_form(self, client: Client, under_way: dict[str, Any], shop: Shop) -> None:
        self.follow(client, under_way, shop.url)
        push_all(client)
        form = {name: values[0] for name, values in parse_qs(shop.bodies[0].decode()).items()}
        assert form["api_name"] == "STO_TRACE_PLATFORM_PUSH"
        assert form["data_digest"] == sto.digest(form["content"], KEY)
        content = json.loads(form["content"])
        assert content.keys() == {"waybillNo", "linkCode", "trace"}
        assert (content["waybillNo"], content["trace"]["scanType"]) == (under_way["waybill"], "收件")

    @pytest.mark.parametrize(
        "reply", [b"", b"ok", b'{"success":true}', b'{"success":"true","data":{"needRetry":true}}']
    )
    def test_what_is_not_acknowledged_is_pushed_again_and_then_dropped(
        self, client: Client, under_way: dict[str, Any], shop: Shop, reply: bytes
    ) -> None:
        shop.respond = lambda body: reply
        self.follow(client, under_way, shop.url)
        push_all(client)
        for number, pause in enumerate(sto.RETRIES, start=1):
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
