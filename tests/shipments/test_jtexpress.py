"""J&T's protocol: digests, types of scan and of problem, the editions abroad, pushes in all the shapes they come in."""

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


@pytest.mark.parametrize(
    ("scan", "text", "stage", "cause"),
    [
        ("1", "", "picked_up", None),
        (2, "", "in_transit", None),
        ("3", "", "in_transit", None),
        ("4", "", "in_transit", None),
        ("6", "", "available_for_pickup", None),
        ("7", "", "available_for_pickup", None),
        ("8", "", "out_for_delivery", None),
        ("9", "", "out_for_delivery", None),
        ("10", "", "delivered", None),
        ("11", "", "unknown", "exception_other"),
        ("12", "", "in_transit", None),
        ("13", "", "in_transit", None),
        ("14", "", "returning", None),
        ("快件揽收", "", "picked_up", None),
        ("发件扫描", "", "in_transit", None),
        ("中心到件", "", "in_transit", None),
        ("出仓扫描", "", "out_for_delivery", None),
        ("入库扫描", "", "available_for_pickup", None),
        ("代理点收入扫描", "", "available_for_pickup", None),
        ("快件取出扫描", "", "out_for_delivery", None),
        ("快件签收", "", "delivered", None),
        ("退件登记", "", "returning", None),
        ("退件签收", "", "returned", None),
        ("重派", "", "out_for_delivery", None),
        ("留仓件入仓", "", "in_transit", "delayed"),
        ("拦截件扫描", "", "returning", "intercepted"),
        ("转寄扫描", "", "in_transit", "forwarded"),
        # Abroad, in English and Vietnamese.
        ("Pickup scan", "", "picked_up", None),
        ("Sending scan", "", "in_transit", None),
        ("STATION ARRIVAL", "", "in_transit", None),
        ("Delivery scan", "", "out_for_delivery", None),
        ("On Delivery", "", "out_for_delivery", None),
        ("Signing scan", "", "delivered", None),
        ("Return scan", "", "returning", None),
        ("Return Sign", "", "returned", None),
        ("Customs Clearance in Process", "", "customs", None),
        ("pop_arrived", "", "available_for_pickup", None),
        ("signed_pop", "", "delivered", None),
        ("Lost Parcel", "", "in_transit", "lost"),
        ("Quét phát hàng", "", "out_for_delivery", None),
        # Words add to a type that says too little.
        ("10", "您的快件已由【兔喜快递超市】代收，请及时取件", "available_for_pickup", None),
        ("10", "您的包裹已签收！签收人：家人", "delivered", None),
        ("10", "快件已被门卫代签收", "delivered", None),
        ("10", "退件已由寄件人签收", "returned", None),
        ("10", "失败签收录入，收件人拒收", "refused", "refused"),
        ("9", "客户已凭取件码取件成功", "delivered", None),
        ("13", "快件已到达 南京转运中心", "in_transit", None),
        ("13", "您的快件派送失败，收件人电话无人接听", "out_for_delivery", "unreachable_recipient"),
        # A type we do not know leaves it to the words.
        ("星际扫描", "快件已到达 南京转运中心", "in_transit", None),
        ("Warp scan", "J&T courier is delivering the shipment", "out_for_delivery", None),
        ("Warp scan", "J&T courier picked up the shipment", "picked_up", None),
        ("Warp scan", "completed the delivery.", "delivered", None),
        ("Warp scan", "Shipment departed from【A】to【B】", "in_transit", None),
        ("Warp scan", "The recipient refused the parcel", "refused", "refused"),
        ("Warp scan", "Unable to contact the recipient", "out_for_delivery", "unreachable_recipient"),
        ("Warp scan", "The parcel has been returned to seller", "returned", None),
        ("", "Paket akan dikirim ke alamat penerima", "out_for_delivery", None),
        ("", "Paket telah diterima", "delivered", None),
        ("", "Paket disimpan di gudang J&T", "in_transit", "exception_other"),
        ("", "Paket akan diretur", "returning", None),
        ("", "Paket Gagal dikirim", "out_for_delivery", "attempt_failed"),
        ("", "Paket Gagal dipickup", "info_received", "exception_other"),
        ("Manifes", "", "info_received", None),
        ("星际扫描", "跃迁完成", "unknown", None),
        ("", "", "unknown", None),
    ],
)  # fmt: skip
def test_a_scan_is_read_as_what_it_is(scan: object, text: str, stage: str, cause: str | None) -> None:
    told = read(detail(scan, text))
    assert verdict(told) == (stage, cause)
    assert bool(told.events[0].rule) == ((stage, cause) != ("unknown", None))
    assert bool(told.warnings) == ((stage, cause) == ("unknown", None))


