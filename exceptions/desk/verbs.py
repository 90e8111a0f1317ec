"""What is done outside (1…9, P): which ticket it opens, so that the other side's clock runs, and where it does not fit. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Final

from django.utils.translation import gettext as _

from exceptions.desk.acts import Act
from exceptions.desk.workflow import Action
from orders.models import Order, Ticket, TicketStep
from orders.ticketing.drafts import LONGEST_REASON, TicketDraft
from shipments.status import Stage

# The ticket each verb opens, and the steps it tells of it at once.
OPENS: Final[Mapping[Action, tuple[str, tuple[str, ...]]]] = {
    Action.INTERCEPT: (Ticket.Kind.INTERCEPTION, ()),
    Action.CLAIM: (Ticket.Kind.CLAIM, (TicketStep.Name.SUBMITTED,)),
    Action.WORK_ORDER: (Ticket.Kind.WORK_ORDER, ()),
    Action.RESHIP: (Ticket.Kind.RESHIP, ()),
}
# What can be appealed against, the first that is open and not yet appealed.
APPEALED: Final = (Ticket.Kind.VIOLATION, Ticket.Kind.RULING, Ticket.Kind.COMPLAINT)
# Verbs that are about a parcel; without one there is nothing to say them of.
OF_A_PARCEL: Final = frozenset({Action.URGE, Action.INTERCEPT, Action.CLAIM, Action.WORK_ORDER})
ARRIVED: Final = frozenset({Stage.DELIVERED.value, Stage.RETURNED.value})


@dataclass(slots=True)
class TicketSeen:
    """A ticket of an order as a verb has to know it."""

    kind: str
    number: str
    is_open: bool
    steps: set[str] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class Told:
    """A verb that fits: what to tell of a ticket (None: nothing), or why it does not fit, or was so already."""

    draft: TicketDraft | None = None
    refusal: str = ""
    already: str = ""


def told(act: Act, order: Order, shop: str, stages: Iterable[str], tickets: list[TicketSeen]) -> Told:
    """What a verb comes to on one order, whose parcels are at `stages`; notes in `tickets` what it opens."""
    refusal = _unfit(act.action, list(stages))
    if refusal:
        return Told(refusal=refusal)
    if act.action is Action.APPEAL:
        return _appealed(act, order, shop, tickets)
    if act.action not in OPENS:
        return Told()
    kind, steps = OPENS[act.action]
    if act.action is Action.RESHIP and act.where:
        steps = (TicketStep.Name.RESHIP_UPLOADED,)
    same = [one for one in tickets if one.kind == kind and one.number == act.number]
    open_ones = [one for one in tickets if one.kind == kind and one.is_open and (one in same or not act.number)]
    if any(one.steps >= set(steps) for one in open_ones):
        label = str(Ticket.Kind(kind).label).lower()
        return Told(already=_("This order has an open %(ticket)s.") % {"ticket": label})
    if open_ones:
        open_ones[0].steps |= set(steps)
        return Told(_draft(act, order, shop, kind, open_ones[0].number, steps, is_new=False))
    if same:
        return Told(refusal=_("An earlier one with this number is closed. Give the number of the new one."))
    tickets.append(TicketSeen(kind, act.number, True, set(steps)))
    return Told(_draft(act, order, shop, kind, act.number, steps))


def _unfit(action: Action, stages: list[str]) -> str:
    if action in OF_A_PARCEL and not stages:
        return _("There is no parcel yet.")
    if action is Action.INTERCEPT and all(stage in ARRIVED for stage in stages):
        return _("The parcel has arrived: it cannot be stopped any more.")
    return ""


def _appealed(act: Act, order: Order, shop: str, tickets: list[TicketSeen]) -> Told:
    notices = [one for kind in APPEALED for one in tickets if one.kind == kind and one.is_open]
    fresh = [one for one in notices if TicketStep.Name.SUBMITTED not in one.steps]
    if fresh:
        fresh[0].steps.add(TicketStep.Name.SUBMITTED)
        return Told(
            _draft(act, order, shop, fresh[0].kind, fresh[0].number, (TicketStep.Name.SUBMITTED,), is_new=False)
        )
    if notices:
        return Told(already=_("The appeal is noted already."))
    return Told(refusal=_("There is nothing to appeal against: note the violation notice on the order first."))


def _draft(
    act: Act, order: Order, shop: str, kind: str, number: str, steps: Iterable[str], *, is_new: bool = True
) -> TicketDraft:
    at: dict[str, datetime] = dict.fromkeys(steps, act.now)
    amount: Decimal | None = act.amount if act.action is Action.CLAIM else None
    reason = act.note.replace("\n", " ")[:LONGEST_REASON] if is_new else ""
    return TicketDraft(order.number, kind, number, act.now if is_new else None, None, amount, reason, None, at, shop)
