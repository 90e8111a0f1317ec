"""The sweep beside itself and beside people: the other party acts in a connection of its own, at the worst moment."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection, transaction

from exceptions import sweep
from exceptions.desk import cases, settle
from exceptions.desk.workflow import Action
from exceptions.errors import NotAllowed
from exceptions.models import Case, CaseEntry, Clock
from merchants.access import of
from merchants.models import Membership, Shop, User
from orders.models import Order
from shipments.answers import Answer
from shipments.booking import wake_orders
from shipments.recording import Told, record
from shipments.status import Event, Stage
from tests.exceptions.making import a_parcel, an_order

pytestmark = pytest.mark.django_db(transaction=True)
HOUR = timedelta(hours=1)


def elsewhere(work: Callable[[], Any]) -> Any:
    """Run `work` in another thread with a connection of its own, and wait for it."""

    def run() -> Any:
        try:
            return work()
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        return pool.submit(run).result(timeout=20)


@contextmanager
def locked(order: Order) -> Iterator[None]:
    with transaction.atomic():
        list(Order.objects.select_for_update(no_key=True).filter(pk=order.pk))
        yield


def test_a_sweep_passes_over_the_order_another_sweep_holds(shop: Shop, now: datetime) -> None:
    held, free = an_order(shop, "held", now - 50 * HOUR), an_order(shop, "free", now - 50 * HOUR)
    with locked(held):
        assert elsewhere(lambda: sweep.judge_batch(now)) == 1
    assert list(Case.objects.values_list("order", flat=True)) == [free.pk]
    assert sweep.judge_batch(now) == 1
    assert Case.objects.count() == 2


def test_ringing_passes_over_the_order_a_person_holds_and_finds_it_later(shop: Shop, now: datetime) -> None:
    order = an_order(shop, "a", now)
    sweep.judge_batch(now)
    with locked(order):
        assert elsewhere(lambda: sweep.ring_batch(now + 49 * HOUR)) == 0
    assert sweep.ring_batch(now + 49 * HOUR) == 1
    assert Clock.objects.get().level == 2


def test_two_sweeps_at_once_judge_each_order_once(shop: Shop, now: datetime) -> None:
    for i in range(40):
        an_order(shop, f"o{i}", now - 50 * HOUR)

    def run() -> int:
        try:
            return sweep.judge_batch(now)
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        taken = [future.result(timeout=20) for future in [pool.submit(run) for _ in range(4)]]
    assert sum(taken) == 40
    assert (Case.objects.count(), CaseEntry.objects.filter(action="raise").count()) == (40, 40)


def test_judging_and_ringing_at_once_open_each_case_once(shop: Shop, now: datetime) -> None:
    orders = [an_order(shop, f"o{i}", now - 40 * HOUR) for i in range(40)]
    sweep.judge_batch(now - 39 * HOUR)
    Order.objects.filter(pk__in=[order.pk for order in orders[::2]]).update(review_at=now)

    def run(batch: Callable[[datetime], int]) -> None:
        try:
            while batch(now):
                pass
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        works = [pool.submit(run, batch) for batch in (sweep.judge_batch, sweep.ring_batch) * 2]
        for work in works:
            work.result(timeout=20)
    while sweep.judge_batch(now) or sweep.ring_batch(now):
        pass  # what one passed over because another held it
    raised = CaseEntry.objects.filter(action="raise").values_list("case__order", flat=True)
    assert sorted(raised) == [order.pk for order in orders]
    assert not Clock.objects.filter(level__gt=0, case=None).exists()


def test_an_order_changed_while_it_is_judged_is_judged_again(
    shop: Shop, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    order = an_order(shop, "a", now - 50 * HOUR)
    honest = sweep.reading.read

    def read(ids, needs):  # type: ignore[no-untyped-def]
        facts = honest(ids, needs)
        # The recorder waits for the order; what it writes must not be lost to our clearing of review_at.
        waiting.append(pool.submit(wake))
        return facts

    def wake() -> None:
        try:
            Order.objects.filter(pk=order.pk).update(handed_over_at=now, dispatched_at=now, review_at=now)
        finally:
            connection.close()

    waiting: list = []
    with ThreadPoolExecutor(1) as pool:
        with monkeypatch.context() as patch:
            patch.setattr(sweep.reading, "read", read)
            sweep.judge_batch(now)
        waiting[0].result(timeout=20)
    assert Order.objects.get().review_at == now
    sweep.judge_batch(now)
    assert Case.objects.get().state == "resolved"


def test_of_two_people_who_resolve_the_same_case_the_slower_is_told(
    shop: Shop, admin: User, seller: User, now: datetime
) -> None:
    an_order(shop, "a", now - 50 * HOUR)
    sweep.judge_batch(now)
    case = Case.objects.get()

    def resolve(user: User) -> str:
        member = of(Membership.objects.get(user=user))
        try:
            cases.act(member, case.pk, Action.RESOLVE, now=now, outcome="handled")
        except NotAllowed:
            return "told"
        finally:
            connection.close()
        return "done"

    with ThreadPoolExecutor(2) as pool:
        results = [future.result(timeout=20) for future in [pool.submit(resolve, user) for user in (admin, seller)]]
    assert sorted(results) == ["done", "told"]
    assert CaseEntry.objects.filter(action="resolve").count() == 1


def test_settling_twice_opens_no_second_case(shop: Shop, now: datetime) -> None:
    order = an_order(shop, "a", now - 50 * HOUR)
    sweep.judge_batch(now)
    settle.settle([order.pk], now)
    assert (Case.objects.count(), CaseEntry.objects.count()) == (1, 1)


@pytest.mark.parametrize("how", ["recorded", "booked"])
def test_what_is_written_while_an_awake_order_is_judged_wakes_it_again(
    shop: Shop, now: datetime, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    order = an_order(shop, "a", now - 50 * HOUR)
    waybill = a_parcel(order, "YT8834201944715", now - 49 * HOUR)
    scan = Event(now - HOUR, 0, Stage.PICKED_UP, None, "已揽收")
    told = [Told(waybill.pk, Answer(waybill.number, events=(scan,)))]
    works = {"recorded": lambda: record(told, now), "booked": lambda: wake_in_a_transaction(order, now)}
    honest = sweep.reading.read
    waiting: list = []

    def read(ids, needs):  # type: ignore[no-untyped-def]
        facts = honest(ids, needs)
        waiting.append(pool.submit(closing(works[how])))
        until_done_or_waiting(waiting[0])
        return facts

    with ThreadPoolExecutor(1) as pool:
        with monkeypatch.context() as patch:
            patch.setattr(sweep.reading, "read", read)
            sweep.judge_batch(now)
        waiting[0].result(timeout=20)
    assert Order.objects.get().review_at == now


def wake_in_a_transaction(order: Order, now: datetime) -> int:
    with transaction.atomic():
        return wake_orders([order.pk], now)


def closing(work: Callable[[], Any]) -> Callable[[], Any]:
    def run() -> Any:
        try:
            return work()
        finally:
            connection.close()

    return run


def until_done_or_waiting(future: Future) -> None:
    """Return once the other party has ended, or waits for a lock of ours."""
    until = time.monotonic() + 20
    while not future.done() and time.monotonic() < until:
        with connection.cursor() as cursor:
            cursor.execute("select count(*) from pg_locks where not granted")
            if cursor.fetchone()[0]:
                return
