"""The queue: which cases, in which order, how many."""

import base64
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import reduce
from operator import or_
from typing import Any, Final

from django.db.models import Count, Q, QuerySet, Subquery, Sum

from exceptions.deadlines.kinds import Level
from exceptions.desk import tally
from exceptions.desk.filters import LEVELS, STATES, Filters, day_of, hour_of
from exceptions.desk.finding import find
from exceptions.desk.tally import DUE_SOON, end_of_day
from exceptions.desk.workflow import State
from exceptions.models import Case
from merchants.access import Member, reach

__all__ = ["LEVELS", "PAGE", "STATES", "Counts", "Filters", "Page", "counts", "matching", "page"]

PAGE = 50
# More than that are counted as "so many and more": nobody reads the difference, and each one counted is a row read.
COUNTED_MOST = 10_000
# Digits of a value in a cursor of ours, its sign with them.
LONGEST_VALUE = 17
# What of the merchant's numbers answers which filter.
TOLD: Final = {
    (): "all",
    ("due2h",): "due2h",
    ("today",): "today",
    ("broken",): "broken",
    ("grave",): "grave",
    ("none",): "unassigned",
}
# What is read for a row; it names no buyer, so nothing is decrypted for it.
OF_CASE: Final = tuple(field.name for field in Case._meta.concrete_fields)
OF_OTHERS: Final = (
    *("order__number", "order__currency"),
    *(
        f"waybill__{name}"
        for name in ("number", "stage", "cause", "last_text", "last_event_at", "polled_at", "picked_up_at")
    ),
    *(f"waybill__carrier__{name}" for name in ("code", "name_zh", "name_en")),
    *(f"assignee__{name}" for name in ("username", "first_name", "last_name")),
)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
TICK = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Order:
    """An order with an index behind it: one column, ties by id, and how a cursor writes the column's value."""

    column: str
    descending: bool
    write: Callable[[Any], int]
    read: Callable[[int], Any]


def _ticks(at: datetime) -> int:
    return (at - EPOCH) // TICK


def _instant(ticks: int) -> datetime:
    return EPOCH + ticks * TICK


ORDERS: Final[dict[str, Order]] = {
    "": Order("rank", True, int, int),
    "due": Order("due_at", False, _ticks, _instant),
    "money": Order("at_stake", True, lambda money: int(money * 100), lambda cents: Decimal(cents) / 100),
    "new": Order("opened_at", True, _ticks, _instant),
    "done": Order("resolved_at", True, _ticks, _instant),
}


def orders_of(filters: Filters) -> tuple[str, ...]:
    """The orders that have an index for these filters, the usual one first: resolved cases stand in no queue."""
    if State.RESOLVED.value not in filters.states:
        return ("", "due", "money", "new")
    return ("done", "new") if len(filters.states) == 1 else ("new",)


def order_of(filters: Filters) -> str:
    """The order these filters are shown in."""
    offered = orders_of(filters)
    return filters.order if filters.order in offered else offered[0]


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


def page(member: Member, filters: Filters, now: datetime, after: str = "", before: str = "") -> Page:
    """Return one page in the filters' order, after or before a cursor; a cursor that cannot be read starts anew.

    One query (a search takes up to three more): keyset on (column, id), so the hundredth page costs what the first does.
    """
    name = order_of(filters)
    cases = matching(member, filters, now)
    cursor = _unpack(name, after or before)
    backwards = bool(before and cursor)
    if cursor:
        cases = _beyond(cases, name, *cursor, backwards)
    # The page first, then what is shown of it: else orders and parcels of all cases of three shops were read to sort them.
    chosen = for_rows(Case.objects.filter(pk__in=_sorted(cases, name, backwards)[: PAGE + 1].values("pk")))
    rows = in_shops(member, _sorted(chosen, name, backwards))
    more, rows = len(rows) > PAGE, rows[:PAGE]
    if backwards:
        rows.reverse()
    ahead, behind = (True, more) if backwards else (more, bool(cursor))
    return Page(rows, _pack(name, rows[-1]) if rows and ahead else "", _pack(name, rows[0]) if rows and behind else "")


def for_rows(cases: QuerySet[Case]) -> QuerySet[Case]:
    """Cases with what a row shows of them (exceptions.shown), but for their shops, which the member brings."""
    return cases.select_related("order", "waybill__carrier", "assignee").only(*OF_CASE, *OF_OTHERS)


