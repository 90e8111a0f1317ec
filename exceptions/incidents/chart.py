"""How many cases of an incident were open when, as points for an SVG of the template's own."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil
from typing import Any, Final

from django.db import connection

from exceptions.models import Incident
from merchants.access import Member

WIDTH: Final = 640
HEIGHT: Final = 168
LEFT: Final = 34
TOP: Final = 12
BASE: Final = 132
# Points of the line; at most one a minute.
POINTS: Final = 32

# A child whose case is over has left, whether or not a round has noticed it yet.
COUNT: Final = """
select at, count(k.id)
from unnest(%(instants)s::timestamptz[]) as at
left join (
    select k.id, c.joined_at, coalesce(c.left_at, case when k.state = 'resolved' then k.resolved_at end) as left_at
    from exceptions_incidentchild c join exceptions_case k on k.id = c.case_id
    where c.incident_id = %(incident)s and k.shop_id = any(%(shops)s) and c.left_why <> 'removed'
) k on k.joined_at <= at and (k.left_at is null or k.left_at > at)
group by at order by at
"""


@dataclass(frozen=True, slots=True)
class Point:
    at: datetime
    count: int
    x: float
    y: float


@dataclass(frozen=True, slots=True)
class Chart:
    points: tuple[Point, ...]
    top: int

    @property
    def line(self) -> str:
        """The points of a polyline, as steps: a count holds until the next one."""
        steps: list[str] = []
        for before, point in zip((None, *self.points), self.points, strict=False):
            if before is not None:
                steps.append(f"{point.x:.1f},{before.y:.1f}")
            steps.append(f"{point.x:.1f},{point.y:.1f}")
        return " ".join(steps)

    @property
    def area(self) -> str:
        """The same as a polygon down to the base."""
        if not self.points:
            return ""
        return f"{self.points[0].x:.1f},{BASE} {self.line} {self.points[-1].x:.1f},{BASE}"

    @property
    def rows(self) -> tuple[Point, ...]:
        """The points at which the count changed, for the table."""
        changed = [
            point
            for before, point in zip((None, *self.points), self.points, strict=False)
            if before is None or before.count != point.count
        ]
        return tuple(changed)


def chart(member: Member, incident: Incident, now: datetime) -> Chart:
    """The counts from its opening to now, or to its end, in the member's shops. One statement."""
    told: dict[str, Any] = {
        "instants": instants(incident.opened_at, incident.closed_at or now),
        "incident": incident.pk,
        "shops": member.shop_ids,
    }
    with connection.cursor() as cursor:
        cursor.execute(COUNT, told)
        return laid_out(cursor.fetchall())


def instants(start: datetime, end: datetime) -> list[datetime]:
    """Evenly spread instants from `start` to `end`, both included."""
    minutes = max(1, int((end - start) / timedelta(minutes=1)))
    steps = min(POINTS - 1, minutes)
    return [start + (end - start) * step / steps for step in range(steps + 1)]


def laid_out(counts: Sequence[tuple[datetime, int]]) -> Chart:
    """Lay the counts out over a scale whose top is a round number."""
    most = max((count for _, count in counts), default=0)
    top = next(size for size in (4, 8, 12, 20, 40, 60, 100, 200, 400, 1000, ceil(most / 1000) * 1000) if size >= most)
    start, end = counts[0][0], counts[-1][0]
    whole = max((end - start).total_seconds(), 1)
    points = tuple(
        Point(
            at,
            count,
            LEFT + (WIDTH - LEFT) * (at - start).total_seconds() / whole,
            BASE - (BASE - TOP) * count / top,
        )
        for at, count in counts
    )
    return Chart(points, top)
