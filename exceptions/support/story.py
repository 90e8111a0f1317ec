"""Everything the support view tells of one order, in a fixed number of queries."""

from dataclasses import dataclass
from typing import Final

from django.db.models import F, Prefetch, Q

from exceptions.deadlines.terms import Term
from exceptions.desk.workflow import State
from exceptions.models import Case, CaseEntry, Clock, Filing, Lookup, Report
from exceptions.policies import book_of
from merchants.access import Member, get, scoped
from orders import names
from orders.models import Dispatch, Order, OrderImport, OrderLine, Ticket
from shipments.models import Parcel, TrackingEvent, Waybill

# Scans shown at first, and how many more each time somebody asks for earlier ones.
SCANS: Final = 50
# No parcel has more; the waybill page shows a track whole.
MOST_SCANS: Final = 2000
OTHERS: Final = 10
PARCELS = Prefetch(
    "parcels", Parcel.objects.select_related("waybill__carrier", "waybill__account", "role_by").order_by("pk")
)


@dataclass(frozen=True, slots=True)
class OrderStory:
    order: Order
    lines: list[OrderLine]
    # Each with its parcels and their waybills, once it is booked.
    dispatches: list[Dispatch]
    # Each with its steps.
    tickets: list[Ticket]
    # Newest first, of one parcel or of all; `more` = there are earlier ones.
    events: list[TrackingEvent]
    more: bool
    clocks: list[Clock]
    # The terms the order is judged by, by code.
    terms: dict[str, Term]
    # Open ones first, most urgent first.
    cases: list[Case]
    # The log of all of them.
    entries: list[CaseEntry]
    filings: list[Filing]
    # What somebody said went wrong.
    reports: list[Report]
    # The imports under way when the order last changed.
    imports: list[OrderImport]
    # Who saw the buyer's data in full, and when last.
    reveals: list[Lookup]
    # Other orders of the same buyer.
    others: list[Order]

    @property
    def waybills(self) -> list[Waybill]:
        """The order's parcels, each once, in the order they were booked."""
        found = [parcel.waybill for dispatch in self.dispatches for parcel in dispatch.parcels.all()]
        return list({waybill.pk: waybill for waybill in found}.values())

    @property
    def open_cases(self) -> list[Case]:
        return [case for case in self.cases if case.state != State.RESOLVED.value]


def story(member: Member, pk: int, *, scans: int = SCANS, parcel: int = 0) -> OrderStory:
    """Return what is known of an order; Http404 out of the member's reach. `parcel` is a waybill whose scans alone are read."""
    order = get(member, Order.objects.select_related("shop"), pk=pk)
    dispatches = list(order.dispatches.prefetch_related(PARCELS).order_by("uploaded_at", "pk"))
    waybills = {found.waybill_id for dispatch in dispatches for found in dispatch.parcels.all()}
    asked = waybills & {parcel} if parcel else waybills
    events = TrackingEvent.objects.filter(waybill__in=asked).select_related("waybill__carrier")
    read = list(events.order_by("-occurred_at", "-position")[: scans + 1])
    cases = Case.objects.filter(order=order).select_related("shop", "order", "waybill__carrier", "assignee")
    entries = CaseEntry.objects.filter(case__order=order).select_related("by", "case")
    return OrderStory(
        order=order,
        lines=list(order.lines.order_by("pk")),
        dispatches=dispatches,
        tickets=list(order.tickets.prefetch_related("steps").order_by("-opened_at", "-pk")),
        events=read[:scans],
        more=len(read) > scans,
        clocks=list(Clock.objects.filter(order=order).order_by("due_at", "pk")),
        terms={term.code: term for term in book_of(order.shop, order.paid_at or order.placed_at).terms},
        cases=list(cases.order_by(F("resolved_at").desc(nulls_first=True), "-rank", "-pk")),
        entries=list(entries.order_by("-at", "-pk")),
        filings=list(Filing.objects.filter(order=order).select_related("filed_by").order_by("-pk")),
        reports=list(Report.objects.filter(order=order).order_by("-said_at", "-pk")),
        imports=_imports(order),
        reveals=list(Lookup.objects.filter(order=order, revealed_at__isnull=False).select_related("by").order_by("pk")),
        others=_others(member, order),
    )


def _imports(order: Order) -> list[OrderImport]:
    under_way = Q(created_at__lte=order.updated_at) & (Q(finished_at__gte=order.updated_at) | Q(finished_at=None))
    imports = OrderImport.objects.filter(under_way, shop=order.shop_id).defer("content").select_related("by")
    return list(imports.exclude(state=OrderImport.State.PREVIEW).order_by("pk")[:2])


def _others(member: Member, order: Order) -> list[Order]:
    """Return the newest other orders with the same phone tail and the same name, in any shop the member sees."""
    name = (order.buyer or {}).get("name", "")
    keys = [key for shop in member.shop_ids if (key := names.key(shop, name)) is not None]
    same = Order.objects.filter(name_key__in=keys, phone_tail=order.phone_tail).exclude(phone_tail="")
    others = scoped(member, same).exclude(pk=order.pk).select_related("shop").defer("buyer")
    return list(others.order_by("-pk")[:OTHERS])
