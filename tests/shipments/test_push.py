"""The door carriers push through: signed or refused, stored before it is read, acknowledged in their own words."""

import json
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import urlencode

import pytest
from django.db import OperationalError
from django.test import Client, override_settings
from django.urls import reverse

from merchants.models import Shop, User
from shipments import accounts, recording
from shipments.booking import book
from shipments.carriers.kuaidi100 import sign
from shipments.models import CarrierAccount, RawAnswer, TrackingEvent, Waybill
from shipments.push import Read, read_pushes
from tests.shipments.conftest import Client as Simulated
from tests.shipments.conftest import a_dispatch, at_simulator, the_waybill

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("carriers")]

NUMBER = "YT8834201944712"
FORM = "application/x-www-form-urlencoded"
ACKNOWLEDGED = '{"result":true,"returnCode":"200","message":"成功"}'.encode()
SF_PUSH = {
    "Body": {
        "WaybillRoute": [
            {"id": "1", "mailno": "SF1390227448801", "acceptTime": "2026-11-21 17:42:00", "acceptAddress": "深圳", "remark": "上门收件", "opCode": "50"},
            {"id": "2", "mailno": "SF1390227448802", "acceptTime": "2026-11-21 18:42:00", "acceptAddress": "深圳", "remark": "已签收", "opCode": "80"},
        ]
    }
}  # fmt: skip


def body(account: CarrierAccount, param: dict, salt: str | None = None) -> str:
    text = json.dumps(param, ensure_ascii=False)
    return urlencode({"param": text, "sign": sign(text, accounts.contract(account).salt if salt is None else salt)})


def a_track(number: str = NUMBER, com: str = "yuantong", **more: object) -> dict:
    data = [
        {"time": "2026-11-21 20:00:00", "context": "【广州转运中心】 已收入", "status": "在途"},
        {"time": "2026-11-21 10:00:00", "context": "【广州太和】 已收件", "status": "揽收"},
    ]
    result = {"message": "ok", "nu": number, "com": com, "ischeck": "0", "state": "0", "status": "200", "data": data}
    return {"status": "polling", "message": "", "lastResult": result} | more


def send(client: Client, account: CarrierAccount, content: str | bytes, kind: str = FORM):
    return client.post(push_url(account), content, content_type=kind)


def push_url(account: CarrierAccount, token: str = "") -> str:
    return reverse("push", args=[account.provider, token or account.push_token])


@pytest.fixture
def waybill(shop: Shop, account: CarrierAccount, now: datetime) -> Waybill:
    a_dispatch(shop, NUMBER, now)
    book(now)
    return the_waybill(NUMBER)


def test_a_signed_push_is_stored_acknowledged_and_read(
    client: Client, account: CarrierAccount, waybill: Waybill, now: datetime
) -> None:
    sent = body(account, a_track())
    response = send(client, account, sent)
    assert (response.status_code, response.content) == (200, ACKNOWLEDGED)
    answer = RawAnswer.objects.get()
    assert (bytes(answer.body), answer.kind, answer.read_at, answer.account) == (sent.encode(), "push", None, account)
    assert not TrackingEvent.objects.exists(), "reading is the worker's"
    assert read_pushes(now) == Read(taken=1, unreadable=0, new_events=2)
    waybill.refresh_from_db()
    assert (waybill.stage, waybill.event_count) == ("in_transit", 2)
    answer.refresh_from_db()
    assert (answer.read_at, answer.error) == (now, "")
    assert read_pushes(now) == Read()


def test_a_replay_is_acknowledged_again_and_harms_nothing(
    client: Client, account: CarrierAccount, waybill: Waybill, now: datetime
) -> None:
    sent = body(account, a_track())
    send(client, account, sent)
    read_pushes(now)
    assert send(client, account, sent).content == ACKNOWLEDGED
    answer = RawAnswer.objects.get()
    assert (answer.seen_count, answer.read_at) == (2, now)
    assert read_pushes(now) == Read()
    assert TrackingEvent.objects.count() == 2


@pytest.mark.parametrize("salt", ["", "somebody else's"])
def test_a_wrong_signature_is_refused_counted_and_stores_nothing(
    client: Client, account: CarrierAccount, salt: str
) -> None:
    assert send(client, account, body(account, a_track(), salt)).status_code == 403
    account.refresh_from_db()
    assert account.refused_pushes == 1
    assert not RawAnswer.objects.exists()


