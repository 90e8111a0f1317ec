"""Relapse, snooze and merge: what brings a case back to the desk by itself, and what keeps it away."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import translation

from exceptions import sweep
from exceptions.deadlines.kinds import Kind, Level
from exceptions.desk import cases
from exceptions.desk.case_page import story
from exceptions.desk.risk import rank
from exceptions.desk.workflow import Action
from exceptions.errors import Incomplete, NotAllowed
from exceptions.incidents import handling
from exceptions.models import Case, CaseEntry, Clock, Incident
from merchants.models import Shop, User
from orders.models import Order
from shipments.models import Waybill
from tests.exceptions.acting import results, run
from tests.exceptions.making import a_parcel, a_scan, an_order, member_of
from tests.exceptions.scene import late_dispatch, late_pickup, stalled, sweep_all

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
def in_english() -> None:
    translation.activate("en")


def act(user: User, case: Case, action: Action, now: datetime, **given: Any) -> Case:
    return cases.act(member_of(user), case.pk, action, now=now, **given)


def about_to_break(shop: Shop, now: datetime) -> Case:
    """Paid 40 h ago: the limit is in 8 h."""
    return late_dispatch(shop, now, hours=40)


# Relapse


def test_what_was_handled_while_about_to_break_comes_back_if_it_breaks_all_the_same(
    shop: Shop, seller: User, now: datetime
) -> None:
    case = about_to_break(shop, now)
    act(seller, case, Action.ASSIGN, now, assignee=seller.pk)
    act(seller, case, Action.RESOLVE, now, outcome="handled", note="仓库说今天发")
    sweep_all(now + 7 * HOUR)
    assert Case.objects.get().state == "resolved"
    later = now + 9 * HOUR
    sweep_all(later)
    back = Case.objects.get()
    assert (back.state, back.level, back.relapses, back.relapsed_at) == ("open", 2, 1, later)
    assert (back.assignee, back.outcome, back.resolved_at) == (seller, "", None)
    entry = CaseEntry.objects.latest("pk")
    assert (entry.action, entry.detail["level"], entry.detail["outcome"]) == ("relapse", 2, "handled")
    assert [one.action for one in case.entries.order_by("pk")] == ["raise", "assign", "resolve", "relapse"]
    sweep_all(later)
    assert Case.objects.get().relapses == 1, "once"


@pytest.mark.parametrize("outcome", ["no_action", "false_alarm"])
def test_what_needed_nothing_stays_closed_for_that_run_of_the_clock(
    shop: Shop, seller: User, now: datetime, outcome: str
) -> None:
    case = about_to_break(shop, now)
    act(seller, case, Action.RESOLVE, now, outcome=outcome, note="客户要晚发")
    sweep_all(now + 100 * HOUR)
    assert (Case.objects.get().state, Case.objects.get().relapses) == ("resolved", 0)


def test_what_was_handled_once_broken_stays_closed_when_it_turns_serious(
    shop: Shop, seller: User, now: datetime
) -> None:
    case = late_dispatch(shop, now)
    act(seller, case, Action.RESOLVE, now, outcome="handled")
    sweep_all(now + 100 * HOUR)
    assert Case.objects.get().state == "resolved"


def test_a_case_that_came_back_stands_where_the_rank_of_its_new_level_puts_it(
    shop: Shop, seller: User, now: datetime
) -> None:
    case, other = about_to_break(shop, now), late_dispatch(shop, now, number="690009", hours=40)
    act(seller, case, Action.RESOLVE, now, outcome="handled")
    sweep_all(now + 9 * HOUR)
    ranks = dict(Case.objects.values_list("pk", "rank"))
    assert ranks[case.pk] == ranks[other.pk]


def test_one_run_after_another_brings_back_one_and_the_same_case(shop: Shop, seller: User, now: datetime) -> None:
    case = stalled(shop, now)
    waybill = case.waybill
    for n in range(1, 3):
        moved = now + n * 60 * HOUR
        a_scan(waybill, moved)
        Waybill.objects.filter(pk=waybill.pk).update(last_event_at=moved)
        Order.objects.update(review_at=moved)
        sweep_all(moved)
        assert Case.objects.get(kind="transit_stall").state == "resolved"
        sweep_all(moved + 50 * HOUR)
        assert (Case.objects.get(kind="transit_stall").pk, Case.objects.get(kind="transit_stall").relapses) == (
            case.pk,
            n,
        )


# Snooze


def asleep(case: Case) -> bool:
    return Case.objects.get(pk=case.pk).state == "snoozed"


def test_a_snooze_until_the_next_scan_ends_with_it(shop: Shop, seller: User, now: datetime) -> None:
    case = stalled(shop, now)
    act(seller, case, Action.SNOOZE, now, wakes_on="scan")
    Order.objects.update(review_at=now + HOUR)
    sweep_all(now + HOUR)
    assert asleep(case), "nothing was scanned"
    # It happened before the snooze and was heard of after it: that is news as well.
    a_scan(case.waybill, now - HOUR, text="【长沙转运中心】滞留")
    type(case.waybill.events.get(text__contains="滞留")).objects.filter(text__contains="滞留").update(
        recorded_at=now + HOUR
    )
    Order.objects.update(review_at=now + 2 * HOUR)
    sweep_all(now + 2 * HOUR)
    case.refresh_from_db()
    assert (case.state, case.wakes_on, case.snoozed_at, case.snoozed_until) != ("snoozed", "scan", None, None)
    assert not asleep(case)


def test_a_snooze_before_it_breaks_goes_along_when_the_limit_moves(shop: Shop, seller: User, now: datetime) -> None:
    case = about_to_break(shop, now)
    after = act(seller, case, Action.SNOOZE, now, wakes_on="due", wakes_before=3)
    assert (after.snoozed_until, after.wakes_before) == (case.due_at - 3 * HOUR, 3)
    Order.objects.update(promised_dispatch_at=case.due_at + 10 * HOUR, review_at=now)
    Clock.objects.update(due_at=case.due_at + 2 * HOUR, grave_at=case.grave_at + 2 * HOUR)
    sweep.settle([case.order_id], now)
    assert Case.objects.get().snoozed_until == case.due_at - HOUR
    assert cases.wake_due(case.due_at - HOUR) == 1


def test_less_time_than_that_is_no_snooze(shop: Shop, seller: User, now: datetime) -> None:
    case = about_to_break(shop, now)
    with pytest.raises(NotAllowed, match="Less than 9 h are left"):
        act(seller, case, Action.SNOOZE, now, wakes_on="due", wakes_before=9)


def test_no_snooze_goes_beyond_the_limit_unless_somebody_says_so(shop: Shop, seller: User, now: datetime) -> None:
    case = about_to_break(shop, now)
    assert act(seller, case, Action.SNOOZE, now, until=now + 24 * HOUR).snoozed_until == case.due_at
    assert act(seller, case, Action.SNOOZE, now, until=now + 24 * HOUR, beyond=True).snoozed_until == now + 24 * HOUR
    assert act(seller, case, Action.SNOOZE, now, until=now + HOUR).snoozed_until == now + HOUR


def test_a_case_that_waits_for_its_incident_wakes_when_it_closes(shop: Shop, seller: User, now: datetime) -> None:
    case = stalled(shop, now)
    with pytest.raises(NotAllowed, match="belongs to no incident"):
        act(seller, case, Action.SNOOZE, now, wakes_on="incident")
    incident = Incident.objects.create(
        merchant=shop.merchant,
        carrier=case.waybill.carrier,
        where="hub",
        place="武汉转运中心",
        began_at=now,
        opened_at=now,
    )
    Case.objects.filter(pk=case.pk).update(incident=incident)
    act(seller, case, Action.SNOOZE, now, wakes_on="incident")
    assert asleep(case)
    handling.close(member_of(seller), incident, now + HOUR)
    assert cases.wake_due(now + HOUR) == 1
    case.refresh_from_db()
    assert (case.state, case.wakes_on, case.snoozed_until) == ("open", "", None)
    assert cases.wake_due(now + HOUR) == 0
    assert case.entries.order_by("pk").last().detail == {"by": "incident"}


# Merge


@pytest.fixture
def pair(shop: Shop, now: datetime) -> tuple[Case, Case]:
    """Two open cases of one order: two parcels that were not picked up."""
    order = an_order(shop, "690002", now - 30 * HOUR, status="dispatched", dispatched_at=now - 26 * HOUR)
    a_parcel(order, "YT1", now - 26 * HOUR)
    a_parcel(order, "YT2", now - 26 * HOUR)
    sweep_all(now)
    one, other = Case.objects.filter(kind="late_pickup").order_by("pk")
    return one, other


def test_of_two_cases_of_an_order_one_stays_and_knows_what_the_other_knew(
    pair: tuple[Case, Case], seller: User, now: datetime
) -> None:
    one, other = pair
    act(seller, one, Action.NOTE, now, note="网点说明天揽")
    merged = act(seller, one, Action.MERGE, now, into=other.pk, note="同一件事")
    assert (merged.state, merged.outcome, merged.merged_into) == ("resolved", "merged", other)
    told = story(member_of(seller), other.pk)
    assert "网点说明天揽" in [entry.note for entry in told.entries]
    sweep_all(now + 100 * HOUR)
    one.refresh_from_db()
    assert one.state == "resolved", "it lights nothing while the other is open"


def test_in_bulk_the_most_urgent_of_each_order_stays(
    pair: tuple[Case, Case], shop: Shop, seller: User, now: datetime
) -> None:
    alone = late_dispatch(shop, now)
    command = run(member_of(seller), Action.MERGE, [*pair, alone], now, note="同一单")
    stays = max(pair, key=lambda case: (case.rank, case.pk))
    told = results(command)
    assert told == {alone.pk: "rejected", stays.pk: "no_op", (set(pair) - {stays}).pop().pk: "applied"}


def test_what_was_merged_comes_back_when_the_other_settles_and_it_still_burns(
    pair: tuple[Case, Case], seller: User, now: datetime
) -> None:
    one, other = pair
    act(seller, one, Action.MERGE, now, into=other.pk, note="同一件事")
    picked = {"picked_up_at": now, "first_trace_at": now, "moved_at": now, "stage": "delivered", "delivered_at": now}
    Waybill.objects.filter(pk=other.waybill_id).update(**picked)
    a_scan(other.waybill, now, "picked_up")
    Order.objects.update(review_at=now)
    sweep_all(now + HOUR)
    one.refresh_from_db()
    other.refresh_from_db()
    assert other.state == "resolved"
    assert (one.state, one.merged_into, one.relapses) == ("open", None, 1)


def test_what_comes_back_from_a_merge_shows_what_its_clocks_come_to_now(
    pair: tuple[Case, Case], seller: User, now: datetime
) -> None:
    one, other = pair
    act(seller, one, Action.MERGE, now, into=other.pk, note="同一件事")
    picked = {"picked_up_at": now, "first_trace_at": now, "moved_at": now, "stage": "delivered", "delivered_at": now}
    Waybill.objects.filter(pk=other.waybill_id).update(**picked)
    a_scan(other.waybill, now, "picked_up")
    Order.objects.update(review_at=now, amount=5000)
    sweep_all(now + HOUR)
    one.refresh_from_db()
    assert (one.state, one.at_stake) == ("open", 5000 + one.penalty)
    assert one.rank == rank(Kind(one.kind), Level(one.level), one.due_at, one.grave_at, one.at_stake)


def test_a_case_others_were_merged_into_is_not_merged_away(
    pair: tuple[Case, Case], seller: User, now: datetime
) -> None:
    one, other = pair
    third = late_dispatch(one.shop, now, number="690003")
    Case.objects.filter(pk=third.pk).update(order=one.order)
    act(seller, one, Action.MERGE, now, into=other.pk, note="同一件事")
    with pytest.raises(NotAllowed, match="Other cases are merged into this one"):
        act(seller, other, Action.MERGE, now, into=third.pk, note="同一件事")
    with pytest.raises(Incomplete):
        act(seller, third, Action.MERGE, now, into=other.pk)


def test_merging_into_a_case_of_another_order_or_shop_is_refused(
    pair: tuple[Case, Case], shop: Shop, stranger_shop: Shop, seller: User, now: datetime
) -> None:
    for other in (late_pickup(shop, now, number="1", waybill="YT8"), late_dispatch(stranger_shop, now)):
        with pytest.raises(NotAllowed):
            act(seller, pair[0], Action.MERGE, now, into=other.pk, note="?")
