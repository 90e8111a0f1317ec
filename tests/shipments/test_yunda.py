"""Yunda's protocol: signatures, tracks and pushes in all the shapes they come in, refusals."""

import contextlib
import json
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlencode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shipments.answers import Answer, Ask, Contract, Kind, NotAnAnswer, Trouble
from shipments.carriers import yunda
from shipments.status import Cause, Stage
from shipops.kit.wire import Response
from tests.shipments.test_kuaidi100 import vector

NOW = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)
CONTRACT = Contract({"app_key": "DEMO-KEY", "app_secret": "demo-secret"}, "http://127.0.0.1:9")
NUMBER = "4310000000001"


def step(action: str, description: str = "", time: str = "2026-11-21 10:00:00", **more: object) -> dict:
    return {
        "time": time, "station": 430003, "station_name": "华中东西湖区公司", "station_type": 1, "action": action,
        "description": description, "next": 430001, "next_name": "华中枢纽", "phone": "", "signer": None, "status": "TRANSIT",
        "city": "武汉市", "next_city": "武汉市",
    } | more  # fmt: skip


def answer(*steps: object, **more: object) -> dict:
    data = {"mailno": NUMBER, "result": True, "time": "2026-11-22 12:00:00", "remark": "", "status": "TRANSIT"}
    return {"result": True, "code": "0000", "message": "请求成功", "data": data | {"steps": list(steps)} | more}


