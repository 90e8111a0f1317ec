"""The door for pushes stands before everything that only people need."""

from collections.abc import Callable

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import Resolver404, resolve

PUSHES = "/carriers/"


class PushDoor:
    """Answers providers' pushes first: sessions, languages and policies would cost a push a fifth of its time (measured)."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.path_info.startswith(PUSHES):
            return self.get_response(request)
        try:
            found = resolve(request.path_info)
            if found.url_name != "push":
                return self.get_response(request)
            response = found.func(request, **found.kwargs)
        except Resolver404:
            return self.get_response(request)
        except Http404:
            # Not the page for people: its frame asks who they are.
            response = HttpResponse("Nobody is pushed to at this address.", status=404, content_type="text/plain")
        response.headers.setdefault("Content-Length", str(len(response.content)))
        return response
