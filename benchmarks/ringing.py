"""Ringing: clocks that come due a second, against one chain of SQL that flips the same clocks and inserts the same cases.

In the floor: levels and next instants of the clocks, their cases, the cases' log lines, the tie between clock and case, all
from tables that lie ready, in one transaction. Not in it: looking for what is due, locking the orders (twice 500 rows a
transaction, so that a person never waits long), working out levels and ranks, telling parcels of their next deadline.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from statistics import median

from django.db import connection, transaction

from benchmarks import aside, judging
from benchmarks.measuring import Result, seconds
from benchmarks.scene import Scene
from exceptions import sweep
from exceptions.models import Clock
from orders.models import Order

MOST = 15_000
AN_HOUR = timedelta(hours=1)
WARM_UP = 1_000
PASSES = 100
IDLE = 0.005  # seconds a pass may take that finds nothing

# One clock of each order, running and without a case, breaks within the hour; nothing else rings in it. Cases of earlier
# rounds are taken away.
MAKE_DUE = """
create temporary table rung on commit drop as select distinct case_id as id from exceptions_clock
where version = 'bench' and case_id is not null;
update exceptions_clock set case_id = null where case_id in (select id from rung);
delete from exceptions_caseentry where case_id in (select id from rung);
delete from exceptions_case where id in (select id from rung);
update exceptions_clock set wake_at = %(later)s where wake_at < %(later)s;
update exceptions_clock c
set version = 'bench', level = 0, warn_at = %(then)s, due_at = %(then)s, grave_at = %(later)s, wake_at = %(then)s
from (select distinct on (order_id) id from exceptions_clock
      where stopped_at is null and case_id is null and (version = 'bench' or level = 0)
        and started_at < %(then)s order by order_id, id limit %(count)s) t
where c.id = t.id
"""
FLIP = """update exceptions_clock c set level = f.level, wake_at = f.wake_at, case_id = f.case_id
          from after_exceptions_clock f where f.id = c.id"""


def bench(name: str, scene: Scene) -> Iterator[Result]:
    """Ring up to MOST clocks that all broke within the hour, a clock and a new case an order."""
    judging.judge_all(scene)
    _ring(make_due(scene, WARM_UP))
    then = make_due(scene, MOST)
    chosen = list(Clock.objects.filter(wake_at__lt=then).order_by("order").values_list("order", flat=True))
    aside.keep(chosen)
    ours = seconds(lambda: _ring(then))
    assert not Clock.objects.filter(wake_at__lt=then).exists()
    aside.take_back(chosen)
    cases, entries = (aside.write(table, f"select * from after_{table}") for table in (aside.CASES, aside.ENTRIES))
    floor = seconds(lambda: _floor(cases, FLIP, entries))
    yield Result(name, "clocks rung", len(chosen) / ours, len(chosen) / floor, goal=0.25)


def bench_idle(name: str, scene: Scene) -> Iterator[Result]:
    """A pass over all orders and clocks that finds nothing due, as it is right after they were all judged."""
    judging.judge_all(scene)
    Clock.objects.filter(wake_at__lt=scene.now).update(wake_at=scene.now)

    def nothing() -> None:
        assert sweep.judge_batch(scene.now) == 0
        assert sweep.ring_batch(scene.now) == 0

    nothing()
    took = median(seconds(nothing) for _ in range(PASSES))
    yield Result(name, f"passes that find nothing among {Order.objects.count():,} orders", 1 / took, 1 / IDLE, goal=1.0)


def make_due(scene: Scene, count: int) -> datetime:
    """Have up to `count` orders each break one more limit; return the instant at which all have."""
    then = scene.now + AN_HOUR
    with connection.cursor() as cursor:
        with transaction.atomic():
            cursor.execute(MAKE_DUE, {"then": then, "later": then + 24 * AN_HOUR, "count": count})
        cursor.execute("vacuum analyze exceptions_clock")
    return then + timedelta(seconds=1)


def _ring(then: datetime) -> None:
    while sweep.ring_batch(then):
        pass


@transaction.atomic
def _floor(*statements: str) -> None:
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
