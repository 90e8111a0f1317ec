"""When a step of a playbook is due, and which is next. Pure."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from exceptions.deadlines.kinds import Level
from exceptions.deadlines.worktime import DEFAULT, Week
from exceptions.desk.workflow import Action
from exceptions.playbooks.steps import (
    MOST_STEPS,
    After,
    Course,
    Step,
    StepError,
    When,
    check,
    differences,
    first_open,
    stand,
)

SHANGHAI, BERLIN = ZoneInfo("Asia/Shanghai"), ZoneInfo("Europe/Berlin")
HOUR = timedelta(hours=1)
OPENED = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)  # 12:00 in Shanghai, a Sunday
COURSE = Course(OPENED, OPENED + 6 * HOUR, OPENED + 30 * HOUR, Level.SOON.value)


def a_step(code: str = "a", **facts) -> Step:
    values = {"name_zh": code, "name_en": code, "do_zh": "", "do_en": "", "verb": None, "after": After.OPENED}
    return Step(**({"code": code, "hours": Decimal(2)} | values | facts))


def dues(*steps: Step, course: Course = COURSE, done=None, week: Week = DEFAULT, zone=SHANGHAI) -> dict[str, datetime]:
    return {one.step.code: one.due_at for one in stand(steps, course, done or {}, week, zone)}


def test_a_step_is_due_so_long_after_the_case_opened() -> None:
    assert dues(a_step()) == {"a": OPENED + 2 * HOUR}


def test_a_step_counted_from_the_one_before_waits_for_when_that_was_done() -> None:
    steps = a_step("a"), a_step("b", after=After.PREVIOUS, hours=Decimal(1))
    assert dues(*steps)["b"] == OPENED + 3 * HOUR, "while it is open, from its limit"
    assert dues(*steps, done={"a": OPENED + HOUR / 2})["b"] == OPENED + HOUR * 3 / 2


def test_a_step_may_be_due_before_the_limit_and_in_a_case_opened_later_than_that_at_the_limit() -> None:
    step = a_step(after=After.LIMIT, hours=Decimal("0.5"))
    assert dues(step) == {"a": OPENED + 5.5 * HOUR}
    late = replace(COURSE, started_at=COURSE.due_at - HOUR / 4)
    assert dues(step, course=late) == {"a": COURSE.due_at}


def test_nothing_before_the_limit_takes_longer_than_the_limit() -> None:
    assert dues(a_step(hours=Decimal(48))) == {"a": COURSE.due_at}
    over = replace(COURSE, started_at=COURSE.due_at + HOUR, level=Level.BROKEN.value)
    assert dues(a_step(hours=Decimal(48)), course=over) == {"a": COURSE.due_at + 49 * HOUR}


def test_what_applies_once_the_limit_is_broken_has_its_time_from_then_on() -> None:
    broken, grave = a_step("b", when=When.BROKEN), a_step("g", when=When.GRAVE)
    before = a_step("e", when=When.BROKEN, after=After.LIMIT)
    assert dues(broken, grave) == {}
    assert dues(broken, grave, before, course=replace(COURSE, level=Level.BROKEN.value)) == {
        "b": COURSE.due_at + 2 * HOUR,
        "e": COURSE.grave_at - 2 * HOUR,
    }
    assert dues(grave, course=replace(COURSE, level=Level.GRAVE.value)) == {"g": COURSE.grave_at + 2 * HOUR}


def test_working_hours_are_those_of_the_shop() -> None:
    evening = replace(COURSE, started_at=datetime(2026, 11, 20, 9, 30, tzinfo=UTC), due_at=OPENED + 300 * HOUR)
    week = Week.read({"mon": ["09:00-18:00"], "tue": ["09:00-18:00"], "fri": ["09:00-18:00"]})
    found = dues(a_step(worktime=True), course=evening, week=week)
    # Friday 17:30 in Shanghai: half an hour left, then Monday from 9:00 on.
    assert found == {"a": datetime(2026, 11, 23, 2, 30, tzinfo=UTC)}


def test_an_hour_that_the_clock_shows_twice_is_worked_twice() -> None:
    # Berlin puts its clock back from 3:00 to 2:00 on 2026-10-25.
    night = replace(COURSE, started_at=datetime(2026, 10, 24, 23, 0, tzinfo=UTC), due_at=OPENED)
    week = Week.read({"sun": ["01:00-05:00"]})
    found = dues(a_step(worktime=True, hours=Decimal(4)), course=night, week=week, zone=BERLIN)
    assert found == {"a": datetime(2026, 10, 25, 3, 0, tzinfo=UTC)}, "4:00 on the wall: 1, 2, 2 again, 3"
    assert dues(a_step(hours=Decimal(4)), course=night) == {"a": datetime(2026, 10, 25, 3, 0, tzinfo=UTC)}


@pytest.mark.parametrize(
    ("when", "course", "holds"),
    [
        (When.BEFORE_PICKUP, {"picked_up": False}, True),
        (When.BEFORE_PICKUP, {"picked_up": True}, False),
        (When.AFTER_PICKUP, {"picked_up": True}, True),
        (When.UNDELIVERED, {"delivered": False}, True),
        (When.UNDELIVERED, {"delivered": True}, False),
        (When.DELIVERED, {"delivered": True}, True),
    ],
)
def test_a_step_for_another_stage_of_the_parcel_is_passed_over(when: When, course: dict, holds: bool) -> None:
    assert bool(dues(a_step(when=when), course=replace(COURSE, **course))) is holds


def test_a_step_that_is_done_stays_though_it_no_longer_applies() -> None:
    step = a_step(when=When.BEFORE_PICKUP)
    (one,) = stand([step], replace(COURSE, picked_up=True), {"a": OPENED}, DEFAULT, SHANGHAI)
    assert one.done_at == OPENED


def test_the_next_step_is_the_first_open_one_and_an_act_does_the_first_that_asks_for_it() -> None:
    steps = a_step("a"), a_step("b", verb=Action.URGE), a_step("c", verb=Action.URGE)
    standing = stand(steps, COURSE, {"a": OPENED}, DEFAULT, SHANGHAI)
    assert first_open(standing).step.code == "b"
    assert first_open(standing, Action.URGE).step.code == "b"
    assert first_open(standing, Action.CLAIM) is None


@pytest.mark.parametrize(
    ("facts", "field"),
    [
        ({"code": "Not plain"}, "code"),
        ({"name_zh": ""}, "name_zh"),
        ({"name_en": "x" * 41}, "name_en"),
        ({"do_zh": "x" * 401}, "do_zh"),
        ({"verb": Action.MERGE}, "verb"),
        ({"hours": Decimal(721)}, "hours"),
        ({"after": After.LIMIT, "worktime": True}, "worktime"),
        ({"after": After.LIMIT, "when": When.GRAVE}, "after"),
    ],
)
def test_a_step_that_cannot_be_is_refused_at_its_field(facts: dict, field: str) -> None:
    with pytest.raises(StepError) as refusal:
        check([a_step("fine"), a_step(**facts)])
    assert (refusal.value.index, refusal.value.field) == (1, field)


def test_a_playbook_has_steps_each_with_its_own_code_and_not_too_many() -> None:
    for steps in ([], [a_step(f"s{n}") for n in range(MOST_STEPS + 1)]):
        with pytest.raises(StepError):
            check(steps)
    with pytest.raises(StepError) as refusal:
        check([a_step("a"), a_step("a")])
    assert (refusal.value.index, refusal.value.field) == (1, "code")


def test_differences_name_what_was_added_removed_moved_and_changed() -> None:
    a, b, c = a_step("a"), a_step("b"), a_step("c")
    new = a_step("d"), c, a, replace(b, hours=Decimal(9), name_en="other")
    found = [(one.how, one.step.code, one.fields) for one in differences((a, b, c), new)]
    assert found == [("added", "d", ()), ("moved", "c", ()), ("changed", "b", ("name_en", "hours"))]
    assert [(one.how, one.step.code) for one in differences((a, b, c), (c, a))] == [("moved", "a"), ("removed", "b")]
    assert differences((a, b), (a, b)) == []
