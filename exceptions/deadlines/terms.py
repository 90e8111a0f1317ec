"""A term is one deadline rule, read from a pack (packs/*.toml) or from what a merchant made of it. Pure.

docs/rules.md tells the form of a pack.
"""

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from functools import cache
from hashlib import sha256
from importlib import resources
from typing import Any

from django.utils.translation import gettext_noop as _

from exceptions.deadlines.errors import MISSING, NONE_OF, Unreadable, unreadable
from exceptions.deadlines.kinds import Kind
from exceptions.deadlines.moments import MOMENTS, PROMISES
from exceptions.deadlines.penalties import NOTHING, Tier, cap, penalty, read_tier
from exceptions.deadlines.workdays import known_until

GENERIC = "generic"
# Packs that belong to no platform: what the law says, what we promise ourselves, and how soon we see to what went wrong.
COMMON = ("law", "house", "causes")

RUNNING_SHAPES = ("span", "gap", "dwell")
SHAPES = (*RUNNING_SHAPES, "figure", "window", "waiver")
# What a breach counts on, besides the order: once for a shop and day, a shop's rate, and what the carrier pays us.
SHOP_DAY, SHOP_RATE, CARRIER = "shop_day", "shop_rate", "carrier"
# Whose clock it is. The first two open cases; the others are shown only.
WATCHED = ("ours", "carrier")
WHOSE = (*WATCHED, "buyer", "platform", "right")
LENGTHS = ("hours", "days", "working_days", "until", "mean_hours")


@dataclass(frozen=True, slots=True)
class Length:
    """How long a clock runs: exactly one of `lasts`, `days`, `working_days`, `until`."""

    lasts: timedelta | None = None
    # Natural days: it ends at 23:59:59 of that day, or at `at`; the day it starts on is day 0.
    days: int | None = None
    at: time | None = None
    working_days: int | None = None
    until: date | None = None


@dataclass(frozen=True, slots=True)
class Lane:
    """Other lengths for parcels of some way. `length` None = not judged on it."""

    length: Length | None
    same_province: bool = False
    # Names of regions.
    within: str = ""
    origin: str = ""
    to: str = ""


@dataclass(frozen=True, slots=True)
class Cut:
    """The limit comes nearer once something has happened: this long after it, if that is sooner."""

    on: str
    lasts: timedelta


@dataclass(frozen=True, slots=True)
class Limit:
    """What happens to a shop that breaks too often: by count and by rate (percent)."""

    per: str
    zh: str
    en: str
    count: int | None = None
    rate: Decimal | None = None
    both: bool = True


@dataclass(frozen=True, slots=True)
class Term:
    """One clock of a pack: from which moment to which, how long, what a breach costs, and how sure we are."""

    code: str
    version: str
    name_zh: str
    name_en: str
    shape: str
    whose: str
    # None where it opens no case.
    kind: Kind | None
    # "order", "parcel", "ticket" or "trouble" (what scans or people tell): what runs the clock; a ticket's kinds.
    subject: str
    tickets: tuple[str, ...]
    start: str
    # Code of the clock whose limit has to pass first.
    after: str
    # All of these must have happened.
    stop: tuple[str, ...]
    # Unless the order (or ticket) carries the promise named by `promise`; None = the promise alone, or no number known.
    length: Length | None
    promise: str
    worktime: bool
    repeat: int
    lanes: tuple[Lane, ...]
    cut: Cut | None
    goods: frozenset[str]
    not_goods: frozenset[str]
    warn: timedelta
    grave: timedelta
    tiers: tuple[Tier, ...]
    form: str
    level: str
    stack: str
    stack_cap_percent: Decimal | None
    stack_cap: Decimal | None
    limits: tuple[Limit, ...]
    goes_to: str
    overrides: tuple[str, ...]
    by: str
    opens: date | None
    closes: date | None
    later_wins: bool
    effective_from: date | None
    effective_to: date | None
    status: str
    enabled: bool
    off_zh: str
    off_en: str
    source: tuple[str, ...]
    grade: str
    confidence: str
    needs_review: bool
    conflict_zh: str
    conflict_en: str
    exempt_zh: str
    exempt_en: str
    note_zh: str
    note_en: str

    @property
    def lasts(self) -> timedelta | None:
        """The length where it is a plain span of time."""
        return self.length.lasts if self.length else None

    @property
    def runs(self) -> bool:
        """Whether it can run at all: a figure, a template and a clock without a number cannot."""
        return self.shape in RUNNING_SHAPES and bool(self.length or self.promise or self.lanes)

    def penalty(self, amount: Decimal, promised: timedelta) -> Decimal:
        """What a breach costs us on an order of this amount, where so long was promised.

        0 where no rate is known, and where the carrier is the one who pays.
        """
        return NOTHING if self.level == CARRIER else penalty(self.tiers, amount, promised)

    def cap(self, amount: Decimal) -> Decimal | None:
        """The most its stack may come to on an order of this amount; None = the stack pays once."""
        return cap(self.stack_cap_percent, self.stack_cap, amount)


