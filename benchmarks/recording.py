"""Tracking in: decoded answers to events, progress and woken orders, against COPY and UPDATE of the very same rows."""

from collections.abc import Iterator
from datetime import timedelta

from django.db import connection, transaction

from benchmarks.copying import feed, taken_out
from benchmarks.measuring import Result, seconds
from benchmarks.scene import Scene
from orders.models import Order
from shipments.answers import Answer
from shipments.claiming import BATCH
from shipments.models import Waybill
from shipments.recording import Told, record
from shipments.status import Event, Stage

MOST = 3_000
WARM_UP = 10  # one of so many waybills
NEW_EVENTS = 10
GROWN = 100
PAST_EACH = 15
RULE = "code:1002"  # no scan of the scene is read by it


def bench(name: str, scene: Scene) -> Iterator[Result]:
    """Record ten new scans of each of up to MOST parcels, in batches as polling does."""
    chosen = list(Waybill.objects.exclude(event_count=0).order_by("pk")[:MOST])
    warm_up = len(chosen) // WARM_UP
    _record(_batches(chosen[:warm_up]), scene)
    told = chosen[warm_up:]
    batches = _batches(told)
    Order.objects.update(review_at=None)
    ours = seconds(lambda: _record(batches, scene))
    floor = _floor(told, scene)
    rows = len(told) * NEW_EVENTS
    yield Result(name, "events", rows / ours, rows / floor, goal=0.5)


def bench_grown(name: str, scene: Scene) -> Iterator[Result]:
    """The same with GROWN scans an order stored besides, a year's worth: the floor is our own rate before they came."""
    chosen = list(Waybill.objects.exclude(event_count=0).order_by("-pk")[: 3 * MOST])
    thirds = [_batches(chosen[start::3]) for start in range(3)]
    rows = len(chosen) // 3 * NEW_EVENTS
    _record(thirds[0], scene)
    before = seconds(lambda: _record(thirds[1], scene))
    with connection.cursor() as cursor:
        cursor.execute(PAST, {"waybills": scene.scale * GROWN // PAST_EACH, "each": PAST_EACH, "now": scene.now})
        cursor.execute("vacuum analyze")
    _record(_batches(chosen[: MOST // WARM_UP]), scene)  # its plans are made anew
    after = seconds(lambda: _record(thirds[2], scene))
    yield Result(name, "events", rows / after, rows / before, goal=1 / 1.2)


def _answers(waybills: list[Waybill]) -> list[Told]:
    told = []
    for waybill in waybills:
        assert waybill.last_event_at
        events = tuple(
            Event(
                waybill.last_event_at + timedelta(minutes=10 * (i + 1)),
                i,
                Stage.IN_TRANSIT,
                None,
                f"[东莞市]快件已到达【广东东莞虎门集散中心】{i}",
                "广东,东莞市",
                "1002",
                RULE,
            )
            for i in range(NEW_EVENTS)
        )
        told.append(Told(waybill.pk, Answer(number=waybill.number, carrier="yuantong", events=events)))
    return told


def _batches(waybills: list[Waybill]) -> list[list[Told]]:
    return [_answers(waybills[start : start + BATCH]) for start in range(0, len(waybills), BATCH)]


def _record(batches: list[list[Told]], scene: Scene) -> None:
    later = scene.now + timedelta(days=3)  # no scan of the scene is later
    for told in batches:
        record(told, later)


PAST = """
insert into shipments_waybill (merchant_id, carrier_id, number, phone_tail, created_at, stage, cause, last_text, event_count,
    doubts, poll_failures, poll_error)
select (select min(id) from merchants_merchant), (select min(id) from shipments_carrier), 'PAST' || n, '',
    %(now)s - n %% 350 * interval '1 day' - interval '10 days', 'delivered', '', '', %(each)s, '{}', 0, ''
from generate_series(1, %(waybills)s) n;
insert into shipments_trackingevent (waybill_id, fingerprint, occurred_at, position, stage, cause, rule, text, place, code,
    recorded_at)
select w.id, decode(md5(w.id || ':' || e), 'hex'), w.created_at + e * interval '5 hours', 0, 'in_transit', '', 'code:0',
    '[深圳市]快件已发往【上海浦东转运中心】第' || e || '站', '深圳市', '0', w.created_at
from shipments_waybill w, generate_series(0, %(each)s - 1) e where w.number like 'PAST%%'
"""
PROGRESS = """
update shipments_waybill w set stage = t.stage, last_event_at = t.last_event_at, last_text = t.last_text,
    event_count = t.event_count, moved_at = t.moved_at
from floor_progress t where w.id = t.id and w.id = any(%s)
"""
WAKE = """
update orders_order set review_at = %s where id in (
    select d.order_id from orders_dispatch d join shipments_parcel p on p.dispatch_id = d.id where p.waybill_id = any(%s))
"""


def _floor(waybills: list[Waybill], scene: Scene) -> float:
    """Take what we wrote out again, then have COPY and UPDATE write it, batch by batch; return the seconds."""
    ids = [waybill.pk for waybill in waybills]
    batches = [ids[start : start + BATCH] for start in range(0, len(ids), BATCH)]
    bounds = tuple(f"rule = '{RULE}' and waybill_id between {batch[0]} and {batch[-1]}" for batch in batches)
    events = taken_out("shipments_trackingevent", ("waybill_id", "occurred_at", "fingerprint"), bounds)
    with connection.cursor() as cursor:
        cursor.execute("create table floor_progress as select * from shipments_waybill where id = any(%s)", [ids])
        cursor.execute("create unique index on floor_progress (id)")
        cursor.execute("delete from shipments_trackingevent where rule = %s and waybill_id = any(%s)", [RULE, ids])
        cursor.execute("vacuum analyze")
    Order.objects.update(review_at=None)

    def work() -> None:
        for step, batch in enumerate(batches):
            with transaction.atomic(), connection.cursor() as cursor:
                feed(type(events)(events.table, events.unique, (events.batches[step],)))
                cursor.execute(PROGRESS, [batch])
                cursor.execute(WAKE, [scene.now, batch])

    return seconds(work)
