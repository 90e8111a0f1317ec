"""The worker was dead for a day while carriers went on pushing: when it is back, everything is read, and nothing twice."""

import time
from datetime import datetime

import pytest
from django.test import RequestFactory

from merchants.models import Shop
from shipments.booking import book
from shipments.models import CarrierAccount, RawAnswer, TrackingEvent, Waybill
from shipments.push import read_pushes
from shipments.views import push as door
from tests.shipments.conftest import a_dispatch
from tests.shipments.test_push import ACKNOWLEDGED, FORM, body, push_url

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("carriers")]

NUMBERS = 1_000
SCANS = 10
# Seconds for reading all; it takes 5 on an idle machine.
AT_MOST = 60.0


def full_list(number: str, known: int) -> dict:
    """What Kuaidi100 pushes at each new scan: all there are."""
    data = [
        {"time": f"2026-11-21 {hour:02}:00:00", "context": f"【第{hour}站】 快件已发往下一站", "status": "在途"}
        for hour in reversed(range(known))
    ]
    result = {"message": "ok", "nu": number, "com": "yuantong", "state": "0", "status": "200", "data": data}
    return {"status": "polling", "message": "", "lastResult": result}


def test_ten_thousand_pushes_of_a_dead_worker_are_all_read_when_it_is_back(
    shop: Shop, account: CarrierAccount, now: datetime
) -> None:
    numbers = [f"YT88342019{i:05}" for i in range(NUMBERS)]
    for number in numbers:
        a_dispatch(shop, number, now)
    while book(now).taken:
        pass
    address, factory = push_url(account), RequestFactory()
    parts = account.provider, account.push_token
    for known in range(1, SCANS + 1):
        for number in numbers:
            request = factory.post(address, body(account, full_list(number, known)), content_type=FORM)
            assert door(request, *parts).content == ACKNOWLEDGED
    replay = factory.post(address, body(account, full_list(numbers[0], SCANS)), content_type=FORM)
    assert door(replay, *parts).content == ACKNOWLEDGED
    assert RawAnswer.objects.filter(read_at=None).count() == NUMBERS * SCANS

    began = time.monotonic()
    rounds = [read_pushes(now)]
    while rounds[-1].taken:
        rounds.append(read_pushes(now))
    assert time.monotonic() - began < AT_MOST

    assert sum(one.taken for one in rounds) == NUMBERS * SCANS
    assert sum(one.unreadable + one.unclaimed for one in rounds) == 0
    assert sum(one.new_events for one in rounds) == TrackingEvent.objects.count() == NUMBERS * SCANS
    assert set(Waybill.objects.values_list("event_count", "stage")) == {(SCANS, "in_transit")}
    assert not RawAnswer.objects.filter(read_at=None).exists()
