"""When to ask next: close to what happens, never against a provider's rules, and not for ever."""

from datetime import UTC, datetime, timedelta

import pytest

from shipments.answers import Failure, Trouble
from shipments.cadence import Followed, account_pause, next_poll
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
    failure: Failure | None = None,
) -> timedelta | None:
    followed = Followed(
        stage,
        NOW - created,
        None if silent is None else NOW - silent,
        None if delivered is None else NOW - delivered,
        subscribed,
        failures,
    )
    at = next_poll(followed, failure, NOW, SPACING)
    return at and at - NOW


@pytest.mark.parametrize(
    ("stage", "pause"),
    [
        (Stage.PICKED_UP, HOUR),
        (Stage.IN_TRANSIT, 2 * HOUR),
        (Stage.OUT_FOR_DELIVERY, timedelta(minutes=40)),
        (Stage.AVAILABLE_FOR_PICKUP, 3 * HOUR),
        (Stage.REFUSED, 2 * HOUR),
        (Stage.RETURNING, 4 * HOUR),
    ],
)
def test_what_is_about_to_change_is_asked_about_more_often(stage: Stage, pause: timedelta) -> None:
    assert ask(stage) == pause
    assert ask(stage, subscribed=True) == 2 * pause


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


def test_a_failure_of_the_whole_account_lets_the_number_wait_as_long_as_the_account() -> None:
    quota = Failure(Trouble.QUOTA, "601", account_wide=True)
    assert ask(Stage.IN_TRANSIT, failure=quota) == 6 * HOUR
    assert account_pause(quota, NOW) == NOW + 6 * HOUR
    assert account_pause(Failure(Trouble.THROTTLE, "", timedelta(minutes=9), True), NOW) == NOW + timedelta(minutes=9)
