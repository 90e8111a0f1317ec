"""One case, told: its limits with their arithmetic, and everything that happened in one stream, newest first.

`event`, `entry`, `verdicts` and `facts` make the lines; the support view (exceptions.support) tells a whole order with them.
"""

from collections.abc import Container, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, tzinfo
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import pgettext_lazy

from exceptions import filings
from exceptions.deadlines.kinds import Level
from exceptions.deadlines.shoplimits import threshold
from exceptions.deadlines.terms import Term
from exceptions.desk.case_page import CaseStory
from exceptions.desk.workflow import VERBS, Action
from exceptions.models import Case, CaseEntry, Clock, Filing
from exceptions.moment_labels import MOMENTS
from exceptions.together import attachments
from orders.models import Dispatch, Order
from shipments.models import TrackingEvent
from shipments.status import CAUSES, STAGES, Stage
from shipops.kit import money, times
from shipops.kit.bilingual import in_language

PLATFORM = pgettext_lazy("source of a line in the timeline", "Platform")


@dataclass(frozen=True, slots=True)
class Limit:
    """One clock as a person checks it: start + length = due."""

    name: str
    tone: str
    state: str
    start_word: str
    started_at: datetime
    due_at: datetime
    length: str
    stopped_at: datetime | None
    running: bool
    own: bool
    penalty: str
    code: str
    version: str
    sources: str
    needs_review: bool
    note: str


@dataclass(frozen=True, slots=True)
class Moment:
    """One line of the stream. `tone` is a class of the line: "", "is-act", "is-verdict" or "is-kept"."""

    at: datetime
    tone: str
    lead: str
    text: str = ""
    source: str = ""
    raw: str = ""
    note: str = ""
    # What sort of line it is (exceptions.support.stream.Group), and the waybill it is about.
    group: str = ""
    waybill: int | None = None


def limits(story: CaseStory, now: datetime) -> list[Limit]:
    """The order's clocks, those of this case first, running before stopped."""
    told = [_limit(clock, story.terms.get(clock.term), story, now) for clock in story.clocks]
    return sorted(told, key=lambda limit: (not limit.own, not limit.running))


def _limit(clock: Clock, term: Term | None, story: CaseStory, now: datetime) -> Limit:
    late = (clock.stopped_at or now) > clock.due_at
    if clock.stopped_at:
        tone = "broken" if late else "kept"
        state = _("Late by {t}").format(t=times.spell(clock.stopped_at - clock.due_at)) if late else _("Kept")
    else:
        tone, state = Level(clock.level).tone, times.remaining(clock.due_at, now)
    return Limit(
        name=term_name(term) if term else clock.term,
        tone=tone,
        state=state,
        start_word=str(MOMENTS.get(term.start, "")) if term else "",
        started_at=clock.started_at,
        due_at=clock.due_at,
        length=times.length(clock.due_at - clock.started_at),
        stopped_at=clock.stopped_at,
        running=clock.stopped_at is None,
        own=clock.case_id == story.case.pk,
        penalty=money.shown(clock.penalty, story.order.currency) if clock.penalty else "",
        code=clock.term,
        version=clock.version,
        sources=", ".join(term.source) if term else "",
        needs_review=bool(term and term.needs_review),
        note=term_note(term) if term else "",
    )


def costs(story: CaseStory, now: datetime) -> str:
    """What the case costs now and from when it costs more; blank where no rate is known."""
    zone, currency = story.order.shop.zone, story.order.currency
    told, owed_now = [], ""
    for rung in story.ladder:
        total = money.shown(rung.total, currency)
        if rung.at < now:
            owed_now = _("{money} now").format(money=total)
            continue
        names = [term_name(story.terms[code]) if code in story.terms else code for code in rung.codes]
        step = _("{money} from {at} ({rule})")
        told.append(step.format(money=total, at=times.wall(rung.at, now, zone), rule=", ".join(names)))
    return _("; ").join([*filter(None, [owed_now]), *told])


def shop_limits(story: CaseStory) -> list[str]:
    """What the shop may run into by the limits this case is about, each once."""
    codes = [code for rung in story.ladder for code in rung.codes]
    limits = [limit for code in codes if code in story.terms for limit in story.terms[code].limits]
    return list(dict.fromkeys(threshold(limit) for limit in limits))


def term_name(term: Term) -> str:
    """A term's name in the reader's language."""
    return in_language(term, "name")


