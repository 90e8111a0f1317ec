"""People beside people, beside the sweep, and beside workers: each case is acted on once, and who comes second is told."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection

from exceptions.desk import acting, cases, running, undoing
from exceptions.desk.acts import Act
from exceptions.desk.workflow import Action
from exceptions.errors import NotAllowed
from exceptions.models import Case, CaseEntry, Command, CommandItem
from merchants.models import Shop, User
from orders.models import Order
from tests.exceptions.acting import late_orders, run
from tests.exceptions.making import member_of
from tests.exceptions.scene import sweep_all

pytestmark = pytest.mark.django_db(transaction=True)
HOUR = timedelta(hours=1)


def closing(work: Callable[[], Any]) -> Callable[[], Any]:
    def done() -> Any:
        try:
            return work()
        finally:
            connection.close()

    return done


def at_once(*works: Callable[[], Any]) -> list[Any]:
    with ThreadPoolExecutor(len(works)) as pool:
        return [future.result(timeout=60) for future in [pool.submit(closing(work)) for work in works]]


def test_of_two_people_who_take_one_case_the_slower_is_told_by_whom(
    shop: Shop, admin: User, seller: User, now: datetime
) -> None:
    (case,) = late_orders(shop, now, 1)
    seen = CaseEntry.objects.latest("pk").pk

    def take(user: User) -> str:
        try:
            cases.act(member_of(user), case.pk, Action.ASSIGN, now=now, assignee=user.pk, seen=seen)
        except NotAllowed as error:
            return error.sentence
        return ""

    told = at_once(lambda: take(admin), lambda: take(seller))
    owner = Case.objects.select_related("assignee").get().assignee
    assert owner is not None
    (sentence,) = filter(None, told)
    assert owner.username in sentence
    assert CaseEntry.objects.filter(action="assign").count() == 1


def test_two_bulk_acts_on_overlapping_cases_do_each_once_and_wait_for_no_deadlock(
    shop: Shop, admin: User, seller: User, now: datetime
) -> None:
    found = late_orders(shop, now, 30)

    def resolve(user: User, chosen: list[Case]) -> Command:
        return run(member_of(user), Action.RESOLVE, chosen, now, outcome="handled")

    first, second = at_once(lambda: resolve(admin, found[:20]), lambda: resolve(seller, found[:9:-1]))
    assert CaseEntry.objects.filter(action="resolve").count() == 30
    applied = CommandItem.objects.filter(command__in=[first, second], result="applied")
    assert applied.count() == 30
    assert CommandItem.objects.filter(result="no_op").count() == 10


def test_a_bulk_act_beside_the_sweep_leaves_no_clock_without_a_case(shop: Shop, seller: User, now: datetime) -> None:
    found = late_orders(shop, now, 30)
    Order.objects.update(review_at=now)
    at_once(
        lambda: run(member_of(seller), Action.RESOLVE, found, now, outcome="handled"),
        lambda: sweep_all(now),
        lambda: sweep_all(now),
    )
    assert Case.objects.filter(state="resolved").count() == 30
    assert CaseEntry.objects.filter(action="raise").count() == 30


def test_workers_side_by_side_carry_each_case_of_a_command_out_once(
    shop: Shop, seller: User, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(acting, "BATCH", 4)
    monkeypatch.setattr(running, "BATCH", 4)
    run(member_of(seller), Action.NOTE, late_orders(shop, now, 30), now, note="问过了")

    def work() -> None:
        while Command.objects.filter(state__in=running.OPEN).exists():
            running.carry_out(now)

    at_once(work, work, work)
    assert CaseEntry.objects.filter(action="note").count() == 30
    assert Command.objects.get().state == "done"
    assert not CommandItem.objects.exclude(result="applied").exists()


def test_one_preview_committed_twice_at_once_is_carried_out_once(shop: Shop, seller: User, now: datetime) -> None:
    found = late_orders(shop, now, 5)
    act = Act(member_of(seller), Action.NOTE, now, note="问过了")
    command = acting.preview(member_of(seller), act, [case.pk for case in found], now=now)

    def commit() -> bool:
        try:
            acting.commit(member_of(seller), command.pk, now=now)
        except NotAllowed:
            return False
        return True

    assert sorted(at_once(commit, commit)) == [False, True]
    assert CaseEntry.objects.filter(action="note").count() == 5


def test_undone_twice_at_once_is_undone_once(shop: Shop, seller: User, now: datetime) -> None:
    found = late_orders(shop, now, 5)
    command = run(member_of(seller), Action.RESOLVE, found, now, outcome="handled")

    def undo() -> bool:
        try:
            undoing.undo(member_of(seller), command.pk, now=now)
        except NotAllowed:
            return False
        return True

    assert sorted(at_once(undo, undo)) == [False, True]
    assert CaseEntry.objects.filter(action="undo").count() == 5


def test_cancelling_beside_a_worker_ends_with_every_case_either_done_or_left_alone(
    shop: Shop, seller: User, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(acting, "BATCH", 4)
    monkeypatch.setattr(running, "BATCH", 4)
    command = run(member_of(seller), Action.NOTE, late_orders(shop, now, 30), now, note="问过了")

    def work() -> None:
        while running.carry_out(now):
            pass

    at_once(work, lambda: running.cancel(member_of(seller), command.pk, now=now), work)
    done = CommandItem.objects.filter(result="applied").count()
    assert CaseEntry.objects.filter(action="note").count() == done
    assert CommandItem.objects.filter(result="rejected").count() == 30 - done
    assert Command.objects.get().state == "done"
