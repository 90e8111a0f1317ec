"""Tickets over REST: one or many, each refused by itself, in reach of the shop alone."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from merchants.models import Shop, User
from orders.models import Order, Ticket
from orders.ticketing.drafts import TicketDraft
from orders.tickets import record
from tests.exceptions.making import an_order

pytestmark = pytest.mark.django_db
OPENED = "2026-03-22T09:00:00+08:00"
OPENED_AT = datetime(2026, 3, 22, 1, tzinfo=UTC)


@pytest.fixture
def order(shop: Shop) -> Order:
    return an_order(shop, "690001", datetime(2026, 3, 20, tzinfo=UTC))


@pytest.fixture
def caller(support: User) -> Client:
    client = Client()
    client.force_login(support)
    return client


@pytest.fixture
def ticket(order: Order, shop: Shop) -> Ticket:
    record([shop], [TicketDraft("690001", "refund", "AS-1", OPENED_AT)], timezone.now())
    return Ticket.objects.get()


def item(**facts: Any) -> dict[str, Any]:
    return {"order": "690001", "kind": "refund", "number": "AS-1", "opened_at": OPENED} | facts


def post(caller: Client, body: Any, url: str = "/api/tickets/") -> Any:
    return caller.post(url, body, content_type="application/json")


def test_one_that_is_told_is_made_once(caller: Client, order: Order) -> None:
    first = post(caller, item(amount="128.00", reason="不想要了", steps={"answered": "2026-03-22T10:00:00+08:00"}))
    ticket = Ticket.objects.get()
    assert first.status_code == 201
    assert first.json() == {
        "id": ticket.pk,
        "shop": "MT-PDD",
        "order": "690001",
        "kind": "refund",
        "number": "AS-1",
        "opened_at": "2026-03-22T09:00:00+08:00",
        "due_at": None,
        "amount": "128.00",
        "currency": "CNY",
        "reason": "不想要了",
        "closed_at": None,
        "steps": {"answered": "2026-03-22T10:00:00+08:00"},
        "possible": ["agreed", "rejected"],
    }
    again = post(caller, item())
    assert (again.status_code, again.json()) == (200, first.json())


def test_one_that_cannot_be_is_refused_field_by_field(caller: Client, order: Order) -> None:
    shapeless = post(caller, item(kind="gift", opened_at="gestern"))
    assert (shapeless.status_code, sorted(shapeless.json())) == (400, ["kind", "opened_at"])
    naive = post(caller, item(opened_at="2026-03-22T09:00:00"))
    sentence = "Give the time with its offset from UTC, for example 2026-11-22T12:00:00+08:00."
    assert (naive.status_code, naive.json()) == (400, {"opened_at": [sentence]})
    assert post(caller, item(steps={"arranged": OPENED})).json() == {
        "steps.arranged": ["Tickets of this kind have no step “arranged”, only: answered, agreed, rejected."]
    }
    assert not Ticket.objects.exists()


def test_of_a_list_each_is_told_by_its_row(caller: Client, order: Order, ticket: Ticket) -> None:
    body = [item(), item(order="1"), item(number="AS-2"), item(steps={"agreed": "x"}), "?", item(reason="少件")]
    response = post(caller, body)
    results = response.json()["results"]
    assert response.status_code == 200
    assert [one["row"] for one in results] == [1, 2, 3, 4, 5, 6]
    assert [one["outcome"] for one in results] == ["unchanged", "refused", "created", "refused", "refused", "updated"]
    assert [one["id"] for one in results] == [
        ticket.pk,
        None,
        Ticket.objects.get(number="AS-2").pk,
        None,
        None,
        ticket.pk,
    ]
    told = "Your shops have no order 1. Correct the number, or import the order first."
    assert results[1]["problems"] == [{"field": "order", "sentence": told}]
    assert [problem["field"] for problem in results[3]["problems"]] == ["steps.agreed"]


def test_more_than_500_at_once_are_refused_as_a_whole(caller: Client, order: Order) -> None:
    response = post(caller, [item()] * 501)
    assert (response.status_code, response.json()) == (400, ["At most 500 at once: send them in parts."])
    assert not Ticket.objects.exists()


def test_orders_of_another_shop_are_not_there(caller: Client, other_shop: Shop, stranger_shop: Shop) -> None:
    for shop in (other_shop, stranger_shop):
        an_order(shop, "690001", OPENED_AT)
        assert list(post(caller, item()).json()) == ["order"]


def test_the_list_is_filtered_by_order_kind_and_state(caller: Client, order: Order, shop: Shop) -> None:
    an_order(shop, "690002", OPENED_AT)
    drafts = [
        TicketDraft("690001", "refund", "AS-1", OPENED_AT),
        TicketDraft("690001", "inquiry", "Q-1", OPENED_AT, closed_at=OPENED_AT),
        TicketDraft("690002", "refund", "AS-2", OPENED_AT),
    ]
    record([shop], drafts, timezone.now())
    for query, numbers in {
        "": ["AS-2", "Q-1", "AS-1"],
        "?order=690001": ["Q-1", "AS-1"],
        "?kind=refund": ["AS-2", "AS-1"],
        "?open=true": ["AS-2", "AS-1"],
        "?open=false": ["Q-1"],
        "?open=0&kind=refund": [],
    }.items():
        assert [one["number"] for one in caller.get(f"/api/tickets/{query}").json()["tickets"]] == numbers
    wrong = caller.get("/api/tickets/?kind=gift&open=perhaps&after=x")
    assert (wrong.status_code, sorted(wrong.json())) == (400, ["after", "kind", "open"])


def test_pages_run_through_every_ticket_once_with_the_same_queries(caller: Client, order: Order, shop: Shop) -> None:
    drafts = [TicketDraft("690001", "inquiry", f"Q-{i}", OPENED_AT, steps={"answered": OPENED_AT}) for i in range(51)]
    record([shop], drafts, timezone.now())
    with CaptureQueriesContext(connection) as first:
        page = caller.get("/api/tickets/").json()
    with CaptureQueriesContext(connection) as second:
        rest = caller.get(f"/api/tickets/?after={page['next']}").json()
    assert [one["number"] for one in page["tickets"] + rest["tickets"]] == [f"Q-{i}" for i in range(50, -1, -1)]
    assert rest["next"] is None
    assert len(first) == len(second)


def test_a_ticket_is_read_closed_and_opened_again(caller: Client, ticket: Ticket) -> None:
    url = f"/api/tickets/{ticket.pk}/"
    assert caller.get(url).json()["closed_at"] is None
    closed = caller.patch(url, {"closed_at": "2026-03-23T09:00:00+08:00"}, content_type="application/json")
    assert (closed.status_code, closed.json()["closed_at"]) == (200, "2026-03-23T09:00:00+08:00")
    wrong = caller.patch(url, {"closed_at": "2026-03-21T09:00:00+08:00"}, content_type="application/json")
    assert (wrong.status_code, list(wrong.json())) == (400, ["closed_at"])
    opened = caller.patch(url, {"closed_at": None, "due_at": OPENED}, content_type="application/json")
    assert (opened.json()["closed_at"], opened.json()["due_at"]) == (None, OPENED)


def test_steps_are_told_and_taken_back(caller: Client, ticket: Ticket) -> None:
    url = f"/api/tickets/{ticket.pk}/steps/"
    told = post(caller, {"steps": {"answered": OPENED, "agreed": OPENED}}, url)
    assert (told.status_code, told.json()["possible"]) == (200, [])
    assert post(caller, {"steps": {"agreed": None}}, url).json()["steps"] == {"answered": OPENED}
    ahead = (timezone.now() + timedelta(hours=1)).isoformat()
    wrong = post(caller, {"steps": {"agreed": ahead}}, url)
    assert wrong.json() == {"steps.agreed": ["This is still to come. Give the time at which it happened."]}
    assert post(caller, {"steps": {}}, url).status_code == 400


def test_the_schema_tells_of_one_and_of_many(caller: Client) -> None:
    schema = caller.get("/api/schema/?format=json").json()
    body = schema["paths"]["/api/tickets/"]["post"]["requestBody"]["content"]["application/json"]["schema"]
    assert body["$ref"].endswith("/NewTicketOrTickets")
    one, many = schema["components"]["schemas"]["NewTicketOrTickets"]["oneOf"]
    assert one["$ref"].endswith("/NewTicket")
    assert many["items"] == one
