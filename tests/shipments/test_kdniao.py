"""Kdniao's protocol: signatures, requests, pushes, refusals; how its tracks are read is in test_kdniao_reading."""

import contextlib
import html
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qs, quote, urlencode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shipments.answers import Answer, Ask, Contract, Kind, NotAnAnswer, Trouble
from shipments.carriers import kdniao
from shipops.kit.wire import Response
from tests.conftest import SHARED
from tests.shipments.test_kuaidi100 import vector

NOW = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)
CREDENTIALS = {"business_id": "1282000", "app_key": "demo-app-key"}
SAMPLES = [file.read_bytes() for file in sorted((SHARED / "wire" / "samples" / "kdniao").glob("*"))]
CONTRACT = Contract(CREDENTIALS, "http://127.0.0.1:9")
NUMBER = "YT8834201944712"


def row(time: str, station: str, **more: object) -> dict:
    return {"AcceptTime": time, "AcceptStation": station} | more


def result(*rows: object, **more: object) -> dict:
    head = {"EBusinessID": "1282000", "ShipperCode": "YTO", "LogisticCode": NUMBER, "Success": True, "State": "2"}
    return head | {"Traces": list(rows)} | more


def push(*tracks: dict, **more: object) -> dict:
    return {
        "EBusinessID": "1282000",
        "PushTime": "2026-11-22 10:00:00",
        "Count": str(len(tracks)),
        "Data": list(tracks),
    } | more


def signed(value: object, key: str = "demo-app-key", **more: str) -> bytes:
    data = json.dumps(value, ensure_ascii=False) if not isinstance(value, str) else value
    sign = kdniao.sign(data.encode(), key)
    return urlencode(
        {"RequestData": data, "EBusinessID": "1282000", "RequestType": "101", "DataSign": sign} | more
    ).encode()


def read(value: object) -> Answer:
    (answer,) = kdniao.read(json.dumps(value, ensure_ascii=False).encode())
    return answer


class TestSigning:
    def test_the_signature_is_as_the_vector_says(self, shared: Path) -> None:
        one = vector(shared, "kdniao")
        sign = kdniao.sign(one["input"]["RequestData"].encode(), one["input"]["AppKey"])
        assert sign == one["expected"]["base64"]
        assert quote(sign) == one["expected"]["urlencoded"]

    def test_a_query_is_signed_over_its_own_data(self, shared: Path) -> None:
        one = vector(shared, "kdniao")
        request = kdniao.encode([Ask("YT1234567890123", "yuantong")], CONTRACT, NOW)
        assert (request.method, request.url) == ("POST", "http://127.0.0.1:9/Ebusiness/EbusinessOrderHandle.aspx")
        fields = {name: value[0] for name, value in parse_qs(request.body.decode()).items()}
        assert fields == {
            "RequestData": one["input"]["RequestData"],
            "EBusinessID": "1282000",
            "RequestType": "8001",
            "DataSign": one["expected"]["base64"],
            "DataType": "2",
        }
        assert f"DataSign={one['expected']['urlencoded']}&".encode() in request.body

    def test_a_phones_last_digits_go_as_the_customers_name_and_jd_wants_its_merchants_code(self) -> None:
        contract = Contract({**CREDENTIALS, "jd_merchant": "010K1"})
        by_carrier = {}
        for carrier in ("shunfeng", "jd"):
            request = kdniao.encode([Ask("SF1", carrier, "0042")], contract, NOW)
            by_carrier[carrier] = json.loads(parse_qs(request.body.decode())["RequestData"][0])
        assert by_carrier["shunfeng"] == {
            "OrderCode": "",
            "ShipperCode": "SF",
            "LogisticCode": "SF1",
            "CustomerName": "0042",
        }
        assert by_carrier["jd"]["CustomerName"] == "010K1"

    @pytest.mark.parametrize(("plan", "types"), [("", ["8001", "8008"]), ("free", ["1002", "1008"])])
    def test_the_plan_decides_what_is_asked(self, plan: str, types: list[str]) -> None:
        contract = Contract({**CREDENTIALS, "plan": plan})
        ask = Ask(NUMBER, "yuantong")
        requests = [kdniao.encode([ask], contract, NOW), kdniao.encode_subscription(ask, contract, NOW)]
        assert [parse_qs(request.body.decode())["RequestType"][0] for request in requests] == types
        assert requests[1].url == "https://api.kdniao.com/api/dist"

    def test_a_number_is_recognised_by_2002(self) -> None:
        request = kdniao.encode_recognition(NUMBER, CONTRACT, NOW)
        fields = parse_qs(request.body.decode())
        assert (fields["RequestType"], fields["RequestData"]) == (["2002"], [f'{{"LogisticCode":"{NUMBER}"}}'])

    def test_a_push_is_verified_over_its_bytes(self) -> None:
        body = signed(push(result(row("2026-11-21 10:00:00", "已收件"))))
        assert kdniao.verify(CONTRACT, {}, body)
        assert not kdniao.verify(Contract({**CREDENTIALS, "app_key": "another"}), {}, body)
        assert not kdniao.verify(CONTRACT, {}, body.replace(b"10%3A00%3A00", b"10%3A00%3A01"))
        assert not kdniao.verify(CONTRACT, {}, b"")

    def test_a_push_encoded_twice_or_not_at_all_or_escaped_is_verified_too(self) -> None:
        data = json.dumps(push(result(row("2026-11-21 10:00:00", "A&B=已收件"))), ensure_ascii=False)
        sign = kdniao.sign(data.encode(), "demo-app-key")
        assert kdniao.verify(CONTRACT, {}, urlencode({"RequestData": data, "DataSign": quote(sign)}).encode())
        assert kdniao.verify(CONTRACT, {}, f"RequestData={data}&RequestType=101&DataSign={sign}".encode())
        assert kdniao.verify(CONTRACT, {}, urlencode({"RequestData": html.escape(data), "DataSign": sign}).encode())
        assert kdniao.verify(CONTRACT, {}, json.dumps({"RequestData": data, "DataSign": sign}).encode())

    def test_a_push_is_acknowledged_with_our_id_and_its_own_time(self) -> None:
        said = kdniao.acknowledge(signed(push(result())))
        assert said.body == (b'{"EBusinessID":"1282000","UpdateTime":"2026-11-22 10:00:00","Success":true,"Reason":""}')
        bare = kdniao.acknowledge(json.dumps(push(result())).encode())
        assert bare.body == said.body

    @pytest.mark.parametrize("body", [b"", b"\xff", b"RequestData=", b"[]", b"{"])
    def test_whatever_is_pushed_is_acknowledged_in_kdniaos_form(self, body: bytes) -> None:
        said = json.loads(kdniao.acknowledge(body).body)
        assert list(said) == ["EBusinessID", "UpdateTime", "Success", "Reason"]
        assert said["UpdateTime"] == "2000-01-01 00:00:00"


