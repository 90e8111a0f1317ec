"""Who is at a case, told and asked with one small call; on the desk asked for a page of rows at once."""

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from exceptions.desk.queue import PAGE
from exceptions.models import Case
from exceptions.together import presence
from merchants import access
from merchants.access import Right
from shipops.kit.query import row_ids


@require_POST
def beat(request: HttpRequest, pk: int) -> HttpResponse:
    """Tell that one is at a case (`mode`: view, edit, or gone) and learn who else is."""
    member = access.member(request, Right.VIEW)
    case = access.get(member, Case.objects.only("pk", "shop"), pk=pk)
    now, mode = timezone.now(), request.POST.get("mode", presence.VIEWS)
    if mode == "gone":
        presence.gone(member.user, pk)
        return HttpResponse(status=204)
    presence.here(member.user, pk, mode if mode in presence.MODES else presence.VIEWS, now)
    here = presence.at([pk], member.user, now).get(pk, [])
    return render(request, "exceptions/_here.html", {"case": case, "here": here})


@require_GET
@never_cache
def rows(request: HttpRequest) -> HttpResponse:
    """Who is at the cases of a page (`case`, several): the initials, and whether they write."""
    member = access.member(request, Right.VIEW)
    asked = row_ids(request.GET.getlist("case")[:PAGE])
    mine = list(access.scoped(member, Case.objects.filter(pk__in=asked)).values_list("pk", flat=True))
    here = presence.at(mine, member.user, timezone.now())
    told = {
        str(pk): [{"name": one.name, "initial": one.initial, "edits": one.edits} for one in people]
        for pk, people in here.items()
    }
    return JsonResponse({"cases": told})
