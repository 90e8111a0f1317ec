"""Incidents on pages of others: the line on a case and the strip over the queue."""

from typing import Any

from django import template
from django.utils import timezone

from exceptions.incidents import shown
from exceptions.incidents.listing import seen, standing
from exceptions.incidents.notices import lasting, notices
from exceptions.models import Case, Incident, IncidentAction
from merchants.access import Member

register = template.Library()
# More would push the queue off the screen.
STRIP = 3


@register.inclusion_tag("exceptions/_incidents_strip.html")
def incidents_strip(member: Member) -> dict[str, Any]:
    """`{% incidents_strip frame.member %}`: one line for each of the dearest open incidents; nothing where there is none."""
    found = standing(member)
    return {"rows": shown.rows(member, found[:STRIP], timezone.now()), "more": len(found) - STRIP}


@register.inclusion_tag("exceptions/_incident.html", takes_context=True)
def incident_of(context: template.Context, case: Case, member: Member) -> dict[str, Any]:
    """`{% incident_of case frame.member %}`: what it is part of, and what was done for all of that; no query where nothing."""
    if case.incident_id is None:
        return {}
    incident = Incident.objects.select_related("carrier", "assignee", "closed_by").get(pk=case.incident_id)
    now = context.get("now") or timezone.now()
    entries = incident.entries.filter(action=IncidentAction.NOTICE).select_related("by").order_by("-at", "-pk")
    done = lasting(notices(member, incident, list(entries)))
    return {
        "now": now,
        "zone": case.shop,
        "row": shown.row(member, seen(member, [incident])[0], now),
        "notices": [(one, shown.verb(one)) for one in done],
    }
