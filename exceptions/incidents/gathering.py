"""Gather open cases stuck at one place into incidents, let go of those that moved on, close what is over.

Safe to run twice and at once: an incident is open once a place (a constraint), a case joins only while it is free, and
every change repeats the condition it was decided on. Statements do not grow with the number of cases, batches do.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from django.db import IntegrityError, connection, transaction

from exceptions.incidents import tuning
from exceptions.incidents.grouping import Gathered, Key, Rules, Standing, Stuck, gather
from exceptions.incidents.whereabouts import Site
from exceptions.models import Incident

# Cases that join or leave in one transaction: their orders are locked for some 100 ms.
BATCH: Final = 1000
# A place that comes to a stand again so soon is the same incident.
SAME_AGAIN: Final = timedelta(days=1)

# A case is free if it is in no incident; or in one that is over, if it came back after that.
FREE: Final = """(k.incident_id is null
    or exists (select 1 from exceptions_incident o
               where o.id = k.incident_id and o.closed_at is not null and k.relapsed_at > o.closed_at))"""
PLACE: Final = 'carrier_id, "where", place, to_place'

# Only of places where it could come to anything: as many as the lowest threshold, or an incident is open.
STUCK_CASES: Final = f"""
with free as materialized (
    select k.id, k.waybill_id, k.merchant_id, t.carrier_id, t."where", t.place, t.to_place, t.since
    from exceptions_case k
    join exceptions_casesite t on t.case_id = k.id
    where k.state <> 'resolved' and t."where" <> '' and {FREE}
), places as (
    select merchant_id, {PLACE} from free group by merchant_id, {PLACE} having count(*) >= %(least)s
    union
    select merchant_id, {PLACE} from exceptions_incident where closed_at is null
)
select f.* from free f
join places p on p.merchant_id = f.merchant_id and p.carrier_id = f.carrier_id and p."where" = f."where"
    and p.place = f.place and p.to_place = f.to_place
