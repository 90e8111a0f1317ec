"""Files come in: upload, preview, commit, progress, report."""

import csv
import logging
from collections.abc import Iterable

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_GET, require_http_methods

from merchants import access
from merchants.access import Member, Right
from orders import imports, tasks
from orders.errors import UnusableFile
from orders.forms import ColumnsForm, UploadForm
from orders.models import Goods, ImportIssue, OrderImport, OrderStatus
from orders.sources.issues import sentence
from orders.sources.profiles import GENERIC, named
from orders.sources.reading import MAX_BYTES, MEGABYTE
from shipops.kit.htmx import see_other, whole_or_part
from shipops.kit.nudging import nudge

log = logging.getLogger(__name__)
State = OrderImport.State
LISTED = 50
ISSUES_SHOWN = 200
TONES = {State.DONE: "kept", State.FAILED: "broken", State.RUNNING: "soon", State.QUEUED: "soon"}
# What a spreadsheet would run as a formula.
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
EXAMPLE = {
    "number": "SO-1001",
    "status": "to_dispatch",
    "goods": "presale",
    "placed_at": "2026-09-22 08:50:00",
    "paid_at": "2026-09-22 08:53:45",
    "promised_dispatch_at": "2026-09-24 08:53:45",
    "amount": "125.00",
    "currency": "CNY",
    "line_number": "SO-1001-1",
    "title": "Mug",
    "category": "Home/Tableware",
    "quantity": "2",
    "line_amount": "125.00",
}


@require_GET
def import_list(request: HttpRequest) -> HttpResponse:
    """The latest imports of the member's shops."""
    member = access.member(request, Right.IMPORT)
    return render(request, "orders/imports.html", {"runs": [(run, _tone(run)) for run in _runs(member)[:LISTED]]})


def _runs(member: Member) -> QuerySet[OrderImport]:
    """Runs without their files: a list of them would weigh many megabytes."""
    runs = OrderImport.objects.select_related("shop", "by").defer("content")
    return access.scoped(member, runs).order_by("-pk")


def _tone(run: OrderImport) -> str:
    return TONES.get(State(run.state), "calm")


@require_http_methods(["GET", "POST"])
def import_new(request: HttpRequest) -> HttpResponse:
    """Upload a file; what can be read goes on to its preview."""
    member = access.member(request, Right.IMPORT)
    form = UploadForm(request.POST or None, request.FILES or None, member=member)
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            file = form.cleaned_data["file"]
            try:
                if file.size > MAX_BYTES:
                    raise UnusableFile("too-large", limit=MAX_BYTES // MEGABYTE)
                run = imports.upload(form.cleaned_data["shop"], member.user, file.name, file.read(), timezone.now())
                return see_other(reverse("import", args=[run.pk]))
            except UnusableFile as error:
                log.info("upload of %s refused: %s", file.name, error.code)
                form.add_error("file", str(error))
                status = 413 if error.code == "too-large" else 422
    return render(request, "orders/import_new.html", {"form": form}, status=status)


@require_GET
def import_template(request: HttpRequest) -> HttpResponse:
    """Our own template, with one order as an example."""
    access.member(request, Right.IMPORT)
    fields = named(GENERIC).fields
    response = _csv("shipops-orders.csv")
    writer = csv.writer(response)
    writer.writerow([headers[0] for headers in fields.values()])
    writer.writerow([EXAMPLE.get(name, "") for name in fields])
    return response


@require_http_methods(["GET", "POST"])
def import_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """One import: preview, progress or report, as it stands; POST chooses columns, commits or discards."""
    member = access.member(request, Right.IMPORT)
    run = access.get(member, _runs(member), pk=pk)
    if request.method == "POST":
        return _act(request, run)
    if run.state in (State.PREVIEW, State.FAILED) and run.content:
        return _preview(request, run)
    context = {
        "run": run,
        "tone": _tone(run),
        "issues": _told(run.issues.order_by("row", "pk")[:ISSUES_SHOWN]),
        "issues_total": run.issues.count(),
        "progress": min(100, 100 * run.rows_done // run.rows_total) if run.rows_total else 0,
        "live": run.state in (State.QUEUED, State.RUNNING),
    }
    return whole_or_part(request, "orders/import.html", {"import": "import"}, context)


def _told(issues: Iterable[ImportIssue]) -> list[tuple[ImportIssue, str]]:
    return [(issue, sentence(issue.code, issue.value)) for issue in issues]


def _preview(request: HttpRequest, run: OrderImport, form: ColumnsForm | None = None) -> HttpResponse:
    preview = imports.preview(run)
    status = 422 if form else 200
    initial = {"profile": run.profile}
    form = form or ColumnsForm(headers=preview.headers, mapping=preview.mapping, initial=initial)
    told = [(issue, sentence(issue.code, issue.value)) for issue in preview.issues]
    orders = [
        (
            draft,
            OrderStatus(draft.status).label if draft.status else "",
            Goods(draft.goods).label if draft.goods else "",
        )
        for draft in preview.orders
    ]
    context = {"run": run, "preview": preview, "orders": orders, "form": form, "issues": told, "tone": _tone(run)}
    return render(request, "orders/import_preview.html", context, status=status)


def _act(request: HttpRequest, run: OrderImport) -> HttpResponse:
    here = reverse("import", args=[run.pk])
    action = request.POST.get("action", "")
    if action == "discard":
        if imports.discard(run):
            messages.success(request, _("%(name)s was thrown away. No order was touched.") % {"name": run.filename})
            return see_other(reverse("imports"))
        return see_other(here)
    if run.state not in (State.PREVIEW, State.FAILED) or not run.content:
        return see_other(here)
    form = ColumnsForm(request.POST, headers=imports.header(run), mapping={})
    if not form.is_valid():
        return _preview(request, run, form)
    imports.choose(run, form.cleaned_data["profile"], form.columns())
    if action == "commit" and not imports.preview(run).error and imports.commit(run):
        nudge(tasks.run_imports)
    return see_other(here)


@require_GET
def import_issues(request: HttpRequest, pk: int) -> HttpResponse:
    """All issues of an import as CSV that no spreadsheet takes for formulas."""
    member = access.member(request, Right.IMPORT)
    run = access.get(member, _runs(member), pk=pk)
    response = _csv(f"import-{run.pk}-issues.csv")
    writer = csv.writer(response)
    writer.writerow([_("Row"), _("Column"), pgettext("rows", "Refused"), _("Value"), _("Reason")])
    for issue, reason in _told(run.issues.order_by("row", "pk").iterator()):
        refused = _("yes") if issue.refused else _("no")
        writer.writerow([issue.row, *map(harmless, (issue.field, refused, issue.value, reason))])
    return response


def harmless(text: str) -> str:
    """Return text so that a spreadsheet shows it and never runs it."""
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text


def _csv(filename: str) -> HttpResponse:
    """Return an empty CSV download; the mark tells Excel that it is UTF-8."""
    headers = {"Content-Disposition": f'attachment; filename="{filename}"'}
    return HttpResponse("\ufeff", content_type="text/csv; charset=utf-8", headers=headers)
