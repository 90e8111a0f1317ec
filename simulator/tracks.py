"""What happens to one parcel: from an order to its scans in time order. Pure, and in whole seconds.

`base` is the way of a parcel that meets no trouble; each scenario bends a copy of it. The base draws from its own random
stream, so two scenarios of the same order share every scan up to the one where they part.
"""

from dataclasses import dataclass, replace
from random import Random

from simulator import scenarios as sc
from simulator.instants import DAY, HOUR, MINUTE, local_midnight
from simulator.orders import Order, Place
from simulator.places import distance_km, trunk_hub

SIGNED = frozenset({"signed", "signed_by", "signed_after", "collected"})
RETURNED = "return_signed"
_TRUCK_KMH = 50
# Beyond this a parcel flies.
_LONGEST_LEG_HOURS = 30
# Longer silence than this would be a stall of its own; a slow parcel is reported as held instead.
_LONGEST_SILENCE = 40 * HOUR


@dataclass(frozen=True, slots=True)
class Step:
    """One scan: what, when, where, and where to next. `hub` tells a transfer centre from an outlet."""

    at: int
    kind: str
    place: Place
    hub: bool = False
    to: Place | None = None
    to_hub: bool = False


def plan(seed: int, order: Order) -> tuple[Step, ...]:
    """Every scan of the order's parcel, the future included; empty if nothing is ever scanned."""
    if order.ship_at is None or order.scenario in (sc.NEVER_PICKED, sc.NO_RECORD):
        return _waiting(seed, order)
    shipped = order.ship_at - order.drift
    steps = base(seed, order, _pickup(seed, order, shipped))
    rng = Random(f"{seed}:{order.index}:trouble")
    bend = _BENDS.get(order.scenario)
    if bend is not None:
        steps = bend(rng, order, steps)
    return tuple(replace(step, at=step.at + order.drift) for step in steps) if order.drift else tuple(steps)


def ended_at(steps: tuple[Step, ...]) -> int | None:
    """When the buyer signed or the shop had the parcel back; None if neither ever happens."""
    return next((step.at for step in reversed(steps) if step.kind in SIGNED or step.kind == RETURNED), None)


def key_instant(order: Order, steps: tuple[Step, ...]) -> int:
    """The instant that matters for the order's scenario: see `scenarios`."""
    scenario = order.scenario
    first = {step.kind: step.at for step in reversed(steps)}
    shipped = order.ship_at or 0
    if scenario == sc.NOT_DISPATCHED:
        return order.promise_at
    if scenario in (sc.NEVER_PICKED, sc.LATE_PICKUP):
        return shipped + DAY
    if scenario == sc.NO_MOVEMENT:
        return first["picked"] + DAY
    if scenario == sc.STALL:
        return steps[_stall_position(steps)].at + 2 * DAY
    if scenario == sc.TYPHOON:
        return first["weather"] + 2 * DAY
    if scenario == sc.SLOW:
        return order.deliver_by
    if scenario == sc.SIGN_OVERDUE:
        return first["out"] + DAY
    if scenario == sc.LOST:
        return steps[-1].at + 2 * DAY
    return first.get(
        {sc.REFUSED: "refused", sc.ATTEMPTS: "absent", sc.DAMAGED: "damaged", sc.UNCOLLECTED: "uncollected"}.get(
            scenario, ""
        ),
        shipped,
    )


def return_plan(order: Order, steps: tuple[Step, ...]) -> tuple[Step, ...]:
    """The scans of the new waybill that a parcel goes back on, where the carrier gives it one."""
    back = [step for step in steps if step.kind.startswith("return")]
    kinds = {"returning": "picked", "return_arrived": "arrived", "return_left": "left", "return_signed": "signed_by"}
    return tuple(replace(step, kind=kinds[step.kind]) for step in back)


