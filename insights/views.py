"""The start page, the rail's live counts, and the set-up: what the admin sees of it, changes of a shop, and who did so."""

from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods

from exceptions import shown
from exceptions.desk import queue
from exceptions.middleware import acted_at
from insights import board, horizon, shops
from insights import exposure as exposed
from insights.forms import ExposureForm, ShipsFromForm
from merchants import access, audit
from merchants.access import Right
from merchants.models import Membership, Shop
from shipops.kit import money
from shipops.kit.htmx import see_other, whole_or_part

# "Do these first": more would be a second desk.
FIRST = 5


def start(request: HttpRequest) -> HttpResponse:
    """What breaks next, what it costs, and where."""
    member = access.member(request, Right.VIEW)
    now = timezone.now()
    counts = queue.counts(member, now, since=acted_at(request))
    upcoming = queue.next_due(member, now)
    hours = board.horizon(member, now)
    currency = member.currency
    context = {
        "now": now,
        "zone": member.zone,
        "counts": counts,
        "stake": money.shown(counts.at_stake, currency, 0),
        "currency": currency,
        "chart": horizon.chart(hours, now),
        "matrix": board.matrix(member),
        "shops": board.by_shop(member, now),
        "kept": board.kept_yesterday(member, now),
        "blind": board.blind(member),
        "ages": board.data_age(member, now),
        "accounts": board.accounts(member, now),
        "shop_limits": exposed.near_limits(member, now),
        "first": [shown.row(case, now) for case in queue.page(member, queue.Filters(), now).rows[:FIRST]],
        "next_due": shown.row(upcoming, now) if upcoming else None,
    }
    return whole_or_part(request, "insights/start.html", {"board": "board"}, context)


@require_GET
def exposure(request: HttpRequest) -> HttpResponse:
    """What broken limits cost and what can still be saved, by shop and day."""
    member = access.member(request, Right.VIEW)
    now = timezone.now()
    form = ExposureForm(request.GET, member=member)
    form.is_valid()
    today = timezone.localdate(now, member.zone)
    asked = form.span(today)
    chosen = form.shops
    context = {
        "now": now,
        "today": today,
        "exposure": exposed.exposure(member, chosen, asked, now),
        "chosen": chosen[0].pk if len(chosen) == 1 else None,
        "first": today - exposed.PAST,
        "last": today + exposed.AHEAD,
    }
    return whole_or_part(request, "insights/exposure.html", {"list": "list"}, context)


def rail(request: HttpRequest) -> HttpResponse:
    """The rail alone, for its refresh."""
    access.member(request, Right.VIEW)
    return render(request, "components/rail.html", {"alone": True})


def setup(request: HttpRequest) -> HttpResponse:
    """Shops, people and tracking accounts, to read."""
    member = access.member(request, Right.ADMINISTER)
    people = Membership.objects.filter(merchant=member.merchant).select_related("user").prefetch_related("shops")
    now = timezone.now()
    context = {
        "now": now,
        "zone": member.zone,
        "shops": member.merchant.shops.order_by("name", "pk"),
        "people": people.order_by("role", "user__username"),
        "accounts": board.accounts_with_lag(member, now),
        "pushes": board.pushes(member, now),
    }
    return render(request, "insights/setup.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def setup_shop(request: HttpRequest, pk: int) -> HttpResponse:
    """A shop, and where it ships from; 422 where that cannot be."""
    member = access.member(request, Right.ADMINISTER)
    shop = access.get(member, Shop.objects.all(), via="pk", pk=pk)
    form = ShipsFromForm(request.POST or None, shop=shop)
    if form.is_valid():
        woken = shops.ship_from(member, shop, form.cleaned_data["province"], form.cleaned_data["city"], timezone.now())
        said = ngettext("Saved. %(n)s open order is judged anew.", "Saved. %(n)s open orders are judged anew.", woken)
        messages.success(request, said % {"n": f"{woken:,}"} if woken else _("Saved."))
        return see_other(reverse("setup"))
    return render(request, "insights/shop.html", {"shop": shop, "form": form}, status=422 if form.is_bound else 200)


@require_GET
def setup_audit(request: HttpRequest) -> HttpResponse:
    """Who changed how the desk works, newest first."""
    member = access.member(request, Right.ADMINISTER)
    filters = audit.Filters.from_query(request.GET)
    page = audit.page(member, filters)
    context = {
        "now": timezone.now(),
        "zone": member.zone,
        "filters": filters,
        "rows": page.rows,
        "people": audit.people(member),
        "actions": sorted(((code, str(text)) for code, text in audit.ACTIONS.items()), key=lambda pair: pair[1]),
        "filtered": bool(filters.by or filters.action),
        "next_url": _audit_url(filters, after=page.next),
        "prev_url": _audit_url(filters, before=page.prev),
    }
    return whole_or_part(request, "insights/audit.html", {"list": "list"}, context)


def _audit_url(filters: audit.Filters, **cursor: int) -> str:
    if not any(cursor.values()):
        return ""
    told = {"by": filters.by, "action": filters.action} | cursor
    return f"{reverse('setup-audit')}?{urlencode({name: value for name, value in told.items() if value})}"
