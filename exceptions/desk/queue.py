"""The queue: which cases, in which order, how many. The query string is its whole state."""

import base64
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from typing import Any, Self
from urllib.parse import urlencode

from django.db.models import Count, Q, QuerySet, Sum
from django.http import QueryDict
from django.utils import timezone

from exceptions.deadlines.kinds import Kind, Level
from exceptions.desk.finding import find
from exceptions.desk.workflow import State
from exceptions.models import Case
from merchants.access import Member, scoped

PAGE = 50
DUE_SOON = timedelta(hours=2)
LEVELS = ("due2h", "today", "soon", "broken", "grave")
STATES = ("snoozed", "resolved")
# An hour later, in any zone, must still be a date.
LAST_YEAR = 9999
SINGLES = ("level", "assignee", "state", "hour", "q")


@dataclass(frozen=True, slots=True)
class Filters:
    """What is looked at; the empty value of each field means all."""

    shops: tuple[int, ...] = ()
    carriers: tuple[int, ...] = ()
    kinds: tuple[str, ...] = ()
    # "due2h" and "today" are still whole and break within that time; the others are levels.
    level: str = ""
    # "me", "none", or a person's id.
    assignee: str = ""
    # "" = open.
    state: str = ""
    # An hour of UTC, "2026-11-22T14": what breaks, or becomes serious, within it.
    hour: str = ""
    q: str = ""

    @classmethod
    def from_query(cls, query: QueryDict) -> Self:
        """Read a query string; what it does not know is ignored, so that an old link still opens."""
        kinds = {kind.value for kind in Kind}
        assignee = query.get("assignee", "")
        return cls(
            shops=_numbers(query.getlist("shop")),
            carriers=_numbers(query.getlist("carrier")),
            kinds=tuple(kind for kind in query.getlist("kind") if kind in kinds),
            level=query.get("level", "") if query.get("level") in LEVELS else "",
            assignee=assignee if assignee in ("me", "none") or _numbers([assignee]) else "",
            state=query.get("state", "") if query.get("state") in STATES else "",
            hour=query.get("hour", "") if _hour(query.get("hour", "")) else "",
            q=query.get("q", "").replace("\0", "").strip()[:80],
        )

    def to_query(self, **changes: Any) -> str:
        """The canonical query string of these filters with some changed; "" where nothing is filtered."""
        other = replace(self, **changes)
        pairs = [("shop", pk) for pk in sorted(other.shops)]
        pairs += [("carrier", pk) for pk in sorted(other.carriers)]
        pairs += [("kind", kind) for kind in other.kinds]  # type: ignore[misc]
        pairs += [(name, getattr(other, name)) for name in SINGLES if getattr(other, name)]
        return urlencode(pairs)


def _numbers(values: list[str]) -> tuple[int, ...]:
    return tuple(int(value) for value in values if value.isdecimal() and len(value) < 19)


def _hour(text: str) -> datetime | None:
    try:
        hour = datetime.strptime(text, "%Y-%m-%dT%H").replace(tzinfo=UTC)
    except ValueError:
        return None
    return hour if hour.year < LAST_YEAR else None


@dataclass(frozen=True, slots=True)
class Page:
    rows: list[Case]
    # Cursors; "" = nothing there.
    next: str
    prev: str


@dataclass(frozen=True, slots=True)
class Counts:
    all: int
    due2h: int
    today: int
    broken: int
    grave: int
    unassigned: int
    at_stake: Decimal
    next_due: Case | None


def page(member: Member, filters: Filters, now: datetime, after: str = "", before: str = "") -> Page:
    """Return one page in rank order, after or before a cursor; a cursor that cannot be read starts anew.

    One query (a search takes up to three more): keyset on (rank, id), so the hundredth page costs what the first does.
    """
    cases = matching(member, filters, now)
    # The list names no buyer: nothing is decrypted for it.
    cases = cases.select_related("shop", "order", "waybill__carrier", "assignee").defer("order__buyer")
    cursor = _unpack(after or before)
    backwards = bool(before and cursor)
    if cursor:
        rank, pk = cursor
        # A row comparison in one index condition; written with OR, PostgreSQL walks the index from its start.
        tie = Q(rank=rank, pk__gt=pk) if backwards else Q(rank=rank, pk__lt=pk)
        bound = Q(rank__gte=rank) if backwards else Q(rank__lte=rank)
        beyond = Q(rank__gt=rank) if backwards else Q(rank__lt=rank)
        cases = cases.filter(bound, beyond | tie)
    order = ("rank", "pk") if backwards else ("-rank", "-pk")
    rows = list(cases.order_by(*order)[: PAGE + 1])
    more, rows = len(rows) > PAGE, rows[:PAGE]
    if backwards:
        rows.reverse()
    ahead, behind = (True, more) if backwards else (more, bool(cursor))
    return Page(rows, _pack(rows[-1]) if rows and ahead else "", _pack(rows[0]) if rows and behind else "")


