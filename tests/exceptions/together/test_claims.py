"""A claim holds while its owner does something, and ends when nothing happens."""

from datetime import datetime, timedelta

import pytest

from exceptions.desk.cases import act
from exceptions.desk.workflow import Action
from exceptions.models import Case, CaseEntry, DeskRules
from exceptions.together.claims import expire_due
from merchants.models import Shop, User
from tests.exceptions.making import member_of
from tests.exceptions.scene import late_dispatch

pytestmark = pytest.mark.django_db
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)


@pytest.fixture
def case(shop: Shop, now: datetime) -> Case:
    return late_dispatch(shop, now)


def claim(case: Case, user: User, now: datetime) -> Case:
    return act(member_of(user), case.pk, Action.ASSIGN, now=now, assignee=user.pk)


def test_a_claim_lasts_an_hour_unless_the_merchant_says_otherwise(case: Case, seller: User, now: datetime) -> None:
    assert claim(case, seller, now).claimed_until == now + HOUR
    DeskRules.objects.create(merchant=case.merchant, claim_minutes=20)
    assert claim(case, seller, now).claimed_until == now + 20 * MINUTE
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


def test_a_case_that_came_back_gives_its_owner_as_long_as_a_new_claim(case: Case, seller: User, now: datetime) -> None:
    claim(case, seller, now)
    Case.objects.update(relapsed_at=now + 50 * MINUTE)
    assert expire_due(now + 70 * MINUTE) == 0
    assert expire_due(now + 110 * MINUTE) == 1
