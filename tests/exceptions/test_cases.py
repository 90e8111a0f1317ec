"""What people do to a case: the workflow table, the log, and what is refused."""

from datetime import datetime, timedelta

import pytest
from django.http import Http404

from exceptions import sweep
from exceptions.desk import cases
from exceptions.desk.cases import act
from exceptions.desk.workflow import BY_PEOPLE, TABLE, Action, State
from exceptions.errors import Incomplete, NotAllowed
from exceptions.models import Case, CaseEntry
from merchants.models import Shop, User
from tests.exceptions.making import an_order, member_of

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


@pytest.fixture
def case(shop: Shop, now: datetime) -> Case:
    an_order(shop, "a", now - 50 * HOUR)
    sweep.judge_batch(now)
    return Case.objects.get()


def test_assigning_keeps_the_case_open_and_writes_one_line(case: Case, seller: User, now: datetime) -> None:
    after = act(member_of(seller), case.pk, Action.ASSIGN, now=now, assignee=seller.pk)
    assert (after.state, after.assignee) == ("open", seller)
    entry = CaseEntry.objects.latest("pk")
    assert (entry.action, entry.by, entry.from_state, entry.to_state, entry.detail) == (
        "assign",
        seller,
        "open",
        "open",
        {"assignee": seller.pk},
    )


def test_nobody_from_elsewhere_can_be_made_the_owner(case: Case, seller: User, stranger: User, now: datetime) -> None:
    with pytest.raises(Incomplete) as refusal:
        act(member_of(seller), case.pk, Action.ASSIGN, now=now, assignee=stranger.pk)
    assert refusal.value.field == "assignee"
    assert Case.objects.get().assignee is None


def test_a_snoozed_case_comes_back_when_its_time_has_come(case: Case, seller: User, now: datetime) -> None:
    act(member_of(seller), case.pk, Action.SNOOZE, now=now, until=now + 2 * HOUR)
    assert cases.wake_due(now + HOUR) == 0
    assert Case.objects.get().state == "snoozed"
    assert cases.wake_due(now + 2 * HOUR) == 1
    assert (Case.objects.get().state, Case.objects.get().snoozed_until) == ("open", None)
    assert CaseEntry.objects.latest("pk").action == "wake"


@pytest.mark.parametrize(
    ("action", "given", "field"),
    [
        (Action.SNOOZE, {}, "until"),
        (Action.SNOOZE, {"until": "past"}, "until"),
        (Action.SNOOZE, {"until": "far"}, "until"),
        (Action.RESOLVE, {}, "outcome"),
        (Action.RESOLVE, {"outcome": "kept"}, "outcome"),
        (Action.NOTE, {"note": "   "}, "note"),
        (Action.NOTE, {"note": "x" * 4001}, "note"),
    ],
)
def test_an_act_that_lacks_what_it_needs_names_the_field_and_changes_nothing(
    case: Case, seller: User, now: datetime, action: Action, given: dict, field: str
) -> None:
    until = {"past": now, "far": now + timedelta(days=31)}.get(given.pop("until", ""))
    logged = CaseEntry.objects.count()
    with pytest.raises(Incomplete) as refusal:
        act(member_of(seller), case.pk, action, now=now, until=until, **given)
    assert refusal.value.field == field
    assert (Case.objects.get().state, CaseEntry.objects.count()) == ("open", logged)


def test_resolving_needs_a_reason_and_reopening_takes_it_back(case: Case, seller: User, now: datetime) -> None:
    resolved = act(member_of(seller), case.pk, Action.RESOLVE, now=now, outcome="handled", note="已联系网点")
    assert (resolved.state, resolved.outcome, resolved.resolved_at) == ("resolved", "handled", now)
    reopened = act(member_of(seller), case.pk, Action.REOPEN, now=now + HOUR)
    assert (reopened.state, reopened.outcome, reopened.resolved_at, reopened.by_hand) == ("open", "", None, False)


