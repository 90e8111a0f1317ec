"""Acting on many cases: preview, commit, result, undo; and the log of what one did."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from exceptions import filings, tasks
from exceptions.desk import acting, command_page, queue, running, undoing
from exceptions.desk.acts import Act
from exceptions.desk.command_page import CommandStory, LogFilters
from exceptions.desk.deciding import Result
from exceptions.desk.saying import said
from exceptions.desk.workflow import BY_PEOPLE, Action, act_named
from exceptions.errors import Incomplete, NotAllowed
from exceptions.filing.forms import FileForm
from exceptions.forms import FORMS, CaseForm, arguments
from exceptions.models import Command
from exceptions.views import show_desk
from merchants import access
from merchants.access import Member, Right
from shipops.kit import money
from shipops.kit.htmx import see_other, whole_or_part
from shipops.kit.nudging import nudge
from shipops.kit.query import row_id, row_ids

# No act of the workflow: it leaves the cases in their states.
FILE = "file"
# Of one case these ask before they are noted: there is a number or an amount to say.
ASKS = (Action.CLAIM, Action.WORK_ORDER, Action.RESHIP)
REFRESH = "refresh-list, refresh-counts, refresh-case"


@require_POST
def bulk(request: HttpRequest) -> HttpResponse:
    """Act on the selected cases, or with `all` on everything the query string lets through.

    One case is acted on at once where the act needs nothing more; several are previewed first.
    """
    member = access.member(request, Right.TRIAGE)
    now = timezone.now()
    action = _action(request.POST.get("action", ""))
    everything = bool(request.POST.get("all"))
    chosen = _everything(request, member, now) if everything else _picked(request)
    if not chosen:
        messages.warning(request, _("Select at least one case first."))
    elif action is None:
        _file_for_all(request, member, chosen, now)
    else:
        form = FORMS[action](request.POST, member=member)
        given = arguments(form, now) if form.is_valid() else {}
        act = Act(member, action, now, **given)
        try:
            if len(chosen) == 1 and form.is_valid() and action not in ASKS:
                command = acting.run(member, act, chosen, now=now)
                _tell(request, command_page.story(member, command.pk, now))
                _miss(request, command, chosen)
                return _back_to_desk(request, member, now)
            command = acting.preview(member, act, chosen, now=now, query=request.GET.urlencode(), strict=False)
        except (NotAllowed, Incomplete) as error:
            messages.error(request, error.sentence)
            return _back_to_desk(request, member, now)
        _miss(request, command, chosen)
        return _previewed(request, member, command, now)
    return _back_to_desk(request, member, now)


def _miss(request: HttpRequest, command: Command, chosen: list[int]) -> None:
    """Say which cases there are not: another's, or gone meanwhile."""
    known = set(command.items.values_list("case_id", flat=True))
    for pk in sorted(set(chosen) - known):
        messages.error(request, _("C-{pk}: not found.").format(pk=pk))


def _action(name: str) -> Action | None:
    """The act that was named, None for a filing."""
    if name == FILE:
        return None
    wanted = act_named(name)
    if wanted is None:
        raise Http404
    return wanted


def _picked(request: HttpRequest) -> list[int]:
    return row_ids(request.POST.getlist("case")[: acting.BATCH])


def _everything(request: HttpRequest, member: Member, now: datetime) -> list[int]:
    """The cases the query string lets through; one more than may be, where it is more."""
    matching = queue.matching(member, queue.Filters.from_query(request.GET), now)
    return list(matching.order_by("pk").values_list("pk", flat=True)[: acting.MOST + 1])


def _back_to_desk(request: HttpRequest, member: Member, now: datetime) -> HttpResponse:
    if request.htmx:  # type: ignore[attr-defined]
        response = show_desk(request, member, now)
        response["HX-Trigger"] = "refresh-counts"
        return response
    query = request.GET.urlencode()
    return see_other(f"{reverse('desk')}{'?' if query else ''}{query}")


