"""What goes first: money at stake × urgency × the chance that acting still helps. Pure.

Urgency is the instant something gets worse. Money that can still be saved brings it forward, six hours a doubling: half
the chance counts like half the money, so it sets a case back by six hours.

The rank is the same whatever time it is, so it can be stored and paged by; it changes only when a clock passes a
threshold or the facts change. `exceptions.desk.settle` computes the same in SQL; a test holds the two together.
"""

import math
from datetime import datetime, timedelta
from decimal import Decimal

from exceptions.deadlines.kinds import Kind, Level

# A doubling of the money at stake counts like six hours less time; 25 in the order's currency is one doubling above 0.
HOURS_PER_DOUBLING = 6
FIRST_DOUBLING = 25
# What a seriously broken case can still lose is its appeal: Douyin takes one for 7 days (rule catalogue 2.29).
APPEAL_DAYS = 7

# What silence settles for good: the platform decides by itself, or takes nothing any more.
SETTLED_BY_SILENCE = (Kind.ANSWER_DUE, Kind.EVIDENCE_DUE, Kind.APPEAL_DUE, Kind.CLAIM_DUE)
# What can be put right after its limit almost as well as before: the parcel, or the claim for it, is still there.
STILL_TO_BE_MENDED = (
    Kind.FAILED_DELIVERY,
    Kind.REFUSED,
    Kind.NOT_COLLECTED,
    Kind.NOT_RETRIED,
    Kind.WORK_ORDER_DUE,
    Kind.DAMAGE,
    Kind.MISDELIVERY,
    Kind.FALSE_DELIVERY,
    Kind.WRONG_NUMBER,
    Kind.CONTRADICTION,
)
SILENCE_HALVINGS = 3


def head_start(at_stake: Decimal) -> int:
    """Seconds by which money brings a case forward: 25 → 6 h, 75 → 12 h, 175 → 18 h, 775 → 30 h."""
    return int(HOURS_PER_DOUBLING * 3600 * math.log2(1 + float(at_stake) / FIRST_DOUBLING))


def halvings(kind: Kind, level: Level) -> int:
    """How often the chance that acting helps is halved: 0 = it can still be kept whole, 1 = one in two, 3 = one in eight."""
    if level in (Level.CALM, Level.SOON):
        return 0
    if kind in SETTLED_BY_SILENCE:
        return SILENCE_HALVINGS
    broken_for = level.value - Level.BROKEN.value
    return broken_for if kind in STILL_TO_BE_MENDED else broken_for + 1


def worsens_at(level: Level, due_at: datetime, grave_at: datetime) -> datetime:
    """The next instant this case gets worse: it breaks, it becomes serious, or the time to appeal is over."""
    if level in (Level.CALM, Level.SOON):
        return due_at
    return grave_at if level is Level.BROKEN else due_at + timedelta(days=APPEAL_DAYS)


def rank(kind: Kind, level: Level, due_at: datetime, grave_at: datetime, at_stake: Decimal) -> int:
    """Place in the queue, highest first."""
    set_back = HOURS_PER_DOUBLING * 3600 * halvings(kind, level)
    return head_start(at_stake) - set_back - int(worsens_at(level, due_at, grave_at).timestamp())
