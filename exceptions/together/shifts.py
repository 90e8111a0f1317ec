"""The end of a shift: what is open and breaks before the next one, what was done, what waits for whom; and handing it over."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Final

from django.db import transaction
from django.db.models import Max, Q, QuerySet
from django.http import Http404
from django.utils import timezone
from django.utils.translation import gettext as _

from exceptions.desk import acting
from exceptions.desk.acts import Act
from exceptions.desk.deciding import Result
from exceptions.desk.workflow import Action, State
from exceptions.errors import Incomplete, NotAllowed
from exceptions.models import Case, CaseEntry, Handover, HandoverItem, Notice
from exceptions.together import inbox, team
from merchants.access import Member, scoped
from orders.waking import lock

# Nobody has more in charge at the end of a shift that could be read through.
MOST: Final = 200
# Where nothing says when a shift began: no shift is longer.
LONGEST_SHIFT: Final = timedelta(hours=12)
# Shifts begin at these hours, in the reader's zone.
BEGINS: Final = (time(9), time(18))
LONGEST_NOTE: Final = 2000
# Whom a case waits for after what was done outside last.
WAITS_FOR: Final[Mapping[str, str]] = {
    Action.URGE.value: "carrier",
    Action.INTERCEPT.value: "carrier",
    Action.CLAIM.value: "carrier",
    Action.WORK_ORDER.value: "carrier",
    Action.CONTACT.value: "buyer",
    Action.COMPENSATE.value: "buyer",
    Action.APPEAL.value: "platform",
    Action.PROVE.value: "platform",
    Action.RESHIP.value: "warehouse",
}


@dataclass(frozen=True, slots=True)
class Line:
    """A case of mine at the end of the shift. `waits_for` is a value of WAITS_FOR, or blank; `entry` says since when."""

    case: Case
    breaks_at: datetime
    before_next: bool
    waits_for: str
    entry: CaseEntry | None


@dataclass(frozen=True, slots=True)
class Shift:
    since: datetime
    next_at: datetime
    # What breaks first stands first.
    lines: list[Line]
    # What I did, by action, the most frequent first; and on how many cases.
    done: list[tuple[Action, int]]
    touched: int

    @property
    def burning(self) -> list[Line]:
        return [line for line in self.lines if line.before_next]

    @property
    def later(self) -> list[Line]:
        return [line for line in self.lines if not line.before_next]


@dataclass(frozen=True, slots=True)
class Given:
    """One line that is handed over: to whom, None = back to everybody."""

    case: int
    to: int | None
    note: str = ""


def next_shift(now: datetime) -> datetime:
    """When the next shift begins, in the current time zone."""
    local = timezone.localtime(now)
    begins = [
        datetime.combine(local.date() + timedelta(days=day), hour, local.tzinfo) for day in (0, 1) for hour in BEGINS
    ]
    return next(at for at in begins if at > local)


def shift(member: Member, now: datetime, next_at: datetime | None = None) -> Shift:
    """What the member's shift comes to; a fixed number of queries."""
    since, next_at = began(member, now), next_at or next_shift(now)
    mine = scoped(member, Case.objects.filter(merchant=member.merchant, assignee=member.user))
    mine = mine.exclude(state=State.RESOLVED.value).select_related("shop", "order", "waybill__carrier", "assignee")
    found = list(mine.defer("order__buyer").order_by("due_at", "pk")[:MOST])
    outside = _outside(found)
    lines = sorted(
        (_line(case, outside.get(case.pk), next_at, now) for case in found),
        key=lambda one: (one.breaks_at, one.case.pk),
    )
    entries = CaseEntry.objects.filter(by=member.user, at__gte=since, case__merchant=member.merchant)
    did = list(entries.values_list("action", "case_id"))
    done = [(Action(action), n) for action, n in Counter(action for action, _case in did).most_common()]
    return Shift(since, next_at, lines, done, len({case_id for _action, case_id in did}))


def began(member: Member, now: datetime) -> datetime:
    """When the member's shift began: after their last hand-over, else half a day ago."""
    earliest = now - LONGEST_SHIFT
    last = Handover.objects.filter(merchant=member.merchant, by=member.user, at__gt=earliest).aggregate(at=Max("at"))
    return last["at"] or earliest


def _outside(found: Iterable[Case]) -> dict[int, CaseEntry]:
    """The newest thing done outside about each case."""
    verbs = CaseEntry.objects.filter(case__in=[case.pk for case in found], action__in=list(WAITS_FOR))
    newest = verbs.order_by("case", "-at", "-pk").distinct("case")
    return {entry.case_id: entry for entry in newest}


def _line(case: Case, entry: CaseEntry | None, next_at: datetime, now: datetime) -> Line:
    # What is broken turns grave next; what is grave burns already.
    breaks_at = next((at for at in (case.due_at, case.grave_at) if at > now), case.due_at)
    return Line(case, breaks_at, breaks_at <= next_at, WAITS_FOR[entry.action] if entry else "", entry)