def test_a_push_without_signature_is_refused(client: Client, account: CarrierAccount) -> None:
    assert send(client, account, urlencode({"param": "{}"})).status_code == 403
    assert send(client, account, b"").status_code == 403
    assert send(client, account, b"\xff\xfe\x00").status_code == 403
    assert not RawAnswer.objects.exists()


def test_an_html_escaped_param_counts_as_signed(
    client: Client, account: CarrierAccount, waybill: Waybill, now: datetime
) -> None:
    text = json.dumps(a_track(), ensure_ascii=False)
    signature = sign(text, accounts.contract(account).salt)
    send(client, account, urlencode({"param": text.replace('"', "&quot;"), "sign": signature}))
    assert read_pushes(now).new_events == 2


@pytest.mark.parametrize("which", ["token", "provider", "disabled"])
def test_an_address_that_is_nobodys_does_not_exist(client: Client, account: CarrierAccount, which: str) -> None:
    url = push_url(account)
    if which == "token":
        url = push_url(account, "x" * 32)
    elif which == "provider":
        url = url.replace("kuaidi100", "sf")
    else:
        CarrierAccount.objects.update(enabled=False)
    response = client.post(url, body(account, a_track()), content_type="application/x-www-form-urlencoded")
    assert (response.status_code, response.content) == (404, b"Nobody is pushed to at this address.")
    assert not RawAnswer.objects.exists()


def test_what_only_looks_like_a_push_address_is_an_ordinary_missing_page(client: Client, admin: User) -> None:
    client.force_login(admin)
    response = client.get("/carriers/kuaidi100/")
    assert (response.status_code, response["Content-Type"]) == (404, "text/html; charset=utf-8")


def test_a_body_too_large_to_be_a_track_is_refused_before_it_is_read(client: Client, account: CarrierAccount) -> None:
    response = send(client, account, b"param=" + b"x" * (512 * 1024))
    assert response.status_code == 413
    account.refresh_from_db()
    assert (RawAnswer.objects.count(), account.refused_pushes) == (0, 0)


@pytest.mark.parametrize("encoding", ["gzip", "br", "deflate", "GZIP, identity"])
def test_a_compressed_body_is_refused_before_it_is_looked_at(
    client: Client, account: CarrierAccount, encoding: str
) -> None:
    sent = body(account, a_track())
    response = client.post(push_url(account), sent, content_type=FORM, headers={"Content-Encoding": encoding})
    assert response.status_code == 415
    account.refresh_from_db()
    assert (RawAnswer.objects.count(), account.refused_pushes) == (0, 0)


def test_a_body_that_says_it_is_not_encoded_is_taken(client: Client, account: CarrierAccount) -> None:
    sent = body(account, a_track())
    response = client.post(push_url(account), sent, content_type=FORM, headers={"Content-Encoding": "identity"})
    assert response.content == ACKNOWLEDGED


def test_an_account_whose_provider_is_no_longer_installed_has_no_address(
    client: Client, account: CarrierAccount
) -> None:
    CarrierAccount.objects.update(provider="uninstalled")
    account.refresh_from_db()
    assert send(client, account, "x").status_code == 404
    assert not RawAnswer.objects.exists()


def test_a_push_costs_one_statement_once_its_account_is_known(
    client: Client, account: CarrierAccount, django_assert_num_queries
) -> None:  # type: ignore[no-untyped-def]
    with django_assert_num_queries(2):
        send(client, account, body(account, a_track()))
    with django_assert_num_queries(1):
        send(client, account, body(account, a_track("YT8834201944713")))
    with django_assert_num_queries(1):
        send(client, account, body(account, a_track()))


def test_what_changes_on_the_account_counts_for_the_very_next_push(client: Client, account: CarrierAccount) -> None:
    assert send(client, account, body(account, a_track())).status_code == 200
    CarrierAccount.objects.update(enabled=False)
    assert send(client, account, body(account, a_track())).status_code == 404
    CarrierAccount.objects.update(enabled=True, answered_at="2026-11-22T04:00Z")
    assert send(client, account, body(account, a_track())).status_code == 200
    before = account.push_token
    CarrierAccount.objects.update(push_token="another")
    assert client.post(push_url(account, before), "x", content_type=FORM).status_code == 404


