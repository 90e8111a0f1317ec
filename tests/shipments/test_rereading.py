"""Wordings are counted as scans are recorded; what an admin says of one is applied to new scans and to stored ones."""

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from merchants.access import Member
from merchants.models import Merchant, Role, Shop, User
from orders.models import Order
from shipments import carriers, rereading
from shipments.booking import book
from shipments.inbox import wordings
from shipments.inbox.wordings import Filters, Show
from shipments.models import CarrierAccount, EventReading, RawAnswer, TrackingEvent, Waybill, Wording
from shipments.recording import Body, Told, keep, record
from shipments.status import Cause, Stage
from tests.shipments.conftest import a_dispatch, the_waybill

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("carriers")]

STRANGE = "【{place}】快件星际跃迁完成，电话1380013{n:04}"
PHRASE = "…快件星际跃迁完成，电话#"
ONE, TWO, THREE = "YT0000000000001", "YT0000000000002", "YT0000000000003"
Say = Callable[..., Waybill]


@pytest.fixture
def member(admin: User, merchant: Merchant, shop: Shop) -> Member:
    return Member(admin, merchant, Role.ADMIN, (shop,), every_shop=True)


@pytest.fixture
def say(shop: Shop, account: CarrierAccount, now: datetime) -> Say:
    """Have the provider tell the scans (text, code) of a waybill, which is booked first; oldest first, an hour apart."""

    def tell(number: str, *scans: tuple[str, str], at: datetime = now) -> Waybill:
        if not Waybill.objects.filter(number=number).exists():
            a_dispatch(shop, number, now)
            book(now)
        start = now - timedelta(hours=len(scans))
        rows = [
            {"time": f"{start + timedelta(hours=n + 8):%Y-%m-%d %H:%M:%S}", "context": text, "statusCode": code}
            for n, (text, code) in enumerate(scans)
        ]
        body = {"message": "ok", "nu": number, "com": "yuantong", "state": "0", "data": rows[::-1]}
        content = json.dumps(body, ensure_ascii=False).encode()
        (answer_id,) = keep([Body(account.pk, "query", content, at)], at)
        (answer,) = carriers.provider("kuaidi100").read(content)
        record([Told(the_waybill(number).pk, answer, answer_id)], at)
        return the_waybill(number)

    return tell


def strange(n: int = 0) -> str:
    return STRANGE.format(place="广州" if n % 2 else "上海", n=n)


def two_parcels(say: Say) -> tuple[Waybill, Waybill]:
    """Each picked up, then with a scan nobody can read, under an unknown code."""
    picked = ("【上海】的陈某已揽收", "103")
    late = ("快件已到达【广州中心】", "0")
    return say(ONE, picked, (strange(1), "9x"), late), say(TWO, picked, (strange(2), "9x"), late)


