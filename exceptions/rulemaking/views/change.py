"""The editor of a rule: a change for some orders, with a live example; and a clock of our own."""

from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from exceptions.deadlines import policy
from exceptions.deadlines.terms import Term
from exceptions.rulemaking import bases, drafts, rule_page, shelf
from exceptions.rulemaking.forms.change import ChangeForm, RuleFields
from exceptions.rulemaking.forms.example import ExampleForm
from exceptions.rulemaking.forms.own import KNOWN, SUBJECTS, OwnForm
from exceptions.rulemaking.refusals import Refused
from exceptions.rulemaking.trying import Tried
from exceptions.rulemaking.views.rules import shops_of, tried
from exceptions.rulemaking.views.standing import Standing, carried_out, standing
from merchants.access import Right
from shipops.kit.htmx import see_other, whole_or_part

EXAMPLE = {"example": "example"}


@require_http_methods(["GET", "HEAD", "POST"])
def change(request: HttpRequest, code: str) -> HttpResponse:
    """The change of one rule for the orders of `?scope=`, without it a new one; `do=example` works it out and saves nothing."""
    desk = standing(request, Right.ADMINISTER)
    pack, found = desk.rule(code)
    entry = rule_page.entry(code)
    if entry is None or not bases.keys(entry):
        raise Http404
    scope = rule_page.scope_of(request.GET["scope"]) if "scope" in request.GET else None
    known: dict[str, Any] = {
        "entry": entry,
        "written": desk.written,
        "scope": scope,
        "member": desk.member,
        "pack": pack,
    }
    form = ChangeForm(request.POST or None, regions=desk.regions, **known)
    status = 200
    if request.method == "POST" and request.POST.get("do") != "example":
        if form.is_valid() and _saved(request, desk, code, scope, form):
            return see_other(reverse("rule", args=[code]))
        status = 422
    context = desk.context(
        form=form,
        row=shelf.row(found.term, pack),
        code=code,
        **_worked_out(request, desk, form, found.term, pack),
    )
    return whole_or_part(request, "exceptions/rules/change.html", EXAMPLE, context, status)


def _saved(request: HttpRequest, desk: Standing, code: str, scope: dict[str, Any] | None, form: ChangeForm) -> bool:
    """Put the change into the draft, in the place of the one it was made from; False where it is refused."""
    is_same = scope is not None and bases.same_scope(scope, form.scope)
    if not form.set and not is_same:
        form.add_error(None, _("Nothing differs from the rule as it is."))
        return False
    if not is_same and bases.change_of(desk.written, code, form.scope) is not None:
        form.add_error(None, _("There is a change for these orders already. Change that one."))
        return False
    try:
        with transaction.atomic():
            if scope is not None and not is_same:
                drafts.drop_change(desk.member, code, scope, desk.now)
            drafts.put_change(desk.member, code, form.scope, form.set, form.cleaned_data["note"], desk.now)
    except Refused as error:
        form.refuse(error.field, error.sentence)
        return False
    messages.success(request, _("Put into the draft. Nothing changes before it is published."))
    return True


def _worked_out(
    request: HttpRequest, desk: Standing, form: RuleFields, term: Term | None, pack: str = ""
) -> dict[str, Any]:
    """The example under what the form says now."""
    shops = shops_of(desk, pack)
    if not shops:
        return {}
    before = desk.beside(term.code).get(term.after) if term and term.after else None
    first = before[1].term if before else None
    example = ExampleForm(request.POST or None, term=term, first=first, shops=shops, now=desk.now)
    found = _of_form(desk, form, example) if form.is_bound else None
    if found is None and term is not None:
        found = tried(desk, example, term)
    return {"example": example, "tried": found}


def _of_form(desk: Standing, form: Any, example: ExampleForm) -> Tried:
    if not form.is_valid():
        return Tried(why=_("It cannot be worked out yet: something in the form is missing or cannot be."))
    if not example.is_valid():
        return Tried(why=_("Some of the example cannot be read."))
    rule = bases.rule_of(form.entry if isinstance(form, ChangeForm) else form.entry | KNOWN, example.shop_chosen.zone)
    return tried(desk, example, rule.term, rule)


@require_POST
def drop_change(request: HttpRequest, code: str) -> HttpResponse:
    """Take a change of the rule away, in the draft."""
    desk = standing(request, Right.ADMINISTER)
    desk.rule(code)
    scope = rule_page.scope_of(request.POST.get("scope", ""))
    done = _("Taken away in the draft: for these orders the rule is as it was.")
    carried_out(request, lambda: drafts.drop_change(desk.member, code, scope, desk.now), done)
    return see_other(reverse("rule", args=[code]))


@require_http_methods(["GET", "HEAD", "POST"])
def own_new(request: HttpRequest) -> HttpResponse:
    """A new clock of our own, of what `?subject=` says."""
    desk = standing(request, Right.ADMINISTER)
    subject = request.GET.get("subject", "order")
    return _own(request, desk, subject if subject in SUBJECTS else "order", None)


@require_http_methods(["GET", "HEAD", "POST"])
def own(request: HttpRequest, code: str) -> HttpResponse:
    """A clock of our own, to be changed."""
    desk = standing(request, Right.ADMINISTER)
    entry = _own_entry(desk, code)
    return _own(request, desk, entry.get("subject", "order"), entry)


def _own_entry(desk: Standing, code: str) -> dict[str, Any]:
    entry = policy.find(desk.written, "own", code)
    if entry is None:
        raise Http404
    return entry


def _own(request: HttpRequest, desk: Standing, subject: str, entry: dict[str, Any] | None) -> HttpResponse:
    form = OwnForm(request.POST or None, member=desk.member, subject=subject, entry=entry, regions=desk.regions)
    status = 200
    if request.method == "POST" and request.POST.get("do") != "example":
        if form.is_valid() and _own_saved(request, desk, form):
            return see_other(reverse("rule", args=[form.cleaned_data["code"]]))
        status = 422
    context = desk.context(
        form=form, subject=subject, subjects=SUBJECTS.items(), entry=entry, **_worked_out(request, desk, form, None)
    )
    return whole_or_part(request, "exceptions/rules/own.html", EXAMPLE, context, status)


def _own_saved(request: HttpRequest, desk: Standing, form: OwnForm) -> bool:
    code = form.cleaned_data["code"]
    if not form.known and any(one["code"] == code for one in desk.written.get("own", ())):
        form.add_error("code", _("There is a clock of this code already."))
        return False
    try:
        drafts.put_own(desk.member, form.entry, desk.now)
    except Refused as error:
        form.refuse(error.field, error.sentence)
        return False
    messages.success(request, _("Put into the draft. Nothing changes before it is published."))
    return True


@require_POST
def drop_own(request: HttpRequest, code: str) -> HttpResponse:
    """Take a clock of our own away, in the draft."""
    desk = standing(request, Right.ADMINISTER)
    _own_entry(desk, code)
    done = _("Taken away in the draft.")
    carried_out(request, lambda: drafts.drop_own(desk.member, code, desk.now), done)
    return see_other(reverse("rules"))
