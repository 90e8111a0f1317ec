"""How long after a fact, or after a limit, a verdict can be seen, while EVENTS scans a second are written down.

Two processes work as in an installation: one writes scans down, a few at a time as pushes bring them, one sweeps when the
schedule says so. Seen is what a third connection finds committed, asked five times a second.

    python -m benchmarks.verdicts sweep
    python -m benchmarks.verdicts tell WAYBILL…     one scan of delivery each; at the end says when it told each
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

EVENTS = 100  # a second
LASTS = 30  # seconds
AT_ONCE = 10
WITHIN = 60.0  # seconds the product promises
PATIENCE = 120.0

# A parcel each with a running clock, and running clocks of other orders that nothing has lit yet.
PARCELS = """select min(waybill_id) from exceptions_clock where stopped_at is null and waybill_id is not null
             group by order_id order by order_id limit %s"""
LIMITS = """
update exceptions_clock c
set warn_at = t.at, due_at = t.at, grave_at = t.at + interval '1 day', wake_at = t.at
from (select id, %(start)s::timestamptz + row_number() over () * %(lasts)s * interval '1 second' / %(count)s as at
      from (select distinct on (order_id) id from exceptions_clock
            where stopped_at is null and level = 0 and started_at < %(start)s and order_id not in
                (select order_id from exceptions_clock where waybill_id = any(%(waybills)s))
            order by order_id desc, id limit %(count)s) chosen) t
where c.id = t.id
returning c.id, c.due_at
"""
# Its order is judged in the transaction that clears this.
JUDGED = """select w.id from shipments_waybill w join shipments_parcel p on p.waybill_id = w.id
            join orders_dispatch d on d.id = p.dispatch_id join orders_order o on o.id = d.order_id
            where w.id = any(%s) and w.delivered_at > %s and o.review_at is null"""
BROKEN = "select id from exceptions_clock where id = any(%s) and level >= 2 and due_at > %s"


def bench(name: str, scene: Any) -> Iterator[Any]:
    """The 99th of a hundred lags over scans that stop a clock, and over limits that pass meanwhile."""
    from django.db import connection
    from django.utils import timezone

    from benchmarks import judging
    from benchmarks.measuring import Result

    judging.judge_all(scene)
    with connection.cursor() as cursor:
        cursor.execute(PARCELS, [EVENTS * LASTS])
        waybills = [pk for (pk,) in cursor.fetchall()]
        start = timezone.now() + timedelta(seconds=5)
        values: dict[str, Any] = {"start": start, "lasts": LASTS, "count": len(waybills), "waybills": waybills}
        cursor.execute(LIMITS, values)
        due = {pk: at.timestamp() for pk, at in cursor.fetchall()}
    command = [sys.executable, "-m", "benchmarks.verdicts"]
    sweeper = subprocess.Popen([*command, "sweep"])
    teller = subprocess.Popen([*command, "tell", *map(str, waybills)], stdout=subprocess.PIPE, text=True)
    try:
        judged, broken = _seen(waybills, due, scene.now)
        told = {int(pk): at for pk, at in json.loads(teller.communicate()[0]).items()}
    finally:
        for process in (teller, sweeper):
            process.kill()
            process.wait()
    for what, since, seen in (("scan", told, judged), ("limit", due, broken)):
        lags = sorted(seen[pk] - since[pk] for pk in since)
        worst = lags[len(lags) * 99 // 100]
        yield Result(name, f"seconds promised, p99 of {len(lags):,} after a {what}", WITHIN, worst, 1.0, per="")


def _seen(waybills: list[int], due: dict[int, float], began: datetime) -> tuple[dict[int, float], dict[int, float]]:
    """When the order of each parcel was first seen judged after a delivery since `began`, and each clock broken."""
    from django.db import connection

    judged: dict[int, float] = {}
    broken: dict[int, float] = {}
    until = time.monotonic() + LASTS + PATIENCE
    while len(judged) < len(waybills) or len(broken) < len(due):
        assert time.monotonic() < until, f"{len(judged)} and {len(broken)} were seen of {len(waybills)} and {len(due)}"
        for question, wanted, seen in ((JUDGED, waybills, judged), (BROKEN, due, broken)):
            with connection.cursor() as cursor:
                cursor.execute(question, [[pk for pk in wanted if pk not in seen], began])
                at = time.time()
                seen |= {pk: at for (pk,) in cursor.fetchall()}
        time.sleep(0.2)
    return judged, broken


def sweep() -> None:
    """Judge and ring as the schedule says, until killed."""
    from exceptions import tasks
    from shipops.celery import SCHEDULE

    works = {
        name: getattr(tasks, name.rpartition(".")[2]) for name in ("exceptions.tasks.judge", "exceptions.tasks.ring")
    }
    nudged = dict.fromkeys(works, 0.0)
    while True:
        for name, work in works.items():
            if time.monotonic() - nudged[name] >= SCHEDULE[name]:
                nudged[name] = time.monotonic()
                work()
        time.sleep(0.05)


def tell(waybills: list[int]) -> None:
    """Write down a delivery of each, EVENTS a second."""
    from django.utils import timezone

    from shipments.answers import Answer
    from shipments.recording import Told, record
    from shipments.status import Event, Stage

    at: dict[int, float] = {}
    began = time.monotonic()
    for first in range(0, len(waybills), AT_ONCE):
        time.sleep(max(0.0, began + first / EVENTS - time.monotonic()))
        now: datetime = timezone.now()
        batch = waybills[first : first + AT_ONCE]
        events = (Event(now, 0, Stage.DELIVERED, None, "已签收"),)
        at |= dict.fromkeys(batch, time.time())
        record([Told(pk, Answer("", events=events)) for pk in batch], now)
    print(json.dumps(at))


def main(verb: str, *words: str) -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shipops.settings")
    os.environ.setdefault("LOG_LEVEL", "ERROR")
    import django

    django.setup()
    if verb == "sweep":
        sweep()
    tell([int(word) for word in words])


if __name__ == "__main__":
    main(*sys.argv[1:])
