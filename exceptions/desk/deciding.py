"""What an act comes to on each case: carried out, was so already, or not possible and why. Pure: all it needs is handed in."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from django.utils.translation import gettext as _

from exceptions.desk import verbs
from exceptions.desk.acts import LONGEST_SNOOZE, WAKES_BEFORE, Act
from exceptions.desk.holding import held
from exceptions.desk.verbs import TicketSeen
from exceptions.desk.workflow import VERBS, Action, State, next_state
from exceptions.models import Case, CommandItem
from orders.models import Order
from orders.ticketing.drafts import TicketDraft

Result = CommandItem.Result
# An order, parcel and kind: of the cases that share them one is open at most.
Place = tuple[int, int | None, str]
# A snooze that waits for something ends by itself after that, where no limit ends it sooner.
BACKSTOP: Final = timedelta(days=7)
# Columns of a case that people's acts set, and what its sleep leaves behind when it ends.
COLUMNS: Final = (
    *("state", "assignee_id", "claimed_until", "snoozed_at", "snoozed_until", "wakes_on", "wakes_before"),
    *("merged_into_id", "resolved_at", "outcome", "by_hand"),
)
AWAKE: Final[Mapping[str, Any]] = {"snoozed_at": None, "snoozed_until": None, "wakes_on": "", "wakes_before": None}


@dataclass(slots=True)
class Around:
    """What the rules have to know beside the cases themselves, read for a whole set at once."""

    orders: Mapping[int, Order] = field(default_factory=dict)
    # Codes of shops.
    shops: Mapping[int, str] = field(default_factory=dict)
    # Cases with a running clock.
    running: set[int] = field(default_factory=set)
    # Places where a case is open.
    taken: set[Place] = field(default_factory=set)
    # Stages of the parcels of an order, by waybill.
    stages: Mapping[int, Mapping[int, str]] = field(default_factory=lambda: defaultdict(dict))
    tickets: dict[int, list[TicketSeen]] = field(default_factory=lambda: defaultdict(list))
    # Of a MERGE: the case that stays, by case; and those other cases were merged into.
    survivors: Mapping[int, Case] = field(default_factory=dict)
    parents: set[int] = field(default_factory=set)
    # How long a claim lasts; None = it does not end by itself.
    claim: timedelta | None = None
    # Of an ASSIGN: the shops each of those people may see; None = all of them.
    sees: Mapping[int, Collection[int] | None] = field(default_factory=dict)
    # Of a SNOOZE: incidents of these cases that are closed.
    over: set[int] = field(default_factory=set)
    # What somebody else did since whoever acts last looked, by case.
    faster: Mapping[int, str] = field(default_factory=dict)
    # Why it is in the state it is in, by case.
    history: Mapping[int, str] = field(default_factory=dict)


@dataclass(slots=True)
class Decision:
    """What becomes of one case."""

    case: Case
    result: str = Result.APPLIED
    reason: str = ""
    change: dict[str, Any] = field(default_factory=dict)
    detail: dict[str, Any] = field(default_factory=dict)
    draft: TicketDraft | None = None
    # The ticket that was told of it: its id, whether the act created it, and the steps it told.
    ticket: dict[str, Any] | None = None

    @property
    def is_applied(self) -> bool:
        return self.result == Result.APPLIED

    @property
    def to_state(self) -> str:
        return str(self.change.get("state", self.case.state))

    @property
    def before(self) -> dict[str, Any]:
        return {name: plain(getattr(self.case, name)) for name in self.change}

    @property
    def after(self) -> dict[str, Any]:
        told = {name: plain(value) for name, value in self.change.items()}
        return told | ({"ticket": self.ticket} if self.ticket else {})


def plain(value: Any) -> Any:
    """A column's value as JSON has it: instants in UTC, as the database tells them, whatever zone somebody typed them in."""
    return value.astimezone(UTC).isoformat() if isinstance(value, datetime) else value


class Refused(Exception):
    """The act is not possible on this case; the sentence says why. Stays inside this module."""


class Already(Exception):
    """The case is so already; the sentence says since when or by whom, where that is known."""


def decide(act: Act, cases: Iterable[Case], around: Around) -> list[Decision]:
    """What the act comes to on each case, in their order: what the first does, the next one finds done."""
    return [_decided(act, case, around) for case in cases]


def _decided(act: Act, case: Case, around: Around) -> Decision:
    decision = Decision(case)
    try:
        _follow(act, case, around, decision)
    except Refused as refusal:
        return Decision(case, Result.REJECTED, str(refusal))
    except Already as already:
        return Decision(case, Result.NO_OP, str(already))
    return decision


def _follow(act: Act, case: Case, around: Around, decision: Decision) -> None:
    if case.pk in around.faster:
        raise Refused(around.faster[case.pk])
    state = State(case.state)
    after = next_state(state, act.action)
    if after is None:
        said = _("This case is %(state)s: “%(action)s” is not possible now.")
        sentence = said % {"state": str(state.label).lower(), "action": act.action.label}
        sentence = " ".join(filter(None, [sentence, around.history.get(case.pk)]))
        raise Already(sentence) if SETTLED_BY.get(act.action) is state else Refused(sentence)
    change, detail = (_verb if act.action in VERBS else CHANGES[act.action])(act, case, around, decision)
    if after is not state:
        change["state"] = after.value
    if act.claimed_until is None:
        change = held(act.by.user.pk, case, change, around.claim, act.now)
    decision.change, decision.detail = change, detail


# The state an act leads to and in which it is not offered: who comes second finds it done.
SETTLED_BY: Final[Mapping[Action, State]] = {
    Action.RESOLVE: State.RESOLVED,
    Action.WAKE: State.OPEN,
    Action.REOPEN: State.OPEN,
}

