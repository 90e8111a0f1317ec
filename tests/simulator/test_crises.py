"""A typhoon and a sales festival: what stands still when the world begins with one, and what waits when one strikes."""

from collections import Counter
from pathlib import Path

import pytest

from simulator import crises
from simulator import scenarios as sc
from simulator.instants import DAY, HOUR, MINUTE, parse
from simulator.places import CITIES
from simulator.texts import site, wording
from simulator.world import World
from tests.simulator.conftest import Serve

ANCHOR = parse("2026-11-22T04:00:00Z")


@pytest.fixture(scope="module")
def stormy() -> World:
    return World(7, ANCHOR, past=400, begins_with=[crises.TYPHOON])


def test_a_world_without_a_crisis_is_what_it_was() -> None:
    assert World(7, ANCHOR, past=300).orders(ANCHOR) == World(7, ANCHOR, past=300, begins_with=[]).orders(ANCHOR)
    assert crises.cast([]) == ()


def test_a_typhoon_holds_parcels_of_two_carriers_in_two_hubs_of_one_province(stormy: World) -> None:
    stuck: Counter[str] = Counter()
    for order in stormy.orders(ANCHOR):
        if order.scenario != sc.TYPHOON:
            continue
        last = [step for step in stormy.steps(order) if step.at <= ANCHOR][-1]
        assert last.kind == "weather"
        assert 40 * HOUR < ANCHOR - last.at < 56 * HOUR
        assert "受台风天气影响" in wording(order, last)
        assert CITIES[last.place[0]].province_short == "浙江"
        stuck[site(order.actual, last.place, hub=True)] += 1
    assert stuck == {"杭州转运中心": 24, "杭州中转部": 14, "宁波转运中心": 13, "浙江宁波分拨中心": 5}


def test_they_move_on_one_after_the_other_within_three_hours(stormy: World) -> None:
    moving = []
    for order in stormy.orders(ANCHOR):
        if order.scenario == sc.TYPHOON:
            following = next(step for step in stormy.steps(order) if step.at > ANCHOR)
            assert following.kind == "left"
            moving.append(following.at - ANCHOR)
    assert 5 * MINUTE < min(moving) < 40 * MINUTE
    assert 2 * HOUR < max(moving) < 4 * HOUR
    assert len(set(moving)) > 50


def test_a_festival_leaves_parcels_unpicked_at_one_outlet() -> None:
    world = World(7, ANCHOR, past=400, begins_with=[crises.FESTIVAL])
    late = [order for order in world.orders(ANCHOR) if order.scenario == sc.LATE_PICKUP]
    waiting = [order for order in late if order.ship_at and order.ship_at < ANCHOR - 20 * HOUR]
    unpicked = [order for order in waiting if world.steps(order)[0].at > ANCHOR]
    assert Counter(order.actual.code for order in unpicked)["yuantong"] >= 12
    calm = World(7, ANCHOR, past=400)
    wave = len(world.orders(ANCHOR + HOUR)) - 400
    assert wave == pytest.approx(crises.WAVE * (len(calm.orders(ANCHOR + HOUR)) - 400), rel=0.05)


def test_one_that_strikes_later_tells_of_it_and_puts_off_what_would_leave(stormy: World) -> None:
    world = World(7, ANCHOR, past=2000)
    before = {order.index: world.steps(order) for order in world.orders(ANCHOR)}
    waiting = world.strike(crises.TYPHOON, ANCHOR)
    after = {order.index: world.steps(order) for order in world.orders(ANCHOR)}
    changed = {index for index, steps in after.items() if steps != before[index]}
    assert waiting == len(changed) > 10
    for index in changed:
        weather = next(step for step in after[index] if step.kind == "weather")
        assert ANCHOR < weather.at < ANCHOR + crises.STORM_HOURS * HOUR
        assert [step for step in after[index] if step.at <= ANCHOR] == [
            step for step in before[index] if step.at <= ANCHOR
        ]
    with pytest.raises(KeyError):
        world.strike("earthquake", ANCHOR)


def test_a_restart_forgets_neither_what_it_began_with_nor_what_struck(serve: Serve, tmp_path: Path) -> None:
    words = ("--orders", "300", "--state", str(tmp_path / "state.jsonl"))
    client = serve(*words, "--crisis", "typhoon")
    assert client.get("/control/crises")["began_with"] == ["typhoon"]
    assert client.control("crises", crisis="festival")["waiting"] > 0
    assert "error" in client.control("crises", crisis="earthquake")
    again = serve(*words)
    assert again.get("/control/crises") == client.get("/control/crises")
    for one in (client, again):
        one.control("time", advance_hours=DAY // HOUR)
    assert client.parcels() == again.parcels()


def test_a_world_that_began_in_calm_stays_so_when_it_is_started_with_a_crisis(serve: Serve, tmp_path: Path) -> None:
    words = ("--orders", "300", "--state", str(tmp_path / "state.jsonl"))
    serve(*words)
    assert serve(*words, "--crisis", "typhoon").get("/control/crises")["began_with"] == []
