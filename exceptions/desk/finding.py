"""Search over all that is known of orders: what orders.search finds, and case numbers, notes, numbers parcels went on under."""

import re
from typing import Final

from django.db import connection

from exceptions.models import Case
from merchants.access import Member, scoped
from orders import search
from orders.asked import Asked, read
from orders.search import Found, Hits
from shipments.models import Parcel

CASE: Final = re.compile(r"[Cc]-?(\d{1,18})")

# Notes know no shop: the first so many that hold the words are looked at, whosever they are.
NOTES: Final = 5000
NOTED: Final = """
WITH noted AS MATERIALIZED (
  SELECT case_id FROM exceptions_caseentry WHERE note <> '' AND {words} LIMIT %s
)
SELECT DISTINCT c.order_id FROM exceptions_case c
WHERE c.id IN (SELECT case_id FROM noted) AND c.shop_id = ANY(%s) ORDER BY c.order_id DESC LIMIT %s
"""
WORD: Final = "text_bigrams(note) @> text_bigrams(%s) AND lower(note) LIKE lower(%s)"


def find(member: Member, text: str) -> Found:
    """Return what `text` names among the member's orders; a case's number names its order."""
    asked, hits = read(text), Hits()
    if not asked.text or not member.shops:
        return Found([])
    if number := CASE.fullmatch(asked.text.replace(" ", "")):
        hits.add("case", scoped(member, Case.objects.filter(pk=int(number[1]))).values_list("order_id", flat=True))
    if hits.by or search.in_full(member, asked, hits) or _went_on_under(member, asked, hits):
        return hits.found(exact=True)
    search.look_up(member, asked, hits)
    if asked.words:
        hits.add("note", _noted(member, asked.words))
    return hits.found()


def _went_on_under(member: Member, asked: Asked, hits: Hits) -> bool:
    """Look up numbers no platform was told of: those a parcel was forwarded or sent back under."""
    if not asked.numbers:
        return False
    parcels = Parcel.objects.filter(waybill__number__in=asked.numbers, waybill__merchant=member.merchant)
    orders = scoped(member, parcels, via="dispatch__order__shop").values_list("dispatch__order_id", flat=True)
    hits.add("waybill", orders[: search.MOST])
    return bool(hits.by)


def _noted(member: Member, words: tuple[str, ...]) -> list[int]:
    """Return the orders of cases in one of whose notes all the words stand."""
    told = [text for word in words for text in (word, f"%{_literal(word)}%")]
    statement = NOTED.format(words=" AND ".join([WORD] * len(words)))
    with connection.cursor() as cursor:
        cursor.execute(statement, [*told, NOTES, member.shop_ids, search.MOST])
        return [pk for (pk,) in cursor.fetchall()]


def _literal(word: str) -> str:
    return re.sub(r"([\\%_])", r"\\\1", word)
