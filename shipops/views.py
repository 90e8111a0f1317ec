"""What is answered when a request cannot even reach a page."""

from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.views import defaults


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """400, or 413 where the body is larger than DATA_UPLOAD_MAX_MEMORY_SIZE."""
    if isinstance(exception, RequestDataTooBig):
        # Without the request: its body must not be read again.
        return HttpResponse(render_to_string("413.html"), status=413)
    return defaults.bad_request(request, exception)
