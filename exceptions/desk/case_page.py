"""Everything one case page shows, in a fixed number of queries."""

from dataclasses import dataclass

from django.db.models import Prefetch, Q, QuerySet

from exceptions.deadlines.penalties import Breach, Due, Rung, ladder
from exceptions.deadlines.terms import Term
from exceptions.desk.workflow import State
from exceptions.models import Case, CaseEntry, Clock
from exceptions.policies import book_of
from merchants.access import Member, get
from orders.models import Dispatch, Order, OrderLine, Ticket
from shipments.models import Parcel, TrackingEvent

# Longer tracks exist (a parcel redelivered for weeks); the waybill page shows them whole.
EVENTS = 100
PARCELS = Prefetch("parcels", Parcel.objects.select_related("waybill__carrier").order_by("pk"))


@dataclass(frozen=True, slots=True)
class CaseStory:
    case: Case
    order: Order
    lines: list[OrderLine]
    # Each with its parcels and their waybills, once it is booked.
    dispatches: list[Dispatch]
    # Those still open, the oldest first.
    tickets: list[Ticket]
    # Newest first.
    events: list[TrackingEvent]
    clocks: list[Clock]
    # The terms the order is judged by, by code.
    terms: dict[str, Term]
    entries: list[CaseEntry]

    @property
    def ladder(self) -> list[Rung]:
        """What this case's limits come to when, if nothing is done: those broken, and those that still run.

        An escalation runs before it is lit, and joins the case only then: it is told by kind and parcel.
        """
        return ladder(
            Breach(clock.due_at, clock.term, Due(clock.penalty, clock.stack, clock.cap))
            for clock in self.clocks
            if self._costs(clock)
        )

    def _costs(self, clock: Clock) -> bool:
        if clock.case_id is not None:
            return clock.case_id == self.case.pk and (clock.stopped_at is None or clock.stopped_at > clock.due_at)
        here = (clock.kind, clock.waybill_id) == (self.case.kind, self.case.waybill_id)
        return here and clock.stopped_at is None and self.case.state != State.RESOLVED.value


def story(member: Member, case_id: int) -> CaseStory:
    """Return the case with its order, parcels, newest events, clocks and log; Http404 out of the member's reach."""
    related = ("shop", "order", "waybill__carrier", "waybill__account", "assignee")
    case = get(member, Case.objects.select_related(*related), pk=case_id)
    order = case.order
    order.shop = case.shop
    events = TrackingEvent.objects.filter(waybill__parcels__dispatch__order=order)
    if case.waybill_id:
        events = TrackingEvent.objects.filter(waybill=case.waybill_id)
    return CaseStory(
        case=case,
        order=order,
        lines=list(order.lines.order_by("pk")),
        dispatches=list(order.dispatches.prefetch_related(PARCELS).order_by("pk")),
        tickets=list(order.tickets.filter(closed_at=None).order_by("opened_at", "pk")),
        events=list(events.select_related("waybill__carrier").order_by("-occurred_at", "-position")[:EVENTS]),
        clocks=list(Clock.objects.filter(order=order).order_by("-level", "due_at", "pk")),
        terms={term.code: term for term in book_of(case.shop, order.paid_at or order.placed_at).terms},
        entries=list(_entries(case)),
    )


def _entries(case: Case) -> QuerySet[CaseEntry]:
    """The log of a case and of those merged into it, newest first: what was known of them is known of this one.

    The cases are found first, by index; joined to their entries under an OR they would all be read.
    """
    told_here = Case.objects.filter(Q(pk=case.pk) | Q(merged_into=case)).values("pk")
    return CaseEntry.objects.filter(case__in=told_here).select_related("by").order_by("-at", "-pk")