@cache
def document(name: str) -> dict[str, Any]:
    """Return a pack as it is written: of a platform, or the generic one where the platform has none; or a common one."""
    folder = resources.files("exceptions.deadlines.packs")
    file = folder / f"{name}.toml"
    if not file.is_file():
        file = folder / f"{GENERIC}.toml"
    return tomllib.loads(file.read_text("utf-8"))


@cache
def shipped() -> Mapping[str, tuple[str, dict[str, Any]]]:
    """Return every clock of every pack as it is written: code → name of its pack, and the entry."""
    folder = resources.files("exceptions.deadlines.packs")
    names = sorted(file.name.removesuffix(".toml") for file in folder.iterdir() if file.name.endswith(".toml"))
    return {entry["code"]: (name, entry) for name in names for entry in document(name)["clock"]}


@cache
def pack(name: str) -> tuple[Term, ...]:
    """Return the terms of one pack. Raises ValueError naming the clock and the field that cannot be read."""
    return _terms(document(name))


@cache
def digest() -> str:
    """Name the packs and the calendar as they are shipped: any change of a pack, and another year known, is another digest."""
    files = resources.files("exceptions.deadlines.packs").iterdir()
    packs = sorted((file.name, file.read_bytes()) for file in files if file.name.endswith(".toml"))
    return sha256(repr((packs, known_until())).encode()).hexdigest()


def read(text: str) -> tuple[Term, ...]:
    """Read a pack written in TOML. Raises ValueError naming the clock and the field that cannot be read."""
    return _terms(tomllib.loads(text))


def _terms(written: dict[str, Any]) -> tuple[Term, ...]:
    terms = tuple(read_entry(entry, written["version"]) for entry in written["clock"])
    codes = [term.code for term in terms]
    if len(set(codes)) != len(codes):
        raise ValueError(f"a code stands twice: {sorted(code for code in codes if codes.count(code) > 1)[0]}")
    return terms


def read_entry(entry: dict[str, Any], version: str) -> Term:
    """Read one clock. Raises Unreadable naming the clock, the field, and what is wrong with it."""
    try:
        return _checked(_term(entry, version))
    except (KeyError, ValueError, TypeError) as error:
        raise unreadable(error, str(entry.get("code", "?"))) from error


def _term(entry: dict[str, Any], version: str) -> Term:
    shape = entry.get("shape", "span")
    length = read_length(entry)
    runs = shape in RUNNING_SHAPES
    return Term(
        code=entry["code"],
        version=version,
        name_zh=entry["name_zh"],
        name_en=entry["name_en"],
        shape=shape,
        whose=entry.get("whose", "ours"),
        kind=Kind(entry["kind"]) if entry.get("kind") else None,
        subject=entry.get("subject", "order"),
        tickets=tuple(entry.get("tickets", ())),
        start=entry.get("start", ""),
        after=entry.get("after", ""),
        stop=tuple(entry.get("stop", ())),
        length=length,
        promise=entry.get("promise", ""),
        worktime=entry.get("worktime", False),
        repeat=entry.get("repeat", 1),
        lanes=tuple(_lane(lane) for lane in entry.get("lanes", ())),
        cut=Cut(entry["cut"]["on"], _hours(entry["cut"], "hours")) if entry.get("cut") else None,
        goods=frozenset(entry.get("goods", ())),
        not_goods=frozenset(entry.get("not_goods", ())),
        warn=timedelta(hours=entry["warn_hours"] if runs else 0),
        grave=timedelta(hours=entry["grave_hours"] if runs else 0),
        tiers=tuple(read_tier(tier) for tier in entry.get("penalty", ())),
        form=entry.get("form", ""),
        level=entry.get("level", ""),
        stack=entry.get("stack", ""),
        stack_cap_percent=_money(entry.get("stack_cap_percent")),
        stack_cap=_money(entry.get("stack_cap")),
        limits=tuple(_limit(limit) for limit in entry.get("limits", ())),
        goes_to=entry.get("goes_to", ""),
        overrides=tuple(entry.get("overrides", ())),
        by=entry.get("by", "paid"),
        opens=entry.get("opens"),
        closes=entry.get("closes"),
        later_wins=entry.get("later_wins", True),
        effective_from=day(entry.get("effective_from")),
        effective_to=day(entry.get("effective_to")),
        status=entry.get("status", "unknown_if_current"),
        enabled=entry.get("enabled", runs),
        off_zh=entry.get("off_zh", ""),
        off_en=entry.get("off_en", ""),
        source=tuple(entry["source"]),
        grade=entry["grade"],
        confidence=entry.get("confidence", "uncertain"),
        needs_review=entry["needs_review"],
        conflict_zh=entry.get("conflict_zh", ""),
        conflict_en=entry.get("conflict_en", ""),
        exempt_zh=entry.get("exempt_zh", ""),
        exempt_en=entry.get("exempt_en", ""),
        note_zh=entry.get("note_zh", ""),
        note_en=entry.get("note_en", ""),
    )