def encoded(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode()


def read(*steps: object, **more: object) -> Answer:
    (told,) = yunda.read(encoded(answer(*steps, **more)))
    return told


class TestSigning:
    def test_the_signature_is_as_the_vector_says(self, shared: Path) -> None:
        one = vector(shared, "yunda")
        assert yunda.sign(one["input"]["body"].encode(), one["input"]["appSecret"]) == one["expected"]

    def test_a_question_is_the_number_signed_in_its_header(self) -> None:
        request = yunda.encode([Ask(NUMBER, "yunda")], CONTRACT, NOW)
        assert (request.method, request.url) == ("POST", "http://127.0.0.1:9/openapi/outer/logictis/query")
        assert request.body == b'{"mailno":"4310000000001"}'
        assert dict(request.headers) == {
            "Content-Type": "application/json;charset=UTF-8",
            "app-key": "DEMO-KEY",
            "sign": "11cd4c6c8bada27e750201500e832271",
            "req-time": "1795320000000",
        }

    def test_without_an_address_of_its_own_the_account_asks_yunda_itself(self) -> None:
        request = yunda.encode([Ask(NUMBER, "yunda")], Contract(CONTRACT.credentials), NOW)
        assert request.url == "https://openapi.yundaex.com/openapi/outer/logictis/query"

    def test_a_subscription_names_the_number_twice(self) -> None:
        request = yunda.encode_subscription(Ask(NUMBER, "yunda"), CONTRACT, NOW)
        assert request.url == "http://127.0.0.1:9/openapi/outer/logictis/subscribe"
        assert json.loads(request.body) == {"orders": [{"orderid": NUMBER, "mailno": NUMBER}]}
        assert request.headers["sign"] == yunda.sign(request.body, "demo-secret")


class TestVerifying:
    body = encoded(step("GOT", "华中东西湖区公司 已揽收", mailno=NUMBER))

    def test_a_push_is_signed_in_its_header_over_the_bytes_as_they_came(self) -> None:
        sign = yunda.sign(self.body, "demo-secret")
        for headers in ({"sign": sign}, {"Sign": sign.upper()}):
            assert yunda.verify(CONTRACT, headers, self.body)
        assert not yunda.verify(CONTRACT, {"sign": sign}, self.body + b" ")
        assert not yunda.verify(CONTRACT, {"sign": yunda.sign(self.body, "another")}, self.body)
        assert not yunda.verify(CONTRACT, {}, self.body)

    def test_an_account_without_a_secret_is_pushed_nothing(self) -> None:
        assert not yunda.verify(Contract(), {"sign": yunda.sign(self.body, "")}, self.body)

    def test_a_push_that_wraps_its_scan_is_signed_over_what_it_wraps(self) -> None:
        text = self.body.decode()
        sign = yunda.sign(self.body, "demo-secret")
        wrapped = encoded({"data": text, "appKey": "DEMO-KEY", "sign": sign})
        form = urlencode({"data": text, "sign": sign}).encode()
        assert yunda.verify(CONTRACT, {}, wrapped)
        assert yunda.verify(CONTRACT, {}, form)
        assert not yunda.verify(CONTRACT, {}, wrapped.replace(sign.encode(), b"0" * 32))
        assert yunda.read(wrapped) == yunda.read(form) == yunda.read(self.body)

    def test_a_push_is_acknowledged_in_yundas_envelope(self) -> None:
        said = yunda.acknowledge(self.body)
        assert (said.status, json.loads(said.body)) == (200, {"result": True, "code": "0000", "message": "success"})


class TestShapes:
    whole = answer(step("GOT", "已揽收", "2026-11-20 10:00:00"), step("SENT", "派件中", "2026-11-21 10:00:00"))

    def test_the_list_may_run_either_way(self) -> None:
        back = json.loads(json.dumps(self.whole))
        back["data"]["steps"].reverse()
        assert yunda.read(encoded(back)) != ()
        (there,), (here,) = yunda.read(encoded(self.whole)), yunda.read(encoded(back))
        assert [event.code for event in there.events] == [event.code for event in here.events] == ["GOT", "SENT"]

    @pytest.mark.parametrize(
        "change",
        [
            lambda whole: whole | {"data": json.dumps(whole["data"], ensure_ascii=False)},
            lambda whole: whole | {"data": [whole["data"]]},
            lambda whole: {"code": 0, "msg": "ok", "payload": json.dumps(whole, ensure_ascii=False)},
            lambda whole: whole["data"],
            lambda whole: whole | {"data": whole["data"] | {"mailno": int(NUMBER)}},
            lambda whole: whole | {"data": whole["data"] | {"steps": json.dumps(whole["data"]["steps"])}},
            lambda whole: {key.upper(): value for key, value in whole.items()},
        ],
    )
    def test_the_same_track_is_read_from_every_wrapping(self, change) -> None:
        (plain,) = yunda.read(encoded(self.whole))
        (wrapped,) = yunda.read(encoded(change(json.loads(json.dumps(self.whole)))))
        assert (wrapped.number, wrapped.events, wrapped.failure) == (NUMBER, plain.events, None)

    def test_keys_may_be_spelt_in_camel_case(self) -> None:
        row = {"stationName": "武汉公司", "Action": "SENT", "Description": "派件中", "Time": "2026/11/21 10:00"}
        (told,) = yunda.read(encoded({"result": "true", "data": {"mailNo": NUMBER, "Steps": [row]}}))
        assert (told.number, told.status, told.events[0].place) == (NUMBER, "out_for_delivery", "武汉公司")

    def test_one_step_may_come_as_an_object(self) -> None:
        told = answer()
        told["data"]["steps"] = step("GOT")
        (one,) = yunda.read(encoded(told))
        assert one.status == "picked_up"

    def test_times_with_blanks_around_their_colons_and_epochs_are_times(self) -> None:
        told = read(
            step("GOT", time="2026-11-21 10 : 00 : 00"), step("SENT", time=1795320000), step("SIGNED", time="soon")
        )
        assert [event.occurred_at.isoformat() for event in told.events] == [
            "2026-11-21T02:00:00+00:00",
            "2026-11-22T04:00:00+00:00",
        ]
        assert len(told.warnings) == 1

    def test_gbk_and_a_byte_order_mark_are_read(self) -> None:
        body = json.dumps(self.whole, ensure_ascii=False)
        for raw in (body.encode("gb18030"), b"\xef\xbb\xbf" + body.encode()):
            (told,) = yunda.read(raw)
            assert (told.number, told.events[0].text) == (NUMBER, "已揽收")

    def test_an_html_escaped_body_is_read(self) -> None:
        (told,) = yunda.read(json.dumps(self.whole).replace('"', "&quot;").encode())
        assert (told.number, len(told.events)) == (NUMBER, 2)

    def test_the_whole_steps_of_a_cut_body_are_read(self) -> None:
        (told,) = yunda.read(encoded(self.whole)[:-120])
        assert (told.number, [event.code for event in told.events]) == (NUMBER, ["GOT"])
        assert "cut or broken" in told.warnings[0]


class TestPush:
    def test_one_scan_is_a_push(self) -> None:
        (told,) = yunda.read(encoded(step("GOT", "华中东西湖区公司 已揽收", mailno=3160000261634, orderid="O9")))
        assert (told.number, told.kind, told.status) == ("3160000261634", Kind.PUSH, "picked_up")

    def test_scans_of_several_numbers_are_told_apart(self) -> None:
        rows = [
            step("GOT", mailno="1"),
            step("SIGNED", mailno="2"),
            step("SENT", mailno="1", time="2026-11-21 11:00:00"),
        ]
        one, two = yunda.read(encoded(rows))
        assert (one.number, len(one.events), two.number, two.status) == ("1", 2, "2", "delivered")


class TestFailures:
    @pytest.mark.parametrize(
        ("body", "trouble", "account_wide"),
        [
            ({"result": False, "code": "4001", "message": "签名错误"}, Trouble.AUTH, True),
            ({"result": False, "code": "4002", "message": "app-key 无效"}, Trouble.AUTH, True),
            ({"result": "false", "code": "", "message": "接口未授权"}, Trouble.AUTH, True),
            ({"result": False, "code": 500, "message": "调用过于频繁"}, Trouble.THROTTLE, True),
            ({"result": False, "code": "1", "message": "余额不足"}, Trouble.QUOTA, True),
            ({"result": False, "code": "1", "message": "运单未订阅"}, Trouble.NO_DATA, False),
            ({"result": False, "code": "1", "message": "参数不能为空"}, Trouble.CONFIG, False),
            ({"result": False, "code": "9999", "message": "系统异常"}, Trouble.TRANSIENT, False),
            ({"result": True, "code": "0000", "message": "ok", "data": None}, Trouble.NO_DATA, False),
            (answer(), Trouble.NO_DATA, False),
            ({"result": True, "data": {"mailno": NUMBER, "result": False, "remark": "无数据"}}, Trouble.NO_DATA, False),
            ({"result": True, "data": {"mailno": NUMBER, "result": "false"}}, Trouble.NO_DATA, False),
            (None, Trouble.NO_DATA, False),
        ],
    )
    def test_a_refusal_says_what_helps(self, body: object, trouble: Trouble, account_wide: bool) -> None:
        (told,) = yunda.decode(Response(200, {}, encoded(body)))
        assert told.failure is not None
        assert (told.failure.trouble, told.failure.account_wide) == (trouble, account_wide)

    def test_an_http_error_is_theirs(self) -> None:
        (told,) = yunda.decode(Response(502, {}, b""))
        assert told.failure is not None
        assert (told.failure.trouble, told.failure.message) == (Trouble.TRANSIENT, "HTTP 502")

    @pytest.mark.parametrize(
        ("body", "sentence"),
        [
            (b"", "empty"),
            (b"<html>502</html>", "not JSON"),
            (b'{"mailno":"4310000000001"}', "request to Yunda"),
            (b'{"orders":[{"orderid":"1","mailno":"2"}]}', "request to Yunda"),
            (b'{"result":false,"returnCode":"500","message":"x"}', "nothing that Yunda"),
            (b'{"nu":"1","com":"yunda","data":[]}', "nothing that Yunda"),
            (b'"text"', "a JSON str"),
        ],
    )
    def test_what_is_no_answer_of_yunda_says_what_it_is(self, body: bytes, sentence: str) -> None:
        with pytest.raises(NotAnAnswer, match=sentence):
            yunda.read(body)


@pytest.mark.parametrize(
    ("body", "trouble"),
    [
        ({"result": True, "code": "0000", "data": [{"orderid": "1", "mailno": "1", "result": True}]}, None),
        ({"result": True, "code": "0000", "data": None}, None),
        ({"result": True, "data": [{"mailno": "1", "result": False, "remark": "重复订阅"}]}, None),
        ({"result": False, "message": "该运单已订阅"}, None),
        ({"result": True, "data": [{"mailno": "1", "result": False, "remark": "运单号格式不正确"}]}, Trouble.CONFIG),
        ({"result": False, "code": "1", "message": "签名错误"}, Trouble.AUTH),
        ({"result": False, "code": "1", "message": "系统繁忙"}, Trouble.TRANSIENT),
        ({"hello": 1}, Trouble.TRANSIENT),
    ],
)
def test_a_subscription_stands_or_says_why_not(body: object, trouble: Trouble | None) -> None:
    failure = yunda.decode_subscription(Response(200, {}, encoded(body)))
    assert (failure.trouble if failure else None) is trouble


def test_a_subscription_that_got_no_answer_failed_for_now() -> None:
    for response in (Response(503, {}, b"{}"), Response(200, {}, b"<html>"), Response(200, {}, b"[]")):
        failure = yunda.decode_subscription(response)
        assert failure is not None
        assert failure.trouble is Trouble.TRANSIENT


def test_stage_and_cause_of_the_table_are_of_our_vocabulary() -> None:
    assert all(
        isinstance(stage, Stage) and (cause is None or isinstance(cause, Cause))
        for stage, cause in yunda.STATUS.values()
    )


keys = st.sampled_from(["result", "code", "message", "data", "mailno", "steps", "time", "action", "status", "description", "orders", "sign", "signer"])  # fmt: skip
json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.sampled_from(["SIGNED", "2026-11-21 10:00:00", "{}", "[]", '{"mailno":1,"action":"GOT"}', NUMBER, "false"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=6),
    max_leaves=15,
)


BODIES = [
    encoded(TestShapes.whole),
    encoded({"data": TestVerifying.body.decode(), "appKey": "DEMO-KEY", "sign": "x"}),
    TestVerifying.body,
]


@given(json_values)
@settings(max_examples=400, deadline=None)
def test_no_json_breaks_the_reader(value: object) -> None:
    try:
        for told in yunda.read(encoded(value)):
            assert told.status
    except NotAnAnswer:
        pass
    yunda.decode_subscription(Response(200, {}, encoded(value)))
    yunda.verify(CONTRACT, {}, encoded(value))


@given(st.data())
@settings(max_examples=400, deadline=None)
def test_no_mutation_of_a_body_breaks_the_reader(data: st.DataObject) -> None:
    body = bytearray(data.draw(st.sampled_from(BODIES)))
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(body) - 1))
        body[at : at + data.draw(st.integers(0, 9))] = data.draw(st.binary(max_size=4))
    with contextlib.suppress(NotAnAnswer):
        yunda.read(bytes(body))
    yunda.verify(CONTRACT, {"sign": "x"}, bytes(body))


@given(st.binary(max_size=60))
@settings(max_examples=300, deadline=None)
def test_no_bytes_break_the_reader(body: bytes) -> None:
    assert yunda.decode(Response(200, {}, body))
    assert yunda.decode_subscription(Response(200, {}, body)) is not None
    assert yunda.acknowledge(body).status == 200
    assert not yunda.verify(CONTRACT, {}, body)
