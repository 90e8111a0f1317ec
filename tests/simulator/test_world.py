"""The world: the same from the same seed, every scenario in it, and believable."""

import contextlib
from collections import Counter
from itertools import pairwise

import pytest

from simulator import scenarios as sc
from simulator import tracks
from simulator.crises import TYPHOON
from simulator.exports import changes
from simulator.instants import DAY, HOUR, MINUTE, parse
from simulator.orders import Order
from simulator.places import CITIES
from simulator.texts import CODES, wording
from simulator.tracks import SIGNED
from simulator.world import World

ANCHOR = parse("2026-11-22T04:00:00Z")


@pytest.fixture(scope="module")
def world() -> World:
    return World(7, ANCHOR)


@pytest.fixture(scope="module")
def orders(world: World) -> list[Order]:
    return world.orders(ANCHOR)


def call_some_back(world: World) -> None:
    """Interceptions happen to nobody by themselves: somebody has to ask."""
    for order in world.orders(ANCHOR):
        with contextlib.suppress(KeyError, ValueError):
            if order.index % 40 == 0:
                world.bend(order.waybill, sc.INTERCEPTED, ANCHOR)


def of(orders: list[Order], scenario: str) -> list[Order]:
    return [order for order in orders if order.scenario == scenario]


def test_the_same_seed_and_anchor_give_the_same_orders_in_any_sequence_of_asking() -> None:
    at_once, step_by_step = World(7, ANCHOR, past=300), World(7, ANCHOR, past=300)
    for hours in range(5):
        step_by_step.orders(ANCHOR + hours * HOUR)
    assert at_once.orders(ANCHOR + 4 * HOUR) == step_by_step.orders(ANCHOR + 4 * HOUR)
    assert World(8, ANCHOR, past=300).orders(ANCHOR) != at_once.orders(ANCHOR)


