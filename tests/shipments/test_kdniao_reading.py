"""How Kdniao's tracks are read: states, relays that re-spell everything, and the traps real bodies hold."""

import html
import json
from datetime import UTC, datetime

import pytest

from shipments.bodies import ZONE
from shipments.carriers import _kdniao as scans
from shipments.carriers import kdniao
from shipments.status import Cause, Stage
from tests.shipments.test_kdniao import NUMBER, read, result, row


@pytest.mark.parametrize(
    ("action", "text", "status"),
    [
        ("1", "", "picked_up"),
        ("1", "等待揽收", "info_received"),
        ("10", "", "info_received"),
        ("2", "", "in_transit"),
        ("2", "快件已暂存至菜鸟驿站，如有疑问请联系", "available_for_pickup"),
        ("2", "派件中", "out_for_delivery"),
        ("201", "", "in_transit"),
        ("202", "正在派件，可放到您指定的代收点", "out_for_delivery"),
        ("204", "", "in_transit"),
        ("205", "", "in_transit"),
        ("206", "", "in_transit"),
        ("211", "", "available_for_pickup"),
        ("3", "", "delivered"),
        ("3", "失败签收录入", "attempt_failed"),
        ("3", "派送中", "delivered"),
        ("3", "签收人：快递柜", "available_for_pickup"),
        ("301", "签收人：本人", "delivered"),
        ("301", "退回件已由寄件方签收", "returned"),
        ("302", "", "delivered"),
        ("304", "", "delivered"),
        ("304", "快件已由菜鸟驿站代收，请及时取件", "available_for_pickup"),
        ("304", "快件已被 家人 代签收", "delivered"),
        ("311", "已签收", "available_for_pickup"),
        ("311", "已存放至兔喜生活，请凭取件码及时领取", "available_for_pickup"),
        ("311", "已签收，签收人凭取货码签收", "delivered"),
        ("4", "", "exception_other"),
        ("4", "派送不成功，电话无人接听", "unreachable_recipient"),
        ("401", "", "exception_other"),
        ("402", "", "delayed"),
        ("403", "", "delayed"),
        ("404", "", "refused"),
        ("405", "", "attempt_failed"),
        ("405", "派送不成功，电话无人接听", "unreachable_recipient"),
        ("406", "已签收", "returned"),
        ("407", "", "returning"),
        ("412", "", "exception_other"),
        ("413", "", "intercepted"),
        ("414", "", "damaged"),
        ("415", "", "exception_other"),
        ("416", "", "unreachable_recipient"),
        ("417", "", "delayed"),
        ("418", "", "out_for_delivery"),
        ("419", "", "out_for_delivery"),
        ("420", "", "address_problem"),
        ("421", "", "address_problem"),
        ("422", "", "exception_other"),
        ("423", "", "exception_other"),
        ("5", "", "in_transit"),
        ("6", "", "customs"),
        ("601", "", "customs"),
        ("602", "", "customs"),
        ("603", "", "customs"),
        ("604", "", "customs"),
        ("9999", "派件中", "out_for_delivery"),
        ("9999", "星际跃迁完成", "unknown"),
    ],
)
def test_an_action_is_read_as_what_it_is(action: str, text: str, status: str) -> None:
    answer = read(result(row("2026-11-21 10:00:00", text, Action=action), State="0"))
    assert answer.status == status
    assert bool(answer.warnings) == (status == "unknown")


