"""What people and other systems say went wrong: told, told again, closed.

A report is a fact of its order. Telling it has the order judged at once, so that whoever told it finds its case. Locks: orders,
in pk order; reports are written under their order's lock alone.
"""

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from django.db import OperationalError, connection, transaction
from django.db.models import QuerySet
from django.http import Http404
from django.utils.translation import gettext as _

from exceptions.deadlines.troubles import TOLD_BY_PEOPLE
from exceptions.desk.workflow import State
from exceptions.errors import Incomplete
from exceptions.models import Case, Report
from exceptions.sweep import judge_orders
from merchants.access import Member, scoped
from merchants.models import User
from orders.waking import lock, wake

log = logging.getLogger(__name__)

# Told at once: a page of a list, or of another system.
BATCH: Final = 500
LONGEST: Final = 1000
# Of all that was said about one thing.
LONGEST_IN_ALL: Final = 4000
KINDS: Final = tuple((kind.value, kind.label) for kind in TOLD_BY_PEOPLE)
KNOWN: Final = frozenset(kind.value for kind in TOLD_BY_PEOPLE)
TO_SHOP: Final = "order__shop"
# A limit passes only after its instant.
AFTER: Final = timedelta(microseconds=1)


class Outcome(StrEnum):
    """What became of what was told."""

    CREATED = "created"
    # It was told already, and this adds words to it.
    ADDED = "added"
    UNCHANGED = "unchanged"


@dataclass(frozen=True, slots=True)
class Said:
    """What somebody says; `waybill_id` None = of the order as a whole, `said_at` None = now."""

    order_id: int
    waybill_id: int | None
    kind: str
    text: str = ""
    said_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Told:
    report: Report
    outcome: Outcome


_Key = tuple[int, int | None, str]


def mine(member: Member) -> QuerySet[Report]:
    """Return the reports a member may reach."""
    return scoped(member, Report.objects.select_related("order__shop", "waybill", "by"), TO_SHOP)


def tell(said: Sequence[Said], source: str, *, now: datetime, by: User | None = None) -> list[Told]:
    """Write down at most BATCH things said, of orders the caller may speak of; return what became of each, in order.

    What is told twice is one report, while it is open. Raises Incomplete where one of them cannot be, before anything is
    written, and ValueError for more than BATCH.
    """
    if len(said) > BATCH:
        raise ValueError(f"{len(said)} reports are more than {BATCH}")
    for one in said:
        _check(one, now)
    ids = sorted({one.order_id for one in said})
    with transaction.atomic():
        lock(ids)
        standing = _standing(ids)
        new: list[Report] = []
        longer: list[Report] = []
        told = []
        for one in said:
            key = (one.order_id, one.waybill_id, one.kind)
            known = standing.get(key)
            if known is None:
                known = standing[key] = _report(one, source, now, by)
                new.append(known)
                told.append(Told(known, Outcome.CREATED))
            elif _add(known, one.text):
                longer.append(known)
                told.append(Told(known, Outcome.ADDED))
            else:
                told.append(Told(known, Outcome.UNCHANGED))
        Report.objects.bulk_create(new)
        Report.objects.bulk_update({id(one): one for one in longer if one.pk}.values(), ["text"])
        woken = sorted({report.order_id for report in new})
        wake(woken, now)
    judge_at_once(woken, now)
    return told


def _check(one: Said, now: datetime) -> None:
    if one.kind not in KNOWN:
        sentence = _("Say what went wrong. Use one of: {kinds}.")
        raise Incomplete("kind", sentence.format(kinds=", ".join(kind.value for kind in TOLD_BY_PEOPLE)))
    if len(one.text) > LONGEST:
        raise Incomplete("text", _("It is too long: shorten it to {most} characters.").format(most=LONGEST))
    if one.said_at and one.said_at > now:
        raise Incomplete("said_at", _("This time is still to come."))


def _standing(order_ids: Iterable[int]) -> dict[_Key, Report]:
    found = Report.objects.filter(order__in=order_ids, closed_at=None)
    return {(report.order_id, report.waybill_id, report.kind): report for report in found}


