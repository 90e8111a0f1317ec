"""J&T's protocol: digests, tracks and pushes in all the shapes they come in, refusals."""

import contextlib
import json
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import parse_qs, quote, urlencode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shipments.answers import Answer, Ask, Contract, Kind, NotAnAnswer, Trouble
from shipments.carriers import jtexpress
from shipops.kit.wire import Response
from tests.conftest import SHARED
from tests.shipments.test_kuaidi100 import vector

NOW = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)
CONTRACT = Contract({"api_account": "178337126125932605", "private_key": "demo-private-key"}, "http://127.0.0.1:9")
NUMBER = "JT0000000000001"


def detail(scan: object, desc: str = "", time: object = "2026-11-21 10:00:00", **more: object) -> dict:
    return {
        "scanTime": time, "desc": desc, "scanType": scan, "scanNetworkName": "南京玄武网点", "scanNetworkId": 33,
        "scanNetworkProvince": "江苏省", "scanNetworkCity": "南京市", "scanNetworkArea": "玄武区", "problemReason": None,
    } | more  # fmt: skip


def answer(*details: object, number: str = NUMBER, **more: object) -> dict:
    return {"code": "1", "msg": "success", "data": [{"billCode": number, "details": list(details)}]} | more


def encoded(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode()


def read(*details: object, **more: object) -> Answer:
    (told,) = jtexpress.read(encoded(answer(*details, **more)))
    return told


def verdict(told: Answer) -> tuple[str, str | None]:
    (event,) = told.events
    return event.stage.value, event.cause.value if event.cause else None


class TestSigning:
    def test_the_digest_is_as_the_vector_says(self, shared: Path) -> None:
        one = vector(shared, "jtexpress")
        parts = one["input"]
        assert jtexpress.digest(parts["bizContent"].encode(), parts["privateKey"]) == one["expected"]

    def test_a_question_holds_up_to_thirty_numbers_in_one_signed_field(self) -> None:
        request = jtexpress.encode([Ask(NUMBER, "jtexpress")], CONTRACT, NOW)
        assert (request.method, request.url) == ("POST", "http://127.0.0.1:9/webopenplatformapi/api/logistics/trace")
        assert request.body == b"bizContent=%7B%22billCodes%22%3A%22JT0000000000001%22%7D"
        assert dict(request.headers) == {
            "Content-Type": "application/x-www-form-urlencoded;charset=UTF-8",
            "apiAccount": "178337126125932605",
            "digest": "kreveCydguvz51Hr8av7fw==",
            "timestamp": "1795320000000",
        }
        many = jtexpress.encode([Ask("JT1", "jtexpress"), Ask("JT2", "jtexpress")], CONTRACT, NOW)
        assert parse_qs(many.body.decode()) == {"bizContent": ['{"billCodes":"JT1,JT2"}']}
        assert jtexpress.BATCH == 30

    def test_without_an_address_of_its_own_the_account_asks_the_chinese_platform(self) -> None:
        request = jtexpress.encode([Ask(NUMBER, "jtexpress")], Contract(CONTRACT.credentials), NOW)
        assert request.url == "https://openapi.jtexpress.com.cn/webopenplatformapi/api/logistics/trace"

    def test_a_subscription_asks_for_every_type_of_scan(self) -> None:
        request = jtexpress.encode_subscription(Ask(NUMBER, "jtexpress"), CONTRACT, NOW)
        assert request.url == "http://127.0.0.1:9/webopenplatformapi/api/trace/subscribe"
        (content,) = parse_qs(request.body.decode())["bizContent"]
        nodes = "1&2&3&4&5&6&7&8&9&10&11&12&13&14"
        assert json.loads(content) == {
            "Id": "178337126125932605",
            "list": [{"traceNode": nodes, "waybillCode": NUMBER}],
        }
        assert request.headers["digest"] == jtexpress.digest(content.encode(), "demo-private-key")


class TestVerifying:
    text = json.dumps({"billCode": NUMBER, "details": [detail("快件揽收", "已取件 1+1&2 ᕱ")]}, ensure_ascii=False)
    digest = jtexpress.digest(text.encode(), "demo-private-key")

    @pytest.mark.parametrize(
        "body",
        [
            urlencode({"bizContent": text}).encode(),
            f"bizContent={quote(text)}".encode(),
            f"bizContent={text}".encode(),
            f"bizContent={text}&timestamp=1795320000000&apiAccount=1".encode(),
            text.encode(),
        ],
    )
    def test_a_push_is_signed_over_its_content_however_that_is_put_into_the_body(self, body: bytes) -> None:
        assert jtexpress.verify(CONTRACT, {"digest": self.digest}, body)
        assert jtexpress.verify(CONTRACT, {"Digest": self.digest}, body)
        assert not jtexpress.verify(CONTRACT, {"digest": self.digest}, body.replace(b"00001", b"00002"))
        assert not jtexpress.verify(CONTRACT, {"digest": jtexpress.digest(self.text.encode(), "other")}, body)
        assert not jtexpress.verify(CONTRACT, {}, body)
        (told,) = jtexpress.read(body)
        assert (told.number, told.kind, told.events[0].text) == (NUMBER, Kind.PUSH, "已取件 1+1&2 ᕱ")

    def test_a_digest_beside_the_content_counts_as_one_in_the_header(self) -> None:
        body = urlencode({"bizContent": self.text, "digest": self.digest}).encode()
        assert jtexpress.verify(CONTRACT, {}, body)

    def test_a_push_in_gbk_is_signed_over_its_own_bytes(self) -> None:
        raw = self.text.replace("ᕱ", "").encode("gb18030")
        body = b"bizContent=" + quote(raw).encode()
        assert jtexpress.verify(CONTRACT, {"digest": jtexpress.digest(raw, "demo-private-key")}, body)
        (told,) = jtexpress.read(body)
        assert told.events[0].text == "已取件 1+1&2"

    def test_an_account_without_a_key_is_pushed_nothing(self) -> None:
        body = urlencode({"bizContent": self.text}).encode()
        assert not jtexpress.verify(Contract(), {"digest": jtexpress.digest(self.text.encode(), "")}, body)

    def test_a_push_is_acknowledged_in_the_platforms_envelope(self) -> None:
        said = jtexpress.acknowledge(b"")
        assert (said.status, said.body) == (200, b'{"code":"1","msg":"success","data":"SUCCESS"}')


class TestShapes:
    whole = answer(
        detail("出仓扫描", "正带着包裹来见您", "2026-11-21 10:00:00"),
        detail("快件揽收", "已取件", "2026-11-20 10:00:00"),
    )

    def test_events_come_oldest_first_whichever_way_the_list_runs(self) -> None:
        back = answer(*reversed(self.whole["data"][0]["details"]))
        (there,), (here,) = jtexpress.read(encoded(self.whole)), jtexpress.read(encoded(back))
        assert (
            [event.code for event in there.events] == [event.code for event in here.events] == ["快件揽收", "出仓扫描"]
        )

    @pytest.mark.parametrize(
        "change",
        [
            lambda whole: whole | {"data": json.dumps(whole["data"], ensure_ascii=False)},
            lambda whole: whole | {"data": whole["data"][0]},
            lambda whole: whole | {"code": 1},
            lambda whole: {"status": 200, "result": json.dumps(whole, ensure_ascii=False)},
            lambda whole: whole["data"],
            lambda whole: {
                "Code": "1",
                "Msg": "ok",
                "Data": [{"bill_code": NUMBER, "Details": whole["data"][0]["details"]}],
            },
            lambda whole: whole | {"data": [{"billCode": NUMBER, "details": json.dumps(whole["data"][0]["details"])}]},
        ],
    )
    def test_the_same_track_is_read_from_every_wrapping(self, change) -> None:
        (plain,) = jtexpress.read(encoded(self.whole))
        (wrapped,) = jtexpress.read(encoded(change(json.loads(json.dumps(self.whole)))))
        assert (wrapped.number, wrapped.events, wrapped.failure) == (NUMBER, plain.events, None)

    def test_one_detail_may_come_as_an_object_and_keys_in_any_case(self) -> None:
        row = {"ScanTime": "2026/11/21 10:00", "Desc": "", "SCAN_TYPE": "快件揽收", "ScanNetworkCity": "南京市"}
        (told,) = jtexpress.read(encoded({"code": "1", "data": {"billCode": NUMBER, "details": row}}))
        assert (told.status, told.events[0].place) == ("picked_up", "南京市")

    def test_the_place_is_province_city_and_district_and_the_outlet_where_there_are_none(self) -> None:
        assert read(detail("1")).events[0].place == "江苏省 南京市 玄武区"
        assert (
            read(detail("1", scanNetworkProvince="上海市", scanNetworkCity="上海市")).events[0].place == "上海市 玄武区"
        )
        bare = {"scanNetworkProvince": "", "scanNetworkCity": None, "scanNetworkArea": ""}
        assert read(detail("1", **bare)).events[0].place == "南京玄武网点"

    def test_a_time_counts_in_the_zone_it_names_and_in_chinas_where_it_names_none(self) -> None:
        zones = {"GMT+08:00": "06:00", "GMT-06:00": "20:00", "UTC+8": "06:00", "": "06:00", "Cairo": "06:00"}
        for zone, hour in zones.items():
            (event,) = read(detail("1", time="2026-11-21 14:00:00", timeZone=zone)).events
            assert event.occurred_at.strftime("%H:%M") == hour

    def test_a_bad_detail_is_a_warning_and_its_neighbours_stay(self) -> None:
        told = read(detail("1", "", "2026-11-20 10:00:00"), detail("3", time="gestern"), "x", None, detail("5"))
        assert ([event.code for event in told.events], len(told.warnings)) == (["1", "5"], 3)

    def test_one_answer_tells_of_several_waybills(self) -> None:
        value = {"code": "1", "msg": "success", "data": [
            {"billCode": "JT1", "details": [detail("1")]}, {"billCode": "JT2", "details": []}, {"billCode": "JT3", "details": None},
        ]}  # fmt: skip
        one, two, three = jtexpress.read(encoded(value))
        assert (one.number, one.status, one.failure) == ("JT1", "picked_up", None)
        for empty, number in ((two, "JT2"), (three, "JT3")):
            assert empty.failure is not None
            assert (empty.number, empty.failure.trouble) == (number, Trouble.NO_DATA)

    def test_a_scans_own_number_goes_before_the_one_around_it(self) -> None:
        body = {
            "billCode": "1146708484138602002",
            "details": [detail("1", billCode="UT1"), detail("5", billCode="UT1")],
        }
        (told,) = jtexpress.read(b"bizContent=" + encoded(body))
        assert (told.number, len(told.events)) == ("UT1", 2)

    def test_an_object_in_one_more_pair_of_braces_is_read(self) -> None:
        (told,) = jtexpress.read(b"bizContent={\n" + encoded({"billCode": NUMBER, "details": [detail("1")]}) + b"\n}")
        assert (told.number, told.status) == (NUMBER, "picked_up")

    def test_an_html_escaped_push_is_read(self) -> None:
        text = json.dumps({"billCode": NUMBER, "details": [detail("1")]}).replace('"', "&quot;")
        for body in (b"bizContent=" + text.encode(), urlencode({"bizContent": text}).encode()):
            (told,) = jtexpress.read(body)
            assert (told.number, told.status) == (NUMBER, "picked_up")

    def test_content_wrapped_in_json_is_a_push(self) -> None:
        content = json.dumps([{"billCode": NUMBER, "details": [detail("1")]}])
        (told,) = jtexpress.read(encoded({"bizContent": content}))
        assert (told.number, told.kind) == (NUMBER, Kind.PUSH)

    def test_the_whole_details_of_a_cut_body_are_read(self) -> None:
        (told,) = jtexpress.read(encoded(self.whole)[:-60])
        assert (told.number, [event.code for event in told.events]) == (NUMBER, ["出仓扫描"])
        assert "cut or broken" in told.warnings[0]


@pytest.mark.parametrize(
    ("code", "message", "trouble", "account_wide"),
    [
        ("145003030", "headers signature verification failed", Trouble.AUTH, True),
        ("145003010", "API account does not exist", Trouble.AUTH, True),
        ("145003012", "API account has no interface permissions", Trouble.AUTH, True),
        ("145003052", "digest is empty!", Trouble.AUTH, True),
        ("145003071", "apiAccount为空", Trouble.AUTH, True),
        ("145005000", "系统错误", Trouble.TRANSIENT, True),
        ("145003050", "Illegal parameters", Trouble.CONFIG, False),
        ("145003502", "运单号个数超过30", Trouble.CONFIG, False),
        ("145003064", "查不到数据", Trouble.NO_DATA, False),
        ("145003100", "运单号非法", Trouble.NO_DATA, False),
        # The same code, two meanings: its words tell.
        ("999001030", "customerCode or password is wrong", Trouble.AUTH, True),
        ("999001030", "数据未找到", Trouble.NO_DATA, False),
        ("0", "fail", Trouble.TRANSIENT, False),
        (145009999, "调用过于频繁", Trouble.THROTTLE, True),
        ("145009999", "?", Trouble.TRANSIENT, False),
    ],
)
def test_a_refusal_says_what_helps(code: object, message: str, trouble: Trouble, account_wide: bool) -> None:
    (told,) = jtexpress.decode(Response(200, {}, encoded({"code": code, "msg": message, "data": None})))
    assert told.failure is not None
    assert (told.failure.trouble, told.failure.account_wide) == (trouble, account_wide)
    failure = jtexpress.decode_subscription(Response(200, {}, encoded({"code": code, "msg": message, "data": None})))
    assert failure == told.failure


def test_an_empty_success_has_no_data_yet() -> None:
    for data in ([], None, {}, ""):
        (told,) = jtexpress.decode(Response(200, {}, encoded({"code": "1", "msg": "success", "data": data})))
        assert told.failure is not None
        assert told.failure.trouble is Trouble.NO_DATA


def test_a_subscription_that_was_taken_stands() -> None:
    assert jtexpress.decode_subscription(Response(200, {}, b'{"code":"1","msg":"success","data":null}')) is None
    for response in (Response(503, {}, b'{"code":"1"}'), Response(200, {}, b"<html>"), Response(200, {}, b'{"a":1}')):
        failure = jtexpress.decode_subscription(response)
        assert failure is not None
        assert failure.trouble is Trouble.TRANSIENT


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        (b"", "empty"),
        (b"bizContent=", "empty"),
        (b"<html>502</html>", "not JSON"),
        (b'bizContent={"billCodes":"JT1,JT2"}', "request to J&T"),
        (b"bizContent=%7B%22Id%22%3A%221%22%2C%22list%22%3A%5B%7B%22traceNode%22%3A%221%22%7D%5D%7D", "request to J&T"),
        (b'{"nu":"1","com":"jtexpress","data":[]}', "nothing that J&T"),
        (b'{"returnCode":"500","result":false,"message":"x"}', "nothing that J&T"),
        (b"12", "a JSON int"),
    ],
)
def test_what_is_no_answer_of_jt_says_what_it_is(body: bytes, sentence: str) -> None:
    with pytest.raises(NotAnAnswer, match=sentence):
        jtexpress.read(body)


