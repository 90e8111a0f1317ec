"""Two people at one step, and two admins at one playbook, each in a connection of their own."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from threading import Barrier
from typing import Any

import pytest
from django.db import connection

from exceptions.deadlines.kinds import Kind
from exceptions.desk import acting
from exceptions.desk.acts import Act
from exceptions.desk.workflow import Action
from exceptions.models import Case, CaseEntry, CaseStep, Playbook
from exceptions.playbooks import own
from exceptions.playbooks.progress import TICK, by_hand
from exceptions.playbooks.shipped import SHIPPED
from exceptions.rulemaking.refusals import Overtaken
from merchants.models import Shop, User
from tests.exceptions.making import member_of
from tests.exceptions.scene import late_pickup

pytestmark = pytest.mark.django_db(transaction=True)


def at_once(*works: Any) -> list[Any]:
    """Run each in a thread of its own, all starting together; what one raises is its result."""
    barrier = Barrier(len(works))

    def run(work: Any) -> Any:
        try:
            barrier.wait(10)
            return work()
        except Exception as error:
            return error
        finally:
            connection.close()

    with ThreadPoolExecutor(len(works)) as pool:
        return list(pool.map(run, works))


def test_two_people_who_tick_one_step_at_once_tick_it_once(
    shop: Shop, seller: User, support: User, now: datetime
) -> None:
    case = late_pickup(shop, now)
    people = [member_of(seller), member_of(support)] * 4
    told = at_once(*(lambda who=who: by_hand(who, case.pk, "tell_buyer", TICK, now) for who in people))
    assert told == [None] * 8
    assert CaseStep.objects.get().code == "tell_buyer"


def test_two_acts_at_once_do_one_step_each_of_those_that_ask_for_it(shop: Shop, seller: User, now: datetime) -> None:
    case, member = late_pickup(shop, now), member_of(seller)
    act = Act(member, Action.CONTACT, now)
    at_once(*(lambda: acting.run(member, act, [case.pk], now=now) for _ in range(4)))
    assert CaseEntry.objects.filter(action="contact").count() == 4, "each call is told in the log"
    assert list(CaseStep.objects.values_list("code", flat=True)) == ["tell_buyer"]


def test_a_tick_by_hand_and_an_act_at_once_do_not_undo_one_another(shop: Shop, seller: User, now: datetime) -> None:
    case, member = late_pickup(shop, now), member_of(seller)
    act = Act(member, Action.CONTACT, now)
    told = at_once(
        lambda: by_hand(member, case.pk, "tell_buyer", TICK, now),
        lambda: acting.run(member, act, [case.pk], now=now),
        lambda: by_hand(member, case.pk, "urge", TICK, now + timedelta(minutes=1)),
    )
    assert not [one for one in told if isinstance(one, Exception)]
    assert sorted(CaseStep.objects.values_list("code", flat=True)) == ["tell_buyer", "urge"]
    assert Case.objects.get().state == "open"


def test_of_two_admins_who_save_a_playbook_at_once_one_is_told(shop: Shop, admin: User, now: datetime) -> None:
    member, steps = member_of(admin), SHIPPED[Kind.LOSS].steps
    told = at_once(
        lambda: own.save(member, Kind.LOSS, steps[1:], 0, now), lambda: own.save(member, Kind.LOSS, steps[:-1], 0, now)
    )
    assert sorted(isinstance(one, Overtaken) for one in told) == [False, True]
    assert Playbook.objects.get().number == 1
