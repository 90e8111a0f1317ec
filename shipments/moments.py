"""When what a clock counts from last happened to a parcel: at a station, failed at the door, picked up, on its way back. Pure.

`shipments.status.Progress` tells how a parcel stands; this tells since when, for limits that begin anew each time.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Final

from shipments.status import Cause, Stage

Scan = tuple[datetime, Stage, Cause | None]

FAILED: Final = frozenset({Cause.ATTEMPT_FAILED, Cause.UNREACHABLE, Cause.ADDRESS})
_TRIED: Final = frozenset({Stage.OUT_FOR_DELIVERY, Stage.AVAILABLE_FOR_PICKUP, Stage.DELIVERED})
# Nothing of where it is, or handed in late.
_SILENT: Final = frozenset({Stage.UNKNOWN, Stage.INFO_RECEIVED, Stage.PICKED_UP})
# With a cause these are trouble while it lies at the station, as in the fold of shipments.status.
_OUTWARD: Final = frozenset({Stage.IN_TRANSIT, Stage.CUSTOMS, Stage.OUT_FOR_DELIVERY})
_ORDER: Final = {stage: position for position, stage in enumerate(Stage)}
_CAUSE_ORDER: Final[dict[Cause | None, int]] = {cause: position for position, cause in enumerate((None, *Cause))}


@dataclass(frozen=True, slots=True)
class Moments:
    """Instants as the scans give them; None = has not happened, or nobody told."""

    # The first scan of the newest stay at a station or locker, over or not.
    at_station_at: datetime | None = None
    # The latest scan that tells of an attempt that failed, a recipient nobody reaches, or an address that is none.
    attempt_failed_at: datetime | None = None
    # The first scan after that at which it was taken out again, lay at a station or was delivered.
    retried_at: datetime | None = None
    last_pickup_at: datetime | None = None
    # The refusal nothing was tried after, else the first scan of the way back to the sender; a parcel sent on to another
    # address is not on it.
    returning_at: datetime | None = None
    # The first scan that says it was stopped on somebody's order.
    intercepted_at: datetime | None = None
    damaged_at: datetime | None = None
    # The first scan that says it is lost, and the first after it that shows it somewhere; it may be lost again.
    lost_at: datetime | None = None
    found_at: datetime | None = None


def moments(scans: Iterable[Scan]) -> Moments:
    """Return what the scans of one waybill (any order, any number of repeats) give; instants are those of the scans."""
    station = failed = retried = picked_up = refused = returning = None
    intercepted = damaged = lost = found = None
    at_station = False
    for at, stage, cause in _ordered(scans):
        if stage is Stage.AVAILABLE_FOR_PICKUP:
            station = station if at_station else at
            at_station = True
        elif stage not in _SILENT and not (cause and stage in _OUTWARD):
            at_station = False
        if cause in FAILED:
            failed, retried = at, None
        elif failed and retried is None and stage in _TRIED and (at > failed or stage is not Stage.OUT_FOR_DELIVERY):
            retried = at
        if stage is Stage.PICKED_UP:
            picked_up = at
        elif stage is Stage.RETURNING and cause is not Cause.FORWARDED and returning is None:
            returning = at
        elif returning is None and stage is Stage.REFUSED:
            refused = refused or at
        elif returning is None and stage in _TRIED:
            refused = None
        if cause is Cause.LOST:
            lost, found = (lost, None) if lost and found is None else (at, None)
        elif lost and found is None and stage not in _SILENT and at > lost:
            found = at
        if cause is Cause.DAMAGED:
            damaged = damaged or at
        elif cause is Cause.INTERCEPTED:
            intercepted = intercepted or at
    return Moments(station, failed, retried, picked_up, refused or returning, intercepted, damaged, lost, found)


def _ordered(scans: Iterable[Scan]) -> list[Scan]:
    """By instant; scans of one instant by how far along the way they are, however they were told."""
    ordered = list(scans)
    if all(one[0] < other[0] for one, other in pairwise(ordered)):
        return ordered
    ordered.sort(key=lambda scan: (scan[0], _ORDER[scan[1]], _CAUSE_ORDER[scan[2]]))
    return ordered
