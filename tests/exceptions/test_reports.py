"""What people report opens cases, heals, is told twice, and closes with them; what scans tell does so without anybody."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.http import Http404

from exceptions import reports, targets
from exceptions.desk import cases
from exceptions.desk.workflow import Action
from exceptions.errors import Incomplete
from exceptions.models import Case, Clock, Report
from exceptions.reports import Outcome, Said
from merchants.models import Shop, User
from orders.models import Order, Ticket
from shipments.models import Parcel, TrackingEvent, Waybill
from shipments.status import Cause
from tests.exceptions.making import a_parcel, an_order, member_of
from tests.exceptions.scene import sweep_all

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
NUMBER = "YT8834201944715"


@pytest.fixture
def order(shop: Shop, now: datetime) -> Order:
    """On its way since yesterday, with nothing wrong."""
    order = an_order(shop, "690010", now - 40 * HOUR, status="dispatched", dispatched_at=now - 36 * HOUR)
    moved = {"first_trace_at": now - 30 * HOUR, "picked_up_at": now - 30 * HOUR, "moved_at": now - 6 * HOUR}
    waybill = a_parcel(order, NUMBER, now - 36 * HOUR, stage="in_transit", polled_at=now, **moved)
    scan(waybill, now - 30 * HOUR, "picked_up")
    scan(waybill, now - 6 * HOUR, "in_transit")
    sweep_all(now)
    assert not Case.objects.exists()
    return order


def scan(waybill: Waybill, at: datetime, stage: str, cause: str = "") -> None:
    TrackingEvent.objects.create(
        waybill=waybill,
        fingerprint=f"{at:%d%H%M%S}{stage}{cause}".encode()[:16],
        occurred_at=at,
        stage=stage,
        cause=cause,
        text=f"{stage} {cause}",
        recorded_at=at,
    )


def judge(now: datetime) -> None:
    Order.objects.update(review_at=now)
    sweep_all(now)


def say(order: Order, kind: str, now: datetime, text: str = "", source: str = "hand", **more: Any) -> reports.Told:
    waybill = more.pop("waybill", order.dispatches.get().parcels.get().waybill_id)
    (told,) = reports.tell([Said(order.pk, waybill, kind, text, **more)], source, now=now)
    return told


@pytest.mark.parametrize("source", ["buyer", "hand", "api", "paste"])
def test_a_report_opens_its_case_at_once_and_says_who_told_it(order: Order, now: datetime, source: str) -> None:
    told = say(order, "damage", now, "外箱压坏", source)
    case = Case.objects.get()
    assert (case.kind, case.source, case.level, case.state) == ("damage", source, 1, "open")
    assert (case.started_at, case.due_at) == (now, now + 24 * HOUR)
    assert case.at_stake == order.amount
    assert reports.cases_for([told]) == {told.report.pk: case.pk}
    assert [report.text for report in reports.of_case(case)] == ["外箱压坏"]


def test_what_a_buyer_writes_is_unreadable_in_the_database(order: Order, now: datetime) -> None:
    from django.db import connection

    say(order, "damage", now, "电话 13800138000")
    with connection.cursor() as cursor:
        cursor.execute("select text from exceptions_report")
        (sealed,) = cursor.fetchone()
    assert b"13800138000" not in bytes(sealed)


def test_told_twice_it_is_one_report_with_the_words_of_both(order: Order, now: datetime) -> None:
    first = say(order, "damage", now, "外箱压坏")
    again = [say(order, "damage", now + HOUR, text).outcome for text in ("外箱压坏", "", "杯子碎了", "杯子碎了")]
    assert first.outcome is Outcome.CREATED
    assert again == [Outcome.UNCHANGED, Outcome.UNCHANGED, Outcome.ADDED, Outcome.UNCHANGED]
    assert Report.objects.get().text == "外箱压坏\n杯子碎了"
    assert Case.objects.count() == 1


def test_of_many_told_at_once_each_is_told_by_itself_in_a_fixed_number_of_queries(
    shop: Shop, now: datetime, django_assert_max_num_queries: Any
) -> None:
    orders = [an_order(shop, f"69{n}", now) for n in range(60)]
    sweep_all(now)
    said = [Said(order.pk, None, "loss", f"第 {n} 件") for n, order in enumerate(orders)]
    with django_assert_max_num_queries(40):
        told = reports.tell([*said, said[0]], "api", now=now)
    assert [one.outcome for one in told] == [Outcome.CREATED] * 60 + [Outcome.UNCHANGED]
    assert Case.objects.filter(kind="loss", source="api").count() == 60


def test_what_cannot_be_is_refused_before_anything_is_written(order: Order, now: datetime) -> None:
    for field, more in {"kind": {}, "text": {"text": "字" * 1001}, "said_at": {"said_at": now + HOUR}}.items():
        with pytest.raises(Incomplete) as caught:
            say(order, "contradiction" if field == "kind" else "loss", now, **more)
        assert caught.value.field == field
    assert not Report.objects.exists()


def test_the_facts_answer_what_was_said_and_the_case_closes_by_itself(order: Order, now: datetime) -> None:
    say(order, "loss", now)
    Waybill.objects.update(stage="delivered", delivered_at=now + 3 * HOUR)
    judge(now + 4 * HOUR)
    case = Case.objects.get()
    assert (case.state, case.outcome) == ("resolved", "kept")
    assert Report.objects.get().closed_at is None, "nobody closed what was said"
    assert list(Clock.objects.filter(kind="loss").values_list("stopped_at", flat=True)) == [now + 3 * HOUR]


def test_who_resolves_the_case_closes_what_was_said_and_who_reopens_it_opens_it_again(
    order: Order, admin: User, now: datetime
) -> None:
    member = member_of(admin)
    say(order, "damage", now)
    case = Case.objects.get()
    cases.act(member, case.pk, Action.RESOLVE, now=now + HOUR, outcome="handled")
    assert Report.objects.get().closed_at == now + HOUR
    sweep_all(now + 2 * HOUR)
    assert Case.objects.get().state == "resolved"
    cases.act(member, case.pk, Action.REOPEN, now=now + 3 * HOUR)
    assert Report.objects.get().closed_at is None
    sweep_all(now + 4 * HOUR)
    (clock,) = Clock.objects.filter(kind="damage")
    assert (Case.objects.get().state, clock.stopped_at, clock.case_id) == ("open", None, case.pk)


def test_closing_a_report_clears_its_case(order: Order, admin: User, now: datetime) -> None:
    told = say(order, "damage", now)
    closed = reports.close(member_of(admin), told.report.pk, now=now + HOUR)
    assert closed.closed_at == now + HOUR
    assert Case.objects.get().state == "resolved"
    assert say(order, "damage", now + 2 * HOUR).outcome is Outcome.CREATED


def test_strangers_close_nothing(order: Order, stranger: User, now: datetime) -> None:
    told = say(order, "damage", now)
    with pytest.raises(Http404):
        reports.close(member_of(stranger), told.report.pk, now=now)


class TestTracks:
    def test_a_failed_attempt_opens_a_case_of_the_track_and_the_retry_clears_it(
        self, order: Order, now: datetime
    ) -> None:
        waybill = Waybill.objects.get()
        scan(waybill, now, "out_for_delivery", Cause.UNREACHABLE.value)
        judge(now + HOUR)
        case = Case.objects.get()
        assert (case.kind, case.source, case.level, case.waybill) == ("failed_delivery", "tracking", 1, waybill)
        scan(waybill, now + 20 * HOUR, "out_for_delivery")
        judge(now + 21 * HOUR)
        assert Case.objects.get().outcome == "kept"

    def test_that_nobody_tries_again_joins_the_case_of_the_failed_delivery(self, order: Order, now: datetime) -> None:
        scan(Waybill.objects.get(), now, "out_for_delivery", Cause.UNREACHABLE.value)
        judge(now + HOUR)
        sweep_all(now + 25 * HOUR)
        told = {clock.kind: clock.case_id for clock in Clock.objects.filter(stopped_at=None, level__gt=0)}
        (case,) = Case.objects.filter(kind__in=["failed_delivery", "not_retried"])
        assert told["not_retried"] == told["failed_delivery"] == case.pk
        assert case.kind == "failed_delivery"

    def test_found_late_both_make_one_case(self, order: Order, now: datetime) -> None:
        scan(Waybill.objects.get(), now, "out_for_delivery", Cause.UNREACHABLE.value)
        judge(now + 30 * HOUR)
        assert [case.kind for case in Case.objects.filter(kind__in=["failed_delivery", "not_retried"])] == [
            "failed_delivery"
        ]

    def test_once_the_failed_delivery_is_handled_that_nobody_tries_again_is_its_own_case(
        self, order: Order, admin: User, now: datetime
    ) -> None:
        scan(Waybill.objects.get(), now, "out_for_delivery", Cause.UNREACHABLE.value)
        judge(now + HOUR)
        cases.act(member_of(admin), Case.objects.get().pk, Action.RESOLVE, now=now + 2 * HOUR, outcome="handled")
        sweep_all(now + 25 * HOUR)
        opened = Case.objects.filter(kind__in=["failed_delivery", "not_retried"]).exclude(state="resolved")
        assert [case.kind for case in opened] == ["not_retried"]

    @pytest.mark.parametrize(
        ("doubt", "kind"),
        [
            ("moved_on", "false_delivery"),
            ("signed_elsewhere", "false_delivery"),
            ("number_shared", "wrong_number"),
            ("other_carrier", "wrong_number"),
            ("jumped", "contradiction"),
            ("before_payment", "contradiction"),
        ],
    )
    def test_a_contradiction_of_the_track_opens_a_case_and_a_corrected_track_clears_it(
        self, order: Order, now: datetime, doubt: str, kind: str
    ) -> None:
        Waybill.objects.update(doubts=[doubt], delivered_at=now, stage="delivered")
        judge(now + HOUR)
        case = Case.objects.get(kind=kind)
        assert case.source == "tracking"
        Waybill.objects.update(doubts=[])
        judge(now + 2 * HOUR)
        assert Case.objects.get(kind=kind).outcome == "void"

    def test_a_claim_clears_the_damage(self, order: Order, now: datetime) -> None:
        scan(Waybill.objects.get(), now, "in_transit", Cause.DAMAGED.value)
        judge(now + HOUR)
        assert Case.objects.get().kind == "damage"
        Ticket.objects.create(order=order, kind="claim", opened_at=now + 2 * HOUR)
        judge(now + 3 * HOUR)
        assert Case.objects.get(kind="damage").outcome == "kept"


class TestTargets:
    def test_an_order_number_a_waybill_number_and_what_it_travels_on_under_name_the_parcel(
        self, order: Order, admin: User, now: datetime
    ) -> None:
        first = Waybill.objects.get()
        onward = Waybill.objects.create(
            merchant=first.merchant, carrier=first.carrier, number="SF1234567890123", created_at=now
        )
        Parcel.objects.create(dispatch=order.dispatches.get(), waybill=onward, role="onward", follows=first)
        names = [order.number, NUMBER, NUMBER.lower(), "SF1234567890123", "nobody"]
        found = targets.named(member_of(admin), names)
        hits = {name: [(one.order, one.waybill_id) for one in found[name]] for name in names}
        mine = [(order.number, first.pk)]
        assert hits == dict.fromkeys(names[:4], mine) | {"nobody": []}

    def test_an_order_with_two_parcels_is_meant_as_a_whole(self, order: Order, admin: User, now: datetime) -> None:
        a_parcel(order, "YT2", now)
        assert [one.waybill_id for one in targets.named(member_of(admin), [order.number])[order.number]] == [None]
        assert [one.waybill for one in targets.of_order(order)] == [NUMBER, "YT2", ""]

    def test_others_orders_are_not_found(self, order: Order, stranger: User) -> None:
        assert targets.named(member_of(stranger), [order.number, NUMBER]) == {order.number: [], NUMBER: []}

    def test_two_hundred_numbers_take_as_many_queries_as_one(
        self, order: Order, admin: User, django_assert_num_queries: Any
    ) -> None:
        member = member_of(admin)
        for names in ([NUMBER, order.number], [NUMBER, order.number, *map(str, range(200))]):
            with django_assert_num_queries(5):
                targets.named(member, names)
