"""The sweep: judge orders whose facts changed, ring clocks whose instant passed. Both lock orders and settle cases.

Safe to run twice, at once, or not for a day: all that is due is found by columns, never by messages.
"""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.db import OperationalError, connection, transaction

from exceptions import blindspots, nearness
from exceptions.blindspots import Spot
from exceptions.deadlines import reading
from exceptions.deadlines.blindness import blind
from exceptions.deadlines.clocks import ClockDraft
from exceptions.deadlines.rules import judge
from exceptions.desk.settle import settle, worsen
from exceptions.models import Clock
from exceptions.policies import Books
from orders.models import Order

log = logging.getLogger(__name__)

# Large enough that the fixed cost of about ten statements is spread thin, small enough that locks are held for
# well under a second and a person's click on one of these orders does not wait noticeably.
BATCH = 500
# Ringing is a third of that work an order.
RUNG = 1000
# A row whose judging raises is set aside this long, its error kept, so that it cannot stop the line.
SET_ASIDE = timedelta(hours=1)

# How far a clock has come, and when it has to be looked at next; the same as ClockDraft.level_at and wake_at.
LEVEL = """case when least(stopped_at, %(now)s) > grave_at then 3 when least(stopped_at, %(now)s) > due_at then 2
                when least(stopped_at, %(now)s) > warn_at then 1 else 0 end"""
WAKE_AT = """case when stopped_at is not null then null when %(now)s <= warn_at then warn_at
                  when %(now)s <= due_at then due_at when %(now)s <= grave_at then grave_at end"""

RUN = {
    "order_id": "bigint",
    "term": "text",
    "waybill_id": "bigint",
    "line_id": "bigint",
    "ticket_id": "bigint",
    "started_at": "timestamptz",
}
SET_BY_FACTS = {
    "version": "text",
    "kind": "text",
    "warn_at": "timestamptz",
    "due_at": "timestamptz",
    "grave_at": "timestamptz",
    "stopped_at": "timestamptz",
    "penalty": "numeric",
    "stack": "text",
    "cap": "numeric",
    "level": "smallint",
    "wake_at": "timestamptz",
}
COLUMNS = RUN | SET_BY_FACTS
STANDING = f"select id, {', '.join(COLUMNS)} from exceptions_clock where order_id = any(%s)"
DROP = "delete from exceptions_clock where id = any(%s)"
# A clock that runs again after its stop was taken back, that has its limit put off, or that is of another kind now, has
# nothing to do with its former case any more: it opens another when the time comes.
PARTED = """case_id = case when excluded.stopped_at is null
    and (c.stopped_at is not null or excluded.level = 0 or excluded.kind <> c.kind) then null else c.case_id end"""
UPSERT = f"""
insert into exceptions_clock as c ({", ".join(COLUMNS)})
select * from unnest({", ".join(f"%s::{kind}[]" for kind in COLUMNS.values())})
on conflict ({", ".join(RUN)}) do update
set {", ".join(f"{name} = excluded.{name}" for name in SET_BY_FACTS)}, {PARTED}
"""

JUDGED = "update orders_order set review_at = null, review_error = '' where id = any(%s)"

# Rows are passed over before they are counted: beside another worker this one finds the next, not none. It waits for no lock, so
# that it need not take them in pk order.
RING_ORDERS = """
select o.id from exceptions_clock c join orders_order o on o.id = c.order_id
where c.wake_at < %(now)s order by c.wake_at limit %(batch)s
for no key update of o skip locked
"""
RING = f"""
update exceptions_clock set level = {LEVEL}, wake_at = {WAKE_AT}
where order_id = any(%(orders)s) and wake_at < %(now)s
"""