class TestCounting:
    def test_scans_of_one_wording_are_counted_once_with_an_example_that_names_nobody(
        self, say: Say, now: datetime
    ) -> None:
        _, second = two_parcels(say)
        (wording,) = Wording.objects.all()
        assert (wording.provider, wording.code, wording.phrase, wording.count) == ("kuaidi100", "9x", PHRASE, 2)
        assert (wording.first_seen_at, wording.last_seen_at, wording.waybill_id) == (now, now, second.pk)
        assert wording.example == "【上海】快件星际跃迁完成，电话#"
        assert (wording.read_stage, wording.read_cause, wording.read_rule) == ("unknown", "", "")
        assert "13800" not in wording.example + wording.phrase

    def test_the_same_answer_again_counts_nothing(self, say: Say) -> None:
        two_parcels(say)
        two_parcels(say)
        assert Wording.objects.get().count == 2

    def test_an_unknown_code_whose_words_are_read_is_counted_as_read(self, say: Say) -> None:
        say(ONE, ("快件已到达【广州中心】", "9x"), ("派件中", "5"))
        wording = Wording.objects.get()
        assert (wording.code, wording.read_stage, wording.read_rule) == ("9x", "in_transit", "text:moving")

    def test_scans_told_without_any_code_and_read_by_their_words_are_no_business_of_the_inbox(self, say: Say) -> None:
        say(ONE, ("快件已到达【广州中心】", ""), ("派件中", ""))
        assert not Wording.objects.exists()

    def test_a_batch_in_which_all_is_read_costs_nothing_more(
        self, say: Say, account: CarrierAccount, now: datetime
    ) -> None:
        waybill = say(ONE, ("已揽收", "103"))

        def cost(code: str, texts: list[str]) -> int:
            scans = [
                {"time": f"2026-11-20 10:00:{n:02}", "context": t, "statusCode": code} for n, t in enumerate(texts)
            ]
            body = json.dumps({"nu": ONE, "com": "yuantong", "data": scans, "state": "0"}).encode()
            (answer,) = carriers.provider("kuaidi100").read(body)
            with CaptureQueriesContext(connection) as queries:
                record([Told(waybill.pk, answer)], now)
            return len(queries)

        read = cost("0", ["到达广州中心"])
        assert cost("9x", ["星际跃迁"]) == read + 3
        assert cost("9x", [f"星际{word}跃迁" for word in "甲乙丙丁戊己庚辛壬癸"]) == read + 3
        Wording.objects.update(count=0)
        # Told again, it is found to be stored.
        cost("9x", ["星际跃迁"])
        assert not Wording.objects.filter(count__gt=0).exists()

    def test_a_newest_scan_that_only_the_state_of_the_whole_explains_is_counted_as_unread(self, say: Say) -> None:
        waybill = say(ONE, ("已揽收", "103"), (strange(), "9x"))
        event = TrackingEvent.objects.get(code="9x")
        assert (event.stage, event.rule, waybill.stage) == ("in_transit", "whole:0", "in_transit")
        wording = Wording.objects.get()
        assert (wording.read_stage, wording.read_rule) == ("unknown", "")


