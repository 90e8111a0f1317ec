"""A rule tried on an example order: its due instant with the arithmetic, and what a breach costs. Nothing is stored."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from exceptions.deadlines.clocks import ClockDraft, Silence
from exceptions.deadlines.facts import OrderFacts, ParcelFacts, ReportFacts, StayFacts, TicketFacts
from exceptions.deadlines.kinds import Level
from exceptions.deadlines.lengths import Step, lane_name
from exceptions.deadlines.rulebook import Rule, Rulebook
from exceptions.deadlines.rules import examine
from exceptions.deadlines.terms import Term
from exceptions.explaining import Why, plain_at
from exceptions.rulemaking import phrases
from shipops.kit import times

# Moments that an example tells by another.
SAME = {"handed_over": "picked_up", "dispatched": "uploaded", "placed": "paid"}


@dataclass(frozen=True, slots=True)
class Example:
    """What an admin says of an order that never was: instants by moment, all aware."""

    moments: Mapping[str, datetime] = field(default_factory=dict)
    amount: Decimal = Decimal(0)
    goods: str = ""
    # The receiver's, in short form.
    province: str = ""
    promised_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """One step of the arithmetic: what it says, and the instant it leads to."""

    text: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Tried:
    """What became of the example: the clock, or why there is none."""

    why: str = ""
    lines: tuple[Line, ...] = ()
    clock: ClockDraft | None = None
    # Due instants of the runs that follow where the rule repeats.
    again: tuple[datetime, ...] = ()

    @property
    def verdict(self) -> tuple[str, str]:
        """Tone and words for what became of it."""
        if self.clock is None or self.clock.stopped_at is None:
            return "calm", ""
        if self.clock.broke_at is None:
            return "kept", _("kept")
        level = Level.GRAVE if self.clock.stopped_at > self.clock.grave_at else Level.BROKEN
        return level.tone, str(level.label)


def wanted(term: Term, first: Term | None = None) -> list[str]:
    """The moments an example of this rule needs, in order: the usual ones, its start, its stops, what cuts it."""
    usual = {"ticket": ["opened"], "trouble": ["told"]}.get(term.subject, ["paid", "uploaded", "picked_up"])
    named = [(first or term).start if term.after else term.start, *([term.cut.on] if term.cut else []), *term.stop]
    if "paid" not in usual:
        usual = ["paid", *usual]
    return list(dict.fromkeys([*usual, *(SAME.get(name, name) for name in named if name)]))


def try_rule(rule: Rule, book: Rulebook, example: Example) -> Tried:
    """Judge the example by one rule of a book, as if it were switched on; goods and dates are respected."""
    code = rule.term.code
    rules = [other for other in book.rules if other.term.code != code]
    on = replace(
        rule,
        term=_on(rule.term),
        variants=tuple((scope, _on(term)) for scope, term in rule.variants),
    )
    chain = [_switched_on(other) for other in rules if other.term.code == rule.term.after]
    order = facts(rule.term, example)
    found = [one for one in examine(order, replace(book, rules=(*chain, on))) if one.term.code == code]
    clocks = [one for one in found if isinstance(one, ClockDraft)]
    if not clocks:
        silence = next((one for one in found if isinstance(one, Silence)), None)
        return Tried(why=_why(silence, rule.term))
    return Tried(
        lines=tuple(_lines(clocks[0], book)), clock=clocks[0], again=tuple(clock.due_at for clock in clocks[1:])
    )


def _on(term: Term) -> Term:
    return replace(term, enabled=term.runs)


def _switched_on(rule: Rule) -> Rule:
    return replace(rule, term=_on(rule.term))


def _why(silence: Silence | None, term: Term) -> str:
    if silence is None:
        return _("The limit before it has not started.") if term.after else str(Why.NOT_STARTED.label)
    return " ".join(part for part in (str(Why(silence.why).label), silence.name) if part)


def facts(term: Term, example: Example) -> OrderFacts:
    """The example as rules read it: one order with one parcel or ticket."""
    known = example.moments
    parcels: tuple[ParcelFacts, ...] = ()
    if term.subject not in ("ticket", "trouble") and known.keys() - {"paid"}:
        parcels = (_parcel(term, known),)
    tickets: tuple[TicketFacts, ...] = ()
    if term.subject == "ticket" and "opened" in known:
        steps = {name: at for name, at in known.items() if name not in ("paid", "opened", "closed")}
        tickets = (TicketFacts(0, term.tickets[0], known["opened"], example.promised_at, known.get("closed"), steps),)
    reports: tuple[ReportFacts, ...] = ()
    if term.subject == "trouble" and term.kind and "told" in known:
        reports = (ReportFacts(term.kind, None, known["told"], known.get("over")),)
    promised: dict[str, Any] = {}
    if term.promise in ("dispatch", "delivery"):
        promised[f"promised_{term.promise}_at"] = example.promised_at
    return OrderFacts(
        id=0,
        goods=example.goods,
        amount=example.amount,
        parcels=parcels,
        tickets=tickets,
        reports=reports,
        to_places=(example.province,) if example.province else (),
        to_province=example.province,
        placed_at=known.get("paid"),
        paid_at=known.get("paid"),
        **promised,
    )


def _parcel(term: Term, known: Mapping[str, datetime]) -> ParcelFacts:
    names = {f"{name}_at" for name in known} & set(ParcelFacts.__slots__)
    instants: dict[str, Any] = {name: known[name.removesuffix("_at")] for name in names}
    start = known.get(term.start)
    scans = sorted(at for name, at in known.items() if name not in ("paid", "placed", "uploaded"))
    stays = (StayFacts("", start, known.get(term.stop[0])),) if term.shape == "dwell" and start else ()
    return ParcelFacts(waybill_id=0, scans=tuple(scans), stays=stays, **instants)


def _lines(clock: ClockDraft, book: Rulebook) -> list[Line]:
    term = clock.term
    start = _("the limit of {code} passes").format(code=term.after) if term.after else phrases.moment(term.start)
    lines = [Line(start, clock.started_at)]
    if term.length and (at := plain_at(clock, book)):
        lines.append(Line(f"+ {phrases.length(term.length, term.worktime)}", at))
    return [*lines, *(Line(_step(step, term), step.due_at) for step in clock.steps)]


def _step(step: Step, term: Term) -> str:
    if step.how == "promise":
        return _("the order carries {promise}").format(promise=phrases.PROMISES.get(step.name, step.name))
    if step.how == "lane":
        lane = next((one for one in term.lanes if lane_name(one) == step.name), None)
        length = phrases.length(lane.length, term.worktime) if lane else ""
        return f"+ {length} ({phrases.lane_word(step.name)})"
    if step.how == "cut":
        hours = times.length(term.cut.lasts) if term.cut else ""
        return _("“{moment}” brings it nearer: {length} after").format(moment=phrases.moment(step.name), length=hours)
    patterns = {"window": _("window “{name}” moves it"), "waiver": _("waiver “{name}” moves it")}
    return patterns.get(step.how, _("an accepted filing moves it")).format(name=step.name)
