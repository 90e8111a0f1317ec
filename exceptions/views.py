"""The desk and the case page: what burns, and what is done about it."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from urllib.parse import quote, urlsplit

from django.contrib import messages
from django.forms import Form
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from exceptions import filings, shown, timeline
from exceptions.deadlines.kinds import Kind, Level
from exceptions.desk import cases, queue, tabs
from exceptions.desk.advice import advice
from exceptions.desk.case_page import story
from exceptions.desk.workflow import BY_PEOPLE, Action, State, actions_of
from exceptions.errors import Incomplete, NotAllowed
from exceptions.filing.forms import AcceptForm, FileForm
from exceptions.forms import FORMS, AssignForm, CaseForm, SnoozeForm, arguments
from exceptions.middleware import acted_at
from exceptions.models import Case
from exceptions.showing import desk_page, place_of, way
from merchants import access
from merchants.access import Member, Right
from shipops.kit.htmx import see_other, whole_or_part

BULK_ACTIONS = (Action.ASSIGN, Action.SNOOZE, Action.RESOLVE)
# No act of the workflow: it leaves the cases in their states.
FILE = "file"
# One page of the queue; more than that comes from no form of ours.
BULK_MOST = queue.PAGE
BULK_MOST_OF_ALL = 500


def desk(request: HttpRequest) -> HttpResponse:
    """The queue: a page of cases in the order chosen, its live counts, its filters, its saved views."""
    member = access.member(request, Right.VIEW)
    if not request.META["QUERY_STRING"] and not request.htmx:  # type: ignore[attr-defined]
        # The address stays the whole state: what the desk opens with is an address, too.
        query = tabs.opens_with(member)
        if query is not None:
            return redirect(f"{reverse('desk')}?{query}")
    return show_desk(request, member, timezone.now())


def show_desk(request: HttpRequest, member: Member, now: datetime) -> HttpResponse:
    """Render the desk the query string describes, or the part of it that htmx asks for."""
    filters = queue.Filters.from_query(request.GET)
    context: dict[str, Any] = {
        "now": now,
        "may_triage": member.may(Right.TRIAGE),
        "snooze": SnoozeForm(member=member),
        "outcomes": cases.OUTCOMES_BY_PEOPLE,
        "file_form": FileForm(),
        **desk_page(
            member, filters, now, request.GET.get("after", ""), request.GET.get("before", ""), acted_at(request)
        ),
    }
    context["link"] = request.build_absolute_uri(f"{reverse('desk')}?{context['filters'].to_query(view='')}")
    response = whole_or_part(request, "exceptions/desk.html", {"list": "list"}, context)
    if request.htmx and request.META["QUERY_STRING"] != context["here"]:  # type: ignore[attr-defined]
        # A form sends every field it has: the address kept is the short one.
        response["HX-Push-Url"] = f"{reverse('desk')}?{context['here']}"
    return response


@require_POST
def bulk(request: HttpRequest) -> HttpResponse:
    """Act on the selected cases, each on its own; one that cannot be is told and stops no other."""
    member = access.member(request, Right.TRIAGE)
    now = timezone.now()
    name = request.POST.get("action", "")
    action = None if name == FILE else _action(name, BULK_ACTIONS)
    chosen = [int(pk) for pk in request.POST.getlist("case")[:BULK_MOST] if pk.isdecimal() and len(pk) < 19]
    if request.POST.get("all"):
        chosen = queue.all_of(member, queue.Filters.from_query(request.GET), now, BULK_MOST_OF_ALL)
    if not chosen:
        messages.warning(request, _("Select at least one case first."))
    elif action is None:
        _file_for_all(request, member, chosen, now)
    else:
        _tell(request, action, *_act_on_all(request, member, action, chosen, now))
    if request.htmx:  # type: ignore[attr-defined]
        response = show_desk(request, member, now)
        response["HX-Trigger"] = "refresh-counts"
        return response
    query = request.GET.urlencode()
    return see_other(f"{reverse('desk')}{'?' if query else ''}{query}")


def _action(name: str, allowed: Iterable[Action]) -> Action:
    try:
        action = Action(name)
    except ValueError:
        raise Http404 from None
    if action not in allowed:
        raise Http404
    return action


def _act_on_all(
    request: HttpRequest, member: Member, action: Action, chosen: list[int], now: datetime
) -> tuple[int, list[str]]:
    """Carry the action out case by case; return how many went through, and a sentence for each that did not."""
    done, failed = 0, []
    found = access.scoped(member, Case.objects.select_related("shop").filter(pk__in=chosen)).in_bulk()
    for pk in chosen:
        if pk not in found:
            failed.append(_("C-{pk}: not found.").format(pk=pk))
            continue
        form = FORMS[action](request.POST, member=member, case=found[pk])
        try:
            if not form.is_valid():
                raise Incomplete("", str(next(iter(form.errors.values()))[0]))
            cases.act(member, pk, action, now=now, **arguments(form, now))
            done += 1
        except (NotAllowed, Incomplete) as error:
            failed.append(f"C-{pk}: {error.sentence}")
    return done, failed


def _file_for_all(request: HttpRequest, member: Member, chosen: list[int], now: datetime) -> None:
    """Note a filing for the kind of each case; one that cannot be is told and stops no other."""
    form = FileForm(request.POST)
    if not form.is_valid():
        messages.error(request, str(next(iter(form.errors.values()))[0]))
        return
    filed = filings.file_for_cases(member, chosen, now=now, **form.cleaned_data)
    done = sum(1 for one in filed.values() if one and one.filing)
    if done:
        messages.success(request, ngettext("{n} case filed.", "{n} cases filed.", done).format(n=done))
    for pk, one in filed.items():
        if one is None:
            messages.error(request, _("C-{pk}: not found.").format(pk=pk))
        elif one.problem:
            messages.error(request, f"C-{pk}: {one.problem}")


def _tell(request: HttpRequest, action: Action, done: int, failed: list[str]) -> None:
    said = {
        Action.ASSIGN: ngettext("{n} case assigned.", "{n} cases assigned.", done),
        Action.SNOOZE: ngettext("{n} case snoozed.", "{n} cases snoozed.", done),
        Action.RESOLVE: ngettext("{n} case resolved.", "{n} cases resolved.", done),
    }
    if done:
        messages.success(request, said[action].format(n=done))
    for sentence in failed:
        messages.error(request, sentence)


def case(request: HttpRequest, pk: int) -> HttpResponse:
    """One case: what to do now, its limits, and everything that happened."""
    member = access.member(request, Right.VIEW)
    return show_case(request, member, pk, timezone.now())


def show_case(
    request: HttpRequest,
    member: Member,
    pk: int,
    now: datetime,
    bound: tuple[Action, CaseForm] | None = None,
    filing_form: Form | None = None,
    status: int = 200,
) -> HttpResponse:
    """Render the page of a case, or the part of it that htmx asks for; a form that was just refused keeps what was typed."""
    told = story(member, pk)
    assign = AssignForm(member=member, case=told.case)
    people = {int(value): name for value, name in assign.fields["assignee"].choices if value}  # type: ignore[attr-defined]
    context = {
        "now": now,
        "story": told,
        "case": told.case,
        "row": shown.row(told.case, now),
        "advice": advice(Kind(told.case.kind), Level(told.case.level)),
        "limits": timeline.limits(told, now),
        "costs": timeline.costs(told, now),
        "shop_limits": timeline.shop_limits(told),
        "moments": timeline.moments(told, people, now),
        "state": State(told.case.state),
        "resolved": told.case.state == State.RESOLVED.value,
        "acts": _acts(member, told.case, bound) if member.may(Right.TRIAGE) else [],
        "open_action": bound[0].value if bound else request.GET.get("do", ""),
        "mine": told.case.assignee_id == member.user.pk,
        "filings": filings.of_case(told.case),
        "file_form": filing_form if isinstance(filing_form, FileForm) else FileForm(),
        "accept_form": filing_form if isinstance(filing_form, AcceptForm) else AcceptForm(case=told.case),
        "may_triage": member.may(Right.TRIAGE),
        "way": way(member, told.case, _within(request), now),
        "place": place_of(told.case, now),
        "outcomes": cases.OUTCOMES_BY_PEOPLE,
    }
    parts = {"case": "whole", "side": "panel"}
    return whole_or_part(request, "exceptions/case.html", parts, context, status)


def _within(request: HttpRequest) -> str:
    """The query of the queue the person came from: in this address, or in that of the page they act on."""
    address = request.META.get("HTTP_HX_CURRENT_URL") or request.META.get("HTTP_REFERER", "")
    return request.GET.get("in") or QueryDict(urlsplit(address).query).get("in", "")


def _acts(member: Member, case: Case, bound: tuple[Action, CaseForm] | None) -> list[tuple[Action, CaseForm]]:
    """The actions the workflow allows now, each with its form; the one just tried keeps what was typed."""
    return [
        (action, bound[1] if bound and bound[0] is action else FORMS[action](member=member, case=case))
        for action in actions_of(State(case.state))
    ]


@require_POST
def act(request: HttpRequest, pk: int, action: str) -> HttpResponse:
    """Carry out one action: back to the case, 409 where somebody was faster, 422 where something is missing."""
    member = access.member(request, Right.TRIAGE)
    now = timezone.now()
    wanted = _action(action, BY_PEOPLE)
    found = access.get(member, Case.objects.select_related("shop"), pk=pk)
    form = FORMS[wanted](request.POST, member=member, case=found)
    if not form.is_valid():
        return show_case(request, member, pk, now, (wanted, form), status=422)
    try:
        cases.act(member, pk, wanted, now=now, **arguments(form, now))
    except Incomplete as error:
        form.add_error(error.field if error.field in form.fields else None, error.sentence)
        return show_case(request, member, pk, now, (wanted, form), status=422)
    except NotAllowed as error:
        messages.error(request, error.sentence)
        return show_case(request, member, pk, now, status=409)
    return after_act(request, member, pk, now)


def after_act(request: HttpRequest, member: Member, pk: int, now: datetime) -> HttpResponse:
    """Go back to the case; under htmx show it as it is now, and have lists and counts read again."""
    if not request.htmx:  # type: ignore[attr-defined]
        within = _within(request)
        return see_other(reverse("case", args=[pk]) + (f"?in={quote(within)}" if within else ""))
    response = show_case(request, member, pk, now)
    response["HX-Trigger"] = "refresh-list, refresh-counts"
    return response
