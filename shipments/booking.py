"""From "the seller uploaded this number" to a parcel that is followed: dispatches whose book_at has come.

A dispatch that names no carrier we know, or a number that is none, keeps the reason and holds up nobody.
"""

import logging
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db import connection, transaction

from orders.models import Dispatch, Order
from shipments import accounts, refolding, unclaimed
from shipments.models import Carrier, CarrierAlias, Waybill
from shipments.numbers import cleaned, is_number

log = logging.getLogger(__name__)

# A transaction of this many takes about 0.1 s; the rest is taken by the next one, or by another worker.
BATCH: Final = 500
MOST_LOGGED: Final = 20
UNKNOWN_CARRIER: Final = Dispatch.Refusal.UNKNOWN_CARRIER.value
MALFORMED_NUMBER: Final = Dispatch.Refusal.MALFORMED_NUMBER.value
_COMPANY = re.compile(r"(?:股份)?(?:有限)?(?:责任)?公司$|[（(].*[)）]$")


@dataclass(frozen=True, slots=True)
class Booked:
    """What became of a batch of dispatches."""

    taken: int = 0
    parcels: int = 0
    refused: int = 0


@dataclass(frozen=True, slots=True)
class _Due:
    dispatch_id: int
    order_id: int
    merchant_id: int
    phone_tail: str
    carrier_id: int
    carrier_code: str
    number: str

    @property
    def key(self) -> tuple[int, int, str]:
        return self.merchant_id, self.carrier_id, self.number


def book(now: datetime) -> Booked:
    """Book one batch of due dispatches, in a fixed number of queries; taken = 0 means nothing is due."""
    with transaction.atomic():
        rows = _claim(now)
        if not rows:
            return Booked()
        known = _Carriers()
        due: list[_Due] = []
        refused: dict[Dispatch.Refusal, list[int]] = {}
        for dispatch_id, order_id, name, number, tail, merchant_id in rows:
            number = cleaned(number)
            carrier = known.named(name)
            if carrier is None:
                refused.setdefault(Dispatch.Refusal.UNKNOWN_CARRIER, []).append(dispatch_id)
            elif not is_number(number):
                refused.setdefault(Dispatch.Refusal.MALFORMED_NUMBER, []).append(dispatch_id)
            else:
                due.append(_Due(dispatch_id, order_id, merchant_id, tail, *carrier, number))
        if due:
            _book(due, now)
        for error, ids in refused.items():
            log.warning("Not booked, %s: dispatches %s", error, ids[:MOST_LOGGED])
        for error in Dispatch.Refusal:
            Dispatch.objects.filter(pk__in=refused.get(error, [])).update(book_at=None, book_error=error)
        # Those refused too: what cannot be followed cannot be judged.
        wake_orders(sorted({row[1] for row in rows}), now)
        unclaimed.wake((one.merchant_id, one.number) for one in due)
    return Booked(len(rows), len(due), len(rows) - len(due))


def _claim(now: datetime) -> list[tuple[int, int, str, str, str, int]]:
    """Lock due dispatches no other worker has, the longest due first."""
    due = Dispatch.objects.filter(book_at__lte=now).order_by("book_at", "pk")
    locked = due.select_for_update(skip_locked=True, of=("self",), no_key=True)[:BATCH]
    return list(
        locked.values_list("pk", "order_id", "carrier_name", "number", "order__phone_tail", "order__shop__merchant_id")
    )


class _Carriers:
    """All carriers by every spelling we know, read once a batch."""

    def __init__(self) -> None:
        self._by_name: dict[str, tuple[int, str]] = {}
        for pk, code, name_zh, name_en in Carrier.objects.values_list("pk", "code", "name_zh", "name_en"):
            for name in (code, name_zh, name_en):
                self._by_name[_spelling(name)] = (pk, code)
        for name, pk, code in CarrierAlias.objects.values_list("name", "carrier_id", "carrier__code"):
            self._by_name[_spelling(name)] = (pk, code)

    def named(self, name: str) -> tuple[int, str] | None:
        """Return (id, code) of the carrier a source means; company forms and remarks in brackets do not count."""
        return self._by_name.get(_spelling(name)) or self._by_name.get(_spelling(_COMPANY.sub("", name.strip())))


def _spelling(name: str) -> str:
    return "".join(name.split()).casefold()


