"""The card of tickets on an order's page, as a person uses it, with htmx and without JavaScript."""

import re
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.core.cache import caches
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from exceptions.models import Clock
from merchants.models import Shop, User
from orders.models import Order, Ticket, TicketStep
from orders.ticketing.drafts import TicketDraft
from orders.tickets import record
from tests.exceptions.making import an_order

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true", "HX-Target": "tickets"}
SHANGHAI = ZoneInfo("Asia/Shanghai")


@pytest.fixture
def now() -> datetime:
    return timezone.now().replace(second=0, microsecond=0)


@pytest.fixture
def browser(support: User) -> Client:
    client = Client()
    client.force_login(support)
    return client


@pytest.fixture
def order(shop: Shop, now: datetime) -> Order:
    return an_order(shop, "690001", now - timedelta(days=3))


@pytest.fixture
def ticket(order: Order, shop: Shop, now: datetime) -> Ticket:
    record([shop], [TicketDraft("690001", "refund", "AS-1", now - timedelta(hours=5))], now)
    return Ticket.objects.get()


def text(response: Any) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))


def wall(at: datetime) -> str:
    return f"{at.astimezone(SHANGHAI):%Y-%m-%dT%H:%M}"


def add(browser: Client, order: Order, headers: dict[str, str] | None = None, **data: str) -> Any:
    return browser.post(reverse("order-tickets", args=[order.pk]), data, headers=headers)


def act(browser: Client, ticket: Ticket, headers: dict[str, str] | None = None, **data: str) -> Any:
    return browser.post(reverse("ticket-act", args=[ticket.pk]), data, headers=headers)


def test_an_order_without_tickets_says_what_goes_there(browser: Client, order: Order) -> None:
    page = text(browser.get(reverse("order", args=[order.pk])))
    assert "Requests and notices Nobody has asked for anything." in page
    assert "Add one" in page


def test_a_ticket_is_added_by_the_wall_clock_of_the_shop(browser: Client, order: Order, now: datetime) -> None:
    opened, due = now - timedelta(hours=2), now + timedelta(hours=34)
    times = {"opened_at": wall(opened), "due_at": wall(due)}
    response = add(browser, order, None, **times, kind="refund", number=" AS-1 ", amount="12.50", reason="少件")
    assert (response.status_code, response["Location"]) == (303, f"/orders/{order.pk}/#tickets")
    ticket = Ticket.objects.get()
    assert (ticket.order, ticket.kind, ticket.number) == (order, "refund", "AS-1")
    assert (ticket.opened_at, ticket.due_at) == (opened, due)
    page = text(browser.get(response["Location"]))
    assert "Noted. Its limits are worked out within seconds." in page
    assert "Refund request after dispatch AS-1 ¥12.50 少件" in page


def test_the_form_says_now_in_the_zone_of_the_shop(browser: Client, order: Order) -> None:
    page = browser.get(reverse("order", args=[order.pk])).content.decode()
    (typed,) = re.findall(r'name="opened_at" value="([^"]+)"', page)
    assert abs(datetime.fromisoformat(typed).replace(tzinfo=SHANGHAI) - timezone.now()) < timedelta(minutes=2)


def test_htmx_gets_the_card_alone_with_what_was_done(browser: Client, order: Order, now: datetime) -> None:
    response = add(browser, order, HTMX, kind="inquiry", opened_at=wall(now))
    page = response.content.decode()
    assert response.status_code == 200
    assert page.startswith('<section class="card" id="tickets">')
    assert 'hx-swap-oob="true"' in page
    assert "Buyer’s question" in text(response)


@pytest.mark.parametrize("headers", [None, HTMX])
def test_a_form_that_cannot_be_stands_open_with_its_errors(
    browser: Client, order: Order, now: datetime, headers: dict[str, str] | None
) -> None:
    response = add(browser, order, headers, kind="", number="AS-7", opened_at="gestern", amount="-1")
    page = response.content.decode()
    assert response.status_code == 422
    assert '<details class="act" id="add-ticket" open>' in page
    assert re.findall(r'id="ticket_(\w+)_error"', page) == ["kind", "opened_at", "amount"]
    assert 'value="AS-7"' in page
    assert ("<html" in page) is (headers is None)
    late = add(browser, order, headers, kind="inquiry", opened_at=wall(now), due_at=wall(now - timedelta(days=1)))
    assert late.status_code == 422
    assert "This is before the ticket was opened" in text(late)
    assert not Ticket.objects.exists()


def test_one_that_is_there_is_not_added_again(browser: Client, order: Order, ticket: Ticket, now: datetime) -> None:
    response = add(browser, order, kind="refund", number="AS-1", opened_at=wall(now), reason="漏发")
    assert response.status_code == 422
    assert "Act on that one, or give another number." in text(response)
    assert Ticket.objects.get().reason == ""


def test_a_step_is_told_with_one_click_and_taken_back_with_another(browser: Client, ticket: Ticket) -> None:
    before = timezone.now()
    assert act(browser, ticket, step="answered").status_code == 303
    assert before <= TicketStep.objects.get(name="answered").at <= timezone.now()
    page = browser.get(reverse("order", args=[ticket.order_id]))
    assert "Answered: noted." in text(page)
    assert [step.name for step in page.context["tickets"][0].told] == ["answered"]
    assert [value for value, _ in page.context["tickets"][0].possible] == ["agreed", "rejected"]
    assert "Answered: taken back." in text(act(browser, ticket, HTMX, undo="answered"))
    assert not TicketStep.objects.exists()


