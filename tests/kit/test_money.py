"""Amounts as people read them."""

from decimal import Decimal

import pytest

from shipops.kit.money import shown


@pytest.mark.parametrize(
    ("amount", "currency", "words"),
    [
        (Decimal("1234.5"), "CNY", "¥1,234.50"),
        (Decimal("-3"), "CNY", "-¥3.00"),
        (Decimal("18406.20"), "BRL", "R$18,406.20"),
        (Decimal(0), "SEK", "SEK 0.00"),
        (None, "CNY", ""),
    ],
)
def test_an_amount_carries_its_sign_and_two_places(amount: Decimal | None, currency: str, words: str) -> None:
    assert shown(amount, currency) == words


def test_a_sum_seen_from_afar_loses_its_cents() -> None:
    assert shown(Decimal("27483.51"), "CNY", places=0) == "¥27,484"