def test_a_case_reopened_after_the_facts_settled_it_stays_open_until_a_person_closes_it(
    case: Case, seller: User, now: datetime
) -> None:
    order = case.order
    type(order).objects.update(handed_over_at=now, dispatched_at=now, review_at=now)
    sweep.judge_batch(now)
    assert Case.objects.get().outcome == "healed"
    act(member_of(seller), case.pk, Action.REOPEN, now=now + HOUR)
    type(order).objects.update(review_at=now)
    sweep.judge_batch(now + HOUR)
    assert (Case.objects.get().state, Case.objects.get().by_hand) == ("open", True)


def test_a_reopened_case_that_meets_a_new_clock_is_the_facts_to_settle_again(
    case: Case, seller: User, now: datetime
) -> None:
    orders = type(case.order).objects
    orders.update(handed_over_at=now, dispatched_at=now, review_at=now)
    sweep.judge_batch(now)
    act(member_of(seller), case.pk, Action.REOPEN, now=now)
    # The hand-over was a mistake of the source: the order is late again, in a run of its own.
    orders.update(handed_over_at=None, dispatched_at=None, paid_at=now - 51 * HOUR, review_at=now)
    sweep.judge_batch(now)
    assert (Case.objects.get().state, Case.objects.get().by_hand) == ("open", False)
    orders.update(handed_over_at=now, dispatched_at=now, review_at=now)
    sweep.judge_batch(now)
    assert Case.objects.get().state == "resolved"


def test_a_resolved_case_cannot_be_snoozed(case: Case, seller: User, now: datetime) -> None:
    act(member_of(seller), case.pk, Action.RESOLVE, now=now, outcome="handled")
    with pytest.raises(NotAllowed):
        act(member_of(seller), case.pk, Action.SNOOZE, now=now, until=now + HOUR)


def test_reopening_gives_way_to_another_open_case_of_the_same_kind(case: Case, seller: User, now: datetime) -> None:
    act(member_of(seller), case.pk, Action.RESOLVE, now=now, outcome="handled")
    twin = Case.objects.get()
    twin.pk, twin.state, twin.resolved_at, twin.outcome = None, "open", None, ""
    twin.save(force_insert=True)
    with pytest.raises(NotAllowed):
        act(member_of(seller), case.pk, Action.REOPEN, now=now)


def test_the_sweeps_own_actions_are_not_for_people(case: Case, seller: User, now: datetime) -> None:
    with pytest.raises(NotAllowed):
        act(member_of(seller), case.pk, Action.CLEAR, now=now)


def test_a_stranger_does_not_learn_that_the_case_exists(case: Case, stranger: User, now: datetime) -> None:
    with pytest.raises(Http404):
        act(member_of(stranger), case.pk, Action.NOTE, now=now, note="?")
    assert not CaseEntry.objects.filter(action="note").exists()


def test_support_of_one_shop_cannot_touch_another_shops_case(
    other_shop: Shop, case: Case, support: User, now: datetime
) -> None:
    Case.objects.update(shop=other_shop)
    with pytest.raises(Http404):
        act(member_of(support), case.pk, Action.NOTE, now=now, note="?")


def test_every_action_of_people_starts_somewhere_and_no_state_is_a_dead_end() -> None:
    assert {action for _, action in TABLE} >= set(BY_PEOPLE)
    assert {state for state, _ in TABLE} == set(State)
    assert set(cases.CHANGES) == set(BY_PEOPLE)


def test_a_reopened_case_catches_up_with_its_clock(case: Case, seller: User, now: datetime) -> None:
    act(member_of(seller), case.pk, Action.RESOLVE, now=now, outcome="handled")
    later = now + 300 * HOUR
    while sweep.ring_batch(later):
        pass
    assert Case.objects.get().level == 2, "as it was when it was resolved"
    act(member_of(seller), case.pk, Action.REOPEN, now=later)
    sweep.judge_batch(later)
    assert Case.objects.get().level == 3
