"""The Celery app and the whole schedule.

No deadline lives here: each entry is a nudge to look for rows whose time has come, so a lost message costs one interval.
"""

import gc
import os
from typing import Any

from celery import Celery
from celery.signals import worker_process_init, worker_ready

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shipops.settings")

app = Celery("shipops")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()

# Seconds between two looks. A message older than its interval is dropped, so a stopped worker finds no backlog of nudges.
SCHEDULE = {
    "orders.tasks.run_imports": 5,
    "shipments.tasks.book": 3,
    "shipments.tasks.poll": 3,
    "shipments.tasks.read_pushes": 3,
    "shipments.tasks.reread": 5,
    "shipments.tasks.sort_unclaimed": 300,
    "shipments.tasks.make_partitions": 3600,
    "exceptions.tasks.judge": 3,
    "exceptions.tasks.ring": 5,
    "exceptions.tasks.wake": 15,
    "exceptions.tasks.carry_out": 3,
    "exceptions.tasks.backtest": 5,
    "exceptions.tasks.spread": 5,
}
app.conf.beat_schedule = {
    name: {"task": name, "schedule": seconds, "options": {"expires": seconds}} for name, seconds in SCHEDULE.items()
}


@worker_ready.connect
@worker_process_init.connect
def keep_what_is_loaded(**_: Any) -> None:
    """Take the program itself out of the search for garbage: to go through it time and again costs 5 % of judging."""
    gc.collect()
    gc.freeze()
