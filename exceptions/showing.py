"""What the desk and a case's way through its queue show, worked out before the template runs."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote

from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from exceptions import menus, shown
from exceptions.deadlines.kinds import Kind, Level
from exceptions.desk import queue, risk
from exceptions.desk.filters import Filters
from exceptions.desk.nothing import why
from exceptions.desk.tabs import chosen, tabs
from exceptions.models import Case, View
from exceptions.playbooks.shown import with_steps
from merchants.access import Member, Right
from shipops.kit import money, times


def desk_page(
    member: Member, filters: Filters, now: datetime, after: str, before: str, since: datetime | None = None
) -> dict[str, Any]:
    """Context of the desk: its rows, what is offered above them, and where none are, why. Counts are taken after `since`."""
    default, own = chosen(member)
    filters = menus.lean(filters, own)
    page = queue.page(member, filters, now, after, before)
    # An empty list is explained by numbers of this instant; a search that finds nothing says nothing of them.
    since = since if page.rows or filters.q else now
    counts = queue.counts(member, now, filters, since)
    look = menus.look(filters, own)
    query = filters.to_query()
    cursor = f"after={after}" if after else f"before={before}" if before else ""
    nothing = None if page.rows else why(member, filters, now)
    return {
        "filters": filters,
        "rows": with_steps([shown.row(case, now, look.extra, query) for case in page.rows], page.rows, now),
        "counts": counts,
        "stake": money.shown(counts.at_stake, member.currency, 0),
        "chips": menus.chips(filters, counts),
        "menus": menus.menus(member, filters),
        "orders": menus.orders(filters),
        "look": look,
        "tabs": tabs(member, filters, now, default, since),
        "query": query,
        "scopes": [(v, t) for v, t in View.Scope.choices if v != View.Scope.PINNED or member.may(Right.ADMINISTER)],
        # More than this page holds: how many, for who wants to act on all of them.
        "every": _every(member, filters, counts, now) if page.next or page.prev else 0,
        "prev_url": _page_url(query, "before", page.prev),
        "next_url": _page_url(query, "after", page.next),
        "here": "&".join(part for part in (query, cursor) if part),
        "nothing": nothing,
        "next_due": shown.row(nothing.next_due, now) if nothing and nothing.next_due else None,
    }


def rows_html(rows: list[shown.Row], look: menus.Look, may_triage: bool) -> SafeString:
    """Rows of the queue as a page holds them, by the compiled template (docs/decisions/0029)."""
    context = {"rows": rows, "look": look, "may_triage": may_triage}
    told = render_to_string("exceptions/_rows.html", context, using="jinja2")
    return mark_safe(told)  # noqa: S308 - Jinja2 escapes, too; it only does not say so


def _every(member: Member, filters: Filters, counts: queue.Counts, now: datetime) -> int:
    known = queue.among(counts, filters)
    return queue.size(member, filters, now) if known is None else min(known, queue.COUNTED_MOST)


def _page_url(query: str, side: str, cursor: str) -> str:
    if not cursor:
        return ""
    return f"{reverse('desk')}?{query}{'&' if query else ''}{side}={cursor}"


@dataclass(frozen=True, slots=True)
class Way:
    """How to go on from a case within the queue the person came from; blank = there is nothing there."""

    # The queue's own query string, canonical.
    query: str
    queue_url: str
    prev_url: str
    next_url: str
    finish_url: str


def way(member: Member, case: Case, query: str, now: datetime) -> Way:
    """The cases before and after one in the queue of a query string ("" = all open cases). Two queries."""
    filters = Filters.of(query)
    before, after = queue.neighbours(member, filters, case, now)
    query = filters.to_query()
    within = f"?in={quote(query)}" if query else ""
    return Way(
        query,
        f"{reverse('desk')}{'?' if query else ''}{query}",
        f"{shown.case_url(before)}{within}" if before else "",
        f"{shown.case_url(after)}{within}" if after else "",
        f"{reverse('case-finish', args=[case.pk])}{within}",
    )


def place_of(case: Case, now: datetime) -> list[str]:
    """Why a case stands where it does in the queue: the formula of exceptions.desk.risk with its numbers filled in."""
    kind, level, zone = Kind(case.kind), Level(case.level), case.shop.zone
    worsens, ahead = risk.worsens_at(level, case.due_at, case.grave_at), risk.head_start(case.at_stake)
    told = [
        _("{money} at stake = {n} doublings = {t} head start").format(
            money=money.shown(case.at_stake, case.order.currency),
            n=f"{ahead / 3600 / risk.HOURS_PER_DOUBLING:.1f}",
            t=times.spell(timedelta(seconds=ahead)),
        )
    ]
    halved = risk.halvings(kind, level)
    if halved:
        told.append(
            ngettext(
                "the chance that acting helps is 1 in {chance}, halved {n} time = {t} set back",
                "the chance that acting helps is 1 in {chance}, halved {n} times = {t} set back",
                halved,
            ).format(chance=2**halved, n=halved, t=times.spell(timedelta(hours=risk.HOURS_PER_DOUBLING * halved)))
        )
    else:
        told.append(_("acting can still save all of it: nothing is set back"))
    ranked = datetime.fromtimestamp(-risk.rank(kind, level, case.due_at, case.grave_at, case.at_stake), zone)
    told.append(
        _("gets worse {worse} → ranks as if {as_if}").format(
            worse=times.wall(worsens, now, zone), as_if=times.wall(ranked, now, zone)
        )
    )
    return told
