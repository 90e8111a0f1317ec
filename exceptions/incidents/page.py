"""Everything one incident's page shows, in a fixed number of queries."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db.models import Count, QuerySet

from exceptions.deadlines.kinds import Kind
from exceptions.desk.workflow import State
from exceptions.incidents.chart import Chart, chart
from exceptions.incidents.listing import Seen, get, seen
from exceptions.incidents.notices import Notice, notices
from exceptions.models import Case, Incident, IncidentEntry
from merchants.access import Member, scoped
from merchants.models import Shop

# Rows of the page; the desk shows all of them.
ROWS: Final = 20
ENTRIES: Final = 100


@dataclass(frozen=True, slots=True)
class Part:
    """How many of its open cases are of one shop and kind."""

    shop: Shop
    kind: Kind
    n: int


@dataclass(frozen=True, slots=True)
class Story:
    seen: Seen
    # The most urgent of its open cases.
    cases: list[Case]
    parts: list[Part]
    chart: Chart
    entries: list[IncidentEntry]
    # What was done for all of it, newest first.
    notices: list[Notice]


def open_cases(member: Member, incident: Incident) -> QuerySet[Case]:
    """The open cases of the incident that the member may see."""
    return scoped(member, Case.objects.filter(incident=incident.pk)).exclude(state=State.RESOLVED.value)


def story(member: Member, pk: int, now: datetime) -> Story:
    """Return the incident with its figures, cases, parts, chart and log; Http404 out of the member's reach."""
    incident = get(member, pk)
    cases = open_cases(member, incident)
    parts = cases.values_list("shop", "kind").annotate(n=Count("pk")).order_by("-n", "shop", "kind")
    shops = {shop.pk: shop for shop in member.shops}
    related = cases.select_related("shop", "order", "waybill__carrier", "assignee").defer("order__buyer")
    entries = list(incident.entries.select_related("by").order_by("-at", "-pk")[:ENTRIES])
    return Story(
        seen=seen(member, [incident])[0],
        cases=list(related.order_by("-rank", "-pk")[:ROWS]),
        parts=[Part(shops[shop], Kind(kind), n) for shop, kind, n in parts],
        chart=chart(member, incident, now),
        entries=entries,
        notices=notices(member, incident, entries),
    )
