"""What has changed in a list somebody has open: rows that look otherwise, rows that left it, cases that came to stand above.

Nothing is remembered of a desk between two questions: it tells the rows it shows, each with a short mark of how it looks.
Two queries where nothing has changed, one or two more for what left.
"""

import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.utils.translation import gettext as _

from exceptions.desk import queue
from exceptions.desk.queue import PAGE, Filters
from exceptions.desk.workflow import Action, State
from exceptions.models import Case, CaseEntry
from merchants.access import Member, reach
from shipops.kit import times
from shipops.kit.query import row_id

# What a row shows of its case that changes without the reader's doing; time itself is told in the browser.
SHOWN: Final = (
    "state",
    "level",
    "assignee_id",
    "due_at",
    "at_stake",
    "snoozed_until",
    "incident_id",
    "relapses",
    "waybill__last_event_at",
)
# More arrivals than a page are told as that many.
MOST: Final = PAGE


@dataclass(frozen=True, slots=True)
class News:
    # Rows to be shown anew, by primary key.
    changed: list[int]
    # Why a row is no longer in the list, by primary key.
    gone: Mapping[int, str]
    # Cases above the last row that the list does not show.
    arrived: int


def mark(case: Case) -> str:
    """How a case looks, in a few characters; it comes with its waybill."""
    values: list[Any] = [getattr(case, name) for name in SHOWN if "__" not in name]
    return _mark([*values, case.waybill.last_event_at if case.waybill else None])


def _mark(values: Iterable[Any]) -> str:
    return f"{zlib.crc32(repr(tuple(values)).encode()):x}"


def seen_in(text: str) -> dict[int, str]:
    """Read the rows a desk tells, `12-1a2b3c.13-…`, in its order; what cannot be read is left out."""
    pairs = (part.partition("-") for part in text.split(".")[:PAGE])
    return {found: looks for pk, _dash, looks in pairs if (found := row_id(pk))}


def news(
    member: Member, filters: Filters, seen: Mapping[int, str], now: datetime, above: bool = True, more: bool = False
) -> News:
    """What has changed since the rows were `seen`.

    `above`: what came to stand above them is of interest; `more`: others follow them, which are no arrivals.
    """
    cases = queue.matching(member, filters, now)
    found = {pk: _mark(values) for pk, *values in cases.filter(pk__in=seen).values_list("pk", *SHOWN)}
    changed = [pk for pk in found if found[pk] != seen[pk]]
    left = [pk for pk in seen if pk not in found]
    arrived = 0
    if above:
        # A row that has changed may stand elsewhere now: the last that has not marks the end of what is shown.
        steady = [pk for pk in seen if found.get(pk) == seen[pk]]
        last = steady[-1] if steady and more else None
        arrived = sum(pk not in seen for pk in queue.first(cases, filters, last, PAGE + MOST))
    return News(changed, _why(member, left, now) if left else {}, min(arrived, MOST))


def _why(member: Member, left: Sequence[int], now: datetime) -> dict[int, str]:
    cases = reach(member, Case.objects.filter(pk__in=left)).select_related("assignee", "shop")
    entries = CaseEntry.objects.filter(case__in=left).exclude(action=Action.NOTE.value).select_related("by")
    latest = {entry.case_id: entry for entry in entries.order_by("case", "-at", "-pk").distinct("case")}
    told = {case.pk: _sentence(case, latest.get(case.pk), now) for case in cases}
    return {pk: told.get(pk) or _("No longer in this list") for pk in left}


def _sentence(case: Case, entry: CaseEntry | None, now: datetime) -> str:
    name = entry.by.display_name if entry and entry.by else ""
    at = times.wall(entry.at, now, case.shop.zone) if entry else ""
    if case.state == State.RESOLVED.value:
        outcome = str(Case.Outcome(case.outcome).label)
        if name:
            return _("Resolved by {name}, {t}: {outcome}").format(name=name, t=at, outcome=outcome)
        return _("Settled by the facts, {t}: {outcome}").format(t=at, outcome=outcome)
    if case.state == State.SNOOZED.value and case.snoozed_until:
        until = times.wall(case.snoozed_until, now, case.shop.zone)
        return (
            _("Snoozed by {name} until {t}").format(name=name, t=until)
            if name
            else _("Snoozed until {t}").format(t=until)
        )
    if case.assignee:
        return _("{name} is in charge now").format(name=case.assignee.display_name)
    return ""
