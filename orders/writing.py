"""The statements of intake: drafts through temporary tables into orders, lines and dispatches.

The temporary tables live as long as the connection and are emptied by each commit, and before each use for a caller who
writes several batches in one transaction. NULL in them means "not said": each
statement reads the row that exists beside it and keeps what it holds. That row is looked up LATERAL with a LIMIT, which
only a nested loop can do: left to itself the planner, who knows nothing of the temporary tables, hashes the whole table
for every batch (24 ms at 70,000 dispatches, and growing with them). `shop_id + 0` keeps it from the other trap: of a shop
it has no statistics of yet, it expects no orders, so it would rather walk all the shop's orders for each row than look the
number up (600 orders/s instead of 6,000 in a first import of 20,000).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from merchants.models import Shop
from orders.drafts import STATUS_RANK, OrderDraft
from shipops.kit.copying import copy_rows

TIMES: Final = (
    *("placed_at", "paid_at", "promised_dispatch_at", "promised_delivery_at"),
    *("dispatched_at", "handed_over_at", "delivered_at", "closed_at"),
)
TEXTS: Final = ("goods", "province", "city", "district", "phone_tail")
NAMES: Final = ("buyer", "name_key", "name_words")
ORDER_COLUMNS: Final = ("number", "content_hash", "status", *TIMES, "amount", "refunded", "currency", *TEXTS, *NAMES)
LINE_COLUMNS: Final = (
    *("order_id", "number", "title", "spec", "sku", "category"),
    *("quantity", "amount", "promised_dispatch_at"),
)
DISPATCH_COLUMNS: Final = ("order_id", "number", "carrier_name", "uploaded_at")

TEMPORARY: Final = f"""
CREATE TEMP TABLE IF NOT EXISTS intake_order (
  number text, content_hash bytea, status text, {", ".join(f"{name} timestamptz" for name in TIMES)},
  amount numeric, refunded numeric, currency text, {", ".join(f"{name} text" for name in TEXTS)}, buyer bytea,
  name_key bigint, name_words bigint[]
) ON COMMIT DELETE ROWS;
CREATE TEMP TABLE IF NOT EXISTS intake_line (
  order_id bigint, number text, title text, spec text, sku text, category text, quantity int, amount numeric,
  promised_dispatch_at timestamptz
) ON COMMIT DELETE ROWS;
CREATE TEMP TABLE IF NOT EXISTS intake_dispatch (
  order_id bigint, number text, carrier_name text, uploaded_at timestamptz
) ON COMMIT DELETE ROWS;
DELETE FROM intake_order; DELETE FROM intake_line; DELETE FROM intake_dispatch
"""

RANK: Final = "ARRAY[{}]".format(", ".join(f"'{status}'" for status in STATUS_RANK))
KEPT_STATUS: Final = f"""
CASE WHEN t.status IS NULL THEN COALESCE(e.status, 'to_dispatch')
     WHEN array_position({RANK}, e.status::text) > array_position({RANK}, t.status) THEN e.status
     ELSE t.status END
"""
UPSERT_ORDERS: Final = f"""
INSERT INTO orders_order AS o (
  shop_id, created_at, updated_at, review_at, review_error,
  number, content_hash, status, {", ".join(TIMES)}, amount, refunded, currency, {", ".join((*TEXTS, *NAMES))}
)
SELECT %(shop)s, %(now)s, %(now)s, %(now)s, '', t.number, t.content_hash, {KEPT_STATUS},
  {", ".join(f"COALESCE(t.{name}, e.{name})" for name in TIMES)},
  COALESCE(t.amount, e.amount, 0), COALESCE(t.refunded, e.refunded, 0), COALESCE(t.currency, e.currency, %(currency)s),
  {", ".join(f"COALESCE(t.{name}, e.{name}, '')" for name in TEXTS)},
  {", ".join(f"CASE WHEN t.buyer IS NULL THEN e.{name} ELSE t.{name} END" for name in NAMES)}
FROM intake_order t LEFT JOIN LATERAL (
  SELECT * FROM orders_order WHERE shop_id + 0 = %(shop)s AND number = t.number LIMIT 1
) e ON true
ORDER BY t.number
ON CONFLICT (shop_id, number) DO UPDATE SET
  updated_at = excluded.updated_at, review_at = excluded.review_at, review_error = '',
  {", ".join(f"{name} = excluded.{name}" for name in ORDER_COLUMNS[1:])}
WHERE o.content_hash <> excluded.content_hash
RETURNING id, number, xmax = 0
"""

# Names of goods the shop's orders have not used before. They are few, so most batches write none.
NEW_PRODUCTS: Final = """
INSERT INTO orders_product (shop_id, sku, title)
SELECT DISTINCT %(shop)s, COALESCE(t.sku, ''), COALESCE(t.title, '') FROM intake_line t
WHERE COALESCE(t.sku, t.title) IS NOT NULL AND NOT EXISTS (
  SELECT 1 FROM orders_product p
  WHERE p.shop_id = %(shop)s AND p.sku = COALESCE(t.sku, '') AND p.title = COALESCE(t.title, '')
)
ON CONFLICT DO NOTHING
"""
UPSERT_LINES: Final = """
INSERT INTO orders_orderline AS l (
  order_id, number, title, spec, sku, category, quantity, amount, promised_dispatch_at, product_id
)
SELECT t.order_id, t.number, COALESCE(t.title, e.title, ''), COALESCE(t.spec, e.spec, ''), COALESCE(t.sku, e.sku, ''),
  COALESCE(t.category, e.category, ''), COALESCE(t.quantity, e.quantity, 1), COALESCE(t.amount, e.amount),
  COALESCE(t.promised_dispatch_at, e.promised_dispatch_at),
  COALESCE((
    SELECT p.id FROM orders_product p
    WHERE p.shop_id = %(shop)s AND p.sku = COALESCE(t.sku, '') AND p.title = COALESCE(t.title, '')
  ), e.product_id)
