"""What is done about a kind of exception, step by step, and until when. Pure; instants are aware, and come out in UTC."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from exceptions.deadlines.kinds import Kind, Level
from exceptions.deadlines.worktime import Week, add_working
from exceptions.desk.workflow import VERBS, Action
from shipops.kit.bilingual import in_language
from shipops.kit.choices import Choice

# What a step may ask for besides a plain tick.
ASKABLE = (*VERBS, Action.RESOLVE)
CODE = re.compile(r"[a-z0-9][a-z0-9_-]{0,29}", re.ASCII)
NAME_LENGTH, TEXT_LENGTH = 40, 400
# More than a person follows, and more than fits a phone.
MOST_STEPS = 20
# A month: what lies further off is no step of an exception.
MOST_HOURS = 720


class StepError(ValueError):
    """A step that cannot be, with the sentence to show; `index` of the step (None = the playbook), `field` of its form."""

    def __init__(self, sentence: str, index: int | None = None, field: str = "") -> None:
        super().__init__(sentence)
        self.sentence, self.index, self.field = sentence, index, field


class After(Choice):
    """From when the time of a step is counted."""

    OPENED = "opened", gettext_lazy("after the case opened")
    PREVIOUS = "previous", gettext_lazy("after the step before")
    LIMIT = "limit", gettext_lazy("before the limit")


class When(Choice):
    """When a step applies; one that does not is passed over."""

    ALWAYS = "always", gettext_lazy("Always")
    BROKEN = "broken", gettext_lazy("Once the limit is broken")
    GRAVE = "grave", gettext_lazy("Once it is seriously broken")
    BEFORE_PICKUP = "before_pickup", gettext_lazy("While it is not picked up")
    AFTER_PICKUP = "after_pickup", gettext_lazy("Once it is picked up")
    UNDELIVERED = "undelivered", gettext_lazy("While it is not delivered")
    DELIVERED = "delivered", pgettext_lazy("when a step applies", "Once it is delivered")


@dataclass(frozen=True, slots=True)
class Step:
    """One thing to do. `verb` None = no act of the desk does it: it is ticked by hand."""

    code: str
    name_zh: str
    name_en: str
    do_zh: str
    do_en: str
    verb: Action | None
    after: After
    hours: Decimal
    # Counted in the shop's working hours.
    worktime: bool = False
    when: When = When.ALWAYS
    source: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        return in_language(self, "name")

    @property
    def text(self) -> str:
        return in_language(self, "do")


@dataclass(frozen=True, slots=True)
class Playbook:
    kind: Kind
    steps: tuple[Step, ...]
    # What one should know about the kind, and where its windows are told; blank for a merchant's own.
    note_zh: str = ""
    note_en: str = ""
    source: tuple[str, ...] = ()
    # 0 = as shipped, else how often the merchant changed it.
    number: int = 0

    @property
    def note(self) -> str:
        return in_language(self, "note")


def check(steps: Iterable[Step]) -> None:
    """Raise StepError for the first step that cannot be."""
    listed = tuple(steps)
    if not 0 < len(listed) <= MOST_STEPS:
        raise StepError(_("A playbook has 1 to %(most)d steps.") % {"most": MOST_STEPS})
    seen: set[str] = set()
    for index, step in enumerate(listed):
        _check(step, index)
        if step.code in seen:
            raise StepError(_("Two steps have the code %(code)s.") % {"code": step.code}, index, "code")
        seen.add(step.code)


def _check(step: Step, index: int) -> None:
    def refuse(field: str, sentence: str) -> None:
        raise StepError(sentence, index, field)

    if not CODE.fullmatch(step.code):
        refuse("code", _("A code is up to 30 small letters, digits, - and _."))
    for name in ("name_zh", "name_en"):
        if not 0 < len(getattr(step, name)) <= NAME_LENGTH:
            refuse(name, _("A step has a name of at most %(most)d characters.") % {"most": NAME_LENGTH})
    for name in ("do_zh", "do_en"):
        if len(getattr(step, name)) > TEXT_LENGTH:
            refuse(name, _("At most %(most)d characters.") % {"most": TEXT_LENGTH})
    if step.verb is not None and step.verb not in ASKABLE:
        refuse("verb", _("A step cannot ask for this."))
    if not 0 <= step.hours <= MOST_HOURS:
        refuse("hours", _("Between 0 and %(most)d hours.") % {"most": MOST_HOURS})
    if step.after is After.LIMIT and step.worktime:
        refuse("worktime", _("Before the limit every hour counts: platforms count nights and holidays too."))
    if step.after is After.LIMIT and step.when is When.GRAVE:
        refuse("after", _("No limit is left once it is seriously broken."))


@dataclass(frozen=True, slots=True)
class Course:
    """How far a case has come, as far as its steps ask."""

    # When it opened, or came back last.
    started_at: datetime
    due_at: datetime
    grave_at: datetime
    level: int
    picked_up: bool = False
    delivered: bool = False


@dataclass(frozen=True, slots=True)
class Standing:
    """A step of a case that applies, and until when; `done_at` None = open."""

    step: Step
    due_at: datetime
    done_at: datetime | None = None


def applies(step: Step, course: Course) -> bool:
    """Whether a step is to be done as the case stands."""
    return {
        When.ALWAYS: True,
        When.BROKEN: course.level >= Level.BROKEN.value,
        When.GRAVE: course.level >= Level.GRAVE.value,
        When.BEFORE_PICKUP: not course.picked_up,
        When.AFTER_PICKUP: course.picked_up,
        When.UNDELIVERED: not course.delivered,
        When.DELIVERED: course.delivered,
    }[step.when]


def stand(
    steps: Iterable[Step], course: Course, done: Mapping[str, datetime], week: Week, zone: ZoneInfo
) -> list[Standing]:
    """The steps that apply, in order, each with its limit; a step that is done stays, whether it still applies or not.

    `done` = codes of steps done (or skipped) and when. What is counted from the step before counts from when that was
    done, and while it is open from its limit.
    """
    standing: list[Standing] = []
    previous = course.started_at
    for step in steps:
        done_at = done.get(step.code)
        if done_at is None and not applies(step, course):
            continue
        due_at = _due(step, course, previous, week, zone)
        standing.append(Standing(step, due_at, done_at))
        previous = done_at or due_at
    return standing


def _due(step: Step, course: Course, previous: datetime, week: Week, zone: ZoneInfo) -> datetime:
    span = timedelta(hours=float(step.hours))
    # What applies once a limit is broken has its time from then on, and ends before the next limit.
    start, limit = course.started_at, course.due_at
    if step.when is When.BROKEN:
        start, limit = max(start, course.due_at), course.grave_at
    elif step.when is When.GRAVE:
        start = max(start, course.grave_at)
    if step.after is After.LIMIT:
        # Opened later than that: the limit itself is left.
        return limit - span if limit - span > start else max(limit, start)
    begins = max(start, previous) if step.after is After.PREVIOUS else start
    due_at = add_working(begins, span, week, zone) if step.worktime else begins + span
    # Before the limit is broken nothing may take longer than it.
    capped = step.when not in (When.BROKEN, When.GRAVE) and begins < course.due_at
    return min(due_at, course.due_at) if capped else due_at


def first_open(standing: Iterable[Standing], verb: Action | None = None) -> Standing | None:
    """The first step still to be done; with `verb` the first that asks for it."""
    return next((one for one in standing if one.done_at is None and verb in (None, one.step.verb)), None)


@dataclass(frozen=True, slots=True)
class Difference:
    """What a playbook changes of another. `how`: added, removed, moved, changed (`fields` says what)."""

    how: str
    step: Step
    former: Step | None = None
    fields: tuple[str, ...] = field(default=())


COMPARED = ("name_zh", "name_en", "do_zh", "do_en", "verb", "after", "hours", "worktime", "when")


def differences(former: Iterable[Step], steps: Iterable[Step]) -> list[Difference]:
    """What turns the `former` steps into these: by code, in the order of the new steps, those removed last."""
    before = {step.code: step for step in former}
    after = {step.code: step for step in steps}
    kept = [code for code in before if code in after]
    # Of the steps both have, those out of turn: the others keep their order.
    stays = _longest_in_order([kept.index(code) for code in after if code in before])
    found = []
    for code, step in after.items():
        if code not in before:
            found.append(Difference("added", step))
            continue
        if fields := tuple(name for name in COMPARED if getattr(step, name) != getattr(before[code], name)):
            found.append(Difference("changed", step, before[code], fields))
        if kept.index(code) not in stays:
            found.append(Difference("moved", step, before[code]))
    return found + [Difference("removed", step) for code, step in before.items() if code not in after]


def _longest_in_order(places: list[int]) -> set[int]:
    """The members of the longest rising run, not necessarily adjacent, of distinct numbers."""
    runs: list[list[int]] = []
    for place in places:
        fitting: list[list[int]] = [run for run in runs if run[-1] < place]
        best = max(fitting, key=len) if fitting else []
        runs.append([*best, place])
    longest: list[int] = max(runs, key=len, default=[])
    return set(longest)
