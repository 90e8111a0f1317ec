"""The pulse of an open page: what it shows that has changed, as little as that takes."""

import zlib
from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from exceptions import menus, shown
from exceptions.desk import pulse as desk_pulse
from exceptions.desk import queue, tabs, tally
from exceptions.middleware import acted_at
from exceptions.models import Case
from exceptions.playbooks.shown import with_steps
from exceptions.showing import rows_html
from merchants import access
from merchants.access import Member, Right
from shipops.kit import money


@require_GET
@never_cache
def pulse(request: HttpRequest) -> HttpResponse:
    """204 where nothing has changed since `token`; else JSON: `token`, `texts` by element, and of a list what is new in it.

    `list` with the query string of a desk, and `seen` (its rows, exceptions.desk.pulse.seen_in), ask about its rows too; `more`
    says that others follow on the next page.
    """
    member = access.member(request, Right.VIEW)
    now = timezone.now()
    since = acted_at(request)
    told: dict[str, Any] = {"texts": _rail(member, now, since)}
    if "list" in request.GET:
        told |= _list(request, member, now, since, told["texts"])
    token = f"{zlib.crc32(repr(told).encode()):x}"
    if token == request.GET.get("token"):
        return HttpResponse(status=204)
    if "rows" in told:
        told["rows"] = _rendered(member, told["rows"], queue.Filters.from_query(request.GET), now)
    return JsonResponse(told | {"token": token})


def _rail(member: Member, now: datetime, since: datetime | None) -> dict[str, int | str]:
    waiting = tally.waiting(member, now, since)
    return {f"rail-{name}": getattr(waiting, name) for name in tally.Waiting.__dataclass_fields__}


def _list(
    request: HttpRequest, member: Member, now: datetime, since: datetime | None, texts: dict[str, int | str]
) -> dict[str, Any]:
    filters = queue.Filters.from_query(request.GET)
    counts = queue.counts(member, now, filters, since)
    first = not (request.GET.get("after") or request.GET.get("before"))
    seen = desk_pulse.seen_in(request.GET.get("seen", ""))
    news = desk_pulse.news(member, filters, seen, now, first, "more" in request.GET)
    above = ngettext("{n} new case above", "{n} new cases above", news.arrived).format(n=news.arrived)
    left = ngettext("{n} case left the list", "{n} cases left the list", len(news.gone)).format(n=len(news.gone))
    stake = money.shown(counts.at_stake, member.currency, 0)
    total = ngettext("%(n)s open case · %(stake)s at stake", "%(n)s open cases · %(stake)s at stake", counts.all)
    open_ = ngettext("{n} open case", "{n} open cases", counts.all).format(n=counts.all)
    return {
        "texts": texts
        | {f"chip-{n}": chip.n for n, chip in enumerate(menus.chips(filters, counts), start=1)}
        | {"list-total": total % {"n": counts.all, "stake": stake}},
        "rows": sorted(news.changed),
        "gone": {str(pk): why for pk, why in news.gone.items()},
        "arrived": news.arrived,
        "arrivals": _("{above} · show").format(above=above) if news.arrived else "",
        "said": " · ".join([above] * bool(news.arrived) + [left] * bool(news.gone) + [open_]),
    }


def _rendered(member: Member, pks: list[int], filters: queue.Filters, now: datetime) -> dict[str, str]:
    """These rows as the list shows them."""
    if not pks:
        return {}
    _default, own = tabs.chosen(member)
    filters = menus.lean(filters, own)
    look, query = menus.look(filters, own), filters.to_query()
    cases = queue.in_shops(member, queue.for_rows(access.scoped(member, Case.objects.filter(pk__in=pks))))
    rows = with_steps([shown.row(case, now, look.extra, query) for case in cases], cases, now)
    return {row.id: rows_html([row], look, member.may(Right.TRIAGE)) for row in rows}
