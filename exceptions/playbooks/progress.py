"""How far cases have come with their playbooks: which step is next, what is done, by whom; ticked by acts or by hand.

A case that comes back starts its playbook anew: a round is told by how often it relapsed or was reopened, and steps of
former rounds stay as they are. All reading and ticking is in sets.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Count, Max
from django.utils.translation import gettext as _

from exceptions.deadlines.kinds import Kind
from exceptions.deadlines.rulebook import Rulebook
from exceptions.deadlines.worktime import DEFAULT, Week
from exceptions.desk.workflow import Action, State
from exceptions.errors import Incomplete, NotAllowed
from exceptions.models import Case, CaseEntry, CaseStep
from exceptions.playbooks import own
from exceptions.playbooks.steps import ASKABLE, Course, Playbook, Standing, Step, first_open, stand
from exceptions.policies import Books
from merchants.access import Member, get
from merchants.models import User
from orders.waking import lock
from shipments.status import Stage

REASON_LENGTH = 200
# Ticked as done, said not to be needed, or taken back.
TICK, SKIP, UNDO = "tick", "skip", "undo"
WAYS = (TICK, SKIP, UNDO)


@dataclass(frozen=True, slots=True)
class Progress:
    """A case and its playbook: the steps that apply, which of them are done, and what was done in former rounds."""

    case: Case
    round: int
    playbook: Playbook
    standing: list[Standing]
    # Of this round and of former ones, those not taken back, in the order they were done.
    done: dict[str, CaseStep]
    former: list[CaseStep]
    # Everything that was ever ticked, skipped and taken back; empty where nobody asked for it.
    told: list[CaseStep]

    @property
    def next(self) -> Standing | None:
        """The first step still to be done; None = none is left, or the case is closed."""
        return None if self.case.state == State.RESOLVED.value else first_open(self.standing)


def progress(cases: Sequence[Case], whole: bool = False) -> dict[int, Progress]:
    """The progress of each case, by its id; cases come with their shop and waybill. `whole` = with who did and undid what.

    Three queries, and two where a step is counted in working hours, however many cases.
    """
    if not cases:
        return {}
    ids = [case.pk for case in cases]
    playbooks = {merchant: own.of_merchant(merchant) for merchant in {case.merchant_id for case in cases}}
    marks = CaseStep.objects.filter(case__in=ids).order_by("done_at", "pk")
    marked: dict[int, list[CaseStep]] = defaultdict(list)
    for mark in marks.select_related("by", "undone_by") if whole else marks.filter(undone_at=None):
        marked[mark.case_id].append(mark)
    reopened = _reopened(ids)
    weeks = _weeks(cases, playbooks)
    return {case.pk: _of(case, playbooks, marked[case.pk], reopened.get(case.pk), weeks) for case in cases}


def _reopened(ids: Iterable[int]) -> dict[int, tuple[int, datetime]]:
    """How often cases were reopened by people, and when last."""
    entries = CaseEntry.objects.filter(case__in=ids, action=Action.REOPEN.value).values("case")
    rows = entries.annotate(times=Count("pk"), last=Max("at")).order_by().values_list("case", "times", "last")
    return {case: (times, last) for case, times, last in rows}


def _weeks(cases: Iterable[Case], playbooks: Mapping[int, Mapping[Kind, Playbook]]) -> dict[int, Week]:
    """Working hours by shop, of the shops whose cases have a step that is counted in them."""
    shops = {
        case.shop_id: case.shop
        for case in cases
        if any(step.worktime for step in playbooks[case.merchant_id][Kind(case.kind)].steps)
    }
    if not shops:
        return {}
    books = Books.of_shops(shops.values())
    found: dict[int, Rulebook] = {pk: books.of(pk, None) for pk in shops}
    return {pk: book.week for pk, book in found.items()}


def _of(
    case: Case,
    playbooks: Mapping[int, Mapping[Kind, Playbook]],
    marked: list[CaseStep],
    reopened: tuple[int, datetime] | None,
    weeks: Mapping[int, Week],
) -> Progress:
    times, last = reopened or (0, None)
    number = case.relapses + times
    playbook = playbooks[case.merchant_id][Kind(case.kind)]
    marks = [mark for mark in marked if mark.undone_at is None]
    here = {mark.code: mark for mark in marks if mark.round == number}
    started = max(at for at in (case.opened_at, case.relapsed_at, last) if at is not None)
    waybill = case.waybill
    course = Course(
        started_at=started,
        due_at=case.due_at,
        grave_at=case.grave_at,
        level=case.level,
        picked_up=waybill is not None and waybill.picked_up_at is not None,
        delivered=waybill is not None and waybill.stage == Stage.DELIVERED.value,
    )
    done = {code: mark.done_at for code, mark in here.items()}
    standing = stand(playbook.steps, course, done, weeks.get(case.shop_id, DEFAULT), case.shop.zone)
    return Progress(case, number, playbook, standing, here, [mark for mark in marks if mark.round != number], marked)


def tick(case_ids: Iterable[int], action: Action, entries: Iterable[CaseEntry], by: User, now: datetime) -> int:
    """Note that an act did, of each case, the first open step that asks for it; return how many steps it did.

    Called by whoever wrote `entries`, one line of the log a case, in the same transaction, with the cases locked. A case
    without a line was so already: its step is done too, and no undoing of the act opens it again. A case none of whose
    steps asks for the act is left alone.
    """
    lines = {entry.case_id: entry for entry in entries}
    if action not in ASKABLE:
        return 0
    cases = Case.objects.filter(pk__in=list(case_ids)).select_related("shop", "waybill")
    made = []
    for one in progress(list(cases)).values():
        # The act may have closed the case, or begun another round: the step is of the round it stands in now.
        found = first_open(one.standing, action)
        if found:
            made.append(_mark(one, found.step, now, by=by, entry=lines.get(one.case.pk)))
    CaseStep.objects.bulk_create(made, ignore_conflicts=True)
    return len(made)


def untick(command_id: int, case_ids: Iterable[int], by: User | None, now: datetime) -> int:
    """Open again the steps that a command's acts had done on these cases; return how many.

    Called by whoever takes the command back, in the same transaction.
    """
    marks = CaseStep.objects.filter(entry__command=command_id, case__in=list(case_ids), undone_at=None)
    return marks.update(undone_at=now, undone_by=by)


def _mark(one: Progress, step: Step, now: datetime, **more: Any) -> CaseStep:
    return CaseStep(
        case=one.case,
        round=one.round,
        code=step.code,
        name_zh=step.name_zh,
        name_en=step.name_en,
        done_at=now,
        **more,
    )


@transaction.atomic
def by_hand(member: Member, case_id: int, code: str, way: str, now: datetime, reason: str = "") -> None:
    """Tick a step of a case, skip it for a reason, or take either back; what is so already stays as it is.

    Raises Http404 for a case out of reach, Incomplete without a reason to skip, NotAllowed for a closed case and for a step
    that it does not have.
    """
    case = get(member, Case.objects.all(), pk=case_id)
    lock([case.order_id])
    locked = Case.objects.select_for_update(of=("self",), no_key=True).select_related("shop", "waybill")
    one = progress([locked.get(pk=case_id)])[case_id]
    if one.case.state == State.RESOLVED.value:
        raise NotAllowed(_("This case is resolved: its steps are history. Reopen it to start them anew."))
    if way == UNDO:
        live = CaseStep.objects.filter(case=case_id, round=one.round, code=code, undone_at=None)
        if not live.update(undone_at=now, undone_by=member.user):
            raise NotAllowed(_("This step is open already."))
        return
    told = reason.strip()
    if way == SKIP and not told:
        raise Incomplete("reason", _("Say why it is not needed."))
    if len(told) > REASON_LENGTH:
        raise Incomplete("reason", _("At most %(most)d characters.") % {"most": REASON_LENGTH})
    found = next((standing for standing in one.standing if standing.step.code == code), None)
    if found is None:
        raise NotAllowed(_("This case has no such step now."))
    more = {"skipped": True, "reason": told} if way == SKIP else {}
    CaseStep.objects.bulk_create([_mark(one, found.step, now, by=member.user, **more)], ignore_conflicts=True)


def is_late(found: Standing | None, now: datetime) -> bool:
    """Whether a step should have been done by now."""
    return found is not None and found.done_at is None and now > found.due_at


# A step that is due within that time is told as pressing.
PRESSING = timedelta(hours=1)


def tone(found: Standing, now: datetime) -> str:
    """The tone of the fuse a step is shown in."""
    if found.done_at is not None:
        return "kept"
    if is_late(found, now):
        return "broken"
    return "soon" if found.due_at - now <= PRESSING else "calm"
