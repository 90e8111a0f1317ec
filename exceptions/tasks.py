"""The sweep's nudges. Each looks until nothing is due, and gives way after MOST batches so that no run lasts for ever."""

from collections.abc import Callable
from datetime import datetime

from celery import shared_task
from django.utils import timezone

from exceptions.backtest import refresh_trials, run_batch
from exceptions.desk import cases, running
from exceptions.rulemaking.spreading import spread_batch
from exceptions.sweep import judge_batch, ring_batch

# About half a minute of work; the next nudge goes on from there.
MOST = 100
# Batches of a back-test: about ten seconds, for the desk's own work comes first.
MOST_BACKTEST = 10


def until_done(batch: Callable[[datetime], int], most: int = MOST) -> int:
    """Run `batch` until it comes back empty, `most` times at most; return how many rows it took in all.

    Not until it comes back less than full: a full batch of clocks may be those of a few orders, and the rest would wait.
    """
    total = 0
    for _ in range(most):
        taken = batch(timezone.now())
        total += taken
        if not taken:
            break
    return total


@shared_task(name="exceptions.tasks.judge")
def judge() -> int:
    return until_done(judge_batch)


@shared_task(name="exceptions.tasks.ring")
def ring() -> int:
    return until_done(ring_batch)


@shared_task(name="exceptions.tasks.wake")
def wake() -> int:
    return until_done(cases.wake_due)


@shared_task(name="exceptions.tasks.carry_out")
def carry_out() -> int:
    """Go on with what people do to more cases than one request carries out."""
    return until_done(running.carry_out)


@shared_task(name="exceptions.tasks.backtest")
def backtest() -> int:
    """Start what trials are due for and go on with back-tests; return how many batches were done."""
    refresh_trials(timezone.now())
    return until_done(run_batch, MOST_BACKTEST)


@shared_task(name="exceptions.tasks.spread")
def spread() -> int:
    return until_done(spread_batch)
