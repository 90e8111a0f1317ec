"""Windows and waivers, working hours and regions."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from exceptions.deadlines import policy, workdays
from exceptions.deadlines.worktime import DEFAULT_DOCUMENT
from exceptions.rulemaking import drafts, patterns, shelf
from exceptions.rulemaking.differences import span_lines
from exceptions.rulemaking.forms.hours import RegionForm, WeekForm, region_forms, week_initial
from exceptions.rulemaking.forms.windows import SpanForm, WaiverForm, WindowForm, span_initial
from exceptions.rulemaking.refusals import Refused
from exceptions.rulemaking.views.standing import Standing, carried_out, standing
from merchants.access import Right
from shipops.kit.htmx import see_other


@dataclass(frozen=True, slots=True)
class Sort:
    """Windows or waivers: what tells them apart."""

    part: str
    shape: str
    form: type[SpanForm]
    put: Callable[..., Any]
    drop: Callable[..., Any]
    listed: str


SORTS = {
    "windows": Sort("windows", "window", WindowForm, drafts.put_window, drafts.drop_window, "rule-windows"),
    "waivers": Sort("waivers", "waiver", WaiverForm, drafts.put_waiver, drafts.drop_waiver, "rule-waivers"),
}


@require_GET
def spans(request: HttpRequest, sort: str) -> HttpResponse:
    """Windows or waivers there are, and what new ones can be made from."""
    desk = standing(request)
    chosen = SORTS[sort]
    today = timezone.localdate(desk.now)
    former = {one["key"]: one for one in desk.published.get(chosen.part, ())}
    rows = [
        {
            "written": one,
            "lines": span_lines(one, dict(desk.titles), desk.names),
            "over": one["closes"] < today.isoformat(),
            "drafted": former.get(one["key"]) != one,
        }
        for one in patterns.newest_first(desk.written.get(chosen.part, ()))
    ]
    context = desk.context(
        sort=sort,
        rows=rows,
        patterns=patterns.templates(desk.rules, chosen.shape),
        holidays=patterns.holidays(today) if sort == "windows" else [],
        known_until=workdays.known_until(),
    )
    return render(request, "exceptions/rules/spans.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def span(request: HttpRequest, sort: str, key: str = "") -> HttpResponse:
    """A window or waiver, or a new one: from a template (`?from=`), around a holiday (`?holiday=`), for a place (`?area=`)."""
    desk = standing(request, Right.ADMINISTER)
    chosen = SORTS[sort]
    known = policy.find(desk.written, chosen.part, key) if key else None
    if key and known is None:
        raise Http404
    today = timezone.localdate(desk.now)
    given = known or patterns.from_template(desk.rules, request.GET.get("from", ""), chosen.shape, today)
    if given is None and sort == "windows":
        given = patterns.from_holiday(request.GET.get("holiday", ""), today)
    if given is None and sort == "waivers" and request.GET.get("area"):
        given = patterns.from_place(request.GET)
    form = chosen.form(
        request.POST or None, member=desk.member, titles=desk.titles, initial=span_initial(given or {"by": None})
    )
    if request.method == "POST" and form.is_valid() and _saved(request, desk, chosen, form, key):
        return see_other(reverse(chosen.listed))
    status = 422 if form.is_bound else 200
    context = desk.context(form=form, sort=sort, key=key, known=known)
    return render(request, "exceptions/rules/span.html", context, status=status)


def _saved(request: HttpRequest, desk: Standing, chosen: Sort, form: Any, key: str) -> bool:
    try:
        chosen.put(desk.member, form.said | {"key": key}, desk.now)
    except Refused as error:
        field = {"hours": "number", "days": "number", "scope": "shops"}.get(error.field, error.field)
        form.add_error(field if field in form.fields else None, error.sentence)
        return False
    messages.success(request, _("Put into the draft. Nothing changes before it is published."))
    return True


@require_POST
def drop(request: HttpRequest, sort: str, key: str) -> HttpResponse:
    """Take a window or waiver away, in the draft."""
    desk = standing(request, Right.ADMINISTER)
    chosen = SORTS[sort]
    if policy.find(desk.written, chosen.part, key) is None:
        raise Http404
    carried_out(request, lambda: chosen.drop(desk.member, key, desk.now), _("Taken away in the draft."))
    return see_other(reverse(chosen.listed))


@require_http_methods(["GET", "HEAD", "POST"])
def hours(request: HttpRequest) -> HttpResponse:
    """Our working hours, for promises of our own, and the regions lanes are written by."""
    desk = standing(request, Right.VIEW if request.method in ("GET", "HEAD") else Right.ADMINISTER)
    written = desk.written.get("week") or DEFAULT_DOCUMENT
    form = WeekForm(request.POST or None, initial=week_initial(written))
    if request.method == "POST" and form.is_valid():
        try:
            drafts.put_week(desk.member, form.said, desk.now)
        except Refused as error:
            form.add_error(None, error.sentence)
        else:
            messages.success(request, _("Put into the draft. Nothing changes before it is published."))
            return see_other(reverse("rule-hours"))
    return _hours(request, desk, form, RegionForm())


def _hours(request: HttpRequest, desk: Standing, form: WeekForm, region: RegionForm) -> HttpResponse:
    regions = [
        (name, provinces, name in desk.written.get("regions", {})) for name, provinces in sorted(desk.regions.items())
    ]
    context = desk.context(
        form=form,
        is_default=not desk.written.get("week"),
        regions=zip(regions, region_forms([(name, provinces) for name, provinces, _own in regions]), strict=True),
        region=region,
        shipped=shelf.regions(desk.platforms, {}),
    )
    status = 422 if (form.is_bound and form.errors) or region.is_bound else 200
    return render(request, "exceptions/rules/hours.html", context, status=status)


@require_POST
def region(request: HttpRequest) -> HttpResponse:
    """Name a list of provinces, or with none take the name away."""
    desk = standing(request, Right.ADMINISTER)
    form = RegionForm(request.POST)
    if form.is_valid():
        try:
            drafts.put_region(desk.member, form.cleaned_data["name"], form.cleaned_data["provinces"], desk.now)
        except Refused as error:
            form.add_error(None, error.sentence)
        else:
            messages.success(request, _("Put into the draft. Nothing changes before it is published."))
            return see_other(reverse("rule-hours"))
    written = desk.written.get("week") or DEFAULT_DOCUMENT
    return _hours(request, desk, WeekForm(initial=week_initial(written)), form)