def _report(one: Said, source: str, now: datetime, by: User | None) -> Report:
    return Report(
        order_id=one.order_id,
        waybill_id=one.waybill_id,
        kind=one.kind,
        source=source,
        text=one.text.strip() or None,
        said_at=one.said_at or now,
        recorded_at=now,
        by=by,
    )


def _add(report: Report, text: str) -> bool:
    """Add what is new of the words; return whether anything was."""
    text, former = text.strip(), report.text or ""
    if not text or text in former:
        return False
    report.text = f"{former}\n{text}".strip()[:LONGEST_IN_ALL]
    return bool(report.text != former)


def close(member: Member, pk: int, *, now: datetime) -> Report:
    """Close a report: what it says is seen to, or was not so. Raises Http404 for one out of the member's reach."""
    report = mine(member).filter(pk=pk).first()
    if report is None:
        raise Http404
    with transaction.atomic():
        lock([report.order_id])
        if Report.objects.filter(pk=pk, closed_at=None).update(closed_at=now):
            wake([report.order_id], now)
    judge_at_once([report.order_id], now)
    return mine(member).get(pk=pk)


def judge_at_once(order_ids: Sequence[int], now: datetime) -> None:
    """Judge these orders now and not with the next sweep; where that fails they stay due for it."""
    if not order_ids:
        return
    try:
        with transaction.atomic():
            lock(order_ids)
            judge_orders(list(order_ids), now + AFTER)
    except OperationalError:
        raise
    except Exception:
        log.exception("%s orders are left to the sweep", len(order_ids))


def of_case(case: Case) -> list[Report]:
    """What was told of the case's kind about its parcel, the newest first. One query."""
    found = Report.objects.filter(order=case.order_id, waybill=case.waybill_id, kind=case.kind).select_related("by")
    return list(found.order_by("-said_at", "-pk"))


def cases_for(told: Iterable[Told]) -> Mapping[int, int]:
    """The open case of each report, by the report's key; none where it has none yet. One query."""
    reports = [one.report for one in told]
    cases = Case.objects.filter(order__in={report.order_id for report in reports}).exclude(state="resolved")
    found = {(order, way, kind): pk for pk, order, way, kind in cases.values_list("pk", "order", "waybill", "kind")}
    keys = {report.pk: (report.order_id, report.waybill_id, report.kind) for report in reports}
    return {pk: found[key] for pk, key in keys.items() if key in found}


# What becomes of reports as people resolve and reopen cases. A move is a case, its former and its next state; the caller holds
# the cases' orders locked. One statement each, and none where no case is resolved or reopened.
Move = tuple[int, str, str]
RESOLVED: Final = State.RESOLVED.value


def before(moves: Iterable[Move], now: datetime) -> None:
    """Before cases are written: open again the reports that were closed as those reopened now were resolved."""
    latest = """r.id = (select n.id from exceptions_report n where n.order_id = k.order_id and n.kind = k.kind
        and n.waybill_id is not distinct from k.waybill_id order by n.closed_at desc nulls first, n.id desc limit 1)
        and r.closed_at >= k.resolved_at"""
    _set([case for case, former, following in moves if former == RESOLVED != following], latest, "null", now)


def after(moves: Iterable[Move], now: datetime) -> None:
    """After cases are written: close the open reports that those resolved now are about."""
    resolved = [case for case, former, following in moves if former != RESOLVED == following]
    _set(resolved, "r.closed_at is null", "%(now)s", now)


def _set(case_ids: Iterable[int], which: str, closed_at: str, now: datetime) -> None:
    cases = list(case_ids)
    if not cases:
        return
    statement = f"""
        update exceptions_report r set closed_at = {closed_at} from exceptions_case k
        where k.id = any(%(cases)s) and r.order_id = k.order_id and r.kind = k.kind
          and r.waybill_id is not distinct from k.waybill_id and {which}
        returning r.order_id"""
    with connection.cursor() as cursor:
        cursor.execute(statement, {"cases": cases, "now": now})
        wake([pk for (pk,) in cursor.fetchall()], now)
