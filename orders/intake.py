"""Orders go in: an idempotent upsert of drafts by (shop, number), in sets.

What a draft does not say (None, blank) keeps what an earlier source told, so a poor file never wipes the facts of a rich
one. An order only ever moves forward (`STATUS_RANK`): an export is a picture of unknown age. Lines and dispatches that a
draft lacks stay, since the number uploaded first is the one the platform judges.

One batch is one transaction with a fixed number of queries. Batches of one shop go one after the other (an advisory lock
of the transaction), so two imports of the same file cannot wait for each other in a ring; dispatches and orders that
exist are locked before anything is written, each in pk order, as booking and recording lock them.
"""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any, Final

import orjson
from django.db import connection, transaction

from merchants.models import Shop
from orders import names, writing
from orders.drafts import Buyer, OrderDraft, phone_tail
from shipops.kit.sealed import seal, unseal

# Orders a transaction: its fixed costs are then below a tenth, and the locks it holds last well under a second.
BATCH: Final = 1000
# First half of the advisory lock's key says "intake", the second half is the shop.
LOCK_SPACE: Final = 0x0DE5


@dataclass(frozen=True, slots=True)
class Counts:
    """What became of orders."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0

    def __add__(self, other: "Counts") -> "Counts":
        return Counts(self.created + other.created, self.updated + other.updated, self.unchanged + other.unchanged)

    @property
    def total(self) -> int:
        return self.created + self.updated + self.unchanged


def take_in(shop: Shop, drafts: Iterable[OrderDraft], now: datetime) -> Counts:
    """Write drafts, batch by batch, each committed by itself; return what they came to.

    Changed orders are woken for judgement (review_at = now), new and changed dispatches for booking (book_at = now).
    """
    counts = Counts()
    for batch in batches(drafts):
        counts += take_batch(shop, batch, now)
    return counts


def batches(drafts: Iterable[OrderDraft]) -> Iterator[list[OrderDraft]]:
    """Cut drafts into lists of BATCH."""
    drafts = iter(drafts)
    while batch := list(islice(drafts, BATCH)):
        yield batch


def take_batch(shop: Shop, drafts: Sequence[OrderDraft], now: datetime) -> Counts:
    """Write one batch in one transaction; of a number given twice the last draft counts."""
    by_number = {draft.number: draft for draft in drafts}
    hashes = {number: content_hash(draft) for number, draft in by_number.items()}
    created = 0
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [LOCK_SPACE, shop.pk & 0x7FFFFFFF])
        known = _known_hashes(cursor, shop, list(by_number))
        changed = [draft for draft in by_number.values() if known.get(draft.number) != hashes[draft.number]]
        if changed:
            buyers = _lock(cursor, shop, [draft.number for draft in changed if draft.number in known])
            rows = (_row(shop, draft, hashes[draft.number], buyers.get(draft.number)) for draft in changed)
            ids, created = writing.write_orders(cursor, shop, rows, now)
            writing.write_lines(cursor, shop, changed, ids)
            writing.write_dispatches(cursor, changed, ids, now)
    return Counts(created, len(changed) - created, len(by_number) - len(changed))


def content_hash(draft: OrderDraft) -> bytes:
    """Return 16 bytes over all the source said."""
    return hashlib.blake2b(orjson.dumps(draft, default=str), digest_size=16).digest()


def _known_hashes(cursor: Any, shop: Shop, numbers: list[str]) -> dict[str, bytes]:
    cursor.execute(
        "SELECT number, content_hash FROM orders_order WHERE shop_id = %s AND number = ANY(%s)", [shop.pk, numbers]
    )
    return {number: bytes(stored) for number, stored in cursor.fetchall()}


def _lock(cursor: Any, shop: Shop, numbers: list[str]) -> dict[str, bytes | None]:
    """Lock the orders of these numbers with their dispatches; return their sealed buyers by number."""
    if not numbers:
        return {}
    cursor.execute(
        "SELECT 1 FROM orders_dispatch d JOIN orders_order o ON o.id = d.order_id"
        " WHERE o.shop_id = %s AND o.number = ANY(%s) ORDER BY d.id FOR NO KEY UPDATE OF d",
        [shop.pk, numbers],
    )
    cursor.execute(
        "SELECT number, buyer FROM orders_order WHERE shop_id = %s AND number = ANY(%s) ORDER BY id FOR NO KEY UPDATE",
        [shop.pk, numbers],
    )
    return dict(cursor.fetchall())


def _row(shop: Shop, draft: OrderDraft, digest: bytes, stored: bytes | None) -> tuple[Any, ...]:
    if draft.buyer is None:
        return writing.order_row(draft, digest, "", None)
    return writing.order_row(draft, digest, phone_tail(draft.buyer.phone), _sealed(shop, draft.buyer, stored))


def _sealed(shop: Shop, buyer: Buyer, stored: bytes | None) -> writing.Sealed | None:
    """Return the buyer sealed, with what only the stored one knows; None where nothing is new."""
    told = {"name": buyer.name, "phone": buyer.phone, "address": buyer.address, "note": buyer.note}
    if stored is not None:
        known = unseal(stored)
        told = known | {name: text for name, text in told.items() if text}
        if told == known:
            return None
    name = told["name"]
    return writing.Sealed(seal(told), names.key(shop.pk, name), names.word_keys(shop.pk, name))
