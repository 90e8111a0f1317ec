"""ZTO's protocol: digests, requests, refusals, interceptions; how its scans are read is in test_zto_reading."""

import contextlib
import html
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import quote, urlencode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shipments.answers import (
    Answer,
    Ask,
    Contract,
    Failure,
    Interception,
    Kind,
    NotAnAnswer,
    Recipient,
    Taken,
    Trouble,
    Wish,
)
from shipments.carriers import zto
from shipments.status import Cause
from shipops.kit.wire import Response
from tests.conftest import SHARED
from tests.shipments.test_kuaidi100 import vector

NOW = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)
SECRET = "demo-secret"
CREDENTIALS = {"app_key": "demo-app", "app_secret": SECRET}
SAMPLES = [file.read_bytes() for file in sorted((SHARED / "wire" / "samples" / "zto").glob("*"))]
CONTRACT = Contract(CREDENTIALS, "http://127.0.0.1:9/")
NUMBER = "73100196611386"
WANTED = Interception(Ask(NUMBER, "zhongtong"), Wish.RETURN, "R-1", "客户退款")


def told(action: str, desc: str = "", at: object = "2026-11-21 10:00:00", **more: object) -> dict:
    """One pushed scan."""
    return {"billCode": NUMBER, "action": action, "actionTime": at, "city": "郑州市", "desc": desc} | more


def scan(kind: object, desc: str = "", at: object = "2026-11-21 10:00:00", **more: object) -> dict:
    """One answered scan."""
    site = {"name": "郑州高新区", "prov": "河南省", "city": "郑州市", "code": "37131"}
    return {"billCode": NUMBER, "scanType": kind, "scanDate": at, "scanSite": site, "desc": desc} | more


def push(data: object, secret: str = SECRET, **more: str) -> bytes:
    text = data if isinstance(data, str) else json.dumps(data, ensure_ascii=False)
    form = {
        "data": text,
        "data_digest": zto.digest(text.encode(), secret),
        "msg_type": "Traces",
        "company_id": "demo-app",
    }
    return urlencode(form | more).encode()


def answer(*rows: object, **more: object) -> bytes:
    head = {"result": list(rows), "message": "操作成功", "status": True, "statusCode": "SYS000"}
    return json.dumps(head | more, ensure_ascii=False).encode()


def read(body: bytes) -> Answer:
    (one,) = zto.read(body)
    return one


class TestSigning:
    def test_the_digest_is_as_the_vector_says(self, shared: Path) -> None:
        one = vector(shared, "zto")
        assert zto.digest(one["input"]["body"].encode(), one["input"]["appSecret"]) == one["expected"]

    def test_a_query_is_byte_for_byte_as_the_vector_has_it(self, shared: Path) -> None:
        one = vector(shared, "zto")
        request = zto.encode([Ask("73100000000001", "zhongtong", "1234")], CONTRACT, NOW)
        assert (request.method, request.url) == ("POST", "http://127.0.0.1:9/zto.merchant.waybill.track.query")
        assert request.body == one["input"]["body"].encode()
        assert request.headers == {
            "Content-Type": "application/json;charset=utf-8",
            "x-appKey": "demo-app",
            "x-dataDigest": one["expected"],
        }

    def test_the_subscription_goes_to_the_address_zto_misspelt(self) -> None:
        request = zto.encode_subscription(Ask(NUMBER, "zhongtong", "5514"), Contract(CREDENTIALS), NOW)
        assert request.url == "https://japi.zto.com/zto.merchant.waybill.track.subsrcibe"
        assert json.loads(request.body) == {"billCode": NUMBER, "mobilePhone": "5514"}

    def test_the_senders_phone_of_the_account_comes_first(self) -> None:
        contract = Contract({**CREDENTIALS, "phone_tail": "8001"})
        request = zto.encode([Ask(NUMBER, "zhongtong", "0042")], contract, NOW)
        assert json.loads(request.body)["mobilePhone"] == "8001"

    def test_a_push_is_verified_over_its_bytes(self) -> None:
        body = push(told("ARRIVAL", "快件已到达【郑州高新区】"))
        assert zto.verify(CONTRACT, {}, body)
        assert not zto.verify(Contract({**CREDENTIALS, "app_secret": "another"}), {}, body)
        assert not zto.verify(CONTRACT, {}, body.replace(b"ARRIVAL", b"INBOUND"))
        assert not zto.verify(CONTRACT, {}, b"")

    def test_a_digest_with_a_plus_that_nobody_encoded_is_verified_too(self) -> None:
        number = 0
        while "+" not in zto.digest(f'{{"n":{number}}}'.encode(), SECRET):
            number += 1
        data = f'{{"n":{number}}}'
        sign = zto.digest(data.encode(), "demo-secret")
        assert "+" in sign
        for body in (
            f"data={data}&data_digest={sign}",
            f"data_digest={sign}\r\ncompany_id=<appKey>\r\nmsg_type=Traces\r\ndata={data}",
            f"data={quote(data)}&data_digest={sign}",
            urlencode({"data": data, "data_digest": quote(sign)}),
            urlencode({"data": html.escape(data), "data_digest": sign}),
            json.dumps({"data": data, "data_digest": sign, "msg_type": "Traces"}),
        ):
            assert zto.verify(CONTRACT, {}, body.encode()), body

    def test_a_push_is_acknowledged_with_the_status_zto_looks_at(self) -> None:
        said = json.loads(zto.acknowledge(push(told("GOT"))).body)
        assert said == {"message": "成功", "result": "success", "status": True, "statusCode": "0"}