def test_only_posts_are_pushes(client: Client, account: CarrierAccount) -> None:
    assert client.get(push_url(account)).status_code == 405


def test_a_push_needs_neither_log_in_nor_csrf_token(account: CarrierAccount) -> None:
    strict = Client(enforce_csrf_checks=True)
    assert send(strict, account, body(account, a_track())).status_code == 200


def test_what_cannot_be_read_keeps_its_error_and_blocks_nobody(
    client: Client, account: CarrierAccount, waybill: Waybill, now: datetime
) -> None:
    send(client, account, urlencode({"param": "nonsense", "sign": sign("nonsense", accounts.contract(account).salt)}))
    send(client, account, body(account, a_track("?" * 100)))
    send(client, account, body(account, a_track()))
    assert read_pushes(now) == Read(taken=3, unreadable=2, new_events=2)
    errors = list(RawAnswer.objects.order_by("pk").values_list("error", flat=True))
    assert "not JSON" in errors[0]
    assert "no waybill number" in errors[1]
    assert errors[2] == ""
    assert read_pushes(now) == Read()


def test_a_number_that_two_carriers_have_is_not_guessed(
    client: Client, shop: Shop, account: CarrierAccount, waybill: Waybill, now: datetime
) -> None:
    twin = a_dispatch(shop, f"{NUMBER} ", now, carrier="申通快递")
    book(now)
    assert Waybill.objects.filter(number=NUMBER).count() == 2, twin
    send(client, account, body(account, a_track(com="yunda")))
    send(client, account, body(account, a_track(com="shentong")))
    assert read_pushes(now) == Read(taken=2, unreadable=1, new_events=2)
    assert "Several carriers" in RawAnswer.objects.order_by("pk")[0].error
    assert Waybill.objects.get(number=NUMBER, carrier__code="shentong").event_count == 2


def test_a_push_of_another_merchant_reaches_only_its_own_waybill(
    client: Client, account: CarrierAccount, waybill: Waybill, stranger_shop: Shop, now: datetime
) -> None:
    foreign = CarrierAccount.objects.create(
        merchant=stranger_shop.merchant, provider="kuaidi100", name="x", credentials={}
    )
    send(client, foreign, body(foreign, a_track()))
    assert read_pushes(now).new_events == 0
    waybill.refresh_from_db()
    assert waybill.event_count == 0


def test_a_provider_that_gives_up_is_asked_to_follow_again_later(
    client: Client, account: CarrierAccount, waybill: Waybill, now: datetime
) -> None:
    Waybill.objects.update(subscribed_at=now, poll_at=None)
    empty = {"message": "单号不存在", "nu": NUMBER, "com": "yuantong", "status": "201", "state": "0", "data": []}
    gave_up = {"status": "abort", "message": "3天查询无记录", "lastResult": empty}
    send(client, account, body(account, gave_up))
    assert read_pushes(now) == Read(taken=1)
    waybill.refresh_from_db()
    assert (waybill.stage, waybill.cause) == ("unknown", "no_record")
    assert (waybill.subscribed_at, waybill.poll_at) == (None, now + timedelta(minutes=30))


def test_a_number_that_is_another_carriers_moves_to_it(
    client: Client, account: CarrierAccount, waybill: Waybill, now: datetime
) -> None:
    empty = {"nu": NUMBER, "com": "yuantong", "status": "201", "state": "0", "data": []}
    told = {
        "status": "abort",
        "message": "",
        "autoCheck": "1",
        "comOld": "yuantong",
        "comNew": "zhongtong",
        "lastResult": empty,
    }
    send(client, account, body(account, told))
    read_pushes(now)
    moved = the_waybill(NUMBER)
    assert (moved.carrier.code, moved.poll_at) == ("zhongtong", now)
    assert (moved.cause, moved.doubts) == ("contradiction", ["other_carrier"])


