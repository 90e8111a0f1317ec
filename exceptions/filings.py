"""Filings (报备): what is told to the platform about limits that cannot be kept, and what it answers.

A filing is pending until the platform accepts or refuses it; accepted it moves the limits of its kind on its order, or lifts
them. Each telling wakes the order for judgement and stands in the log of the cases it is about. Locks: orders, then cases,
each in pk order.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Any, Final

from django.db import transaction
from django.db.models import QuerySet
from django.utils.timezone import is_naive
from django.utils.translation import gettext as _

from exceptions.deadlines.kinds import Kind
from exceptions.desk.workflow import Action, State, next_state
from exceptions.errors import Incomplete, NotAllowed
from exceptions.models import Case, CaseEntry, Filing
from merchants.access import Member, get, scoped
from orders.models import Order
from orders.waking import lock, wake
from shipops.kit import times

# Orders filed for at once: with every kind that is some thousand rows in one transaction.
BATCH: Final = 500
TO_SHOP: Final = "order__shop"
LONGEST_REASON: Final = 200
LONGEST_REFERENCE: Final = 64
KINDS: Final = tuple(kind.value for kind in Kind)


@dataclass(frozen=True, slots=True)
class Filed:
    """What became of one filing that was asked for; `problem` is a sentence where there is none."""

    order: int
    kind: str
    filing: Filing | None = None
    problem: str = ""


def mine(member: Member) -> QuerySet[Filing]:
    """Return the filings a member may reach."""
    return scoped(member, Filing.objects.select_related("order__shop", "filed_by"), TO_SHOP)


# An order and a kind of limit on it.
Pair = tuple[int, str]


def file(member: Member, pairs: Sequence[Pair], *, now: datetime, reason: str = "", reference: str = "") -> list[Filed]:
    """File for the limits of each pair of order and kind, at most BATCH orders; return what became of each, in order.

    A pair that has a filing pending already, or an order out of the member's reach, is told and stops no other. Raises
    Incomplete where kinds, reason or reference cannot be.
    """
    reason, reference = reason.strip(), reference.strip()
    _check(pairs, reason, reference)
    told: dict[str, Any] = {"filed_at": now, "filed_by": member.user, "reason": reason, "reference": reference}
    ids = {order_id for order_id, _kind in pairs}
    with transaction.atomic():
        found = set(scoped(member, Order.objects.filter(pk__in=ids)).values_list("pk", flat=True))
        lock(found)
        filed = list(_filed(dict.fromkeys(pairs), found, _pending(found), told))
        new = Filing.objects.bulk_create([one.filing for one in filed if one.filing])
        said = {"filing": "filed"} | ({"reference": reference} if reference else {})
        _log(member, new, said, reason, now)
        wake((filing.order_id for filing in new), now)
    return filed


def file_for_cases(
    member: Member, case_ids: Sequence[int], *, now: datetime, reason: str = "", reference: str = ""
) -> dict[int, Filed | None]:
    """File for the kind of each case on its order, as `file` does; return what became of it by case, None = not found."""
    cases = scoped(member, Case.objects.filter(pk__in=case_ids)).values_list("pk", "order_id", "kind")
    pairs = {pk: (order_id, kind) for pk, order_id, kind in cases}
    filed = file(member, sorted(pairs.values()), now=now, reason=reason, reference=reference)
    by_pair = {(one.order, one.kind): one for one in filed}
    return {pk: by_pair[pairs[pk]] if pk in pairs else None for pk in case_ids}


def _check(pairs: Sequence[Pair], reason: str, reference: str) -> None:
    if len({order_id for order_id, _kind in pairs}) > BATCH:
        raise Incomplete("orders", _("At most {most} at once: send them in parts.").format(most=BATCH))
    if any(kind not in KINDS for _order, kind in pairs):
        sentence = _("Say which limits it is about. Use one or more of: {kinds}.")
        raise Incomplete("kinds", sentence.format(kinds=", ".join(KINDS)))
    texts = (("reason", reason, LONGEST_REASON), ("reference", reference, LONGEST_REFERENCE))
    for field, text, most in texts:
        if len(text) > most:
            raise Incomplete(field, _("It is too long: shorten it to {most} characters.").format(most=most))


def _pending(order_ids: Iterable[int]) -> set[Pair]:
    pending = Filing.objects.filter(order__in=order_ids, state=Filing.State.PENDING)
    return set(pending.values_list("order_id", "kind"))


def _filed(
    pairs: Iterable[Pair], found: Collection[int], pending: Collection[Pair], told: Mapping[str, Any]
) -> Iterator[Filed]:
    for order_id, kind in pairs:
        if order_id not in found:
            yield Filed(order_id, kind, problem=_("There is no such order in your shops."))
        elif (order_id, kind) in pending:
            yield Filed(order_id, kind, problem=_("It is filed already. Note the platform’s answer first."))
        else:
            yield Filed(order_id, kind, Filing(order_id=order_id, kind=kind, **told))


def answer(
    member: Member, filing_id: int, accepted: bool, *, now: datetime, new_due_at: datetime | None = None
) -> Filing:
    """Note the platform's answer and return the filing; accepted without `new_due_at`, its limits no longer apply.

    Raises Http404 for a filing out of the member's reach, NotAllowed where it is answered already, Incomplete where
    `new_due_at` cannot be.
    """
    filing = get(member, mine(member), TO_SHOP, pk=filing_id)
    _check_limit(filing, accepted, new_due_at)
    state = Filing.State.ACCEPTED if accepted else Filing.State.REFUSED
    with transaction.atomic():
        lock([filing.order_id])
        pending = Filing.objects.filter(pk=filing.pk, state=Filing.State.PENDING)
        if not pending.update(state=state, answered_at=now, new_due_at=new_due_at):
            raise NotAllowed(_("The answer to this filing is noted already."))
        said = {"filing": state.value} | ({"until": new_due_at.isoformat()} if new_due_at else {})
        _log(member, [filing], said, "", now)
        wake([filing.order_id], now)
    filing.refresh_from_db(fields=["state", "answered_at", "new_due_at"])
    return filing


def _check_limit(filing: Filing, accepted: bool, new_due_at: datetime | None) -> None:
    if new_due_at is None:
        return
    if is_naive(new_due_at):
        sentence = _("Give the time with its offset from UTC, for example 2026-11-22T12:00:00+08:00.")
        raise Incomplete("new_due_at", sentence)
    if not accepted:
        raise Incomplete("new_due_at", _("A filing that is refused moves no limit. Leave the new limit out."))
    if new_due_at <= filing.filed_at:
        raise Incomplete("new_due_at", _("The new limit is before the filing itself. Correct it."))


def _log(member: Member, filings: Sequence[Filing], said: Mapping[str, str], note: str, now: datetime) -> None:
    """Write a line into the log of each open case of the filings' orders and kinds."""
    about = {(filing.order_id, filing.kind) for filing in filings}
    cases = Case.objects.filter(order__in={order for order, _kind in about}, kind__in={kind for _order, kind in about})
    unresolved = cases.exclude(state=State.RESOLVED.value).order_by("pk")
    locked = [
        case for case in unresolved.select_for_update(of=("self",), no_key=True) if (case.order_id, case.kind) in about
    ]
    CaseEntry.objects.bulk_create(
        CaseEntry(
            case=case,
            at=now,
            by=member.user,
            action=Action.NOTE.value,
            from_state=case.state,
            to_state=str(next_state(State(case.state), Action.NOTE)),
            note=note,
            detail=dict(said),
        )
        for case in locked
    )


def of_case(case: Case) -> list[Filing]:
    """Return the filings about a case's kind on its order, newest first."""
    return list(Filing.objects.filter(order=case.order_id, kind=case.kind).select_related("filed_by").order_by("-pk"))


def told(detail: Mapping[str, Any], now: datetime, zone: tzinfo) -> str:
    """Return in a few words what a line of a case's log says of a filing; blank where it says nothing of one."""
    what, until = detail.get("filing"), detail.get("until")
    if what == "filed":
        number = detail.get("reference", "")
        return (
            _("filed it with the platform: {number}").format(number=number)
            if number
            else _("filed it with the platform")
        )
    if what == Filing.State.REFUSED:
        return _("noted that the platform refused the filing")
    if what == Filing.State.ACCEPTED and until:
        limit = times.wall(datetime.fromisoformat(until), now, zone)
        return _("noted that the platform accepted the filing: new limit {t}").format(t=limit)
    if what == Filing.State.ACCEPTED:
        return _("noted that the platform accepted the filing: the limit no longer applies")
    return ""
