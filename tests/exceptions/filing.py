"""Cases and filings, made without a sweep, for the tests of filings."""

from datetime import datetime, timedelta
from typing import Any

from exceptions import filings
from exceptions.models import Case, Filing
from merchants.access import Member
from orders.models import Order


def a_case(order: Order, now: datetime, kind: str = "late_dispatch", **facts: Any) -> Case:
    values: dict[str, Any] = {"level": 2, "rank": 0, "opened_at": now, "started_at": now - timedelta(hours=50)}
    values |= {"warn_at": now, "due_at": now, "grave_at": now} | facts
    values["carrier"] = facts["waybill"].carrier if facts.get("waybill") else None
    return Case.objects.create(merchant=order.shop.merchant, shop=order.shop, order=order, kind=kind, **values)


def file(member: Member, order: Order, now: datetime, kind: str = "late_dispatch") -> Filing:
    (filed,) = filings.file(member, [(order.pk, kind)], now=now, reason="大雪封路", reference="BB-1")
    assert filed.filing is not None
    return filed.filing


def log(case: Case) -> list[tuple[Any, ...]]:
    return list(case.entries.values_list("action", "from_state", "to_state", "note", "detail", "by__username"))
