"""The moments at which clocks start and stop, by name: what each means in the facts. Pure."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from exceptions.deadlines import facts as known
from exceptions.deadlines.facts import OrderFacts, ParcelFacts, TicketFacts, earliest
from exceptions.deadlines.troubles import Trouble

Moments = dict[str, Callable[[Any], datetime | None]]

ORDER_MOMENTS: dict[str, Callable[[OrderFacts], datetime | None]] = {
    "placed": lambda order: order.placed_at or order.paid_at,
    "paid": lambda order: order.paid_at or order.placed_at,
    "uploaded": known.uploaded_at,
    "dispatched": lambda order: order.dispatched_at or known.uploaded_at(order),
    "handed_over": known.handed_over_at,
    "delivered": known.delivered_at,
    # No source dates it.
    "completed": lambda order: None,
}


def second_trace_at(parcel: ParcelFacts) -> datetime | None:
    """The first scan after the first trace; a move, a round or a delivery is one in any case."""
    if parcel.first_trace_at is None:
        return None
    later = (scan for scan in parcel.scans if scan > parcel.first_trace_at)
    return next(later, None) or earliest(
        instant
        for instant in (parcel.moved_at, parcel.out_for_delivery_at, parcel.delivered_at)
        if instant and instant > parcel.first_trace_at
    )


def arrived_at(parcel: ParcelFacts) -> datetime | None:
    """The first sign that it came to a hub; a round of the courier proves that it did."""
    return earliest((parcel.first_hub_at, parcel.out_for_delivery_at, parcel.delivered_at))


def left_at(parcel: ParcelFacts, instant: datetime | None) -> datetime | None:
    """`instant`, or what proves that it must have been by then."""
    return earliest((instant, parcel.out_for_delivery_at, known.brought_at(parcel)))


PARCEL_MOMENTS: dict[str, Callable[[ParcelFacts], datetime | None]] = {
    "uploaded": lambda parcel: parcel.uploaded_at,
    "first_trace": lambda parcel: earliest((parcel.first_trace_at, known.parcel_picked_up_at(parcel))),
    "second_trace": second_trace_at,
    "picked_up": known.parcel_picked_up_at,
    "last_pickup": lambda parcel: parcel.last_pickup_at or known.parcel_picked_up_at(parcel),
    "moved": lambda parcel: earliest((parcel.moved_at, parcel.out_for_delivery_at, parcel.delivered_at)),
    "first_hub": arrived_at,
    "left_first_hub": lambda parcel: left_at(parcel, parcel.left_first_hub_at),
    "left_province": lambda parcel: left_at(parcel, parcel.left_province_at),
    "out_for_delivery": lambda parcel: parcel.out_for_delivery_at,
    "at_station": lambda parcel: parcel.at_station_at,
    "brought": known.brought_at,
    "attempt_failed": lambda parcel: parcel.attempt_failed_at,
    "retried": lambda parcel: earliest((parcel.retried_at, parcel.delivered_at)),
    "returning": lambda parcel: parcel.returning_at,
    "returned": lambda parcel: parcel.returned_at,
    "delivered": lambda parcel: parcel.delivered_at,
}

STEPS = (
    "answered",
    "agreed",
    "rejected",
    "return_uploaded",
    "return_signed",
    "return_confirmed",
    "submitted",
    "evidence_closed",
    "reship_uploaded",
    "reship_picked_up",
    "result",
    "arranged",
)


# Whoever agrees, rejects or tells the result has answered, and nobody answers or decides what was not submitted.
PROVED_BY = {"answered": ("agreed", "rejected", "result"), "submitted": ("answered", "result")}


def _step(name: str) -> Callable[[TicketFacts], datetime | None]:
    names = (name, *PROVED_BY.get(name, ()))
    return lambda ticket: earliest(ticket.steps.get(each) for each in names)


TICKET_MOMENTS: dict[str, Callable[[TicketFacts], datetime | None]] = {
    "opened": lambda ticket: ticket.opened_at,
    "closed": lambda ticket: ticket.closed_at,
} | {name: _step(name) for name in STEPS}

# Of what scans or people tell went wrong.
TROUBLE_MOMENTS: dict[str, Callable[[Trouble], datetime | None]] = {
    "told": lambda trouble: trouble.began_at,
    "over": lambda trouble: trouble.over_at,
}

MOMENTS: dict[str, Moments] = {
    "order": ORDER_MOMENTS,
    "parcel": PARCEL_MOMENTS,
    "ticket": TICKET_MOMENTS,
    "trouble": TROUBLE_MOMENTS,
}

# What an order or ticket may carry in place of the rule's length.
PROMISES: dict[str, dict[str, Callable[[Any], datetime | None]]] = {
    "order": {
        "": lambda order: None,
        "dispatch": lambda order: order.promised_dispatch_at,
        "delivery": lambda order: order.promised_delivery_at,
    },
    "parcel": {"": lambda parcel: None},
    "trouble": {"": lambda trouble: None},
    "ticket": {"": lambda ticket: None, "printed": lambda ticket: ticket.due_at},
}
