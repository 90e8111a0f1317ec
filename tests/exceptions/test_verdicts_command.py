"""manage.py verdicts: what the desk would have shown, as a program reads it."""

import json
from datetime import datetime, timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from merchants.models import Shop
from tests.exceptions.making import an_order

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


def verdicts(*words: str) -> str:
    out = StringIO()
    call_command("verdicts", *words, stdout=out)
    return out.getvalue()


def test_the_verdict_of_an_instant_is_told_as_json(shop: Shop, now: datetime) -> None:
    an_order(shop, "late", now - 50 * HOUR)
    an_order(shop, "soon", now - 40 * HOUR)
    an_order(shop, "sent", now - 90 * HOUR, handed_over_at=now - 80 * HOUR, promised_delivery_at=now - HOUR)
    an_order(shop, "later", now + HOUR)
    told = json.loads(verdicts("--shop", "MT-PDD", "--at", now.isoformat(), "--json"))
    assert told == {
        "shop": "MT-PDD",
        "at": now.isoformat(),
        "awaiting_handover": 2,
        "overdue": 1,
        "due_within_24h": 1,
        "in_transit": 1,
        "delivery_overdue": 1,
        "over_10_days_in_transit": 0,
        "days_in_transit": {"3": 1},
        "orders_by_kind_and_level": {
            "delivery_overdue": {"broken": 1},
            "late_dispatch": {"broken": 1, "soon": 1},
        },
    }


def test_an_instant_without_an_offset_is_in_the_shops_zone(shop: Shop, now: datetime) -> None:
    told = json.loads(verdicts("--shop", "miantian/MT-PDD", "--at", "2026-11-22T12:00", "--json"))
    assert told["at"] == "2026-11-22T12:00:00+08:00"


def test_without_json_it_is_a_table_for_people(shop: Shop, now: datetime) -> None:
    assert "awaiting handover" in verdicts("--shop", "MT-PDD", "--at", now.isoformat())


@pytest.mark.parametrize("at", ["yesterday", "2026-13-40T00:00", ""])
def test_an_instant_that_is_none_is_refused_with_the_remedy(shop: Shop, at: str) -> None:
    with pytest.raises(CommandError, match="write it like"):
        verdicts("--shop", "MT-PDD", "--at", at)


def test_an_unknown_shop_is_refused_with_the_ones_there_are(shop: Shop) -> None:
    with pytest.raises(CommandError, match="MT-PDD"):
        verdicts("--shop", "NOPE", "--at", "2026-11-22T12:00")


def test_a_code_of_two_merchants_asks_which(shop: Shop, stranger_shop: Shop) -> None:
    Shop.objects.filter(pk=stranger_shop.pk).update(code="MT-PDD")
    with pytest.raises(CommandError, match="elsewhere/MT-PDD"):
        verdicts("--shop", "MT-PDD", "--at", "2026-11-22T12:00")
