"""Why a rule says what it says about one order, without a database: arithmetic, states, tiers, and reasons for silence."""

import inspect
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from exceptions.deadlines import lengths, rules
from exceptions.deadlines.facts import FilingFacts, OrderFacts, ParcelFacts, TicketFacts
from exceptions.deadlines.kinds import Level
from exceptions.deadlines.rulebook import Rulebook, compile_book
from exceptions.explaining import Explanation, Run, State, Why, explain, only, running

T0 = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
NOW = T0 + 10 * HOUR
ORDER = OrderFacts(id=1, amount=Decimal(100), placed_at=T0, paid_at=T0, to_province="浙江")
PARCEL = ParcelFacts(waybill_id=9, uploaded_at=T0)


def book(*clocks: dict[str, Any], from_province: str = "", **document: Any) -> Rulebook:
    """Rules of our own alone, each 48 hours from payment to dispatch but for what is given."""
    written = [
        {
            "code": "X",
            "name_zh": "某",
            "name_en": "some",
            "kind": "late_dispatch",
            "subject": "order",
            "start": "paid",
            "stop": ["uploaded"],
            "hours": 48,
            "warn_hours": 6,
            "grave_hours": 24,
            "source": ["S"],
            "grade": "A",
            "needs_review": False,
        }
        | clock
        for clock in clocks
    ]
    whole = compile_book("other", "S", "Asia/Shanghai", {"own": written} | document, 3, from_province=from_province)
    return replace(whole, rules=tuple(rule for rule in whole.rules if rule.term.version.startswith("own")))


def explained(order: OrderFacts, *clocks: dict[str, Any], now: datetime = NOW, **document: Any) -> Explanation:
    return explain(order, book(*clocks, **document), now)


def the_run(order: OrderFacts, clock: dict[str, Any], now: datetime = NOW, **document: Any) -> Run:
    found = explained(order, clock, now=now, **document)
    (run,) = found.runs
    assert found.quiet == ()
    return run


def steps(run: Run) -> list[tuple[str, str, datetime]]:
    return [(step.how, step.name, step.due_at) for step in run.clock.steps]


def test_a_plain_length_leads_from_the_start_to_the_due_instant() -> None:
    run = the_run(ORDER, {})
    assert (run.plain_at, run.clock.due_at, steps(run)) == (T0 + 48 * HOUR, T0 + 48 * HOUR, [])
    assert run.term.version == "own+3"


def test_a_promise_stands_in_place_of_the_length() -> None:
    run = the_run(replace(ORDER, promised_dispatch_at=T0 + 30 * HOUR), {"promise": "dispatch"})
    assert run.plain_at is None
    assert steps(run) == [("promise", "dispatch", T0 + 30 * HOUR)]


def test_a_lane_stands_in_place_of_the_length() -> None:
    run = the_run(ORDER, {"lanes": [{"same_province": True, "hours": 24}]}, from_province="浙江")
    assert run.plain_at is None
    assert steps(run) == [("lane", "same_province", T0 + 24 * HOUR)]


def test_windows_waivers_and_filings_are_told_in_the_order_in_which_they_moved_it() -> None:
    days = {"opens": "2026-11-01", "closes": "2026-11-30"}
    filing = FilingFacts("late_dispatch", T0, T0, T0 + 400 * HOUR)
    run = the_run(
        replace(ORDER, filings=(filing,)),
        {},
        windows=[{"name": "双11", "codes": ["X"], "hours": 72, **days}],
        waivers=[{"name": "台风", "codes": ["X"], "until": "2026-11-25", **days}],
    )
    assert run.plain_at == T0 + 48 * HOUR
    assert steps(run) == [
        ("window", "双11", T0 + 72 * HOUR),
        ("waiver", "台风", datetime(2026, 11, 25, 15, 59, 59, tzinfo=UTC)),
        ("filing", "", T0 + 400 * HOUR),
    ]


@pytest.mark.parametrize(
    ("whose", "after", "stopped", "state", "tone"),
    [
        ("ours", 10 * HOUR, None, State.RUNNING, "calm"),
        ("ours", 45 * HOUR, None, State.RUNNING, "soon"),
        ("ours", 48 * HOUR, None, State.RUNNING, "soon"),
        ("ours", 49 * HOUR, None, State.LATE, "broken"),
        ("ours", 60 * HOUR, 48 * HOUR, State.KEPT, "kept"),
        ("ours", 60 * HOUR, 49 * HOUR, State.MISSED, "broken"),
        ("right", 45 * HOUR, None, State.RUNNING, "calm"),
        ("right", 49 * HOUR, None, State.EXPIRED, "calm"),
        ("buyer", 49 * HOUR, None, State.LATE, "broken"),
    ],
)
def test_a_clock_has_the_state_of_the_instant_asked_for(
    whose: str, after: timedelta, stopped: timedelta | None, state: State, tone: str
) -> None:
    order = replace(ORDER, dispatched_at=T0 + stopped if stopped else None)
    run = the_run(order, {"whose": whose}, now=T0 + after)
    assert (run.state, run.tone) == (state, tone)


def test_the_tier_that_held_is_told() -> None:
    tiers = [{"upto": 50, "fixed": 1}, {"over": 50, "percent": 5}]
    run = the_run(ORDER, {"penalty": tiers})
    assert run.tier is not None
    assert (run.tier.percent, run.clock.penalty) == (Decimal(5), Decimal("5.00"))
    assert the_run(ORDER, {"penalty": tiers[:1]}).tier is None, "no tier is for this amount"


