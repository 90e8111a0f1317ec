"""The desk and the case page: what burns, and what is done about it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import quote, urlsplit

from django.contrib import messages
from django.forms import Form
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from exceptions import filings, keys, shown, timeline
from exceptions.deadlines.kinds import Kind, Level
from exceptions.desk import cases, queue, tabs
from exceptions.desk.advice import advice
from exceptions.desk.case_page import story
from exceptions.desk.saying import said
from exceptions.desk.workflow import BY_PEOPLE, VERBS, Action, State, act_named, actions_of
from exceptions.errors import Incomplete, NotAllowed
from exceptions.filing.forms import AcceptForm, FileForm
from exceptions.forms import FORMS, AssignForm, BareForm, CaseForm, MergeForm, SnoozeForm, arguments
from exceptions.middleware import acted_at
from exceptions.models import Case
from exceptions.playbooks import shown as playbook
from exceptions.showing import desk_page, place_of, way
from merchants import access
from merchants.access import Member, Right
from shipops.kit.htmx import see_other, whole_or_part

REFRESH = "refresh-list, refresh-counts"
# In the bar itself; the other acts are under "More".
IN_THE_BAR = (Action.ASSIGN, Action.NOTE, Action.SNOOZE, Action.WAKE, Action.RESOLVE, Action.REOPEN)
ICONS = {
    Action.ASSIGN: "user",
    Action.NOTE: "note",
    Action.SNOOZE: "clock",
    Action.WAKE: "undo",
    Action.RESOLVE: "check",
    Action.REOPEN: "undo",
}


def desk(request: HttpRequest) -> HttpResponse:
    """The queue: a page of cases in the order chosen, its live counts, its filters, its saved views."""
    member = access.member(request, Right.VIEW)
    if not request.META["QUERY_STRING"] and not request.htmx:  # type: ignore[attr-defined]
        # The address stays the whole state: what the desk opens with is an address, too.
        query = tabs.opens_with(member)
        if query is not None:
            return redirect(f"{reverse('desk')}?{query}")
    return show_desk(request, member, timezone.now())


def show_desk(request: HttpRequest, member: Member, now: datetime, part: str = "") -> HttpResponse:
    """Render the desk as the query string says, or its list alone: where htmx asks for it, or as the `part` named."""
    filters = queue.Filters.from_query(request.GET)
    context: dict[str, Any] = {
        "now": now,
        "may_triage": member.may(Right.TRIAGE),
        "snooze": SnoozeForm(member=member),
        "outcomes": cases.OUTCOMES_BY_PEOPLE,
        "bulk_more": [Door(action, BareForm(member=member)) for action in BY_PEOPLE if action not in IN_THE_BAR],
        "file_form": FileForm(),
        **desk_page(
            member, filters, now, request.GET.get("after", ""), request.GET.get("before", ""), acted_at(request)
        ),
    }
    context["link"] = request.build_absolute_uri(f"{reverse('desk')}?{context['filters'].to_query(view='')}")
    if part:
        return render(request, f"exceptions/desk.html#{part}", context | {"part": part})
    response = whole_or_part(request, "exceptions/desk.html", {"list": "list"}, context)
    if request.htmx and request.META["QUERY_STRING"] != context["here"]:  # type: ignore[attr-defined]
        # A form sends every field it has: the address kept is the short one.
        response["HX-Push-Url"] = f"{reverse('desk')}?{context['here']}"
    return response


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
    step_error: tuple[str, str] | None = None,
) -> HttpResponse:
    """Render the page of a case, or the part of it that htmx asks for; a form that was just refused keeps what was typed."""
    told = story(member, pk)
    board = playbook.board(told.case, now)
    filed = filings.of_case(told.case)
    acts = _acts(member, told.case, bound) if member.may(Right.TRIAGE) else []
    # Their names are in the form that puts one of them in charge, where it is offered.
    assign = next((one.form for one in acts if isinstance(one.form, AssignForm)), None)
    people = (assign or AssignForm(member=member)).people
    context = {
        "now": now,
        "story": told,
        "case": told.case,
        "row": shown.row(told.case, now),
        "advice": advice(Kind(told.case.kind), Level(told.case.level)),
        "limits": timeline.limits(told, now),
        "costs": timeline.costs(told, now),
        "shop_limits": timeline.shop_limits(told),
        "moments": playbook.in_order(timeline.moments(told, people, now, filed), board.moments),
        "board": board,
        "step_error": step_error,
        "state": State(told.case.state),
        "resolved": told.case.state == State.RESOLVED.value,
        "acts": acts,
        "bar": [one for one in acts if one.action in IN_THE_BAR],
        "more": [one for one in acts if one.action not in IN_THE_BAR],
        "seen": max((entry.pk for entry in told.entries), default=0),
        "open_action": bound[0].value if bound else request.GET.get("do", ""),
        "mine": told.case.assignee_id == member.user.pk,
        "filings": filed,
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


@dataclass(frozen=True, slots=True)
class Door:
    """One action of a case page, and its form."""

    action: Action
    form: CaseForm

    @property
    def is_note(self) -> bool:
        """It says what was done elsewhere."""
        return self.action in VERBS

    @property
    def has_key(self) -> bool:
        """A key opens it; the one for assigning belongs to the button beside, which assigns to oneself."""
        return self.action.value in keys.KEYS and self.action is not Action.ASSIGN

    @property
    def is_bare(self) -> bool:
        """A button alone does it."""
        return self.action in (Action.WAKE, Action.REOPEN)

    @property
    def icon(self) -> str:
        return ICONS.get(self.action, "")


def _acts(member: Member, case: Case, bound: tuple[Action, CaseForm] | None) -> list[Door]:
    """The actions the workflow allows now, each with its form; the one just tried keeps what was typed."""
    doors = []
    for action in actions_of(State(case.state)):
        form = bound[1] if bound and bound[0] is action else FORMS[action](member=member, case=case)
        if isinstance(form, MergeForm) and not form.has_others:
            continue
        doors.append(Door(action, form))
    return doors


@require_POST
def act(request: HttpRequest, pk: int, action: str) -> HttpResponse:
    """Carry out one action: back to the case, 409 where somebody was faster, 422 where something is missing."""
    member = access.member(request, Right.TRIAGE)
    now = timezone.now()
    wanted = act_named(action)
    if wanted is None:
        raise Http404
    found = access.get(member, Case.objects.select_related("shop"), pk=pk)
    form = FORMS[wanted](request.POST, member=member, case=found)
    if not form.is_valid():
        return show_case(request, member, pk, now, (wanted, form), status=422)
    seen = request.POST.get("seen", "")
    try:
        done = cases.acted(member, pk, wanted, now=now, **arguments(form, now), seen=_number(seen))
    except Incomplete as error:
        form.add_error(error.field if error.field in form.fields else None, error.sentence)
        return show_case(request, member, pk, now, (wanted, form), status=422)
    except NotAllowed as error:
        messages.error(request, error.sentence)
        return show_case(request, member, pk, now, _kept(request, member, found, wanted, form), status=409)
    messages.success(request, said(wanted, 1), extra_tags=str(done.pk))
    return after_act(request, member, pk, now)


def _kept(
    request: HttpRequest, member: Member, case: Case, wanted: Action, form: CaseForm
) -> tuple[Action, CaseForm] | None:
    """The form that keeps what was typed for an act that was refused: its own, or a note where the act is no longer offered."""
    case.refresh_from_db(fields=["state"])
    if wanted in actions_of(State(case.state)):
        return wanted, form
    typed = request.POST.get("note", "").strip()
    return (Action.NOTE, FORMS[Action.NOTE]({"note": typed}, member=member, case=case)) if typed else None


def _number(text: str) -> int | None:
    return int(text) if text.isdecimal() and len(text) < 19 else None


def after_act(request: HttpRequest, member: Member, pk: int, now: datetime) -> HttpResponse:
    """Go back to the case; under htmx show it as it is now, and have lists and counts read again."""
    if not request.htmx:  # type: ignore[attr-defined]
        within = _within(request)
        return see_other(reverse("case", args=[pk]) + (f"?in={quote(within)}" if within else ""))
    response = show_case(request, member, pk, now)
    response["HX-Trigger"] = REFRESH
    return response