@pytest.mark.parametrize(
    ("states", "newest", "status"),
    [
        ({"State": "3"}, "感谢您的使用", "delivered"),
        ({"State": 3}, "快件到达 【深圳】", "delivered"),
        ({"State": "3", "StateEx": "301"}, "快件已暂存至菜鸟驿站", "available_for_pickup"),
        ({"State": "3", "StateEx": "311"}, "已签收", "available_for_pickup"),
        ({"State": "3"}, "退回件已由寄件方签收", "returned"),
        ({"State": "4", "StateEx": "406"}, "已签收", "returned"),
        ({"State": "4", "StateEx": "407"}, "快件到达 【深圳】", "returning"),
        ({"State": "4", "StateEx": "404"}, "派送不成功，电话无人接听", "refused"),
        ({"State": "4", "StateEx": "412"}, "请及时取件", "exception_other"),
        ({"State": "4", "StateEx": "413"}, "快件到达 【深圳】", "intercepted"),
        ({"State": "4", "StateEx": "402"}, "派件中", "delayed"),
        ({"State": "4", "StateEx": "405"}, "派送不成功，电话无人接听", "unreachable_recipient"),
        ({"State": "4", "StateEx": "416"}, "快件到达 【深圳】", "unreachable_recipient"),
        ({"State": "4"}, "快件到达 【深圳】", "exception_other"),
        ({"State": "4"}, "已签收", "delivered"),
        ({"State": "4"}, "等待自提，自提件", "available_for_pickup"),
        ({"State": "2", "StateEx": "202"}, "感谢您的使用", "out_for_delivery"),
        ({"State": "2", "StateEx": "211"}, "感谢您的使用", "available_for_pickup"),
        # It says little by itself, and may lag.
        ({"State": "2"}, "派件中", "out_for_delivery"),
        ({"State": "2"}, "已签收", "delivered"),
        ({"State": "2"}, "感谢您的使用", "in_transit"),
        ({"State": "0"}, "派件中", "out_for_delivery"),
        ({"State": "6"}, "快件到达 【深圳】", "customs"),
        ({"State": "777", "StateEx": "x"}, "派件中", "out_for_delivery"),
    ],
)
def test_the_state_of_the_whole_settles_what_the_newest_scan_leaves_open(
    states: dict, newest: str, status: str
) -> None:
    first = row("2026-11-20 10:00:00", "【广州太和】 已收件")
    assert read(result(first, row("2026-11-21 10:00:00", newest), **states)).status == status


def test_a_trouble_of_the_whole_keeps_where_the_newest_scan_is() -> None:
    answer = read(result(row("2026-11-21 10:00:00", "快件已暂存至菜鸟驿站"), State="4", StateEx="402"))
    assert (answer.stage, answer.cause) == (Stage.AVAILABLE_FOR_PICKUP, Cause.DELAYED)


