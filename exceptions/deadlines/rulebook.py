"""The rules of one shop at one version: packs, what the merchant changed, windows, waivers, calendar. Pure.

`compile_book` turns documents into it once a shop and version; `rules.judge` reads it for every order.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.translation import gettext_noop as _

from exceptions.deadlines import terms as packs
from exceptions.deadlines.errors import NONE_OF, Unreadable, unreadable
from exceptions.deadlines.facts import OrderFacts, ParcelFacts
from exceptions.deadlines.terms import COMMON, LENGTHS, WATCHED, Length, Term, day, read_entry, read_length
from exceptions.deadlines.worktime import DEFAULT, Week, end_of

# How narrow a scope is: of two changes that both apply, the narrower wins, then the later written.
WEIGHTS = {"platforms": 1, "shops": 2, "goods": 4, "carriers": 8, "categories": 16, "skus": 32}
# Those that can only be told with an order in hand.
OF_ORDERS = ("goods", "carriers", "categories", "skus")


@dataclass(frozen=True, slots=True)
class Scope:
    """Which orders a change is about; an empty set = all."""

    goods: frozenset[str] = frozenset()
    carriers: frozenset[str] = frozenset()
    categories: frozenset[str] = frozenset()
    skus: frozenset[str] = frozenset()

    def holds(self, order: OrderFacts, parcel: ParcelFacts | None) -> bool:
        parcels = (parcel,) if parcel else order.parcels
        return (
            (not self.goods or order.goods in self.goods)
            and (not self.carriers or any(parcel.carrier in self.carriers for parcel in parcels))
            and (not self.categories or any(_under(line.category, self.categories) for line in order.lines))
            and (not self.skus or any(line.sku in self.skus for line in order.lines))
        )


def _under(category: str, named: Iterable[str]) -> bool:
    """Whether a category is one of those named, or within one: 女装/连衣裙 is within 女装."""
    return any(category == name or category.startswith(f"{name}/") for name in named)


@dataclass(frozen=True, slots=True)
class Rule:
    """A term as it holds in this shop, and its variants for some orders, the last that fits winning."""

    term: Term
    # The orders it is for, by when they were paid: from the first inclusive to the second exclusive.
    since: datetime | None = None
    before: datetime | None = None
    variants: tuple[tuple[Scope, Term], ...] = ()

    def for_order(self, order: OrderFacts, parcel: ParcelFacts | None = None) -> Term:
        for scope, term in reversed(self.variants):
            if scope.holds(order, parcel):
                return term
        return self.term


@dataclass(frozen=True, slots=True)
class Window:
    """Other limits for some days (大促, 春节): keyed by when the order was paid or placed, or its number uploaded."""

    name: str
    codes: frozenset[str]
    by: str
    opens: datetime
    closes: datetime
    length: Length
    later_wins: bool
    goods: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Waiver:
    """Rules that rest for parcels from, to or by way of some places for some days; `until` None = they do not apply."""

    name: str
    codes: frozenset[str]
    kinds: frozenset[str]
    areas: frozenset[str]
    places: frozenset[str]
    by: str
    opens: datetime
    closes: datetime
    until: datetime | None

    def covers(self, term: Term) -> bool:
        return term.code in self.codes or (term.kind is not None and term.kind.value in self.kinds)


@dataclass(frozen=True, slots=True)
class Rulebook:
    rules: tuple[Rule, ...]
    zone: ZoneInfo
    week: Week = DEFAULT
    regions: Mapping[str, frozenset[str]] | None = None
    windows: Mapping[str, tuple[Window, ...]] | None = None
    waivers: tuple[Waiver, ...] = ()
    # Where the shop ships from, as its addresses write it, and the province in short form.
    from_places: tuple[str, ...] = ()
    from_province: str = ""
    # The moments of parcels at which clocks start, told once for all orders.
    starts: frozenset[str] = field(init=False, default=frozenset())

    def __post_init__(self) -> None:
        starts = frozenset(rule.term.start for rule in self.rules if rule.term.subject == "parcel" and rule.term.start)
        object.__setattr__(self, "starts", starts)

    @property
    def terms(self) -> tuple[Term, ...]:
        return tuple(rule.term for rule in self.rules)

    @property
    def watched(self) -> "Rulebook":
        """The same without what opens no case: what the sweep judges by."""
        kept = [rule for rule in self.rules if _watched(rule.term) or any(_watched(term) for _, term in rule.variants)]
        return replace(self, rules=tuple(kept))

    @property
    def needs_ways(self) -> bool:
        """Whether some clock asks where parcels went, which costs reading their scans."""
        return bool(self.waivers) or any(
            term.shape == "dwell" or term.lanes or {term.start, *term.stop} & OF_WAYS for term in self._all()
        )

    def _all(self) -> Iterable[Term]:
        for rule in self.rules:
            yield rule.term
            yield from (term for _, term in rule.variants)


OF_WAYS = frozenset({"first_hub", "left_first_hub", "left_province"})


def _watched(term: Term) -> bool:
    return term.enabled and term.runs and term.whose in WATCHED


@cache
def plain(platform: str, zone: str = "Asia/Shanghai") -> Rulebook:
    """The rules of a platform as shipped, with the law's and our own, for a shop in this IANA time zone."""
    return compile_book(platform, "", zone, {}, None)


