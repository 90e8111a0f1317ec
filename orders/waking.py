"""Orders that have to be judged anew because something beside them has changed; they are locked as everybody locks them."""

from collections.abc import Iterable
from datetime import datetime
from typing import Final

from django.db import transaction
from django.db.models import Q, QuerySet

from merchants.models import Shop
from orders.models import Order, OrderStatus

OVER: Final = (OrderStatus.COMPLETED, OrderStatus.CANCELLED)


@transaction.atomic
def wake_shop(shop: Shop, now: datetime) -> int:
    """Make the shop's orders that are neither completed nor cancelled due for judgement now; return how many were not.

    They are locked in pk order, as intake and the sweep lock them.
    """
    asleep = _asleep(now).filter(shop=shop).exclude(status__in=OVER)
    pks = list(asleep.order_by("pk").select_for_update(no_key=True).values_list("pk", flat=True))
    return wake(pks, now)


def lock(order_ids: Iterable[int]) -> None:
    """Lock these orders until the transaction ends, in pk order; rows that point at them can still be inserted."""
    locked = Order.objects.filter(pk__in=set(order_ids)).order_by("pk").select_for_update(of=("self",), no_key=True)
    list(locked.values_list("pk"))


def wake(order_ids: Iterable[int], now: datetime) -> int:
    """Have these orders, which the caller holds locked, judged anew; return how many were not due for it."""
    return _asleep(now).filter(pk__in=set(order_ids)).update(review_at=now)


def _asleep(now: datetime) -> QuerySet[Order]:
    return Order.objects.filter(Q(review_at=None) | Q(review_at__gt=now))
