"""The shape every source of orders makes: what one source said about one order. Pure.

None (or blank text) means *not said*, never "empty": intake keeps what another source told earlier. All instants are
aware UTC datetimes, amounts are in the draft's currency.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

# How far an order has come; an export is a picture of unknown age, so intake only ever moves an order forward.
STATUS_RANK: Final = {"unpaid": 0, "to_dispatch": 1, "dispatched": 2, "completed": 3, "cancelled": 4}

# Virtual numbers end in an extension: 18412345678-8821, 18412345678转8821, 18412345678[8821].
EXTENSION = re.compile(r"(?:-|转|\[|,|#|ext\.?)\s*(\d{3,6})\]?$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Buyer:
    name: str = ""
    phone: str = ""
    address: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class LineDraft:
    # The platform's sub-order number where it has one, else the position in the order.
    number: str
    title: str = ""
    spec: str = ""
    sku: str = ""
    quantity: int | None = None
    amount: Decimal | None = None
    promised_dispatch_at: datetime | None = None
    # From the widest to the narrowest, parted by slashes: 女装/连衣裙.
    category: str = ""


@dataclass(frozen=True, slots=True)
class DispatchDraft:
    """The seller uploaded this number of this company, written as the source writes it."""

    carrier_name: str
    number: str
    uploaded_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class OrderDraft:
    number: str
    # A value of orders.models.OrderStatus.
    status: str | None = None
    # A value of orders.models.Goods; goods said to be ordinary are not said to be anything.
    goods: str = ""
    placed_at: datetime | None = None
    paid_at: datetime | None = None
    promised_dispatch_at: datetime | None = None
    promised_delivery_at: datetime | None = None
    dispatched_at: datetime | None = None
    handed_over_at: datetime | None = None
    delivered_at: datetime | None = None
    closed_at: datetime | None = None
    amount: Decimal | None = None
    refunded: Decimal | None = None
    currency: str = ""
    province: str = ""
    city: str = ""
    district: str = ""
    buyer: Buyer | None = None
    lines: tuple[LineDraft, ...] = ()
    dispatches: tuple[DispatchDraft, ...] = ()


@dataclass(frozen=True, slots=True)
class RowIssue:
    """A row that does not go in (`refused`), or goes in with a doubt. `orders.sources.issues` has the sentence."""

    row: int
    field: str
    code: str
    value: str = ""
    refused: bool = True


def implied_status(facts: Mapping[str, Any]) -> str | None:
    """Return the status that facts (fields of a draft by name) prove where the source has no word for it, or None."""
    amount, refunded = facts.get("amount"), facts.get("refunded")
    if amount and refunded and amount <= refunded:
        return "cancelled"
    if facts.get("delivered_at") or facts.get("closed_at"):
        return "completed"
    if facts.get("dispatched_at") or facts.get("handed_over_at") or facts.get("dispatches"):
        return "dispatched"
    return "to_dispatch" if facts.get("paid_at") else None


def phone_tail(phone: str) -> str:
    """Return the last four digits support searches by: the extension of a virtual number, else the number's own end."""
    extension = EXTENSION.search(phone)
    digits = extension.group(1) if extension else re.sub(r"\D", "", phone)
    return digits[-4:] if len(digits) >= 4 or extension else ""
