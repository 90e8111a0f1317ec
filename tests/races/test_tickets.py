"""Two who tell of the same ticket or filing at once: it is one, and nobody waits in a ring."""

from datetime import datetime, timedelta

import pytest

from exceptions import filings
from exceptions.models import Filing
from merchants.models import Shop, User
from orders.models import Order, Ticket, TicketStep
from orders.ticketing.drafts import TicketDraft
from orders.tickets import Outcome, record
from tests.exceptions.making import an_order, member_of
from tests.races.test_intake import together

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def orders(shop: Shop, now: datetime) -> list[Order]:
    return [an_order(shop, f"A{i}", now) for i in range(200)]


def test_the_same_tickets_told_twice_at_once_are_made_once(shop: Shop, orders: list[Order], now: datetime) -> None:
    early, later, answered = (now - timedelta(minutes=minutes) for minutes in (60, 50, 40))
    ours = [TicketDraft(one.number, "refund", "AS-1", early, steps={"answered": now}) for one in orders]
    theirs = [
        TicketDraft(one.number, "refund", "AS-1", later, steps={"answered": answered}) for one in reversed(orders)
    ]
    one, two = together(lambda: record([shop], ours, now), lambda: record([shop], theirs, now))
    assert {told.outcome for told in (*one, *two)} == {Outcome.CREATED, Outcome.UPDATED}
    assert list(Ticket.objects.values_list("opened_at").distinct()) == [(early,)]
    assert list(TicketStep.objects.values_list("at").distinct()) == [(answered,)]
    assert (Ticket.objects.count(), TicketStep.objects.count()) == (200, 200)


def test_two_who_file_the_same_at_once_file_it_once(
    seller: User, support: User, orders: list[Order], now: datetime
) -> None:
    pairs = [(one.pk, "late_dispatch") for one in orders]
    people = [member_of(seller), member_of(support)]
    one, two = together(
        lambda: filings.file(people[0], pairs, now=now), lambda: filings.file(people[1], pairs[::-1], now=now)
    )
    assert sorted(bool(filed.filing) for filed in (*one, *two)) == [False] * 200 + [True] * 200
    assert Filing.objects.count() == 200
