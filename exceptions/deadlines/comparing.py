"""The clocks of one order under two rulebooks → what is flagged by both, or by one of the two. Pure.

Counted is what would be a case: a kind on a parcel, or on the order as a whole, whatever number of clocks speak of it.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, tzinfo
from decimal import Decimal
from operator import attrgetter

from exceptions.deadlines.clocks import ClockDraft
from exceptions.deadlines.kinds import Kind
from exceptions.deadlines.penalties import NOTHING, Due, owed

Unit = tuple[Kind, int | None]
# What stays the same of a clock when only its length changes.
Run = tuple[str, int | None, int | None, int | None, datetime]


@dataclass(frozen=True, slots=True)
class Change:
    """What became of one kind on one parcel (None = the order) in the window; broken before, after, or both times."""

    kind: Kind
    waybill_id: int | None
    # When the limit broke; None = not broken under those rules.
    due_before: datetime | None
    due_after: datetime | None
    penalty_before: Decimal
    penalty_after: Decimal
    # The day it broke, as the shop's calendar has it: under the rules after, where it broke in the window under them.
    day: date

    @property
    def is_new(self) -> bool:
        return self.due_before is None

    @property
    def is_gone(self) -> bool:
        return self.due_after is None

    @property
    def penalty(self) -> Decimal:
        """What it costs under the rules after, or before where it is gone."""
        return self.penalty_before if self.is_gone else self.penalty_after


@dataclass(frozen=True, slots=True)
class Breach:
    """A clock that broke, and what that adds to what the order owes for those before it."""

    due_at: datetime
    unit: Unit
    adds: Decimal


def compare(
    before: Iterable[ClockDraft],
    after: Iterable[ClockDraft],
    since: datetime,
    until: datetime,
    zone: tzinfo,
) -> list[Change]:
    """Return what broke in [since, until) under the rules before, after, or both.

    A limit that is only moved across an edge of the window, before `since` under one of the two, is flagged by both.
    """
    was, would = breaches(before, until), breaches(after, until)
    if not was and not would:
        return []
    mine, theirs = _of_units(was, since), _of_units(would, since)
    return [
        _change(unit, mine.get(unit, []), theirs.get(unit, []), was, would, zone)
        for unit in dict.fromkeys((*theirs, *mine))
    ]


def breaches(clocks: Iterable[ClockDraft], until: datetime) -> dict[Run, Breach]:
    """Return the clocks that broke before `until`, in the order they did, with what each adds to what is owed."""
    broken = [clock for clock in clocks if clock.broke_at is not None and clock.broke_at < until]
    broken.sort(key=attrgetter("due_at"))
    found: dict[Run, Breach] = {}
    dues: list[Due] = []
    total = NOTHING
    for clock in broken:
        dues.append(Due(clock.penalty, clock.term.stack, clock.cap))
        together = owed(dues)
        found[_run(clock)] = Breach(clock.due_at, (clock.kind, clock.waybill_id), together - total)
        total = together
    return found


def _run(clock: ClockDraft) -> Run:
    return clock.term.code, clock.waybill_id, clock.line_id, clock.ticket_id, clock.started_at


def _of_units(found: Mapping[Run, Breach], since: datetime) -> dict[Unit, list[Run]]:
    units: dict[Unit, list[Run]] = defaultdict(list)
    for run, breach in found.items():
        if breach.due_at >= since:
            units[breach.unit].append(run)
    return dict(units)


def _change(
    unit: Unit,
    mine: list[Run],
    theirs: list[Run],
    was: Mapping[Run, Breach],
    would: Mapping[Run, Breach],
    zone: tzinfo,
) -> Change:
    # Where nothing broke in the window: the same runs, which broke before it.
    before = [was[run] for run in mine or theirs if run in was]
    after = [would[run] for run in theirs or mine if run in would]
    in_window = [would[run].due_at for run in theirs] or [was[run].due_at for run in mine]
    kind, waybill_id = unit
    return Change(
        kind,
        waybill_id,
        due_before=_first(before),
        due_after=_first(after),
        penalty_before=_sum(before),
        penalty_after=_sum(after),
        day=min(in_window).astimezone(zone).date(),
    )


def _first(found: list[Breach]) -> datetime | None:
    return min((breach.due_at for breach in found), default=None)


def _sum(found: list[Breach]) -> Decimal:
    return sum((breach.adds for breach in found), NOTHING)
