"""What people do to many cases at once: preview, commit, a result per case, and the whole of it taken back."""

from datetime import datetime, timedelta

import pytest
from django.db import connection
from django.http import Http404
from django.test.utils import CaptureQueriesContext
from django.utils import translation

from exceptions.desk import acting, cases, running, undoing
from exceptions.desk.acts import Act
from exceptions.desk.workflow import Action
from exceptions.errors import Incomplete, NotAllowed
from exceptions.models import Case, CaseEntry, Command, CommandItem
from merchants.models import Shop, User
from orders.models import Order
from tests.exceptions.acting import late_orders, results, run
from tests.exceptions.making import member_of
from tests.exceptions.scene import late_dispatch, late_pickup, sweep_all

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
def in_english() -> None:
    translation.activate("en")


def test_each_case_of_a_command_is_told_by_itself(shop: Shop, seller: User, now: datetime) -> None:
    first, second, third = late_orders(shop, now, 3)
    member = member_of(seller)
    cases.act(member, second.pk, Action.RESOLVE, now=now, outcome="handled")
    cases.act(member, third.pk, Action.SNOOZE, now=now, until=now + HOUR)
    command = run(member, Action.WAKE, [first, second, third], now)
    told = {item.case_id: (item.result, item.reason) for item in command.items.all()}
    assert told[first.pk] == ("no_op", "This case is open: “Wake now” is not possible now.")
    assert told[second.pk][0] == "rejected"
    assert told[second.pk][1].startswith("This case is resolved: “Wake now” is not possible now. chenmo: Resolve")
    assert told[third.pk] == ("applied", "")
    assert Case.objects.get(pk=third.pk).state == "open"


def test_a_preview_changes_nothing_and_its_commit_does_what_it_said(shop: Shop, seller: User, now: datetime) -> None:
    found = late_orders(shop, now, 3)
    member = member_of(seller)
    act = Act(member, Action.RESOLVE, now, outcome="no_action", note="重复")
    command = acting.preview(member, act, [case.pk for case in found], now=now, query="kind=late_dispatch")
    assert (command.state, set(results(command).values())) == ("preview", {"applied"})
    assert not Case.objects.filter(state="resolved").exists()
    acting.commit(member, command.pk, now=now)
    command.refresh_from_db()
    assert (command.state, command.query, command.arguments["note"]) == ("done", "kind=late_dispatch", "重复")
    assert list(Case.objects.values_list("state", "outcome").distinct()) == [("resolved", "no_action")]
    assert CaseEntry.objects.filter(action="resolve", command=command, note="重复").count() == 3
    with pytest.raises(NotAllowed, match="carried out already"):
        acting.commit(member, command.pk, now=now)


def test_what_changed_after_the_preview_is_told_with_who_was_faster(
    shop: Shop, seller: User, admin: User, now: datetime
) -> None:
    first, second = late_orders(shop, now, 2)
    member = member_of(seller)
    act = Act(member, Action.ASSIGN, now, assignee=seller.pk)
    command = acting.preview(member, act, [first.pk, second.pk], now=now)
    cases.act(member_of(admin), first.pk, Action.ASSIGN, now=now, assignee=admin.pk)
    acting.commit(member, command.pk, now=now)
    told = {item.case_id: (item.result, item.reason) for item in command.items.all()}
    assert told[first.pk] == ("rejected", "linxiao was faster: Assign, 12:00.")
    assert told[second.pk][0] == "applied"
    assert Case.objects.get(pk=first.pk).assignee == admin


def test_another_persons_note_is_in_nobodys_way(shop: Shop, seller: User, admin: User, now: datetime) -> None:
    (case,) = late_orders(shop, now, 1)
    seen = CaseEntry.objects.latest("pk").pk
    cases.act(member_of(admin), case.pk, Action.NOTE, now=now, note="问过网点")
    cases.act(member_of(seller), case.pk, Action.ASSIGN, now=now, assignee=seller.pk, seen=seen)
    assert Case.objects.get().assignee == seller


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"outcome": "no_action"}, "note"),
        ({"outcome": "false_alarm", "note": "  "}, "note"),
        ({"outcome": "merged", "note": "?"}, "outcome"),
    ],
)
def test_who_closes_a_case_without_doing_anything_says_why(
    shop: Shop, seller: User, now: datetime, given: dict[str, str], field: str
) -> None:
    (case,) = late_orders(shop, now, 1)
    with pytest.raises(Incomplete) as refusal:
        run(member_of(seller), Action.RESOLVE, [case], now, **given)
    assert refusal.value.field == field
    assert not Command.objects.exists()


