"""Pushes about numbers that nobody has booked yet: kept, and read again when somebody does.

A provider may know a parcel before its order reaches us (a contract that pushes all of a customer's numbers, an import once
an hour). Booking wakes what was kept for its numbers; `sort` finds what was stored in the very moment of a booking.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final

from django.db import connection

from shipments.models import Unclaimed

# An order comes days after its parcel at the most; a number still unknown after a month is another system's.
KEPT: Final = timedelta(days=30)
# At one go, so that no booking waits for the reading of a year's pushes to be arranged; `sort` goes on.
MOST: Final = 5_000


def keep(strays: Iterable[tuple[int, str, int]], now: datetime) -> None:
    """Remember for (merchant id, number in capitals, answer id) that the answer waits for the number."""
    rows = [
        Unclaimed(merchant_id=merchant_id, number=number, answer_id=answer_id, kept_at=now)
        for merchant_id, number, answer_id in sorted(set(strays))
    ]
    Unclaimed.objects.bulk_create(rows, ignore_conflicts=True)


def wake(booked: Iterable[tuple[int, str]]) -> int:
    """Have pushes about (merchant id, number) read again; return how many, at most MOST. Within the caller's transaction."""
    keys = sorted(set(booked))
    if not keys:
        return 0
    columns = [list(column) for column in zip(*keys, strict=True)]
    return _wake("JOIN unnest(%s::bigint[], %s::text[]) AS t(merchant, number) "
                 "ON u.merchant_id = t.merchant AND u.number = t.number", columns)  # fmt: skip


def sort(now: datetime) -> int:
    """Wake what is followed by now and forget what was kept too long; return how many were woken."""
    Unclaimed.objects.filter(kept_at__lt=now - KEPT).delete()
    return _wake("JOIN shipments_waybill w ON w.merchant_id = u.merchant_id AND w.number = u.number", [])


def _wake(chosen: str, values: list[list[object]]) -> int:
    with connection.cursor() as cursor:
        cursor.execute(_WAKE.format(chosen=chosen), [*values, MOST])
        return int(cursor.rowcount)


# One that is being read just now is left to the next `sort`: who waited for it here could wait for ever.
_WAKE = (
    "WITH named AS (SELECT u.id, u.answer_id FROM shipments_unclaimed u {chosen} ORDER BY u.id LIMIT %s), "
    "free AS (SELECT id FROM shipments_rawanswer WHERE id IN (SELECT answer_id FROM named) "
    "ORDER BY id FOR NO KEY UPDATE SKIP LOCKED), "
    "claimed AS (DELETE FROM shipments_unclaimed WHERE id IN "
    "(SELECT named.id FROM named JOIN free ON free.id = named.answer_id)) "
    "UPDATE shipments_rawanswer SET read_at = NULL WHERE id IN (SELECT id FROM free)"
)
