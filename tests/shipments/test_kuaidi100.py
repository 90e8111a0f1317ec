"""Kuaidi100's protocol: signatures, states, and the traps real bodies hold."""

import html
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlencode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shipments.answers import Answer, Ask, Contract, Kind, NotAnAnswer, Trouble
from shipments.carriers import kuaidi100
from shipments.status import Cause, Stage
from shipops.kit.wire import Response

NOW = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)
CONTRACT = Contract(
    {"customer": "DEMOCUSTOMER", "key": "DEMOKEY123"}, "http://127.0.0.1:9", "http://we/push/", "demo-salt"
)


def result(*rows: dict | object, **more: object) -> dict:
    return (
        {"message": "ok", "nu": "YT8834201944712", "com": "yuantong", "ischeck": "0", "status": "200", "state": "0"}
        | {"data": list(rows)}
        | more
    )


def row(time: str, context: str, **more: object) -> dict:
    return {"time": time, "ftime": time, "context": context} | more


def read(value: object) -> Answer:
    (answer,) = kuaidi100.read(json.dumps(value, ensure_ascii=False).encode())
    return answer


def vector(shared: Path, name: str) -> dict:
    vectors = json.loads((shared / "wire" / "sign_vectors.json").read_text("utf-8"))
    return next(one for one in vectors if one["name"] == name)


class TestSigning:
    def test_the_query_is_signed_as_the_vector_says(self, shared: Path) -> None:
        one = vector(shared, "kuaidi100_query")
        parts = one["input"]
        assert kuaidi100.sign(parts["param"], parts["key"], parts["customer"]) == one["expected"]

    def test_the_push_is_signed_as_the_vector_says(self, shared: Path) -> None:
        one = vector(shared, "kuaidi100_push")
        body = urlencode({"param": one["input"]["param"], "sign": one["expected"]}).encode()
        assert kuaidi100.verify(Contract(salt=one["input"]["salt"]), {}, body)
        assert not kuaidi100.verify(Contract(salt="another"), {}, body)
        assert not kuaidi100.verify(Contract(salt=one["input"]["salt"]), {}, body.replace(b"got", b"sent"))

    def test_the_query_carries_a_signature_over_its_own_param(self) -> None:
        request = kuaidi100.encode([Ask("YT1234567890123", "yuantong", "0042")], CONTRACT, NOW)
        fields = {name: value[0] for name, value in parse_qs(request.body.decode()).items()}
        assert (request.method, request.url) == ("POST", "http://127.0.0.1:9/poll/query.do")
        assert fields["customer"] == "DEMOCUSTOMER"
        assert fields["sign"] == kuaidi100.sign(fields["param"], "DEMOKEY123", "DEMOCUSTOMER")
        wanted = json.loads(fields["param"])
        assert (wanted["com"], wanted["num"], wanted["phone"], wanted["resultv2"]) == (
            "yuantong",
            "YT1234567890123",
            "0042",
            "4",
        )

    def test_the_subscription_names_callback_salt_and_key(self) -> None:
        request = kuaidi100.encode_subscription(Ask("YT1234567890123", "yuantong", "0042"), CONTRACT, NOW)
        fields = {name: value[0] for name, value in parse_qs(request.body.decode()).items()}
        param = json.loads(fields["param"])
        assert (request.url, fields["schema"]) == ("http://127.0.0.1:9/poll", "json")
        assert (param["company"], param["number"], param["key"]) == ("yuantong", "YT1234567890123", "DEMOKEY123")
        assert (param["parameters"]["callbackurl"], param["parameters"]["salt"]) == ("http://we/push/", "demo-salt")


@pytest.mark.parametrize(
    ("code", "trouble", "after", "account_wide"),
    [
        ("400", Trouble.CONFIG, None, False),
        ("408", Trouble.CONFIG, None, False),
        ("500", Trouble.NO_DATA, None, False),
        ("501", Trouble.TRANSIENT, None, False),
        ("502", Trouble.TRANSIENT, None, False),
        ("503", Trouble.AUTH, None, True),
        ("504", Trouble.THROTTLE, timedelta(minutes=30), False),
        ("601", Trouble.QUOTA, None, True),
        ("999", Trouble.TRANSIENT, None, False),
    ],
)
def test_a_failure_in_http_200_says_what_helps(
    code: str, trouble: Trouble, after: timedelta, account_wide: bool
) -> None:
    body = json.dumps({"result": False, "returnCode": code, "message": "…"}).encode()
    (answer,) = kuaidi100.decode(Response(200, {}, body))
    assert answer.failure is not None
    assert (answer.failure.trouble, answer.failure.after, answer.failure.account_wide) == (trouble, after, account_wide)