class TestPush:
    def test_it_tells_of_several_waybills(self) -> None:
        one = result(row("2026-11-21 10:00:00", "已收件"))
        two = result(row("2026-11-21 10:00:00", "已签收"), LogisticCode="STO2", ShipperCode="STO", State="3")
        answers = kdniao.read(signed(push(one, two)))
        assert [(answer.number, answer.carrier, answer.status, answer.kind) for answer in answers] == [
            (NUMBER, "yuantong", "picked_up", Kind.PUSH),
            ("STO2", "shentong", "delivered", Kind.PUSH),
        ]
        assert all(answer.warnings == () for answer in answers)

    @pytest.mark.parametrize("count", ["3", 3, 0, "0"])
    def test_a_wrong_count_is_a_warning(self, count: object) -> None:
        (answer,) = kdniao.read(signed(push(result(row("2026-11-21 10:00:00", "已收件")), Count=count)))
        assert answer.warnings == (f"Count says {count}, told are 1",)
        assert len(answer.events) == 1

    @pytest.mark.parametrize("count", [1, "1", "", None, "eins"])
    def test_a_count_that_fits_or_is_none_is_not(self, count: object) -> None:
        (answer,) = kdniao.read(signed(push(result(row("2026-11-21 10:00:00", "已收件")), Count=count)))
        assert answer.warnings == ()

    def test_one_track_may_come_as_an_object_or_as_text(self) -> None:
        one = result(row("2026-11-21 10:00:00", "已收件"))
        for data in (one, json.dumps(one), json.dumps([one])):
            (answer,) = kdniao.read(signed(push(one, Data=data)))
            assert (answer.number, answer.status, answer.warnings) == (NUMBER, "picked_up", ())

    def test_what_is_told_of_one_number_twice_is_one_track(self) -> None:
        one, two = result(row("2026-11-20 10:00:00", "已收件")), result(row("2026-11-21 10:00:00", "派件中"))
        (answer,) = kdniao.read(signed(push(two, one)))
        assert [event.text for event in answer.events] == ["已收件", "派件中"]

    def test_a_push_without_form_and_a_form_kept_as_json_are_pushes(self) -> None:
        value = push(result(row("2026-11-21 10:00:00", "已收件")))
        for body in (json.dumps(value), json.dumps({"RequestType": "101", "RequestData": json.dumps(value)})):
            (answer,) = kdniao.read(body.encode())
            assert (answer.kind, answer.status) == (Kind.PUSH, "picked_up")

    def test_the_monitors_push_is_one_too(self) -> None:
        value = push(result(row("2026-11-21 10:00:00", "", Action="211"), StateEx="211"))
        (answer,) = kdniao.read(signed(value, RequestType="102"))
        assert (answer.kind, answer.status) == (Kind.PUSH, "available_for_pickup")


