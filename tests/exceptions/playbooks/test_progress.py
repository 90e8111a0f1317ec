"""How far a case has come with its playbook: ticked by an act, by hand, skipped, taken back, started anew."""

from datetime import datetime, timedelta
from decimal import Decimal

import pytest
from django.http import Http404

from exceptions.deadlines.kinds import Kind
from exceptions.desk import acting, cases, undoing
from exceptions.desk.acts import Act
from exceptions.desk.workflow import Action
from exceptions.errors import Incomplete, NotAllowed
from exceptions.models import Case, CaseEntry, CaseStep, Command
from exceptions.playbooks import own, progress, shown
from exceptions.playbooks.progress import SKIP, TICK, UNDO, by_hand
from exceptions.playbooks.steps import After, Step
from merchants.models import Shop, User
from tests.exceptions.making import member_of
from tests.exceptions.scene import late_dispatch, late_pickup, stalled

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
ORDERED = (Step("work_order", "提工单", "Work order", "", "", Action.WORK_ORDER, After.OPENED, Decimal(1)),)


@pytest.fixture
def case(shop: Shop, now: datetime) -> Case:
    return late_pickup(shop, now)


def read(case: Case) -> progress.Progress:
    fresh = Case.objects.select_related("shop", "waybill").get(pk=case.pk)
    return progress.progress([fresh], whole=True)[case.pk]


def next_code(case: Case) -> str:
    found = read(case).next
    return found.step.code if found else ""


def done(case: Case) -> list[str]:
    return list(read(case).done)


def an_act(case: Case, action: Action, by: User, now: datetime) -> CaseEntry:
    command = Command.objects.create(merchant=case.merchant, by=by, action=action.value, created_at=now)
    line = CaseEntry.objects.create(
        case=case, at=now, by=by, action=action.value, from_state="open", to_state="open", command=command
    )
    progress.tick([case.pk], action, [line], by, now)
    return line


def test_a_new_case_begins_with_the_first_step(case: Case, now: datetime) -> None:
    step = shown.as_button(read(case), now)
    assert step is not None
    assert (step.code, step.verb, step.due_at) == ("tell_buyer", "contact", now + 2 * HOUR)
    assert step.url == f"/cases/{case.pk}/?do=contact#do-contact"
    assert (step.late, step.tone) == ("", "calm")


def test_a_step_that_was_not_done_in_time_says_how_late_it_is(case: Case, now: datetime) -> None:
    step = shown.as_button(read(case), now + 5 * HOUR)
    assert step is not None
    assert (step.late, step.tone) == ("step 3h 00m over", "broken")


def test_an_act_does_the_first_open_step_that_asks_for_it(case: Case, seller: User, now: datetime) -> None:
    line = an_act(case, Action.URGE, seller, now)
    mark = CaseStep.objects.get()
    assert (mark.code, mark.by, mark.done_at, mark.entry, mark.round) == ("urge", seller, now, line, 0)
    assert next_code(case) == "tell_buyer", "out of turn: the first one is still to be done"
    an_act(case, Action.CONTACT, seller, now)
    assert next_code(case) == "proof"


def test_an_act_that_no_step_asks_for_does_none(case: Case, seller: User, now: datetime) -> None:
    an_act(case, Action.WORK_ORDER, seller, now)
    assert not CaseStep.objects.exists()


def test_taking_the_act_back_opens_its_step_again(case: Case, seller: User, admin: User, now: datetime) -> None:
    line = an_act(case, Action.CONTACT, seller, now)
    assert line.command_id
    assert progress.untick(line.command_id, [case.pk], admin, now + HOUR) == 1
    assert next_code(case) == "tell_buyer"
    mark = CaseStep.objects.get()
    assert (mark.by, mark.undone_by, mark.undone_at) == (seller, admin, now + HOUR), "who did it is still told"
    an_act(case, Action.CONTACT, seller, now + 2 * HOUR)
    assert done(case) == ["tell_buyer"]


def test_an_act_at_the_desk_does_its_step_and_its_undoing_opens_it_again(
    case: Case, seller: User, now: datetime
) -> None:
    member = member_of(seller)
    command = acting.run(member, Act(member, Action.CONTACT, now, note="已告知"), [case.pk], now=now)
    assert next_code(case) == "urge"
    assert CaseStep.objects.get().entry == CaseEntry.objects.get(action="contact")
    undoing.undo(member, command.pk, now=now + HOUR)
    assert next_code(case) == "tell_buyer"


def test_what_was_so_already_does_its_step_too(case: Case, seller: User, now: datetime) -> None:
    member = member_of(seller)
    act = Act(member, Action.WORK_ORDER, now)
    acting.run(member, act, [case.pk], now=now)
    own.save(member, Kind.LATE_PICKUP, ORDERED, 0, now)
    command = acting.run(member, act, [case.pk], now=now)
    assert command.items.get().result == "no_op"
    assert (CaseStep.objects.get().code, CaseStep.objects.get().entry) == ("work_order", None)


def test_fifty_cases_take_their_next_step_at_once(shop: Shop, seller: User, now: datetime) -> None:
    made = [late_pickup(shop, now, f"68{n}", f"YT88342019448{n}").pk for n in range(10, 60)]
    member = member_of(seller)
    acting.run(member, Act(member, Action.CONTACT, now), made, now=now)
    fresh = list(Case.objects.filter(pk__in=made).select_related("shop", "waybill"))
    assert {one.next.step.code for one in progress.progress(fresh).values() if one.next} == {"urge"}


