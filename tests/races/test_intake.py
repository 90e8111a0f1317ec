"""Two imports at once, and an import beside those who lock orders: nobody waits in a ring, nothing is counted twice."""

import threading
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection, transaction

from orders import imports
from orders.intake import Counts, take_in
from orders.models import Dispatch, Order
from tests.orders.making import PDD, csv, draft

pytestmark = pytest.mark.django_db(transaction=True)
SECONDS = 30


def together(*works: Callable[[], object]) -> list:
    """Run each in its own thread and connection, started at one moment; return results, or raise what one raised."""
    gate = threading.Barrier(len(works))
    results: list = [None] * len(works)

    def run(index: int, work: Callable[[], object]) -> None:
        try:
            gate.wait(SECONDS)
            results[index] = work()
        except BaseException as error:
            results[index] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(i, work)) for i, work in enumerate(works)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(SECONDS)
    for result in results:
        if isinstance(result, BaseException):
            raise result
    return results


def test_two_imports_of_the_same_file_at_once_create_each_order_once(shop, now) -> None:
    drafts = [draft(f"A{i}") for i in range(2500)]
    one, two = together(lambda: take_in(shop, drafts, now), lambda: take_in(shop, list(reversed(drafts)), now))
    assert one + two == Counts(created=2500, unchanged=2500)
    assert Order.objects.count() == 2500
    assert Dispatch.objects.count() == 2500


def test_two_imports_that_change_the_same_orders_in_opposite_order_both_end(shop, now) -> None:
    take_in(shop, [draft(f"A{i}", status="unpaid") for i in range(1500)], now)
    up = [draft(f"A{i}", status="to_dispatch") for i in range(1500)]
    down = [draft(f"A{i}", status="dispatched") for i in reversed(range(1500))]
    together(lambda: take_in(shop, up, now), lambda: take_in(shop, down, now))
    assert set(Order.objects.values_list("status", flat=True)) == {"dispatched"}


def test_an_import_and_those_who_lock_orders_in_pk_order_both_end(shop, now) -> None:
    take_in(shop, [draft(f"A{i}", status="unpaid") for i in reversed(range(500))], now)

    def wake() -> int:
        for _ in range(20):
            with transaction.atomic():
                pks = (
                    Order.objects.order_by("pk")
                    .select_for_update(of=("self",), no_key=True)
                    .values_list("pk", flat=True)
                )
                Order.objects.filter(pk__in=list(pks)).update(review_at=now + timedelta(seconds=1))
        return 20

    def imports() -> Counts:
        total = Counts()
        for status in ("to_dispatch", "dispatched", "completed"):
            total += take_in(shop, [draft(f"A{i}", status=status) for i in range(500)], now)
        return total

    assert together(wake, imports) == [20, Counts(updated=1500)]


def test_two_workers_never_take_the_same_import(shop, now) -> None:
    for i in range(4):
        run = imports.upload(shop, None, f"{i}.csv", csv(PDD, f"26092{i}-1,待发货"), now)
        imports.commit(run)

    def work() -> list[int]:
        taken = []
        while run := imports.claim(now):
            taken.append(run.pk)
            imports.work(run, lambda: now)
        return taken

    one, two = together(work, work)
    assert len(one) + len(two) == len({*one, *two}) == 4
    assert Order.objects.count() == 4