class TestMapping:
    def test_what_an_admin_said_reads_new_scans(self, say: Say, member: Member, now: datetime) -> None:
        two_parcels(say)
        wording = Wording.objects.get()
        wordings.map_wording(member, wording.pk, Stage.CUSTOMS, Cause.CUSTOMS_HELD, now)
        say(THREE, (strange(3), "9x"))
        event = TrackingEvent.objects.get(waybill__number=THREE)
        assert (event.stage, event.cause, event.rule) == ("customs", "customs_held", f"admin:{wording.pk}")
        assert the_waybill(THREE).stage == "customs"
        wording.refresh_from_db()
        assert wording.count == 3

    def test_stored_scans_are_read_again_and_what_they_were_is_kept(
        self, say: Say, member: Member, now: datetime
    ) -> None:
        first, second = two_parcels(say)
        facts = list(
            TrackingEvent.objects.values_list("occurred_at", "text", "code", "position").order_by(
                "waybill", "occurred_at"
            )
        )
        Order.objects.update(review_at=None)
        wording = wordings.map_wording(member, Wording.objects.get().pk, Stage.RETURNING, None, now)
        assert rereading.preview(wording) == rereading.Preview(scans=2, waybills=2, capped=False)
        finish(now)
        wording.refresh_from_db()
        assert (wording.reread_at, wording.reread_waybills, wording.reread_scans) == (None, 2, 2)
        for waybill in (first, second):
            waybill.refresh_from_db()
            assert waybill.stage == "returning"
        assert Order.objects.filter(review_at__isnull=False).count() == 2
        assert (
            list(
                TrackingEvent.objects.values_list("occurred_at", "text", "code", "position").order_by(
                    "waybill", "occurred_at"
                )
            )
            == facts
        )
        one, _ = EventReading.objects.order_by("waybill_id")
        assert (one.waybill_id, one.from_stage, one.from_rule) == (first.pk, "unknown", "")
        assert (one.to_stage, one.to_rule, one.by) == ("returning", f"admin:{wording.pk}", member.user)

    def test_taking_it_back_restores_what_the_rules_make_of_it(self, say: Say, member: Member, now: datetime) -> None:
        first, _ = two_parcels(say)
        before = Waybill.objects.values().get(pk=first.pk)
        pk = Wording.objects.get().pk
        wordings.map_wording(member, pk, Stage.RETURNING, None, now)
        finish(now)
        wordings.unmap(member, pk, now)
        finish(now)
        assert Waybill.objects.values().get(pk=first.pk) == before
        assert set(TrackingEvent.objects.filter(code="9x").values_list("stage", "cause", "rule")) == {
            ("unknown", "", "")
        }
        assert EventReading.objects.count() == 4
        assert Wording.objects.get().mapped_at is None

    def test_reading_again_twice_changes_nothing_the_second_time(self, say: Say, member: Member, now: datetime) -> None:
        waybills = two_parcels(say)
        wordings.map_wording(member, Wording.objects.get().pk, Stage.RETURNING, None, now)
        finish(now)
        Order.objects.update(review_at=None)
        again = rereading.read_again([waybill.pk for waybill in waybills], now)
        assert again == rereading.Reread(waybills=2)
        assert EventReading.objects.count() == 2
        assert not Order.objects.filter(review_at__isnull=False).exists()

    def test_scans_whose_answer_is_gone_take_what_the_admin_said_and_give_it_back(
        self, say: Say, member: Member, now: datetime
    ) -> None:
        two_parcels(say)
        RawAnswer.objects.all().delete()
        pk = Wording.objects.get().pk
        wordings.map_wording(member, pk, Stage.CUSTOMS, None, now)
        finish(now)
        assert set(TrackingEvent.objects.filter(code="9x").values_list("rule", flat=True)) == {f"admin:{pk}"}
        # What its code told stays, the answer being gone.
        assert set(TrackingEvent.objects.filter(code="103").values_list("rule", flat=True)) == {"code:103"}
        wordings.unmap(member, pk, now)
        finish(now)
        assert set(TrackingEvent.objects.filter(code="9x").values_list("stage", "rule")) == {("unknown", "")}

    def test_an_admins_word_goes_before_the_words_of_an_unknown_code_and_never_before_a_code(
        self, say: Say, member: Member, now: datetime
    ) -> None:
        say(ONE, ("快件已到达【广州中心】", "9x"), ("快件已到达【广州中心】", "8"))
        pk = Wording.objects.get().pk
        wordings.map_wording(member, pk, Stage.OUT_FOR_DELIVERY, None, now)
        finish(now)
        rules = TrackingEvent.objects.order_by("occurred_at").values_list("stage", "rule")
        assert list(rules) == [("out_for_delivery", f"admin:{pk}"), ("customs", "code:8")]

    def test_a_wording_may_be_said_to_say_nothing(self, say: Say, member: Member, now: datetime) -> None:
        first, _ = two_parcels(say)
        wordings.map_wording(member, Wording.objects.get().pk, Stage.UNKNOWN, None, now)
        finish(now)
        first.refresh_from_db()
        assert first.stage == "in_transit"
        assert wordings.count_waiting(member.merchant) == 0
        (row,) = wordings.page(member, Filters(Show.MAPPED)).rows
        assert row.says_nothing

    def test_another_merchant_sees_and_maps_nothing_of_it(
        self, say: Say, stranger: User, stranger_shop: Shop, now: datetime
    ) -> None:
        two_parcels(say)
        elsewhere = Member(stranger, stranger_shop.merchant, Role.ADMIN, (stranger_shop,), every_shop=True)
        assert wordings.page(elsewhere, Filters(Show.ALL)).rows == ()
        with pytest.raises(Wording.DoesNotExist):
            wordings.map_wording(elsewhere, Wording.objects.get().pk, Stage.RETURNING, None, now)


def the_facts() -> list[tuple[object, ...]]:
    ordered = TrackingEvent.objects.order_by("waybill", "occurred_at")
    return list(ordered.values_list("occurred_at", "text", "code", "position"))


def finish(now: datetime) -> int:
    rounds = 0
    while rereading.work(now):
        rounds += 1
    return rounds


