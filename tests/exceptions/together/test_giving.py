"""New cases go to those on duty, as the merchant has said."""

from datetime import datetime, timedelta

import pytest

from exceptions.models import Case, CaseEntry, DeskRules, Duty, Skill
from exceptions.together import claims
from exceptions.together.giving import share_batch, share_out
from exceptions.together.team import go
from merchants.models import Shop, User
from tests.exceptions.making import member_of
from tests.exceptions.scene import late_dispatch, late_pickup, stalled

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


@pytest.fixture
def rules(shop: Shop) -> DeskRules:
    return DeskRules.objects.create(merchant=shop.merchant, sharing="turns")


def owners() -> list[str]:
    return sorted(Case.objects.exclude(assignee=None).values_list("assignee__username", flat=True))


def on_duty(now: datetime, *people: User) -> None:
    for person in people:
        go(member_of(person), True, now)


def test_nobody_gets_anything_while_the_merchant_shares_by_hand(shop: Shop, seller: User, now: datetime) -> None:
    late_dispatch(shop, now)
    on_duty(now, seller)
    assert share_batch(now) == 0


def test_new_cases_go_in_turn_to_those_on_duty(
    shop: Shop, rules: DeskRules, admin: User, seller: User, support: User, now: datetime
) -> None:
    for n in range(4):
        late_dispatch(shop, now, number=f"69000{n}")
    on_duty(now, seller, support)
    assert share_batch(now) == 4
    assert owners() == ["chenmo", "chenmo", "zhaomin", "zhaomin"]
    assert set(Case.objects.values_list("claimed_until", flat=True)) == {now + HOUR}
    entry = CaseEntry.objects.filter(action="assign").earliest("pk")
    assert (entry.by, entry.detail) == (None, {"assignee": entry.case.assignee_id, "shared": "turns"})
    assert share_batch(now) == 0
    # Whoever got the last one waits: the other comes first now.
    last = Duty.objects.latest("given_at").membership.user
    fifth = late_dispatch(shop, now, number="690009")
    share_batch(now + HOUR)
    assert Case.objects.get(pk=fifth.pk).assignee != last


def test_nobody_gets_a_case_of_a_shop_they_may_not_see(
    other_shop: Shop, rules: DeskRules, support: User, now: datetime
) -> None:
    late_dispatch(other_shop, now)
    on_duty(now, support)
    assert share_batch(now) == 0


def test_what_somebody_takes_limits_what_they_get(
    shop: Shop, rules: DeskRules, seller: User, support: User, now: datetime
) -> None:
    pickup, stall = late_pickup(shop, now), stalled(shop, now)
    on_duty(now, seller, support)
    Skill.objects.create(membership=seller.memberships.get(), kind="late_pickup")
    Skill.objects.create(membership=support.memberships.get(), kind="transit_stall")
    assert share_batch(now) == 2
    assert Case.objects.get(pk=pickup.pk).assignee == seller
    assert Case.objects.get(pk=stall.pk).assignee == support


def test_nobody_is_given_more_than_the_merchant_says(shop: Shop, rules: DeskRules, seller: User, now: datetime) -> None:
    DeskRules.objects.update(cases_each=2)
    for n in range(3):
        late_dispatch(shop, now, number=f"69000{n}", hours=50 + n)
    on_duty(now, seller)
    assert share_batch(now) == 2
    left = Case.objects.get(assignee=None)
    assert left.rank == min(Case.objects.values_list("rank", flat=True)), "the least urgent waits"


def test_a_claim_that_ran_out_goes_to_somebody_else(
    shop: Shop, rules: DeskRules, seller: User, support: User, now: datetime
) -> None:
    late_dispatch(shop, now)
    on_duty(now, seller)
    share_batch(now)
    claims.expire_due(now + HOUR)
    assert share_batch(now + HOUR) == 0, "not to the same person again"
    on_duty(now, support)
    assert share_batch(now + HOUR) == 1
    assert owners() == ["zhaomin"]


def test_a_button_shares_out_a_selection_by_load(
    shop: Shop, admin: User, seller: User, support: User, now: datetime
) -> None:
    cases = [late_dispatch(shop, now, number=f"69000{n}") for n in range(4)]
    Case.objects.filter(pk=cases[0].pk).update(assignee=seller)
    on_duty(now, seller, support)
    shared = share_out(member_of(admin), [case.pk for case in cases], now)
    assert (shared.given, shared.left, shared.nobody) == ({support.pk: 2, seller.pk: 1}, 1, False)
    assert CaseEntry.objects.latest("pk").by == admin


def test_a_button_says_that_nobody_is_on_duty(shop: Shop, admin: User, now: datetime) -> None:
    case = late_dispatch(shop, now)
    shared = share_out(member_of(admin), [case.pk], now)
    assert (shared.total, shared.left, shared.nobody) == (0, 1, True)


def test_sharing_takes_as_many_queries_for_many_cases_as_for_few(
    shop: Shop, rules: DeskRules, seller: User, now: datetime, django_assert_max_num_queries
) -> None:
    on_duty(now, seller)
    for n in range(9):
        late_dispatch(shop, now, number=f"69000{n}")
    with django_assert_max_num_queries(16):
        assert share_batch(now) == 9
