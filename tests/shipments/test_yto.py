"""YTO's protocol: signatures, queries, pushes, interceptions, and the traps in how it tells scans."""

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from shipments.answers import (
    Answer,
    Ask,
    Contract,
    Failure,
    Interception,
    Kind,
    Recipient,
    Taken,
    Trouble,
    Wish,
)
from shipments.carriers import _yto as scans
from shipments.carriers import _yto_calls as calls
from shipments.carriers import yto
from shipments.status import Stage
from shipops.kit.wire import Request, Response
from tests.shipments.test_kuaidi100 import vector

NOW = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)
CONTRACT = Contract({"app_code": "aB3xYz", "user_no": "K21000119", "secret": "demo-secret"}, "http://127.0.0.1:9")
SIGNED = Contract({**CONTRACT.credentials, "push_secret": "push-secret"})
NUMBER = "YT9093718083088"
ASK = Ask(NUMBER, "yuantong")
EMPTY = {"map": {NUMBER: []}, "code": "1001", "success": "true", "message": "查询结果为空。"}


def scan(code: str, text: str, time: str = "2026-11-21 10:00:00", **more: object) -> dict[str, object]:
    return {"waybill_No": NUMBER, "upload_Time": time, "infoContent": code, "processInfo": text} | more


def read(*rows: object) -> Answer:
    (answer,) = yto.read(json.dumps(list(rows), ensure_ascii=False).encode())
    return answer


def track(*told: tuple[str, str]) -> Answer:
    """A track of one scan a day."""
    return read(*(scan(code, text, f"2026-11-{day:02} 10:00:00") for day, (code, text) in enumerate(told, start=1)))


def param(request: Request) -> dict[str, Any]:
    wanted = json.loads(json.loads(request.body)["param"])
    assert isinstance(wanted, dict)
    return wanted


def update(code: str = "GOT", remark: str = "", **more: str) -> str:
    fields = {
        "logisticProviderID": "YTO",
        "clientID": "K21000119",
        "txLogisticID": "LP&07",
        "mailNo": NUMBER,
        "infoType": "STATUS",
        "infoContent": code,
        "acceptTime": "2026-11-21 10:00:00.0 CST",
        "orgName": "义乌公司",
        "city": "金华市",
        "district": "义乌市",
        "remark": remark,
    } | more
    inside = "".join(f"<{name}>{value.replace('&', '&amp;')}</{name}>" for name, value in fields.items())
    return f"<UpdateInfo>{inside}</UpdateInfo>"


def form(xml: str, **more: str) -> bytes:
    return urlencode({"logistics_interface": xml, "clientId": "K21000119", "type": "online"} | more).encode()


def pushed(xml: str) -> Answer:
    (answer,) = yto.read(form(xml))
    return answer


