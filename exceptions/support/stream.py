"""One order in one stream, newest first: what the platform told, scans, limits, cases, messages, money and edits."""

from collections.abc import Container, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from exceptions.deadlines.kinds import Kind
from exceptions.desk.workflow import Action
from exceptions.models import CaseEntry, Clock, Filing, Report
from exceptions.support.story import OrderStory
from exceptions.timeline import PLATFORM, Moment, entry, event, facts, taken_back, term_name, verdicts
from orders import masking
from orders.models import Order, Ticket
from shipments.models import Parcel
from shipops.kit import money, times
from shipops.kit.choices import Choice


class Group(Choice):
    """What sort of line it is: the chips of the filter."""

    FACTS = "facts", gettext_lazy("Facts")
    SCANS = "scans", gettext_lazy("Scans")
    LIMITS = "limits", gettext_lazy("Limits")
    CASES = "cases", gettext_lazy("Cases")
    MESSAGES = "messages", gettext_lazy("Messages")
    MONEY = "money", gettext_lazy("Money")
    EDITS = "edits", gettext_lazy("Edits")


# What a line of a case's log is beside being one.
GROUPS_OF_ACTIONS: Final = {
    Action.CONTACT.value: Group.MESSAGES,
    Action.CLAIM.value: Group.MONEY,
    Action.COMPENSATE.value: Group.MONEY,
}
GROUPS_OF_TICKETS: Final = {
    Ticket.Kind.INQUIRY.value: Group.MESSAGES,
    Ticket.Kind.COMPLAINT.value: Group.MESSAGES,
    Ticket.Kind.REFUND_UNSHIPPED.value: Group.MONEY,
    Ticket.Kind.REFUND.value: Group.MONEY,
    Ticket.Kind.CLAIM.value: Group.MONEY,
}


@dataclass(frozen=True, slots=True)
class Chip:
    value: str
    label: str
    count: int
    on: bool


def moments(story: OrderStory, now: datetime) -> list[Moment]:
    """Everything, newest first; of scans as many as the story holds."""
    people = {line.by.pk: line.by.display_name for line in story.entries if line.by}
    people |= {case.assignee.pk: case.assignee.display_name for case in story.cases if case.assignee}
    stream = [event(scan) for scan in story.events]
    stream += facts(story.order, story.dispatches)
    stream += _promises(story.order)
    undone = taken_back(story.entries)
    stream += [_logged(line, story, people, now, undone) for line in story.entries]
    stream += [_report(report) for report in story.reports]
    for clock in story.clocks:
        stream += verdicts(clock, story.terms.get(clock.term), now)
        stream += _penalties(clock, story, now)
    for ticket in story.tickets:
        stream += _ticket(ticket, story.order)
    stream += _edits(story, now)
    return sorted(stream, key=lambda moment: moment.at, reverse=True)


def chosen(stream: Iterable[Moment], only: Sequence[str], parcel: int = 0) -> list[Moment]:
    """Return the lines of these groups (none = all), about one parcel (0 = about any, or none)."""
    return [
        moment for moment in stream if (not only or moment.group in only) and (not parcel or moment.waybill == parcel)
    ]


def chips(story: OrderStory, stream: Iterable[Moment], only: Sequence[str], parcel: int) -> list[Chip]:
    """Return one chip a group, with how many lines it lets through; scans are counted where not all are read."""
    counts = dict.fromkeys((group.value for group in Group), 0)
    for moment in chosen(stream, (), parcel):
        counts[moment.group] += 1
    if story.more:
        told = sum(waybill.event_count for waybill in story.waybills if parcel in (0, waybill.pk))
        counts[Group.SCANS.value] = max(counts[Group.SCANS.value] + 1, told)
    return [Chip(group.value, str(group.label), counts[group.value], group.value in only) for group in Group]


def _promises(order: Order) -> Iterator[Moment]:
    """Until when the platform was promised what; one still to come heads the stream."""
    promised = [(order.promised_dispatch_at, _("Dispatch by")), (order.promised_delivery_at, _("Deliver by"))]
    for at, lead in promised:
        if at:
            yield Moment(at, "", lead, source=str(PLATFORM), group=Group.FACTS.value)


