"""The pages of incidents: all of them, one of them, opening one by hand, and from how many parcels on they are made."""

from datetime import datetime
from typing import Any

from django.contrib import messages
from django.forms import Form
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from exceptions import shown as cases_shown
from exceptions.desk import acting
from exceptions.desk.acts import Act
from exceptions.desk.workflow import Action
from exceptions.errors import Incomplete, NotAllowed
from exceptions.forms import FORMS as CASE_FORMS
from exceptions.forms import arguments
from exceptions.incidents import handling, listing, shown, tuning, waivers
from exceptions.incidents.doing import ACTS, Given
from exceptions.incidents.forms import (
    AddForm,
    AssignForm,
    NoteForm,
    NoticeForm,
    OpenForm,
    RuleForm,
    SplitForm,
    rule_initial,
)
from exceptions.incidents.notices import FOR_ALL, query_of
from exceptions.incidents.page import ROWS, open_cases, story
from exceptions.models import Incident
from merchants import access
from merchants.access import Member, Right
from shipments.models import Carrier
from shipops.kit.htmx import see_other, whole_or_part
from shipops.kit.query import row_ids


@require_GET
def incidents(request: HttpRequest) -> HttpResponse:
    """The open incidents, the dearest first, and those closed last."""
    member = access.member(request, Right.VIEW)
    now = timezone.now()
    filters = listing.Filters.from_query(request.GET)
    standing = [] if filters.state == "closed" else listing.standing(member, filters)
    over = [] if filters.state == "open" else listing.over(member, filters)
    context = {
        "now": now,
        "filters": filters,
        "rows": shown.rows(member, standing, now),
        "closed": shown.rows(member, over, now),
        "carriers": sorted({(one.incident.carrier_id, one.incident.carrier.name) for one in (*standing, *over)}),
        "wheres": Incident.Where.choices,
        "rule": tuning.written(member.merchant)[0],
        "may_triage": member.may(Right.TRIAGE),
    }
    return whole_or_part(request, "exceptions/incidents.html", {"incidents": "list"}, context)


@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """Open one by hand at a place where parcels stand still; 422 where none is chosen, 409 where one is open there."""
    member = access.member(request, Right.TRIAGE)
    now, status = timezone.now(), 200
    places = handling.places(member)
    form = OpenForm(request.POST or None, places=places)
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                opened = handling.open_by_hand(member, form.cleaned_data["place"], now, form.cleaned_data["note"])
                return see_other(reverse("incident", args=[opened.pk]))
            except NotAllowed as error:
                form.add_error(None, error.sentence)
                status = 409
            except Incomplete as error:
                form.add_error(error.field, error.sentence)
    context = {"now": now, "form": form, "places": places}
    return whole_or_part(request, "exceptions/incident_new.html", {}, context, status)


@require_GET
def incident(request: HttpRequest, pk: int) -> HttpResponse:
    """One incident: what it comes to, its cases, and what is done for all of them."""
    member = access.member(request, Right.VIEW)
    return _incident(request, member, pk, timezone.now())


def _incident(
    request: HttpRequest,
    member: Member,
    pk: int,
    now: datetime,
    bound: tuple[str, Form] | None = None,
    status: int = 200,
) -> HttpResponse:
    told = story(member, pk, now)
    found = told.seen.incident
    assign = AssignForm(member=member, initial={"assignee": found.assignee_id or ""})
    people = {int(value): name for value, name in assign.fields["assignee"].choices if value}  # type: ignore[attr-defined]
    forms: dict[str, Form] = {
        "assign": assign,
        "note": NoteForm(auto_id="note_%s"),
        "notice": NoticeForm(auto_id="notice_%s"),
        "add": AddForm(auto_id="add_%s"),
        "split": SplitForm(auto_id="split_%s"),
    }
    zone = member.zone
    context: dict[str, Any] = {
        "now": now,
        "zone": zone,
        "story": told,
        "incident": found,
        "figures": told.seen.figures,
        "row": shown.row(member, told.seen, now),
        "sentence": shown.sentence(member, told.seen, now),
        "rows": [cases_shown.row(case, now) for case in told.cases],
        "most": ROWS,
        "lines": shown.lines(told.entries, told.notices, people),
        "all_forms": _for_all(member, bound),
        "cover": waivers.cover(member, found, timezone.localdate(now, zone)),
        "forms": forms | ({bound[0]: bound[1]} if bound else {}),
        "open_form": bound[0] if bound else "",
        "mine": found.assignee_id == member.user.pk,
        "may_triage": member.may(Right.TRIAGE),
    }
    return whole_or_part(request, "exceptions/incident.html", {"incident": "whole"}, context, status)


