"""The cards of a case page that tell who works on it and what is kept with it."""

from datetime import datetime
from typing import Any

from django import template
from django.utils import timezone

from exceptions.desk.workflow import State
from exceptions.models import Case
from exceptions.together import attachments, inbox, pictures, presence
from merchants.access import Right

register = template.Library()


@register.inclusion_tag("exceptions/_people.html", takes_context=True)
def people_of(context: template.Context, case: Case) -> dict[str, Any]:
    """`{% people_of case %}`: who has it in charge and until when, who watches it, who is at it now. One query."""
    now: datetime = context.get("now") or timezone.now()
    user = context["user"]
    watchers = inbox.watchers(case)
    return {
        "case": case,
        "now": now,
        "csrf_token": context.get("csrf_token"),
        "mine": case.assignee_id == user.pk,
        "running": bool(case.claimed_until and case.claimed_until > now and case.state != State.RESOLVED.value),
        "watchers": watchers,
        "watching": user in watchers,
        "here": presence.at([case.pk], user, now).get(case.pk, []),
    }


@register.inclusion_tag("exceptions/_attachments.html", takes_context=True)
def attachments_of(context: template.Context, case: Case) -> dict[str, Any]:
    """`{% attachments_of case %}`: what is kept with it, and the form that adds to it. One query."""
    member = context["frame"].member
    return {
        "case": case,
        "now": context.get("now"),
        "csrf_token": context.get("csrf_token"),
        "attachments": attachments.of_case(case),
        "may_triage": bool(member and member.may(Right.TRIAGE)),
        "most": attachments.MOST,
        "largest": pictures.LARGEST // pictures.MEGABYTE,
    }
