"""The limits that run on tickets, for the order's page: orders may not know of clocks, so its template asks for them here."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django import template
from django.utils import timezone

from exceptions.deadlines.kinds import Level
from exceptions.models import Clock
from orders.models import Ticket
from shipops.kit import times

register = template.Library()


@dataclass(frozen=True, slots=True)
class Running:
    """A limit that runs: until when, in what tone, and how long that is."""

    due_at: datetime
    tone: str
    left: str


@register.simple_tag(takes_context=True)
def clocks_of(context: template.Context, rows: Iterable[Any]) -> dict[int, Running]:
    """`{% clocks_of tickets as clocks %}`: of rows with a `ticket`, the running limit that breaks first, by ticket."""
    now = context.get("now") or timezone.now()
    running = Clock.objects.filter(ticket__in=[row.ticket.pk for row in rows], stopped_at=None).order_by("-due_at")
    return {
        ticket_id: Running(due_at, Level(level).tone, times.remaining(due_at, now))
        for ticket_id, due_at, level in running.values_list("ticket_id", "due_at", "level")
    }


@register.filter
def of_ticket(clocks: Mapping[int, Running], ticket: Ticket) -> Running | None:
    """`{{ clocks|of_ticket:row.ticket }}`"""
    return clocks.get(ticket.pk)
