"""Cases as the desk shows them: every word and figure of a row, worked out before the template runs.

A page is 50 rows; plain values in a flat template render several times faster than tags and includes would.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from urllib.parse import quote

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from exceptions import headlines
from exceptions.deadlines.kinds import Kind, Level
from exceptions.desk.advice import advice
from exceptions.desk.pulse import mark
from exceptions.desk.workflow import State
from exceptions.headlines import REASONS, TOLD_BY_SCANS
from exceptions.models import Case
from shipments.cadence import FAR_GOAL
from shipments.status import CAUSES, STAGES
from shipops.kit import money, times


@dataclass(frozen=True, slots=True)
class Row:
    pk: int
    # The same as a template writes it: a number is put into the reader's format first, which costs as much as the cell.
    id: str
    # How the case looks, for a desk that asks what has changed (exceptions.desk.pulse).
    mark: str
    url: str
    tone: str
    headline: str
    title: str
    # The same in two parts, for a narrow column: the number, and its carrier ("" = an order number).
    number: str
    holder: str
    reason: str
    # What hinders the parcel by its track; blank where nothing does.
    cause: str
    # What the verdict leans on is old: how old; blank where it is fresh, or no silence is leant on.
    stale: str
    platform: str
    shop: str
    owner: str
    initial: str
    stake: str
    # What the time column says; `due` is empty for a case whose clock no longer runs.
    due: str
    start: str
    left: str
    at: str
    at_full: str
    # Percent.
    burnt: str
    step: str
    # The columns somebody chose beyond the usual ones: text, and tooltip where it is cut short.
    extra: list[str]
    # Where the step's button leads: the case, with what it asks for open.
    step_url: str
    # How late the step is; blank = it is not.
    step_late: str = ""


@lru_cache(maxsize=10_000)
def case_url(pk: int) -> str:
    """The page of a case; those at the top of the queue are on everybody's."""
    return reverse("case", args=[pk])


def headline(case: Case) -> str:
    """Kind and level of a case in a few words."""
    return headlines.headline(Kind(case.kind), Level(case.level))


def tone(case: Case) -> str:
    """The tone a case is shown in: its level's while it is open, the outcome's once it is settled."""
    if case.state == State.RESOLVED.value:
        return "kept" if case.outcome == Case.Outcome.KEPT else "calm"
    return Level(case.level).tone


def title(case: Case) -> str:
    """What a case is about: carrier and waybill number, or the order where no parcel exists yet."""
    if case.waybill is None:
        return _("Order {number}").format(number=case.order.number)
    return f"{case.waybill.carrier.name} {grouped(case.waybill.number)}"


def grouped(number: str) -> str:
    """A number in groups of four, as people read it aloud."""
    digits = number.lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ")
    letters = number[: len(number) - len(digits)]
    groups = [digits[i : i + 4] for i in range(0, len(digits), 4)]
    if len(groups) > 1 and len(groups[-1]) == 1:  # a digit alone reads badly
        groups[-2:] = ["".join(groups[-2:])]
    return letters + " ".join(groups)


def reason(case: Case, now: datetime) -> str:
    """Why it is on the desk, in the seller's words; the second line of a row."""
    kind = Kind(case.kind)
    told = str(REASONS[kind]).format(t=times.spell(now - case.started_at))
    last = case.waybill.last_text if case.waybill and kind in TOLD_BY_SCANS else ""
    return f"{told} · {last}" if last else told


def cause(case: Case) -> str:
    """What hinders the parcel by its track, in words; blank where nothing does."""
    found = CAUSES.get(case.waybill.cause) if case.waybill else None
    return str(found.label) if found else ""


def stale(case: Case, now: datetime) -> str:
    """How old the data is that an open case's verdict leans on, where it is older than it may be.

    All verdicts on a parcel lean on its silence, and silence proves nothing where nobody has asked.
    """
    if case.waybill is None:
        return ""
    if case.waybill.polled_at is None:
        return _("not checked yet")
    age = now - case.waybill.polled_at
    return _("data is {t} old").format(t=times.spell(age)) if age > FAR_GOAL else ""


def _scan(case: Case, now: datetime) -> str:
    """Stage of the parcel and age of its last scan."""
    if case.waybill is None:
        return ""
    stage = str(STAGES[case.waybill.stage].label)
    at = case.waybill.last_event_at
    return f"{stage} · {times.ago(at, now)}" if at else stage


EXTRA: dict[str, Callable[[Case, datetime], str]] = {
    "platform": lambda case, now: str(case.shop.get_platform_display()),
    "kind": lambda case, now: str(Kind(case.kind).label),
    "cause": lambda case, now: cause(case),
    "source": lambda case, now: str(case.get_source_display()),
    "incident": lambda case, now: f"I-{case.incident_id}" if case.incident_id else "",
    "opened": lambda case, now: times.wall(case.opened_at, now, case.shop.zone),
    "scan": _scan,
    "penalty": lambda case, now: money.shown(case.penalty, case.order.currency) if case.penalty else "",
}


def row(case: Case, now: datetime, columns: Iterable[str] = (), within: str = "") -> Row:
    """One row of the queue; the case comes with shop, order, waybill and carrier, and assignee.

    `columns` are those of EXTRA to be shown; `within` is the query of the queue it stands in, for the way back.
    """
    zone, settled = case.shop.zone, case.state == State.RESOLVED.value
    url = case_url(case.pk) + (f"?in={quote(within)}" if within else "")
    ends = case.resolved_at if settled and case.resolved_at else case.due_at
    owner = case.assignee.display_name if case.assignee else ""
    if settled:
        left = str(Case.Outcome(case.outcome).label)
    elif case.state == State.SNOOZED.value and case.snoozed_until:
        left = _("until {t}").format(t=times.wall(case.snoozed_until, now, zone))
    else:
        left = times.remaining(case.due_at, now)
    return Row(
        pk=case.pk,
        id=str(case.pk),
        mark=mark(case),
        url=url,
        tone=tone(case),
        headline=headline(case),
        title=title(case),
        number=grouped(case.waybill.number) if case.waybill else case.order.number,
        holder=case.waybill.carrier.name if case.waybill else "",
        reason=reason(case, now if not settled else ends),
        cause=cause(case),
        stale="" if settled else stale(case, now),
        platform=str(case.shop.get_platform_display()),
        shop=case.shop.name,
        owner=owner,
        initial=owner[:1].upper(),
        stake=money.shown(case.at_stake, case.order.currency),
        due="" if case.state != State.OPEN.value else case.due_at.isoformat(),
        start=case.started_at.isoformat(),
        left=left,
        at=times.wall(ends, now, zone),
        at_full=f"{timezone.localtime(ends, zone):%Y-%m-%d %H:%M:%S %Z}",
        burnt=str(times.burnt(case.started_at, case.due_at, ends if settled else now)),
        step=str(advice(Kind(case.kind), Level(case.level)).action),
        extra=[EXTRA[column](case, now) for column in columns],
        step_url=url,
    )
