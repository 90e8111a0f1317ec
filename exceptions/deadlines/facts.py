"""What is known of an order, as rules read it. Pure: no clock is asked here, no database, no network.

All instants are aware UTC datetimes. A missing instant means: has not happened, or nobody told us.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from enum import Enum
from typing import Any

from exceptions.deadlines.kinds import Kind


@dataclass(frozen=True, slots=True)
class Sign:
    """Something a parcel's track says went wrong; `over_at` where the track itself says that it is over."""

    kind: Kind
    at: datetime
    over_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class ReportFacts:
    """Something a person or another system said went wrong; `waybill_id` None = with the order as a whole."""

    kind: Kind
    waybill_id: int | None
    said_at: datetime
    closed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class LineFacts:
    id: int
    # Only where the platform promises by sub-order.
    promised_dispatch_at: datetime | None = None
    sku: str = ""
    category: str = ""
    amount: Decimal | None = None


@dataclass(frozen=True, slots=True)
class StayFacts:
    """One stay in one hub; `left_at` None = still there, as far as anybody told."""

    hub: str
    arrived_at: datetime
    left_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class ParcelFacts:
    """One parcel of the order, from the upload of its number to its end, over all numbers it travels under."""

    waybill_id: int
    # Code of the company.
    carrier: str = ""
    # Sent after (补寄): it changes nothing about when the order was dispatched or whether it has arrived.
    extra: bool = False
    uploaded_at: datetime | None = None
    # Whether anybody has been asked about it: the silence of an unwatched parcel proves nothing.
    watched: bool = True
    # Whether there is an account that can be asked.
    followed: bool = True
    # Waybill finished otherwise than by delivery: refused, returning, returned, cancelled.
    turned_back: bool = False
    first_trace_at: datetime | None = None
    picked_up_at: datetime | None = None
    # Where there are several pickup scans, platforms count the last.
    last_pickup_at: datetime | None = None
    # First scan at a hub, or any later one: the parcel left the outlet that picked it up.
    moved_at: datetime | None = None
    out_for_delivery_at: datetime | None = None
    delivered_at: datetime | None = None
    at_station_at: datetime | None = None
    attempt_failed_at: datetime | None = None
    retried_at: datetime | None = None
    returning_at: datetime | None = None
    returned_at: datetime | None = None
    # Where its way led, read from its scans: provinces in short form (浙江), in the order it passed them.
    first_hub_at: datetime | None = None
    left_first_hub_at: datetime | None = None
    left_province_at: datetime | None = None
    stays: tuple[StayFacts, ...] = ()
    provinces: tuple[str, ...] = ()
    # Instants of all scans, oldest first.
    scans: tuple[datetime, ...] = ()
    # What its track says went wrong (exceptions.deadlines.troubles).
    signs: tuple[Sign, ...] = ()


@dataclass(frozen=True, slots=True)
class TicketFacts:
    """Something that somebody has to answer; `steps` by name (orders.models.TicketStep)."""

    id: int
    kind: str
    opened_at: datetime
    # The limit printed on it.
    due_at: datetime | None = None
    closed_at: datetime | None = None
    steps: Mapping[str, datetime] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class FilingFacts:
    """A filing (报备) the platform accepted: limits of this kind fall later, or away where it names no new one."""

    kind: str
    filed_at: datetime
    answered_at: datetime
    new_due_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class OrderFacts:
    id: int
    # A value of orders.models.Goods; blank = ordinary.
    goods: str = ""
    amount: Decimal = Decimal(0)
    refunded: Decimal = Decimal(0)
    # The platform counts it as paid, whether or not the source tells when.
    paid: bool = True
    cancelled: bool = False
    completed: bool = False
    # The platform counts it as dispatched, whether or not the source tells when.
    sent: bool = False
    placed_at: datetime | None = None
    paid_at: datetime | None = None
    promised_dispatch_at: datetime | None = None
    promised_delivery_at: datetime | None = None
    dispatched_at: datetime | None = None
    handed_over_at: datetime | None = None
    delivered_at: datetime | None = None
    lines: tuple[LineFacts, ...] = ()
    parcels: tuple[ParcelFacts, ...] = ()
    # Numbers told that are no parcel: why each was refused (orders.models.Dispatch.Refusal), blank = still to be booked.
    unbooked: tuple[str, ...] = ()
    tickets: tuple[TicketFacts, ...] = ()
    filings: tuple[FilingFacts, ...] = ()
    reports: tuple[ReportFacts, ...] = ()
    # Where it goes, as the order tells it (湖南省, 长沙市), and the province in short form (湖南).
    to_places: tuple[str, ...] = ()
    to_province: str = ""

    # Told once, as every rule asks for them: the parcels the order was dispatched with, and whether nothing is owed (unpaid,
    # cancelled, or wholly refunded).
    owed_parcels: tuple[ParcelFacts, ...] = field(init=False, default=())
    void: bool = field(init=False, default=False)

    @property
    def since(self) -> datetime | None:
        """The instant that says which version of the rules applies: paid, else placed."""
        return self.paid_at or self.placed_at

    def __post_init__(self) -> None:
        object.__setattr__(self, "owed_parcels", tuple(parcel for parcel in self.parcels if not parcel.extra))
        void = not self.paid or self.cancelled or (0 < self.amount <= self.refunded)
        object.__setattr__(self, "void", void)


