"""What people do with an incident: open it, take charge, note, close, put cases in and take them out, split some off."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.db import IntegrityError, transaction
from django.db.models import Count, Min, Sum
from django.utils.translation import gettext as _

from exceptions.desk.workflow import State
from exceptions.errors import Incomplete, NotAllowed
from exceptions.incidents import gathering, healing
from exceptions.incidents.whereabouts import LONGEST_NAME, Site
from exceptions.models import Case, CaseSite, Incident, IncidentAction, IncidentEntry
from merchants.access import Member, scoped
from merchants.models import Membership
from shipments.models import Carrier

LONGEST_NOTE: Final = 2000
# Places to choose from, those with most parcels first.
PLACES: Final = 50
# Cases named in one act; more come from no form of ours.
MOST_NAMED: Final = 500


@dataclass(frozen=True, slots=True)
class Place:
    """A place where parcels of the member's shops stand still and no incident is open."""

    carrier: Carrier
    site: Site
    parcels: int
    stake: Any
    began_at: datetime

    @property
    def code(self) -> str:
        """What a form sends for it."""
        return "|".join((str(self.carrier.pk), self.site.where, self.site.place, self.site.to_place))

    @property
    def title(self) -> str:
        return f"{self.site.place} → {self.site.to_place}" if self.site.to_place else self.site.place


def places(member: Member) -> list[Place]:
    """Where parcels stand still outside any incident, most first. Two queries."""
    free = scoped(member, CaseSite.objects.exclude(where=""), via="case__shop")
    rows = list(
        free.exclude(case__state=State.RESOLVED.value)
        .filter(case__incident=None)
        .values_list("carrier", "where", "place", "to_place")
        .annotate(parcels=Count("case__waybill", distinct=True), stake=Sum("case__at_stake"), began_at=Min("since"))
        .order_by("-parcels", "place", "to_place")[:PLACES]
    )
    carriers = Carrier.objects.in_bulk({row[0] for row in rows})
    return [
        Place(carriers[carrier], Site(where, place, to_place), parcels, stake, began_at)
        for carrier, where, place, to_place, parcels, stake, began_at in rows
    ]


def open_by_hand(member: Member, code: str, now: datetime, note: str = "") -> Incident:
    """Open an incident at one of `places`, with whatever stands still there.

    Raises Incomplete for a place that is not among them, NotAllowed where an incident is open there already.
    """
    place = next((one for one in places(member) if one.code == code), None)
    if place is None:
        raise Incomplete("place", _("Choose one of the places."))
    site = {"where": place.site.where, "place": place.site.place, "to_place": place.site.to_place}
    incident = _opened(member, now, note, place.began_at, carrier=place.carrier, **site)
    stuck = CaseSite.objects.filter(carrier=place.carrier, case__merchant=member.merchant, case__incident=None, **site)
    cases = stuck.exclude(case__state=State.RESOLVED.value).values_list("case", flat=True)
    gathering.join([(case, incident.pk) for case in cases], now)
    return incident


def _opened(member: Member, now: datetime, note: str, began_at: datetime, **site: Any) -> Incident:
    _check(note)
    try:
        with transaction.atomic():
            incident = Incident.objects.create(
                merchant=member.merchant, began_at=began_at, opened_at=now, opened_by=member.user, note=note, **site
            )
            tell(incident, IncidentAction.OPEN, member, now, note)
    except IntegrityError:
        raise NotAllowed(_("An incident is open there already.")) from None
    return incident


def assign(member: Member, incident: Incident, assignee: int | None, now: datetime) -> None:
    """Say who is in charge; raises Incomplete for somebody who does not work for the merchant."""
    if assignee is not None:
        known = Membership.objects.filter(merchant=member.merchant, user=assignee, user__is_active=True)
        if not known.exists():
            raise Incomplete("assignee", _("This person does not work for %(name)s.") % {"name": member.merchant})
    with transaction.atomic():
        Incident.objects.filter(pk=incident.pk).update(assignee=assignee)
        tell(incident, IncidentAction.ASSIGN, member, now, assignee=assignee)


def note(member: Member, incident: Incident, text: str, now: datetime) -> None:
    """Write down what others should know; raises Incomplete where nothing is written."""
    if not text.strip():
        raise Incomplete("note", _("Write what others should know."))
    _check(text)
    tell(incident, IncidentAction.NOTE, member, now, text.strip())


