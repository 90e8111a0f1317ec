"""How ZTO's scans are read: two vocabularies that share words, single scans and lists, and the traps real bodies hold."""

import json
from datetime import UTC, datetime

import pytest

from shipments.answers import Kind, Trouble
from shipments.carriers import _zto as scans
from shipments.carriers import zto
from shipments.status import Cause, Stage
from tests.shipments.test_zto import NUMBER, answer, push, read, scan, told


@pytest.mark.parametrize(
    ("action", "desc", "status"),
    [
        ("GOT", "", "picked_up"),
        ("ARRIVAL", "快件已到达【郑州高新区】", "in_transit"),
        ("DEPARTURE", "快件离开【青浦华新】发往郑州高新区", "in_transit"),
        ("DEPARTURE", "快件已退回，离开【郑州高新区】", "returning"),
        ("DISPATCH", "正在派件，也可以联系小哥将您的快递，放到您指定的代收点，祝您身体健康！", "out_for_delivery"),
        ("INBOUND", "快件已被【某店】代收", "available_for_pickup"),
        ("SIGNED", "快件已由【王五】签收，签收网点：【郑州高新区】", "delivered"),
        ("SIGNED", "签收人：丰巢快递柜", "available_for_pickup"),
        ("SIGNED", "您的快递已签收, 签收人在【丰巢的某柜】领取", "delivered"),
        ("SIGNED", "快件已被【家人】代签收", "delivered"),
        ("HANDOVERSCAN_SIGNED", "已存放至【某店】，请凭取件码及时领取", "available_for_pickup"),
        ("RETURN", "", "returning"),
        ("RETURN_SCAN", "", "returning"),
        ("RETURN_SIGNED", "", "returned"),
        ("PROBLEM", "", "exception_other"),
        ("PROBLEM", "已进行【问题件】上报，原因：电话无人接听，联系不上收件人", "unreachable_recipient"),
        ("PROBLEM", "已进行【问题件】上报，原因：客户拒收", "refused"),
        ("PROBLEM", "已进行【问题件】上报，原因：自提件", "available_for_pickup"),
        ("PROBLEM", "快件到达【郑州高新区】", "exception_other"),
        ("SOMETHING_NEW", "快件到达【郑州高新区】", "in_transit"),
        ("SOMETHING_NEW", "星际跃迁完成", "unknown"),
    ],
)
def test_a_pushed_action_is_read_as_what_it_is(action: str, desc: str, status: str) -> None:
    one = read(push(told(action, desc)))
    assert (one.kind, one.number, one.carrier, one.status) == (Kind.PUSH, NUMBER, "zhongtong", status)
    assert bool(one.warnings) == (status == "unknown")


@pytest.mark.parametrize(
    ("kind", "desc", "status"),
    [
        ("收件", "", "picked_up"), ("发件", "", "in_transit"), ("到件", "", "in_transit"), ("派件", "", "out_for_delivery"),
        ("签收", "", "delivered"), ("签收", "退回件已由寄件方签收", "returned"), ("第三方签收", "", "available_for_pickup"),
        ("第三方签收", "已签收，签收人凭取货码签收", "delivered"), ("退件", "", "returning"), ("退件签收", "", "returned"),
        ("问题件", "", "exception_other"), ("问题件", "已进行【问题件】上报，原因：自提件", "available_for_pickup"),
        ("事件", "快件到达【郑州】", "in_transit"), ("转单", "", "in_transit"), ("安检", "", "in_transit"),
        ("SIGNED", "", "delivered"), ("DELIVERY", "", "out_for_delivery"), ("DEPARTURE", "", "out_for_delivery"),
        ("SIGN", "", "delivered"), ("RESIGN", "", "returned"), ("DISPATCH", "", "out_for_delivery"),
        ("1", "", "picked_up"), (2, "", "in_transit"), (3, "", "in_transit"), (4, "", "out_for_delivery"), (5, "", "delivered"),
        (7, "", "available_for_pickup"), (8, "", "returning"), (9, "", "in_transit"), (44, "", "available_for_pickup"),
        (45, "已签收，签收人凭取货码签收", "delivered"), (45, "快递员取出扫描", "out_for_delivery"),
    ],
)  # fmt: skip
def test_an_answered_scan_type_is_read_as_what_it_is(kind: object, desc: str, status: str) -> None:
    one = read(answer(scan(kind, desc)))
    assert (one.kind, one.number, one.carrier, one.status) == (Kind.QUERY, NUMBER, "zhongtong", status)