@pytest.mark.parametrize(
    ("value", "trouble", "wide"),
    [
        (result(State="0"), Trouble.NO_DATA, False),
        (result(State="0", Success=False), Trouble.NO_DATA, False),
        (result(State="0", Success=False, Reason="暂无轨迹信息"), Trouble.NO_DATA, False),
        (result(Traces=None, Reason=None), Trouble.NO_DATA, False),
        ({"EBusinessID": "1", "Success": False, "Reason": "数据签名验证失败"}, Trouble.AUTH, True),
        ({"EBusinessID": "1", "Success": False, "Reason": "用户ID不存在"}, Trouble.AUTH, True),
        ({"EBusinessID": "1", "Success": False, "Reason": "没有可用套餐"}, Trouble.QUOTA, True),
        ({"EBusinessID": "1", "Success": "false", "Reason": "超过当日查询次数上限"}, Trouble.QUOTA, True),
        ({"EBusinessID": "1", "Success": False, "Reason": "请求过于频繁"}, Trouble.THROTTLE, False),
        ({"EBusinessID": "1", "Success": False, "Reason": "快递公司编码错误"}, Trouble.CONFIG, False),
        (result(Success=False, Reason="CustomerName不能为空"), Trouble.CONFIG, False),
        ({"EBusinessID": "1", "Success": False, "Reason": "系统错误"}, Trouble.TRANSIENT, False),
        (None, Trouble.NO_DATA, False),
    ],
)
def test_a_failure_says_what_helps(value: object, trouble: Trouble, wide: bool) -> None:
    failure = read(value).failure
    assert failure is not None
    assert (failure.trouble, failure.account_wide) == (trouble, wide)
    assert (failure.after == timedelta(minutes=10)) == (trouble is Trouble.THROTTLE)


@pytest.mark.parametrize(
    "body", [b"", b"<html>502</html>", b"\xff\xfe", b'{"a":1}', b"[1,2", b'"text"', b"12", b"{}", b"[]"]
)
def test_what_is_no_answer_is_a_passing_failure(body: bytes) -> None:
    with pytest.raises(NotAnAnswer):
        kdniao.read(body)
    (answer,) = kdniao.decode(Response(200, {}, body))
    assert answer.failure is not None
    assert answer.failure.trouble is Trouble.TRANSIENT


@pytest.mark.parametrize(
    "body",
    [
        b'{"OrderCode":"","ShipperCode":"YTO","LogisticCode":"YT1"}',
        urlencode({"RequestData": '{"LogisticCode":"YT1"}', "RequestType": "8001"}).encode(),
        urlencode({"RequestData": '{"LogisticCode":"YT1"}', "RequestType": "1008"}).encode(),
    ],
)
def test_a_request_is_told_from_an_answer(body: bytes) -> None:
    with pytest.raises(NotAnAnswer, match="request to Kdniao"):
        kdniao.read(body)


@pytest.mark.parametrize(
    "file", ["kuaidi100/query_2015_shentong_companytype.json", "sf/search_routes_sandbox_2023.json"]
)
def test_other_providers_documents_are_none_of_kdniaos(file: str, shared: Path) -> None:
    path = shared / "wire" / "samples" / file
    if not path.is_file():
        pytest.skip(f"{file} is not here")
    with pytest.raises(NotAnAnswer):
        kdniao.read(path.read_bytes())


@pytest.mark.parametrize(
    ("value", "trouble"),
    [
        ({"EBusinessID": "1", "UpdateTime": "2026-11-22 10:00:00", "Success": True, "Reason": ""}, None),
        ({"EBusinessID": "1", "Success": "true"}, None),
        ({"EBusinessID": "1", "Success": False, "Reason": "重复订阅"}, None),
        ({"EBusinessID": "1", "Success": False, "Reason": "快递公司编码错误"}, Trouble.CONFIG),
        ({"EBusinessID": "1", "Success": False, "Reason": "没有可用套餐"}, Trouble.QUOTA),
        ([], Trouble.TRANSIENT),
    ],
)
def test_a_subscription_stands_or_says_why_not(value: object, trouble: Trouble | None) -> None:
    failure = kdniao.decode_subscription(Response(200, {}, json.dumps(value).encode()))
    assert (failure and failure.trouble) == trouble
    if isinstance(value, dict) and value["Success"] is True:
        assert read(value).kind is Kind.SUBSCRIPTION


