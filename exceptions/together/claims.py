"""Claims: a case in somebody's charge stays theirs while they do something about it, and comes free when they do not.

Whatever its owner does to a case holds the claim for another `claim_minutes`; a snooze holds it until it is over and as
long again. A claim that runs out puts the case back to everybody, with a line in its log.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from django.db import connection

from exceptions.models import CLAIM_MINUTES, Case, DeskRules
from exceptions.sweep import BATCH
from merchants.models import Merchant, User


def length_of(merchant: Merchant) -> timedelta | None:
    """How long a claim of this merchant's people lasts; None = it does not end by itself."""
    minutes = DeskRules.objects.filter(merchant=merchant).values_list("claim_minutes", flat=True).first()
    minutes = CLAIM_MINUTES if minutes is None else minutes
    return timedelta(minutes=minutes) if minutes else None


def held(by: User, case: Case, change: Mapping[str, Any], length: timedelta | None, now: datetime) -> dict[str, Any]:
    """Return what an act sets on the case, `change`, and with it how long the claim lasts, where the act says anew.

    It does where it puts somebody else in charge, and where the owner is the one who acts.
    """
    changed = dict(change)
    owner = changed.get("assignee", case.assignee_id)
    if "assignee" not in changed and owner != by.pk:
        return changed
    changed["claimed_until"] = until(changed.get("snoozed_until", case.snoozed_until), length, now) if owner else None
    return changed


def until(snoozed_until: datetime | None, length: timedelta | None, now: datetime) -> datetime | None:
    """When a claim that is made or held now runs out."""
    return max(now, snoozed_until or now) + length if length else None


# A case that came back by itself gives its owner as long as a new claim would. A snoozed case waits for what its owner
# said it waits for. The case alone is locked: no order is touched.
EXPIRE: Final = """
with due as (
    select k.id, k.assignee_id
    from exceptions_case k
    left join exceptions_deskrules r on r.merchant_id = k.merchant_id
    where k.state = 'open' and k.assignee_id is not null and k.claimed_until <= %(now)s
      and (k.relapsed_at is null
           or k.relapsed_at + coalesce(r.claim_minutes, %(minutes)s) * interval '1 minute' <= %(now)s)
    order by k.id limit %(most)s
    for no key update of k skip locked
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
        cursor.execute(EXPIRE, {"now": now, "most": BATCH, "minutes": CLAIM_MINUTES})
        return cursor.rowcount
