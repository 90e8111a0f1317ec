"""The one door for what people do to cases, one or thousands: a command, decided and carried out in sets.

Locks: orders, then cases, each in pk order. A set commits as a whole, with what became of each case; where it cannot be
written, its cases are taken one by one, and only those that fail are left as they were.
"""

import json
import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final

from django.db import OperationalError, connection, transaction
from django.db.models import Max, QuerySet
from django.http import Http404
from django.utils.translation import gettext as _

from exceptions import reports
from exceptions.desk.acts import Act, check
from exceptions.desk.deciding import COLUMNS, Decision, Result, decide
from exceptions.desk.surroundings import around
from exceptions.desk.workflow import Action
from exceptions.errors import Incomplete, NotAllowed
from exceptions.models import Case, CaseEntry, Command, CommandItem
from merchants.access import Member, Right, scoped
from merchants.models import Membership
from orders import tickets
from orders.waking import lock, wake

log = logging.getLogger(__name__)

# As many rows are locked at once; a set takes well under a second, which is what a person's click on one of them waits.
BATCH: Final = 500
# More is narrowed down first: nobody looks through the preview of so many.
MOST: Final = 10_000
# A set takes less than a second; a worker silent for that long is dead.
LEASE: Final = timedelta(seconds=60)

KINDS: Final = {"state": "text", "assignee_id": "bigint", "merged_into_id": "bigint", "outcome": "text"} | {
    "wakes_on": "text",
    "wakes_before": "smallint",
    "by_hand": "boolean",
}
# Written with the state it was decided on, although the rows are locked: what holds costs nothing to repeat.
WRITE: Final = f"""
update exceptions_case k
set {", ".join(f"{name} = v.{name}" for name in COLUMNS)}
from unnest(%s::bigint[], %s::text[], {", ".join(f"%s::{KINDS.get(name, 'timestamptz')}[]" for name in COLUMNS)})
     as v (id, was, {", ".join(COLUMNS)})
where k.id = v.id and k.state = v.was
"""
RESULTS: Final = """
update exceptions_commanditem i set result = v.result, reason = v.reason, before = v.before, after = v.after
from unnest(%s::bigint[], %s::text[], %s::text[], %s::jsonb[], %s::jsonb[]) as v (id, result, reason, before, after)
where i.command_id = %s and i.case_id = v.id and i.result = 'pending'
"""


def run(member: Member, act: Act, case_ids: Sequence[int], *, now: datetime) -> Command:
    """Carry the act out on these cases at once and return the command; its items say what became of each.

    More than BATCH are queued (state QUEUED) for `carry_out`. Raises Incomplete where the act lacks what it needs, NotAllowed
    for more than MOST. Cases out of the member's reach are not possible, and nothing is told of them.
    """
    act = checked(member, act)
    ids = _chosen(case_ids)
    if len(ids) > BATCH:
        return commit(member, _previewed(member, act, ids, now, "").pk, now=now)
    command = Command.objects.create(**_as_told(member, act, now), state=Command.State.DONE, finished_at=now)
    decisions = _spared(command, act, ids)
    CommandItem.objects.bulk_create(_items(command, decisions, ids))
    return command


def preview(
    member: Member, act: Act, case_ids: Sequence[int], *, now: datetime, query: str = "", strict: bool = True
) -> Command:
    """Return a command in state PREVIEW with what would become of each case; nothing is changed yet.

    `query` is the queue's query string where a whole filter was meant. Not `strict`: what the act lacks is given with the
    commit. Raises as `run` does.
    """
    return _previewed(member, checked(member, act, strict=strict), _chosen(case_ids), now, query)


