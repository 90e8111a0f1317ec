"""The figures of the start page: what breaks next, where, what it costs, and how old the data is. Reads only."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from typing import Any, TypeVar

from django.core.cache import caches
from django.db import connection
from django.db.models import Count, F, Q, QuerySet, Sum
from django.db.models.functions import TruncHour
from django.utils import timezone

from exceptions import blindspots
from exceptions.deadlines.kinds import Kind, Level
from exceptions.desk.workflow import State
from exceptions.models import Case, Clock
from merchants.access import Member, scoped
from merchants.models import Shop
from shipments import cadence
from shipments.models import Carrier, CarrierAccount
from shipments.pushed import Pushed, pushed
from shipments.standing import Standing, lags, standing
from shipments.status import Stage

T = TypeVar("T")

HOURS = 24
SHOP_FIGURES = ("open", "due2h", "broken", "grave", "at_stake")
# Figures over all clocks of a merchant scan a large table: half a minute old is fresh enough for a chart.
SLOW_SECONDS = 30


@dataclass(frozen=True, slots=True)
class Hour:
    """One hour of the horizon: limits that break in it, cases that become serious in it, limits still calm."""

    starts_at: datetime
    soon: int
    grave: int
    calm: int


@dataclass(frozen=True, slots=True)
class Cell:
    kind: Kind
    count: int
    tone: str


@dataclass(frozen=True, slots=True)
class MatrixRow:
    # None = no parcel yet.
    carrier: Carrier | None
    name: str
    cells: list[Cell]


@dataclass(frozen=True, slots=True)
class ShopLine:
    shop: Shop
    open: int
    due2h: int
    broken: int
    grave: int
    at_stake: Decimal


@dataclass(frozen=True, slots=True)
class Kept:
    """Limits that were due on a day, and how many of them were kept; without those of orders that cannot be judged."""

    due: int
    kept: int

    @property
    def percent(self) -> float | None:
        return round(100 * self.kept / self.due, 1) if self.due else None


@dataclass(frozen=True, slots=True)
class Age:
    """How long ago parcels under way were last asked about, how many they are, and how old their data may be."""

    p50: timedelta
    p95: timedelta
    count: int
    goal: timedelta

    @property
    def kept(self) -> bool:
        return self.p95 <= self.goal


@dataclass(frozen=True, slots=True)
class Ages:
    """Of the parcels near a deadline, and of all others; None where there are none."""

    near: Age | None = None
    others: Age | None = None

    @property
    def count(self) -> int:
        return sum(age.count for age in (self.near, self.others) if age)


def _open_cases(member: Member) -> QuerySet[Case]:
    return scoped(member, Case.objects.filter(merchant=member.merchant, state=State.OPEN.value))


def horizon(member: Member, now: datetime) -> list[Hour]:
    """The next 24 hours, hour by hour. Three queries; the one over calm limits is up to 30 s old."""
    first = now.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    until = first + timedelta(hours=HOURS)
    cases = _open_cases(member)
    soon = _by_hour(cases.filter(level=Level.SOON.value), "due_at", now, until)
    grave = _by_hour(cases.filter(level=Level.BROKEN.value), "grave_at", now, until)
    calm = _slow(member, f"calm:{first:%d%H}", lambda: _calm(member, now, until))
    hours = [first + timedelta(hours=n) for n in range(HOURS)]
    return [Hour(at, soon.get(at, 0), grave.get(at, 0), calm.get(at, 0)) for at in hours]


def _calm(member: Member, now: datetime, until: datetime) -> dict[datetime, int]:
    clocks = scoped(member, Clock.objects.filter(level=Level.CALM.value, stopped_at=None), via="order__shop")
    return _by_hour(clocks, "due_at", now, until)


def _by_hour(rows: QuerySet[Any], column: str, now: datetime, until: datetime) -> dict[datetime, int]:
    window = rows.filter(**{f"{column}__gt": now, f"{column}__lt": until})
    counted = window.annotate(hour=TruncHour(column, tzinfo=UTC)).values_list("hour").annotate(n=Count("pk"))
    return dict(counted.order_by())


def _slow(member: Member, name: str, read: Callable[[], T]) -> T:
    key = f"board:{member.merchant.pk}:{member.user.pk}:{name}"
    found = caches["local"].get(key)
    if found is None:
        found = read()
        caches["local"].set(key, found, SLOW_SECONDS)
    return found


def matrix(member: Member) -> list[MatrixRow]:
    """Open cases by carrier and kind, the busiest carrier first, of the kinds there are. Two queries."""
    counted = _open_cases(member).values_list("waybill__carrier", "kind", "level").annotate(n=Count("pk")).order_by()
    cells: dict[int | None, dict[str, dict[int, int]]] = {}
    for carrier, kind, level, n in counted:
        levels = cells.setdefault(carrier, {}).setdefault(kind, {})
        levels[level] = levels.get(level, 0) + n
    names = Carrier.objects.in_bulk([pk for pk in cells if pk is not None])
    told = [kind for kind in Kind if any(kind.value in kinds for kinds in cells.values())]
    rows = [
        MatrixRow(
            carrier=names.get(pk) if pk else None,
            name=names[pk].name if pk else "",
            cells=[_cell(kind, kinds.get(kind.value, {})) for kind in told],
        )
        for pk, kinds in cells.items()
    ]
    return sorted(rows, key=lambda row: (row.carrier is None, -sum(cell.count for cell in row.cells)))


def _cell(kind: Kind, levels: dict[int, int]) -> Cell:
    """A cell has the tone of the worst level that at least a quarter of its cases have reached."""
    count = sum(levels.values())
    reached, tone = 0, "calm"
    for level in sorted(levels, reverse=True):
        reached += levels[level]
        if reached * 4 >= count:
            tone = Level(level).tone
            break
    return Cell(kind, count, tone)


def by_shop(member: Member, now: datetime) -> list[ShopLine]:
    """Every shop of the member with its open cases, the dearest first. One query."""
    due2h = Q(level=Level.SOON.value, due_at__lte=now + timedelta(hours=2))
    counted = (
        _open_cases(member)
        .values("shop")
        .annotate(
            open=Count("pk"),
            due2h=Count("pk", filter=due2h),
            broken=Count("pk", filter=Q(level__gte=Level.BROKEN.value)),
            grave=Count("pk", filter=Q(level=Level.GRAVE.value)),
            at_stake=Sum("at_stake"),
        )
    )
    found: dict[int, dict[str, Any]] = {row["shop"]: dict(row) for row in counted.order_by()}
    nothing: dict[str, Any] = dict.fromkeys(SHOP_FIGURES, 0) | {"at_stake": Decimal(0)}
    figures = {shop: found.get(shop.pk, nothing) for shop in member.shops}
    lines = [ShopLine(shop, **{name: row[name] for name in SHOP_FIGURES}) for shop, row in figures.items()]
    return sorted(lines, key=lambda line: -line.at_stake)


def kept_yesterday(member: Member, now: datetime) -> Kept:
    """Limits due on the day before today (of the first shop's zone) and how many were kept; up to 30 s old."""
    zone = member.zone
    today = datetime.combine(timezone.localdate(now, zone), time.min, zone)
    return _slow(member, f"kept:{today:%m%d}", lambda: _kept(member, today - timedelta(days=1), today))


def _kept(member: Member, start: datetime, end: datetime) -> Kept:
    due = scoped(member, Clock.objects.filter(due_at__gte=start, due_at__lt=end), via="order__shop")
    due = due.exclude(blindspots.blind_orders("order"))
    return Kept(**due.aggregate(due=Count("pk"), kept=Count("pk", filter=Q(stopped_at__lte=F("due_at")))))


def blind(member: Member) -> blindspots.Counts:
    """How many orders cannot be judged, and why; up to 30 s old. Two queries."""
    return _slow(member, "blind", lambda: blindspots.counts(member))


AGES = """
select near, percentile_cont(0.5) within group (order by age), percentile_cont(0.95) within group (order by age), count(*)
from (select coalesce(deadline_at <= %(soon)s, false) as near, %(now)s - coalesce(polled_at, created_at) as age
      from shipments_waybill w
      where merchant_id = %(merchant)s and poll_at is not null and stage <> %(arrived)s and (%(every_shop)s or exists (
          select 1 from shipments_parcel p join orders_dispatch d on d.id = p.dispatch_id
          join orders_order o on o.id = d.order_id
          where p.waybill_id = w.id and o.shop_id = any(%(shops)s)))) active
group by near
"""


def data_age(member: Member, now: datetime) -> Ages:
    """How old the tracking data of the parcels under way in the member's shops is; up to 30 s old itself."""
    return _slow(member, "ages", lambda: _ages(member, now))


def _ages(member: Member, now: datetime) -> Ages:
    values: dict[str, Any] = {"merchant": member.merchant.pk, "every_shop": member.every_shop, "shops": member.shop_ids}
    values |= {"now": now, "soon": now + cadence.NEAR, "arrived": Stage.DELIVERED.value}
    with connection.cursor() as cursor:
        cursor.execute(AGES, values)
        rows = cursor.fetchall()
    goals = {True: cadence.NEAR_GOAL, False: cadence.FAR_GOAL}
    ages = {near: Age(p50, p95, count, goals[near]) for near, p50, p95, count in rows}
    return Ages(ages.get(True), ages.get(False))


def pushes(member: Member, now: datetime) -> list[Pushed]:
    """What came in by push to each of the merchant's accounts; up to half a minute old. One query."""
    return _slow(member, "pushes", lambda: pushed(member.merchant.pk, now))


def accounts(member: Member, now: datetime) -> list[Standing]:
    """The merchant's tracking accounts and how they fare, without their credentials. One query."""
    mine = CarrierAccount.objects.filter(merchant=member.merchant).defer("credentials").order_by("name", "pk")
    return [standing(account, now) for account in mine]


def accounts_with_lag(member: Member, now: datetime) -> list[Standing]:
    """The same, with how long after a scan each tells us of it; that figure is up to 30 s old."""
    told = accounts(member, now)
    found = _slow(member, "lags", lambda: lags([one.account.pk for one in told], now))
    return [replace(one, lag=found.get(one.account.pk)) for one in told]