def test_a_push_on_lines_in_gbk_or_cut_is_read() -> None:
    text = json.dumps(told("SIGNED", "快件已由【王五】签收，感谢使用中通快递，期待再次为您服务"), ensure_ascii=False)
    assert read(f"data_digest=x\ncompany_id=<appKey>\nmsg_type=Traces\ndata={text}\n".encode()).status == "delivered"
    assert read(b"data=" + text.encode("gb18030")).status == "delivered"
    cut = answer(scan("收件", scanSite="郑州"), scan("派件", scanSite="郑州"))
    one = read(cut[: cut.index("派件".encode())])
    assert (one.number, one.status) == (NUMBER, "picked_up")
    assert "cut or broken" in one.warnings[0]


@pytest.mark.parametrize(
    ("code", "trouble", "after", "wide"),
    [
        ("S200", Trouble.TRANSIENT, None, False), ("S202", Trouble.TRANSIENT, None, False),
        ("S203", Trouble.TRANSIENT, None, True), ("S206", Trouble.THROTTLE, timedelta(hours=1), True),
        ("S207", Trouble.CONFIG, None, True), ("S208", Trouble.CONFIG, None, False), ("S210", Trouble.AUTH, None, True),
        ("S211", Trouble.AUTH, None, True), ("S212", Trouble.AUTH, None, True), ("S214", Trouble.CONFIG, None, False),
        ("S221", Trouble.THROTTLE, timedelta(minutes=1), True), ("E404", Trouble.CONFIG, None, False),
        ("E409", Trouble.CONFIG, None, False), ("E413", Trouble.CONFIG, None, False), ("E416", Trouble.CONFIG, None, False),
        ("E418", Trouble.CONFIG, None, False), ("S999", Trouble.TRANSIENT, None, False), ("", Trouble.TRANSIENT, None, False),
    ],
)  # fmt: skip
def test_a_refusal_says_what_helps(code: str, trouble: Trouble, after: timedelta | None, wide: bool) -> None:
    body = json.dumps({"result": None, "message": "…", "status": False, "statusCode": code}).encode()
    (one,) = zto.decode(Response(200, {}, body))
    assert one.failure is not None
    assert (one.failure.trouble, one.failure.after, one.failure.account_wide) == (trouble, after, wide)
    assert zto.decode_subscription(Response(200, {}, body)) == one.failure
    assert zto.decode_interception(Response(200, {}, body)) == one.failure


