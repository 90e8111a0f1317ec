"""The panel of filings on a case page: file, and note what the platform answers."""

from datetime import datetime

from django.contrib import messages
from django.forms import Form
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from exceptions import filings
from exceptions.errors import Incomplete, NotAllowed
from exceptions.filing.forms import AcceptForm, FileForm
from exceptions.models import Case, Filing
from exceptions.views import after_act, show_case
from merchants import access
from merchants.access import Member, Right


@require_POST
def act(request: HttpRequest, pk: int) -> HttpResponse:
    """Do `file`, `accept` (with `new_due_at`), `lift` (accepted without a limit) or `refuse`.

    Back to the case; 422 where something is missing, 409 where somebody was faster.
    """
    member = access.member(request, Right.TRIAGE)
    case = access.get(member, Case.objects.select_related("shop"), pk=pk)
    what, now = request.POST.get("do", ""), timezone.now()
    if what not in ("file", "accept", "lift", "refuse"):
        raise Http404
    form = _form(request, what, case)
    if not form.is_valid():
        return show_case(request, member, pk, now, filing_form=form, status=422)
    try:
        said = _file(member, case, form, now) if what == "file" else _answer(member, case, what, form, now)
    except Incomplete as error:
        form.add_error(error.field if error.field in form.fields else None, error.sentence)
        return show_case(request, member, pk, now, filing_form=form, status=422)
    except NotAllowed as error:
        messages.error(request, error.sentence)
        return show_case(request, member, pk, now, status=409)
    messages.success(request, said)
    return after_act(request, member, pk, now)


def _form(request: HttpRequest, what: str, case: Case) -> Form:
    if what == "file":
        return FileForm(request.POST)
    return AcceptForm(request.POST, case=case) if what == "accept" else Form(request.POST)


def _file(member: Member, case: Case, form: Form, now: datetime) -> str:
    (filed,) = filings.file(member, [(case.order_id, case.kind)], now=now, **form.cleaned_data)
    if filed.problem:
        raise NotAllowed(filed.problem)
    return _("Noted as filed. Once the platform answers, note it here.")


def _answer(member: Member, case: Case, what: str, form: Form, now: datetime) -> str:
    pending = next((one for one in filings.of_case(case) if one.state == Filing.State.PENDING), None)
    if pending is None:
        raise NotAllowed(_("The answer to this filing is noted already."))
    limit = form.cleaned_data.get("new_due_at")
    filings.answer(member, pending.pk, what != "refuse", now=now, new_due_at=limit)
    return _("Noted. Its limits are worked out within seconds.")
