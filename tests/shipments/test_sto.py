"""STO's protocol: the link gateway's form and digest, scan types, pushes, interceptions, and the traps in them."""

import base64
import hashlib
import json
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import parse_qs, quote

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
from shipments.carriers import _sto as scans
from shipments.carriers import sto
from shipments.status import Cause
from shipops.kit.wire import Request, Response
from tests.shipments.test_kuaidi100 import vector

NOW = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)
CONTRACT = Contract({"app_key": "CAKdemo", "secret_key": "demo-secret"}, "http://127.0.0.1:9")
NUMBER = "773014136444784"
ASK = Ask(NUMBER, "shentong")


def scan(kind: str, memo: str = "", time: str = "2026-11-21 10:00:00", **more: object) -> dict[str, object]:
    told = {"waybillNo": NUMBER, "opTime": time, "scanType": kind, "memo": memo}
    return told | {"opOrgName": "河北唐山公司", "opOrgCityName": "唐山市"} | more


def answer(*rows: object, success: object = "true", **more: object) -> bytes:
    said = {"success": success, "errorCode": None, "errorMsg": None, "needRetry": None, "data": {NUMBER: list(rows)}}
    return json.dumps(said | more, ensure_ascii=False).encode()


def read(*rows: object) -> Answer:
    (told,) = sto.read(answer(*rows))
    return told


def signed(content: bytes, secret: bytes = b"demo-secret") -> str:
    return base64.b64encode(hashlib.md5(content + secret, usedforsecurity=False).digest()).decode()


def form(content: str | bytes) -> bytes:
    raw = content if isinstance(content, bytes) else content.encode()
    return (
        f"content={quote(raw)}&data_digest={quote(signed(raw))}&api_name=STO_TRACE_PLATFORM_PUSH&from_code=sto".encode()
    )


def push(kind: str = "派件", memo: str = "【唐山公司】的派件员正在派件") -> dict[str, object]:
    trace = {name: value for name, value in scan(kind, memo).items() if name != "waybillNo"}
    return {"waybillNo": NUMBER, "linkCode": "LC-1", "trace": trace}


PUSHED = json.dumps(push(), ensure_ascii=False)
PUSHED_XML = (
    f"<request><waybillNo>{NUMBER}</waybillNo><trace><opTime>2026-11-21 10:00:00</opTime><scanType>派件</scanType>"
    "<memo>正在派件</memo></trace></request>"
)


def fields(request: Request) -> dict[str, str]:
    return {name: value[0] for name, value in parse_qs(request.body.decode()).items()}