def test_a_number_is_recognised_as_one_of_several_carriers_best_first() -> None:
    value = {
        "EBusinessID": "1",
        "Success": True,
        "LogisticCode": NUMBER,
        "Shippers": [
            {"ShipperCode": "YTO", "ShipperName": "圆通速递"},
            {"ShipperName": "中通快递"},
            {"ShipperCode": "YTO"},
        ],
    }
    response = Response(200, {}, json.dumps(value).encode())
    assert kdniao.decode_recognition(response) == ("yuantong", "zhongtong")
    answer = read(value)
    assert (answer.kind, answer.number, answer.carrier) == (Kind.RECOGNITION, NUMBER, "yuantong")


@pytest.mark.parametrize(
    ("body", "trouble"),
    [
        (b'{"EBusinessID":"1","Success":false,"Reason":"","Shippers":[]}', Trouble.NO_DATA),
        (b'{"EBusinessID":"1","Success":true,"Shippers":null}', Trouble.NO_DATA),
        ('{"EBusinessID":"1","Success":false,"Reason":"没有可用套餐"}'.encode(), Trouble.QUOTA),
        (b"<html>", Trouble.TRANSIENT),
    ],
)
def test_a_number_nobody_recognises_says_why(body: bytes, trouble: Trouble) -> None:
    failure = kdniao.decode_recognition(Response(200, {}, body))
    assert not isinstance(failure, tuple)
    assert failure.trouble is trouble


KEYS = ["EBusinessID", "Count", "PushTime", "Data", "LogisticCode", "ShipperCode", "State", "StateEx", "Traces", "AcceptTime", "AcceptStation", "Action", "Success", "Reason", "Shippers", "RequestData", "day", "no", "company"]  # fmt: skip
json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.sampled_from(["2026-11-21 10:00:00", "已签收", "301", "YTO", "{}", "[", "07:21"])
    | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=6),
    max_leaves=16,
)


@given(json_values)
@settings(max_examples=400, deadline=None)
def test_no_json_breaks_the_reader(value: object) -> None:
    for body in (json.dumps(value).encode(), signed(json.dumps(value))):
        try:
            for answer in kdniao.read(body):
                assert answer.status
        except NotAnAnswer:
            pass
        response = Response(200, {}, body)
        assert kdniao.decode(response)
        assert kdniao.acknowledge(body).status == 200
        kdniao.decode_subscription(response)
        kdniao.decode_recognition(response)


@given(st.data())
@settings(max_examples=200, deadline=None)
def test_no_mutation_of_a_real_body_breaks_the_reader(data: st.DataObject) -> None:
    whole = signed(push(result(row("2026-11-21 10:00:00", "已收件", Action="1", Location="南京市"), StateEx="1")))
    body = bytearray(
        data.draw(st.sampled_from([whole, json.dumps(result(row("2026-11-21 10:00:00", "已收件"))).encode(), *SAMPLES]))
    )
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(body) - 1))
        body[at : at + data.draw(st.integers(0, 9))] = data.draw(st.binary(max_size=4))
    with contextlib.suppress(NotAnAnswer):
        kdniao.read(bytes(body))


@given(st.binary(max_size=60))
@settings(max_examples=300, deadline=None)
def test_no_bytes_break_the_reader(body: bytes) -> None:
    assert kdniao.decode(Response(200, {}, body))
    assert kdniao.verify(CONTRACT, {}, body) is False
    assert kdniao.acknowledge(body).status == 200
    assert kdniao.decode_subscription(Response(200, {}, body)) is not None


@pytest.mark.parametrize(("reason", "trouble"), [("指令错误", Trouble.CONFIG), ("没有此接口权限", Trouble.AUTH)])
def test_a_wrong_request_type_and_a_missing_right_do_not_pass_by_themselves(reason: str, trouble: Trouble) -> None:
    (answer,) = kdniao.read(json.dumps({"EBusinessID": "1", "Success": False, "Reason": reason}).encode())
    assert answer.failure is not None
    assert answer.failure.trouble is trouble
