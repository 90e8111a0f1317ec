"""Kuaidi100's query over real HTTP: answers shaped like captured ones, refusals inside HTTP 200."""

import hashlib
import json
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from tests.simulator.conftest import Client, Serve

REFUSAL_KEYS = {"result", "returnCode", "message"}


def delivered(client: Client, carrier: str) -> dict[str, Any]:
    return next(one for one in client.parcels("normal", carrier) if one["ended_at"] and one["ended_at"] < "2026-11-21")


def sample(shared: Path, name: str) -> Any:
    return json.loads((shared / "wire" / "samples" / "kuaidi100" / name).read_text(encoding="utf-8"))


def test_an_answer_has_the_shape_of_a_captured_one(client: Client, shared: Path) -> None:
    captured = sample(shared, "query_v1_shentong_in_transit.json")
    parcel = delivered(client, "shentong")
    answer = client.query("shentong", parcel["waybill"], version="1")
    assert answer.keys() == captured.keys()
    assert answer["data"][0].keys() == captured["data"][0].keys()
    assert {name: type(value) for name, value in answer.items()} == {
        name: type(value) for name, value in captured.items()
    }


def test_a_signed_parcel_is_answered_newest_first_with_its_state(client: Client) -> None:
    parcel = delivered(client, "yuantong")
    answer = client.query("yuantong", parcel["waybill"], version="1")
    assert (answer["state"], answer["ischeck"], answer["status"], answer["message"]) == ("3", "1", "200", "ok")
    times = [row["time"] for row in answer["data"]]
    assert times == sorted(times, reverse=True)
    assert answer["data"][-1]["status"] == "揽收"
    assert client.query("yuantong", parcel["waybill"], version="1", order="asc")["data"] == answer["data"][::-1]


def test_advanced_states_are_given_on_request(client: Client) -> None:
    answer = client.query("yuantong", delivered(client, "yuantong")["waybill"], version="4")
    assert answer["state"] in ("301", "303")
    assert {"statusCode", "areaCenter", "areaPinYin", "location"} <= answer["data"][0].keys()
    assert answer["data"][-1]["statusCode"] == "103"
    assert answer["routeInfo"].keys() == {"from", "cur", "to"}


def test_a_plain_query_gets_plain_rows(client: Client) -> None:
    answer = client.query("yunda", delivered(client, "yunda")["waybill"], version="")
    assert answer["state"] == "3"
    assert answer["data"][0].keys() == {"time", "context", "ftime"}


def test_a_wrong_signature_is_refused(client: Client) -> None:
    answer = client.query("yunda", delivered(client, "yunda")["waybill"], key="another")
    assert answer == {"result": False, "returnCode": "503", "message": "验证签名失败"}


def test_a_sha256_signature_is_taken_when_it_is_announced(client: Client) -> None:
    param = json.dumps({"com": "yunda", "num": delivered(client, "yunda")["waybill"]})
    sign = hashlib.sha256(f"{param}DEMO-KEY-100DEMO-CUSTOMER".encode()).hexdigest().upper()
    form = {"customer": "DEMO-CUSTOMER", "sign": sign, "param": param}
    assert json.loads(client.raw("POST", "/poll/query.do", urlencode(form))[1])["returnCode"] == "503"
    assert (
        json.loads(client.raw("POST", "/poll/query.do", urlencode({**form, "signType": "SHA256"}))[1])["message"]
        == "ok"
    )


def test_an_unknown_company_is_refused_as_captured(client: Client, shared: Path) -> None:
    assert client.query("yuntong", "YT8000000000000") == sample(shared, "query_error_400_company.json")


def test_a_number_without_a_scan_is_answered_as_captured(client: Client, shared: Path) -> None:
    nothing = sample(shared, "query_error_500_no_result.json")
    assert client.query("yuantong", "YT8999999999999") == nothing
    parcel = client.parcels("no_record")[0]
    assert client.query(parcel["carrier"], parcel["waybill"], phone=parcel["phone_tail"]) == nothing


def test_a_number_under_the_wrong_company_has_no_result_and_is_known_to_the_right_one(client: Client) -> None:
    parcel = next(
        one
        for one in client.parcels("wrong_company")
        if client.query(one["actual_carrier"], one["waybill"], phone=one["phone_tail"]).get("state")
    )
    assert client.query(parcel["carrier"], parcel["waybill"], phone=parcel["phone_tail"])["returnCode"] == "500"


@pytest.mark.parametrize("carrier", ["zhongtong", "shunfeng"])
def test_two_carriers_ask_for_the_last_digits_of_a_telephone(client: Client, carrier: str) -> None:
    parcel = delivered(client, carrier)
    wrong = f"{(int(parcel['phone_tail']) + 1) % 10000:04d}"
    for phone in ("", wrong):
        answer = client.query(carrier, parcel["waybill"], phone=phone)
        assert answer.keys() == REFUSAL_KEYS
        assert answer["returnCode"] == "408"
    sender = {"MT-PDD": "8001", "MT-DY": "8002", "MT-TB": "8003"}[parcel["shop"]]
    for phone in (parcel["phone_tail"], f"13800138000-{parcel['phone_tail']}", sender):
        assert client.query(carrier, parcel["waybill"], phone=phone)["message"] == "ok"


def test_asking_for_a_number_too_often_is_refused_for_half_an_hour(serve: Serve) -> None:
    client = serve("--orders", "400", "--fault", "min_interval=1800")
    parcel = delivered(client, "yunda")
    codes = []
    for hours in (0, 0, 0.49, 0.02):
        client.control("time", advance_hours=hours)
        codes.append(client.query("yunda", parcel["waybill"]).get("returnCode"))
    assert codes == [None, "504", "504", None]


def test_an_incomplete_question_is_refused(client: Client) -> None:
    assert client.query("", "YT8000000000000")["returnCode"] == "400"
    assert client.query("yuantong", "123")["returnCode"] == "400"


def test_answers_are_the_same_to_the_byte_from_the_same_seed_and_start(serve: Serve) -> None:
    one, other = serve("--orders", "400"), serve("--orders", "400")
    for client in (one, other):
        client.control("time", advance_hours=5)
    for parcel in one.parcels(limit=60):
        question = (parcel["actual_carrier"], parcel["waybill"])
        assert json.dumps(one.query(*question, phone=parcel["phone_tail"])) == json.dumps(
            other.query(*question, phone=parcel["phone_tail"])
        )
    for shop in ("MT-PDD", "MT-DY", "MT-TB"):
        assert one.raw("GET", f"/exports/{shop}.csv") == other.raw("GET", f"/exports/{shop}.csv")


def test_scans_appear_as_virtual_time_passes_and_none_is_taken_back(client: Client) -> None:
    parcel = client.parcels("sign_overdue")[8]
    truth = client.get(f"/control/parcels/{parcel['waybill']}")["scans"]
    before: list[str] = []
    for _ in range(6):
        answer = client.query(parcel["carrier"], parcel["waybill"], phone=parcel["phone_tail"])
        texts = [row["context"] for row in reversed(answer.get("data", []))]
        assert texts[: len(before)] == before
        before = texts
        client.control("time", advance_hours=24)
    assert before == [scan["text"] for scan in truth]