def _logged(
    line: CaseEntry, story: OrderStory, people: dict[int, str], now: datetime, undone: Container[int | None]
) -> Moment:
    case = line.case
    group = GROUPS_OF_ACTIONS.get(line.action, Group.CASES)
    told = entry(line, people, story.order, now, undone, case.pk)
    about = [f"C-{case.pk}", str(Kind(case.kind).label), told.source]
    source = " · ".join(part for part in about if part)
    return replace(told, source=source, group=group.value, waybill=case.waybill_id)


def _report(report: Report) -> Moment:
    """What somebody said went wrong; numbers in it are masked as in a buyer's message."""
    said_by_buyer = report.source == Report.Source.BUYER
    heard = times.spell(report.recorded_at - report.said_at)
    return Moment(
        report.said_at,
        "is-verdict",
        str(report.get_source_display()),
        report.kind_label,
        _("heard {t} later").format(t=heard),
        note=masking.text(str(report.text or "")),
        group=(Group.MESSAGES if said_by_buyer else Group.CASES).value,
        waybill=report.waybill_id,
    )


def _penalties(clock: Clock, story: OrderStory, now: datetime) -> Iterator[Moment]:
    if clock.penalty and (clock.stopped_at or now) > clock.due_at:
        term = story.terms.get(clock.term)
        yield Moment(
            clock.due_at,
            "is-verdict",
            _("Penalty {money}").format(money=money.shown(clock.penalty, story.order.currency)),
            term_name(term) if term else clock.term,
            f"{clock.term} · {clock.version}",
            group=Group.MONEY.value,
            waybill=clock.waybill_id,
        )


def _ticket(ticket: Ticket, order: Order) -> Iterator[Moment]:
    group = GROUPS_OF_TICKETS.get(ticket.kind, Group.EDITS).value
    name = str(ticket.get_kind_display())
    amount = money.shown(ticket.amount, order.currency) if ticket.amount else ""
    text = " · ".join(part for part in (amount, ticket.reason) if part)
    yield Moment(ticket.opened_at, "", name, text, ticket.number, group=group)
    for step in ticket.steps.all():
        yield Moment(step.at, "", name, str(step.get_name_display()), ticket.number, group=group)
    if ticket.closed_at:
        yield Moment(ticket.closed_at, "is-kept", name, _("closed"), ticket.number, group=group)


def _edits(story: OrderStory, now: datetime) -> Iterator[Moment]:
    """Who changed what is known of the order, and who saw the buyer's data."""
    order, group = story.order, Group.EDITS.value
    run = next(iter(story.imports), None)
    source = _("Import {name}").format(name=run.filename) if run else ""
    yield Moment(
        order.created_at, "", _("Came in"), source=source if order.created_at == order.updated_at else "", group=group
    )
    if order.updated_at != order.created_at:
        yield Moment(order.updated_at, "", _("Last changed"), source=source, group=group)
    for dispatch in story.dispatches:
        for parcel in dispatch.parcels.all():
            yield from _role(parcel)
    for filing in story.filings:
        yield from _filing(filing, now, order)
    for reveal in story.reveals:
        if reveal.revealed_at:
            yield Moment(reveal.revealed_at, "is-act", reveal.by.display_name, _("saw the buyer’s data"), group=group)


def _role(parcel: Parcel) -> Iterator[Moment]:
    if parcel.role_at:
        who = parcel.role_by.display_name if parcel.role_by else _("shipops")
        text = f"{parcel.waybill.number}: {parcel.get_role_display()}"
        yield Moment(parcel.role_at, "is-act", who, text, group=Group.EDITS.value, waybill=parcel.waybill_id)


def _filing(filing: Filing, now: datetime, order: Order) -> Iterator[Moment]:
    who = filing.filed_by.display_name if filing.filed_by else _("shipops")
    of = str(Kind(filing.kind).label)
    text = _("filed with the platform: {what}").format(what=of)
    yield Moment(filing.filed_at, "is-act", who, text, filing.reference, note=filing.reason, group=Group.EDITS.value)
    if filing.answered_at:
        until = times.wall(filing.new_due_at, now, order.shop.zone) if filing.new_due_at else ""
        answer = f"{filing.get_state_display()} {until}".strip()
        yield Moment(
            filing.answered_at, "", str(PLATFORM), f"{of}: {answer}", filing.reference, group=Group.EDITS.value
        )
