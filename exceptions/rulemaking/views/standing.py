"""What every page of the rules knows: the version that is live, the draft in the making, and the document it shows."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest
from django.utils import timezone

from exceptions.deadlines.policy import Difference
from exceptions.deadlines.rulebook import Rule
from exceptions.models import Policy
from exceptions.rulemaking import drafts, shelf
from exceptions.rulemaking.refusals import Refused
from merchants import access
from merchants.access import Member, Right
from shipments.models import Carrier

# A code of a clock is at most this long: what is longer is none.
CODE_LENGTH = 40


@dataclass
class Standing:
    """Who looks at the rules of which merchant. Admins see the draft where there is one; others what is published."""

    member: Member
    now: datetime

    @cached_property
    def live(self) -> Policy | None:
        return drafts.live(self.member.merchant)

    @cached_property
    def draft(self) -> Policy | None:
        return drafts.draft(self.member.merchant) if self.may_change else None

    @property
    def may_change(self) -> bool:
        return self.member.may(Right.ADMINISTER)

    @property
    def published(self) -> dict[str, Any]:
        return dict(self.live.document) if self.live else {}

    @cached_property
    def written(self) -> dict[str, Any]:
        """The document the pages show."""
        return dict(self.draft.document) if self.draft else self.published

    @property
    def number(self) -> int | None:
        return self.live.number if self.live else None

    @cached_property
    def changes(self) -> list[Difference]:
        """What the draft changes."""
        return drafts.changes(self.draft) if self.draft else []

    @property
    def drafted(self) -> set[str]:
        """Codes of rules the draft changes."""
        return {one.code for one in self.changes if one.what in ("change", "own", "reviewed")}

    @cached_property
    def platforms(self) -> list[str]:
        return shelf.platforms_of(self.member.shops)

    @cached_property
    def rules(self) -> dict[str, tuple[str, Rule]]:
        """Every rule the document has for the member's platforms: its pack and the rule, by code."""
        return shelf.rules(self.platforms, self.written, self.number)

    def rule(self, code: str) -> tuple[str, Rule]:
        """The pack and the rule of this code; Http404 where there is none."""
        found = self.beside(code).get(code) if len(code) <= CODE_LENGTH else None
        if found is None:
            raise Http404
        return found

    def beside(self, code: str) -> dict[str, tuple[str, Rule]]:
        """The rules of the platform a code is of: one book, where all take as many as there are platforms."""
        pack = shelf.pack_of(code)
        platforms = [pack] if pack in self.platforms else self.platforms[:1]
        return shelf.rules(platforms, self.written, self.number)

    @cached_property
    def names(self) -> Mapping[str, Mapping[str, str]]:
        """Names of shops and carriers by code."""
        shops = {shop.code: shop.name for shop in self.member.shops}
        return {"shops": shops, "carriers": {one.code: str(one) for one in Carrier.objects.all()}}

    @property
    def regions(self) -> dict[str, list[str]]:
        """Named lists of provinces, those of the packs and our own over them."""
        return shelf.regions(self.platforms, self.written)

    @property
    def titles(self) -> list[tuple[str, str]]:
        """Codes and names of the rules that run."""
        rows = [shelf.row(rule.term, pack) for pack, rule in self.rules.values()]
        return sorted((row.term.code, row.name) for row in rows if row.runs)

    def context(self, **more: Any) -> dict[str, Any]:
        """The context of a page."""
        return {"now": self.now, "standing": self, "may_change": self.may_change, **more}


def standing(request: HttpRequest, right: Right = Right.VIEW) -> Standing:
    return Standing(access.member(request, right), timezone.now())


def carried_out(request: HttpRequest, act: Callable[[], object], done: str) -> bool:
    """Do something that a service may refuse, and say how it went."""
    try:
        act()
    except Refused as error:
        messages.error(request, error.sentence)
        return False
    messages.success(request, done)
    return True