def test_out_of_the_warehouse_is_the_courier_with_the_parcel_not_a_hub() -> None:
    for scan in ("5", 5, "出仓扫描", "出仓"):
        assert read(detail(scan)).status == "out_for_delivery"


@pytest.mark.parametrize(
    ("problem", "name", "stage", "cause"),
    [
        ("A1", "客户取消寄件-网点", "cancelled", None),
        ("A2", "客户拒收", "refused", "refused"),
        ("A3", "更改派送地址", "unknown", "address_problem"),
        ("A4", "退回件-网点", "returning", None),
        ("A7", "异常件提醒", "in_transit", "exception_other"),
        ("A8", "包裹异常-网点", "in_transit", "exception_other"),
        ("A9", "收件人联系不上", "out_for_delivery", "unreachable_recipient"),
        ("A11", "多次派件失败", "out_for_delivery", "attempt_failed"),
        ("A12", "收件人信息错误", "unknown", "address_problem"),
        ("A13", "更改派送时间", "out_for_delivery", "attempt_failed"),
        ("A15", "收件地址不详", "unknown", "address_problem"),
        ("A16", "收件地址错误", "unknown", "address_problem"),
        ("A17", "包裹存放至网点", "available_for_pickup", None),
        ("A19", "收件地址禁止", "unknown", "address_problem"),
        ("A20", "包裹异常", "in_transit", "exception_other"),
        ("A21", "包裹暂存网点", "available_for_pickup", None),
        ("A23", "包裹延迟-节假日", "in_transit", "delayed"),
        ("A24", "包裹异常-中心", "in_transit", "exception_other"),
        ("A25", "退回件-中心", "returning", None),
        ("A26", "客户取消寄件-中心", "cancelled", None),
        ("A27", "异常天气", "in_transit", "weather"),
        ("A28", "自然灾害", "in_transit", "weather"),
        ("A29", "代收/到付结算异议拒付", "refused", "refused"),
        ("A30", "货未到齐", "in_transit", "exception_other"),
        ("A31", "作废件", "cancelled", None),
        ("A32", "未录进仓编码", "in_transit", "exception_other"),
        ("A33", "政府管制", "in_transit", "exception_other"),
        ("A34", "乡镇件", "out_for_delivery", "attempt_failed"),
        ("A35", "发票问题客户拒收", "refused", "refused"),
    ],
)
def test_a_problem_is_its_type_told_by_code_or_by_name(problem: str, name: str, stage: str, cause: str | None) -> None:
    by_code = read(detail("11", problemType=problem))
    by_name = read(detail("问题件扫描", problemType=name))
    by_both = read(detail("11", problemType=f"{problem}、{name}"))
    assert verdict(by_code) == verdict(by_name) == verdict(by_both) == (stage, cause)
    assert (by_code.events[0].code, by_code.events[0].rule.split("+")[0]) == (problem, f"code:{problem}")


@pytest.mark.parametrize("code", ["A10", "A14", "A18", "A22"])
def test_the_twins_of_a_problem_are_read_as_it_is(code: str) -> None:
    twin = {"A10": "A9", "A14": "A2", "A18": "A17", "A22": "A25"}[code]
    assert verdict(read(detail("11", problemType=code))) == verdict(read(detail("11", problemType=twin)))