FROM intake_line t LEFT JOIN LATERAL (
  SELECT * FROM orders_orderline WHERE order_id = t.order_id AND number = t.number LIMIT 1
) e ON true
ON CONFLICT (order_id, number) DO UPDATE SET
  title = excluded.title, spec = excluded.spec, sku = excluded.sku, category = excluded.category,
  quantity = excluded.quantity, amount = excluded.amount, promised_dispatch_at = excluded.promised_dispatch_at,
  product_id = excluded.product_id
WHERE (l.title, l.spec, l.sku, l.category, l.quantity, l.amount, l.promised_dispatch_at, l.product_id)
  IS DISTINCT FROM (
    excluded.title, excluded.spec, excluded.sku, excluded.category, excluded.quantity, excluded.amount,
    excluded.promised_dispatch_at, excluded.product_id
  )
"""

UPSERT_DISPATCHES: Final = """
INSERT INTO orders_dispatch AS d (order_id, number, carrier_name, uploaded_at, book_at, book_error)
SELECT t.order_id, t.number, COALESCE(t.carrier_name, e.carrier_name, ''), COALESCE(t.uploaded_at, e.uploaded_at),
  %(now)s, ''
FROM intake_dispatch t LEFT JOIN LATERAL (
  SELECT * FROM orders_dispatch WHERE order_id = t.order_id AND number = t.number LIMIT 1
) e ON true
ON CONFLICT (order_id, number) DO UPDATE SET
  carrier_name = excluded.carrier_name, uploaded_at = excluded.uploaded_at, book_at = excluded.book_at, book_error = ''
WHERE (d.carrier_name, d.uploaded_at) IS DISTINCT FROM (excluded.carrier_name, excluded.uploaded_at)
"""


@dataclass(frozen=True, slots=True)
class Sealed:
    """A buyer as it is written: sealed, with the blind keys of the name."""

    buyer: bytes
    name_key: int | None
    name_words: list[int] | None


def order_row(draft: OrderDraft, content_hash: bytes, phone_tail: str, sealed: Sealed | None) -> tuple[Any, ...]:
    """Return the draft as a row of ORDER_COLUMNS; `sealed` is None to keep the buyer that is stored."""
    return (
        *(draft.number, content_hash, draft.status),
        *(draft.placed_at, draft.paid_at, draft.promised_dispatch_at, draft.promised_delivery_at),
        *(draft.dispatched_at, draft.handed_over_at, draft.delivered_at, draft.closed_at),
        *(draft.amount, draft.refunded, draft.currency or None),
        *(draft.goods or None, draft.province or None, draft.city or None, draft.district or None),
        phone_tail or None,
        *((sealed.buyer, sealed.name_key, array(sealed.name_words)) if sealed else (None, None, None)),
    )


def write_orders(cursor: Any, shop: Shop, rows: Iterable[Sequence[Any]], now: datetime) -> tuple[dict[str, int], int]:
    """Upsert orders; return the id by number of those written, and how many of them are new."""
    cursor.execute(TEMPORARY)
    copy_rows(cursor, "intake_order", ORDER_COLUMNS, rows)
    cursor.execute(UPSERT_ORDERS, {"shop": shop.pk, "now": now, "currency": shop.currency})
    written = cursor.fetchall()
    return {number: pk for pk, number, _ in written}, sum(new for *_, new in written)


def array(keys: list[int] | None) -> str | None:
    """Return numbers as PostgreSQL writes an array of them; None as it is."""
    return None if keys is None else f"{{{','.join(map(str, keys))}}}"


def write_lines(cursor: Any, shop: Shop, drafts: Iterable[OrderDraft], ids: Mapping[str, int]) -> None:
    """Upsert the lines of the drafts whose orders were written."""
    rows = (
        (
            *(ids[draft.number], line.number, line.title or None, line.spec or None, line.sku or None),
            *(line.category or None, line.quantity, line.amount, line.promised_dispatch_at),
        )
        for draft in drafts
        if draft.number in ids
        for line in draft.lines
    )
    copy_rows(cursor, "intake_line", LINE_COLUMNS, rows)
    cursor.execute(f"{NEW_PRODUCTS}; {UPSERT_LINES}", {"shop": shop.pk})


def write_dispatches(cursor: Any, drafts: Iterable[OrderDraft], ids: Mapping[str, int], now: datetime) -> None:
    """Upsert the dispatches of the drafts whose orders were written; those new or changed are due for booking now."""
    rows = (
        (ids[draft.number], dispatch.number, dispatch.carrier_name or None, dispatch.uploaded_at)
        for draft in drafts
        if draft.number in ids
        for dispatch in draft.dispatches
    )
    copy_rows(cursor, "intake_dispatch", DISPATCH_COLUMNS, rows)
    cursor.execute(UPSERT_DISPATCHES, {"now": now})