def test_two_thousand_orders_fill_the_ten_days_before_the_anchor(orders: list[Order]) -> None:
    days = Counter((ANCHOR - order.created_at) // DAY for order in orders)
    assert sum(days.values()) == len(orders)
    assert len(orders) == pytest.approx(2000, abs=60)
    assert all(days[day] > 100 for day in range(10))


def test_a_new_order_arrives_about_every_twelve_seconds_after_the_anchor(world: World, orders: list[Order]) -> None:
    assert len(world.orders(ANCHOR + HOUR)) - len(orders) == pytest.approx(300, abs=5)


def test_numbers_never_repeat_and_have_their_platforms_form(world: World) -> None:
    orders = world.orders(ANCHOR + DAY)
    assert len({order.number for order in orders}) == len({order.waybill for order in orders}) == len(orders)
    for order in orders:
        if order.platform == "pdd":
            assert len(order.number) == 22
            assert order.number[6] == "-"
        else:
            assert len(order.number) == 19
            assert order.number.isdigit()


def test_most_orders_are_fine_and_every_scenario_is_there(world: World, orders: list[Order]) -> None:
    counts = world.scenario_counts(ANCHOR)
    assert all(counts[scenario] for scenario in sc.SCENARIOS)
    fine = counts[sc.NORMAL] + counts[sc.UNPAID] + counts[sc.REFUNDED]
    assert fine / len(orders) == pytest.approx(0.84, abs=0.02)


def test_arrivals_are_fine_in_about_six_cases_of_seven(world: World) -> None:
    counts = Counter(order.scenario for order in world.orders(ANCHOR + DAY)[2000:])
    assert counts[sc.NORMAL] / counts.total() == pytest.approx(0.78, abs=0.02)
    assert (counts[sc.NORMAL] + counts[sc.UNPAID] + counts[sc.REFUNDED]) / counts.total() == pytest.approx(
        0.85, abs=0.02
    )


def test_the_cast_meets_its_instants_around_the_anchor(world: World, orders: list[Order]) -> None:
    for part, order in zip(sc.CAST, world._orders, strict=False):
        assert order.scenario == part.scenario
        assert tracks.key_instant(order, world.steps(order)) == ANCHOR + part.offset
    keys = {part.offset for part in sc.CAST if part.scenario == sc.NOT_DISPATCHED}
    assert any(0 < key <= 5 * MINUTE for key in keys)
    assert -HOUR in keys
    assert min(keys) < -30 * HOUR


def test_an_ordinary_parcel_keeps_every_promise(world: World, orders: list[Order]) -> None:
    normal = of(orders, sc.NORMAL)
    late = 0
    for order in normal:
        steps = world.steps(order)
        assert order.paid_at is not None
        assert order.ship_at is not None
        assert order.created_at < order.paid_at < order.ship_at < order.promise_at
        assert order.ship_at < steps[0].at < order.ship_at + DAY
        assert [step.at for step in steps] == sorted(step.at for step in steps)
        assert max(after.at - before.at for before, after in pairwise(steps)) < 48 * HOUR
        assert steps[-1].kind in SIGNED
        late += steps[-1].at > order.deliver_by
    assert late < len(normal) * 0.01


def test_every_kind_of_scan_has_words_and_codes_at_every_carrier() -> None:
    world, seen = World(7, ANCHOR, begins_with=[TYPHOON]), set()
    call_some_back(world)
    for order in world.orders(ANCHOR + DAY):
        for step in world.steps(order):
            text = wording(order, step)
            assert "{" not in text
            seen.add((order.actual.code, step.kind))
    assert {kind for _, kind in seen} == set(CODES)
    assert len({code for code, _ in seen}) == 7


def test_a_stalled_parcel_is_silent_for_sixty_hours_and_moves_again(world: World, orders: list[Order]) -> None:
    for order in of(orders, sc.STALL):
        steps = world.steps(order)
        gaps = [after.at - before.at for before, after in pairwise(steps)]
        assert 60 * HOUR in gaps
        assert steps[-1].kind in SIGNED


def test_a_parcel_that_is_picked_up_late_is_late_by_more_than_a_day(world: World, orders: list[Order]) -> None:
    for order in of(orders, sc.LATE_PICKUP):
        assert order.ship_at is not None
        assert world.steps(order)[0].at > order.ship_at + DAY


def test_a_parcel_that_is_never_picked_up_has_no_scan_of_a_carrier(world: World, orders: list[Order]) -> None:
    kinds = {tuple(step.kind for step in world.steps(order)) for order in of(orders, sc.NEVER_PICKED)}
    assert kinds == {(), ("waiting",)}


def test_a_refused_parcel_comes_back_to_the_shop(world: World, orders: list[Order]) -> None:
    for order in of(orders, sc.REFUSED):
        kinds = [step.kind for step in world.steps(order)]
        assert kinds.index("out") < kinds.index("refused") < kinds.index("returning") < kinds.index("return_signed")
        assert order.refunded_at is not None


def test_three_attempts_fail_before_the_buyer_signs(world: World, orders: list[Order]) -> None:
    for order in of(orders, sc.ATTEMPTS):
        kinds = [step.kind for step in world.steps(order)]
        assert sum(kind in ("unreachable", "absent") for kind in kinds) == 3
        assert kinds[-1] == "signed_after"


def test_a_lost_parcel_is_never_seen_again(world: World, orders: list[Order]) -> None:
    for order in of(orders, sc.LOST):
        assert world.steps(order)[-1].kind in ("arrived", "left")
        assert order.ended_at is None


def test_a_slow_parcel_is_late_without_ever_being_silent_for_two_days(world: World, orders: list[Order]) -> None:
    for order in of(orders, sc.SLOW):
        steps = world.steps(order)
        assert steps[-1].at > order.deliver_by
        assert max(after.at - before.at for before, after in pairwise(steps)) < 48 * HOUR


def test_amounts_add_up_and_nobody_pays_for_what_is_not_paid(orders: list[Order]) -> None:
    for order in orders:
        assert order.paid_total == order.goods_total + order.postage - order.shop_discount - order.platform_discount > 0
        assert (order.paid_at is None) == (order.scenario == sc.UNPAID)
        assert changes(order)[0] == order.created_at


def test_buyers_are_masked(orders: list[Order]) -> None:
    for order in orders:
        assert order.buyer.endswith("*")
        assert "****" in order.phone or order.phone.startswith("13800138000-")
        assert order.phone[-4:] == order.phone_tail


def test_places_are_named_once_and_coded_by_their_city() -> None:
    assert len({city.name for city in CITIES}) == len(CITIES)
    for city in CITIES:
        assert all(code[:4] == city.code[:4] or city.code[2:] == "0000" for _, code in city.districts)


def test_orders_come_fast_for_half_a_day_after_each_opening_and_seldom_otherwise() -> None:
    later = ANCHOR + 5 * DAY
    once, again = World(7, ANCHOR, past=0), World(7, ANCHOR, past=0, openings=[later])
    assert len(once.orders(ANCHOR + 12 * HOUR)) == pytest.approx(3600, abs=5)
    assert len(once.orders(ANCHOR + 5 * DAY)) == pytest.approx(3600 + 4.5 * 200, abs=5)
    assert again.orders(later - HOUR) == once.orders(later - HOUR)
    assert len(again.orders(later + HOUR)) - len(again.orders(later)) == pytest.approx(300, abs=40)
    assert len(once.orders(later + HOUR)) - len(once.orders(later)) < 20
