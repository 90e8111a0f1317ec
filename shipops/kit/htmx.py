"""One address, one template: the whole page, or the named part of it that htmx asks for."""

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.cache import patch_vary_headers


def whole_or_part(
    request: HttpRequest, template: str, parts: Mapping[str, str], context: dict[str, Any], status: int = 200
) -> HttpResponse:
    """Render `template`, or of it the partial that `parts` gives for the id htmx swaps; the context learns it as `part`."""
    htmx = request.htmx  # type: ignore[attr-defined]
    part = parts.get(htmx.target or "") if htmx and not htmx.history_restore_request else None
    context["part"] = part
    response = render(request, f"{template}#{part}" if part else template, context, status=status)
    patch_vary_headers(response, ("HX-Request", "HX-Target"))
    return response


def see_other(url: str) -> HttpResponse:
    """Return 303: whatever was posted, what comes next is read with GET."""
    response = HttpResponseRedirect(url)
    response.status_code = 303
    return response
