"""The sweep: judge orders whose facts changed, ring clocks whose instant passed. Both lock orders and settle cases.

Safe to run twice, at once, or not for a day: all that is due is found by columns, never by messages.
"""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from operator import attrgetter
from typing import Any

from django.db import OperationalError, connection, transaction

from exceptions import blindspots, nearness
from exceptions.blindspots import Spot
from exceptions.deadlines import reading
from exceptions.deadlines.blindness import blind
from exceptions.deadlines.rules import ClockDraft, judge
from exceptions.desk.settle import settle
from exceptions.models import Clock
from exceptions.policies import Books
from orders.models import Order

log = logging.getLogger(__name__)

# Large enough that the fixed cost of about ten statements is spread thin, small enough that locks are held for
# well under a second and a person's click on one of these orders does not wait noticeably.
BATCH = 500
# A row whose judging raises is set aside this long, its error kept, so that it cannot stop the line.
SET_ASIDE = timedelta(hours=1)

# How far a clock has come, and when it has to be looked at next; the same as ClockDraft.level_at.
LEVEL = """case when least(stopped_at, %(now)s) > grave_at then 3 when least(stopped_at, %(now)s) > due_at then 2
                when least(stopped_at, %(now)s) > warn_at then 1 else 0 end"""
WAKE_AT = """case when stopped_at is not null then null when %(now)s <= warn_at then warn_at
                  when %(now)s <= due_at then due_at when %(now)s <= grave_at then grave_at end"""

COLUMNS = {
    "order_id": "bigint",
    "line_id": "bigint",
    "waybill_id": "bigint",
    "ticket_id": "bigint",
    "term": "text",
    "version": "text",
    "kind": "text",
    "started_at": "timestamptz",
    "warn_at": "timestamptz",
    "due_at": "timestamptz",
    "grave_at": "timestamptz",
    "stopped_at": "timestamptz",
    "penalty": "numeric",
    "stack": "text",
}
# Columns that come from the draft's term; all others but the kind are the draft's own.
OF_TERM = {"term": "code", "version": "version", "stack": "stack"}
DRAFTED = frozenset(COLUMNS) - frozenset(OF_TERM) - {"kind"}
DRAFTS = f"""
    select * from unnest({", ".join(f"%({name})s::{kind}[]" for name, kind in COLUMNS.items())})
    as d({", ".join(COLUMNS)})
"""
SAME_RUN = """c.order_id = d.order_id and c.term = d.term and c.started_at = d.started_at
    and c.waybill_id is not distinct from d.waybill_id and c.line_id is not distinct from d.line_id
    and c.ticket_id is not distinct from d.ticket_id"""

DROP = f"""
with drafts as ({DRAFTS})
delete from exceptions_clock c where c.order_id = any(%(orders)s)
  and not exists (select 1 from drafts d where {SAME_RUN})
"""
SET_BY_FACTS = (
    "version",
    "kind",
    "warn_at",
    "due_at",
    "grave_at",
    "stopped_at",
    "penalty",
    "stack",
    "level",
    "wake_at",
)
UPSERT = f"""
with drafts as ({DRAFTS})
insert into exceptions_clock as c ({", ".join(COLUMNS)}, level, wake_at)
select {", ".join(COLUMNS)}, {LEVEL}, {WAKE_AT} from drafts
on conflict (order_id, term, waybill_id, line_id, ticket_id, started_at) do update
set {", ".join(f"{name} = excluded.{name}" for name in SET_BY_FACTS)}
where ({", ".join(f"c.{name}" for name in SET_BY_FACTS)})
   is distinct from ({", ".join(f"excluded.{name}" for name in SET_BY_FACTS)})
"""

RING_ORDERS = """
select o.id from orders_order o
where o.id in (select order_id from exceptions_clock where wake_at < %(now)s order by wake_at limit %(batch)s)
order by o.id
for no key update skip locked
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
    Order.objects.filter(pk__in=ids).update(review_at=None, review_error="")
    nearness.tell(ids, now)


def _write(drafts: list[ClockDraft], order_ids: list[int], now: datetime) -> None:
    values: dict[str, Any] = {name: list(map(attrgetter(name), drafts)) for name in COLUMNS if name in DRAFTED}
    values |= {name: [getattr(draft.term, attribute) for draft in drafts] for name, attribute in OF_TERM.items()}
    values["kind"] = [draft.kind.value for draft in drafts]
    values |= {"orders": order_ids, "now": now}
    with connection.cursor() as cursor:
        cursor.execute(DROP, values)
        cursor.execute(UPSERT, values)


def ring_batch(now: datetime) -> int:
    """Move up to BATCH clocks (and all others of their orders) past the thresholds gone by; return the orders taken."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(RING_ORDERS, {"now": now, "batch": BATCH})
        ids = [pk for (pk,) in cursor.fetchall()]
        if ids:
            _spare(_ring, ids, now)
    return len(ids)


def _ring(ids: list[int], now: datetime) -> None:
    with connection.cursor() as cursor:
        cursor.execute(RING, {"orders": ids, "now": now})
    settle(ids, now)
    nearness.tell(ids, now)