@pytest.mark.parametrize("body", [b"", b"<html>502</html>", b"\xff\xfe", b'{"a":1}', b"[1,2", b'"text"', b"12", b"{}"])
def test_what_is_no_answer_is_a_passing_failure(body: bytes) -> None:
    (answer,) = kuaidi100.decode(Response(200, {}, body))
    assert answer.failure is not None
    assert answer.failure.trouble is Trouble.TRANSIENT


@pytest.mark.parametrize(
    ("code", "trouble"),
    [
        ("200", None),
        ("501", None),
        ("500", Trouble.TRANSIENT),
        ("600", Trouble.AUTH),
        ("601", Trouble.QUOTA),
        ("702", Trouble.CONFIG),
    ],
)
def test_a_subscription_stands_or_says_why_not(code: str, trouble: Trouble | None) -> None:
    body = json.dumps({"result": code == "200", "returnCode": code, "message": "…"}).encode()
    failure = kuaidi100.decode_subscription(Response(200, {}, body))
    assert (failure and failure.trouble) == trouble


@pytest.mark.parametrize(
    ("state", "ischeck", "newest", "status"),
    [
        # The state of the whole tells what the newest text does not.
        ("3", "1", "感谢您的使用", "delivered"),
        ("4", "1", "已签收,签收人是本人", "returned"),
        ("4", "1", "快件到达 【深圳】", "returned"),
        ("4", "0", "快件派送不成功(因收方客户拒收快件)", "refused"),
        ("6", "0", "快件已到达【深圳】", "returning"),
        ("14", "0", "快件已到达【深圳】", "refused"),
        ("2", "0", "快件已到达【深圳】", "exception_other"),
        ("2", "0", "派送不成功，电话无人接听", "unreachable_recipient"),
        ("8", "0", "快件已到达【深圳】", "customs"),
        # It says little by itself: 0 and 1 are sent by default, a locker is signed for too.
        ("0", "0", "已签收,签收人是本人", "delivered"),
        ("1", "0", "正在派件", "out_for_delivery"),
        ("3", "1", "签收人：快递柜", "available_for_pickup"),
        ("3", "1", "退回件已由寄件方签收", "returned"),
        ("5", "0", "失败签收录入 某某", "attempt_failed"),
        # Advanced states.
        ("304", "1", "已签收", "available_for_pickup"),
        ("501", "0", "派件中", "available_for_pickup"),
        ("301", "1", "感谢您的使用", "delivered"),
        ("206", "0", "派件中", "unreachable_recipient"),
        ("209", "0", "快件已到达【深圳】", "damaged"),
        ("202", "0", "快件已到达【深圳】", "delayed"),
        ("205", "0", "请及时取件", "exception_other"),
        ("401", "0", "快件已到达【深圳】", "exception_other"),
        ("1003", "0", "快件已到达【深圳】", "in_transit"),
        ("13", "0", "快件已到达【深圳】", "customs"),
        ("777", "0", "快件已到达【深圳】", "in_transit"),
    ],
)
def test_the_state_of_the_whole_and_the_newest_text_together(
    state: str, ischeck: str, newest: str, status: str
) -> None:
    first = row("2026-11-20 10:00:00", "【广州太和】 已收件")
    assert read(result(row("2026-11-21 10:00:00", newest), first, state=state, ischeck=ischeck)).status == status


@pytest.mark.parametrize(
    ("fields", "stage", "cause"),
    [
        ({"status": "在途"}, Stage.IN_TRANSIT, None),
        ({"status": "干线", "statusCode": "1002"}, Stage.IN_TRANSIT, None),
        ({"status": "派件", "statusCode": "5"}, Stage.OUT_FOR_DELIVERY, None),
        ({"status": "拒收", "statusCode": "203"}, Stage.REFUSED, Cause.REFUSED),
        ({"status": "本人签收"}, Stage.DELIVERED, None),
        ({"status": "2"}, Stage.UNKNOWN, Cause.OTHER),
    ],
)
def test_a_scans_own_code_comes_before_its_text(fields: dict, stage: Stage, cause: Cause | None) -> None:
    (event,) = read(result(row("2026-11-21 10:00:00", "……", **fields))).events
    assert (event.stage, event.cause) == (stage, cause)


