"""Asking for real, over HTTP, a simulated carrier that knows its protocol: what comes is recorded, what fails is said."""

from datetime import datetime, timedelta

import pytest
from django.db import connection
from django.test import override_settings

from merchants.models import Shop
from orders.models import Order
from shipments import asking, claiming, polling
from shipments.booking import book
from shipments.carriers import sf
from shipments.claiming import claim
from shipments.models import CarrierAccount, RawAnswer, TrackingEvent, Waybill
from shipments.polling import Polled, poll
from tests.shipments.conftest import Client, a_dispatch, at_simulator, the_waybill

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("carriers")]


def booked(shop: Shop, now: datetime, *parcels: dict[str, str]) -> list[Waybill]:
    """Book the waybills of simulated parcels, under the carrier that really has them."""
    for parcel in parcels:
        a_dispatch(shop, parcel["waybill"], now, carrier=parcel["actual_carrier"], phone_tail=parcel["phone_tail"])
    book(now)
    return [the_waybill(parcel["waybill"]) for parcel in parcels]


def delivered(world: Client, carrier: str, count: int) -> list[dict[str, str]]:
    found = [
        parcel for parcel in world.parcels("normal", carrier) if parcel["ended_at"] and parcel["ended_at"] < NOW_ISO
    ]
    return found[:count]


NOW_ISO = "2026-11-22T03:00:00"


