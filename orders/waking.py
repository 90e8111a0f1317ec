"""Orders that have to be judged anew because something beside them has changed."""

from datetime import datetime
from typing import Final

from django.db import transaction
from django.db.models import Q

from merchants.models import Shop
from orders.models import Order, OrderStatus

OVER: Final = (OrderStatus.COMPLETED, OrderStatus.CANCELLED)


@transaction.atomic
def wake_shop(shop: Shop, now: datetime) -> int:
    """Make the shop's orders that are neither completed nor cancelled due for judgement now; return how many were not.

    They are locked in pk order, as intake and the sweep lock them.
    """
    asleep = Order.objects.filter(Q(review_at=None) | Q(review_at__gt=now), shop=shop).exclude(status__in=OVER)
    pks = list(asleep.order_by("pk").select_for_update(no_key=True).values_list("pk", flat=True))
    return Order.objects.filter(pk__in=pks).update(review_at=now)
