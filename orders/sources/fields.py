"""The fields an order export can fill, in the order a person maps them. Pure but for the words people read."""

from dataclasses import dataclass
from enum import Enum
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class FieldKind(Enum):
    NUMBER = "number"
    WAYBILL = "waybill"
    TEXT = "text"
    TIME = "time"
    MONEY = "money"
    QUANTITY = "quantity"
    STATUS = "status"
    GOODS = "goods"
    CATEGORY = "category"


@dataclass(frozen=True, slots=True)
class Field:
    name: str
    kind: FieldKind
    label: Promise
    # Characters kept of a text; the database's own limits.
    longest: int = 200


FIELDS: Final = {
    field.name: field
    for field in (
        Field("number", FieldKind.NUMBER, _("Order number")),
        Field("status", FieldKind.STATUS, _("Order status")),
        Field("goods", FieldKind.GOODS, _("Kind of goods")),
        Field("after_sale", FieldKind.TEXT, _("After-sale status")),
        Field("placed_at", FieldKind.TIME, _("Placed at")),
        Field("paid_at", FieldKind.TIME, _("Paid at")),
        Field("promised_dispatch_at", FieldKind.TIME, _("Dispatch promised by")),
        Field("promised_delivery_at", FieldKind.TIME, _("Delivery promised by")),
        Field("dispatched_at", FieldKind.TIME, _("Dispatched at")),
        Field("handed_over_at", FieldKind.TIME, _("Handed to the carrier at")),
        Field("delivered_at", FieldKind.TIME, _("Delivered at")),
        Field("closed_at", FieldKind.TIME, _("Closed at")),
        Field("amount", FieldKind.MONEY, _("Order amount")),
        Field("refunded", FieldKind.MONEY, _("Refunded amount")),
        Field("currency", FieldKind.TEXT, _("Currency"), 3),
        Field("waybill", FieldKind.WAYBILL, _("Waybill number")),
        Field("company", FieldKind.TEXT, _("Delivery company"), 60),
        Field("parcels", FieldKind.TEXT, _("Waybill and company in one"), 2000),
        Field("buyer_name", FieldKind.TEXT, _("Receiver"), 80),
        Field("buyer_phone", FieldKind.TEXT, _("Phone"), 60),
        Field("buyer_address", FieldKind.TEXT, _("Address"), 400),
        Field("buyer_note", FieldKind.TEXT, _("Buyer's message"), 500),
        Field("province", FieldKind.TEXT, _("Province"), 40),
        Field("city", FieldKind.TEXT, _("City"), 40),
        Field("district", FieldKind.TEXT, _("District"), 40),
        Field("line_number", FieldKind.NUMBER, _("Sub-order number")),
        Field("title", FieldKind.TEXT, _("Product"), 200),
        Field("spec", FieldKind.TEXT, _("Specification"), 120),
        Field("sku", FieldKind.TEXT, _("SKU"), 64),
        Field("category", FieldKind.CATEGORY, _("Category"), 60),
        Field("quantity", FieldKind.QUANTITY, _("Quantity")),
        Field("line_amount", FieldKind.MONEY, _("Amount of the sub-order")),
        Field("line_freight", FieldKind.MONEY, _("Freight of the sub-order")),
        Field("line_promised_dispatch_at", FieldKind.TIME, _("Dispatch of the sub-order promised by")),
    )
}
