"""The start page, the rail's live counts, and what the admin sees of the set-up."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from exceptions import shown
from exceptions.deadlines.kinds import Kind
from exceptions.desk import queue
from insights import board, horizon
from merchants import access
from merchants.access import Right
from merchants.models import Membership
from shipops.kit import money
from shipops.kit.htmx import whole_or_part

# "Do these first": more would be a second desk.
FIRST = 5


def start(request: HttpRequest) -> HttpResponse:
    """What breaks next, what it costs, and where."""
    member = access.member(request, Right.VIEW)
    now = timezone.now()
    counts = queue.counts(member, now)
    hours = board.horizon(member, now)
    shops = board.by_shop(member, now)
    currency = member.shops[0].currency if member.shops else "CNY"
    context = {
        "now": now,
        "zone": board.zone_of(member),
        "counts": counts,
        "stake": money.shown(counts.at_stake, currency, 0),
        "currency": currency,
        "chart": horizon.chart(hours, now),
        "kinds": list(Kind),
        "matrix": board.matrix(member),
        "shops": shops,
        "kept": board.kept_yesterday(member, now),
        "ages": board.data_age(member, now),
        "accounts": board.accounts(member, now),
        "first": [shown.row(case, now) for case in queue.page(member, queue.Filters(), now).rows[:FIRST]],
        "next_due": shown.row(counts.next_due, now) if counts.next_due else None,
    }
    return whole_or_part(request, "insights/start.html", {"board": "board"}, context)


def rail(request: HttpRequest) -> HttpResponse:
    """The rail alone, for its refresh."""
    access.member(request, Right.VIEW)
    return render(request, "components/rail.html", {})


def setup(request: HttpRequest) -> HttpResponse:
    """Shops, people and tracking accounts, to read."""
    member = access.member(request, Right.ADMINISTER)
    people = Membership.objects.filter(merchant=member.merchant).select_related("user").prefetch_related("shops")
    now = timezone.now()
    context = {
        "now": now,
        "zone": board.zone_of(member),
        "shops": member.merchant.shops.order_by("name", "pk"),
        "people": people.order_by("role", "user__username"),
        "accounts": board.accounts_with_lag(member, now),
        "pushes": board.pushes(member, now),
    }
    return render(request, "insights/setup.html", context)
