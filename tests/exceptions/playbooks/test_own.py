"""A merchant's own playbook: changed whole, told to the audit trail, back to the default, over nobody's head."""

from dataclasses import replace
from datetime import datetime
from decimal import Decimal

import pytest

from exceptions.deadlines.kinds import Kind
from exceptions.desk.workflow import Action
from exceptions.models import Case, Playbook, PlaybookStep
from exceptions.playbooks import own, progress, shown
from exceptions.playbooks.shipped import SHIPPED
from exceptions.playbooks.steps import After, Step, StepError
from exceptions.rulemaking.refusals import Overtaken, Refused
from merchants.models import AuditEntry, Membership, Role, Shop, User
from tests.exceptions.making import member_of
from tests.exceptions.scene import late_pickup

pytestmark = pytest.mark.django_db
KIND = Kind.LATE_PICKUP
STEPS = SHIPPED[KIND].steps
MINE = Step("own-1", "问仓库", "Ask the warehouse", "", "", None, After.OPENED, Decimal("0.5"))


def test_without_a_playbook_of_its_own_a_merchant_has_those_shipped(shop: Shop) -> None:
    assert own.of_merchant(shop.merchant.pk) == SHIPPED


def test_a_saved_playbook_is_read_back_as_it_was_written(admin: User, now: datetime) -> None:
    member = member_of(admin)
    wanted = (MINE, *STEPS[1:], replace(STEPS[0], worktime=True, name_zh="改了"))
    assert own.save(member, KIND, wanted, 0, now).number == 1
    found = own.of_merchant(member.merchant.pk)
    assert found[KIND].number == 1
    assert [replace(step, source=()) for step in wanted] == list(found[KIND].steps)
    assert {kind for kind in Kind if found[kind] is not SHIPPED[kind]} == {KIND}


def test_a_change_is_written_to_the_audit_trail_with_before_and_after(admin: User, now: datetime) -> None:
    own.save(member_of(admin), KIND, (MINE, STEPS[0]), 0, now)
    entry = AuditEntry.objects.get()
    assert (entry.action, entry.subject, entry.by) == ("playbooks.change", "Late pickup", admin)
    assert (
        entry.detail["after"] == "Ask the warehouse (within 0.5 h of opening) → Tell the buyer (within 2 h of opening)"
    )
    assert entry.detail["before"].startswith("Tell the buyer (within 2 h of opening)")


def test_saving_what_is_shipped_is_the_way_back(admin: User, now: datetime) -> None:
    member = member_of(admin)
    own.save(member, KIND, (MINE, STEPS[0]), 0, now)
    assert own.save(member, KIND, STEPS, 1, now).number == 0
    assert (Playbook.objects.count(), PlaybookStep.objects.count()) == (0, 0)
    assert [entry.action for entry in AuditEntry.objects.order_by("pk")] == ["playbooks.change", "playbooks.reset"]


def test_saving_without_a_change_changes_nothing(admin: User, now: datetime) -> None:
    member = member_of(admin)
    own.save(member, KIND, (MINE,), 0, now)
    assert own.save(member, KIND, (MINE,), 1, now).number == 1
    own.save(member, Kind.LOSS, SHIPPED[Kind.LOSS].steps, 0, now)
    assert AuditEntry.objects.count() == 1


def test_who_saves_over_somebody_elses_change_is_told(admin: User, now: datetime) -> None:
    member = member_of(admin)
    own.save(member, KIND, (MINE,), 0, now)
    with pytest.raises(Overtaken):
        own.save(member, KIND, STEPS[:2], 0, now)
    with pytest.raises(Overtaken):
        own.reset(member, KIND, 0, now)
    assert own.reset(member, KIND, 1, now).number == 0


def test_steps_that_cannot_be_are_not_saved(admin: User, now: datetime) -> None:
    with pytest.raises(StepError):
        own.save(member_of(admin), KIND, (), 0, now)
    assert not Playbook.objects.exists()


def test_an_admin_of_one_shop_only_does_not_change_what_all_follow(
    admin: User, shop: Shop, other_shop: Shop, now: datetime
) -> None:
    Membership.objects.get(user=admin, role=Role.ADMIN).shops.set([shop])
    with pytest.raises(Refused):
        own.save(member_of(admin), KIND, (MINE,), 0, now)


def test_open_cases_keep_what_is_done_and_show_it_though_the_step_is_gone(
    shop: Shop, admin: User, now: datetime
) -> None:
    case = late_pickup(shop, now)
    member = member_of(admin)
    progress.by_hand(member, case.pk, "tell_buyer", progress.TICK, now)
    progress.by_hand(member, case.pk, "urge", progress.TICK, now)
    assert own.touched(shop.merchant, KIND) == 1
    own.save(member, KIND, (MINE, replace(STEPS[1], name_en="Ring them")), 0, now)
    fresh = Case.objects.select_related("shop", "waybill").get(pk=case.pk)
    board = shown.board(fresh, now)
    assert [(row.name, row.state) for row in board.rows] == [
        ("Tell the buyer", "done"),
        ("Ask the warehouse", "next"),
        ("Ring them", "done"),
    ]
    assert (board.n_done, board.n_all, board.changed) == (2, 3, True)


def test_another_merchant_is_not_touched(shop: Shop, stranger: User, admin: User, now: datetime) -> None:
    own.save(member_of(admin), KIND, (MINE,), 0, now)
    assert own.of_merchant(member_of(stranger).merchant.pk) == SHIPPED


def test_a_step_counted_in_working_hours_asks_for_the_shops_week(shop: Shop, admin: User, now: datetime) -> None:
    case = late_pickup(shop, now)  # a Sunday noon in Shanghai; as shipped the shop works 9 to 18 every day
    own.save(
        member_of(admin),
        KIND,
        (replace(MINE, worktime=True, hours=Decimal(8), verb=Action.URGE, when=STEPS[4].when),),
        0,
        now,
    )
    fresh = Case.objects.select_related("shop", "waybill").get(pk=case.pk)
    step = shown.as_button(progress.progress([fresh])[case.pk], now)
    assert step is not None
    assert f"{step.due_at.astimezone(shop.zone):%m-%d %H:%M}" == "11-23 11:00"
