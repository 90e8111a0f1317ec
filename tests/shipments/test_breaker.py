"""An account that does not answer rests, longer each time, and is tried with one question before it is trusted again."""

from datetime import UTC, datetime, timedelta

import pytest

from shipments.answers import Failure, Trouble
from shipments.breaker import CLOSED, LONGEST_REST, TRIPS_AFTER, Breaker, after

NOW = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
DOWN = Failure(Trouble.TRANSIENT, "HTTP 502")
WRONG_KEY = Failure(Trouble.AUTH, "503 wrong signature", account_wide=True)


def opened(breaker: Breaker = CLOSED, at: datetime = NOW, failure: Failure = WRONG_KEY) -> Breaker:
    return after(breaker, [failure], at)


def test_some_failures_are_borne_and_counted_over_batches() -> None:
    once = after(CLOSED, [DOWN] * (TRIPS_AFTER - 1), NOW)
    assert (once.until, once.failures) == (None, TRIPS_AFTER - 1)
    twice = after(once, [DOWN], NOW + MINUTE)
    assert (twice.until, twice.since, twice.trouble) == (NOW + 3 * MINUTE, NOW + MINUTE, Trouble.TRANSIENT)


def test_an_answer_between_failures_forgives_them() -> None:
    mixed = [DOWN] * 7 + [None] + [DOWN] * 7
    assert after(CLOSED, mixed, NOW) == Breaker(failures=7)


@pytest.mark.parametrize(
    ("trouble", "rest"),
    [
        (Trouble.THROTTLE, 5 * MINUTE),
        (Trouble.CONFIG, 60 * MINUTE),
        (Trouble.AUTH, 60 * MINUTE),
        (Trouble.QUOTA, 360 * MINUTE),
    ],
)
def test_what_is_true_of_every_number_opens_at_once_by_its_kind(trouble: Trouble, rest: timedelta) -> None:
    new = opened(failure=Failure(trouble, "why", account_wide=True))
    assert (new.until, new.since, new.trouble, new.reason) == (NOW + rest, NOW, trouble, "why")


def test_a_provider_that_says_how_long_is_believed() -> None:
    assert opened(failure=Failure(Trouble.THROTTLE, "", 9 * MINUTE, True)).until == NOW + 9 * MINUTE
    for_long = Failure(Trouble.THROTTLE, "", timedelta(hours=24), True)
    assert opened(failure=for_long).until == NOW + timedelta(hours=24), "longer than our own longest rest"


def test_half_open_one_failure_rests_it_twice_as_long_up_to_a_limit_and_remembers_since_when() -> None:
    breaker, rests = opened(), []
    for _ in range(5):
        assert breaker.until is not None
        again = after(breaker, [DOWN], breaker.until)
        assert again.until is not None
        rests.append(again.until - breaker.until)
        breaker = again
    assert rests == [4 * MINUTE, 8 * MINUTE, 16 * MINUTE, 32 * MINUTE, 64 * MINUTE]
    assert breaker.since == NOW
    for _ in range(9):
        assert breaker.until is not None
        last, breaker = breaker.until, after(breaker, [DOWN], breaker.until)
    assert breaker.until == last + LONGEST_REST


def test_half_open_one_answer_closes_it_and_forgets_everything() -> None:
    breaker = opened()
    assert breaker.until is not None
    assert after(breaker, [None], breaker.until) == CLOSED


def test_what_comes_while_it_is_open_was_asked_before_and_changes_nothing() -> None:
    breaker = opened()
    for at in (NOW - MINUTE, NOW, NOW + 59 * MINUTE):
        assert after(breaker, [None], at) is breaker
        assert after(breaker, [WRONG_KEY], at) is breaker


def test_unless_it_says_that_the_rest_is_too_short() -> None:
    longer = Failure(Trouble.THROTTLE, "", timedelta(hours=2), account_wide=True)
    again = after(opened(), [longer], NOW + MINUTE)
    assert (again.until, again.trips) == (NOW + MINUTE + timedelta(hours=2), 1)


def test_answers_before_the_failure_in_one_batch_make_it_a_first_one() -> None:
    tired = Breaker(trips=5)
    assert after(tired, [None, WRONG_KEY], NOW).trips == 1
