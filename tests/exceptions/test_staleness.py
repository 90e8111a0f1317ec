"""What changes beside an order's own facts: after one judgement its clocks and cases say what now holds, and nothing else."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from exceptions.models import Case, Clock, Filing, Policy
from merchants.models import Platform, Shop
from orders.models import Order, Ticket, TicketStep
from shipments.models import Waybill
from tests.exceptions.making import a_parcel, a_scan, an_order
from tests.exceptions.scene import sweep_all

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


def judged(order: Order, now: datetime) -> None:
    Order.objects.filter(pk=order.pk).update(review_at=now)
    sweep_all(now)


def state() -> list[tuple[Any, ...]]:
    return list(Case.objects.order_by("pk").values_list("kind", "state", "outcome", "level"))


def filed(order: Order, now: datetime, new_due_at: datetime | None) -> Filing:
    state = Filing.State.ACCEPTED
    return Filing.objects.create(
        order=order, kind="late_dispatch", state=state, filed_at=now, answered_at=now, new_due_at=new_due_at
    )


def test_a_filing_that_grants_days_takes_the_alarm_back_until_the_new_limit_is_near(shop: Shop, now: datetime) -> None:
    order = an_order(shop, "a", now)
    sweep_all(now + 50 * HOUR)
    assert state() == [("late_dispatch", "open", "", 2)]
    filed(order, now + 50 * HOUR, now + 150 * HOUR)
    judged(order, now + 51 * HOUR)
    assert [(found[0], found[1], found[2]) for found in state()] == [("late_dispatch", "resolved", "void")]
    sweep_all(now + 139 * HOUR)
    assert state() == [("late_dispatch", "open", "", 1)], "the same case, come back"
    assert Case.objects.get().relapses == 1


def test_a_filing_withdrawn_or_refused_after_all_brings_the_old_limit_back(shop: Shop, now: datetime) -> None:
    order = an_order(shop, "a", now)
    filing = filed(order, now, None)
    sweep_all(now + 50 * HOUR)
    assert (Clock.objects.count(), state()) == (0, [])
    filing.state = Filing.State.REFUSED
    filing.save()
    judged(order, now + 51 * HOUR)
    assert state() == [("late_dispatch", "open", "", 2)]


def test_a_version_published_afterwards_moves_the_limits_of_the_orders_it_holds_for(shop: Shop, now: datetime) -> None:
    order = an_order(shop, "a", now)
    sweep_all(now + 50 * HOUR)
    document = {"changes": [{"code": "PDD-SHIP-48", "scope": {}, "set": {"hours": 60}}]}
    state_of = {"state": Policy.State.PUBLISHED, "created_at": now, "document": document}
    Policy.objects.create(merchant=shop.merchant, number=1, effective_from=now, **state_of)
    judged(order, now + 51 * HOUR)
    clock = Clock.objects.get()
    assert (clock.due_at, clock.version[-2:], clock.level) == (now + 60 * HOUR, "+1", 1)
    assert state() == [("late_dispatch", "open", "", 1)]
    # Taking it back is publishing what was before.
    Policy.objects.create(merchant=shop.merchant, number=2, effective_from=now, **state_of | {"document": {}})
    judged(order, now + 52 * HOUR)
    assert Clock.objects.get().due_at == now + 48 * HOUR
    assert state() == [("late_dispatch", "open", "", 2)]


def test_a_shop_on_another_platform_is_judged_by_its_rules_alone(shop: Shop, now: datetime) -> None:
    order = an_order(shop, "a", now)
    sweep_all(now + 50 * HOUR)
    Shop.objects.filter(pk=shop.pk).update(platform=Platform.KUAISHOU)
    judged(order, now + 51 * HOUR)
    assert [clock.term for clock in Clock.objects.all()] == ["KS-SHIP-48"]
    assert state() == [("late_dispatch", "open", "", 2)], "the same trouble, the same case"


def test_a_shop_that_says_where_it_ships_from_is_judged_by_its_lanes(shop: Shop, now: datetime) -> None:
    Shop.objects.filter(pk=shop.pk).update(platform=Platform.DOUYIN, province="", city="")
    order = an_order(shop, "a", now, province="江苏省", status="dispatched", dispatched_at=now)
    moved = {"stage": "in_transit", "first_trace_at": now, "picked_up_at": now, "moved_at": now}
    waybill = a_parcel(order, "YT8834201944716", now, **moved)
    a_scan(waybill, now, "in_transit", "快件已发往下一站")
    sweep_all(now + HOUR)
    assert Clock.objects.get(term="DY-TRACK-STALL").due_at == now + 72 * HOUR
    Shop.objects.filter(pk=shop.pk).update(province="浙江省")
    judged(order, now + 2 * HOUR)
    assert Clock.objects.get(term="DY-TRACK-STALL").due_at == now + 48 * HOUR


def test_a_step_of_a_ticket_taken_back_opens_the_case_again(shop: Shop, now: datetime) -> None:
    order = an_order(shop, "a", now, status="dispatched", dispatched_at=now, handed_over_at=now)
    ticket = Ticket.objects.create(order=order, kind=Ticket.Kind.REFUND, number="1", opened_at=now)
    sweep_all(now + 49 * HOUR)
    assert state() == [("answer_due", "open", "", 2)]
    step = TicketStep.objects.create(ticket=ticket, name="answered", at=now + 49 * HOUR)
    judged(order, now + 50 * HOUR)
    assert state() == [("answer_due", "resolved", "healed", 2)]
    step.delete()
    judged(order, now + 51 * HOUR)
    assert [found for found in state() if found[1] == "open"] == [("answer_due", "open", "", 2)]


def test_a_signature_that_proves_false_opens_the_case_again(shop: Shop, now: datetime) -> None:
    order = an_order(shop, "a", now, status="dispatched", dispatched_at=now)
    told = {"first_trace_at": now, "picked_up_at": now, "moved_at": now, "out_for_delivery_at": now}
    waybill = a_parcel(order, "YT8834201944716", now, stage="out_for_delivery", **told)
    sweep_all(now + 20 * HOUR)
    assert state() == [("delivery_overdue", "open", "", 1)]
    Waybill.objects.filter(pk=waybill.pk).update(stage="delivered", delivered_at=now + 20 * HOUR)
    judged(order, now + 21 * HOUR)
    assert state() == [("delivery_overdue", "resolved", "kept", 1)]
    Waybill.objects.filter(pk=waybill.pk).update(stage="out_for_delivery", delivered_at=None)
    judged(order, now + 30 * HOUR)
    assert state() == [("delivery_overdue", "open", "", 2)], "the same case, come back"
    assert Case.objects.get().relapses == 1
