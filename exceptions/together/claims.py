"""Claims that run out: a case whose owner does nothing about it goes back to everybody, with a line in its log."""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Final

from django.db import connection
from django.db.models import Q

from exceptions.desk.workflow import State
from exceptions.models import CLAIM_MINUTES, Case, DeskRules
from exceptions.sweep import BATCH
from merchants.access import Member
from merchants.models import Merchant


def length_of(merchant: Merchant) -> timedelta | None:
    """How long a claim of this merchant's people lasts; None = it does not end by itself."""
    minutes = DeskRules.objects.filter(merchant=merchant).values_list("claim_minutes", flat=True).first()
    minutes = CLAIM_MINUTES if minutes is None else minutes
    return timedelta(minutes=minutes) if minutes else None


def hold(member: Member, case_ids: Collection[int], now: datetime, again: Collection[int] = ()) -> None:
    """Hold the member's own among these cases for the whole length of a claim from now; longer ones stay as they are.

    So it is with cases that anybody has `again`, by an undo: not for what would be left of a claim that may be over by now.
    """
    length = length_of(member.merchant)
    if length:
        held = Q(assignee=member.user) | Q(assignee__isnull=False, pk__in=again)
        mine = Case.objects.filter(held, pk__in=case_ids, claimed_until__lt=now + length)
        mine.exclude(state=State.RESOLVED.value).update(claimed_until=now + length)


# A snoozed case waits for what its owner said it waits for. The case alone is locked: no order is touched.
EXPIRE: Final = """
with due as (
    select k.id, k.assignee_id
    from exceptions_case k
    where k.state = 'open' and k.assignee_id is not null and k.claimed_until <= %(now)s
    order by k.id limit %(most)s
    for no key update skip locked
), freed as (
    update exceptions_case k set assignee_id = null, claimed_until = null from due where k.id = due.id returning k.id
)
insert into exceptions_caseentry (case_id, at, action, from_state, to_state, note, detail)
select due.id, %(now)s, 'expire', 'open', 'open', '', jsonb_build_object('assignee', due.assignee_id)
from due join freed on freed.id = due.id
"""


def expire_due(now: datetime) -> int:
    """Put back the cases whose claim has run out, BATCH at most; return how many. Safe beside itself and beside people."""
    with connection.cursor() as cursor:
        cursor.execute(EXPIRE, {"now": now, "most": BATCH})
        return cursor.rowcount