def _for_all(member: Member, bound: tuple[str, Form] | None) -> list[tuple[Action, Form]]:
    """What can be done to all of its cases, each with its form; the one just tried keeps what was typed."""
    made: list[tuple[Action, Form]] = []
    for action in FOR_ALL:
        if bound and bound[0] == f"all-{action.value}":
            made.append((action, bound[1]))
            continue
        initial = {"preset": "incident"} if action is Action.SNOOZE else None
        made.append((action, CASE_FORMS[action](member=member, initial=initial, auto_id=f"all-{action.value}_%s")))
    return made


@require_POST
def act_on_all(request: HttpRequest, pk: int, action: str) -> HttpResponse:
    """Preview an act on all its open cases in the member's shops, then on to the command; 422 where something is missing."""
    member = access.member(request, Right.TRIAGE)
    now = timezone.now()
    wanted = next((one for one in FOR_ALL if one.value == action), None)
    if wanted is None:
        raise Http404
    found = listing.get(member, pk)
    form = CASE_FORMS[wanted](request.POST, member=member, auto_id=f"all-{action}_%s")
    if not form.is_valid():
        return _incident(request, member, pk, now, (f"all-{action}", form), status=422)
    cases = list(open_cases(member, found).order_by("pk").values_list("pk", flat=True)[: acting.MOST + 1])
    try:
        given = Act(member, wanted, now, **arguments(form, now))
        command = acting.preview(member, given, cases, now=now, query=query_of(found))
    except Incomplete as error:
        form.add_error(error.field if error.field in form.fields else None, error.sentence)
        return _incident(request, member, pk, now, (f"all-{action}", form), status=422)
    except NotAllowed as error:
        messages.error(request, error.sentence)
        return _incident(request, member, pk, now, status=409)
    return see_other(reverse("command", args=[command.pk]))


@require_POST
def act(request: HttpRequest, pk: int, action: str) -> HttpResponse:
    """Do something to an incident: back to its page, 409 where somebody was faster, 422 where something is missing."""
    member = access.member(request, Right.TRIAGE)
    now = timezone.now()
    if action not in ACTS:
        raise Http404
    found = listing.get(member, pk)
    form = _form(request, member, action)
    try:
        if form is not None and not form.is_valid():
            raise Incomplete("", str(next(iter(form.errors.values()))[0]))
        made = ACTS[action](member, found, _given(request, form), now)
    except Incomplete as error:
        if form is None or not form.errors:
            messages.error(request, error.sentence)
        return _incident(request, member, pk, now, (action, form) if form is not None else None, status=422)
    except NotAllowed as error:
        messages.error(request, error.sentence)
        return _incident(request, member, pk, now, status=409)
    return see_other(reverse("incident", args=[made if action == "split" else pk]))


FORMS = {"note": NoteForm, "notice": NoticeForm, "add": AddForm, "split": SplitForm}


def _form(request: HttpRequest, member: Member, action: str) -> Form | None:
    if action == "assign":
        return AssignForm(request.POST, member=member)
    return FORMS[action](request.POST, auto_id=f"{action}_%s") if action in FORMS else None


def _given(request: HttpRequest, form: Form | None) -> Given:
    data = form.cleaned_data if form is not None else {}
    picked = row_ids(request.POST.getlist("case"))
    return Given(
        assignee=data.get("assignee"),
        note=data.get("note", ""),
        verb=data.get("verb", ""),
        cases=data.get("numbers", picked),
        name=data.get("name", ""),
    )


@require_http_methods(["GET", "HEAD", "POST"])
def tune(request: HttpRequest) -> HttpResponse:
    """From how many parcels on it is an incident, with what other numbers would make of what stands still now."""
    member = access.member(request, Right.ADMINISTER)
    now, status = timezone.now(), 200
    rows = tuning.written(member.merchant)
    carriers = Carrier.objects.filter(waybills__merchant=member.merchant).distinct().order_by("code")
    tried = request.method == "POST" or "threshold" in request.GET
    form = RuleForm(
        (request.POST if request.method == "POST" else request.GET) if tried else None,
        carriers=carriers,
        initial=rule_initial(rows[0]),
    )
    valid = form.is_valid()
    if request.method == "POST":
        carrier = form.cleaned_data.get("carrier")
        if request.POST.get("do") == "drop" and carrier is not None:
            tuning.drop(member, carrier, now)
            return see_other(reverse("setup-incidents"))
        if valid:
            tuning.save(member, carrier, form.rule, now)
            messages.success(request, _("Saved. It holds from the next round on."))
            return see_other(reverse("setup-incidents"))
    if form.is_bound and not valid:
        status = 422
    rule = form.rule if valid else tuning.rule_of(rows[0])
    of = form.cleaned_data["carrier"] if valid else None
    context = {
        "now": now,
        "rows": rows,
        "form": form,
        "preview": tuning.preview(member.merchant, of.pk if of else None, rule),
        "tried": valid,
    }
    return whole_or_part(request, "exceptions/incident_rules.html", {"preview": "preview"}, context, status)