def _book(due: Sequence[_Due], now: datetime) -> None:
    waybills = _waybills(due, now)
    columns = [[one.dispatch_id for one in due], [waybills[one.key] for one in due]]
    with connection.cursor() as cursor:
        cursor.execute(_NO_LONGER_ONWARD, columns)
        cursor.execute(_TIE, columns)
        cursor.execute(_SHARED, columns[1:])
        shared = [row[0] for row in cursor.fetchall()]
        refolding.refold(cursor, shared, refolding.held(cursor, shared), {})
    Dispatch.objects.filter(pk__in=columns[0]).update(book_at=None, book_error="")


# A number that a track had named, and that now is the one the platform was told.
_NO_LONGER_ONWARD = (
    "DELETE FROM shipments_parcel p USING unnest(%s::bigint[], %s::bigint[]) AS t(dispatch, waybill) "
    "WHERE p.dispatch_id = t.dispatch AND p.waybill_id = t.waybill AND p.follows_id IS NOT NULL"
)
# Booked anew, a dispatch keeps its role.
_TIE = (
    "INSERT INTO shipments_parcel (dispatch_id, waybill_id, role) "
    "SELECT t.dispatch, t.waybill, 'original' FROM unnest(%s::bigint[], %s::bigint[]) AS t(dispatch, waybill) "
    "ON CONFLICT (dispatch_id) WHERE follows_id IS NULL DO UPDATE SET waybill_id = excluded.waybill_id"
)
# Waybills on several orders: what the new order says may contradict the others, or the track.
_SHARED = (
    "SELECT id FROM shipments_waybill w WHERE id = ANY(%s) "
    "AND (SELECT count(*) FROM shipments_parcel p WHERE p.waybill_id = w.id) > 1 ORDER BY id FOR NO KEY UPDATE"
)


def _waybills(due: Sequence[_Due], now: datetime) -> dict[tuple[int, int, str], int]:
    """Insert the waybills that are new, woken at once; return the id of each."""
    asked = accounts.by_merchant(one.merchant_id for one in due)
    wanted = {one.key: one for one in sorted(due, key=lambda one: one.key)}
    new = []
    for one in wanted.values():
        account = accounts.choose(asked.get(one.merchant_id, ()), one.carrier_code)
        new.append(
            Waybill(
                merchant_id=one.merchant_id,
                carrier_id=one.carrier_id,
                number=one.number,
                phone_tail=one.phone_tail,
                created_at=now,
                account=account,
                poll_at=now,
            )
        )
    Waybill.objects.bulk_create(new, ignore_conflicts=True)
    rows = Waybill.objects.filter(
        merchant_id__in=asked.keys() | {key[0] for key in wanted}, number__in=[key[2] for key in wanted]
    )
    found: dict[tuple[int, int, str], int] = {}
    lacking: list[tuple[int, str]] = []
    for pk, merchant_id, carrier_id, number, tail in rows.values_list(
        "pk", "merchant_id", "carrier_id", "number", "phone_tail"
    ):
        key = (merchant_id, carrier_id, number)
        if key in wanted:
            found[key] = pk
            if not tail and wanted[key].phone_tail:
                lacking.append((pk, wanted[key].phone_tail))
    if lacking:
        _add_phone_tails(sorted(lacking), now)
    return found


def _add_phone_tails(lacking: Sequence[tuple[int, str]], now: datetime) -> None:
    """An order that came later may know the phone that an earlier one with the same number did not.

    A waybill given up for want of it is asked about again.
    """
    ids = [pk for pk, _ in lacking]
    list(Waybill.objects.filter(pk__in=ids).order_by("pk").select_for_update(no_key=True).values_list("pk"))
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE shipments_waybill w SET phone_tail = t.tail, poll_at = COALESCE(w.poll_at, %s) "
            "FROM unnest(%s::bigint[], %s::text[]) AS t(id, tail) "
            "WHERE w.id = t.id AND w.phone_tail = ''",
            [now, ids, [tail for _, tail in lacking]],
        )


def wake_orders(order_ids: Sequence[int], now: datetime) -> int:
    """Let the sweep judge these orders, locked in pk order; one that is awake already is left alone.

    Awake ones are locked too: a sweep that judges one of them just now, without our parcel, puts it to sleep as it ends.
    """
    if not order_ids:
        return 0
    orders = Order.objects.filter(pk__in=order_ids).order_by("pk")
    locked = orders.select_for_update(no_key=True).values_list("pk", "review_at")
    ids = [pk for pk, review_at in locked if review_at is None or review_at > now]
    return Order.objects.filter(pk__in=ids).update(review_at=now)
