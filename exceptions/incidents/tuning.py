"""From how many parcels on a merchant calls it an incident, as the admin has written it, and what other numbers would give."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.db import connection, transaction
from django.utils.translation import gettext_lazy as _

from exceptions.incidents.grouping import Key, Rule, Rules, Stuck, gather
from exceptions.incidents.whereabouts import Site
from exceptions.models import GatheringRule
from merchants import audit
from merchants.access import Member
from merchants.models import Merchant
from shipments.models import Carrier

CHANGED: Final = audit.label("incidents.tune", _("Changed what makes an incident"))
HOUR: Final = timedelta(hours=1)
# Incidents named in a preview; the others are counted.
NAMED: Final = 6

# Everything of one merchant that stands still, in an incident or not.
STUCK: Final = """
select k.id, k.waybill_id, t.carrier_id, t."where", t.place, t.to_place, t.since
from exceptions_case k join exceptions_casesite t on t.case_id = k.id
where k.merchant_id = %s and k.state <> 'resolved' and t."where" <> ''
"""


def rules() -> Rules:
    """The rules of all merchants."""
    return _of(GatheringRule.objects.all())


def _of(rows: Iterable[GatheringRule]) -> Rules:
    return Rules({(row.merchant_id, row.carrier_id): rule_of(row) for row in rows})


def rule_of(row: GatheringRule) -> Rule:
    return Rule(row.threshold, row.window_hours * HOUR, row.close_below, row.close_hours * HOUR)


def written(merchant: Merchant) -> list[GatheringRule]:
    """The merchant's rules: the one for every carrier first (as it is, or as the default has it), then by carrier."""
    rows = list(GatheringRule.objects.filter(merchant=merchant).select_related("carrier").order_by("carrier__code"))
    general = [row for row in rows if row.carrier is None] or [row_of(merchant, None, Rule())]
    return [*general, *(row for row in rows if row.carrier is not None)]


def row_of(merchant: Merchant, carrier: Carrier | None, rule: Rule) -> GatheringRule:
    return GatheringRule(
        merchant=merchant,
        carrier=carrier,
        threshold=rule.threshold,
        window_hours=rule.window // HOUR,
        close_below=rule.close_below,
        close_hours=rule.close_after // HOUR,
    )


@dataclass(frozen=True, slots=True)
class Would:
    """An incident that other numbers would make: where, of how many parcels."""

    carrier: Carrier
    title: str
    parcels: int


@dataclass(frozen=True, slots=True)
class Preview:
    """What numbers would make of what stands still now, the largest first, and how many more there are than named."""

    incidents: int
    parcels: int
    named: tuple[Would, ...]
    # Parcels that stand still, in all.
    stuck: int

    @property
    def more(self) -> int:
        return self.incidents - len(self.named)


def preview(merchant: Merchant, carrier: int | None, rule: Rule) -> Preview:
    """How many incidents there would be now if `rule` held (for one carrier, or for all that have none). Three statements."""
    with connection.cursor() as cursor:
        cursor.execute(STUCK, [merchant.pk])
        stuck = [
            Stuck(pk, waybill, Key(merchant.pk, of, Site(where, place, to_place)), since)
            for pk, waybill, of, where, place, to_place, since in cursor.fetchall()
        ]
    known = {(row.merchant_id, row.carrier_id): rule_of(row) for row in GatheringRule.objects.filter(merchant=merchant)}
    waybill_of = {one.case: one.waybill for one in stuck}
    openings = gather(stuck, {}, Rules(known | {(merchant.pk, carrier): rule})).openings
    sizes = [(one.key, len({waybill_of[case] for case in one.cases})) for one in openings]
    sizes.sort(key=lambda pair: (-pair[1], pair[0]))
    carriers = Carrier.objects.in_bulk({key.carrier for key, _ in sizes[:NAMED]})
    named = tuple(Would(carriers[key.carrier], _title(key.site), size) for key, size in sizes[:NAMED])
    return Preview(len(sizes), sum(size for _, size in sizes), named, len(set(waybill_of.values())))


def _title(site: Site) -> str:
    return f"{site.place} → {site.to_place}" if site.to_place else site.place


@transaction.atomic
def save(member: Member, carrier: Carrier | None, rule: Rule, now: datetime) -> None:
    """Write the rule for a carrier, or for all that have none; the next round goes by it."""
    row = row_of(member.merchant, carrier, rule)
    numbers = {name: getattr(row, name) for name in ("threshold", "window_hours", "close_below", "close_hours")}
    before = GatheringRule.objects.filter(merchant=member.merchant, carrier=carrier).first()
    GatheringRule.objects.update_or_create(merchant=member.merchant, carrier=carrier, defaults=numbers)
    subject = carrier.code if carrier else str(member.merchant)
    audit.record(member, CHANGED, subject, now, before=str(before or ""), after=str(row))


@transaction.atomic
def drop(member: Member, carrier: Carrier, now: datetime) -> bool:
    """Take a carrier's own rule away; whether there was one."""
    row = GatheringRule.objects.filter(merchant=member.merchant, carrier=carrier).first()
    if row is None:
        return False
    audit.record(member, CHANGED, carrier.code, now, before=str(row), after="")
    row.delete()
    return True
