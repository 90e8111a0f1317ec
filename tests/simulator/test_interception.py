"""Parcels are called back over the wire: by Kuaidi100's e-waybill side and by SF, and really turn round."""

import hashlib
import json
from typing import Any
from urllib.parse import urlencode

import pytest

from simulator import scenarios as sc
from simulator.providers import kuaidi100
from tests.simulator.conftest import Client, Serve
from tests.simulator.test_sf import ask, routes


@pytest.fixture
def client(serve: Serve) -> Client:
    return serve("--orders", "1200")


def call_back(
    client: Client, company: str, number: str, kind: str = "RETURN_SEND_ADDR", secret: str = kuaidi100.SECRET
) -> Any:
    """What Kuaidi100's label/order answers to an interception."""
    param, t = json.dumps({"kuaidicom": company, "kuaidinum": number, "interceptType": kind}), "1795000000000"
    sign = hashlib.md5(f"{param}{t}DEMO-KEY-100{secret}".encode(), usedforsecurity=False).hexdigest().upper()
    form = {"method": "interceptOrder", "key": "DEMO-KEY-100", "t": t, "param": param, "sign": sign}
    return json.loads(client.raw("POST", "/label/order", urlencode(form))[1])


def kinds(client: Client, number: str, *, known: bool = True) -> list[str]:
    scans = client.get(f"/control/parcels/{number}")["scans"]
    return [scan["kind"] for scan in scans if scan["known"] or not known]


def under_way(client: Client, carrier: str) -> str:
    """A parcel of the carrier that left its outlet and is not yet at the buyer's."""
    found = (one["waybill"] for one in client.parcels("normal", carrier))
    return next(
        number for number in found if (made := kinds(client, number)) and made[-1] in ("left", "arrived", "reached")
    )


def out(client: Client, carrier: str) -> str:
    """A parcel that the courier has with him; time is moved until there is one."""
    for _ in range(48):
        for one in client.parcels("normal", carrier):
            if kinds(client, one["waybill"])[-1:] == ["out"]:
                return str(one["waybill"])
        client.control("time", advance_hours=0.5)
    raise AssertionError("nothing is out for delivery")


def test_the_label_signature_is_that_of_the_vector(shared: Any) -> None:
    vectors = json.loads((shared / "wire" / "sign_vectors.json").read_text(encoding="utf-8"))
    vector = next(one for one in vectors if one["name"] == "kuaidi100_label")
    assert kuaidi100.label_sign(**vector["input"]) == vector["expected"]


@pytest.mark.parametrize("carrier", ["yuantong", "zhongtong", "ems"])
def test_a_parcel_under_way_is_stopped_and_comes_home_on_its_own_number(client: Client, carrier: str) -> None:
    number = under_way(client, carrier)
    before = kinds(client, number)
    answer = call_back(client, carrier, number)
    assert (answer["success"], answer["code"]) == (True, 200)
    assert kinds(client, number) == before, "taken is not yet stopped"
    client.control("time", advance_hours=1)
    assert kinds(client, number) == [*before, "intercepted"]
    client.control("time", advance_hours=24 * 12)
    assert kinds(client, number)[len(before) :] == [
        "intercepted",
        "returning",
        "return_arrived",
        "return_left",
        "return_signed",
    ]
    parcel = client.get(f"/control/parcels/{number}")
    assert parcel["scenario"] == sc.INTERCEPTED
    assert client.query(carrier, number, phone=parcel["phone_tail"])["state"] == "4"


def test_an_sf_parcel_goes_back_on_a_new_number_that_the_text_names(client: Client) -> None:
    number = under_way(client, "shunfeng")
    wanted = {"waybillNo": number, "serviceCode": "2", "role": "1", "payMode": "1", "cancel": False}
    inner = json.loads(ask(client, wanted, service="EXP_RECE_WANTED_INTERCEPT")["apiResultData"])
    assert (inner["success"], inner["errorCode"], inner["msgData"]) == (True, "S0000", None)
    client.control("time", advance_hours=24 * 12)
    (reply,) = routes(client, number)
    assert [route["opCode"] for route in reply["routes"]][-2:] == ["99", "648"]
    (back,) = routes(client, reply["routes"][-1]["remark"].rsplit(" ", 1)[1])
    assert back["routes"][-1]["opCode"] == "8000"