class TestTraps:
    def test_arrival_is_a_hub_in_a_push_and_a_locker_in_an_answer(self) -> None:
        pushed, answered = read(push(told("ARRIVAL"))).events[0], read(answer(scan("ARRIVAL"))).events[0]
        assert (pushed.stage, pushed.code) == (Stage.IN_TRANSIT, "ARRIVAL")
        assert (answered.stage, answered.code) == (Stage.AVAILABLE_FOR_PICKUP, "scan:ARRIVAL")
        assert scans.STATUS[answered.code] == (Stage.AVAILABLE_FOR_PICKUP, None)

    def test_departure_leaves_a_hub_in_a_push_and_a_locker_in_an_answer(self) -> None:
        assert read(push(told("DEPARTURE"))).status == "in_transit"
        assert read(answer(scan("DEPARTURE"))).status == "out_for_delivery"

    def test_handed_to_a_shop_is_not_handed_to_the_buyer_and_collected_from_it_is(self) -> None:
        assert (
            read(push(told("HANDOVERSCAN_SIGNED", "快件已投递【某店】，如有问题请电联"))).status
            == "available_for_pickup"
        )
        assert read(push(told("HANDOVERSCAN_SIGNED", "已签收，签收人凭取货码签收"))).status == "delivered"
        assert read(push(told("DEPARTURE_SIGNED", "已签收，签收人凭取货码签收"))).status == "delivered"

    def test_a_problem_with_a_harmless_reason_is_none(self) -> None:
        one = read(answer(scan("派件", at="2026-11-20 10:00:00"), scan("问题件", "已进行【问题件】上报，原因：自提件")))
        assert (one.stage, one.cause) == (Stage.AVAILABLE_FOR_PICKUP, None)

    def test_a_signer_that_is_a_locker_is_not_the_buyer(self) -> None:
        assert read(push(told("SIGNED", expressSigner="丰巢快递柜"))).status == "available_for_pickup"
        assert read(answer(scan("签收", signMan="菜鸟驿站"))).status == "available_for_pickup"
        assert read(answer(scan("签收", signMan="王五"))).status == "delivered"

    def test_the_places_of_one_push_may_contradict_each_other_without_harm(self) -> None:
        one = read(push(told("INBOUND", "【武汉市】快件已被【淮安市某店】代收", city="邯郸市")))
        assert (one.cause, one.events[0].place) == (None, "邯郸市")

    def test_a_waybill_scanned_where_no_plane_takes_it_is_a_conflict(self) -> None:
        far = (
            scan("到件", "【昆明市】 快件到达", "2026-11-21 10:00:00"),
            scan("到件", "【哈尔滨市】 快件到达", "2026-11-21 11:00:00"),
        )
        assert (read(answer(*far)).cause, read(answer(*far)).status) == (Cause.CONTRADICTION, "conflict")


@pytest.mark.parametrize(
    "at", [1795226400000, "1795226400000", "2026-11-21 10:00:00", "2026/11/21 10:00:00", "2026-11-2110:00:00"]
)
def test_times_come_in_milliseconds_and_in_words(at: object) -> None:
    assert read(answer(scan("到件", at=at))).events[0].occurred_at == datetime(2026, 11, 21, 2, 0, tzinfo=UTC)


@pytest.mark.parametrize("at", [None, "", "昨天", "10:00:00", {}])
def test_a_scan_without_a_time_is_a_warning_and_its_neighbours_stay(at: object) -> None:
    one = read(answer(scan("到件", at=at), scan("收件")))
    assert ([event.code for event in one.events], len(one.warnings)) == (["收件"], 1)
    alone = read(push(told("GOT", at=at)))
    assert (alone.number, alone.events, alone.failure) == (NUMBER, (), None)


def test_newest_first_ends_oldest_first() -> None:
    rows = [
        scan("签收", at="2026-11-21 10:00:00"),
        scan("派件", at="2026-11-21 08:00:00"),
        scan("到件", at="2026-11-21 08:00:00"),
    ]
    assert [event.code for event in read(answer(*rows)).events] == ["到件", "派件", "签收"]


@pytest.mark.parametrize(
    "value",
    [
        {"result": [scan("派件")], "status": True, "statusCode": "0000"},
        {"result": scan("派件"), "status": True},
        {"result": json.dumps([scan("派件")]), "status": "true"},
        {"data": [{"billCode": NUMBER, "traces": [scan("派件")]}], "msg": "", "status": True},
        {"result": {"billCode": NUMBER, "traces": [scan("派件", billCode=None)]}, "status": True},
        {"no": NUMBER, "traces": [{"scanType": "派件", "scanDate": "2026-11-21 10:00:00", "msg": "正在派件"}]},
        {"bill_code": NUMBER, "Traces": [{"scan_type": "派件", "scan_date": "2026-11-21 10:00:00"}]},
        [scan("派件")],
        {"code": 0, "data": {"list": {"result": [scan("派件")]}}},
        {"result": [scan("派件"), {"scanType": "到件", "scanDate": "2026-11-20 10:00:00"}], "status": True},
    ],
)
def test_an_answer_comes_in_the_frames_of_two_gateways_and_of_relays(value: object) -> None:
    one = read(json.dumps(value).encode())
    assert (one.number, one.status, one.kind) == (NUMBER, "out_for_delivery", Kind.QUERY)


def test_an_answer_about_several_waybills_is_one_each() -> None:
    value = {
        "data": [{"billCode": "1", "traces": [scan("派件", billCode="1")]}, {"billCode": "2", "traces": []}],
        "status": True,
    }
    one, two = zto.read(json.dumps(value).encode())
    assert (one.number, one.status, two.number) == ("1", "out_for_delivery", "2")
    assert two.failure is not None
    assert two.failure.trouble is Trouble.NO_DATA


def test_a_push_may_be_a_list_and_come_without_its_form() -> None:
    for body in (push([told("GOT"), told("DISPATCH")]), json.dumps([told("GOT"), told("DISPATCH")]).encode()):
        one = read(body)
        assert (one.kind, len(one.events)) == (Kind.PUSH, 2)
    assert read(json.dumps(told("GOT")).encode()).kind is Kind.PUSH
    assert read(push(json.dumps(json.dumps(told("GOT"))))).status == "picked_up"
    assert read(json.dumps({"msg_type": "Traces", "data": told("GOT")}).encode()).status == "picked_up"
