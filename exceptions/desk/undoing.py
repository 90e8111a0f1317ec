"""A command taken back: each case as it was, where it still is as the command left it.

What left the house stays where it is: the note that says so is taken back, and the ticket that came of it where nobody has
touched it since.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from django.db import connection, transaction
from django.db.models import QuerySet
from django.http import Http404
from django.utils.translation import gettext as _

from exceptions import reports
from exceptions.desk.acting import BATCH, WRITE, mine
from exceptions.desk.deciding import COLUMNS, Place, Result, plain
from exceptions.desk.surroundings import TELLING, spoken
from exceptions.desk.workflow import Action, State
from exceptions.errors import NotAllowed
from exceptions.models import Case, CaseEntry, Command, CommandItem
from exceptions.playbooks import progress
from exceptions.together import claims
from merchants.access import Member, scoped
from orders.models import Ticket, TicketStep
from orders.waking import lock, wake

# Later than that others have built upon it.
UNDOABLE: Final = timedelta(hours=24)
INSTANTS: Final = frozenset({"claimed_until", "snoozed_at", "snoozed_until", "resolved_at"})
# What stands in the way of taking back where it is another now; a claim goes on by itself with everything that is done.
COMPARED: Final = frozenset(COLUMNS) - {"claimed_until"}
STATES: Final = (Command.State.DONE, Command.State.UNDONE)


@transaction.atomic
def undo(member: Member, command_id: int, *, now: datetime) -> Command:
    """Take back all of a command that still can be and return it; its items say what could not, and why.

    Raises Http404 for another's command, NotAllowed where it is not carried out, undone already, or too long ago.
    """
    command = mine(member).select_for_update(of=("self",), no_key=True).filter(pk=command_id).first()
    if command is None:
        raise Http404
    refusal = why_not(command, now)
    if refusal:
        raise NotAllowed(refusal)
    applied = command.items.filter(result=Result.APPLIED)
    ids = sorted(applied.values_list("case_id", flat=True))
    # Of all sets before any case: who holds cases and waits for orders is waited for by whoever has those.
    lock(_reachable(member, ids).values_list("order_id", flat=True))
    for start in range(0, len(ids), BATCH):
        _take_back(command, member, ids[start : start + BATCH], now)
    if ids and not command.items.filter(result=Result.UNDONE).exists():
        return command  # its items say why; it may be tried again
    command.state, command.undone_at, command.undone_by = Command.State.UNDONE, now, member.user
    Command.objects.filter(pk=command.pk).update(state=command.state, undone_at=now, undone_by=member.user)
    return command


def why_not(command: Command, now: datetime) -> str:
    """Why a command cannot be taken back; blank where it can."""
    if command.state == Command.State.UNDONE:
        return _("This is taken back already.")
    if command.state != Command.State.DONE:
        return _("This is not carried out yet.")
    if now > command.created_at + UNDOABLE:
        return _("This is more than %(hours)d hours ago.") % {"hours": UNDOABLE // timedelta(hours=1)}
    return ""


def _take_back(command: Command, member: Member, ids: list[int], now: datetime) -> None:
    """Take a command back on a set of cases, whose orders are locked, in a fixed number of statements."""
    locked = _reachable(member, ids).order_by("pk").select_for_update(of=("self",), no_key=True)
    cases = {case.pk: case for case in locked}
    orders = {case.order_id for case in cases.values()}
    items = list(command.items.filter(case__in=cases, result=Result.APPLIED).order_by("case_id"))
    blocked = _blocked(command, items, cases, orders, now)
    fine = [item for item in items if item.case_id not in blocked]
    taken = _take_tickets_back(fine, blocked)
    fine = [item for item in fine if item.case_id not in blocked]
    moves = [
        (item.case_id, cases[item.case_id].state, item.before.get("state", cases[item.case_id].state)) for item in fine
    ]
    reports.before(moves, now)
    _restore(fine, cases)
    reports.after(moves, now)
    # Taking back is something done about it, too.
    again = [item.case_id for item in fine if item.before.get("claimed_until")]
    claims.hold(member, [item.case_id for item in fine], now, again)
    CaseEntry.objects.bulk_create(
        CaseEntry(
            case_id=item.case_id,
            at=now,
            by=member.user,
            action=Action.UNDO.value,
            from_state=cases[item.case_id].state,
            to_state=item.before.get("state", cases[item.case_id].state),
            detail={"command": command.pk, "action": command.action} | taken.get(item.case_id, {}),
            command=command,
        )
        for item in fine
    )
    progress.untick(command.pk, [item.case_id for item in fine], member.user, now)
    for item in fine:
        item.result = Result.UNDONE
    kept = [item for item in items if item.case_id in blocked]
    for item in kept:
        item.reason = blocked[item.case_id][:200]
    CommandItem.objects.filter(pk__in=[item.pk for item in fine]).update(result=Result.UNDONE)
    CommandItem.objects.bulk_update(kept, ["reason"])
    # Clocks went on meanwhile, or stand on a ticket that is gone: the sweep brings the cases up to date.
    wake({cases[item.case_id].order_id for item in fine if "state" in item.before or "ticket" in item.after}, now)


def _reachable(member: Member, ids: Sequence[int]) -> QuerySet[Case]:
    return scoped(member, Case.objects.filter(merchant=member.merchant, pk__in=ids))


def _blocked(
    command: Command, items: Sequence[CommandItem], cases: dict[int, Case], orders: Iterable[int], now: datetime
) -> dict[int, str]:
    """Why a case cannot be brought back, by case."""
    blocked: dict[int, str] = {}
    changed = [item.case_id for item in items if _differs(item, cases[item.case_id])]
    since = CaseEntry.objects.filter(case__in=changed, command_id__isnull=True) | CaseEntry.objects.filter(
        case__in=changed, command_id__gt=command.pk
    )
    told: dict[int, str] = {}
    for entry in since.filter(at__gte=command.created_at).select_related("by", "case__shop").order_by("pk"):
        if entry.from_state != entry.to_state or Action(entry.action) in TELLING:
            told[entry.case_id] = spoken(_("Changed since by {name}: {what}, {t}."), entry, now)
    for pk in changed:
        blocked[pk] = told.get(pk, _("Changed since."))
    return blocked | _crowded(items, cases, orders, blocked)


def _differs(item: CommandItem, case: Case) -> bool:
    return any(plain(getattr(case, name)) != value for name, value in item.after.items() if name in COMPARED)


def _crowded(
    items: Sequence[CommandItem], cases: dict[int, Case], orders: Iterable[int], blocked: dict[int, str]
) -> dict[int, str]:
    """Cases that would be open again beside another one of their kind and parcel."""
    opening = [
        cases[item.case_id]
        for item in items
        if item.case_id not in blocked
        and item.before.get("state", State.RESOLVED.value) != State.RESOLVED.value
        and cases[item.case_id].state == State.RESOLVED.value
    ]
    if not opening:
        return {}
    others = Case.objects.filter(order__in=orders).exclude(state=State.RESOLVED.value)
    taken: set[Place] = set(others.values_list("order_id", "waybill_id", "kind"))
    crowded = {}
    for case in opening:
        place = (case.order_id, case.waybill_id, case.kind)
        if place in taken:
            crowded[case.pk] = _("Another case of this kind is open for the same parcel.")
        taken.add(place)
    return crowded


def _take_tickets_back(items: Sequence[CommandItem], blocked: dict[int, str]) -> dict[int, dict[str, Any]]:
    """Take back what the command told of tickets, where nobody has told more since; return what was, by case."""
    told = {item.case_id: item.after["ticket"] for item in items if "ticket" in item.after}
    if not told:
        return {}
    ids = {one["id"] for one in told.values()}
    standing = Ticket.objects.prefetch_related("steps").in_bulk(ids)
    gone: list[int] = []
    steps: list[tuple[int, str]] = []
    taken = {}
    for pk, one in told.items():
        ticket = standing.get(one["id"])
        if ticket is None:
            continue
        names = {step.name for step in ticket.steps.all()}
        mine = set(one["steps"])
        if ticket.closed_at is not None or (names != mine if one["created"] else not mine <= names):
            label = Ticket.Kind(ticket.kind).label
            blocked[pk] = _("“%(ticket)s” went on since: take its steps back first.") % {"ticket": label}
            continue
        taken[pk] = {"ticket": ticket.pk}
        if one["created"]:
            gone.append(ticket.pk)
        else:
            steps += [(ticket.pk, name) for name in mine]
    Ticket.objects.filter(pk__in=gone).delete()
    doomed = TicketStep.objects.filter(ticket__in={pk for pk, _name in steps}, name__in={name for _pk, name in steps})
    doomed.delete()
    return taken


def _restore(items: Sequence[CommandItem], cases: dict[int, Case]) -> None:
    changed = [item for item in items if item.before]
    if not changed:
        return
    columns = [[_restored(item, cases[item.case_id], name) for item in changed] for name in COLUMNS]
    ids, states = [item.case_id for item in changed], [cases[item.case_id].state for item in changed]
    with connection.cursor() as cursor:
        cursor.execute(WRITE, [ids, states, *columns])


def _restored(item: CommandItem, case: Case, name: str) -> Any:
    if name not in item.before:
        return getattr(case, name)
    value = item.before[name]
    return datetime.fromisoformat(value) if value and name in INSTANTS else value
