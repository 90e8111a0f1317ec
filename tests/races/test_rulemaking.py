"""Admins and workers at one merchant's rules at the same moment."""

import threading
from datetime import datetime

import pytest
from django.db import transaction
from django.utils import translation

from exceptions.deadlines.terms import digest
from exceptions.models import Policy, Release
from exceptions.rulemaking import drafts, publishing, spreading
from exceptions.rulemaking.refusals import Refused
from merchants.models import Membership, Role, Shop, User
from orders.models import Order
from tests.exceptions.making import an_order, member_of
from tests.races.test_intake import SECONDS, together

pytestmark = pytest.mark.django_db(transaction=True)
SHIP, PICKUP = "PDD-SHIP-48", "PDD-FAKE-NOPICKUP"


@pytest.fixture
def second(admin: User, shop: Shop) -> User:
    user = User.objects.create_user("second")
    Membership.objects.create(user=user, merchant=shop.merchant, role=Role.ADMIN)
    return user


def test_of_two_admins_who_publish_at_once_one_does_and_the_other_is_told(
    admin: User, second: User, now: datetime
) -> None:
    drafts.put_change(member_of(admin), SHIP, {}, {"hours": 36}, "", now)

    def publish(user: User) -> str:
        with translation.override("en"):
            try:
                return f"version {publishing.publish(member_of(user), None, '', now).number} by {user}"
            except Refused as refused:
                return refused.sentence

    told = together(lambda: publish(admin), lambda: publish(second))
    (version,) = Policy.objects.all()
    assert sorted(told) == sorted(
        [
            f"version 1 by {version.published_by}",
            f"There is no draft. The newest version is 1, published by {version.published_by}.",
        ]
    )


def test_of_two_admins_at_one_draft_neither_loses_what_the_other_did(admin: User, second: User, now: datetime) -> None:
    together(
        lambda: drafts.put_change(member_of(admin), SHIP, {}, {"hours": 36}, "", now),
        lambda: drafts.put_change(member_of(second), PICKUP, {}, {"hours": 20}, "", now),
    )
    (draft,) = Policy.objects.all()
    assert sorted(change["code"] for change in draft.document["changes"]) == [PICKUP, SHIP]


def test_a_rollback_and_a_version_at_once_get_numbers_of_their_own(admin: User, second: User, now: datetime) -> None:
    drafts.put_change(member_of(admin), SHIP, {}, {"hours": 36}, "", now)
    publishing.publish(member_of(admin), None, "", now)
    drafts.put_change(member_of(admin), SHIP, {}, {"hours": 24}, "", now)

    def publish() -> int | None:
        try:
            return publishing.publish(member_of(second), None, "", now).number
        except Refused:
            return None

    rolled_back, number = together(lambda: publishing.rollback(member_of(admin), 1, now).number, publish)
    # Published first, it is undone as well; else it is refused until the draft is rebased.
    assert (rolled_back, number) in [(3, 2), (2, None)]


@pytest.fixture
def packs_told(now: datetime) -> None:
    Release.objects.create(digest=digest(), seen_at=now, woken_at=now)


@pytest.mark.usefixtures("packs_told")
def test_two_workers_wake_each_order_once(
    admin: User, shop: Shop, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spreading, "BATCH", 3)
    for number in range(10):
        an_order(shop, str(number), now)
    Order.objects.update(review_at=None)
    drafts.put_change(member_of(admin), SHIP, {}, {"hours": 36}, "", now)
    version = publishing.publish(member_of(admin), now, "", now)

    def work() -> int:
        return sum(spreading.spread_batch(now) for _ in range(5))

    # A look while the other holds the version brings nothing: what the two left over is taken after them.
    woken = sum(together(work, work))
    while taken := spreading.spread_batch(now):
        woken += taken
    assert woken >= 10
    version.refresh_from_db()
    assert Order.objects.filter(review_at=now).count() == 10
    assert version.woken_at == now


@pytest.mark.usefixtures("packs_told")
def test_an_order_that_a_sweep_is_judging_is_woken_after_it(admin: User, shop: Shop, now: datetime) -> None:
    first, held, last = (an_order(shop, number, now) for number in "abc")
    Order.objects.update(review_at=None)
    drafts.put_change(member_of(admin), SHIP, {}, {"hours": 36}, "", now)
    version = publishing.publish(member_of(admin), now, "", now)
    has_it, passed = threading.Event(), threading.Event()

    def sweep() -> None:
        with transaction.atomic():
            Order.objects.select_for_update(no_key=True).get(pk=held.pk)
            has_it.set()
            assert passed.wait(SECONDS)
            # As a sweep ends that read the rules before the version was there.
            Order.objects.filter(pk=held.pk).update(review_at=None)

    def spread() -> list[int]:
        assert has_it.wait(SECONDS)
        try:
            return [spreading.spread_batch(now), spreading.spread_batch(now)]
        finally:
            passed.set()

    assert together(sweep, spread)[1] == [1, 0]
    version.refresh_from_db()
    assert (version.woken_to, version.woken_at) == (first.pk, None)
    assert spreading.spread_batch(now) == 2
    version.refresh_from_db()
    assert (version.woken_to, version.woken_at) == (last.pk, now)
    assert Order.objects.filter(review_at=now).count() == 3
