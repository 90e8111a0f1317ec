"""When to ask about a waybill next: often where something is about to happen, never against a provider's rules. Pure."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from shipments.answers import Failure, Trouble
from shipments.status import Stage

# A number nobody has scanned is most likely scanned soon, or never.
FRESH = timedelta(days=3)
NEVER_SCANNED = timedelta(days=15)
# The provider itself gives up here ("60 days without a change").
DEAD = timedelta(days=60)
QUIET = timedelta(days=7)
# Parcels come back or are found parked at a station within days of the signature; after that nothing is asked.
AFTER_DELIVERY = timedelta(days=2)
LONGEST_PAUSE = timedelta(hours=6)

EVERY: dict[Stage, timedelta] = {
    Stage.UNKNOWN: timedelta(hours=1),
    Stage.INFO_RECEIVED: timedelta(hours=1),
    Stage.PICKED_UP: timedelta(hours=1),
    Stage.IN_TRANSIT: timedelta(hours=2),
    Stage.CUSTOMS: timedelta(hours=4),
    Stage.OUT_FOR_DELIVERY: timedelta(minutes=40),
    Stage.AVAILABLE_FOR_PICKUP: timedelta(hours=3),
    Stage.REFUSED: timedelta(hours=2),
    Stage.RETURNING: timedelta(hours=4),
    Stage.DELIVERED: timedelta(hours=24),
}
# A subscribed number is pushed; asking is for the push that got lost.
SUBSCRIBED_FACTOR = 2

# How long an account rests after a failure that concerns all its numbers.
ACCOUNT_PAUSE: dict[Trouble, timedelta] = {
    Trouble.THROTTLE: timedelta(minutes=5),
    Trouble.TRANSIENT: timedelta(minutes=2),
    Trouble.CONFIG: timedelta(hours=1),
    Trouble.AUTH: timedelta(hours=1),
    Trouble.QUOTA: timedelta(hours=6),
}


@dataclass(frozen=True, slots=True)
class Followed:
    """What decides how closely a waybill is followed."""

    stage: Stage
    created_at: datetime
    last_event_at: datetime | None
    delivered_at: datetime | None
    subscribed: bool
    failures: int = 0


def next_poll(
    followed: Followed, failure: Failure | None, now: datetime, spacing: timedelta, pace: float = 1.0
) -> datetime | None:
    """Return when to ask next, at least `spacing` away; None = no more, or not before somebody mends something.

    `now` and the instants of `followed` are aware UTC. A pace of 60 makes an hour a minute, for a simulated carrier.
    """
    if failure is None or failure.trouble is Trouble.NO_DATA:
        pause = _pace(followed, now)
    elif failure.account_wide:
        return account_pause(failure, now)
    elif failure.trouble is Trouble.CONFIG:
        return None
    else:
        pause = failure.after or min(spacing * 2 ** min(followed.failures, 6), LONGEST_PAUSE)
    return None if pause is None else now + max(pause, spacing) / pace


def _pace(followed: Followed, now: datetime) -> timedelta | None:
    stage = followed.stage
    if stage not in EVERY:
        return None
    if stage is Stage.DELIVERED:
        since = followed.delivered_at or followed.last_event_at or now
        return EVERY[stage] if now - since < AFTER_DELIVERY else None
    pause = EVERY[stage]
    if followed.last_event_at is None:
        age = now - followed.created_at
        if age >= NEVER_SCANNED:
            return None
        pause = pause if age < FRESH else LONGEST_PAUSE
    else:
        silent = now - followed.last_event_at
        if silent >= DEAD:
            return None
        pause = pause if silent < QUIET else LONGEST_PAUSE
    return pause * SUBSCRIBED_FACTOR if followed.subscribed else pause


def account_pause(failure: Failure, now: datetime) -> datetime:
    """Return until when the account rests after an account-wide failure."""
    return now + (failure.after or ACCOUNT_PAUSE.get(failure.trouble, timedelta(minutes=5)))
