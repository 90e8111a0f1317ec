"""Facts as they are read from the database."""

from datetime import datetime, timedelta

import pytest

from exceptions.deadlines import reading
from merchants.models import Shop
from tests.exceptions.making import a_parcel, a_scan, an_order

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


def test_a_parcel_that_left_the_station_and_came_back_lies_there_since_it_came_back(shop: Shop, now: datetime) -> None:
    order = an_order(shop, "a", now)
    waybill = a_parcel(order, "YT1", now)
    a_scan(waybill, now + HOUR, "available_for_pickup")
    a_scan(waybill, now + 2 * HOUR, "available_for_pickup")
    (found,) = reading.read([order.pk])
    assert found.facts.parcels[0].at_station_at == now + HOUR
    a_scan(waybill, now + 3 * HOUR, "in_transit")
    a_scan(waybill, now + 9 * HOUR, "available_for_pickup")
    (found,) = reading.read([order.pk])
    assert found.facts.parcels[0].at_station_at == now + 9 * HOUR