class Progress(Enum):
    """Where an order stands, derived from facts."""

    NOT_OWED = "not_owed"
    AWAITING_HANDOVER = "awaiting_handover"
    IN_TRANSIT = "in_transit"
    DELIVERED = "delivered"


def joined(parcel: ParcelFacts, onward: Sequence[ParcelFacts], homeward: Sequence[ParcelFacts]) -> ParcelFacts:
    """Return a parcel as one over the numbers it travels on under, oldest first; the newest decides where it is.

    A number it comes back under ends the way to the buyer, whatever its scans say.
    """
    later = (*onward, *homeward)
    if not later:
        return parcel
    newest = onward[-1] if onward else parcel
    return replace(
        parcel,
        watched=any(leg.watched for leg in (parcel, *later)),
        followed=any(leg.followed for leg in (parcel, *later)),
        turned_back=bool(homeward) or newest.turned_back,
        moved_at=earliest([parcel.moved_at, *(leg.first_trace_at for leg in later)]),
        out_for_delivery_at=newest.out_for_delivery_at,
        delivered_at=newest.delivered_at,
        at_station_at=newest.at_station_at,
        attempt_failed_at=newest.attempt_failed_at,
        retried_at=newest.retried_at,
        returning_at=earliest([parcel.returning_at, *(leg.first_trace_at or leg.uploaded_at for leg in homeward)]),
        returned_at=homeward[-1].delivered_at if homeward else newest.returned_at,
        stays=tuple(stay for leg in (parcel, *later) for stay in leg.stays),
        provinces=tuple(dict.fromkeys(place for leg in (parcel, *later) for place in leg.provinces)),
        left_province_at=earliest([parcel.left_province_at, *(leg.left_province_at for leg in later)]),
        left_first_hub_at=earliest([parcel.left_first_hub_at, *(leg.first_trace_at for leg in later)]),
        scans=tuple(sorted({scan for leg in (parcel, *later) for scan in leg.scans})),
        signs=_signs_of([parcel, *onward], homeward),
    )


def _signs_of(onward: Sequence[ParcelFacts], homeward: Sequence[ParcelFacts]) -> tuple[Sign, ...]:
    """What went wrong under any number; to travel on under another is the end of it, unless the goods are damaged.

    Of the way home only damage and loss are anybody's trouble.
    """
    lasting = (Kind.DAMAGE, Kind.LOSS)
    legs = [*onward, *homeward]
    signs: list[Sign] = []
    for number, leg in enumerate(legs):
        following = [later.first_trace_at or later.uploaded_at for later in legs[number + 1 :]]
        for sign in leg.signs:
            if number < len(onward):
                ends = [] if sign.kind is Kind.DAMAGE or sign.kind is Kind.REFUSED else following
                signs.append(replace(sign, over_at=earliest([sign.over_at, *ends])) if ends else sign)
            elif sign.kind in lasting:
                signs.append(sign)
    return tuple(signs)


def uploaded_at(facts: OrderFacts) -> datetime | None:
    """First instant the platform was told a waybill number, else the platform's own dispatch time.

    Where neither is told, a hand-over or pickup proves that there was a number by then.
    """
    told = earliest([*(parcel.uploaded_at for parcel in facts.owed_parcels), facts.dispatched_at])
    return told or facts.handed_over_at or earliest(map(parcel_picked_up_at, facts.owed_parcels))