class TestCalls:
    def test_the_signature_is_as_the_vector_says(self, shared: Path) -> None:
        one = vector(shared, "yto_open")
        parts = one["input"]
        assert parts["version"] == calls.VERSION
        assert calls.sign(parts["param"], parts["method"], parts["secret"]) == one["expected"]

    def test_a_question_is_these_bytes(self) -> None:
        request = yto.encode([Ask("YT1234567890123", "yuantong", "0042")], CONTRACT, NOW)
        assert (request.method, request.url) == (
            "POST",
            "http://127.0.0.1:9/open/track_query_adapter/v1/aB3xYz/K21000119",
        )
        assert request.body == (
            b'{"timestamp":"1795320000000","param":"{\\"NUMBER\\":\\"YT1234567890123\\"}",'
            b'"sign":"XNR7Lx4KjVENiANJnNzlTg==","format":"JSON"}'
        )

    def test_the_real_address_is_the_open_platforms(self) -> None:
        request = yto.encode([ASK], Contract({"app_code": "a/b", "user_no": "客户"}), NOW)
        assert request.url == "https://openapi.yto.net.cn:11443/open/track_query_adapter/v1/a%2Fb/%E5%AE%A2%E6%88%B7"

    def test_a_subscription_names_client_and_waybill_in_json_within_json(self) -> None:
        request = yto.encode_subscription(ASK, CONTRACT, NOW)
        assert "/open/subscribe_adapter/v1/" in request.url
        wanted = param(request)
        assert (wanted["client_id"], wanted["msg_type"]) == ("K21000119", "online")
        assert json.loads(wanted["logistics_interface"]) == {"clientId": "K21000119", "waybillNo": NUMBER}

    def test_a_return_is_asked_for_with_a_reason_and_never_without(self) -> None:
        wanted = Interception(ASK, Wish.RETURN, "r-1", "买家取消")
        request = yto.encode_interception(wanted, CONTRACT, NOW)
        assert "/open/wanted_report_adapter/v1/" in request.url
        assert param(request) == {"waybillNo": NUMBER, "wantedDesc": "买家取消"}
        blank = yto.encode_interception(Interception(ASK, Wish.RETURN, "r-1", ""), CONTRACT, NOW)
        assert param(blank)["wantedDesc"] == "拦截退回"
        sent = json.loads(request.body)
        assert sent["sign"] == calls.sign(sent["param"], "wanted_report_adapter", "demo-secret")

    def test_a_redirection_says_to_whom(self) -> None:
        to = Recipient("张三", "13800138000", "浙江省", "杭州市", "滨江区", "网商路599号")
        request = yto.encode_interception(Interception(ASK, Wish.REDIRECT, "r-1", "改址", to), CONTRACT, NOW)
        assert "/open/wanted_change_adapter/v1/" in request.url
        assert param(request) == {
            "waybillNo": NUMBER,
            "receiverName": "张三",
            "receiverTel": "13800138000",
            "receiveProvName": "浙江省",
            "receiveCityName": "杭州市",
            "receiveCountyName": "滨江区",
            "receiveAddress": "网商路599号",
            "wantedDesc": "改址",
        }

    def test_an_interception_can_be_taken_back(self) -> None:
        request = yto.encode_withdrawal(Interception(ASK, Wish.RETURN, "r-1", "买家又要了"), CONTRACT, NOW)
        assert "/open/wanted_cancel_adapter/v1/" in request.url
        assert param(request) == {"waybillNo": NUMBER, "dealRemark": "买家又要了"}

    @pytest.mark.parametrize(
        ("said", "taken"),
        [
            ({"statusCode": 0, "statusMessage": "成功"}, Taken()),
            ({"success": True, "data": "W778", "fee": "3.50"}, Taken("W778", Decimal("3.50"))),
            ({"success": "true", "code": "1001"}, Taken()),
            ({"statusCode": -1, "statusMessage": "快件已签收"}, Trouble.TRANSIENT),
            ({"success": False, "code": 200010003, "reason": "waybillNo不能为空; "}, Trouble.CONFIG),
            ({"success": False, "reason": "签名错误"}, Trouble.AUTH),
            ([], Trouble.TRANSIENT),
        ],
    )
    def test_an_interception_is_taken_or_refused(self, said: object, taken: Taken | Trouble) -> None:
        told = yto.decode_interception(Response(200, {}, json.dumps(said, ensure_ascii=False).encode()))
        assert (told.trouble if isinstance(told, Failure) else told) == taken

    def test_a_subscription_stands_also_where_it_stood(self) -> None:
        for said in ({"success": True}, {"code": "200"}, {"success": False, "message": "重复订阅"}):
            assert yto.decode_subscription(Response(200, {}, json.dumps(said).encode())) is None

    def test_a_refused_subscription_stops_no_query(self) -> None:
        said = json.dumps({"success": False, "reason": "签名错误"}).encode()
        failure = yto.decode_subscription(Response(200, {}, said))
        assert failure is not None
        assert (failure.trouble, failure.account_wide) == (Trouble.AUTH, False)
        for response in (Response(502, {}, b""), Response(200, {}, b"<html>502")):
            assert yto.decode_subscription(response) is not None


