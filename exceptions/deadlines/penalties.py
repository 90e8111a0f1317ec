"""What a breach costs, by the order's amount and the promise that was broken. Pure; amounts in the order's currency."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any, NamedTuple

CENT = Decimal("0.01")
NOTHING = Decimal("0.00")
MONEY = ("over", "upto", "fixed", "percent", "min", "max")
LENGTHS = ("promise_over", "promise_upto")


@dataclass(frozen=True, slots=True)
class Tier:
    """What a breach costs from `over` (exclusive) up to `upto` (inclusive) of the order's amount.

    `promise_over` and `promise_upto` choose by the length that was promised in the same way.
    """

    over: Decimal = Decimal(0)
    upto: Decimal | None = None
    promise_over: timedelta | None = None
    promise_upto: timedelta | None = None
    fixed: Decimal | None = None
    percent: Decimal | None = None
    min: Decimal | None = None
    max: Decimal | None = None

    def holds(self, amount: Decimal, promised: timedelta) -> bool:
        return (
            amount > self.over
            and (self.upto is None or amount <= self.upto)
            and (self.promise_over is None or promised > self.promise_over)
            and (self.promise_upto is None or promised <= self.promise_upto)
        )

    def cost(self, amount: Decimal) -> Decimal:
        cost = self.fixed if self.fixed is not None else amount * (self.percent or 0) / 100
        if self.min is not None:
            cost = max(cost, self.min)
        if self.max is not None:
            cost = min(cost, self.max)
        return cost.quantize(CENT)


def read_tier(entry: dict[str, Any]) -> Tier:
    """Read one tier of a pack. Raises TypeError naming a key that means nothing."""
    values: dict[str, Any] = {name: Decimal(str(entry[name])) for name in MONEY if name in entry}
    values |= {name: timedelta(hours=entry[name]) for name in LENGTHS if name in entry}
    if unknown := set(entry) - set(values):
        raise TypeError(f"penalty: {sorted(unknown)[0]} means nothing here")
    return Tier(**values)


def penalty(tiers: Iterable[Tier], amount: Decimal, promised: timedelta) -> Decimal:
    """What a breach of a promise of this length costs on an order of this amount; 0 where no rate is known."""
    for tier in tiers:
        if tier.holds(amount, promised):
            return tier.cost(amount)
    return NOTHING


class Due(NamedTuple):
    """A penalty that one clock of an order came to, with how it stacks: see `owed`."""

    amount: Decimal
    # Blank = it adds to all others.
    stack: str = ""
    # The most the group may come to: a share of what was paid, and an amount; None = it pays once, the dearest.
    cap_percent: Decimal | None = None
    cap: Decimal | None = None


def owed(penalties: Iterable[Due], paid: Decimal) -> Decimal:
    """What an order's broken clocks come to together: groups pay once or up to their cap, all else adds up."""
    groups: dict[str, list[Due]] = defaultdict(list)
    total = NOTHING
    for due in penalties:
        if due.stack:
            groups[due.stack].append(due)
        else:
            total += due.amount
    return total + sum((_together(group, paid) for group in groups.values()), NOTHING)


def _together(group: list[Due], paid: Decimal) -> Decimal:
    shares = [due.cap_percent for due in group if due.cap_percent is not None]
    amounts = [due.cap for due in group if due.cap is not None]
    if not shares and not amounts:
        return max(due.amount for due in group)
    caps = [(paid * min(shares) / 100).quantize(CENT)] if shares else []
    return min([sum((due.amount for due in group), NOTHING), *caps, *amounts])
