"""A draft tried on stored facts: exact counts whatever happens to its workers, and nobody else's orders."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal

import pytest
from django.core.exceptions import PermissionDenied
from django.db import OperationalError, connection, transaction
from django.http import Http404
from django.test.utils import CaptureQueriesContext

from exceptions import backtest, tasks
from exceptions.errors import NotAllowed
from exceptions.models import BackTest, BackTestSample, Policy
from merchants.models import Role, Shop, User
from orders.models import Order
from tests.conftest import person
from tests.exceptions.making import a_parcel, an_order, member_of
from tests.exceptions.trying import a_draft, counts, dispatched_after, hours, lines, published, run

pytestmark = pytest.mark.django_db
State = BackTest.State
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def small_batches(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(backtest, "BATCH", 2)
    yield


@pytest.fixture
def orders(shop: Shop, now: datetime) -> list[Order]:
    """Paid ten days ago: one handed over within 24 h, three after 30 h, one after 50 h. The limit is 48 h."""
    paid = now - 10 * DAY
    lengths = [20, 30, 30, 30, 50]
    return [dispatched_after(shop, f"o{n}", paid, length * HOUR) for n, length in enumerate(lengths)]


@pytest.fixture
def test(orders: list[Order], admin: User, now: datetime) -> BackTest:
    a_draft(orders[0].shop.merchant, now)
    return backtest.start(member_of(admin), 30, now)


def test_it_counts_what_the_draft_flags_anew_and_as_before(test: BackTest, shop: Shop, now: datetime) -> None:
    assert run(now) == 1
    test.refresh_from_db()
    assert (test.state, test.orders_done, test.orders_total, test.finished_at) == (State.DONE, 5, 5, now)
    due = (now - 9 * DAY).date()
    assert [line for line in lines(test) if line[2] == "late_dispatch"] == [
        (shop.pk, due, "late_dispatch", 3, 0, 1, Decimal("3.00"), Decimal("12.00"))
    ]


def test_a_longer_limit_lets_go_of_what_was_flagged(orders: list[Order], admin: User, now: datetime) -> None:
    a_draft(orders[0].shop.merchant, now, hours(72))
    test = backtest.start(member_of(admin), 30, now)
    run(now)
    assert counts(test) == (0, 1, 0)
    sample = test.samples.get()
    assert (sample.order, sample.due_before, sample.due_after) == (orders[4], now - 8 * DAY, None)


def test_the_draft_is_tried_on_every_order_and_what_was_live_for_each_stands_beside_it(
    orders: list[Order], shop: Shop, admin: User, now: datetime
) -> None:
    """The version of 40 h holds for orders paid in the last five days: of the older ones, 48 h is what was live."""
    published(shop.merchant, 1, hours(40), now - 5 * DAY)
    dispatched_after(shop, "younger", now - 4 * DAY, 45 * HOUR)
    dispatched_after(shop, "older", now - 8 * DAY, 45 * HOUR)
    a_draft(shop.merchant, now, hours(40))
    test = backtest.start(member_of(admin), 30, now)
    run(now)
    assert test.before == hours(40)
    assert counts(test) == (1, 0, 2), "new: older; same: younger, and the one of 50 h"


def test_the_draft_is_copied_and_a_change_of_it_is_told(test: BackTest, now: datetime) -> None:
    assert (test.before, test.after) == (None, hours(24))
    assert not backtest.is_stale(test)
    Policy.objects.update(document=hours(72))
    assert backtest.is_stale(test)
    run(now)
    assert counts(test) == (3, 0, 1)
    Policy.objects.all().delete()
    assert not backtest.is_stale(test)


def test_samples_show_what_changes_new_ones_and_the_dearest_first(
    orders: list[Order], admin: User, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backtest, "BATCH", 2)
    monkeypatch.setattr(backtest, "SAMPLES", 3)
    shop = orders[0].shop
    dear = hours(24, penalty=[{"percent": 10}])
    dear["changes"] += [{"code": f"PDD-FAKE-{what}", "set": {"hours": 2000}} for what in ("NOPICKUP", "NOTRACE")]
    # Its number was uploaded at once and never picked up: that breaks after 24 h as things are, and no longer.
    gone = an_order(shop, "gone", now - 10 * DAY, dispatched_at=now - 10 * DAY, handed_over_at=now - 10 * DAY)
    a_parcel(gone, "YT8834201944712", now - 10 * DAY)
    Order.objects.filter(pk=orders[3].pk).update(amount=500)
    a_draft(shop.merchant, now, dear)
    test = backtest.start(member_of(admin), 30, now)
    run(now)
    found = test.samples.order_by(*backtest.FIRST).values_list("order", "kind", "due_before", "due_after", "penalty")
    due = now - 9 * DAY
    assert list(found) == [
        (orders[3].pk, "late_dispatch", None, due, Decimal("50.00")),
        (orders[1].pk, "late_dispatch", None, due, Decimal("12.80")),
        (orders[2].pk, "late_dispatch", None, due, Decimal("12.80")),
    ]
    assert counts(test, "late_pickup")[1] == 1, "counted, and left out of the samples"


def test_only_orders_whose_limits_may_break_in_the_window_are_looked_at(shop: Shop, admin: User, now: datetime) -> None:
    an_order(shop, "too old", now - 68 * DAY)
    an_order(shop, "old", now - 66 * DAY)
    an_order(shop, "placed only", now - 3 * DAY, paid_at=None, status="unpaid")
    an_order(shop, "undated", now, placed_at=None, paid_at=None)
    an_order(shop, "to come", now)
    a_draft(shop.merchant, now)
    test = backtest.start(member_of(admin), 7, now)
    run(now)
    test.refresh_from_db()
    assert (test.orders_total, test.orders_done) == (3, 3)


class TestWorkers:
    @pytest.fixture(autouse=True)
    def _small(self, small_batches: None) -> None:
        pass

    def test_progress_is_told_batch_by_batch(self, test: BackTest, now: datetime) -> None:
        seen = []
        for _ in range(4):
            backtest.run_batch(now)
            test.refresh_from_db()
            seen.append((test.state, test.orders_done, test.orders_total, test.lease_until))
        assert seen == [
            ("running", 2, 5, None),
            ("running", 4, 5, None),
            ("done", 5, 5, None),
            ("done", 5, 5, None),
        ]

    def test_running_it_again_changes_nothing(self, test: BackTest, now: datetime) -> None:
        run(now)
        before = lines(test), list(test.samples.values_list("pk", flat=True))
        assert backtest.run_batch(now) == 0
        assert (lines(test), list(test.samples.values_list("pk", flat=True))) == before

    def test_a_worker_that_dies_leaves_nothing_half_counted_and_another_goes_on(
        self, test: BackTest, now: datetime, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        backtest.run_batch(now)
        counted = lines(test)
        give_back = backtest._give_back

        def die(*_: object) -> None:
            raise OperationalError("the server closed the connection")

        monkeypatch.setattr(backtest, "_give_back", die)
        with pytest.raises(OperationalError):
            backtest.run_batch(now)
        assert lines(test) == counted
        monkeypatch.setattr(backtest, "_give_back", give_back)
        assert backtest.run_batch(now + backtest.LEASE) == 0, "its lease still stands"
        assert run(now + backtest.LEASE + timedelta(seconds=1)) == 2
        test.refresh_from_db()
        assert (test.state, test.orders_done, counts(test)) == (State.DONE, 5, (3, 0, 1))

    def test_a_worker_that_was_only_slow_counts_nothing_twice(self, test: BackTest, now: datetime) -> None:
        slow = backtest._claim(now)
        assert slow is not None
        run(now + 2 * backtest.LEASE)
        with pytest.raises(backtest.LeaseLost):
            backtest._take(slow, now)
        assert counts(test) == (3, 0, 1)

    def test_a_cancelled_test_stops_where_it_is_even_in_the_middle_of_a_batch(
        self, test: BackTest, admin: User, now: datetime
    ) -> None:
        backtest.run_batch(now)
        counted = lines(test)
        held = backtest._claim(now)
        assert held is not None
        assert backtest.cancel(member_of(admin), test.pk, now)
        with pytest.raises(backtest.LeaseLost):
            backtest._take(held, now)
        assert backtest.run_batch(now) == 0
        test.refresh_from_db()
        assert (test.state, test.orders_done, lines(test)) == (State.CANCELLED, 2, counted)
        assert not backtest.cancel(member_of(admin), test.pk, now), "it is over"

    def test_a_draft_that_cannot_be_read_fails_with_what_is_wrong(self, test: BackTest, now: datetime) -> None:
        BackTest.objects.update(after={"windows": [{"name": "双11"}]})
        assert run(now) == 1
        test.refresh_from_db()
        assert (test.state, test.finished_at, test.orders_done) == (State.FAILED, now, 0)
        assert test.error == "The draft cannot be read: 双11: Both dates are needed: the first and the last day."

    def test_a_fault_of_ours_fails_it_in_the_askers_language(
        self, test: BackTest, admin: User, now: datetime, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        User.objects.filter(pk=admin.pk).update(language="zh-hans")
        BackTest.objects.update(after={"changes": 7})
        assert run(now) == 1
        test.refresh_from_db()
        assert (test.state, test.lease_until) == (State.FAILED, None)
        assert test.error.startswith("回测因系统故障停止：")

    def test_the_nudge_gives_way_after_some_batches(
        self, test: BackTest, now: datetime, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(tasks, "MOST_BACKTEST", 2)
        assert tasks.backtest() == 2
        assert tasks.backtest() == 1
        assert counts(test) == (3, 0, 1)


def test_the_statements_of_a_batch_do_not_grow_with_its_orders(test: BackTest, shop: Shop, now: datetime) -> None:
    a_parcel(dispatched_after(shop, "o", now - 10 * DAY, 30 * HOUR), "YT9934201944712", now - 9 * DAY)

    def statements() -> int:
        BackTest.objects.update(state=State.QUEUED, after_order=0)
        with CaptureQueriesContext(connection) as asked:
            assert backtest.run_batch(now) == 1
        return len(asked)

    statements()  # documents compiled once a process
    few = statements()
    for n in range(40):
        order = dispatched_after(shop, f"more{n}", now - 10 * DAY, 30 * HOUR)
        a_parcel(order, f"YT88342019447{n:02}", now - 9 * DAY)
    assert statements() == few
    assert few <= 25


class TestWho:
    def test_nobody_elses_orders_are_looked_at(self, test: BackTest, stranger_shop: Shop, now: datetime) -> None:
        dispatched_after(stranger_shop, "theirs", now - 10 * DAY, 30 * HOUR)
        run(now)
        test.refresh_from_db()
        assert (test.orders_total, counts(test)) == (5, (3, 0, 1))
        assert not BackTestSample.objects.filter(order__shop=stranger_shop).exists()

    def test_one_at_a_time_of_a_merchant(
        self, test: BackTest, admin: User, stranger: User, stranger_shop: Shop, now: datetime
    ) -> None:
        with pytest.raises(NotAllowed):
            backtest.start(member_of(admin), 7, now)
        a_draft(stranger_shop.merchant, now)
        assert backtest.start(member_of(stranger), 7, now).state == State.QUEUED
        run(now)
        assert backtest.start(member_of(admin), 7, now).since == now - 7 * DAY

    def test_without_a_draft_there_is_nothing_to_try(self, admin: User, now: datetime) -> None:
        with pytest.raises(NotAllowed):
            backtest.start(member_of(admin), 7, now)

    def test_who_sees_some_shops_or_administers_none_may_neither_start_nor_see_one(
        self, test: BackTest, seller: User, shop: Shop, now: datetime
    ) -> None:
        of_one_shop = person("yizhou", shop.merchant, Role.ADMIN, shop)
        for user in (seller, of_one_shop):
            with pytest.raises(PermissionDenied):
                backtest.start(member_of(user), 7, now)
            with pytest.raises(PermissionDenied):
                backtest.cancel(member_of(user), test.pk, now)
            with pytest.raises(PermissionDenied):
                backtest.tests_of(member_of(user))
        test.refresh_from_db()
        assert test.state == State.QUEUED

    def test_a_stranger_cancels_nothing(self, test: BackTest, stranger: User, now: datetime) -> None:
        with pytest.raises(Http404):
            backtest.cancel(member_of(stranger), test.pk, now)
        test.refresh_from_db()
        assert test.state == State.QUEUED


def test_the_database_holds_one_open_test_of_a_merchant(test: BackTest, now: datetime) -> None:
    copy = BackTest(merchant=test.merchant, after={}, since=now - DAY, until=now, created_at=now)
    with pytest.raises(backtest.IntegrityError), transaction.atomic():
        copy.save()
