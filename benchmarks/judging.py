"""The sweep: orders judged a second, against bare SQL that reads the same facts and writes the same rows."""

from collections.abc import Iterator

from django.db import connection, transaction

from benchmarks.measuring import Result, seconds
from benchmarks.scene import Scene
from exceptions import sweep
from exceptions.deadlines.reading import ORDER_COLUMNS, PARCEL_COLUMNS
from exceptions.models import Case, CaseEntry, Clock
from orders.models import Order

MOST = 15_000
WARM_UP = 10  # one of so many orders
TABLES = {"clock": Clock, "case": Case, "entry": CaseEntry}


def bench(name: str, scene: Scene) -> Iterator[Result]:
    """Judge up to MOST orders for the first time, then have SQL alone take the same orders the same way."""
    everything = list(Order.objects.order_by("pk").values_list("pk", flat=True))
    warm_up = len(everything) // WARM_UP
    chosen = everything[warm_up : warm_up + MOST]
    Order.objects.exclude(pk__in=everything[:warm_up]).update(review_at=None)
    _ours(scene)
    Order.objects.filter(pk__in=chosen).update(review_at=scene.now)
    ours = seconds(lambda: _ours(scene))
    _put_aside(chosen)
    Order.objects.filter(pk__in=chosen).update(review_at=scene.now)
    floor = seconds(lambda: _floor(scene))
    yield Result(name, "orders judged", len(chosen) / ours, len(chosen) / floor, goal=0.2)


def _ours(scene: Scene) -> None:
    while sweep.judge_batch(scene.now):
        pass


def _put_aside(chosen: list[int]) -> None:
    """Move the rows we wrote into tables of their own, so that the floor can write the very same."""
    with connection.cursor() as cursor:
        for name, model in TABLES.items():
            table = model._meta.db_table
            owner = "case_id in (select id from floor_case)" if model is CaseEntry else "order_id = any(%s)"
            values = [] if model is CaseEntry else [chosen]
            cursor.execute(f"create table floor_{name} as select * from {table} where {owner}", values)
            cursor.execute(f"create index on floor_{name} ({'case_id' if model is CaseEntry else 'order_id'})")
        cursor.execute("delete from exceptions_caseentry where case_id in (select id from floor_case)")
        cursor.execute("delete from exceptions_clock where order_id = any(%s)", [chosen])
        cursor.execute("delete from exceptions_case where order_id = any(%s)", [chosen])
        cursor.execute("vacuum analyze")


CLAIM = """select id from orders_order where review_at <= %s order by review_at limit %s
           for no key update skip locked"""
READS = (
    """select id, order_id, promised_dispatch_at from orders_orderline
       where order_id = any(%s) and promised_dispatch_at is not null""",
    """select d.order_id, d.id, d.uploaded_at, p.role, w.id, w.account_id, w.polled_at, w.stage, w.first_trace_at,
              w.picked_up_at, w.moved_at, w.out_for_delivery_at, w.delivered_at
       from orders_dispatch d join shipments_parcel p on p.dispatch_id = d.id join shipments_waybill w on w.id = p.waybill_id
       where d.order_id = any(%s)""",
    """select e.waybill_id, array_agg(e.occurred_at order by e.occurred_at) from shipments_trackingevent e
       join shipments_parcel p on p.waybill_id = e.waybill_id join orders_dispatch d on d.id = p.dispatch_id
       where d.order_id = any(%s) group by e.waybill_id""",
    """select o.id, o.amount, o.refunded, o.status, o.placed_at, o.paid_at, o.promised_dispatch_at,
              o.promised_delivery_at, o.dispatched_at, o.handed_over_at, o.delivered_at, s.platform
       from orders_order o join merchants_shop s on s.id = o.shop_id where o.id = any(%s)""",
)
WRITES = (
    "insert into exceptions_case select * from floor_case where order_id = any(%s)",
    "insert into exceptions_clock select * from floor_clock where order_id = any(%s)",
    """insert into exceptions_caseentry select * from floor_entry
       where case_id in (select id from floor_case where order_id = any(%s))""",
    "update orders_order set review_at = null where id = any(%s)",
)


def _floor(scene: Scene) -> None:
    assert len(ORDER_COLUMNS) == 12, "the floor reads what we read"
    assert len(PARCEL_COLUMNS) == 13, "the floor reads what we read"
    while True:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(CLAIM, [scene.now, sweep.BATCH])
            ids = [pk for (pk,) in cursor.fetchall()]
            if not ids:
                return
            for statement in READS:
                cursor.execute(statement, [ids])
                cursor.fetchall()
            for statement in WRITES:
                cursor.execute(statement, [ids])
