"""Incidents as a member sees them: those with a case in their shops, counted over their shops alone."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Final, Self

from django.db import connection
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import Http404, QueryDict

from exceptions.models import Incident, IncidentChild
from merchants.access import Member
from shipops.kit.query import row_id

# Open ones are few: a merchant with more than that has set the threshold too low.
MOST_OPEN: Final = 100
CLOSED: Final = 30
STATES: Final = ("open", "closed")
# What breaks within that from the next limit on is told with it.
TOGETHER: Final = timedelta(hours=1)

# An order's goods are at stake once, however many of its cases are in the incident.
FIGURES: Final = """
with mine as materialized (
    select c.incident_id, k.waybill_id, k.order_id, k.shop_id, k.level, k.due_at, k.grave_at, k.at_stake,
           k.state <> 'resolved' and k.incident_id = c.incident_id and c.left_at is null as open
    from exceptions_incidentchild c join exceptions_case k on k.id = c.case_id
    where c.incident_id = any(%(ids)s) and k.shop_id = any(%(shops)s) and c.left_why <> 'removed'
), counted as (
    select incident_id, count(*) filter (where open) as cases,
           count(distinct waybill_id) filter (where open) as parcels, count(distinct waybill_id) as ever,
           count(distinct shop_id) filter (where open) as shops,
           count(distinct waybill_id) filter (where open and level >= 2) as broken,
           min(due_at) filter (where open and level <= 1) as breaks_at,
           min(grave_at) filter (where open and level = 2) as worsens_at
    from mine group by incident_id
), stakes as (
    select incident_id, sum(stake) as stake
    from (select incident_id, max(at_stake) as stake from mine where open group by incident_id, order_id) orders
    group by incident_id
), near as (
    select m.incident_id, count(distinct m.waybill_id) as breaking
    from mine m join counted c on c.incident_id = m.incident_id
    where m.open and m.level <= 1 and m.due_at < c.breaks_at + %(together)s
    group by m.incident_id
)
select c.*, coalesce(s.stake, 0), coalesce(n.breaking, 0)
from counted c
left join stakes s on s.incident_id = c.incident_id
left join near n on n.incident_id = c.incident_id
"""


@dataclass(frozen=True, slots=True)
class Figures:
    """What an incident comes to in the member's shops; `ever` counts the parcels that were part of it at any time."""

    cases: int = 0
    parcels: int = 0
    ever: int = 0
    shops: int = 0
    broken: int = 0
    # The next limit that breaks, and of those broken the next one that turns serious; None = there is none.
    breaks_at: datetime | None = None
    worsens_at: datetime | None = None
    stake: Decimal = Decimal(0)
    # Parcels that break within an hour from `breaks_at` on.
    breaking: int = 0

    @property
    def moved(self) -> int:
        """Parcels that have moved on, or whose case is over."""
        return self.ever - self.parcels


@dataclass(frozen=True, slots=True)
class Seen:
    """An incident with its figures."""

    incident: Incident
    figures: Figures


@dataclass(frozen=True, slots=True)
class Filters:
    """What is looked at; the empty value of each field means all."""

    carrier: int = 0
    where: str = ""
    state: str = ""
    q: str = ""

    @classmethod
    def from_query(cls, query: QueryDict | Mapping[str, str]) -> Self:
        """Read a query string; what it does not know is ignored, so that an old link still opens."""
        carrier, where, state = (query.get(name, "") or "" for name in ("carrier", "where", "state"))
        return cls(
            carrier=row_id(carrier),
            where=where if where in Incident.Where.values else "",
            state=state if state in STATES else "",
            q=(query.get("q", "") or "").replace("\0", "").strip()[:80],
        )


def reachable(member: Member) -> QuerySet[Incident]:
    """The incidents with a case, now or once, in one of the member's shops."""
    mine = IncidentChild.objects.filter(incident=OuterRef("pk"), case__shop__in=member.shop_ids)
    return Incident.objects.filter(Exists(mine), merchant=member.merchant)


def get(member: Member, pk: int) -> Incident:
    """Return the incident; Http404 out of the member's reach."""
    found = reachable(member).select_related("carrier", "assignee", "closed_by").filter(pk=pk).first()
    if found is None:
        raise Http404
    return found


def figures(member: Member, ids: Sequence[int]) -> dict[int, Figures]:
    """What each of these incidents comes to. One statement."""
    if not ids:
        return {}
    with connection.cursor() as cursor:
        told: dict[str, Any] = {"ids": list(ids), "shops": member.shop_ids, "together": TOGETHER}
        cursor.execute(FIGURES, told)
        return {row[0]: Figures(*row[1:]) for row in cursor.fetchall()}


def seen(member: Member, incidents: Sequence[Incident]) -> list[Seen]:
    """The same incidents with their figures, in the same order."""
    found = figures(member, [one.pk for one in incidents])
    return [Seen(one, found.get(one.pk, Figures())) for one in incidents]


def standing(member: Member, filters: Filters | None = None) -> list[Seen]:
    """The open incidents, the dearest first. Two statements."""
    incidents = list(_matching(member, filters or Filters()).filter(closed_at=None).order_by("-opened_at")[:MOST_OPEN])
    return sorted(seen(member, incidents), key=lambda one: (-one.figures.stake, -one.figures.parcels, one.incident.pk))


def over(member: Member, filters: Filters | None = None) -> list[Seen]:
    """The incidents closed last. Two statements."""
    closed = _matching(member, filters or Filters()).exclude(closed_at=None)
    return seen(member, list(closed.order_by("-closed_at", "-pk")[:CLOSED]))


def _matching(member: Member, filters: Filters) -> QuerySet[Incident]:
    found = reachable(member).select_related("carrier", "assignee", "closed_by")
    if filters.carrier:
        found = found.filter(carrier=filters.carrier)
    if filters.where:
        found = found.filter(where=filters.where)
    if filters.q:
        number = row_id(filters.q.upper().removeprefix("I-"))
        words = Q(place__icontains=filters.q) | Q(to_place__icontains=filters.q)
        found = found.filter(words | Q(pk=number) if number else words)
    return found