class TestCalls:
    def test_the_digest_is_as_the_vector_says(self, shared: Path) -> None:
        one = vector(shared, "sto")
        assert sto.digest(one["input"]["content"].encode(), one["input"]["secretKey"]) == one["expected"]

    def test_a_question_is_these_fields(self) -> None:
        request = sto.encode([Ask("770000000000001", "shentong")], CONTRACT, NOW)
        assert (request.method, request.url) == ("POST", "http://127.0.0.1:9/gateway/link.do")
        assert request.headers["Content-Type"].startswith("application/x-www-form-urlencoded")
        assert fields(request) == {
            "content": '{"order":"desc","waybillNoList":["770000000000001"]}',
            "data_digest": "mKmkQcSOG5CXU7FFb/6VXg==",
            "api_name": "STO_TRACE_QUERY_COMMON",
            "from_appkey": "CAKdemo",
            "from_code": "CAKdemo",
            "to_appkey": "sto_trace_query",
            "to_code": "sto_trace_query",
        }

    def test_a_resource_code_of_its_own_is_named(self) -> None:
        contract = Contract({**CONTRACT.credentials, "from_code": "CODE"})
        request = sto.encode([ASK], contract, NOW)
        assert request.url == "https://cloudinter-linkgatewayonline.sto.cn/gateway/link.do"
        assert (fields(request)["from_appkey"], fields(request)["from_code"]) == ("CAKdemo", "CODE")

    def test_ten_numbers_are_one_question(self) -> None:
        asks = [Ask(f"77000000000000{n}", "shentong") for n in range(sto.BATCH)]
        content = json.loads(fields(sto.encode(asks, CONTRACT, NOW))["content"])
        assert content["waybillNoList"] == [ask.number for ask in asks]

    def test_a_subscription_goes_to_the_trace_platform(self) -> None:
        sent = fields(sto.encode_subscription(ASK, CONTRACT, NOW))
        assert (sent["api_name"], sent["to_appkey"], sent["to_code"]) == (
            "STO_TRACE_PLATFORM_SUBSCRIBE",
            "sto_trace_platform",
            "sto_trace_platform",
        )
        assert json.loads(sent["content"]) == {"subscribeInfoList": [{"waybillNo": NUMBER}]}

    def test_an_interception_goes_to_the_reverse_center(self) -> None:
        sent = fields(sto.encode_interception(Interception(ASK, Wish.RETURN, "r-1", "买家取消"), CONTRACT, NOW))
        assert (sent["api_name"], sent["to_code"]) == ("INTERCEPT_CREATE_STANDARD", "reverse-center")
        assert json.loads(sent["content"]) == {"waybillNo": NUMBER, "interceptForAct": "DEFAULT"}
        assert sent["data_digest"] == signed(sent["content"].encode())

    def test_a_redirection_says_to_whom(self) -> None:
        to = Recipient("张三", "13800138000", "浙江省", "杭州市", "滨江区", "网商路599号")
        sent = fields(sto.encode_interception(Interception(ASK, Wish.REDIRECT, "r-1", "", to), CONTRACT, NOW))
        assert json.loads(sent["content"]) == {
            "waybillNo": NUMBER,
            "interceptForAct": "DEFAULT",
            "receiverName": "张三",
            "receiverTel": "13800138000",
            "receiverProvince": "浙江省",
            "receiverCity": "杭州市",
            "receiverArea": "滨江区",
            "receiverAddress": "网商路599号",
        }

    def test_an_interception_can_be_taken_back(self) -> None:
        sent = fields(sto.encode_withdrawal(Interception(ASK, Wish.RETURN, "r-1", ""), CONTRACT, NOW))
        assert (sent["api_name"], json.loads(sent["content"])) == ("INTERCEPT_DEL_STANDARD", {"waybillNo": NUMBER})

    @pytest.mark.parametrize(
        ("said", "taken"),
        [
            ('{"success":"true","errorCode":"","data":null}', Taken()),
            ('{"success":true,"data":{"interceptNo":"LJ1"}}', Taken("LJ1")),
            ("<response><success>true</success><data><bizNo>LJ2</bizNo></data></response>", Taken("LJ2")),
            ('{"success":"false","errorCode":"400","errorMsg":"快件已签收，不可拦截"}', Trouble.TRANSIENT),
            ('{"success":"false","errorCode":"S02","errorMsg":"签名错误"}', Trouble.AUTH),
            ("<response><success>false</success><errorMsg>waybillNo不能为空</errorMsg></response>", Trouble.CONFIG),
            ("<html>502", Trouble.TRANSIENT),
            ("[]", Trouble.TRANSIENT),
        ],
    )
    def test_an_interception_is_taken_or_refused(self, said: str, taken: Taken | Trouble) -> None:
        told = sto.decode_interception(Response(200, {}, said.encode()))
        assert (told.trouble if isinstance(told, Failure) else told) == taken

    def test_a_subscription_stands_also_where_it_stood(self) -> None:
        for said in ('{"success":"true"}', '{"success":"false","errorMsg":"重复订阅"}'):
            assert sto.decode_subscription(Response(200, {}, said.encode())) is None

    def test_a_refused_subscription_stops_no_query(self) -> None:
        failure = sto.decode_subscription(Response(200, {}, '{"success":"false","errorMsg":"签名错误"}'.encode()))
        assert failure is not None
        assert (failure.trouble, failure.account_wide) == (Trouble.AUTH, False)
        assert sto.decode_subscription(Response(500, {}, b"")) == Failure(Trouble.TRANSIENT, "HTTP 500")


