"""Saved views: the tabs above the queue, how many cases lie behind each, and what people do to them."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.core.cache import caches
from django.core.exceptions import EmptyResultSet, PermissionDenied
from django.db import connection, transaction
from django.db.models import Q
from django.http import Http404
from django.utils.translation import gettext as _

from exceptions.desk import queue
from exceptions.desk.filters import Filters
from exceptions.desk.workflow import State
from exceptions.errors import Incomplete
from exceptions.models import DefaultView, View
from merchants.access import Member, Right
from merchants.models import Membership

# Each tab is a condition of one query over the open cases; more tabs than that nobody finds anything in.
OWN_MOST = 20
NAME_LENGTH = 40
QUERY_LENGTH = 2000
# Tabs are counted anew once that long; the list itself is always fresh.
COUNTS_SECONDS = 5
COUNTED_MOST = 999


@dataclass(frozen=True, slots=True)
class Tab:
    # None = no saved view: all open cases, or what a link asks for.
    view: View | None
    name: str
    # Where it leads.
    query: str
    current: bool = False
    # What is looked at is no longer what is saved.
    changed: bool = False
    default: bool = False
    # Blank = not counted: a view of resolved cases, or of a search.
    n: str = ""


@dataclass(frozen=True, slots=True)
class Tabs:
    shown: list[Tab]
    # Views others share, to choose from.
    shared: list[Tab]
    current: Tab
    # May the current one be saved over, renamed, deleted.
    mine: bool


def tabs(member: Member, filters: Filters, now: datetime, default: int | None, since: datetime | None = None) -> Tabs:
    """The tabs of this person's desk, the one looked at marked. A query, and one more every few seconds."""
    views = visible(member)
    here = filters.to_query(view="")
    current = _current(views, filters, here)
    mine = [v for v in views if v.scope == View.Scope.PINNED or v.owner_id == member.user.pk or v is current]
    counted = _counted(member, mine, now, since)
    shown = [
        Tab(
            view=view,
            name=view.name,
            query=Filters.of(view.query).to_query(view=str(view.pk)),
            current=view is current,
            changed=view is current and view.query != here,
            default=view.pk == default,
            n=counted.get(view.pk, ""),
        )
        for view in mine
    ]
    on_all = current is None and not filters.narrow()
    everything = Tab(None, _("All"), "view=all", on_all, n=counted.get(0, ""))
    shown.insert(0, everything)
    if current is None and not on_all:
        shown.append(Tab(None, _("Not saved"), filters.to_query(view=""), True, changed=True))
    shared = [Tab(v, v.name, Filters.of(v.query).to_query(view=str(v.pk))) for v in views if v not in mine]
    mine_to_change = current is not None and may_change(member, current)
    return Tabs(shown, shared, next(tab for tab in shown if tab.current), mine_to_change)


def _current(views: list[View], filters: Filters, here: str) -> View | None:
    """The view named, else one that is just this; the first of them."""
    if filters.view == "all":
        return None
    named = next((view for view in views if str(view.pk) == filters.view), None)
    return named or next((view for view in views if here and view.query == here), None)


def visible(member: Member) -> list[View]:
    """Pinned ones, one's own, and those others share, in this order. One query."""
    may_see = Q(owner=member.user) | ~Q(scope=View.Scope.PRIVATE)
    views = View.objects.select_related("owner").filter(may_see, merchant=member.merchant).order_by("position", "pk")
    return sorted(views, key=lambda view: (view.scope != View.Scope.PINNED, view.owner_id != member.user.pk))


def chosen(member: Member) -> tuple[int | None, str]:
    """The view this person's desk opens with, and the columns and density they keep, as a query string. One query."""
    mine = Membership.objects.filter(user=member.user, merchant=member.merchant)
    return mine.values_list("default_view__view_id", "desk_look").first() or (None, "")


def _counted(member: Member, views: list[View], now: datetime, since: datetime | None) -> dict[int, str]:
    """Open cases behind each view, 0 = all; a few seconds old.

    What the merchant's numbers do not tell is one query for all views together, each counted as far as it is shown.
    """
    asked = {0: Filters(), **{view.pk: Filters.of(view.query) for view in views}}
    asked = {pk: one for pk, one in asked.items() if not one.q and State.RESOLVED.value not in one.states}
    found = {pk: n for pk, one in asked.items() if (n := queue.told(member, one, now, since)) is not None}
    rest = {pk: one for pk, one in asked.items() if pk not in found}
    if rest:
        key = f"tabs:{member.merchant.pk}:{member.user.pk}:{hash(tuple(rest.items()))}"
        counted = caches["local"].get(key)
        if counted is None:
            counted = _count(member, rest, now)
            caches["local"].set(key, counted, COUNTS_SECONDS)
        found |= counted
    return {pk: f"{COUNTED_MOST}+" if n > COUNTED_MOST else str(n) for pk, n in found.items()}


