"""What a breach costs, by the order's amount and the promise that was broken. Pure; amounts in the order's currency."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import groupby
from operator import attrgetter
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


def cap(percent: Decimal | None, amount: Decimal | None, paid: Decimal) -> Decimal | None:
    """The most a stack may come to on an order: the lower of a share of what was paid and an amount; None = no cap."""
    caps = [] if percent is None else [(paid * percent / 100).quantize(CENT)]
    return min([*caps, *([] if amount is None else [amount])], default=None)


class Due(NamedTuple):
    """A penalty that one clock of an order comes to, with how it stacks: see `owed`."""

    amount: Decimal
    # Blank = it adds to all others.
    stack: str = ""
    # The most the stack may come to; None = it pays once, the dearest.
    cap: Decimal | None = None


def owed(penalties: Iterable[Due]) -> Decimal:
    """What an order's clocks come to together: stacks pay once or up to their lowest cap, all else adds up.

    `exceptions.desk.settle` and `insights.exposure` reckon the same in SQL; tests hold them together.
    """
    stacks: dict[str, list[Due]] = defaultdict(list)
    total = NOTHING
    for due in penalties:
        if due.stack:
            stacks[due.stack].append(due)
        else:
            total += due.amount
    return total + sum((_together(stack) for stack in stacks.values()), NOTHING)


def _together(stack: list[Due]) -> Decimal:
    caps = [due.cap for due in stack if due.cap is not None]
    if not caps:
        return max(due.amount for due in stack)
    return min(sum((due.amount for due in stack), NOTHING), *caps)


class Breach(NamedTuple):
    """A limit that broke, or will unless something is done: when, by which rule, and what it comes to."""

    at: datetime
    code: str
    due: Due


class Rung(NamedTuple):
    """From when on what is owed, and the rules that bring it about."""

    at: datetime
    total: Decimal
    codes: tuple[str, ...]


def ladder(breaches: Iterable[Breach]) -> list[Rung]:
    """What is owed when, step by step, if nothing is done; instants at which it does not rise are left out."""
    rungs: list[Rung] = []
    so_far: list[Due] = []
    by_instant = sorted(breaches, key=attrgetter("at", "code"))
    for at, together in groupby(by_instant, key=attrgetter("at")):
        now = list(together)
        so_far += [breach.due for breach in now]
        total = owed(so_far)
        if total > (rungs[-1].total if rungs else NOTHING):
            rungs.append(Rung(at, total, tuple(dict.fromkeys(breach.code for breach in now if breach.due.amount))))
    return rungs
