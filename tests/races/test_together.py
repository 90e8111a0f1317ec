"""Two people, and the clock, at one case at once."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection, transaction

from exceptions.desk.cases import act
from exceptions.desk.workflow import Action
from exceptions.errors import NotAllowed
from exceptions.models import Case, CaseEntry, DeskRules, Handover, Notice, Told
from exceptions.together import attachments, claims, giving, shifts
from exceptions.together.team import go
from exceptions.together.telling import tell
from merchants.models import Shop, User
from tests.exceptions.making import member_of
from tests.exceptions.scene import late_dispatch
from tests.exceptions.together.test_pictures import a_picture
from tests.races.test_sweep_and_people import elsewhere

pytestmark = pytest.mark.django_db(transaction=True)
HOUR = timedelta(hours=1)


def at_once(*works: Callable[[], Any]) -> list[Any]:
    """Run these side by side, each in a connection of its own."""

    def run(work: Callable[[], Any]) -> Any:
        try:
            return work()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(works)) as pool:
        return [future.result(timeout=30) for future in [pool.submit(run, work) for work in works]]


@pytest.fixture
def case(shop: Shop, now: datetime) -> Case:
    return late_dispatch(shop, now)


def test_of_two_who_claim_a_case_at_once_one_has_it_and_the_other_is_told(
    case: Case, admin: User, seller: User, now: datetime
) -> None:
    seen = CaseEntry.objects.latest("pk").pk

    def claim(user: User) -> str:
        try:
            act(member_of(user), case.pk, Action.ASSIGN, now=now, assignee=user.pk, seen=seen)
        except NotAllowed:
            return "told"
        return "has it"

    assert sorted(at_once(lambda: claim(admin), lambda: claim(seller))) == ["has it", "told"]
    entry = CaseEntry.objects.get(action="assign")
    assert Case.objects.get().assignee == entry.by


def test_a_claim_that_runs_out_while_its_owner_acts_stands(case: Case, seller: User, now: datetime) -> None:
    act(member_of(seller), case.pk, Action.ASSIGN, now=now, assignee=seller.pk)
    with transaction.atomic():
        act(member_of(seller), case.pk, Action.NOTE, now=now + HOUR, note="rang the outlet")
        assert elsewhere(lambda: claims.expire_due(now + HOUR)) == 0, "it does not wait for who is acting"
    assert claims.expire_due(now + HOUR) == 0
    after = Case.objects.get()
    assert (after.assignee, after.claimed_until) == (seller, now + 2 * HOUR)


def test_whoever_acts_while_a_claim_runs_out_acts_on_a_case_that_is_everybodys(
    case: Case, seller: User, now: datetime
) -> None:
    act(member_of(seller), case.pk, Action.ASSIGN, now=now, assignee=seller.pk)
    done, _ = at_once(
        lambda: claims.expire_due(now + HOUR),
        lambda: act(member_of(seller), case.pk, Action.NOTE, now=now + HOUR, note="?"),
    )
    after = Case.objects.get()
    # Whichever came first, the log and the case say the same.
    assert (after.assignee is None) == (done == 1) == CaseEntry.objects.filter(action="expire").exists()
    assert after.claimed_until == (None if done else now + 2 * HOUR)


def test_claims_run_out_once_however_many_look(shop: Shop, seller: User, now: datetime) -> None:
    for n in range(20):
        late_dispatch(shop, now, number=f"69000{n}")
    Case.objects.update(assignee=seller, claimed_until=now)
    assert sum(at_once(*[lambda: claims.expire_due(now)] * 4)) == 20
    assert CaseEntry.objects.filter(action="expire").count() == 20


def test_cases_are_shared_out_once_and_evenly_however_many_look(
    shop: Shop, seller: User, support: User, now: datetime
) -> None:
    for n in range(20):
        late_dispatch(shop, now, number=f"69000{n}")
    DeskRules.objects.create(merchant=shop.merchant, sharing="load")
    for user in (seller, support):
        go(member_of(user), True, now)
    assert sum(at_once(*[lambda: giving.share_batch(now)] * 3)) == 20
    assert [Case.objects.filter(assignee=user).count() for user in (seller, support)] == [10, 10]
    assert CaseEntry.objects.filter(action="assign").count() == 20


def test_a_line_committed_late_is_told_all_the_same_and_none_twice(
    case: Case, admin: User, seller: User, now: datetime
) -> None:
    """Its number is lower than that of one told already."""
    tell(now)
    with transaction.atomic():
        late = CaseEntry.objects.create(
            case=case, at=now, by=admin, action="note", to_state="open", note="@chenmo late"
        )
        elsewhere(lambda: act(member_of(admin), case.pk, Action.SNOOZE, now=now, until=now + HOUR, note="@chenmo"))
        assert elsewhere(lambda: tell(now)) == 1
        assert elsewhere(lambda: tell(now)) == 0
    assert tell(now) == 1
    assert Notice.objects.latest("pk").entry == late
    for _again in range(3):
        tell(now)
    assert Told.objects.get().entry == CaseEntry.objects.latest("pk").pk, "what is settled is not read again"
    assert Notice.objects.count() == 2


def test_the_same_picture_sent_twice_at_once_is_kept_once(case: Case, seller: User, now: datetime) -> None:
    picture = [attachments.Sent("a.jpg", a_picture())]
    outcomes = at_once(*[lambda: attachments.add(member_of(seller), case.pk, picture, now)] * 2)
    assert sorted(bool(one.attachment) for (one,) in outcomes) == [False, True]


def test_a_shift_handed_over_twice_at_once_is_handed_over_once(
    shop: Shop, seller: User, support: User, now: datetime
) -> None:
    member, given = member_of(seller), []
    for number in ("1", "2", "3"):
        case = late_dispatch(shop, now, number)
        act(member, case.pk, Action.ASSIGN, now=now, assignee=seller.pk)
        given.append(shifts.Given(case.pk, support.pk, f"see {number}"))

    def hand_over() -> str:
        try:
            shifts.hand_over(member, given, "", now)
        except NotAllowed:
            return "told"
        return "given"

    assert sorted(at_once(*[hand_over] * 4)) == ["given", "told", "told", "told"]
    assert Handover.objects.count() == 1
    assert Notice.objects.filter(kind="handed_over").count() == 1