class TestKuaidi100:
    def test_a_due_waybill_is_asked_about_subscribed_and_scheduled_anew(
        self, shop: Shop, account: CarrierAccount, world: Client, now: datetime
    ) -> None:
        at_simulator(account, world)
        (parcel,) = delivered(world, "yuantong", 1)
        booked(shop, now, parcel)
        polled = poll(now)
        truth = world.get(f"/control/parcels/{parcel['waybill']}")
        scans = [scan for scan in truth["scans"] if scan["known"]]
        assert polled == Polled(claimed=1, answered=1, failed=0, new_events=len(scans), lost_leases=0)
        waybill = the_waybill(parcel["waybill"])
        assert (waybill.stage, waybill.event_count, waybill.last_text) == ("delivered", len(scans), scans[-1]["text"])
        assert (waybill.polled_at, waybill.subscribed_at, waybill.lease_until) == (now, now, None)
        assert (waybill.poll_failures, waybill.poll_error) == (0, "")
        answer = RawAnswer.objects.get()
        assert (answer.kind, answer.read_at, answer.error, answer.account) == ("query", now, "", account)
        assert set(TrackingEvent.objects.values_list("answer", flat=True)) == {answer.pk}
        account.refresh_from_db()
        assert account.answered_at == now

    def test_nothing_due_asks_nobody(self, shop: Shop, account: CarrierAccount, world: Client, now: datetime) -> None:
        at_simulator(account, world)
        booked(shop, now, *delivered(world, "yuantong", 1))
        assert poll(now - timedelta(minutes=1)) == Polled()

    def test_a_number_nobody_knows_is_asked_again_later_and_is_no_failure(
        self, shop: Shop, account: CarrierAccount, world: Client, now: datetime
    ) -> None:
        at_simulator(account, world)
        a_dispatch(shop, "YT0000000000001", now)
        book(now)
        assert poll(now).failed == 0
        waybill = the_waybill("YT0000000000001")
        assert waybill.poll_failures == 0
        assert "500" in waybill.poll_error
        assert waybill.poll_at == now + timedelta(hours=2), "subscribed: half as often"

    def test_the_first_question_wakes_the_order_even_where_nothing_is_known(
        self, shop: Shop, account: CarrierAccount, world: Client, now: datetime
    ) -> None:
        at_simulator(account, world)
        a_dispatch(shop, "YT0000000000001", now)
        book(now)
        Order.objects.update(review_at=None)
        poll(now)
        assert Order.objects.get().review_at == now, "from now on its silence says something"
        Order.objects.update(review_at=None)
        Waybill.objects.update(poll_at=now)
        poll(now)
        assert Order.objects.get().review_at is None, "silence that goes on is nothing new"

    def test_too_often_waits_half_an_hour_for_that_number_alone(
        self, shop: Shop, account: CarrierAccount, world: Client, now: datetime
    ) -> None:
        at_simulator(account, world)
        booked(shop, now, *delivered(world, "yuantong", 1))
        world.control("faults", throttle=1)
        assert poll(now).failed == 1
        waybill = Waybill.objects.get()
        assert (waybill.poll_at, waybill.poll_failures) == (now + timedelta(minutes=30), 1)
        account.refresh_from_db()
        assert account.paused_until is None

    def test_a_wrong_key_rests_the_account_and_says_why(
        self, shop: Shop, account: CarrierAccount, world: Client, now: datetime
    ) -> None:
        at_simulator(account, world)
        account.credentials = {"customer": "DEMO-CUSTOMER", "key": "wrong"}
        account.save(update_fields=["credentials"])
        booked(shop, now, *delivered(world, "yuantong", 2))
        assert poll(now).claimed == 2
        account.refresh_from_db()
        assert (account.paused_at, account.paused_until) == (now, now + timedelta(hours=1))
        assert account.paused_reason.startswith(("503", "600"))
        assert poll(now + timedelta(minutes=35)) == Polled(), "a resting account is not asked"
        account.credentials = {"customer": "DEMO-CUSTOMER", "key": "DEMO-KEY-100"}
        account.save(update_fields=["credentials"])
        later = now + timedelta(hours=1, minutes=1)
        assert poll(later).answered == 1, "one question is let through"
        assert poll(later).answered == 1, "and after its answer all"
        account.refresh_from_db()
        assert (account.paused_until, account.paused_reason, account.answered_at) == (None, "", later)

    def test_a_missing_phone_stops_that_number_until_somebody_mends_it(
        self, shop: Shop, account: CarrierAccount, world: Client, now: datetime
    ) -> None:
        at_simulator(account, world)
        (parcel,) = delivered(world, "zhongtong", 1)
        booked(shop, now, parcel | {"phone_tail": ""})
        assert poll(now).failed == 1
        waybill = Waybill.objects.get()
        assert waybill.poll_at is None
        assert "408" in waybill.poll_error

    @pytest.mark.parametrize(("fault", "error"), [("http_5xx", "HTTP 502"), ("garbage", "not JSON")])
    def test_a_broken_answer_is_kept_tried_again_and_harms_nothing(
        self, shop: Shop, account: CarrierAccount, world: Client, now: datetime, fault: str, error: str
    ) -> None:
        at_simulator(account, world)
        booked(shop, now, *delivered(world, "yuantong", 1))
        world.control("faults", **{fault: 1})
        assert poll(now).failed == 1
        waybill = Waybill.objects.get()
        assert error in waybill.poll_error
        assert (waybill.poll_failures, waybill.poll_at) == (1, now + timedelta(hours=1))
        assert error in RawAnswer.objects.get().error
        world.control("faults", **{fault: 0})
        assert poll(now + timedelta(hours=1)).answered == 1

    def test_duplicated_and_shuffled_scans_come_to_the_same_progress(
        self, shop: Shop, account: CarrierAccount, world: Client, now: datetime
    ) -> None:
        at_simulator(account, world)
        world.control("faults", duplicate=1, out_of_order=1)
        (parcel,) = delivered(world, "yuantong", 1)
        booked(shop, now, parcel)
        poll(now)
        truth = [scan for scan in world.get(f"/control/parcels/{parcel['waybill']}")["scans"] if scan["known"]]
        waybill = Waybill.objects.get()
        assert (waybill.stage, waybill.event_count) == ("delivered", len(truth))

    def test_a_provider_that_is_down_is_not_asked_for_the_whole_batch(
        self, shop: Shop, account: CarrierAccount, now: datetime
    ) -> None:
        for number in range(40):
            a_dispatch(shop, f"YT88342019447{number:02}", now)
        book(now)
        polled = poll(now)
        assert RawAnswer.objects.count() == 0
        tried = Waybill.objects.filter(asked_at=now)
        # Eight in vain, and those that were under way by then in the other threads.
        assert asking.SILENT <= tried.count() < asking.SILENT + asking.THREADS
        assert (polled.failed, polled.left) == (tried.count(), 40 - tried.count())
        assert set(tried.values_list("poll_failures", "poll_at")) == {(1, now + timedelta(hours=1))}
        spared = Waybill.objects.filter(asked_at=None)
        assert set(spared.values_list("poll_failures", "poll_at", "free_at", "asks__len")) == {(0, now, None, 0)}
        account.refresh_from_db()
        assert account.paused_until == now + timedelta(minutes=2)
        assert not Waybill.objects.exclude(polled_at=None).exists(), "nobody answered"

    @override_settings(POLL_PACE=60.0)
    def test_a_faster_clock_is_asked_faster(
        self, shop: Shop, account: CarrierAccount, world: Client, now: datetime
    ) -> None:
        at_simulator(account, world)
        a_dispatch(shop, "YT0000000000001", now)
        book(now)
        poll(now)
        assert Waybill.objects.get().poll_at == now + timedelta(minutes=2)


