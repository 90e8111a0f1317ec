"""What happened to a parcel, in one vocabulary: stages, causes, and the fold from events to progress. Pure.

The fold sorts what it is given and drops what it was told twice, so it yields the same progress whatever order
events arrive in and however often.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from django.utils.translation import gettext_lazy as _

from shipops.kit.choices import Choice


class Stage(Choice):
    """Where a parcel is on its way; the way home counts too."""

    UNKNOWN = "unknown", _("Unknown")
    INFO_RECEIVED = "info_received", _("Awaiting pickup")
    PICKED_UP = "picked_up", _("Picked up")
    IN_TRANSIT = "in_transit", _("In transit")
    CUSTOMS = "customs", _("At customs")
    OUT_FOR_DELIVERY = "out_for_delivery", _("Out for delivery")
    AVAILABLE_FOR_PICKUP = "available_for_pickup", _("Waiting to be collected"), "soon"
    DELIVERED = "delivered", _("Delivered"), "kept"
    REFUSED = "refused", _("Refused"), "broken"
    RETURNING = "returning", _("Returning"), "soon"
    RETURNED = "returned", _("Returned")
    CANCELLED = "cancelled", _("Cancelled")


class Cause(Choice):
    """What hinders a parcel; a blank cause means nothing does."""

    ATTEMPT_FAILED = "attempt_failed", _("Delivery attempt failed"), "broken"
    UNREACHABLE = "unreachable_recipient", _("Recipient unreachable"), "broken"
    ADDRESS = "address_problem", _("Address problem"), "broken"
    REFUSED = "refused", _("Refused by the recipient"), "broken"
    DAMAGED = "damaged", _("Damaged"), "grave"
    LOST = "lost", _("Lost"), "grave"
    DELAYED = "delayed", _("Delayed by the carrier"), "soon"
    WEATHER = "weather", _("Weather or disaster"), "soon"
    INTERCEPTED = "intercepted", _("Intercepted"), "soon"
    FORWARDED = "forwarded", _("Forwarded"), "soon"
    UNCOLLECTED = "uncollected", _("Not collected in time"), "broken"
    OUT_OF_AREA = "out_of_area", _("Outside the delivery area"), "broken"
    CUSTOMS_HELD = "customs_held", _("Held at customs"), "broken"
    NO_RECORD = "no_record", _("Carrier has no record"), "broken"
    CONTRADICTION = "contradiction", _("The track contradicts itself"), "broken"
    OTHER = "exception_other", _("Other problem"), "broken"


STAGES = {stage.value: stage for stage in Stage}
CAUSES = {cause.value: cause for cause in Cause}


class Event(NamedTuple):
    """One scan as read from an answer. `occurred_at` is aware UTC; `position` counts oldest first in its answer.

    A tuple and not a dataclass: recording makes one of every scan of every touched waybill, in a third of the time.
    """

    occurred_at: datetime
    position: int
    stage: Stage
    cause: Cause | None
    text: str
    place: str = ""
    code: str = ""
    # Which evidence read it (shipments.reading); blank = nothing did.
    rule: str = ""


@dataclass(frozen=True, slots=True)
class Progress:
    """What the events of one waybill come to; instants are aware UTC, None = has not happened."""

    stage: Stage = Stage.UNKNOWN
    cause: Cause | None = None
    first_trace_at: datetime | None = None
    picked_up_at: datetime | None = None
    moved_at: datetime | None = None
    out_for_delivery_at: datetime | None = None
    delivered_at: datetime | None = None
    returned_at: datetime | None = None
    last_event_at: datetime | None = None
    last_text: str = ""
    event_count: int = 0
    # Values of shipments.doubts.Doubt, in the order of its declaration.
    doubts: tuple[str, ...] = ()


# How far along the way out; what is not here is an end or a way back.
_RANK = {
    Stage.UNKNOWN: 0,
    Stage.INFO_RECEIVED: 1,
    Stage.PICKED_UP: 2,
    Stage.IN_TRANSIT: 3,
    Stage.CUSTOMS: 3,
    Stage.OUT_FOR_DELIVERY: 4,
    Stage.AVAILABLE_FOR_PICKUP: 5,
}
_ORDER = {stage: position for position, stage in enumerate(Stage)}
_IN_HAND = frozenset(Stage) - {Stage.UNKNOWN, Stage.INFO_RECEIVED, Stage.CANCELLED}
# A signature can be followed by the truth: parked at a station, refused, sent back. Nothing else moves it.
_AFTER_DELIVERY = frozenset({Stage.AVAILABLE_FOR_PICKUP, Stage.REFUSED, Stage.RETURNING, Stage.RETURNED})
# A delivery attempt that failed after a "signature" shows that nobody had signed.
_FAILED_ATTEMPT = frozenset({Cause.ATTEMPT_FAILED, Cause.UNREACHABLE, Cause.ADDRESS, Cause.REFUSED})
_AFTER_REFUSAL = frozenset({
    Stage.OUT_FOR_DELIVERY, Stage.AVAILABLE_FOR_PICKUP, Stage.DELIVERED, Stage.RETURNING, Stage.RETURNED,
})  # fmt: skip
# Work at the outlet that picked the parcel up is not movement yet.
_HANDLING = re.compile("打包|装袋|称重|集包|封袋|装包")
_DEPARTING = re.compile("发往|发出|离开|下一站|送往|发车|装车|起飞")


def fold(events: Iterable[Event]) -> Progress:
    """Return the progress that `events` (any order, any number of repeats) come to."""
    ordered = _ordered(events)
    if not ordered:
        return Progress()
    stage, cause = Stage.UNKNOWN, None
    out_at = delivered_at = returned_at = None
    for event in ordered:
        before = stage
        stage, cause = _step(stage, cause, event)
        if stage is Stage.OUT_FOR_DELIVERY and out_at is None:
            out_at = event.occurred_at
        if stage is before:
            continue
        if stage is Stage.DELIVERED:
            delivered_at = event.occurred_at
        elif stage is Stage.RETURNED:
            returned_at = event.occurred_at
        elif before is Stage.DELIVERED and stage not in (Stage.RETURNING, Stage.RETURNED):
            delivered_at = None
    picked_up, moved = _departure(ordered)
    return Progress(
        stage=stage,
        cause=cause,
        first_trace_at=ordered[0].occurred_at,
        picked_up_at=picked_up.occurred_at if picked_up else None,
        moved_at=moved.occurred_at if moved else None,
        out_for_delivery_at=out_at,
        delivered_at=delivered_at,
        returned_at=returned_at,
        last_event_at=ordered[-1].occurred_at,
        last_text=ordered[-1].text,
        event_count=len(ordered),
    )


def _sort_key(event: Event) -> tuple[datetime, int, int, str, str, str, str]:
    cause = event.cause.value if event.cause else ""
    return (event.occurred_at, event.position, _ORDER[event.stage], event.text, cause, event.code, event.place)


def _ordered(events: Iterable[Event]) -> list[Event]:
    """Sort by instant, then by place in the answer; an instant told twice with the same text is one event."""
    told: set[tuple[datetime, str]] = set()
    kept = []
    for event in sorted(events, key=_sort_key):
        key = (event.occurred_at, event.text)
        if key not in told:
            told.add(key)
            kept.append(event)
    return kept


def _step(stage: Stage, cause: Cause | None, event: Event) -> tuple[Stage, Cause | None]:
    """Return stage and cause after one more event."""
    new = event.stage
    if stage is Stage.DELIVERED:
        if new in _AFTER_DELIVERY:
            return new, event.cause
        return (Stage.OUT_FOR_DELIVERY, event.cause) if event.cause in _FAILED_ATTEMPT else (stage, cause)
    if stage is Stage.RETURNED:
        return stage, cause
    if new is Stage.UNKNOWN:
        return stage, event.cause or cause
    if stage is Stage.RETURNING and cause is not Cause.FORWARDED:
        return _homeward(stage, cause, event)
    if stage is Stage.REFUSED and new not in _AFTER_REFUSAL:
        return stage, event.cause or cause
    if stage is Stage.CANCELLED and new is Stage.INFO_RECEIVED:
        return stage, cause
    return _outward(stage, cause, event)


def _homeward(stage: Stage, cause: Cause | None, event: Event) -> tuple[Stage, Cause | None]:
    """On the way back every scan is part of the way back; who signs is the sender."""
    if event.stage in (Stage.DELIVERED, Stage.RETURNED):
        return Stage.RETURNED, None
    return stage, event.cause or cause


def _outward(stage: Stage, cause: Cause | None, event: Event) -> tuple[Stage, Cause | None]:
    """On the way out: trouble never lowers the stage, progress lifts the trouble."""
    new = event.stage
    here, there = _RANK.get(stage), _RANK.get(new)
    if here is None or there is None:
        return new, event.cause
    if there < here and (event.cause or there <= _RANK[Stage.PICKED_UP]):
        # A late or second pickup scan is no way back, and an order notice is no progress.
        return stage, event.cause or (cause if new is Stage.INFO_RECEIVED else None)
    return new, event.cause


def _departure(ordered: list[Event]) -> tuple[Event | None, Event | None]:
    """Return the scan that shows the carrier has the parcel, and the first one that shows it moved."""
    start = next((i for i, event in enumerate(ordered) if event.stage is Stage.PICKED_UP), None)
    if start is None:
        start = next((i for i, event in enumerate(ordered) if event.stage in _IN_HAND), None)
    if start is None:
        return None, None
    moved = next((event for event in ordered[start + 1 :] if _moves(event)), None)
    if moved is None and ordered[start].stage is not Stage.PICKED_UP and _moves(ordered[start]):
        moved = ordered[start]
    return ordered[start], moved


def _moves(event: Event) -> bool:
    if event.stage not in _IN_HAND or event.stage is Stage.PICKED_UP:
        return False
    return not _HANDLING.search(event.text) or bool(_DEPARTING.search(event.text))


_TOLD_BY_STAGE = frozenset({Stage.DELIVERED, Stage.REFUSED, Stage.RETURNING, Stage.RETURNED})
_TOLD_BY_CAUSE = {
    Cause.WEATHER: Cause.DELAYED.value,
    Cause.UNCOLLECTED: Cause.OTHER.value,
    Cause.OUT_OF_AREA: Cause.OTHER.value,
    Cause.NO_RECORD: Cause.OTHER.value,
    Cause.CUSTOMS_HELD: Stage.CUSTOMS.value,
}


def word(stage: Stage, cause: Cause | None) -> str:
    """Return stage and cause as one word, for people and programs that want one (in_transit, attempt_failed, …)."""
    if cause is Cause.CONTRADICTION:
        return "conflict"  # no stage of such a track is to be trusted, a signature least of all
    if stage in _TOLD_BY_STAGE:
        return str(stage.value)
    if stage is Stage.CANCELLED:
        return Cause.OTHER.value
    if cause is None or cause is Cause.FORWARDED:
        return str(stage.value)
    return _TOLD_BY_CAUSE.get(cause, str(cause.value))