class TestQuery:
    def test_an_answer_is_a_bare_list(self) -> None:
        answer = read(
            scan("GOT", "您的快件被【浙江省金华市义乌市上溪镇】揽收", city="金华市", district="义乌市", weight=0.68),
            scan("ARRIVAL", "【义乌转运中心直营公司】 已收入", "2026-11-21 17:48:10"),
        )
        assert (answer.number, answer.carrier, answer.status, answer.kind) == (
            NUMBER,
            "yuantong",
            "in_transit",
            Kind.QUERY,
        )
        first = answer.events[0]
        assert (first.stage, first.code, first.place, first.rule) == (
            Stage.PICKED_UP,
            "GOT",
            "金华市 义乌市",
            "code:GOT",
        )

    def test_nothing_yet_comes_in_another_frame(self) -> None:
        (answer,) = yto.decode(Response(200, {}, json.dumps(EMPTY).encode()))
        assert answer.number == NUMBER
        assert answer.failure is not None
        assert answer.failure.trouble is Trouble.NO_DATA

    @pytest.mark.parametrize(
        ("said", "trouble", "account_wide"),
        [
            ({"success": False, "code": 200010003, "reason": "NUMBER不能为空; "}, Trouble.CONFIG, False),
            ({"success": False, "code": 200010002, "reason": "系统其它错误信息"}, Trouble.TRANSIENT, False),
            ({"success": "false", "message": "验签失败"}, Trouble.AUTH, True),
            ({"success": False, "message": "IP不在白名单"}, Trouble.AUTH, True),
            ({"success": False, "message": "请求过于频繁"}, Trouble.THROTTLE, True),
            ({"success": False, "message": "?"}, Trouble.TRANSIENT, False),
            ({"success": False}, Trouble.TRANSIENT, False),
            ({"status": "0", "message": "该单号暂无物流进展"}, Trouble.NO_DATA, False),
            ([], Trouble.NO_DATA, False),
            (None, Trouble.NO_DATA, False),
            (17, Trouble.TRANSIENT, False),
        ],
    )
    def test_a_failure_says_what_helps(self, said: object, trouble: Trouble, account_wide: bool) -> None:
        (answer,) = yto.decode(Response(200, {}, json.dumps(said, ensure_ascii=False).encode()))
        assert answer.failure is not None
        assert (answer.failure.trouble, answer.failure.account_wide) == (trouble, account_wide)
        if trouble is Trouble.THROTTLE:
            assert answer.failure.after == timedelta(minutes=5)

    def test_the_order_interfaces_refusal_is_read_by_its_code(self) -> None:
        xml = b"<Response><logisticProviderID>YTO</logisticProviderID><success>false</success><reason>S02</reason></Response>"
        (answer,) = yto.read(xml)
        assert answer.failure is not None
        assert answer.failure.trouble is Trouble.AUTH

    def test_an_http_error_is_theirs(self) -> None:
        (answer,) = yto.decode(Response(503, {}, b""))
        assert answer.failure == Failure(Trouble.TRANSIENT, "HTTP 503")

    @pytest.mark.parametrize("time", ["2026-1-2 9:05:01", "2026/01/02 09:05:01", "1767315901", "1767315901000"])
    def test_the_old_interfaces_times_are_not_padded(self, time: str) -> None:
        answer = read({"Waybill_No": NUMBER, "Upload_Time": time, "ProcessInfo": "【北京转运中心】 已收入"})
        assert answer.events[0].occurred_at == datetime(2026, 1, 2, 1, 5, 1, tzinfo=UTC)

    def test_the_old_interface_in_xml(self) -> None:
        row = "<Waybill_No>{}</Waybill_No><Upload_Time>2015-12-{} 0:09:23</Upload_Time><ProcessInfo>{}</ProcessInfo>"
        inside = "".join(
            f"<WaybillProcessInfo>{row.format(NUMBER, day, text)}</WaybillProcessInfo>"
            for day, text in ((1, "【北京公司】 已收件"), (2, "【北京转运中心】 已收入"))
        )
        (answer,) = yto.read(f"<ufinterface><Result>{inside}</Result></ufinterface>".encode())
        assert (answer.number, answer.status, len(answer.events)) == (NUMBER, "in_transit", 2)

    def test_a_malformed_scan_is_a_warning_and_its_neighbours_stay(self) -> None:
        answer = read(
            scan("GOT", "已揽收"), scan("ARRIVAL", "x", "gestern"), "x", scan("SIGNED", "已签收", "2026-11-22 10:00:00")
        )
        assert ([event.code for event in answer.events], len(answer.warnings)) == (["GOT", "SIGNED"], 2)

    def test_two_waybills_in_one_list_are_two_answers(self) -> None:
        one, two = yto.read(json.dumps([scan("GOT", "a"), scan("GOT", "b", waybill_No="YT2222222222222")]).encode())
        assert (one.number, two.number) == (NUMBER, "YT2222222222222")


