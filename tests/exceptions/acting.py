"""Many cases to act on, and acts upon them, for tests."""

from datetime import datetime, timedelta
from typing import Any

from exceptions.desk import acting
from exceptions.desk.acts import Act
from exceptions.desk.workflow import Action
from exceptions.models import Case, Command, CommandItem
from merchants.access import Member
from merchants.models import Shop
from tests.exceptions.making import an_order
from tests.exceptions.scene import sweep_all


def late_orders(shop: Shop, now: datetime, n: int) -> list[Case]:
    """Cases of so many orders that were paid 50 h ago and not dispatched."""
    for i in range(n):
        an_order(shop, f"L{i:05d}", now - timedelta(hours=50))
    sweep_all(now)
    return list(Case.objects.filter(shop=shop, kind="late_dispatch").order_by("pk"))


def run(member: Member, action: Action, cases: list[Case], now: datetime, **given: Any) -> Command:
    return acting.run(member, Act(member, action, now, **given), [case.pk for case in cases], now=now)


def results(command: Command) -> dict[int, str]:
    """What became of each case."""
    return dict(CommandItem.objects.filter(command=command).values_list("case_id", "result"))
