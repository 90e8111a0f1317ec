"""The desk and the case page: what burns, and what is done about it."""

from collections.abc import Iterable
from datetime import datetime

from django.contrib import messages
from django.forms import Form
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from exceptions import blindspots, filings, shown, timeline
from exceptions.deadlines.kinds import Kind, Level
from exceptions.desk import cases, queue
from exceptions.desk.advice import advice
from exceptions.desk.case_page import story
from exceptions.desk.workflow import BY_PEOPLE, Action, State, actions_of
from exceptions.errors import Incomplete, NotAllowed
from exceptions.filing.forms import AcceptForm, FileForm
from exceptions.forms import FORMS, AssignForm, CaseForm, SnoozeForm, arguments
from exceptions.middleware import acted_at
from exceptions.models import Case
from merchants import access
from merchants.access import Member, Right
from shipops.kit import money
from shipops.kit.htmx import see_other, whole_or_part

BULK_ACTIONS = (Action.ASSIGN, Action.SNOOZE, Action.RESOLVE)
# No act of the workflow: it leaves the cases in their states.
FILE = "file"
# One page of the queue; more than that comes from no form of ours.
BULK_MOST = queue.PAGE


def desk(request: HttpRequest) -> HttpResponse:
    """The queue: a page of cases in rank order, its live counts, its filters."""
    member = access.member(request, Right.VIEW)
    return _desk(request, member, timezone.now())


def _desk(request: HttpRequest, member: Member, now: datetime) -> HttpResponse:
    filters = queue.Filters.from_query(request.GET)
    page = queue.page(member, filters, now, request.GET.get("after", ""), request.GET.get("before", ""))
    counts = queue.counts(member, now, filters, acted_at(request))
    upcoming = None if page.rows else queue.next_due(member, now, filters)
    query = filters.to_query()
    context = {
        "now": now,
        "filters": filters,
        "rows": [shown.row(case, now) for case in page.rows],
        "counts": counts,
        "stake": money.shown(counts.at_stake, member.shops[0].currency if member.shops else "CNY", 0),
        "chips": shown.chips(filters, counts),
        "menus": shown.menus(member, filters),
        "prev_url": _page_url(query, "before", page.prev),
        "next_url": _page_url(query, "after", page.next),
        "here": request.GET.urlencode(),
        "next_due": shown.row(upcoming, now) if upcoming else None,
        "blind": blindspots.counts(member).orders if not page.rows else 0,
        "may_triage": member.may(Right.TRIAGE),
        "snooze": SnoozeForm(member=member),
        "outcomes": cases.OUTCOMES_BY_PEOPLE,
        "file_form": FileForm(),
    }
    return whole_or_part(request, "exceptions/desk.html", {"list": "list"}, context)


def _page_url(query: str, side: str, cursor: str) -> str:
    if not cursor:
        return ""
    return f"{reverse('desk')}?{query}{'&' if query else ''}{side}={cursor}"


@require_POST
def bulk(request: HttpRequest) -> HttpResponse:
    """Act on the selected cases, each on its own; one that cannot be is told and stops no other."""
    member = access.member(request, Right.TRIAGE)
    now = timezone.now()
    name = request.POST.get("action", "")
    action = None if name == FILE else _action(name, BULK_ACTIONS)
    chosen = [int(pk) for pk in request.POST.getlist("case")[:BULK_MOST] if pk.isdecimal() and len(pk) < 19]
    if not chosen:
        messages.warning(request, _("Select at least one case first."))
    elif action is None:
        _file_for_all(request, member, chosen, now)
    else:
        _tell(request, action, *_act_on_all(request, member, action, chosen, now))
    if request.htmx:  # type: ignore[attr-defined]
        response = _desk(request, member, now)
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
    }
    parts = {"case": "whole", "side": "panel"}
    return whole_or_part(request, "exceptions/case.html", parts, context, status)


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
        return see_other(reverse("case", args=[pk]))
    response = show_case(request, member, pk, now)
    response["HX-Trigger"] = "refresh-list, refresh-counts"
    return response