@pytest.mark.parametrize(
    ("code", "text", "status"),
    [
        ("ACCEPT", "", "info_received"),
        ("UNACCEPT", "", "exception_other"),
        ("NOT_SEND", "", "exception_other"),
        ("WITHDRAW", "", "exception_other"),
        ("GOT", "", "picked_up"),
        ("got", "", "picked_up"),
        ("ARRIVAL", "", "in_transit"),
        ("DEPARTURE", "", "in_transit"),
        ("PACKAGE", "", "in_transit"),
        ("AIRSEND", "", "in_transit"),
        ("AIRPICK", "", "in_transit"),
        ("SENT_SCAN", "", "out_for_delivery"),
        ("INBOUND", "", "available_for_pickup"),
        ("SIGNED", "", "delivered"),
        ("FAILED", "", "attempt_failed"),
        ("FORWARDING", "", "in_transit"),
        ("TMS_RETURN", "", "returning"),
        ("710", "", "out_for_delivery"),
        ("720", "", "exception_other"),
        ("740", "", "delivered"),
        ("741", "", "attempt_failed"),
        ("746", "", "attempt_failed"),
        ("831", "", "returning"),
        ("835", "", "returning"),
        ("950", "", "exception_other"),
        ("960", "", "customs"),
        # The words tell what a code leaves open.
        ("FAILED", "失败签收录入 某某某 原因: 收件人拒收", "refused"),
        ("FAILED", "失败签收录入 某某某 原因: 电话无人接听", "unreachable_recipient"),
        ("FAILED", "失败签收录入 某某某 原因: 地址不详", "address_problem"),
        ("SIGNED", "客户 签收人: 丰巢快递柜 已签收", "available_for_pickup"),
        ("SIGNED", "客户 签收人: 本人签收 已签收 感谢使用圆通速递，期待再次为您服务", "delivered"),
        ("DEPARTURE", "【广南县公司】 已发出 下一站 【昆明转运中心】（退回件）", "returning"),
        # What we do not know is left to the words, or to nobody.
        ("", "【广南县公司】 派件人: 某某某 派件中 派件员电话13800138000", "out_for_delivery"),
        ("NEWCODE", "【广南县公司】 已收入", "in_transit"),
        ("NEWCODE", "星际跃迁完成", "unknown"),
    ],
)
def test_a_scan_is_read_as_what_it_is(code: str, text: str, status: str) -> None:
    answer = read(scan(code, text))
    assert answer.status == status
    assert bool(answer.warnings) == (status == "unknown")
    assert bool(answer.events[0].rule) == (status != "unknown")


def test_every_code_of_the_table_has_its_rule() -> None:
    for code in scans.STATUS:
        assert read(scan(code, "")).events[0].rule == f"code:{code}"
    assert set(scans.COARSE) <= set(scans.STATUS)


