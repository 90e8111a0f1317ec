"""The rules of a merchant as a list: packs of their platforms, the law's and our own, each rule in words, filtered."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from exceptions.deadlines.kinds import Kind
from exceptions.deadlines.rulebook import Rule, Rulebook, compile_book
from exceptions.deadlines.terms import COMMON, GENERIC, RUNNING_SHAPES, Term, document, read_entry, shipped
from exceptions.rulemaking import phrases
from merchants.models import Platform, Shop
from shipops.kit.bilingual import in_language
from shipops.kit.choices import Choice

Document = Mapping[str, Any]
HOUSE = "house"


class State(Choice):
    """What a rule can be looked for by."""

    ON = "on", pgettext_lazy("rule", "On")
    OFF = "off", pgettext_lazy("rule", "Off")
    REVIEW = "review", _("Needs review")
    CHANGED = "changed", _("Changed by us")
    CONFLICT = "conflict", _("Sources disagree")


@dataclass(frozen=True, slots=True)
class Row:
    """A rule in the list."""

    term: Term
    platform: str
    name: str
    kind: str
    runs: str
    length: str
    penalty: str
    off: str
    changes: int
    drafted: bool

    @property
    def states(self) -> frozenset[State]:
        found = {State.ON if self.term.enabled else State.OFF}
        if self.term.needs_review:
            found.add(State.REVIEW)
        if self.changes:
            found.add(State.CHANGED)
        if self.term.conflict_zh:
            found.add(State.CONFLICT)
        return frozenset(found)


@dataclass(frozen=True, slots=True)
class Group:
    """The rules of one pack: those that run, and folded what is known besides."""

    name: str
    label: str
    running: list[Row]
    # Label and rows of figures, window templates and waiver templates.
    folded: list[tuple[str, list[Row]]]
    total: int


@dataclass(frozen=True, slots=True)
class Filters:
    platform: str = ""
    state: str = ""
    kind: str = ""
    q: str = ""

    @classmethod
    def from_query(cls, query: QueryDict) -> "Filters":
        """Read them from a query string; what is unknown is dropped."""
        asked = {name: query.get(name, "").strip()[:60] for name in ("platform", "state", "kind", "q")}
        known: dict[str, set[str]] = {
            "platform": {*Platform.values, *COMMON},
            "state": {state.value for state in State},
            "kind": {kind.value for kind in Kind},
        }
        return cls(**{name: value for name, value in asked.items() if name not in known or value in known[name]})

    def keep(self, row: Row) -> bool:
        words = f"{row.term.code} {row.term.name_zh} {row.term.name_en}".lower()
        return (
            (not self.platform or row.platform == self.platform)
            and (not self.state or State(self.state) in row.states)
            and (not self.kind or (row.term.kind is not None and row.term.kind.value == self.kind))
            and self.q.lower() in words
        )

    @property
    def any(self) -> bool:
        return bool(self.platform or self.state or self.kind or self.q)


@dataclass(frozen=True, slots=True)
class Shelf:
    """Every rule a merchant is judged by, under a document."""

    rows: list[Row]
    groups: list[Group]
    counts: Mapping[State, int] = field(default_factory=dict)
    # Packs there are rules of, in order: name and label.
    packs: tuple[tuple[str, str], ...] = ()


FOLDED = (
    ("figure", _("Figures: rates and thresholds, shown and not run")),
    ("window", _("Templates of campaign and holiday windows")),
    ("waiver", _("Templates of waivers")),
)


def platforms_of(shops: Iterable[Shop]) -> list[str]:
    """Platforms these shops sell on, in the order people know them."""
    mine = {shop.platform for shop in shops}
    return [value for value in Platform.values if value in mine]


def book_for(platform: str, written: Document, number: int | None = None, zone: str = "Asia/Shanghai") -> Rulebook:
    """The rules of a platform for a shop that no change names. Raises ValueError as compile_book does."""
    return compile_book(platform, "", zone, written, number, strict=False)


def pack_of(code: str) -> str:
    """The pack a code is of; the generic one is the other platforms', and clocks of our own stand with the house's."""
    name, _entry = shipped().get(code, (HOUSE, {}))
    return Platform.OTHER.value if name == GENERIC else name


def rules(platforms: Iterable[str], written: Document, number: int | None = None) -> dict[str, tuple[str, Rule]]:
    """Each rule by its code, and the pack it is of; own rules are of the house."""
    found: dict[str, tuple[str, Rule]] = {}
    platforms = list(platforms) or [Platform.OTHER.value]
    for platform in platforms:
        for rule in book_for(platform, written, number).rules:
            found.setdefault(rule.term.code, (pack_of(rule.term.code), rule))
    for entry in written.get("own", ()):  # of some shops only, or of a platform that is no more
        found.setdefault(entry["code"], (HOUSE, Rule(read_entry(entry, "own"))))
    return found


def shelf(platforms: list[str], written: Document, number: int | None, drafted: set[str], filters: Filters) -> Shelf:
    """The list under a document; `drafted` are the codes an open draft changes."""
    changes: dict[str, int] = {}
    for change in written.get("changes", ()):
        changes[change["code"]] = changes.get(change["code"], 0) + 1
    own = {entry["code"]: 1 for entry in written.get("own", ())}
    every = [
        row(rule.term, pack, changes.get(code, 0) + own.get(code, 0), code in drafted)
        for code, (pack, rule) in rules(platforms, written, number).items()
    ]
    kept = [one for one in every if filters.keep(one)]
    order = [*platforms, *COMMON]
    return Shelf(
        rows=kept,
        groups=[group for name in order if (group := _group(name, kept)).total],
        counts={state: sum(state in one.states for one in every) for state in State},
        packs=tuple((name, str(phrases.PACKS[name])) for name in order if any(one.platform == name for one in every)),
    )


def row(term: Term, pack: str, changes: int = 0, drafted: bool = False) -> Row:
    return Row(
        term=term,
        platform=pack,
        name=in_language(term, "name"),
        kind=phrases.kind(term),
        runs=runs(term),
        length=phrases.length_of(term) if term.shape in RUNNING_SHAPES else "",
        penalty=phrases.penalty(term),
        off="" if term.enabled else in_language(term, "off"),
        changes=changes,
        drafted=drafted,
    )


def runs(term: Term) -> str:
    """From what to what it runs; blank where no clock does."""
    if term.shape not in RUNNING_SHAPES:
        return ""
    start = term.after or phrases.moment(term.start)
    return f"{start} → {phrases.moments(term.stop)}"


def _group(name: str, rows: list[Row]) -> Group:
    mine = [row for row in rows if row.platform == name]
    folded = [(str(label), [row for row in mine if row.term.shape == shape]) for shape, label in FOLDED]
    return Group(
        name=name,
        label=str(phrases.PACKS[name]),
        running=[row for row in mine if row.term.shape in RUNNING_SHAPES],
        folded=[pair for pair in folded if pair[1]],
        total=len(mine),
    )


def regions(platforms: Iterable[str], written: Document) -> dict[str, list[str]]:
    """Named lists of provinces that lanes are written by: those of the packs, a merchant's own over them."""
    found: dict[str, list[str]] = {}
    for name in (*COMMON, *platforms):
        found |= {region: list(places) for region, places in document(name).get("regions", {}).items()}
    return found | {region: list(places) for region, places in written.get("regions", {}).items()}
