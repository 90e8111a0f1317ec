"""From the start of a clock to its due instant, and what moved it on the way. Pure; all instants are aware UTC."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import cast

from exceptions.deadlines.facts import OrderFacts, ParcelFacts, uploaded_at
from exceptions.deadlines.rulebook import Rulebook, Waiver, Window
from exceptions.deadlines.terms import Lane, Length, Term
from exceptions.deadlines.worktime import add_working, add_working_days, end_of, end_of_day


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the arithmetic: what moved the due instant to where.

    `how` is one of: promise, lane, window, cut, waiver, filing; `name` says which.
    """

    how: str
    name: str
    due_at: datetime


class NotJudged(Exception):
    """This clock does not run here: `why` is a value of exceptions.explaining.Why, `name` says which lane or waiver."""

    def __init__(self, why: str, name: str = "") -> None:
        super().__init__(why)
        self.why, self.name = why, name


def ends(length: Length, started: datetime, worktime: bool, book: Rulebook) -> datetime:
    """When a clock of this length, started at this instant, is due."""
    if length.lasts is not None:
        return add_working(started, length.lasts, book.week, book.zone) if worktime else started + length.lasts
    if length.days is not None:
        return end_of_day(started, length.days, book.zone, length.at)
    if length.working_days is not None:
        return add_working_days(started, length.working_days, book.zone)
    return end_of(cast(date, length.until), book.zone)


def lane_of(term: Term, book: Rulebook, order: OrderFacts, parcel: ParcelFacts | None) -> Lane | None:
    """The first lane of the term this parcel travels on; where it comes from or goes to is unknown, none fits."""
    if not term.lanes:
        return None
    origin = (parcel.provinces[0] if parcel and parcel.provinces else "") or book.from_province
    to = order.to_province
    regions = book.regions or {}
    return next((lane for lane in term.lanes if _travels(lane, origin, to, regions)), None)


def _travels(lane: Lane, origin: str, to: str, regions: Mapping[str, frozenset[str]]) -> bool:
    """Whether a way from one province to another is on this lane; a province nobody told (blank) is in no region."""
    within = regions.get(lane.within, frozenset()) if lane.within else {origin, to}
    return (
        (not lane.same_province or (origin != "" and origin == to))
        and {origin, to} <= within
        and (not lane.origin or origin in regions.get(lane.origin, ()))
        and (not lane.to or to in regions.get(lane.to, ()))
    )


def due(
    term: Term,
    book: Rulebook,
    order: OrderFacts,
    started: datetime,
    promised: datetime | None = None,
    parcel: ParcelFacts | None = None,
    cut_at: datetime | None = None,
) -> tuple[datetime, tuple[Step, ...]]:
    """Return when it is due, and what moved that from the plain length, in turn. Raises NotJudged."""
    steps: list[Step] = []
    length = term.length
    lane = lane_of(term, book, order, parcel)
    if promised:
        at = promised
        steps.append(Step("promise", term.promise, at))
    else:
        if lane:
            if lane.length is None:
                raise NotJudged("lane", lane_name(lane))
            length = lane.length
        if length is None:
            raise NotJudged("no_length")
        at = ends(length, started, term.worktime, book)
        if lane:
            steps.append(Step("lane", lane_name(lane), at))
    for window in (book.windows or {}).get(term.code, ()):
        at = _opened(window, term, book, order, parcel, started, at, steps)
    if cut_at and term.cut and (sooner := cut_at + term.cut.lasts) < at:
        at = sooner
        steps.append(Step("cut", term.cut.on, at))
    unwaived = at  # the limit that a notice speaks of, whatever another grants
    for waiver in book.waivers:
        if waiver.covers(term) and applies(waiver, book, order, parcel, unwaived):
            if waiver.until is None:
                raise NotJudged("waiver", waiver.name)
            if waiver.until > at:
                at = waiver.until
                steps.append(Step("waiver", waiver.name, at))
    for filing in order.filings:
        if term.kind is not None and filing.kind == term.kind.value:
            if filing.new_due_at is None:
                raise NotJudged("filing")
            if filing.new_due_at > at:
                at = filing.new_due_at
                steps.append(Step("filing", "", at))
    return at, tuple(steps)


def _opened(
    window: Window,
    term: Term,
    book: Rulebook,
    order: OrderFacts,
    parcel: ParcelFacts | None,
    started: datetime,
    at: datetime,
    steps: list[Step],
) -> datetime:
    uploaded = parcel.uploaded_at if parcel else uploaded_at(order)
    keyed = {"paid": order.since, "placed": order.placed_at, "uploaded": uploaded}[window.by]
    if keyed is None or not window.opens <= keyed <= window.closes:
        return at
    if window.goods and order.goods not in window.goods:
        return at
    other = ends(window.length, started, term.worktime, book)
    if other == at or (window.later_wins and other < at):
        return at
    steps.append(Step("window", window.name, other))
    return other


def applies(waiver: Waiver, book: Rulebook, order: OrderFacts, parcel: ParcelFacts | None, due_at: datetime) -> bool:
    """Whether a waiver is for this order or parcel: by its time, and by where it comes from, goes to or passes."""
    keyed = {"paid": order.since, "placed": order.placed_at, "due": due_at}[waiver.by]
    if keyed is None or not waiver.opens <= keyed <= waiver.closes:
        return False
    if not waiver.areas:
        return True
    places: list[str] = []
    if "sender" in waiver.places:
        places += [*book.from_places, book.from_province]
    if "receiver" in waiver.places:
        places += [*order.to_places, order.to_province]
    if "transit" in waiver.places:
        for each in (parcel,) if parcel else order.parcels:
            places += each.provinces
            places += [stay.hub for stay in each.stays]
    return any(SUFFIX.sub("", area) in place for area in waiver.areas for place in places if place)


# What a notice writes behind a province (河南省, 广西壮族自治区) and scans leave out; behind a city it tells it from others.
SUFFIX = re.compile(r"(?<=.)(省|(壮族|回族|维吾尔)?自治区|(?<=北京|天津|上海|重庆)市|特别行政区)$")


def lane_name(lane: Lane) -> str:
    """A lane in a word: the region it is about, or "same_province"."""
    return "same_province" if lane.same_province else lane.within or lane.to or lane.origin
