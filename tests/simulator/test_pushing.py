"""Subscriptions and pushes: the form, its signature, retries, the end, and what a restart remembers."""

import hashlib
import json
import threading
from pathlib import Path
from typing import Any

import pytest

from simulator.pushing import Pusher
from tests.simulator.conftest import Client, Serve
from tests.simulator.receiving import ACKNOWLEDGEMENT, Shop, push_all, shop

__all__ = ["shop"]


def travelling(client: Client, carrier: str = "yuantong") -> dict[str, Any]:
    """A parcel that is signed later today or tomorrow."""
    return next(
        one
        for one in client.parcels("normal", carrier)
        if one["ended_at"] and "2026-11-22T08" < one["ended_at"] < "2026-11-24"
    )


def test_a_subscription_is_accepted_once(client: Client, shop: Shop, shared: Path) -> None:
    parcel = travelling(client)
    accepted = client.subscribe("yuantong", parcel["waybill"], shop.url, salt="s")
    assert accepted == json.loads(
        (shared / "wire" / "samples" / "kuaidi100" / "subscribe_ok.json").read_text(encoding="utf-8")
    )
    assert client.subscribe("yuantong", parcel["waybill"], shop.url, salt="s")["returnCode"] == "501"


@pytest.mark.parametrize(
    ("company", "number", "callback", "key", "code"),
    [
        ("yuantong", "YT8000000000000", "http://127.0.0.1/x", "another", "600"),
        ("yuantong", "YT8000000000000", "ftp://127.0.0.1/x", "DEMO-KEY-100", "700"),
        ("yuantong", "YT8", "http://127.0.0.1/x", "DEMO-KEY-100", "700"),
        ("yuantogn", "YT8000000000000", "http://127.0.0.1/x", "DEMO-KEY-100", "701"),
        ("", "YT8000000000000", "http://127.0.0.1/x", "DEMO-KEY-100", "702"),
    ],
)
def test_a_bad_subscription_is_refused(
    client: Client, company: str, number: str, callback: str, key: str, code: str
) -> None:
    answer = client.subscribe(company, number, callback, key=key)
    assert (answer["result"], answer["returnCode"]) == (False, code)


def test_a_push_carries_the_whole_list_and_a_true_signature(client: Client, shop: Shop) -> None:
    parcel = travelling(client)
    client.subscribe("yuantong", parcel["waybill"], shop.url, salt="sea salt", resultv2="4")
    assert push_all(client) == 1
    (form,) = shop.forms
    assert form["sign"] == hashlib.md5((form["param"] + "sea salt").encode(), usedforsecurity=False).hexdigest().upper()
    (content,) = shop.contents
    assert content["status"] == "polling"
    assert content["lastResult"] == client.query("yuantong", parcel["waybill"], version="4")


def test_a_push_without_a_salt_is_not_signed(client: Client, shop: Shop) -> None:
    client.subscribe("yuantong", travelling(client)["waybill"], shop.url)
    push_all(client)
    assert shop.forms[0].keys() == {"param"}


def test_there_is_one_push_per_new_scan_and_the_last_says_shutdown(client: Client, shop: Shop) -> None:
    parcel = travelling(client)
    client.subscribe("yuantong", parcel["waybill"], shop.url)
    for _ in range(96):
        push_all(client)
        client.control("time", advance_hours=0.5)
    lengths = [len(content["lastResult"]["data"]) for content in shop.contents]
    assert lengths == sorted(set(lengths))
    assert [content["status"] for content in shop.contents] == ["polling"] * (len(lengths) - 1) + ["shutdown"]
    assert shop.contents[-1]["lastResult"]["ischeck"] == "1"
    assert client.get("/control/state")["subscriptions"] == {"active": 0, "finished": 1}


@pytest.mark.parametrize("reply", ["", "ok", '{"result":true}', '{"result":false,"returnCode":"500","message":"失败"}'])
def test_a_wrong_acknowledgement_is_tried_again_three_times_thirty_five_minutes_apart(
    client: Client, shop: Shop, reply: str
) -> None:
    shop.reply = reply
    parcel = client.parcels("lost")[0]
    client.subscribe(parcel["carrier"], parcel["waybill"], shop.url, phone=parcel["phone_tail"])
    received = []
    for minutes in (0, 34.9, 0.2, 34.9, 0.2, 34.9, 0.2, 34.9, 0.2):
        client.control("time", advance_hours=minutes / 60)
        push_all(client)
        received.append(len(shop.forms))
    assert received == [1, 1, 2, 2, 3, 3, 4, 4, 4]
    assert client.get("/control/state")["pushes"] == {"refused": 4, "dropped": 1}


