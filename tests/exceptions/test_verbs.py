"""What is done outside and noted here: the ticket it opens, whose clock then runs, and where it does not fit."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils import translation

from exceptions.desk import cases, undoing
from exceptions.desk.workflow import VERBS, Action
from exceptions.errors import Incomplete, NotAllowed
from exceptions.models import Case, CaseEntry, Clock
from merchants.models import Shop, User
from orders import tickets
from orders.models import Order, Ticket, TicketStep
from orders.ticketing.drafts import TicketDraft
from shipments.models import Waybill
from tests.exceptions.acting import results, run
from tests.exceptions.making import member_of
from tests.exceptions.scene import late_dispatch, late_pickup, stalled, sweep_all

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
def in_english() -> None:
    translation.activate("en")


@pytest.fixture
def case(shop: Shop, now: datetime) -> Case:
    return stalled(shop, now)


def act(user: User, case: Case, action: Action, now: datetime, **given: Any) -> Case:
    return cases.act(member_of(user), case.pk, action, now=now, **given)


@pytest.mark.parametrize("verb", [verb for verb in VERBS if verb is not Action.APPEAL])
def test_what_was_done_outside_is_noted_and_leaves_the_case_in_its_state(
    case: Case, seller: User, now: datetime, verb: Action
) -> None:
    given = {"amount": Decimal("12.50"), "where": "圆通客服", "number": "W-1", "note": "已登记"}
    assert act(seller, case, verb, now, **given).state == "open"
    entry = CaseEntry.objects.latest("pk")
    assert (entry.action, entry.by, entry.note) == (verb.value, seller, "已登记")
    assert (entry.detail["where"], entry.detail["number"], entry.detail["amount"]) == ("圆通客服", "W-1", "12.50")


@pytest.mark.parametrize(
    ("verb", "kind", "steps", "clock"),
    [
        (Action.INTERCEPT, "interception", [], "interception_due"),
        (Action.CLAIM, "claim", ["submitted"], ""),
        (Action.WORK_ORDER, "work_order", [], "work_order_due"),
        (Action.RESHIP, "reship", [], ""),
    ],
)
def test_the_other_sides_clock_runs_from_then_on(
    case: Case, seller: User, now: datetime, verb: Action, kind: str, steps: list[str], clock: str
) -> None:
    act(seller, case, verb, now, number="W-1", note="包装完好\n请加急")
    ticket = Ticket.objects.get()
    assert (ticket.kind, ticket.number, ticket.opened_at, ticket.reason) == (kind, "W-1", now, "包装完好 请加急")
    assert list(ticket.steps.values_list("name", flat=True)) == steps
    sweep_all(now)
    if clock:
        running = Clock.objects.filter(kind=clock, ticket=ticket, stopped_at=None)
        assert running.exists()
        assert {one.started_at for one in running} == {now}


def test_the_second_of_the_same_is_told_that_it_was_so_already(case: Case, seller: User, now: datetime) -> None:
    act(seller, case, Action.INTERCEPT, now)
    with pytest.raises(NotAllowed, match="has an open interception"):
        act(seller, case, Action.INTERCEPT, now)
    act(seller, case, Action.INTERCEPT, now, number="LJ-2")
    assert Ticket.objects.count() == 2


def test_two_cases_of_one_order_open_one_ticket(shop: Shop, case: Case, seller: User, now: datetime) -> None:
    other = late_pickup(shop, now)
    Case.objects.filter(pk=other.pk).update(order=case.order)
    command = run(member_of(seller), Action.WORK_ORDER, [case, other], now)
    assert sorted(results(command).values()) == ["applied", "no_op"]
    assert Ticket.objects.count() == 1


def test_nothing_can_be_intercepted_before_there_is_a_parcel_nor_after_it_arrived(
    shop: Shop, case: Case, seller: User, now: datetime
) -> None:
    with pytest.raises(NotAllowed, match="There is no parcel yet"):
        act(seller, late_dispatch(shop, now), Action.INTERCEPT, now)
    Waybill.objects.filter(pk=case.waybill_id).update(stage="delivered")
    with pytest.raises(NotAllowed, match="has arrived"):
        act(seller, case, Action.INTERCEPT, now)
    assert not Ticket.objects.exists()


def test_an_appeal_is_a_step_of_the_notice_it_is_against(case: Case, seller: User, now: datetime) -> None:
    with pytest.raises(NotAllowed, match="nothing to appeal against"):
        act(seller, case, Action.APPEAL, now)
    notice = Ticket.objects.create(order=case.order, kind="violation", opened_at=now - HOUR)
    command = cases.acted(member_of(seller), case.pk, Action.APPEAL, now=now, note="附揽收底单")
    assert list(notice.steps.values_list("name", "at")) == [("submitted", now)]
    with pytest.raises(NotAllowed, match="noted already"):
        act(seller, case, Action.APPEAL, now)
    undoing.undo(member_of(seller), command.pk, now=now)
    assert not TicketStep.objects.exists()
    assert Ticket.objects.get() == notice


@pytest.mark.parametrize("given", [{}, {"amount": Decimal(0)}, {"amount": Decimal(-1)}, {"amount": Decimal(10) ** 11}])
def test_a_compensation_says_how_much(case: Case, seller: User, now: datetime, given: dict[str, Any]) -> None:
    with pytest.raises(Incomplete) as refusal:
        act(seller, case, Action.COMPENSATE, now, **given)
    assert refusal.value.field == "amount"


def test_undoing_takes_the_ticket_back_and_wakes_its_order(case: Case, seller: User, now: datetime) -> None:
    command = cases.acted(member_of(seller), case.pk, Action.WORK_ORDER, now=now, number="W-1")
    sweep_all(now)
    undoing.undo(member_of(seller), command.pk, now=now + HOUR)
    assert not Ticket.objects.exists()
    assert Order.objects.get(pk=case.order_id).review_at == now + HOUR
    sweep_all(now + HOUR)
    assert not Clock.objects.filter(kind="work_order_due").exists()


def test_a_ticket_that_went_on_is_not_taken_back(shop: Shop, case: Case, seller: User, now: datetime) -> None:
    command = cases.acted(member_of(seller), case.pk, Action.WORK_ORDER, now=now, number="W-1")
    answered = TicketDraft(case.order.number, "work_order", "W-1", steps={"answered": now + HOUR})
    tickets.record([shop], [answered], now + HOUR)
    undoing.undo(member_of(seller), command.pk, now=now + HOUR)
    assert command.items.get().reason == "“Carrier work order” went on since: take its steps back first."
    assert Ticket.objects.exists()
    assert not CaseEntry.objects.filter(action="undo").exists()
