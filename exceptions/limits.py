"""All rules of one order in words: what each made of it and how that was reckoned, or why it says nothing."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _

from exceptions.deadlines import reading
from exceptions.deadlines.facts import OrderFacts, as_of
from exceptions.deadlines.lengths import Step, lane_name
from exceptions.deadlines.terms import Term
from exceptions.explaining import Explanation, Quiet, Run, State, Why, explain, only, running
from exceptions.policies import Books
from exceptions.rulemaking import phrases
from exceptions.timeline import term_name, term_note
from orders.models import Order, Ticket
from shipments.models import Waybill
from shipops.kit import money, times
from shipops.kit.bilingual import in_language

# Whose clocks are shown beside an order's cases: they open none.
SHOWN = ("right", "buyer", "platform")


@dataclass(frozen=True, slots=True)
class Line:
    """One clock as a person checks it: start + length = due, and each step that moved it."""

    code: str
    name: str
    url: str
    # Which parcel, ticket or sub-order it is about; blank = the order.
    about: str
    whose: str
    tone: str
    state: str
    running: bool
    start: str
    started_at: datetime
    length: str
    # None where the length did not lead there: a promise or a lane stood in its place.
    plain_at: datetime | None
    # What moved it, and to when.
    steps: list[tuple[str, datetime]]
    due_at: datetime
    stop: str
    stopped_at: datetime | None
    penalty: str
    tier: str
    version: str
    sources: str
    grade: str
    needs_review: bool
    note: str
    conflict: str


@dataclass(frozen=True, slots=True)
class Still:
    """A rule that starts no clock here."""

    code: str
    name: str
    url: str
    about: str
    # What in particular keeps it: the waiver's or the lane's name, or why it is off.
    detail: str


@dataclass(frozen=True, slots=True)
class Told:
    lines: list[Line]
    quiet: list[tuple[Why, list[Still]]]

    @property
    def silent(self) -> int:
        """How many rules say nothing."""
        return sum(len(rules) for _why, rules in self.quiet)


def told(order: Order, now: datetime, at: datetime | None = None) -> Told:
    """Return what every rule of its shop makes of the order (with its shop), by all that is known, or was known `at`.

    Twelve queries at most: facts, published versions, and the numbers of its parcels.
    """
    books = Books.of_shops([order.shop])
    ((_shop, facts),) = reading.read([order.pk])
    if at:
        facts = as_of(facts, at)
    found = explain(facts, books.whole(order.shop_id, facts.since), at or now)
    about = _About(facts, found)
    lines = [_line(run, facts, about, order, at or now) for run in found.runs]
    return Told(lines, [(why, [_still(rule, about) for rule in rules]) for why, rules in found.quiet])


def shown_only(order: Order, now: datetime) -> list[Line]:
    """Return the clocks that open no case and still run: rights of ours, and what the buyer or the platform owes.

    Nothing is read of the order where its shop has no such rule.
    """
    book = Books.of_shops([order.shop]).whole(order.shop_id, order.paid_at or order.placed_at)
    if not only(book, frozenset(SHOWN)).rules:
        return []
    ((_shop, facts),) = reading.read([order.pk])
    runs = running(facts, book, now, SHOWN)
    about = _About(facts, Explanation(tuple(runs), ()))
    return [_line(run, facts, about, order, now) for run in runs]


class _About:
    """What people call the parcels, tickets and sub-orders of one order. At most one query."""

    def __init__(self, facts: OrderFacts, found: Explanation) -> None:
        wanted = {run.clock.waybill_id for run in found.runs}
        wanted |= {rule.waybill_id for _why, rules in found.quiet for rule in rules}
        self._waybills: Mapping[int, str] = {}
        if pks := [pk for pk in wanted if pk]:
            self._waybills = dict(Waybill.objects.filter(pk__in=pks).values_list("pk", "number"))
        labels = dict(Ticket.Kind.choices)
        self._tickets = {ticket.id: str(labels.get(ticket.kind, ticket.kind)) for ticket in facts.tickets}
        self._lines = {line.id: line.sku for line in facts.lines}

    def __call__(self, waybill_id: int | None, ticket_id: int | None, line_id: int | None = None) -> str:
        if ticket_id:
            return self._tickets.get(ticket_id, "")
        if line_id:
            return self._lines.get(line_id, "")
        return self._waybills.get(waybill_id or 0, "")


def _line(run: Run, facts: OrderFacts, about: _About, order: Order, now: datetime) -> Line:
    clock, term = run.clock, run.term
    return Line(
        code=term.code,
        name=term_name(term),
        url=rule_url(term.code),
        about=about(clock.waybill_id, clock.ticket_id, clock.line_id),
        whose=str(phrases.WHOSE[term.whose]),
        tone=run.tone,
        state=_state(run, now),
        running=clock.stopped_at is None,
        start=_start(run),
        started_at=clock.started_at,
        length=phrases.length(term.length, term.worktime) if term.length else "",
        plain_at=run.plain_at,
        steps=[(_step(step, term), step.due_at) for step in clock.steps],
        due_at=clock.due_at,
        stop=_stop(term),
        stopped_at=clock.stopped_at,
        penalty=money.shown(clock.penalty, order.currency) if clock.penalty else "",
        tier=phrases.tier(run.tier) if run.tier else "",
        version=version(term.version),
        sources=", ".join(term.source),
        grade=term.grade,
        needs_review=term.needs_review,
        note=term_note(term),
        conflict=in_language(term, "conflict"),
    )


def _state(run: Run, now: datetime) -> str:
    clock = run.clock
    if run.state is State.MISSED and clock.stopped_at:
        return _("Late by {t}").format(t=times.spell(clock.stopped_at - clock.due_at))
    if run.state in (State.KEPT, State.EXPIRED):
        return str(run.state.label)
    return times.remaining(clock.due_at, now)


def _start(run: Run) -> str:
    if run.again:
        return _("Passed unmet, runs again")
    if run.term.after:
        return _("The limit of {code} passed").format(code=run.term.after)
    if run.term.shape == "gap":
        return _("A scan")
    if run.term.shape == "dwell":
        return _("Arrived at a hub")
    return phrases.moment(run.term.start)


def _stop(term: Term) -> str:
    if term.shape == "gap":
        return _("The next scan")
    if term.shape == "dwell":
        return _("Left the hub")
    return phrases.moments(term.stop)


def _step(step: Step, term: Term) -> str:
    if step.how == "promise":
        return str(phrases.PROMISES[step.name])
    if step.how == "lane":
        length = next((lane.length for lane in term.lanes if lane_name(lane) == step.name), None)
        return _("lane {name}: {length}").format(name=phrases.lane_word(step.name), length=phrases.length(length))
    if step.how == "cut":
        return _("sooner, since “{moment}” happened").format(moment=phrases.moment(step.name))
    said = {"window": _("window “{name}”"), "waiver": _("waiver “{name}”"), "filing": _("filing accepted")}
    return said[step.how].format(name=step.name)


def _still(rule: Quiet, about: _About) -> Still:
    term = rule.term
    off = in_language(term, "off")
    return Still(
        code=term.code,
        name=term_name(term),
        url=rule_url(term.code),
        about=about(rule.waybill_id, rule.ticket_id),
        detail=phrases.lane_word(rule.name) or ("" if term.enabled else off),
    )


def version(written: str) -> str:
    """Which version of a rule applied: the pack's, and the number of the merchant's that changed it."""
    pack, _plus, number = written.partition("+")
    told = _("your own rule") if pack == "own" else _("pack {version}").format(version=pack)
    return _("{pack}, your version {number}").format(pack=told, number=number) if number else told


def rule_url(code: str) -> str:
    """The page of a rule; blank where there is none."""
    try:
        return reverse("rule", args=[code])
    except NoReverseMatch:
        return ""
