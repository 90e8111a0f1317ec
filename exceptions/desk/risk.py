"""What goes first: the instant something gets worse, brought forward by the money at stake. Pure.

The rank is the same whatever time it is, so it can be stored and paged by; it changes only when a clock passes a
threshold or the facts change. `exceptions.desk.settle` computes the same in SQL; a test holds the two together.
"""

import math
from datetime import datetime, timedelta
from decimal import Decimal

from exceptions.deadlines.kinds import Level

# A doubling of the money at stake counts like six hours less time; 25 in the order's currency is one doubling above 0.
HOURS_PER_DOUBLING = 6
FIRST_DOUBLING = 25
# What a seriously broken case can still lose is its appeal: Douyin takes one for 7 days (rule catalogue 2.29).
APPEAL_DAYS = 7


def head_start(at_stake: Decimal) -> int:
    """Seconds by which money brings a case forward: 25 → 6 h, 75 → 12 h, 175 → 18 h, 775 → 30 h."""
    return int(HOURS_PER_DOUBLING * 3600 * math.log2(1 + float(at_stake) / FIRST_DOUBLING))


def worsens_at(level: Level, due_at: datetime, grave_at: datetime) -> datetime:
    """The next instant this case gets worse: it breaks, it becomes serious, or the time to appeal is over."""
    if level in (Level.CALM, Level.SOON):
        return due_at
    return grave_at if level is Level.BROKEN else due_at + timedelta(days=APPEAL_DAYS)


def rank(level: Level, due_at: datetime, grave_at: datetime, at_stake: Decimal) -> int:
    """Place in the queue, highest first."""
    return head_start(at_stake) - int(worsens_at(level, due_at, grave_at).timestamp())
