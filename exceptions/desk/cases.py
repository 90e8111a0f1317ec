"""What people do to a case. Each act locks order, then case, asks the workflow table, and writes one line of the log."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.http import Http404
from django.utils.translation import gettext as _

from exceptions.desk.workflow import Action, State, next_state
from exceptions.errors import Incomplete, NotAllowed
from exceptions.models import Case, CaseEntry, Clock
from exceptions.sweep import BATCH
from exceptions.together import claims
from merchants.access import Member, scoped
from merchants.models import Membership
from orders.models import Order

NOTE_LENGTH = 4000
LONGEST_SNOOZE = timedelta(days=30)
# How a person may say a case ended; the other outcomes are the facts' own.
OUTCOMES_BY_PEOPLE = (Case.Outcome.HANDLED, Case.Outcome.NO_ACTION, Case.Outcome.FALSE_ALARM)


@dataclass(frozen=True, slots=True)
class Act:
    """What somebody wants done; each action reads the fields it needs."""

    by: Member
    action: Action
    now: datetime
    assignee: int | None = None
    note: str = ""
    until: datetime | None = None
    outcome: str = ""


# Columns of the case to set, and what the log keeps about it.
Change = tuple[dict[str, Any], dict[str, Any]]


def act(
    member: Member,
    case_id: int,
    action: Action,
    *,
    now: datetime,
    assignee: int | None = None,
    note: str = "",
    until: datetime | None = None,
    outcome: str = "",
) -> Case:
    """Carry out one action on one case and return the case as it then is.

    Raises Http404 for a case out of the member's reach, NotAllowed where the table forbids it, Incomplete where
    `until`, `outcome`, `note` or `assignee` is missing or cannot be.
    """
    wanted = Act(member, action, now, assignee, note.strip(), until, outcome)
    if len(wanted.note) > NOTE_LENGTH:
        raise Incomplete("note", _("At most %(most)d characters.") % {"most": NOTE_LENGTH})
    with transaction.atomic():
        case = _locked(member, case_id)
        after = next_state(State(case.state), action)
        if after is None or action not in CHANGES:
            raise NotAllowed(
                _("This case is %(state)s: “%(action)s” is not possible now.")
                % {"state": str(State(case.state).label).lower(), "action": action.label}
            )
        change, detail = CHANGES[action](wanted, case)
        change = claims.held(member.user, case, change, claims.length_of(member.merchant), now)
        _write(case, after, change)
        if action is Action.REOPEN:
            # Its clocks went on without it: the sweep brings its level, limits and stake up to date.
            Order.objects.filter(pk=case.order_id).update(review_at=now)
        CaseEntry.objects.create(
            case=case,
            at=now,
            by=member.user,
            action=action.value,
            from_state=case.state,
            to_state=after.value,
            note=wanted.note,
            detail=detail,
        )
    return Case.objects.select_related("shop", "order", "waybill__carrier", "assignee").get(pk=case.pk)


def _locked(member: Member, case_id: int) -> Case:
    case = scoped(member, Case.objects.all()).filter(pk=case_id).first()
    if case is None:
        raise Http404
    list(Order.objects.filter(pk=case.order_id).select_for_update(of=("self",), no_key=True).values_list("pk"))
    return Case.objects.select_for_update(of=("self",), no_key=True).get(pk=case_id)


def _write(case: Case, after: State, change: dict[str, Any]) -> None:
    try:
        with transaction.atomic():
            rows = Case.objects.filter(pk=case.pk, state=case.state).update(state=after.value, **change)
    except IntegrityError:
        raise NotAllowed(_("Another case of this kind is open for the same parcel.")) from None
    if rows != 1:
        raise NotAllowed(_("Somebody else has just changed this case."))


def _assign(act: Act, case: Case) -> Change:
    if act.assignee is not None:
        merchant = act.by.merchant
        members = Membership.objects.filter(merchant=merchant, user=act.assignee, user__is_active=True)
        if not members.exists():
            raise Incomplete("assignee", _("This person does not work for %(name)s.") % {"name": merchant})
    return {"assignee": act.assignee}, {"assignee": act.assignee}


def _note(act: Act, case: Case) -> Change:
    if not act.note:
        raise Incomplete("note", _("Write what others should know."))
    return {}, {}


def _snooze(act: Act, case: Case) -> Change:
    if act.until is None or act.until <= act.now:
        raise Incomplete("until", _("Choose a time that is still to come."))
    if act.until > act.now + LONGEST_SNOOZE:
        raise Incomplete("until", _("At most %(days)d days.") % {"days": LONGEST_SNOOZE.days})
    return {"snoozed_until": act.until}, {"until": act.until.isoformat()}


def _wake(act: Act, case: Case) -> Change:
    return {"snoozed_until": None}, {}


def _resolve(act: Act, case: Case) -> Change:
    if act.outcome not in OUTCOMES_BY_PEOPLE:
        raise Incomplete("outcome", _("Say how it ended."))
    change = {"resolved_at": act.now, "outcome": act.outcome, "snoozed_until": None, "by_hand": False}
    return change, {"outcome": act.outcome}


def _reopen(act: Act, case: Case) -> Change:
    running = Clock.objects.filter(case=case, stopped_at=None).exists()
    return {"resolved_at": None, "outcome": "", "by_hand": not running}, {}


CHANGES: dict[Action, Callable[[Act, Case], Change]] = {
    Action.ASSIGN: _assign,
    Action.NOTE: _note,
    Action.SNOOZE: _snooze,
    Action.WAKE: _wake,
    Action.RESOLVE: _resolve,
    Action.REOPEN: _reopen,
}


def wake_due(now: datetime) -> int:
    """Bring back the snoozed cases whose time has come; return how many."""
    with transaction.atomic():
        due = Case.objects.filter(state=State.SNOOZED.value, snoozed_until__lte=now)
        pks = list(
            due.select_for_update(skip_locked=True, of=("self",), no_key=True).values_list("pk", flat=True)[:BATCH]
        )
        Case.objects.filter(pk__in=pks).update(state=State.OPEN.value, snoozed_until=None)
        CaseEntry.objects.bulk_create(
            CaseEntry(case_id=pk, at=now, action="wake", from_state="snoozed", to_state="open") for pk in pks
        )
    return len(pks)