def in_shops(member: Member, cases: Iterable[Case]) -> list[Case]:
    """The cases, each with its shop as the member has it: fifty rows need no two hundred columns."""
    shops = {shop.pk: shop for shop in member.shops}
    found = list(cases)
    for case in found:
        if case.shop_id in shops:  # else it was made a moment ago, and is read when it is asked for
            case.shop = shops[case.shop_id]
    return found


def _sorted(cases: QuerySet[Case], name: str, backwards: bool) -> QuerySet[Case]:
    order = ORDERS[name]
    sign = "-" if order.descending != backwards else ""
    return cases.order_by(f"{sign}{order.column}", f"{sign}pk")


def _beyond(cases: QuerySet[Case], name: str, value: Any, pk: int, backwards: bool) -> QuerySet[Case]:
    """Those that come after (value, pk) in the order named, or before it.

    A row comparison in one index condition; written with OR alone, PostgreSQL walks the index from its start.
    """
    order = ORDERS[name]
    side = "lt" if order.descending != backwards else "gt"
    bound = Q((f"{order.column}__{side}e", value))
    return cases.filter(bound, Q((f"{order.column}__{side}", value)) | Q((order.column, value), (f"pk__{side}", pk)))


def neighbours(member: Member, filters: Filters, case: Case, now: datetime) -> tuple[int | None, int | None]:
    """The cases before and after this one in the queue of the filters; None = there is none. Two queries.

    The case need not be in the queue any more: it keeps its place in the order when it is resolved.
    """
    name = order_of(filters)
    value = getattr(case, ORDERS[name].column)
    if value is None:
        return None, None
    cases = matching(member, filters, now)
    sides = (_sorted(_beyond(cases, name, value, case.pk, back), name, back) for back in (True, False))
    before, after = (side.values_list("pk", flat=True).first() for side in sides)
    return before, after


def size(
    member: Member, filters: Filters, now: datetime, since: datetime | None = None, most: int = COUNTED_MOST
) -> int:
    """How many cases the filters let through, `most` at most.

    No query where the merchant's numbers tell it (exceptions.desk.tally), else one (a search takes up to three more).
    """
    known = told(member, filters, now, since)
    return min(known, most) if known is not None else matching(member, filters, now).order_by()[:most].count()


def told(member: Member, filters: Filters, now: datetime, since: datetime | None = None) -> int | None:
    """How many cases the filters let through where the merchant's numbers tell it (`_tallied`), of one level or nobody's."""
    name = _number_of(filters)
    found = _tallied(member, replace(filters, levels=(), people=()), now, since) if name else None
    return None if found is None else int(getattr(found, name))


def among(counts: Counts, filters: Filters) -> int | None:
    """How many cases the filters let through where the counts above their list tell it, which are of the same filters."""
    name = _number_of(filters)
    told_of = replace(filters.plain(), levels=(), people=())
    return int(getattr(counts, name)) if name and told_of == _wide(filters) else None


def _number_of(filters: Filters) -> str:
    """The number that tells how many cases have the level or the person the filters name; "" where none does."""
    asked = filters.levels or filters.people
    plain = not filters.states and len(filters.levels) + len(filters.people) <= 1
    return TOLD.get(asked, "") if plain else ""


def _tallied(member: Member, filters: Filters, now: datetime, since: datetime | None) -> tally.Numbers | None:
    """The numbers of the filters' shops, and of kinds or of carriers; None where they ask for more than that."""
    told_by = Filters(shops=filters.shops, platforms=filters.platforms, kinds=filters.kinds, carriers=filters.carriers)
    if filters.plain() != told_by or (filters.kinds and filters.carriers):
        return None
    shops = set(member.shop_ids)
    if filters.shops or filters.platforms:
        shops &= _shops(member, filters)
    if filters.carriers:
        return tally.numbers(member.merchant.pk, shops, now, since, "carrier", filters.carriers)
    return tally.numbers(member.merchant.pk, shops, now, since, "kind", filters.kinds)


def first(cases: QuerySet[Case], filters: Filters, last: int | None, most: int) -> list[int]:
    """Primary keys of the first of these cases in the filters' order, down to `last` where it is given; `most` at most."""
    name = order_of(filters)
    if last is not None:
        order = ORDERS[name]
        end = Case.objects.filter(pk=last).values(order.column)
        cases = cases.filter(Q((f"{order.column}__{'gte' if order.descending else 'lte'}", Subquery(end))))
    return list(_sorted(cases, name, False).values_list("pk", flat=True)[:most])


