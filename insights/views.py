"""The start page, the rail's live counts, and what the admin sees of the set-up."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from merchants import access
from merchants.access import Right


def start(request: HttpRequest) -> HttpResponse:
    """What breaks next, what it costs, and where."""
    access.member(request, Right.VIEW)
    return render(request, "insights/start.html", {})


def rail(request: HttpRequest) -> HttpResponse:
    """The rail alone, for its refresh."""
    access.member(request, Right.VIEW)
    return render(request, "components/rail.html", {})


def setup(request: HttpRequest) -> HttpResponse:
    """Shops, people and tracking accounts, to read."""
    access.member(request, Right.ADMINISTER)
    return render(request, "insights/setup.html", {})
