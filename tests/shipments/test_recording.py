"""What providers said is kept once, folded anew, and wakes the orders it concerns."""

from datetime import UTC, datetime, timedelta
from random import Random

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from merchants.models import Shop
from shipments import recording
from shipments.answers import Answer
from shipments.booking import book
from shipments.models import CarrierAccount, Parcel, RawAnswer, TrackingEvent, Waybill
from shipments.recording import Body, Told, keep, record
from shipments.status import Cause, Event, Stage
from tests.exceptions.making import an_order
from tests.shipments.conftest import a_dispatch, the_waybill

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("carriers")]

NUMBER = "YT8834201944712"


@pytest.fixture
def waybill(shop: Shop, account: CarrierAccount, now: datetime) -> Waybill:
    """A booked waybill whose order sleeps."""
    dispatch = a_dispatch(shop, NUMBER, now, paid_at=now - timedelta(days=2))
    book(now)
    type(dispatch.order).objects.update(review_at=None)
    return the_waybill(NUMBER)


def scan(at: datetime, stage: Stage = Stage.IN_TRANSIT, text: str = "快件已到达广州中心", **more: object) -> Event:
    values = {"position": 0, "cause": None, "rule": "code:1"} | more
    return Event(at, stage=stage, text=text, **values)  # type: ignore[arg-type]


def a_track(now: datetime) -> list[Event]:
    start = now - timedelta(hours=30)
    return [
        scan(start, Stage.PICKED_UP, "已收件", position=0),
        scan(start + timedelta(hours=4), Stage.IN_TRANSIT, "已发出 下一站 广州", position=1),
        scan(start + timedelta(hours=20), Stage.OUT_FOR_DELIVERY, "派件中", position=2),
        scan(start + timedelta(hours=24), Stage.DELIVERED, "已签收", position=3),
    ]


def told(waybill: Waybill, *events: Event, **more: object) -> Told:
    return Told(waybill.pk, Answer(waybill.number, "yuantong", tuple(events), **more))  # type: ignore[arg-type]


def test_a_track_becomes_events_and_progress_and_wakes_the_order(waybill: Waybill, now: datetime) -> None:
    events = a_track(now)
    recorded = record([told(waybill, *events)], now)
    assert (recorded.new_events, recorded.changed, recorded.woken, recorded.warnings) == (4, (waybill.pk,), 1, ())
    waybill.refresh_from_db()
    assert (waybill.stage, waybill.cause, waybill.event_count) == ("delivered", "", 4)
    assert (waybill.picked_up_at, waybill.moved_at) == (events[0].occurred_at, events[1].occurred_at)
    assert (waybill.out_for_delivery_at, waybill.delivered_at) == (events[2].occurred_at, events[3].occurred_at)
    assert (waybill.last_event_at, waybill.last_text) == (events[3].occurred_at, "已签收")
    assert waybill.parcels.get().dispatch.order.review_at == now
    kept = list(
        TrackingEvent.objects.order_by("occurred_at").values_list("occurred_at", "stage", "text", "recorded_at")
    )
    assert kept == [(event.occurred_at, event.stage.value, event.text, now) for event in events]


def test_the_same_answer_again_changes_nothing_and_wakes_nobody(waybill: Waybill, now: datetime) -> None:
    record([told(waybill, *a_track(now))], now)
    waybill.parcels.get().dispatch.order.__class__.objects.update(review_at=None)
    again = record([told(waybill, *a_track(now), *a_track(now))], now + timedelta(hours=1))
    assert (again.new_events, again.changed, again.woken) == (0, (), 0)
    assert TrackingEvent.objects.count() == 4
    assert an_asleep(waybill)


def an_asleep(waybill: Waybill) -> bool:
    return waybill.parcels.get().dispatch.order.review_at is None


def test_any_order_of_arrival_comes_to_the_same_progress(shop: Shop, waybill: Waybill, now: datetime) -> None:
    a_dispatch(shop, "YT0000000000001", now, paid_at=now - timedelta(days=2))
    book(now)
    other = the_waybill("YT0000000000001")
    record([told(waybill, *a_track(now))], now)
    shuffled = a_track(now)
    Random(7).shuffle(shuffled)
    for event in shuffled:
        record([told(other, event)], now)
    columns = (
        "stage",
        "cause",
        "picked_up_at",
        "moved_at",
        "delivered_at",
        "last_event_at",
        "event_count",
        "last_text",
    )
    one, two = Waybill.objects.order_by("pk").values_list(*columns)
    assert one == two