def base(seed: int, order: Order, picked_at: int) -> list[Step]:
    """The way of a parcel without trouble."""
    rng = Random(f"{seed}:{order.index}:track")
    origin, dest, pace = order.origin, order.dest, order.actual.pace
    at = picked_at
    steps = [Step(at, "picked", origin)]

    def later(low: float, high: float) -> int:
        nonlocal at
        at += int(rng.uniform(low, high) * HOUR * pace)
        return at

    steps.append(Step(later(0.8, 2.5), "left", origin, to=origin, to_hub=True))
    steps.append(Step(later(1.2, 3.5), "arrived", origin, hub=True))
    here = origin
    for city in [hub for hub in (trunk_hub(origin[0], dest[0]),) if hub is not None] + [dest[0]]:
        if city == here[0]:
            continue
        there = (city, 0)
        steps.append(Step(later(0.8, 3.5), "left", here, hub=True, to=there, to_hub=True))
        hours = min(distance_km(here[0], city) / _TRUCK_KMH + 1, _LONGEST_LEG_HOURS)
        steps.append(
            Step(later(hours * 0.9, hours * 1.15), "reached" if city == dest[0] else "arrived", there, hub=True)
        )
        here = there
    steps.append(Step(later(0.8, 3), "left", dest, hub=True, to=dest))
    steps.append(Step(later(1.5, 4), "outlet", dest))
    at = _next_round(rng, at + int(0.4 * HOUR))
    steps.append(Step(at, "out", dest))
    if rng.random() < 0.35 and order.actual.code != "ems":
        steps.append(Step(later(0.7, 4), "stored", dest))
        steps.append(Step(later(1.5, 30), "collected", dest))
    else:
        steps.append(Step(later(0.6, 6), "signed" if rng.random() < 0.75 else "signed_by", dest))
    return steps


def _waiting(seed: int, order: Order) -> tuple[Step, ...]:
    """Half of the carriers report a number that waits for its pickup, half say nothing."""
    if (
        order.ship_at is None
        or order.scenario == sc.NO_RECORD
        or Random(f"{seed}:{order.index}:waiting").random() < 0.5
    ):
        return ()
    return (Step(order.ship_at + 20 * MINUTE, "waiting", order.origin),)


def _pickup(seed: int, order: Order, shipped: int) -> int:
    """The evening round of the same day, or soon after for what was uploaded late."""
    rng = Random(f"{seed}:{order.index}:pickup")
    soon = shipped + int(rng.uniform(1, 2.5) * HOUR)
    evening = local_midnight(shipped) + int(rng.uniform(17.5, 20.5) * HOUR)
    if order.scenario == sc.LATE_PICKUP:
        return shipped + DAY + (order.late or 0)
    return max(soon, evening)


def _next_round(rng: Random, at: int) -> int:
    """Couriers leave the outlet at about half past eight and at about half past two."""
    midnight = local_midnight(at)
    spread = rng.randrange(80 * MINUTE)
    for hour in (8, 14, 32):
        start = midnight + hour * HOUR + spread
        if start >= at:
            return start
    return midnight + 32 * HOUR + spread


def _position(steps: list[Step] | tuple[Step, ...], kind: str) -> int:
    return next(position for position, step in enumerate(steps) if step.kind == kind)


def _stall_position(steps: list[Step] | tuple[Step, ...]) -> int:
    """The scan after which a stalled parcel lies still: the last hub before its city, or the first hub of a short lane."""
    arrivals = [position for position, step in enumerate(steps) if step.kind == "arrived"]
    return arrivals[-1]


def _pushed(steps: list[Step], start: int, seconds: int) -> list[Step]:
    """The same scans, those from `start` on later by `seconds`."""
    return [*steps[:start], *(replace(step, at=step.at + seconds) for step in steps[start:])]


def _no_movement(rng: Random, order: Order, steps: list[Step]) -> list[Step]:
    gap = steps[1].at - steps[0].at
    return _pushed(steps, 1, DAY + (order.late or 0) - gap)


def _stall(rng: Random, order: Order, steps: list[Step]) -> list[Step]:
    still = _stall_position(steps)
    gap = steps[still + 1].at - steps[still].at
    return _pushed(steps, still + 1, 60 * HOUR - gap)


def _typhoon(rng: Random, order: Order, steps: list[Step]) -> list[Step]:
    """It lies in the hub of the city it goes to from before the storm is told of until long after."""
    still = _position(steps, "reached")
    told = steps[still].at + int(rng.uniform(0.5, 2) * HOUR)
    weather = Step(told, "weather", steps[still].place, hub=True)
    moves_on = told + 2 * DAY + (order.late or 0)
    rest = _pushed(steps, still + 1, moves_on - steps[still + 1].at)[still + 1 :]
    return [*steps[: still + 1], weather, *rest]


