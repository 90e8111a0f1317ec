"""What broken limits cost and what can still be saved, by shop and day. Reads only.

A day is the day of the shop's time zone on which a limit is due; an order counts on every day it has one. A limit's money
is what it adds to what its order owed before it (exceptions.deadlines.penalties.owed), so that clocks of one stack are
paid once however many cases they make, and money adds up over days and kinds.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.core.cache import caches
from django.db import connection
from django.utils import timezone

from exceptions.deadlines.kinds import Kind
from exceptions.deadlines.rulebook import start_of
from exceptions.deadlines.shoplimits import Reach, Standing, by_kind, limits_of, standing, told
from exceptions.deadlines.terms import SHOP_DAY, Limit, Term
from exceptions.desk.settle import stacked
from exceptions.policies import Books
from exceptions.timeline import term_name
from merchants.access import Member
from merchants.models import Shop

PAST, AHEAD = timedelta(days=30), timedelta(days=3)
USUAL = timedelta(days=7)
# Limits of one order that share a stack lie no further apart than this: the longest promise is 15 days (DY-SHIP-LADDER).
STACKS_SPAN = timedelta(days=15)
# Money is half a minute old at most. How many orders are due on a day takes reading every clock of that day, and
# hardly changes once the day is over.
MONEY_SECONDS, DUE_SECONDS, PAST_DUE_SECONDS = 30, 600, 6 * 3600
SETTLED = timedelta(days=2)

# Instants (first, last) are those of all shops' zones together; days choose exactly.
ASKED = """
asked as (
    select * from unnest(%(shops)s::bigint[], %(zones)s::text[]) as a(shop_id, zone)
), once as (
    select * from unnest(%(once_shops)s::bigint[], %(once_terms)s::text[]) as a(shop_id, term)
)"""

# Two branches, an index each: what broke (clock_broken), and what still runs and is due soon (clock_wake: a running
# clock wakes at or before it is due). A limit that is paid once a shop and day has the day for its payer.
MONEY = f"""
with {ASKED}, found as (
    select id, order_id, term collate "C", kind collate "C", due_at, penalty, stack collate "C", cap, true as broken
    from exceptions_clock where level >= 2 and due_at >= %(look_back)s and due_at < %(last)s
    union all
    select id, order_id, term collate "C", kind collate "C", due_at, penalty, stack collate "C", cap, false
    from exceptions_clock where level < 2 and stopped_at is null and wake_at < %(last)s and due_at < %(last)s
), told as (
    select a.shop_id, (c.due_at at time zone a.zone)::date as day, c.*,
           case when w.term is null then c.order_id else (c.due_at at time zone a.zone)::date - date '9999-12-31' end as payer,
           case when w.term is null then c.stack else c.term end as pot
    from found c
    join orders_order o on o.id = c.order_id
    join asked a on a.shop_id = o.shop_id
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
from added where day between %(since)s and %(until)s
group by grouping sets ((shop_id, day), (shop_id, day, kind), (shop_id, day, term))
"""

# Orders that broke a limit on some days, without the money: the overview asks every half minute.
BROKEN = f"""
with {ASKED}
select a.shop_id, (c.due_at at time zone a.zone)::date as day, c.kind, c.term, count(distinct c.order_id), 0.00, 0, 0.00
from exceptions_clock c
join orders_order o on o.id = c.order_id
join asked a on a.shop_id = o.shop_id
where c.level >= 2 and c.due_at >= %(first)s and c.due_at < %(last)s
group by grouping sets ((1, 2, c.kind), (1, 2, c.term))
"""

# Orders with a limit due on a day, kept or not, and those of each kind. A bit for each kind: one pass and one hash of
# orders and days count them all, where counting distinct orders would sort every clock of a month several times. The
# days are not filtered here: the planner would reckon each clock's day once more for it.
BITS = {kind: 1 << n for n, kind in enumerate(Kind)}
DUE = f"""
with {ASKED}, due as (
    select a.shop_id, (c.due_at at time zone a.zone)::date as day, c.order_id,
           bit_or(case c.kind {" ".join(f"when '{kind}' then {bit}" for kind, bit in BITS.items())} else 0 end) as kinds
    from exceptions_clock c
    join orders_order o on o.id = c.order_id
    join asked a on a.shop_id = o.shop_id
    where c.due_at >= %(first)s and c.due_at < %(last)s
    group by 1, 2, 3
)
select shop_id, day, count(*), {", ".join(f"count(*) filter (where kinds & {bit} > 0)" for bit in BITS.values())}
from due group by shop_id, day
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


# (shop, day, kind); None = all kinds, each order once.
Place = tuple[int, date, Kind | None]


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
    """What the limits of these shops of the member's cost and may still cost; at most two queries, and one for their rules."""
    mine = [shop for shop in shops if shop.pk in member.shop_ids]
    terms = _terms(mine, now)
    read = _read(mine, terms, asked, now)
    lines = [_of_shop(shop, terms[shop.pk], read, now) for shop in mine]
    return Exposure(asked, lines, _totals(lines))


def near_limits(member: Member, now: datetime) -> list[ShopStanding]:
    """The shop limits near or reached today; one query, and two more where a platform of the member's names any."""
    shops = list(member.shops)
    terms = _terms(shops, now)
    named = [shop for shop in shops if any(limit for term in terms[shop.pk] for limit in limits_of(term))]
    if not named:
        return []
    days = [_today(shop, now) for shop in named]
    read = _read(named, terms, Span(min(days), max(days)), now, BROKEN)
    standings = [stand for shop in named for stand in _standings(shop, terms[shop.pk], read, _today(shop, now))]
    return [stand for stand in standings if stand.standing.reach in (Reach.NEAR, Reach.REACHED)]


def _terms(shops: list[Shop], now: datetime) -> dict[int, tuple[Term, ...]]:
    """The rules of each shop in force now. Two queries, and one for each version a process has not met yet."""
    books = Books.of_shops(shops)
    return {shop.pk: books.of(shop.pk, now).terms for shop in shops}


def _today(shop: Shop, now: datetime) -> date:
    return timezone.localdate(now, shop.zone)


def _read(
    shops: list[Shop], terms: dict[int, tuple[Term, ...]], asked: Span, now: datetime, statement: str = MONEY
) -> _Read:
    if not shops:
        return _Read({}, {})
    key = f"exposure:{','.join(str(shop.pk) for shop in shops)}"
    what = f"{key}:{asked.since}:{asked.until}:{'money' if statement is MONEY else 'broken'}"
    money = caches["local"].get(what)
    if money is None:
        money = _rows(statement, _values(shops, terms, asked))
        caches["local"].set(what, money, MONEY_SECONDS)
    return _assembled(money, _due(key, shops, terms, asked, now))


def _due(
    key: str, shops: list[Shop], terms: dict[int, tuple[Term, ...]], asked: Span, now: datetime
) -> dict[Place, int]:
    """How many orders of these shops are due on each day; days nobody has asked for lately are read in one go."""
    days = [asked.since + timedelta(days=n) for n in range((asked.until - asked.since).days + 1)]
    names = {day: f"{key}:{day}" for day in days}
    kept = caches["local"].get_many(names.values())
    missing = [day for day in days if names[day] not in kept]
    if missing:
        told: dict[date, dict[Place, int]] = {day: {} for day in days if missing[0] <= day <= missing[-1]}
        for shop, day, every, *each in _rows(DUE, _values(shops, terms, Span(missing[0], missing[-1]))):
            if day in told:
                told[day][shop, day, None] = every
                told[day] |= {(shop, day, kind): n for kind, n in zip(Kind, each, strict=True) if n}
        for day, counts in told.items():
            over = day + SETTLED < timezone.localdate(now)
            caches["local"].set(names[day], counts, PAST_DUE_SECONDS if over else DUE_SECONDS)
            kept[names[day]] = counts
    return {place: n for name in names.values() for place, n in kept[name].items()}


def _values(shops: list[Shop], terms: dict[int, tuple[Term, ...]], asked: Span) -> dict[str, Any]:
    starts = [start_of(asked.since, shop.zone) for shop in shops]
    ends = [start_of(asked.until + timedelta(days=1), shop.zone) for shop in shops]
    once = [(shop.pk, term.code) for shop in shops for term in terms[shop.pk] if term.level == SHOP_DAY]
    return {
        "shops": [shop.pk for shop in shops],
        "zones": [shop.timezone for shop in shops],
        "since": asked.since,
        "until": asked.until,
        "first": min(starts),
        "last": max(ends),
        "look_back": min(starts) - STACKS_SPAN,
        "once_shops": [pk for pk, _ in once],
        "once_terms": [code for _, code in once],
    }


def _rows(statement: str, values: dict[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return list(cursor.fetchall())


def _assembled(money: Iterable[tuple[Any, ...]], due: dict[Place, int]) -> _Read:
    figures: dict[Place, Figures] = {place: Figures(due=n) for place, n in due.items()}
    terms: dict[tuple[int, date, str], int] = {}
    for shop, day, kind, term, broken, owed, running, savable in money:
        if term is not None:
            terms[shop, day, term] = broken
        else:
            place = (shop, day, Kind(kind) if kind else None)
            # A limit may have come up since the day was counted.
            figures[place] = Figures(max(due.get(place, 0), broken, running), broken, owed, running, savable)
    return _Read(figures, terms)


def _of_shop(shop: Shop, terms: tuple[Term, ...], read: _Read, now: datetime) -> ShopExposure:
    dates = sorted({day for pk, day, _ in read.figures if pk == shop.pk}, reverse=True)
    days = [
        ShopDay(
            day=day,
            figures=read.figures.get((shop.pk, day, None), Figures()),
            kinds=[
                KindFigures(kind, read.figures[shop.pk, day, kind])
                for kind in Kind
                if (shop.pk, day, kind) in read.figures
            ],
            reached=[stand for stand in _standings(shop, terms, read, day) if stand.standing.reach is Reach.REACHED],
        )
        for day in dates
    ]
    return ShopExposure(
        shop=shop,
        total=_sum(day.figures for day in days),
        kinds=_over_days(days),
        days=days,
        limits=_standings(shop, terms, read, _today(shop, now)),
    )


def _over_days(days: list[ShopDay]) -> list[KindFigures]:
    """Each kind over all days, the dearest first."""
    found: dict[Kind, list[Figures]] = {}
    for day in days:
        for one in day.kinds:
            found.setdefault(one.kind, []).append(one.figures)
    lines = [KindFigures(kind, _sum(figures)) for kind, figures in found.items()]
    return sorted(lines, key=lambda one: -(one.figures.owed + one.figures.savable))


def _standings(shop: Shop, terms: tuple[Term, ...], read: _Read, day: date) -> list[ShopStanding]:
    found: dict[tuple[str, Limit | None], ShopStanding] = {}
    for term in terms:
        if term.kind is None:
            continue
        figures = read.figures.get((shop.pk, day, term.kind), Figures())
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
