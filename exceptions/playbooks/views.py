"""Steps of a case: tick, skip, take back. And the playbooks themselves: who sees them, who changes them."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from exceptions.deadlines.kinds import Kind
from exceptions.deadlines.sources import sources
from exceptions.errors import Incomplete, NotAllowed
from exceptions.playbooks import own, progress
from exceptions.playbooks.forms import Editor
from exceptions.playbooks.shipped import SHIPPED
from exceptions.playbooks.steps import Difference, StepError, differences
from exceptions.rulemaking.refusals import Overtaken, Refused
from exceptions.rulemaking.views.standing import Standing, standing
from exceptions.views import after_act, show_case
from merchants import access
from merchants.access import Right
from shipops.kit.htmx import see_other, whole_or_part


@require_POST
def step(request: HttpRequest, pk: int, code: str) -> HttpResponse:
    """Do `tick`, `skip` (with `reason`) or `undo` on one step; 422 without a reason, 409 where it cannot be."""
    member = access.member(request, Right.TRIAGE)
    now, way = timezone.now(), request.POST.get("do", "")
    if way not in progress.WAYS:
        raise Http404
    try:
        progress.by_hand(member, pk, code, way, now, request.POST.get("reason", ""))
    except Incomplete as error:
        return show_case(request, member, pk, now, status=422, step_error=(code, error.sentence))
    except NotAllowed as error:
        messages.error(request, error.sentence)
        return show_case(request, member, pk, now, status=409)
    return after_act(request, member, pk, now)


@require_GET
def playbooks(request: HttpRequest) -> HttpResponse:
    """Every kind, how many steps it has, and whether the merchant changed them."""
    desk = standing(request)
    rows = [
        {
            "kind": kind,
            "playbook": one,
            "changed": differences(SHIPPED[kind].steps, one.steps) if one.number else [],
        }
        for kind, one in own.of_merchant(desk.member.merchant.pk).items()
    ]
    return whole_or_part(request, "exceptions/rules/playbooks.html", {}, desk.context(rows=rows))


@require_http_methods(["GET", "HEAD", "POST"])
def playbook(request: HttpRequest, kind: str) -> HttpResponse:
    """The steps of one kind. Posted: `save`, `reset`, or a change of the form itself that is not saved yet."""
    reads = request.method in ("GET", "HEAD")
    desk = standing(request, Right.VIEW if reads else Right.ADMINISTER)
    chosen = next((known for known in Kind if known.value == kind), None)
    if chosen is None:
        raise Http404
    former = own.of_merchant(desk.member.merchant.pk)[chosen]
    if reads:
        return _page(request, desk, Editor.of(former))
    editor = Editor.posted(request.POST, former)
    way = request.POST.get("do", "")
    if way in ("save", "reset"):
        return _saved(request, desk, editor, way)
    editor.change(way)
    return _page(request, desk, editor)


def _saved(request: HttpRequest, desk: Standing, editor: Editor, way: str) -> HttpResponse:
    kind, base = editor.playbook.kind, editor.base
    try:
        if way == "reset":
            own.reset(desk.member, kind, base, desk.now)
            messages.success(request, _("Set back to the default."))
        else:
            own.save(desk.member, kind, editor.steps(), base, desk.now)
            messages.success(request, _("Saved. Open cases follow it from now on; what is done stays done."))
    except StepError as error:
        editor.refuse(error)
        return _page(request, desk, editor, 422)
    except Refused as error:
        editor.sentence = error.sentence
        return _page(request, desk, editor, 409 if isinstance(error, Overtaken) else 422)
    return see_other(reverse("playbook", args=[kind.value]))


def _page(request: HttpRequest, desk: Standing, editor: Editor, status: int = 200) -> HttpResponse:
    kind = editor.playbook.kind
    shipped = SHIPPED[kind]
    try:
        steps = editor.steps()
    except StepError:
        steps = editor.playbook.steps
    context: dict[str, Any] = desk.context(
        kind=kind,
        editor=editor,
        playbook=editor.playbook,
        shipped=shipped,
        steps=[(one, own.due_words(one), sources(one.source)) for one in editor.playbook.steps],
        differences=[_told(one) for one in differences(shipped.steps, steps)],
        touched=own.touched(desk.member.merchant, kind),
        sources=sources(shipped.source),
    )
    context["may_change"] = desk.may_change and desk.member.every_shop
    return whole_or_part(request, "exceptions/rules/playbook.html", {"editor": "editor"}, context, status)


def _told(one: Difference) -> dict[str, Any]:
    """A difference to the default, as the page lists it."""
    was = one.former
    return {
        "how": one.how,
        "name": one.step.name,
        "words": own.due_words(one.step),
        "was": was.name if was and {"name_zh", "name_en"} & set(one.fields) else "",
        "was_words": own.due_words(was) if was and {"after", "hours", "worktime", "when"} & set(one.fields) else "",
        "fields": one.fields,
    }
