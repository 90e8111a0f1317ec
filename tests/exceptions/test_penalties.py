"""What breaches cost, each and together, to the cent. Pure."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from exceptions.deadlines.penalties import Breach, Due, Rung, cap, ladder, owed
from exceptions.deadlines.terms import Term, pack, read_entry

T0 = datetime(2026, 11, 20, 4, tzinfo=UTC)
HOUR = timedelta(hours=1)


def term(platform: str, code: str) -> Term:
    return next(term for term in pack(platform) if term.code == code)


def money(text: str) -> Decimal:
    return Decimal(text)


@pytest.mark.parametrize(
    ("amount", "hours", "cost"),
    [("60", 48, "5.00"), ("100", 48, "5.00"), ("200", 48, "10.00"), ("200", 49, "20.00"), ("99999", 72, "1000.00")],
)
def test_douyins_stock_out_costs_by_amount_and_by_the_promise(amount: str, hours: int, cost: str) -> None:
    assert term("douyin", "DY-SHIP-TO-STOCKOUT").penalty(money(amount), hours * HOUR) == money(cost)


def test_what_a_carrier_pays_is_no_penalty_of_ours() -> None:
    entry = {
        "code": "OWN-CARRIER",
        "name_zh": "快递延误赔付",
        "name_en": "Carrier pays for delay",
        "kind": "delivery_overdue",
        "start": "paid",
        "stop": ["delivered"],
        "hours": 72,
        "warn_hours": 6,
        "grave_hours": 24,
        "penalty": [{"fixed": 10}],
        "source": ["house"],
        "grade": "C",
        "needs_review": False,
    }
    assert read_entry(entry, "1").penalty(money("50"), HOUR) == money("10.00")
    assert read_entry(entry | {"level": "carrier"}, "1").penalty(money("50"), HOUR) == money("0.00")


def test_a_cap_is_the_lower_of_a_share_of_what_was_paid_and_an_amount() -> None:
    assert cap(None, None, money("10")) is None
    assert cap(money("35"), None, money("9.99")) == money("3.50")
    assert cap(money("35"), money("500"), money("10")) == money("3.50")
    assert cap(money("35"), money("500"), money("2000")) == money("500")


def test_one_stack_is_paid_once_the_dearest_and_what_has_none_adds_up() -> None:
    late, pickup, stock_out = Due(money("3"), "dy-late"), Due(money("5"), "dy-late"), Due(money("10"))
    assert owed([]) == money("0.00")
    assert owed([late, pickup]) == money("5")
    assert owed([late, pickup, stock_out]) == money("15")
    assert owed([stock_out, stock_out]) == money("20")


def test_a_capped_stack_adds_up_to_its_cap() -> None:
    late, fake = Due(money("5"), "tm-late", money("35")), Due(money("30"), "tm-late", money("35"))
    assert owed([late, fake]) == money("35")
    assert owed([late, fake, fake]) == money("35")
    assert owed([late]) == money("5")


def test_a_ladder_tells_from_when_how_much_is_owed_and_by_which_rule() -> None:
    stock_out = Breach(T0 + 48 * HOUR, "STOCK-OUT", Due(money("10")))
    late, pickup = Breach(T0, "LATE", Due(money("3"), "late")), Breach(T0 + HOUR, "PICKUP", Due(money("3"), "late"))
    assert ladder([stock_out, pickup, late]) == [
        Rung(T0, money("3"), ("LATE",)),
        Rung(T0 + 48 * HOUR, money("13"), ("STOCK-OUT",)),
    ]


def test_a_ladder_takes_what_breaks_at_one_instant_as_one_step_and_names_no_rule_that_costs_nothing() -> None:
    free, late = Breach(T0, "FREE", Due(money("0"))), Breach(T0, "LATE", Due(money("3")))
    assert ladder([late, free]) == [Rung(T0, money("3"), ("LATE",))]
    assert ladder([free]) == []