class TestSf:
    def test_ten_waybills_are_one_question(
        self, shop: Shop, sf_account: CarrierAccount, world: Client, now: datetime
    ) -> None:
        at_simulator(sf_account, world)
        parcels = delivered(world, "shunfeng", 10)
        assert len(parcels) == 10
        booked(shop, now, *({**parcel, "phone_tail": ""} for parcel in parcels))
        polled = poll(now)
        assert (polled.claimed, polled.answered, polled.failed) == (10, 10, 0)
        assert world.get("/control/state")["served"]["/std/service"] == 1
        assert RawAnswer.objects.count() == 1
        assert set(Waybill.objects.values_list("stage", flat=True)) == {"delivered"}
        assert not Waybill.objects.filter(subscribed_at__isnull=False).exists()

    def test_phones_that_differ_are_different_questions_and_a_wrong_one_brings_nothing(
        self, shop: Shop, sf_account: CarrierAccount, world: Client, now: datetime
    ) -> None:
        at_simulator(sf_account, world)
        one, two = delivered(world, "shunfeng", 2)
        booked(shop, now, one, two | {"phone_tail": "9999"})
        assert poll(now).answered == 2
        assert (the_waybill(one["waybill"]).stage, the_waybill(two["waybill"]).stage) == ("delivered", "unknown")
        assert "phone" in the_waybill(two["waybill"]).poll_error

    def test_a_throttled_gateway_rests_the_account(
        self, shop: Shop, sf_account: CarrierAccount, world: Client, now: datetime
    ) -> None:
        at_simulator(sf_account, world)
        world.control("faults", throttle=1)
        booked(shop, now, *delivered(world, "shunfeng", 1))
        poll(now)
        sf_account.refresh_from_db()
        assert sf_account.paused_until == now + timedelta(minutes=5)
        assert Waybill.objects.get().poll_at == now + sf.SPACING, "ready as soon as the account is back"


