"""What an unsigned push says is told at once and believed when the provider, asked by us, says so too.

Its address is secret, but whoever learns it could say that anything arrived. So where it changed a parcel, a query is due
at once; and where an answer does not know of a scan that ends a journey (and with it every clock), the scan is marked as
a contradiction. An answer that does tell of it later puts things right.
"""

import logging
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.conf import settings
from django.db import connection

from shipments.recording import LONGEST_RULE, LONGEST_TEXT, Told, storable
from shipments.status import Cause, Event, Stage

log = logging.getLogger(__name__)

# What stops clocks. Any other scan can be left as it is: the next true one overtakes it.
_STOPPING = (Stage.DELIVERED, Stage.REFUSED, Stage.RETURNING, Stage.RETURNED, Stage.CANCELLED)
ENDS = frozenset(stage.value for stage in _STOPPING)
# The rule of a scan that an answer did not know, before the rule that had read it.
UNCONFIRMED = "unconfirmed"


def note(push_ids: Sequence[int], now: datetime) -> None:
    """Remember which scans these unsigned pushes were the first to tell."""
    if push_ids:
        with connection.cursor() as cursor:
            cursor.execute(_NOTE, [now, list(push_ids)])


_NOTE = (
    "INSERT INTO shipments_hearsay (waybill_id, occurred_at, fingerprint, told_at) "
    "SELECT waybill_id, occurred_at, fingerprint, %s FROM shipments_trackingevent WHERE answer_id = ANY(%s) "
    "ORDER BY 1, 2, 3 ON CONFLICT DO NOTHING"
)


def have_confirmed(changed: Mapping[int, timedelta], now: datetime) -> None:
    """Have these waybills (id → their provider's spacing) asked about at once, or as soon as the spacing allows."""
    if not changed:
        return
    ids = sorted(changed)
    with connection.cursor() as cursor:
        cursor.execute(_ASK, [now, ids, [changed[pk] / settings.POLL_PACE for pk in ids]])


_ASK = (
    "UPDATE shipments_waybill w SET poll_at = LEAST(w.poll_at, GREATEST(%s, w.asked_at + t.spacing)), stop = '' "
    "FROM unnest(%s::bigint[], %s::interval[]) AS t(id, spacing) WHERE w.id = t.id"
)


class _Scan(NamedTuple):
    pk: int
    waybill_id: int
    occurred_at: datetime
    fingerprint: bytes
    denied_at: datetime | None
    stage: str
    rule: str
    text: str


def weigh(told: Iterable[Told], answered: Collection[int], now: datetime) -> list[int]:
    """Hold what unsigned pushes said against what a query brought about the `answered` waybills, asked at `now`.

    Return the waybills of which a scan is read otherwise now; the caller holds them locked and folds them anew.
    """
    scans = _unproven(answered, now)
    if not scans:
        return []
    events: dict[int, list[Event]] = {}
    for one in told:
        events.setdefault(one.waybill_id, []).extend(one.answer.events)
    proven: list[int] = []
    denied: list[int] = []
    anew: dict[int, list[tuple[Any, ...]]] = {}
    for scan in scans:
        known = events.get(scan.waybill_id, [])
        event = _same(scan, known)
        if event is not None:
            proven.append(scan.pk)
            if scan.denied_at is not None:
                cause = event.cause.value if event.cause else ""
                anew.setdefault(scan.waybill_id, []).append(
                    (*scan[1:4], event.stage.value, cause, event.rule[:LONGEST_RULE])
                )
        elif scan.denied_at is None and scan.stage in ENDS:
            log.warning("Waybill %s: an unsigned push says %s, and the answer does not", scan.waybill_id, scan.stage)
            denied.append(scan.pk)
            # An answer without any scan (wrong phone digits, too early) does not speak against the stage, only not for it.
            stage = Stage.UNKNOWN.value if known else scan.stage
            rule = f"{UNCONFIRMED}:{scan.rule}"[:LONGEST_RULE]
            anew.setdefault(scan.waybill_id, []).append((*scan[1:4], stage, Cause.CONTRADICTION.value, rule))
        elif scan.denied_at is None and known:
            proven.append(scan.pk)  # not proven, but harmless: it is not looked at again
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM shipments_hearsay WHERE id = ANY(%s)", [proven])
        cursor.execute("UPDATE shipments_hearsay SET denied_at = %s WHERE id = ANY(%s)", [now, denied])
        rows = [row for found in anew.values() for row in found]
        if rows:
            cursor.execute(_READ_ANEW, [*(list(column) for column in zip(*rows, strict=True)), now])
    return sorted(anew)


_UNPROVEN = (
    "SELECT h.id, h.waybill_id, h.occurred_at, h.fingerprint, h.denied_at, e.stage, e.rule, e.text "
    "FROM shipments_hearsay h JOIN shipments_trackingevent e "
    "ON e.waybill_id = h.waybill_id AND e.occurred_at = h.occurred_at AND e.fingerprint = h.fingerprint "
    "WHERE h.waybill_id = ANY(%s) AND h.told_at <= %s ORDER BY h.id"
)
# What a scan was read as before is kept, as with every other reading anew (shipments.rereading).
_READ_ANEW = (
    "WITH t AS (SELECT * FROM unnest(%s::bigint[], %s::timestamptz[], %s::bytea[], %s::text[], %s::text[], %s::text[]) "
    "AS t(waybill, at, fingerprint, stage, cause, rule)), "
    "logged AS (INSERT INTO shipments_eventreading (waybill_id, occurred_at, fingerprint, from_stage, from_cause, from_rule, "
    "to_stage, to_cause, to_rule, at) "
    "SELECT t.waybill, t.at, t.fingerprint, e.stage, e.cause, e.rule, t.stage, t.cause, t.rule, %s FROM t "
    "JOIN shipments_trackingevent e ON e.waybill_id = t.waybill AND e.occurred_at = t.at AND e.fingerprint = t.fingerprint) "
    "UPDATE shipments_trackingevent e SET stage = t.stage, cause = t.cause, rule = t.rule FROM t "
    "WHERE e.waybill_id = t.waybill AND e.occurred_at = t.at AND e.fingerprint = t.fingerprint"
)


def _unproven(waybill_ids: Collection[int], now: datetime) -> list[_Scan]:
    """Return what pushes told by `now` and no answer has confirmed: an answer asked for earlier could not know of it."""
    with connection.cursor() as cursor:
        cursor.execute(_UNPROVEN, [sorted(waybill_ids), now])
        return [_Scan(*row) for row in cursor.fetchall()]


def _same(scan: _Scan, events: Iterable[Event]) -> Event | None:
    """Return the event that is this scan: of its instant, in its words, or in others that mean the same."""
    at_once = [event for event in events if event.occurred_at == scan.occurred_at]
    for event in at_once:
        if storable(event.text)[:LONGEST_TEXT] == scan.text:
            return event
    return next((event for event in at_once if event.stage.value == scan.stage), None)