def compile_book(
    platform: str,
    shop: str,
    zone: str,
    document: Mapping[str, Any],
    number: int | None,
    from_places: tuple[str, ...] = (),
    from_province: str = "",
    *,
    strict: bool = True,
) -> Rulebook:
    """Return the rules of a shop (by its code) under a merchant's document (exceptions.deadlines.policy).

    Raises Unreadable naming the clock, window or waiver that cannot be read, and what is wrong with it. What names a rule or
    region that does not exist is refused too, unless not `strict`: a published version still stands when a later pack no
    longer has the rule it changes.
    """
    local = ZoneInfo(zone)
    names = (platform, *COMMON)
    entries = [(entry, packs.document(name)["version"]) for name in names for entry in packs.document(name)["clock"]]
    entries += [(entry, "own") for entry in document.get("own", ()) if _meant(entry.get("scope", {}), platform, shop)]
    changes = [change for change in document.get("changes", ()) if _meant(change.get("scope", {}), platform, shop)]
    regions: dict[str, frozenset[str]] = {}
    for name in (*COMMON, platform):
        regions |= {region: frozenset(places) for region, places in packs.document(name).get("regions", {}).items()}
    regions |= {region: frozenset(places) for region, places in document.get("regions", {}).items()}
    rules = [_rule(entry, version, changes, document.get("reviewed", {}), local, number) for entry, version in entries]
    if strict:
        _resolve(rules, regions)
        _resolve_codes(document, {rule.term.code for rule in rules})
    windows: dict[str, tuple[Window, ...]] = {}
    for written in document.get("windows", ()):
        if _meant(written.get("scope", {}), platform, shop):
            window = read_window(written, local)
            for code in window.codes:
                windows[code] = (*windows.get(code, ()), window)
    waivers = [w for w in document.get("waivers", ()) if _meant(w.get("scope", {}), platform, shop)]
    return Rulebook(
        rules=tuple(rules),
        zone=local,
        week=Week.read(document["week"]) if document.get("week") else DEFAULT,
        regions=regions,
        windows=windows,
        waivers=tuple(read_waiver(waiver, local) for waiver in waivers),
        from_places=from_places,
        from_province=from_province,
    )


def _resolve(rules: list[Rule], regions: Mapping[str, frozenset[str]]) -> None:
    """Raise Unreadable where a clock names a region, or another clock, that is not there; or where a code stands twice."""
    codes: set[str] = set()
    for rule in rules:
        if rule.term.code in codes:
            raise Unreadable("code", _("This code stands twice."), item=rule.term.code)
        codes.add(rule.term.code)
    for rule in rules:
        for term in (rule.term, *(term for _scope, term in rule.variants)):
            if term.after and term.after not in codes:
                raise Unreadable("after", NO_RULE, item=term.code, code=term.after)
            for lane in term.lanes:
                for name in (lane.within, lane.origin, lane.to):
                    if name and name not in regions:
                        raise Unreadable("lanes", NO_REGION, item=term.code, name=name)


NO_RULE = _("There is no rule “%(code)s”.")
NO_REGION = _("There is no region “%(name)s”. Define it first, or choose another.")


def _resolve_codes(document: Mapping[str, Any], here: set[str]) -> None:
    """Raise Unreadable where a change, window or waiver names a rule that neither a pack nor the merchant has."""
    known = here | packs.shipped().keys() | {entry["code"] for entry in document.get("own", ())}
    for change in document.get("changes", ()):
        if change["code"] not in known:
            raise Unreadable("code", NO_RULE, item=change["code"], code=change["code"])
    for kind in ("windows", "waivers"):
        for written in document.get(kind, ()):
            for code in written.get("codes", ()):
                if code not in known:
                    raise Unreadable("codes", NO_RULE, item=written["name"], code=code)
    for code in document.get("reviewed", {}):
        if code not in known:
            raise Unreadable("reviewed", NO_RULE, item=code, code=code)


def _meant(scope: Mapping[str, Any], platform: str, shop: str) -> bool:
    """Whether this shop is meant: an empty or missing list means all."""
    return (not scope.get("platforms") or platform in scope["platforms"]) and (
        not scope.get("shops") or shop in scope["shops"]
    )


def weight(scope: Mapping[str, Any]) -> int:
    """How narrow a scope is: the narrower of two changes wins."""
    return sum(weight for name, weight in WEIGHTS.items() if scope.get(name))


