"""What Yunda's scans are read as: actions, statuses, and the words beside them."""

import pytest

from shipments.carriers import yunda
from shipments.status import Cause, Stage
from tests.shipments.test_yunda import read, step


@pytest.mark.parametrize(
    ("action", "text", "stage", "cause"),
    [
        ("ACCEPT", "", "picked_up", None),
        ("GOT", "", "picked_up", None),
        ("ARRIVAL", "", "in_transit", None),
        ("DEPARTURE", "", "in_transit", None),
        ("SENT", "", "out_for_delivery", None),
        ("INBOUND", "", "available_for_pickup", None),
        ("SIGNED", "", "delivered", None),
        ("SIGNFAIL", "", "out_for_delivery", "attempt_failed"),
        ("RETURN", "", "returning", None),
        ("REJECTION", "", "refused", "refused"),
        ("ISSUE", "", "unknown", "exception_other"),
        ("OTHER", "", "unknown", None),
        ("TRANSFER", "", "in_transit", "forwarded"),
        ("OVERSEA_IN", "", "in_transit", None),
        ("OVERSEA_OUT", "", "in_transit", None),
        ("OVERSEA_ARRIVAL", "", "in_transit", None),
        ("OVERSEA_DEPARTURE", "", "in_transit", None),
        ("CLEARANCE_START", "", "customs", None),
        ("CLEARANCE_FINISH", "", "customs", None),
        ("CLEARANCE_FAIL", "", "customs", "customs_held"),
        # Other spellings of the same codes.
        ("sent", "", "out_for_delivery", None),
        ("oversea-in", "", "in_transit", None),
        ("第三方代收入库", "", "available_for_pickup", None),
        # Words add to what the code is too coarse to tell.
        ("SIGNFAIL", "签收失败，原因：收件人拒收", "refused", "refused"),
        ("SIGNFAIL", "签收失败，原因：电话无人接听", "out_for_delivery", "unreachable_recipient"),
        ("ISSUE", "已进行【问题件】扫描，原因：地址不详", "unknown", "address_problem"),
        ("ISSUE", "已进行【问题件】扫描，原因：外包装破损", "unknown", "damaged"),
        ("RETURN", "退回件已由寄件方签收", "returned", None),
        ("OTHER", "已到达 湖北武汉分拨中心", "in_transit", None),
        # A code we do not know leaves it to the words.
        ("HYPERSPACE", "湖北武汉公司 派件员 正在为您派件", "out_for_delivery", None),
        ("HYPERSPACE", "星际跃迁完成", "unknown", None),
        # Without an action the words tell, then the status with that scan.
        ("", "已到达 湖北武汉分拨中心", "in_transit", None),
    ],
)  # fmt: skip
def test_a_scan_is_read_as_what_it_is(action: str, text: str, stage: str, cause: str | None) -> None:
    told = read(step(action, text, status=""))
    (event,) = told.events
    assert (event.stage.value, event.cause.value if event.cause else None) == (stage, cause)
    assert bool(event.rule) == (event.rule.startswith(("code:", "text:", "carrier:")))
    assert bool(told.warnings) == (stage == "unknown" and cause is None)


def test_every_code_of_the_table_is_read_by_the_table() -> None:
    for code, (stage, cause) in yunda.STATUS.items():
        (event,) = read(step(code)).events
        assert (event.stage, event.cause, event.code) == (stage, cause, code)
        assert code == "OTHER" or event.rule == f"code:{code}"


def test_outbound_is_the_courier_who_takes_it_out_of_the_station_not_the_buyer() -> None:
    told = read(
        step("INBOUND", "已存放至菜鸟驿站", "2026-11-20 10:00:00"),
        step("OUTBOUND", "快递员已从驿站取出", "2026-11-21 10:00:00"),
    )
    assert told.status == "out_for_delivery"


@pytest.mark.parametrize("signer", ["菜鸟驿站", "丰巢快递柜", "代收点"])
def test_a_signer_that_is_a_place_holds_the_parcel_for_the_buyer(signer: str) -> None:
    assert read(step("SIGNED", "已签收", signer=signer)).status == "available_for_pickup"
    assert read(step("SIGNED", "已签收", signer="本人")).status == "delivered"


