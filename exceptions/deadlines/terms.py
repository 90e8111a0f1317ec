"""A term is one deadline rule of one platform, read from its pack (packs/*.toml). Pure."""

import tomllib
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from functools import cache
from importlib import resources
from typing import Any

from exceptions.deadlines.kinds import Kind

CENT = Decimal("0.01")
GENERIC = "generic"


@dataclass(frozen=True, slots=True)
class Tier:
    """What a breach costs from `over` (exclusive) up to `upto` (inclusive) of the order's amount."""

    over: Decimal = Decimal(0)
    upto: Decimal | None = None
    fixed: Decimal | None = None
    percent: Decimal | None = None
    min: Decimal | None = None
    max: Decimal | None = None

    def holds(self, amount: Decimal) -> bool:
        return amount > self.over and (self.upto is None or amount <= self.upto)

    def cost(self, amount: Decimal) -> Decimal:
        cost = self.fixed if self.fixed is not None else amount * (self.percent or 0) / 100
        if self.min is not None:
            cost = max(cost, self.min)
        if self.max is not None:
            cost = min(cost, self.max)
        return cost.quantize(CENT)


@dataclass(frozen=True, slots=True)
class Term:
    """One clock of a pack: from which moment to which, how long, what a breach costs, and how sure we are."""

    code: str
    version: str
    kind: Kind
    name_zh: str
    name_en: str
    # "order" or "parcel": what runs the clock.
    subject: str
    start: str
    # All of these must have happened.
    stop: tuple[str, ...]
    # How long, unless the order carries the promise named by `promise`; None = the promise alone.
    lasts: timedelta | None
    promise: str
    # The longest silence allowed between two scans, instead of one span from start to stop.
    gap: bool
    warn: timedelta
    grave: timedelta
    tiers: tuple[Tier, ...]
    source: tuple[str, ...]
    grade: str
    needs_review: bool
    effective_from: date | None
    note_zh: str
    note_en: str

    def penalty(self, amount: Decimal) -> Decimal:
        """What a breach costs on an order of this amount, in the order's currency; 0 where no rate is known."""
        for tier in self.tiers:
            if tier.holds(amount):
                return tier.cost(amount)
        return Decimal("0.00")


@cache
def pack(platform: str) -> tuple[Term, ...]:
    """Return the terms of a platform, or the generic ones where it has no pack of its own.

    Raises ValueError naming the clock and the field that cannot be read.
    """
    folder = resources.files("exceptions.deadlines.packs")
    file = folder / f"{platform}.toml"
    if not file.is_file():
        file = folder / f"{GENERIC}.toml"
    return read(file.read_text("utf-8"))


def read(text: str) -> tuple[Term, ...]:
    """Read a pack; see packs/pdd.toml for its form."""
    document = tomllib.loads(text)
    terms = tuple(_term(entry, document["version"]) for entry in document["clock"])
    codes = [term.code for term in terms]
    if len(set(codes)) != len(codes):
        raise ValueError(f"a code stands twice: {sorted(code for code in codes if codes.count(code) > 1)[0]}")
    return terms


def _term(entry: dict[str, Any], version: str) -> Term:
    try:
        hours = entry.get("hours")
        promise = entry.get("promise", "")
        if hours is None and not promise:
            raise ValueError("either hours or promise is needed")
        if hours is not None and hours <= 0:
            raise ValueError("hours must be above 0")
        return Term(
            code=entry["code"],
            version=version,
            kind=Kind(entry["kind"]),
            name_zh=entry["name_zh"],
            name_en=entry["name_en"],
            subject=entry["subject"],
            start=entry["start"],
            stop=tuple(entry.get("stop", ())),
            lasts=None if hours is None else timedelta(hours=hours),
            promise=promise,
            gap=entry.get("gap", False),
            warn=timedelta(hours=entry["warn_hours"]),
            grave=timedelta(hours=entry["grave_hours"]),
            tiers=tuple(_tier(tier) for tier in entry.get("penalty", ())),
            source=tuple(entry["source"]),
            grade=entry["grade"],
            needs_review=entry["needs_review"],
            effective_from=entry.get("effective_from"),
            note_zh=entry.get("note_zh", ""),
            note_en=entry.get("note_en", ""),
        )
    except (KeyError, ValueError, TypeError) as error:
        raise ValueError(f"clock {entry.get('code', '?')}: {error}") from error


def _tier(entry: dict[str, Any]) -> Tier:
    return Tier(**{name: Decimal(str(value)) for name, value in entry.items()})
