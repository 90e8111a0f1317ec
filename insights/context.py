"""What every page's frame shows: who is looking, over which shops, and the live counts of the rail."""

from datetime import datetime
from functools import cached_property
from typing import Any

from django.core.cache import caches
from django.http import HttpRequest
from django.utils import timezone

from exceptions.desk import tally
from exceptions.middleware import acted_at
from exceptions.together import inbox
from merchants import access
from merchants.models import Merchant, Role
from shipments.inbox.wordings import count_waiting

# The counts are the same for every page somebody opens within a few seconds.
COUNTS_SECONDS = 5
SECTIONS = {
    "start": "start",
    "exposure": "exposure",
    "desk": "desk",
    "blindspots": "desk",
    "case": "desk",
    "incident": "incidents",
    "support": "support",
    "order": "orders",
    "waybill": "orders",
    "import": "imports",
    "setup": "setup",
    "account": "setup",
    "wording": "wordings",
    "rule": "rules",
    "backtest": "rules",
}


class Frame:
    """Read lazily: an error page, or a page outside the frame, costs no query."""

    def __init__(self, request: HttpRequest, now: datetime) -> None:
        self.request, self.now = request, now

    @cached_property
    def member(self) -> access.Member | None:
        return access.current(self.request) if hasattr(self.request, "user") else None

    @cached_property
    def counts(self) -> tally.Waiting | None:
        # The rail on its own is asked for when something has just changed.
        since = self.now if self._is_rail else acted_at(self.request)
        return tally.waiting(self.member, self.now, since) if self.member else None

    @cached_property
    def unread_wordings(self) -> int:
        """How many wordings wait for an admin, up to 5 s old like the other counts; asked for by admins' rails alone."""
        if self.member is None or not self.may_administer:
            return 0
        key = f"wordings:{self.member.merchant.pk}"
        found = None if self._is_rail else caches["local"].get(key)
        if found is None:
            found = count_waiting(self.member.merchant)
            caches["local"].set(key, found, COUNTS_SECONDS)
        return int(found)

    @cached_property
    def standing(self) -> inbox.Standing:
        """What the bar says of whoever looks."""
        return inbox.standing(self.member, fresh=self._is_rail) if self.member else inbox.Standing()

    @property
    def _is_rail(self) -> bool:
        match = self.request.resolver_match
        return match is not None and match.url_name == "rail"

    @cached_property
    def merchants(self) -> list[Merchant]:
        """The merchants this person works for."""
        if self.member is None:
            return []
        return list(Merchant.objects.filter(memberships__user=self.member.user).order_by("name", "pk"))

    @cached_property
    def role(self) -> str:
        return str(Role(self.member.role).label) if self.member else ""

    @property
    def may_import(self) -> bool:
        return bool(self.member and self.member.may(access.Right.IMPORT))

    @property
    def may_administer(self) -> bool:
        return bool(self.member and self.member.may(access.Right.ADMINISTER))

    @cached_property
    def section(self) -> str:
        """Which entry of the rail this page belongs to."""
        match = self.request.resolver_match
        if self._is_rail:
            asked = self.request.GET.get("at", "")
            return asked if asked in SECTIONS.values() else ""
        name = (match.url_name or "") if match else ""
        return next((section for prefix, section in SECTIONS.items() if name.startswith(prefix)), "")


def frame(request: HttpRequest) -> dict[str, Any]:
    """Context of the frame, for every template."""
    now = timezone.now()
    return {"now": now, "frame": Frame(request, now)}
