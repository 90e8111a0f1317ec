"""The one-case door of the desk, and what wakes cases by themselves. What people do goes through exceptions.desk.acting."""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import BooleanField, ExpressionWrapper, Q
from django.http import Http404
from django.utils.translation import gettext as _

from exceptions.desk import acting
from exceptions.desk.acts import LONGEST_SNOOZE, NOTE_LENGTH, OUTCOMES_BY_PEOPLE, Act
from exceptions.desk.deciding import AWAKE, CHANGES, Result
from exceptions.desk.workflow import Action, State
from exceptions.errors import NotAllowed
from exceptions.models import Case, CaseEntry, Command
from exceptions.sweep import BATCH
from merchants.access import Member, scoped

__all__ = [
    "CHANGES",
    "LONGEST_SNOOZE",
    "NOTE_LENGTH",
    "OUTCOMES_BY_PEOPLE",
    "Act",
    "act",
    "acted",
    "wake_due",
]


def act(member: Member, case_id: int, action: Action, *, now: datetime, **given: Any) -> Case:
    """Carry out one action on one case and return the case as it then is; `given` are fields of Act.

    Raises Http404 for a case out of the member's reach, NotAllowed where the table forbids it or somebody was faster,
    Incomplete where what the action carries is missing or cannot be.
    """
    acted(member, case_id, action, now=now, **given)
    return Case.objects.select_related("shop", "order", "waybill__carrier", "assignee").get(pk=case_id)


def acted(member: Member, case_id: int, action: Action, *, now: datetime, **given: Any) -> Command:
    """The same; return the command, which can be undone."""
    if not scoped(member, Case.objects.filter(merchant=member.merchant)).filter(pk=case_id).exists():
        raise Http404
    with transaction.atomic():
        command = acting.run(member, Act(member, action, now, **given), [case_id], now=now)
        item = command.items.get()
        if item.result == Result.FAILED:
            raise RuntimeError(item.reason)
        if item.result == Result.REJECTED or (item.result == Result.NO_OP and action is not Action.ASSIGN):
            # Nothing was done: no command is left behind either.
            raise NotAllowed(item.reason or _("It was so already."))
    return command


def wake_due(now: datetime) -> int:
    """Bring back the snoozed cases whose time has come; return how many.

    The time of those that waited for an incident comes as it closes, or as they leave it (exceptions.incidents.healing).
    """
    with transaction.atomic():
        due = Case.objects.filter(state=State.SNOOZED.value, snoozed_until__lte=now)
        locked = due.select_for_update(skip_locked=True, of=("self",), no_key=True)
        over = Q(wakes_on=Case.Wakes.INCIDENT) & (Q(incident=None) | Q(incident__closed_at__isnull=False))
        found = dict(locked.annotate(over=ExpressionWrapper(over, BooleanField())).values_list("pk", "over")[:BATCH])
        Case.objects.filter(pk__in=found).update(state=State.OPEN.value, **AWAKE)
        CaseEntry.objects.bulk_create(
            CaseEntry(
                case_id=pk,
                at=now,
                action="wake",
                from_state="snoozed",
                to_state="open",
                detail={"by": "incident"} if over else {},
            )
            for pk, over in found.items()
        )
    return len(found)
