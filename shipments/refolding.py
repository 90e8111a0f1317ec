"""What the events of waybills come to, written onto them, and their orders woken; always within the caller's transaction.

A fold reads all events of a waybill: no event changes a waybill by itself, so late, shuffled and repeated ones come to the
same. The caller holds the waybills locked.
"""

from collections.abc import Iterable, Mapping
from dataclasses import fields
from datetime import datetime
from itertools import groupby
from operator import itemgetter
from typing import Any, NamedTuple

from shipments.doubts import NOTHING_SOLD, Sold, doubted
from shipments.status import CAUSES, STAGES, Cause, Event, Progress, Stage, fold


class Held(NamedTuple):
    """What a waybill's scans are held against, and the orders that its news wake."""

    sold: Sold
    order_ids: tuple[int, ...]


def held(cursor: Any, waybill_ids: list[int]) -> dict[int, Held]:
    """Return what the orders of each of these waybills say; a waybill without orders is left out."""
    if not waybill_ids:
        return {}
    cursor.execute(_HELD, [waybill_ids])
    found = {}
    for pk, order_ids, paid_at, sent_to, tails, corrected in cursor.fetchall():
        sold = Sold(paid_at, tuple(map(tuple, sent_to)), frozenset(tails or ()), bool(corrected))
        found[pk] = Held(sold, tuple(order_ids))
    return found


_HELD = (
    "SELECT p.waybill_id, array_agg(DISTINCT o.id), CASE WHEN bool_and(o.paid_at IS NOT NULL) THEN min(o.paid_at) END, "
    "array_agg(DISTINCT ARRAY[o.province, o.city, o.district]), "
    "array_agg(DISTINCT o.phone_tail) FILTER (WHERE o.phone_tail <> ''), "
    "bool_or(cardinality(w.former_carriers) > 0) "
    "FROM shipments_parcel p JOIN shipments_waybill w ON w.id = p.waybill_id "
    "JOIN orders_dispatch d ON d.id = p.dispatch_id JOIN orders_order o ON o.id = d.order_id "
    "WHERE p.waybill_id = ANY(%s) GROUP BY p.waybill_id"
)


def refold(
    cursor: Any, waybill_ids: list[int], against: Mapping[int, Held], remarks: Mapping[int, Cause | None]
) -> list[int]:
    """Fold the events of these waybills anew; return the ids of those whose progress is another now, in order.

    `remarks` holds causes that are said of a waybill while no event says anything.
    """
    if not waybill_ids:
        return []
    folded = _folded(cursor, waybill_ids, against)
    for pk in waybill_ids:
        if pk not in folded:
            folded[pk] = doubted(Progress(cause=remarks.get(pk)), [], _sold(pk, against))
    cursor.execute(_UPDATE, _columns(folded))
    return sorted(row[0] for row in cursor.fetchall())


_READ = (
    "SELECT waybill_id, occurred_at, position, stage, cause, text, place FROM shipments_trackingevent "
    "WHERE waybill_id = ANY(%s) ORDER BY waybill_id, occurred_at, position"
)


def _folded(cursor: Any, waybill_ids: list[int], against: Mapping[int, Held]) -> dict[int, Progress]:
    cursor.execute(_READ, [waybill_ids])
    folded = {}
    for pk, rows in groupby(cursor.fetchall(), key=itemgetter(0)):
        track = [
            Event(at, position, STAGES.get(stage, Stage.UNKNOWN), CAUSES.get(cause), text, place)
            for _, at, position, stage, cause, text, place in rows
        ]
        folded[pk] = doubted(fold(track), track, _sold(pk, against))
    return folded


def _sold(pk: int, against: Mapping[int, Held]) -> Sold:
    return against[pk].sold if pk in against else NOTHING_SOLD


_PROGRESS = tuple(field.name for field in fields(Progress))
# Instants and lists go over as one literal of an array each: an adapted value a row costs several times as much.
_TYPES = {"stage": "text", "cause": "text", "last_text": "text", "event_count": "integer", "doubts": "text"}
_CASTS = {"doubts": "::varchar[]"}
_UPDATE = (
    "UPDATE shipments_waybill w SET "
    + ", ".join(f"{name} = t.{name}{_CASTS.get(name, '')}" for name in _PROGRESS)
    + " FROM unnest(%s::bigint[], "
    + ", ".join(f"%s::{_TYPES.get(name, 'timestamptz')}[]" for name in _PROGRESS)
    + f") AS t(id, {', '.join(_PROGRESS)}) WHERE w.id = t.id AND ("
    + ", ".join(f"w.{name}" for name in _PROGRESS)
    + ") IS DISTINCT FROM ("
    + ", ".join(f"t.{name}{_CASTS.get(name, '')}" for name in _PROGRESS)
    + ") RETURNING w.id"
)


def _columns(folded: Mapping[int, Progress]) -> list[Any]:
    """Return the parameters of _UPDATE."""
    columns: list[Any] = [list(folded)]
    for name in _PROGRESS:
        values = [getattr(progress, name) for progress in folded.values()]
        if name == "stage":
            columns.append([stage.value for stage in values])
        elif name == "cause":
            columns.append([cause.value if cause else "" for cause in values])
        elif name == "last_text":
            columns.append([text[:300] for text in values])
        elif name == "doubts":
            columns.append([f"{{{','.join(doubts)}}}" for doubts in values])
        elif name == "event_count":
            columns.append(values)
        else:
            columns.append(_instants(values))
    return columns


def _instants(values: Iterable[datetime | None]) -> str:
    return "{" + ",".join("NULL" if at is None else at.isoformat() for at in values) + "}"


_WAKE = (
    # Awake ones are locked too: a sweep that judges one of them just now, without our events, puts it to sleep as it ends.
    "WITH locked AS (SELECT id, review_at FROM orders_order WHERE id = ANY(%s) ORDER BY id FOR NO KEY UPDATE) "
    "UPDATE orders_order SET review_at = %s "
    "WHERE id = ANY(ARRAY(SELECT id FROM locked WHERE review_at IS NULL OR review_at > %s))"
)


def wake(cursor: Any, waybill_ids: Iterable[int], against: Mapping[int, Held], now: datetime) -> int:
    """Let the sweep judge the orders of these waybills, locked in pk order; return how many slept."""
    order_ids = {order_id for pk in waybill_ids if pk in against for order_id in against[pk].order_ids}
    if not order_ids:
        return 0
    cursor.execute(_WAKE, [sorted(order_ids), now, now])
    return int(cursor.rowcount)
