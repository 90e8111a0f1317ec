"""What one is told, who is at a case, and whether one is on duty."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from exceptions import shown
from exceptions.models import Notice
from exceptions.together import inbox, team
from merchants import access
from merchants.access import Right
from merchants.views import back
from shipops.kit.htmx import see_other, whole_or_part
from shipops.kit.query import row_id


@dataclass(frozen=True, slots=True)
class Line:
    """A notice as the page shows it. `tone` is one of the five tones."""

    notice: Notice
    tone: str
    by: str
    row: shown.Row | None
    url: str


TONES = {
    Notice.Kind.MENTION: "soon",
    Notice.Kind.ASSIGNED: "soon",
    Notice.Kind.HANDED_OVER: "soon",
    Notice.Kind.EXPIRED: "broken",
    Notice.Kind.WORSE: "broken",
    Notice.Kind.RELAPSED: "broken",
    Notice.Kind.RESOLVED: "kept",
    Notice.Kind.ACCEPTED: "kept",
}


def lines(notices: Iterable[Notice], now: datetime) -> list[Line]:
    """The notices in words; they come with case, entry and hand-over."""
    return [_line(notice, now) for notice in notices]


def _line(notice: Notice, now: datetime) -> Line:
    by = notice.entry.by if notice.entry else None
    url = ""
    if notice.handover:
        by = notice.handover.to if notice.kind == Notice.Kind.ACCEPTED else notice.handover.by
        url = reverse("handover-read", args=[notice.handover_id])
    row = shown.row(notice.case, now) if notice.case else None
    return Line(
        notice,
        TONES.get(Notice.Kind(notice.kind), "calm"),
        by.display_name if by else "",
        row,
        row.url if row else url,
    )


@require_GET
def notices(request: HttpRequest) -> HttpResponse:
    """What one is told, newest first."""
    member = access.member(request, Right.VIEW)
    now = timezone.now()
    unread = request.GET.get("unread") == "1"
    page = inbox.page(member, unread, row_id(request.GET.get("after", "")))
    query = f"{'unread=1&' if unread else ''}after={page.next}"
    context = {
        "now": now,
        "lines": lines(page.notices, now),
        "unread": unread,
        "next_url": f"{reverse('notices')}?{query}" if page.next else "",
        "waiting": inbox.standing(member, fresh=True).unread,
    }
    return whole_or_part(request, "exceptions/together/notices.html", {"list": "list"}, context)


@require_POST
def read(request: HttpRequest, pk: int) -> HttpResponse:
    """Mark one as read and go to what it is about."""
    member = access.member(request, Right.VIEW)
    notice = inbox.read(member, pk, timezone.now())
    if notice.handover_id:
        return see_other(reverse("handover-read", args=[notice.handover_id]))
    return see_other(reverse("case", args=[notice.case_id]))


@require_POST
def read_all(request: HttpRequest) -> HttpResponse:
    """Mark everything as read."""
    member = access.member(request, Right.VIEW)
    n = inbox.read_all(member, timezone.now())
    if n:
        messages.success(request, ngettext("{n} notice read.", "{n} notices read.", n).format(n=n))
    return see_other(reverse("notices"))


@require_POST
def watch(request: HttpRequest, pk: int) -> HttpResponse:
    """Watch a case (`on` = 1), or no longer."""
    member = access.member(request, Right.VIEW)
    on = request.POST.get("on") == "1"
    inbox.watch(member, pk, on, timezone.now())
    messages.success(request, _("You will be told what happens to it.") if on else _("You are no longer told of it."))
    return see_other(reverse("case", args=[pk]))


@require_POST
def duty(request: HttpRequest) -> HttpResponse:
    """Go on duty (`on` = 1) or off; back to where one was."""
    member = access.member(request, Right.TRIAGE)
    on = request.POST.get("on") == "1"
    team.go(member, on, timezone.now())
    inbox.forget(member)
    messages.success(
        request, _("You are on duty: new cases may come to you.") if on else _("You are off duty: no new cases.")
    )
    return back(request)