class TestQuery:
    def test_each_number_has_its_list(self) -> None:
        data = {"773000000000001": [scan("收件", waybillNo="773000000000001")], "773000000000002": []}
        one, two = sto.read(answer(data=data))
        assert (one.number, one.carrier, one.status, one.kind) == (
            "773000000000001",
            "shentong",
            "picked_up",
            Kind.QUERY,
        )
        assert (two.number, two.failure and two.failure.trouble) == ("773000000000002", Trouble.NO_DATA)

    @pytest.mark.parametrize("success", ["true", "TRUE", True])
    def test_success_is_the_text_true(self, success: object) -> None:
        (told,) = sto.read(answer(scan("收件"), success=success))
        assert told.failure is None

    def test_the_scan_is_told_whole(self) -> None:
        (event,) = read(scan("到件", "快件已到达【河北唐山公司】")).events
        assert (event.text, event.place, event.code) == ("快件已到达【河北唐山公司】", "唐山市", "到件")
        assert event.rule.startswith("code:到件")
        assert event.occurred_at == datetime(2026, 11, 21, 2, 0, tzinfo=UTC)

    def test_a_scan_without_a_sentence_is_told_from_its_fields(self) -> None:
        (event,) = read(scan("发件", nextOrgName="上海航空部")).events
        assert event.text == "【河北唐山公司】 发件 发往【上海航空部】"

    def test_the_answer_may_be_xml(self) -> None:
        rows = "".join(
            f"<trace><opTime>2026-11-2{day} 10:00:00</opTime><scanType>{kind}</scanType><memo>x</memo></trace>"
            for day, kind in ((1, "收件"), (2, "派件"))
        )
        body = f"<response><success>true</success><data><waybillNo>{NUMBER}</waybillNo><list>{rows}</list></data></response>"
        (told,) = sto.read(body.encode())
        assert (told.number, told.status, len(told.events)) == (NUMBER, "out_for_delivery", 2)

    @pytest.mark.parametrize(
        ("body", "trouble", "account_wide"),
        [
            (b'{"success":"false","errorCode":"S02","errorMsg":"x"}', Trouble.AUTH, True),
            (b'{"success":"false","errorCode":"S07","errorMsg":"x","needRetry":"true"}', Trouble.TRANSIENT, False),
            ('{"success":"false","errorMsg":"签名校验不通过"}'.encode(), Trouble.AUTH, True),
            ('{"success":"false","errorMsg":"访问频率超限"}'.encode(), Trouble.THROTTLE, True),
            ('{"success":"false","errorMsg":"运单号格式错误"}'.encode(), Trouble.CONFIG, False),
            ("<response><success>false</success><errorMsg>签名错误</errorMsg></response>".encode(), Trouble.AUTH, True),
            (b'{"success":"true","data":null}', Trouble.NO_DATA, False),
            (b'{"success":"true","data":{}}', Trouble.NO_DATA, False),
            (b"null", Trouble.NO_DATA, False),
            (b"[]", Trouble.NO_DATA, False),
            (b"17", Trouble.TRANSIENT, False),
            (b"<html>502", Trouble.TRANSIENT, False),
        ],
    )
    def test_a_failure_says_what_helps(self, body: bytes, trouble: Trouble, account_wide: bool) -> None:
        (told,) = sto.decode(Response(200, {}, body))
        assert told.failure is not None
        assert (told.failure.trouble, told.failure.account_wide) == (trouble, account_wide)

    def test_a_malformed_scan_is_a_warning_and_its_neighbours_stay(self) -> None:
        told = read(scan("收件"), scan("到件", time="gestern"), "x", scan("签收", "已签收", "2026-11-22 10:00:00"))
        assert ([event.code for event in told.events], len(told.warnings)) == (["收件", "签收"], 2)