def test_what_the_courier_has_or_nobody_has_cannot_be_stopped(client: Client) -> None:
    number = out(client, "yunda")
    before = kinds(client, number, known=False)
    assert call_back(client, "yunda", number)["message"] == "快件派送中或已签收，无法拦截"
    assert kinds(client, number, known=False) == before
    assert call_back(client, "yunda", "4300000000000")["message"] == "运单号不存在"
    sf = out(client, "shunfeng")
    wanted = {"waybillNo": sf, "serviceCode": "2", "role": "1", "payMode": "1"}
    inner = json.loads(ask(client, wanted, service="EXP_RECE_WANTED_INTERCEPT")["apiResultData"])
    assert (inner["success"], inner["errorCode"]) == (False, "20003")


def test_a_parcel_is_called_back_once_and_not_before_it_is_picked_up(client: Client) -> None:
    number = under_way(client, "yuantong")
    assert call_back(client, "yuantong", number)["success"]
    assert call_back(client, "yuantong", number)["message"] == "该运单已提交拦截，请勿重复提交"
    waiting = next(one for one in client.parcels("never_picked") if one["ship_at"] and one["ship_at"] < "2026-11-22")
    assert call_back(client, waiting["carrier"], waiting["waybill"])["message"] in (
        "快件未揽收，无法拦截",
        "运单号不存在",
    )


def test_a_wrong_secret_and_a_wish_that_is_not_known_are_refused(client: Client) -> None:
    number = under_way(client, "yuantong")
    assert call_back(client, "yuantong", number, secret="another")["code"] == 503
    assert call_back(client, "yuantong", number, kind="MODIFY_ADDR")["code"] == 400
    client.control("faults", throttle=1)
    assert call_back(client, "yuantong", number)["code"] == 504


def test_a_subscriber_is_told_of_the_interception(client: Client) -> None:
    number = under_way(client, "yuantong")
    client.subscribe("yuantong", number, "http://127.0.0.1:9/x")
    (before,) = client.simulator.register.stored()
    call_back(client, "yuantong", number)
    (after,) = client.simulator.register.take_due(client.simulator.scene.clock.now(), 10)
    assert (before["number"], after.number) == (number, number)


class TestRecognition:
    def ask(self, client: Client, number: str, key: str = "DEMO-KEY-100") -> Any:
        return json.loads(client.raw("GET", f"/autonumber/auto?{urlencode({'num': number, 'key': key})}")[1])

    @pytest.mark.parametrize("carrier", ["yuantong", "zhongtong", "shentong", "yunda", "jtexpress", "shunfeng", "ems"])
    def test_the_carrier_that_has_the_parcel_comes_first(self, client: Client, carrier: str) -> None:
        parcel = client.parcels("normal", carrier)[0]
        answer = self.ask(client, parcel["waybill"])
        assert (answer[0]["comCode"], answer[0]["lengthPre"]) == (carrier, len(parcel["waybill"]))
        posted = client.raw("POST", "/autonumber/auto", urlencode({"num": parcel["waybill"], "key": "DEMO-KEY-100"}))
        assert json.loads(posted[1]) == answer

    def test_a_number_that_nobody_knows_is_an_empty_list(self, client: Client) -> None:
        assert self.ask(client, "QQ1234567") == []

    @pytest.mark.parametrize(
        ("number", "key", "code"),
        [("YT8000000000000", "", "701"), ("YT8000000000000", "x", "601"), ("YT8", "DEMO-KEY-100", "201")],
    )
    def test_an_error_is_an_object_where_a_list_is_expected(
        self, client: Client, number: str, key: str, code: str
    ) -> None:
        answer = self.ask(client, number, key)
        assert (answer["result"], answer["returnCode"]) == (False, code)
