"""What can become of an order, how often, and the cast: orders timed so that something happens around the anchor.

`key` below is the instant that matters for a scenario: the deadline that breaks, or the event that brings the bad news.
The cast spreads most keys from 40 h before the anchor to 6 h after it, so a desk that starts at the anchor shows every kind at
every level at once, sees some break within minutes, and sees some heal.
"""

from dataclasses import dataclass
from random import Random

from simulator.instants import HOUR, MINUTE

NORMAL = "normal"
UNPAID = "unpaid"
REFUNDED = "refunded"
NOT_DISPATCHED = "not_dispatched"
NEVER_PICKED = "never_picked"
LATE_PICKUP = "late_pickup"
NO_MOVEMENT = "no_movement"
STALL = "stall"
SLOW = "slow"
SIGN_OVERDUE = "sign_overdue"
REFUSED = "refused"
ATTEMPTS = "three_attempts"
DAMAGED = "damaged"
LOST = "lost"
UNCOLLECTED = "uncollected"
WRONG_COMPANY = "wrong_company"
NO_RECORD = "no_record"
# Never by itself: a storm stands over the hub of where it goes (simulator.crises).
TYPHOON = "typhoon"
# Never by itself: somebody called the parcel back.
INTERCEPTED = "intercepted"

# Per thousand orders that are not in the cast; the rest is normal. Unpaid and refunded orders are an everyday thing, not trouble.
_TROUBLE = {
    NOT_DISPATCHED: 24,
    NEVER_PICKED: 10,
    LATE_PICKUP: 15,
    NO_MOVEMENT: 10,
    STALL: 16,
    SLOW: 10,
    SIGN_OVERDUE: 10,
    REFUSED: 10,
    ATTEMPTS: 12,
    DAMAGED: 8,
    LOST: 6,
    UNCOLLECTED: 11,
    WRONG_COMPANY: 4,
    NO_RECORD: 4,
}
_EVERYDAY = {UNPAID: 40, REFUNDED: 30}
# The cast is trouble already, so the other orders of the past get less of it.
_PAST_TROUBLE_DIVISOR = 2.5

SCENARIOS = (NORMAL, *_EVERYDAY, *_TROUBLE)

_CLOCKED = (NOT_DISPATCHED, NEVER_PICKED, LATE_PICKUP, NO_MOVEMENT, STALL, SLOW, SIGN_OVERDUE)
_CLOCK_OFFSETS = tuple(
    int(hours * HOUR)
    for hours in (
        -40,
        -31,
        -26,
        -20,
        -14,
        -7,
        -3,
        -1,
        -0.5,
        -5 / 60,
        2 / 60,
        4 / 60,
        7 / 60,
        12 / 60,
        25 / 60,
        50 / 60,
        1.5,
        3,
        5.5,
    )
)
_EVENTFUL = (REFUSED, ATTEMPTS, DAMAGED, LOST, UNCOLLECTED, WRONG_COMPANY, NO_RECORD)
_EVENT_OFFSETS = tuple(int(hours * HOUR) for hours in (-30, -9, -2, 3 / 60, 9 / 60, 20 / 60, 2, 6))
# A stall ends 60 h after it began, 12 h after its key; these begin to move again 3 … 40 minutes after the anchor.
_STALL_HEALING = tuple(minutes * MINUTE - 12 * HOUR for minutes in (3, 8, 15, 40))
# Picked up and silent for so long that every marketplace calls it serious.
_LONG_SILENT = tuple(int(hours * HOUR) for hours in (-101, -95, -88, -76, -71))


@dataclass(frozen=True, slots=True)
class Part:
    """One order of the cast: its scenario and its key's distance from the anchor in seconds.

    A crisis also says where to, with whom, and that it leaves from the town most goods leave from; blank = as it comes.
    """

    scenario: str
    offset: int
    city: str = ""
    carrier: str = ""
    home: bool = False


CAST = (
    *(Part(name, offset) for name in _CLOCKED for offset in _CLOCK_OFFSETS),
    *(Part(STALL, offset) for offset in _STALL_HEALING),
    *(Part(NO_MOVEMENT, offset) for offset in _LONG_SILENT),
    *(Part(name, offset) for name in _EVENTFUL for offset in _EVENT_OFFSETS),
)


def choose(rng: Random, *, past: bool) -> str:
    """A scenario for an ordinary order; `past` orders get less trouble because the cast brings its own."""
    at = rng.random() * 1000
    for name, share in _EVERYDAY.items():
        at -= share
        if at < 0:
            return name
    for name, share in _TROUBLE.items():
        at -= share / _PAST_TROUBLE_DIVISOR if past else share
        if at < 0:
            return name
    return NORMAL


def lateness(scenario: str, rng: Random, offset: int | None) -> int | None:
    """Seconds from the key until the trouble ends; None = it never does. `offset` places a member of the cast."""
    draw, never = rng.random(), rng.random() < 0.35
    if scenario == STALL:
        return 12 * HOUR
    if scenario == TYPHOON and offset is not None:
        # One after the other, from ten minutes after the anchor on.
        return max(0, -offset) + int((10 + draw * 160) * MINUTE)
    if scenario in (NEVER_PICKED, LOST, NO_RECORD):
        return None
    if offset is None:
        return None if scenario == NOT_DISPATCHED and never else int((0.5 + draw * 60) * HOUR)
    if offset < -2 * HOUR:
        return None if scenario == NOT_DISPATCHED and never else -offset + int((4 + draw * 44) * HOUR)
    if offset <= 4 * MINUTE:
        return max(0, -offset) + int((4 + draw * 16) * MINUTE)
    return int((1 + draw * 60) * HOUR)
