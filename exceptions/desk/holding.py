"""How long a case stays in somebody's charge: as long as they do something about it. Pure.

Whatever its owner does to a case holds the claim for its whole length again; a snooze holds it until it is over and as long
again. Who runs out is put back by exceptions.together.claims.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from exceptions.desk.workflow import State
from exceptions.models import Case


def held(by: int, case: Case, change: Mapping[str, Any], length: timedelta | None, now: datetime) -> dict[str, Any]:
    """Return `change`, what an act of the person `by` sets on the case, with what the claim becomes by it.

    It becomes another where the act puts somebody in charge, where the owner is the one who acts, and where the case is settled.
    """
    changed = dict(change)
    owner = changed.get("assignee_id", case.assignee_id)
    if changed.get("state") == State.RESOLVED.value or not owner:
        lasts = None
    elif "assignee_id" in changed or owner == by:
        lasts = until(changed.get("snoozed_until", case.snoozed_until), length, now)
    else:
        return changed
    return changed if lasts == case.claimed_until else changed | {"claimed_until": lasts}


def until(snoozed_until: datetime | None, length: timedelta | None, now: datetime) -> datetime | None:
    """When a claim that is made or held now runs out; None = it does not by itself."""
    return max(now, snoozed_until or now) + length if length else None
