"""Two workers at once, a worker too slow, a push told twice: nothing is asked, booked or recorded twice, nobody waits for ever."""

import json
from datetime import datetime, timedelta
from random import Random
from urllib.parse import urlencode

import pytest

from merchants.models import Shop
from orders.models import Dispatch
from shipments import accounts, claiming, polling, push, recording
from shipments.answers import Answer
from shipments.booking import book
from shipments.carriers.kuaidi100 import sign
from shipments.claiming import claim
from shipments.models import CarrierAccount, Parcel, RawAnswer, TrackingEvent, Waybill
from shipments.polling import poll
from shipments.recording import Told, record
from shipments.status import Event, Stage
from tests.races.test_intake import together
from tests.shipments.conftest import a_dispatch, account, carriers, the_waybill

__all__ = ["account", "carriers"]
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("carriers")]


def booked(shop: Shop, now: datetime, count: int) -> list[Waybill]:
    for number in range(count):
        a_dispatch(shop, f"YT88342019{number:05}", now)
    while book(now).taken:
        pass
    return list(Waybill.objects.order_by("pk"))


def test_two_bookers_make_each_parcel_once(shop: Shop, account: CarrierAccount, now: datetime) -> None:
    for number in range(60):
        a_dispatch(shop, f"YT88342019{number % 30:05}" if number < 30 else f"YT99342019{number:05}", now)
    one, two = together(lambda: book(now), lambda: book(now))
    while book(now).taken:
        pass
    assert one.taken + two.taken == 60
    assert (Parcel.objects.count(), Waybill.objects.count()) == (60, 60)
    assert not Dispatch.objects.filter(book_at__isnull=False).exists()


def test_two_pollers_claim_disjoint_waybills(shop: Shop, account: CarrierAccount, now: datetime) -> None:
    booked(shop, now, 150)
    one, two = together(lambda: claim(now), lambda: claim(now))
    mine, theirs = {waybill.pk for waybill in one}, {waybill.pk for waybill in two}
    assert not mine & theirs
    rest = claim(now)
    assert len(mine) + len(theirs) + len(rest) == 150


def test_a_lost_lease_does_not_reschedule(
    shop: Shop, account: CarrierAccount, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    (waybill,) = booked(shop, now, 1)
    later = now + timedelta(minutes=31)
    ask = polling.ask

    def slow(calls, at):
        """While this worker waits for its answer, its lease runs out and another one takes the waybill."""
        heard = ask(calls, at)
        if at == now:
            assert [one.pk for one in claim(later)] == [waybill.pk]
        return heard

    monkeypatch.setattr(polling, "ask", slow)
    polled = poll(now)
    assert (polled.claimed, polled.lost_leases) == (1, 1)
    waybill = the_waybill(waybill.number)
    assert waybill.lease_until == later + claiming.LEASE, "the lease is the other worker's"
    assert (waybill.poll_at, waybill.polled_at, waybill.poll_failures) == (later + timedelta(minutes=30), None, 0)
    assert waybill.asks == [now, later], "both questions count"


def test_two_recorders_of_the_same_tracks_in_opposite_order_both_end(
    shop: Shop, account: CarrierAccount, now: datetime
) -> None:
    waybills = booked(shop, now, 80)
    events = [Event(now - timedelta(hours=n), 9 - n, Stage.IN_TRANSIT, None, f"到达 {n}") for n in range(9)]
    batch = [Told(waybill.pk, Answer(waybill.number, events=tuple(events))) for waybill in waybills]
    shuffled = Random(3).sample(batch, len(batch))
    results = together(*[lambda: record(batch, now), lambda: record(shuffled, now)] * 2)
    assert sum(result.new_events for result in results) == TrackingEvent.objects.count() == 80 * 9
    assert set(Waybill.objects.values_list("event_count", flat=True)) == {9}


def test_a_push_told_twice_at_once_is_stored_once_and_read_once(
    shop: Shop, account: CarrierAccount, now: datetime
) -> None:
    (waybill,) = booked(shop, now, 1)
    data = [{"time": "2026-11-21 20:00:00", "context": "已收件"}]
    last = {"nu": waybill.number, "com": "yuantong", "state": "0", "status": "200", "data": data}
    text = json.dumps({"status": "polling", "lastResult": last})
    body = urlencode({"param": text, "sign": sign(text, accounts.contract(account).salt)}).encode()

    def send() -> int:
        return push.receive("kuaidi100", account.push_token, {}, body, now).status

    assert together(send, send, send) == [200, 200, 200]
    answer = RawAnswer.objects.get()
    assert answer.seen_count == 3
    one, two = together(lambda: push.read_pushes(now), lambda: push.read_pushes(now))
    assert one.taken + two.taken == 1
    assert TrackingEvent.objects.count() == 1


def test_a_poller_and_a_push_reader_do_not_wait_for_each_other_in_a_ring(
    shop: Shop, account: CarrierAccount, now: datetime
) -> None:
    waybills = booked(shop, now, 60)
    events = (Event(now - timedelta(hours=1), 0, Stage.PICKED_UP, None, "已收件"),)
    backwards = [Told(waybill.pk, Answer(waybill.number, events=events)) for waybill in reversed(waybills)]
    together(lambda: poll(now), lambda: record(backwards, now), lambda: book(now))
    assert set(Waybill.objects.values_list("stage", flat=True)) == {"picked_up"}


def test_the_push_put_aside_is_the_one_that_failed(
    shop: Shop, account: CarrierAccount, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    booked(shop, now, 1)
    bodies = [b"poison", b"good"]
    poison, good = recording.keep([recording.Body(account.pk, "push", content) for content in bodies], now)
    honest = push._answers
    others: list = []

    def answers(told: RawAnswer):  # type: ignore[no-untyped-def]
        if told.pk == poison:
            raise ZeroDivisionError("poison")
        return honest(told)

    def claim_beside_us(most: int) -> list[RawAnswer]:
        """Another worker holds the poisoned push from the moment our attempt to read it is rolled back."""
        claimed = push_claim(most)
        if most == 1 and not others:
            others.append(1)
        elif most == 1:
            return [told for told in claimed if told.pk != poison] or list(RawAnswer.objects.filter(pk=good))
        return claimed

    push_claim = push._claim
    monkeypatch.setattr(push, "_answers", answers)
    monkeypatch.setattr(push, "_claim", claim_beside_us)
    push.read_pushes(now)
    assert RawAnswer.objects.get(pk=good).read_at is None
    assert RawAnswer.objects.get(pk=poison).error == "ZeroDivisionError: poison"
