"""One door for what is done to an incident, from the page and over REST: the name of an act and what it carries."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from exceptions.incidents import handling
from exceptions.models import Incident
from merchants.access import Member


@dataclass(frozen=True, slots=True)
class Given:
    """What an act carries; each reads the fields it needs."""

    assignee: int | None = None
    note: str = ""
    verb: str = ""
    cases: Sequence[int] = ()
    name: str = ""


def _split(member: Member, incident: Incident, given: Given, now: datetime) -> int:
    return handling.split(member, incident, given.cases, given.name, now).pk


# Each returns the number of another incident where it made one.
ACTS: Final[dict[str, Callable[[Member, Incident, Given, datetime], object]]] = {
    "assign": lambda member, incident, given, now: handling.assign(member, incident, given.assignee, now),
    "note": lambda member, incident, given, now: handling.note(member, incident, given.note, now),
    "notice": lambda member, incident, given, now: handling.notice(member, incident, given.verb, given.note, now),
    "close": lambda member, incident, given, now: handling.close(member, incident, now),
    "reopen": lambda member, incident, given, now: handling.reopen(member, incident, now),
    "add": lambda member, incident, given, now: handling.add(member, incident, given.cases, now),
    "remove": lambda member, incident, given, now: handling.remove(member, incident, given.cases, now),
    "split": _split,
}
