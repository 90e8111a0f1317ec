"""What was done for all of an incident at once: noted by hand, or as a command on its cases that was not taken back."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from exceptions.desk.acts import Act
from exceptions.desk.workflow import VERBS, Action
from exceptions.models import Command, Incident, IncidentAction, IncidentEntry
from exceptions.models.command_log import CommandItem
from merchants.access import Member

# What is offered for all of its cases; more of it at the desk.
FOR_ALL: Final = (
    Action.URGE,
    Action.CONTACT,
    Action.WORK_ORDER,
    Action.CLAIM,
    Action.SNOOZE,
    Action.ASSIGN,
    Action.NOTE,
    Action.RESOLVE,
)
MOST: Final = 50


@dataclass(frozen=True, slots=True)
class Notice:
    """One thing done for all of it. `action` is a verb of cases, None = a filing with the platform."""

    at: datetime
    who: str
    action: Action | None
    note: str
    # The command that did it; None = it was written down alone.
    command: int | None = None


def query_of(incident: Incident) -> str:
    """How a command says that it was meant for all of an incident: the desk's own filter."""
    return f"incident={incident.pk}"


def notices(member: Member, incident: Incident, entries: Sequence[IncidentEntry]) -> list[Notice]:
    """What was done for all of it, newest first: of `entries`, its log, and of commands. One statement."""
    told = [
        Notice(entry.at, _who(entry), _action(entry.detail.get("verb", "")), entry.note)
        for entry in entries
        if entry.action == IncidentAction.NOTICE
    ]
    applied = CommandItem.Result.APPLIED
    commands = Command.objects.filter(
        merchant=member.merchant, query=query_of(incident), state=Command.State.DONE, items__result=applied
    )
    wanted = commands.select_related("by").order_by("-created_at").distinct()[:MOST]
    told += [_of_command(member, command) for command in wanted]
    return sorted(told, key=lambda one: one.at, reverse=True)


def lasting(found: Sequence[Notice]) -> list[Notice]:
    """Those that cover a case which joins later: what was said outside, not who has which case."""
    return [one for one in found if one.action is None or one.action in VERBS]


def _of_command(member: Member, command: Command) -> Notice:
    act = Act.from_arguments(member, Action(command.action), command.created_at, command.arguments)
    words = (act.where, act.number, act.note)
    who = command.by.display_name if command.by else ""
    return Notice(command.created_at, who, act.action, " · ".join(word for word in words if word), command.pk)


def _who(entry: IncidentEntry) -> str:
    return entry.by.display_name if entry.by else ""


def _action(verb: str) -> Action | None:
    return next((action for action in Action if action.value == verb), None)
