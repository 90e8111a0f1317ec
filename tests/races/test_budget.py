"""Two workers at the same account, the same number, the same parcel's deadline: limits hold, nothing waits in a ring."""

import threading
from datetime import datetime, timedelta

import pytest
from django.db import connection, transaction

from exceptions import sweep
from merchants.models import Shop
from orders.models import Order
from shipments import accounts
from shipments.answers import Failure, Trouble
from shipments.claiming import claim
from shipments.models import CarrierAccount, Waybill
from tests.exceptions.making import a_parcel, an_order
from tests.exceptions.test_nearness import joined
from tests.races.test_intake import SECONDS, together
from tests.races.test_shipments import booked
from tests.shipments.conftest import account, carriers

__all__ = ["account", "carriers"]
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("carriers")]
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


def test_two_workers_that_trip_an_account_at_once_trip_it_once(account: CarrierAccount, now: datetime) -> None:
    refused: dict[int, list[Failure | None]] = {account.pk: [Failure(Trouble.AUTH, "503", account_wide=True)]}
    together(*[lambda: accounts.take_news(refused, now)] * 4)
    account.refresh_from_db()
    assert (account.trips, account.paused_at, account.paused_until) == (1, now, now + HOUR)


def test_failures_counted_by_two_workers_at_once_are_all_counted(account: CarrierAccount, now: datetime) -> None:
    down: dict[int, list[Failure | None]] = {account.pk: [Failure(Trouble.TRANSIENT, "HTTP 502")]}
    together(*[lambda: accounts.take_news(down, now)] * 7)
    account.refresh_from_db()
    assert (account.failures, account.paused_until) == (7, None)


def test_an_answer_to_what_was_asked_before_does_not_wake_an_account(account: CarrierAccount, now: datetime) -> None:
    refused: Failure | None = Failure(Trouble.QUOTA, "601", account_wide=True)
    together(*[lambda said=said: accounts.take_news({account.pk: [said]}, now) for said in (refused, None, None)])
    account.refresh_from_db()
    assert account.paused_until == now + 6 * HOUR


def test_one_trial_question_is_let_through_whoever_else_looks(
    shop: Shop, account: CarrierAccount, now: datetime
) -> None:
    booked(shop, now, 30)
    CarrierAccount.objects.update(paused_at=now - HOUR, paused_until=now - MINUTE, trips=1)
    claimed = together(*[lambda: claim(now)] * 4)
    assert sum(map(len, claimed)) == 1


def test_a_sweep_does_not_wait_for_a_waybill_somebody_holds_and_judges_its_order_again(
    shop: Shop, account: CarrierAccount, now: datetime
) -> None:
    held = a_parcel(an_order(shop, "held", now), "YT1", now)
    free = a_parcel(an_order(shop, "free", now), "YT2", now)
    has_it, done = threading.Event(), threading.Event()

    def hold() -> None:
        with transaction.atomic():
            list(Waybill.objects.filter(pk=held.pk).select_for_update(no_key=True))
            has_it.set()
            assert done.wait(SECONDS)

    def judge() -> None:
        assert has_it.wait(SECONDS)
        assert sweep.judge_batch(now) == 2
        done.set()

    together(hold, judge)
    known = dict(Waybill.objects.values_list("number", "deadline_at"))
    assert (known["YT1"], known["YT2"] is not None) == (None, True)
    again = dict(Order.objects.values_list("number", "review_at"))
    assert again == {"held": now + timedelta(seconds=1), "free": None}
    assert sweep.judge_batch(now + timedelta(seconds=1)) == 1
    assert Waybill.objects.get(pk=held.pk).deadline_at == Waybill.objects.get(pk=free.pk).deadline_at


def test_two_sweeps_of_two_orders_under_one_number_agree_on_the_nearest(
    shop: Shop, account: CarrierAccount, now: datetime
) -> None:
    waybills = []
    for n in range(20):
        waybill = a_parcel(an_order(shop, f"a{n}", now), f"YT{n}", now)
        joined(shop, f"b{n}", waybill, now - (n % 3) * 10 * HOUR)
        waybills.append(waybill)
    alone = {order.pk: order for order in Order.objects.filter(number__startswith="a")}

    def judge(ids: list[int]) -> None:
        with transaction.atomic():
            list(Order.objects.filter(pk__in=ids).order_by("pk").select_for_update(no_key=True))
            sweep.judge_orders(ids, now)

    others = list(Order.objects.exclude(pk__in=alone).values_list("pk", flat=True))
    together(lambda: judge(sorted(alone)), lambda: judge(sorted(others)))
    while sweep.judge_batch(now + timedelta(seconds=1)):
        pass
    with connection.cursor() as cursor:
        cursor.execute(
            "select count(*) from shipments_waybill w where deadline_at is distinct from ("
            "select min(case when c.due_at > %s then c.due_at when c.grave_at > %s then c.grave_at end) "
            "from exceptions_clock c join orders_dispatch d on d.order_id = c.order_id "
            "join shipments_parcel p on p.dispatch_id = d.id where p.waybill_id = w.id and c.stopped_at is null "
            "and (c.waybill_id is null or c.waybill_id = w.id))",
            [now, now],
        )
        assert cursor.fetchone() == (0,)