@pytest.mark.parametrize(
    ("more", "cause"),
    [
        ({"desc": "快件异常，原因：外包装破损"}, "damaged"),
        ({"probleDescription": "收件人电话无法接通"}, "unreachable_recipient"),
        ({"problemReason": "台风影响"}, "weather"),
        ({"problemType": "A99"}, "exception_other"),
        ({}, "exception_other"),
    ],
)
def test_a_problem_without_a_type_we_know_is_the_reason_its_words_give(more: dict, cause: str) -> None:
    (event,) = read(detail("11") | more).events
    assert event.cause is not None
    assert event.cause.value == cause


def test_a_parcel_in_trouble_may_say_in_words_what_is_wrong_with_it() -> None:
    told = read(detail("11", "已进行【问题件】上报，原因：外包装破损", problemType="A8"))
    assert verdict(told) == ("in_transit", "damaged")
    assert told.events[0].rule.startswith("code:A8+")


@pytest.mark.parametrize("signer", ["菜鸟驿站", "兔喜快递超市"])
def test_a_signer_that_is_a_place_holds_the_parcel_for_the_buyer(signer: str) -> None:
    assert read(detail("10", "快件已签收", signer=signer)).status == "available_for_pickup"
    assert read(detail("10", "快件已签收", signer="本人")).status == "delivered"


def test_signed_then_parked_then_signed_follows_the_parcel() -> None:
    rows = [
        detail("快件签收", "已签收", "2026-11-20 10:00:00"),
        detail("入库扫描", "已存放至兔喜生活", "2026-11-20 10:05:00"),
        detail("快件签收", "已签收，签收人：本人", "2026-11-21 18:00:00"),
    ]
    assert [read(*rows[:count]).status for count in (1, 2, 3)] == ["delivered", "available_for_pickup", "delivered"]


def test_the_courier_who_takes_it_out_of_the_locker_has_it_again() -> None:
    rows = [detail("6", "已存放至快递柜", "2026-11-20 10:00:00"), detail("8", "快件取出", "2026-11-21 10:00:00")]
    assert read(*rows).status == "out_for_delivery"


def test_a_return_that_is_asked_for_is_not_under_way() -> None:
    asked = read(
        detail("快件揽收", "已取件", "2026-11-20 10:00:00"),
        detail("退件登记", "收件人申请退件，等待寄件人确认", "2026-11-21 10:00:00"),
    )
    assert (asked.stage.value, asked.cause.value if asked.cause else None) == ("picked_up", "exception_other")
    assert read(detail("退件登记", "快件已登记退件，退往【广州】")).status == "returning"


def test_a_problem_with_a_harmless_reason_is_none() -> None:
    assert read(detail("11", "已进行【问题件】上报，原因：自提件")).status == "available_for_pickup"


def test_scans_told_twice_and_out_of_order_come_to_the_same_track() -> None:
    rows = [detail("1", "a", "2026-11-20 10:00:00"), detail("5", "b", "2026-11-21 9:00:00"), detail("10", "c")]
    assert read(*rows).progress == read(rows[2], rows[0], rows[0], rows[1], rows[2]).progress


@pytest.mark.parametrize("scan", ["10、快件签收", "快件签收(10)", "快件签收（10）", "10-快件签收"])
def test_a_name_may_come_with_its_number(scan: str) -> None:
    assert read(detail(scan)).status == "delivered"


def test_whoever_signs_for_what_lies_at_a_station_has_collected_it() -> None:
    stored = detail("入库扫描", "已存放至兔喜生活，请凭取件码及时领取", "2026-11-20 10:00:00")
    signed = detail("快件签收", "您的包裹已签收", signer="兔喜快递超市")
    assert read(stored, signed).status == "delivered"
    assert read(signed).status == "available_for_pickup"


