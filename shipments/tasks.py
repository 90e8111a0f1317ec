"""Nudges: each looks for rows whose time has come and works until none is left, or for its share of time.

Two of a kind running at once are harmless: rows are claimed with SKIP LOCKED.
"""

import logging
from collections.abc import Callable

from celery import Task, shared_task
from django.utils import timezone

from shipments import booking, polling, push

log = logging.getLogger(__name__)

# A backlog is worked off in rounds, so that a worker stays free for other nudges in between.
ROUNDS = 20


@shared_task(name="shipments.tasks.book")
def book() -> None:
    """Turn due dispatches into parcels."""
    _until_nothing_is_due(lambda: booking.book(timezone.now()).taken)


@shared_task(name="shipments.tasks.poll")
def poll() -> None:
    """Ask about due waybills."""
    _until_nothing_is_due(lambda: polling.poll(timezone.now()).claimed)


@shared_task(name="shipments.tasks.read_pushes")
def read_pushes() -> None:
    """Read stored pushes."""
    _until_nothing_is_due(lambda: push.read_pushes(timezone.now()).taken)


def _until_nothing_is_due(one_round: Callable[[], int]) -> None:
    for _ in range(ROUNDS):
        if not one_round():
            return


def nudge_poll() -> None:
    """Have a worker ask about due waybills now; without a broker the schedule does it a moment later."""
    _nudge(poll)


def nudge_read() -> None:
    """Have a worker read stored pushes now; without a broker the schedule does it a moment later."""
    _nudge(read_pushes)


def _nudge(task: Task) -> None:
    try:
        task.apply_async(retry=False)
    except task.OperationalError as error:
        log.warning("No broker to nudge %s: %s", task.name, error)
