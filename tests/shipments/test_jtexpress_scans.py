"""What J&T's scans are read as: types of scan and of problem, names and numbers of every edition, the words beside them."""

import pytest

from shipments.answers import Answer
from tests.shipments.test_jtexpress import detail, read, verdict


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
        ("10", "快件已被同事代签收", "delivered", None),
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
