"""Workers at one back-test at once: each order is counted once, and a person's cancelling waits for none of them."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest
from django.db import connection, transaction
from django.db.models import Sum

from exceptions import backtest
from exceptions.models import BackTest
from merchants.models import Shop, User
from tests.exceptions.making import an_order, member_of

pytestmark = pytest.mark.django_db(transaction=True)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
WORKERS = 3
ORDERS = 30


@pytest.fixture
def test(shop: Shop, admin: User, now: datetime, monkeypatch: pytest.MonkeyPatch) -> BackTest:
    monkeypatch.setattr(backtest, "BATCH", 4)
    for n in range(ORDERS):
        an_order(shop, f"o{n}", now - 5 * DAY)
    after = {"changes": [{"code": "PDD-SHIP-48", "set": {"hours": 24}}]}
    return BackTest.objects.create(
        merchant=shop.merchant, after=after, since=now - 7 * DAY, until=now, created_at=now, asked_by=admin
    )


def test_workers_side_by_side_count_each_order_once(test: BackTest, now: datetime) -> None:
    def work(_: int) -> int:
        try:
            batches = 0
            while BackTest.objects.filter(state__in=backtest.OPEN).exists():
                batches += backtest.run_batch(now)
            return batches
        finally:
            connection.close()

    with ThreadPoolExecutor(WORKERS) as pool:
        batches = list(pool.map(work, range(WORKERS), timeout=60))
    test.refresh_from_db()
    assert (sum(batches), test.state, test.orders_done) == (ORDERS // 4 + 1, "done", ORDERS)
    assert test.lines.filter(kind="late_dispatch").aggregate(same=Sum("same")) == {"same": ORDERS}


def test_a_test_one_worker_is_claiming_is_passed_over_by_another(test: BackTest, now: datetime) -> None:
    def claim() -> int:
        try:
            return backtest.run_batch(now)
        finally:
            connection.close()

    with transaction.atomic():
        list(BackTest.objects.select_for_update(no_key=True).filter(pk=test.pk))
        with ThreadPoolExecutor(1) as pool:
            assert pool.submit(claim).result(timeout=20) == 0


def test_cancelling_does_not_wait_for_the_batch_under_way(
    test: BackTest, admin: User, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    look = backtest.look

    def cancelled_meanwhile(found: BackTest, ids: list[int]) -> backtest.Found:
        def cancel() -> bool:
            try:
                return backtest.cancel(member_of(admin), test.pk, now)
            finally:
                connection.close()

        with ThreadPoolExecutor(1) as pool:
            assert pool.submit(cancel).result(timeout=20)
        return look(found, ids)

    monkeypatch.setattr(backtest, "look", cancelled_meanwhile)
    assert backtest.run_batch(now) == 1
    test.refresh_from_db()
    assert (test.state, test.orders_done, test.lines.count()) == ("cancelled", 0, 0)
