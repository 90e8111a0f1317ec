"""Files of a case: added, shown, removed."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_GET, require_POST

from exceptions.errors import NotAllowed
from exceptions.together import attachments, pictures
from exceptions.views import show_case
from merchants import access
from merchants.access import Right
from shipops.kit.htmx import see_other

# A file never changes under its number; a browser may keep it as long as its person works here.
KEPT_SECONDS = 8 * 3600
# Whatever somebody finds to hide in a file, it may do nothing here.
SANDBOX = "default-src 'none'; sandbox"


@require_POST
def add(request: HttpRequest, pk: int) -> HttpResponse:
    """Keep one or several files (`file`) with a case; each that cannot be is told, 422 where none could."""
    member = access.member(request, Right.TRIAGE)
    now = timezone.now()
    files = request.FILES.getlist("file")
    outcomes = attachments.add(member, pk, attachments.sent(files[: attachments.MOST]), now)
    kept = sum(1 for one in outcomes if one.attachment)
    if kept:
        messages.success(request, ngettext("{n} file is kept.", "{n} files are kept.", kept).format(n=kept))
    for one in outcomes:
        if one.problem:
            messages.error(request, f"{one.name}: {one.problem}")
    if not files:
        messages.warning(request, _("Choose a file first."))
    if not kept:
        return show_case(request, member, pk, now, status=422)
    return see_other(f"{reverse('case', args=[pk])}#attachments")


@require_GET
@cache_control(private=True, max_age=KEPT_SECONDS, immutable=True)
def show(request: HttpRequest, pk: int, small: bool = False) -> HttpResponse:
    """The bytes of a file: a picture to look at, a paper to save; `small` the picture's thumbnail."""
    member = access.member(request, Right.VIEW)
    attachment, body = attachments.body(member, pk)
    picture = attachment.media_type != pictures.PDF
    content, media_type = (body.thumbnail, "image/jpeg") if small and picture else (body.content, attachment.media_type)
    response = HttpResponse(bytes(content), content_type=media_type)
    response["Content-Disposition"] = content_disposition_header(not picture, attachment.name) or "attachment"
    response["Content-Security-Policy"] = SANDBOX
    response["X-Content-Type-Options"] = "nosniff"
    return response


@require_POST
def remove(request: HttpRequest, pk: int) -> HttpResponse:
    """Remove a file; the log keeps its name. 409 where somebody was faster."""
    member = access.member(request, Right.TRIAGE)
    now = timezone.now()
    try:
        attachment = attachments.remove(member, pk, now)
    except NotAllowed as error:
        return HttpResponse(error.sentence, status=409, content_type="text/plain; charset=utf-8")
    messages.success(request, _("{name} is removed.").format(name=attachment.name))
    return see_other(f"{reverse('case', args=[attachment.case_id])}#attachments")