@pytest.mark.parametrize(
    ("kind", "memo", "more", "status"),
    [
        ("收件", "", {}, "picked_up"),
        ("发件", "", {}, "in_transit"),
        ("到件", "", {}, "in_transit"),
        ("【装袋】", "", {}, "in_transit"),
        ("派件", "", {}, "out_for_delivery"),
        ("第三方代派", "", {}, "out_for_delivery"),
        ("快件取出", "", {}, "out_for_delivery"),
        ("柜机代收", "", {}, "available_for_pickup"),
        ("驿站代收", "", {}, "available_for_pickup"),
        ("派件入柜", "", {}, "available_for_pickup"),
        ("驿站出库", "", {}, "delivered"),
        ("签收", "", {}, "delivered"),
        ("客户签收", "", {}, "delivered"),
        ("留仓件", "", {}, "delayed"),
        ("改地址件", "", {}, "address_problem"),
        ("转邮", "", {}, "in_transit"),
        ("转同行", "", {}, "in_transit"),
        ("退回件", "", {}, "returning"),
        ("问题件", "", {}, "exception_other"),
        ("PU_PICKUP_SUCCESS", "", {}, "picked_up"),
        ("SC_ORDER_PAY_SUCCESS", "", {}, "info_received"),
        ("SC_ORDER_PACKET_OUT", "", {}, "in_transit"),
        ("MOT_TRANSIT", "", {}, "in_transit"),
        ("LH_DEPART", "", {}, "in_transit"),
        ("lh_arrive", "", {}, "in_transit"),
        ("CC_IM_START", "", {}, "customs"),
        ("CC_IM_SUCCESS", "", {}, "customs"),
        ("CC_IM_FAILURE", "", {}, "customs"),
        ("GOT", "", {}, "in_transit"),
        # A problem is its reason.
        ("问题件", "", {"issueName": "客户要求自提"}, "available_for_pickup"),
        ("问题件", "", {"issueName": "电话联系不上"}, "unreachable_recipient"),
        ("问题件", "", {"issueName": "客户拒收"}, "refused"),
        ("问题件", "", {"issueName": "外包装破损"}, "damaged"),
        ("问题件", "", {"issueName": "地址不详"}, "address_problem"),
        ("问题件", "已进行疑难件扫描，疑难件原因：【节假日延迟派送】", {}, "delayed"),
        ("问题件", "疑难件原因 送无人,电话联系不上明日送", {"issueName": "其他"}, "unreachable_recipient"),
        # A signature is who signed.
        ("签收", "已签收", {"signoffPeople": "丰巢快递柜"}, "available_for_pickup"),
        ("签收", "", {"signoffPeople": "菜鸟驿站"}, "available_for_pickup"),
        ("签收", "快件已【签收】,签收人是【草签】", {"signoffPeople": "草签"}, "delivered"),
        ("签收", "已签收,签收人是前台签收", {"signoffPeople": "前台签收"}, "delivered"),
        ("退回件", "退回件已签收", {}, "returned"),
        # What we do not know is left to the words, or to nobody.
        ("", "[深圳市]快件已发往【上海浦东转运中心】", {}, "in_transit"),
        ("新扫描", "已签收,签收人是草签", {}, "delivered"),
        ("新扫描", "星际跃迁完成", {}, "unknown"),
    ],
)
def test_a_scan_is_read_as_what_it_is(kind: str, memo: str, more: dict[str, object], status: str) -> None:
    told = read(scan(kind, memo, **more))
    assert told.status == status
    assert bool(told.warnings) == (status == "unknown")
    assert bool(told.events[0].rule) == (status != "unknown")


def test_every_type_of_the_table_has_its_rule() -> None:
    for kind in scans.STATUS:
        assert read(scan(kind)).events[0].rule.startswith(f"code:{kind}")
    assert set(scans.COARSE) <= set(scans.STATUS)


class TestTraps:
    def test_a_problem_clears_when_the_parcel_is_signed(self) -> None:
        told = read(
            scan("问题件", "", "2026-11-20 10:00:00", issueName="电话联系不上"),
            scan("派件", "", "2026-11-21 10:00:00"),
            scan("签收", "已签收", "2026-11-21 12:00:00"),
        )
        assert (told.status, told.cause) == ("delivered", None)
        assert told.events[0].cause is Cause.UNREACHABLE

    def test_signed_then_parked_at_a_station_then_signed_again(self) -> None:
        steps = [("签收", "已签收"), ("驿站代收", "快件已暂存至菜鸟驿站"), ("签收", "已签收，签收人凭取货码签收。")]
        rows = [scan(kind, memo, f"2026-11-21 1{hour}:00:00") for hour, (kind, memo) in enumerate(steps)]
        assert read(*rows[:2]).status == "available_for_pickup"
        told = read(*rows)
        assert (told.status, told.progress.delivered_at) == ("delivered", datetime(2026, 11, 21, 4, 0, tzinfo=UTC))

    def test_two_scans_of_one_second_keep_the_order_of_the_source(self) -> None:
        told = read(scan("装袋", "b"), scan("发件", "a"), scan("收件", "c", "2026-11-21 09:00:00"))
        assert [event.text for event in told.events] == ["c", "a", "b"]

    def test_the_arrival_may_be_stamped_before_the_pickup(self) -> None:
        told = read(scan("收件", "", "2026-11-21 10:00:06"), scan("到件", "", "2026-11-21 10:00:00"))
        assert (told.status, len(told.events)) == ("in_transit", 2)

    def test_the_number_may_stand_in_the_words_alone(self) -> None:
        rows = [{"time": "2014-01-14 21:01:47", "context": "已做装袋扫描，袋号： 900168437681，单号：768089232106"}]
        (told,) = sto.read(json.dumps({"data": {"content": rows, "shipping_name": "申通快递"}}).encode())
        assert (told.number, told.carrier) == ("768089232106", "shentong")