def _slow(rng: Random, order: Order, steps: list[Step]) -> list[Step]:
    """Late by small delays at every stop, never silent long enough to be a stall."""
    missing = order.deliver_by - order.drift + (order.late or 0) - steps[-1].at
    first, last = _position(steps, "arrived") + 1, _position(steps, "outlet")
    slow = list(steps)
    for position in range(first, last + 1):
        slow = _pushed(slow, position, max(0, missing) // (last + 1 - first))
    result: list[Step] = []
    for step in slow:
        while result and step.at - result[-1].at > _LONGEST_SILENCE:
            before = result[-1]
            result.append(
                Step(before.at + 30 * HOUR, "held", before.place if before.to is None else before.to, hub=True)
            )
        result.append(step)
    return result


def _sign_overdue(rng: Random, order: Order, steps: list[Step]) -> list[Step]:
    out = _position(steps, "out")
    return [*steps[: out + 1], Step(steps[out].at + DAY + (order.late or 0), "signed", order.dest)]


def way_back(rng: Random, order: Order, start: int, here: Place | None = None) -> list[Step]:
    """The scans of a parcel on its way home from `here` (None = where it was going), the first at `start`."""
    place = order.dest if here is None else here
    hours = distance_km(order.origin[0], place[0]) / _TRUCK_KMH + 6
    arrived = start + int(hours * rng.uniform(0.9, 1.3) * HOUR)
    return [
        Step(start, "returning", place, to=order.origin),
        Step(arrived, "return_arrived", order.origin, hub=True),
        Step(arrived + int(rng.uniform(2, 8) * HOUR), "return_left", order.origin, hub=True, to=order.origin),
        Step(arrived + int(rng.uniform(14, 30) * HOUR), RETURNED, order.origin),
    ]


def _refused(rng: Random, order: Order, steps: list[Step]) -> list[Step]:
    out = _position(steps, "out")
    at = steps[out].at + int(rng.uniform(1, 5) * HOUR)
    return [
        *steps[: out + 1],
        Step(at, "refused", order.dest),
        *way_back(rng, order, at + int(rng.uniform(4, 20) * HOUR)),
    ]


def _attempts(rng: Random, order: Order, steps: list[Step]) -> list[Step]:
    out = _position(steps, "out")
    result = steps[: out + 1]
    for failure in ("unreachable", "absent", "unreachable"):
        result.append(Step(result[-1].at + int(rng.uniform(2, 7) * HOUR), failure, order.dest))
        result.append(Step(_next_round(rng, result[-1].at + 10 * HOUR), "out", order.dest))
    return [*result, Step(result[-1].at + int(rng.uniform(1, 6) * HOUR), "signed_after", order.dest)]


def _damaged(rng: Random, order: Order, steps: list[Step]) -> list[Step]:
    arrived = _stall_position(steps)
    at = steps[arrived].at + int(rng.uniform(0.5, 2) * HOUR)
    damage = Step(at, "damaged", steps[arrived].place, hub=True)
    if rng.random() < 0.5:
        return [*steps[: arrived + 1], damage, *way_back(rng, order, at + int(rng.uniform(16, 36) * HOUR))]
    rest = _pushed(steps, arrived + 1, int(rng.uniform(8, 30) * HOUR))[arrived + 1 :]
    return [*steps[: arrived + 1], damage, *rest]


def _lost(rng: Random, order: Order, steps: list[Step]) -> list[Step]:
    return steps[: _stall_position(steps) + rng.choice((1, 2))]


def _uncollected(rng: Random, order: Order, steps: list[Step]) -> list[Step]:
    out = _position(steps, "out")
    stored = steps[out].at + int(rng.uniform(1, 4) * HOUR)
    overdue = stored + 3 * DAY + int(rng.uniform(0, 6) * HOUR)
    end = [Step(overdue, "uncollected", order.dest)]
    if rng.random() < 0.5:
        end.append(Step(overdue + int(rng.uniform(20, 60) * HOUR), "collected", order.dest))
    else:
        end.extend(way_back(rng, order, overdue + int(rng.uniform(40, 70) * HOUR)))
    return [*steps[: out + 1], Step(stored, "stored", order.dest), *end]


_BENDS = {
    sc.NO_MOVEMENT: _no_movement,
    sc.STALL: _stall,
    sc.TYPHOON: _typhoon,
    sc.SLOW: _slow,
    sc.SIGN_OVERDUE: _sign_overdue,
    sc.REFUSED: _refused,
    sc.ATTEMPTS: _attempts,
    sc.DAMAGED: _damaged,
    sc.LOST: _lost,
    sc.UNCOLLECTED: _uncollected,
}
