"""Telling what went wrong: by hand, as a pasted list, by the buyer; and what the kinds of exception are."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.core.cache import caches
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from exceptions import buyer_links, pasting, reports, targets
from exceptions.desk import kind_pages
from exceptions.models import Report
from exceptions.reporting import pasted
from exceptions.reporting.forms import BuyerForm, PasteForm, ReportForm
from exceptions.reports import Said
from exceptions.targets import Target
from merchants import access
from merchants.access import Member, Right
from orders.models import Order
from shipments.models import Waybill
from shipops.kit.htmx import see_other
from shipops.kit.query import row_id

# What one link may tell in an hour: enough for a household, too little for a flood. By link and not by address: behind a
# proxy all buyers have one, and nobody without a link gets this far.
PER_LINK = 10
HOUR = 3600


def new(request: HttpRequest) -> HttpResponse:
    """Report an exception by hand: of `?order=` or `?waybill=`, or of a number that is typed."""
    member = access.member(request, Right.TRIAGE)
    choices = _choices(request, member)
    form = ReportForm(request.POST or None, member=member, choices=choices)
    if request.method == "POST" and form.is_valid():
        target: Target = form.cleaned_data["target"]
        said = Said(target.order_id, target.waybill_id, form.cleaned_data["kind"], form.cleaned_data["text"])
        told = reports.tell([said], Report.Source.HAND, now=timezone.now(), by=member.user)
        words = {
            reports.Outcome.CREATED: _("Reported."),
            reports.Outcome.ADDED: _("It was reported already: your words are added to it."),
            reports.Outcome.UNCHANGED: _("It was reported already."),
        }
        messages.success(request, words[told[0].outcome])
        case = next(iter(reports.cases_for(told).values()), None)
        return see_other(reverse("case", args=[case]) if case else reverse("order", args=[target.order_id]))
    status = 422 if request.method == "POST" else 200
    return render(request, "exceptions/report_new.html", {"form": form, "choices": choices}, status=status)


def _choices(request: HttpRequest, member: Member) -> list[Target]:
    """What the address names: an order, or the orders a waybill is on; nothing where it names none."""
    if order_id := row_id(request.GET.get("order", "")):
        order = access.get(member, Order.objects.select_related("shop"), pk=order_id)
        return targets.of_order(order)
    if waybill_id := row_id(request.GET.get("waybill", "")):
        via = "parcels__dispatch__order__shop"
        waybill = access.get(member, Waybill.objects.all(), via, pk=waybill_id)
        return targets.named(member, [waybill.number])[waybill.number]
    return []


def paste(request: HttpRequest) -> HttpResponse:
    """Paste lines; see what was understood of each; then tell it."""
    member = access.member(request, Right.TRIAGE)
    form = PasteForm(request.POST or None)
    context: dict[str, Any] = {"form": form, "most": pasting.MOST, "words": pasting.EXAMPLES}
    if request.method != "POST":
        return render(request, "exceptions/report_paste.html", context)
    if not form.is_valid():
        return render(request, "exceptions/report_paste.html", context, status=422)
    read = pasting.read(form.cleaned_data["lines"], form.cleaned_data["otherwise"])
    rows = pasted.place(member, read.lines)
    done = "commit" in request.POST
    if done:
        rows = pasted.commit(member, rows, now=timezone.now())
        count = sum(bool(row.done) for row in rows)
        messages.success(request, ngettext("%(n)d line reported.", "%(n)d lines reported.", count) % {"n": count})
        # What is left over is there to be mended and pasted again.
        left = [row.line.raw for row in rows if not row.done] + ([read.rest] if read.rest else [])
        context["form"] = PasteForm(initial={"lines": "\n".join(left), "otherwise": request.POST.get("otherwise")})
        context["left"] = bool(left)
    context |= {"rows": rows, "done": done, "rest": read.rest, "good": sum(not row.problem for row in rows)}
    return render(request, "exceptions/report_paste.html", context)


@require_POST
def close(request: HttpRequest, pk: int) -> HttpResponse:
    """Close a report that is seen to, or was not so; back to where it was shown."""
    member = access.member(request, Right.TRIAGE)
    report = reports.close(member, pk, now=timezone.now())
    messages.success(request, _("Closed."))
    case = row_id(request.POST.get("case", ""))
    return see_other(reverse("case", args=[case]) if case else reverse("order", args=[report.order_id]))


@require_safe
def kinds(request: HttpRequest) -> HttpResponse:
    """Every kind of exception: what it means, how it is opened, how soon it is to be seen to, how many are open."""
    member = access.member(request, Right.VIEW)
    return render(request, "exceptions/kinds.html", {"groups": kind_pages.groups(member)})


@login_not_required
@never_cache
def buyer(request: HttpRequest, token: str) -> HttpResponse:
    """A buyer tells what went wrong with an order. It shows the end of the order's number, and nothing else of it."""
    order_id = buyer_links.order_of(token, timezone.now())
    if order_id is None:
        return _private(render(request, "exceptions/buyer_report.html", {"expired": True}, status=404))
    order = get_object_or_404(Order.objects.only("pk", "number"), pk=order_id)
    form = BuyerForm(request.POST or None)
    context = {"form": form, "tail": buyer_links.tail(order.number)}
    if request.method == "POST":
        if _too_often(order_id):
            return _private(render(request, "exceptions/buyer_report.html", context | {"often": True}, status=429))
        if form.is_valid():
            _tell(order, form.cleaned_data)
            return _private(render(request, "exceptions/buyer_report.html", context | {"sent": True}))
        return _private(render(request, "exceptions/buyer_report.html", context, status=422))
    return _private(render(request, "exceptions/buyer_report.html", context))


def _tell(order: Order, data: dict[str, str]) -> None:
    parcels = [one for one in targets.of_order(order) if one.waybill_id]
    waybill = parcels[0].waybill_id if len(parcels) == 1 else None
    said = Said(order.pk, waybill, data["kind"], data["text"])
    reports.tell([said], Report.Source.BUYER, now=timezone.now())


def _too_often(order_id: int) -> bool:
    """Count what was told by this link within the hour."""
    counted, key = caches["local"], f"buyer-report:{order_id}"
    counted.add(key, 0, HOUR)
    try:
        return int(counted.incr(key)) > PER_LINK
    except ValueError:  # it expired in between
        return False


def _private(response: HttpResponse) -> HttpResponse:
    """The address is the key: search engines must not keep it. Nor does the next site learn it (SECURE_REFERRER_POLICY)."""
    response["X-Robots-Tag"] = "noindex, nofollow"
    return response