def receivers(member: Member) -> list[team.Mate]:
    """Who may be given something: the merchant's other people, those on duty first."""
    others = [mate for mate in team.mates(member.merchant) if mate.user.pk != member.user.pk]
    return sorted(others, key=lambda mate: (not mate.on, mate.user.username))


def hand_over(member: Member, given: Sequence[Given], note: str, now: datetime) -> list[Handover]:
    """Hand several cases over at once and return one hand-over for each receiver, those who are told of it by a notice.

    Raises Incomplete where nothing is given, a note is too long, or a receiver may not see a case's shop; NotAllowed where a
    case is no longer the member's. Then nothing is handed over.
    """
    note = note.strip()
    by_receiver: dict[int | None, list[Given]] = defaultdict(list)
    for one in given:
        by_receiver[one.to].append(one)
    with transaction.atomic():
        # All of them before any case, as several commands follow; and nobody takes one between the check and the hand-over.
        lock(Case.objects.filter(pk__in=[one.case for one in given][:MOST]).values_list("order_id", flat=True))
        _check(member, given, note)
        handovers = [
            Handover.objects.create(merchant=member.merchant, by=member.user, to_id=to, at=now, note=note)
            for to in by_receiver
        ]
        HandoverItem.objects.bulk_create(
            HandoverItem(handover=handover, case_id=one.case, note=one.note.strip())
            for handover, ones in zip(handovers, by_receiver.values(), strict=True)
            for one in ones
        )
        _assign(member, given, now)
    for handover in handovers:
        if handover.to_id:
            inbox.tell_of_handover(handover.to_id, handover, Notice.Kind.HANDED_OVER, now)
    return handovers


def _check(member: Member, given: Sequence[Given], note: str) -> None:
    if not given:
        raise Incomplete("", _("Choose at least one case and who gets it."))
    if len(given) > MOST:
        raise Incomplete("", _("At most {most} cases at once.").format(most=MOST))
    if any(len(text) > LONGEST_NOTE for text in (note, *(one.note for one in given))):
        raise Incomplete("note", _("At most %(most)d characters.") % {"most": LONGEST_NOTE})
    mine = scoped(member, Case.objects.filter(merchant=member.merchant, assignee=member.user))
    found = mine.exclude(state=State.RESOLVED.value).in_bulk([one.case for one in given])
    people = {mate.user.pk: mate for mate in team.mates(member.merchant)}
    for one in given:
        if one.case not in found:
            raise NotAllowed(_("C-{pk} is no longer in your charge. Look at the list again.").format(pk=one.case))
        if one.to is None:
            continue
        mate = people.get(one.to)
        if mate is None or not mate.sees(found[one.case].shop_id):
            sentence = _("C-{pk}: this person may not see its shop. Choose somebody else.")
            raise Incomplete(str(one.case), sentence.format(pk=one.case))


def _assign(member: Member, given: Sequence[Given], now: datetime) -> None:
    """Put the receivers in charge: one command for the lines with the same note. Raises NotAllowed where one cannot be."""
    by_note: dict[str, list[Given]] = defaultdict(list)
    for one in given:
        by_note[one.note.strip()].append(one)
    for note, ones in by_note.items():
        people = {one.case: one.to for one in ones if one.to is not None}
        act = Act(member, Action.ASSIGN, now, assignees=people, note=note)
        command = acting.run(member, act, [one.case for one in ones], now=now)
        refused = command.items.exclude(result__in=[Result.APPLIED, Result.NO_OP]).first()
        if refused is not None:
            raise NotAllowed(f"C-{refused.case_id}: {refused.reason}")


def mine(member: Member) -> QuerySet[Handover]:
    """The hand-overs a member gave or was given."""
    either = Q(by=member.user) | Q(to=member.user)
    return Handover.objects.filter(either, merchant=member.merchant).select_related("by", "to")


def read(member: Member, pk: int) -> tuple[Handover, list[HandoverItem]]:
    """One hand-over and its cases, as far as the member may still see them; Http404 for one between others."""
    handover = mine(member).filter(pk=pk).first()
    if handover is None:
        raise Http404
    related = ("case__shop", "case__order", "case__waybill__carrier", "case__assignee")
    items = handover.items.filter(case__shop__in=member.shop_ids).select_related(*related).defer("case__order__buyer")
    return handover, list(items.order_by("case__due_at", "pk"))


def accept(member: Member, pk: int, now: datetime) -> Handover:
    """Say that one has it; who gave it is told. Accepting twice changes nothing. Http404 for what was given to others."""
    handover = mine(member).filter(pk=pk, to=member.user).first()
    if handover is None:
        raise Http404
    if Handover.objects.filter(pk=pk, accepted_at=None).update(accepted_at=now):
        handover.accepted_at = now
        if handover.by_id:
            inbox.tell_of_handover(handover.by_id, handover, Notice.Kind.ACCEPTED, now)
    return handover