@transaction.atomic
def commit(member: Member, command_id: int, *, now: datetime, given: Mapping[str, Any] | None = None) -> Command:
    """Carry out what was previewed: up to BATCH cases at once, more by `running.carry_out`. Each is decided anew.

    `given` are fields of the act as its form says them now. Raises Http404 for another's command, NotAllowed where it is
    carried out already, Incomplete where the act lacks what it needs.
    """
    command = mine(member).select_for_update(of=("self",), no_key=True).filter(pk=command_id).first()
    if command is None:
        raise Http404
    if command.state != Command.State.PREVIEW:
        raise NotAllowed(_("This is carried out already."))
    act = Act.from_arguments(member, Action(command.action), now, command.arguments)
    act = checked(member, replace(act, **(given or {})))
    command.arguments = act.arguments()
    ids = sorted(command.items.values_list("case_id", flat=True))
    command.items.update(result=Result.PENDING, reason="")
    if len(ids) > BATCH:
        command.state = Command.State.QUEUED
        Command.objects.filter(pk=command.pk).update(state=command.state, arguments=command.arguments)
        return command
    take(command, member, ids, now)
    command.state, command.finished_at = Command.State.DONE, now
    Command.objects.filter(pk=command.pk).update(state=command.state, finished_at=now, arguments=command.arguments)
    return command


def mine(member: Member) -> QuerySet[Command]:
    """The commands a member may see: their own, and all of the merchant's for who administers every shop."""
    commands = Command.objects.filter(merchant=member.merchant)
    everything = member.may(Right.ADMINISTER) and member.every_shop
    return commands if everything else commands.filter(by=member.user)


def checked(member: Member, act: Act, *, strict: bool = True) -> Act:
    """The act, fit to be carried out, or if not `strict` to be previewed. Raises Incomplete or NotAllowed."""
    act = act.stripped()
    if strict:
        check(act)
    people = {person for person in (act.assignee, *act.assignees.values()) if person is not None}
    if act.action is Action.ASSIGN and people:
        workers = Membership.objects.filter(merchant=member.merchant, user__in=people, user__is_active=True)
        if people - set(workers.values_list("user_id", flat=True)):
            raise Incomplete("assignee", _("This person does not work for %(name)s.") % {"name": member.merchant})
    return act


def _chosen(case_ids: Iterable[int]) -> list[int]:
    ids = sorted(set(case_ids))
    if len(ids) > MOST:
        sentence = _("%(n)d cases are too many at once: narrow them down to %(most)d.")
        raise NotAllowed(sentence % {"n": len(ids), "most": MOST})
    return ids


def _as_told(member: Member, act: Act, now: datetime) -> dict[str, Any]:
    arguments = act.arguments()
    told = {"merchant": member.merchant, "by": member.user, "action": act.action.value, "created_at": now}
    return told | {"arguments": arguments}


@transaction.atomic
def _previewed(member: Member, act: Act, ids: list[int], now: datetime, query: str) -> Command:
    told = _as_told(member, act, now)
    # What others do from here on, whoever commits this has not seen.
    told["arguments"]["seen"] = CaseEntry.objects.aggregate(newest=Max("pk"))["newest"] or 0
    command = Command.objects.create(**told, query=query)
    for start in range(0, len(ids), BATCH):
        part = ids[start : start + BATCH]
        cases = list(_reachable(member, part).order_by("pk"))
        decisions = decide(act, cases, around(act, cases))
        CommandItem.objects.bulk_create(_items(command, decisions, part, preview=True))
    return command


def _reachable(member: Member, ids: Iterable[int]) -> QuerySet[Case]:
    return scoped(member, Case.objects.filter(merchant=member.merchant, pk__in=ids))


def _items(
    command: Command, decisions: Iterable[Decision], ids: Iterable[int], *, preview: bool = False
) -> list[CommandItem]:
    """Items of the cases that are the merchant's; of others nothing is kept, not even that they exist."""
    return [
        CommandItem(
            command=command,
            case=one.case,
            result=one.result,
            reason=one.reason[:200],
            before={} if preview else one.before,
            after={} if preview else one.after,
        )
        for one in decisions
    ]


