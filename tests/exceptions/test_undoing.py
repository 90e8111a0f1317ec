"""Undo: whatever a command did, each case is as it was, unless somebody has changed it since."""

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from exceptions.desk import acting, cases, undoing
from exceptions.desk.acts import Act
from exceptions.desk.deciding import COLUMNS
from exceptions.desk.workflow import Action
from exceptions.errors import NotAllowed
from exceptions.models import Case, CaseEntry, Command
from exceptions.together import claims
from merchants.models import Shop, User
from tests.exceptions.acting import late_orders, results, run
from tests.exceptions.making import member_of
from tests.exceptions.scene import late_pickup, stalled, sweep_all
from tests.exceptions.test_properties import ANY_ORDER, undone

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
def in_english() -> None:
    translation.activate("en")


def columns() -> list[tuple[Any, ...]]:
    return list(Case.objects.order_by("pk").values_list("pk", *COLUMNS))


def assert_as_before(before: list[tuple[Any, ...]], now: datetime) -> None:
    """Every column is as it was, but for a claim that taking back holds: it lasts an hour from then, or as long as before."""
    claim = 1 + COLUMNS.index("claimed_until")
    for was, after in zip(before, columns(), strict=True):
        assert was[:claim] + was[claim + 1 :] == after[:claim] + after[claim + 1 :]
        assert after[claim] in (was[claim], was[claim] and max(was[claim], now + HOUR))


def test_a_bulk_mistake_is_taken_back_as_a_whole(shop: Shop, seller: User, now: datetime) -> None:
    found = late_orders(shop, now, 4)
    member = member_of(seller)
    cases.act(member, found[0].pk, Action.SNOOZE, now=now, until=now + 3 * HOUR)
    before = columns()
    command = run(member, Action.RESOLVE, found, now, outcome="false_alarm", note="误选")
    assert Case.objects.filter(state="resolved").count() == 4
    undoing.undo(member, command.pk, now=now + HOUR)
    assert columns() == before
    command.refresh_from_db()
    assert (command.state, command.undone_by, set(results(command).values())) == ("undone", seller, {"undone"})
    entry = CaseEntry.objects.filter(case=found[0]).latest("pk")
    assert (entry.action, entry.from_state, entry.to_state) == ("undo", "resolved", "snoozed")
    with pytest.raises(NotAllowed, match="taken back already"):
        undoing.undo(member, command.pk, now=now + HOUR)


def test_a_case_somebody_changed_since_stays_and_is_told(shop: Shop, seller: User, admin: User, now: datetime) -> None:
    first, second = late_orders(shop, now, 2)
    command = run(member_of(seller), Action.ASSIGN, [first, second], now, assignee=seller.pk)
    cases.act(member_of(admin), first.pk, Action.ASSIGN, now=now + HOUR, assignee=admin.pk)
    undoing.undo(member_of(seller), command.pk, now=now + HOUR)
    told = {item.case_id: (item.result, item.reason) for item in command.items.all()}
    assert told == {
        first.pk: ("applied", "Changed since by linxiao: Assign, 13:00."),
        second.pk: ("undone", ""),
    }
    assert list(Case.objects.order_by("pk").values_list("assignee", flat=True)) == [admin.pk, None]


def test_a_note_on_it_since_does_not_stand_in_the_way(shop: Shop, seller: User, admin: User, now: datetime) -> None:
    (case,) = late_orders(shop, now, 1)
    command = run(member_of(seller), Action.RESOLVE, [case], now, outcome="handled")
    cases.act(member_of(admin), case.pk, Action.NOTE, now=now, note="真的吗？")
    undoing.undo(member_of(seller), command.pk, now=now)
    assert Case.objects.get().state == "open"


def test_after_a_day_nothing_is_undone_any_more(shop: Shop, seller: User, now: datetime) -> None:
    (case,) = late_orders(shop, now, 1)
    command = run(member_of(seller), Action.NOTE, [case], now, note="?")
    with pytest.raises(NotAllowed, match="more than 24 hours ago"):
        undoing.undo(member_of(seller), command.pk, now=now + 25 * HOUR)


def test_what_is_only_previewed_cannot_be_undone(shop: Shop, seller: User, now: datetime) -> None:
    (case,) = late_orders(shop, now, 1)
    act = Act(member_of(seller), Action.NOTE, now, note="?")
    command = acting.preview(member_of(seller), act, [case.pk], now=now)
    with pytest.raises(NotAllowed, match="not carried out yet"):
        undoing.undo(member_of(seller), command.pk, now=now)


def test_an_undone_resolution_gives_way_to_another_open_case_of_the_kind(
    shop: Shop, seller: User, now: datetime
) -> None:
    (case,) = late_orders(shop, now, 1)
    command = run(member_of(seller), Action.RESOLVE, [case], now, outcome="handled")
    twin = Case.objects.get()
    twin.pk, twin.state, twin.resolved_at, twin.outcome = None, "open", None, ""
    twin.save(force_insert=True)
    undoing.undo(member_of(seller), command.pk, now=now)
    assert command.items.get().reason == "Another case of this kind is open for the same parcel."
    assert Case.objects.get(pk=case.pk).state == "resolved"


def test_a_case_healed_while_it_was_resolved_by_mistake_is_settled_by_the_next_sweep(
    shop: Shop, seller: User, now: datetime
) -> None:
    (case,) = late_orders(shop, now, 1)
    command = run(member_of(seller), Action.RESOLVE, [case], now, outcome="handled")
    type(case.order).objects.update(handed_over_at=now, dispatched_at=now, review_at=now)
    sweep_all(now)
    undoing.undo(member_of(seller), command.pk, now=now)
    sweep_all(now)
    assert Case.objects.values_list("state", "outcome").get() == ("resolved", "healed")


