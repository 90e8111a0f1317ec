"""Support finds an order: by its number, a waybill number, the buyer's phone or name, an SKU, words of the goods.

A number in full ends the search. Otherwise everything the text may be is looked up, each sort by an index of its own whose
first hits are enough: what costs time is a look-up that walks a table, so none is left to the planner's guess of how many
there are (no ORDER BY beside a LIMIT but where the index has that order). 1,000,000 orders: benchmark `search`.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from django.db import connection
from django.db.models import Q
from django.db.models.functions import Right
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from merchants.access import Member, scoped
from orders import names
from orders.asked import TAIL, Asked, dialled, read, variants
from orders.models import ORDER_TAIL, WAYBILL_TAIL, Dispatch, Order, Product
from shipops.kit.bigrams import LEAST, Bigrams, holding

# More than that is no search result anybody reads.
MOST: Final = 200
# Rows looked at of one sort before the search gives up on finding more of the member's own: 5 ms.
CANDIDATES: Final = 2000
# Names of goods that are followed to their orders.
PRODUCTS: Final = 100
# A beginning of fewer signs is shared by thousands.
LEAST_PREFIX: Final = 3

# Why an order was found, as the page says it.
REASONS: Final[dict[str, Promise]] = {
    "number": _("order number"),
    "waybill": _("waybill"),
    "phone": _("phone"),
    "name": _("buyer’s name"),
    "sku": _("SKU"),
    "goods": _("goods"),
    "case": _("case number"),
    "note": _("note"),
}


@dataclass(frozen=True, slots=True)
class Found:
    # Orders by primary key, newest first.
    pks: list[int]
    # The number itself was meant, and one order has it.
    exact: int | None = None
    # Order → why it was found, keys of REASONS.
    by: dict[int, tuple[str, ...]] = field(default_factory=dict)
    # There are more: type more of it.
    cut: bool = False


class Hits:
    """What the look-ups have found so far."""

    def __init__(self) -> None:
        self.by: dict[int, list[str]] = {}
        self.cut = False

    def add(self, reason: str, pks: Iterable[int], most: int = MOST) -> None:
        """Note orders that were found for a reason; as many as were asked for at most means there may be more."""
        pks = list(pks)
        self.cut = self.cut or len(pks) >= most
        for pk in pks:
            reasons = self.by.setdefault(pk, [])
            if reason not in reasons:
                reasons.append(reason)

    def found(self, exact: bool = False) -> Found:
        pks = sorted(self.by, reverse=True)
        kept = pks[:MOST]
        return Found(
            kept,
            exact=kept[0] if exact and len(kept) == 1 else None,
            by={pk: tuple(self.by[pk]) for pk in kept},
            cut=self.cut or len(pks) > MOST,
        )


def find(member: Member, text: str) -> Found:
    """Return what `text` names among the member's orders. A fixed number of queries for each sort of text."""
    asked, hits = read(text), Hits()
    if not asked.text or not member.shops:
        return Found([])
    if in_full(member, asked, hits):
        return hits.found(exact=True)
    look_up(member, asked, hits)
    return hits.found()


def in_full(member: Member, asked: Asked, hits: Hits) -> bool:
    """Look up numbers in full, one or as many as were pasted; return whether there are any."""
    _whole(member, asked.numbers, hits)
    if not hits.by:
        _whole(member, [way for one in asked.many for way in variants(one)], hits)
    return bool(hits.by)


def look_up(member: Member, asked: Asked, hits: Hits) -> None:
    """Everything but numbers in full."""
    if asked.numbers:
        _beginnings(member, asked.numbers, hits)
        _ends(member, asked.numbers[0].replace("-", ""), hits)
    if asked.phone:
        hits.add("phone", _of_phone(member, asked))
    elif len(asked.digits) == TAIL:
        tails = scoped(member, Order.objects.filter(phone_tail=asked.digits)).values_list("pk", flat=True)
        hits.add("phone", sorted(tails[:CANDIDATES], reverse=True)[:MOST])
    if not asked.digits:
        hits.add("name", _named(member, asked))
    _goods(member, asked, hits)


def _whole(member: Member, numbers: Sequence[str], hits: Hits) -> None:
    if not numbers:
        return
    orders = scoped(member, Order.objects.filter(number__in=numbers)).values_list("pk", flat=True)
    hits.add("number", orders[:MOST])
    dispatches = scoped(member, Dispatch.objects.filter(number__in=numbers), via="order__shop")
    hits.add("waybill", dispatches.values_list("order_id", flat=True)[:MOST])


