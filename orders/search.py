"""Support finds an order: by its number, by a waybill number, by the last four digits of the buyer's phone."""

from dataclasses import dataclass
from typing import Final

from merchants.access import Member, scoped
from orders.models import Dispatch, Order

# More than that is no search result anybody reads.
MOST: Final = 200
TAIL: Final = 4


@dataclass(frozen=True, slots=True)
class Found:
    # Orders by primary key.
    pks: list[int]
    # The number itself was meant, and one order has it.
    exact: int | None = None


def find(member: Member, text: str) -> Found:
    """Return what `text` names among the member's orders; blanks within it do not count. Three queries at most."""
    text = "".join(text.split())
    if not text:
        return Found([])
    orders = scoped(member, Order.objects.all())
    named = list(orders.filter(number=text).values_list("pk", flat=True)[:MOST])
    dispatches = scoped(member, Dispatch.objects.filter(number__in={text, text.upper()}), via="order__shop")
    named += dispatches.values_list("order_id", flat=True)[:MOST]
    named = list(dict.fromkeys(named))
    if named:
        return Found(named, named[0] if len(named) == 1 else None)
    if len(text) == TAIL and text.isdecimal():
        return Found(list(orders.filter(phone_tail=text).order_by("-pk").values_list("pk", flat=True)[:MOST]))
    return Found([])
