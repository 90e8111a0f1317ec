"""One round of gathering: read, let go, gather, close."""

from dataclasses import dataclass
from datetime import datetime

from exceptions.incidents import gathering, healing
from exceptions.incidents.reading import read_batch


@dataclass(frozen=True, slots=True)
class Round:
    """How many cases were read, left or came back, how many incidents were to open, how many cases joined, what closed."""

    read: int
    left: int
    opened: int
    joined: int
    closed: int


def go_round(now: datetime) -> Round:
    """Bring incidents in line with where parcels are stuck. Safe to run twice and at once."""
    read = 0
    while taken := read_batch(now):
        read += taken
    left = healing.heal(now)
    opened, joined = gathering.gather_free(now)
    return Round(read, left, opened, joined, healing.close_over(now))