def _previewed(request: HttpRequest, member: Member, command: Command, now: datetime) -> HttpResponse:
    if not request.htmx:  # type: ignore[attr-defined]
        return see_other(reverse("command", args=[command.pk]))
    response = _show(request, member, command.pk, now, dialog=True)
    response["HX-Retarget"] = "#dialog"
    response["HX-Reswap"] = "innerHTML"
    return response


def _file_for_all(request: HttpRequest, member: Member, chosen: list[int], now: datetime) -> None:
    """Note a filing for the kind of each case; one that cannot be is told and stops no other."""
    form = FileForm(request.POST)
    if not form.is_valid():
        messages.error(request, str(next(iter(form.errors.values()))[0]))
        return
    if len(chosen) > filings.BATCH:
        messages.error(request, _("At most {most} at once: send them in parts.").format(most=filings.BATCH))
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


def toast(request: HttpRequest, command: Command, text: str) -> None:
    """Say what was done, with a button that takes it back."""
    messages.success(request, text, extra_tags=str(command.pk))


def _tell(request: HttpRequest, told: CommandStory) -> None:
    """Say what became of the few cases of a command."""
    if told.applied:
        toast(request, told.command, said(told.action, told.applied))
    for group in told.groups:
        for item in group.items:
            if group.result != Result.APPLIED and group.reason:
                messages.error(request, f"C-{item.case_id}: {group.reason}")


@require_GET
def command(request: HttpRequest, pk: int) -> HttpResponse:
    """One command: what it would do, how far it is, or what became of each case."""
    return _show(request, access.member(request, Right.TRIAGE), pk, timezone.now())


def _show(
    request: HttpRequest,
    member: Member,
    pk: int,
    now: datetime,
    form: CaseForm | None = None,
    *,
    dialog: bool = False,
    status: int = 200,
) -> HttpResponse:
    told = command_page.story(member, pk, now)
    if form is None and told.is_preview:
        form = FORMS[told.action](member=member, initial=told.command.arguments)
    context = {
        "now": now,
        "told": told,
        "form": form if told.is_preview and told.action is not Action.ASSIGN else None,
        "stake": money.shown(told.stake, member.currency, 0),
        "back": f"{reverse('desk')}?{told.command.query}" if told.command.query else reverse("desk"),
        "in_dialog": dialog or _in_dialog(request),
        "zone": member.shops[0] if member.shops else None,
    }
    if dialog:
        return render(request, "exceptions/command.html#dialog", context | {"part": "dialog"}, status=status)
    return whole_or_part(request, "exceptions/command.html", {"command": "card"}, context, status)


def _in_dialog(request: HttpRequest) -> bool:
    """Whether the desk shows it over itself."""
    return bool(request.htmx) and "in_dialog" in {**request.GET.dict(), **request.POST.dict()}  # type: ignore[attr-defined]


@require_POST
def commit(request: HttpRequest, pk: int) -> HttpResponse:
    """Carry out what was previewed, as its form says; 422 where something is missing, 409 where it is done already."""
    member = access.member(request, Right.TRIAGE)
    now = timezone.now()
    told = command_page.story(member, pk, now)
    form = FORMS[told.action](request.POST, member=member)
    given: Mapping[str, Any] | None = None
    if told.action is not Action.ASSIGN:
        if not form.is_valid():
            return _show(request, member, pk, now, form, status=422)
        given = arguments(form, now)
    try:
        done = acting.commit(member, pk, now=now, given=given)
    except Incomplete as error:
        form.add_error(error.field if error.field in form.fields else None, error.sentence)
        return _show(request, member, pk, now, form, status=422)
    except NotAllowed as error:
        messages.error(request, error.sentence)
        return _show(request, member, pk, now, status=409)
    if done.state == Command.State.QUEUED:
        transaction.on_commit(lambda: nudge(tasks.carry_out))
    told = command_page.story(member, pk, now)
    if told.is_open or told.applied != told.total:
        return _after(request, member, pk, now)
    # All went through: nothing is left to look at.
    toast(request, done, said(told.action, told.applied))
    if not request.htmx:  # type: ignore[attr-defined]
        return see_other(f"{reverse('desk')}?{told.command.query}" if told.command.query else reverse("desk"))
    if not _in_dialog(request):
        return _after(request, member, pk, now)
    return _list_again(request, member, now)