class TestTime:
    def test_when_time_is_up_what_was_not_asked_stays_due(
        self, shop: Shop, account: CarrierAccount, world: Client, now: datetime, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        at_simulator(account, world)
        booked(shop, now, *delivered(world, "yuantong", 12))
        monkeypatch.setattr(asking, "ENOUGH", -1.0)
        assert poll(now) == Polled(claimed=12, left=12)
        left = Waybill.objects.filter(asked_at=None)
        assert set(left.values_list("poll_at", "polled_at", "lease_until", "poll_failures")) == {(now, None, None, 0)}
        assert left.count() == 12
        monkeypatch.undo()
        assert poll(now).answered == 12


class TestPoison:
    def test_an_answer_that_cannot_be_written_down_holds_up_nobody(
        self, shop: Shop, account: CarrierAccount, world: Client, now: datetime
    ) -> None:
        at_simulator(account, world)
        good, bad = booked(shop, now, *delivered(world, "yuantong", 2))
        with connection.cursor() as cursor:
            # What no test of ours foresees, the database refuses: here, every scan of one waybill.
            cursor.execute(
                f"ALTER TABLE shipments_trackingevent ADD CONSTRAINT poison CHECK (waybill_id <> {bad.pk}) NOT VALID"
            )
        polled = poll(now)
        assert (polled.claimed, polled.answered, polled.failed) == (2, 1, 1)
        assert the_waybill(good.number).stage == "delivered"
        poisoned = the_waybill(bad.number)
        assert (poisoned.lease_until, poisoned.poll_failures) == (None, 1)
        assert poisoned.poll_at == now + timedelta(hours=6)
        assert "IntegrityError" in poisoned.poll_error


class TestLease:
    def test_a_claimed_waybill_is_nobody_elses_until_the_lease_runs_out(
        self, shop: Shop, account: CarrierAccount, now: datetime
    ) -> None:
        a_dispatch(shop, "YT8834201944712", now)
        book(now)
        assert [waybill.number for waybill in claim(now)] == ["YT8834201944712"]
        assert claim(now + timedelta(minutes=29)) == [], "the question counts even if its worker has died"
        assert len(claim(now + timedelta(minutes=30))) == 1

    def test_a_batch_has_its_limit(
        self, shop: Shop, account: CarrierAccount, now: datetime, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(claiming, "BATCH", 2)
        for number in range(3):
            a_dispatch(shop, f"YT883420194471{number}", now)
        book(now)
        assert (len(claim(now)), len(claim(now)), len(claim(now))) == (2, 1, 0)

    def test_a_waybill_nobody_can_be_asked_about_is_routed_once_an_account_comes(
        self, shop: Shop, now: datetime, request: pytest.FixtureRequest
    ) -> None:
        a_dispatch(shop, "YT8834201944712", now)
        book(now)
        assert poll(now) == Polled(claimed=1)
        waybill = Waybill.objects.get()
        assert (waybill.account, waybill.poll_at) == (None, now + timedelta(hours=1))
        assert (waybill.poll_error, waybill.polled_at) == ("No account to ask", None)
        account = request.getfixturevalue("account")
        claim(now + timedelta(hours=1))
        assert Waybill.objects.get().account == account

    def test_a_switched_off_account_leaves_its_waybills_to_another(
        self, shop: Shop, account: CarrierAccount, sf_account: CarrierAccount, now: datetime
    ) -> None:
        a_dispatch(shop, "SF1390227448801", now, carrier="顺丰")
        book(now)
        assert Waybill.objects.get().account == sf_account
        CarrierAccount.objects.filter(pk=sf_account.pk).update(enabled=False)
        claim(now)
        assert Waybill.objects.get().account == account


def test_a_number_is_not_given_up_because_the_accounts_address_is_none(
    shop: Shop, account: CarrierAccount, now: datetime
) -> None:
    CarrierAccount.objects.update(base_url="nonsense")
    a_dispatch(shop, "YT8834201944712", now)
    book(now)
    poll(now)
    waybill = Waybill.objects.get()
    assert (waybill.poll_at, waybill.poll_error) == (now + timedelta(hours=1), asking.NOT_USABLE)


def test_what_a_push_said_while_we_asked_stands(
    shop: Shop, account: CarrierAccount, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    a_dispatch(shop, "YT8834201944712", now)
    book(now)
    Waybill.objects.update(subscribed_at=now)
    honest = polling.ask

    def ask(calls, at):  # type: ignore[no-untyped-def]
        heard = honest(calls, at)
        Waybill.objects.update(subscribed_at=None)
        return heard

    monkeypatch.setattr(polling, "ask", ask)
    poll(now)
    assert Waybill.objects.get().subscribed_at is None
