"""The card of tickets on an order's page: add one, tell its steps or take them back, close it and open it again."""

from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from merchants import access
from merchants.access import Member, Right
from orders import tickets
from orders.errors import Unfit
from orders.models import Order, Ticket, TicketStep
from orders.ticketing import listing
from orders.ticketing.forms import MomentForm, TicketForm
from orders.views.orders import order_page
from shipops.kit.htmx import see_other


@require_POST
def add(request: HttpRequest, pk: int) -> HttpResponse:
    """Add a ticket to an order: back to the order, 422 where it cannot be."""
    member = access.member(request, Right.TRIAGE)
    order = access.get(member, Order.objects.select_related("shop"), pk=pk)
    now = timezone.now()
    form = TicketForm(request.POST, order=order, now=now)
    if form.is_valid():
        (told,) = tickets.record(member.shops, [form.draft()], now, only_new=True)
        for problem in told.problems:
            form.add_error(problem.field if problem.field in form.fields else None, problem.sentence)
    if form.errors:
        return order_page(request, member, order, now, ticket_form=form, status=422)
    messages.success(request, _("Noted. Its limits are worked out within seconds."))
    return _back(request, member, order, now)


@require_POST
def act(request: HttpRequest, pk: int) -> HttpResponse:
    """Tell a step (`step`, with `at` or now), take one back (`undo`), `close` or `reopen`; 422 where that cannot be."""
    member = access.member(request, Right.TRIAGE)
    ticket = access.get(member, listing.mine(member), listing.TO_SHOP, pk=pk)
    order, now = ticket.order, timezone.now()
    form = MomentForm(request.POST, order=order, now=now)
    if not form.is_valid():
        sentence = str(next(iter(form.errors.values()))[0])
        return order_page(request, member, order, now, ticket_errors={pk: sentence}, status=422)
    what, said = _act(request, ticket, form.cleaned_data["at"] or now)
    try:
        tickets.amend(ticket, now, **what)
    except Unfit as error:
        sentence = " ".join(problem.sentence for problem in error.problems)
        return order_page(request, member, order, now, ticket_errors={pk: sentence}, status=422)
    messages.success(request, said)
    return _back(request, member, order, now)


def _act(request: HttpRequest, ticket: Ticket, at: datetime) -> tuple[dict[str, Any], str]:
    """Return what `tickets.amend` is to be told, and the sentence for the person; Http404 for what no button says."""
    labels = dict(TicketStep.Name.choices)
    step, undone = request.POST.get("step", ""), request.POST.get("undo", "")
    if step in labels:
        return {"steps": {step: at}}, _("{step}: noted.").format(step=labels[step])
    if undone in labels:
        return {"steps": {undone: None}}, _("{step}: taken back.").format(step=labels[undone])
    if "close" in request.POST:
        # Pressed twice, or by two: it was closed when it was closed first.
        return {"changes": {"closed_at": ticket.closed_at or at}}, _("Closed.")
    if "reopen" in request.POST:
        return {"changes": {"closed_at": None}}, _("Open again.")
    raise Http404


def _back(request: HttpRequest, member: Member, order: Order, now: datetime) -> HttpResponse:
    if request.htmx:  # type: ignore[attr-defined]
        return order_page(request, member, order, now)
    return see_other(f"{reverse('order', args=[order.pk])}#tickets")
