"""What a back-test found, as its page and REST tell it: sums by day, by shop and by kind, and the orders to look at."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Final

from django.db.models import F, QuerySet, Sum

from exceptions.backtest import FIRST, SAMPLES
from exceptions.deadlines.kinds import Kind
from exceptions.models import BackTest, BackTestSample
from merchants.models import Shop
from shipops.kit import money

# The width of the longest bar, and the least of one that is not nothing, in the units of its picture.
WIDE: Final = 1000
LEAST: Final = 6


@dataclass(frozen=True, slots=True)
class Segment:
    """A piece of a bar: the class that colours it, where it begins and how wide it is."""

    series: str
    x: int
    width: int


@dataclass
class Row:
    """What changes on one day, in one shop, for one kind, or in all; money by currency, before and after."""

    label: Any = ""
    new: int = 0
    gone: int = 0
    same: int = 0
    before: dict[str, Decimal] = field(default_factory=dict)
    after: dict[str, Decimal] = field(default_factory=dict)
    bar: tuple[Segment, ...] = ()

    @property
    def total(self) -> int:
        return self.new + self.gone + self.same

    @property
    def money_before(self) -> str:
        return _shown(self.before)

    @property
    def money_after(self) -> str:
        return _shown(self.after)

    @property
    def dearer(self) -> bool:
        """More is owed after in some currency, and less in none."""
        changes = [self.after[currency] - self.before[currency] for currency in self.after]
        return any(change > 0 for change in changes) and all(change >= 0 for change in changes)


def _shown(amounts: dict[str, Decimal]) -> str:
    return " + ".join(money.shown(amount, currency) for currency, amount in sorted(amounts.items()))


def totals(test: BackTest) -> Row:
    """All of it in one row."""
    return next(iter(_rows(test)), Row())


def by_day(test: BackTest) -> list[Row]:
    """A row a day on which something broke, by the shops' calendars, oldest first; the label is the date."""
    return _with_bars(_rows(test, "day"))


def by_shop(test: BackTest) -> list[Row]:
    """A row a shop, by name; the label is the shop."""
    rows = _rows(test, "shop")
    shops = Shop.objects.in_bulk([row.label for row in rows])
    for row in rows:
        row.label = shops[row.label]
    return _with_bars(sorted(rows, key=lambda row: (row.label.name, row.label.pk)))


def by_kind(test: BackTest) -> list[Row]:
    """A row a kind, in the order the desk has them; the label is a Kind."""
    rows = _rows(test, "kind")
    for row in rows:
        row.label = Kind(row.label)
    order = list(Kind)
    return _with_bars(sorted(rows, key=lambda row: order.index(row.label)))


def _rows(test: BackTest, *by: str) -> list[Row]:
    """Sums of the test's lines in one query, grouped by one column, or in all."""
    sums = {f"sum_{name}": Sum(name) for name in ("new", "gone", "same", "money_before", "money_after")}
    found = test.lines.values(*by, currency=F("shop__currency")).annotate(**sums).order_by(*by, "currency")
    rows: dict[Any, Row] = defaultdict(Row)
    for line in found:
        key = line[by[0]] if by else ""
        row = rows[key]
        row.label = key
        row.new += line["sum_new"]
        row.gone += line["sum_gone"]
        row.same += line["sum_same"]
        row.before[line["currency"]] = line["sum_money_before"]
        row.after[line["currency"]] = line["sum_money_after"]
    return list(rows.values())


def _with_bars(rows: list[Row]) -> list[Row]:
    longest = max((row.total for row in rows), default=0)
    for row in rows:
        row.bar = tuple(_segments(row, longest))
    return rows


def _segments(row: Row, longest: int) -> Iterable[Segment]:
    x = 0
    for series, count in (("new", row.new), ("same", row.same), ("gone", row.gone)):
        if count:
            width = max(LEAST, count * (WIDE - 2 * LEAST) // longest)
            yield Segment(series, x, width)
            x += width


def samples(test: BackTest) -> QuerySet[BackTestSample]:
    """Orders it would judge otherwise: new ones first, then the dearest."""
    return test.samples.select_related("order__shop").order_by(*FIRST)[:SAMPLES]


def progress(test: BackTest) -> int:
    """How far it has come, in percent."""
    return min(100, 100 * test.orders_done // test.orders_total) if test.orders_total else 0