@pytest.mark.parametrize(
    ("code", "text", "stage", "cause", "rule"),
    [
        ("3", "失败签收录入", Stage.OUT_FOR_DELIVERY, Cause.ATTEMPT_FAILED, "code:3+text:failed_attempt"),
        ("3", "快件已由菜鸟驿站代收，请及时取件", Stage.AVAILABLE_FOR_PICKUP, None, "code:3+text:at_a_place"),
        ("3", "正在派送途中,请您准备签收", Stage.DELIVERED, None, "code:3"),
        ("1", "等待揽收", Stage.INFO_RECEIVED, None, "code:1+text:awaiting_pickup"),
        ("2", "快件到达 【深圳】", Stage.IN_TRANSIT, Cause.OTHER, "code:2+text:moving"),
        ("204", "收件人电话关机", Stage.OUT_FOR_DELIVERY, Cause.UNREACHABLE, "code:204+text:unreachable"),
        ("301", "失败签收录入", Stage.DELIVERED, None, "code:301"),
    ],
)
def test_a_code_too_coarse_is_refined_by_the_text(
    code: str, text: str, stage: Stage, cause: Cause | None, rule: str
) -> None:
    (event,) = read(result(row("2026-11-21 10:00:00", text, statusCode=code), state=code)).events
    assert (event.stage, event.cause, event.rule) == (stage, cause, rule)


def test_jd_signing_the_goods_over_from_the_seller_is_a_pick_up() -> None:
    accepted = row("2026-11-20 10:00:00", "快递签收 货物已交付京东快递", statusCode="3")
    (event,) = read(result(accepted, com="jd")).events
    assert (event.stage, event.rule) == (Stage.PICKED_UP, "code:3+carrier:jd:accepted")


def test_a_scan_nobody_can_read_is_unknown_with_a_warning() -> None:
    unread = row("2026-11-20 10:00:00", "星际跃迁完成", statusCode="9999")
    answer = read(result(row("2026-11-21 10:00:00", "派件中"), unread))
    assert answer.events[0].stage is Stage.UNKNOWN
    assert answer.events[0].code == "9999"
    assert "9999" in answer.warnings[0]


def test_a_newest_scan_nobody_can_read_is_what_the_state_of_the_whole_says_and_still_warned_of() -> None:
    answer = read(result(row("2026-11-21 10:00:00", "星际跃迁完成"), state="0"))
    assert answer.status == "in_transit"
    assert "星际跃迁完成" in answer.warnings[0]


def test_a_malformed_event_is_a_warning_and_its_neighbours_stay() -> None:
    answer = read(result(row("2026-11-21 10:00:00", "派件中"), "text", None, row("昨天", "已收件"), {"context": "x"}, row("2026-11-20 10:00:00", "已收件")))  # fmt: skip
    assert [event.text for event in answer.events] == ["已收件", "派件中"]
    assert len(answer.warnings) == 4


def test_one_event_may_come_as_an_object() -> None:
    assert len(read(result() | {"data": row("2026-11-21 10:00:00", "派件中")}).events) == 1


def test_a_body_of_null_has_no_data() -> None:
    (answer,) = kuaidi100.read(b"null")
    assert answer.failure is not None
    assert answer.failure.trouble is Trouble.NO_DATA