def _checked(term: Term) -> Term:
    _among("shape", term.shape, SHAPES)
    _among("whose", term.whose, WHOSE)
    for name, span in (("warn_hours", term.warn), ("grave_hours", term.grave)):
        if span < timedelta():
            raise Unreadable(name, _("%(name)s must not be below 0."), name=name)
    if term.shape not in RUNNING_SHAPES:
        return term
    _among("subject", term.subject, MOMENTS)
    if not term.after:
        _moment("start", term.start, term.subject)
    for name in term.stop:
        _moment("stop", name, term.subject)
    if term.cut:
        _moment("cut", term.cut.on, term.subject)
    _among("promise", term.promise, PROMISES[term.subject])
    if not term.stop:
        raise Unreadable("stop", MISSING, name="stop")
    if term.whose in WATCHED and term.kind is None:
        raise Unreadable("kind", MISSING, name="kind")
    if term.subject == "trouble" and term.kind is None:
        raise Unreadable("kind", MISSING, name="kind")
    if term.subject == "ticket" and not term.tickets:
        raise Unreadable("tickets", MISSING, name="tickets")
    if term.enabled and not term.runs:
        raise Unreadable("hours", _("Give a length or a promise before you switch it on."))
    return term


def _among(field: str, value: str, choices: Iterable[str]) -> None:
    if value not in choices:
        raise Unreadable(field, NONE_OF, value=value or field, choices=", ".join(filter(None, choices)))


def _moment(field: str, value: str, subject: str) -> None:
    if value not in MOMENTS[subject]:
        sentence = _("“%(value)s” is no moment of: %(subject)s. There are: %(choices)s.")
        choices = ", ".join(MOMENTS[subject])
        raise Unreadable(field, sentence, value=value or field, subject=subject, choices=choices)


def read_length(entry: dict[str, Any]) -> Length | None:
    """Read the length of a clock, lane or window; None where it has none. Raises Unreadable saying what is wrong."""
    given = [name for name in LENGTHS if entry.get(name) is not None]
    if not given:
        return None
    if len(given) > 1:
        sentence = _("%(one)s and %(other)s cannot both be the length. Keep one of them.")
        raise Unreadable(given[1], sentence, one=given[0], other=given[1])
    name = given[0]
    if name == "mean_hours":
        return Length(lasts=_hours(entry, name) + timedelta(hours=entry.get("margin_hours", 0)))
    if name == "hours":
        return Length(lasts=_hours(entry, name))
    if name == "until":
        return Length(until=day(entry[name]))
    count = entry[name]
    if isinstance(count, bool) or not isinstance(count, int) or count < (0 if entry.get("at") else 1):
        raise Unreadable(name, _("%(name)s must be a whole number above 0."), name=name)
    if name == "working_days":
        return Length(working_days=count)
    return Length(days=count, at=time.fromisoformat(entry["at"]) if entry.get("at") else None)


def _hours(entry: dict[str, Any], name: str) -> timedelta:
    value = entry[name]
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise Unreadable(name, _("%(name)s must be a number."), name=name)
    hours = float(value)
    if not 0 < hours <= 24 * 366:
        raise Unreadable(name, _("%(name)s must be above 0 and at most a year."), name=name)
    return timedelta(hours=hours)


def _lane(entry: dict[str, Any]) -> Lane:
    lane = Lane(
        length=read_length(entry),
        same_province=entry.get("same_province", False),
        within=entry.get("within", ""),
        origin=entry.get("from", ""),
        to=entry.get("to", ""),
    )
    if not (lane.same_province or lane.within or lane.origin or lane.to):
        raise Unreadable("lanes", _("A lane needs same_province, within, from or to."))
    return lane


def _limit(entry: dict[str, Any]) -> Limit:
    return Limit(
        per=entry["per"],
        zh=entry["zh"],
        en=entry["en"],
        count=entry.get("count"),
        rate=_money(entry.get("rate")),
        both=entry.get("both", True),
    )


def _money(value: Any) -> Decimal | None:
    return None if value is None else Decimal(str(value))


def day(value: Any) -> date | None:
    """A date as TOML has it, or as text (what a merchant changed is JSON)."""
    if isinstance(value, datetime):
        return value.date()
    return date.fromisoformat(value) if isinstance(value, str) and value else value or None


def numbered(term: Term, number: int | None) -> Term:
    """The same term as a merchant's version of that number applies it."""
    return replace(term, version=f"{term.version}+{number}") if number else term
