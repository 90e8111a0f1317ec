"""Incidents on pages of others: the line on a case, the strip over the queue, the count of the rail."""

from typing import Any

from django import template
from django.core.cache import caches
from django.utils import timezone

from exceptions.incidents import shown
from exceptions.incidents.listing import seen, standing
from exceptions.models import Case, Incident, IncidentAction
from merchants.access import Member

register = template.Library()
# More would push the queue off the screen.
STRIP = 3
# As the other counts of the rail.
SECONDS = 5


def open_rows(member: Member, fresh: bool = False) -> list[shown.Row]:
    """The open incidents as rows, up to 5 s old unless `fresh`; in the language of whoever asked."""
    key = f"incidents:{member.merchant.pk}:{member.user.pk}:{shown.language()}"
    found = None if fresh else caches["local"].get(key)
    if found is None:
        found = shown.rows(member, standing(member), timezone.now())
        caches["local"].set(key, found, SECONDS)
    return found


@register.inclusion_tag("exceptions/_incidents_strip.html")
def incidents_strip(member: Member) -> dict[str, Any]:
    """`{% incidents_strip frame.member %}`: one line for each of the dearest open incidents; nothing where there is none."""
    rows = open_rows(member)
    return {"rows": rows[:STRIP], "more": len(rows) - STRIP}


@register.simple_tag
def open_incidents(member: Member | None) -> int:
    """`{% open_incidents frame.member as n %}`: how many are open."""
    return len(open_rows(member)) if member else 0


@register.inclusion_tag("exceptions/_incident.html", takes_context=True)
def incident_of(context: template.Context, case: Case, member: Member) -> dict[str, Any]:
    """`{% incident_of case frame.member %}`: what it is part of, and what was done for all of that; no query where nothing."""
    if case.incident_id is None:
        return {}
    incident = Incident.objects.select_related("carrier", "assignee", "closed_by").get(pk=case.incident_id)
    now = context.get("now") or timezone.now()
    entries = incident.entries.filter(action=IncidentAction.NOTICE).select_related("by").order_by("-at", "-pk")
    return {
        "now": now,
        "zone": case.shop,
        "row": shown.row(member, seen(member, [incident])[0], now),
        "notices": [(entry, shown.verb(entry)) for entry in entries],
    }
