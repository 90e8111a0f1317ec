"""What broken limits cost and what can still be saved, by shop and day. Reads only.

A day is the day of the shop's time zone on which a limit is due. Every limit counts with what it adds to what its order
owed before it (exceptions.deadlines.penalties.owed), so that clocks of one stack are paid once however many cases they
make, and money adds up over days and kinds.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, TypeVar

from django.core.cache import caches
from django.db import connection
from django.utils import timezone

from exceptions.deadlines.kinds import Kind
from exceptions.deadlines.shoplimits import Reach, Standing, by_kind, limits_of, standing, told
from exceptions.deadlines.terms import SHOP_DAY, Limit, Term
from exceptions.desk.settle import stacked
from exceptions.policies import Books
from exceptions.timeline import term_name
from merchants.access import Member
from merchants.models import Shop

T = TypeVar("T")

PAST, AHEAD = timedelta(days=30), timedelta(days=3)
USUAL = timedelta(days=7)
# Limits of one order that share a stack lie no further apart than this: the longest promise is 15 days (DY-SHIP-LADDER).
STACKS_SPAN = timedelta(days=15)
# Money is half a minute old at most; how many orders are due on a day hardly changes, and takes reading every clock.
MONEY_SECONDS, DUE_SECONDS = 30, 600

ASKED = """
asked as (
    select * from unnest(%(shops)s::bigint[], %(zones)s::text[], %(starts)s::timestamptz[], %(ends)s::timestamptz[])
    as a(shop_id, zone, starts_at, ends_at)
), once as (
    select * from unnest(%(once_shops)s::bigint[], %(once_terms)s::text[]) as a(shop_id, term)
)"""

# Two branches, an index each: what broke (clock_broken), and what still runs and is due soon (clock_wake: a running
# clock wakes at or before it is due). A limit that is paid once a shop and day has the day for its payer.
MONEY = f"""
with {ASKED}, found as (
    select id, order_id, term, kind, due_at, penalty, stack, cap, true as broken
    from exceptions_clock where level >= 2 and due_at >= %(look_back)s and due_at < %(last)s
    union all
    select id, order_id, term, kind, due_at, penalty, stack, cap, false
    from exceptions_clock where level < 2 and stopped_at is null and wake_at < %(last)s and due_at < %(last)s
), told as (
    select a.shop_id, (c.due_at at time zone a.zone)::date as day, c.due_at >= a.starts_at as asked, c.*,
           case when w.term is null then c.order_id else (c.due_at at time zone a.zone)::date - date '9999-12-31' end as payer,
           case when w.term is null then c.stack else c.term end as pot
    from found c
    join orders_order o on o.id = c.order_id
    join asked a on a.shop_id = o.shop_id and c.due_at < a.ends_at
    left join once w on w.shop_id = o.shop_id and w.term = c.term
), reached as (
    select *, {stacked("pot", "over until_here")} as total
    from told window until_here as (partition by shop_id, payer, pot order by due_at, id rows unbounded preceding)
), added as (
    select *, total - lag(total, 1, 0.00) over (partition by shop_id, payer, pot order by due_at, id) as money
    from reached
)
select shop_id, day, kind, term, count(distinct order_id) filter (where broken),
       coalesce(sum(money) filter (where broken), 0), count(distinct order_id) filter (where not broken),
       coalesce(sum(money) filter (where not broken), 0)
from added where asked
group by grouping sets ((shop_id), (shop_id, day), (shop_id, kind), (shop_id, day, kind), (shop_id, day, term))
"""

# Orders with a limit due on a day, kept or not.
DUE = f"""
with {ASKED}, due as (
    select distinct a.shop_id, (c.due_at at time zone a.zone)::date as day, c.kind, c.order_id
    from exceptions_clock c
    join orders_order o on o.id = c.order_id
    join asked a on a.shop_id = o.shop_id and c.due_at >= a.starts_at and c.due_at < a.ends_at
    where c.due_at >= %(first)s and c.due_at < %(last)s
)
select shop_id, day, kind, count(distinct order_id)
from due
group by grouping sets ((shop_id), (shop_id, day), (shop_id, kind), (shop_id, day, kind))
"""


@dataclass(frozen=True, slots=True)
class Figures:
    """Orders that broke a limit, of those with one due; money owed for it; and what still runs."""

    due: int = 0
    broken: int = 0
    owed: Decimal = Decimal(0)
    running: int = 0
    savable: Decimal = Decimal(0)

    @property
    def rate(self) -> float | None:
        """Percent of the orders due that broke; None where none was due."""
        return round(100 * self.broken / self.due, 1) if self.due else None

    @property
    def nothing(self) -> bool:
        return not (self.due or self.broken or self.running)


@dataclass(frozen=True, slots=True)
class KindFigures:
    kind: Kind
    figures: Figures


@dataclass(frozen=True, slots=True)
class ShopStanding:
    """Where a shop stands on one day with what its platform does to shops."""

    shop: Shop
    day: date
    term: Term
    standing: Standing

    @property
    def name(self) -> str:
        """The rule, or where all of a kind count its kind, in the reader's language."""
        return str(self.term.kind.label) if by_kind(self.term) and self.term.kind else term_name(self.term)

    @property
    def sentence(self) -> str:
        return told(self.standing)


