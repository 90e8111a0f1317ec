"""Trying a draft on past days: start, progress, and what it would have flagged."""

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from exceptions import backtest, tasks
from exceptions.backtesting import results
from exceptions.backtesting.forms import StartForm
from exceptions.deadlines.kinds import Kind
from exceptions.errors import NotAllowed
from exceptions.models import BackTest
from exceptions.rulemaking import drafts
from merchants import access
from merchants.access import Member, Right
from shipops.kit.htmx import see_other, whole_or_part
from shipops.kit.nudging import nudge

State = BackTest.State
LISTED = 50
TONES = {State.DONE: "kept", State.FAILED: "broken", State.RUNNING: "soon", State.QUEUED: "soon"}


@require_GET
def backtests(request: HttpRequest) -> HttpResponse:
    """The merchant's latest tests, and the form that starts one."""
    return _list(request, access.member(request, Right.ADMINISTER), StartForm())


@require_POST
def new(request: HttpRequest) -> HttpResponse:
    """Try the draft on the past `days`; 422 for other lengths, 409 where there is no draft or a test is not over."""
    member = access.member(request, Right.ADMINISTER)
    form = StartForm(request.POST)
    if not form.is_valid():
        return _list(request, member, form, 422)
    try:
        test = backtest.start(member, form.cleaned_data["days"], timezone.now())
    except NotAllowed as error:
        messages.error(request, error.sentence)
        return _list(request, member, form, 409)
    transaction.on_commit(lambda: nudge(tasks.backtest))
    return see_other(reverse("backtest", args=[test.pk]))


@require_GET
def detail(request: HttpRequest, pk: int) -> HttpResponse:
    """One test: how far it is, or what it found."""
    member = access.member(request, Right.ADMINISTER)
    test = get_object_or_404(backtest.tests_of(member).select_related("asked_by"), pk=pk)
    is_done = test.state == State.DONE
    context = {
        "test": test,
        "zone": member.shops[0] if member.shops else None,
        "tone": _tone(test),
        "live": test.state in backtest.OPEN,
        "progress": results.progress(test),
        "stale": is_done and backtest.is_stale(test),
        "totals": results.totals(test) if is_done else None,
        "days": results.by_day(test) if is_done else [],
        "shops": results.by_shop(test) if is_done else [],
        "kinds": results.by_kind(test) if is_done else [],
        "samples": [(one, Kind(one.kind).label) for one in results.samples(test)] if is_done else [],
    }
    return whole_or_part(request, "exceptions/backtest.html", {"backtest": "backtest"}, context)


@require_POST
def cancel(request: HttpRequest, pk: int) -> HttpResponse:
    """Stop a test; what it had counted is not shown, for it is of some orders only."""
    member = access.member(request, Right.ADMINISTER)
    if backtest.cancel(member, pk, timezone.now()):
        messages.success(request, _("The back-test is cancelled."))
    return see_other(reverse("backtest", args=[pk]))


def _list(request: HttpRequest, member: Member, form: StartForm, status: int = 200) -> HttpResponse:
    tests = backtest.tests_of(member).select_related("asked_by").order_by("-pk")[:LISTED]
    context = {
        "tests": [(test, _tone(test)) for test in tests],
        "zone": member.shops[0] if member.shops else None,
        "has_draft": drafts.draft(member.merchant) is not None,
        "form": form,
    }
    return render(request, "exceptions/backtests.html", context, status=status)


def _tone(test: BackTest) -> str:
    return TONES.get(State(test.state), "calm")
