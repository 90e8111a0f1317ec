"""Kdniao as it is simulated, and that the product's adapter and it understand each other over real HTTP."""

import json
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode

import pytest

from shipments.answers import Answer, Ask, Contract, Failure, Trouble
from shipments.carriers import kdniao as adapter
from shipops.kit import http
from simulator.providers import kdniao
from simulator.texts import CODES
from tests.simulator.conftest import Client, Serve
from tests.simulator.receiving import Shop, push_all, shop
from tests.simulator.test_pushing import travelling
from tests.simulator.test_understood import MEANING

__all__ = ["shop"]

NOW = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)
CREDENTIALS = {"business_id": kdniao.BUSINESS_ID, "app_key": kdniao.KEY}
TRACK_KEYS = {"EBusinessID", "ShipperCode", "LogisticCode", "Success", "State", "Traces"}


def ask(client: Client, path: str, request_type: str, key: str = kdniao.KEY, **wanted: str) -> Any:
    """What the simulator answers to a signed request."""
    data = json.dumps(wanted, ensure_ascii=False)
    form = {"RequestData": data, "EBusinessID": kdniao.BUSINESS_ID, "RequestType": request_type}
    body = urlencode(form | {"DataSign": kdniao.data_sign(data, key), "DataType": "2"})
    return json.loads(client.raw("POST", path, body)[1])


def query(client: Client, shipper: str, number: str, request_type: str = "8001", **more: str) -> Any:
    return ask(client, adapter.QUERY_PATH, request_type, ShipperCode=shipper, LogisticCode=number, **more)


def contract(client: Client, **more: str) -> Contract:
    return Contract({**CREDENTIALS, **more}, f"http://127.0.0.1:{client.port}")


@pytest.fixture
def client(serve: Serve) -> Client:
    return serve("--orders", "1200")


@pytest.fixture
def account(client: Client, shop: Shop) -> Shop:
    """Who takes the account's pushes, and acknowledges as the product does."""
    shop.respond = lambda body: adapter.acknowledge(body).body
    client.simulator.register.call_back("kdniao", shop.url, client.simulator.scene.clock.now())
    return shop


def test_the_signature_is_as_the_vector_says(shared: Path) -> None:
    vectors = json.loads((shared / "wire" / "sign_vectors.json").read_text("utf-8"))
    one = next(vector for vector in vectors if vector["name"] == "kdniao")
    assert kdniao.data_sign(one["input"]["RequestData"], one["input"]["AppKey"]) == one["expected"]["base64"]


def test_a_paid_answer_has_the_captured_shape_and_a_free_one_tells_no_states(client: Client, shared: Path) -> None:
    captured = json.loads((shared / "wire/samples/kdniao/query8001_sto_signed_then_station.json").read_text("utf-8"))
    number = travelling(client, "shentong")["waybill"]
    paid, free = query(client, "STO", number), query(client, "STO", number, "1002")
    assert TRACK_KEYS <= captured.keys() <= paid.keys()
    assert captured["Traces"][0].keys() <= paid["Traces"][0].keys()
    assert {"StateEx", "Location"}.isdisjoint(free)
    assert {"Action", "Location"}.isdisjoint(free["Traces"][0])
    assert [row["AcceptStation"] for row in free["Traces"]] == [row["AcceptStation"] for row in paid["Traces"]]
    assert paid["State"] == paid["StateEx"][0] == paid["Traces"][-1]["Action"][0]


def test_refusals_say_why_in_words(client: Client) -> None:
    number = travelling(client, "shentong")["waybill"]
    assert query(client, "XX", number)["Reason"] == "快递公司编码错误"
    assert query(client, "STO", number, "9999")["Reason"] == "请求指令类型错误，参数RequestType"
    assert ask(client, adapter.QUERY_PATH, "8001", "another", LogisticCode=number)["Reason"] == "数据签名验证失败"
    assert query(client, "YTO", number)["Traces"] == []
    assert query(client, "SF", "SF1000000000000")["Success"] is False


@pytest.mark.parametrize("carrier", ["yuantong", "zhongtong", "shentong", "yunda", "jtexpress", "shunfeng", "ems"])
def test_the_adapters_question_is_answered_with_every_scan(client: Client, carrier: str) -> None:
    one = next(
        one for one in client.parcels("normal", carrier) if one["ended_at"] and one["ended_at"] < "2026-11-22T04"
    )
    request = adapter.encode([Ask(one["waybill"], carrier, one["phone_tail"])], contract(client), NOW)
    (answer,) = adapter.decode(http.send(request))
    assert (answer.number, answer.carrier, answer.failure, answer.warnings) == (one["waybill"], carrier, None, ())
    truth = [scan for scan in client.get(f"/control/parcels/{one['waybill']}")["scans"] if scan["known"]]
    assert [event.text for event in answer.events] == [" ".join(scan["text"].split()) for scan in truth]
    assert answer.status in ("delivered", "available_for_pickup")


