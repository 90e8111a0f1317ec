"""SF's protocol: digests, operation codes, envelopes, pushes, and the older XML."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qs

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shipments.answers import Answer, Ask, Contract, Kind, NotAnAnswer, Trouble
from shipments.carriers import sf
from shipops.kit.wire import Response
from tests.shipments.test_kuaidi100 import vector

NOW = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)
CONTRACT = Contract({"partner_id": "DEMO", "checkword": "demo-checkword"})


def route(code: str, remark: str = "", time: str = "2026-11-21 10:00:00", **more: str) -> dict:
    return {"acceptTime": time, "acceptAddress": "深圳市", "remark": remark, "opCode": code} | more


def inner(*routes: dict, number: str = "SF1390227448801", wrapped: bool = True) -> dict:
    data = {"routeResps": [{"mailNo": number, "routes": list(routes)}]}
    head = {"success": True, "errorCode": "S0000", "errorMsg": None}
    return head | ({"msgData": data} if wrapped else data)


def envelope(value: object, code: str = "A1000") -> bytes:
    data = json.dumps(value, ensure_ascii=False) if not isinstance(value, str) else value
    return json.dumps({"apiErrorMsg": "", "apiResponseID": "1", "apiResultCode": code, "apiResultData": data}).encode()


def read(*routes: dict) -> Answer:
    (answer,) = sf.read(envelope(inner(*routes)))
    return answer


class TestSigning:
    def test_the_digest_is_as_the_vector_says(self, shared: Path) -> None:
        one = vector(shared, "sf_msgdigest")
        parts = one["input"]
        assert sf.digest(parts["msgData"], parts["timestamp"], parts["checkword"]) == one["expected"]

    def test_the_older_verify_code_is_as_the_vector_says(self, shared: Path) -> None:
        one = vector(shared, "sf_bsp_xml")
        assert sf.verify_code(one["input"]["xml"], one["input"]["checkword"]) == one["expected"]

    def test_a_question_holds_its_numbers_one_phone_and_its_digest(self) -> None:
        asks = [Ask("SF1", "shunfeng", "0042"), Ask("SF2", "shunfeng", "0042")]
        request = sf.encode(asks, CONTRACT, NOW)
        fields = {name: value[0] for name, value in parse_qs(request.body.decode()).items()}
        assert request.url == "https://bspgw.sf-express.com/std/service"
        assert (fields["partnerID"], fields["serviceCode"]) == ("DEMO", "EXP_RECE_SEARCH_ROUTES")
        assert fields["timestamp"] == "1795320000000"
        assert fields["msgDigest"] == sf.digest(fields["msgData"], fields["timestamp"], "demo-checkword")
        wanted = json.loads(fields["msgData"])
        assert (wanted["trackingNumber"], wanted["checkPhoneNo"], wanted["trackingType"]) == (
            ["SF1", "SF2"],
            "0042",
            "1",
        )

    def test_the_senders_phone_of_the_account_comes_first(self) -> None:
        contract = Contract({**CONTRACT.credentials, "phone_tail": "8001"})
        request = sf.encode([Ask("SF1", "shunfeng", "0042")], contract, NOW)
        assert json.loads(parse_qs(request.body.decode())["msgData"][0])["checkPhoneNo"] == "8001"


@pytest.mark.parametrize(
    ("code", "remark", "more", "status"),
    [
        ("50", "", {}, "picked_up"),
        ("54", "", {}, "picked_up"),
        ("30", "", {}, "in_transit"),
        ("105", "", {}, "in_transit"),
        ("44", "", {}, "out_for_delivery"),
        ("34", "", {}, "out_for_delivery"),
        ("80", "备注", {}, "delivered"),
        ("8000", "在官网“运单资料&签收图”,可查看签收人信息", {}, "delivered"),
        ("678", "", {}, "available_for_pickup"),
        ("679", "", {}, "delivered"),
        ("125", "", {}, "available_for_pickup"),
        ("126", "", {}, "out_for_delivery"),
        ("128", "", {}, "delivered"),
        ("127", "", {}, "info_received"),
        ("66", "", {}, "delayed"),
        ("77", "", {}, "delayed"),
        ("99", "应客户要求,快件正在转寄中", {}, "returning"),
        ("648", "快件已退回/转寄,新单号为: SF1", {}, "returning"),
        ("631", "", {}, "returning"),
        ("660", "", {}, "returned"),
        ("18", "", {}, "customs"),
        ("611", "", {}, "exception_other"),
        # The text of a failure is its reason.
        ("70", "快件派送不成功(因收方客户拒收快件),待进一步处理", {}, "refused"),
        ("70", "快件派送不成功(因电话无人接听/关机/无信号，暂无法联系到收方客户)", {}, "unreachable_recipient"),
        ("70", "快件派送不成功(应客户要求,按新地址转寄),待转运", {}, "returning"),
        ("70", "由于某原因派件不成功", {}, "attempt_failed"),
        ("70", "", {"reasonCode": "46"}, "exception_other"),
        ("70", "派件不成功", {"reasonName": "地址不详"}, "address_problem"),
        ("33", "外包装破损", {}, "damaged"),
        # 80 is a locker too: only the words tell.
        (
            "80",
            "已派送至（顺丰自助柜）",
            {"firstStatusCode": "4", "secondaryStatusCode": "401"},
            "available_for_pickup",
        ),
        (
            "80",
            "您的快件已派送至顺丰自助柜，取件成功",
            {"firstStatusCode": "4", "secondaryStatusCode": "401"},
            "delivered",
        ),
        ("80", "已签收,感谢使用顺丰", {"firstStatusCode": "4", "secondaryStatusCode": "401"}, "delivered"),
        # A code we do not know leaves it to the text.
        ("98765", "正在派送途中,请您准备签收", {}, "out_for_delivery"),
        ("98765", "星际跃迁完成", {}, "unknown"),
    ],
)
def test_an_operation_code_is_read_as_what_it_is(code: str, remark: str, more: dict, status: str) -> None:
    answer = read(route(code, remark, **more))
    assert answer.status == status
    assert bool(answer.warnings) == (status == "unknown")


def test_trouble_clears_when_the_parcel_goes_out_again() -> None:
    routes = [
        route("70", "快件派送不成功(因无法联系到收方客户)", "2026-11-21 10:00:00"),
        route("34", "", "2026-11-22 08:00:00"),
    ]
    assert read(*routes).status == "out_for_delivery"


@pytest.mark.parametrize("wrapped", [True, False])
def test_the_wrapper_msg_data_may_be_missing(wrapped: bool) -> None:
    (answer,) = sf.read(envelope(inner(route("50"), wrapped=wrapped)))
    assert (answer.number, answer.status) == ("SF1390227448801", "picked_up")


def test_an_inner_answer_without_envelope_and_one_not_encoded_twice_are_read_too() -> None:
    (bare,) = sf.read(json.dumps(inner(route("50"))).encode())
    (once,) = sf.read(json.dumps({"apiResultCode": "A1000", "apiResultData": inner(route("50"))}).encode())
    assert bare == once


def test_one_answer_tells_of_several_waybills() -> None:
    data = {"routeResps": [{"mailNo": "SF1", "routes": [route("50")]}, {"mailNo": "SF2", "routes": []}]}
    one, two = sf.read(envelope({"success": True, "errorCode": "S0000", "msgData": data}))
    assert (one.number, one.status, two.number) == ("SF1", "picked_up", "SF2")
    assert two.failure is not None
    assert two.failure.trouble is Trouble.NO_DATA


@pytest.mark.parametrize(
    ("body", "trouble", "account_wide"),
    [
        (envelope("", "A1005"), Trouble.THROTTLE, True),
        (envelope("", "A1006"), Trouble.AUTH, True),
        (envelope("", "A1001"), Trouble.CONFIG, False),
        (envelope("", "A1099"), Trouble.TRANSIENT, False),
        (envelope({"success": False, "errorCode": "S0001", "errorMsg": "非法的JSON格式"}), Trouble.CONFIG, False),
        (envelope({"success": False, "errorCode": "S0003", "errorMsg": "…"}), Trouble.TRANSIENT, False),
        (envelope("not json"), Trouble.TRANSIENT, False),
        (b"null", Trouble.NO_DATA, False),
        (b"<html>502</html>", Trouble.TRANSIENT, False),
        (
            b'<Response service="RouteService"><Head>ERR</Head><ERROR code="8014">x</ERROR></Response>',
            Trouble.AUTH,
            True,
        ),
        (b'<Response service="RouteService"><Head>OK</Head><Body/></Response>', Trouble.NO_DATA, False),
    ],
)
def test_a_failure_says_what_helps(body: bytes, trouble: Trouble, account_wide: bool) -> None:
    (answer,) = sf.decode(Response(200, {}, body))
    assert answer.failure is not None
    assert (answer.failure.trouble, answer.failure.account_wide) == (trouble, account_wide)
    if trouble is Trouble.THROTTLE:
        assert answer.failure.after == timedelta(minutes=5)


def test_an_http_error_is_theirs() -> None:
    (answer,) = sf.decode(Response(503, {}, b""))
    assert answer.failure is not None
    assert (answer.failure.trouble, answer.failure.message) == (Trouble.TRANSIENT, "HTTP 503")


def test_a_malformed_route_is_a_warning_and_its_neighbours_stay() -> None:
    answer = read(route("50"), route("44", time="gestern"), "x", route("80", "已签收", "2026-11-21 12:00:00"))  # type: ignore[arg-type]
    assert ([event.code for event in answer.events], len(answer.warnings)) == (["50", "80"], 2)


class TestPush:
    def test_single_events_are_grouped_by_waybill(self) -> None:
        routes = [
            route("50") | {"mailno": "SF1"},
            route("80") | {"mailno": "SF2"},
            route("30") | {"mailno": "SF1"},
            route("30"),
        ]
        one, two = sf.read(json.dumps({"Body": {"WaybillRoute": routes}}).encode())
        assert (one.number, len(one.events), two.number, two.status) == ("SF1", 2, "SF2", "delivered")
        assert one.warnings == ("Routes without a waybill number: 1",)

    def test_one_route_may_come_as_an_object(self) -> None:
        (answer,) = sf.read(json.dumps({"Body": {"WaybillRoute": route("50") | {"mailno": "SF1"}}}).encode())
        assert answer.number == "SF1"

    def test_xml_is_acknowledged_in_xml_and_json_in_json(self) -> None:
        assert sf.acknowledge(b"<Request/>").body == sf.acknowledge(b"content=%3CRequest%2F%3E").body
        assert sf.acknowledge(b"<Request/>").body.startswith(b"<Response")
        assert json.loads(sf.acknowledge(b"{}").body) == {"return_code": "0000", "return_msg": "成功"}


keys = st.sampled_from(["apiResultCode", "apiResultData", "success", "errorCode", "msgData", "routeResps", "mailNo", "routes", "Body", "WaybillRoute", "mailno", "acceptTime", "opCode", "remark"])  # fmt: skip
json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.sampled_from(["A1000", "S0000", "50", "2026-11-21 10:00:00", "{}", "[]"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=5),
    max_leaves=12,
)


@given(json_values)
@settings(max_examples=400, deadline=None)
def test_no_json_breaks_the_reader(value: object) -> None:
    for body in (json.dumps(value).encode(), envelope(value)):
        try:
            for answer in sf.read(body):
                assert answer.status
        except NotAnAnswer:
            pass


@given(st.binary(max_size=60))
@settings(max_examples=300, deadline=None)
def test_no_bytes_break_the_reader(body: bytes) -> None:
    assert sf.decode(Response(200, {}, body))
    assert sf.acknowledge(body).status == 200


class TestRelays:
    """Middle tiers hand SF's answers on in frames of their own, and spell its names as they like."""

    ROUTES = inner(route("50", "顺丰速运 已收取快件"), route("44", "正在派送途中", "2026-11-21 12:00:00"))

    @pytest.mark.parametrize(
        "value",
        [
            {"code": 0, "msg": "ok", "data": json.loads(envelope(ROUTES))},
            {"code": 0, "data": ROUTES["msgData"]["routeResps"][0]},
            {"success": True, "errorCode": "0", "result": json.dumps(ROUTES)},
            ROUTES["msgData"]["routeResps"],
            {"apiResultCode": "A1000", "apiResultData": "", "apiResultMsg": ROUTES},
            {"api_result_code": "A1000", "api_result_data": {"success": True, "error_code": "S0000", "msg_data": ROUTES["msgData"]}},
        ],
    )  # fmt: skip
    def test_an_answer_is_found_in_the_frame_of_whoever_hands_it_on(self, value: object) -> None:
        (answer,) = sf.read(json.dumps(value).encode())
        assert (answer.number, answer.status, len(answer.events)) == ("SF1390227448801", "out_for_delivery", 2)

    def test_a_refusal_is_found_in_a_frame_too(self) -> None:
        (answer,) = sf.read(json.dumps({"code": 1, "data": json.loads(envelope("", code="A1006"))}).encode())
        assert answer.failure is not None
        assert answer.failure.trouble is Trouble.AUTH

    PUSHED = {"mailno": "SF1000000000001", "acceptTime": "2026-11-21 10:00:00", "opCode": "54", "remark": "已收取"}

    @pytest.mark.parametrize(
        "value", [{"body": {"waybillRoute": [PUSHED]}}, [PUSHED], {"Body": {"WaybillRoute": PUSHED}}]
    )
    def test_a_push_is_read_however_its_frame_is_spelt(self, value: object) -> None:
        (answer,) = sf.read(json.dumps(value).encode())
        assert (answer.number, answer.status) == ("SF1000000000001", "picked_up")

    def test_the_form_of_a_call_is_a_request(self) -> None:
        with pytest.raises(NotAnAnswer, match="request"):
            sf.read(
                b"partnerID=A&requestID=1&serviceCode=EXP_RECE_SEARCH_ROUTES&timestamp=1&msgDigest=x&msgData=%7B%7D"
            )