def matching(member: Member, filters: Filters, now: datetime) -> QuerySet[Case]:
    """The cases the member may see that the filters let through, in no order."""
    cases = scoped(member, Case.objects.filter(merchant=member.merchant))
    cases = cases.filter(state=filters.state) if filters.state else cases.filter(state=State.OPEN.value)
    if filters.shops:
        cases = cases.filter(shop__in=filters.shops)
    if filters.carriers:
        cases = cases.filter(waybill__carrier__in=filters.carriers)
    if filters.kinds:
        cases = cases.filter(kind__in=filters.kinds)
    if filters.level:
        cases = cases.filter(_level(filters.level, now))
    if hour := _hour(filters.hour):
        cases = cases.filter(_within(hour, hour + timedelta(hours=1)))
    if filters.assignee == "me":
        cases = cases.filter(assignee=member.user)
    elif filters.assignee == "none":
        cases = cases.filter(assignee=None)
    elif filters.assignee:
        cases = cases.filter(assignee=int(filters.assignee))
    return cases.filter(_words(member, filters.q)) if filters.q else cases


def _level(level: str, now: datetime) -> Q:
    if level == "due2h":
        return Q(level=Level.SOON.value, due_at__lte=now + DUE_SOON)
    if level == "today":
        return Q(level=Level.SOON.value, due_at__lte=end_of_day(now))
    if level == "broken":
        return Q(level__gte=Level.BROKEN.value)
    return Q(level=Level[level.upper()].value)


def _within(start: datetime, end: datetime) -> Q:
    breaks = Q(level=Level.SOON.value, due_at__gte=start, due_at__lt=end)
    return breaks | Q(level=Level.BROKEN.value, grave_at__gte=start, grave_at__lt=end)


def end_of_day(now: datetime) -> datetime:
    """The last instant of today in the reader's zone (the current time zone)."""
    local = timezone.localtime(now)
    return datetime.combine(local.date() + timedelta(days=1), time.min, local.tzinfo)


def _words(member: Member, q: str) -> Q:
    """A case by its own number, else the cases of the orders the words name.

    The orders are looked up first, by index: an OR over joined tables would scan every open case.
    """
    if q.upper().startswith("C-") and q[2:].isdecimal():
        return Q(pk=int(q[2:]))
    return Q(order__in=find(member, q).pks)


def counts(member: Member, now: datetime, filters: Filters | None = None) -> Counts:
    """Live counts over the open cases of the filters' shops, carriers and kinds, and what breaks next. Two queries."""
    base = replace(filters or Filters(), level="", assignee="", state="", hour="", q="")
    cases = matching(member, base, now)
    numbers: Mapping[str, Any] = cases.aggregate(
        all=Count("pk"),
        due2h=Count("pk", filter=_level("due2h", now)),
        today=Count("pk", filter=_level("today", now)),
        broken=Count("pk", filter=_level("broken", now)),
        grave=Count("pk", filter=_level("grave", now)),
        unassigned=Count("pk", filter=Q(assignee=None)),
        at_stake=Sum("at_stake", default=Decimal(0)),
    )
    upcoming = cases.filter(level=Level.SOON.value).select_related("shop", "waybill__carrier").order_by("due_at", "pk")
    return Counts(**numbers, next_due=upcoming.first())


def _pack(case: Case) -> str:
    return base64.urlsafe_b64encode(f"{case.rank}:{case.pk}".encode()).decode().rstrip("=")


def _unpack(cursor: str) -> tuple[int, int] | None:
    try:
        rank, pk = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode().split(":")
        return int(rank), int(pk)
    except ValueError:
        return None
