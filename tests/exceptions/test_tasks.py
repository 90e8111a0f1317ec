"""The sweep's nudges: each works off what is due."""

from datetime import datetime, timedelta

import pytest
from django.utils import timezone

from exceptions import sweep, tasks
from exceptions.models import Clock
from merchants.models import Shop
from tests.exceptions.making import a_parcel, an_order


@pytest.fixture
def now() -> datetime:
    return timezone.now() - timedelta(days=9)


def test_clocks_of_few_orders_hold_up_no_others(shop: Shop, now: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(3):
        order = an_order(shop, f"a{number}", now, status="dispatched", dispatched_at=now)
        a_parcel(order, f"YT883420194471{number}", now)
        a_parcel(order, f"YT993420194471{number}", now)
    sweep.judge_batch(now)
    monkeypatch.setattr(sweep, "BATCH", 4)
    assert Clock.objects.filter(wake_at__lt=timezone.now()).count() > 4
    assert tasks.ring() == 3
    assert not Clock.objects.filter(wake_at__lt=timezone.now()).exists()
