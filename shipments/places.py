"""Where a parcel went, as its scans word it: the hubs it lay in, the provinces it passed, and when. Pure.

What a scan does not say is None: a name that two provinces have tells neither, and a scan that names two provinces none.
Chinese wordings only; a track told in English has no hubs.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from operator import itemgetter
from typing import Final

from shipments.plausible import AT_THE_DOOR
from shipments.sites import UNNAMED, Seen, province_of, same_hub, seen
from shipments.status import Stage

__all__ = ["Scan", "Stay", "Way", "province_of", "way"]

# Instant, stage, place and text, as a TrackingEvent has them.
Scan = tuple[datetime, Stage, str, str]

# Handed in late, or of the order alone: no news of where the parcel is now.
_BEFORE: Final = frozenset({Stage.INFO_RECEIVED, Stage.PICKED_UP, Stage.CANCELLED})
_AT_AN_END: Final = AT_THE_DOOR | {Stage.REFUSED, Stage.RETURNED}
# Scanners round to the second, each its own way.
_TOGETHER: Final = timedelta(seconds=1)
_ORDER: Final = {stage: position for position, stage in enumerate(Stage)}


@dataclass(frozen=True, slots=True)
class Stay:
    """A parcel's stay in one hub."""

    # As the carrier writes it; the bare word (处理中心) where it gives no name.
    hub: str
    province: str | None
    # The first scan there, its arrival or not.
    arrived_at: datetime
    # The scan that it left with; where none tells, the first one elsewhere. None = it is there still.
    left_at: datetime | None


@dataclass(frozen=True, slots=True)
class Way:
    """Where a parcel went; instants are those of the scans, None = has not happened or nobody told."""

    stays: tuple[Stay, ...] = ()
    # Each once, in the order first passed, in short form (浙江, 内蒙古).
    provinces: tuple[str, ...] = ()
    # The first scan after the first hub that was surely made in another province than the hub's.
    left_province_at: datetime | None = None

    @property
    def first_hub(self) -> str | None:
        """The first hub's name."""
        return self.stays[0].hub if self.stays else None

    @property
    def first_hub_at(self) -> datetime | None:
        """When the parcel was first seen there, coming or going."""
        return self.stays[0].arrived_at if self.stays else None

    @property
    def first_hub_left_at(self) -> datetime | None:
        """When it left there for the first time."""
        return self.stays[0].left_at if self.stays else None

    @property
    def first_province(self) -> str | None:
        """The first province that a scan was surely made in."""
        return self.provinces[0] if self.provinces else None


def way(scans: Iterable[Scan]) -> Way:
    """Return where the parcel of these scans went; they may come in any order, any number of times."""
    rows: list[_Row] = []
    provinces: dict[str, None] = {}
    left_province_at = None
    for at, stage, told in _ordered(scans):
        if told.province:
            provinces[told.province] = None
        if stage in _BEFORE and not told.hub:
            continue
        _stay(rows, at, stage, told)
        home = rows[0].province if rows else None
        if left_province_at is None and home and told.province and told.province != home:
            left_province_at = at
    stays = tuple(Stay(row.hub, row.province, row.arrived_at, row.left_at) for row in rows)
    return Way(stays, tuple(provinces), left_province_at)


def _ordered(scans: Iterable[Scan]) -> list[tuple[datetime, Stage, Seen]]:
    """By instant; of one instant, what came in stands before what went out, however they were told."""
    rows = []
    for at, stage, place, text in scans:
        told = seen(text, place)
        rows.append((at, told.departing, told.hub, _ORDER[stage], text, place, stage, told))
    rows.sort(key=_BY_CONTENT)
    return [(row[0], row[6], row[7]) for row in rows]


_BY_CONTENT: Final = itemgetter(0, 1, 2, 3, 4, 5)


class _Row:
    """A stay while it is told."""

    __slots__ = ("arrived_at", "hub", "left_at", "province")

    def __init__(self, hub: str, province: str | None, arrived_at: datetime, left_at: datetime | None) -> None:
        self.hub, self.province, self.arrived_at, self.left_at = hub, province, arrived_at, left_at


def _stay(rows: list[_Row], at: datetime, stage: Stage, told: Seen) -> None:
    """Take one more scan into the stays so far."""
    last = rows[-1] if rows else None
    lies = last if last is not None and last.left_at is None else None
    if not told.hub:
        if lies and _elsewhere(lies, stage, told):
            lies.left_at = at
    elif lies and _still(lies, told):
        if told.departing:
            lies.left_at = at
    elif not _late(rows[-2:], at, told):
        if lies:
            lies.left_at = at
        rows.append(_Row(told.hub, told.province, at, at if told.departing else None))


def _elsewhere(lies: _Row, stage: Stage, told: Seen) -> bool:
    """Whether a scan that names no hub shows that the parcel has left the one it lay in."""
    if stage in _AT_AN_END:
        return True
    if told.departing and told.onward:
        return lies.hub not in told.onward  # the way to this hub, handed in late
    if told.departing or (told.province and lies.province and told.province != lies.province):
        return True
    return bool(told.site) and told.site.removesuffix("市") not in lies.hub


def _still(lies: _Row, told: Seen) -> bool:
    """Whether a scan in a hub is of the stay that is not over; an arrival where either hub has no name is another's."""
    return same_hub(lies.hub, told.hub) and not (told.arriving and (told.hub in UNNAMED or lies.hub in UNNAMED))


def _late(before: list[_Row], at: datetime, told: Seen) -> bool:
    """Whether a scan is of a stay that is over: a departure told again or late, work handed in after it."""
    if told.departing:
        return any(same_hub(row.hub, told.hub) for row in before)
    last = before[-1] if before else None
    if last is None or last.left_at is None or not same_hub(last.hub, told.hub):
        return False
    return not told.arriving or at - last.left_at <= _TOGETHER
