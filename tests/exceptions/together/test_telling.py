"""Who is told what, once."""

from datetime import datetime, timedelta

import pytest

from exceptions import sweep
from exceptions.desk.cases import act
from exceptions.desk.workflow import Action
from exceptions.models import Case, CaseEntry, Notice, Told
from exceptions.together import claims, inbox
from exceptions.together.telling import tell
from merchants.models import Membership, Shop, User
from tests.exceptions.making import an_order, member_of
from tests.exceptions.scene import late_dispatch, sweep_all

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


@pytest.fixture
def case(shop: Shop, now: datetime) -> Case:
    return late_dispatch(shop, now)


def note(case: Case, user: User, text: str, now: datetime) -> None:
    act(member_of(user), case.pk, Action.NOTE, now=now, note=text)


def told() -> list[tuple[str, str]]:
    return sorted(Notice.objects.values_list("user__username", "kind"))


def test_who_is_mentioned_is_told_once_and_by_nothing_less(
    case: Case, admin: User, seller: User, support: User, now: datetime
) -> None:
    User.objects.filter(pk=support.pk).update(last_name="赵", first_name="敏")
    act(member_of(seller), case.pk, Action.ASSIGN, now=now, assignee=seller.pk)
    inbox.watch(member_of(support), case.pk, True, now)
    note(case, admin, "请@赵敏看一下，@chenmo 催一下", now)
    assert tell(now) == 2
    assert told() == [("chenmo", "mention"), ("zhaomin", "mention")]
    assert tell(now) == 0
    notice = Notice.objects.get(user=support)
    assert (notice.case, notice.at, notice.read_at, notice.merchant) == (case, now, None, case.merchant)


def test_nobody_is_told_of_a_shop_they_may_not_see(
    other_shop: Shop, admin: User, support: User, stranger: User, now: datetime
) -> None:
    case = late_dispatch(other_shop, now)
    note(case, admin, "@zhaomin @wairen", now)
    CaseEntry.objects.create(case=case, at=now, by=admin, action="assign", detail={"assignee": support.pk})
    assert tell(now) == 0


def test_who_is_put_in_charge_is_told_and_who_takes_a_case_is_not(
    case: Case, admin: User, seller: User, now: datetime
) -> None:
    act(member_of(admin), case.pk, Action.ASSIGN, now=now, assignee=admin.pk)
    act(member_of(admin), case.pk, Action.ASSIGN, now=now, assignee=seller.pk)
    tell(now)
    assert told() == [("chenmo", "assigned")]


def test_the_owner_and_who_watches_hear_of_notes_and_of_what_others_resolve(
    case: Case, admin: User, seller: User, support: User, now: datetime
) -> None:
    act(member_of(seller), case.pk, Action.ASSIGN, now=now, assignee=seller.pk)
    inbox.watch(member_of(support), case.pk, True, now)
    note(case, admin, "rang the outlet", now)
    act(member_of(admin), case.pk, Action.RESOLVE, now=now, outcome="handled")
    tell(now)
    assert told() == [("chenmo", "noted"), ("chenmo", "resolved"), ("zhaomin", "noted"), ("zhaomin", "resolved")]


def test_who_no_longer_watches_hears_nothing(case: Case, admin: User, support: User, now: datetime) -> None:
    for on in (True, True, False):
        inbox.watch(member_of(support), case.pk, on, now)
    note(case, admin, "?", now)
    assert tell(now) == 0


def test_a_case_that_gets_worse_is_told(shop: Shop, seller: User, now: datetime) -> None:
    order = an_order(shop, "a", now - 40 * HOUR)
    sweep_all(now)
    case = Case.objects.get(order=order)
    act(member_of(seller), case.pk, Action.ASSIGN, now=now, assignee=seller.pk)
    while sweep.ring_batch(now + 9 * HOUR):
        pass
    tell(now + 9 * HOUR)
    assert told() == [("chenmo", "worse")]


def test_what_the_facts_settle_is_news_for_who_watches_alone(
    case: Case, seller: User, support: User, now: datetime
) -> None:
    act(member_of(seller), case.pk, Action.ASSIGN, now=now, assignee=seller.pk)
    inbox.watch(member_of(support), case.pk, True, now)
    CaseEntry.objects.create(case=case, at=now, action="clear", to_state="resolved")
    tell(now)
    assert told() == [("zhaomin", "resolved")]


def test_whose_claim_runs_out_is_told(case: Case, seller: User, now: datetime) -> None:
    act(member_of(seller), case.pk, Action.ASSIGN, now=now, assignee=seller.pk)
    claims.expire_due(now + HOUR)
    tell(now + HOUR)
    assert told() == [("chenmo", "expired")]


def test_what_was_told_is_not_read_for_ever(case: Case, admin: User, now: datetime) -> None:
    for _again in range(3):
        tell(now)
    cursor = Told.objects.get()
    # In a test everything happens in one transaction, which is never over.
    assert cursor.seen in (0, CaseEntry.objects.latest("pk").pk)
    assert Told.objects.count() == 1


def test_somebody_who_left_is_told_nothing(case: Case, admin: User, seller: User, now: datetime) -> None:
    User.objects.filter(pk=seller.pk).update(is_active=False)
    note(case, admin, "@chenmo", now)
    assert tell(now) == 0
    User.objects.filter(pk=seller.pk).update(is_active=True)
    Membership.objects.filter(user=seller).delete()
    note(case, admin, "@chenmo again", now)
    assert tell(now) == 0


def test_reading_empties_the_inbox(case: Case, admin: User, seller: User, now: datetime) -> None:
    note(case, admin, "@chenmo", now)
    note(case, admin, "@chenmo again", now)
    tell(now)
    member = member_of(seller)
    assert inbox.unread(member) == 2
    first, second = inbox.page(member).notices
    assert (first.pk > second.pk, inbox.page(member).next) == (True, 0)
    inbox.read(member, first.pk, now)
    assert inbox.unread(member) == 1
    assert inbox.page(member, unread=True).notices == [second]
    assert inbox.read_all(member, now) == 1
    assert inbox.unread(member) == 0