def test_nothing_but_the_picked_cases_of_ones_own_shops_is_touched(
    shop: Shop, other_shop: Shop, stranger_shop: Shop, support: User, now: datetime
) -> None:
    mine, unpicked = late_orders(shop, now, 2)
    elsewhere, foreign = late_dispatch(other_shop, now), late_dispatch(stranger_shop, now)
    command = run(member_of(support), Action.NOTE, [mine, elsewhere, foreign], now, note="?")
    assert results(command) == {mine.pk: "applied"}
    assert list(CaseEntry.objects.filter(action="note").values_list("case", flat=True)) == [mine.pk]
    act = Act(member_of(support), Action.NOTE, now, note="?")
    previewed = acting.preview(member_of(support), act, [elsewhere.pk, foreign.pk, unpicked.pk], now=now)
    assert results(previewed) == {unpicked.pk: "applied"}


def test_a_shop_taken_from_a_person_between_preview_and_commit_is_out_of_reach(
    shop: Shop, other_shop: Shop, support: User, now: datetime
) -> None:
    case = late_dispatch(shop, now)
    act = Act(member_of(support), Action.NOTE, now, note="?")
    command = acting.preview(member_of(support), act, [case.pk], now=now)
    support.memberships.get().shops.set([other_shop])
    acting.commit(member_of(support), command.pk, now=now)
    assert command.items.get().reason == "It is not in your shops."
    assert not CaseEntry.objects.filter(action="note").exists()


def test_commands_are_their_authors_and_the_admins(shop: Shop, seller: User, support: User, admin: User, now) -> None:
    (case,) = late_orders(shop, now, 1)
    command = run(member_of(seller), Action.NOTE, [case], now, note="?")
    assert acting.mine(member_of(seller)).get() == command
    assert acting.mine(member_of(admin)).get() == command
    assert not acting.mine(member_of(support)).exists()
    with pytest.raises(Http404):
        undoing.undo(member_of(support), command.pk, now=now)


@pytest.mark.parametrize(
    ("action", "given"),
    [
        (Action.ASSIGN, {}),
        (Action.NOTE, {"note": "问过了"}),
        (Action.SNOOZE, {"wakes_on": "due"}),
        (Action.RESOLVE, {"outcome": "handled"}),
        (Action.INTERCEPT, {"note": "买家要求退款"}),
    ],
)
def test_many_cases_take_as_many_statements_as_few(
    shop: Shop, seller: User, now: datetime, action: Action, given: dict[str, str]
) -> None:
    for n in range(12):
        late_pickup(shop, now, number=f"68{n:04d}", waybill=f"YT{n:013d}")
    found = list(Case.objects.order_by("pk"))
    if action is Action.ASSIGN:
        given = {"assignee": seller.pk}
    member = member_of(seller)
    taken = []
    for part in (found[:2], found[2:]):
        with CaptureQueriesContext(
            connection,
        ) as queries:
            command = run(member, action, part, now, **given)
        assert set(results(command).values()) == {"applied"}
        taken.append(len(queries))
    assert taken[0] == taken[1]
    assert taken[0] <= 25


