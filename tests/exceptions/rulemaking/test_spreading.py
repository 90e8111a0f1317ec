"""A version reaches the orders it judges, and leaves alone all others."""

from datetime import datetime, timedelta

import pytest

from exceptions import tasks
from exceptions.deadlines.terms import digest
from exceptions.models import Clock, Policy, Release
from exceptions.rulemaking import drafts, publishing, spreading
from exceptions.rulemaking.spreading import spread_batch
from merchants.access import Member
from merchants.models import Shop
from orders.models import Order
from tests.exceptions.making import an_order
from tests.exceptions.scene import late_dispatch, sweep_all

pytestmark = pytest.mark.django_db
SHIP = "PDD-SHIP-48"
HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
def packs_told(db: None, now: datetime) -> Release:
    """The packs have reached all orders: what is woken is woken by a version."""
    return Release.objects.create(digest=digest(), seen_at=now, woken_at=now)


def published(member: Member, since: datetime, now: datetime, **scope: list[str]) -> Policy:
    drafts.put_change(member, SHIP, scope, {"hours": 24}, "", now)
    return publishing.publish(member, since, "", now)


def asleep(shop: Shop, number: str, paid_at: datetime | None, **facts: object) -> Order:
    order = an_order(shop, number, paid_at or datetime.now().astimezone(), **facts)
    Order.objects.filter(pk=order.pk).update(review_at=None, paid_at=paid_at, placed_at=paid_at)
    return order


def woken() -> set[str]:
    return set(Order.objects.filter(review_at__isnull=False).values_list("number", flat=True))


def test_the_orders_a_version_judges_are_woken_and_no_others(
    member: Member, shop: Shop, other_shop: Shop, stranger_shop: Shop, now: datetime
) -> None:
    asleep(shop, "paid since", now)
    asleep(shop, "never dated", None)
    asleep(shop, "paid before", now - HOUR)
    asleep(shop, "completed", now, status="completed")
    asleep(shop, "cancelled", now, status="cancelled")
    asleep(other_shop, "not touched", now)
    asleep(stranger_shop, "a stranger's", now)
    version = published(member, now, now)
    later = now + HOUR
    assert spread_batch(later) == 2
    assert woken() == {"paid since", "never dated"}
    assert set(Order.objects.exclude(review_at=None).values_list("review_at", flat=True)) == {later}
    version.refresh_from_db()
    assert (version.woken_at, spreading.progress(version)) == (later, 100)
    assert spread_batch(later) == 0


def test_an_order_that_is_over_is_woken_while_something_is_open_on_it(
    member: Member, shop: Shop, now: datetime
) -> None:
    case = late_dispatch(shop, now)
    Order.objects.filter(pk=case.order_id).update(status="completed", review_at=None)
    Clock.objects.all().update(stopped_at=now)
    published(member, now - 72 * HOUR, now)
    spread_batch(now)
    assert woken() == {"690001"}


def test_an_order_that_waits_already_is_not_put_off_and_one_set_aside_is_brought_forward(
    member: Member, shop: Shop, now: datetime
) -> None:
    early, aside = asleep(shop, "early", now), asleep(shop, "aside", now)
    Order.objects.filter(pk=early.pk).update(review_at=now - HOUR)
    Order.objects.filter(pk=aside.pk).update(review_at=now + HOUR)
    published(member, now, now)
    spread_batch(now)
    early.refresh_from_db()
    aside.refresh_from_db()
    assert (early.review_at, aside.review_at) == (now - HOUR, now)


def test_it_goes_on_from_where_it_stopped(
    member: Member, shop: Shop, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spreading, "BATCH", 2)
    orders = [asleep(shop, str(number), now) for number in range(5)]
    version = published(member, now, now)
    assert spread_batch(now) == 2
    version.refresh_from_db()
    assert (version.woken_to, version.woken_at) == (orders[1].pk, None)
    assert 0 < spreading.progress(version) < 100
    assert len(woken()) == 2
    assert tasks.spread() == 3
    assert len(woken()) == 5


def test_a_version_that_judges_alike_wakes_nobody(member: Member, shop: Shop, now: datetime) -> None:
    asleep(shop, "a", now)
    drafts.confirm(member, "PDD-ALERT-UPDATE", now)
    drafts.put_change(member, SHIP, {"shops": ["MT-DY"]}, {"hours": 24}, "", now)
    version = publishing.publish(member, now, "", now)
    assert tasks.spread() == 1
    version.refresh_from_db()
    assert (woken(), version.woken_at is None) == (set(), False)


def test_a_version_dated_before_the_last_one_touches_what_the_older_judged(
    member: Member, shop: Shop, now: datetime
) -> None:
    asleep(shop, "a", now - 5 * HOUR)
    published(member, now, now)
    tasks.spread()
    assert woken() == set()
    drafts.confirm(member, "PDD-ALERT-UPDATE", now)
    publishing.publish(member, now - 9 * HOUR, "", now)
    tasks.spread()
    assert woken() == {"a"}


def test_the_sweep_judges_woken_orders_by_the_new_version_and_a_rollback_undoes_it_exactly(
    member: Member, shop: Shop, now: datetime
) -> None:
    an_order(shop, "before", now - 40 * HOUR)
    an_order(shop, "since", now - 30 * HOUR)
    sweep_all(now)

    def clocks() -> list[tuple]:
        columns = ("order__number", "term", "version", "started_at", "warn_at", "due_at", "grave_at", "level")
        return list(Clock.objects.order_by("pk").values_list(*columns))

    as_shipped = clocks()
    published(member, now - 35 * HOUR, now)
    tasks.spread()
    Order.objects.filter(review_at__isnull=False).update(review_at=now)
    sweep_all(now)
    due = dict(Clock.objects.filter(term=SHIP).values_list("order__number", "due_at"))
    assert due == {"before": now + 8 * HOUR, "since": now - 6 * HOUR}
    assert Clock.objects.get(order__number="since", term=SHIP).version == "2026-11+1"
    publishing.rollback(member, 1, now)
    tasks.spread()
    Order.objects.filter(review_at__isnull=False).update(review_at=now)
    sweep_all(now)
    assert clocks() == as_shipped


def test_new_packs_reach_the_open_orders_of_every_merchant_once(
    shop: Shop, stranger_shop: Shop, now: datetime, packs_told: Release
) -> None:
    asleep(shop, "long ago", now - 9000 * HOUR)
    asleep(shop, "completed", now, status="completed")
    asleep(stranger_shop, "a stranger's", now)
    Release.objects.update(digest="as shipped before")
    later = now + HOUR
    assert spread_batch(later) == 2
    assert woken() == {"long ago", "a stranger's"}
    assert spread_batch(later) == 0
    assert list(Release.objects.order_by("pk").values_list("digest", "woken_at")) == [
        ("as shipped before", now),
        (digest(), later),
    ]