# Columns of the case to set, and what the log keeps about it.
Change = tuple[dict[str, Any], dict[str, Any]]


def _assign(act: Act, case: Case, around: Around, decision: Decision) -> Change:
    person = act.assignees.get(case.pk, act.assignee)
    if person == case.assignee_id and act.claimed_until in (None, case.claimed_until):
        raise Already(_("The same person is in charge already.") if person else _("Nobody is in charge already."))
    seen = around.sees.get(person) if person else None
    if seen is not None and case.shop_id not in seen:
        raise Refused(_("This person may not see its shop. Choose somebody else."))
    change: dict[str, Any] = {"assignee_id": person}
    if act.claimed_until is not None:
        change |= {"claimed_until": act.claimed_until}
    return change, {"assignee": person}


def _note(act: Act, case: Case, around: Around, decision: Decision) -> Change:
    return {}, {}


def limit(case: Case, now: datetime) -> datetime | None:
    """The next limit of a case: it breaks, or turns serious; None where both are over."""
    return next((at for at in (case.due_at, case.grave_at) if at > now), None)


def slept_until(act: Act, case: Case) -> datetime:
    """When a snooze ends at the latest. Raises Refused where there is nothing to wait for."""
    ahead = limit(case, act.now)
    if act.wakes_on == Case.Wakes.DUE:
        hours = act.wakes_before or WAKES_BEFORE
        if ahead is None:
            raise Refused(_("Its limits are over: say until when instead."))
        until = ahead - timedelta(hours=hours)
        if until <= act.now:
            raise Refused(_("Less than %(hours)d h are left until its limit.") % {"hours": hours})
        return min(until, act.now + LONGEST_SNOOZE)
    if act.wakes_on == Case.Wakes.INCIDENT and case.incident_id is None:
        raise Refused(_("It belongs to no incident."))
    if act.wakes_on == Case.Wakes.SCAN and case.waybill_id is None:
        raise Refused(_("It has no parcel to be scanned."))
    until = act.until or act.now + BACKSTOP
    # Once a limit is broken the next one wakes the case by itself, as getting worse always does.
    return until if ahead is None or act.beyond or ahead != case.due_at else min(until, ahead)


def _snooze(act: Act, case: Case, around: Around, decision: Decision) -> Change:
    if act.wakes_on == Case.Wakes.INCIDENT and case.incident_id in around.over:
        raise Refused(_("This incident is closed already."))
    until = slept_until(act, case)
    wakes_on = act.wakes_on or Case.Wakes.TIME.value
    hours = (act.wakes_before or WAKES_BEFORE) if wakes_on == Case.Wakes.DUE else None
    change = {"snoozed_at": act.now, "snoozed_until": until, "wakes_on": wakes_on, "wakes_before": hours}
    detail = {"until": until.isoformat(), "wakes_on": wakes_on} | ({"hours": hours} if hours else {})
    return change, detail


def _wake(act: Act, case: Case, around: Around, decision: Decision) -> Change:
    return dict(AWAKE), {}


def _resolve(act: Act, case: Case, around: Around, decision: Decision) -> Change:
    change = {"resolved_at": act.now, "outcome": act.outcome, "by_hand": False, **AWAKE}
    return change, {"outcome": act.outcome}


def _reopen(act: Act, case: Case, around: Around, decision: Decision) -> Change:
    place = (case.order_id, case.waybill_id, case.kind)
    if place in around.taken:
        raise Refused(_("Another case of this kind is open for the same parcel."))
    around.taken.add(place)
    by_hand = case.pk not in around.running
    return {"resolved_at": None, "outcome": "", "by_hand": by_hand, "merged_into_id": None}, {}


def _merge(act: Act, case: Case, around: Around, decision: Decision) -> Change:
    survivor = around.survivors.get(case.pk)
    if survivor is None:
        raise Refused(_("No other open case of this order was chosen to stay."))
    if survivor.pk == case.pk:
        raise Already(_("It stays open; the others are merged into it."))
    if survivor.order_id != case.order_id or survivor.state == State.RESOLVED.value:
        raise Refused(_("Only into an open case of the same order."))
    if case.pk in around.parents:
        raise Refused(_("Other cases are merged into this one: merge into it instead."))
    around.parents.add(survivor.pk)
    change = {
        "resolved_at": act.now,
        "outcome": Case.Outcome.MERGED.value,
        "merged_into_id": survivor.pk,
        "by_hand": False,
        **AWAKE,
    }
    return change, {"outcome": Case.Outcome.MERGED.value, "into": survivor.pk}


def _verb(act: Act, case: Case, around: Around, decision: Decision) -> Change:
    order = around.orders[case.order_id]
    stages = around.stages[case.order_id]
    own = stages.get(case.waybill_id or 0)
    mine = [own] if own else list(stages.values())
    told = verbs.told(act, order, around.shops[case.shop_id], mine, around.tickets[case.order_id])
    if told.refusal:
        raise Refused(told.refusal)
    if told.already:
        raise Already(told.already)
    decision.draft = told.draft
    said = {"where": act.where, "number": act.number, "amount": None if act.amount is None else str(act.amount)}
    return {}, {name: value for name, value in said.items() if value}


CHANGES: Final[Mapping[Action, Callable[[Act, Case, Around, Decision], Change]]] = {
    Action.ASSIGN: _assign,
    Action.NOTE: _note,
    Action.SNOOZE: _snooze,
    Action.WAKE: _wake,
    Action.RESOLVE: _resolve,
    Action.REOPEN: _reopen,
    Action.MERGE: _merge,
    **dict.fromkeys(VERBS, _verb),
}