def matching(member: Member, filters: Filters, now: datetime) -> QuerySet[Case]:
    """The cases the member may see that the filters let through, in no order."""
    cases = reach(member, Case.objects.all(), _shops(member, filters))
    return cases.filter(_condition(member, filters, now))


def _shops(member: Member, filters: Filters) -> set[int]:
    """The shops the filters leave of the member's, which are known: a platform takes no join.

    Empty where the filters name none, {0} where they leave none.
    """
    if not filters.shops and not filters.platforms:
        return set()
    left = {
        shop.pk
        for shop in member.shops
        if (not filters.shops or shop.pk in filters.shops)
        and (not filters.platforms or shop.platform in filters.platforms)
    }
    return left or {0}


def _condition(member: Member, filters: Filters, now: datetime) -> Q:
    """What the filters ask of a case besides its shop; a search is carried out for it (up to three queries)."""
    asked = Q(state__in=filters.states) if filters.states else Q(state=State.OPEN.value)
    lists = {
        "carrier": filters.carriers,
        "waybill__cause": filters.causes,
        "kind": filters.kinds,
        "source": filters.sources,
    }
    for column, values in lists.items():
        if values:
            asked &= Q((f"{column}__in", values))
    if filters.levels:
        asked &= _any(_level(level, now) for level in filters.levels)
    if filters.people:
        asked &= _any(_in_charge(member, person) for person in filters.people)
    if filters.incident:
        asked &= Q(incident=int(filters.incident))
    if filters.relapsed:
        asked &= Q(relapses__gt=0)
    if day := day_of(filters.day):
        asked &= Q(due_at__gte=day[0], due_at__lt=day[1])
    if hour := hour_of(filters.hour):
        asked &= _within(hour, hour + timedelta(hours=1))
    return asked & _words(member, filters.q) if filters.q else asked


def _any(conditions: Iterable[Q]) -> Q:
    return reduce(or_, conditions)


def _in_charge(member: Member, person: str) -> Q:
    if person == "none":
        return Q(assignee=None)
    return Q(assignee=member.user) if person == "me" else Q(assignee=int(person))


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


def _words(member: Member, q: str) -> Q:
    """A case by its own number, else the cases of the orders the words name.

    The orders are looked up first, by index: an OR over joined tables would scan every open case.
    """
    if q.upper().startswith("C-") and q[2:].isdecimal():
        return Q(pk=int(q[2:]))
    return Q(order__in=find(member, q).pks)


def counts(member: Member, now: datetime, filters: Filters | None = None, since: datetime | None = None) -> Counts:
    """Live counts over the open cases of the filters, whatever level, day or person they name.

    A few seconds old, but taken after `since`, and no query or one (exceptions.desk.tally); where the filters ask for more
    than shops with kinds or carriers exact, and one query.
    """
    wide = _wide(filters)
    found = _tallied(member, wide, now, since)
    if found is not None:
        return Counts(found.all, found.due2h, found.today, found.broken, found.grave, found.unassigned, found.at_stake)
    numbers: Mapping[str, Any] = matching(member, wide, now).aggregate(
        all=Count("pk"),
        due2h=Count("pk", filter=_level("due2h", now)),
        today=Count("pk", filter=_level("today", now)),
        broken=Count("pk", filter=_level("broken", now)),
        grave=Count("pk", filter=_level("grave", now)),
        unassigned=Count("pk", filter=Q(assignee=None)),
        at_stake=Sum("at_stake", default=Decimal(0)),
    )
    return Counts(**numbers)


def next_due(member: Member, now: datetime, filters: Filters | None = None) -> Case | None:
    """What breaks next among the open cases of the filters, whatever level, day or person they name."""
    soon = matching(member, _wide(filters), now).filter(level=Level.SOON.value)
    return soon.select_related("shop", "order", "waybill__carrier", "assignee").order_by("due_at", "pk").first()


def _wide(filters: Filters | None) -> Filters:
    return replace((filters or Filters()).plain(), levels=(), people=(), states=(), day="", hour="", q="")


def _pack(name: str, case: Case) -> str:
    order = ORDERS[name]
    text = f"{name}:{order.write(getattr(case, order.column))}:{case.pk}".lstrip(":")
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _unpack(name: str, cursor: str) -> tuple[Any, int] | None:
    """Value and id of a cursor of this order; None where it is no cursor, or one of another order."""
    try:
        text = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode()
        *of, value, pk = text.split(":")
        if (of or [""]) != [name] or len(value) > LONGEST_VALUE:
            return None
        return ORDERS[name].read(int(value)), int(pk)
    except (ValueError, OverflowError):
        return None
