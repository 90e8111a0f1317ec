"""Tasks work until nothing is due, and stop for breath."""

import threading
from datetime import timedelta

import pytest
from django.utils import timezone

from merchants.models import Shop
from orders.models import Dispatch
from shipments import booking, tasks
from shipments.models import CarrierAccount, Parcel, Waybill
from shipops.celery import SCHEDULE, app
from shipops.kit import nudging
from tests.shipments.conftest import a_dispatch

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("carriers")]


def test_every_task_of_shipments_is_on_the_schedule() -> None:
    app.loader.import_default_modules()
    ours = {name for name in app.tasks if name.startswith("shipments.")}
    assert "shipments.tasks.poll" in ours
    assert ours == {name for name in SCHEDULE if name.startswith("shipments.")}


def test_booking_goes_on_until_nothing_is_due(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(booking, "BATCH", 2)
    for number in range(5):
        a_dispatch(shop, f"YT883420194471{number}", timezone.now())
    tasks.book()
    assert Parcel.objects.count() == 5


def test_a_backlog_leaves_the_worker_free_in_between(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(booking, "BATCH", 1)
    monkeypatch.setattr(tasks, "ROUNDS", 3)
    for number in range(5):
        a_dispatch(shop, f"YT883420194471{number}", timezone.now())
    tasks.book()
    assert Dispatch.objects.filter(book_at__isnull=False).count() == 2


def test_polling_and_reading_with_nothing_due_end_at_once(account: CarrierAccount) -> None:
    tasks.poll()
    tasks.read_pushes()
    tasks.reread()


def test_a_waybill_that_nobody_answers_for_is_not_asked_again_in_the_same_breath(
    shop: Shop, account: CarrierAccount
) -> None:
    start = timezone.now()
    a_dispatch(shop, "YT8834201944712", start)
    tasks.book()
    tasks.poll()
    waybill = Waybill.objects.get()
    assert waybill.poll_failures == 1
    assert waybill.poll_at is not None
    assert waybill.poll_at > start + timedelta(minutes=29)


def test_a_broker_that_is_down_makes_no_request_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    """The way to the broker is long; who nudges goes on at once, and a second nudge does not queue up behind it."""
    with nudging._sending:
        pass  # no nudge of an earlier test is on its way
    arrived, go = threading.Event(), threading.Event()
    sent = []

    def slow(*args: object, **options: object) -> None:
        arrived.set()
        go.wait(20)
        sent.append(options)
        raise tasks.read_pushes.OperationalError("connection refused")

    monkeypatch.setattr(tasks.read_pushes, "apply_async", slow)
    tasks.nudge_read()
    assert arrived.wait(20)
    tasks.nudge_read()
    assert sent == []
    go.set()
    with nudging._sending:
        pass
    assert sent == [{"retry": False}]
