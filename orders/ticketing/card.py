"""What the card of tickets on an order's page shows."""

from collections.abc import Mapping
from dataclasses import dataclass

from orders.models import Order, Ticket, TicketStep
from orders.ticketing.drafts import possible


@dataclass(frozen=True, slots=True)
class Row:
    """One ticket, the steps told of it in the order of their instants, and those worth offering (value, label)."""

    ticket: Ticket
    told: list[TicketStep]
    possible: list[tuple[str, str]]
    # Why what was just said of it cannot be; blank = nothing was, or it can.
    error: str


def rows(order: Order, errors: Mapping[int, str] | None = None) -> list[Row]:
    """Return the order's tickets, open ones first, newest first, in two queries; `errors` are sentences by ticket."""
    found = sorted(order.tickets.prefetch_related("steps"), key=_place)
    return [_row(ticket, (errors or {}).get(ticket.pk, "")) for ticket in found]


def _place(ticket: Ticket) -> tuple[bool, float, int]:
    return ticket.closed_at is not None, -ticket.opened_at.timestamp(), ticket.pk


def _row(ticket: Ticket, error: str) -> Row:
    told = sorted(ticket.steps.all(), key=lambda step: (step.at, step.pk))
    offered = possible(ticket.kind, {step.name for step in told})
    return Row(ticket, told, [(step.value, str(step.label)) for step in offered], error)