def parcel_picked_up_at(parcel: ParcelFacts) -> datetime | None:
    """The pickup scan; where none was told, the first later scan proves it."""
    return earliest((parcel.picked_up_at, parcel.moved_at, parcel.out_for_delivery_at, parcel.delivered_at))


def brought_at(parcel: ParcelFacts) -> datetime | None:
    """When it was with the buyer, or left at a station or locker for them to collect."""
    return earliest((parcel.at_station_at, parcel.delivered_at))


def unheard(facts: OrderFacts) -> bool:
    """Nobody could have told us of a delivery: no parcel was asked about, and the source speaks of no hand-over."""
    return facts.handed_over_at is None and not any(parcel.watched for parcel in facts.owed_parcels)


def handed_over_at(facts: OrderFacts) -> datetime | None:
    """When the carrier had the goods: the source's word, else the first pickup scan.

    Where nobody watches the parcels, the dispatch the platform reports is all there is to go by.
    """
    known = facts.handed_over_at or earliest(map(parcel_picked_up_at, facts.owed_parcels))
    if known or any(parcel.watched for parcel in facts.owed_parcels):
        return known
    return uploaded_at(facts)


def delivered_at(facts: OrderFacts) -> datetime | None:
    """When the buyer had everything: the source's word, else the last parcel's delivery once all are delivered."""
    if facts.delivered_at:
        return facts.delivered_at
    ends = [parcel.delivered_at for parcel in facts.owed_parcels]
    if not ends or None in ends:
        return None
    return max(end for end in ends if end)


def progress(facts: OrderFacts) -> Progress:
    """Where the order stands; delivery proves hand-over, whatever the dates in between say."""
    if facts.cancelled or (0 < facts.amount <= facts.refunded):
        return Progress.NOT_OWED
    if facts.completed or delivered_at(facts):
        return Progress.DELIVERED
    return Progress.IN_TRANSIT if handed_over_at(facts) else Progress.AWAITING_HANDOVER


def earliest(instants: Iterable[datetime | None]) -> datetime | None:
    """The earliest of the instants that are known."""
    told = [instant for instant in instants if instant]
    return min(told) if told else None


PARCEL_INSTANTS = tuple(name for name in ParcelFacts.__dataclass_fields__ if name.endswith("_at"))


def as_of(facts: OrderFacts, at: datetime) -> OrderFacts:
    """The same order as the facts up to and including `at` show it.

    Promises are kept whatever their date (they were made when the order was), and so is being paid or cancelled, which
    sources do not date. What the platform calls completed or dispatched is taken back: only dated facts speak of a past
    instant.
    """

    def known(instant: datetime | None) -> datetime | None:
        return instant if instant and instant <= at else None

    def instants(parcel: ParcelFacts) -> dict[str, Any]:
        return {name: known(getattr(parcel, name)) for name in PARCEL_INSTANTS}

    parcels = tuple(
        replace(
            parcel,
            **instants(parcel),
            turned_back=parcel.turned_back and all(scan <= at for scan in parcel.scans),
            stays=tuple(replace(stay, left_at=known(stay.left_at)) for stay in parcel.stays if stay.arrived_at <= at),
            scans=tuple(scan for scan in parcel.scans if scan <= at),
            signs=tuple(replace(sign, over_at=known(sign.over_at)) for sign in parcel.signs if sign.at <= at),
        )
        for parcel in facts.parcels
        if parcel.uploaded_at is None or parcel.uploaded_at <= at
    )
    tickets = tuple(
        replace(
            ticket,
            closed_at=known(ticket.closed_at),
            steps={name: instant for name, instant in ticket.steps.items() if instant <= at},
        )
        for ticket in facts.tickets
        if ticket.opened_at <= at
    )
    return replace(
        facts,
        completed=False,
        sent=False,
        paid_at=known(facts.paid_at),
        dispatched_at=known(facts.dispatched_at),
        handed_over_at=known(facts.handed_over_at),
        delivered_at=known(facts.delivered_at),
        parcels=parcels,
        tickets=tickets,
        filings=tuple(filing for filing in facts.filings if filing.answered_at <= at),
        reports=tuple(
            replace(report, closed_at=known(report.closed_at)) for report in facts.reports if report.said_at <= at
        ),
    )