class TestTraps:
    @pytest.mark.parametrize("code", ["", "FAILED", "SIGNED", "740"])
    def test_a_failed_signature_is_an_attempt_and_no_signature(self, code: str) -> None:
        answer = read(scan(code, "【福建省厦门市文屏分部公司】 失败签收录入 某某某"))
        assert (answer.stage, answer.status) == (Stage.OUT_FOR_DELIVERY, "attempt_failed")

    def test_three_failed_attempts_in_a_web_pages_table_then_signed(self) -> None:
        rows = [("06.27", "09:52", "客户 签收人: 宁某 已签收 感谢使用圆通速递，期待再次为您服务")]
        for day in ("26", "25", "24"):
            rows.append((f"06.{day}", "14:02", "【云南省文山自治州广南县公司】 失败签收录入 庞某"))
            rows.append(
                (f"06.{day}", "11:40", "【云南省文山自治州广南县公司】 派件人: 庞某 派件中 派件员电话13800138000")
            )
        cells = "".join(
            f'<tr><td><span class="day">2019.{day}</span><span class="time">{hour}</span>&nbsp;<i>星期四</i></td>'
            f'<td class="status">&nbsp;<div></div></td><td class="context">{text}</td></tr>'
            for day, hour, text in rows
        )
        (answer,) = yto.read(f"<html><body><table><tbody>{cells}</tbody></table></body></html>".encode())
        assert (answer.carrier, answer.status, len(answer.events)) == ("yuantong", "delivered", 7)
        assert [event.cause.value for event in answer.events if event.cause] == ["attempt_failed"] * 3
        assert answer.progress.last_event_at == datetime(2019, 6, 27, 1, 52, tzinfo=UTC)

    def test_out_for_delivery_after_the_locker_is_normal(self) -> None:
        answer = track(
            ("INBOUND", "快件已由深田国际大厦一楼物业服务处旁丰巢柜代收，取件码已发送，请及时取件。"),
            ("SENT_SCAN", "【厦禾路公司】 派件人: 某某某 派件中"),
        )
        assert (answer.status, answer.cause) == ("out_for_delivery", None)

    def test_a_signer_who_is_an_instruction_still_signed(self) -> None:
        assert read(scan("", "客户 签收人: 有问题联系业务员2289720 已签收 感谢使用圆通速递")).status == "delivered"

    def test_after_a_signature_another_departure_is_the_way_back(self) -> None:
        answer = track(
            ("GOT", "【路桥区公司】 已收件"),
            ("DEPARTURE", "【临海转运中心】 已发出 下一站 【广南县公司】"),
            ("SIGNED", "客户 签收人: 宁某 已签收"),
            ("DEPARTURE", "【广南县公司】 已发出 下一站 【昆明转运中心】"),
        )
        assert [event.stage.value for event in answer.events] == ["picked_up", "in_transit", "delivered", "returning"]
        assert answer.events[-1].rule == scans.SENT_BACK
        assert answer.status == "returning"

    def test_after_a_refusal_another_departure_is_the_way_back_and_who_signs_is_the_sender(self) -> None:
        answer = track(
            ("SENT_SCAN", "【广南县公司】 派件人: 某某某 派件中"),
            ("FAILED", "【广南县公司】 失败签收录入 某某某 原因: 收件人拒收"),
            ("DEPARTURE", "【广南县公司】 已发出 下一站 【昆明转运中心】"),
            ("ARRIVAL", "【昆明转运中心】 已收入"),
            ("SENT_SCAN", "【路桥区公司】 派件人: 某某某 派件中"),
            ("SIGNED", "客户 签收人: 本人签收 已签收"),
        )
        assert answer.status == "returned"

    def test_after_a_failed_attempt_only_a_departure_to_where_it_was_is_the_way_back(self) -> None:
        before = (
            ("DEPARTURE", "【昆明转运中心】 已发出 下一站 【广南县公司】"),
            ("FAILED", "【广南县公司】 失败签收录入 某某某"),
        )
        back = track(*before, ("DEPARTURE", "【广南县公司】 已发出 下一站 【昆明转运中心公司】"))
        elsewhere = track(*before, ("DEPARTURE", "【广南县公司】 已发出 下一站 【富宁县公司】"))
        assert (back.status, elsewhere.status) == ("returning", "in_transit")

    def test_the_way_back_is_read_without_codes_too(self) -> None:
        answer = track(("", "客户 签收人: 宁某 已签收"), ("", "广南县公司 已发出,下一站 昆明转运中心"))
        assert answer.status == "returning"

    def test_a_long_number_stays_whole(self) -> None:
        (answer,) = yto.read(
            b'{"deliver_no":889937122258663903,"deliver_list":[{"station":"x","time":"2018-06-04 19:23:56"}]}'
        )
        assert answer.number == "889937122258663903"
