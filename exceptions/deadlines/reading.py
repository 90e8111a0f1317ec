"""Facts of many orders in a fixed number of queries."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.contrib.postgres.aggregates import ArrayAgg

from exceptions.deadlines.facts import LineFacts, OrderFacts, ParcelFacts
from orders.models import Dispatch, Order, OrderLine, OrderStatus
from shipments.models import TrackingEvent
from shipments.status import Stage

ORDER_COLUMNS = (
    "id",
    "amount",
    "refunded",
    "status",
    "placed_at",
    "paid_at",
    "promised_dispatch_at",
    "promised_delivery_at",
    "dispatched_at",
    "handed_over_at",
    "delivered_at",
    "shop__platform",
)
PARCEL_COLUMNS = (
    "order_id",
    "uploaded_at",
    "parcel__waybill_id",
    "parcel__waybill__account_id",
    "parcel__waybill__polled_at",
    "parcel__waybill__stage",
    "parcel__waybill__first_trace_at",
    "parcel__waybill__picked_up_at",
    "parcel__waybill__moved_at",
    "parcel__waybill__out_for_delivery_at",
    "parcel__waybill__delivered_at",
)
TURNED_BACK = frozenset(stage.value for stage in (Stage.REFUSED, Stage.RETURNING, Stage.RETURNED, Stage.CANCELLED))


def read(order_ids: Iterable[int]) -> list[tuple[str, OrderFacts]]:
    """Return (platform, facts) of each order that exists, in four queries whatever their number.

    Tuples and not model instances: twice as fast at 500 orders a batch.
    """
    ids = list(order_ids)
    lines: dict[int, list[LineFacts]] = defaultdict(list)
    promised = OrderLine.objects.filter(order_id__in=ids, promised_dispatch_at__isnull=False).order_by("pk")
    for order_id, pk, promised_at in promised.values_list("order_id", "pk", "promised_dispatch_at"):
        lines[order_id].append(LineFacts(pk, promised_at))
    parcels = _parcels(ids)
    return [
        (row[-1], _order(row, tuple(lines[row[0]]), parcels[row[0]]))
        for row in Order.objects.filter(pk__in=ids).order_by("pk").values_list(*ORDER_COLUMNS)
    ]


def _parcels(ids: list[int]) -> dict[int, list[tuple[Any, ...]]]:
    booked = Dispatch.objects.filter(order_id__in=ids, parcel__isnull=False).order_by("uploaded_at", "pk")
    # One number uploaded in two spellings (yt88…, YT88…) is one parcel: the first upload is the one that counts.
    first: dict[tuple[int, int], tuple[Any, ...]] = {}
    for row in booked.values_list(*PARCEL_COLUMNS):
        first.setdefault((row[0], row[2]), row)
    rows = list(first.values())
    scans: dict[int, list[datetime]] = dict(
        TrackingEvent.objects.filter(waybill_id__in=[row[2] for row in rows])
        .values_list("waybill_id")
        .annotate(scans=ArrayAgg("occurred_at", order_by="occurred_at"))
    )
    parcels: dict[int, list[tuple[Any, ...]]] = defaultdict(list)
    for row in rows:
        parcels[row[0]].append((*row[1:], tuple(scans.get(row[2], ()))))
    return parcels


def _order(row: tuple[Any, ...], lines: tuple[LineFacts, ...], parcels: list[tuple[Any, ...]]) -> OrderFacts:
    pk, amount, refunded, status, placed, paid, to_dispatch, to_deliver, dispatched, handed_over, delivered, _ = row
    return OrderFacts(
        id=pk,
        amount=amount,
        refunded=refunded,
        paid=status != OrderStatus.UNPAID,
        cancelled=status == OrderStatus.CANCELLED,
        completed=status == OrderStatus.COMPLETED,
        placed_at=placed,
        paid_at=paid,
        promised_dispatch_at=to_dispatch,
        promised_delivery_at=to_deliver,
        dispatched_at=dispatched,
        handed_over_at=handed_over,
        delivered_at=delivered,
        lines=lines,
        parcels=tuple(_parcel(parcel, dispatched) for parcel in parcels),
    )


def _parcel(row: tuple[Any, ...], dispatched: Any) -> ParcelFacts:
    uploaded, waybill, account, polled, stage, first_trace, picked_up, moved, out, delivered, scans = row
    return ParcelFacts(
        waybill_id=waybill,
        # Some exports name the number but not when it was uploaded: then the order's dispatch time stands for it.
        uploaded_at=uploaded or dispatched,
        # Until somebody was asked about it or told us of it, its silence proves nothing.
        watched=account is not None and bool(polled or first_trace),
        turned_back=stage in TURNED_BACK,
        first_trace_at=first_trace,
        picked_up_at=picked_up,
        moved_at=moved,
        out_for_delivery_at=out,
        delivered_at=delivered,
        scans=scans,
    )
