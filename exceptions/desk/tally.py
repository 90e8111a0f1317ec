"""How many cases wait where: one pass over what a merchant has not resolved, shared for seconds by all who look.

Fifty desks that ask every few seconds would each count a hundred thousand cases (110 ms of the database). Instead each web
process counts once by shop and kind, and once by shop and carrier where somebody asks for one; every desk, chip and rail adds
up what its reader may see. Nobody misses what they did themselves: who has acted since the last pass is given a new one (see
exceptions.middleware).
"""

import threading
import time
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from datetime import time as wall_time
from decimal import Decimal
from typing import Literal, NamedTuple

from django.core.cache import caches
from django.db.models import Count, Exists, OuterRef, Q, Sum
from django.utils import timezone

from exceptions.deadlines.kinds import Level
from exceptions.desk.workflow import State
from exceptions.models import Case, Incident
from merchants.access import Member, reach

# How old numbers may be; older where a pass takes long (110 ms for 100,000 cases), which is to be 1 % of a web process's time.
SECONDS = timedelta(seconds=5)
SHARE = 100
# So long they serve while one thread counts anew; later the others wait for it.
GRACE = timedelta(seconds=30)
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


# What the numbers of a shop are told apart by: two passes, each made when it is asked for.
Parts = Literal["kind", "carrier"]


@dataclass(frozen=True, slots=True)
class _Tally:
    """The numbers of one merchant as they were at an instant: of all shops, and by shop; by shop and part kept apart."""

    at: datetime
    # When they are too old.
    until: datetime
    whole: Row
    shops: Mapping[int, Row]


_counting = threading.Lock()


def numbers(
    merchant_id: int,
    shops: Collection[int],
    now: datetime,
    since: datetime | None = None,
    by: Parts = "kind",
    among: Collection[str | int] = (),
) -> Numbers:
    """The numbers of these shops, and where any are named of these kinds or carriers alone (`by`, `among`).

    A few seconds old (SECONDS, SHARE), taken at `since` or later. No query, or one where none such are kept.
    """
    key = f"tally:{merchant_id}:{by}:{end_of_day(now):%Y%m%d%z}"
    found = _kept(key, now, since) or _counted(key, merchant_id, by, now, since)
    if among:
        parts: Mapping[tuple[int, str | int], Row] | None = caches["local"].get(f"{key}:parts")
        if parts is None:
            # A full cache drops any entry: numbers that are gone are no zeros.
            _count(key, merchant_id, by, now)
            parts = caches["local"].get(f"{key}:parts") or {}
        return _sum(row for (shop, part), row in parts.items() if part in among and shop in shops)
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
    found = numbers(member.merchant.pk, set(member.shop_ids), now, since)
    mine, incidents = _own(member, now, since)
    return Waiting(found.all, found.due2h, found.broken, found.grave, found.unassigned, mine, found.snoozed, incidents)


def _own(member: Member, now: datetime, since: datetime | None) -> tuple[int, int]:
    key = f"mine:{member.merchant.pk}:{member.user.pk}"
    kept: tuple[datetime, int, int] | None = caches["local"].get(key)
    if kept is None or not _fresh(kept[0], kept[0] + SECONDS, now, since):
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
    return found if found is not None and _fresh(found.at, found.until, now, since) else None


def _fresh(at: datetime, until: datetime, now: datetime, since: datetime | None) -> bool:
    # Numbers of a later instant are no good either: the clock was put back.
    return at <= now < until and (since is None or since <= at)


def _counted(key: str, merchant_id: int, by: Parts, now: datetime, since: datetime | None) -> _Tally:
    """Of the threads that find them old one counts; the others are told the old ones, or wait where these will not do."""
    old: _Tally | None = caches["local"].get(key)
    if old is not None and _counting.locked() and _fresh(old.at, old.until + GRACE, now, since):
        return old
    with _counting:
        return _kept(key, now, since) or _count(key, merchant_id, by, now)


def _count(key: str, merchant_id: int, by: Parts, now: datetime) -> _Tally:
    began = time.monotonic()
    open_, soon = Q(state=State.OPEN.value), Q(state=State.OPEN.value, level=Level.SOON.value)
    counted = (
        Case.objects.filter(merchant=merchant_id)
        .exclude(state=State.RESOLVED.value)
        .values("shop", by)
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
        .values_list("shop", by, *(f"n_{name}" for name in Numbers._fields))
    )
    parts: dict[tuple[int, str | int], Row] = {(shop, part): tuple(row) for shop, part, *row in counted}
    by_shop: dict[int, list[Row]] = {}
    for (shop, _), row in parts.items():
        by_shop.setdefault(shop, []).append(row)
    shops: dict[int, Row] = {shop: tuple(_sum(rows)) for shop, rows in by_shop.items()}
    whole: Row = tuple(_sum(shops.values()))
    until = now + max(SECONDS, timedelta(seconds=SHARE * (time.monotonic() - began)))
    found = _Tally(now, until, whole, shops)
    kept_for = (until + GRACE - now).total_seconds()
    caches["local"].set(f"{key}:parts", parts, kept_for)
    caches["local"].set(key, found, kept_for)
    return found


def end_of_day(now: datetime) -> datetime:
    """The last instant of today in the reader's zone (the current time zone)."""
    local = timezone.localtime(now)
    return datetime.combine(local.date() + timedelta(days=1), wall_time.min, local.tzinfo)