@dataclass(frozen=True, slots=True)
class ShopDay:
    day: date
    figures: Figures
    kinds: list[KindFigures]
    # Shop limits reached on that day.
    reached: list[ShopStanding]


@dataclass(frozen=True, slots=True)
class ShopExposure:
    shop: Shop
    total: Figures
    kinds: list[KindFigures]
    # Newest first; days on which nothing was due are left out.
    days: list[ShopDay]
    # Today's.
    limits: list[ShopStanding]

    @property
    def most(self) -> Decimal:
        """The dearest day, for bars."""
        return max((day.figures.owed + day.figures.savable for day in self.days), default=Decimal(0))


@dataclass(frozen=True, slots=True)
class Span:
    """Days, both inclusive."""

    since: date
    until: date


@dataclass(frozen=True, slots=True)
class Totals:
    """The sums over shops of one currency."""

    currency: str
    figures: Figures


@dataclass(frozen=True, slots=True)
class Exposure:
    span: Span
    shops: list[ShopExposure]
    totals: list[Totals] = field(default_factory=list)


# (shop, day, kind); None = over all of them.
Place = tuple[int, date | None, str | None]


@dataclass(frozen=True, slots=True)
class _Read:
    figures: dict[Place, Figures]
    # Orders that broke a rule, by shop, day and the rule's code.
    terms: dict[tuple[int, date, str], int]


def span(since: date | None, until: date | None, today: date) -> Span:
    """The days asked for, within the past 30 and the next 3; without any: the past week and the next 3."""
    first, last = today - PAST, today + AHEAD
    until = min(max(until or last, first), last)
    return Span(min(max(since or today - USUAL, first), until), until)


def exposure(member: Member, shops: list[Shop], asked: Span, now: datetime) -> Exposure:
    """What the limits of these shops of the member's cost and may still cost; two queries, and one for their rules."""
    mine = [shop for shop in shops if shop.pk in member.shop_ids]
    books = Books.of_shops(mine)
    terms = {shop.pk: books.of(shop.pk, now).terms for shop in mine}
    read = _read(member, mine, terms, asked)
    lines = [_of_shop(shop, terms[shop.pk], read, now) for shop in mine]
    return Exposure(asked, lines, _totals(lines))


def near_limits(member: Member, now: datetime) -> list[ShopStanding]:
    """The shop limits near or reached today; one query, and two more where a platform of the member's names any."""
    shops = list(member.shops)
    books = Books.of_shops(shops)
    terms = {shop.pk: books.of(shop.pk, now).terms for shop in shops}
    named = [shop for shop in shops if any(limit for term in terms[shop.pk] for limit in limits_of(term))]
    if not named:
        return []
    days = [timezone.localdate(now, shop.zone) for shop in named]
    read = _read(member, named, terms, Span(min(days), max(days)))
    standings = [stand for shop in named for stand in _standings(shop, terms[shop.pk], read, _today(shop, now))]
    return [stand for stand in standings if stand.standing.reach in (Reach.NEAR, Reach.REACHED)]


def _today(shop: Shop, now: datetime) -> date:
    return timezone.localdate(now, shop.zone)


