"""The shape in which tickets are told, which steps each kind has, and what cannot be."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final

from django.utils.timezone import is_naive
from django.utils.translation import gettext as _

from orders.models import Ticket, TicketStep

Kind, Step = Ticket.Kind, TicketStep.Name

# The steps of each kind in the order they are taken. Buttons, forms, REST and the service read this one table.
STEPS_OF: Final[Mapping[str, tuple[TicketStep.Name, ...]]] = {
    Kind.REFUND_UNSHIPPED: (Step.ANSWERED, Step.AGREED, Step.REJECTED),
    Kind.REFUND: (Step.ANSWERED, Step.AGREED, Step.REJECTED),
    Kind.RETURN: (
        *(Step.ANSWERED, Step.AGREED, Step.REJECTED),
        *(Step.RETURN_UPLOADED, Step.RETURN_SIGNED, Step.RETURN_CONFIRMED),
    ),
    Kind.INQUIRY: (Step.ANSWERED,),
    Kind.COMPLAINT: (
        *(Step.ANSWERED, Step.AGREED, Step.REJECTED, Step.SUBMITTED, Step.EVIDENCE_CLOSED),
        Step.RESULT,
    ),
    Kind.EVIDENCE: (Step.SUBMITTED, Step.EVIDENCE_CLOSED, Step.RESULT),
    Kind.VIOLATION: (Step.SUBMITTED, Step.RESULT),
    Kind.RULING: (Step.SUBMITTED, Step.RESHIP_UPLOADED, Step.RESHIP_PICKED_UP, Step.RESULT),
    Kind.RESHIP: (Step.RESHIP_UPLOADED, Step.RESHIP_PICKED_UP),
    Kind.INTERCEPTION: (Step.ANSWERED, Step.RESULT),
    Kind.WORK_ORDER: (Step.ANSWERED, Step.RESULT),
    Kind.CLAIM: (Step.SUBMITTED, Step.ANSWERED, Step.RESULT),
    Kind.REGULATOR: (Step.SUBMITTED, Step.ANSWERED, Step.RESULT),
    Kind.HUB_RETURN: (Step.ARRANGED,),
}
# A step told → those that nobody needs to tell any more. What was rejected may still be agreed to.
SPARED: Final[Mapping[str, tuple[TicketStep.Name, ...]]] = {
    Step.AGREED: (Step.ANSWERED, Step.REJECTED),
    Step.REJECTED: (Step.ANSWERED,),
}
LONGEST_NUMBER: Final = 64
LONGEST_REASON: Final = 200
# The most the column of an amount holds.
MOST: Final = Decimal("9999999999.99")
# Clocks of platforms and ours differ by so much; more than that is no instant that has been.
SKEW: Final = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class TicketDraft:
    """One ticket as somebody tells it; None and blank = not said.

    `order` is the order's number; `shop`, a shop's code, is needed only where several shops have an order of that number.
    Instants are aware, whatever their zone; `amount` is in the order's currency.
    """

    order: str
    kind: str
    number: str = ""
    opened_at: datetime | None = None
    due_at: datetime | None = None
    amount: Decimal | None = None
    reason: str = ""
    closed_at: datetime | None = None
    steps: Mapping[str, datetime] = field(default_factory=dict)
    shop: str = ""


@dataclass(frozen=True, slots=True)
class Problem:
    """Why something was refused: the field, as drafts and REST name it, and a sentence with the remedy for the reader."""

    field: str
    sentence: str


def possible(kind: str, told: Collection[str]) -> list[TicketStep.Name]:
    """Return the steps worth offering on a ticket of this kind where those of `told` are told."""
    spared = {step for name in told for step in SPARED.get(name, ())}
    return [step for step in STEPS_OF[kind] if step not in told and step not in spared]


def unfit(draft: TicketDraft, now: datetime) -> list[Problem]:
    """Return what is wrong with a draft by itself, whatever is stored."""
    told = {"opened_at": draft.opened_at, "closed_at": draft.closed_at}
    return [
        *_unfit_texts(draft),
        *unfit_steps(draft.kind, draft.steps),
        *unfit_instants(told | {f"steps.{name}": at for name, at in draft.steps.items()}, now),
        *unfit_instants({"due_at": draft.due_at}, None),
    ]


def _unfit_texts(draft: TicketDraft) -> Iterator[Problem]:
    if draft.kind not in STEPS_OF:
        sentence = _("There is no kind “{kind}”. Use one of: {kinds}.")
        yield Problem("kind", sentence.format(kind=draft.kind, kinds=", ".join(STEPS_OF)))
    for name, text, most in (("number", draft.number, LONGEST_NUMBER), ("reason", draft.reason, LONGEST_REASON)):
        if len(text) > most:
            yield Problem(name, _("It is too long: shorten it to {most} characters.").format(most=most))
    if draft.amount is not None and not 0 <= draft.amount <= MOST:
        yield Problem("amount", _("Give an amount from 0 to {most}.").format(most=MOST))


def unfit_steps(kind: str, names: Mapping[str, datetime | None]) -> list[Problem]:
    """Return a problem for each step that a ticket of this kind does not have; of an unknown kind nothing is known."""
    steps = STEPS_OF.get(kind)
    if steps is None:
        return []
    sentence = _("Tickets of this kind have no step “{step}”, only: {steps}.")
    return [
        Problem(f"steps.{name}", sentence.format(step=name, steps=", ".join(steps)))
        for name in names
        if name not in steps
    ]


def unfit_instants(told: Mapping[str, datetime | None], now: datetime | None) -> list[Problem]:
    """Return a problem for each instant that is naive or, where `now` is given, still to come."""
    problems = []
    for name, at in told.items():
        if at is not None and is_naive(at):
            sentence = _("Give the time with its offset from UTC, for example 2026-11-22T12:00:00+08:00.")
            problems.append(Problem(name, sentence))
        elif at is not None and now is not None and at > now + SKEW:
            problems.append(Problem(name, _("This is still to come. Give the time at which it happened.")))
    return problems


def out_of_order(
    opened_at: datetime, due_at: datetime | None, closed_at: datetime | None, steps: Mapping[str, datetime]
) -> list[Problem]:
    """Return a problem for each aware instant that lies before the ticket was opened."""
    later = {"due_at": due_at, "closed_at": closed_at} | {f"steps.{name}": at for name, at in steps.items()}
    said = _("This is before the ticket was opened. Correct one of the two.")
    return [Problem(name, said) for name, at in later.items() if at is not None and at < opened_at]
