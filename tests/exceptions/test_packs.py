"""Every clock of every pack: kept, kept at the last second, broken a second later; and each says what it is."""

from collections import Counter
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from exceptions.deadlines.kinds import Kind, Level
from exceptions.deadlines.rulebook import plain
from exceptions.deadlines.rules import judge
from exceptions.deadlines.terms import COMMON, GENERIC, WATCHED, document, pack
from merchants.models import Platform
from orders.models import Goods, Ticket
from tests.exceptions.pack_cases import (
    DAY,
    ENTRIES,
    HOUR,
    NAMES,
    REGIONS,
    SECOND,
    Case,
    Entry,
    cases,
    has_length,
    runs,
)

CASES = list(cases())
TIMED = [case for case in CASES if case.promised or has_length(case.length)]


def each(chosen: list[Case]) -> Any:
    return pytest.mark.parametrize("case", chosen, ids=[case.label for case in chosen])


def named(pairs: list[tuple[str, Entry]]) -> list[Any]:
    return [pytest.param(name, entry, id=entry["code"]) for name, entry in pairs]


@each([case for case in TIMED if case.can_stop])
@pytest.mark.parametrize(("late_by", "broken"), [(-SECOND, False), (timedelta(), False), (SECOND, True)])
def test_each_clock_is_kept_up_to_its_last_second_and_broken_the_second_after(
    case: Case, late_by: timedelta, broken: bool
) -> None:
    stopped = case.due + late_by
    (run,) = case.judged(stopped)
    expected = Level.BROKEN if broken else case.warned
    assert (run.due_at, run.stopped_at, run.level_at(stopped + 300 * DAY)) == (case.due, stopped, expected)


@each(TIMED)
def test_each_clock_climbs_through_its_levels_while_nothing_stops_it(case: Case) -> None:
    (run,) = case.judged(None)
    warn, grave = case.entry["warn_hours"] * HOUR, case.entry["grave_hours"] * HOUR
    assert (run.due_at, run.stopped_at) == (case.due, None)
    levels = [run.level_at(case.due + after) for after in (-warn, timedelta(), SECOND, grave + SECOND)]
    assert levels == [Level.CALM, case.warned, Level.BROKEN, Level.GRAVE]


@each([case for case in CASES if case not in TIMED])
def test_a_lane_without_a_length_is_not_judged(case: Case) -> None:
    assert case.judged(None) == []


@each([case for case in TIMED if "cut" in case.entry])
def test_a_limit_that_comes_nearer_once_something_has_happened_does(case: Case) -> None:
    cut = case.entry["cut"]
    happened = case.started + HOUR
    order = case.order(None)
    (ticket,) = order.tickets
    order = replace(order, tickets=(replace(ticket, steps={**ticket.steps, cut["on"]: happened}),))
    (run,) = judge(order, case.book)
    assert run.due_at == happened + cut["hours"] * HOUR


@each([case for case in TIMED if "repeat" in case.entry])
def test_a_clock_that_repeats_runs_again_from_each_limit_that_passed(case: Case) -> None:
    found = [run.due_at for run in judge(case.order(None), case.book) if run.term.code == case.entry["code"]]
    length = case.due - case.started
    assert found == [case.started + (number + 1) * length for number in range(case.entry["repeat"])]


def test_a_parcel_that_has_to_leave_its_province_has_longer_the_remoter_it_goes() -> None:
    case = next(case for case in CASES if case.entry["code"] == "PDD-TRACK-LEAVE")
    hours = {}
    for to in ("浙江", "湖南", "青海", "新疆"):
        found = replace(case, way=("浙江", to)).judged(None)
        hours[to] = (found[0].due_at - found[0].started_at) / HOUR if found else None
    assert hours == {"浙江": None, "湖南": 48, "青海": 72, "新疆": 120}


@pytest.mark.parametrize("name", NAMES)
def test_each_pack_can_be_read_and_belongs_to_a_platform_or_to_all(name: str) -> None:
    expected = "other" if name == GENERIC else name
    assert document(name)["platform"] == expected
    assert expected in (*Platform.values, *COMMON)
    assert len(pack(name)) == len(document(name)["clock"])


def test_each_platform_has_a_pack() -> None:
    assert {*Platform.values, *COMMON} - {Platform.OTHER} <= set(NAMES)


def test_no_code_stands_in_two_packs() -> None:
    assert [code for code, count in Counter(entry["code"] for _, entry in ENTRIES).items() if count > 1] == []


@pytest.mark.parametrize("platform", Platform.values)
def test_on_every_platform_every_kind_of_exception_has_a_clock_that_runs(platform: str) -> None:
    assert {term.kind for term in plain(platform).watched.terms} == set(Kind)


@pytest.mark.parametrize(("name", "entry"), named(ENTRIES))
def test_each_clock_says_what_it_is_in_both_languages_where_it_comes_from_and_why_it_is_off(
    name: str, entry: Entry
) -> None:
    shown = ("name", "note", "conflict", "exempt", "off")
    assert [part for part in shown if bool(entry.get(f"{part}_zh")) != bool(entry.get(f"{part}_en"))] == []
    assert entry["name_zh"]
    assert entry["source"]
    assert entry["grade"] in {"A", "B", "C"}
    assert entry["needs_review"] in {True, False}
    switched_on = entry.get("enabled", runs(entry))
    assert switched_on == ("off_zh" not in entry)
    if switched_on:
        assert runs(entry)
        assert has_length(entry) or entry.get("promise")
    assert ("kind" in entry) == (runs(entry) and entry.get("whose", "ours") in WATCHED)


@pytest.mark.parametrize(("name", "entry"), named([pair for pair in ENTRIES if runs(pair[1])]))
def test_each_clock_names_tickets_goods_regions_and_clocks_that_exist(name: str, entry: Entry) -> None:
    assert set(entry.get("tickets", ())) <= set(Ticket.Kind.values)
    assert {*entry.get("goods", ()), *entry.get("not_goods", ())} <= {"", *Goods.values}
    named_regions = {lane[key] for lane in entry.get("lanes", ()) for key in REGIONS if key in lane}
    assert named_regions <= set(document(name).get("regions", ()))
    siblings = {other["code"] for other in document(name)["clock"]}
    assert {*filter(None, [entry.get("after"), entry.get("goes_to")])} <= siblings


@pytest.mark.parametrize(("name", "entry"), named([pair for pair in ENTRIES if pair[1].get("shape") == "window"]))
def test_each_campaign_ships_off_and_changes_clocks_of_its_pack(name: str, entry: Entry) -> None:
    assert not entry.get("enabled", False)
    assert entry["overrides"]
    assert set(entry["overrides"]) <= {other["code"] for other in document(name)["clock"]}
    assert entry["by"] in {"paid", "placed", "uploaded"}
    assert entry["opens"] <= entry["closes"]
    assert has_length(entry)
