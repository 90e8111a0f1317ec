"""A draft on trial opens no case; what it would have flagged since it began is reckoned every quarter of an hour."""

from datetime import datetime, timedelta

import pytest

from exceptions import backtest
from exceptions.models import BackTest, Policy
from merchants.models import Shop, User
from tests.exceptions.making import member_of
from tests.exceptions.trying import counts, dispatched_after, lines, on_trial, run

pytestmark = pytest.mark.django_db
State = BackTest.State
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def policy(shop: Shop, now: datetime) -> Policy:
    return on_trial(shop.merchant, now - 3 * DAY)


def test_the_report_is_the_comparison_over_the_facts_since_then(policy: Policy, shop: Shop, now: datetime) -> None:
    dispatched_after(shop, "since", now - 3 * DAY, 30 * HOUR)
    dispatched_after(shop, "before", now - 5 * DAY, 30 * HOUR)
    coming = backtest.trial_report(policy, now)
    assert coming is not None
    assert (coming.trial, coming.state, coming.since, coming.until) == (True, "queued", now - 3 * DAY, now)
    run(now)
    report = backtest.trial_report(policy, now)
    assert report is not None
    assert (report.pk, report.state, counts(report)) == (coming.pk, "done", (1, 0, 0))
    assert list(report.samples.values_list("order__number", flat=True)) == ["since"]


def test_a_later_reckoning_tells_what_one_at_the_time_would_have_told_of_those_days(
    policy: Policy, shop: Shop, now: datetime
) -> None:
    dispatched_after(shop, "first", now - 3 * DAY, 30 * HOUR)
    first = backtest.trial_report(policy, now - DAY)
    assert first is not None
    run(now)
    told = lines(first)
    dispatched_after(shop, "second", now - 2 * DAY, 40 * HOUR)
    second = backtest.trial_report(policy, now)
    run(now)
    assert second is not None
    report = backtest.trial_report(policy, now)
    assert report is not None
    assert [line for line in lines(report) if line[1] <= (now - 2 * DAY).date()] == told
    assert counts(report) == (2, 0, 0)


def test_it_is_reckoned_anew_after_a_quarter_of_an_hour_and_only_the_newest_stays(
    policy: Policy, now: datetime
) -> None:
    backtest.refresh_trials(now)
    backtest.refresh_trials(now)
    run(now)
    first = BackTest.objects.get()
    backtest.refresh_trials(now + timedelta(minutes=14))
    assert BackTest.objects.count() == 1
    later = now + timedelta(minutes=15)
    backtest.refresh_trials(later)
    report = backtest.trial_report(policy, later)
    assert report == first, "the new one is not done yet"
    run(later)
    second = BackTest.objects.get()
    assert second.pk > first.pk
    assert backtest.trial_report(policy, later) == second


def test_a_draft_that_is_not_on_trial_has_no_report(policy: Policy, now: datetime) -> None:
    policy.state = Policy.State.DRAFT
    assert backtest.trial_report(policy, now) is None
    Policy.objects.update(state=Policy.State.DRAFT)
    backtest.refresh_trials(now)
    assert not BackTest.objects.exists()


def test_a_trial_keeps_no_person_waiting(policy: Policy, admin: User, now: datetime) -> None:
    backtest.refresh_trials(now)
    mine = backtest.start(member_of(admin), 7, now)
    backtest.run_batch(now)
    mine.refresh_from_db()
    assert mine.state == State.DONE
    assert BackTest.objects.get(trial=True).state == State.QUEUED
