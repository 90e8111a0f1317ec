"""Where a parcel went, by what carriers write: its hubs, its provinces, and when it left them."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shipments._provinces import PROVINCES
from shipments.places import Scan, Stay, Way, province_of, way
from shipments.sites import seen
from shipments.status import Stage

START = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)
PICKED, MOVING, OUT, SIGNED = Stage.PICKED_UP, Stage.IN_TRANSIT, Stage.OUT_FOR_DELIVERY, Stage.DELIVERED


def hour(hours: float) -> datetime:
    return START + timedelta(hours=hours)


def track(*scans: tuple[float, Stage, str] | tuple[float, Stage, str, str]) -> list[Scan]:
    """Scans so many hours after the start: stage, text and, where told, place."""
    return [(hour(scan[0]), scan[1], scan[3] if len(scan) == 4 else "", scan[2]) for scan in scans]


@pytest.mark.parametrize(
    ("name", "province"),
    [
        ("浙江省金华市义乌市", "浙江"),
        ("【杭州市】", "浙江"),
        ("杭州转运中心", "浙江"),
        ("ZTO义乌集散", "浙江"),
        ("浙江金华市", "浙江"),
        ("广东,东莞市,东城街道", "广东"),
        ("广东 深圳市", "广东"),
        ("乌鲁木齐分拨中心", "新疆"),
        ("长沙航空部", "湖南"),
        ("广西壮族自治区", "广西"),
        ("内蒙古自治区呼和浩特市", "内蒙古"),
        ("新疆维吾尔自治区", "新疆"),
        ("北京市朝阳区东坝公司", "北京"),
        ("上海浦东转运中心", "上海"),
        ("香港青衣中轉場", "香港"),
        ("邮政广州广州棠溪转运站", "广东"),
        ("中国邮政速递物流股份有限公司北京市国货航航空邮件处", "北京"),
        ("中国 上海", "上海"),
        ("桐庐", "浙江"),
        ("昆山", "江苏"),
        ("常熟海虞站", "江苏"),
        ("晋江", "福建"),
        ("石狮", "福建"),
        ("普宁", "广东"),
        ("揭阳转运中心", "广东"),
        ("石家庄高开集散中心", "河北"),
        ("江苏省市场部九十四部", "江苏"),
        ("福州门店", "福建"),
    ],
)
def test_a_place_is_in_the_province_that_it_begins_with(name: str, province: str) -> None:
    assert province_of(name) == province


@pytest.mark.parametrize(
    ("name", "province"),
    [
        ("吉林市", "吉林"),
        ("吉林省长春市朝阳区", "吉林"),
        ("朝阳市", "辽宁"),
        ("朝阳区", None),
        ("朝阳", None),
        ("朝阳分拨中心", None),
        ("海南省", "海南"),
        ("海南海口转运中心", "海南"),
        ("海南藏族自治州共和县", "青海"),
        ("海南州", "青海"),
        ("海南区", None),
        ("河南省", "河南"),
        ("河南蒙古族自治县", "青海"),
        ("河北区", None),
        ("资阳区", None),
        ("资阳市", "四川"),
        ("西安区", None),
        ("中山", None),
        ("中山市", "广东"),
        ("中山转运中心", "广东"),
        ("大兴安岭地区", "黑龙江"),
        ("江山市", "浙江"),
        ("江山", None),
        ("苏州", "江苏"),
        ("宿州", "安徽"),
        ("台州", "浙江"),
        ("泰州", "江苏"),
    ],
)
def test_a_name_that_is_in_two_provinces_is_not_guessed(name: str, province: str | None) -> None:
    assert province_of(name) == province


@pytest.mark.parametrize(
    "name",
    [
        "南京东路营业点",
        "北京路驿站",
        "上海大厦",
        "广安门营业点",
        "兰州拉面",
        "北京时间8点",
        "华东外单分拣中心",
        "穗北集包中心",
        "王五",
        "",
    ],
)
def test_what_is_only_called_after_a_place_is_in_none(name: str) -> None:
    assert province_of(name) is None


@pytest.mark.parametrize(
    ("text", "hub", "province", "move"),
    [
        # YTO
        ("【北京转运中心】 已收入", "北京转运中心", "北京", "in"),
        ("【北京转运中心】 已拆包", "北京转运中心", "北京", ""),
        ("【北京转运中心】 已发出 下一站 【北京市海淀区人民大学公司】", "北京转运中心", "北京", "out"),
        ("杭州转运中心公司 已发出,下一站 浙江省杭州市凤起路", "杭州转运中心公司", "浙江", "out"),
        ("【安徽省亳州市公司】 已发出 下一站 【蚌埠转运中心】", "", "安徽", "out"),
        ("北京市朝阳区东坝公司 已打包,发往下一站 杭州转运中心", "", "北京", "out"),
        # ZTO
        ("【南宁市】 快件到达 【南宁中转】", "南宁中转", "广西", "in"),
        ("【南宁市】 快件离开 【南宁中转】 发往 【南昌中转部】", "南宁中转", "广西", "out"),
        ("[深圳市] 快件离开 [深圳中心]已发往[深圳西乡]", "深圳中心", "广东", "out"),
        ("[芜湖市]快件离开芜湖中转部已发往南京中转部", "芜湖中转部", "安徽", "out"),
        ("快件已到达 广州中心 上一站是 昆山", "广州中心", "广东", "in"),
        ("快件已到达 广州东圃 上一站是 广州中心", "", "广东", "in"),
        ("【贵港市】 快件离开 【桂平】 发往 【南昌中转部】", "", "广西", "out"),
        # STO
        ("[深圳市]快件已到达【广东深圳转运中心】", "广东深圳转运中心", "广东", "in"),
        ("[深圳市]快件已发往【上海浦东转运中心】", "", "广东", "out"),
        ("江苏南京转运中心-已装袋发往-江苏无锡中转部", "江苏南京转运中心", "江苏", "out"),
        ("已到达-江苏无锡中转部", "江苏无锡中转部", "江苏", "in"),
        ("由广东深圳罗湖中转部 发往 广东广州中转部", "广东深圳罗湖中转部", "广东", "out"),
        ("广东深圳罗湖中转部 正在进行 装袋 扫描", "广东深圳罗湖中转部", "广东", ""),
        (
            "【到件】快件到达【陕西西安航空部】,上一站是【陕西西安公司】,扫描员是【大客户称】",
            "陕西西安航空部",
            "陕西",
            "in",
        ),
        ("快件在 【上海松江公司】 由 【航空2E】 扫描发往 【上海航空部】", "", "上海", "out"),
        # Yunda
        ("[四川成都分拨中心]在分拨中心进行卸车扫描", "四川成都分拨中心", "四川", "in"),
        ("[四川成都分拨中心]从站点发出，本次转运目的地：四川成都青羊区西门三公司", "四川成都分拨中心", "四川", "out"),
        ("浙江义乌分拨中心 进行装车扫描，发往：湖南长沙分拨中心", "浙江义乌分拨中心", "浙江", "out"),
        ("到达：江苏苏州分拨中心 发往：安徽蚌埠分拨中心", "江苏苏州分拨中心", "江苏", "out"),
        ("到达：江苏苏州分拨中心 上级站点：江苏无锡市滨湖区华庄公司", "江苏苏州分拨中心", "江苏", "in"),
        ("到达：安徽蚌埠新城区公司 上级站点：安徽蚌埠分拨中心 发往：", "", "安徽", "in"),
        ("到达：广东深圳公司福田区海滨分拨分部 发往：广东深圳公司福田区岗厦东西村分部", "", "广东", "out"),
        ("上海分拨中心/下车扫描", "上海分拨中心", "上海", "in"),
        # SF
        ("快件在【郑州新郑集散中心】已装车，准备发往下一站", "郑州新郑集散中心", "河南", "out"),
        ("快件在【郑州市郑东新区晖达新领地营业点】已装车，准备发往 【郑州新郑集散中心】", "", "河南", "out"),
        ("快件在 深圳集散中心 ,准备送往下一站 深圳 [深圳市]", "深圳集散中心", "广东", "out"),
        ("快件已经到达深圳集散中心[深圳市]", "深圳集散中心", "广东", "in"),
        ("快件派送不成功(应客户要求,按新地址转寄),待转运", "", None, ""),
        # J&T
        ("【金华市】快件离开【义乌转运中心】，已发往【长沙转运中心】", "义乌转运中心", "浙江", "out"),
        # JD
        ("货物已完成分拣，离开【苏州陆家分拣中心】", "苏州陆家分拣中心", "江苏", "out"),
        ("货物已到达【深圳松岗分拨中心】 分拣中心验货", "深圳松岗分拨中心", "广东", "in"),
        ("货物已到达【华东外单分拣中心】", "华东外单分拣中心", None, "in"),
        # EMS and China Post
        ("到达 呼和浩特市 处理中心", "呼和浩特市处理中心", "内蒙古", "in"),
        ("到达广东速递物流公司广航中心处理中心（经转）", "广东速递物流公司广航中心处理中心", "广东", "in"),
        ("离开【邮政广州广州棠溪转运站】,下一站【黄村站】", "邮政广州广州棠溪转运站", "广东", "out"),
        ("广州市 【穗北集包中心】已收件,揽投员:王某某,电话:13800138000", "穗北集包中心", "广东", ""),
        ("到达处理中心,来自中国 上海", "处理中心", None, "in"),
        # Tiantian
        ("【发件】快件由济南分拨中心发往堤口路分部(0531-00000000)", "济南分拨中心", "山东", "out"),
        # No hubs, whatever they are called.
        ("快件已由晖达新领地2期物业服务中心丰巢柜代收，取件码已发送，请及时取件。", "", None, ""),
        ("您的快件已被转运中心安排退回，正在退回途中", "", None, ""),
        ("【武汉市】快件已被【淮安市涟水县高沟镇今世缘酒业】代收，如有问题请电联 (13800138000)", "", None, ""),
    ],
)
def test_a_scan_tells_its_hub_its_province_and_whether_it_comes_or_goes(
    text: str, hub: str, province: str | None, move: str
) -> None:
    told = seen(text)
    assert (told.hub, told.province) == (hub, province)
    assert (told.arriving, told.departing) == (move == "in", move == "out")


class TestPlaceBesideTheWords:
    def test_it_tells_the_province_where_the_words_do_not(self) -> None:
        assert seen("快件已到达【华东外单分拣中心】", "苏州市").province == "江苏"

    def test_it_counts_for_nothing_beside_another_station(self) -> None:
        assert seen("离开【华东外单分拣中心】，发往下一站", "广州市").province is None

    def test_it_may_be_the_hub(self) -> None:
        assert seen("已收入", "杭州转运中心")[:2] == ("杭州转运中心", True)

    def test_it_is_no_hub_where_the_parcel_is_only_sent_to_it(self) -> None:
        assert seen("快件已发往【杭州转运中心】", "杭州转运中心").hub == ""

    def test_it_names_a_hub_without_a_name(self) -> None:
        assert seen("邮件到达处理中心", "上海市").hub == "上海市处理中心"


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

    def test_in_one_second_it_comes_before_it_goes_and_goes_before_it_comes_elsewhere(self) -> None:
        comes, goes, there = (
            (0, MOVING, "【温州转运中心】 已收入"),
            (1, MOVING, "【温州转运中心】 已发出 下一站 【郑州转运中心】"),
            (1, MOVING, "【郑州转运中心】 已收入"),
        )
        told = way(track(comes, goes, there))
        assert way(track(there, goes, comes)) == told
        assert [(stay.hub, stay.left_at) for stay in told.stays] == [("温州转运中心", hour(1)), ("郑州转运中心", None)]

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
    assert set(told.provinces) <= set(PROVINCES)
