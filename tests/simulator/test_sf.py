"""SF's gateway over real HTTP."""

import base64
import hashlib
import json
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from tests.simulator.conftest import Client, Serve

TIMESTAMP = "1795000000000"


def ask(
    client: Client,
    message: dict[str, Any] | str,
    *,
    service: str = "EXP_RECE_SEARCH_ROUTES",
    checkword: str = "demo-checkword-sf",
) -> Any:
    """The gateway's envelope for one message."""
    text = message if isinstance(message, str) else json.dumps(message)
    encoded = urlencode({"x": text + TIMESTAMP + checkword})[2:]
    digest = base64.b64encode(hashlib.md5(encoded.encode(), usedforsecurity=False).digest()).decode()
    form = {
        "partnerID": "DEMO-SF",
        "requestID": "b0a1",
        "serviceCode": service,
        "timestamp": TIMESTAMP,
        "msgDigest": digest,
        "msgData": text,
    }
    return json.loads(client.raw("POST", "/std/service", urlencode(form))[1])


def routes(client: Client, *numbers: str, **more: str) -> Any:
    """routeResps for some numbers."""
    message = {"language": "0", "trackingType": "1", "trackingNumber": list(numbers), "methodType": "1", **more}
    inner = json.loads(ask(client, message)["apiResultData"])
    assert (inner["success"], inner["errorCode"]) == (True, "S0000")
    return inner["msgData"]["routeResps"]


@pytest.fixture
def client(serve: Serve) -> Client:
    return serve("--orders", "1200")


@pytest.fixture
def signed(client: Client) -> dict[str, Any]:
    return next(one for one in client.parcels("normal", "shunfeng") if one["ended_at"] < "2026-11-20")


def test_the_envelope_and_its_doubly_encoded_data_have_the_captured_shape(
    client: Client, signed: dict[str, Any], shared: Path
) -> None:
    captured = json.loads(
        (shared / "wire" / "samples" / "sf" / "search_routes_sandbox_2023.json").read_text(encoding="utf-8")
    )
    answer = ask(
        client, {"language": "0", "trackingType": "1", "trackingNumber": [signed["waybill"]], "methodType": "1"}
    )
    assert answer.keys() == captured.keys()
    inner, sandbox = json.loads(answer["apiResultData"]), json.loads(captured["apiResultData"])
    assert inner.keys() == sandbox.keys()
    reply, expected = inner["msgData"]["routeResps"][0], sandbox["msgData"]["routeResps"][0]
    assert reply.keys() == expected.keys()
    assert reply["routes"][0].keys() == expected["routes"][0].keys()
    assert reply["routes"][0]["remark"] == expected["routes"][0]["remark"]


def test_routes_come_oldest_first_from_pickup_to_signature(client: Client, signed: dict[str, Any]) -> None:
    (reply,) = routes(client, signed["waybill"])
    codes = [route["opCode"] for route in reply["routes"]]
    times = [route["acceptTime"] for route in reply["routes"]]
    assert codes[0] == "50"
    assert "44" in codes
    assert codes[-1] in ("8000", "679")
    assert times == sorted(times)


def test_ten_numbers_go_in_one_question_and_eleven_do_not(client: Client) -> None:
    numbers = [one["waybill"] for one in client.parcels(carrier="shunfeng", limit=10)]
    assert [reply["mailNo"] for reply in routes(client, *numbers)] == numbers
    inner = json.loads(ask(client, {"trackingNumber": [*numbers, "SF1000000000000"]})["apiResultData"])
    assert inner["success"] is False


def test_a_wrong_digest_is_refused_by_the_gateway(client: Client, signed: dict[str, Any]) -> None:
    answer = ask(client, {"trackingNumber": [signed["waybill"]]}, checkword="another")
    assert (answer["apiResultCode"], answer["apiErrorMsg"], answer["apiResultData"]) == ("A1006", "数字签名无效", None)


def test_a_service_that_was_not_granted_is_refused(client: Client) -> None:
    assert ask(client, {"waybillNo": "SF1"}, service="EXP_RECE_CREATE_ORDER")["apiResultCode"] == "A1004"


def test_a_message_that_is_no_json_is_refused_by_the_service(client: Client) -> None:
    assert json.loads(ask(client, "{oops")["apiResultData"])["errorCode"] == "S0001"


def test_a_telephone_that_does_not_fit_hides_the_routes(client: Client, signed: dict[str, Any]) -> None:
    wrong = f"{(int(signed['phone_tail']) + 1) % 10000:04d}"
    assert routes(client, signed["waybill"], checkPhoneNo=wrong) == [{"mailNo": signed["waybill"], "routes": []}]
    assert routes(client, signed["waybill"], checkPhoneNo=signed["phone_tail"]) == routes(client, signed["waybill"])


def test_numbers_of_others_and_numbers_not_yet_scanned_have_no_routes(client: Client) -> None:
    other = client.parcels("normal", "yuantong")[0]
    assert routes(client, other["waybill"], "SF1000000000000") == [
        {"mailNo": other["waybill"], "routes": []},
        {"mailNo": "SF1000000000000", "routes": []},
    ]


def test_a_parcel_is_found_by_its_order_number_too(client: Client, signed: dict[str, Any]) -> None:
    (reply,) = routes(client, signed["order"], trackingType="2")
    assert reply["mailNo"] == signed["waybill"]
    assert reply["routes"]


def test_a_refused_parcel_goes_back_on_a_new_number(client: Client) -> None:
    parcel = client.parcels("normal", "shunfeng")[-1]
    client.control(f"parcels/{parcel['waybill']}", scenario="refused")
    client.control("time", advance_hours=24 * 12)
    (reply,) = routes(client, parcel["waybill"])
    codes = [route["opCode"] for route in reply["routes"]]
    assert codes[-2:] == ["70", "648"]
    new_number = reply["routes"][-1]["remark"].rsplit(" ", 1)[1]
    (back,) = routes(client, new_number)
    assert back["mailNo"] == new_number
    assert [route["opCode"] for route in back["routes"]] == ["50", "31", "30", "80", "8000"]
