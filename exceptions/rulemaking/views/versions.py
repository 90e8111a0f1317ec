"""The draft: what it would change, tried, published or thrown away; and the versions there were, back to any of them."""

from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from exceptions.deadlines import policy
from exceptions.models import Policy
from exceptions.rulemaking import differences, drafts, publishing, spreading
from exceptions.rulemaking.forms.own import PublishForm
from exceptions.rulemaking.refusals import Overtaken, Refused
from exceptions.rulemaking.views.standing import Standing, carried_out, standing
from merchants.access import Right
from shipops.kit.htmx import see_other

# Versions the page compares with the one before; older ones stand by their numbers.
COMPARED = 50


@require_GET
def draft(request: HttpRequest) -> HttpResponse:
    """What the draft would change, and what can be done with it."""
    return _page(request, standing(request, Right.ADMINISTER), PublishForm())


def _page(
    request: HttpRequest, desk: Standing, form: PublishForm, status: int = 200, confirm: bool = False
) -> HttpResponse:
    found = desk.draft
    overtaking = publishing.overtaking(found) if found else []
    context = desk.context(
        draft=found,
        groups=differences.told(desk.changes, desk.names),
        overtaking=differences.told(overtaking, desk.names),
        on_trial=bool(found and found.state == Policy.State.SHADOW),
        form=form,
        confirm=confirm,
        since=form.cleaned_data.get("effective_from") if confirm else None,
        shops=desk.member.shops,
    )
    return render(request, "exceptions/rules/draft.html", context, status=status)


@require_POST
def revert(request: HttpRequest) -> HttpResponse:
    """Take one thing out of the draft: it is again as in the version the draft was made from."""
    desk = standing(request, Right.ADMINISTER)
    found, part, key = desk.draft, request.POST.get("part", ""), request.POST.get("key", "")
    if part not in policy.PARTS:
        raise Http404
    if found is not None:
        base = drafts.document_of(desk.member.merchant.pk, found.base)
        carried_out(
            request,
            lambda: drafts.edit(desk.member, lambda now: differences.reverted(now, base, part, key), desk.now),
            _("Taken out of the draft."),
        )
    return see_other(reverse("rule-draft"))


@require_POST
def publish(request: HttpRequest) -> HttpResponse:
    """Ask once more (`sure` missing), then make the draft the newest version; 409 where another one came between."""
    desk = standing(request, Right.ADMINISTER)
    form = PublishForm(request.POST)
    if not form.is_valid() or desk.draft is None:
        if desk.draft is None:
            messages.error(request, _("There is no draft."))
        return _page(request, desk, form, status=422)
    if request.POST.get("sure") != "1":
        return _page(request, desk, form, confirm=True)
    since = _since(desk, form.cleaned_data["effective_from"])
    try:
        version = publishing.publish(desk.member, since, form.cleaned_data["note"], desk.now)
    except Overtaken as error:
        messages.error(request, error.sentence)
        return _page(request, desk, form, status=409)
    except Refused as error:
        form.add_error(error.field if error.field in form.fields else None, error.sentence)
        return _page(request, desk, form, status=422)
    messages.success(
        request, _("Published as version {n}. Open orders are judged anew in the background.").format(n=version.number)
    )
    return see_other(reverse("rule-versions"))


def _since(desk: Standing, typed: datetime | None) -> datetime | None:
    """The instant that was typed, in the time zone of the merchant's first shop, as the page says."""
    if typed is None:
        return None
    zone = desk.member.zone
    return typed.replace(tzinfo=zone)


@require_POST
def trial(request: HttpRequest) -> HttpResponse:
    """Put the draft on trial (`on=1`): compared with what is live, opening no case; or end the trial."""
    desk = standing(request, Right.ADMINISTER)
    on = request.POST.get("on") == "1"
    done = _("On trial: what it would judge otherwise is compared, and no case is opened.") if on else _("Trial ended.")
    carried_out(request, lambda: publishing.trial(desk.member, on, desk.now), done)
    return see_other(reverse("rule-draft"))


@require_POST
def rebase(request: HttpRequest) -> HttpResponse:
    """Put what the draft changes on top of the newest version."""
    desk = standing(request, Right.ADMINISTER)
    done = _("The draft stands on the newest version now. Look at what it changes.")
    carried_out(request, lambda: publishing.rebase(desk.member, desk.now), done)
    return see_other(reverse("rule-draft"))


@require_POST
def discard(request: HttpRequest) -> HttpResponse:
    """Throw the draft away."""
    desk = standing(request, Right.ADMINISTER)
    carried_out(request, lambda: publishing.discard(desk.member, desk.now), _("The draft is discarded."))
    return see_other(reverse("rules"))


@require_GET
def versions(request: HttpRequest) -> HttpResponse:
    """The versions there were, newest first, each with what it changed."""
    desk = standing(request)
    found = publishing.versions(desk.member.merchant)
    documents = [*(dict(one.document) for one in found[1 : COMPARED + 1]), {}]
    rows: list[dict[str, Any]] = [
        {"version": one, "groups": differences.told(policy.diff(before, one.document), desk.names)}
        for one, before in zip(found[:COMPARED], documents, strict=False)
    ]
    if found and found[0].woken_at is None:
        rows[0]["progress"] = spreading.progress(found[0])
    context = desk.context(rows=rows, older=max(0, len(found) - COMPARED))
    return render(request, "exceptions/rules/versions.html", context)


@require_POST
def rollback(request: HttpRequest, number: int) -> HttpResponse:
    """The rules again as they were before version `number`."""
    desk = standing(request, Right.ADMINISTER)
    done = _("The rules are again as before version {n}. Open orders are judged anew in the background.")
    carried_out(request, lambda: publishing.rollback(desk.member, number, desk.now), done.format(n=number))
    return see_other(reverse("rule-versions"))
