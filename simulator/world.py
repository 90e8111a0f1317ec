"""The world: which orders exist by an instant, and what has happened to a parcel by then.

Everything follows from (seed, anchor, past orders, seconds between arrivals, openings), so a restart with the same gives
the same world; only what somebody bent by hand is kept beside it. Building is lazy and grows with virtual time.
"""

import threading
from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from random import Random

from simulator import crises, tracks
from simulator import scenarios as sc
from simulator.bending import BENDABLE, Hold, bent, held, turned_back
from simulator.catalogue import CARRIER_BY_CODE
from simulator.instants import DAY, HOUR, MINUTE
from simulator.orders import Order, created_instant, draft, order_number, waybill_number
from simulator.places import BY_NAME, CITIES, trunk_hub
from simulator.tracks import Step

PAST_ORDERS = 2000
ARRIVAL_SECONDS = 12.0
# New orders come that often for half a day after the world is opened, so that somebody watching sees them come; then as
# seldom as in the past, so that a world that is left alone for weeks does not drown its desk.
WATCHED = 12 * HOUR
UNWATCHED_SECONDS = 432.0
# A start date far in the past must not fill the memory: after this many arrivals no new order comes.
MOST_ARRIVALS = 200_000
# Parcels whose scans are kept; the others are worked out again when asked for (about 0.2 ms).
_KEPT_TRACKS = 6000
_LONGEST_HOLD_HOURS = 240


@dataclass(frozen=True, slots=True)
class Parcel:
    """One waybill number: the order it belongs to and all its scans, the future included."""

    number: str
    order: Order
    steps: tuple[Step, ...]
    returning: bool = False

    def known(self, now: int) -> tuple[Step, ...]:
        """The scans made by `now`."""
        return tuple(step for step in self.steps if step.at <= now)

    @property
    def onward(self) -> str:
        """The new waybill number that it would go back on; blank where the carrier keeps the number."""
        return self.order.return_waybill if self.order.actual.code == "shunfeng" and not self.returning else ""

    def next_scan(self, after: int) -> int | None:
        """When the next scan after `after` is made; None if there is none."""
        return next((step.at for step in self.steps if step.at > after), None)


def build(
    seed: int,
    anchor: int,
    index: int,
    past: int = PAST_ORDERS,
    arrived_at: int | None = None,
    parts: Sequence[sc.Part] = sc.CAST,
) -> Order:
    """Order number `index` of the world: the cast, the ordinary past, then the arrivals, which are told when they come."""
    rng = Random(f"{seed}:{index}:fate")
    cast = min(len(parts), past)
    part = parts[index] if index < cast else None
    if part is not None:
        created = anchor
    elif arrived_at is None:
        created = created_instant(rng, anchor, index - cast, past - cast)
    else:
        created = arrived_at
    scenario = part.scenario if part else sc.choose(rng, past=index < past)
    order = draft(seed, index, scenario, sc.lateness(scenario, rng, part.offset if part else None), created)
    if part is not None:
        order = _as_cast(seed, order, part)
        order = _drifted(order, anchor + part.offset - tracks.key_instant(order, tracks.plan(seed, order)))
    order = replace(order, number=order_number(seed, index, order.platform, order.created_at))
    return _with_end(order, tracks.plan(seed, order), rng)


