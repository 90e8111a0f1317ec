"""Whom support looks up: the orders one looked at last, and the buyer's data shown in full on request."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from exceptions.desk import cases
from exceptions.desk.workflow import Action, State
from exceptions.errors import NotAllowed
from exceptions.models import Case, Lookup
from merchants import audit
from merchants.access import Member, get, scoped
from orders.models import Order

REVEAL: Final = audit.label("buyer.reveal", gettext_lazy("Saw a buyer’s data in full"))
RECENT: Final = 8


@dataclass(frozen=True, slots=True)
class Buyer:
    name: str
    phone: str
    address: str
    note: str


def remember(member: Member, order: Order, now: datetime) -> None:
    """Note that the member looked at an order."""
    Lookup.objects.bulk_create(
        [Lookup(by=member.user, order=order, at=now)],
        update_conflicts=True,
        unique_fields=["by", "order"],
        update_fields=["at"],
    )


def recent(member: Member) -> list[Order]:
    """Return the orders the member looked at last, newest first, among those still in reach."""
    mine = Order.objects.filter(lookups__by=member.user).select_related("shop").defer("buyer")
    return list(scoped(member, mine).order_by("-lookups__at")[:RECENT])


def reveal(member: Member, pk: int, now: datetime) -> Buyer:
    """Return an order's buyer in full; written into the audit trail with it. Raises Http404 out of the member's reach."""
    order = get(member, Order.objects.all(), pk=pk)
    with transaction.atomic():
        audit.record(member, REVEAL, order.number, now, order=order.pk)
        Lookup.objects.bulk_create(
            [Lookup(by=member.user, order=order, at=now, revealed_at=now)],
            update_conflicts=True,
            unique_fields=["by", "order"],
            update_fields=["at", "revealed_at"],
        )
    told = order.buyer or {}
    return Buyer(told.get("name", ""), told.get("phone", ""), told.get("address", ""), told.get("note", ""))


def note_told(member: Member, order: Order, text: str, now: datetime) -> Case:
    """Note on the order's most urgent open case that the buyer was told `text`; return the case.

    Raises NotAllowed where the order has no open case, or it cannot be.
    """
    open_cases = scoped(member, Case.objects.filter(order=order)).exclude(state=State.RESOLVED.value)
    case = open_cases.order_by("-rank", "-pk").first()
    if case is None:
        raise NotAllowed(_("This order has no open case to note it on."))
    return cases.act(member, case.pk, Action.CONTACT, now=now, note=text)
