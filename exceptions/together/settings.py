"""Who takes what, set by an admin, with a line in the audit trail."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, Final

from django.db import transaction
from django.http import Http404
from django.utils.translation import gettext_lazy as _

from exceptions.deadlines.kinds import Kind
from exceptions.models import Case, DeskRules
from exceptions.together import team
from merchants import audit
from merchants.access import Member
from merchants.models import Shop
from shipments.models import Carrier

RULES: Final = audit.label("desk.rules", _("Changed how cases are shared out"))
TAKES: Final = audit.label("desk.takes", _("Changed what somebody takes"))


def save_rules(member: Member, told: dict[str, Any], now: datetime) -> DeskRules:
    """Set how cases are shared out from now on. Claims of today end as they were to; none ends once none shall."""
    with transaction.atomic():
        DeskRules.objects.bulk_create([DeskRules(merchant=member.merchant)], ignore_conflicts=True)
        before = DeskRules.objects.select_for_update(no_key=True).get(merchant=member.merchant)
        DeskRules.objects.filter(pk=before.pk).update(**told)
        after = DeskRules.objects.get(pk=before.pk)
        if not after.claim_minutes:
            Case.objects.filter(merchant=member.merchant, claimed_until__isnull=False).update(claimed_until=None)
        if _said(before) != _said(after):
            audit.record(member, RULES, str(_("Sharing out")), now, before=_said(before), after=_said(after))
    return after


def _said(rules: DeskRules) -> str:
    return f"{rules.sharing} · {rules.claim_minutes} min · ≤ {rules.cases_each}"


def mate_of(member: Member, membership_id: int) -> team.Mate:
    """One of the merchant's people; Http404 for anybody else."""
    found = next((one for one in team.mates(member.merchant) if one.membership.pk == membership_id), None)
    if found is None:
        raise Http404
    return found


def save_takes(
    member: Member,
    mate: team.Mate,
    *,
    on: bool,
    kinds: Iterable[Kind],
    carriers: Iterable[Carrier],
    shops: Iterable[Shop],
    now: datetime,
) -> None:
    """Set what somebody takes from now on, and whether they are on duty."""
    kinds, carriers, shops = list(kinds), list(carriers), list(shops)
    with transaction.atomic():
        team.take(mate.membership.pk, on=on, kinds=kinds, carriers=carriers, shops=shops, now=now)
        after = mate_of(member, mate.membership.pk)
        if _taken(mate) != _taken(after):
            audit.record(member, TAKES, mate.user.display_name, now, before=_taken(mate), after=_taken(after))


def _taken(mate: team.Mate) -> str:
    """What somebody takes, by codes."""
    shops = Shop.objects.filter(pk__in=mate.takes_shops).order_by("code").values_list("code", flat=True)
    carriers = Carrier.objects.filter(pk__in=mate.carriers).order_by("code").values_list("code", flat=True)
    sorts = (sorted(mate.kinds), list(carriers), list(shops))
    return " · ".join(["on" if mate.on else "off", *(", ".join(sort) or "*" for sort in sorts)])
