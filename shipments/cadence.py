"""When to ask about a waybill next: often where something is about to happen, never against a provider's rules. Pure.

All instants are aware UTC. A pace of 60 makes an hour a minute, for a simulated carrier.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from shipments.answers import Failure, Trouble
from shipments.status import Stage

DAY = timedelta(days=1)
# A number nobody has scanned is most likely scanned soon, or never.
FRESH = timedelta(days=3)
NEVER_SCANNED = timedelta(days=15)
# The provider itself gives up here ("60 days without a change").
DEAD = timedelta(days=60)
# Time alone makes nothing dead, for a provider may have been away: so many days must have brought an empty answer.
EMPTY_DAYS, EMPTY_DAYS_OF_SCANNED = 8, 20
QUIET = timedelta(days=7)
# Parcels come back or are found parked at a station within days of the signature; after that nothing is asked.
AFTER_DELIVERY = timedelta(days=2)
LONGEST_PAUSE = timedelta(hours=6)

# How old data may get (p95): within NEAR of a deadline, and else. The pauses below leave room for the queue.
NEAR = timedelta(hours=24)
NEAR_GOAL, FAR_GOAL = timedelta(minutes=60), timedelta(hours=3)
FAR_PAUSE = timedelta(hours=2, minutes=40)
# (how near the deadline is, the longest pause then), the nearest last.
NEARNESS = ((NEAR, timedelta(minutes=45)), (timedelta(hours=6), timedelta(minutes=30)))

EVERY: dict[Stage, timedelta] = {
    Stage.UNKNOWN: timedelta(hours=1),
    Stage.INFO_RECEIVED: timedelta(hours=1),
    Stage.PICKED_UP: timedelta(hours=1),
    Stage.IN_TRANSIT: timedelta(hours=2),
    Stage.CUSTOMS: FAR_PAUSE,
    Stage.OUT_FOR_DELIVERY: timedelta(minutes=40),
    Stage.AVAILABLE_FOR_PICKUP: FAR_PAUSE,
    Stage.REFUSED: timedelta(hours=2),
    Stage.RETURNING: FAR_PAUSE,
    Stage.DELIVERED: DAY,
}
# A subscribed number is pushed; asking is for the push that got lost.
SUBSCRIBED_FACTOR = 2
# Kuaidi100 takes at most so many subscriptions of one number in a month.
MOST_SUBSCRIPTIONS, SUBSCRIPTION_MONTH = 4, timedelta(days=31)


@dataclass(frozen=True, slots=True)
class Followed:
    """What decides how closely a waybill is followed."""

    stage: Stage
    created_at: datetime
    last_event_at: datetime | None
    delivered_at: datetime | None
    subscribed: bool
    failures: int = 0
    # Days that brought an empty answer (see `empty_days`).
    empty: int = 0
    deadline_at: datetime | None = None


def next_poll(
    followed: Followed, failure: Failure | None, now: datetime, spacing: timedelta, pace: float = 1.0
) -> datetime | None:
    """Return when to ask next, at least `spacing` away; None = no more, or not before somebody mends something."""
    if failure is None or failure.trouble is Trouble.NO_DATA:
        pause = _pause(followed, now)
    elif failure.trouble is Trouble.CONFIG and not failure.account_wide:
        return None
    elif failure.account_wide:
        pause = spacing  # the account rests as long as it must; the number is ready as soon as it is back
    else:
        pause = failure.after or min(spacing * 2 ** min(followed.failures, 6), LONGEST_PAUSE)
    if pause is None:
        return None
    pause = max(pause, spacing)
    if followed.stage is Stage.DELIVERED or (failure is not None and failure.after):
        return now + pause / pace
    return drawn_near(now + pause / pace, followed.deadline_at, now, spacing, pace)


def drawn_near(
    at: datetime, deadline_at: datetime | None, asked_at: datetime, spacing: timedelta, pace: float = 1.0
) -> datetime:
    """Return `at`, or earlier where a deadline comes near before: the nearer, the sooner after `asked_at`."""
    if deadline_at is None:
        return at
    for reach, pause in NEARNESS:
        at = min(at, max(asked_at + max(pause, spacing) / pace, deadline_at - reach))
    return at


def _pause(followed: Followed, now: datetime) -> timedelta | None:
    stage = followed.stage
    if stage not in EVERY or is_dead(followed, now):
        return None
    if stage is Stage.DELIVERED:
        since = followed.delivered_at or followed.last_event_at or now
        return EVERY[stage] if now - since < AFTER_DELIVERY else None
    quiet_since, patience = (followed.last_event_at, QUIET) if followed.last_event_at else (followed.created_at, FRESH)
    if now - quiet_since >= patience:
        return LONGEST_PAUSE
    return min(EVERY[stage] * SUBSCRIBED_FACTOR, FAR_PAUSE) if followed.subscribed else EVERY[stage]


def is_dead(followed: Followed, now: datetime) -> bool:
    """Return whether nothing more will come: silent for long, and often enough asked in vain meanwhile."""
    if followed.stage is Stage.DELIVERED:
        return False
    if followed.last_event_at is None:
        return now - followed.created_at >= NEVER_SCANNED and followed.empty >= EMPTY_DAYS
    return now - followed.last_event_at >= DEAD and followed.empty >= EMPTY_DAYS_OF_SCANNED


def empty_days(
    count: int, counted_at: datetime | None, last_event_at: datetime | None, now: datetime
) -> tuple[int, datetime]:
    """Return the days that brought an empty answer, of which one came just now, and the last one counted.

    At most one in 24 hours counts, after `count` of them, the last at `counted_at`. A scan since then starts anew.
    """
    if counted_at is None or (last_event_at is not None and last_event_at > counted_at):
        return 1, now
    return (count + 1, now) if now - counted_at >= DAY else (count, counted_at)


def free_at(asks: Sequence[datetime], spacing: timedelta, daily: int, pace: float = 1.0) -> datetime | None:
    """Return from when one number may be asked about again, after questions at `asks` (oldest first); None = at any time.

    Two questions are `spacing` apart, and no 24 hours hold more than `daily` of them (0 = as many as there may be).
    """
    if not asks:
        return None
    free = asks[-1] + spacing / pace
    return max(free, asks[-daily] + DAY / pace) if daily and len(asks) >= daily else free


def recent(asks: Sequence[datetime], now: datetime, daily: int, pace: float = 1.0) -> list[datetime]:
    """Return those of `asks` that still count against `daily`; the last one counts for the spacing alone."""
    return [at for at in asks if at > now - DAY / pace][-daily if daily else -1 :]


def may_subscribe(taken: Sequence[datetime], not_before: datetime | None, now: datetime) -> bool:
    """Return whether a number may be subscribed now, after subscriptions at `taken`."""
    if not_before is not None and not_before > now:
        return False
    return sum(at > now - SUBSCRIPTION_MONTH for at in taken) < MOST_SUBSCRIPTIONS
