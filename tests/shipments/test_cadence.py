"""When to ask next: close to what happens, never against a provider's rules, and not for ever."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shipments import cadence
from shipments.answers import Failure, Trouble
from shipments.cadence import Followed, next_poll
from shipments.status import Stage

NOW = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)
SPACING = timedelta(minutes=30)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


def ask(
    stage: Stage,
    *,
    created: timedelta = HOUR,
    silent: timedelta | None = HOUR,
    delivered: timedelta | None = None,
    subscribed: bool = False,
    failures: int = 0,
    empty: int = 99,
    due: timedelta | None = None,
    failure: Failure | None = None,
) -> timedelta | None:
    followed = Followed(
        stage,
        NOW - created,
        None if silent is None else NOW - silent,
        None if delivered is None else NOW - delivered,
        subscribed,
        failures,
        empty,
        None if due is None else NOW + due,
    )
    at = next_poll(followed, failure, NOW, SPACING)
    return at and at - NOW


@pytest.mark.parametrize(
    ("stage", "pause"),
    [
        (Stage.PICKED_UP, HOUR),
        (Stage.IN_TRANSIT, 2 * HOUR),
        (Stage.OUT_FOR_DELIVERY, timedelta(minutes=40)),
        (Stage.AVAILABLE_FOR_PICKUP, cadence.FAR_PAUSE),
        (Stage.REFUSED, 2 * HOUR),
        (Stage.RETURNING, cadence.FAR_PAUSE),
    ],
)
def test_what_is_about_to_change_is_asked_about_more_often(stage: Stage, pause: timedelta) -> None:
    assert ask(stage) == pause
    assert ask(stage, subscribed=True) == min(2 * pause, cadence.FAR_PAUSE)


@pytest.mark.parametrize("stage", [Stage.RETURNED, Stage.CANCELLED])
def test_what_is_finished_is_not_asked_about(stage: Stage) -> None:
    assert ask(stage) is None


def test_a_delivered_parcel_is_looked_at_for_two_more_days() -> None:
    assert ask(Stage.DELIVERED, delivered=HOUR) == DAY
    assert ask(Stage.DELIVERED, delivered=3 * DAY) is None


def test_a_number_nobody_scans_is_asked_about_less_and_then_no_more() -> None:
    assert ask(Stage.UNKNOWN, silent=None, created=DAY) == HOUR
    assert ask(Stage.UNKNOWN, silent=None, created=4 * DAY) == 6 * HOUR
    assert ask(Stage.UNKNOWN, silent=None, created=15 * DAY) is None


def test_a_parcel_that_stands_still_is_asked_about_less_and_then_no_more() -> None:
    assert ask(Stage.IN_TRANSIT, silent=8 * DAY) == 6 * HOUR
    assert ask(Stage.IN_TRANSIT, silent=60 * DAY) is None


def test_no_number_is_ever_asked_about_within_the_providers_spacing() -> None:
    pauses = [ask(stage, subscribed=subscribed) for stage in Stage for subscribed in (False, True)]
    assert all(pause >= SPACING for pause in pauses if pause is not None)
    assert ask(Stage.IN_TRANSIT, failure=Failure(Trouble.THROTTLE, "", timedelta(minutes=1))) == SPACING


def test_no_data_is_not_a_failure() -> None:
    assert ask(Stage.UNKNOWN, silent=None, failure=Failure(Trouble.NO_DATA, "")) == HOUR


def test_failures_of_theirs_are_retried_further_and_further_apart() -> None:
    pauses = [ask(Stage.IN_TRANSIT, failures=n, failure=Failure(Trouble.TRANSIENT, "")) for n in range(1, 8)]
    assert pauses == [HOUR, 2 * HOUR, 4 * HOUR, 6 * HOUR, 6 * HOUR, 6 * HOUR, 6 * HOUR]


def test_what_trying_again_does_not_mend_waits_for_a_person() -> None:
    assert ask(Stage.IN_TRANSIT, failure=Failure(Trouble.CONFIG, "408")) is None


def test_a_failure_of_the_whole_account_leaves_the_number_ready_for_when_the_account_is_back() -> None:
    for trouble in (Trouble.QUOTA, Trouble.AUTH, Trouble.CONFIG):
        assert ask(Stage.IN_TRANSIT, failure=Failure(trouble, "", account_wide=True)) == SPACING


class TestDead:
    def test_time_alone_makes_no_number_dead_for_the_provider_may_have_been_away(self) -> None:
        assert ask(Stage.UNKNOWN, silent=None, created=40 * DAY, empty=cadence.EMPTY_DAYS - 1) == 6 * HOUR
        assert ask(Stage.UNKNOWN, silent=None, created=40 * DAY, empty=cadence.EMPTY_DAYS) is None
        assert ask(Stage.IN_TRANSIT, silent=90 * DAY, empty=cadence.EMPTY_DAYS_OF_SCANNED - 1) == 6 * HOUR
        assert ask(Stage.IN_TRANSIT, silent=90 * DAY, empty=cadence.EMPTY_DAYS_OF_SCANNED) is None

    def test_empty_answers_alone_make_no_number_dead_either(self) -> None:
        assert ask(Stage.UNKNOWN, silent=None, created=14 * DAY, empty=99) == 6 * HOUR
        assert ask(Stage.IN_TRANSIT, silent=59 * DAY, empty=99) == 6 * HOUR

    def test_at_most_one_empty_answer_a_day_counts(self) -> None:
        assert cadence.empty_days(0, None, None, NOW) == (1, NOW)
        assert cadence.empty_days(1, NOW, None, NOW + 23 * HOUR) == (1, NOW)
        assert cadence.empty_days(1, NOW, None, NOW + DAY) == (2, NOW + DAY)

    def test_a_scan_since_the_last_one_starts_the_count_anew(self) -> None:
        assert cadence.empty_days(7, NOW, NOW + HOUR, NOW + 2 * HOUR) == (1, NOW + 2 * HOUR)
        assert cadence.empty_days(7, NOW, NOW - HOUR, NOW + DAY) == (8, NOW + DAY)


class TestNearness:
    @pytest.mark.parametrize(
        ("due", "pause"),
        [
            (100 * HOUR, 2 * HOUR),
            (25 * HOUR, HOUR),  # on the day's threshold, not an hour past it
            (24.5 * HOUR, timedelta(minutes=45)),
            (20 * HOUR, timedelta(minutes=45)),
            (6.6 * HOUR, timedelta(minutes=36)),
            (HOUR, timedelta(minutes=30)),
            (-5 * HOUR, timedelta(minutes=30)),
        ],
    )
    def test_a_parcel_near_a_deadline_is_asked_about_more_often(self, due: timedelta, pause: timedelta) -> None:
        assert ask(Stage.IN_TRANSIT, due=due) == pause

    def test_quiet_unscanned_and_subscribed_parcels_near_a_deadline_are_no_exception(self) -> None:
        near = timedelta(minutes=45)
        assert ask(Stage.IN_TRANSIT, due=20 * HOUR, silent=9 * DAY) == near
        assert ask(Stage.UNKNOWN, due=20 * HOUR, silent=None, created=9 * DAY) == near
        assert ask(Stage.IN_TRANSIT, due=20 * HOUR, subscribed=True) == near

    def test_a_delivered_parcel_waits_for_no_deadline(self) -> None:
        assert ask(Stage.DELIVERED, due=HOUR, delivered=HOUR) == DAY

    def test_what_the_provider_named_a_time_for_is_not_asked_about_before_however_near(self) -> None:
        locked = Failure(Trouble.THROTTLE, "", after=DAY)
        assert ask(Stage.IN_TRANSIT, due=HOUR, failure=locked) == DAY

    def test_every_pause_keeps_the_goals_of_data_age_with_room_for_the_queue(self) -> None:
        near = max(pause for _, pause in cadence.NEARNESS)
        assert near <= cadence.NEAR_GOAL * 0.8
        for stage in cadence.EVERY.keys() - {Stage.DELIVERED}:
            for subscribed in (False, True):
                pause = ask(stage, subscribed=subscribed)
                assert pause is not None and pause <= cadence.FAR_GOAL * 0.9


minutes = st.integers(min_value=0, max_value=60 * 24 * 70).map(lambda n: timedelta(minutes=n))
followed = st.builds(
    Followed,
    stage=st.sampled_from(list(Stage)),
    created_at=minutes.map(lambda ago: NOW - ago),
    last_event_at=st.none() | minutes.map(lambda ago: NOW - ago),
    delivered_at=st.none() | minutes.map(lambda ago: NOW - ago),
    subscribed=st.booleans(),
    failures=st.integers(0, 40),
    empty=st.integers(0, 40),
    deadline_at=st.none() | minutes.map(lambda ahead: NOW + ahead - 10 * DAY),
)
failure = st.none() | st.builds(
    Failure,
    trouble=st.sampled_from(list(Trouble)),
    message=st.just(""),
    after=st.none() | minutes,
    account_wide=st.booleans(),
)
spacing = st.integers(0, 240).map(lambda n: timedelta(minutes=n))


@given(followed, failure, spacing)
def test_no_number_is_asked_about_before_its_spacing_has_passed(
    followed: Followed, failure: Failure | None, spacing: timedelta
) -> None:
    at = next_poll(followed, failure, NOW, spacing)
    assert at is None or at >= NOW + spacing


@given(followed, failure, spacing, minutes)
def test_the_nearer_the_deadline_the_sooner_the_question(
    followed: Followed, failure: Failure | None, spacing: timedelta, nearer: timedelta
) -> None:
    deadline = followed.deadline_at or NOW + 30 * DAY
    far = next_poll(replace(followed, deadline_at=deadline), failure, NOW, spacing)
    near = next_poll(replace(followed, deadline_at=deadline - nearer), failure, NOW, spacing)
    without = next_poll(replace(followed, deadline_at=None), failure, NOW, spacing)
    assert (far is None) == (near is None) == (without is None), "nearness changes when, never whether"
    if near is not None and far is not None and without is not None:
        assert near <= far <= without


@given(
    st.lists(st.integers(0, 3 * 60), max_size=120),
    st.integers(1, 60).map(lambda n: timedelta(minutes=n)),
    st.integers(0, 48),
)
def test_whoever_asks_whenever_no_24_hours_hold_more_than_the_daily_number(
    waits: list[int], spacing: timedelta, daily: int
) -> None:
    """However eagerly the cadence and people want to ask, what `free_at` lets through keeps to both rules."""
    at, kept, all_asks = NOW, [], []
    for wait in waits:
        at += timedelta(minutes=wait)
        free = cadence.free_at(kept, spacing, daily)
        if free is not None and at < free:
            continue
        kept = [*cadence.recent(kept, at, daily), at]
        all_asks.append(at)
    assert all(later - earlier >= spacing for earlier, later in pairwise(all_asks))
    if daily:
        assert all(later - earlier >= DAY for earlier, later in zip(all_asks, all_asks[daily:], strict=False))
    assert len(kept) <= max(daily, 2), "the row does not grow"


def test_a_number_may_be_subscribed_four_times_a_month_and_not_before_its_time() -> None:
    four = [NOW - n * DAY for n in (30, 20, 10, 1)]
    assert not cadence.may_subscribe(four, None, NOW)
    assert cadence.may_subscribe(four, None, NOW + 2 * DAY), "the first is more than a month ago"
    assert not cadence.may_subscribe([], NOW + HOUR, NOW)
    assert cadence.may_subscribe([], NOW, NOW)