def test_whoever_signs_for_what_lies_at_a_station_has_collected_it() -> None:
    stored = step("INBOUND", "已暂存至菜鸟驿站，请凭取件码及时取件", "2026-11-20 10:00:00")
    assert read(stored, step("SIGNED", "您的快件已签收", signer="驿站")).status == "delivered"
    assert read(step("SIGNED", "您的快件已签收", signer="驿站")).status == "available_for_pickup"
    assert read(step("SIGNED", "已由菜鸟驿站代签收，请凭取件码及时取件")).status == "available_for_pickup"
    assert read(step("SIGNED", "已签收（凭取件码），菜鸟驿站")).status == "delivered"


@pytest.mark.parametrize("who", ["家人", "同事", "朋友", "本人"])
def test_a_person_who_signs_for_the_buyer_ends_it(who: str) -> None:
    assert read(step("SIGNED", f"[四川成都青羊区西门三公司]快件已被 {who} 代签收")).status == "delivered"


def test_a_shop_that_signs_for_the_buyer_holds_it() -> None:
    text = "湖南长沙新望城公司 快件已被 长沙银星小区A7栋商铺店(快件已暂存至菜鸟驿站) 代签收。"
    assert read(step("SIGNED", text)).status == "available_for_pickup"


def test_signed_then_parked_then_signed_follows_the_parcel() -> None:
    steps = [
        step("SIGNED", "已签收", "2026-11-20 10:00:00"),
        step("INBOUND", "已存放至菜鸟驿站", "2026-11-20 10:05:00"),
        step("SIGNED", "已签收", "2026-11-21 18:00:00", signer="本人"),
    ]
    assert [read(*steps[:count]).status for count in (1, 2, 3)] == ["delivered", "available_for_pickup", "delivered"]


def test_a_return_that_is_asked_for_is_not_under_way() -> None:
    asked = read(step("GOT", "已揽收", "2026-11-20 10:00:00"), step("RETURN", "收件人申请退回，等待寄件人确认"))
    assert asked.stage is Stage.PICKED_UP
    assert asked.cause is Cause.OTHER


def test_a_problem_with_a_harmless_reason_is_none() -> None:
    assert read(step("ISSUE", "已进行【问题件】上报，原因：客户要求自提")).status == "available_for_pickup"


def test_scans_told_twice_and_out_of_order_come_to_the_same_track() -> None:
    steps = [step("GOT", "a", "2026-11-20 10:00:00"), step("SENT", "b", "2026-11-21 9:00:00"), step("SIGNED", "c")]
    assert read(*steps).progress == read(steps[2], steps[0], steps[0], steps[1], steps[2]).progress


def test_on_the_way_back_only_the_status_tells_which_way_it_is() -> None:
    there = read(step("ARRIVAL", "[武汉分拨中心]在分拨中心进行卸车扫描"))
    back = read(step("ARRIVAL", "[武汉分拨中心]在分拨中心进行卸车扫描", status="RETURN"))
    assert (there.status, back.status, back.events[0].code) == ("in_transit", "returning", "ARRIVAL")


def test_a_failed_signature_is_an_attempt_though_it_talks_of_signing() -> None:
    assert read(step("SIGNED", "失败签收录入，客户不在家")).status == "attempt_failed"


def test_the_status_of_the_whole_reads_the_newest_scan_that_nothing_else_reads() -> None:
    steps = [step("GOT", "已揽收", "2026-11-20 10:00:00"), step("NEW", "？", "2026-11-21 10:00:00", status="")]
    settled = read(*steps, status="SIGNED")
    assert (settled.status, settled.events[-1].rule) == ("delivered", "whole:SIGNED")
    assert read(*steps, status="TRANSIT").events[-1].rule == ""


def test_a_status_beside_a_scan_without_action_is_better_than_nothing() -> None:
    told = read(step("", "……", status="RETURN"))
    assert (told.status, told.events[0].rule) == ("returning", "code:RETURN")


def test_the_place_is_the_city_and_the_station_where_there_is_none() -> None:
    assert read(step("GOT")).events[0].place == "武汉市"
    assert read(step("GOT", city=None)).events[0].place == "华中东西湖区公司"
