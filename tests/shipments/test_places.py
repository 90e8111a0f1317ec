"""Where a parcel went, by what carriers write: its hubs, its provinces, and when it left them."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shipments import carriers
from shipments._provinces import PROVINCES
from shipments.places import Scan, Stay, Way, way
from shipments.status import Stage
from tests.shipments.golden import SAMPLES

START = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)
PICKED, MOVING, OUT, SIGNED = Stage.PICKED_UP, Stage.IN_TRANSIT, Stage.OUT_FOR_DELIVERY, Stage.DELIVERED


def hour(hours: float) -> datetime:
    return START + timedelta(hours=hours)


def track(*scans: tuple[float, Stage, str] | tuple[float, Stage, str, str]) -> list[Scan]:
    """Scans so many hours after the start: stage, text and, where told, place."""
    return [(hour(scan[0]), scan[1], scan[3] if len(scan) == 4 else "", scan[2]) for scan in scans]


class TestWay:
    def test_from_hub_to_hub(self) -> None:
        told = way(
            track(
                (0, PICKED, "【金华市】 【义乌北苑】（0579-0000000） 的 某某某 （13800138000） 已揽收"),
                (2, MOVING, "【金华市】 快件离开 【义乌北苑】 发往 【义乌中转部】"),
                (4, MOVING, "【金华市】 快件到达 【义乌中转部】"),
                (9, MOVING, "【金华市】 快件离开 【义乌中转部】 发往 【长沙中转部】"),
                (20, MOVING, "【南昌市】 快件到达 【南昌中转部】"),
                (22, MOVING, "【南昌市】 快件离开 【南昌中转部】 发往 【长沙中转部】"),
                (30, MOVING, "【长沙市】 快件到达 【长沙中转部】"),
            )
        )
        assert told == Way(
            (
                Stay("义乌中转部", "浙江", hour(4), hour(9)),
                Stay("南昌中转部", "江西", hour(20), hour(22)),
                Stay("长沙中转部", "湖南", hour(30), None),
            ),
            ("浙江", "江西", "湖南"),
            hour(20),
        )
        assert (told.first_hub, told.first_hub_at, told.first_hub_left_at) == ("义乌中转部", hour(4), hour(9))
        assert told.first_province == "浙江"

    def test_where_no_scan_tells_its_leaving_the_first_one_elsewhere_does(self) -> None:
        told = way(track((0, MOVING, "【北京转运中心】 已收入"), (30, MOVING, "【郑州转运中心】 已收入")))
        assert (told.first_hub_left_at, told.left_province_at) == (hour(30), hour(30))

    @pytest.mark.parametrize(
        "scan",
        [
            (5, MOVING, "【北京市海淀区人民大学公司】 已收入"),
            (5, MOVING, "[北京市]快件已发往【上海浦东转运中心】"),
            (5, MOVING, "【天津市】快件运输中"),
            (5, MOVING, "[北京市]快件已发车"),
            (5, OUT, "正在派送途中,请您准备签收"),
            (5, SIGNED, "已签收,感谢使用顺丰,期待再次为您服务"),
        ],
    )
    def test_these_show_that_it_has_left(self, scan: tuple[float, Stage, str]) -> None:
        assert way(track((0, MOVING, "【北京转运中心】 已收入"), scan)).first_hub_left_at == hour(5)

    @pytest.mark.parametrize(
        "scan",
        [
            (5, MOVING, "【北京转运中心】 已拆包"),
            (5, MOVING, "【北京市】快件运输中"),
            (5, MOVING, "快件已到达北京市"),
            (5, Stage.UNKNOWN, "已通知客户"),
            # Handed in late by the outlet before it.
            (5, PICKED, "【河北唐山公司】 已收件"),
            (5, MOVING, "[唐山市]快件已发往【北京转运中心】"),
        ],
    )
    def test_these_do_not_show_that_it_has_left(self, scan: tuple[float, Stage, str]) -> None:
        assert way(track((0, MOVING, "【北京转运中心】 已收入"), scan)).first_hub_left_at is None

    def test_seen_only_as_it_left_it_was_there_then(self) -> None:
        told = way(track((3, MOVING, "【北京转运中心】 已发出 下一站 【天津转运中心】")))
        assert told.stays == (Stay("北京转运中心", "北京", hour(3), hour(3)),)

    def test_only_sent_to_a_hub_it_has_seen_none(self) -> None:
        told = way(track((0, MOVING, "【安徽省亳州市公司】 已发出 下一站 【蚌埠转运中心】")))
        assert (told.first_hub, told.first_hub_at, told.first_hub_left_at, told.stays) == (None, None, None, ())

    def test_a_departure_told_twice_is_one(self) -> None:
        told = way(
            track(
                (0, MOVING, "快件到达 【上海集散中心】"),
                (2, MOVING, "快件在【上海集散中心】已装车,准备发往 【昆明官渡集散中心】"),
                (3, MOVING, "快件离开【上海集散中心】,正发往 【昆明官渡集散中心】"),
            )
        )
        assert told.stays == (Stay("上海集散中心", "上海", hour(0), hour(2)),)

    def test_work_and_departures_handed_in_late_are_no_stay_of_their_own(self) -> None:
        told = way(
            track(
                (0, MOVING, "【温州转运中心】 已收入"),
                (1, MOVING, "【温州转运中心】 已发出 下一站 【郑州转运中心】"),
                (2, MOVING, "【温州转运中心】 已打包"),
                (20, MOVING, "【郑州转运中心】 已收入"),
                (21, MOVING, "【温州转运中心】 已发出 下一站 【郑州转运中心】"),
            )
        )
        assert told.stays == (
            Stay("温州转运中心", "浙江", hour(0), hour(1)),
            Stay("郑州转运中心", "河南", hour(20), None),
        )

    def test_an_arrival_a_second_after_the_departure_is_of_the_same_stay(self) -> None:
        second = 1 / 3600
        told = way(
            track(
                (1, MOVING, "【温州转运中心】 已发出 下一站 【郑州转运中心】"),
                (1 + second, MOVING, "【温州转运中心】 已收入"),
            )
        )
        assert told.stays == (Stay("温州转运中心", "浙江", hour(1), hour(1)),)

    def test_back_in_the_same_hub_is_another_stay(self) -> None:
        told = way(
            track(
                (0, MOVING, "【温州转运中心】 已收入"),
                (1, MOVING, "【温州转运中心】 已发出 下一站 【郑州转运中心】"),
                (9, MOVING, "【温州转运中心】 已收入"),
            )
        )
        assert [stay.arrived_at for stay in told.stays] == [hour(0), hour(9)]

    def test_one_hub_is_written_in_several_ways(self) -> None:
        told = way(
            track((0, MOVING, "快件到达 杭州转运中心"), (4, MOVING, "浙江杭州转运中心公司 已发出,下一站 上海转运中心"))
        )
        assert told.stays == (Stay("杭州转运中心", "浙江", hour(0), hour(4)),)

    def test_arrivals_at_hubs_without_a_name_are_in_different_ones(self) -> None:
        told = way(track((0, MOVING, "到达处理中心"), (30, MOVING, "到达处理中心"), (31, MOVING, "离开处理中心")))
        assert [(stay.arrived_at, stay.left_at) for stay in told.stays] == [(hour(0), hour(30)), (hour(30), hour(31))]

    def test_a_hub_without_a_name_is_not_the_next_one_with_one(self) -> None:
        told = way(track((0, MOVING, "到达处理中心"), (30, MOVING, "到达【北京处理中心】")))
        assert [stay.hub for stay in told.stays] == ["处理中心", "北京处理中心"]

    def test_in_one_second_it_comes_before_it_goes_and_goes_before_it_comes_elsewhere(self) -> None:
        comes, goes, there = (
            (0, MOVING, "【温州转运中心】 已收入"),
            (1, MOVING, "【温州转运中心】 已发出 下一站 【郑州转运中心】"),
            (1, MOVING, "【郑州转运中心】 已收入"),
        )
        told = way(track(comes, goes, there))
        assert way(track(there, goes, comes)) == told
        assert [(stay.hub, stay.left_at) for stay in told.stays] == [("温州转运中心", hour(1)), ("郑州转运中心", None)]

    def test_in_one_second_a_departure_without_a_name_is_from_the_hub_it_came_to(self) -> None:
        comes = (0, MOVING, "[深圳市]快件已到达【广东深圳转运中心】")
        goes = (0, MOVING, "[深圳市]快件已发往【上海浦东转运中心】")
        assert way(track(comes, goes)) == way(track(goes, comes))
        assert way(track(goes, comes)).first_hub_left_at == hour(0)

    def test_a_hub_nobody_can_place_has_no_province_to_leave(self) -> None:
        told = way(track((0, MOVING, "货物已到达【华东外单分拣中心】"), (9, MOVING, "货物已到达【乌鲁木齐分拨中心】")))
        assert (told.left_province_at, told.first_province) == (None, "新疆")

    def test_the_way_to_the_first_hub_is_no_leaving_of_its_province(self) -> None:
        told = way(
            track(
                (0, PICKED, "【上海市嘉定区江桥公司】 已收件"),
                (3, MOVING, "【上海市嘉定区江桥公司】 已发出 下一站 【苏州转运中心】"),
                (6, MOVING, "【苏州转运中心】 已收入"),
            )
        )
        assert (told.provinces, told.left_province_at) == (("上海", "江苏"), None)

    def test_nothing_told_is_nothing_known(self) -> None:
        assert way([]) == Way()
        assert way(track((0, MOVING, "Arrived at sort facility"))) == Way()


TEXTS = [
    "【北京转运中心】 已收入",
    "【北京转运中心】 已发出 下一站 【郑州转运中心】",
    "【郑州转运中心】 已收入",
    "【郑州转运中心】 已拆包",
    "[郑州市]快件已发往【广东深圳转运中心】",
    "到达处理中心",
    "离开处理中心",
    "【深圳市】 快件到达 【福田新福星】",
    "正在派送途中",
    "",
]
SCANS = st.lists(
    st.tuples(
        st.integers(0, 5).map(lambda seconds: START + timedelta(seconds=seconds)),
        st.sampled_from(list(Stage)),
        st.sampled_from(["", "北京市", "杭州转运中心", "朝阳区"]),
        st.sampled_from(TEXTS) | st.text(max_size=30),
    ),
    max_size=10,
)


@given(SCANS, st.randoms(use_true_random=False))
def test_the_order_scans_are_told_in_does_not_matter(scans: list[Scan], random: Random) -> None:
    shuffled = list(scans)
    random.shuffle(shuffled)
    assert way(shuffled) == way(scans)


@given(SCANS)
def test_nobody_leaves_before_coming_or_comes_before_having_left(scans: list[Scan]) -> None:
    stays = way(scans).stays
    assert all(stay.left_at is None or stay.left_at >= stay.arrived_at for stay in stays)
    for stay, following in pairwise(stays):
        assert stay.left_at is not None
        assert stay.left_at <= following.arrived_at


@given(st.text(alphabet="北京市朝阳区海南州广东深圳转运中心分拨集散到达离开发往【】[] -：，由在已", max_size=40))
def test_any_words_are_read_without_an_error_and_the_same_told_as_a_place(text: str) -> None:
    told = way([(START, MOVING, text, text)])
    assert len(told.stays) <= 1
    assert set(told.provinces) <= PROVINCES.keys()


@pytest.mark.parametrize(
    ("provider", "file", "hubs", "provinces"),
    [
        ("kuaidi100", "query_v1_shentong_in_transit.json", ["广东东莞虎门集散中心", "广东深圳转运中心"], ["广东"]),
        ("kuaidi100", "free_query_v1_shunfeng_signed_asc.json", ["郑州新郑集散中心", "南京江宁集散中心"], ["河南", "江苏"]),
        ("kdniao", "query8001_sto_signed_then_station.json", ["江苏南京转运中心", "江苏无锡中转部", "江苏常州集散中心"], ["江苏"]),
        ("kdniao", "query1002_yd_2017_signed.json", ["江苏苏州分拨中心", "安徽蚌埠分拨中心"], ["江苏", "安徽"]),
        ("kdniao", "custom_sto_out_of_order.json", ["陕西西安航空部", "湖南长沙航空部"], ["陕西", "湖南"]),
        ("zto", "query_problem_piece_self_pickup.json", ["南宁中转", "南昌中转部"], ["广西", "江西"]),
        ("yto", "relay_two_failed_attempts_locker_signed.json", ["蚌埠转运中心", "泉州转运中心"], ["安徽", "福建"]),
        ("sto", "relay_problem_unreachable_then_signed.json", ["上海航空部", "北京中转部"], ["上海", "北京", "河北"]),
    ],
)  # fmt: skip
def test_real_tracks_go_where_their_samples_say(
    shared: Path, provider: str, file: str, hubs: list[str], provinces: list[str]
) -> None:
    (answer,) = carriers.provider(provider).read((SAMPLES / provider / file).read_bytes())
    told = way((event.occurred_at, event.stage, event.place, event.text) for event in answer.events)
    assert [stay.hub for stay in told.stays] == hubs
    assert list(told.provinces) == provinces
    assert all(stay.left_at for stay in told.stays)
