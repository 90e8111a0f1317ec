"""Filings: filed for many at once, answered once, told to the cases they are about."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.http import Http404
from django.test.utils import CaptureQueriesContext
from django.utils import timezone, translation

from exceptions import filings
from exceptions.errors import Incomplete, NotAllowed
from exceptions.models import CaseEntry, Filing
from merchants.access import Member
from merchants.models import Shop, User
from orders.models import Order
from tests.exceptions.filing import a_case, file, log
from tests.exceptions.making import an_order, member_of

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def in_english() -> Iterator[None]:
    with translation.override("en"):
        yield


@pytest.fixture
def now() -> datetime:
    return timezone.now().replace(second=0, microsecond=0)


@pytest.fixture
def member(support: User) -> Member:
    return member_of(support)


@pytest.fixture
def order(shop: Shop, now: datetime) -> Order:
    order = an_order(shop, "690001", now - timedelta(days=3))
    Order.objects.update(review_at=None)
    return order


def test_a_filing_is_pending_wakes_its_order_and_is_told_to_its_open_cases(
    member: Member, order: Order, now: datetime
) -> None:
    case, other_kind = a_case(order, now), a_case(order, now, kind="late_pickup")
    snoozed = a_case(order, now, kind="no_movement", state="snoozed", snoozed_until=now + timedelta(hours=1))
    filing = file(member, order, now)
    assert (filing.order, filing.kind, filing.state) == (order, "late_dispatch", "pending")
    assert (filing.reason, filing.reference) == ("大雪封路", "BB-1")
    assert (filing.filed_at, filing.filed_by, filing.answered_at) == (now, member.user, None)
    assert Order.objects.get().review_at == now
    told = {"filing": "filed", "reference": "BB-1"}
    assert log(case) == [("note", "open", "open", "大雪封路", told, "zhaomin")]
    assert log(other_kind) == []
    file(member, order, now, kind="no_movement")
    assert log(snoozed) == [("note", "snoozed", "snoozed", "大雪封路", told, "zhaomin")]


def test_a_resolved_case_is_told_nothing(member: Member, order: Order, now: datetime) -> None:
    case = a_case(order, now, state="resolved", resolved_at=now, outcome="handled")
    file(member, order, now)
    assert log(case) == []


def test_many_orders_and_kinds_are_filed_for_at_once_and_each_pair_is_told(
    member: Member, order: Order, shop: Shop, other_shop: Shop, now: datetime
) -> None:
    second, unreachable = an_order(shop, "690002", now), an_order(other_shop, "690003", now)
    first = file(member, order, now)
    pairs = [(one.pk, kind) for one in (order, unreachable, second) for kind in ("late_dispatch", "late_pickup")]
    filed = filings.file(member, [*pairs, pairs[1]], now=now)
    assert [(one.order, one.kind, bool(one.filing), one.problem) for one in filed] == [
        (order.pk, "late_dispatch", False, "It is filed already. Note the platform’s answer first."),
        (order.pk, "late_pickup", True, ""),
        (unreachable.pk, "late_dispatch", False, "There is no such order in your shops."),
        (unreachable.pk, "late_pickup", False, "There is no such order in your shops."),
        (second.pk, "late_dispatch", True, ""),
        (second.pk, "late_pickup", True, ""),
    ]
    assert Filing.objects.exclude(pk=first.pk).count() == 3


def test_filing_for_many_takes_as_many_queries_as_for_one(member: Member, shop: Shop, now: datetime) -> None:
    orders = [an_order(shop, f"69{i:04}", now) for i in range(20)]
    for order in orders:
        a_case(order, now)
    counts = []
    for some in (orders[:1], orders[1:]):
        with CaptureQueriesContext(connection) as captured:
            filings.file(member, [(order.pk, "late_dispatch") for order in some], now=now)
        counts.append(len(captured))
    # savepoint, orders in reach, lock, pending ones, new ones, cases, entries, wake, release
    assert counts == [9, 9]
    assert CaseEntry.objects.count() == 20


@pytest.mark.parametrize(
    ("given", "field", "sentence"),
    [
        ({"pairs": [(1, "weather")]}, "kinds", "Use one or more of: late_dispatch, late_pickup,"),
        ({"reason": "长" * 201}, "reason", "shorten it to 200 characters"),
        ({"reference": "9" * 65}, "reference", "shorten it to 64 characters"),
        ({"pairs": [(pk, "late_pickup") for pk in range(501)]}, "orders", "At most 500 at once"),
    ],
)
def test_what_cannot_be_filed_says_which_field_and_what_to_do(
    member: Member, order: Order, now: datetime, given: dict[str, Any], field: str, sentence: str
) -> None:
    asked: dict[str, Any] = {"pairs": [(order.pk, "late_dispatch")], "now": now} | given
    with pytest.raises(Incomplete, match=re.escape(sentence)) as caught:
        filings.file(member, **asked)
    assert caught.value.field == field
    assert not Filing.objects.exists()


def test_an_accepted_filing_carries_the_new_limit(member: Member, order: Order, now: datetime) -> None:
    case, filing = a_case(order, now), file(member, order, now)
    Order.objects.update(review_at=None)
    later, limit = now + timedelta(hours=5), now + timedelta(days=2)
    answered = filings.answer(member, filing.pk, True, now=later, new_due_at=limit)
    assert (answered.state, answered.answered_at, answered.new_due_at) == ("accepted", later, limit)
    assert Filing.objects.get().new_due_at == limit
    assert Order.objects.get().review_at == later
    detail = {"filing": "accepted", "until": limit.isoformat()}
    assert log(case)[-1] == ("note", "open", "open", "", detail, "zhaomin")


def test_a_filing_is_answered_once(member: Member, order: Order, now: datetime) -> None:
    filing = file(member, order, now)
    refused = filings.answer(member, filing.pk, False, now=now)
    assert (refused.state, refused.new_due_at) == ("refused", None)
    with pytest.raises(NotAllowed, match="is noted already"):
        filings.answer(member, filing.pk, True, now=now)
    assert Filing.objects.get().state == "refused"


def test_after_a_refusal_it_can_be_filed_again(member: Member, order: Order, now: datetime) -> None:
    filings.answer(member, file(member, order, now).pk, False, now=now)
    file(member, order, now)
    assert sorted(Filing.objects.values_list("state", flat=True)) == ["pending", "refused"]


@pytest.mark.parametrize(
    ("accepted", "new_due_at", "sentence"),
    [
        (False, datetime(2990, 1, 1, tzinfo=UTC), "A filing that is refused moves no limit."),
        (True, datetime(2020, 1, 1, tzinfo=UTC), "The new limit is before the filing itself."),
        (True, datetime(2990, 1, 1, tzinfo=UTC).replace(tzinfo=None), "Give the time with its offset from UTC"),
    ],
)
def test_an_answer_that_cannot_be_changes_nothing(
    member: Member, order: Order, now: datetime, accepted: bool, new_due_at: datetime, sentence: str
) -> None:
    filing = file(member, order, now)
    with pytest.raises(Incomplete, match=sentence):
        filings.answer(member, filing.pk, accepted, now=now, new_due_at=new_due_at)
    assert Filing.objects.get().state == "pending"


def test_filings_of_other_shops_are_not_found(member: Member, seller: User, other_shop: Shop, now: datetime) -> None:
    filing = file(member_of(seller), an_order(other_shop, "690003", now), now)
    with pytest.raises(Http404):
        filings.answer(member, filing.pk, True, now=now)
