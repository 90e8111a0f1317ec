"""Nudges: each looks for rows whose time has come and works until none is left, or for its share of time.

Two of a kind running at once are harmless: rows are claimed with SKIP LOCKED.
"""

import threading
import time
from collections.abc import Callable

from celery import shared_task
from django.utils import timezone

from shipments import booking, partitions, polling, push, rates, rereading, unclaimed
from shipops.kit.nudging import nudge

# A backlog is worked off in rounds, so that a worker stays free for other nudges in between; the next nudge goes on.
ROUNDS = 20
SECONDS = 10.0
# Seconds in which pushes share one nudge: a nudge each would cost the door half of what it can take (measured).
GATHER = 0.2
_gathering = threading.Lock()
# A rate is counted in seconds: who would have to wait longer leaves it to the next nudge.
LONGEST_WAIT = 1.0


@shared_task(name="shipments.tasks.book")
def book() -> None:
    """Turn due dispatches into parcels."""
    _until_nothing_is_due(lambda: booking.book(timezone.now()).taken)


@shared_task(name="shipments.tasks.poll")
def poll() -> None:
    """Ask about due waybills."""
    _until_nothing_is_due(lambda: polling.poll(timezone.now()).claimed or _waited())


@shared_task(name="shipments.tasks.read_pushes")
def read_pushes() -> None:
    """Read stored pushes."""
    _until_nothing_is_due(lambda: push.read_pushes(timezone.now()).taken)


@shared_task(name="shipments.tasks.sort_unclaimed")
def sort_unclaimed() -> None:
    """Have pushes read again whose numbers are followed by now, and forget those kept too long."""
    unclaimed.sort(timezone.now())


@shared_task(name="shipments.tasks.make_partitions")
def make_partitions() -> None:
    """Have a place ready for the scans of the months to come."""
    partitions.make_ahead(timezone.now())


@shared_task(name="shipments.tasks.reread")
def reread() -> None:
    """Read stored scans anew whose wording an admin mapped or unmapped."""
    _until_nothing_is_due(lambda: rereading.work(timezone.now()))


def _until_nothing_is_due(one_round: Callable[[], int]) -> None:
    until = time.monotonic() + SECONDS
    for _ in range(ROUNDS):
        if not one_round() or time.monotonic() > until:
            return


def _waited() -> bool:
    """Wait, without a lease in hand, for an account whose rate was used up a moment ago; False where there is none."""
    seconds = rates.seconds_to_wait()
    if seconds is None:
        return False
    time.sleep(min(seconds, LONGEST_WAIT))
    return True


def nudge_poll() -> None:
    """Have a worker ask about due waybills now and not only at the next look."""
    nudge(poll)


def nudge_read() -> None:
    """Have a worker read stored pushes soon and not only at the next look."""
    if _gathering.acquire(blocking=False):
        timer = threading.Timer(GATHER, _nudge_gathered)
        timer.daemon = True
        timer.start()


def _nudge_gathered() -> None:
    _gathering.release()
    nudge(read_pushes)


def nudge_reread() -> None:
    """Have a worker read scans anew now and not only at the next look."""
    nudge(reread)
