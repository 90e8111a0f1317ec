"""A pasted list: each line with the order it hits, and what becomes of it once it is told."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from exceptions import reports, targets
from exceptions.deadlines.kinds import Kind
from exceptions.models import Report
from exceptions.pasting import Line
from exceptions.reports import LONGEST, Outcome, Said
from exceptions.targets import Target
from merchants.access import Member
from orders import tickets
from orders.models import Ticket
from orders.ticketing.drafts import TicketDraft

OUTCOMES = {
    Outcome.CREATED: ("kept", gettext_lazy("Reported")),
    Outcome.ADDED: ("kept", gettext_lazy("Added to the report there was")),
    Outcome.UNCHANGED: ("calm", gettext_lazy("Reported already")),
}
TICKETS = {
    tickets.Outcome.CREATED: ("kept", gettext_lazy("Interception opened")),
    tickets.Outcome.UPDATED: ("calm", gettext_lazy("Interception is open already")),
    tickets.Outcome.UNCHANGED: ("calm", gettext_lazy("Interception is open already")),
}


@dataclass(frozen=True, slots=True)
class Row:
    """A line, what it hits (None = nothing, `problem` says why), and once it is told what became of it."""

    line: Line
    target: Target | None = None
    problem: str = ""
    tone: str = ""
    done: str = ""
    case_id: int | None = None

    @property
    def kind(self) -> Kind | None:
        return self.line.kind

    @property
    def ours(self) -> bool:
        """Our own recall: it opens a request to the carrier."""
        return self.line.kind is Kind.INTERCEPTION_DUE


def place(member: Member, lines: Sequence[Line]) -> list[Row]:
    """Return each line with what it hits among the member's orders. Five queries whatever their number."""
    names = {name for line in lines for name in line.names}
    found = targets.named(member, names) if names else {}
    return [_placed(line, found) for line in lines]


def _placed(line: Line, found: Mapping[str, list[Target]]) -> Row:
    if line.problem:
        return Row(line, problem=str(line.problem.label))
    hits = {one.order_id: one for name in reversed(line.names) for one in found.get(name, ())}
    # An order and its waybill in one line name the same order; the parcel is the narrower of the two.
    parcels = [one for name in line.names for one in found.get(name, ()) if one.waybill_id]
    if not hits:
        sentence = _("Your shops have no order or waybill {number}. Correct it, or import the order first.")
        return Row(line, problem=sentence.format(number=line.names[0]))
    if len(hits) > 1:
        shops = _(", ").join(sorted({str(one.shop) for one in hits.values()}))
        sentence = _("Several orders are meant ({shops}). Name the waybill instead, or report it on its order’s page.")
        return Row(line, problem=sentence.format(shops=shops))
    return Row(line, parcels[0] if parcels else next(iter(hits.values())))


def commit(member: Member, rows: Sequence[Row], *, now: datetime) -> list[Row]:
    """Tell what the rows say; return them with what became of each. A row with a problem is left as it is."""
    good = [row for row in rows if row.target and not row.problem]
    said = [row for row in good if not row.ours]
    told_of = [_said(row, row.target, row.kind) for row in said if row.target and row.kind]
    told = reports.tell(told_of, Report.Source.PASTE, now=now, by=member.user)
    cases = reports.cases_for(told)
    done: dict[int, Row] = {}
    for row, one in zip(said, told, strict=True):
        tone, sentence = OUTCOMES[one.outcome]
        done[row.line.number] = replace(row, tone=tone, done=str(sentence), case_id=cases.get(one.report.pk))
    done |= _intercept(member, [row for row in good if row.ours], now)
    return [done.get(row.line.number, row) for row in rows]


def _said(row: Row, target: Target, kind: Kind) -> Said:
    return Said(target.order_id, target.waybill_id, kind.value, row.line.text[:LONGEST])


def _intercept(member: Member, rows: Sequence[Row], now: datetime) -> dict[int, Row]:
    """Open a request to the carrier for each row; names, phones and addresses of the line are not kept with it."""
    if not rows:
        return {}
    drafts = [
        TicketDraft(
            order=row.target.order,
            kind=Ticket.Kind.INTERCEPTION,
            number=row.target.waybill,
            opened_at=now,
            reason=row.line.word,
            shop=row.target.shop.code,
        )
        for row in rows
        if row.target
    ]
    told = tickets.record(member.shops, drafts, now)
    reports.judge_at_once(sorted({row.target.order_id for row in rows if row.target}), now)
    done = {}
    for row, one in zip(rows, told, strict=True):
        if one.problems:
            done[row.line.number] = replace(row, problem=" ".join(problem.sentence for problem in one.problems))
        else:
            tone, words = TICKETS[one.outcome]
            done[row.line.number] = replace(row, tone=tone, done=str(words))
    return done