keys = st.sampled_from(["code", "msg", "data", "billCode", "details", "scanTime", "scanType", "scanTypeCode", "problemType", "problemReason", "desc", "bizContent", "timeZone", "billCodes"])  # fmt: skip
json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.sampled_from(
        ["1", "10", "11", "A9", "2026-11-21 10:00:00", "{}", "[]", '{"scanTime":1795320000}', "GMT+99:99", NUMBER]
    ),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=6),
    max_leaves=15,
)


SAMPLES = [path.read_bytes() for path in sorted((SHARED / "wire/samples/jtexpress").glob("*"))]
BODIES = [encoded(TestShapes.whole), b"bizContent=" + encoded(TestShapes.whole), *SAMPLES]


@given(json_values)
@settings(max_examples=400, deadline=None)
def test_no_json_breaks_the_reader(value: object) -> None:
    for body in (encoded(value), urlencode({"bizContent": encoded(value)}).encode()):
        try:
            for told in jtexpress.read(body):
                assert told.status
        except NotAnAnswer:
            pass
        jtexpress.decode_subscription(Response(200, {}, body))
        jtexpress.verify(CONTRACT, {"digest": "x"}, body)


@given(st.data())
@settings(max_examples=400, deadline=None)
def test_no_mutation_of_a_body_breaks_the_reader(data: st.DataObject) -> None:
    body = bytearray(data.draw(st.sampled_from(BODIES)))
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(body) - 1))
        body[at : at + data.draw(st.integers(0, 9))] = data.draw(st.binary(max_size=4))
    with contextlib.suppress(NotAnAnswer):
        jtexpress.read(bytes(body))
    jtexpress.verify(CONTRACT, {"digest": "x"}, bytes(body))


@given(st.binary(max_size=60))
@settings(max_examples=300, deadline=None)
def test_no_bytes_break_the_reader(body: bytes) -> None:
    assert jtexpress.decode(Response(200, {}, body))
    assert jtexpress.decode_subscription(Response(200, {}, body)) is not None
    assert jtexpress.acknowledge(body).status == 200
    assert not jtexpress.verify(CONTRACT, {}, body)
