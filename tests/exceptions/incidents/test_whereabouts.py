"""Where a parcel is stuck, by real wordings of seven carriers."""

from datetime import UTC, datetime, timedelta

import pytest

from exceptions.deadlines.kinds import Kind
from exceptions.incidents.whereabouts import NOWHERE, Scan, Site, named, stuck, whereabouts
from shipments.status import Cause, Stage

NOW = datetime(2026, 11, 22, 4, tzinfo=UTC)


def track(*told: tuple[str, Stage] | str) -> list[Scan]:
    """Scans an hour apart, the newest last."""
    scans = [one if isinstance(one, tuple) else (one, Stage.IN_TRANSIT) for one in told]
    return [Scan(NOW + n * timedelta(hours=1), stage, "", text) for n, (text, stage) in enumerate(scans)]


@pytest.mark.parametrize(
    ("text", "site"),
    [
        ("【杭州转运中心】 已收入", Site("hub", "杭州转运中心")),
        ("【南通市】 快件到达 【南通中转部】", Site("hub", "南通中转部")),
        ("[江西景德镇分拨中心]在分拨中心进行卸车扫描", Site("hub", "景德镇分拨中心")),
        ("【杭州市】受台风天气影响，快件在【杭州转运中心】暂停中转，恢复后将优先安排", Site("hub", "杭州转运中心")),
        ("【杭州转运中心】 已发出 下一站 【宁波转运中心】", Site("leg", "杭州转运中心", "宁波转运中心")),
        ("[景德镇分拨中心]从站点发出，本次转运目的地：江西南昌分拨中心", Site("leg", "景德镇分拨中心", "南昌分拨中心")),
        ("快件在【南通集散中心】已装车,准备发往 【杭州集散中心】", Site("leg", "南通集散中心", "杭州集散中心")),
        ("【浙江省杭州市西湖区公司】 已收入", Site("outlet", "杭州市西湖区公司")),
        ("快件正在运输途中", NOWHERE),
    ],
)
def test_the_newest_scan_says_it(text: str, site: Site) -> None:
    assert whereabouts(track(text)) == site


def test_a_scan_that_only_says_where_to_has_left_from_where_the_one_before_was() -> None:
    scans = track("[南通市]快件已到达【江苏南通转运中心】", "[南通市]快件已发往【浙江杭州转运中心】")
    assert whereabouts(scans) == Site("leg", "南通转运中心", "杭州转运中心")
    assert whereabouts(scans[::-1]) == Site("leg", "南通转运中心", "杭州转运中心")


def test_a_scan_that_names_no_place_leaves_it_where_it_was() -> None:
    assert whereabouts(track("快件到达 【杭州集散中心】", "快件正在处理中")) == Site("hub", "杭州集散中心")


def test_a_failed_round_is_stuck_at_its_outlet() -> None:
    told = track(("【浙江省杭州市西湖区公司】 失败签收录入 某某某 原因: 天气", Stage.OUT_FOR_DELIVERY))
    assert whereabouts(told) == Site("outlet", "杭州市西湖区公司")


def test_a_parcel_that_only_waits_for_its_pickup_is_where_its_shop_ships_from() -> None:
    waiting = track(("商家已下单，等待快递员上门揽收", Stage.INFO_RECEIVED))
    assert whereabouts(waiting, "江苏省南通市") == whereabouts([], "江苏省南通市") == Site("pickup", "南通市")
    assert whereabouts([], "") == NOWHERE


def test_a_parcel_picked_up_and_silent_is_at_the_outlet_that_picked_it_up() -> None:
    zto = ("【南通市】 【南通通州区】（0000-0000000） 的 某某某 （13800138000） 已揽收", Stage.PICKED_UP)
    assert whereabouts(track(zto)) == Site("pickup", "南通通州区")


@pytest.mark.parametrize("name", ["浙江杭州转运中心", "浙江省杭州转运中心", "杭州转运中心公司", "杭州转运中心"])
def test_one_hub_has_one_name_however_a_provider_writes_it(name: str) -> None:
    assert named(name) == "杭州转运中心"


def test_a_hub_without_a_name_is_that_of_its_city_or_none() -> None:
    assert (named("处理中心", "杭州市"), named("处理中心")) == ("杭州市处理中心", "")


def test_a_delivery_that_failed_for_the_buyers_reasons_is_nobody_elses_trouble() -> None:
    assert stuck(Kind.FAILED_DELIVERY, Cause.WEATHER)
    assert not stuck(Kind.FAILED_DELIVERY, Cause.UNREACHABLE)
    assert not stuck(Kind.DAMAGE, Cause.WEATHER)
    assert stuck(Kind.TRANSIT_STALL, None)
