"""A clock as the rules make it out of facts, and a rule's silence where they make none. Pure; all instants are aware UTC."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import cast

from exceptions.deadlines.kinds import Kind, Level
from exceptions.deadlines.lengths import Step
from exceptions.deadlines.terms import Term


@dataclass(frozen=True, slots=True)
class ClockDraft:
    """One run of one term; running while `stopped_at` is None."""

    term: Term
    order_id: int
    started_at: datetime
    # When it starts to be about to break: never before it started, never after it is due.
    warn_at: datetime
    due_at: datetime
    grave_at: datetime
    stopped_at: datetime | None
    penalty: Decimal
    # The most its stack may come to on this order; None = the stack pays once.
    cap: Decimal | None = None
    waybill_id: int | None = None
    line_id: int | None = None
    ticket_id: int | None = None
    # What moved the due instant from the plain length.
    steps: tuple[Step, ...] = ()

    @property
    def kind(self) -> Kind:
        """The kind of case it opens; judged are only terms that name one."""
        return cast(Kind, self.term.kind)

    @property
    def broke_at(self) -> datetime | None:
        """The instant it broke or will break; None where it was kept."""
        return None if self.stopped_at and self.stopped_at <= self.due_at else self.due_at

    def level_at(self, now: datetime) -> Level:
        """How far it has come by `now`, or by its stop. Equal is in time: only later than due is broken."""
        reached = now if self.stopped_at is None else min(now, self.stopped_at)
        if reached > self.grave_at:
            return Level.GRAVE
        if reached > self.due_at:
            return Level.BROKEN
        return Level.SOON if reached > self.warn_at else Level.CALM

    def wake_at(self, now: datetime) -> datetime | None:
        """The next instant after which its level is another; None where it stopped, or is at its worst."""
        if self.stopped_at is not None:
            return None
        return next((at for at in (self.warn_at, self.due_at, self.grave_at) if now <= at), None)


@dataclass(frozen=True, slots=True)
class Silence:
    """A term that starts no clock on this order, parcel or ticket. `why` is a value of exceptions.explaining.Why."""

    term: Term
    why: str
    # The waiver, filing or lane that says so.
    name: str = ""
    waybill_id: int | None = None
    ticket_id: int | None = None
