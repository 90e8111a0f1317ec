"""Bend a parcel that is under way, or slow a hub: what has been scanned stays, the rest happens otherwise from now on."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from random import Random

from simulator import scenarios as sc
from simulator.instants import HOUR, MINUTE
from simulator.orders import Order
from simulator.tracks import SIGNED, Step, way_back

BENDABLE = (
    sc.NORMAL,
    sc.NEVER_PICKED,
    sc.LATE_PICKUP,
    sc.NO_MOVEMENT,
    sc.STALL,
    sc.SLOW,
    sc.SIGN_OVERDUE,
    sc.REFUSED,
    sc.ATTEMPTS,
    sc.DAMAGED,
    sc.LOST,
    sc.UNCOLLECTED,
    sc.INTERCEPTED,
)
INTERCEPTED = sc.INTERCEPTED
_DELAY_HOURS = {sc.NO_MOVEMENT: 30, sc.STALL: 60, sc.SLOW: 40}
_SIGN_DELAY = 30 * HOUR
# From here on a courier, a station or the buyer has the parcel, or it is on its way back already.
_TOO_LATE_TO_STOP = SIGNED | {"out", "stored", "uncollected", "refused", "intercepted", "returning", "return_arrived"}
_STOPPED_WITHIN = 40 * MINUTE
_BEFORE_PICKUP = frozenset({sc.NEVER_PICKED, sc.LATE_PICKUP})


@dataclass(frozen=True, slots=True)
class Hold:
    """A hub that stands still: what would leave `city` (position in CITIES) within `seconds` from `since` waits so long.

    Of a storm (`weather`) a scan tells; `pickup` holds the outlet there: what would be picked up waits.
    """

    city: int
    since: int
    seconds: int
    weather: bool = False
    pickup: bool = False


def held(steps: tuple[Step, ...], hold: Hold) -> tuple[Step, ...]:
    """The scans of a parcel with the wait at a hub that stands still; the same if it does not pass there then."""
    for position, step in enumerate(steps):
        if _waits(step, hold) and hold.since < step.at < hold.since + hold.seconds:
            later = (replace(rest, at=rest.at + hold.seconds) for rest in steps[position:])
            told = (Step(step.at, "weather", step.place, hub=True),) if hold.weather else ()
            return (*steps[:position], *told, *later)
    return steps


def _waits(step: Step, hold: Hold) -> bool:
    """Whether this scan is one that a hold puts off, if it falls into its time."""
    if step.place[0] != hold.city:
        return False
    return step.kind == "picked" if hold.pickup else step.hub and step.kind in ("left", "return_left")


def bent(old: Sequence[Step], new: Sequence[Step], scenario: str, now: int) -> tuple[Step, ...]:
    """The scans of a parcel that leaves its old plan at `now`. Raises ValueError if the scenario comes too late for it."""
    kept = tuple(step for step in old if step.at <= now)
    coming = [step for step in old if step.at > now]
    if scenario in _BEFORE_PICKUP:
        if any(step.kind == "picked" for step in kept):
            raise ValueError("the parcel has been picked up already")
        return kept + (tuple(new) if not new or new[0].at > now else _hurried((), new, now))
    if scenario == sc.LOST:
        return kept
    if scenario in _DELAY_HOURS:
        return kept + tuple(replace(step, at=step.at + _DELAY_HOURS[scenario] * HOUR) for step in coming)
    if scenario == sc.SIGN_OVERDUE:
        return kept + tuple(replace(step, at=step.at + _SIGN_DELAY) if step.kind in SIGNED else step for step in coming)
    return kept + _hurried([step for step in coming if step in new], [step for step in new if step not in old], now)


def turned_back(rng: Random, order: Order, old: Sequence[Step], now: int) -> tuple[Step, ...]:
    """The scans of a parcel that is called back at `now`: stopped where it is, then home. Raises ValueError if it cannot be."""
    kept = tuple(step for step in old if step.at <= now)
    if not any(step.kind == "picked" for step in kept):
        raise ValueError("the parcel has not been picked up")
    if any(step.kind in _TOO_LATE_TO_STOP for step in kept):
        raise ValueError("the parcel is out for delivery, delivered or on its way back")
    newest = kept[-1]
    place = newest.place if newest.to is None else newest.to
    stopped = now + int(rng.uniform(0.2, 1) * _STOPPED_WITHIN)
    back = way_back(rng, order, stopped + int(rng.uniform(1, 6) * HOUR), place)
    return (*kept, Step(stopped, "intercepted", place, hub=newest.hub or newest.to_hub), *back)


def _hurried(shared: Sequence[Step], own: Sequence[Step], now: int) -> tuple[Step, ...]:
    """What both plans hold passes a minute apiece, so that whoever bent the parcel sees the scenario's own scans soon."""
    way = tuple(replace(step, at=now + MINUTE * (position + 1)) for position, step in enumerate(shared))
    if not own:
        return way
    shift = now + MINUTE * (len(way) + 1) - own[0].at
    return way + tuple(replace(step, at=step.at + shift) for step in own)