def test_undoing_many_takes_as_many_statements_as_undoing_few(shop: Shop, seller: User, now: datetime) -> None:
    for n in range(12):
        late_pickup(shop, now, number=f"68{n:04d}", waybill=f"YT{n:013d}")
    found = list(Case.objects.order_by("pk"))
    taken = []
    for part in (found[:2], found[2:]):
        command = run(member_of(seller), Action.INTERCEPT, part, now)
        with CaptureQueriesContext(connection) as queries:
            undoing.undo(member_of(seller), command.pk, now=now)
        assert set(results(command).values()) == {"undone"}
        taken.append(len(queries))
    assert taken[0] == taken[1]
    assert taken[0] <= 27


Wanted = tuple[Action, dict[str, Any]]
ACTS: list[Wanted] = [
    (Action.ASSIGN, {"assignee": "me"}),
    (Action.ASSIGN, {"assignee": None}),
    (Action.NOTE, {"note": "问过了"}),
    (Action.SNOOZE, {"until": 5}),
    (Action.SNOOZE, {"wakes_on": "scan"}),
    (Action.WAKE, {}),
    (Action.RESOLVE, {"outcome": "handled"}),
    (Action.RESOLVE, {"outcome": "false_alarm", "note": "误报"}),
    (Action.REOPEN, {}),
    (Action.MERGE, {"note": "一件事"}),
    (Action.URGE, {"where": "网点"}),
    (Action.INTERCEPT, {}),
    (Action.CLAIM, {"amount": 30}),
    (Action.WORK_ORDER, {"number": "W1"}),
]


@ANY_ORDER
@given(
    acts=st.lists(st.tuples(st.sampled_from(ACTS), st.sets(st.integers(0, 3), min_size=1)), min_size=1, max_size=8),
    hours=st.integers(1, 4),
)
def test_whatever_was_done_undoing_the_last_of_it_brings_back_what_was_before(
    shop: Shop, seller: User, now: datetime, acts: list[tuple[Wanted, set[int]]], hours: int
) -> None:
    with undone():
        late_pickup(shop, now, waybill="YT1")
        stalled(shop, now, waybill="YT2")
        found = late_orders(shop, now, 2) + list(Case.objects.exclude(kind="late_dispatch").order_by("pk"))
        member = member_of(seller)
        for (action, told), chosen in acts:
            now += HOUR
            given_now = dict(told)
            if given_now.get("assignee") == "me":
                given_now["assignee"] = seller.pk
            if "until" in given_now:
                given_now["until"] = now + given_now["until"] * HOUR
            before, tickets = columns(), state_of_tickets(found)
            command = run(member, action, [found[n] for n in chosen if n < len(found)], now, **given_now)
        undoing.undo(member, command.pk, now=now + hours * HOUR)
        assert_as_before(before, now + hours * HOUR)
        assert state_of_tickets(found) == tickets
        assert Command.objects.get(pk=command.pk).state == "undone"
        for case in found:
            last = CaseEntry.objects.filter(case=case).latest("pk")
            assert last.to_state == Case.objects.get(pk=case.pk).state


def state_of_tickets(found: list[Case]) -> list[tuple[Any, ...]]:
    orders = [case.order for case in found]
    return sorted(
        (ticket.kind, ticket.number, ticket.order_id, sorted(step.name for step in ticket.steps.all()))
        for order in orders
        for ticket in order.tickets.all()
    )


def test_whoever_has_a_case_again_by_an_undo_of_somebody_else_has_it_for_a_whole_claim(
    shop: Shop, seller: User, admin: User, now: datetime
) -> None:
    found = late_orders(shop, now, 1)
    run(member_of(seller), Action.ASSIGN, found, now, assignee=seller.pk)
    command = run(member_of(admin), Action.ASSIGN, found, now + HOUR / 2, assignee=admin.pk)
    undoing.undo(member_of(admin), command.pk, now=now + 2 * HOUR)
    assert claims.expire_due(now + 2 * HOUR) == 0
    case = Case.objects.get()
    assert (case.assignee, case.claimed_until) == (seller, now + 3 * HOUR)


def test_an_undo_in_several_sets_locks_all_orders_before_any_case(
    shop: Shop, seller: User, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = late_orders(shop, now, 4)
    command = run(member_of(seller), Action.ASSIGN, found, now, assignee=seller.pk)
    monkeypatch.setattr(undoing, "BATCH", 2)
    with CaptureQueriesContext(
        connection,
    ) as queries:
        undoing.undo(member_of(seller), command.pk, now=now)
    locks = [
        query["sql"]
        for query in queries
        if 'FOR NO KEY UPDATE OF "orders_order"' in query["sql"]
        or 'FOR NO KEY UPDATE OF "exceptions_case"' in query["sql"]
    ]
    first = locks[0]
    assert 'OF "orders_order"' in first
    assert all(str(case.order_id) in first for case in found)


def test_a_snooze_until_a_time_of_the_readers_own_zone_is_taken_back(shop: Shop, seller: User, now: datetime) -> None:
    found = late_orders(shop, now, 1)
    until = (now + 3 * HOUR).astimezone(ZoneInfo("Asia/Shanghai"))
    command = run(member_of(seller), Action.SNOOZE, found, now, until=until)
    undoing.undo(member_of(seller), command.pk, now=now + HOUR)
    assert results(command) == {found[0].pk: "undone"}
    assert Case.objects.get().state == "open"