def _count(member: Member, asked: dict[int, Filters], now: datetime) -> dict[int, int]:
    statements: list[str] = []
    values: list[Any] = []
    for pk, one in asked.items():
        cases = queue.matching(member, one, now).order_by().values("pk")[: COUNTED_MOST + 1]
        try:
            sql, params = cases.query.sql_with_params()
        except EmptyResultSet:  # none of the shops it names is theirs
            sql, params = "select 1 where false", ()
        statements.append(f"select %s::bigint, count(*) from ({sql}) as cases")
        values += [pk, *params]
    with connection.cursor() as cursor:
        cursor.execute(" union all ".join(statements), values)
        return dict(cursor.fetchall())


def may_change(member: Member, view: View) -> bool:
    """Its owner may, and an admin what all can see; what is pinned, admins alone."""
    if member.may(Right.ADMINISTER) and view.scope != View.Scope.PRIVATE:
        return True
    return view.owner_id == member.user.pk and view.scope != View.Scope.PINNED


def get(member: Member, pk: int) -> View:
    """The view, where this person may see it; else Http404."""
    found = next((view for view in visible(member) if view.pk == pk), None)
    if found is None:
        raise Http404
    return found


def save_as(member: Member, name: str, query: str, scope: str = View.Scope.PRIVATE) -> View:
    """Keep what a query string asks for under a name. Raises Incomplete, and PermissionDenied for a pin by no admin."""
    _may_have(member, scope)
    own = View.objects.filter(merchant=member.merchant, owner=member.user)
    if own.count() >= OWN_MOST:
        raise Incomplete("name", _("You have %(n)d views. Delete one first.") % {"n": OWN_MOST})
    return View.objects.create(
        merchant=member.merchant,
        owner=member.user,
        name=_named(name),
        query=_canonical(query),
        scope=scope,
        position=own.count(),
    )


def change(member: Member, pk: int, **changes: Any) -> View:
    """Change name, query, scope or position. Http404 unseen, PermissionDenied where it is not theirs, Incomplete."""
    view = get(member, pk)
    if not may_change(member, view):
        raise PermissionDenied
    if "scope" in changes:
        _may_have(member, changes["scope"])
    if "name" in changes:
        changes["name"] = _named(changes["name"])
    if "query" in changes:
        changes["query"] = _canonical(changes["query"])
    if changes:
        View.objects.filter(pk=view.pk).update(**changes)
    return View.objects.select_related("owner").get(pk=view.pk)


def delete(member: Member, pk: int) -> None:
    """Take a view away, for everybody who saw it. Raises as `change` does."""
    view = get(member, pk)
    if not may_change(member, view):
        raise PermissionDenied
    View.objects.filter(pk=view.pk).delete()


def open_with(member: Member, pk: int | None) -> None:
    """Let this person's desk open with a view they can see; None = with all open cases."""
    mine = Membership.objects.get(user=member.user, merchant=member.merchant)
    with transaction.atomic():
        if pk is None:
            DefaultView.objects.filter(membership=mine).delete()
        else:
            DefaultView.objects.update_or_create(membership=mine, defaults={"view": get(member, pk)})


def keep_look(member: Member, query: str) -> str:
    """Keep columns and density of a query string for this person's desk; return what is kept."""
    asked = Filters.of(query)
    look = Filters(columns=asked.columns, density=asked.density).to_query()
    Membership.objects.filter(user=member.user, merchant=member.merchant).update(desk_look=look)
    return look


def opens_with(member: Member) -> str | None:
    """The query this person's desk opens with where none is given. One query."""
    mine = DefaultView.objects.filter(membership__user=member.user, membership__merchant=member.merchant)
    view = mine.values_list("view_id", "view__query").first()
    return Filters.of(view[1]).to_query(view=str(view[0])) if view else None


def _may_have(member: Member, scope: str) -> None:
    if scope not in View.Scope.values:
        raise Incomplete("scope", _("Say who is to see it."))
    if scope == View.Scope.PINNED and not member.may(Right.ADMINISTER):
        raise PermissionDenied


def _named(name: str) -> str:
    name = " ".join(name.replace("\0", "").split())[:NAME_LENGTH]
    if not name:
        raise Incomplete("name", _("Give it a name."))
    return name


def _canonical(query: str) -> str:
    asked = replace(Filters.of(query), view="")
    if len(asked.to_query()) > QUERY_LENGTH:
        raise Incomplete("query", _("That is too many filters for one view."))
    return asked.to_query()
