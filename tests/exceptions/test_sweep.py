"""The sweep on real rows: facts in, clocks and cases out, in a fixed number of statements."""

from datetime import datetime, timedelta
from decimal import Decimal

import pytest
from django.db import DataError, connection
from django.test.utils import CaptureQueriesContext

from exceptions import sweep
from exceptions.models import Case, CaseEntry, Clock
from merchants.models import Shop
from orders.models import Dispatch, Order
from shipments.models import Parcel
from tests.exceptions.making import a_parcel, a_scan, an_order

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


def run(now: datetime) -> None:
    while sweep.judge_batch(now):
        pass
    while sweep.ring_batch(now):
        pass


def the_case() -> Case:
    return Case.objects.get()


def test_an_order_well_within_its_limit_has_a_calm_clock_and_no_case(shop: Shop, now: datetime) -> None:
    an_order(shop, "a", now)
    run(now + HOUR)
    clock = Clock.objects.get()
    assert (clock.term, clock.level, clock.due_at, clock.wake_at) == (
        "PDD-SHIP-48",
        0,
        now + 48 * HOUR,
        now + 36 * HOUR,
    )
    assert not Case.objects.exists()


def test_an_undispatched_order_opens_one_case_and_climbs_through_the_levels(shop: Shop, now: datetime) -> None:
    an_order(shop, "a", now)
    run(now + 37 * HOUR)
    assert (the_case().level, the_case().kind, the_case().penalty, the_case().at_stake) == (
        1,
        "late_dispatch",
        Decimal("3.00"),
        Decimal("131.00"),
    )
    run(now + 48 * HOUR)
    assert the_case().level == 1, "due at this very instant is in time"
    run(now + 48 * HOUR + timedelta(seconds=1))
    assert the_case().level == 2
    run(now + 73 * HOUR)
    assert the_case().level == 3
    assert Clock.objects.get().wake_at is None
    assert list(CaseEntry.objects.order_by("pk").values_list("action", "detail__level")) == [
        ("raise", 1),
        ("worsen", 2),
        ("worsen", 3),
    ]


def test_a_pickup_in_time_settles_both_dispatch_and_pickup_as_kept(shop: Shop, now: datetime) -> None:
    order = an_order(shop, "a", now)
    waybill = a_parcel(order, "YT1", now + 2 * HOUR)
    run(now + 21 * HOUR)
    assert the_case().kind == "late_pickup"
    type(waybill).objects.filter(pk=waybill.pk).update(picked_up_at=now + 22 * HOUR, first_trace_at=now + 22 * HOUR)
    Order.objects.update(review_at=now)
    run(now + 23 * HOUR)
    assert (the_case().state, the_case().outcome) == ("resolved", "kept")
    assert not Clock.objects.filter(stopped_at=None, kind__in=["late_dispatch", "late_pickup"]).exists()


def test_a_late_pickup_is_resolved_as_happened_late_and_stays_on_record(shop: Shop, now: datetime) -> None:
    order = an_order(shop, "a", now)
    waybill = a_parcel(order, "YT1", now)
    run(now + 30 * HOUR)
    assert the_case().level == 2
    type(waybill).objects.filter(pk=waybill.pk).update(picked_up_at=now + 29 * HOUR)
    Order.objects.update(review_at=now)
    run(now + 31 * HOUR)
    assert (the_case().state, the_case().outcome, the_case().level) == ("resolved", "healed", 2)


def test_a_cancelled_order_takes_its_case_back(shop: Shop, now: datetime) -> None:
    an_order(shop, "a", now)
    run(now + 50 * HOUR)
    Order.objects.update(status="cancelled", review_at=now)
    run(now + 51 * HOUR)
    assert (the_case().state, the_case().outcome) == ("resolved", "void")
    assert not Clock.objects.exists()


@pytest.mark.parametrize(
    "facts", [{"status": "unpaid", "paid_at": None}, {"refunded": Decimal(128)}, {"status": "cancelled"}]
)
def test_nothing_is_owed_so_nothing_is_raised(shop: Shop, now: datetime, facts: dict) -> None:
    an_order(shop, "a", now, **facts)
    run(now + 500 * HOUR)
    assert not Clock.objects.exists()
    assert not Case.objects.exists()


def test_a_case_a_person_resolved_is_not_raised_again_by_the_same_run(shop: Shop, now: datetime) -> None:
    an_order(shop, "a", now)
    run(now + 50 * HOUR)
    Case.objects.update(state="resolved", resolved_at=now, outcome="handled")
    Order.objects.update(review_at=now)
    run(now + 100 * HOUR)
    assert the_case().outcome == "handled"


def test_a_second_stall_is_a_new_run_and_brings_the_former_case_back_with_a_mark(shop: Shop, now: datetime) -> None:
    order = an_order(shop, "a", now, handed_over_at=now + HOUR)
    waybill = a_parcel(order, "YT1", now, first_trace_at=now + HOUR, picked_up_at=now + HOUR, moved_at=now + 4 * HOUR)
    a_scan(waybill, now + HOUR, "picked_up")
    a_scan(waybill, now + 4 * HOUR)
    run(now + 53 * HOUR)
    first = the_case()
    assert (first.kind, first.level, first.started_at) == ("transit_stall", 2, now + 4 * HOUR)
    a_scan(waybill, now + 60 * HOUR)
    Order.objects.update(review_at=now)
    run(now + 61 * HOUR)
    first.refresh_from_db()
    assert (first.state, first.outcome) == ("resolved", "healed")
    assert Clock.objects.get(started_at=now + 4 * HOUR).stopped_at == now + 60 * HOUR
    run(now + 110 * HOUR)
    back = the_case()
    assert (back.pk, back.kind, back.state, back.started_at) == (first.pk, "transit_stall", "open", now + 60 * HOUR)
    assert (back.relapses, back.relapsed_at, back.outcome) == (1, now + 110 * HOUR, "")
    assert Clock.objects.get(started_at=now + 60 * HOUR, kind="transit_stall").case == back


