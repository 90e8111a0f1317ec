"""The hubs and provinces that parcels of the simulator go through are those read from what their carriers write of it."""

from datetime import UTC, datetime

import pytest

from shipments.places import Way, way
from shipments.texts import tell
from simulator.orders import Order
from simulator.places import CITIES
from simulator.texts import site, wording
from simulator.tracks import Step, plan
from simulator.world import build

SEED, ANCHOR = 7, 1_763_600_000


def at(step: Step) -> datetime:
    return datetime.fromtimestamp(step.at, UTC)


def province(step: Step) -> str:
    return CITIES[step.place[0]].province_short


def gone(order: Order, steps: tuple[Step, ...]) -> tuple[list[list[object]], tuple[str, ...], datetime | None]:
    """Stays (hub, from, until), provinces, and when the first hub's was left, by the steps themselves."""
    stays: list[list[object]] = []
    lies: int | None = None
    for step in steps:
        if lies is not None and not (step.hub and step.place[0] == lies):
            stays[-1][2], lies = at(step), None
        if step.hub and lies is None:
            lies = step.place[0]
            stays.append([site(order.actual, step.place, hub=True), at(step), None])
        if step.hub and step.kind in ("left", "return_left"):
            stays[-1][2], lies = at(step), None
    since = next((position for position, step in enumerate(steps) if step.hub), len(steps))
    later = (at(step) for step in steps[since:] if province(step) != province(steps[since]))
    return stays, tuple(dict.fromkeys(map(province, steps))), next(later, None)


def read(order: Order, steps: tuple[Step, ...], *, placed: bool) -> Way:
    texts = [wording(order, step) for step in steps]
    places = [CITIES[step.place[0]].name if placed else "" for step in steps]
    return way(
        (at(step), tell(text, order.actual.code).stage, place, text)
        for step, text, place in zip(steps, texts, places, strict=True)
    )


@pytest.mark.parametrize("placed", [True, False], ids=["with the city beside the words", "by the words alone"])
def test_what_is_read_is_what_was_done(placed: bool) -> None:
    seen = set()
    for index in range(300):
        order = build(SEED, ANCHOR, index)
        steps = plan(SEED, order)
        if not any(step.hub for step in steps):
            continue
        seen.add(order.actual.code)
        stays, provinces, left_province_at = gone(order, steps)
        told = read(order, steps, placed=placed)
        assert [[stay.hub, stay.arrived_at, stay.left_at] for stay in told.stays] == stays
        assert told.left_province_at == left_province_at
        # What an end at the door says names no city with every carrier, but no new one either.
        assert told.provinces == provinces
    assert seen == {"yuantong", "zhongtong", "shentong", "yunda", "jtexpress", "shunfeng", "ems"}
