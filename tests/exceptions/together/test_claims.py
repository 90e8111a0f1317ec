"""A claim holds while its owner does something, and ends when nothing happens."""

from datetime import datetime, timedelta

import pytest
from django.utils import translation

from exceptions.desk.cases import act, acted
from exceptions.desk.undoing import undo
from exceptions.desk.workflow import Action
from exceptions.errors import NotAllowed
from exceptions.models import Case, CaseEntry, Clock, DeskRules
from exceptions.together.claims import expire_due
from merchants.models import Shop, User
from orders.models import Order
from tests.exceptions.making import member_of
from tests.exceptions.scene import late_dispatch, late_pickup, sweep_all

pytestmark = pytest.mark.django_db
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)


@pytest.fixture
def case(shop: Shop, now: datetime) -> Case:
    return late_dispatch(shop, now)


def claim(case: Case, user: User, now: datetime) -> Case:
    return act(member_of(user), case.pk, Action.ASSIGN, now=now, assignee=user.pk)


def test_a_claim_lasts_an_hour_unless_the_merchant_says_otherwise(
    case: Case, seller: User, admin: User, now: datetime
) -> None:
    assert claim(case, seller, now).claimed_until == now + HOUR
    DeskRules.objects.create(merchant=case.merchant, claim_minutes=20)
    assert claim(case, admin, now).claimed_until == now + 20 * MINUTE
    DeskRules.objects.update(claim_minutes=0)
    assert claim(case, seller, now).claimed_until is None


def test_what_the_owner_does_holds_the_claim_and_what_others_do_does_not(
    case: Case, seller: User, admin: User, now: datetime
) -> None:
    claim(case, seller, now)
    act(member_of(admin), case.pk, Action.NOTE, now=now + 10 * MINUTE, note="?")
    assert Case.objects.get().claimed_until == now + HOUR
    act(member_of(seller), case.pk, Action.NOTE, now=now + 20 * MINUTE, note="rang the outlet")
    assert Case.objects.get().claimed_until == now + HOUR + 20 * MINUTE


def test_a_snooze_holds_the_claim_until_it_is_over_and_an_hour_more(case: Case, seller: User, now: datetime) -> None:
    claim(case, seller, now)
    act(member_of(seller), case.pk, Action.SNOOZE, now=now, until=now + 5 * HOUR)
    assert Case.objects.get().claimed_until == now + 6 * HOUR
    assert expire_due(now + 8 * HOUR) == 0, "a snoozed case waits"


def test_a_claim_nothing_follows_puts_the_case_back_with_a_line_in_its_log(
    case: Case, seller: User, now: datetime
) -> None:
    claim(case, seller, now)
    assert expire_due(now + 59 * MINUTE) == 0
    assert expire_due(now + HOUR) == 1
    after = Case.objects.get()
    assert (after.assignee, after.claimed_until, after.state) == (None, None, "open")
    entry = CaseEntry.objects.latest("pk")
    assert (entry.action, entry.by, entry.detail) == ("expire", None, {"assignee": seller.pk})
    assert expire_due(now + HOUR) == 0, "once is enough"


def test_putting_nobody_in_charge_ends_the_claim(case: Case, seller: User, now: datetime) -> None:
    claim(case, seller, now)
    act(member_of(seller), case.pk, Action.ASSIGN, now=now, assignee=None)
    assert Case.objects.get().claimed_until is None


def test_a_case_that_came_back_gives_its_owner_as_long_as_a_new_claim(shop: Shop, seller: User, now: datetime) -> None:
    case = late_pickup(shop, now)
    claim(case, seller, now)
    act(member_of(seller), case.pk, Action.RESOLVE, now=now, outcome="handled")
    assert Case.objects.get(pk=case.pk).claimed_until is None
    Clock.objects.filter(case=case).update(stopped_at=now)
    Clock.objects.filter(case=case).delete()
    Order.objects.update(review_at=now + HOUR)
    sweep_all(now + HOUR)
    back = Case.objects.get(pk=case.pk)
    assert (back.state, back.relapses, back.assignee, back.claimed_until) == ("open", 1, seller, now + 2 * HOUR)


def test_taking_back_holds_the_claim_and_is_not_hindered_by_it(case: Case, seller: User, now: datetime) -> None:
    claim(case, seller, now)
    snooze = acted(member_of(seller), case.pk, Action.SNOOZE, now=now, until=now + 5 * HOUR)
    act(member_of(seller), case.pk, Action.NOTE, now=now + MINUTE, note="?")
    undo(member_of(seller), snooze.pk, now=now + 2 * MINUTE)
    after = Case.objects.get()
    assert (after.state, after.claimed_until) == ("open", now + HOUR + 2 * MINUTE)


def test_nobody_is_put_in_charge_of_a_shop_they_may_not_see(
    other_shop: Shop, seller: User, support: User, now: datetime
) -> None:
    case = late_dispatch(other_shop, now)
    with pytest.raises(NotAllowed), translation.override("en"):
        act(member_of(seller), case.pk, Action.ASSIGN, now=now, assignee=support.pk)
    assert Case.objects.get().assignee is None