class World:
    """All orders by an instant, found by position or by number. Safe to use from many threads."""

    def __init__(
        self,
        seed: int,
        anchor: int,
        past: int = PAST_ORDERS,
        interval: float = ARRIVAL_SECONDS,
        openings: Sequence[int] = (),
        begins_with: Sequence[str] = (),
    ) -> None:
        self.seed, self.anchor, self.past, self.interval = seed, anchor, past, interval
        self._openings = sorted({anchor, *openings})
        self._lock = threading.RLock()
        self._next_arrival = float(anchor)
        self._orders: list[Order] = []
        self._position: dict[str, int] = {}
        self._tracks: OrderedDict[int, tuple[Step, ...]] = OrderedDict()
        # The scans of bent parcels, and how many holds they include already.
        self._bent: dict[int, tuple[tuple[Step, ...], int]] = {}
        self._holds: list[Hold] = []
        # The crises it has had since before the anchor, and when others began; of festivals comes a wave of orders.
        self.begins_with = tuple(begins_with)
        self._parts = (*sc.CAST, *crises.cast(begins_with))
        self._waves = [anchor] if crises.FESTIVAL in begins_with else []

    def orders(self, now: int) -> list[Order]:
        """Every order made by `now`, in no promised sequence."""
        self._grow(now)
        with self._lock:
            return [order for order in self._orders if order.created_at <= now]

    def added(self, start: int, now: int) -> list[Order]:
        """The orders from position `start` on that are built by `now`; some of them may be of the near future."""
        self._grow(now)
        with self._lock:
            return self._orders[start:]

    def parcel(self, number: str, now: int) -> Parcel | None:
        """The parcel with this waybill (or order) number if its order exists by `now`; numbers without any record are None."""
        self._grow(now)
        position = self._position.get(number)
        if position is None:
            return None
        order = self._orders[position]
        if order.created_at > now or order.scenario == sc.NO_RECORD:
            return None
        steps = self.steps(order)
        if number == order.return_waybill:
            return Parcel(number, order, tracks.return_plan(order, steps), returning=True)
        return Parcel(order.waybill, order, _on_first_bill(order, steps))

    def steps(self, order: Order) -> tuple[Step, ...]:
        """Every scan of the order's parcel, the future included."""
        with self._lock:
            known = self._tracks.get(order.index)
            if known is None:
                known, included = self._bent.get(order.index) or (tracks.plan(self.seed, order), 0)
                for hold in self._holds[included:]:
                    known = held(known, hold)
                self._tracks[order.index] = known
                if len(self._tracks) > _KEPT_TRACKS:
                    self._tracks.popitem(last=False)
            return known

    def bend(self, number: str, scenario: str, now: int) -> Order:
        """Let the parcel meet `scenario` from `now` on. Raises KeyError (unknown number or scenario), ValueError (too late)."""
        parcel = self.parcel(number, now)
        if parcel is None or parcel.returning:
            raise KeyError(f"no parcel {number}")
        if scenario not in BENDABLE:
            raise KeyError(f"no scenario {scenario} for a parcel; choose one of {', '.join(BENDABLE)}")
        order, old = parcel.order, self.steps(parcel.order)
        if order.ship_at is None or (order.ended_at is not None and order.ended_at <= now):
            raise ValueError(f"parcel {number} has not left or has arrived")
        rng = Random(f"{self.seed}:{order.index}:bent:{scenario}")
        order = replace(order, scenario=scenario, late=sc.lateness(scenario, rng, None))
        if scenario == sc.INTERCEPTED:
            steps = turned_back(rng, order, old, now)
        else:
            steps = bent(old, tracks.plan(self.seed, order), scenario, now)
        order = _with_end(replace(order, ended_at=None, confirmed_at=None, refunded_at=None), steps, rng)
        with self._lock:
            self._bent[order.index] = steps, len(self._holds)
            self._tracks.pop(order.index, None)
            self._orders[order.index] = order
        return order

    def hold(self, city: str, hours: float, now: int) -> int:
        """Let the hub of a city stand still for some hours; how many parcels wait. Raises KeyError (no such city), ValueError."""
        place = next((position for position, one in enumerate(CITIES) if one.name == city), None)
        if place is None:
            raise KeyError(f"no city {city}")
        if not 0 < hours <= _LONGEST_HOLD_HOURS:
            raise ValueError(f"hours must be between 0 and {_LONGEST_HOLD_HOURS}")
        self._grow(now)
        with self._lock:
            return self._hold(Hold(place, now, int(hours * HOUR)), now)

    def _hold(self, hold: Hold, now: int) -> int:
        """Keep a hold, and tell anew what becomes of the parcels it puts off; how many. The caller has the lock."""
        waiting = 0
        before = {order.index: self.steps(order) for order in self._orders if _may_pass(order, hold.city, now)}
        self._holds.append(hold)
        for index, old in before.items():
            if held(old, hold) != old:
                self._tracks.pop(index, None)
                self._orders[index] = self._ended_anew(self._orders[index])
                waiting += 1
        return waiting

    def strike(self, crisis: str, now: int) -> int:
        """Let a crisis begin; how many parcels wait. Raises KeyError (no such crisis)."""
        if crisis not in crises.CRISES:
            raise KeyError(f"no crisis {crisis}; choose one of {', '.join(crises.CRISES)}")
        self._grow(now)
        with self._lock:
            if crisis == crises.FESTIVAL:
                self._waves.append(now)
            return sum(self._hold(hold, now) for hold in crises.holds(crisis, now))

    def holds(self) -> list[Hold]:
        """Every hub that stood still, in the sequence in which it was ordered."""
        with self._lock:
            return list(self._holds)

    def _ended_anew(self, order: Order) -> Order:
        """The order with what follows from its parcel's end, which a hold has moved."""
        open_refund = order.refunded_at if order.ended_at is None else None
        fresh = replace(order, ended_at=None, confirmed_at=None, refunded_at=open_refund)
        return _with_end(fresh, self.steps(order), Random(f"{self.seed}:{order.index}:held"))

    def scenario_counts(self, now: int) -> dict[str, int]:
        """How many orders there are of each scenario."""
        counts = dict.fromkeys(sc.SCENARIOS, 0)
        for order in self.orders(now):
            counts[order.scenario] = counts.get(order.scenario, 0) + 1
        return counts

    def _grow(self, now: int) -> None:
        if len(self._orders) >= self.past and self._next_arrival > now:
            return
        with self._lock:
            while len(self._orders) < self.past:
                self._add(build(self.seed, self.anchor, len(self._orders), self.past, parts=self._parts))
            while self._next_arrival <= now and len(self._orders) < self.past + MOST_ARRIVALS:
                index, step = len(self._orders), self._step(self._next_arrival)
                arrived_at = int(self._next_arrival + Random(f"{self.seed}:{index}:arrival").random() * step)
                self._add(build(self.seed, self.anchor, index, self.past, arrived_at, self._parts))
                self._next_arrival += step

    def _step(self, at: float) -> float:
        """Seconds until the next arrival: short for half a day after each opening, while somebody may be watching."""
        opened = self._openings[bisect_right(self._openings, at) - 1]
        if any(0 <= at - wave < crises.WAVE_HOURS * HOUR for wave in self._waves):
            return self.interval / crises.WAVE
        return self.interval if at - opened < WATCHED else max(self.interval, UNWATCHED_SECONDS)

    def _add(self, order: Order) -> None:
        if self._holds and order.ended_at is not None and self.steps(order)[-1].at != order.ended_at:
            order = self._ended_anew(order)
        self._orders.append(order)
        for number in (order.waybill, order.return_waybill, order.number):
            self._position[number] = order.index


