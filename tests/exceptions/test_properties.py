"""What holds whatever happens: facts in any order make the same clocks, and no clock and case are without each other."""

from collections.abc import Callable, Container, Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from django.db import transaction
from django.db.models import Count, Q
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from exceptions import reports
from exceptions.desk import cases
from exceptions.desk.workflow import Action
from exceptions.models import Case, CaseEntry, Clock
from exceptions.reports import Said
from merchants.access import Member
from merchants.models import Shop, User
from orders import tickets
from orders.drafts import DispatchDraft, OrderDraft
from orders.intake import take_in
from orders.models import Order, Ticket
from orders.ticketing.drafts import TicketDraft
from shipments.answers import Answer
from shipments.booking import book
from shipments.models import Carrier, CarrierAccount, Waybill
from shipments.recording import Told, record
from shipments.status import Cause, Event, Stage
from tests.exceptions.making import member_of
from tests.exceptions.scene import sweep_all
from tests.orders.making import draft

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
ANY_ORDER = settings(
    max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
NUMBER = "YT8834201944715"


@pytest.fixture
def account(shop: Shop) -> CarrierAccount:
    Carrier.objects.get_or_create(code="yuantong", defaults={"name_zh": "圆通速递", "name_en": "YTO"})
    return CarrierAccount.objects.create(merchant=shop.merchant, provider="kuaidi100", name="快递100", credentials={})


@contextmanager
def undone() -> Iterator[None]:
    """A history of its own: what it writes is taken back."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def told(status: str, at: datetime, **facts: Any) -> OrderDraft:
    return draft("A1", **({"status": status, "placed_at": at, "paid_at": at, "dispatches": ()} | facts))


def scan(now: datetime, at: datetime, stage: Stage, text: str, cause: Cause | None = None) -> None:
    event = Event(at, 0, stage, cause, text)
    record([Told(pk, Answer(NUMBER, events=(event,))) for pk in Waybill.objects.values_list("pk", flat=True)], now)


def ticket(shop: Shop, now: datetime, opened_at: datetime, **steps: datetime) -> None:
    (one,) = tickets.record([shop], [TicketDraft("A1", Ticket.Kind.RETURN, opened_at=opened_at, steps=steps)], now)
    assert not one.problems


def say(now: datetime, said_at: datetime, kind: str) -> None:
    for order in Order.objects.all():
        reports.tell([Said(order.pk, None, kind, said_at=said_at)], "buyer", now=now)


# Each fact as it is told by its own source at an instant of telling, given when the order was paid.
Fact = Callable[[Shop, datetime, datetime], object]
FACTS: tuple[Fact, ...] = (
    lambda shop, paid, now: take_in(shop, [told("to_dispatch", paid)], now),
    lambda shop, paid, now: take_in(shop, [told("dispatched", paid, province="广东省", city="深圳市")], now),
    lambda shop, paid, now: scan(now, paid + 20 * HOUR, Stage.PICKED_UP, "【义乌网点】已揽收"),
    lambda shop, paid, now: scan(now, paid + 30 * HOUR, Stage.IN_TRANSIT, "快件已到达【浙江义乌转运中心】"),
    lambda shop, paid, now: scan(
        now, paid + 70 * HOUR, Stage.IN_TRANSIT, "【浙江义乌转运中心】已发出 下一站 【深圳转运中心】"
    ),
    lambda shop, paid, now: scan(now, paid + 95 * HOUR, Stage.OUT_FOR_DELIVERY, "【深圳南山网点】派件中"),
    lambda shop, paid, now: scan(now, paid + 97 * HOUR, Stage.IN_TRANSIT, "地址不详", Cause.ADDRESS),
    lambda shop, paid, now: scan(now, paid + 40 * HOUR, Stage.IN_TRANSIT, "快件丢失", Cause.LOST),
    lambda shop, paid, now: scan(now, paid + 72 * HOUR, Stage.IN_TRANSIT, "外包装破损", Cause.DAMAGED),
    lambda shop, paid, now: say(now, paid + 96 * HOUR, "misdelivery"),
    lambda shop, paid, now: ticket(shop, now, paid + 80 * HOUR),
    lambda shop, paid, now: ticket(shop, now, paid + 80 * HOUR, agreed=paid + 90 * HOUR),
)
CLOCK = (
    "term",
    "version",
    "kind",
    "started_at",
    "warn_at",
    "due_at",
    "grave_at",
    "stopped_at",
    "penalty",
    "level",
    "wake_at",
)


def clocks_after(shop: Shop, paid: datetime, arrival: Iterable[int], unswept: Container[int]) -> list[tuple[Any, ...]]:
    """The clocks once facts came in this order, a sweep after each but the `unswept`; then taken back."""
    now = paid + 100 * HOUR
    with undone():
        upload = DispatchDraft("圆通速递", NUMBER, paid + 10 * HOUR)
        take_in(shop, [told("to_dispatch", paid, dispatches=(upload,))], now)
        book(now)
        for place, fact in enumerate(arrival):
            FACTS[fact](shop, paid, now + place * HOUR)
            if place not in unswept:
                sweep_all(now + place * HOUR)
        end = now + len(FACTS) * HOUR
        sweep_all(end)
        assert not Order.objects.exclude(review_error="").exists()
        return sorted(Clock.objects.values_list(*CLOCK), key=str)


@pytest.fixture
def paid(now: datetime) -> datetime:
    return now - 200 * HOUR


@pytest.fixture
def in_turn(shop: Shop, account: CarrierAccount, paid: datetime) -> list[tuple[Any, ...]]:
    """The clocks where facts come in as they happened."""
    clocks = clocks_after(shop, paid, range(len(FACTS)), ())
    assert len(clocks) > 5
    return clocks


@ANY_ORDER
@given(arrival=st.permutations(range(len(FACTS))), unswept=st.sets(st.sampled_from(range(len(FACTS)))))
def test_clocks_do_not_depend_on_the_order_in_which_facts_arrive(
    shop: Shop, paid: datetime, in_turn: list[tuple[Any, ...]], arrival: list[int], unswept: set[int]
) -> None:
    assert clocks_after(shop, paid, arrival, unswept) == in_turn


def upload(shop: Shop, paid: datetime, now: datetime) -> None:
    take_in(shop, [told("dispatched", paid, dispatches=(DispatchDraft("圆通速递", NUMBER, now),))], now)
    book(now)


def act(member: Member, action: Action, now: datetime, **values: Any) -> None:
    """What somebody does to the case that was touched last, where it can be done."""
    case = Case.objects.order_by("-pk").first()
    if case and (case.state != "resolved") is (action is not Action.REOPEN):
        taken = Case.objects.filter(order=case.order, waybill=case.waybill, kind=case.kind).exclude(state="resolved")
        if action is not Action.REOPEN or not taken.exists():
            cases.act(member, case.pk, action, now=now, **values)


Step = Callable[[Shop, Member, datetime, datetime], object]
STEPS: dict[str, Step] = {
    "waits": lambda shop, member, paid, now: None,
    "uploaded": lambda shop, member, paid, now: upload(shop, paid, now),
    "picked_up": lambda shop, member, paid, now: scan(now, now, Stage.PICKED_UP, "【义乌网点】已揽收"),
    "moves": lambda shop, member, paid, now: scan(now, now - HOUR, Stage.IN_TRANSIT, "快件已到达【深圳转运中心】"),
    "fails": lambda shop, member, paid, now: scan(now, now, Stage.IN_TRANSIT, "地址不详", Cause.ADDRESS),
    "damaged": lambda shop, member, paid, now: scan(now, now, Stage.IN_TRANSIT, "外包装破损", Cause.DAMAGED),
    "told": lambda shop, member, paid, now: say(now, now, "false_delivery"),
    "delivered": lambda shop, member, paid, now: scan(now, now, Stage.DELIVERED, "已签收"),
    "asked": lambda shop, member, paid, now: ticket(shop, now, paid + HOUR),
    "agreed": lambda shop, member, paid, now: ticket(shop, now, paid + HOUR, agreed=now),
    "refunded": lambda shop, member, paid, now: take_in(shop, [told("dispatched", paid, refunded=125)], now),
    "cancelled": lambda shop, member, paid, now: take_in(shop, [told("cancelled", paid)], now),
    "resolves": lambda shop, member, paid, now: act(member, Action.RESOLVE, now, outcome="handled"),
    "dismisses": lambda shop, member, paid, now: act(member, Action.RESOLVE, now, outcome="no_action", note="不用管"),
    "reopens": lambda shop, member, paid, now: act(member, Action.REOPEN, now),
    "snoozes": lambda shop, member, paid, now: act(member, Action.SNOOZE, now, until=now + 5 * HOUR),
}


OPENS_OR_CLOSES = ("clear", "resolve", "reopen", "relapse")


def assert_clocks_and_cases_agree(now: datetime) -> None:
    """What holds after each sweep."""
    running = Clock.objects.filter(stopped_at=None)
    assert not running.filter(wake_at__lt=now).exists(), "a limit passed and was not rung"
    assert not running.filter(level__gt=0, case=None).exists(), "a broken clock without a case"
    assert not Clock.objects.exclude(case=None).filter(level=0, stopped_at=None).exists(), "a calm clock with a case"
    unsettled = Case.objects.exclude(state="resolved").filter(by_hand=False)
    alive = unsettled.annotate(running=Count("clocks", filter=Q(clocks__stopped_at=None)))
    assert not alive.filter(running=0).exists(), "a case without a clock or cause"
    assert (
        not Case.objects.annotate(raised=Count("entries", filter=Q(entries__action="raise"))).exclude(raised=1).exists()
    )
    for case in Case.objects.prefetch_related("entries"):
        entries = sorted(case.entries.all(), key=lambda entry: entry.pk)
        assert entries[-1].to_state == case.state
        assert all(one.to_state == other.from_state for one, other in pairwise(entries))
        closed = [entry.action in ("clear", "resolve") for entry in entries if entry.action in OPENS_OR_CLOSES]
        assert all(one != other for one, other in pairwise(closed)), "a case was closed, or came back, twice"
        came_back = [entry.action for entry in entries].count("relapse")
        assert case.relapses == came_back
    places = Case.objects.exclude(state="resolved").values_list("order", "waybill", "kind")
    assert len(places) == len(set(places))


@ANY_ORDER
@given(story=st.lists(st.tuples(st.sampled_from(sorted(STEPS)), st.integers(1, 40)), min_size=1, max_size=12))
def test_no_broken_clock_is_without_a_case_and_no_case_without_a_clock_or_a_cause(
    shop: Shop, account: CarrierAccount, admin: User, now: datetime, story: list[tuple[str, int]]
) -> None:
    with undone():
        paid, member = now, member_of(admin)
        take_in(shop, [told("to_dispatch", paid)], now)
        sweep_all(now)
        for step, hours in story:
            now += hours * HOUR
            STEPS[step](shop, member, paid, now)
            sweep_all(now)
            sweep_all(now)  # again: nothing is done twice
            assert_clocks_and_cases_agree(now)
        assert not Order.objects.exclude(review_error="").exists()


def test_a_case_that_healed_is_closed_once_however_often_its_order_is_judged(
    shop: Shop, account: CarrierAccount, now: datetime
) -> None:
    paid = now - 60 * HOUR
    take_in(shop, [told("to_dispatch", paid)], now)
    sweep_all(now)
    assert Case.objects.get().kind == "late_dispatch"
    upload(shop, paid, now)
    scan(now, now, Stage.PICKED_UP, "【义乌网点】已揽收")
    for hours in range(3):
        Order.objects.update(review_at=now)
        sweep_all(now + hours * HOUR)
    assert list(CaseEntry.objects.filter(action="clear").values_list("detail__outcome", flat=True)) == ["healed"]