class TestTraps:
    def test_signed_then_stored_at_a_station_waits_to_be_collected_until_it_is_signed_again(self) -> None:
        rows = [
            row("2019-11-19 13:10:08", "已签收,签收人是先生/女士", Action="301"),
            row("2019-11-19 14:52:21", "快件已暂存至菜鸟驿站", Action="2"),
            row("2019-11-19 18:09:32", "已签收，签收人凭取货码签收。", Action="301"),
        ]
        assert read(result(*rows[:2], State="2")).status == "available_for_pickup"
        answer = read(result(*rows, State="3", StateEx="301"))
        assert answer.status == "delivered"
        assert answer.progress.delivered_at == datetime(2019, 11, 19, 10, 9, 32, tzinfo=UTC)

    def test_an_event_told_three_times_is_one(self) -> None:
        again = row("2017-05-19 15:16:13", "快件已到达港汇广场驿站,如有疑问请联系")
        answer = read(result(again, again, again))
        assert (len(answer.events), answer.progress.event_count) == (3, 1)

    def test_a_shuffled_list_is_sorted_by_its_times(self) -> None:
        rows = [row(f"2014/06/{day} 08:05:37", f"快件到达 {day}") for day in (25, 23, 24, 26)]
        assert [event.text[-2:] for event in read(result(*rows)).events] == ["23", "24", "25", "26"]

    def test_newest_first_is_oldest_first_in_the_end_and_a_tie_keeps_the_lists_order(self) -> None:
        rows = [
            row("2026-11-21 10:00:00", "已签收"),
            row("2026-11-21 09:00:00", "二"),
            row("2026-11-21 09:00:00", "一"),
        ]
        assert [event.text for event in read(result(*rows)).events] == ["一", "二", "已签收"]

    def test_three_digit_seconds_and_no_blank_between_date_and_time_are_times(self) -> None:
        rows = [row("2018-09-30 10:42:372", "已收取快件"), row("2018-09-3010:42:38", "货物已经到达深圳")]
        answer = read(result(*rows))
        assert [event.occurred_at.astimezone(ZONE).strftime("%H:%M:%S") for event in answer.events] == [
            "10:42:37",
            "10:42:38",
        ]

    @pytest.mark.parametrize("time", ["07:21", "", None, "昨天 07:21", "04-01 07:21", "2026-13-01 10:00:00"])
    def test_a_time_without_a_date_is_a_warning_and_its_neighbours_stay(self, time: object) -> None:
        answer = read(result(row("2026-11-21 10:00:00", "已收件"), {"AcceptTime": time, "AcceptStation": "派件中"}))
        assert ([event.text for event in answer.events], len(answer.warnings)) == (["已收件"], 1)

    def test_a_day_told_once_for_its_rows_is_taken_if_it_has_a_year(self) -> None:
        rows = [{"AcceptTime": "07:21", "AcceptStation": "正在第1次派件"}]
        assert read({"day": "04-01", "data": rows}).events == ()
        (event,) = read({"day": "2019-04-01", "data": rows}).events
        assert event.occurred_at.astimezone(ZONE).isoformat() == "2019-04-01T07:21:00+08:00"
        groups = [{"day": "2019-04-02", "data": rows}, {"day": "2019-04-01", "data": rows}]
        assert [event.occurred_at.day for event in read({"no": "ZTO1", "list": groups}).events] == [31, 1]

    def test_a_placeholder_number_with_many_parcels_is_a_conflict(self) -> None:
        answer = read(result(
            row("2026-11-21 10:32:20", "【安徽省合肥市公司】 派件人 : 某某 派件中"),
            row("2026-11-21 10:52:16", "【黑龙江省鸡西市公司】 派件人 : 某某 派件中"),
        ))  # fmt: skip
        assert (answer.cause, answer.status, len(answer.events)) == (Cause.CONTRADICTION, "conflict", 2)
        assert "apart" in answer.doubts[0]

    def test_the_same_placeholder_with_one_way_is_none(self) -> None:
        answer = read(result(row("2017-05-18 10:12:38", "快件已到达驿站"), row("2017-05-19 15:16:13", "快件已到达驿站"), LogisticCode="12345678"))  # fmt: skip
        assert (answer.cause, answer.status) == (None, "available_for_pickup")

    def test_pickup_scanned_after_arrival_does_not_set_the_track_back(self) -> None:
        answer = read(result(row("2016-08-29 11:49:22", "【到件】快件到达【西安】"), row("2016-08-29 11:49:28", "【收件】已收件")))  # fmt: skip
        assert answer.status == "in_transit"

    def test_a_number_of_eighteen_digits_is_never_a_float(self) -> None:
        assert (
            read(result(row("2026-11-21 10:00:00", "已收件"), LogisticCode=803606830189712542)).number
            == "803606830189712542"
        )


@pytest.mark.parametrize(
    ("told", "code"),
    [
        ("YTO", "yuantong"), ("yto", "yuantong"), (" JTSD ", "jtexpress"), ("YZPY", "youzhengguonei"),
        ("HTKY", "huitongkuaidi"), ("圆通速递", "yuantong"), ("佛山-中通快递", "zhongtong"), ("中通快运", "zhongtongkuaiyun"),
        ("邮政EMS", "ems"), ("中国邮政", "youzhengguonei"), ("百世汇通", "huitongkuaidi"), ("zhongtong", "zhongtong"),
        ("SHUNFENG", "shunfeng"), ("火星快递", ""), ("", ""), (None, ""), (7, ""),
    ],
)  # fmt: skip
def test_a_carrier_is_known_by_code_or_chinese_name(told: object, code: str) -> None:
    assert scans.carrier(told) == code