SCANS = st.builds(
    Event,
    occurred_at=st.integers(0, 30).map(lambda hour: datetime(2026, 11, 20, tzinfo=UTC) + timedelta(hours=hour)),
    position=st.integers(0, 3),
    stage=st.sampled_from(Stage),
    cause=st.sampled_from([None, *Cause]),
    text=st.sampled_from(["已收件", "已发往深圳", "【杭州市】已签收", "派件中", "已退回,新单号为: YT0000000000099"]),
    place=st.sampled_from(["", "广东 深圳市", "浙江 杭州市"]),
)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(data=st.data())
def test_answers_replayed_in_any_order_and_any_number_of_times_leave_the_same_bytes(
    data: st.DataObject, waybill: Waybill, now: datetime
) -> None:
    history = data.draw(st.lists(SCANS, min_size=1, max_size=8, unique_by=lambda scan: (scan.occurred_at, scan.text)))
    history.sort(key=lambda scan: (scan.occurred_at, scan.position))
    parts = st.sets(st.sampled_from(range(len(history))), min_size=1).map(sorted)
    answers = [[history[i] for i in part] for part in data.draw(st.lists(parts, min_size=1, max_size=5))]
    left = []
    for _ in range(2):
        with transaction.atomic():
            for answer in data.draw(st.permutations(answers)) + data.draw(
                st.lists(st.sampled_from(answers), max_size=3)
            ):
                record([told(waybill, *answer)], now)
            left.append(_state())
            transaction.set_rollback(True)
    assert left[0] == left[1]


def _state() -> list[object]:
    """Waybills, events and parcels as they stand, but for keys that a database hands out."""
    own = [field.name for field in Waybill._meta.fields if field.name not in ("id", "poll_at")]
    waybills = Waybill.objects.order_by("number").values_list(*own)
    scans = TrackingEvent.objects.order_by("waybill__number", "occurred_at", "text")
    told_as = [(*row[:-1], bytes(row[-1])) for row in scans.values_list(*EVENT_COLUMNS)]
    return [*waybills, *told_as, *Parcel.objects.order_by("waybill__number").values_list("waybill__number", "role")]


EVENT_COLUMNS = ("waybill__number", "occurred_at", "position", "stage", "cause", "rule", "text", "place", "fingerprint")


def test_scans_of_one_second_keep_the_order_of_the_fullest_list_whichever_came_first(
    shop: Shop, waybill: Waybill, now: datetime
) -> None:
    early, late = now - timedelta(hours=9), now - timedelta(hours=2)
    first, second = scan(late, Stage.OUT_FOR_DELIVERY, "派件中"), scan(late, Stage.IN_TRANSIT, "到达网点")
    short = [scan(early), first]
    full = [scan(early), second, first._replace(position=1)]
    a_dispatch(shop, "YT0000000000001", now)
    book(now)
    other = the_waybill("YT0000000000001")
    record([told(waybill, *short)], now)
    record([told(waybill, *full)], now)
    record([told(other, *full)], now)
    record([told(other, *short)], now)
    for one in (waybill, other):
        one.refresh_from_db()
        assert (one.last_text, one.stage) == ("派件中", "out_for_delivery")
        ranks = one.events.order_by("occurred_at", "position").values_list("text", "position")
        assert list(ranks) == [("快件已到达广州中心", 0), ("到达网点", 0), ("派件中", 1)]


def test_an_old_scan_that_arrives_late_does_not_undo_the_signature(waybill: Waybill, now: datetime) -> None:
    record([told(waybill, *a_track(now))], now)
    record([told(waybill, scan(now - timedelta(hours=15), Stage.IN_TRANSIT, "已到达转运中心"))], now)
    waybill.refresh_from_db()
    assert (waybill.stage, waybill.event_count) == ("delivered", 5)


@pytest.mark.parametrize("away", [timedelta(minutes=11), timedelta(days=400), timedelta(days=-365 * 20)])
def test_a_scan_that_cannot_be_true_is_left_out_and_its_neighbours_stay(
    waybill: Waybill, now: datetime, away: timedelta
) -> None:
    recorded = record([told(waybill, scan(now + away), *a_track(now))], now)
    assert recorded.new_events == 4
    (warning,) = recorded.warnings
    assert NUMBER in warning
    assert "cannot be true" in warning


def test_what_could_not_be_read_is_logged_once(
    waybill: Waybill, now: datetime, caplog: pytest.LogCaptureFixture
) -> None:
    unread = told(waybill, scan(now, Stage.UNKNOWN, "星际跃迁完成"), warnings=("Event 1 could not be read",))
    assert record([unread], now).warnings == (f"{NUMBER}: Event 1 could not be read",)
    assert record([unread], now).warnings == ()
    assert caplog.text.count("could not be read") == 1