def judge_batch(now: datetime) -> int:
    """Judge up to BATCH orders whose review is due; return how many were taken."""
    with transaction.atomic():
        due = Order.objects.filter(review_at__lte=now).order_by("review_at")
        locked = due.select_for_update(skip_locked=True, of=("self",), no_key=True)
        ids = sorted(locked.values_list("pk", flat=True)[:BATCH])
        if ids:
            _spare(judge_orders, ids, now)
    return len(ids)


def _spare(work: Callable[[list[int], datetime], None], ids: list[int], now: datetime) -> None:
    """Work on these orders, which the caller holds locked, at once; where that fails one by one, those that fail set aside.

    An OperationalError (a deadlock, a database gone) is nobody's poison: it is raised, and all of them stay due.
    """
    try:
        with transaction.atomic():
            return work(ids, now)
    except OperationalError:
        raise
    except Exception:
        log.exception("a batch of %s orders failed; taking them one by one", len(ids))
    for pk in ids:
        try:
            with transaction.atomic():
                work([pk], now)
        except OperationalError:
            raise
        except Exception as error:
            log.exception("order %s is set aside", pk)
            until = now + SET_ASIDE
            Order.objects.filter(pk=pk).update(review_at=until, review_error=repr(error)[:500])
            Clock.objects.filter(order=pk, wake_at__lt=until).update(wake_at=until)


def judge_orders(ids: list[int], now: datetime) -> None:
    """Bring clocks and cases of these orders, which the caller holds locked, in line with their facts."""
    books = Books.of_orders(ids)
    drafts: list[ClockDraft] = []
    spots: list[Spot] = []
    for shop_id, facts in reading.read(ids, books.needs):
        book = books.of(shop_id, facts.since)
        drafts += judge(facts, book)
        spots += (Spot(facts.id, waybill, reason.value) for waybill, reason in blind(facts, book))
    _write(drafts, ids, now)
    blindspots.write(spots, ids)
    settle(ids, now)
    with connection.cursor() as cursor:
        cursor.execute(JUDGED, [ids])
    nearness.tell(ids, now)


def _write(drafts: list[ClockDraft], order_ids: list[int], now: datetime) -> None:
    """Make the clocks of these orders those drafted.

    Most stand already as they should, and reading them to leave them alone costs a sixth of handing all to the database
    to compare (10 ms instead of 60 for 500 orders).
    """
    rows = [_row(draft, now) for draft in drafts]
    with connection.cursor() as cursor:
        cursor.execute(STANDING, [order_ids])
        standing = {row[1 : 1 + len(RUN)]: row for row in cursor.fetchall()}
        changed = []
        for row in rows:
            former = standing.pop(row[: len(RUN)], None)
            if former is None or former[1:] != row:
                changed.append(row)
        if standing:
            cursor.execute(DROP, [[row[0] for row in standing.values()]])
        if changed:
            cursor.execute(UPSERT, [list(column) for column in zip(*changed, strict=True)])


def _row(draft: ClockDraft, now: datetime) -> tuple[Any, ...]:
    """A draft as COLUMNS have it."""
    term = draft.term
    return (
        draft.order_id,
        term.code,
        draft.waybill_id,
        draft.line_id,
        draft.ticket_id,
        draft.started_at,
        term.version,
        draft.kind.value,
        draft.warn_at,
        draft.due_at,
        draft.grave_at,
        draft.stopped_at,
        draft.penalty,
        term.stack,
        draft.cap,
        draft.level_at(now).value,
        draft.wake_at(now),
    )


def ring_batch(now: datetime) -> int:
    """Move up to RUNG clocks (and all others of their orders) past the thresholds gone by; return the orders taken."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(RING_ORDERS, {"now": now, "batch": RUNG})
        ids = sorted({pk for (pk,) in cursor.fetchall()})
        if ids:
            _spare(_ring, ids, now)
    return len(ids)


def _ring(ids: list[int], now: datetime) -> None:
    with connection.cursor() as cursor:
        cursor.execute(RING, {"orders": ids, "now": now})
    worsen(ids, now)
    nearness.tell(ids, now)