def test_getting_worse_ends_a_snooze(shop: Shop, now: datetime) -> None:
    an_order(shop, "a", now)
    run(now + 37 * HOUR)
    Case.objects.update(state="snoozed", snoozed_until=now + 90 * HOUR)
    run(now + 49 * HOUR)
    assert (the_case().state, the_case().snoozed_until) == ("open", None)


def test_judging_twice_writes_nothing_the_second_time(shop: Shop, now: datetime) -> None:
    an_order(shop, "a", now)
    run(now + 50 * HOUR)
    before = (list(Clock.objects.values()), list(Case.objects.values()), CaseEntry.objects.count())
    Order.objects.update(review_at=now)
    run(now + 50 * HOUR)
    assert (list(Clock.objects.values()), list(Case.objects.values()), CaseEntry.objects.count()) == before


def test_a_batch_takes_as_many_statements_for_forty_orders_as_for_two(shop: Shop, now: datetime) -> None:
    counts = []
    for many in (2, 40):
        for i in range(many):
            a_parcel(an_order(shop, f"{many}-{i}", now), f"YT{many}{i}", now)
        with CaptureQueriesContext(
            connection,
        ) as queries:
            sweep.judge_batch(now + 30 * HOUR)
        with CaptureQueriesContext(connection) as rings:
            sweep.ring_batch(now + 60 * HOUR)
        counts.append((len(queries), len(rings)))
    assert counts[0] == counts[1]


def test_a_poisoned_order_is_set_aside_and_the_others_are_judged(
    shop: Shop, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    bad, good = an_order(shop, "bad", now), an_order(shop, "good", now)
    honest = sweep.judge

    def judge(facts, terms):  # type: ignore[no-untyped-def]
        if facts.id == bad.pk:
            raise ZeroDivisionError("poison")
        return honest(facts, terms)

    monkeypatch.setattr(sweep, "judge", judge)
    run(now + 50 * HOUR)
    bad.refresh_from_db()
    assert "poison" in bad.review_error
    assert bad.review_at == now + 51 * HOUR
    assert Case.objects.get().order == good


def test_a_parcel_nobody_was_asked_about_yet_raises_nothing(shop: Shop, now: datetime) -> None:
    waybill = a_parcel(an_order(shop, "a", now, dispatched_at=now), "YT1", now, polled_at=None)
    run(now + 100 * HOUR)
    assert not Case.objects.exists()
    type(waybill).objects.update(polled_at=now + 100 * HOUR)
    Order.objects.update(review_at=now)
    run(now + 100 * HOUR)
    assert set(Case.objects.values_list("kind", flat=True)) == {"late_dispatch", "late_pickup"}


def test_a_waybill_uploaded_twice_in_two_spellings_is_judged_once(shop: Shop, now: datetime) -> None:
    uploaded = now - 26 * HOUR
    order = an_order(shop, "a", now - 30 * HOUR, status="dispatched", dispatched_at=uploaded)
    waybill = a_parcel(order, "YT8834201944715", uploaded)
    again = Dispatch.objects.create(order=order, carrier_name="圆通", number="yt8834201944715", uploaded_at=uploaded)
    Parcel.objects.create(dispatch=again, waybill=waybill)
    assert sweep.judge_batch(now) == 1
    assert Case.objects.filter(waybill=waybill, kind="late_pickup").count() == 1


def test_what_is_at_stake_on_the_largest_amount_can_be_stored(shop: Shop, now: datetime) -> None:
    an_order(shop, "a", now - 60 * HOUR, amount=Decimal("9999999999.99"))
    assert sweep.judge_batch(now) == 1
    assert Case.objects.get().at_stake == Decimal("9999999999.99")
    # Broken is dearer than about to break: following it must not overflow either.
    assert sweep.ring_batch(now + timedelta(days=9)) <= 1


@pytest.mark.parametrize("step", ["judge", "ring"])
def test_an_order_the_database_refuses_is_set_aside_and_the_others_go_on(
    shop: Shop, now: datetime, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    bad, good = an_order(shop, "bad", now), an_order(shop, "good", now)
    later = now + 50 * HOUR
    if step == "ring":
        sweep.judge_batch(now)
    name = "settle" if step == "judge" else "worsen"
    honest = getattr(sweep, name)

    def settle(ids: list[int], at: datetime) -> None:
        if bad.pk in ids:
            raise DataError("numeric field overflow")
        honest(ids, at)

    monkeypatch.setattr(sweep, name, settle)
    assert (sweep.judge_batch if step == "judge" else sweep.ring_batch)(later) == 2
    assert Case.objects.get().order == good
    bad.refresh_from_db()
    assert bad.review_at == later + sweep.SET_ASIDE
    assert "numeric field overflow" in bad.review_error
    assert sweep.judge_batch(later) == sweep.ring_batch(later) == 0
