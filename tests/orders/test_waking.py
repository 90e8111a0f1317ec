from datetime import timedelta

import pytest

from merchants.models import Shop
from orders.intake import take_in
from orders.models import Order
from orders.waking import wake_shop
from tests.orders.making import draft

pytestmark = pytest.mark.django_db


def test_the_open_orders_of_a_shop_are_woken_and_no_others(shop: Shop, other_shop: Shop, now) -> None:
    statuses = ("unpaid", "to_dispatch", "dispatched", "completed", "cancelled")
    take_in(shop, [draft(status, status=status) for status in statuses], now)
    take_in(other_shop, [draft("elsewhere")], now)
    Order.objects.update(review_at=None)
    assert wake_shop(shop, now) == 3
    woken = Order.objects.filter(review_at=now)
    assert {order.number for order in woken} == {"unpaid", "to_dispatch", "dispatched"}
    assert Order.objects.filter(review_at=None).count() == 3


def test_what_is_due_already_stays_due_since_then(shop: Shop, now) -> None:
    take_in(shop, [draft("due"), draft("later")], now)
    Order.objects.filter(number="due").update(review_at=now - timedelta(minutes=5))
    Order.objects.filter(number="later").update(review_at=now + timedelta(minutes=5))
    assert wake_shop(shop, now) == 1
    assert dict(Order.objects.values_list("number", "review_at")) == {"due": now - timedelta(minutes=5), "later": now}
