"""The fold: order-proof, duplicate-proof, and true to what happened last."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shipments.status import Cause, Event, Progress, Stage, fold, word

START = datetime(2026, 11, 1, 2, 0, tzinfo=UTC)


def track(*steps: Stage | tuple[Stage, Cause] | tuple[Stage, Cause | None, str]) -> list[Event]:
    """Events an hour apart, in the order given."""
    events = []
    for hour, step in enumerate(steps):
        stage, cause, text = (step, None, "") if isinstance(step, Stage) else (*step, "")[:3]
        events.append(Event(START + timedelta(hours=hour), hour, stage, cause, text or f"scan {hour}"))
    return events


def at(hour: int) -> datetime:
    return START + timedelta(hours=hour)


S, C = Stage, Cause


@pytest.mark.parametrize(
    ("steps", "stage", "cause"),
    [
        ([], S.UNKNOWN, None),
        ([S.INFO_RECEIVED], S.INFO_RECEIVED, None),
        ([S.PICKED_UP, S.IN_TRANSIT, S.OUT_FOR_DELIVERY, S.DELIVERED], S.DELIVERED, None),
        # Trouble is raised, and lifted by normal progress.
        ([S.OUT_FOR_DELIVERY, (S.OUT_FOR_DELIVERY, C.UNREACHABLE)], S.OUT_FOR_DELIVERY, C.UNREACHABLE),
        ([S.OUT_FOR_DELIVERY, (S.OUT_FOR_DELIVERY, C.UNREACHABLE), S.OUT_FOR_DELIVERY], S.OUT_FOR_DELIVERY, None),
        ([(S.IN_TRANSIT, C.DELAYED), S.IN_TRANSIT], S.IN_TRANSIT, None),
        # Trouble that does not say where leaves the parcel where it was.
        ([S.OUT_FOR_DELIVERY, (S.UNKNOWN, C.ADDRESS)], S.OUT_FOR_DELIVERY, C.ADDRESS),
        ([S.AVAILABLE_FOR_PICKUP, (S.IN_TRANSIT, C.DELAYED)], S.AVAILABLE_FOR_PICKUP, C.DELAYED),
        # What could not be read changes nothing.
        ([S.OUT_FOR_DELIVERY, S.UNKNOWN], S.OUT_FOR_DELIVERY, None),
        ([(S.IN_TRANSIT, C.DAMAGED), S.UNKNOWN], S.IN_TRANSIT, C.DAMAGED),
        # Out of the locker again is normal; a second pickup scan is no way back.
        ([S.AVAILABLE_FOR_PICKUP, S.OUT_FOR_DELIVERY], S.OUT_FOR_DELIVERY, None),
        ([S.IN_TRANSIT, S.PICKED_UP], S.IN_TRANSIT, None),
        ([S.IN_TRANSIT, S.INFO_RECEIVED], S.IN_TRANSIT, None),
        # Refused, and what may come of it.
        ([S.OUT_FOR_DELIVERY, (S.REFUSED, C.REFUSED)], S.REFUSED, C.REFUSED),
        ([(S.REFUSED, C.REFUSED), S.IN_TRANSIT], S.REFUSED, C.REFUSED),
        ([(S.REFUSED, C.REFUSED), S.OUT_FOR_DELIVERY, S.DELIVERED], S.DELIVERED, None),
        ([(S.REFUSED, C.REFUSED), S.RETURNING, S.IN_TRANSIT], S.RETURNING, None),
        # On the way home, who signs is the sender.
        ([S.RETURNING, S.IN_TRANSIT, S.OUT_FOR_DELIVERY, S.DELIVERED], S.RETURNED, None),
        ([(S.RETURNING, C.INTERCEPTED), S.IN_TRANSIT], S.RETURNING, C.INTERCEPTED),
        # Redirected on request is on its way to somebody else.
        ([(S.RETURNING, C.FORWARDED), S.IN_TRANSIT, S.DELIVERED], S.DELIVERED, None),
        # Delivered is the end, but for what shows that it was not, or what comes after.
        ([S.DELIVERED, S.IN_TRANSIT], S.DELIVERED, None),
        ([S.DELIVERED, S.OUT_FOR_DELIVERY], S.DELIVERED, None),
        ([S.DELIVERED, (S.IN_TRANSIT, C.DELAYED)], S.DELIVERED, None),
        ([S.DELIVERED, S.AVAILABLE_FOR_PICKUP], S.AVAILABLE_FOR_PICKUP, None),
        ([S.DELIVERED, (S.OUT_FOR_DELIVERY, C.ATTEMPT_FAILED)], S.OUT_FOR_DELIVERY, C.ATTEMPT_FAILED),
        ([S.DELIVERED, S.RETURNING], S.RETURNING, None),
        ([S.DELIVERED, S.RETURNING, S.DELIVERED], S.RETURNED, None),
        ([S.RETURNED, S.IN_TRANSIT, S.DELIVERED], S.RETURNED, None),
        # A cancelled number that is scanned after all lives on.
        ([S.CANCELLED, S.INFO_RECEIVED], S.CANCELLED, None),
        ([S.CANCELLED, S.PICKED_UP], S.PICKED_UP, None),
    ],
)  # fmt: skip
def test_where_a_track_ends(steps: list, stage: Stage, cause: Cause | None) -> None:
    progress = fold(track(*steps))
    assert (progress.stage, progress.cause) == (stage, cause)


def test_each_instant_is_that_of_its_own_scan() -> None:
    events = track(
        S.INFO_RECEIVED, (S.PICKED_UP, None, "已收件"), (S.IN_TRANSIT, None, "已打包"), (S.IN_TRANSIT, None, "已发出 下一站 杭州"),
        S.OUT_FOR_DELIVERY, (S.OUT_FOR_DELIVERY, C.UNREACHABLE), S.OUT_FOR_DELIVERY, S.DELIVERED,
    )  # fmt: skip
    assert fold(events) == Progress(
        stage=S.DELIVERED, cause=None, first_trace_at=at(0), picked_up_at=at(1), moved_at=at(3), out_for_delivery_at=at(4),
        delivered_at=at(7), returned_at=None, last_event_at=at(7), last_text="scan 7", event_count=8,
    )  # fmt: skip


def test_a_scan_on_the_way_shows_that_the_parcel_was_picked_up_although_no_scan_says_so() -> None:
    progress = fold(track(S.INFO_RECEIVED, (S.IN_TRANSIT, None, "快件已到达广州中心")))
    assert progress.picked_up_at == progress.moved_at == at(1)


def test_packing_at_the_pickup_outlet_is_no_movement() -> None:
    assert fold(track(S.PICKED_UP, (S.IN_TRANSIT, None, "已做装袋扫描"))).moved_at is None


def test_a_false_signature_leaves_no_delivery_behind() -> None:
    progress = fold(track(S.DELIVERED, S.AVAILABLE_FOR_PICKUP))
    assert progress.delivered_at is None
    assert fold(track(S.DELIVERED, S.AVAILABLE_FOR_PICKUP, S.DELIVERED)).delivered_at == at(2)
    assert fold(track(S.DELIVERED, S.RETURNING)).delivered_at == at(0)


def test_two_scans_of_one_second_keep_the_order_of_their_source() -> None:
    first = Event(START, 3, S.OUT_FOR_DELIVERY, None, "派件中")
    then = Event(START, 4, S.DELIVERED, None, "已签收")
    assert fold([then, first]).stage is S.DELIVERED


@pytest.mark.parametrize(
    ("stage", "cause", "expected"),
    [
        (S.IN_TRANSIT, None, "in_transit"),
        (S.OUT_FOR_DELIVERY, C.UNREACHABLE, "unreachable_recipient"),
        (S.REFUSED, C.REFUSED, "refused"),
        (S.RETURNING, C.REFUSED, "returning"),
        (S.IN_TRANSIT, C.FORWARDED, "in_transit"),
        (S.AVAILABLE_FOR_PICKUP, C.UNCOLLECTED, "exception_other"),
        (S.CUSTOMS, C.CUSTOMS_HELD, "customs"),
        (S.UNKNOWN, C.NO_RECORD, "exception_other"),
        (S.CANCELLED, None, "exception_other"),
        (S.IN_TRANSIT, C.WEATHER, "delayed"),
    ],
)
def test_the_one_word_for_stage_and_cause(stage: Stage, cause: Cause | None, expected: str) -> None:
    assert word(stage, cause) == expected


events_of_a_track = st.lists(
    st.builds(
        Event,
        occurred_at=st.integers(0, 5).map(lambda hours: START + timedelta(hours=hours)),
        position=st.integers(0, 3),
        stage=st.sampled_from(Stage),
        cause=st.sampled_from([None, *Cause]),
        text=st.sampled_from(["已收件", "已打包", "已发出 下一站 广州", "派件中", "失败签收录入", "已签收"]),
        place=st.sampled_from(["", "广州市"]),
    ),
    max_size=8,
)


@given(events_of_a_track, st.randoms(use_true_random=False))
@settings(max_examples=300, deadline=None)
def test_any_order_and_any_repetition_come_to_the_same(events: list[Event], random: object) -> None:
    again = events + [event for event in events if random.random() < 0.5]  # type: ignore[attr-defined]
    random.shuffle(again)  # type: ignore[attr-defined]
    assert fold(again) == fold(events)


@given(events_of_a_track)
@settings(max_examples=200, deadline=None)
def test_progress_is_consistent_whatever_happened(events: list[Event]) -> None:
    progress = fold(events)
    assert (progress.stage is S.RETURNED) <= (progress.returned_at is not None)
    assert (progress.stage is S.DELIVERED) <= (progress.delivered_at is not None)
    assert (progress.moved_at is not None) <= (progress.picked_up_at is not None)
