"""Everything the page of one rule tells besides the rule itself: its facts, its changes by scope, its versions."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from exceptions.deadlines import policy
from exceptions.deadlines.policy import Difference
from exceptions.deadlines.terms import RUNNING_SHAPES, Term, shipped
from exceptions.models import Policy
from exceptions.rulemaking import bases, differences, phrases, publishing
from exceptions.rulemaking.differences import Names, Told
from merchants.models import Merchant
from orders.models import Ticket
from shipops.kit import money, times

Document = Mapping[str, Any]

STATUS = {
    "reported_in_force": gettext_lazy("reported in force"),
    "superseded": gettext_lazy("superseded"),
    "expired_campaign": gettext_lazy("a campaign that is over"),
    "unknown_if_current": gettext_lazy("unknown whether current"),
}
GRADES = {
    "A": gettext_lazy("A: an official page, or news that reports the notice"),
    "B": gettext_lazy("B: a copy or close retelling of the rule"),
    "C": gettext_lazy("C: a guide, an answer page or a vendor’s blog"),
}
# Sources that are no page anybody wrote down.
OURS = {"house": gettext_lazy("Our own promises"), "own": gettext_lazy("Clock of our own")}
LEVELS = {
    "order": gettext_lazy("for each order"),
    "shop_day": gettext_lazy("for the shop and day"),
    "shop_rate": gettext_lazy("by the shop’s rate"),
    "carrier": gettext_lazy("paid by the carrier"),
}


@dataclass(frozen=True, slots=True)
class Change:
    """A change of the rule for some orders."""

    scope: str
    # As the editor takes it in its address.
    scope_json: str
    lines: tuple[Told, ...]
    note: str
    # Not published yet.
    drafted: bool


@dataclass(frozen=True, slots=True)
class Step:
    """A version that changed the rule."""

    number: int
    by: str
    at: datetime | None
    since: datetime | None
    note: str
    lines: tuple[Told, ...]


def facts(term: Term) -> list[tuple[str, str]]:
    """What the rule says, thing by thing; what it says nothing of is left out."""
    rows: list[tuple[Any, Any]] = [(_("Kind"), phrases.kind(term)), (_("Whose"), phrases.WHOSE[term.whose])]
    if term.shape in RUNNING_SHAPES:
        rows += _running(term)
    rows += [
        (_("Penalty"), phrases.penalty(term)),
        (_("Level"), LEVELS.get(term.level, "")),
        (_("Pays once with"), _(", ").join(_paid_with(term))),
        (_("Together at most"), _cap(term)),
        (_("Leads to"), term.goes_to),
        (_("Overrides"), _(", ").join(term.overrides)),
        (_("In force"), _dates(term)),
        (_("Status"), STATUS.get(term.status, term.status)),
        (_("Grade"), GRADES.get(term.grade, term.grade)),
        (_("Sources"), _(", ").join(str(OURS[name]) for name in term.source if name in OURS)),
    ]
    return [(str(label), str(text)) for label, text in rows if text]


def _running(term: Term) -> list[tuple[Any, Any]]:
    kinds = dict(Ticket.Kind.choices)
    lanes = [f"{phrases.lane(lane)}: {phrases.length(lane.length, term.worktime)}" for lane in term.lanes]
    cut = ""
    if term.cut:
        moment, length = phrases.moment(term.cut.on), times.length(term.cut.lasts)
        cut = _("“{moment}”: then {length} after it").format(moment=moment, length=length)
    goods, not_goods = _goods(term.goods), _goods(term.not_goods)
    return [
        (_("Tickets"), _(", ").join(str(kinds.get(name, name)) for name in term.tickets)),
        (_("Length"), phrases.length_of(term)),
        (_("Lanes"), _("; ").join(lanes)),
        (_("Comes nearer once"), cut),
        (_("Only for these goods"), goods),
        (_("Not for these goods"), not_goods),
        (_("Warned"), _("{t} before").format(t=times.length(term.warn))),
        (_("Serious"), _("{t} after").format(t=times.length(term.grave))),
    ]


def _goods(names: frozenset[str]) -> str:
    return _(", ").join(str(phrases.GOODS.get(name, name)) for name in sorted(names))


def _cap(term: Term) -> str:
    if term.stack_cap_percent is not None:
        return phrases.share(term.stack_cap_percent)
    return money.shown(term.stack_cap)


def _paid_with(term: Term) -> list[str]:
    """The rules of its pack that name the same group: of those that break on one order, one is paid."""
    pack = shipped().get(term.code, ("", {}))[0]
    return [
        code
        for code, (name, entry) in shipped().items()
        if term.stack and name == pack and entry.get("stack") == term.stack and code != term.code
    ]


def _dates(term: Term) -> str:
    if term.effective_from and term.effective_to:
        return f"{term.effective_from} – {term.effective_to}"
    if term.effective_from:
        return _("from {date}").format(date=term.effective_from)
    return _("to {date}").format(date=term.effective_to) if term.effective_to else ""


def changes(code: str, written: Document, published: Document, names: Names) -> list[Change]:
    """The changes of the rule in a document, the widest scope first as written."""
    return [_change(one, published, names) for one in written.get("changes", ()) if one["code"] == code]


def _change(one: Mapping[str, Any], published: Document, names: Names) -> Change:
    scope = one.get("scope", {})
    alone = policy.diff({}, {"changes": [one]})
    return Change(
        scope=phrases.scope(scope, names),
        scope_json=scope_json(scope),
        lines=_lines([difference for difference in alone if difference.field != "note"], names),
        note=one.get("note", ""),
        drafted=bases.change_of(published, one["code"], scope) != one,
    )


def scope_json(scope: Mapping[str, Any]) -> str:
    return json.dumps(policy.tidy_scope(scope), ensure_ascii=False)


def scope_of(text: str) -> dict[str, list[str]]:
    """A scope from an address; one that cannot be read means all."""
    try:
        found = json.loads(text or "{}")
        return policy.tidy_scope({name: [str(one) for one in found[name]] for name in policy.SCOPE if name in found})
    except (ValueError, TypeError):
        return {}


def _lines(found: list[Difference], names: Names) -> tuple[Told, ...]:
    return tuple(line for _label, items in differences.told(found, names) for item in items for line in item.lines)


def history(code: str, merchant: Merchant, names: Names) -> list[Step]:
    """The versions that changed this rule, newest first."""
    return list(_steps(code, publishing.versions(merchant)[::-1], names))[::-1]


def _steps(code: str, versions: list[Policy], names: Names) -> Iterator[Step]:
    before: dict[str, Any] = {}
    for version in versions:
        mine = [
            one
            for one in policy.diff(before, version.document)
            if one.code == code and one.what in ("change", "own", "reviewed")
        ]
        before = version.document
        if mine:
            by = version.published_by.display_name if version.published_by else "–"
            lines = _lines(mine, names)
            yield Step(version.number or 0, by, version.published_at, version.effective_from, version.note, lines)


def spans(term: Term, written: Document) -> list[tuple[str, str]]:
    """Windows and waivers that touch the rule: "window" or "waiver", and the name."""
    kind = term.kind.value if term.kind else ""
    found = [("window", one["name"]) for one in written.get("windows", ()) if term.code in one.get("codes", ())]
    return found + [
        ("waiver", one["name"])
        for one in written.get("waivers", ())
        if term.code in one.get("codes", ()) or kind in one.get("kinds", ())
    ]


def entry(code: str) -> dict[str, Any] | None:
    """A rule as its pack ships it."""
    return shipped().get(code, ("", None))[1]