class TestPush:
    def push(self, value: dict, encode: bool = True) -> Answer:
        text = json.dumps(value, ensure_ascii=False)
        body = urlencode({"param": text, "sign": "AB"}) if encode else f"param={text}&sign=AB"
        (answer,) = kuaidi100.read(body.encode())
        return answer

    def test_polling_on_a_signed_parcel_is_signed(self) -> None:
        last = result(row("2026-11-21 10:00:00", "已签收"), state="3", ischeck="1")
        for encode in (True, False):
            answer = self.push({"status": "polling", "billstatus": "check", "lastResult": last}, encode)
            assert (answer.status, answer.kind, answer.ended) == ("delivered", Kind.PUSH, False)

    def test_abort_without_record_is_no_transit(self) -> None:
        last = result(state="0", status="201", message="单号不存在")
        answer = self.push({"status": "abort", "message": "3天查询无记录", "lastResult": last})
        assert (answer.status, answer.remark, answer.ended) == ("exception_other", Cause.NO_RECORD, True)

    def test_abort_after_sixty_days_keeps_what_was_known(self) -> None:
        last = result(row("2026-09-21 10:00:00", "快件已到达【深圳】"))
        answer = self.push({"status": "abort", "message": "60天无变化", "lastResult": last})
        assert (answer.status, answer.remark, answer.ended) == ("in_transit", None, True)

    def test_a_wrong_company_names_the_right_one(self) -> None:
        told = {
            "status": "abort",
            "comOld": "yuantong",
            "comNew": "zhongtong",
            "autoCheck": "1",
            "lastResult": result(),
        }
        assert self.push(told).instead == "zhongtong"

    def test_the_leg_abroad_belongs_to_the_track(self) -> None:
        home, abroad = row("2026-11-20 10:00:00", "已收件"), row("2026-11-21 10:00:00", "已签收")
        answer = self.push({"status": "shutdown", "lastResult": result(home), "destResult": result(abroad, com="usps")})
        assert ([event.text for event in answer.events], answer.status) == (["已收件", "已签收"], "delivered")

    def test_an_html_escaped_push_is_read_once_unescaped(self) -> None:
        text = html.escape(
            json.dumps({"status": "polling", "lastResult": result(row("2026-11-21 10:00:00", "派件中"))})
        )
        for body in (urlencode({"param": text}), f"param={text}"):
            (answer,) = kuaidi100.read(body.encode())
            assert answer.status == "out_for_delivery"

    def test_a_cut_push_gives_its_whole_events(self) -> None:
        text = json.dumps(
            result(row("2026-11-21 10:00:00", "派件中"), row("2026-11-20 10:00:00", "已收件")), ensure_ascii=False
        )
        (answer,) = kuaidi100.read(text[: text.index("已收件")].encode())
        assert [event.text for event in answer.events] == ["派件中"]
        assert (answer.number, answer.carrier) == ("YT8834201944712", "yuantong")
        assert "cut or broken" in answer.warnings[0]

    def test_a_cut_push_keeps_the_codes_of_its_whole_events(self) -> None:
        told = {**row("2026-11-21 10:00:00", "星际跃迁"), "statusCode": "501"}
        text = json.dumps(result(told, row("2026-11-20 10:00:00", "已收件")), ensure_ascii=False)
        (answer,) = kuaidi100.read(text[: text.index("已收件")].encode())
        assert [(event.code, event.stage) for event in answer.events] == [("501", Stage.AVAILABLE_FOR_PICKUP)]

    def test_a_form_that_a_tool_kept_as_json_is_a_push(self) -> None:
        inner = json.dumps({"status": "polling", "lastResult": result(row("2026-11-21 10:00:00", "派件中"))})
        (answer,) = kuaidi100.read(json.dumps({"sign": "AB", "param": inner}).encode())
        assert (answer.kind, answer.status) == (Kind.PUSH, "out_for_delivery")


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(
        st.sampled_from(
            ["data", "nu", "com", "state", "status", "lastResult", "destResult", "auto", "time", "ftime", "context", "returnCode", "param", "result", "comNew"]
        ),
        inner,
        max_size=5,
    ),
    max_leaves=12,
)  # fmt: skip


@given(json_values)
@settings(max_examples=400, deadline=None)
def test_no_json_breaks_the_reader(value: object) -> None:
    for body in (json.dumps(value), urlencode({"param": json.dumps(value), "sign": "x"})):
        try:
            for answer in kuaidi100.read(body.encode()):
                assert answer.status
        except NotAnAnswer:
            pass


@given(st.binary(max_size=60))
@settings(max_examples=300, deadline=None)
def test_no_bytes_break_the_reader(body: bytes) -> None:
    assert kuaidi100.decode(Response(200, {}, body))
    assert kuaidi100.verify(CONTRACT, {}, body) is False
    assert kuaidi100.decode_subscription(Response(200, {}, body)) is not None