def notice(member: Member, incident: Incident, verb: str, text: str, now: datetime) -> None:
    """Write down what was done once for all of it: each of its cases shows it, those that join later too."""
    _check(text)
    tell(incident, IncidentAction.NOTICE, member, now, text.strip(), verb=verb)


def close(member: Member, incident: Incident, now: datetime) -> None:
    """Close it by hand; its open cases stay on the desk. Raises NotAllowed if it is closed already."""
    if not healing.close([incident.pk], now, by=member.user.pk):
        raise NotAllowed(_("This incident is closed already."))


def reopen(member: Member, incident: Incident, now: datetime) -> None:
    """Take the closing back; raises NotAllowed if it is open, or another one is open at its place."""
    try:
        with transaction.atomic():
            again = {"closed_at": None, "closed_by": None, "reopened_at": now, "calm_since": None}
            changed = Incident.objects.filter(pk=incident.pk, closed_at__isnull=False).update(**again)
            if not changed:
                raise NotAllowed(_("This incident is open already."))
            tell(incident, IncidentAction.REOPEN, member, now)
    except IntegrityError:
        raise NotAllowed(_("An incident is open there already.")) from None


def add(member: Member, incident: Incident, numbers: Sequence[int], now: datetime) -> int:
    """Put open cases of the member's shops in, whatever their place; return how many are new to it."""
    if incident.closed_at is not None:
        raise NotAllowed(_("This incident is closed already."))
    mine = _named(member, numbers).exclude(incident=incident.pk)
    added = gathering.join([(pk, incident.pk) for pk in mine.values_list("pk", flat=True)], now, by=member.user.pk)
    if not added:
        raise Incomplete("cases", _("None of these is an open case outside an incident."))
    tell(incident, IncidentAction.ADD, member, now, n=added)
    return added


def remove(member: Member, incident: Incident, numbers: Sequence[int], now: datetime) -> int:
    """Take open cases out; they do not come back by themselves. Return how many."""
    cases = list(_named(member, numbers).filter(incident=incident.pk).values_list("pk", flat=True))
    gone = healing.let_go(cases, "removed", now, incident=incident.pk, by=member.user.pk)
    if not gone:
        raise Incomplete("cases", _("Choose at least one of its open cases."))
    tell(incident, IncidentAction.REMOVE, member, now, n=gone)
    return gone


def split(member: Member, incident: Incident, numbers: Sequence[int], name: str, now: datetime) -> Incident:
    """Make an incident of its own of some of its cases, under a name of its own; return that."""
    name = name.strip()
    if not name or len(name) > LONGEST_NAME or name == incident.place:
        raise Incomplete("name", _("Give it a name of its own."))
    cases = _named(member, numbers).filter(incident=incident.pk)
    pks = list(cases.values_list("pk", flat=True))
    if not pks:
        raise Incomplete("cases", _("Choose at least one of its open cases."))
    site = {"carrier": incident.carrier, "where": incident.where, "place": name, "to_place": incident.to_place}
    with transaction.atomic():
        other = _opened(member, now, "", incident.began_at, **site)
        gone = healing.let_go(pks, "removed", now, incident=incident.pk, by=member.user.pk, wakes=False)
        gathering.join([(pk, other.pk) for pk in pks], now, by=member.user.pk)
        tell(incident, IncidentAction.SPLIT, member, now, n=gone, other=other.pk)
    return other


def tell(
    incident: Incident, action: IncidentAction, member: Member, now: datetime, text: str = "", **detail: Any
) -> None:
    """Write a line of the incident's log."""
    IncidentEntry.objects.create(incident=incident, at=now, by=member.user, action=action, note=text, detail=detail)


def _named(member: Member, numbers: Sequence[int]) -> Any:
    mine = scoped(member, Case.objects.filter(merchant=member.merchant, pk__in=list(numbers)[:MOST_NAMED]))
    return mine.exclude(state=State.RESOLVED.value)


def _check(text: str) -> None:
    if len(text) > LONGEST_NOTE:
        raise Incomplete("note", _("At most %(most)d characters.") % {"most": LONGEST_NOTE})