def test_scans_under_another_carrier_move_the_number_though_the_word_on_it_was_lost(
    client: Client, account: CarrierAccount, waybill: Waybill, now: datetime
) -> None:
    scans = [{"ftime": "2026-11-22 09:00:00", "context": "【广州】已揽收", "statusCode": "103"}]
    track = {"nu": NUMBER, "com": "zhongtong", "status": "200", "state": "1", "data": scans}
    send(client, account, body(account, {"status": "polling", "message": "", "lastResult": track}))
    read_pushes(now)
    moved = the_waybill(NUMBER)
    assert (moved.carrier.code, moved.former_carriers, moved.stage) == ("zhongtong", ["yuantong"], "picked_up")
    assert moved.doubts == ["before_payment", "other_carrier"]  # the order was paid just now


class TestSf:
    def test_one_push_tells_of_several_waybills(
        self, client: Client, shop: Shop, sf_account: CarrierAccount, now: datetime
    ) -> None:
        for number in ("SF1390227448801", "SF1390227448802"):
            a_dispatch(shop, number, now, carrier="顺丰")
        book(now)
        response = send(client, sf_account, json.dumps(SF_PUSH), "application/json")
        assert response.json() == {"return_code": "0000", "return_msg": "成功"}
        assert read_pushes(now) == Read(taken=1, unreadable=0, new_events=2)
        assert (the_waybill("SF1390227448801").stage, the_waybill("SF1390227448802").stage) == (
            "picked_up",
            "delivered",
        )

    def test_the_older_xml_gets_its_xml_acknowledgement(
        self, client: Client, shop: Shop, sf_account: CarrierAccount, now: datetime, shared: Path
    ) -> None:
        a_dispatch(shop, "444003079772", now, carrier="顺丰")
        book(now)
        xml = (shared / "wire/samples/sf/route_push_2015_longid_childtag.xml.txt").read_text("utf-8")
        response = send(client, sf_account, urlencode({"content": xml}))
        assert response.content == b'<Response service="RoutePushService"><Head>OK</Head></Response>'
        assert response["Content-Type"].startswith("text/xml")
        assert read_pushes(now).new_events == 1
        assert the_waybill("444003079772").stage == "picked_up"


def test_the_simulated_provider_signs_as_we_check(
    client: Client, shop: Shop, account: CarrierAccount, world: Simulated, now: datetime
) -> None:
    """Subscribe over HTTP, then take what the simulator's own code would push, bytes and signature."""
    from shipments.polling import poll
    from simulator.providers import kuaidi100 as simulated

    at_simulator(account, world)
    parcel = next(one for one in world.parcels("normal", "yuantong") if one["ended_at"])
    a_dispatch(shop, parcel["waybill"], now, phone_tail=parcel["phone_tail"])
    book(now)
    with override_settings(PUBLIC_URL="http://127.0.0.1:9"):
        poll(now)
    (subscription,) = world.simulator.register.stored()
    assert subscription["callback"] == f"http://127.0.0.1:9{push_url(account)}"
    found = world.simulator.scene.world.parcel(parcel["waybill"], world.simulator.scene.clock.now())
    last = simulated.result(world.simulator.scene, found, "yuantong", world.simulator.scene.clock.now(), "4")
    param = json.dumps({"status": "polling", "message": "", "lastResult": last}, ensure_ascii=False)
    signed = urlencode({"param": param, "sign": simulated.push_sign(param, subscription["salt"])})
    assert send(client, account, signed).content == ACKNOWLEDGED
    assert read_pushes(now) == Read(taken=1, unreadable=0, new_events=0), "the query had told it all"


def test_a_token_no_database_takes_is_nobodys_address(client: Client, account: CarrierAccount) -> None:
    assert (
        client.post(push_url(account).replace(account.push_token, "%00"), b"x", content_type="text/plain").status_code
        == 404
    )


def test_a_database_that_fails_puts_no_push_aside(
    client: Client, account: CarrierAccount, waybill: Waybill, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    send(client, account, body(account, a_track()))

    def deadlock(*_: object) -> None:
        raise OperationalError("deadlock detected")

    with monkeypatch.context() as patch:
        patch.setattr(recording, "record", deadlock)
        with pytest.raises(OperationalError):
            read_pushes(now)
    assert read_pushes(now) == Read(taken=1, new_events=2)