@pytest.mark.parametrize("body", [answer(), b"null", json.dumps({"no": NUMBER, "traces": []}).encode()])
def test_nothing_scanned_yet_is_no_outage(body: bytes) -> None:
    failure = read(body).failure
    assert failure is not None
    assert failure.trouble is Trouble.NO_DATA


@pytest.mark.parametrize("code", ["SYS000", "0000", "0", "200", "", "SYS001"])
def test_a_yes_is_told_by_its_status_as_its_codes_differ(code: str) -> None:
    body = json.dumps({"result": None, "message": "操作成功", "status": True, "statusCode": code}).encode()
    assert zto.decode_subscription(Response(200, {}, body)) is None
    assert zto.decode_withdrawal(Response(200, {}, body)) is None
    assert read(body) == Answer(kind=Kind.SUBSCRIPTION)


@pytest.mark.parametrize(
    "body", [b"", b"<html>502</html>", b"\xff\xfe", b'{"a":1}', b"[1,2", b'"text"', b"12", b"{}", b"[]"]
)
def test_what_is_no_answer_is_a_passing_failure(body: bytes) -> None:
    with pytest.raises(NotAnAnswer):
        zto.read(body)
    (one,) = zto.decode(Response(200, {}, body))
    assert one.failure is not None
    assert one.failure.trouble is Trouble.TRANSIENT
    assert zto.decode_subscription(Response(200, {}, body)) is not None
    assert isinstance(zto.decode_interception(Response(200, {}, body)), Failure)


@pytest.mark.parametrize(
    "file", ["kuaidi100/query_2015_shentong_companytype.json", "sf/search_routes_sandbox_2023.json"]
)
def test_other_providers_documents_are_none_of_ztos(file: str, shared: Path) -> None:
    with pytest.raises(NotAnAnswer):
        zto.read((shared / "wire" / "samples" / file).read_bytes())


class TestInterception:
    def test_a_return_goes_back_to_the_sender_under_our_reference(self) -> None:
        request = zto.encode_interception(WANTED, CONTRACT, NOW)
        assert request.url == "http://127.0.0.1:9/thirdcenter.createIntercept"
        assert json.loads(request.body) == {
            "billCode": NUMBER,
            "requestId": "R-1",
            "thirdBizNo": "R-1",
            "destinationType": 2,
        }
        assert request.headers["x-dataDigest"] == zto.digest(request.body, "demo-secret")

    def test_a_redirection_names_whom_it_goes_to(self) -> None:
        to = Recipient("张三", "13800138000", "上海", "上海市", "青浦区", "华志路1685号")
        wanted = Interception(WANTED.ask, Wish.REDIRECT, "R-2", "改地址", to)
        assert json.loads(zto.encode_interception(wanted, CONTRACT, NOW).body) == {
            "billCode": NUMBER,
            "requestId": "R-2",
            "thirdBizNo": "R-2",
            "destinationType": 3,
            "receiveUsername": "张三",
            "receivePhone": "13800138000",
            "receiveProvince": "上海",
            "receiveCity": "上海市",
            "receiveDistrict": "青浦区",
            "receiveAddress": "华志路1685号",
        }

    def test_it_is_withdrawn_and_inquired_after(self) -> None:
        withdrawal, inquiry = zto.encode_withdrawal(WANTED, CONTRACT, NOW), zto.encode_inquiry(WANTED, CONTRACT, NOW)
        assert (withdrawal.url.rsplit("/", 1)[1], json.loads(withdrawal.body)) == (
            "thirdcenter.cancelIntercept",
            {"thirdBizNo": "R-1", "billCode": NUMBER},
        )
        assert (inquiry.url.rsplit("/", 1)[1], json.loads(inquiry.body)) == (
            "thirdcenter.queryInterceptAndReturnStatus",
            {"billCode": NUMBER},
        )

    @pytest.mark.parametrize("frame", ["data", "result"])
    def test_taken_carries_ztos_own_number(self, frame: str) -> None:
        body = json.dumps({"status": True, "statusCode": "0000", "message": "", frame: {"bizNo": "ZT77"}}).encode()
        assert zto.decode_interception(Response(200, {}, body)) == Taken("ZT77")

    def test_taken_without_a_number_is_taken(self) -> None:
        body = json.dumps({"status": True, "statusCode": "SYS000", "message": "ok", "result": None}).encode()
        assert zto.decode_interception(Response(200, {}, body)) == Taken()

    @pytest.mark.parametrize(
        ("name", "cause"), [("拦截成功", Cause.INTERCEPTED), ("拦截中", None), ("拦截失败", None), (None, None)]
    )
    def test_how_it_stands_is_told_in_words(self, name: str | None, cause: Cause | None) -> None:
        inner = {"billCode": NUMBER, "serviceCode": "1", "status": "3", "statusName": name}
        body = json.dumps({"status": True, "statusCode": "SYS000", "message": "ok", "data": inner}).encode()
        (one,) = zto.decode(Response(200, {}, body))
        assert (one.kind, one.number, one.remark) == (Kind.INTERCEPTION, NUMBER, cause)
        assert one.warnings == ((f"Interception: {name}",) if name else ())