def _may_pass(order: Order, city: int, now: int) -> bool:
    """Whether the order's parcel is, or will be, under way and its way leads through the city's hub."""
    if order.ship_at is None or (order.ended_at is not None and order.ended_at <= now):
        return False
    start, end = order.origin[0], order.dest[0]
    return city in (start, end, trunk_hub(start, end))


def _as_cast(seed: int, order: Order, part: sc.Part) -> Order:
    """The order as a crisis has it: where to, with whom, from where."""
    if part.city:
        place = BY_NAME[part.city]
        order = replace(order, dest=(place, order.dest[1] % len(CITIES[place].districts)))
    if part.home:
        order = replace(order, origin=(crises.HOME, 0))
    if part.carrier:
        carrier = CARRIER_BY_CODE[part.carrier]
        order = replace(
            order,
            carrier=carrier,
            actual=carrier,
            waybill=waybill_number(seed, order.index, carrier),
            return_waybill=waybill_number(seed, order.index + 500_000_000, carrier),
        )
    return order


def _drifted(order: Order, drift: int) -> Order:
    """The whole order moved by `drift` seconds."""
    moved = {
        name: getattr(order, name) + drift
        for name in ("created_at", "paid_at", "promise_at", "deliver_by", "ship_at", "cancelled_at", "refunded_at")
        if getattr(order, name) is not None
    }
    return replace(order, drift=drift, **moved)


def _with_end(order: Order, steps: tuple[Step, ...], rng: Random) -> Order:
    """The order with what follows from its parcel's end: confirmation by the buyer, or a refund."""
    end = tracks.ended_at(steps)
    refund = order.refunded_at
    if end is not None and steps[-1].kind == tracks.RETURNED:
        refund = end + int(rng.uniform(2, 20) * HOUR)
    elif end is not None and rng.random() < 0.025:
        refund = end + int(rng.uniform(1, 3) * DAY)
    confirmed = (
        end + int(rng.choice((0.1, 0.5, 3, 6, 10)) * DAY) + rng.randrange(90 * MINUTE)
        if end is not None and refund is None
        else None
    )
    return replace(order, ended_at=end, confirmed_at=confirmed, refunded_at=refund)


def _on_first_bill(order: Order, steps: tuple[Step, ...]) -> tuple[Step, ...]:
    """SF sends a parcel back on a new waybill: the first one ends with the news of it."""
    if order.actual.code != "shunfeng":
        return steps
    return tuple(step for step in steps if not step.kind.startswith("return_"))
