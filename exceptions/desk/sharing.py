"""Who gets which case: people with what they take and have to do, cases, and a way of sharing → who gets what. Pure.

Cases come in rank order, the most urgent first, and are given one after the other, so that a scarce person gets what is
urgent. The same people and cases always come to the same sharing.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from enum import Enum
from typing import Final


class Way(Enum):
    """By turns, by load, or by skill; `exceptions.models.DeskRules` adds that nothing is shared."""

    TURNS = "turns"
    LOAD = "load"
    SKILL = "skill"


# What is due within this weighs double, for it cannot wait its turn.
SOON: Final = timedelta(hours=2)
HEAVY: Final = 2


@dataclass(frozen=True, slots=True)
class Taker:
    """A person on duty. An empty `kinds`, `carriers` or `takes_shops` means all; `sees` is all they may see."""

    pk: int
    sees: frozenset[int]
    kinds: frozenset[str] = frozenset()
    carriers: frozenset[int] = frozenset()
    takes_shops: frozenset[int] = frozenset()
    # Weight of the open cases they have, and how many more they may get.
    load: int = 0
    room: int = 1_000_000
    # The smaller, the longer ago they were given one.
    turn: float = 0.0

    def takes(self, case: "Waiting") -> bool:
        """Whether they may see the case, and take its kind, carrier and shop."""
        return (
            case.shop in self.sees
            and self.pk not in case.not_to
            and (not self.kinds or case.kind in self.kinds)
            and (not self.carriers or case.carrier in self.carriers)
            and (not self.takes_shops or case.shop in self.takes_shops)
        )

    @property
    def narrowness(self) -> int:
        """Of how many sorts they have said what they take: who takes a few things knows them better than who takes all."""
        return sum(map(bool, (self.kinds, self.carriers, self.takes_shops)))


@dataclass(frozen=True, slots=True)
class Waiting:
    """A case that nobody has in charge."""

    pk: int
    shop: int
    kind: str
    # Null where no parcel exists yet.
    carrier: int | None = None
    weight: int = 1
    # Those whose claim on it has just run out: it does not come back to them by itself.
    not_to: frozenset[int] = frozenset()


@dataclass(slots=True)
class _Seat:
    """A taker while cases are given out."""

    taker: Taker
    load: int
    room: int
    given: int = 0
    turn: tuple[int, float] = field(default=(0, 0.0))


def share(way: Way, takers: Iterable[Taker], cases: Sequence[Waiting]) -> dict[int, int]:
    """Return the taker of each case by their numbers; a case that nobody takes is not in it.

    Among equals – who see, take and have the same – what they are given differs by at most one case, or by one case's
    weight where it goes by load.
    """
    seats = [
        _Seat(taker, taker.load, taker.room, turn=(0, taker.turn)) for taker in sorted(takers, key=lambda one: one.pk)
    ]
    given: dict[int, int] = {}
    for order, case in enumerate(cases, 1):
        fit = [seat for seat in seats if seat.room > 0 and seat.taker.takes(case)]
        if not fit:
            continue
        seat = min(fit, key=lambda one: (*_standing(way, one), one.taker.pk))
        given[case.pk] = seat.taker.pk
        seat.load += case.weight
        seat.room -= 1
        seat.given += 1
        # Whoever has just been given one comes after all who have not.
        seat.turn = (order, 0.0)
    return given


def _standing(way: Way, seat: _Seat) -> tuple[float, ...]:
    """Where somebody stands in line for the next case, the smallest first."""
    if way is Way.TURNS:
        return seat.turn
    if way is Way.LOAD:
        return (seat.load, *seat.turn)
    return (-seat.taker.narrowness, seat.load, *seat.turn)