def _list_again(request: HttpRequest, member: Member, now: datetime) -> HttpResponse:
    """Close the dialog and show the list under it as it is now, which ends the selection and places the cursor."""
    request.GET = QueryDict(urlsplit(request.htmx.current_url or "").query)  # type: ignore[attr-defined]
    response = show_desk(request, member, now, part="list")
    response.write(render_to_string("exceptions/command.html#closed", request=request))
    response["HX-Retarget"] = "#list"
    response["HX-Reswap"] = "morph:outerHTML"
    response["HX-Trigger"] = "refresh-counts"
    return response


def _after(request: HttpRequest, member: Member, pk: int, now: datetime) -> HttpResponse:
    if not request.htmx:  # type: ignore[attr-defined]
        return see_other(reverse("command", args=[pk]))
    response = _show(request, member, pk, now)
    response["HX-Trigger"] = REFRESH
    return response


@require_POST
def cancel(request: HttpRequest, pk: int) -> HttpResponse:
    """Stop a command where it stands; what is done stays done and can be undone."""
    member = access.member(request, Right.TRIAGE)
    now = timezone.now()
    running.cancel(member, pk, now=now)
    return _after(request, member, pk, now)


@require_POST
def undo(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a command back where that still can be; 409 where it cannot at all."""
    member = access.member(request, Right.TRIAGE)
    now = timezone.now()
    try:
        undoing.undo(member, pk, now=now)
    except NotAllowed as error:
        messages.error(request, error.sentence)
        return _noticed(request, pk, 409)
    told = command_page.story(member, pk, now)
    if told.undone:
        taken = ngettext("Undone on {n} case.", "Undone on {n} cases.", told.undone)
        messages.success(request, taken.format(n=told.undone))
    for group in told.groups:
        if group.result == Result.APPLIED:
            for item in group.items:
                messages.error(request, f"C-{item.case_id}: {group.reason}")
    return _noticed(request, pk)


def _noticed(request: HttpRequest, pk: int, status: int = 200) -> HttpResponse:
    """Say what was taken back where the person is; whatever shows cases is read again."""
    if not request.htmx:  # type: ignore[attr-defined]
        return see_other(reverse("command", args=[pk]))
    response = render(request, "components/notices.html", {"oob": 1}, status=status)
    response["HX-Trigger"] = f"{REFRESH}, refresh-log"
    return response


@require_GET
def log(request: HttpRequest) -> HttpResponse:
    """What I did; for an admin what everybody did."""
    member = access.member(request, Right.TRIAGE)
    now = timezone.now()
    sees_all = member.may(Right.ADMINISTER) and member.every_shop
    wanted = request.GET.get("action", "")
    by = request.GET.get("by", "")
    filters = LogFilters("me" if by == "me" or not sees_all else "", wanted if _known(wanted) else "")
    lines, following = command_page.log(member, filters, now, row_id(request.GET.get("after", "")) or None)
    context = {
        "now": now,
        "lines": lines,
        "filters": filters,
        "sees_all": sees_all,
        "actions": [(one.value, one.label) for one in BY_PEOPLE],
        "zone": member.shops[0] if member.shops else None,
        "next": following,
    }
    return whole_or_part(request, "exceptions/log.html", {"log": "log"}, context)


def _known(action: str) -> bool:
    return any(action == one.value for one in BY_PEOPLE)