def take(command: Command, member: Member, ids: list[int], now: datetime) -> None:
    """Carry a command out on these cases, up to BATCH of its pending items, and write down what became of each."""
    act = Act.from_arguments(member, Action(command.action), now, command.arguments)
    decisions = {one.case.pk: one for one in _spared(command, act, ids)}
    columns: list[list[Any]] = [[], [], [], [], []]
    for pk in ids:
        one = decisions.get(pk)
        row: tuple[Any, ...] = (pk, Result.REJECTED.value, _("It is not in your shops."), "{}", "{}")
        if one is not None:
            row = (pk, str(one.result), one.reason[:200], _json(one.before), _json(one.after))
        for column, value in zip(columns, row, strict=True):
            column.append(value)
    with connection.cursor() as cursor:
        cursor.execute(RESULTS, [*columns, command.pk])


def _json(value: dict[str, Any]) -> str:
    return json.dumps(value)


def _spared(command: Command, act: Act, ids: list[int]) -> list[Decision]:
    """Carry the act out on a set; where that fails one by one, those that fail told."""
    try:
        with transaction.atomic():
            return _done(command, act, ids)
    except OperationalError:
        raise
    except Exception:
        log.exception("a set of %s cases failed; taking them one by one", len(ids))
    told = []
    for pk in ids:
        try:
            with transaction.atomic():
                told += _done(command, act, [pk])
        except OperationalError:
            raise
        except Exception as error:
            log.exception("case %s failed", pk)
            case = _reachable(act.by, [pk]).get()
            told.append(Decision(case, Result.FAILED, _("A fault of ours: %(error)s") % {"error": repr(error)}))
    return told


def _done(command: Command, act: Act, ids: list[int]) -> list[Decision]:
    """Lock, decide and write a set of cases, in a fixed number of statements."""
    orders = set(_reachable(act.by, ids).values_list("order_id", flat=True))
    lock(orders)
    locked = _reachable(act.by, ids).order_by("pk").select_for_update(of=("self",), no_key=True)
    cases = list(locked)
    decisions = decide(act, cases, around(act, cases))
    _tell(act, decisions)
    applied = [one for one in decisions if one.is_applied]
    write(applied, act.now)
    CaseEntry.objects.bulk_create(_entry(command, act, one) for one in applied)
    if act.action is Action.REOPEN:
        # Their clocks went on without them: the sweep brings level, limits and stake up to date.
        wake({one.case.order_id for one in applied}, act.now)
    return decisions


def write(decisions: Sequence[Decision], now: datetime) -> None:
    """Write the changed columns of these cases, which the caller holds locked, and what was reported of them with it."""
    changed = [one for one in decisions if one.change]
    if not changed:
        return
    moves = [(one.case.pk, one.case.state, one.change.get("state", one.case.state)) for one in changed]
    reports.before(moves, now)
    columns = [[one.change.get(name, getattr(one.case, name)) for one in changed] for name in COLUMNS]
    ids, states = [one.case.pk for one in changed], [one.case.state for one in changed]
    with connection.cursor() as cursor:
        cursor.execute(WRITE, [ids, states, *columns])
        if cursor.rowcount != len(changed):
            raise RuntimeError("a case changed under its lock")
    reports.after(moves, now)


def _tell(act: Act, decisions: Sequence[Decision]) -> None:
    """Tell the tickets what the act says of them, and note in each decision which ticket that is."""
    with_draft = [one for one in decisions if one.draft is not None]
    if not with_draft:
        return
    drafts = [one.draft for one in with_draft if one.draft is not None]
    recorded = tickets.record(act.by.shops, drafts, act.now)
    for one, draft, told in zip(with_draft, drafts, recorded, strict=True):
        if told.ticket is None:
            one.result, one.reason, one.change = Result.REJECTED, " ".join(p.sentence for p in told.problems), {}
            continue
        created = told.outcome is tickets.Outcome.CREATED
        one.detail["ticket"] = told.ticket.pk
        one.ticket = {"id": told.ticket.pk, "created": created, "steps": sorted(draft.steps)}


def _entry(command: Command, act: Act, one: Decision) -> CaseEntry:
    return CaseEntry(
        case=one.case,
        at=act.now,
        by=act.by.user,
        action=act.action.value,
        from_state=one.case.state,
        to_state=one.to_state,
        note=act.note,
        detail=one.detail,
        command=command,
    )