@pytest.mark.parametrize(
    ("fault", "more", "trouble", "wide"),
    [
        ("", {"app_key": "another"}, Trouble.AUTH, True),
        ("", {"business_id": "another"}, Trouble.AUTH, True),
        ("throttle", {}, Trouble.THROTTLE, False),
        ("http_5xx", {}, Trouble.TRANSIENT, False),
        ("garbage", {}, Trouble.TRANSIENT, False),
    ],
)
def test_refusals_and_faults_are_told_apart(
    client: Client, fault: str, more: dict[str, str], trouble: Trouble, wide: bool
) -> None:
    if fault:
        client.control("faults", **{fault: 1})
    request = adapter.encode(
        [Ask(travelling(client, "yuantong")["waybill"], "yuantong")], contract(client, **more), NOW
    )
    (answer,) = adapter.decode(http.send(request))
    assert answer.failure is not None
    assert (answer.failure.trouble, answer.failure.account_wide) == (trouble, wide)


def test_a_number_is_recognised(client: Client) -> None:
    def recognised(number: str) -> tuple[str, ...] | Failure:
        return adapter.decode_recognition(http.send(adapter.encode_recognition(number, contract(client), NOW)))

    assert recognised(travelling(client, "yunda")["waybill"]) == ("yunda",)
    nobody = recognised("12345678")
    assert isinstance(nobody, Failure)
    assert nobody.trouble is Trouble.NO_DATA


class TestPushes:
    def follow(self, client: Client, **more: str) -> str:
        number = travelling(client, "yuantong")["waybill"]
        request = adapter.encode_subscription(Ask(number, "yuantong"), contract(client, **more), NOW)
        assert adapter.decode_subscription(http.send(request)) is None
        assert adapter.decode_subscription(http.send(request)) is None
        return number

    def last(self, account: Shop) -> Answer:
        assert adapter.verify(Contract(CREDENTIALS), {}, account.bodies[-1])
        (answer,) = adapter.read(account.bodies[-1])
        return answer

    def test_every_new_scan_pushes_the_full_list_signed_until_the_parcel_is(
        self, client: Client, account: Shop
    ) -> None:
        number = self.follow(client)
        for _ in range(96):
            push_all(client)
            client.control("time", advance_hours=0.5)
        answer = self.last(account)
        assert (answer.number, answer.carrier, answer.status, answer.warnings) == (number, "yuantong", "delivered", ())
        told = [len(adapter.read(body)[0].events) for body in account.bodies]
        assert told == sorted(set(told))
        assert client.get("/control/state")["subscriptions"]["finished"] == 1

    @pytest.mark.parametrize(("plan", "kind"), [("paid", "102"), ("free", "101")])
    def test_the_plan_decides_which_push_it_is(self, client: Client, account: Shop, plan: str, kind: str) -> None:
        self.follow(client, plan=plan)
        push_all(client)
        form = parse_qs(account.bodies[0].decode())
        assert form["RequestType"] == [kind]
        assert ("StateEx" in form["RequestData"][0]) == (plan == "paid")

    def test_what_is_not_acknowledged_is_pushed_three_times_more(self, client: Client, account: Shop) -> None:
        self.follow(client)
        account.respond = lambda body: b'{"Success":true}'
        for hours in (0, 0.25, 1, 4):
            client.control("time", advance_hours=hours)
            assert push_all(client) == 1
        assert client.get("/control/state")["pushes"] == {"refused": 4, "dropped": 1}

    def test_a_spoilt_signature_is_noticed(self, client: Client, account: Shop) -> None:
        self.follow(client)
        client.control("faults", bad_push_sign=1)
        push_all(client)
        assert not adapter.verify(Contract(CREDENTIALS), {}, account.bodies[0])


def test_every_scan_is_read_as_what_it_is(client: Client) -> None:
    scene = client.simulator.scene.of("kdniao")
    later = scene.clock.now() + 28 * 86_400
    expected = MEANING | {"intercepted": ("in_transit", "intercepted")}
    misread: Counter[tuple[str, str, str | None, str]] = Counter()
    seen = set()
    for order in scene.world.orders(scene.clock.now()):
        parcel = scene.world.parcel(order.waybill, later)
        if parcel is None or not parcel.known(later):
            continue
        steps = parcel.known(later)
        (answer,) = adapter.read(json.dumps(kdniao.result(scene, parcel, steps, paid=True)).encode())
        assert (answer.number, answer.carrier, answer.remark) == (parcel.number, order.actual.code, None)
        for event, step in zip(answer.events, steps, strict=True):
            seen.add(step.kind)
            told = (event.stage.value, event.cause.value if event.cause else None)
            if told != expected[step.kind]:
                misread[step.kind, *told, event.text] += 1
    # What the words say beside the code is the wording's affair; where the parcel is comes from the code.
    assert not {kind: stage for kind, stage, _, _ in misread if stage != expected[kind][0]}
    assert len(seen) > len(CODES) - 3
    assert set(kdniao.ACTIONS) == set(CODES)
