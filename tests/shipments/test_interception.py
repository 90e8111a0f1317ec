"""Asking a carrier to turn a parcel back, and whose a number is: what is sent, how answers are read, and the whole way over HTTP."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from types import ModuleType
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from shipments.answers import Ask, Contract, Failure, Interception, Kind, Recipient, Taken, Trouble, Wish
from shipments.carriers import kuaidi100, sf
from shipments.status import Stage
from shipops.kit.wire import Request, Response
from tests.shipments.conftest import Client, Serve
from tests.simulator.test_interception import out, under_way

NOW = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)
CREDENTIALS = {
    "customer": "DEMO-CUSTOMER",
    "key": "DEMO-KEY-100",
    "secret": "DEMO-SECRET-100",
    "partner_id": "P-1",
    "partner_key": "K-1",
}
CONTRACT = Contract(CREDENTIALS, "", "https://we/push/", "salt")
SF = Contract({"partner_id": "DEMO-SF", "checkword": "demo-checkword-sf"})
BUYER = Recipient("王芳", "13800138000", "上海市", "上海市", "徐汇区", "漕溪北路1号")


def wish(number: str, carrier: str, kind: Wish = Wish.RETURN, to: Recipient | None = None) -> Interception:
    return Interception(Ask(number, carrier), kind, "R-1", "买家申请退款", to)


def fields(request: Request) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(request.body.decode(), keep_blank_values=True).items()}


def send(client: Client, request: Request) -> Response:
    """What the simulator answers to a request that was made for its address."""
    url = urlsplit(request.url)
    target = url.path + (f"?{url.query}" if url.query else "")
    status, body = client.raw(request.method, target, request.body, request.headers)
    return Response(status, {}, body)


def said(value: object, status: int = 200) -> Response:
    return Response(status, {}, json.dumps(value, ensure_ascii=False).encode())


class TestKuaidi100:
    def test_the_call_is_signed_as_the_vector_says(self, shared: Path) -> None:
        vectors = json.loads((shared / "wire" / "sign_vectors.json").read_text("utf-8"))
        one = next(vector for vector in vectors if vector["name"] == "kuaidi100_label")
        given = one["input"]
        assert kuaidi100.sign(given["param"], given["t"], given["key"], given["secret"]) == one["expected"]

    def test_a_return_names_parcel_payer_account_and_callback(self) -> None:
        request = kuaidi100.encode_interception(wish("YT1234567890123", "yuantong"), CONTRACT, NOW)
        form = fields(request)
        assert (request.method, request.url) == ("POST", "https://api.kuaidi100.com/label/order")
        assert (form["method"], form["key"], form["t"]) == ("interceptOrder", "DEMO-KEY-100", "1795320000000")
        assert form["sign"] == kuaidi100.sign(form["param"], form["t"], "DEMO-KEY-100", "DEMO-SECRET-100")
        assert json.loads(form["param"]) == {
            "kuaidicom": "yuantong",
            "kuaidinum": "YT1234567890123",
            "interceptType": "RETURN_SEND_ADDR",
            "orderId": "R-1",
            "orderRole": "1",
            "interceptPayType": "MONTHLY",
            "reason": "买家申请退款",
            "salt": "salt",
            "callbackUrl": "https://we/push/",
            "partnerId": "P-1",
            "partnerKey": "K-1",
        }

    def test_a_redirection_names_the_new_recipient_and_each_part_of_the_address_once(self) -> None:
        request = kuaidi100.encode_interception(wish("JT1", "jtexpress", Wish.REDIRECT, BUYER), CONTRACT, NOW)
        param = json.loads(fields(request)["param"])
        assert param["interceptType"] == "MODIFY_ADDR"
        assert param["recManInfo"] == {"name": "王芳", "mobile": "13800138000", "printAddr": "上海市徐汇区漕溪北路1号"}

    @pytest.mark.parametrize(
        "value",
        [
            {"success": True, "code": 200, "message": "success", "data": {"taskId": "T-9"}},
            {"result": True, "returnCode": "200", "message": "提交成功", "data": {"orderId": "T-9"}},
            {"code": "200", "data": '{"taskId":"T-9"}'},
        ],
    )
    def test_taken_is_read_in_either_frame(self, value: object) -> None:
        assert kuaidi100.decode_interception(said(value)) == Taken("T-9")

    def test_what_it_costs_is_read_where_it_is_told(self) -> None:
        taken = kuaidi100.decode_interception(said({"code": 200, "data": {"taskId": "T", "freight": "12.50"}}))
        assert taken == Taken("T", Decimal("12.50"))
        assert kuaidi100.decode_interception(said({"code": 200, "data": {"freight": "面议"}})) == Taken()

    @pytest.mark.parametrize(
        ("response", "trouble", "account_wide"),
        [
            (said({"result": False, "returnCode": "503", "message": "验证签名失败"}), Trouble.AUTH, True),
            (said({"result": False, "returnCode": "601", "message": "余额不足"}), Trouble.QUOTA, True),
            (said({"success": False, "code": 400, "message": "快件已签收，无法拦截"}), Trouble.CONFIG, False),
            (said({"success": False, "code": 30011, "message": "?"}), Trouble.CONFIG, False),
            (said({"success": False, "code": 500, "message": "服务器错误"}), Trouble.TRANSIENT, False),
            (said({"success": False, "code": 504, "message": "过于频繁"}), Trouble.THROTTLE, False),
            (said({"success": False, "code": 200}), Trouble.CONFIG, False),
            (said({}), Trouble.TRANSIENT, False),
            (said([]), Trouble.TRANSIENT, False),
            (said(None), Trouble.TRANSIENT, False),
            (said({}, 502), Trouble.TRANSIENT, False),
            (Response(200, {}, b"<html>"), Trouble.TRANSIENT, False),
        ],
    )
    def test_a_refusal_is_told_by_what_helps(self, response: Response, trouble: Trouble, account_wide: bool) -> None:
        failure = kuaidi100.decode_interception(response)
        assert isinstance(failure, Failure)
        assert (failure.trouble, failure.account_wide) == (trouble, account_wide)

    def test_the_callback_of_an_interception_is_no_track(self) -> None:
        param = {"kuaidicom": "yuantong", "kuaidinum": "YT1234567890123", "status": "1", "message": "拦截成功"}
        body = f"taskId=T&param={json.dumps(param)}".encode()
        (answer,) = kuaidi100.read(body)
        assert (answer.number, answer.carrier, answer.kind, answer.events) == (
            "YT1234567890123",
            "yuantong",
            Kind.INTERCEPTION,
            (),
        )
        assert answer.warnings == ("Interception: 1 拦截成功",)


class TestRecognition:
    def test_the_question_names_number_and_key(self) -> None:
        request = kuaidi100.encode_recognition("YT1234567890123", CONTRACT, NOW)
        assert request.url == "https://www.kuaidi100.com/autonumber/auto"
        assert fields(request) == {"num": "YT1234567890123", "key": "DEMO-KEY-100"}

    @pytest.mark.parametrize(
        ("name", "codes"),
        [
            ("autonumber_api_ok.json", ("yuantong",)),
            ("autonumber_web_two_candidates.json", ("shentong", "huitongkuaidi")),
            ("autonumber_web_autodest.json", ("zhongtong",)),
            ("autonumber_web_jd.json", ("jd",)),
        ],
    )
    def test_captured_answers_name_their_carriers_best_first(
        self, shared: Path, name: str, codes: tuple[str, ...]
    ) -> None:
        body = (shared / "wire" / "samples" / "kuaidi100" / name).read_bytes()
        assert kuaidi100.decode_recognition(Response(200, {}, body)) == codes

    @pytest.mark.parametrize(
        ("value", "trouble", "account_wide"),
        [
            ({"returnCode": "601", "message": "key过期", "result": False}, Trouble.QUOTA, True),
            ({"returnCode": "701", "message": "", "result": False}, Trouble.AUTH, True),
            ({"returnCode": 201, "message": "", "result": False}, Trouble.CONFIG, False),
            ({"status": "999"}, Trouble.TRANSIENT, False),
            ([], Trouble.NO_DATA, False),
            ({"comCode": "", "num": "3223", "auto": []}, Trouble.NO_DATA, False),
            ({"auto": None}, Trouble.NO_DATA, False),
            ([{"comCode": ""}, "x", None], Trouble.NO_DATA, False),
            ("yuantong", Trouble.TRANSIENT, False),
        ],
    )
    def test_no_carrier_is_told_with_the_reason(self, value: object, trouble: Trouble, account_wide: bool) -> None:
        failure = kuaidi100.decode_recognition(said(value))
        assert isinstance(failure, Failure)
        assert (failure.trouble, failure.account_wide) == (trouble, account_wide)

    def test_the_simulator_and_the_adapter_understand_each_other(self, serve: Serve) -> None:
        client = serve("--orders", "400")
        parcel = client.parcels("normal", "shentong")[0]
        request = kuaidi100.encode_recognition(parcel["waybill"], replace(CONTRACT, base_url="http://sim"), NOW)
        assert request.url == "http://sim/autonumber/auto"
        assert kuaidi100.decode_recognition(send(client, request)) == ("shentong",)
        wrong = replace(CONTRACT, credentials={"key": "x"})
        failure = kuaidi100.decode_recognition(send(client, kuaidi100.encode_recognition("YT1234567", wrong, NOW)))
        assert isinstance(failure, Failure)
        assert failure.trouble is Trouble.QUOTA


class TestSf:
    def test_a_return_is_asked_for_as_the_sender_and_paid_in_cash_without_a_monthly_account(self) -> None:
        form = fields(sf.encode_interception(wish("SF1234567890123", "shunfeng"), SF, NOW))
        assert form["serviceCode"] == "EXP_RECE_WANTED_INTERCEPT"
        assert form["msgDigest"] == sf.digest(form["msgData"], form["timestamp"], "demo-checkword-sf")
        assert json.loads(form["msgData"]) == {
            "waybillNo": "SF1234567890123",
            "serviceCode": "2",
            "role": "1",
            "payMode": "1",
        }

    def test_a_redirection_has_the_fields_of_the_documented_request(self, shared: Path) -> None:
        sample = json.loads((shared / "wire" / "samples" / "sf" / "req_18_wanted_intercept.json").read_text("utf-8"))
        contract = Contract({**SF.credentials, "monthly_card": "9999999999"})
        form = fields(sf.encode_interception(wish("SF1", "shunfeng", Wish.REDIRECT, BUYER), contract, NOW))
        message = json.loads(form["msgData"])
        assert message.keys() <= sample.keys()
        assert (message["serviceCode"], message["payMode"], message["monthlyCardNo"]) == ("1", "4", "9999999999")
        assert message["newDestAddress"].keys() == sample["newDestAddress"].keys()

    def envelope(self, code: str = "A1000", inner: object = None) -> Response:
        data = inner if inner is None or isinstance(inner, dict) else str(inner)
        return said({"apiResultCode": code, "apiErrorMsg": "", "apiResultData": data})

    @pytest.mark.parametrize(
        ("inner", "taken"),
        [
            ('{"success":true,"errorCode":"S0000","errorMsg":null,"msgData":null}', Taken()),
            (
                '{"success":"true","errorCode":null,"msgData":{"cusId":"C7","amount":18.0}}',
                Taken("C7", Decimal("18.0")),
            ),
            ({"success": True, "errorCode": "S0000", "msgData": {"amount": "-"}}, Taken()),
        ],
    )
    def test_taken_is_read_with_and_without_a_body(self, inner: object, taken: Taken) -> None:
        assert sf.decode_interception(self.envelope(inner=inner)) == taken

    def test_a_refusal_is_told_by_what_helps(self) -> None:
        about_this = self.envelope(inner='{"success":false,"errorCode":"20003","errorMsg":"已签收"}')
        table: list[tuple[Response, Trouble, bool]] = [
            (self.envelope("A1006"), Trouble.AUTH, True),
            (self.envelope("A1005"), Trouble.THROTTLE, True),
            (about_this, Trouble.CONFIG, False),
            (self.envelope(inner="{oops"), Trouble.TRANSIENT, False),
            (said([1]), Trouble.TRANSIENT, False),
            (said({}, 502), Trouble.TRANSIENT, False),
        ]
        for response, trouble, account_wide in table:
            failure = sf.decode_interception(response)
            assert isinstance(failure, Failure)
            assert (failure.trouble, failure.account_wide) == (trouble, account_wide)


@pytest.mark.parametrize(
    ("adapter", "carrier", "contract"),
    [(kuaidi100, "yuantong", CONTRACT), (sf, "shunfeng", SF)],
    ids=["kuaidi100", "sf"],
)
class TestTheWholeWay:
    def track(self, client: Client, adapter: ModuleType, contract: Contract, number: str) -> Any:
        parcel = client.get(f"/control/parcels/{number}")
        ask = Ask(number, parcel["actual_carrier"], parcel["phone_tail"])
        (answer,) = adapter.decode(send(client, adapter.encode([ask], contract, NOW)))
        return answer

    def test_a_parcel_is_called_back_and_seen_to_return(
        self, serve: Serve, adapter: ModuleType, carrier: str, contract: Contract
    ) -> None:
        client = serve("--orders", "1200")
        number = under_way(client, carrier)
        taken = adapter.decode_interception(
            send(client, adapter.encode_interception(wish(number, carrier), contract, NOW))
        )
        assert isinstance(taken, Taken)
        assert self.track(client, adapter, contract, number).stage is Stage.IN_TRANSIT
        client.control("time", advance_hours=1)
        assert self.track(client, adapter, contract, number).stage is Stage.RETURNING
        client.control("time", advance_hours=24 * 12)
        answer = self.track(client, adapter, contract, number)
        if carrier == "shunfeng":
            assert (answer.stage, answer.events[-1].code) == (Stage.RETURNING, "648")
        else:
            assert answer.stage is Stage.RETURNED

    def test_a_parcel_that_is_out_is_refused_and_a_wrong_key_is_told(
        self, serve: Serve, adapter: ModuleType, carrier: str, contract: Contract
    ) -> None:
        client = serve("--orders", "1200")
        number = out(client, carrier)
        refused = adapter.decode_interception(
            send(client, adapter.encode_interception(wish(number, carrier), contract, NOW))
        )
        assert isinstance(refused, Failure)
        assert refused.trouble is Trouble.CONFIG
        wrong = Contract(dict.fromkeys(contract.credentials, "x"))
        refused = adapter.decode_interception(
            send(client, adapter.encode_interception(wish(number, carrier), wrong, NOW))
        )
        assert isinstance(refused, Failure)
        assert (refused.trouble, refused.account_wide) == (Trouble.AUTH, True)