def test_a_step_that_happened_earlier_is_told_with_its_time(browser: Client, ticket: Ticket, now: datetime) -> None:
    act(browser, ticket, step="agreed", at=wall(now - timedelta(hours=3)))
    assert TicketStep.objects.get().at == now - timedelta(hours=3)


@pytest.mark.parametrize("headers", [None, HTMX])
@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        ({"step": "agreed", "at": "2020-01-01T00:00"}, "This is before the ticket was opened"),
        ({"step": "agreed", "at": "2990-01-01T00:00"}, "This is still to come."),
        ({"step": "agreed", "at": "x"}, "Enter a valid date/time."),
        ({"step": "arranged"}, "Tickets of this kind have no step “arranged”"),
    ],
)
def test_a_step_that_cannot_be_is_refused_at_its_ticket(
    browser: Client, ticket: Ticket, data: dict[str, str], sentence: str, headers: dict[str, str] | None
) -> None:
    response = act(browser, ticket, headers, **data)
    assert response.status_code == 422
    (error,) = re.findall(r'<p class="errors" role="alert">([^<]+)</p>', response.content.decode())
    assert sentence in error
    assert not TicketStep.objects.exists()


def test_a_ticket_is_closed_once_and_opened_again(browser: Client, ticket: Ticket) -> None:
    act(browser, ticket, close="1")
    ticket.refresh_from_db()
    closed_at = ticket.closed_at
    assert closed_at is not None
    act(browser, ticket, close="1")
    ticket.refresh_from_db()
    assert ticket.closed_at == closed_at
    page = browser.get(reverse("order", args=[ticket.order_id])).content.decode()
    assert 'name="reopen"' in page
    assert 'name="step"' not in page
    act(browser, ticket, reopen="1")
    ticket.refresh_from_db()
    assert ticket.closed_at is None


def test_what_no_button_says_is_not_found(browser: Client, ticket: Ticket) -> None:
    assert act(browser, ticket).status_code == 404
    assert act(browser, ticket, step="danced").status_code == 404


def test_tickets_of_other_shops_are_not_found(browser: Client, other_shop: Shop, now: datetime) -> None:
    an_order(other_shop, "690002", now)
    record([other_shop], [TicketDraft("690002", "inquiry", "", now)], now)
    assert act(browser, Ticket.objects.get(), step="answered").status_code == 404
    assert not TicketStep.objects.exists()


def test_open_tickets_stand_first_and_the_newest_of_them_on_top(
    browser: Client, order: Order, shop: Shop, now: datetime
) -> None:
    hours = {"closed": 1, "old": 9, "new": 2}
    drafts = [
        TicketDraft("690001", "inquiry", number, now - timedelta(hours=ago), closed_at=now if ago == 1 else None)
        for number, ago in hours.items()
    ]
    record([shop], drafts, now)
    shown = browser.get(reverse("order", args=[order.pk])).context["tickets"]
    assert [row.ticket.number for row in shown] == ["new", "old", "closed"]


def test_the_limit_shown_is_the_running_one_and_else_the_one_printed(
    browser: Client, order: Order, ticket: Ticket, now: datetime
) -> None:
    printed, ruled = now + timedelta(days=9), now + timedelta(hours=3, seconds=30)
    Ticket.objects.update(due_at=printed)
    url = reverse("order", args=[order.pk])
    assert f"Limit {printed.astimezone(SHANGHAI):%m-%d %H:%M}" in text(browser.get(url))
    a_clock(ticket, ruled + timedelta(days=1), level=0)
    a_clock(ticket, ruled, level=1)
    a_clock(ticket, now - timedelta(hours=1), level=2, stopped_at=now)
    page = browser.get(url)
    assert f'<span class="badge soon">{ticket.get_kind_display()}</span>' in page.content.decode()
    assert re.search(r"Limit [\w ]*\d\d:\d\d · (3h 00m|2h 59m) left", text(page))


def a_clock(ticket: Ticket, due_at: datetime, level: int, **facts: Any) -> Clock:
    times = {"started_at": ticket.opened_at, "warn_at": due_at, "due_at": due_at, "grave_at": due_at}
    kinds = {"term": f"PDD-{due_at:%d%H%M}", "version": "1", "kind": "answer_due"}
    return Clock.objects.create(order=ticket.order, ticket=ticket, level=level, **times, **kinds, **facts)


def test_the_page_takes_the_same_queries_for_one_ticket_and_for_many(
    browser: Client, order: Order, shop: Shop, now: datetime, django_assert_num_queries
) -> None:
    url = reverse("order", args=[order.pk])
    for n in (1, 12):
        drafts = [TicketDraft("690001", "inquiry", f"{i}", now, steps={"answered": now}) for i in range(n)]
        record([shop], drafts, now)
        caches["local"].clear()
        # session, person, membership, its shops, the order, tickets, their steps, their clocks, its cases, lines,
        # dispatches, the rail, merchants; what cannot be judged; the rights that run: shops, versions, and the facts
        with django_assert_num_queries(26):
            browser.get(url)