def _read(member: Member, shops: list[Shop], terms: dict[int, tuple[Term, ...]], asked: Span) -> _Read:
    starts = [datetime.combine(asked.since, time.min, shop.zone) for shop in shops]
    ends = [datetime.combine(asked.until + timedelta(days=1), time.min, shop.zone) for shop in shops]
    if not shops:
        return _Read({}, {})
    once = [(shop.pk, term.code) for shop in shops for term in terms[shop.pk] if term.level == SHOP_DAY]
    values = {
        "shops": [shop.pk for shop in shops],
        "zones": [shop.timezone for shop in shops],
        "starts": starts,
        "ends": ends,
        "first": min(starts),
        "last": max(ends),
        "look_back": min(starts) - STACKS_SPAN,
        "once_shops": [pk for pk, _ in once],
        "once_terms": [code for _, code in once],
    }
    key = f"exposure:{member.merchant.pk}:{asked.since}:{asked.until}:{','.join(str(shop.pk) for shop in shops)}"
    money = _cached(f"{key}:money", MONEY_SECONDS, lambda: _rows(MONEY, values))
    due = _cached(f"{key}:due", DUE_SECONDS, lambda: _rows(DUE, values))
    return _assembled(money, due)


def _rows(statement: str, values: dict[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return list(cursor.fetchall())


def _cached(key: str, seconds: int, read: Callable[[], T]) -> T:
    found = caches["local"].get(key)
    if found is None:
        found = read()
        caches["local"].set(key, found, seconds)
    return found


def _assembled(money: Iterable[tuple[Any, ...]], due: Iterable[tuple[Any, ...]]) -> _Read:
    all_due: dict[Place, int] = {(shop, day, kind): n for shop, day, kind, n in due}
    figures: dict[Place, Figures] = {place: Figures(due=n) for place, n in all_due.items()}
    terms: dict[tuple[int, date, str], int] = {}
    for shop, day, kind, term, broken, owed, running, savable in money:
        if term is not None:
            terms[shop, day, term] = broken
        else:
            # A limit that came up since the days were counted.
            n = max(all_due.get((shop, day, kind), 0), broken)
            figures[shop, day, kind] = Figures(n, broken, owed, running, savable)
    return _Read(figures, terms)


def _of_shop(shop: Shop, terms: tuple[Term, ...], read: _Read, now: datetime) -> ShopExposure:
    days = sorted({day for pk, day, _ in read.figures if pk == shop.pk and day}, reverse=True)
    return ShopExposure(
        shop=shop,
        total=read.figures.get((shop.pk, None, None), Figures()),
        kinds=_kinds(shop, None, read),
        days=[
            ShopDay(
                day=day,
                figures=read.figures.get((shop.pk, day, None), Figures()),
                kinds=_kinds(shop, day, read),
                reached=[
                    stand for stand in _standings(shop, terms, read, day) if stand.standing.reach is Reach.REACHED
                ],
            )
            for day in days
        ],
        limits=_standings(shop, terms, read, _today(shop, now)),
    )


def _kinds(shop: Shop, day: date | None, read: _Read) -> list[KindFigures]:
    """The kinds with something due, the dearest first."""
    found = [(kind, read.figures.get((shop.pk, day, kind.value), Figures())) for kind in Kind]
    lines = [KindFigures(kind, figures) for kind, figures in found if not figures.nothing]
    return sorted(lines, key=lambda one: -(one.figures.owed + one.figures.savable))


def _standings(shop: Shop, terms: tuple[Term, ...], read: _Read, day: date) -> list[ShopStanding]:
    found: dict[tuple[str, Limit | None], ShopStanding] = {}
    for term in terms:
        if term.kind is None:
            continue
        figures = read.figures.get((shop.pk, day, term.kind.value), Figures())
        broken = figures.broken if by_kind(term) else read.terms.get((shop.pk, day, term.code), 0)
        for limit in limits_of(term):
            # All terms of a kind that count by it stand alike: told once.
            named = term.kind.value if by_kind(term) else term.code
            found.setdefault((named, limit), ShopStanding(shop, day, term, standing(limit, broken, figures.due)))
    return list(found.values())


def _totals(shops: list[ShopExposure]) -> list[Totals]:
    currencies = dict.fromkeys(line.shop.currency for line in shops)
    return [Totals(name, _sum(line.total for line in shops if line.shop.currency == name)) for name in currencies]


def _sum(figures: Iterable[Figures]) -> Figures:
    each = list(figures)
    return Figures(
        due=sum(one.due for one in each),
        broken=sum(one.broken for one in each),
        owed=sum((one.owed for one in each), Decimal(0)),
        running=sum(one.running for one in each),
        savable=sum((one.savable for one in each), Decimal(0)),
    )
