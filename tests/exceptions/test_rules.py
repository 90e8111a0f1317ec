"""Facts and terms → clocks, without a database: boundaries, dirt, and what never raises an alarm."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from exceptions.deadlines.clocks import ClockDraft
from exceptions.deadlines.facts import LineFacts, OrderFacts, ParcelFacts, Progress, TicketFacts, as_of, progress
from exceptions.deadlines.kinds import Level
from exceptions.deadlines.rulebook import Rule, Rulebook, plain
from exceptions.deadlines.rules import judge
from exceptions.deadlines.terms import GENERIC, Term, pack

T0 = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
PLATFORMS = ("pdd", "douyin", "other")


def paid(**facts: object) -> OrderFacts:
    return replace(OrderFacts(id=1, amount=Decimal(100), placed_at=T0, paid_at=T0), **facts)  # type: ignore[arg-type]


def clock(order: OrderFacts, platform: str, code: str) -> ClockDraft:
    (found,) = [clock for clock in judge(order, plain(platform)) if clock.term.code == code]
    return found


def alone(term: Term) -> Rulebook:
    return replace(plain("other"), rules=(Rule(term),))


def codes(order: OrderFacts, platform: str) -> set[str]:
    return {clock.term.code for clock in judge(order, plain(platform).watched)}


# For each term: facts that start its clock at T0, and the fact whose instant stops it.
PARCEL = ParcelFacts(waybill_id=9, uploaded_at=T0)
UNDER_WAY = replace(PARCEL, first_trace_at=T0, picked_up_at=T0, scans=(T0,))
STARTS: dict[str, tuple[OrderFacts, str]] = {
    "late_dispatch": (paid(), "handed_over_at"),
    "late_pickup": (paid(parcels=(PARCEL,)), "picked_up_at"),
    "no_movement": (paid(parcels=(UNDER_WAY,)), "moved_at"),
    "transit_stall": (paid(parcels=(replace(UNDER_WAY, moved_at=T0),)), "out_for_delivery_at"),
    "delivery_overdue": (paid(parcels=(replace(UNDER_WAY, moved_at=T0, out_for_delivery_at=T0),)), "delivered_at"),
}
# Those of the packs are told in test_packs.
TIMED = [pytest.param(term, id=term.code) for term in pack(GENERIC) if term.lasts and term.subject != "ticket"]


def stopped(order: OrderFacts, fact: str, at: datetime) -> OrderFacts:
    if fact == "handed_over_at":
        return replace(order, dispatched_at=T0, handed_over_at=at)
    parcel = replace(order.parcels[0], **{fact: at}, scans=(*order.parcels[0].scans, at))
    return replace(order, parcels=(parcel,))


@pytest.mark.parametrize("term", TIMED)
def test_each_term_is_kept_before_its_limit_and_at_it_and_broken_a_second_later(term: Term) -> None:
    order, fact = STARTS[term.kind.value]
    assert term.lasts
    due = T0 + term.lasts
    for at, level in ((due - HOUR, Level.SOON), (due, Level.SOON), (due + timedelta(seconds=1), Level.BROKEN)):
        (run,) = [run for run in judge(stopped(order, fact, at), alone(term)) if run.started_at == T0]
        assert (run.due_at, run.stopped_at, run.level_at(at + 100 * HOUR)) == (due, at, level)


@pytest.mark.parametrize("term", TIMED)
def test_each_term_climbs_through_its_levels_while_nothing_stops_it(term: Term) -> None:
    order, _ = STARTS[term.kind.value]
    (run,) = judge(order, alone(term))
    assert run.stopped_at is None
    second = timedelta(seconds=1)
    levels = [
        run.level_at(at)
        for at in (run.warn_at, run.warn_at + second, run.due_at, run.due_at + second, run.grave_at + second)
    ]
    assert levels == [Level.CALM, Level.SOON, Level.SOON, Level.BROKEN, Level.GRAVE]


def test_the_orders_own_promise_replaces_the_platforms_hours() -> None:
    assert clock(paid(promised_dispatch_at=T0 + 24 * HOUR), "pdd", "PDD-SHIP-48").due_at == T0 + 24 * HOUR


def test_lines_with_a_promise_of_their_own_are_judged_one_by_one() -> None:
    order = paid(lines=(LineFacts(5, T0 + 24 * HOUR), LineFacts(6, T0 + 72 * HOUR)), handed_over_at=T0 + 30 * HOUR)
    runs = [run for run in judge(order, plain("other")) if run.term.code == "GEN-DISPATCH"]
    assert [(run.line_id, run.level_at(T0 + 100 * HOUR)) for run in runs] == [(5, Level.BROKEN), (6, Level.CALM)]


def test_pinduoduo_counts_an_order_as_dispatched_only_once_it_is_uploaded_and_picked_up() -> None:
    waiting = paid(parcels=(PARCEL,))
    assert clock(waiting, "pdd", "PDD-SHIP-48").stopped_at is None
    picked_up = paid(parcels=(replace(PARCEL, picked_up_at=T0 + 5 * HOUR),))
    assert clock(picked_up, "pdd", "PDD-SHIP-48").stopped_at == T0 + 5 * HOUR


def test_without_anybody_watching_the_parcel_the_platforms_dispatch_time_is_what_counts() -> None:
    order = paid(dispatched_at=T0 + 3 * HOUR, parcels=(replace(PARCEL, watched=False, uploaded_at=T0 + 3 * HOUR),))
    assert clock(order, "pdd", "PDD-SHIP-48").stopped_at == T0 + 3 * HOUR
    assert codes(order, "pdd") == {"PDD-SHIP-48"}, "an unwatched parcel's silence proves nothing"


def test_a_promised_delivery_is_judged_only_where_the_parcel_can_be_heard_of() -> None:
    parcel = replace(UNDER_WAY, watched=False)
    order = paid(dispatched_at=T0, promised_delivery_at=T0 + 24 * HOUR, parcels=(parcel,))
    assert "PDD-PROMISED-DELIVERY" not in codes(order, "pdd")
    assert "PDD-PROMISED-DELIVERY" not in codes(replace(order, parcels=()), "pdd"), "not even booked"
    assert "PDD-PROMISED-DELIVERY" in codes(replace(order, parcels=(), handed_over_at=T0), "pdd")
    heard = replace(order, parcels=(UNDER_WAY,))
    assert clock(heard, "pdd", "PDD-PROMISED-DELIVERY").due_at == T0 + 24 * HOUR


def test_the_delivery_of_an_order_in_one_parcel_is_that_parcels() -> None:
    order = paid(promised_delivery_at=T0 + 24 * HOUR, parcels=(UNDER_WAY,))
    assert clock(order, "pdd", "PDD-PROMISED-DELIVERY").waybill_id == UNDER_WAY.waybill_id
    two = replace(order, parcels=(UNDER_WAY, replace(UNDER_WAY, waybill_id=10)))
    assert clock(two, "pdd", "PDD-PROMISED-DELIVERY").waybill_id is None


def test_a_later_scan_proves_a_pickup_nobody_scanned() -> None:
    order = paid(parcels=(replace(PARCEL, out_for_delivery_at=T0 + 20 * HOUR),))
    assert clock(order, "pdd", "PDD-FAKE-NOPICKUP").stopped_at == T0 + 20 * HOUR


def test_a_number_uploaded_after_the_pickup_was_never_late() -> None:
    order = paid(parcels=(replace(PARCEL, uploaded_at=T0 + 9 * HOUR, picked_up_at=T0),))
    run = clock(order, "pdd", "PDD-FAKE-NOPICKUP")
    assert (run.started_at, run.stopped_at) == (T0 + 9 * HOUR, T0 + 9 * HOUR)


def test_a_refused_parcel_is_not_awaited_by_the_buyer_any_more() -> None:
    parcel = replace(UNDER_WAY, moved_at=T0, out_for_delivery_at=T0, turned_back=True)
    assert "PDD-ALERT-DELIVER" not in codes(paid(parcels=(parcel,)), "pdd")


def test_each_long_silence_is_a_run_of_its_own_and_short_ones_leave_no_trace() -> None:
    scans = tuple(T0 + hours * HOUR for hours in (0, 5, 65, 70))
    parcel = replace(UNDER_WAY, moved_at=T0, scans=scans)
    runs = [run for run in judge(paid(parcels=(parcel,)), plain("pdd")) if run.term.code == "PDD-ALERT-UPDATE"]
    assert [(run.started_at, run.stopped_at) for run in runs] == [(scans[1], scans[2]), (scans[3], None)]


@pytest.mark.parametrize(
    ("code", "kind", "step"),
    [
        ("PDD-AS-SHIPPED", "refund", "agreed"),
        ("PDD-AS-SHIPPED", "refund", "rejected"),
        ("HOUSE-WORK-ORDER", "work_order", "result"),
        ("HOUSE-CLAIM", "claim", "answered"),
    ],
)
def test_a_later_step_proves_the_one_a_ticket_waits_for(code: str, kind: str, step: str) -> None:
    ticket = TicketFacts(id=3, kind=kind, opened_at=T0, steps={step: T0 + HOUR})
    assert clock(paid(tickets=(ticket,)), "pdd", code).stopped_at == T0 + HOUR


def test_a_pickup_is_a_trace_where_no_other_was_told() -> None:
    order = paid(parcels=(replace(PARCEL, picked_up_at=T0 + 5 * HOUR),))
    assert clock(order, "pdd", "PDD-FAKE-NOTRACE").stopped_at == T0 + 5 * HOUR


def test_a_parcel_is_held_to_leave_its_province_only_where_its_way_is_known() -> None:
    moving = replace(UNDER_WAY, moved_at=T0, first_hub_at=T0, provinces=("浙江",))
    order = paid(to_province="湖南", parcels=(moving,))
    assert clock(order, "pdd", "PDD-TRACK-LEAVE").due_at == T0 + 48 * HOUR
    unread = replace(moving, first_hub_at=None, provinces=())
    assert "PDD-TRACK-LEAVE" not in codes(replace(order, parcels=(unread,)), "pdd"), "its scans name no place"
    assert "PDD-TRACK-LEAVE" not in codes(replace(order, to_province=""), "pdd"), "it may stay in its province"
    still = replace(moving, moved_at=None)
    assert "PDD-TRACK-LEAVE" not in codes(replace(order, parcels=(still,)), "pdd"), (
        "that it does not move is told already"
    )


@pytest.mark.parametrize("facts", [{"paid": False}, {"cancelled": True}, {"refunded": Decimal(100)}])
@pytest.mark.parametrize("platform", PLATFORMS)
def test_nothing_is_owed_on_unpaid_cancelled_and_wholly_refunded_orders(facts: dict, platform: str) -> None:
    order = paid(parcels=(replace(UNDER_WAY, moved_at=T0),), **facts)
    assert judge(order, plain(platform)) == []


def test_a_gift_of_no_value_is_still_owed_its_dispatch() -> None:
    assert codes(paid(amount=Decimal(0)), "pdd") == {"PDD-SHIP-48"}


@pytest.mark.parametrize(
    ("amount", "penalty"), [("3", "0.00"), ("3.01", "3.00"), ("300", "3.00"), ("301", "3.01"), ("99999", "30.00")]
)
def test_douyins_ladder_is_computed_to_the_cent(amount: str, penalty: str) -> None:
    order = paid(amount=Decimal(amount))
    assert clock(order, "douyin", "DY-SHIP-48").penalty == Decimal(penalty)


@pytest.mark.parametrize(("amount", "penalty"), [("20", "5.00"), ("1000", "50.00"), ("9000", "100.00")])
def test_pinduoduos_five_percent_has_a_floor_and_a_ceiling(amount: str, penalty: str) -> None:
    order = paid(amount=Decimal(amount), parcels=(PARCEL,))
    assert clock(order, "pdd", "PDD-FAKE-NOPICKUP").penalty == Decimal(penalty)


def test_delivery_proves_hand_over_whatever_the_dates_in_between_say() -> None:
    assert progress(paid(delivered_at=T0)) is Progress.DELIVERED
    assert progress(paid(handed_over_at=T0)) is Progress.IN_TRANSIT
    assert progress(paid()) is Progress.AWAITING_HANDOVER


INSTANTS = st.none() | st.integers(-50, 300).map(lambda hours: T0 + hours * HOUR)
PARCELS = st.builds(
    ParcelFacts,
    waybill_id=st.integers(1, 3),
    uploaded_at=INSTANTS,
    watched=st.booleans(),
    turned_back=st.booleans(),
    first_trace_at=INSTANTS,
    picked_up_at=INSTANTS,
    moved_at=INSTANTS,
    out_for_delivery_at=INSTANTS,
    delivered_at=INSTANTS,
    scans=st.lists(st.integers(-50, 300), max_size=6).map(lambda hours: tuple(T0 + h * HOUR for h in sorted(hours))),
)
ORDERS = st.builds(
    OrderFacts,
    id=st.just(1),
    amount=st.sampled_from([Decimal(0), Decimal(30), Decimal(500)]),
    paid_at=INSTANTS,
    placed_at=INSTANTS,
    promised_dispatch_at=INSTANTS,
    promised_delivery_at=INSTANTS,
    dispatched_at=INSTANTS,
    handed_over_at=INSTANTS,
    delivered_at=INSTANTS,
    completed=st.booleans(),
    parcels=st.lists(PARCELS, max_size=2, unique_by=lambda parcel: parcel.waybill_id).map(tuple),
)


# A machine at work on something else draws slowly.
@settings(suppress_health_check=[HealthCheck.too_slow])
@given(order=ORDERS, platform=st.sampled_from(PLATFORMS), hours=st.integers(-50, 400))
def test_whatever_the_dirt_levels_stand_in_order_and_no_run_is_told_twice(
    order: OrderFacts, platform: str, hours: int
) -> None:
    at = T0 + hours * HOUR
    runs = judge(order, plain(platform))
    keys = [(run.term.code, run.waybill_id, run.line_id, run.started_at) for run in runs]
    assert len(set(keys)) == len(keys)
    for run in runs:
        assert run.warn_at <= run.due_at <= run.grave_at
        assert (run.level_at(at).value >= Level.BROKEN.value) == (min(at, run.stopped_at or at) > run.due_at)


@given(order=ORDERS, hours=st.integers(-50, 400))
def test_facts_as_of_an_instant_hold_nothing_later(order: OrderFacts, hours: int) -> None:
    at = T0 + hours * HOUR
    known = as_of(order, at)
    assert as_of(known, at) == known
    instants = [known.paid_at, known.dispatched_at, known.handed_over_at, known.delivered_at]
    instants += [scan for parcel in known.parcels for scan in parcel.scans]
    assert all(instant is None or instant <= at for instant in instants)
