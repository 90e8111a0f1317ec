"""What rules can say, on one order at a time: lengths, lanes, windows, waivers, filings, escalations, tickets, scopes."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from exceptions.deadlines.clocks import ClockDraft, Silence
from exceptions.deadlines.facts import FilingFacts, LineFacts, OrderFacts, ParcelFacts, StayFacts, TicketFacts
from exceptions.deadlines.rulebook import Rulebook, compile_book
from exceptions.deadlines.rules import examine, judge

# 10:00 in Shanghai, a Friday.
T0 = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)
SECOND, HOUR = timedelta(seconds=1), timedelta(hours=1)

SHIP = {
    "code": "OWN-SHIP",
    "kind": "late_dispatch",
    "name_zh": "发货",
    "name_en": "Dispatch",
    "subject": "order",
    "start": "paid",
    "stop": ["uploaded", "handed_over"],
    "hours": 48,
    "warn_hours": 12,
    "grave_hours": 24,
    "penalty": [
        {"promise_upto": 48, "percent": 5, "min": 5, "max": 50},
        {"promise_over": 48, "percent": 10, "min": 5, "max": 50},
    ],
    "source": ["test"],
    "grade": "C",
    "needs_review": True,
}
PICKUP = SHIP | {
    "code": "OWN-PICKUP",
    "kind": "late_pickup",
    "subject": "parcel",
    "start": "uploaded",
    "stop": ["last_pickup"],
    "hours": 24,
}
STALL = SHIP | {
    "code": "OWN-STALL",
    "kind": "transit_stall",
    "subject": "parcel",
    "start": "first_trace",
    "stop": ["left_first_hub"],
    "hours": 48,
    "penalty": [],
}


def book(*own: dict[str, Any], **document: Any) -> Rulebook:
    """A platform nobody has a pack of, with these clocks and changes alone."""
    whole = compile_book(
        "other", "S1", "Asia/Shanghai", {"own": list(own), **document}, 7, ("浙江省", "金华市"), "浙江"
    )
    return replace(whole, rules=tuple(rule for rule in whole.rules if rule.term.code.startswith("OWN-")))


def order(**facts: Any) -> OrderFacts:
    return replace(OrderFacts(id=1, amount=Decimal(400), placed_at=T0 - HOUR, paid_at=T0), **facts)


def parcel(**facts: Any) -> ParcelFacts:
    return replace(ParcelFacts(waybill_id=9, carrier="yuantong", uploaded_at=T0), **facts)


def only(facts: OrderFacts, rules: Rulebook, code: str = "") -> ClockDraft:
    (clock,) = [clock for clock in judge(facts, rules) if code in ("", clock.term.code)]
    return clock


def silent(facts: OrderFacts, rules: Rulebook) -> list[tuple[str, str]]:
    return [(said.why, said.name) for said in examine(facts, rules) if isinstance(said, Silence)]


def told(clock: ClockDraft) -> list[tuple[str, str, datetime]]:
    return [(step.how, step.name, step.due_at) for step in clock.steps]


@pytest.mark.parametrize(
    ("length", "due"),
    [
        ({"hours": 36}, datetime(2026, 11, 21, 14, 0, tzinfo=UTC)),
        # Signed by 23:59:59 of day 2; the day it starts on is day 0.
        ({"days": 2}, datetime(2026, 11, 22, 15, 59, 59, tzinfo=UTC)),
        ({"days": 2, "at": "07:00"}, datetime(2026, 11, 21, 23, 0, tzinfo=UTC)),
        # Friday + 3 working days = Wednesday.
        ({"working_days": 3}, datetime(2026, 11, 25, 15, 59, 59, tzinfo=UTC)),
        ({"until": "2026-11-30"}, datetime(2026, 11, 30, 15, 59, 59, tzinfo=UTC)),
        # A benchmark: the mean and a margin.
        ({"mean_hours": 60, "margin_hours": 24}, T0 + 84 * HOUR),
    ],
)
def test_a_limit_is_hours_days_working_days_a_date_or_a_mean_and_a_margin(length: dict, due: datetime) -> None:
    entry = {name: value for name, value in SHIP.items() if name != "hours"} | length
    assert only(order(), book(entry)).due_at == due


def test_hours_of_our_own_promise_run_within_working_hours_only() -> None:
    rules = book(SHIP | {"hours": 10, "worktime": True}, week={"mon": ["09:00-18:00"], "fri": ["09:00-12:00"]})
    # Two hours on Friday, then eight from Monday 09:00.
    assert only(order(), rules).due_at == datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


def test_a_longer_promise_moves_the_limit_and_chooses_the_penalty() -> None:
    assert only(order(), book(SHIP)).penalty == Decimal("20.00")
    promised = order(lines=(LineFacts(1, None, "SKU-9", "女装/连衣裙"),))
    change = {"code": "OWN-SHIP", "scope": {"skus": ["SKU-9"]}, "set": {"hours": 360}}
    clock = only(promised, book(SHIP, changes=[change]))
    assert (clock.due_at, clock.penalty) == (T0 + 360 * HOUR, Decimal("40.00"))


@pytest.mark.parametrize(
    ("province", "passed", "hours", "lane"),
    [
        ("浙江", (), 24, "same_province"),
        ("上海", (), 36, "near"),
        ("西藏", (), 120, "far"),
        ("湖南", (), 48, ""),
        ("", (), 48, ""),
        # Where the parcel was first seen says more than where the shop is said to ship from.
        ("湖南", ("湖南",), 24, "same_province"),
    ],
)
def test_limits_differ_by_lane(province: str, passed: tuple[str, ...], hours: int, lane: str) -> None:
    lanes = [
        {"same_province": True, "hours": 24},
        {"within": "near", "hours": 36},
        {"to": "far", "hours": 120},
        {"to": "nowhere", "hours": 1},
    ]
    rules = book(STALL | {"lanes": lanes}, regions={"near": ["浙江", "上海"], "far": ["新疆", "西藏"], "nowhere": []})
    facts = order(to_province=province, parcels=(parcel(first_trace_at=T0, provinces=passed),))
    clock = only(facts, rules)
    assert clock.due_at == T0 + hours * HOUR
    assert told(clock) == ([("lane", lane, clock.due_at)] if lane else [])


def test_a_lane_without_a_number_is_not_judged_and_says_so() -> None:
    rules = book(STALL | {"lanes": [{"to": "far"}]}, regions={"far": ["新疆"]})
    facts = order(to_province="新疆", parcels=(parcel(first_trace_at=T0),))
    assert judge(facts, rules) == []
    assert silent(facts, rules) == [("lane", "far")]


def test_the_last_pickup_scan_counts_where_there_are_several() -> None:
    facts = order(parcels=(parcel(picked_up_at=T0 + 20 * HOUR, last_pickup_at=T0 + 30 * HOUR),))
    assert only(facts, book(PICKUP)).stopped_at == T0 + 30 * HOUR


def test_each_long_stay_in_a_hub_is_a_clock_and_a_short_one_leaves_no_trace() -> None:
    dwell = PICKUP | {"code": "OWN-DWELL", "kind": "transit_stall", "shape": "dwell", "stop": ["delivered"]}
    stays = (
        StayFacts("金华中转", T0, T0 + 3 * HOUR),
        StayFacts("长沙中转", T0 + 9 * HOUR, T0 + 50 * HOUR),
        StayFacts("岳阳集散", T0 + 60 * HOUR),
    )
    clocks = judge(order(parcels=(parcel(stays=stays),)), book(dwell))
    assert [(clock.started_at, clock.due_at, clock.stopped_at) for clock in clocks] == [
        (T0 + 9 * HOUR, T0 + 33 * HOUR, T0 + 50 * HOUR),
        (T0 + 60 * HOUR, T0 + 84 * HOUR, None),
    ]


WINDOW = {"key": "w", "name": "双12", "codes": ["OWN-SHIP"], "opens": "2026-11-20", "closes": "2026-11-21", "hours": 72}


@pytest.mark.parametrize(
    ("window", "paid_at", "hours"),
    [
        ({}, T0, 72),
        ({}, datetime(2026, 11, 21, 15, 59, 59, tzinfo=UTC), 72),
        ({}, datetime(2026, 11, 21, 16, 0, tzinfo=UTC), 48),
        ({"hours": 24}, T0, 48),
        ({"hours": 24, "later_wins": False}, T0, 24),
        ({"scope": {"shops": ["S2"]}}, T0, 48),
        ({"scope": {"shops": ["S1", "S2"]}}, T0, 72),
        ({"goods": ["bonded"]}, T0, 48),
        ({"by": "placed", "opens": "2026-11-21"}, T0, 48),
    ],
)
def test_a_window_holds_for_orders_of_its_days_in_shops_that_take_part(
    window: dict, paid_at: datetime, hours: int
) -> None:
    clock = only(order(paid_at=paid_at), book(SHIP, windows=[WINDOW | window]))
    assert clock.due_at == paid_at + hours * HOUR
    assert (told(clock) == []) == (hours == 48)


WAIVER = {
    "key": "typhoon",
    "name": "台风",
    "kinds": ["late_pickup"],
    "areas": ["湖南"],
    "opens": "2026-11-20",
    "closes": "2026-11-22",
}


@pytest.mark.parametrize(
    ("waiver", "facts", "waived"),
    [
        ({}, {"to_places": ("湖南省", "长沙市")}, True),
        ({}, {"to_places": ("湖北省",)}, False),
        ({"places": ["sender"]}, {"to_places": ("湖南省",)}, False),
        ({"places": ["sender"], "areas": ["金华"]}, {}, True),
        ({"places": ["transit"]}, {"parcels": (parcel(provinces=("浙江", "湖南")),)}, True),
        ({"closes": "2026-11-20"}, {"to_places": ("湖南省",)}, False),
        ({"closes": "2026-11-20", "by": "paid"}, {"to_places": ("湖南省",)}, True),
        ({"kinds": ["late_dispatch"]}, {"to_places": ("湖南省",)}, False),
        ({"kinds": [], "codes": ["OWN-PICKUP"], "areas": []}, {}, True),
    ],
)
def test_a_waiver_lifts_rules_by_place_and_time(waiver: dict, facts: dict, waived: bool) -> None:
    whole = order(**({"parcels": (parcel(),)} | facts))
    rules = book(PICKUP, waivers=[WAIVER | waiver])
    assert (judge(whole, rules) == []) == waived
    assert silent(whole, rules) == ([("waiver", "台风")] if waived else [])


def test_a_waiver_with_a_date_moves_the_limit_there_and_the_latest_wins_whichever_was_written_first() -> None:
    waivers = [WAIVER | {"until": "2026-11-25"}, WAIVER | {"name": "豁免", "until": "2026-11-24", "by": "paid"}]
    facts = order(to_places=("湖南省",), parcels=(parcel(),))
    clock = only(facts, book(PICKUP, waivers=waivers))
    assert told(clock) == [("waiver", "台风", datetime(2026, 11, 25, 15, 59, 59, tzinfo=UTC))]
    waivers.append(WAIVER | {"name": "暴雪", "until": "2026-11-28"})
    for some in (waivers, waivers[::-1]):
        assert only(facts, book(PICKUP, waivers=some)).due_at == datetime(2026, 11, 28, 15, 59, 59, tzinfo=UTC)


@pytest.mark.parametrize(
    ("area", "facts", "waived"),
    [
        ("河南省", {"provinces": ("浙江", "河南")}, True),
        ("广西壮族自治区", {"provinces": ("广西",)}, True),
        ("上海市", {"provinces": ("上海",)}, True),
        ("吉林市", {"provinces": ("吉林",)}, False),
        ("郑州", {"stays": (StayFacts("郑州转运中心", T0),)}, True),
        ("郑州", {"stays": (StayFacts("武汉转运中心", T0),)}, False),
    ],
)
def test_a_waiver_finds_its_places_on_the_way_as_notices_and_scans_write_them(
    area: str, facts: dict, waived: bool
) -> None:
    passed = order(parcels=(parcel(**facts),))
    rules = book(PICKUP, waivers=[WAIVER | {"areas": [area], "places": ["transit"]}])
    assert (judge(passed, rules) == []) == waived


@pytest.mark.parametrize(("opens", "hours"), [("2026-11-20", 72), ("2026-11-21", 48)])
def test_a_window_by_upload_looks_at_the_upload_whatever_starts_the_clock(opens: str, hours: int) -> None:
    window = {"name": "春节", "codes": ["OWN-STALL", "OWN-SHIP"], "by": "uploaded", "hours": 72, "closes": "2026-11-30"}
    rules = book(STALL, SHIP, windows=[window | {"opens": opens}])
    facts = order(paid_at=T0 - 48 * HOUR, parcels=(parcel(first_trace_at=T0 + 24 * HOUR),))
    due = {clock.term.code: clock.due_at - clock.started_at for clock in judge(facts, rules)}
    assert due == {"OWN-STALL": hours * HOUR, "OWN-SHIP": hours * HOUR}


def test_what_follows_may_be_followed_in_turn() -> None:
    third = STOCK_OUT | {"code": "OWN-THIRD", "after": "OWN-STOCK-OUT"}
    clock = only(order(), book(SHIP, STOCK_OUT, third), "OWN-THIRD")
    assert (clock.started_at, clock.due_at) == (T0 + 96 * HOUR, T0 + 144 * HOUR)


def test_an_accepted_filing_grants_its_time_or_lifts_the_limit() -> None:
    later = FilingFacts("late_dispatch", T0, T0, T0 + 100 * HOUR)
    assert told(only(order(filings=(later,)), book(SHIP))) == [("filing", "", T0 + 100 * HOUR)]
    lifted = order(filings=(replace(later, new_due_at=None),))
    assert silent(lifted, book(SHIP)) == [("filing", "")]
    other = order(filings=(replace(later, kind="late_pickup"),))
    assert only(other, book(SHIP)).due_at == T0 + 48 * HOUR


STOCK_OUT = SHIP | {"code": "OWN-STOCK-OUT", "start": None, "after": "OWN-SHIP", "penalty": [{"fixed": 30}]}


def test_what_follows_a_broken_limit_starts_when_it_passes() -> None:
    rules = book(SHIP, STOCK_OUT)
    running = only(order(), rules, "OWN-STOCK-OUT")
    assert (running.started_at, running.due_at, running.stopped_at) == (T0 + 48 * HOUR, T0 + 96 * HOUR, None)
    kept = order(dispatched_at=T0, handed_over_at=T0 + 48 * HOUR)
    assert [clock.term.code for clock in judge(kept, rules)] == ["OWN-SHIP"]
    late = only(replace(kept, handed_over_at=T0 + 50 * HOUR), rules, "OWN-STOCK-OUT")
    assert (late.stopped_at, late.broke_at) == (T0 + 50 * HOUR, None)


def test_what_follows_costs_by_the_promise_that_was_broken() -> None:
    tiers = [{"promise_upto": 48, "fixed": 5}, {"promise_over": 48, "fixed": 10}]
    for hours, cost in ((48, 5), (72, 10)):
        rules = book(SHIP | {"hours": hours}, STOCK_OUT | {"hours": 200, "penalty": tiers})
        assert only(order(), rules, "OWN-STOCK-OUT").penalty == cost


def test_what_follows_goes_on_where_it_waits_for_something_else() -> None:
    moved = PICKUP | {"code": "OWN-MOVE", "stop": ["moved"]}
    arrives = PICKUP | {"code": "OWN-ARRIVE", "start": None, "after": "OWN-MOVE", "stop": ["delivered"], "hours": 120}
    facts = order(parcels=(parcel(moved_at=T0 + 30 * HOUR),))
    clock = only(facts, book(moved, arrives), "OWN-ARRIVE")
    assert (clock.started_at, clock.due_at, clock.stopped_at) == (T0 + 24 * HOUR, T0 + 144 * HOUR, None)


def test_a_clock_that_repeats_runs_again_each_time_it_passes_unmet() -> None:
    rules = book(SHIP | {"repeat": 3})
    assert [clock.due_at for clock in judge(order(), rules)] == [T0 + 48 * n * HOUR for n in (1, 2, 3)]
    met = order(dispatched_at=T0, handed_over_at=T0 + 60 * HOUR)
    assert [clock.due_at for clock in judge(met, rules)] == [T0 + 48 * HOUR, T0 + 96 * HOUR]


RETURN = SHIP | {
    "code": "OWN-RETURN",
    "kind": "answer_due",
    "subject": "ticket",
    "tickets": ["return"],
    "start": "return_uploaded",
    "stop": ["return_confirmed"],
    "hours": 168,
    "cut": {"on": "return_signed", "hours": 24},
    "promise": "printed",
}


def ticket(**facts: Any) -> TicketFacts:
    return replace(TicketFacts(id=5, kind="return", opened_at=T0, steps={"return_uploaded": T0}), **facts)


def test_a_return_has_seven_days_and_one_once_it_is_signed_for() -> None:
    assert only(order(tickets=(ticket(),)), book(RETURN)).due_at == T0 + 168 * HOUR
    signed = ticket(steps={"return_uploaded": T0, "return_signed": T0 + 30 * HOUR})
    clock = only(order(tickets=(signed,)), book(RETURN))
    assert (clock.ticket_id, told(clock)) == (5, [("cut", "return_signed", T0 + 54 * HOUR)])
    late = ticket(steps={"return_uploaded": T0, "return_signed": T0 + 160 * HOUR})
    assert only(order(tickets=(late,)), book(RETURN)).due_at == T0 + 168 * HOUR


def test_the_limit_printed_on_a_ticket_holds_and_closing_it_ends_the_wait() -> None:
    printed = order(tickets=(ticket(due_at=T0 + 5 * HOUR, closed_at=T0 + 4 * HOUR),))
    clock = only(printed, book(RETURN))
    assert (clock.due_at, clock.stopped_at) == (T0 + 5 * HOUR, T0 + 4 * HOUR)


def test_a_refunded_order_still_owes_answers_and_is_owed_its_goods() -> None:
    coming = PICKUP | {"code": "OWN-HOME", "kind": "return_overdue", "start": "returning", "stop": ["returned"]}
    facts = order(
        refunded=Decimal(400),
        tickets=(ticket(),),
        parcels=(parcel(turned_back=True, returning_at=T0, picked_up_at=T0),),
    )
    assert {clock.term.code for clock in judge(facts, book(SHIP, PICKUP, RETURN, coming))} == {"OWN-RETURN", "OWN-HOME"}


def test_goods_have_limits_of_their_own() -> None:
    bonded, ordinary = SHIP | {"goods": ["bonded"], "hours": 168}, SHIP | {"code": "OWN-2", "not_goods": ["bonded"]}
    assert [c.term.code for c in judge(order(goods="bonded"), book(bonded, ordinary))] == ["OWN-SHIP"]
    assert [c.term.code for c in judge(order(), book(bonded, ordinary))] == ["OWN-2"]


@pytest.mark.parametrize(
    ("scopes", "hours"),
    [
        ([{}], 10),
        ([{"shops": ["S1"]}, {}], 10),
        ([{"shops": ["S2"]}], 48),
        ([{"platforms": ["other"]}], 10),
        ([{"platforms": ["pdd"]}], 48),
        ([{"carriers": ["yuantong"]}, {"shops": ["S1"]}], 10),
        ([{"carriers": ["shunfeng"]}], 48),
        ([{"categories": ["女装"]}, {"carriers": ["yuantong"]}, {}], 10),
        ([{"categories": ["女"]}], 48),
        ([{"skus": ["A"], "carriers": ["shunfeng"]}], 48),
        ([{"skus": ["A"]}, {"categories": ["女装"]}], 10),
    ],
)
def test_the_narrowest_change_that_fits_wins_wherever_it_stands(scopes: list[dict], hours: int) -> None:
    facts = order(lines=(LineFacts(1, None, "A", "女装/连衣裙"),), parcels=(parcel(),))
    changes = [{"code": "OWN-SHIP", "scope": scope, "set": {"hours": 10 + n}} for n, scope in enumerate(scopes)]
    for some in (changes, changes[::-1]):
        clock = only(facts, book(SHIP, changes=some))
        assert clock.due_at == T0 + hours * HOUR
        assert clock.term.version == "own+7"


def test_a_rule_holds_for_orders_paid_while_it_was_in_force() -> None:
    rules = book(SHIP | {"effective_from": "2026-11-20", "effective_to": "2026-11-20"})
    first, last = datetime(2026, 11, 19, 16, tzinfo=UTC), datetime(2026, 11, 20, 15, 59, 59, tzinfo=UTC)
    said = [silent(order(paid_at=at), rules) for at in (first - SECOND, first, last, last + SECOND)]
    assert said == [[("not_yet", "")], [], [], [("no_longer", "")]]


def test_a_rule_switched_off_says_so_and_may_be_on_for_some_skus() -> None:
    off = SHIP | {"enabled": False}
    assert silent(order(), book(off)) == [("off", "")]
    on = {"code": "OWN-SHIP", "scope": {"skus": ["A"]}, "set": {"enabled": True}}
    assert only(order(lines=(LineFacts(1, None, "A"),)), book(off, changes=[on])).due_at == T0 + 48 * HOUR
    assert silent(order(lines=(LineFacts(1, None, "B"),)), book(off, changes=[on])) == [("off", "")]
