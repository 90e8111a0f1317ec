"""Why a rule says what it says about one order: its clocks with their arithmetic, or the reason it starts none.

Pure: from facts, rules and an instant; nothing is read or stored. The words are those of exceptions.limits.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from django.utils.translation import gettext_lazy as _

from exceptions.deadlines.clocks import ClockDraft, Silence
from exceptions.deadlines.facts import OrderFacts
from exceptions.deadlines.kinds import Level
from exceptions.deadlines.lengths import ends
from exceptions.deadlines.moments import ORDER_MOMENTS
from exceptions.deadlines.penalties import Tier
from exceptions.deadlines.rulebook import Rulebook
from exceptions.deadlines.rules import examine
from exceptions.deadlines.terms import RUNNING_SHAPES, WATCHED, Term
from shipops.kit.choices import Choice

# Steps that stand in place of a rule's own length.
INSTEAD = ("promise", "lane")


class Why(Choice):
    """Why a rule starts no clock; the values are those of rules.Silence, and two that only this page tells apart."""

    NOT_STARTED = "not_started", _("What starts the clock has not happened.")
    IDLE = "idle", _("There is nothing it is about: no such parcel or ticket, no silence near its limit.")
    UNWATCHED = "unwatched", _("Nobody follows the parcel.")
    PLACES = "places", _("Where the parcel is, or where it goes, cannot be read.")
    KEPT = "kept", _("The limit before it was kept.")
    OVER = "over", _("The order is over: nothing is left to wait for.")
    WAIVER = "waiver", _("A waiver takes it off.")
    FILING = "filing", _("An accepted filing takes it off.")
    LANE = "lane", _("Not judged on this lane.")
    EXTRA = "extra", _("Parcels sent after are not judged by it.")
    GOODS = "goods", _("The rule is not for these goods.")
    VOID = "void", _("Nothing is owed on this order.")
    NOT_YET = "not_yet", _("The rule was not in force yet when the order was paid.")
    NO_LONGER = "no_longer", _("The rule was no longer in force when the order was paid.")
    NO_LENGTH = "no_length", _("No length is known here.")
    OFF = "off", _("The rule is switched off or has no length.")
    FIGURE = "figure", _("No clock runs: it is a rate, a threshold or a template.")


class State(Choice):
    """What became of a clock by some instant."""

    RUNNING = "running", _("Running")
    LATE = "late", _("Overdue"), "broken"
    EXPIRED = "expired", _("Expired")
    KEPT = "kept", _("Kept"), "kept"
    MISSED = "missed", _("Happened late"), "broken"


@dataclass(frozen=True, slots=True)
class Run:
    """One clock, and what of its rule held: `tier` None = no rate is known, or none for this amount."""

    clock: ClockDraft
    state: State
    level: Level
    tier: Tier | None
    # Where the rule's own length leads, before anything moved it; None where a promise or a lane stands in its place.
    plain_at: datetime | None
    # It runs again, from the moment it passed unmet.
    again: bool = False

    @property
    def term(self) -> Term:
        return self.clock.term

    @property
    def tone(self) -> str:
        """The tone it is shown in; clocks that are not ours to keep never burn."""
        if self.state is State.RUNNING and self.term.whose in WATCHED:
            return self.level.tone
        return self.state.tone


@dataclass(frozen=True, slots=True)
class Quiet:
    """A rule that starts no clock here; `name` says which lane, waiver or filing keeps it."""

    term: Term
    name: str = ""
    waybill_id: int | None = None
    ticket_id: int | None = None


@dataclass(frozen=True, slots=True)
class Explanation:
    # Running before ended, and those due first before others.
    runs: tuple[Run, ...]
    # Those most about this order first, each reason once.
    quiet: tuple[tuple[Why, tuple[Quiet, ...]], ...]


def explain(order: OrderFacts, book: Rulebook, now: datetime) -> Explanation:
    """Return what every rule of the book says about the order at `now`, by the facts given."""
    drafts: list[ClockDraft] = []
    quiet: dict[Why, list[Quiet]] = {}
    spoken: set[str] = set()
    for found in examine(order, book):
        spoken.add(found.term.code)
        if isinstance(found, ClockDraft):
            drafts.append(found)
        else:
            quiet.setdefault(_why(found, order), []).append(_quiet(found))
    if idle := [Quiet(term) for term in book.terms if term.code not in spoken]:
        quiet.setdefault(Why.IDLE, []).extend(idle)
    runs = sorted(_runs(drafts, order, book, now), key=lambda run: (run.clock.stopped_at is not None, run.clock.due_at))
    return Explanation(tuple(runs), tuple((why, tuple(quiet[why])) for why in Why if why in quiet))


def running(order: OrderFacts, book: Rulebook, now: datetime, whose: Iterable[str]) -> list[Run]:
    """Return the clocks of these parties that still run at `now`, the nearest first; rights that expired are gone."""
    wanted = frozenset(whose)
    return [
        run
        for run in explain(order, only(book, wanted), now).runs
        if run.state in (State.RUNNING, State.LATE) and run.term.whose in wanted
    ]


def only(book: Rulebook, whose: frozenset[str]) -> Rulebook:
    """The book with nothing but what these parties' clocks need: themselves, and those that they come after."""
    terms = {rule.term.code: rule.term for rule in book.rules}
    mine = {code for code, term in terms.items() if term.whose in whose and term.enabled and term.runs}
    mine |= {terms[code].after for code in mine}
    return replace(book, rules=tuple(rule for rule in book.rules if rule.term.code in mine))


def _why(silence: Silence, order: OrderFacts) -> Why:
    why, term = Why(silence.why), silence.term
    if term.shape not in RUNNING_SHAPES:
        return Why.FIGURE
    # Before anything is sent there is nobody to follow.
    if why is Why.UNWATCHED and term.subject == "order" and ORDER_MOMENTS[term.start](order) is None:
        return Why.NOT_STARTED
    return why


def _quiet(silence: Silence) -> Quiet:
    return Quiet(silence.term, silence.name, silence.waybill_id, silence.ticket_id)


def _runs(drafts: Iterable[ClockDraft], order: OrderFacts, book: Rulebook, now: datetime) -> Iterator[Run]:
    dues: set[tuple[str, int | None, int | None, int | None, datetime]] = set()
    for clock in drafts:
        key = (clock.term.code, clock.waybill_id, clock.line_id, clock.ticket_id)
        promised = clock.due_at - clock.started_at
        tier = next((tier for tier in clock.term.tiers if tier.holds(order.amount, promised)), None)
        yield Run(
            clock=clock,
            state=_state(clock, now),
            level=clock.level_at(now),
            tier=tier,
            plain_at=plain_at(clock, book),
            again=(*key, clock.started_at) in dues,
        )
        dues.add((*key, clock.due_at))


def plain_at(clock: ClockDraft, book: Rulebook) -> datetime | None:
    """Return where the rule's own length leads; None where it has none, or a promise or a lane stands in its place."""
    if clock.term.length is None or any(step.how in INSTEAD for step in clock.steps):
        return None
    return ends(clock.term.length, clock.started_at, clock.term.worktime, book)


def _state(clock: ClockDraft, now: datetime) -> State:
    if clock.stopped_at:
        return State.KEPT if clock.stopped_at <= clock.due_at else State.MISSED
    if now <= clock.due_at:
        return State.RUNNING
    return State.EXPIRED if clock.term.whose == "right" else State.LATE