def _beginnings(member: Member, numbers: Sequence[str], hits: Hits) -> None:
    """Orders whose number, or a waybill of theirs, begins so."""
    if len(numbers[0]) < LEAST_PREFIX:
        return
    begins = Q()
    for way in numbers:
        begins |= Q(number__startswith=way)
    orders = scoped(member, Order.objects.filter(begins)).values_list("pk", flat=True)
    hits.add("number", orders[:MOST])
    # Waybills know no shop: the first so many are looked at, whosever they are.
    told = Dispatch.objects.filter(begins).values("order_id")[:CANDIDATES]
    hits.add("waybill", scoped(member, Order.objects.filter(pk__in=told)).values_list("pk", flat=True)[:MOST])


def _ends(member: Member, end: str, hits: Hits) -> None:
    """Orders whose number, or a waybill of theirs, ends so, as people read numbers out."""
    ends = Q(number__endswith=end) | Q(number__endswith=end.upper())
    if len(end) >= ORDER_TAIL:
        tails = {end[-ORDER_TAIL:], end[-ORDER_TAIL:].upper()}
        orders = Order.objects.alias(tail=Right("number", ORDER_TAIL)).filter(ends, tail__in=tails)
        hits.add("number", scoped(member, orders).values_list("pk", flat=True)[:MOST])
    if len(end) >= WAYBILL_TAIL:
        tails = {end[-WAYBILL_TAIL:], end[-WAYBILL_TAIL:].upper()}
        waybills = Dispatch.objects.alias(tail=Right("number", WAYBILL_TAIL)).filter(ends, tail__in=tails)
        found = scoped(member, waybills, via="order__shop").values_list("order_id", flat=True)
        hits.add("waybill", found[:MOST])


def _of_phone(member: Member, asked: Asked) -> list[int]:
    """Orders of this phone; numbers a platform has masked count where their open digits are these.

    The phone is sealed and has no key of its own: the orders of its tail are unsealed and compared.
    """
    orders = scoped(member, Order.objects.filter(phone_tail=asked.phone_tail)).values_list("pk", "buyer")
    found = []
    told: Any
    for pk, told in orders[:CANDIDATES]:
        stored, _tail = dialled((told or {}).get("phone", ""))
        pattern = re.sub(r"\*+", ".*", stored)
        if stored and re.fullmatch(pattern, asked.phone):
            found.append(pk)
    return sorted(found, reverse=True)[:MOST]


# The newest orders of each key come off the index one after the other; a plain IN would read and sort all of a common name.
NEWEST_OF_KEYS: Final = """
SELECT o.id FROM unnest(%s::bigint[]) AS k CROSS JOIN LATERAL (
  SELECT id FROM orders_order WHERE name_key = k ORDER BY id DESC LIMIT %s
) o ORDER BY o.id DESC LIMIT %s
"""
NEWEST_OF_PRODUCTS: Final = """
SELECT DISTINCT o.order_id FROM unnest(%s::bigint[]) AS k CROSS JOIN LATERAL (
  SELECT order_id FROM orders_orderline WHERE product_id = k ORDER BY order_id DESC LIMIT %s
) o ORDER BY o.order_id DESC LIMIT %s
"""


def _newest(statement: str, keys: list[int]) -> list[int]:
    """Run one of the two statements above; its keys belong to the member's shops, so what it finds does."""
    if not keys:
        return []
    with connection.cursor() as cursor:
        cursor.execute(statement, [keys, MOST, MOST])
        return [pk for (pk,) in cursor.fetchall()]


def _named(member: Member, asked: Asked) -> list[int]:
    keys = [names.key(shop, asked.text) for shop in member.shop_ids]
    found = _newest(NEWEST_OF_KEYS, [key for key in keys if key is not None])
    spoken = names.words(asked.text)
    if spoken:
        orders = Order.objects.filter(name_words__isnull=False)
        for word in spoken:
            orders = orders.filter(name_words__overlap=[names.word_key(shop, word) for shop in member.shop_ids])
        found += sorted(orders.values_list("pk", flat=True)[:CANDIDATES], reverse=True)[:MOST]
    return found


def _goods(member: Member, asked: Asked, hits: Hits) -> None:
    """Orders of goods whose SKU is or begins so, or whose title holds every word."""
    products = scoped(member, Product.objects.all())
    sku = asked.text
    if len(sku) >= LEAST:
        begins = Q(sku__startswith=sku) | Q(sku__startswith=sku.upper()) | Q(sku__startswith=sku.lower())
        skus = products.filter(~Q(sku=""), begins).values_list("pk", flat=True)
        hits.add("sku", _newest(NEWEST_OF_PRODUCTS, list(skus[:PRODUCTS])))
    if asked.words and not asked.digits:
        titled = products.annotate(title_grams=Bigrams("title")).filter(~Q(title=""), holding("title", [*asked.words]))
        hits.add("goods", _newest(NEWEST_OF_PRODUCTS, list(titled.values_list("pk", flat=True)[:PRODUCTS])))
