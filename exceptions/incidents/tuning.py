"""From how many parcels on a merchant calls it an incident, as the admin has written it, and what other numbers would give."""

from collections.abc import Iterable
from datetime import timedelta

from exceptions.incidents.grouping import Rule, Rules
from exceptions.models import GatheringRule


def rules() -> Rules:
    """The rules of all merchants."""
    return of_rows(GatheringRule.objects.all())


def of_rows(rows: Iterable[GatheringRule]) -> Rules:
    return Rules({(row.merchant_id, row.carrier_id): rule_of(row) for row in rows})


def rule_of(row: GatheringRule) -> Rule:
    return Rule(row.threshold, timedelta(hours=row.window_hours), row.close_below, timedelta(hours=row.close_hours))