def test_more_than_a_set_is_queued_and_carried_out_set_by_set(
    shop: Shop, seller: User, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(acting, "BATCH", 2)
    monkeypatch.setattr(running, "BATCH", 2)
    found = late_orders(shop, now, 5)
    member = member_of(seller)
    command = run(member, Action.ASSIGN, found, now, assignee=seller.pk)
    assert (command.state, set(results(command).values())) == ("queued", {"pending"})
    assert running.carry_out(now) == 1
    command.refresh_from_db()
    assert (command.state, sorted(results(command).values())) == ("running", ["applied"] * 2 + ["pending"] * 3)
    while running.carry_out(now):
        pass
    command.refresh_from_db()
    assert (command.state, set(results(command).values())) == ("done", {"applied"})
    assert Case.objects.filter(assignee=seller).count() == 5
    assert CaseEntry.objects.filter(action="assign").count() == 5, "each once"


def test_a_worker_that_died_is_taken_over_from_once_its_lease_is_over(
    shop: Shop, seller: User, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(acting, "BATCH", 2)
    command = run(member_of(seller), Action.ASSIGN, late_orders(shop, now, 3), now, assignee=seller.pk)
    Command.objects.filter(pk=command.pk).update(state="running", lease_until=now + acting.LEASE)
    assert running.carry_out(now + HOUR / 120) == 0
    assert running.carry_out(now + 2 * acting.LEASE) == 1
    assert set(results(command).values()) == {"applied"}


def test_a_cancelled_command_keeps_what_is_done_and_does_no_more(
    shop: Shop, seller: User, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(acting, "BATCH", 2)
    monkeypatch.setattr(running, "BATCH", 2)
    member = member_of(seller)
    command = run(member, Action.ASSIGN, late_orders(shop, now, 5), now, assignee=seller.pk)
    running.carry_out(now)
    assert running.cancel(member, command.pk, now=now)
    assert not running.cancel(member, command.pk, now=now)
    assert running.carry_out(now) == 0
    assert sorted(results(command).values()) == ["applied"] * 2 + ["rejected"] * 3
    undoing.undo(member, command.pk, now=now)
    assert not Case.objects.exclude(assignee=None).exists()


def test_who_left_meanwhile_changes_nothing_more(
    shop: Shop, seller: User, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(acting, "BATCH", 2)
    command = run(member_of(seller), Action.ASSIGN, late_orders(shop, now, 3), now, assignee=seller.pk)
    seller.memberships.all().delete()
    assert running.carry_out(now) == 1
    command.refresh_from_db()
    assert (command.state, set(results(command).values())) == ("done", {"rejected"})


def test_one_case_that_cannot_be_written_stops_no_other(
    shop: Shop, seller: User, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second, third = late_orders(shop, now, 3)
    honest = acting.write

    def write(decisions):  # type: ignore[no-untyped-def]
        if any(one.case.pk == second.pk for one in decisions):
            raise ValueError("poison")
        honest(decisions)

    monkeypatch.setattr(acting, "write", write)
    command = run(member_of(seller), Action.RESOLVE, [first, second, third], now, outcome="handled")
    assert results(command) == {first.pk: "applied", second.pk: "failed", third.pk: "applied"}
    assert "poison" in CommandItem.objects.get(case=second).reason
    assert sorted(Case.objects.values_list("state", flat=True)) == ["open", "resolved", "resolved"]


def test_more_than_can_be_looked_through_is_refused(shop: Shop, seller: User, now: datetime) -> None:
    act = Act(member_of(seller), Action.NOTE, now, note="?")
    with pytest.raises(NotAllowed, match="too many at once"):
        acting.preview(member_of(seller), act, range(acting.MOST + 1), now=now)


def test_several_people_can_be_put_in_charge_by_one_command(
    shop: Shop, seller: User, support: User, now: datetime
) -> None:
    first, second = late_orders(shop, now, 2)
    shares = {first.pk: seller.pk, second.pk: support.pk}
    command = run(member_of(seller), Action.ASSIGN, [first, second], now, assignees=shares)
    assert dict(Case.objects.values_list("pk", "assignee")) == shares
    undoing.undo(member_of(seller), command.pk, now=now)
    assert not Case.objects.exclude(assignee=None).exists()


def test_reopening_many_has_their_orders_judged_again(shop: Shop, seller: User, now: datetime) -> None:
    found = late_orders(shop, now, 2)
    run(member_of(seller), Action.RESOLVE, found, now, outcome="handled")
    run(member_of(seller), Action.REOPEN, found, now)
    assert Order.objects.filter(review_at=now).count() == 2
    sweep_all(now)
    assert Case.objects.filter(state="open").count() == 2