def test_a_clock_that_runs_again_says_so() -> None:
    found = explained(ORDER, {"repeat": 2}, now=T0 + 60 * HOUR)
    assert [(run.again, run.clock.started_at, run.level) for run in found.runs] == [
        (False, T0, Level.BROKEN),
        (True, T0 + 48 * HOUR, Level.CALM),
    ]


WAIVED = [{"name": "台风", "codes": ["X"], "opens": "2026-11-01", "closes": "2026-11-30"}]
PARCELS = {"subject": "parcel", "start": "uploaded", "stop": ["picked_up"]}
SILENT: dict[Why, tuple[OrderFacts, dict[str, Any], dict[str, Any]]] = {
    Why.OFF: (ORDER, {"enabled": False}, {}),
    Why.GOODS: (ORDER, {"goods": ["fresh"]}, {}),
    Why.VOID: (replace(ORDER, cancelled=True), {}, {}),
    Why.NOT_YET: (ORDER, {"effective_from": "2026-12-01"}, {}),
    Why.NO_LONGER: (ORDER, {"effective_to": "2026-11-01"}, {}),
    Why.NOT_STARTED: (ORDER, {"start": "handed_over", "stop": ["delivered"]}, {}),
    Why.UNWATCHED: (replace(ORDER, parcels=(replace(PARCEL, watched=False),)), PARCELS, {}),
    Why.PLACES: (
        replace(ORDER, to_province="", parcels=(replace(PARCEL, picked_up_at=T0, moved_at=T0, scans=(T0,)),)),
        {"subject": "parcel", "start": "picked_up", "stop": ["left_province"]},
        {},
    ),
    Why.EXTRA: (replace(ORDER, parcels=(replace(PARCEL, extra=True),)), PARCELS, {}),
    Why.OVER: (replace(ORDER, completed=True), {"stop": ["handed_over"]}, {}),
    Why.LANE: (ORDER, {"lanes": [{"same_province": True}]}, {"from_province": "浙江"}),
    Why.WAIVER: (ORDER, {}, {"waivers": WAIVED}),
    Why.FILING: (replace(ORDER, filings=(FilingFacts("late_dispatch", T0, T0),)), {}, {}),
    Why.NO_LENGTH: (ORDER, {"hours": None, "promise": "dispatch"}, {}),
    Why.IDLE: (ORDER, PARCELS, {}),
    Why.FIGURE: (ORDER, {"shape": "figure"}, {}),
}


@pytest.mark.parametrize("why", SILENT)
def test_a_rule_that_starts_no_clock_says_why(why: Why) -> None:
    order, clock, document = SILENT[why]
    found = explained(order, clock, **document)
    assert found.runs == ()
    ((told, (rule,)),) = found.quiet
    assert (told, rule.term.code) == (why, "X")


def test_a_limit_that_was_kept_escalates_to_nothing() -> None:
    escalation = {"code": "Y", "after": "X", "start": ""}
    found = explained(replace(ORDER, dispatched_at=T0 + HOUR), {}, escalation)
    assert [run.term.code for run in found.runs] == ["X"]
    assert [(why, rule.term.code) for why, rules in found.quiet for rule in rules] == [(Why.KEPT, "Y")]


def test_the_waiver_or_lane_that_keeps_a_rule_silent_is_named() -> None:
    ((_, (rule,)),) = explained(ORDER, {}, waivers=WAIVED).quiet
    assert rule.name == "台风"


def test_every_reason_has_its_test_and_every_reason_that_rules_give_is_one() -> None:
    assert {*SILENT, Why.KEPT} == set(Why)
    given = {
        reason
        for module in (rules, lengths)
        for reason in re.findall(r'(?:NotJudged\(|return )"(\w+)"', inspect.getsource(module))
    }
    assert {"places", "off", "lane"} <= given
    # A lane is named by the region it is about, or so.
    assert given - {"same_province"} <= {why.value for why in Why}


def test_every_rule_of_a_book_is_spoken_of() -> None:
    whole = compile_book("pdd", "S", "Asia/Shanghai", {}, None)
    order = replace(ORDER, parcels=(PARCEL,), tickets=(TicketFacts(5, "refund", T0),))
    found = explain(order, whole, NOW)
    spoken = {run.term.code for run in found.runs} | {rule.term.code for _, rules in found.quiet for rule in rules}
    assert spoken == {term.code for term in whole.terms}


def test_rights_and_others_clocks_that_still_run_are_told_the_nearest_first() -> None:
    rules = book(
        {"code": "OURS"},
        {"code": "EDIT", "whose": "right", "hours": 24},
        {"code": "BUYER", "whose": "buyer", "hours": 12},
        {"code": "AFTER", "whose": "right", "after": "OURS", "start": ""},
        {"code": "OFF", "whose": "right", "enabled": False},
    )

    def told(now: datetime) -> list[str]:
        return [run.term.code for run in running(ORDER, rules, now, ("right", "buyer"))]

    assert told(T0) == ["BUYER", "EDIT", "AFTER"]
    assert told(T0 + 13 * HOUR) == ["BUYER", "EDIT", "AFTER"], "what the buyer owes stays when it is overdue"
    assert told(T0 + 25 * HOUR) == ["BUYER", "AFTER"], "a right that expired is none"
    assert {term.code for term in only(rules, frozenset({"right"})).terms} == {"EDIT", "AFTER", "OURS"}