KEYS = ["billCode", "action", "actionTime", "scanType", "scanDate", "scanSite", "desc", "signMan", "result", "data", "status", "statusCode", "message", "traces", "no", "data_digest", "msg_type"]  # fmt: skip
json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.sampled_from(["2026-11-21 10:00:00", "签收", "ARRIVAL", "S211", "{}", "[", NUMBER])
    | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=6),
    max_leaves=16,
)


@given(json_values)
@settings(max_examples=400, deadline=None)
def test_no_json_breaks_the_reader(value: object) -> None:
    for body in (json.dumps(value).encode(), push(json.dumps(value))):
        with contextlib.suppress(NotAnAnswer):
            assert all(one.status for one in zto.read(body))
        response = Response(200, {}, body)
        assert zto.decode(response)
        zto.verify(CONTRACT, {}, body)
        zto.decode_subscription(response)
        zto.decode_interception(response)


@given(st.data())
@settings(max_examples=200, deadline=None)
def test_no_mutation_of_a_real_body_breaks_the_reader(data: st.DataObject) -> None:
    body = bytearray(
        data.draw(st.sampled_from([push(told("ARRIVAL", "快件已到达")), answer(scan("到件"), scan("收件")), *SAMPLES]))
    )
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(body) - 1))
        body[at : at + data.draw(st.integers(0, 9))] = data.draw(st.binary(max_size=4))
    with contextlib.suppress(NotAnAnswer):
        zto.read(bytes(body))


@given(st.binary(max_size=60))
@settings(max_examples=300, deadline=None)
def test_no_bytes_break_the_reader(body: bytes) -> None:
    response = Response(200, {}, body)
    assert zto.decode(response)
    assert zto.verify(CONTRACT, {}, body) is False
    assert zto.acknowledge(body).status == 200
    assert zto.decode_subscription(response) is not None


@pytest.mark.parametrize(
    ("message", "trouble"),
    [
        ("签名错误", Trouble.AUTH),
        ("请求过于频繁", Trouble.THROTTLE),
        ("运单号不存在", Trouble.NO_DATA),
        ("手机号后四位不匹配", Trouble.CONFIG),
        ("系统繁忙", Trouble.TRANSIENT),
    ],
)
def test_a_refusal_under_a_code_nobody_knows_is_read_by_its_words(message: str, trouble: Trouble) -> None:
    body = {"result": None, "message": message, "status": False, "statusCode": "X999"}
    (answer,) = zto.read(json.dumps(body).encode())
    assert answer.failure is not None
    assert answer.failure.trouble is trouble


def test_a_query_that_says_it_found_nothing_is_no_subscription() -> None:
    body = {"result": None, "message": "无轨迹信息", "status": True, "statusCode": "SYS000"}
    (answer,) = zto.read(json.dumps(body).encode())
    assert answer.failure is not None
    assert answer.failure.trouble is Trouble.NO_DATA
