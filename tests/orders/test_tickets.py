"""Tickets go in: idempotent, merged by what is worth more, in sets, and every refusal says what to do."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import translation

from merchants.models import Shop
from orders import tickets
from orders.errors import Unfit
from orders.models import Order, Ticket, TicketStep
from orders.ticketing.drafts import STEPS_OF, TicketDraft, possible
from orders.tickets import Outcome, amend, record
from tests.exceptions.making import an_order

pytestmark = pytest.mark.django_db

NAIVE = datetime(2026, 11, 22, 1, tzinfo=UTC).replace(tzinfo=None)


@pytest.fixture(autouse=True)
def in_english() -> Iterator[None]:
    with translation.override("en"):
        yield


@pytest.fixture
def order(shop: Shop, now: datetime) -> Order:
    order = an_order(shop, "690001", now - timedelta(days=3))
    Order.objects.update(review_at=None)
    return order


@pytest.fixture
def ticket(order: Order, shop: Shop, now: datetime) -> Ticket:
    record([shop], [told(opened_at=now - timedelta(hours=5))], now)
    Order.objects.update(review_at=None)
    return Ticket.objects.get()


def told(order: str = "690001", kind: str = "refund", number: str = "AS-1", **facts: Any) -> TicketDraft:
    return TicketDraft(order, kind, number, **facts)


def refusals(results: list[tickets.Told]) -> list[tuple[int, str, str]]:
    return [(one.row, problem.field, problem.sentence) for one in results for problem in one.problems]


def test_a_ticket_goes_in_with_all_that_was_told_and_wakes_its_order(order: Order, shop: Shop, now: datetime) -> None:
    opened, answered = now - timedelta(hours=5), now - timedelta(hours=1)
    draft = told(
        opened_at=opened,
        due_at=now + timedelta(hours=31),
        amount=Decimal("128.00"),
        reason="不想要了",
        steps={"answered": answered},
    )
    (result,) = record([shop], [draft], now)
    ticket = Ticket.objects.get()
    assert (result.row, result.outcome, result.ticket) == (1, Outcome.CREATED, ticket)
    assert (ticket.order, ticket.kind, ticket.number) == (order, "refund", "AS-1")
    assert (ticket.opened_at, ticket.due_at, ticket.closed_at) == (opened, now + timedelta(hours=31), None)
    assert (ticket.amount, ticket.reason) == (Decimal("128.00"), "不想要了")
    assert list(ticket.steps.values_list("name", "at")) == [("answered", answered)]
    assert Order.objects.get().review_at == now


def test_the_same_ticket_told_twice_is_one_and_touches_nothing(order: Order, shop: Shop, now: datetime) -> None:
    draft = told(opened_at=now, amount=Decimal(5), steps={"agreed": now})
    record([shop], [draft], now)
    Order.objects.update(review_at=None)
    (result,) = record([shop], [draft], now + timedelta(hours=1))
    assert (result.outcome, result.ticket) == (Outcome.UNCHANGED, Ticket.objects.get())
    assert TicketStep.objects.count() == 1
    assert Order.objects.get().review_at is None


def test_another_kind_or_number_is_another_ticket(order: Order, shop: Shop, now: datetime) -> None:
    drafts = [told(opened_at=now), told(number="AS-2", opened_at=now), told(kind="return", opened_at=now)]
    assert {one.outcome for one in record([shop], drafts, now)} == {Outcome.CREATED}
    assert Ticket.objects.count() == 3


def test_the_newest_word_stands_for_limit_end_money_and_reason(order: Order, shop: Shop, now: datetime) -> None:
    first = told(opened_at=now, due_at=now + timedelta(hours=36), amount=Decimal(9), reason="少件", closed_at=now)
    record([shop], [first], now)
    later = now + timedelta(hours=2)
    second = told(due_at=now + timedelta(hours=12), amount=Decimal(0), reason="漏发", closed_at=later)
    (result,) = record([shop], [second], later)
    ticket = Ticket.objects.get()
    assert result.outcome is Outcome.UPDATED
    assert (ticket.due_at, ticket.amount, ticket.reason) == (now + timedelta(hours=12), Decimal(0), "漏发")
    assert ticket.closed_at == later


def test_what_is_not_said_keeps_what_was(order: Order, shop: Shop, now: datetime) -> None:
    record([shop], [told(opened_at=now, due_at=now, amount=Decimal(9), reason="少件", closed_at=now)], now)
    (result,) = record([shop], [told()], now)
    ticket = Ticket.objects.get()
    assert result.outcome is Outcome.UNCHANGED
    assert (ticket.opened_at, ticket.due_at, ticket.closed_at) == (now, now, now)
    assert (ticket.amount, ticket.reason) == (Decimal(9), "少件")


def test_the_earliest_instant_stands_for_the_opening_and_for_each_step(order: Order, shop: Shop, now: datetime) -> None:
    """An export of the next day dates a step by its last touch; the clock it stopped stays stopped."""
    opened, answered = now - timedelta(hours=9), now - timedelta(hours=3)
    record([shop], [told(opened_at=now - timedelta(hours=8), steps={"answered": answered})], now)
    record([shop], [told(opened_at=opened, steps={"answered": now, "agreed": now})], now)
    ticket = Ticket.objects.get()
    assert ticket.opened_at == opened
    assert dict(ticket.steps.values_list("name", "at")) == {"answered": answered, "agreed": now}
    (result,) = record([shop], [told(steps={"agreed": answered})], now)
    assert result.outcome is Outcome.UPDATED
    assert dict(ticket.steps.values_list("name", "at")) == {"answered": answered, "agreed": answered}


def test_drafts_of_one_list_about_one_ticket_are_merged_in_their_order(order: Order, shop: Shop, now: datetime) -> None:
    drafts = [told(opened_at=now, reason="少件"), told(reason="漏发", steps={"rejected": now}), told(reason="漏发")]
    results = record([shop], drafts, now)
    assert [one.outcome for one in results] == [Outcome.CREATED, Outcome.UPDATED, Outcome.UNCHANGED]
    assert {one.ticket for one in results} == {Ticket.objects.get()}
    assert Ticket.objects.get().reason == "漏发"
    assert TicketStep.objects.get().name == "rejected"


@pytest.mark.parametrize(
    ("facts", "field", "sentence"),
    [
        ({"order": "690404"}, "order", "Correct the number, or import the order first."),
        ({"kind": "gift"}, "kind", "There is no kind “gift”. Use one of: refund_unshipped, refund, return,"),
        ({"shop": "MT-XX"}, "shop", "You have no shop “MT-XX”. Use one of: MT-PDD."),
        ({"opened_at": None}, "opened_at", "Say when it was opened."),
        ({"opened_at": NAIVE}, "opened_at", "for example 2026-11-22T12:00:00+08:00"),
        ({"due_at": NAIVE}, "due_at", "Give the time with its offset from UTC"),
        ({"opened_at": datetime(2026, 11, 22, 5, tzinfo=UTC)}, "opened_at", "Give the time at which it happened."),
        ({"closed_at": datetime(2026, 11, 22, 5, tzinfo=UTC)}, "closed_at", "This is still to come."),
        ({"closed_at": datetime(2026, 11, 21, 1, tzinfo=UTC)}, "closed_at", "Correct one of the two."),
        ({"due_at": datetime(2026, 11, 21, 1, tzinfo=UTC)}, "due_at", "before the ticket was opened"),
        ({"steps": {"agreed": datetime(2026, 11, 21, 1, tzinfo=UTC)}}, "steps.agreed", "before the ticket was opened"),
        ({"steps": {"agreed": datetime(2026, 11, 23, 1, tzinfo=UTC)}}, "steps.agreed", "This is still to come."),
        (
            {"steps": {"arranged": datetime(2026, 11, 22, 4, tzinfo=UTC)}},
            "steps.arranged",
            "answered, agreed, rejected",
        ),
        ({"amount": Decimal(-1)}, "amount", "Give an amount from 0 to 9999999999.99."),
        ({"amount": Decimal("1e10")}, "amount", "Give an amount from 0 to 9999999999.99."),
        ({"number": "9" * 65}, "number", "shorten it to 64 characters"),
        ({"reason": "长" * 201}, "reason", "shorten it to 200 characters"),
    ],
)
def test_a_refusal_names_row_field_and_remedy_and_stops_no_other(
    order: Order, shop: Shop, now: datetime, facts: dict[str, Any], field: str, sentence: str
) -> None:
    results = record([shop], [told(number="AS-0", opened_at=now), told(**({"opened_at": now} | facts))], now)
    ((row, named, said),) = refusals(results)
    assert (row, named) == (2, field)
    assert sentence in said
    assert [ticket.number for ticket in Ticket.objects.all()] == ["AS-0"]
    assert not TicketStep.objects.exists()


def test_all_that_is_wrong_with_a_draft_is_told_at_once(order: Order, shop: Shop, now: datetime) -> None:
    results = record([shop], [told("690404", opened_at=NAIVE, amount=Decimal(-1))], now)
    assert [field for _, field, _ in refusals(results)] == ["amount", "opened_at", "order"]


def test_clocks_that_differ_by_minutes_are_no_error(order: Order, shop: Shop, now: datetime) -> None:
    (result,) = record([shop], [told(opened_at=now + timedelta(minutes=4))], now)
    assert result.outcome is Outcome.CREATED


def test_an_order_number_that_two_shops_have_needs_the_shop(
    order: Order, shop: Shop, other_shop: Shop, now: datetime
) -> None:
    twin = an_order(other_shop, "690001", now)
    both = [shop, other_shop]
    ((_, field, sentence),) = refusals(record(both, [told(opened_at=now)], now))
    assert (field, sentence) == ("shop", "Several of your shops have an order 690001. Say which shop it is.")
    (result,) = record(both, [told(opened_at=now, shop="MT-DY")], now)
    assert result.ticket is not None
    assert result.ticket.order == twin


def test_orders_of_other_shops_are_unknown(order: Order, other_shop: Shop, now: datetime) -> None:
    ((_, field, _),) = refusals(record([other_shop], [told(opened_at=now)], now))
    assert field == "order"


def test_only_new_refuses_one_that_is_there(ticket: Ticket, shop: Shop, now: datetime) -> None:
    ((_, field, sentence),) = refusals(record([shop], [told(opened_at=now)], now, only_new=True))
    assert field == "number"
    assert "Act on that one, or give another number." in sentence


def test_many_drafts_take_as_many_queries_as_one(shop: Shop, now: datetime) -> None:
    for i in range(40):
        an_order(shop, f"A{i}", now)
    counts = []
    for first, last in ((0, 1), (1, 40)):
        drafts = [told(f"A{i}", opened_at=now, steps={"answered": now}) for i in range(first, last)]
        with CaptureQueriesContext(connection) as captured:
            results = record([shop], drafts, now)
        assert {one.outcome for one in results} == {Outcome.CREATED}
        counts.append(len(captured))
    # orders, savepoint, lock, tickets, new tickets, new steps, wake, release
    assert counts == [8, 8]
    again = [told(f"A{i}", reason="漏发", steps={"agreed": now}) for i in range(40)]
    with CaptureQueriesContext(connection) as captured:
        record([shop], again, now)
    # and the steps there are, with the tickets changed instead of made
    assert len(captured) == 9


def test_more_drafts_than_a_batch_are_refused(shop: Shop, now: datetime) -> None:
    with pytest.raises(ValueError, match="501 drafts are more than 500"):
        record([shop], [told()] * 501, now)


def test_a_step_is_told_and_taken_back(ticket: Ticket, now: datetime) -> None:
    assert amend(ticket, now, steps={"answered": now})
    assert Order.objects.get().review_at == now
    Order.objects.update(review_at=None)
    assert not amend(ticket, now, steps={"answered": now + timedelta(minutes=1)})
    assert list(ticket.steps.values_list("name", "at")) == [("answered", now)]
    assert Order.objects.get().review_at is None
    assert amend(ticket, now, steps={"answered": None})
    assert not ticket.steps.exists()
    assert Order.objects.get().review_at == now


def test_a_ticket_is_closed_reopened_and_given_another_limit(ticket: Ticket, now: datetime) -> None:
    limit = now + timedelta(hours=3)
    assert amend(ticket, now, changes={"closed_at": now, "due_at": limit})
    ticket.refresh_from_db()
    assert (ticket.closed_at, ticket.due_at) == (now, limit)
    assert amend(ticket, now, changes={"closed_at": None})
    ticket.refresh_from_db()
    assert (ticket.closed_at, ticket.due_at) == (None, limit)


def test_what_cannot_be_is_said_and_nothing_is_written(ticket: Ticket, now: datetime) -> None:
    early = now - timedelta(days=1)
    with pytest.raises(Unfit) as caught:
        amend(ticket, now, steps={"answered": now, "agreed": early}, changes={"closed_at": early})
    assert [problem.field for problem in caught.value.problems] == ["closed_at", "steps.agreed"]
    with pytest.raises(Unfit, match=r"steps\.arranged: Tickets of this kind have no step “arranged”"):
        amend(ticket, now, steps={"answered": now, "arranged": now})
    assert not ticket.steps.exists()


def test_every_kind_has_its_steps_and_every_step_its_kind() -> None:
    assert set(STEPS_OF) == set(Ticket.Kind)
    assert {step for steps in STEPS_OF.values() for step in steps} == set(TicketStep.Name)


def test_what_is_agreed_to_needs_no_other_answer_and_what_is_rejected_may_still_be_agreed_to() -> None:
    assert possible("refund", []) == ["answered", "agreed", "rejected"]
    assert possible("refund", ["answered"]) == ["agreed", "rejected"]
    assert possible("refund", ["rejected"]) == ["agreed"]
    assert possible("return", ["agreed"]) == ["return_uploaded", "return_signed", "return_confirmed"]
