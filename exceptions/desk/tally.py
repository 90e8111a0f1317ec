"""How many cases wait where: one pass over what a merchant has not resolved, shared for seconds by all who look.

Fifty desks that ask every few seconds would each count a hundred thousand cases (20 ms of the database). Instead each web
process counts once by shop and kind, and every desk, chip and rail adds up what its reader may see. Nobody misses what they
did themselves: who has acted since the last pass is given a new one (see exceptions.middleware).
"""

import threading
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from decimal import Decimal
from typing import NamedTuple

from django.core.cache import caches
from django.db.models import Count, Exists, OuterRef, Q, Sum
from django.utils import timezone

from exceptions.deadlines.kinds import Level
from exceptions.desk.workflow import State
from exceptions.models import Case, Incident
from merchants.access import Member, reach

# How old numbers may be. A pass over 100,000 cases takes 60 ms: every 5 s that is 1.2 % of a core a web process.
SECONDS = timedelta(seconds=5)
DUE_SOON = timedelta(hours=2)


class Numbers(NamedTuple):
    """Of open cases, but for `snoozed`."""

    all: int = 0
    due2h: int = 0
    today: int = 0
    broken: int = 0
    grave: int = 0
    unassigned: int = 0
    snoozed: int = 0
    at_stake: Decimal = Decimal(0)


NONE = Numbers()
# As plain tuples: they are unpickled for every page.
Row = tuple[int | Decimal, ...]


@dataclass(frozen=True, slots=True)
class _Tally:
    """The numbers of one merchant as they were at an instant: of all shops, and by shop; by shop and kind kept apart."""

    at: datetime
    whole: Row
    shops: Mapping[int, Row]


_counting = threading.Lock()


def numbers(
    merchant_id: int, shops: Collection[int], kinds: Collection[str], now: datetime, since: datetime | None = None
) -> Numbers:
    """The numbers of these shops, and of these kinds alone where any are named: at most SECONDS old, taken at `since` or later.

    No query, or one where none such are kept.
    """
    key = f"tally:{merchant_id}:{end_of_day(now):%Y%m%d%z}"
    found = _kept(key, now, since)
    if found is None:
        # Of the threads that find them old one counts, and the others wait for it.
        with _counting:
            found = _kept(key, now, since) or _count(key, merchant_id, now)
    if kinds:
        by_kind: Mapping[tuple[int, str], Row] | None = caches["local"].get(f"{key}:kinds")
        if by_kind is None:
            # A full cache drops any entry: numbers that are gone are no zeros.
            _count(key, merchant_id, now)
            by_kind = caches["local"].get(f"{key}:kinds") or {}
        return _sum(row for (shop, kind), row in by_kind.items() if kind in kinds and shop in shops)
    if len(shops) >= len(found.shops) and found.shops.keys() <= set(shops):
        return Numbers(*found.whole)  # type: ignore[arg-type]
    return _sum(found.shops[shop] for shop in shops if shop in found.shops)


@dataclass(frozen=True, slots=True)
class Waiting:
    """What the rail names of a member's cases."""

    all: int
    due2h: int
    broken: int
    grave: int
    unassigned: int
    mine: int
    snoozed: int
    # Open ones with an unresolved case of theirs.
    incidents: int


def waiting(member: Member, now: datetime, since: datetime | None = None) -> Waiting:
    """A few seconds old, but taken after `since`. Three queries at most."""
    found = numbers(member.merchant.pk, set(member.shop_ids), (), now, since)
    mine, incidents = _own(member, now, since)
    return Waiting(found.all, found.due2h, found.broken, found.grave, found.unassigned, mine, found.snoozed, incidents)


def _own(member: Member, now: datetime, since: datetime | None) -> tuple[int, int]:
    key = f"mine:{member.merchant.pk}:{member.user.pk}"
    kept: tuple[datetime, int, int] | None = caches["local"].get(key)
    if kept is None or not _fresh(kept[0], now, since):
        mine = reach(member, Case.objects.filter(state=State.OPEN.value, assignee=member.user)).count()
        children = reach(member, Case.objects.filter(incident=OuterRef("pk")).exclude(state=State.RESOLVED.value))
        incidents = Incident.objects.filter(Exists(children), merchant=member.merchant, closed_at=None).count()
        kept = (now, mine, incidents)
        caches["local"].set(key, kept, SECONDS.seconds)
    return kept[1], kept[2]


def _sum(rows: Iterable[Row]) -> Numbers:
    return Numbers(*(sum(column) for column in zip(NONE, *rows, strict=True)))


def _kept(key: str, now: datetime, since: datetime | None) -> _Tally | None:
    found: _Tally | None = caches["local"].get(key)
    return found if found is not None and _fresh(found.at, now, since) else None


def _fresh(at: datetime, now: datetime, since: datetime | None) -> bool:
    # Numbers of a later instant are no good either: the clock was put back.
    return at <= now < at + SECONDS and (since is None or since <= at)


def _count(key: str, merchant_id: int, now: datetime) -> _Tally:
    open_, soon = Q(state=State.OPEN.value), Q(state=State.OPEN.value, level=Level.SOON.value)
    counted = (
        Case.objects.filter(merchant=merchant_id)
        .exclude(state=State.RESOLVED.value)
        .values("shop", "kind")
        .annotate(
            n_all=Count("pk", filter=open_),
            n_due2h=Count("pk", filter=soon & Q(due_at__lte=now + DUE_SOON)),
            n_today=Count("pk", filter=soon & Q(due_at__lte=end_of_day(now))),
            n_broken=Count("pk", filter=open_ & Q(level__gte=Level.BROKEN.value)),
            n_grave=Count("pk", filter=open_ & Q(level=Level.GRAVE.value)),
            n_unassigned=Count("pk", filter=open_ & Q(assignee=None)),
            n_snoozed=Count("pk", filter=~open_),
            n_at_stake=Sum("at_stake", filter=open_, default=Decimal(0)),
        )
        .values_list("shop", "kind", *(f"n_{name}" for name in Numbers._fields))
    )
    by_kind: dict[tuple[int, str], Row] = {(shop, kind): tuple(row) for shop, kind, *row in counted}
    by_shop: dict[int, list[Row]] = {}
    for (shop, _), row in by_kind.items():
        by_shop.setdefault(shop, []).append(row)
    shops: dict[int, Row] = {shop: tuple(_sum(rows)) for shop, rows in by_shop.items()}
    whole: Row = tuple(_sum(shops.values()))
    found = _Tally(now, whole, shops)
    caches["local"].set(f"{key}:kinds", by_kind, 2 * SECONDS.seconds)
    caches["local"].set(key, found, SECONDS.seconds)
    return found


def end_of_day(now: datetime) -> datetime:
    """The last instant of today in the reader's zone (the current time zone)."""
    local = timezone.localtime(now)
    return datetime.combine(local.date() + timedelta(days=1), time.min, local.tzinfo)
