"""Lives of orders as sellers know them: which clocks run, when they end, and that one trouble is told once."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from exceptions.deadlines.clocks import ClockDraft
from exceptions.deadlines.facts import LineFacts, OrderFacts, ParcelFacts, StayFacts
from exceptions.deadlines.kinds import Level
from exceptions.deadlines.rulebook import plain
from exceptions.deadlines.rules import judge

T0 = datetime(2026, 11, 20, 2, tzinfo=UTC)
HOUR = timedelta(hours=1)
PLATFORMS = ("pdd", "douyin", "taobao", "tmall", "1688", "kuaishou", "jd", "xiaohongshu", "wechat", "other")


def order(**facts: Any) -> OrderFacts:
    base = OrderFacts(id=1, amount=Decimal(100), placed_at=T0, paid_at=T0, to_places=("湖南省",), to_province="湖南")
    return replace(base, **facts)


def parcel(*scans: float, **hours: Any) -> ParcelFacts:
    """A parcel uploaded at the start; scans and instants in hours after that."""
    facts = {
        name: T0 + value * HOUR if name.endswith("_at") and value is not None else value
        for name, value in hours.items()
    }
    return replace(ParcelFacts(waybill_id=9, uploaded_at=T0, scans=tuple(T0 + at * HOUR for at in scans)), **facts)


def moving(*scans: float, **hours: Any) -> ParcelFacts:
    """A parcel picked up at once and on its way since the fifth hour, from Zhejiang."""
    way = {"first_trace_at": 0, "picked_up_at": 0, "last_pickup_at": 0, "moved_at": 5, "first_hub_at": 5}
    return parcel(0, 5, *scans, **way | {"provinces": ("浙江",)} | hours)


def running(facts: OrderFacts, platform: str) -> list[tuple[str, str, float]]:
    """Clocks of parcels that have not stopped: code, kind, due in hours."""
    found = [clock for clock in judge(facts, plain(platform).watched) if clock.stopped_at is None]
    return [(clock.term.code, clock.kind.value, (clock.due_at - T0) / HOUR) for clock in found]


def alarms(facts: OrderFacts, platform: str, hours: float = 72) -> set[str]:
    """Kinds of the cases that stand open after so many hours."""
    now = T0 + hours * HOUR
    lit = [
        c for c in judge(facts, plain(platform).watched) if c.stopped_at is None and c.level_at(now) is not Level.CALM
    ]
    return {clock.kind.value for clock in lit}


def only(facts: OrderFacts, platform: str, code: str) -> ClockDraft:
    (found,) = [clock for clock in judge(facts, plain(platform)) if clock.term.code == code]
    return found


@pytest.mark.parametrize("platform", PLATFORMS)
def test_a_parcel_delivered_without_a_scan_of_the_couriers_round_is_not_in_transit_any_more(platform: str) -> None:
    assert running(order(parcels=(moving(30, delivered_at=30),)), platform) == []


@pytest.mark.parametrize("platform", PLATFORMS)
def test_a_parcel_brought_to_a_station_waits_there_and_neither_stalls_nor_is_overdue(platform: str) -> None:
    straight = order(parcels=(moving(30, at_station_at=30),))
    by_courier = order(parcels=(moving(28, 30, out_for_delivery_at=28, at_station_at=30),))
    for facts in (straight, by_courier):
        assert running(facts, platform) == [("HOUSE-STATION", "not_collected", 102)]


@pytest.mark.parametrize("platform", PLATFORMS)
def test_what_a_parcel_on_its_way_home_keeps_silent_about_is_no_stall(platform: str) -> None:
    facts = order(parcels=(moving(30, 200, returning_at=30, turned_back=True),))
    assert {clock.kind.value for clock in judge(facts, plain(platform).watched) if clock.broke_at} == {"return_overdue"}


@pytest.mark.parametrize("platform", PLATFORMS)
def test_the_platforms_word_of_the_delivery_ends_the_wait_for_the_carriers(platform: str) -> None:
    facts = order(delivered_at=T0 + 60 * HOUR, parcels=(moving(58, out_for_delivery_at=58),))
    assert running(facts, platform) == []
    late = replace(facts, delivered_at=T0 + 90 * HOUR)
    (sign,) = [clock for clock in judge(late, plain(platform)) if clock.term.start == "out_for_delivery"]
    assert (sign.due_at, sign.stopped_at) == (T0 + 82 * HOUR, T0 + 90 * HOUR)


def test_the_platforms_word_of_the_delivery_says_nothing_of_a_parcel_sent_after() -> None:
    facts = order(delivered_at=T0 + 60 * HOUR, parcels=(moving(60, delivered_at=60), moving(waybill_id=10, extra=True)))
    assert running(facts, "pdd") == [
        ("PDD-TRACK-LEAVE", "transit_stall", 48),
        ("PDD-ALERT-UPDATE", "transit_stall", 53),
    ]


@pytest.mark.parametrize("platform", PLATFORMS)
def test_a_parcel_that_does_not_move_after_its_pickup_is_one_trouble_and_not_two(platform: str) -> None:
    still = parcel(0, first_trace_at=0, picked_up_at=0, last_pickup_at=0, provinces=("浙江",))
    assert alarms(order(parcels=(still,)), platform) == {"no_movement"}


def test_once_it_moves_it_has_to_leave_its_province_within_48_hours_of_its_first_trace() -> None:
    (leave,) = [found for found in running(order(parcels=(moving(),)), "pdd") if found[0] == "PDD-TRACK-LEAVE"]
    assert leave == ("PDD-TRACK-LEAVE", "transit_stall", 48)


@pytest.mark.parametrize("platform", PLATFORMS)
def test_a_number_cancelled_before_the_carrier_had_the_goods_is_still_waited_for(platform: str) -> None:
    cancelled = parcel(1, first_trace_at=1, turned_back=True)
    assert "late_pickup" in alarms(order(parcels=(cancelled,)), platform)
    other = replace(moving(), waybill_id=10)
    assert "late_pickup" not in alarms(order(parcels=(cancelled, other)), platform), "they left under another number"


@pytest.mark.parametrize("platform", PLATFORMS)
def test_a_presale_is_judged_by_its_own_date_and_where_none_was_told_not_at_all(platform: str) -> None:
    facts = order(goods="presale")
    assert running(facts, platform) == []
    promised = running(replace(facts, promised_dispatch_at=T0 + 240 * HOUR), platform)
    assert [(kind, due) for _, kind, due in promised if due <= 240] == [("late_dispatch", 240)]


@pytest.mark.parametrize(
    ("platform", "code", "hours", "penalty"),
    [("douyin", "DY-PRESALE-STOCKOUT", 288, "20.00"), ("taobao", "TB-PRESALE-STOCKOUT", 312, "30.00")],
)
def test_a_presale_that_is_not_sent_becomes_a_stock_out_too(
    platform: str, code: str, hours: float, penalty: str
) -> None:
    facts = order(goods="presale", amount=Decimal(200), promised_dispatch_at=T0 + 240 * HOUR)
    clock = only(facts, platform, code)
    assert (clock.due_at, clock.penalty) == (T0 + hours * HOUR, Decimal(penalty))


@pytest.mark.parametrize(("promised", "penalty"), [(48, "20.00"), (72, "30.00")])
def test_a_stock_out_for_want_of_movement_costs_by_what_was_promised_for_the_dispatch(
    promised: float, penalty: str
) -> None:
    still = parcel(0, first_trace_at=0, picked_up_at=0)
    facts = order(amount=Decimal(200), promised_dispatch_at=T0 + promised * HOUR, parcels=(still,))
    assert only(facts, "taobao", "TB-TRACK-TO-STOCKOUT").penalty == Decimal(penalty)


def test_an_export_that_tells_the_payment_alone_still_starts_what_counts_from_the_order() -> None:
    clock = only(order(placed_at=None), "jd", "JD-UPLOAD-24")
    assert (clock.started_at, clock.due_at) == (T0, T0 + 24 * HOUR)


@pytest.mark.parametrize("platform", PLATFORMS)
def test_a_refused_parcel_that_nobody_sends_home_is_awaited_for_seven_days(platform: str) -> None:
    refused = moving(28, 30, out_for_delivery_at=28, returning_at=30, turned_back=True)
    # Day 7 after 21 November ends at 16:00 UTC on the 28th, to the second.
    due = (datetime(2026, 11, 28, 15, 59, 59, tzinfo=UTC) - T0) / HOUR
    assert running(order(parcels=(refused,)), platform) == [("HOUSE-RETURN", "return_overdue", due)]


def test_a_hub_on_the_way_home_is_no_stay_on_the_way_to_the_buyer() -> None:
    stays = (StayFacts("义乌转运中心", T0 + 5 * HOUR, T0 + 9 * HOUR), StayFacts("长沙转运中心", T0 + 40 * HOUR))
    home = moving(28, 30, 40, out_for_delivery_at=28, returning_at=30, turned_back=True, stays=stays)
    found = judge(order(parcels=(home,)), plain("pdd").watched)
    assert [clock.term.code for clock in found if clock.term.shape == "dwell"] == []


@pytest.mark.parametrize("platform", PLATFORMS)
def test_a_pickup_proves_a_number_that_no_export_dates(platform: str) -> None:
    facts = order(parcels=(moving(uploaded_at=None),))
    assert "late_dispatch" not in alarms(facts, platform)


@pytest.mark.parametrize("platform", PLATFORMS)
def test_days_without_a_scan_are_no_stall_on_the_way_from_abroad(platform: str) -> None:
    facts = order(parcels=(moving(),))
    assert "transit_stall" in alarms(facts, platform, 100)
    assert "transit_stall" not in alarms(replace(facts, goods="direct_mail"), platform, 100)


@pytest.mark.parametrize(
    ("amounts", "penalties"),
    [((Decimal(30), Decimal(170)), ["5.00", "17.00"]), ((None, Decimal(170)), ["10.00", "10.00"])],
)
def test_each_sub_order_costs_by_its_own_share_of_what_was_paid(
    amounts: tuple[Decimal | None, Decimal], penalties: list[str]
) -> None:
    lines = tuple(LineFacts(pk, T0 + 72 * HOUR, amount=amount) for pk, amount in enumerate(amounts, 1))
    found = judge(order(amount=Decimal(200), lines=lines), plain("douyin"))
    stock_out = [clock for clock in found if clock.term.code == "DY-SHIP-TO-STOCKOUT"]
    assert [(clock.line_id, clock.penalty) for clock in stock_out] == [
        (pk, Decimal(penalty)) for pk, penalty in enumerate(penalties, 1)
    ]


@pytest.mark.parametrize("platform", PLATFORMS)
def test_an_order_the_platform_counts_as_sent_is_not_late_where_neither_number_nor_time_is_told(platform: str) -> None:
    assert "late_dispatch" in alarms(order(), platform)
    assert "late_dispatch" not in alarms(order(sent=True), platform)
