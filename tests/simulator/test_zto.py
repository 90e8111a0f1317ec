"""ZTO as it is simulated, and that the product's adapter and it understand each other over real HTTP."""

import json
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from shipments.answers import Ask, Contract, Failure, Interception, Kind, Recipient, Taken, Trouble, Wish
from shipments.carriers import zto as adapter
from shipments.status import Cause
from shipops.kit import http
from simulator.providers import zto
from simulator.texts import CODES
from tests.simulator.conftest import Client, Serve
from tests.simulator.receiving import Shop, push_all, shop
from tests.simulator.test_pushing import travelling
from tests.simulator.test_understood import MEANING

__all__ = ["shop"]

NOW = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)
CREDENTIALS = {"app_key": zto.APP_KEY, "app_secret": zto.SIGN_KEY, "phone_tail": ""}


def contract(client: Client, **more: str) -> Contract:
    return Contract({**CREDENTIALS, **more}, f"http://127.0.0.1:{client.port}")


@pytest.fixture
def client(serve: Serve) -> Client:
    return serve("--orders", "1200")


@pytest.fixture
def account(client: Client, shop: Shop) -> Shop:
    """Who takes the account's pushes, and acknowledges as the product does."""
    shop.respond = lambda body: adapter.acknowledge(body).body
    client.simulator.register.call_back("zto", shop.url, client.simulator.scene.clock.now())
    return shop


@pytest.fixture
def number(client: Client) -> str:
    return travelling(client, "zhongtong")["waybill"]


def ask(client: Client, number: str, phone: str = "8001", **more: str) -> Any:
    """What the adapter makes of the answer to its question."""
    (answer,) = adapter.decode(
        http.send(adapter.encode([Ask(number, "zhongtong", phone)], contract(client, **more), NOW))
    )
    return answer


def phone_of(client: Client, number: str) -> str:
    parcel = client.simulator.scene.world.parcel(number, client.simulator.scene.clock.now())
    assert parcel is not None
    return parcel.order.phone_tail


def test_the_digest_is_as_the_vector_says(shared: Path) -> None:
    vectors = json.loads((shared / "wire" / "sign_vectors.json").read_text("utf-8"))
    one = next(vector for vector in vectors if vector["name"] == "zto")
    assert zto.digest(one["input"]["body"].encode(), one["input"]["appSecret"]) == one["expected"]


def test_the_adapters_question_is_answered_with_every_scan(client: Client, number: str) -> None:
    answer = ask(client, number, phone_of(client, number))
    assert (answer.number, answer.carrier, answer.failure, answer.warnings) == (number, "zhongtong", None, ())
    truth = [scan for scan in client.get(f"/control/parcels/{number}")["scans"] if scan["known"]]
    told = [" ".join(scan["text"].split()) for scan in truth if zto.CODES[scan["kind"]][0]]
    assert [event.text for event in answer.events] == told


@pytest.mark.parametrize(
    ("waybill", "phone", "more", "trouble", "code"),
    [
        ("", "", {}, Trouble.CONFIG, "E413"),
        ("", "0000x", {}, Trouble.CONFIG, "E409"),
        ("YT1", "8001", {}, Trouble.CONFIG, "E416"),
        ("", "8001", {"app_secret": "another"}, Trouble.AUTH, "S211"),
        ("", "8001", {"app_key": "another"}, Trouble.AUTH, "S210"),
    ],
)
def test_a_refusal_is_told_by_its_code(
    client: Client, number: str, waybill: str, phone: str, more: dict[str, str], trouble: Trouble, code: str
) -> None:
    answer = ask(client, waybill or number, phone, **more)
    assert answer.failure is not None
    assert (answer.failure.trouble, answer.failure.message[:4]) == (trouble, code)


def test_a_number_nobody_scanned_has_no_data_and_a_throttle_rests_the_account(client: Client) -> None:
    nobody = "75" + "0" * 12
    assert ask(client, nobody).failure.trouble is Trouble.NO_DATA
    client.control("faults", throttle=1)
    failure = ask(client, nobody).failure
    assert (failure.trouble, failure.account_wide) == (Trouble.THROTTLE, True)


