from decimal import Decimal

import pytest

from orders.drafts import STATUS_RANK, implied_status, phone_tail
from orders.models import OrderStatus
from orders.sources.fields import FIELDS
from orders.sources.issues import FILE, ROW
from tests.orders.making import utc


def test_drafts_know_exactly_the_statuses_of_orders() -> None:
    assert list(STATUS_RANK) == OrderStatus.values


@pytest.mark.parametrize(
    ("phone", "tail"),
    [
        ("13900005521", "5521"),
        ("139****5521", "5521"),
        ("+86 139 0000 5521", "5521"),
        ("18412345678-8821", "8821"),
        ("18412345678转8821", "8821"),
        ("18412345678[8821]", "8821"),
        ("010-62771234", "1234"),
        ("", ""),
        ("***", ""),
        ("12", ""),
    ],
)
def test_the_tail_of_a_phone_is_its_extension_where_it_is_virtual(phone: str, tail: str) -> None:
    assert phone_tail(phone) == tail


def test_facts_imply_a_status_where_the_source_says_none() -> None:
    at = utc("2026-11-20 08:00")
    assert implied_status({}) is None
    assert implied_status({"paid_at": at}) == "to_dispatch"
    assert implied_status({"paid_at": at, "dispatched_at": at}) == "dispatched"
    assert implied_status({"paid_at": at, "delivered_at": at}) == "completed"
    assert implied_status({"paid_at": at, "amount": Decimal(5), "refunded": Decimal(5)}) == "cancelled"
    assert implied_status({"paid_at": at, "amount": Decimal(0), "refunded": Decimal(0)}) == "to_dispatch"


def test_every_issue_and_field_has_words_for_people() -> None:
    assert all(str(text) for text in [*ROW.values(), *FILE.values(), *(field.label for field in FIELDS.values())])
    assert not ROW.keys() & FILE.keys()