def test_many_cases_are_ticked_in_a_fixed_number_of_queries(
    shop: Shop, seller: User, now: datetime, django_assert_num_queries
) -> None:
    made = [late_pickup(shop, now, f"69{n}", f"YT88342019447{n}") for n in range(10, 40)]
    lines = [
        CaseEntry.objects.create(case=one, at=now, by=seller, action="contact", from_state="open", to_state="open")
        for one in made
    ]
    with django_assert_num_queries(5):
        assert progress.tick([one.pk for one in made], Action.CONTACT, lines, seller, now) == 30
    fresh = list(Case.objects.filter(pk__in=[one.pk for one in made]).select_related("shop", "waybill"))
    with django_assert_num_queries(3):
        found = progress.progress(fresh)
    assert [one.next.step.code for one in found.values() if one.next] == ["urge"] * 30


def test_a_step_is_ticked_by_hand_once(case: Case, seller: User, support: User, now: datetime) -> None:
    by_hand(member_of(seller), case.pk, "proof", TICK, now)
    by_hand(member_of(support), case.pk, "proof", TICK, now + HOUR)
    (mark,) = CaseStep.objects.all()
    assert (mark.code, mark.by, mark.done_at, mark.entry) == ("proof", seller, now, None)


def test_skipping_needs_a_reason(case: Case, seller: User, now: datetime) -> None:
    with pytest.raises(Incomplete) as refusal:
        by_hand(member_of(seller), case.pk, "tell_buyer", SKIP, now, "  ")
    assert refusal.value.field == "reason"
    by_hand(member_of(seller), case.pk, "tell_buyer", SKIP, now, "买家已知道")
    mark = CaseStep.objects.get()
    assert (mark.skipped, mark.reason, next_code(case)) == (True, "买家已知道", "urge")


def test_what_was_ticked_by_hand_can_be_taken_back_and_the_story_tells_both(
    case: Case, seller: User, now: datetime
) -> None:
    by_hand(member_of(seller), case.pk, "tell_buyer", TICK, now)
    by_hand(member_of(seller), case.pk, "tell_buyer", UNDO, now + HOUR)
    assert next_code(case) == "tell_buyer"
    board = shown.board(read(case).case, now)
    assert [(one.at, one.lead, one.text) for one in board.moments] == [
        (now, "chenmo", "ticked the step “Tell the buyer”"),
        (now + HOUR, "chenmo", "reopened the step “Tell the buyer”"),
    ]
    with pytest.raises(NotAllowed):
        by_hand(member_of(seller), case.pk, "tell_buyer", UNDO, now)


def test_a_step_the_case_does_not_have_cannot_be_ticked(case: Case, seller: User, now: datetime) -> None:
    for code in ("nonsense", "reship"):  # the second is for later: the case is not seriously broken
        with pytest.raises(NotAllowed):
            by_hand(member_of(seller), case.pk, code, TICK, now)


def test_a_closed_case_has_no_next_step_and_takes_no_ticks(case: Case, seller: User, now: datetime) -> None:
    cases.act(member_of(seller), case.pk, Action.RESOLVE, now=now, outcome="handled")
    assert next_code(case) == ""
    with pytest.raises(NotAllowed):
        by_hand(member_of(seller), case.pk, "tell_buyer", TICK, now)


def test_a_case_that_comes_back_starts_its_steps_anew_and_keeps_the_former_ones(
    case: Case, seller: User, now: datetime
) -> None:
    by_hand(member_of(seller), case.pk, "tell_buyer", TICK, now)
    cases.act(member_of(seller), case.pk, Action.RESOLVE, now=now, outcome="handled")
    cases.act(member_of(seller), case.pk, Action.REOPEN, now=now + 10 * HOUR)
    found = read(case)
    assert (found.round, found.next and found.next.step.code) == (1, "tell_buyer")
    assert found.next and found.next.due_at == now + 12 * HOUR, "its time begins anew too"
    assert [(mark.round, mark.code) for mark in found.former] == [(0, "tell_buyer"), (0, "close")]
    by_hand(member_of(seller), case.pk, "tell_buyer", TICK, now + 11 * HOUR)
    assert done(case) == ["tell_buyer"]
    Case.objects.filter(pk=case.pk).update(relapses=1, relapsed_at=now + 20 * HOUR)
    assert read(case).round == 2
    assert len(read(case).former) == 3


def test_steps_that_wait_for_the_break_appear_when_it_breaks(shop: Shop, now: datetime) -> None:
    soon = late_dispatch(shop, now, hours=40)
    codes = [one.step.code for one in read(soon).standing]
    assert codes == ["check_stock", "hand_over", "close"]
    broken = late_dispatch(shop, now, "690009", hours=50)
    assert [one.step.code for one in read(broken).standing] == [
        *("check_stock", "hand_over", "tell_buyer", "appeal", "close")
    ]


def test_nobody_ticks_a_case_of_another_merchant_or_shop(
    case: Case, stranger: User, support: User, other_shop: Shop, now: datetime
) -> None:
    with pytest.raises(Http404):
        by_hand(member_of(stranger), case.pk, "tell_buyer", TICK, now)
    Case.objects.update(shop=other_shop)
    with pytest.raises(Http404):
        by_hand(member_of(support), case.pk, "tell_buyer", TICK, now)
    assert not CaseStep.objects.exists()


def test_an_order_without_a_parcel_has_steps_too(shop: Shop, now: datetime) -> None:
    stalled(shop, now)
    assert next_code(late_dispatch(shop, now)) == "check_stock"
