"""Saved views and the look of the list, as forms; and finishing a case on the way to the next."""

from urllib.parse import quote

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from exceptions.desk import cases, tabs
from exceptions.desk.filters import Filters
from exceptions.desk.workflow import Action
from exceptions.errors import Incomplete, NotAllowed
from exceptions.forms import FORMS, arguments
from exceptions.models import Case, View
from exceptions.showing import way
from exceptions.views import show_case
from merchants import access
from merchants.access import Member, Right
from shipops.kit.htmx import see_other


@require_POST
def save_view(request: HttpRequest) -> HttpResponse:
    """Keep the desk as the query string describes it, under a name; then show it as that view."""
    member = access.member(request, Right.VIEW)
    query = request.GET.urlencode()
    try:
        scope = request.POST.get("scope", "") or View.Scope.PRIVATE
        view = tabs.save_as(member, request.POST.get("name", ""), query, scope)
    except Incomplete as error:
        messages.error(request, error.sentence)
        return _desk(query)
    messages.success(request, _("Saved as “{name}”.").format(name=view.name))
    return _desk(_of(view))


@require_POST
def change_view(request: HttpRequest, pk: int) -> HttpResponse:
    """Do `save`, `rename` (with `name` and `scope`), `delete`, `default` or `undefault` to a view, then show the desk."""
    member = access.member(request, Right.VIEW)
    query = request.GET.urlencode()
    try:
        return _desk(_do(request, member, pk, query))
    except Incomplete as error:
        messages.error(request, error.sentence)
        return _desk(query)


def _do(request: HttpRequest, member: Member, pk: int, query: str) -> str:
    """Return the query of the desk that is shown then."""
    what = request.POST.get("do", "")
    if what == "save":
        return _of(tabs.change(member, pk, query=query))
    if what == "rename":
        given = {key: request.POST[key] for key in ("name", "scope") if request.POST.get(key)}
        tabs.change(member, pk, **given)
    elif what == "delete":
        tabs.delete(member, pk)
        return "view=all"
    elif what == "default":
        tabs.open_with(member, pk)
        messages.success(request, _("Your desk opens with this view now."))
    elif what == "undefault":
        tabs.open_with(member, None)
        messages.success(request, _("Your desk opens with all open cases now."))
    else:
        raise Http404
    return query


@require_POST
def keep_look(request: HttpRequest) -> HttpResponse:
    """Keep columns and density of the query string for this person's desk."""
    member = access.member(request, Right.VIEW)
    tabs.keep_look(member, request.GET.urlencode())
    messages.success(request, _("Your desk keeps these columns now."))
    return _desk(Filters.from_query(request.GET).to_query(columns=(), density=""))


def _of(view: View) -> str:
    return Filters.of(view.query).to_query(view=str(view.pk))


def _desk(query: str) -> HttpResponse:
    return see_other(f"{reverse('desk')}{'?' if query else ''}{query}")


@require_POST
def finish(request: HttpRequest, pk: int) -> HttpResponse:
    """Resolve a case as the form says and go to the next one of the queue `in`; back to the desk after the last.

    The preview on the desk asks by htmx: there the list is read again, and goes on by itself.
    """
    member = access.member(request, Right.TRIAGE)
    now = timezone.now()
    found = access.get(member, Case.objects.select_related("shop"), pk=pk)
    beside = bool(request.htmx)  # type: ignore[attr-defined]
    form = FORMS[Action.RESOLVE](request.POST, member=member, case=found)
    try:
        if not form.is_valid():
            if not beside:
                return show_case(request, member, pk, now, (Action.RESOLVE, form), status=422)
            raise Incomplete("", str(next(iter(form.errors.values()))[0]))
        done = cases.act(member, pk, Action.RESOLVE, now=now, **arguments(form, now))
    except (Incomplete, NotAllowed) as error:
        messages.error(request, error.sentence)
        return _told(beside, reverse("case", args=[pk]) + _within(request))
    messages.success(request, _("C-{pk} resolved.").format(pk=pk))
    if beside:
        return _told(beside, "")
    onward = way(member, done, request.GET.get("in", ""), now)
    if not onward.next_url:
        messages.info(request, _("That was the last one of this queue."))
    return see_other(onward.next_url or onward.queue_url)


def _within(request: HttpRequest) -> str:
    query = Filters.of(request.GET.get("in", "")).to_query()
    return f"?in={quote(query)}" if query else ""


def _told(beside: bool, url: str) -> HttpResponse:
    if not beside:
        return see_other(url)
    # The list brings the notices with it.
    response = HttpResponse(status=204)
    response["HX-Trigger"] = "refresh-list, refresh-counts"
    return response
