"""What cannot be judged: every reason at its edge, what the sweep writes of it, and that nothing is silently fine."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st

from exceptions import sweep
from exceptions.deadlines import reading
from exceptions.deadlines.blindness import Reason, blind
from exceptions.deadlines.facts import OrderFacts, ParcelFacts
from exceptions.deadlines.rulebook import Rule, Rulebook, plain
from exceptions.deadlines.rules import judge
from exceptions.deadlines.terms import Term, read
from exceptions.models import Blindspot
from merchants.models import Shop
from orders.models import Dispatch, Order
from shipments import booking
from shipments.models import CarrierAccount, Waybill
from tests.exceptions.making import a_parcel, an_order

T0 = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
WAYS = ("left_first_hub", "left_province", "first_hub")


def asks_for_no_way(term: Term) -> bool:
    return term.shape != "dwell" and not term.lanes and term.start not in WAYS and not {*WAYS} & {*term.stop}


PDD = replace(plain("pdd"), rules=tuple(rule for rule in plain("pdd").watched.rules if asks_for_no_way(rule.term)))
PARCEL = ParcelFacts(waybill_id=9, uploaded_at=T0)
PICKED_UP = replace(PARCEL, first_trace_at=T0, picked_up_at=T0, scans=(T0,))
MOVED = replace(PICKED_UP, moved_at=T0 + HOUR, scans=(T0, T0 + HOUR))


def paid(**facts: object) -> OrderFacts:
    order = OrderFacts(id=1, amount=Decimal(100), placed_at=T0, paid_at=T0, to_province="湖南")
    return replace(order, **facts)  # type: ignore[arg-type]


def book(**clock: str) -> Rulebook:
    """A shop with one rule more: what of it is given, in TOML."""
    written = {
        "code": '"X"',
        "name_zh": '"某"',
        "name_en": '"some"',
        "kind": '"transit_stall"',
        "subject": '"parcel"',
        "start": '"picked_up"',
        "stop": '["delivered"]',
        "hours": "48",
        "warn_hours": "6",
        "grave_hours": "24",
        "source": "[]",
        "grade": '"A"',
        "needs_review": "false",
    } | clock
    terms: tuple[Term, ...] = read(
        'version = "1"\n[[clock]]\n' + "\n".join(f"{key} = {value}" for key, value in written.items())
    )
    return replace(PDD, rules=(*PDD.rules, *map(Rule, terms)))


def test_an_order_that_nobody_dates_is_blind() -> None:
    assert blind(paid(placed_at=None, paid_at=None), PDD) == [(None, Reason.NO_START)]
    assert blind(paid(paid_at=None), PDD) == [], "the time it was placed stands for it"


@pytest.mark.parametrize("facts", [{"dispatched_at": T0}, {"sent": True}])
def test_an_order_dispatched_without_a_number_is_blind(facts: dict[str, object]) -> None:
    order = paid(**facts)
    assert blind(order, PDD) == [(None, Reason.NO_NUMBER)]
    assert blind(replace(order, handed_over_at=T0), PDD) == [], "the source itself tells how it goes on"
    assert blind(replace(order, goods="virtual"), PDD) == [], "nothing is ever sent"
    assert blind(replace(order, unbooked=("",)), PDD) == [], "a number is there, and about to be booked"


def test_a_number_that_was_refused_is_blind_for_the_reason_it_was_refused() -> None:
    assert blind(paid(unbooked=("unknown_carrier", "unknown_carrier")), PDD) == [(None, Reason.UNKNOWN_CARRIER)]
    assert blind(paid(unbooked=("malformed_number",)), PDD) == [(None, Reason.MALFORMED_NUMBER)]
    assert blind(paid(unbooked=("malformed_number",), parcels=(PARCEL,)), PDD) == [], "corrected since"
    assert blind(paid(unbooked=("unknown_carrier",), parcels=(PARCEL,)), PDD) == [(None, Reason.UNKNOWN_CARRIER)]


def test_a_parcel_nobody_asks_about_is_blind_and_so_is_one_that_was_not_answered_yet() -> None:
    nobody = replace(PARCEL, watched=False, followed=False)
    assert blind(paid(parcels=(nobody,)), PDD) == [(9, Reason.UNWATCHED)]
    assert blind(paid(parcels=(replace(nobody, followed=True),)), PDD) == [(9, Reason.NEVER_ANSWERED)]
    both = (PARCEL, replace(nobody, waybill_id=10))
    assert blind(paid(parcels=both), PDD) == [(10, Reason.UNWATCHED)], "the other is followed"


def test_a_parcel_uploaded_nobody_knows_when_is_blind_until_it_is_picked_up() -> None:
    undated = replace(PARCEL, uploaded_at=None)
    assert blind(paid(parcels=(undated,)), PDD) == [(9, Reason.NO_UPLOAD_TIME)]
    assert blind(paid(parcels=(replace(undated, picked_up_at=T0),)), PDD) == []
    assert blind(paid(parcels=(replace(undated, extra=True),)), PDD) == [], "no pickup limit runs on it"
    without = replace(PDD, rules=tuple(rule for rule in PDD.rules if rule.term.start != "uploaded"))
    assert blind(paid(parcels=(undated,)), without) == [], "no rule asks for it"


@pytest.mark.parametrize(
    "clock",
    [{"shape": '"dwell"'}, {"stop": '["left_first_hub"]'}, {"lanes": "[{ same_province = true, hours = 24 }]"}],
)
def test_a_way_that_cannot_be_read_is_told_where_a_rule_asks_for_it(clock: dict[str, str]) -> None:
    unread = paid(parcels=(MOVED,))
    assert blind(unread, PDD) == [], "no rule asks for it"
    assert blind(unread, book(**clock)) == [(9, Reason.WAY_UNKNOWN)]
    assert blind(unread, book(**clock, goods='["fresh"]')) == [], "the rule is for other orders"
    assert blind(paid(parcels=(PICKED_UP,)), book(**clock)) == [], "the pickup alone may name no place"
    assert blind(paid(parcels=(replace(MOVED, provinces=("浙江",)),)), book(**clock)) == []


def test_a_lane_by_its_end_asks_where_the_order_goes() -> None:
    asking = replace(book(lanes='[{ to = "remote", hours = 72 }]'), from_province="浙江")
    there = paid(parcels=(MOVED,))
    assert blind(there, asking) == []
    assert blind(replace(there, to_province=""), asking) == [(9, Reason.WAY_UNKNOWN)]
    by_origin = replace(book(lanes='[{ from = "remote", hours = 72 }]'), from_province="浙江")
    assert blind(replace(there, to_province=""), by_origin) == []


def test_a_lane_is_known_from_where_the_shop_ships() -> None:
    told = replace(book(lanes="[{ same_province = true, hours = 24 }]"), from_province="浙江")
    assert blind(paid(parcels=(MOVED,)), replace(told, from_province="")) == [(9, Reason.WAY_UNKNOWN)]
    assert blind(paid(parcels=(MOVED,)), told) == []


@pytest.mark.parametrize(
    "over",
    [{"cancelled": True}, {"refunded": Decimal(100)}, {"paid": False}, {"completed": True}, {"delivered_at": T0}],
)
def test_where_nothing_is_left_to_judge_nothing_is_blind(over: dict[str, object]) -> None:
    unknown = paid(placed_at=None, paid_at=None, sent=True, parcels=(replace(PARCEL, watched=False),))
    assert blind(unknown, PDD) != []
    assert blind(replace(unknown, **over), PDD) == []  # type: ignore[arg-type]


instants = st.none() | st.integers(0, 200).map(lambda hours: T0 + hours * HOUR)


@st.composite
def parcels(draw: st.DrawFn) -> ParcelFacts:
    """A parcel somewhere on its way: as far as it came, all before is dated, and each instant is a scan."""
    came = draw(st.integers(0, 4))
    way = [T0 + hours * HOUR for hours in sorted(draw(st.lists(st.integers(0, 200), min_size=came, max_size=came)))]
    names = ("first_trace_at", "picked_up_at", "moved_at", "out_for_delivery_at")[:came]
    watched = draw(st.booleans())
    return replace(
        ParcelFacts(waybill_id=draw(st.sampled_from([8, 9])), uploaded_at=draw(instants)),
        watched=watched,
        followed=watched or draw(st.booleans()),
        scans=tuple(way),
        **dict(zip(names, way, strict=True)),  # type: ignore[arg-type]
    )


orders = st.builds(
    OrderFacts,
    id=st.just(1),
    amount=st.just(Decimal(100)),
    sent=st.booleans(),
    placed_at=instants,
    paid_at=instants,
    dispatched_at=instants,
    parcels=st.lists(parcels(), max_size=2).map(tuple),
    unbooked=st.lists(st.sampled_from(["unknown_carrier", "malformed_number"]), max_size=1).map(tuple),
)


@given(orders, st.sampled_from(["pdd", "douyin", "other"]))
def test_an_open_order_on_which_no_clock_runs_is_blind(order: OrderFacts, platform: str) -> None:
    book = plain(platform).watched
    running = [clock for clock in judge(order, book) if clock.stopped_at is None]
    assert running or blind(order, book)


@given(orders)
def test_no_blind_spot_is_told_twice(order: OrderFacts) -> None:
    found = blind(order, PDD)
    assert len(found) == len(set(found))


def spots() -> list[tuple[str, str | None, str]]:
    return list(Blindspot.objects.order_by("pk").values_list("order__number", "waybill__number", "reason"))


def judge_all(now: datetime) -> None:
    Order.objects.update(review_at=now)
    while sweep.judge_batch(now):
        pass


@pytest.mark.django_db
def test_the_sweep_writes_what_it_cannot_judge_and_takes_it_back_once_it_can(shop: Shop, now: datetime) -> None:
    order = an_order(shop, "a", now, status="dispatched")
    judge_all(now)
    assert spots() == [("a", None, "no_number")]
    waybill = a_parcel(order, "YT1", now, account=None, polled_at=None)
    judge_all(now)
    assert spots() == [("a", "YT1", "unwatched")]
    Waybill.objects.update(account=CarrierAccount.objects.get())
    judge_all(now)
    assert spots() == [("a", "YT1", "never_answered")]
    Waybill.objects.filter(pk=waybill.pk).update(polled_at=now)
    judge_all(now)
    assert spots() == []


@pytest.mark.django_db
def test_judging_again_leaves_blind_spots_as_they_are(shop: Shop, now: datetime) -> None:
    an_order(shop, "a", now, status="dispatched")
    an_order(shop, "b", now, placed_at=None, paid_at=None)
    judge_all(now)
    before = list(Blindspot.objects.order_by("pk").values_list())
    assert len(before) == 2
    judge_all(now + HOUR)
    assert list(Blindspot.objects.order_by("pk").values_list()) == before


@pytest.mark.django_db
def test_blind_spots_cost_one_statement_a_batch(shop: Shop, now: datetime) -> None:
    for number in "abc":
        an_order(shop, number, now, status="dispatched")
    with CaptureQueriesContext(
        connection,
    ) as queries:
        judge_all(now)
    assert sum("exceptions_blindspot" in query["sql"] for query in queries.captured_queries) == 1


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("carrier", "number", "reason"),
    [("火星快递", "YT8834201944712", "unknown_carrier"), ("圆通速递", "?", "malformed_number")],
)
def test_a_number_refused_at_booking_has_its_order_judged_again(
    shop: Shop, now: datetime, carrier: str, number: str, reason: str
) -> None:
    order = an_order(shop, "a", now)
    Dispatch.objects.create(order=order, carrier_name=carrier, number=number, uploaded_at=now, book_at=now)
    while sweep.judge_batch(now):
        pass
    assert spots() == [], "it is not booked yet: nothing is known against it"
    assert booking.book(now).refused == 1
    while sweep.judge_batch(now):
        pass
    assert spots() == [("a", None, reason)]


@pytest.mark.django_db
def test_numbers_that_are_no_parcel_are_read_with_the_others(shop: Shop, now: datetime) -> None:
    order = an_order(shop, "a", now)
    waybill = a_parcel(order, "YT1", now)
    Dispatch.objects.create(order=order, carrier_name="?", number="X", book_error="unknown_carrier")
    ((_, facts),) = reading.read([order.pk])
    assert facts.unbooked == ("unknown_carrier",)
    assert [parcel.waybill_id for parcel in facts.parcels] == [waybill.pk]