@pytest.mark.parametrize(
    ("message", "trouble"),
    [("OAUTH2认证鉴权失败", Trouble.AUTH), ("缺少参数", Trouble.CONFIG), ("系统异常", Trouble.TRANSIENT)],
)
def test_a_refusal_under_a_code_nobody_knows_is_read_by_its_words(message: str, trouble: Trouble) -> None:
    body = {"apiErrorMsg": message, "apiResponseID": "1", "apiResultCode": "A1999", "apiResultData": None}
    (answer,) = sf.read(json.dumps(body).encode())
    assert answer.failure is not None
    assert answer.failure.trouble is trouble


def test_the_answer_to_an_interception_is_no_empty_track() -> None:
    told = {"success": True, "errorCode": "S0000", "errorMsg": None, "msgData": {"waybillNo": "SF1000000000001"}}
    (answer,) = sf.read(envelope(told))
    assert answer.kind is Kind.INTERCEPTION
    assert answer.number == "SF1000000000001"
    assert answer.failure is None


def test_a_route_told_in_elements_is_read_as_one_in_attributes() -> None:
    route = "<Route><remark>已收件</remark><accept_time>2018-05-01 08:01:44</accept_time><opcode>50</opcode></Route>"
    body = (
        f'<Response><Head>OK</Head><Body><RouteResponse mailno="444000000001">{route}</RouteResponse></Body></Response>'
    )
    (answer,) = sf.read(body.encode())
    assert (answer.number, answer.status) == ("444000000001", "picked_up")
