"""The inbox of unread scans, and one wording of it: what it means, and how far reading it again has come."""

from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from merchants import access
from merchants.access import Member, Right
from shipments import rereading, tasks
from shipments.inbox import wordings
from shipments.inbox.forms import MapForm
from shipments.inbox.wordings import Filters, Show
from shipments.models import Wording
from shipops.kit.htmx import see_other, whole_or_part


@require_GET
def inbox(request: HttpRequest) -> HttpResponse:
    """Wordings that wait, commonest first."""
    member = access.member(request, Right.ADMINISTER)
    filters = Filters.from_query(request.GET)
    counts = wordings.counts(member)
    page = wordings.page(member, filters)
    here = reverse("wordings")
    context = {
        "now": timezone.now(),
        "filters": filters,
        "counts": counts,
        "chips": [(show, counts.of(show), filters.to_query(show=show.value, after=0)) for show in Show],
        "rows": page.rows,
        "next_url": f"{here}?{filters.to_query(after=page.next)}" if page.next else "",
        "prev_url": f"{here}?{filters.to_query(after=page.prev)}" if page.prev is not None else "",
    }
    return whole_or_part(request, "shipments/wordings.html", {"list": "list"}, context)


@require_GET
def wording(request: HttpRequest, pk: int) -> HttpResponse:
    """One wording: an example, what it is read as, what reading it otherwise would touch."""
    member = access.member(request, Right.ADMINISTER)
    found = _wording(member, pk)
    return _page(request, found, MapForm(wording=found))


def _wording(member: Member, pk: int) -> Wording:
    found = wordings.mine(member).select_related("waybill", "mapped_by").filter(pk=pk).first()
    if found is None:
        raise Http404
    return found


def _page(request: HttpRequest, found: Wording, form: MapForm, status: int = 200) -> HttpResponse:
    now = timezone.now()
    context = {
        "now": now,
        "wording": found,
        "row": wordings.row(found),
        "form": form,
        "preview": rereading.preview(found),
        "is_set_aside": bool(found.reread_error and found.reread_at and found.reread_at > now),
    }
    return whole_or_part(request, "shipments/wording.html", {"progress": "progress"}, context, status)


@require_POST
def map_wording(request: HttpRequest, pk: int) -> HttpResponse:
    """Say what it means; 422 where that cannot be."""
    member = access.member(request, Right.ADMINISTER)
    found = _wording(member, pk)
    form = MapForm(request.POST, wording=found)
    if not form.is_valid():
        return _page(request, found, form, status=422)
    wordings.map_wording(member, pk, *form.said, timezone.now())
    transaction.on_commit(tasks.nudge_reread)
    messages.success(request, _("Noted. New scans are read so from now on; those there are, in the background."))
    return see_other(reverse("wording", args=[pk]))


@require_POST
def unmap(request: HttpRequest, pk: int) -> HttpResponse:
    """Take back what was said."""
    member = access.member(request, Right.ADMINISTER)
    _wording(member, pk)
    wordings.unmap(member, pk, timezone.now())
    transaction.on_commit(tasks.nudge_reread)
    messages.success(request, _("Taken back. Its scans are read by the rules again, in the background."))
    return see_other(reverse("wording", args=[pk]))
