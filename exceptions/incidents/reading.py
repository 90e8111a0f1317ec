"""Read anew where the parcels of open cases are stuck: those alone that were scanned since, two statements a batch."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, Final

from django.db import connection

from exceptions.deadlines.kinds import Kind
from exceptions.incidents.whereabouts import NOWHERE, STUCK, Scan, stuck, whereabouts
from shipments.status import CAUSES, STAGES, Stage

# Reading a case costs some 40 µs; a batch then keeps its locks for a quarter of a second, and nobody else writes these rows.
BATCH: Final = 5000
# The newest scans of a parcel: the last one mostly says it all, the others name the hub where it only says where to.
SCANS: Final = 4

DUE: Final = f"""
with due as materialized (
    select k.id, k.kind, k.started_at, k.shop_id, w.id as waybill_id, w.carrier_id, w.cause, w.last_event_at
    from exceptions_case k
    join shipments_waybill w on w.id = k.waybill_id
    left join exceptions_casesite t on t.case_id = k.id
    where k.state <> 'resolved' and k.kind = any(%(kinds)s)
      and (t.case_id is null or t.scan_at is distinct from w.last_event_at or t.carrier_id <> w.carrier_id)
    order by k.id limit {BATCH}
)
select d.id, d.kind, d.cause, d.carrier_id, d.started_at, d.last_event_at, s.province, s.city, s.name,
       e.at, e.stage, e.place, e.words
from due d
join merchants_shop s on s.id = d.shop_id
left join lateral (
    select array_agg(occurred_at) as at, array_agg(stage) as stage, array_agg(place) as place, array_agg(text) as words
    from (
        select occurred_at, stage, place, text from shipments_trackingevent
        where waybill_id = d.waybill_id and occurred_at <= d.last_event_at
        order by occurred_at desc, position desc limit {SCANS}
    ) newest
) e on true
order by d.id
"""
WRITE: Final = """
insert into exceptions_casesite (case_id, carrier_id, "where", place, to_place, since, scan_at, read_at)
select *, %s::timestamptz
from unnest(%s::bigint[], %s::bigint[], %s::text[], %s::text[], %s::text[], %s::timestamptz[], %s::timestamptz[])
on conflict (case_id) do update
set carrier_id = excluded.carrier_id, "where" = excluded."where", place = excluded.place, to_place = excluded.to_place,
    since = excluded.since, scan_at = excluded.scan_at, read_at = excluded.read_at
"""


def read_batch(now: datetime) -> int:
    """Read up to BATCH cases that were never read, or whose parcel was scanned since; return how many. Two statements."""
    with connection.cursor() as cursor:
        cursor.execute(DUE, {"kinds": [kind.value for kind in STUCK]})
        rows = [_row(row) for row in cursor.fetchall()]
        if rows:
            cursor.execute(WRITE, [now, *(list(column) for column in zip(*rows, strict=True))])
    return len(rows)


def _row(row: tuple[Any, ...]) -> tuple[Any, ...]:
    """One case as WRITE takes it."""
    pk, kind, cause, carrier, started_at, last_at, province, city, shop, *scans = row
    site = NOWHERE
    if stuck(Kind(kind), CAUSES.get(cause)):
        site = whereabouts(list(_scans(*scans)), f"{province}{city}" or shop)
    return pk, carrier, site.where, site.place, site.to_place, last_at or started_at, last_at


def _scans(at: Iterable[datetime] | None, *columns: Iterable[str]) -> Iterable[Scan]:
    if at is None:
        return
    for instant, stage, place, text in zip(at, *columns, strict=True):
        yield Scan(instant, STAGES.get(stage, Stage.UNKNOWN), place, text)