class TestPushes:
    @pytest.fixture(autouse=True)
    def followed(self, client: Client, account: Shop, number: str) -> None:
        request = adapter.encode_subscription(Ask(number, "zhongtong", phone_of(client, number)), contract(client), NOW)
        assert adapter.decode_subscription(http.send(request)) is None

    def test_every_scan_is_one_push_signed_and_together_they_are_what_the_query_says(
        self, client: Client, account: Shop, number: str
    ) -> None:
        for _ in range(400):
            if not push_all(client):
                client.control("time", advance_hours=0.5)
        assert all(adapter.verify(contract(client), {}, body) for body in account.bodies)
        pushed = [adapter.read(body)[0] for body in account.bodies]
        assert {(one.number, one.kind, len(one.events)) for one in pushed} == {(number, Kind.PUSH, 1)}
        asked = ask(client, number, phone_of(client, number))
        assert [one.events[0][2:5] for one in pushed] == [event[2:5] for event in asked.events]
        assert [one.events[0].occurred_at for one in pushed] == [event.occurred_at for event in asked.events]
        assert asked.status == "delivered"
        assert client.get("/control/state")["subscriptions"]["finished"] == 1

    def test_what_is_not_acknowledged_is_pushed_three_times_more(self, client: Client, account: Shop) -> None:
        account.respond = lambda body: b'{"status":false}'
        for hours in (0, 1 / 6, 1, 4):
            client.control("time", advance_hours=hours)
            assert push_all(client) == 1
        assert len(set(account.bodies)) == 1
        assert client.get("/control/state")["pushes"] == {"refused": 4, "dropped": 1}

    def test_a_spoilt_digest_is_noticed(self, client: Client, account: Shop) -> None:
        client.control("faults", bad_push_sign=1)
        push_all(client)
        assert not adapter.verify(contract(client), {}, account.bodies[0])


class TestInterception:
    def call(self, client: Client, wanted: Interception) -> Taken | Failure:
        return adapter.decode_interception(http.send(adapter.encode_interception(wanted, contract(client), NOW)))

    def standing(self, client: Client, wanted: Interception) -> Any:
        (answer,) = adapter.decode(http.send(adapter.encode_inquiry(wanted, contract(client), NOW)))
        return answer

    def test_it_is_taken_first_and_its_scans_tell_later(self, client: Client, number: str) -> None:
        wanted = Interception(Ask(number, "zhongtong"), Wish.RETURN, "R-1", "退款")
        assert self.standing(client, wanted).failure is not None
        assert self.call(client, wanted) == Taken(f"LJ{number}")
        assert self.standing(client, wanted).remark is None
        client.control("time", advance_hours=2)
        assert self.standing(client, wanted).remark is Cause.INTERCEPTED
        answer = ask(client, number, phone_of(client, number))
        assert answer.status == "returning"
        client.control("time", advance_hours=24 * 9)
        assert ask(client, number, phone_of(client, number)).status == "returned"

    def test_a_second_one_a_late_one_and_a_redirection_are_refused(self, client: Client, number: str) -> None:
        wanted = Interception(Ask(number, "zhongtong"), Wish.RETURN, "R-1", "退款")
        to = Recipient("某某", "13800138000", "上海", "上海市", "青浦区", "某路1号")
        refused = self.call(client, replace(wanted, wish=Wish.REDIRECT, to=to))
        assert isinstance(refused, Failure)
        assert "暂不支持" in refused.message
        self.call(client, wanted)
        again = self.call(client, wanted)
        assert isinstance(again, Failure)
        assert "已存在" in again.message
        done = next(
            one["waybill"]
            for one in client.parcels("normal", "zhongtong")
            if one["ended_at"] and one["ended_at"] < "2026-11-22T04"
        )
        late = self.call(client, replace(wanted, ask=Ask(done, "zhongtong")))
        assert isinstance(late, Failure)
        assert "已签收" in late.message

    def test_what_was_taken_is_not_taken_back(self, client: Client, number: str) -> None:
        wanted = Interception(Ask(number, "zhongtong"), Wish.RETURN, "R-1", "退款")
        self.call(client, wanted)
        failure = adapter.decode_withdrawal(http.send(adapter.encode_withdrawal(wanted, contract(client), NOW)))
        assert failure is not None
        assert "无法取消" in failure.message


def test_every_scan_is_read_as_what_it_is(client: Client) -> None:
    scene = client.simulator.scene
    later = scene.clock.now() + 28 * 86_400
    misread: Counter[tuple[str, str, str]] = Counter()
    # A problem piece tells what went wrong and not where the parcel is: its stage is left to the scans around it.
    problems = {kind for kind, (_, action) in zto.CODES.items() if action == "PROBLEM"}
    for order in scene.world.orders(scene.clock.now()):
        parcel = scene.world.parcel(order.waybill, later)
        if parcel is None or order.actual.code != "zhongtong":
            continue
        for step in parcel.known(later):
            if not zto.CODES[step.kind][0]:
                continue
            asked = {"result": [zto.scan(parcel, step)], "status": True, "statusCode": "SYS000"}
            for told in (asked, zto.trace(parcel, step)):
                (answer,) = adapter.read(json.dumps(told).encode())
                (event,) = answer.events
                stage, cause = MEANING[step.kind]
                right = event.stage.value == stage and (stage == "returning" or event.cause is None)
                if step.kind in problems:
                    right = event.cause is not None and event.cause.value == cause
                if not right:
                    misread[step.kind, event.stage.value, event.text] += 1
    assert not misread
    assert set(zto.CODES) == set(CODES)
