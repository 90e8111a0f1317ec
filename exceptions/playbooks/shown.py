"""Steps as pages show them: the next one as a button, and all of a case as a list."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from django.utils.translation import gettext as _

from exceptions.deadlines.sources import Source, sources
from exceptions.models import Case, CaseStep
from exceptions.playbooks import progress as reading
from exceptions.playbooks.progress import Progress
from exceptions.playbooks.steps import Standing
from exceptions.shown import Row, case_url
from exceptions.timeline import Moment
from shipops.kit import times
from shipops.kit.bilingual import in_language


@dataclass(frozen=True, slots=True)
class StepShown:
    """The next step of a case, as a button says it."""

    code: str
    name: str
    text: str
    # The act it asks for, by its value; "" = it is ticked by hand.
    verb: str
    # Where the button leads: the case, with the form of that act open.
    url: str
    # The id of what stands open there.
    opens: str
    due_at: datetime
    # Time left or over, the wall-clock instant in the shop's zone, and how late in words ("" = it is not).
    left: str
    at: str
    late: str
    tone: str


def with_steps(rows: list[Row], cases: Sequence[Case], now: datetime) -> list[Row]:
    """Rows of the queue, each with the next step of its case; a case that has none keeps the advice of its kind.

    Cases come with their shop and waybill. As many queries as `progress`, however many cases.
    """
    found = reading.progress(cases)
    return [
        replace(row, step=step.step.name, step_url=_way(row.pk, step)[0], step_late=_late(step, now))
        if (step := found[row.pk].next)
        else row
        for row in rows
    ]


def _way(pk: int, found: Standing) -> tuple[str, str]:
    """Where a step is done: the case, and the id of what stands open there."""
    verb = found.step.verb
    if verb is None:
        return f"{case_url(pk)}#step-{found.step.code}", f"step-{found.step.code}"
    return f"{case_url(pk)}?do={verb.value}#do-{verb.value}", f"do-{verb.value}"


def _late(found: Standing, now: datetime) -> str:
    return _("step {t} over").format(t=times.spell(now - found.due_at)) if reading.is_late(found, now) else ""


def as_button(one: Progress, now: datetime) -> StepShown | None:
    """The next step of a case; None where it is closed, or done with its playbook."""
    found = one.next
    if found is None:
        return None
    url, opens = _way(one.case.pk, found)
    return StepShown(
        code=found.step.code,
        name=found.step.name,
        text=found.step.text,
        verb=found.step.verb.value if found.step.verb else "",
        url=url,
        opens=opens,
        due_at=found.due_at,
        left=times.remaining(found.due_at, now),
        at=times.wall(found.due_at, now, one.case.shop.zone),
        late=_late(found, now),
        tone=reading.tone(found, now),
    )


@dataclass(frozen=True, slots=True)
class StepRow:
    """One step on the page of a case."""

    code: str
    name: str
    text: str
    # "done", "skipped", "open", or "next": the one to do now.
    state: str
    # Its tone, and the class of its dot.
    tone: str
    dot: str
    verb: str
    verb_label: str
    opens: str
    due_at: datetime | None
    left: str
    done_at: datetime | None
    by: str
    # Why it was skipped.
    reason: str
    # An act of the desk did it.
    by_act: bool
    sources: tuple[Source, ...]


@dataclass(frozen=True, slots=True)
class Board:
    """The playbook of a case, as its page shows it."""

    rows: list[StepRow]
    next: StepShown | None
    n_done: int
    n_all: int
    # 1 = the first time; how often the case came back, plus one.
    round: int
    note: str
    changed: bool
    # What was ticked by hand, for the story of the case.
    moments: list[Moment]


def board(case: Case, now: datetime) -> Board:
    """The playbook of one case, which comes with its shop and waybill."""
    one = reading.progress([case], whole=True)[case.pk]
    shown = {found.step.code for found in one.standing}
    # Done before the playbook was changed, and no step of it any more.
    rows = [_row_of_mark(mark) for mark in one.done.values() if mark.code not in shown]
    rows += [_row(one, found, now) for found in one.standing]
    return Board(
        rows=rows,
        next=as_button(one, now),
        n_done=sum(row.done_at is not None for row in rows),
        n_all=len(rows),
        round=one.round + 1,
        note=one.playbook.note,
        changed=one.playbook.number > 0,
        moments=_ticks(one.told),
    )


DOTS = {"kept": "is-kept", "broken": "is-verdict", "soon": "is-act", "calm": ""}


def _row(one: Progress, found: Standing, now: datetime) -> StepRow:
    step, mark = found.step, one.done.get(found.step.code)
    if mark:
        return _row_of_mark(mark, step.name)
    is_next = one.next is not None and one.next.step is step
    tone = reading.tone(found, now)
    return StepRow(
        code=step.code,
        name=step.name,
        text=step.text,
        state="next" if is_next else "open",
        tone=tone,
        dot="is-act" if is_next and tone != "broken" else DOTS[tone],
        verb=step.verb.value if step.verb else "",
        verb_label=str(step.verb.label) if step.verb else "",
        opens=f"do-{step.verb.value}" if step.verb else "",
        due_at=found.due_at,
        left=times.remaining(found.due_at, now),
        done_at=None,
        by="",
        reason="",
        by_act=False,
        sources=tuple(sources(step.source)),
    )


def _row_of_mark(mark: CaseStep, name: str = "") -> StepRow:
    return StepRow(
        code=mark.code,
        name=name or in_language(mark, "name"),
        text="",
        state="skipped" if mark.skipped else "done",
        tone="calm" if mark.skipped else "kept",
        dot="" if mark.skipped else "is-kept",
        verb="",
        verb_label="",
        opens="",
        due_at=None,
        left="",
        done_at=mark.done_at,
        by=mark.by.display_name if mark.by else _("shipops"),
        reason=mark.reason,
        by_act=mark.entry_id is not None,
        sources=(),
    )


def in_order(moments: list[Moment], ticked: list[Moment]) -> list[Moment]:
    """The story of a case, newest first, with what was ticked in it by hand."""
    return sorted([*moments, *ticked], key=lambda moment: moment.at, reverse=True)


def _ticks(marks: list[CaseStep]) -> list[Moment]:
    """What was ticked, skipped and taken back by hand; what an act did is told by its own line."""
    told = []
    for mark in marks:
        name, by = in_language(mark, "name"), mark.by.display_name if mark.by else _("shipops")
        verb = _("skipped the step “{name}”") if mark.skipped else _("ticked the step “{name}”")
        if mark.entry_id is None:
            told.append(Moment(mark.done_at, "is-act", by, verb.format(name=name), note=mark.reason))
            if mark.undone_at:
                who = mark.undone_by.display_name if mark.undone_by else _("shipops")
                told.append(Moment(mark.undone_at, "is-act", who, _("reopened the step “{name}”").format(name=name)))
    return told
