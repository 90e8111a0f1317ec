"""Amounts as people read them."""

from decimal import Decimal

SIGNS = {"CNY": "¥", "USD": "$", "EUR": "€", "GBP": "£", "BRL": "R$", "HKD": "HK$", "JPY": "JP¥"}


def shown(amount: Decimal | int | float | None, currency: str = "CNY", places: int = 2) -> str:
    """Return `¥1,234.00`; a currency without a sign of its own keeps its code in front; nothing for None."""
    if amount is None:
        return ""
    sign = SIGNS.get(currency, f"{currency} ")
    return f"{'-' if amount < 0 else ''}{sign}{abs(amount):,.{places}f}"
