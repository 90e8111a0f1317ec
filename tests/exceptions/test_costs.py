"""What a case can still cost, as the sweep keeps it and as its page tells it."""

import random
import re
from datetime import datetime, timedelta
from decimal import Decimal

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from exceptions.deadlines.penalties import Due, owed
from exceptions.desk.settle import settle
from exceptions.models import Case, Clock
from merchants.models import Merchant, Shop, User
from tests.exceptions.making import a_parcel, an_order
from tests.exceptions.scene import sweep_all

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


@pytest.fixture
def tmall(merchant: Merchant) -> Shop:
    return Shop.objects.create(merchant=merchant, code="MT-TM", name="棉田旗舰店", platform="tmall")


def text(response) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))


def test_late_dispatch_and_the_stock_out_that_follows_add_up_once_it_is_near(other_shop: Shop, now: datetime) -> None:
    order = an_order(other_shop, "a", now, amount=Decimal(200))
    sweep_all(now + 49 * HOUR)
    assert Case.objects.get(order=order).penalty == Decimal("3.00")
    sweep_all(now + 90 * HOUR)
    case = Case.objects.get(order=order)
    assert (case.penalty, case.at_stake) == (Decimal("13.00"), Decimal("213.00"))


@pytest.mark.parametrize(("amount", "penalty"), [("10", "3.50"), ("100", "35.00"), ("2000", "500.00")])
def test_tmalls_penalties_come_to_35_percent_and_500_at_most(
    tmall: Shop, now: datetime, amount: str, penalty: str
) -> None:
    an_order(tmall, "a", now, amount=Decimal(amount))
    sweep_all(now + 121 * HOUR)
    assert Case.objects.get().penalty == Decimal(penalty)
    assert {clock.cap for clock in Clock.objects.all()} == {min(Decimal(amount) * 35 / 100, Decimal(500))}


def test_a_new_amount_brings_a_new_cap(tmall: Shop, now: datetime) -> None:
    order = an_order(tmall, "a", now, amount=Decimal(10))
    sweep_all(now + 121 * HOUR)
    type(order).objects.update(amount=Decimal(20), review_at=now + 121 * HOUR)
    sweep_all(now + 121 * HOUR)
    assert Case.objects.get().penalty == Decimal("7.00")


def test_a_case_shows_what_owed_says_whatever_runs_on_it(other_shop: Shop, now: datetime) -> None:
    chance = random.Random(4)
    for n in range(40):
        order = an_order(other_shop, f"r{n}", now, amount=Decimal(50))
        clocks = [
            Clock.objects.create(
                order=order,
                term=f"T{i}",
                version="1",
                kind="late_dispatch",
                started_at=now,
                warn_at=now,
                due_at=now + HOUR,
                grave_at=now + 2 * HOUR,
                level=2,
                penalty=Decimal(chance.randrange(0, 3000)) / 100,
                stack=chance.choice(["", "a", "b"]),
                cap=chance.choice([None, None, Decimal("9.50"), Decimal("20.00")]),
                stopped_at=chance.choice([None, None, now + 2 * HOUR]),
            )
            for i in range(chance.randrange(1, 7))
        ]
        settle([order.pk], now + 3 * HOUR)
        running = [Due(clock.penalty, clock.stack, clock.cap) for clock in clocks if not clock.stopped_at]
        cases = Case.objects.filter(order=order)
        assert [case.penalty for case in cases] == ([owed(running)] if running else [])


def test_the_case_page_tells_what_it_costs_now_and_from_when_it_costs_more(
    other_shop: Shop, seller: User, now: datetime, client: Client
) -> None:
    order = an_order(other_shop, "a", now - 2000 * HOUR, amount=Decimal(200))
    sweep_all(now - 1951 * HOUR)
    client.force_login(seller)
    case = Case.objects.get(order=order)
    page = text(client.get(reverse("case", args=[case.pk])))
    assert "Not acting costs ¥13.00 now." in page, "by the time somebody looks, both limits are gone"
    assert "30 orders and 30 % a day: No new goods, order and presale limits" in page


def test_the_case_page_tells_a_step_that_is_still_to_come(other_shop: Shop, seller: User, client: Client) -> None:
    paid = timezone.now() - 60 * HOUR
    order = an_order(other_shop, "a", paid, amount=Decimal(200))
    sweep_all(paid + 60 * HOUR)
    client.force_login(seller)
    page = text(client.get(reverse("case", args=[Case.objects.get(order=order).pk])))
    assert re.search(r"Not acting costs ¥3\.00 now; ¥13\.00 from .{5,20} \(Overdue becomes stock-out\)\.", page)
    assert "Penalty ¥3.00" in page


def test_the_api_tells_what_a_case_costs_when(other_shop: Shop, seller: User, now: datetime, client: Client) -> None:
    order = an_order(other_shop, "a", now, amount=Decimal(200))
    sweep_all(now + 60 * HOUR)
    client.force_login(seller)
    body = client.get(reverse("api-case", args=[Case.objects.get(order=order).pk])).json()
    assert [(datetime.fromisoformat(rung["at"]), rung["total"], rung["rules"]) for rung in body["ladder"]] == [
        (now + 48 * HOUR, "3.00", ["DY-SHIP-48"]),
        (now + 96 * HOUR, "13.00", ["DY-SHIP-TO-STOCKOUT"]),
    ]


def test_late_pickup_of_an_order_whose_dispatch_was_late_still_shows_its_own(
    other_shop: Shop, seller: User, now: datetime
) -> None:
    order = an_order(other_shop, "a", now, amount=Decimal(200), status="dispatched", dispatched_at=now + 50 * HOUR)
    a_parcel(order, "YT8834201944715", now + 50 * HOUR)
    sweep_all(now + 75 * HOUR)
    assert dict(Case.objects.values_list("kind", "penalty"))["late_pickup"] == Decimal("3.00")
