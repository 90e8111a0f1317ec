"""What may be asked, how often, and in which order: providers' limits hold whoever wants to ask, and whatever fails."""

import uuid
from datetime import datetime, timedelta
from itertools import pairwise

import pytest
from django.db.models import F

from merchants.models import Shop
from shipments import accounts, asking, cadence, polling, rates, track
from shipments.answers import Failure, Trouble
from shipments.asking import Heard
from shipments.booking import book
from shipments.carriers import kuaidi100
from shipments.claiming import claim
from shipments.models import CarrierAccount, Waybill
from shipments.polling import Polled, poll
from tests.shipments.conftest import Client, a_dispatch, at_simulator, the_waybill
from tests.shipments.test_polling import booked, delivered

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("carriers")]
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


def made(shop: Shop, now: datetime, count: int, prefix: str = "YT8834201944") -> list[Waybill]:
    for number in range(count):
        a_dispatch(shop, f"{prefix}{number:03}", now)
    book(now)
    return list(Waybill.objects.order_by("pk"))


def ask_what_is_due(now: datetime) -> int:
    """Claim as a worker does, hear an empty answer, write it down; return how many were asked about."""
    waybills = claim(now)
    calls = [call for call in polling._calls(waybills, now) if not call.subscribes]
    empty = Failure(Trouble.NO_DATA, "500")
    heard = [Heard(call, failures={one.pk: empty for one in call.waybills}) for call in calls]
    if waybills:
        polling.write_down(waybills, heard, now)
    return len(calls)


