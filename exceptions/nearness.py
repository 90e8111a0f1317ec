"""How near the next deadline of a parcel is, told to those who ask its carrier: the nearer, the more often they ask.

The sweep holds orders locked and comes to waybills last, against the order of the house, so it never waits for one: what
somebody else has locked is judged again a moment later. Nothing here is lost with a worker, for it is one transaction.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import connection

from orders.models import Order
from shipments import cadence
from shipments.models import Parcel
from shipments.status import Stage

# When an order is judged again whose parcel was just being written to by somebody else.
AGAIN = timedelta(seconds=1)

# Of each waybill of the orders: the nearest instant at which a running clock of any of its orders gets worse. Under a number
# that was replaced no goods travel.
NEAREST = """
    select t.id, count(distinct d.order_id) > 1 as shared,
           min(case when c.due_at > %(now)s then c.due_at when c.grave_at > %(now)s then c.grave_at end) as at
    from (select distinct p.waybill_id as id from shipments_parcel p join orders_dispatch d on d.id = p.dispatch_id
          where d.order_id = any(%(orders)s)) t
    join shipments_parcel p on p.waybill_id = t.id
    join orders_dispatch d on d.id = p.dispatch_id
    left join exceptions_clock c on c.order_id = d.order_id and c.stopped_at is null
        and (c.waybill_id is null or c.waybill_id = t.id) and p.role <> %(replaced)s
    group by t.id
"""
# A waybill of several orders is looked at under its lock even where it seems right: another sweep may be at work on one.
STALE = f"""
with nearest as ({NEAREST})
select w.id from nearest n join shipments_waybill w on w.id = n.id
where n.shared or w.deadline_at is distinct from n.at
"""
LOCK = "select id from shipments_waybill where id = any(%s) order by id for no key update skip locked"
# The same as cadence.drawn_near; what the provider's rules forbid is not claimed before it is free.
SOONER = ", ".join(
    f"greatest(w.free_at, coalesce(w.asked_at, w.created_at) + %(pause{n})s, n.at - %(reach{n})s)"
    for n in range(len(cadence.NEARNESS))
)
UPDATE = f"""
with nearest as ({NEAREST})
update shipments_waybill w
set deadline_at = n.at,
    poll_at = case when n.at is null or w.poll_at is null or w.stage = %(arrived)s then w.poll_at
                   else least(w.poll_at, {SOONER}) end
from nearest n
where w.id = n.id and w.id = any(%(locked)s) and w.deadline_at is distinct from n.at
"""


def tell(order_ids: Sequence[int], now: datetime) -> None:
    """Write the nearest deadline to the waybills of these orders, which the caller holds locked, where it has changed."""
    values: dict[str, Any] = {"orders": list(order_ids), "now": now, "arrived": Stage.DELIVERED.value}
    values["replaced"] = Parcel.Role.REPLACED.value
    for n, (reach, pause) in enumerate(cadence.NEARNESS):
        values |= {f"reach{n}": reach, f"pause{n}": pause / settings.POLL_PACE}
    with connection.cursor() as cursor:
        cursor.execute(STALE, values)
        stale = sorted(pk for (pk,) in cursor.fetchall())
        if not stale:
            return
        cursor.execute(LOCK, [stale])
        locked = [pk for (pk,) in cursor.fetchall()]
        cursor.execute(UPDATE, values | {"locked": locked})
    missed = set(stale) - set(locked)
    if missed:
        parcels = Order.objects.filter(pk__in=order_ids, dispatches__parcels__waybill__in=missed)
        Order.objects.filter(pk__in=parcels.values("pk")).update(review_at=now + AGAIN)
