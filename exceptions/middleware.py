"""Who has just acted reads numbers taken after their act, whichever process answers: a cookie carries the instant."""

from collections.abc import Callable
from datetime import UTC, datetime

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from exceptions.desk.tally import SECONDS

COOKIE = "acted"
READS = ("GET", "HEAD", "OPTIONS")


class OwnActs:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if request.method not in READS:
            response.set_cookie(
                COOKIE,
                f"{timezone.now().timestamp():.3f}",
                max_age=SECONDS,
                httponly=True,
                secure=settings.SESSION_COOKIE_SECURE,
                samesite="Lax",
            )
        return response


def acted_at(request: HttpRequest) -> datetime | None:
    """The instant after which numbers must have been taken for who asks; None = a few seconds old will do.

    What posts is answered with numbers taken after it. Nothing worse than a count comes of a made-up cookie.
    """
    now = timezone.now()
    if request.method not in READS:
        return now
    try:
        at = datetime.fromtimestamp(float(request.COOKIES.get(COOKIE, "")), UTC)
    except (ValueError, OverflowError, OSError):
        return None
    return min(at, now) if at > now - SECONDS else None
