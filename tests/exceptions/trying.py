"""Drafts, orders they judge otherwise, and what a back-test counted, for tests of back-tests and trials."""

from datetime import datetime, timedelta
from typing import Any

from django.db.models import Sum

from exceptions import backtest
from exceptions.models import BackTest, Policy
from merchants.models import Merchant, Shop
from orders.models import Order
from tests.exceptions.making import an_order


def hours(length: int, code: str = "PDD-SHIP-48", **values: Any) -> dict[str, Any]:
    return {"changes": [{"code": code, "set": {"hours": length, **values}}]}


def a_draft(merchant: Merchant, now: datetime, document: dict[str, Any] | None = None, **values: Any) -> Policy:
    return Policy.objects.create(merchant=merchant, document=document or hours(24), created_at=now, **values)


def on_trial(merchant: Merchant, since: datetime) -> Policy:
    return a_draft(merchant, since, state=Policy.State.SHADOW, shadow_since=since)


def published(merchant: Merchant, number: int, document: dict[str, Any], since: datetime) -> Policy:
    return a_draft(merchant, since, document, state=Policy.State.PUBLISHED, number=number, effective_from=since)


def dispatched_after(shop: Shop, number: str, paid: datetime, late: timedelta, **facts: Any) -> Order:
    """An order of ¥128 handed over so long after it was paid."""
    at = paid + late
    return an_order(shop, number, paid, status="dispatched", dispatched_at=at, handed_over_at=at, **facts)


def run(now: datetime) -> int:
    batches = 0
    while backtest.run_batch(now):
        batches += 1
    return batches


def counts(test: BackTest, kind: str = "late_dispatch") -> tuple[int, int, int]:
    sums = test.lines.filter(kind=kind).aggregate(*map(Sum, ("new", "gone", "same")))
    return sums["new__sum"] or 0, sums["gone__sum"] or 0, sums["same__sum"] or 0


def lines(test: BackTest) -> list[tuple[object, ...]]:
    return list(
        test.lines.order_by("shop", "day", "kind").values_list(
            "shop", "day", "kind", "new", "gone", "same", "money_before", "money_after"
        )
    )