def term_note(term: Term) -> str:
    """What one should know about a term, in the reader's language."""
    return in_language(term, "note")


def moments(story: CaseStory, people: dict[int, str], now: datetime, filed: Iterable[Filing] = ()) -> list[Moment]:
    """Scans, log lines, verdicts and what the order tells and the filings of the case's kind, newest first."""
    undone = taken_back(story.entries)
    stream = [event(scan) for scan in story.events]
    stream += [entry(line, people, story.order, now, undone, story.case.pk) for line in story.entries]
    for clock in story.clocks:
        if clock.kind == story.case.kind:
            stream += verdicts(clock, story.terms.get(clock.term), now)
    stream += facts(story.order, story.dispatches)
    stream += _filings(filed, story, now)
    return sorted(stream, key=lambda moment: moment.at, reverse=True)


def taken_back(entries: Iterable[CaseEntry]) -> set[int | None]:
    """The commands that lines of a log say were undone."""
    return {line.detail.get("command") for line in entries if line.action == Action.UNDO.value}


def event(scan: TrackingEvent) -> Moment:
    """One scan, with who told it and how late."""
    stage = STAGES.get(scan.stage, Stage.UNKNOWN)
    cause = CAUSES.get(scan.cause)
    heard = scan.recorded_at - scan.occurred_at
    source = [scan.waybill.carrier.name, scan.place, _("heard {t} later").format(t=times.spell(heard))]
    return Moment(
        at=scan.occurred_at,
        tone="is-kept" if stage is Stage.DELIVERED else "is-verdict" if cause else "",
        lead=str(stage.label) + (f" · {cause.label}" if cause else ""),
        text=scan.text,
        source=" · ".join(part for part in source if part),
        raw=scan.code,
        group="scans",
        waybill=scan.waybill_id,
    )


def entry(
    line: CaseEntry, people: dict[int, str], order: Order, now: datetime, undone: Container[int | None], own: int
) -> Moment:
    """One line of a case's log; `people` are names by id, `own` is the case that needs no naming."""
    action = Action(line.action)
    by = line.by.display_name if line.by else _("shipops")
    tone = "is-act" if line.by else "is-verdict"
    if action is Action.CLEAR:
        tone = "is-kept"
    done, source = _done(action, line, people, order, now), []
    if line.case_id != own:
        source.append(f"C-{line.case_id}")
    if line.command_id in undone and action is not Action.UNDO:
        tone = ""
        source.append(_("taken back"))
    return Moment(line.at, tone, by, done, " · ".join(source), note=line.note, group="cases")


def _done(action: Action, entry: CaseEntry, people: dict[int, str], order: Order, now: datetime) -> str:
    """What somebody did, in a few words."""
    detail = entry.detail or {}
    said = filings.told(detail, now, order.shop.zone) or attachments.told(detail)
    if said:
        return said
    if action is Action.ASSIGN:
        name = people.get(detail.get("assignee") or 0)
        return _("put {name} in charge").format(name=name) if name else _("put nobody in charge")
    if action in (Action.SNOOZE, Action.WAKE):
        return _slept(action, entry, detail, now, order.shop.zone)
    if action in (Action.RESOLVE, Action.CLEAR):
        labels = dict(Case.Outcome.choices)
        verb = _("resolved it: {outcome}") if action is Action.RESOLVE else _("settled it by the facts: {outcome}")
        return verb.format(outcome=labels.get(detail.get("outcome", ""), "–"))
    if action in (Action.RAISE, Action.WORSEN, Action.RELAPSE):
        return _lit(action, detail)
    if action is Action.UNDO:
        undone = next((one for one in Action if one.value == detail.get("action")), None)
        return _("undid: {action}").format(action=undone.label if undone else "–")
    if action is Action.MERGE:
        return _("merged it into C-{pk}").format(pk=detail.get("into", "–"))
    if action in VERBS:
        money_told = money.shown(Decimal(detail["amount"]), order.currency) if detail.get("amount") else ""
        told = [detail.get("where", ""), detail.get("number", ""), money_told]
        return " · ".join(filter(None, [str(action.label), *told]))
    return {Action.NOTE: _("noted"), Action.REOPEN: _("reopened it")}.get(action, str(action.label))