def test_every_carrier_can_be_asked_for_by_its_first_code() -> None:
    assert kdniao.CARRIERS is not None
    assert {scans.carrier(scans.SHIPPER_OF[code]) for code in kdniao.CARRIERS} == kdniao.CARRIERS
    assert scans.SHIPPER_OF["danniao"] == "DNWL"


def test_an_unknown_carrier_is_a_warning() -> None:
    answer = read(result(row("2026-11-21 10:00:00", "已收件"), ShipperCode="MARS"))
    assert (answer.carrier, answer.warnings) == ("", ("The carrier 'MARS' is not known",))


ROWS = [{"acceptTime": "2026-11-21 10:00:00", "acceptStation": "派件中"}]


@pytest.mark.parametrize(
    "value",
    [
        {"logisticCode": NUMBER, "shipperCode": "YTO", "state": "2", "traces": ROWS},
        {"logistic_code": NUMBER, "shipper_code": "YTO", "traces": ROWS},
        {"logisticcode": NUMBER, "shippername": "圆通速递", "traces": ROWS},
        {"no": NUMBER, "company": "YTO", "infos": ROWS},
        {"no": NUMBER, "company": "圆通", "data": {"infos": ROWS}},
        {"code": 0, "msg": "ok", "data": {"outWaybillNo": NUMBER, "carrierCode": "YTO001", "carrierName": "佛山-圆通快递", "traces": ROWS}},
        {"status": {"code": 200}, "success": True, "data": {"LogisticCode": NUMBER, "ShipperCode": "YTO", "Traces": ROWS}},
        {"result": json.dumps({"LogisticCode": NUMBER, "ShipperCode": "YTO", "Traces": ROWS})},
        {"LogisticCode": NUMBER, "ShipperCode": "YTO", "Traces": json.dumps(ROWS)},
        {"LogisticCode": NUMBER, "ShipperCode": "YTO", "Traces": ROWS[0]},
        [{"LogisticCode": NUMBER, "ShipperCode": "YTO", "Traces": ROWS}],
        {"LogisticCode": NUMBER, "ShipperCode": "YTO", "Traces": [{"time": "2026-11-21 10:00:00", "context": "派件中"}]},
        {"nu": NUMBER, "ShipperCode": "YTO", "Traces": [{"date": "2026-11-21", "time": "10:00", "content": "派件中"}]},
        json.dumps({"LogisticCode": NUMBER, "ShipperCode": "YTO", "Traces": ROWS}),
        {"LogisticCode": NUMBER, "ShipperCode": "YTO", "Traces": [ROWS[0] | {"AcceptStation": "派件中", "AcceptTime": ""}]},
    ],
)  # fmt: skip
def test_a_relay_may_spell_and_wrap_it_as_it_likes(value: object) -> None:
    answer = read(value)
    assert (answer.number, answer.carrier, answer.status) == (NUMBER, "yuantong", "out_for_delivery")


def test_gbk_a_byte_order_mark_and_html_escapes_are_read() -> None:
    text = json.dumps(result(row("2026-11-21 10:00:00", "派件中，请您准备签收，感谢使用")), ensure_ascii=False)
    for body in (text.encode("gb18030"), b"\xef\xbb\xbf" + text.encode(), html.escape(text).encode()):
        (answer,) = kdniao.read(body)
        assert answer.status == "out_for_delivery"


def test_a_cut_body_gives_its_whole_scans() -> None:
    text = json.dumps(result(row("2026-11-20 10:00:00", "已收件"), row("2026-11-21 10:00:00", "派件中"), State="3"), ensure_ascii=False)  # fmt: skip
    (answer,) = kdniao.read(text[: text.index("派件中")].encode())
    assert (answer.number, answer.carrier, answer.status) == (NUMBER, "yuantong", "picked_up")
    assert "cut or broken" in answer.warnings[0]
