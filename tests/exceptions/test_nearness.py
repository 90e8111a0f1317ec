"""The nearest deadline of a parcel is on its waybill, whoever's clock it is, and draws the next question nearer."""

from datetime import datetime, timedelta

import pytest

from exceptions import nearness, sweep
from exceptions.models import Clock
from merchants.models import Shop
from orders.models import Dispatch, Order
from shipments.models import Parcel, Waybill
from tests.exceptions.making import a_parcel, an_order
from tests.exceptions.scene import sweep_all

pytestmark = pytest.mark.django_db
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)


def of(waybill: Waybill) -> datetime | None:
    return Waybill.objects.get(pk=waybill.pk).deadline_at


def joined(shop: Shop, number: str, waybill: Waybill, now: datetime, **facts: object) -> Order:
    """Another order that travels under the same number."""
    order = an_order(shop, number, now, **facts)
    dispatch = Dispatch.objects.create(
        order=order, carrier_name="圆通速递", number=waybill.number, uploaded_at=now + HOUR
    )
    Parcel.objects.create(dispatch=dispatch, waybill=waybill)
    return order


def test_a_waybill_knows_the_nearest_instant_at_which_a_running_clock_gets_worse(shop: Shop, now: datetime) -> None:
    waybill = a_parcel(an_order(shop, "a", now - 10 * HOUR), "YT1", now)
    sweep_all(now)
    running = Clock.objects.filter(stopped_at=None)
    assert of(waybill) == min(clock.due_at for clock in running)
    later = min(clock.due_at for clock in running) + MINUTE
    sweep_all(later)
    expected = [clock.due_at if clock.due_at > later else clock.grave_at for clock in running]
    assert of(waybill) == min(at for at in expected if at > later)


def test_a_deadline_that_has_passed_in_every_way_is_none(shop: Shop, now: datetime) -> None:
    waybill = a_parcel(an_order(shop, "a", now), "YT1", now)
    sweep_all(now)
    sweep_all(now + 400 * 24 * HOUR)
    assert of(waybill) is None


def test_a_deadline_that_was_kept_is_gone(shop: Shop, now: datetime) -> None:
    waybill = a_parcel(an_order(shop, "a", now), "YT1", now)
    sweep_all(now)
    assert of(waybill) is not None
    Waybill.objects.update(stage="delivered", picked_up_at=now + HOUR, delivered_at=now + 2 * HOUR)
    Order.objects.update(review_at=now + 3 * HOUR)
    sweep_all(now + 3 * HOUR)
    assert of(waybill) is None


def test_of_several_orders_under_one_number_the_nearest_counts(shop: Shop, now: datetime) -> None:
    waybill = a_parcel(an_order(shop, "a", now), "YT1", now)
    sweep_all(now)
    alone = of(waybill)
    joined(shop, "b", waybill, now - 20 * HOUR)
    sweep_all(now)
    together = of(waybill)
    assert alone and together and together < alone
    Order.objects.filter(number="b").update(status="cancelled", review_at=now)
    sweep_all(now)
    assert of(waybill) == alone


def test_the_next_question_is_drawn_nearer_and_never_put_off(shop: Shop, now: datetime) -> None:
    far, near, never, arrived = (
        a_parcel(an_order(shop, f"o{n}", now), f"YT{n}", now, asked_at=now, poll_at=now + 2 * HOUR) for n in range(4)
    )
    soon = a_parcel(an_order(shop, "s", now), "YT9", now, asked_at=now, poll_at=now + 5 * MINUTE)
    Waybill.objects.filter(pk=never.pk).update(poll_at=None)
    Waybill.objects.filter(pk=arrived.pk).update(stage="delivered")
    sweep_all(now)
    due = of(far)
    assert due is not None
    # A day before the deadline is in reach of the next question, or not.
    Clock.objects.exclude(order__number="o0").update(due_at=now + 10 * HOUR, warn_at=now)
    nearness.tell(list(Order.objects.values_list("pk", flat=True)), now)
    at = dict(Waybill.objects.values_list("pk", "poll_at"))
    assert at[near.pk] == now + 45 * MINUTE
    assert at[never.pk] is None
    assert at[arrived.pk] == now + 2 * HOUR
    assert at[soon.pk] == now + 5 * MINUTE
    assert at[far.pk] == (now + 45 * MINUTE if due <= now + 24 * HOUR else now + 2 * HOUR)


def test_the_providers_rules_come_before_the_deadline(shop: Shop, now: datetime) -> None:
    order = an_order(shop, "a", now - 40 * HOUR)
    waybill = a_parcel(order, "YT1", now, asked_at=now, poll_at=now + 5 * HOUR, free_at=now + 3 * HOUR)
    sweep_all(now)
    assert Waybill.objects.get(pk=waybill.pk).poll_at == now + 3 * HOUR


def test_what_has_not_changed_is_not_written(shop: Shop, now: datetime, django_assert_num_queries) -> None:
    a_parcel(an_order(shop, "a", now), "YT1", now)
    sweep_all(now)
    ids = list(Order.objects.values_list("pk", flat=True))
    with django_assert_num_queries(1):
        nearness.tell(ids, now)
    Order.objects.update(review_at=now)
    assert sweep.judge_batch(now) == 1


def test_no_goods_travel_under_a_number_that_was_replaced(shop: Shop, now: datetime) -> None:
    waybill = a_parcel(an_order(shop, "a", now), "YT1", now)
    sweep_all(now)
    assert of(waybill) is not None
    Parcel.objects.update(role="replaced")
    Order.objects.update(review_at=now)
    sweep_all(now)
    assert of(waybill) is None