def test_after_a_retry_that_is_acknowledged_the_pushes_go_on(client: Client, shop: Shop) -> None:
    parcel = travelling(client)
    shop.reply = "busy"
    client.subscribe("yuantong", parcel["waybill"], shop.url)
    push_all(client)
    shop.reply = ACKNOWLEDGEMENT
    push_all(client)
    assert len(shop.forms) == 1
    client.control("time", advance_hours=0.6)
    push_all(client)
    assert len(shop.forms) == 2
    client.control("time", advance_hours=48)
    push_all(client)
    assert shop.contents[-1]["status"] == "shutdown"


def test_a_number_without_record_is_given_up_after_three_days(client: Client, shop: Shop, shared: Path) -> None:
    parcel = client.parcels("no_record")[0]
    client.subscribe(parcel["carrier"], parcel["waybill"], shop.url)
    client.control("time", advance_hours=71.9)
    push_all(client)
    assert shop.forms == []
    client.control("time", advance_hours=0.2)
    push_all(client)
    captured = (shared / "wire" / "samples" / "kuaidi100" / "push_abort_3days_norecord_yunda.form.txt").read_text(
        encoding="utf-8"
    )
    real = json.loads(captured.removeprefix("param="))
    (content,) = shop.contents
    assert content.keys() == real.keys()
    assert content["lastResult"].keys() == real["lastResult"].keys()
    assert (content["status"], content["message"]) == (real["status"], real["message"])


def test_a_number_of_another_company_is_followed_under_that_one_if_asked_to_recognise(
    client: Client, shop: Shop
) -> None:
    client.control("time", advance_hours=24 * 3)
    one, other = client.parcels("wrong_company")[:2]
    client.subscribe(one["carrier"], one["waybill"], shop.url, autoCom="1", phone=one["phone_tail"])
    push_all(client)
    client.control("time", advance_hours=1)
    push_all(client)
    told, followed = shop.contents
    assert (told["status"], told["autoCheck"], told["comOld"], told["comNew"]) == (
        "abort",
        "1",
        one["carrier"],
        one["actual_carrier"],
    )
    assert followed["lastResult"]["com"] == one["actual_carrier"]
    client.subscribe(other["carrier"], other["waybill"], shop.url, phone=other["phone_tail"])
    push_all(client)
    assert (shop.contents[2]["status"], shop.contents[2]["autoCheck"]) == ("abort", "0")


def test_a_push_can_be_signed_wrongly_on_purpose(client: Client, shop: Shop) -> None:
    client.control("faults", bad_push_sign=1)
    client.subscribe("yuantong", travelling(client)["waybill"], shop.url, salt="s")
    push_all(client)
    (form,) = shop.forms
    assert form["sign"] != hashlib.md5((form["param"] + "s").encode(), usedforsecurity=False).hexdigest().upper()


def test_the_background_threads_push_by_themselves(client: Client, shop: Shop) -> None:
    client.subscribe("yuantong", travelling(client)["waybill"], shop.url)
    pusher = Pusher(client.simulator.scene, client.simulator.register, rate=50)
    taken = threading.Event()
    shop.forms = type("Forms", (list,), {"append": lambda self, form: (list.append(self, form), taken.set())})()
    pusher.start()
    try:
        assert taken.wait(10)
    finally:
        pusher.stop()
    assert client.get("/control/state")["pushes"] == {"acknowledged": 1}


def test_a_parcel_bent_while_a_push_is_under_way_is_looked_at_again_at_once(client: Client, shop: Shop) -> None:
    parcel = travelling(client)
    client.subscribe("yuantong", parcel["waybill"], shop.url)
    now, register = client.simulator.scene.clock.now(), client.simulator.register
    (taken,) = register.take_due(now, 10)
    client.control(f"parcels/{parcel['waybill']}", scenario="refused")
    register.settle(taken, due=now + 9 * 3600)
    assert register.take_due(now, 10) == [taken]
    assert register.take_due(now, 10) == []


def test_a_restart_remembers_subscriptions_and_bent_parcels(serve: Serve, shop: Shop, tmp_path: Path) -> None:
    words = ("--orders", "400", "--state", str(tmp_path / "state.jsonl"))
    before = serve(*words)
    parcel = travelling(before)
    before.subscribe("yuantong", parcel["waybill"], shop.url)
    push_all(before)
    before.control(f"parcels/{parcel['waybill']}", scenario="refused")
    truth = before.get(f"/control/parcels/{parcel['waybill']}")
    after = serve(*words)
    assert after.get(f"/control/parcels/{parcel['waybill']}") == truth
    assert after.subscribe("yuantong", parcel["waybill"], shop.url)["returnCode"] == "501"
    after.control("time", advance_hours=24 * 8)
    push_all(after)
    assert shop.contents[-1]["lastResult"]["state"] == "4"
