"""Facts and terms → clocks with absolute instants. Pure and timeless: nothing here knows what time it is."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from exceptions.deadlines import facts as known
from exceptions.deadlines.facts import OrderFacts, ParcelFacts
from exceptions.deadlines.kinds import Level
from exceptions.deadlines.terms import Term


@dataclass(frozen=True, slots=True)
class ClockDraft:
    """One run of one term; running while `stopped_at` is None."""

    term: Term
    order_id: int
    started_at: datetime
    due_at: datetime
    stopped_at: datetime | None
    penalty: Decimal
    waybill_id: int | None = None
    line_id: int | None = None

    @property
    def warn_at(self) -> datetime:
        """When it starts to be about to break: never before it started, never after it is due."""
        return min(self.due_at, max(self.started_at, self.due_at - self.term.warn))

    @property
    def grave_at(self) -> datetime:
        return self.due_at + self.term.grave

    def level_at(self, now: datetime) -> Level:
        """How far it has come by `now`, or by its stop. Equal is in time: only later than due is broken."""
        reached = now if self.stopped_at is None else min(now, self.stopped_at)
        if reached > self.grave_at:
            return Level.GRAVE
        if reached > self.due_at:
            return Level.BROKEN
        return Level.SOON if reached > self.warn_at else Level.CALM


ORDER_MOMENTS: dict[str, Callable[[OrderFacts], datetime | None]] = {
    "placed": lambda order: order.placed_at,
    "paid": lambda order: order.paid_at or order.placed_at,
    "uploaded": known.uploaded_at,
    "handed_over": known.handed_over_at,
    "delivered": known.delivered_at,
}

PARCEL_MOMENTS: dict[str, Callable[[ParcelFacts], datetime | None]] = {
    "uploaded": lambda parcel: parcel.uploaded_at,
    "first_trace": lambda parcel: parcel.first_trace_at,
    "picked_up": known.parcel_picked_up_at,
    "moved": lambda parcel: known.earliest((parcel.moved_at, parcel.out_for_delivery_at, parcel.delivered_at)),
    "out_for_delivery": lambda parcel: parcel.out_for_delivery_at,
    "delivered": lambda parcel: parcel.delivered_at,
}

PROMISES: dict[str, Callable[[OrderFacts], datetime | None]] = {
    "": lambda order: None,
    "dispatch": lambda order: order.promised_dispatch_at,
    "delivery": lambda order: order.promised_delivery_at,
}


def judge(order: OrderFacts, terms: tuple[Term, ...]) -> list[ClockDraft]:
    """Return every clock the terms start on this order, running or stopped; none where nothing is owed."""
    if order.void:
        return []
    clocks: list[ClockDraft] = []
    for term in terms:
        if term.subject == "order":
            clocks.extend(_order_clocks(order, term))
        else:
            for parcel in order.parcels:
                clocks.extend(_parcel_clocks(order, parcel, term))
    return clocks


def _order_clocks(order: OrderFacts, term: Term) -> Iterator[ClockDraft]:
    stopped = _all_of([ORDER_MOMENTS[name](order) for name in term.stop])
    if stopped is None and (order.completed or known.delivered_at(order)):
        return  # over, but nobody told when: nothing left to run
    if stopped is None and "delivered" in term.stop and known.unheard(order):
        return  # it may well have arrived
    # Delivered without a word of hand-over: the promise can still be judged.
    started = ORDER_MOMENTS[term.start](order) or stopped
    if started is None:
        return
    promised = PROMISES[term.promise](order)
    lines = [line for line in order.lines if line.promised_dispatch_at] if term.promise == "dispatch" else []
    for line in lines:
        if line.promised_dispatch_at:
            yield _clock(order, term, started, line.promised_dispatch_at, stopped, line_id=line.id)
    if not lines and promised:
        yield _clock(order, term, started, promised, stopped, waybill_id=_only_parcel(order, term))
    elif not lines and term.lasts:
        yield _clock(order, term, started, started + term.lasts, stopped)


def _only_parcel(order: OrderFacts, term: Term) -> int | None:
    """An order's delivery is its parcel's where there is just one: both then make one case, not two."""
    if term.promise == "delivery" and len(order.owed_parcels) == 1:
        return order.owed_parcels[0].waybill_id
    return None


def _parcel_clocks(order: OrderFacts, parcel: ParcelFacts, term: Term) -> Iterator[ClockDraft]:
    if not parcel.watched or (parcel.extra and term.start == "uploaded"):
        return
    if term.gap:
        yield from _gap_clocks(order, parcel, term)
        return
    started = PARCEL_MOMENTS[term.start](parcel)
    stopped = _all_of([PARCEL_MOMENTS[name](parcel) for name in term.stop])
    if started is None or term.lasts is None or (stopped is None and (parcel.turned_back or order.completed)):
        return
    # A number uploaded after the carrier had the goods was never late.
    stopped = max(started, stopped) if stopped else None
    yield _clock(order, term, started, started + term.lasts, stopped, waybill_id=parcel.waybill_id)


def _gap_clocks(order: OrderFacts, parcel: ParcelFacts, term: Term) -> Iterator[ClockDraft]:
    """One clock for each silence that came near the limit, and one for the silence that lasts."""
    start = PARCEL_MOMENTS[term.start](parcel)
    end = known.earliest(PARCEL_MOMENTS[name](parcel) for name in term.stop)
    if start is None or term.lasts is None:
        return
    scans = sorted({scan for scan in parcel.scans if scan >= start and (end is None or scan <= end)})
    ends: list[datetime | None] = [*scans[1:]]
    if not (end or parcel.turned_back or order.completed):
        ends.append(None)  # the last silence still lasts
    for scan, following in zip(scans, ends, strict=False):
        clock = _clock(order, term, scan, scan + term.lasts, following, waybill_id=parcel.waybill_id)
        if following is None or following > clock.warn_at:
            yield clock


def _clock(
    order: OrderFacts,
    term: Term,
    started: datetime,
    due: datetime,
    stopped: datetime | None,
    *,
    waybill_id: int | None = None,
    line_id: int | None = None,
) -> ClockDraft:
    return ClockDraft(
        term, order.id, started, due, stopped, term.penalty(order.amount), waybill_id=waybill_id, line_id=line_id
    )


def _all_of(instants: list[datetime | None]) -> datetime | None:
    """The instant by which all have happened; None while one is missing."""
    if not instants or None in instants:
        return None
    return max(instant for instant in instants if instant)