class TestWork:
    def test_it_goes_in_batches_and_on_from_where_a_dead_worker_stopped(
        self, say: Say, member: Member, now: datetime, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(rereading, "BATCH", 2)
        for n in range(5):
            say(f"YT{n:013}", (strange(n), "9x"))
        pk = wordings.map_wording(member, Wording.objects.get().pk, Stage.RETURNING, None, now).pk
        assert rereading.work(now) == 1
        assert Wording.objects.get().reread_waybills == 2
        # A worker that took the next batch and died: nothing is due before its lease is over.
        rereading._claim(now)
        assert rereading.work(now) == 0
        later = now + rereading.LEASE
        assert finish(later) == 3
        wording = Wording.objects.get()
        assert (wording.reread_waybills, wording.reread_scans, wording.reread_at) == (5, 5, None)
        assert set(TrackingEvent.objects.values_list("rule", flat=True)) == {f"admin:{pk}"}

    def test_who_maps_it_anew_meanwhile_starts_over(
        self, say: Say, member: Member, now: datetime, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(rereading, "BATCH", 1)
        two_parcels(say)
        pk = Wording.objects.get().pk
        wordings.map_wording(member, pk, Stage.RETURNING, None, now)
        rereading.work(now)
        claimed = rereading._claim(now)
        assert claimed
        wordings.map_wording(member, pk, Stage.CUSTOMS, None, now)
        rereading._go_on(claimed, now)
        assert Wording.objects.get().reread_after == 0
        finish(now)
        assert set(TrackingEvent.objects.filter(code="9x").values_list("stage", flat=True)) == {"customs"}

    def test_a_wording_that_fails_is_set_aside_with_its_error_and_holds_up_no_other(
        self, say: Say, member: Member, now: datetime
    ) -> None:
        two_parcels(say)
        wordings.map_wording(member, Wording.objects.get().pk, Stage.RETURNING, None, now)
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # a table with checks to come cannot be altered
            cursor.execute("ALTER TABLE shipments_trackingevent ADD CONSTRAINT poison CHECK (stage <> 'returning')")
        assert rereading.work(now) == 1
        wording = Wording.objects.get()
        assert "poison" in wording.reread_error
        assert wording.reread_at == now + rereading.SET_ASIDE
        assert rereading.work(now) == 0

    def test_a_batch_costs_the_same_number_of_queries_whatever_its_size(
        self, say: Say, member: Member, now: datetime
    ) -> None:
        def cost(numbers: range) -> int:
            for n in numbers:
                say(f"YT{n:013}", ("已揽收", "103"), (strange(n), "9x"))
            ids = list(Waybill.objects.filter(number__in=[f"YT{n:013}" for n in numbers]).values_list("pk", flat=True))
            Wording.objects.update(stage="customs", mapped_at=now)
            TrackingEvent.objects.filter(code="9x").update(stage="unknown", rule="")
            with CaptureQueriesContext(connection) as queries:
                assert rereading.read_again(ids, now).scans == len(numbers)
            return len(queries)

        assert cost(range(2)) == cost(range(10, 30))


class TestCommand:
    def test_scans_are_read_by_todays_rules(self, say: Say, now: datetime) -> None:
        first, _ = two_parcels(say)
        # As rules of yesterday would have left it.
        TrackingEvent.objects.filter(waybill=first, code="103").update(stage="in_transit", rule="text:any")
        Wording.objects.update(read_stage="customs", read_rule="text:gone")
        out = StringIO()
        call_command("reread", "--waybill", ONE, stdout=out)
        assert "Done: 1 waybills, 1 scans and 1 wordings" in out.getvalue()
        kept = EventReading.objects.get()
        assert (kept.waybill_id, kept.from_rule, kept.to_rule, kept.by) == (first.pk, "text:any", "code:103", None)
        out = StringIO()
        call_command("reread", "--provider", "kuaidi100", stdout=out)
        assert "Done: 2 waybills, 0 scans and 0 wordings" in out.getvalue()
        out = StringIO()
        call_command("reread", "--provider", "sf", "--after", "0", stdout=out)
        assert "Done: 0 waybills" in out.getvalue()

    def test_a_stored_body_that_is_no_answer_any_more_loses_nothing(self, say: Say, now: datetime) -> None:
        first, _ = two_parcels(say)
        RawAnswer.objects.update(body=b"\xff")
        before = set(TrackingEvent.objects.values_list("waybill", "occurred_at", "rule"))
        assert rereading.read_again([first.pk], now).scans == 0
        assert set(TrackingEvent.objects.values_list("waybill", "occurred_at", "rule")) == before


def test_the_inboxs_scans_are_found_by_their_own_index(say: Say) -> None:
    two_parcels(say)
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(f"EXPLAIN {rereading._WAYBILLS}", [1, "9x", "kuaidi100", 0, 10])
        plan = "\n".join(row[0] for row in cursor.fetchall())
    assert "waybill_id_idx" in plan