def test_a_filled_reason_makes_no_problem_of_a_normal_scan() -> None:
    told = read(
        detail("Signing scan", "completed the delivery.", "2026-11-21 12:00:00", problemReason="快件签收"),
        detail("Delivery scan", "is delivering the shipment", "2026-11-21 11:00:00", problemReason="派件扫描"),
        detail("发件扫描", "", "2026-11-21 10:00:00", problemType="A2", problemReason="问题件扫描"),
    )
    assert [(event.stage.value, event.cause) for event in told.events] == [
        ("in_transit", None),
        ("out_for_delivery", None),
        ("delivered", None),
    ]


def test_the_reason_names_the_scan_where_nothing_else_does() -> None:
    assert read(detail("Warp scan", problemReason="派件扫描")).status == "out_for_delivery"
    assert read(detail("Warp scan", problemReason="问题件扫描")).status == "unknown"


class TestNumbersOfTheEditions:
    """10 is a signature in China and a pick-up abroad: the other numbers of the list show which, else the words."""

    def numbered(self, *numbers: object, desc: str = "") -> Answer:
        rows = [
            {"scanTime": f"2026-11-21 1{hour}:00:00", "desc": desc, "scanTypeCode": number}
            for hour, number in enumerate(numbers)
        ]
        return read(*rows)

    def test_beside_numbers_of_the_chinese_edition_ten_is_a_signature(self) -> None:
        assert self.numbered(1, 3, 4, 5, "10").status == "delivered"

    def test_beside_numbers_of_an_edition_abroad_ten_is_a_pick_up(self) -> None:
        told = self.numbered("10", 20, 30, 94, "100")
        assert [event.stage.value for event in told.events] == [
            "picked_up", "in_transit", "in_transit", "out_for_delivery", "delivered",
        ]  # fmt: skip

    def test_alone_its_words_tell_and_without_words_nothing_is_guessed(self) -> None:
        assert self.numbered(10).status == "unknown"
        assert self.numbered(10, desc="Parcel picked up by courier").status == "picked_up"
        assert self.numbered(10, desc="快件已签收，签收人：本人").status == "delivered"

    def test_a_name_beside_the_number_goes_first(self) -> None:
        told = read({"scanTime": "2024-06-21T13:23:56", "scanTypeCode": 10, "scanTypeName": "快件揽收", "desc": ""})
        assert (told.status, told.events[0].occurred_at.isoformat()) == ("picked_up", "2024-06-21T05:23:56+00:00")

    @pytest.mark.parametrize(
        ("number", "stage", "cause"),
        [
            (101, "returned", None), (172, "returning", None), (173, "returned", None), (103, "info_received", None),
            (105, "cancelled", None), (300, "in_transit", "damaged"), (301, "in_transit", "lost"),
            (303, "refused", "refused"), (304, "customs", "customs_held"), (401, "customs", None),
            (700, "available_for_pickup", None), (702, "delivered", None), (703, "returning", "uncollected"),
            # A problem in Malaysia, an arrival in Vietnam.
            (110, "unknown", None),
        ],
    )  # fmt: skip
    def test_numbers_that_mean_one_thing_everywhere_are_read(self, number: int, stage: str, cause: str | None) -> None:
        assert verdict(self.numbered(number)) == (stage, cause)


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


@given(st.binary(max_size=60), st.integers(0, 900), st.binary(max_size=3))
@settings(max_examples=400, deadline=None)
def test_no_bytes_and_no_damage_break_the_reader(junk: bytes, at: int, put: bytes) -> None:
    for whole in (encoded(TestShapes.whole), b"bizContent=" + encoded(TestShapes.whole)):
        for body in (junk, whole[:at], whole[:at] + put + whole[at + len(put) :]):
            assert jtexpress.decode(Response(200, {}, body))
            assert jtexpress.acknowledge(body).status == 200
            jtexpress.verify(CONTRACT, {"digest": "x"}, body)
