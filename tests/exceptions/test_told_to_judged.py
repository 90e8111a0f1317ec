"""From what people tell to what the desk shows: a ticket starts a clock, its answer stops it, a filing moves a limit."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from exceptions import filings
from exceptions.models import Case, Clock, Filing
from merchants.models import Shop, User
from orders.models import Ticket
from orders.ticketing.drafts import TicketDraft
from orders.tickets import amend, record
from tests.exceptions.making import an_order, member_of
from tests.exceptions.scene import late_dispatch, sweep_all

pytestmark = pytest.mark.django_db


@pytest.fixture
def now() -> datetime:
    return timezone.now()


def told(shop: Shop, now: datetime, **facts: Any) -> Ticket:
    an_order(shop, "690001", now - timedelta(days=2), status="dispatched", dispatched_at=now - timedelta(days=1))
    record([shop], [TicketDraft("690001", "refund", "AS-1", now - timedelta(hours=47), **facts)], now)
    sweep_all(now)
    return Ticket.objects.get()


def test_a_request_nobody_answers_opens_a_case_and_agreeing_settles_it(shop: Shop, now: datetime) -> None:
    ticket = told(shop, now)
    clock = Clock.objects.get(ticket=ticket)
    assert (clock.kind, clock.due_at - ticket.opened_at) == ("answer_due", timedelta(hours=48))
    assert Case.objects.get(kind="answer_due").state == "open"
    amend(ticket, now, steps={"agreed": now})
    sweep_all(now)
    assert Clock.objects.get(ticket=ticket).stopped_at == now
    assert Case.objects.get(kind="answer_due").outcome == "kept"


def test_the_limit_printed_on_a_ticket_holds_before_the_rule(shop: Shop, now: datetime) -> None:
    printed = now + timedelta(minutes=20)
    assert Clock.objects.get(ticket=told(shop, now, due_at=printed)).due_at == printed


def test_the_order_s_page_shows_the_limit_that_runs(shop: Shop, seller: User, now: datetime) -> None:
    ticket = told(shop, now)
    client = Client()
    client.force_login(seller)
    page = client.get(reverse("order", args=[ticket.order_id])).content.decode()
    assert f'data-due="{(ticket.opened_at + timedelta(hours=48)).isoformat()}"' in page


@pytest.fixture
def filed(shop: Shop, seller: User, now: datetime) -> Filing:
    case = late_dispatch(shop, now)
    (filed,) = filings.file(member_of(seller), [(case.order_id, "late_dispatch")], now=now)
    assert filed.filing is not None
    return filed.filing


def test_an_accepted_filing_moves_the_limit_and_takes_the_case_off_the_desk(
    filed: Filing, seller: User, now: datetime
) -> None:
    limit = now + timedelta(days=3)
    filings.answer(member_of(seller), filed.pk, True, now=now, new_due_at=limit)
    sweep_all(now)
    assert (Case.objects.get().state, Case.objects.get().outcome) == ("resolved", "void")
    clock = Clock.objects.get(kind="late_dispatch")
    assert (clock.due_at, clock.level) == (limit, 0)


def test_a_filing_accepted_without_a_limit_lifts_it_and_settles_the_case(
    filed: Filing, seller: User, now: datetime
) -> None:
    filings.answer(member_of(seller), filed.pk, True, now=now)
    sweep_all(now)
    assert (Case.objects.get().state, Case.objects.get().outcome) == ("resolved", "void")
    assert not Clock.objects.filter(kind="late_dispatch").exists()


def test_a_refused_filing_changes_nothing(filed: Filing, seller: User, now: datetime) -> None:
    before = Clock.objects.get(kind="late_dispatch").due_at
    filings.answer(member_of(seller), filed.pk, False, now=now)
    sweep_all(now)
    assert Clock.objects.get(kind="late_dispatch").due_at == before
    assert Case.objects.get().state == "open"
