"""The end of a shift: what is left, handed over all at once, and what one was handed."""

from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from exceptions import shown
from exceptions.errors import Incomplete, NotAllowed
from exceptions.together import shifts
from exceptions.together.forms import HandoverForm, NextShiftForm
from exceptions.together.words import WAITS
from merchants import access
from merchants.access import Member, Right
from shipops.kit.htmx import see_other


@require_http_methods(["GET", "HEAD", "POST"])
def handover(request: HttpRequest) -> HttpResponse:
    """My open cases in order of what breaks before the next shift, and the form that hands them over."""
    member = access.member(request, Right.TRIAGE)
    now = timezone.now()
    asked = NextShiftForm(request.GET)
    shift = shifts.shift(member, now, asked.at(now))
    receivers = shifts.receivers(member)
    form = HandoverForm(request.POST or None, lines=shift.lines, receivers=receivers)
    if request.method != "POST":
        return _page(request, shift, form, now)
    if not form.is_valid():
        return _page(request, shift, form, now, 422)
    try:
        handovers = shifts.hand_over(member, form.given, form.cleaned_data["note"], now)
    except Incomplete as error:
        name = f"to-{error.field}" if f"to-{error.field}" in form.fields else None
        form.add_error(name, error.sentence)
        return _page(request, shift, form, now, 422)
    except NotAllowed as error:
        form.add_error(None, error.sentence)
        return _page(request, shift, form, now, 409)
    n = len(form.given)
    messages.success(request, ngettext("{n} case handed over.", "{n} cases handed over.", n).format(n=n))
    told = next((one for one in handovers if one.to_id), handovers[0])
    return see_other(reverse("handover-read", args=[told.pk]))


def _page(
    request: HttpRequest, shift: shifts.Shift, form: HandoverForm, now: datetime, status: int = 200
) -> HttpResponse:
    parts: list[dict[str, Any]] = [
        {"burning": True, "lines": [_line(line, form, now) for line in shift.burning]},
        {"burning": False, "lines": [_line(line, form, now) for line in shift.later]},
    ]
    context = {
        "now": now,
        "shift": shift,
        "parts": parts,
        "form": form,
        "next_form": NextShiftForm(initial={"next": timezone.localtime(shift.next_at)}),
        "waiting": [_line(line, form, now) for line in shift.lines if line.waits_for],
    }
    return render(request, "exceptions/together/handover.html", context, status=status)


def _line(line: shifts.Line, form: HandoverForm, now: datetime) -> dict[str, Any]:
    return {
        "case": line.case,
        "row": shown.row(line.case, now),
        "breaks_at": line.breaks_at,
        "waits": WAITS.get(line.waits_for, ""),
        "entry": line.entry,
        "to": form[f"to-{line.case.pk}"],
        "note": form[f"note-{line.case.pk}"],
    }


@require_GET
def read(request: HttpRequest, pk: int) -> HttpResponse:
    """What was handed over, for who gave and who got it."""
    member = access.member(request, Right.VIEW)
    return _read(request, member, pk)


def _read(request: HttpRequest, member: Member, pk: int) -> HttpResponse:
    found, items = shifts.read(member, pk)
    now = timezone.now()
    context = {
        "now": now,
        "handover": found,
        "items": [{"item": item, "row": shown.row(item.case, now)} for item in items],
        "mine": found.to_id == member.user.pk,
    }
    return render(request, "exceptions/together/handover_read.html", context)


@require_POST
def accept(request: HttpRequest, pk: int) -> HttpResponse:
    """Say that one has it."""
    member = access.member(request, Right.TRIAGE)
    shifts.accept(member, pk, timezone.now())
    messages.success(request, _("Accepted. Whoever gave it to you is told."))
    return see_other(reverse("handover-read", args=[pk]))