class TestOrder:
    def test_those_near_a_deadline_come_first_nearest_first_then_the_longest_overdue(
        self, shop: Shop, account: CarrierAccount, now: datetime
    ) -> None:
        plan = [(None, 9), (20 * HOUR, 1), (2 * HOUR, 1), (90 * HOUR, 30), (-HOUR, 2), (90 * HOUR, 10)]
        waybills = made(shop, now, len(plan))
        for waybill, (due, overdue) in zip(waybills, plan, strict=True):
            deadline = None if due is None else now + due
            Waybill.objects.filter(pk=waybill.pk).update(deadline_at=deadline, poll_at=now - overdue * MINUTE)
        order = [waybills.index(one) for one in claim(now)]
        assert order == [4, 2, 1, 3, 5, 0]

    def test_what_has_no_deadline_is_not_put_off_for_ever_by_what_is_far_from_its_own(
        self, shop: Shop, account: CarrierAccount, now: datetime, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("shipments.claiming.BATCH", 1)
        first, second = made(shop, now, 2)
        Waybill.objects.filter(pk=second.pk).update(deadline_at=now + 30 * HOUR)
        Waybill.objects.filter(pk=first.pk).update(poll_at=now - MINUTE)
        assert claim(now) == [first]


class TestNumbers:
    def test_a_day_holds_no_more_than_the_daily_number_of_questions_however_eager_one_is(
        self, shop: Shop, account: CarrierAccount, now: datetime, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(kuaidi100, "DAILY", 8)
        made(shop, now, 1)
        asked: list[datetime] = []
        for step in range(0, 50 * 60, 20):
            at = now + step * MINUTE
            if step % 60:
                track.refresh(Waybill.objects.select_related("account").get(), at)
            else:
                Waybill.objects.filter(lease_until=None).update(poll_at=at)  # a push, a sweep, a hand in the database
            if ask_what_is_due(at):
                asked.append(at)
        assert len(asked) > 16, "what was possible on two days, and more on the third"
        assert all(later - earlier >= DAY for earlier, later in zip(asked, asked[8:], strict=False))
        assert all(later - earlier >= 30 * MINUTE for earlier, later in pairwise(asked))
        assert len(Waybill.objects.get().asks or []) <= 8

    def test_a_question_whose_worker_died_counts(self, shop: Shop, account: CarrierAccount, now: datetime) -> None:
        made(shop, now, 1)
        assert len(claim(now)) == 1
        waybill = Waybill.objects.get()
        assert (waybill.asks, waybill.free_at, waybill.poll_at) == ([now], now + 30 * MINUTE, now + 30 * MINUTE)

    def test_by_hand_it_says_from_when_on_and_why(
        self, shop: Shop, account: CarrierAccount, now: datetime, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(kuaidi100, "DAILY", 2)
        made(shop, now, 1)

        def refused(at: datetime) -> track.Refusal | None:
            return track.refusal(Waybill.objects.select_related("account").get(), at)

        assert refused(now) is None
        ask_what_is_due(now)
        assert refused(now + MINUTE) == (now + 30 * MINUTE, track.Why.SPACING)
        assert refused(now + 30 * MINUTE) is None
        assert track.refresh(Waybill.objects.select_related("account").get(), now + 40 * MINUTE) is None
        assert len(claim(now + 40 * MINUTE)) == 1
        assert refused(now + 41 * MINUTE) == (now + 42 * MINUTE, track.Why.ASKING)
        assert refused(now + 43 * MINUTE) == (now + DAY, track.Why.DAY)

    def test_two_people_who_click_at_once_cause_one_question(
        self, shop: Shop, account: CarrierAccount, now: datetime
    ) -> None:
        made(shop, now, 1)
        one, two = (Waybill.objects.select_related("account").get() for _ in range(2))
        ask_what_is_due(now)
        assert track.refresh(one, now + MINUTE) is not None, "the row is no longer as this page had read it"
        assert track.refresh(two, now + MINUTE) is not None
        assert Waybill.objects.get().poll_at == now + HOUR


class TestRate:
    @pytest.fixture
    def limited(self, account: CarrierAccount, monkeypatch: pytest.MonkeyPatch) -> CarrierAccount:
        """An account whose provider takes a question every 1000 seconds, with a bucket nobody has used."""
        monkeypatch.setattr(kuaidi100, "RATE", 0.001)
        monkeypatch.setattr(rates, "_dry", {})
        CarrierAccount.objects.filter(pk=account.pk).update(id=uuid.uuid4().int % 10**15)
        return CarrierAccount.objects.get()

    def test_what_gets_no_token_is_given_back_as_it_was(
        self, shop: Shop, limited: CarrierAccount, world: Client, now: datetime
    ) -> None:
        at_simulator(limited, world)
        booked(shop, now, *delivered(world, "yuantong", 3))
        Waybill.objects.update(subscribed_at=now)
        nearest = Waybill.objects.order_by("-pk")[0]
        Waybill.objects.filter(pk=nearest.pk).update(deadline_at=now + HOUR)
        polled = poll(now)
        assert (polled.claimed, polled.answered, polled.left) == (3, 1, 2)
        assert the_waybill(nearest.number).polled_at == now, "the token goes to the one nearest its deadline"
        left = Waybill.objects.exclude(pk=nearest.pk)
        columns = ("poll_at", "lease_until", "free_at", "asked_at", "poll_failures", "asks__len")
        assert set(left.values_list(*columns)) == {(now, None, None, None, 0, 0)}

    def test_where_a_rate_allows_little_a_number_is_subscribed_before_it_is_asked_about(
        self, shop: Shop, limited: CarrierAccount, world: Client, now: datetime
    ) -> None:
        at_simulator(limited, world)
        (waybill,) = booked(shop, now, *delivered(world, "yuantong", 1))
        assert poll(now).left == 1
        waybill.refresh_from_db()
        assert (waybill.subscribed_at, waybill.subscriptions) == (now, [now])
        assert (waybill.poll_at, waybill.lease_until, waybill.asked_at) == (now, None, None)

    def test_an_account_without_tokens_does_not_stand_in_the_way_of_others(
        self, shop: Shop, limited: CarrierAccount, sf_account: CarrierAccount, world: Client, now: datetime
    ) -> None:
        at_simulator(limited, world)
        at_simulator(sf_account, world)
        made(shop, now - HOUR, 3)
        Waybill.objects.update(subscribed_at=now)
        a_dispatch(shop, "SF1390227448801", now, carrier="顺丰")
        book(now)
        assert poll(now).left == 2
        assert poll(now) == Polled(), "not claimed in vain again while it is dry"
        wait = rates.seconds_to_wait()
        assert wait is not None and 900 < wait <= 1000
        assert Waybill.objects.get(account=sf_account).asked_at == now

    def test_without_redis_an_account_with_a_rate_is_not_asked_and_one_without_is(
        self, shop: Shop, limited: CarrierAccount, sf_account: CarrierAccount, world: Client, now: datetime, settings
    ) -> None:
        at_simulator(sf_account, world)
        settings.REDIS_URL = "redis://127.0.0.1:1/0"
        made(shop, now, 2)
        a_dispatch(shop, "SF1390227448801", now, carrier="顺丰")
        book(now)
        polled = poll(now)
        assert (polled.claimed, polled.left) == (3, 2)
        assert set(Waybill.objects.filter(account=limited).values_list("poll_at", "asked_at")) == {(now, None)}
        assert Waybill.objects.get(account=sf_account).asked_at == now


class TestBreaker:
    def test_half_open_one_question_is_let_through_and_no_second_until_its_answer(
        self, shop: Shop, account: CarrierAccount, now: datetime
    ) -> None:
        waybills = made(shop, now, 5)
        Waybill.objects.filter(pk=waybills[3].pk).update(deadline_at=now + HOUR)
        failure = Failure(Trouble.AUTH, "503", account_wide=True)
        accounts.take_news({account.pk: [failure]}, now)
        assert claim(now + 59 * MINUTE) == []
        later = now + 60 * MINUTE
        (tried,) = claim(later)
        assert tried.pk == waybills[3].pk, "the one that is needed most"
        assert claim(later + MINUTE) == []
        (call,) = polling._calls([tried], later)
        polling.write_down([tried], [Heard(call, failure=failure)], later)
        account.refresh_from_db()
        assert (account.trips, account.paused_at, account.paused_until) == (2, now, later + 2 * HOUR)

    def test_a_trial_whose_worker_died_is_made_again_after_its_lease(
        self, shop: Shop, account: CarrierAccount, now: datetime
    ) -> None:
        made(shop, now, 2)
        CarrierAccount.objects.update(paused_until=now - MINUTE, paused_at=now - HOUR, trips=1)
        (first,) = claim(now)
        (second,) = claim(now + 2 * MINUTE)
        assert first != second

    def test_an_answer_closes_it_and_all_are_asked(
        self, shop: Shop, account: CarrierAccount, world: Client, now: datetime
    ) -> None:
        at_simulator(account, world)
        booked(shop, now, *delivered(world, "yuantong", 4))
        CarrierAccount.objects.update(paused_until=now - MINUTE, paused_at=now - HOUR, trips=3, trouble="transient")
        assert poll(now).answered == 1
        account.refresh_from_db()
        assert (account.paused_until, account.paused_at, account.trips, account.trouble) == (None, None, 0, "")
        assert poll(now).answered == 3

    def test_five_hundreds_in_a_row_rest_the_account_as_silence_does(
        self, shop: Shop, account: CarrierAccount, world: Client, now: datetime
    ) -> None:
        at_simulator(account, world)
        world.control("faults", http_5xx=1)
        booked(shop, now, *delivered(world, "yuantong", asking.SILENT))
        poll(now)
        account.refresh_from_db()
        assert (account.trouble, account.paused_until) == ("transient", now + 2 * MINUTE)


class TestStop:
    def followed_for(self, days: int, start: datetime, outage: tuple[int, int] = (0, 0)) -> Waybill:
        """Let days go by at the pace of the schedule; from day to day of `outage` nobody answers."""
        at = start
        while at < start + days * DAY:
            waybill = Waybill.objects.get()
            if waybill.poll_at is None:
                break
            at = max(at, waybill.poll_at)
            if outage[0] * DAY <= at - start < outage[1] * DAY:
                waybills = claim(at)
                calls = [call for call in polling._calls(waybills, at) if not call.subscribes]
                silent = [Heard(call, failure=Failure(Trouble.TRANSIENT, asking.UNREACHED)) for call in calls]
                polling.write_down(waybills, silent, at)
                CarrierAccount.objects.update(paused_until=None, failures=0)
            else:
                ask_what_is_due(at)
        return Waybill.objects.get()

    def test_a_number_nobody_scans_in_fifteen_days_is_dead(
        self, shop: Shop, account: CarrierAccount, now: datetime
    ) -> None:
        made(shop, now, 1)
        waybill = self.followed_for(20, now)
        assert (waybill.poll_at, waybill.stop) == (None, Waybill.Stop.DEAD)
        assert waybill.asked_at is not None
        assert 15 * DAY <= waybill.asked_at - now < 16 * DAY

    def test_an_outage_makes_no_number_dead(self, shop: Shop, account: CarrierAccount, now: datetime) -> None:
        made(shop, now, 1)
        waybill = self.followed_for(15, now, outage=(1, 15))
        assert waybill.vain_count <= 2
        waybill = self.followed_for(4, now + 15 * DAY)
        assert (waybill.poll_at is not None, waybill.stop) == (True, "")
        waybill = self.followed_for(10, now + 19 * DAY)
        assert (waybill.poll_at, waybill.stop) == (None, Waybill.Stop.DEAD)

    def test_a_person_may_start_it_again_and_it_is_followed_for_days(
        self, shop: Shop, account: CarrierAccount, now: datetime
    ) -> None:
        made(shop, now, 1)
        waybill = Waybill.objects.select_related("account").get()
        Waybill.objects.update(poll_at=None, stop="dead", created_at=now - 30 * DAY, vain_count=9, vain_at=now - DAY)
        assert track.refresh(waybill, now) is None
        assert ask_what_is_due(now) == 1
        waybill.refresh_from_db()
        assert (waybill.stop, waybill.poll_at, waybill.vain_count) == ("", now + cadence.LONGEST_PAUSE, 1)

    @pytest.mark.parametrize(
        ("stage", "failure", "stop"),
        [
            ("returned", None, "arrived"),
            ("in_transit", Failure(Trouble.CONFIG, "408"), "refused"),
        ],
    )
    def test_why_asking_stopped_is_written_down(
        self, shop: Shop, account: CarrierAccount, now: datetime, stage: str, failure: Failure | None, stop: str
    ) -> None:
        made(shop, now, 1)
        Waybill.objects.update(stage=stage)
        waybills = claim(now)
        (call,) = [call for call in polling._calls(waybills, now) if not call.subscribes]
        polling.write_down(waybills, [Heard(call, failures={waybills[0].pk: failure} if failure else {})], now)
        waybill = Waybill.objects.get()
        assert (waybill.poll_at, waybill.stop) == (None, stop)

    def test_without_an_account_it_says_so_and_looks_again(self, shop: Shop, now: datetime) -> None:
        made(shop, now, 1)
        poll(now)
        waybill = Waybill.objects.get()
        assert (waybill.stop, waybill.poll_at) == (Waybill.Stop.NOBODY, now + HOUR)


class TestSubscriptions:
    def test_a_number_is_subscribed_four_times_a_month_at_most(
        self, shop: Shop, account: CarrierAccount, world: Client, now: datetime
    ) -> None:
        at_simulator(account, world)
        booked(shop, now, *delivered(world, "yuantong", 1))
        subscribed = []
        for step in range(12):
            at = now + step * 3 * DAY
            Waybill.objects.update(subscribed_at=None, poll_at=at, stage="in_transit")  # as after a push "abort"
            poll(at)
            subscribed.append(Waybill.objects.get().subscribed_at == at)
        assert subscribed == [True] * 4 + [False] * 7 + [True], "the first is more than a month ago by then"
        assert len(Waybill.objects.get().subscriptions or []) <= 4

    def test_a_subscription_the_provider_will_not_take_is_not_tried_at_every_question(
        self, shop: Shop, account: CarrierAccount, now: datetime
    ) -> None:
        made(shop, now, 1)
        waybills = claim(now)
        query, subscription = polling._calls(waybills, now)
        refused = Failure(Trouble.CONFIG, "701")
        polling.write_down(waybills, [Heard(query), Heard(subscription, failure=refused)], now)
        waybill = Waybill.objects.select_related("account", "carrier").get()
        assert (waybill.subscribed_at, waybill.subscribe_at) == (None, now + DAY)
        assert len(polling._calls([waybill], now + HOUR)) == 1
        assert len(polling._calls([waybill], now + DAY)) == 2
        account.refresh_from_db()
        assert account.paused_until is None, "it was an answer"


def test_a_late_worker_gives_nothing_back_that_is_not_its_own(
    shop: Shop, account: CarrierAccount, now: datetime
) -> None:
    made(shop, now, 1)
    waybills = claim(now)
    Waybill.objects.update(lease_until=F("lease_until") + MINUTE)  # another worker has it
    polling.write_down(waybills, [Heard(call, asked=False) for call in polling._calls(waybills, now)], now)
    assert Waybill.objects.get().asks == [now]