def _rule(
    entry: dict[str, Any],
    version: str,
    changes: list[dict[str, Any]],
    reviewed: Mapping[str, Any],
    zone: ZoneInfo,
    number: int | None,
) -> Rule:
    mine = sorted((c for c in changes if c["code"] == entry["code"]), key=lambda c: weight(c.get("scope", {})))
    if entry["code"] in reviewed:
        entry = entry | {"needs_review": False}
    own = version == "own"
    for change in mine:
        if not _needs_order(change.get("scope", {})):
            entry = changed(entry, change["set"])
    term = packs.numbered(read_entry(entry, version), number if mine or own else None)
    variants = []
    for change in mine:
        if _needs_order(change.get("scope", {})):
            other = packs.numbered(read_entry(changed(entry, change["set"]), version), number)
            scope = Scope(**{name: frozenset(change["scope"].get(name, ())) for name in OF_ORDERS})
            variants.append((scope, other))
    return rule_of(term, zone, tuple(variants))


def rule_of(term: Term, zone: ZoneInfo, variants: tuple[tuple[Scope, Term], ...] = ()) -> Rule:
    """A term as it holds in a shop in this zone."""
    return Rule(
        term=term,
        since=start_of(term.effective_from, zone) if term.effective_from else None,
        before=start_of(term.effective_to + timedelta(days=1), zone) if term.effective_to else None,
        variants=variants,
    )


def _needs_order(scope: Mapping[str, Any]) -> bool:
    return any(scope.get(name) for name in OF_ORDERS)


def changed(entry: dict[str, Any], values: Mapping[str, Any]) -> dict[str, Any]:
    """An entry of a pack with some of its keys set otherwise; None takes a key away, and a length the length it had."""
    if any(values.get(name) is not None for name in LENGTHS):
        entry = {name: value for name, value in entry.items() if name not in OF_LENGTHS}
    merged = {**entry, **values}
    return {name: value for name, value in merged.items() if value is not None}


# A length and what goes with it.
OF_LENGTHS = frozenset({*LENGTHS, "at", "margin_hours"})


def start_of(when: date, zone: ZoneInfo) -> datetime:
    """The first instant of a date in this zone, in UTC."""
    return datetime(when.year, when.month, when.day, tzinfo=zone).astimezone(UTC)


def _span(written: Mapping[str, Any], zone: ZoneInfo) -> tuple[datetime, datetime]:
    """The instants from the first date to the last, both inclusive."""
    opens, closes = day(written.get("opens")), day(written.get("closes"))
    if opens is None or closes is None:
        raise Unreadable(
            "opens" if opens is None else "closes", _("Both dates are needed: the first and the last day.")
        )
    if closes < opens:
        raise Unreadable("closes", _("The last day is before the first."))
    return start_of(opens, zone), end_of(closes, zone)


def read_window(written: Mapping[str, Any], zone: ZoneInfo) -> Window:
    """Read a window of a document. Raises Unreadable naming it and what is wrong."""
    try:
        opens, closes = _span(written, zone)
        length = read_length(dict(written))
        if length is None:
            raise Unreadable("hours", _("Give the length it has instead: hours, days or a date."))
        if not written.get("codes"):
            raise Unreadable("codes", _("Name at least one rule."))
        if written.get("by", "paid") not in WINDOW_KEYS:
            raise Unreadable("by", NONE_OF, value=written["by"], choices=", ".join(WINDOW_KEYS))
        return Window(
            name=written["name"],
            codes=frozenset(written["codes"]),
            by=written.get("by", "paid"),
            opens=opens,
            closes=closes,
            length=length,
            later_wins=written.get("later_wins", True),
            goods=frozenset(written.get("goods", ())),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise unreadable(error, str(written.get("name", "?"))) from error


WINDOW_KEYS = ("paid", "placed", "uploaded")
WAIVER_KEYS = ("paid", "placed", "due")
PLACES = ("sender", "receiver", "transit")


def read_waiver(written: Mapping[str, Any], zone: ZoneInfo) -> Waiver:
    """Read a waiver of a document. Raises Unreadable naming it and what is wrong."""
    try:
        opens, closes = _span(written, zone)
        until = day(written.get("until"))
        if not written.get("codes") and not written.get("kinds"):
            raise Unreadable("codes", _("Name at least one rule."))
        if unknown := set(written.get("places", ())) - set(PLACES):
            raise Unreadable("places", NONE_OF, value=sorted(unknown)[0], choices=", ".join(PLACES))
        if written.get("by", "due") not in WAIVER_KEYS:
            raise Unreadable("by", NONE_OF, value=written["by"], choices=", ".join(WAIVER_KEYS))
        return Waiver(
            name=written["name"],
            codes=frozenset(written.get("codes", ())),
            kinds=frozenset(written.get("kinds", ())),
            areas=frozenset(written.get("areas", ())),
            places=frozenset(written.get("places") or PLACES),
            by=written.get("by", "due"),
            opens=opens,
            closes=closes,
            until=end_of(until, zone) if until else None,
        )
    except (KeyError, TypeError, ValueError) as error:
        raise unreadable(error, str(written.get("name", "?"))) from error
