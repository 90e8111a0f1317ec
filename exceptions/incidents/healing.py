"""Children that heal by themselves, and incidents that are over by themselves."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from django.db import connection, transaction

from exceptions.incidents import tuning
from exceptions.incidents.gathering import BATCH, LOCK
from exceptions.incidents.grouping import over

# A child whose case is over has healed; one whose case came back while the incident is open has not.
HEAL: Final = """
update exceptions_incidentchild c set left_at = k.resolved_at, left_why = 'healed'
from exceptions_case k
where k.id = c.case_id and c.left_at is null and k.state = 'resolved'
"""
RELAPSE: Final = """
update exceptions_incidentchild c set left_at = null, left_why = ''
from exceptions_case k join exceptions_incident i on i.id = k.incident_id
where k.id = c.case_id and c.incident_id = i.id and i.closed_at is null and c.left_why = 'healed' and k.state <> 'resolved'
"""
# Its case is open still (a delivery that is overdue wherever the parcel is), but the parcel is not here any more.
MOVED: Final = """
select c.id, c.case_id
from exceptions_incidentchild c
join exceptions_incident i on i.id = c.incident_id and i.closed_at is null
join exceptions_case k on k.id = c.case_id and k.incident_id = i.id and k.state <> 'resolved'
join exceptions_casesite t on t.case_id = k.id
where c.left_at is null and not c.by_hand and t."where" <> ''
  and (t.carrier_id, t."where", t.place, t.to_place) is distinct from (i.carrier_id, i."where", i.place, i.to_place)
order by c.case_id
"""
LET_GO: Final = """
with gone as (
    update exceptions_incidentchild set left_at = %(now)s, left_why = %(why)s
    where case_id = any(%(cases)s) and left_at is null
      and (%(incident)s::bigint is null or incident_id = %(incident)s::bigint)
    returning incident_id, case_id
), freed as (
    -- Who waits for it waits for nothing any more: the next look at snoozes wakes them.
    update exceptions_case k set incident_id = null, snoozed_until = case
        when %(wakes)s and k.state = 'snoozed' and k.wakes_on = 'incident' then %(now)s else k.snoozed_until end
    from gone g where k.id = g.case_id and k.incident_id = g.incident_id
    returning k.id, k.state, g.incident_id
)
insert into exceptions_caseentry (case_id, at, by_id, action, from_state, to_state, note, detail)
select id, %(now)s, %(by)s::bigint, 'gather', state, state, '', jsonb_build_object('left', incident_id, 'why', %(why)s::text)
from freed
returning case_id
"""

LOCK_OPEN: Final = """
select id, merchant_id, carrier_id, coalesce(reopened_at, opened_at), calm_since from exceptions_incident
where closed_at is null order by id for no key update skip locked
"""
LEFT: Final = """
select i.id, count(distinct k.waybill_id) filter (where k.state <> 'resolved'),
    count(c.id) filter (where c.joined_at >= coalesce(i.reopened_at, i.opened_at))
from exceptions_incident i
left join exceptions_incidentchild c on c.incident_id = i.id
left join exceptions_case k on k.id = c.case_id and k.incident_id = i.id
where i.id = any(%s)
group by i.id
"""
CALM: Final = "update exceptions_incident set calm_since = coalesce(calm_since, %s) where id = any(%s)"
STIR: Final = "update exceptions_incident set calm_since = null where id = any(%s) and calm_since is not null"
CLOSE: Final = """
with closed as (
    update exceptions_incident set closed_at = %(now)s, closed_by_id = %(by)s, calm_since = null
    where id = any(%(ids)s) and closed_at is null
    returning id
), woken as (
    -- Whoever waits for it is woken by the next look at snoozes.
    update exceptions_case k set snoozed_until = %(now)s
    from closed c where k.incident_id = c.id and k.state = 'snoozed' and k.wakes_on = 'incident'
)
insert into exceptions_incidententry (incident_id, at, by_id, action, note, detail)
select id, %(now)s, %(by)s::bigint, 'close', '', '{}'::jsonb from closed
returning incident_id
"""


def heal(now: datetime) -> int:
    """Let go of the children that healed or moved on, and take back those that came back; return how many changed."""
    with connection.cursor() as cursor:
        cursor.execute(HEAL)
        healed = cursor.rowcount
        cursor.execute(RELAPSE)
        relapsed = cursor.rowcount
        cursor.execute(MOVED)
        moved = [case for _, case in cursor.fetchall()]
    return healed + relapsed + let_go(moved, "moved", now)


def let_go(
    cases: Sequence[int],
    why: str,
    now: datetime,
    *,
    incident: int | None = None,
    by: int | None = None,
    wakes: bool = True,
) -> int:
    """Take open cases out of their incident (out of this one alone, if it is named); return how many left.

    Those that sleep until it closes wake with that, unless another one follows at once (not `wakes`).
    """
    ordered = sorted(cases)
    batches = (ordered[start : start + BATCH] for start in range(0, len(ordered), BATCH))
    return sum(_let_go(batch, now, {"why": why, "incident": incident, "by": by, "wakes": wakes}) for batch in batches)


def _let_go(cases: list[int], now: datetime, told: dict[str, Any]) -> int:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(LOCK, [cases])
        free = [pk for (pk,) in cursor.fetchall()]
        cursor.execute(LET_GO, told | {"cases": free, "now": now})
        return len(cursor.fetchall())


def close_over(now: datetime) -> int:
    """Close the incidents that are over: none of their parcels stands still, or too few for too long; return how many."""
    rules = tuning.rules()
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(LOCK_OPEN)
        standing: dict[int, tuple[Any, ...]] = {row[0]: row[1:] for row in cursor.fetchall()}
        if not standing:
            return 0
        # A statement of its own, after the locks: it sees whoever joined while they were waited for.
        cursor.execute(LEFT, [list(standing)])
        calm: list[int] = []
        stirred: list[int] = []
        ended: list[int] = []
        for pk, left, joined in cursor.fetchall():
            merchant, carrier, opened_at, calm_since = standing[pk]
            rule = rules.of(merchant, carrier)
            if not (left or joined) and now - opened_at < rule.close_after:
                continue  # just opened, for the first time or again; its cases are on their way
            (calm if left < rule.close_below else stirred).append(pk)
            if over(left, calm_since, rule, now):
                ended.append(pk)
        cursor.execute(CALM, [now, calm])
        cursor.execute(STIR, [stirred])
        # Before the locks go: a case may join the moment they do.
        return close(ended, now)


def close(incidents: Sequence[int], now: datetime, by: int | None = None) -> int:
    """Close incidents; return how many were open. `by` is who does so by hand."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(CLOSE, {"ids": list(incidents), "now": now, "by": by})
        return len(cursor.fetchall())