def _slept(action: Action, entry: CaseEntry, detail: dict[str, Any], now: datetime, zone: tzinfo) -> str:
    """A snooze and its end."""
    if action is Action.WAKE:
        if entry.by:
            return _("woke it")
        ended = {
            "scan": _("brought it back: it was scanned"),
            "incident": _("brought it back: the incident is closed"),
        }
        return ended.get(detail.get("by", ""), _("brought it back: the snooze is over"))
    if not detail.get("until"):
        return str(action.label)
    t = times.wall(datetime.fromisoformat(detail["until"]), now, zone)
    wakes = {
        Case.Wakes.SCAN.value: _("snoozed it until its next scan, {t} at the latest"),
        Case.Wakes.DUE.value: _("snoozed it until {hours} h before it breaks, {t} as things stand"),
        Case.Wakes.INCIDENT.value: _("snoozed it until the incident closes, {t} at the latest"),
    }
    pattern = wakes.get(detail.get("wakes_on", ""), _("snoozed it until {t}"))
    return pattern.format(t=t, hours=detail.get("hours", ""))


def _lit(action: Action, detail: dict[str, Any]) -> str:
    """A case that opened, got worse, or came back."""
    level = Level(detail["level"]).label if "level" in detail else ""
    if action is Action.RELAPSE:
        labels = dict(Case.Outcome.choices)
        pattern = _("brought it back: {level}. It had been resolved: {outcome}")
        return pattern.format(level=level, outcome=labels.get(detail.get("outcome", ""), "–"))
    verb = _("opened it: {level}") if action is Action.RAISE else _("now: {level}")
    return verb.format(level=level)


def _filings(filed: Iterable[Filing], story: CaseStory, now: datetime) -> Iterator[Moment]:
    """Filings and their answers that stand in no line of the log: they were told before the case opened, or after it closed."""
    logged = {(entry.at, entry.detail.get("filing")) for entry in story.entries}
    for one in filed:
        said: list[tuple[datetime | None, dict[str, Any], str]] = [
            (one.filed_at, {"filing": "filed", "reference": one.reference}, one.reason)
        ]
        limit = {"until": one.new_due_at.isoformat()} if one.new_due_at else {}
        said.append((one.answered_at, {"filing": one.state, **limit}, ""))
        for at, detail, note in said:
            if at and (at, detail["filing"]) not in logged:
                by = one.filed_by.display_name if one.filed_by and detail["filing"] == "filed" else _("shipops")
                yield Moment(at, "is-act", by, filings.told(detail, now, story.order.shop.zone), note=note)


def verdicts(clock: Clock, term: Term | None, now: datetime) -> list[Moment]:
    """A limit's start, and that it was kept or broken."""
    name = term_name(term) if term else clock.term
    source = f"{clock.term} · {clock.version}"
    length = times.length(clock.due_at - clock.started_at)
    of: dict[str, Any] = {"source": source, "group": "limits", "waybill": clock.waybill_id}
    told = [Moment(clock.started_at, "", _("Limit starts"), f"{name} · {length}", **of)]
    if (clock.stopped_at or now) > clock.due_at:
        told.append(Moment(clock.due_at, "is-verdict", _("Limit broken"), name, **of))
    if clock.stopped_at:
        kept = clock.stopped_at <= clock.due_at
        lead = _("Limit kept") if kept else _("Happened late")
        used = _("after {t}").format(t=times.spell(clock.stopped_at - clock.started_at))
        told.append(Moment(clock.stopped_at, "is-kept" if kept else "is-verdict", lead, f"{name} · {used}", **of))
    return told


def facts(order: Order, dispatches: Iterable[Dispatch]) -> list[Moment]:
    """What the platform says of the order; each dispatch comes with its parcels."""
    amount = money.shown(order.amount, order.currency)
    told = [
        (order.placed_at if order.placed_at != order.paid_at else None, _("Order placed"), amount),
        (order.paid_at, _("Paid"), amount),
        (order.delivered_at, _("Delivered"), _("as the platform says")),
        (order.closed_at, _("Order closed"), ""),
    ]
    stream = [Moment(at, "", lead, text, str(PLATFORM), group="facts") for at, lead, text in told if at]
    for dispatch in dispatches:
        if dispatch.uploaded_at:
            text = f"{dispatch.carrier_name} {dispatch.number}"
            of = next((parcel.waybill_id for parcel in dispatch.parcels.all()), None)
            told_at = dispatch.uploaded_at
            lead = _("Number uploaded")
            stream.append(Moment(told_at, "", lead, text, str(PLATFORM), group="facts", waybill=of))
    return stream
