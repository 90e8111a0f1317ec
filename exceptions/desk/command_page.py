"""What one command would do or did, and the list of commands: in a fixed number of queries, whatever their size."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db.models import Count, Q, QuerySet, Sum
from django.http import Http404

from exceptions.desk.acting import mine
from exceptions.desk.deciding import Result
from exceptions.desk.undoing import why_not
from exceptions.desk.workflow import Action
from exceptions.models import Command, CommandItem
from merchants.access import Member

# Cases listed of each result; the counts are of all.
LISTED = 50
PAGE = 50


@dataclass(frozen=True, slots=True)
class Group:
    """Cases that came out alike: how many, why, and the first of them."""

    result: str
    label: str
    reason: str
    n: int
    items: list[CommandItem]


@dataclass(frozen=True, slots=True)
class CommandStory:
    command: Command
    action: Action
    counts: Counter[str]
    groups: list[Group]
    # Of the cases it is or will be carried out on.
    stake: Decimal
    # Why it cannot be taken back; blank = it can.
    why_not: str

    @property
    def total(self) -> int:
        return self.counts.total()

    @property
    def done(self) -> int:
        return self.total - self.counts[Result.PENDING]

    @property
    def applied(self) -> int:
        return self.counts[Result.APPLIED]

    @property
    def undone(self) -> int:
        return self.counts[Result.UNDONE]

    @property
    def is_open(self) -> bool:
        return self.command.state in (Command.State.QUEUED, Command.State.RUNNING)

    @property
    def is_preview(self) -> bool:
        return self.command.state == Command.State.PREVIEW

    @property
    def can_undo(self) -> bool:
        return not self.why_not and self.applied > 0


ORDER = (Result.APPLIED, Result.UNDONE, Result.PENDING, Result.NO_OP, Result.REJECTED, Result.FAILED)


def story(member: Member, pk: int, now: datetime) -> CommandStory:
    """Return a command with what became of its cases. Raises Http404 for one out of the member's reach."""
    command = mine(member).select_related("by", "undone_by").filter(pk=pk).first()
    if command is None:
        raise Http404
    counted = command.items.values("result", "reason").annotate(n=Count("pk")).order_by("result", "reason")
    numbers = {(one["result"], one["reason"]): one["n"] for one in counted}
    counts: Counter[str] = Counter()
    for (result, _reason), n in numbers.items():
        counts[result] += n
    listed: dict[tuple[str, str], list[CommandItem]] = {key: [] for key in numbers}
    for item in _first(command):
        listed[item.result, item.reason].append(item)
    labels = dict(Result.choices)
    groups = [
        Group(result, str(labels[Result(result)]), reason, n, listed[result, reason])
        for (result, reason), n in sorted(numbers.items(), key=lambda one: (ORDER.index(Result(one[0][0])), -one[1]))
    ]
    stake = command.items.filter(result=Result.APPLIED).aggregate(sum=Sum("case__at_stake"))["sum"] or Decimal(0)
    return CommandStory(command, Action(command.action), counts, groups, stake, why_not(command, now))


def _first(command: Command) -> list[CommandItem]:
    """The first cases of each result: as many as are listed, of thousands."""
    found: list[CommandItem] = []
    related = ("case__order", "case__shop", "case__waybill__carrier")
    items = command.items.select_related(*related).defer("case__order__buyer").order_by("pk")
    kept = items.filter(result__in=(Result.APPLIED, Result.UNDONE, Result.PENDING))
    found += kept[:LISTED]
    found += items.exclude(pk__in=kept.values("pk"))[: 4 * LISTED]
    return found


@dataclass(frozen=True, slots=True)
class LogFilters:
    """What of the log is looked at; empty = all."""

    # "me", or "" for everybody whose commands one may see.
    by: str = ""
    action: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    command: Command
    action: Action
    total: int
    applied: int
    undone: int
    can_undo: bool


def log(member: Member, filters: LogFilters, now: datetime, after: int | None = None) -> tuple[list[Line], int | None]:
    """Return commands that were carried out, newest first, a page of them, and the cursor of the next page."""
    commands: QuerySet[Command] = mine(member).exclude(state=Command.State.PREVIEW)
    if filters.by == "me":
        commands = commands.filter(by=member.user)
    if filters.action:
        commands = commands.filter(action=filters.action)
    if after is not None:
        commands = commands.filter(pk__lt=after)
    rows = list(commands.select_related("by").order_by("-pk")[: PAGE + 1])
    counted = (
        CommandItem.objects.filter(command__in=[row.pk for row in rows[:PAGE]])
        .values("command")
        .annotate(
            total=Count("pk"),
            applied=Count("pk", filter=Q(result=Result.APPLIED)),
            undone=Count("pk", filter=Q(result=Result.UNDONE)),
        )
    )
    numbers = {one["command"]: one for one in counted}
    nothing = {"total": 0, "applied": 0, "undone": 0}
    lines = []
    for row in rows[:PAGE]:
        one = numbers.get(row.pk, nothing)
        can_undo = not why_not(row, now) and one["applied"] > 0
        lines.append(Line(row, Action(row.action), one["total"], one["applied"], one["undone"], can_undo))
    return lines, rows[PAGE - 1].pk if len(rows) > PAGE else None
