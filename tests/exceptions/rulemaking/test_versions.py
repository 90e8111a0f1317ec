"""Versions in any order and with any dates: what was judged by one stays so, and a rollback restores exactly."""

from datetime import datetime, timedelta
from random import Random

import pytest

from exceptions.deadlines.facts import OrderFacts
from exceptions.deadlines.rules import judge
from exceptions.policies import Books
from exceptions.rulemaking import drafts, publishing
from merchants.access import Member
from merchants.models import Shop

pytestmark = pytest.mark.django_db
SHIP = "PDD-SHIP-48"
DAY = timedelta(days=1)
DAYS = range(-5, 6)


def judged(shop: Shop, now: datetime) -> dict[int, datetime]:
    """When an order paid on each day is due, by the rules as they stand."""
    books = Books.of_shops([shop])
    due = {}
    for day in DAYS:
        order = OrderFacts(id=1, placed_at=now + day * DAY, paid_at=now + day * DAY)
        clocks = judge(order, books.of(shop.pk, order.since))
        (due[day],) = [clock.due_at for clock in clocks if clock.term.code == SHIP]
    return due


@pytest.mark.parametrize("seed", range(12))
def test_no_version_changes_what_was_paid_before_it_and_each_can_be_undone(
    member: Member, shop: Shop, now: datetime, seed: int
) -> None:
    chance = Random(seed)
    # How orders were judged before each version.
    history = [judged(shop, now)]
    for hours in range(1, 9):
        before, newest = judged(shop, now), len(history) - 1
        if newest and chance.random() < 0.4:
            undone = chance.randint(1, newest)
            version = publishing.rollback(member, undone, now)
            assert judged(shop, now) == history[undone - 1]
        else:
            since = chance.choice(DAYS)
            drafts.put_change(member, SHIP, {}, {"hours": hours}, "", now)
            version = publishing.publish(member, now + since * DAY, "", now)
            after = judged(shop, now)
            assert {day: due for day, due in after.items() if day < since} == {
                day: due for day, due in before.items() if day < since
            }
            assert all(after[day] == now + day * DAY + timedelta(hours=hours) for day in DAYS if day >= since)
        assert version.number
        # Several that one rollback published are undone together.
        history[newest:] = [before] * (version.number - newest) + [judged(shop, now)]
