"""What went wrong with an order, as scans or people tell it: since when, and when it was over. Pure.

A rule says how soon each kind has to be dealt with; this says what there is to deal with. Facts alone decide, so that it
heals, comes back and is back-tested like any limit.
"""

from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from exceptions.deadlines.facts import OrderFacts, ParcelFacts, Sign, earliest
from exceptions.deadlines.kinds import Kind
from shipments.doubts import Doubt
from shipments.moments import Moments

# What each contradiction of a track comes to. A signature that the track itself belies is one the buyer will dispute; a number
# of another carrier, or on orders of several buyers, was typed wrong; the rest only says that the track is not to be believed.
DOUBTED: Final = {
    Doubt.MOVED_ON.value: Kind.FALSE_DELIVERY,
    Doubt.ELSEWHERE.value: Kind.FALSE_DELIVERY,
    Doubt.SHARED.value: Kind.WRONG_NUMBER,
    Doubt.OTHER_CARRIER.value: Kind.WRONG_NUMBER,
    Doubt.EARLY.value: Kind.CONTRADICTION,
    Doubt.JUMPED.value: Kind.CONTRADICTION,
}
# orders.models.Dispatch.Refusal: a number that is none. A carrier we do not know is no fault of the number, but a blind spot.
REFUSED_NUMBER: Final = "malformed_number"
# What the carrier owes us whatever became of the order.
OF_CARRIER: Final = frozenset({Kind.DAMAGE, Kind.LOSS})
# What people may tell; that a track contradicts itself only the track tells.
TOLD_BY_PEOPLE: Final = (
    Kind.FAILED_DELIVERY,
    Kind.REFUSED,
    Kind.DAMAGE,
    Kind.LOSS,
    Kind.MISDELIVERY,
    Kind.FALSE_DELIVERY,
    Kind.WRONG_NUMBER,
)


@dataclass(frozen=True, slots=True)
class Trouble:
    """One thing gone wrong, of a parcel or (`waybill_id` None) the order as a whole; `over_at` None = it still is."""

    kind: Kind
    waybill_id: int | None
    began_at: datetime
    over_at: datetime | None = None


def signs(
    told: Moments,
    doubts: Collection[str],
    *,
    uploaded_at: datetime | None,
    first_trace_at: datetime | None,
    picked_up_at: datetime | None,
    delivered_at: datetime | None,
) -> tuple[Sign, ...]:
    """Return what the track of one number says went wrong. Nothing for most, at next to no cost."""
    found = []
    if told.attempt_failed_at:
        # Left at a station by the very scan that tells of the attempt: nobody has to try again.
        station = told.at_station_at
        parked = station if station and station >= told.attempt_failed_at else None
        over = earliest((told.retried_at, parked))
        found.append(Sign(Kind.FAILED_DELIVERY, told.attempt_failed_at, over))
    # Stopped on our own order (拦截) it comes back as it should.
    if told.returning_at and not (told.intercepted_at and told.intercepted_at <= told.returning_at):
        found.append(Sign(Kind.REFUSED, told.returning_at))
    if told.damaged_at:
        found.append(Sign(Kind.DAMAGE, told.damaged_at))
    if told.lost_at:
        found.append(Sign(Kind.LOSS, told.lost_at, told.found_at))
    for doubt in doubts:
        kind = DOUBTED.get(doubt)
        since = {
            Kind.FALSE_DELIVERY: delivered_at,
            Kind.WRONG_NUMBER: first_trace_at or uploaded_at,
            Kind.CONTRADICTION: told.last_pickup_at or picked_up_at,
        }
        at = since.get(kind) if kind else None
        if kind and at:
            found.append(Sign(kind, at))
    return tuple(found)


def troubles(order: OrderFacts) -> list[Trouble]:
    """Return what went wrong with the order, each once a kind, parcel and beginning, over or not."""
    if not (order.reports or order.unbooked or any(parcel.signs for parcel in order.parcels)):
        return []
    found: dict[tuple[Kind, int | None, datetime], Trouble] = {}
    for one in (*_by_track(order), *_by_number(order), *_by_people(order)):
        key = (one.kind, one.waybill_id, one.began_at)
        former = found.get(key)
        # Told by two, it is over once neither says that it still is.
        if former is None or (former.over_at and (one.over_at is None or one.over_at > former.over_at)):
            found[key] = one
    return list(found.values())


def _by_track(order: OrderFacts) -> Iterator[Trouble]:
    """What scans tell; where nothing is owed any more, or the buyer said all is well, only what the carrier owes us."""
    for parcel in order.parcels:
        for sign in parcel.signs:
            if order.completed or (order.void and sign.kind not in OF_CARRIER):
                continue
            over = earliest((sign.over_at, _healed(sign.kind, order, [parcel], sign.at)))
            yield Trouble(sign.kind, parcel.waybill_id, sign.at, over)


def _by_number(order: OrderFacts) -> Iterator[Trouble]:
    """A number that is none; beside one that is followed it is the misspelt one that was corrected."""
    since = order.dispatched_at or order.since
    over = order.void or order.completed or order.owed_parcels or order.delivered_at
    if REFUSED_NUMBER in order.unbooked and since and not over:
        yield Trouble(Kind.WRONG_NUMBER, None, since)


def _by_people(order: OrderFacts) -> Iterator[Trouble]:
    """What people say stands, whatever became of the order, until somebody closes it or the facts answer it."""
    for report in order.reports:
        named = [parcel for parcel in order.parcels if parcel.waybill_id == report.waybill_id]
        parcels = named if report.waybill_id else list(order.owed_parcels)
        over = earliest((report.closed_at, _healed(report.kind, order, parcels, report.said_at)))
        yield Trouble(report.kind, report.waybill_id, report.said_at, over)


def _healed(kind: Kind, order: OrderFacts, parcels: Iterable[ParcelFacts], since: datetime) -> datetime | None:
    """When facts told after `since` answer it on all of these parcels; None while they do not.

    A claim is opened for an order (orders.models.Ticket); its own limit takes over.
    """
    if kind in OF_CARRIER:
        claimed = [ticket.opened_at for ticket in order.tickets if ticket.kind == "claim" and ticket.opened_at >= since]
        if claimed:
            return min(claimed)
    if kind is Kind.WRONG_NUMBER:
        uploaded = (parcel.uploaded_at for parcel in order.owed_parcels)
        return earliest(at for at in uploaded if at and at > since)
    heals = HEALS.get(kind)
    ends = [earliest(at for at in heals(parcel) if at and at > since) for parcel in parcels] if heals else []
    return max((end for end in ends if end), default=None) if all(ends) else None


Instants = tuple[datetime | None, ...]
HEALS: Final[dict[Kind, Callable[[ParcelFacts], Instants]]] = {
    Kind.FAILED_DELIVERY: lambda p: (p.retried_at, p.at_station_at, p.delivered_at, p.returning_at, p.returned_at),
    Kind.REFUSED: lambda p: (p.returned_at, p.delivered_at),
    Kind.LOSS: lambda p: (p.delivered_at, p.returned_at),
    Kind.MISDELIVERY: lambda p: (p.delivered_at, p.returned_at),
    Kind.FALSE_DELIVERY: lambda p: (p.delivered_at, p.returned_at),
}