def test_a_clock_ten_minutes_fast_is_believed(waybill: Waybill, now: datetime) -> None:
    assert record([told(waybill, scan(now + timedelta(minutes=10)))], now).new_events == 1


def test_text_that_a_database_would_refuse_is_cleaned(waybill: Waybill, now: datetime) -> None:
    dirty = scan(now, text="坏\x00字\ud800 \\N \t tab\n" + "长" * 600, place="地" * 90, code="c" * 30)
    assert record([told(waybill, dirty)], now).new_events == 1
    event = TrackingEvent.objects.get()
    assert event.text.startswith("坏 字? \\N   tab 长")
    assert (len(event.text), len(event.place), len(event.code), event.position) == (500, 80, 20, 0)


@pytest.mark.parametrize("path", ["_copy", "_unnest"])
def test_copy_and_arrays_store_the_same(
    waybill: Waybill, now: datetime, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recording, "COPY_FROM", 0 if path == "_copy" else 10_000)
    body = keep([Body(waybill.account_id, "query", b"{}", now)], now)
    dirty = scan(
        now, Stage.OUT_FOR_DELIVERY, "a\\b{c,d}'\"\\N中", cause=Cause.UNREACHABLE, place="广东 深圳", code="206"
    )
    record([Told(waybill.pk, Answer(events=(dirty, scan(now - timedelta(days=1)))), body[0])], now)
    first = TrackingEvent.objects.order_by("-occurred_at").values_list(
        "occurred_at", "stage", "cause", "text", "place", "code", "answer_id"
    )[0]
    assert first == (now, "out_for_delivery", "unreachable_recipient", "a\\b{c,d}'\"\\N中", "广东 深圳", "206", body[0])
    assert record([told(waybill, dirty)], now).new_events == 0


def test_that_the_carrier_has_no_record_is_known_until_it_has_one(waybill: Waybill, now: datetime) -> None:
    record([told(waybill, remark=Cause.NO_RECORD)], now)
    waybill.refresh_from_db()
    assert (waybill.stage, waybill.cause) == ("unknown", "no_record")
    record([told(waybill, scan(now, Stage.PICKED_UP, "已揽收"))], now)
    waybill.refresh_from_db()
    assert (waybill.stage, waybill.cause) == ("picked_up", "")


def test_a_body_that_comes_again_is_counted_not_stored(account: CarrierAccount, now: datetime) -> None:
    later = now + timedelta(hours=1)
    (first,) = keep([Body(account.pk, "query", b'{"a":1}', now)], now)
    again = keep([Body(account.pk, "query", b'{"a":1}', later), Body(account.pk, "query", b'{"a":2}', later)], later)
    assert again[0] == first != again[1]
    answer = RawAnswer.objects.get(pk=first)
    assert (bytes(answer.body), answer.seen_count, answer.received_at, answer.seen_at) == (b'{"a":1}', 2, now, later)


def test_a_batch_costs_the_same_number_of_queries_whatever_its_size(
    shop: Shop, account: CarrierAccount, now: datetime
) -> None:
    def cost(numbers: range) -> int:
        for number in numbers:
            a_dispatch(shop, f"YT88342019{number:05}", now)
        book(now)
        waybills = Waybill.objects.filter(number__in=[f"YT88342019{number:05}" for number in numbers])
        batch = [told(waybill, *a_track(now)) for waybill in waybills]
        with CaptureQueriesContext(connection) as queries:
            assert record(batch, now).new_events == 4 * len(numbers)
        return len(queries)

    small = cost(range(3))
    assert small == cost(range(100, 140)) == 8
    # Above COPY_FROM: the temporary table costs three more.
    assert cost(range(200, 300)) == cost(range(400, 600)) == 11


def test_an_order_that_is_awake_already_is_left_alone(waybill: Waybill, shop: Shop, now: datetime) -> None:
    order = waybill.parcels.get().dispatch.order
    type(order).objects.filter(pk=order.pk).update(review_at=now - timedelta(minutes=1))
    bystander = an_order(shop, "bystander", now)
    type(order).objects.filter(pk=bystander.pk).update(review_at=None)
    assert record([told(waybill, *a_track(now))], now).woken == 0
    bystander.refresh_from_db()
    assert bystander.review_at is None


def test_instants_are_kept_to_the_second_in_utc(waybill: Waybill, now: datetime) -> None:
    record([told(waybill, scan(datetime(2026, 11, 21, 16, 5, 9, tzinfo=UTC)))], now)
    assert TrackingEvent.objects.get().occurred_at == datetime(2026, 11, 21, 16, 5, 9, tzinfo=UTC)
