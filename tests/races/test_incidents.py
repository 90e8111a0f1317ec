"""Gathering beside itself and beside people: the other party acts in a connection of its own, at the worst moment."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection, transaction

from exceptions.incidents import gathering, healing, tuning
from exceptions.incidents.reading import read_batch
from exceptions.incidents.rounds import go_round
from exceptions.models import Case, CaseEntry, Incident, IncidentChild
from merchants.models import Shop
from orders.models import Order
from tests.exceptions.incidents.scene import move_on, stand_still
from tests.races.test_sweep_and_people import elsewhere, locked

pytestmark = pytest.mark.django_db(transaction=True)


def side_by_side(work: Callable[[], Any], times: int) -> list[Any]:
    def run() -> Any:
        try:
            return work()
        finally:
            connection.close()

    with ThreadPoolExecutor(times) as pool:
        return [one.result(timeout=60) for one in [pool.submit(run) for _ in range(times)]]


def again_after_it_was_over(shop: Shop, now: datetime) -> datetime:
    """Ten more parcels stand still where an incident was over a few minutes ago; the instant at which they do."""
    first = stand_still(shop, now, 10)
    go_round(now)
    move_on(first, now)
    go_round(now)
    later = now + timedelta(minutes=5)
    stand_still(shop, later, 10, first=50)
    return later


def test_four_rounds_at_once_open_one_incident_and_gather_each_case_once(shop: Shop, now: datetime) -> None:
    stand_still(shop, now, 30)
    side_by_side(lambda: go_round(now), 4)
    go_round(now)
    incident = Incident.objects.get()
    assert Case.objects.filter(incident=incident).count() == IncidentChild.objects.count() == 30
    assert CaseEntry.objects.filter(action="gather").count() == 30
    assert incident.entries.count() == 1


def test_four_rounds_at_once_reopen_one_incident_once(shop: Shop, now: datetime) -> None:
    later = again_after_it_was_over(shop, now)
    side_by_side(lambda: go_round(later), 4)
    go_round(later)
    incident = Incident.objects.get()
    assert (incident.closed_at, incident.reopenings) == (None, 1)
    assert Case.objects.filter(incident=incident, state="open").count() == 10


def test_an_incident_that_was_just_reopened_waits_for_its_cases(shop: Shop, now: datetime) -> None:
    later = again_after_it_was_over(shop, now)
    read_batch(later)
    gathering.open_incidents(gathering.decide(tuning.rules()), later)
    assert elsewhere(lambda: healing.close_over(later)) == 0
    assert go_round(later).joined == 10


def test_gathering_passes_over_the_case_somebody_acts_on_and_finds_it_later(shop: Shop, now: datetime) -> None:
    cases = stand_still(shop, now, 11)
    with locked(Order.objects.get(pk=cases[0].order_id)):
        assert elsewhere(lambda: go_round(now)).joined == 10
    assert go_round(now).joined == 1


def test_an_incident_is_not_closed_over_a_case_that_joins_at_that_moment(shop: Shop, now: datetime) -> None:
    cases = stand_still(shop, now, 11)
    late = cases.pop()
    Order.objects.filter(pk=late.order_id).update(review_at=None)
    with locked(Order.objects.get(pk=late.order_id)):
        elsewhere(lambda: go_round(now))
    incident = Incident.objects.get()
    move_on(cases, now)
    healing.heal(now)
    with transaction.atomic(), connection.cursor() as cursor:
        # Joining has the incident in its hands; closing has to wait for it and looks again.
        cursor.execute(gathering.LOCK, [[late.pk]])
        cursor.execute(gathering.HOLD, [[incident.pk]])
        assert elsewhere(lambda: healing.close_over(now)) == 0
        cursor.execute(gathering.JOIN, {"cases": [late.pk], "incidents": [incident.pk], "now": now, "by": None})
    assert healing.close_over(now) == 0
    assert Incident.objects.get().closed_at is None