"""

_SAME_PLACE: Final = """{a}.merchant_id = {b}.merchant_id and {a}.carrier_id = {b}.carrier_id and {a}."where" = {b}."where"
    and {a}.place = {b}.place and {a}.to_place = {b}.to_place"""


def _same_place(a: str, b: str) -> str:
    return _SAME_PLACE.format(a=a, b=b)


OPEN: Final = f"""
with wanted as (
    select * from unnest(%(merchant)s::bigint[], %(carrier)s::bigint[], %(where)s::text[], %(place)s::text[],
                         %(to_place)s::text[], %(began_at)s::timestamptz[])
        as w (merchant_id, carrier_id, "where", place, to_place, began_at)
), latest as (
    select distinct on (i.merchant_id, i.carrier_id, i."where", i.place, i.to_place) i.id, w.began_at
    from wanted w
    join exceptions_incident i on {_same_place("i", "w")}
    where i.closed_at > %(again)s
      and not exists (select 1 from exceptions_incident o where {_same_place("o", "w")} and o.closed_at is null)
    order by i.merchant_id, i.carrier_id, i."where", i.place, i.to_place, i.closed_at desc
), reopened as (
    update exceptions_incident i
    set closed_at = null, closed_by_id = null, calm_since = null, reopenings = reopenings + 1, reopened_at = %(now)s
    from latest l where i.id = l.id and i.closed_at is not null
    returning i.*
), opened as (
    insert into exceptions_incident (merchant_id, {PLACE}, began_at, opened_at, note)
    select w.merchant_id, w.carrier_id, w."where", w.place, w.to_place, w.began_at, %(now)s, ''
    from wanted w where not exists (select 1 from reopened r where {_same_place("r", "w")})
    on conflict do nothing
    returning id
)
insert into exceptions_incidententry (incident_id, at, action, note, detail)
select id, %(now)s, 'open', '', '{{}}'::jsonb from opened
union all
select id, %(now)s, 'reopen', '', '{{}}'::jsonb from reopened
"""

# Orders before cases; those that somebody holds come with the next run.
LOCK: Final = """
select k.id from exceptions_case k join orders_order o on o.id = k.order_id
where k.id = any(%s) order by o.id for no key update of o skip locked
"""
# Whoever closes an incident waits until those that join it are in, and sees them.
HOLD: Final = "select id from exceptions_incident where id = any(%s) and closed_at is null order by id for share"
JOIN: Final = f"""
with wanted as (
    select * from unnest(%(cases)s::bigint[], %(incidents)s::bigint[]) as w (case_id, incident_id)
), joined as (
    update exceptions_case k set incident_id = w.incident_id
    from wanted w
    where k.id = w.case_id and k.state <> 'resolved' and (k.incident_id is distinct from w.incident_id and {FREE})
      and (%(by)s::bigint is not null or not exists (
          select 1 from exceptions_incidentchild c
          where c.incident_id = w.incident_id and c.case_id = k.id and c.left_why = 'removed'))
    returning k.id, k.state, k.incident_id
), children as (
    insert into exceptions_incidentchild (incident_id, case_id, joined_at, by_id, by_hand, left_why)
    select incident_id, id, %(now)s, %(by)s::bigint, %(by)s::bigint is not null, '' from joined
    on conflict (incident_id, case_id) do update
    set joined_at = excluded.joined_at, by_id = excluded.by_id, by_hand = excluded.by_hand, left_at = null, left_why = ''
)
insert into exceptions_caseentry (case_id, at, by_id, action, from_state, to_state, note, detail)
select id, %(now)s, %(by)s::bigint, 'gather', state, state, '', jsonb_build_object('incident', incident_id) from joined
returning case_id
"""


def gather_free(now: datetime) -> tuple[int, int]:
    """Open incidents and let free cases join them, as their sites were read; return how many were to open, and joined."""
    rules = tuning.rules()
    found = decide(rules)
    opened = len(found.openings)
    if opened:
        open_incidents(found, now)
        # What was opened is standing now, whoever opened it.
        found = decide(rules)
    pairs = [(case, incident) for incident, cases in found.joining.items() for case in cases]
    return opened, join(pairs, now)


def decide(rules: Rules) -> Gathered:
    """What is to be opened and who is to join, as things stand. Two statements."""
    with connection.cursor() as cursor:
        cursor.execute(STUCK_CASES, {"least": rules.least})
        stuck = [
            Stuck(pk, waybill, Key(merchant, carrier, Site(where, place, to_place)), since)
            for pk, waybill, merchant, carrier, where, place, to_place, since in cursor.fetchall()
        ]
    return gather(stuck, standing(), rules)


def standing() -> dict[Key, Standing]:
    """The open incidents of all merchants by their place."""
    return {key_of(one): Standing(one.pk, one.began_at, one.opened_by_id is not None) for one in _open()}


def _open() -> list[Incident]:
    return list(Incident.objects.filter(closed_at=None).order_by("pk"))


def key_of(incident: Incident) -> Key:
    """Where an incident is."""
    site = Site(incident.where, incident.place, incident.to_place)
    return Key(incident.merchant_id, incident.carrier_id, site)


def open_incidents(found: Gathered, now: datetime) -> None:
    """Open what is to be opened, once a place; where one was closed within a day, that one again."""
    columns: dict[str, list[Any]] = {
        "merchant": [one.key.merchant for one in found.openings],
        "carrier": [one.key.carrier for one in found.openings],
        "where": [one.key.site.where for one in found.openings],
        "place": [one.key.site.place for one in found.openings],
        "to_place": [one.key.site.to_place for one in found.openings],
        "began_at": [one.began_at for one in found.openings],
    }
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(OPEN, columns | {"now": now, "again": now - SAME_AGAIN})
    except IntegrityError:
        # Somebody opened one at the very moment in which it was to be opened again: the next run finds it open.
        return


def join(pairs: Sequence[tuple[int, int]], now: datetime, by: int | None = None) -> int:
    """Let cases join incidents, pairs of (case, incident); return how many did. Who puts them in by hand is `by`."""
    ordered = sorted(pairs)
    return sum(_join(ordered[start : start + BATCH], now, by) for start in range(0, len(ordered), BATCH))


def _join(pairs: Sequence[tuple[int, int]], now: datetime, by: int | None) -> int:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(LOCK, [[case for case, _ in pairs]])
        free = {pk for (pk,) in cursor.fetchall()}
        cursor.execute(HOLD, [sorted({incident for _, incident in pairs})])
        still_open = {pk for (pk,) in cursor.fetchall()}
        chosen = [(case, incident) for case, incident in pairs if case in free and incident in still_open]
        if not chosen:
            return 0
        cases, incidents = zip(*chosen, strict=True)
        cursor.execute(JOIN, {"cases": list(cases), "incidents": list(incidents), "now": now, "by": by})
        return len(cursor.fetchall())
