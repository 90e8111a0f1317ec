"""What people say of tickets, by the wall clock of the order's shop."""

from datetime import datetime
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from orders.models import Order, Ticket
from orders.ticketing.drafts import LONGEST_NUMBER, LONGEST_REASON, TicketDraft
from shipops.kit.wallclock import WallClockField, read_in


class OrderForm(forms.Form):
    """A form about something of one order: its times are those of the order's shop."""

    def __init__(self, *args: Any, order: Order, now: datetime, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.order = order
        self.here_and_now = timezone.localtime(now, order.shop.zone).replace(tzinfo=None)
        read_in(self, order.shop.zone)


class TicketForm(OrderForm):
    kind = forms.ChoiceField(label=_("Kind"), choices=[("", _("Choose")), *Ticket.Kind.choices])
    number = forms.CharField(
        label=_("Its number"),
        max_length=LONGEST_NUMBER,
        required=False,
        help_text=_("As the platform or the carrier writes it."),
    )
    opened_at = WallClockField(label=_("Opened"))
    due_at = WallClockField(
        label=_("Limit printed on it"), required=False, help_text=_("It holds before any rule of ours.")
    )
    amount = forms.DecimalField(
        label=_("Amount asked for"), required=False, min_value=0, max_digits=12, decimal_places=2
    )
    reason = forms.CharField(label=_("Reason"), max_length=LONGEST_REASON, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, auto_id="ticket_%s", **kwargs)
        self.initial["opened_at"] = self.here_and_now

    def draft(self) -> TicketDraft:
        """What was said, as the service takes it; the form is valid."""
        return TicketDraft(order=self.order.number, shop=self.order.shop.code, **self.cleaned_data)


class MomentForm(OrderForm):
    """When a step happened; blank = now."""

    at = WallClockField(required=False)
