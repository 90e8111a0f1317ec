"""Judging: orders a second, for the first time and after a change of the rules.

The floor reads the same facts with the very same questions, as plain psycopg2 tuples, and writes the same rows: clocks
from Python by the same upsert, cases, log lines and waybills from tables that lie ready in the database, `review_at` of the
orders. It claims the orders as we do. Not in the floor: making facts of rows, judging, comparing with the clocks that stand,
settling cases, looking for the next deadline of each parcel.
"""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from benchmarks import aside, working
from benchmarks.measuring import Result, seconds
from benchmarks.scene import Scene
from exceptions import sweep
from exceptions.deadlines import reading
from exceptions.deadlines.rulebook import plain
from exceptions.models import Policy
from exceptions.policies import Books
from orders.models import Order
from shipops.celery import keep_what_is_loaded

MOST = 15_000
WARM_UP = 10  # one of so many orders


def bench_first(name: str, scene: Scene) -> Iterator[Result]:
    """Judge up to MOST orders that were never judged."""
    everything = list(Order.objects.order_by("pk").values_list("pk", flat=True))
    warm_up = len(everything) // WARM_UP
    chosen = everything[warm_up : warm_up + MOST]
    Order.objects.exclude(pk__in=everything[:warm_up]).update(review_at=None)
    _judge(scene)
    yield _measured(name, "orders judged", scene, chosen, goal=0.2)


def bench_again(name: str, scene: Scene) -> Iterator[Result]:
    """Judge up to MOST orders again after a change of the rules that moves a clock of every one; all others are judged too."""
    judge_all(scene)
    everything = list(Order.objects.order_by("pk").values_list("pk", flat=True))
    warm_up = len(everything) // WARM_UP
    chosen = everything[warm_up : warm_up + MOST]
    change_rules(scene)
    Order.objects.filter(pk__in=everything[:warm_up]).update(review_at=scene.now)
    _judge(scene)
    yield _measured(name, "orders judged again", scene, chosen, goal=0.35)


def judge_all(scene: Scene) -> None:
    """Judge every order once, by as many processes as there are cores."""
    Order.objects.update(review_at=scene.now)
    working.run("judge", scene.now, workers=2)
    with connection.cursor() as cursor:
        cursor.execute("vacuum analyze")


def change_rules(scene: Scene) -> None:
    """Publish a version by which each platform's limit for dispatch warns otherwise than by the one before."""
    number = Policy.objects.count() + 1
    codes = {rule.term.code for shop in scene.shops for rule in plain(shop.platform).rules}
    changes = [{"code": code, "set": {"warn_hours": 12 + number % 7}} for code in sorted(codes) if "-SHIP-48" in code]
    long_ago = scene.now - timedelta(days=365)
    Policy.objects.create(
        merchant=scene.member.merchant,
        number=number,
        state=Policy.State.PUBLISHED,
        document={"changes": changes},
        effective_from=long_ago,
        published_at=scene.now,
        created_at=scene.now,
    )


def _judge(scene: Scene) -> None:
    while sweep.judge_batch(scene.now):
        pass


def _measured(name: str, unit: str, scene: Scene, chosen: list[int], goal: float) -> Result:
    keep_what_is_loaded()
    aside.keep(chosen)
    Order.objects.filter(pk__in=chosen).update(review_at=scene.now)
    ours = seconds(lambda: _judge(scene))
    aside.take_back(chosen)
    floor = _floor(scene, chosen)
    return Result(name, unit, len(chosen) / ours, len(chosen) / floor, goal)


CLAIM = """select id from orders_order where review_at <= %s order by review_at limit %s
           for no key update skip locked"""
DONE = "update orders_order set review_at = null, review_error = '' where id = any(%s)"


def _floor(scene: Scene, chosen: list[int]) -> float:
    batches = [chosen[start : start + sweep.BATCH] for start in range(0, len(chosen), sweep.BATCH)]
    reads = [_questions(ids) for ids in batches]
    clocks = [aside.changed(aside.CLOCKS, sweep.COLUMNS, ids) for ids in batches]
    writes = [
        aside.write(table, f"select * from after_{table} t where {aside.OF_ORDERS[table]}")
        for table in (aside.WAYBILLS, aside.CASES, aside.ENTRIES)
    ]
    drop = "delete from exceptions_clock where id in (select id from gone_exceptions_clock where order_id = any(%s))"
    Order.objects.filter(pk__in=chosen).update(review_at=scene.now)

    def work() -> None:
        for ids, questions, rows in zip(batches, reads, clocks, strict=True):
            with transaction.atomic(), connection.connection.cursor() as cursor:
                cursor.execute(CLAIM, [scene.now, sweep.BATCH])
                cursor.fetchall()
                _read(cursor, questions)
                cursor.execute(drop, [ids])
                if rows:
                    cursor.execute(sweep.UPSERT, [list(column) for column in zip(*rows, strict=True)])
                for statement in writes:
                    cursor.execute(statement, [ids])
                cursor.execute(DONE, [ids])

    return seconds(work)


def _questions(ids: list[int]) -> list[str]:
    """What we ask the database for the facts of these orders, as it is sent."""
    books = Books.of_orders(ids)
    with CaptureQueriesContext(connection) as captured:
        reading.read(ids, books.needs)
    return [query["sql"] for query in captured.captured_queries]


def _read(cursor: Any, questions: list[str]) -> None:
    for question in questions:
        cursor.execute(question)
        cursor.fetchall()
