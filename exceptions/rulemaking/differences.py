"""What differs between two versions, in words, grouped by what it is about."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from exceptions.deadlines import policy
from exceptions.deadlines.kinds import Kind
from exceptions.deadlines.penalties import read_tier
from exceptions.deadlines.policy import Difference
from exceptions.deadlines.terms import Lane, read_entry, read_length, shipped
from exceptions.deadlines.worktime import DAYS
from exceptions.moment_labels import MOMENTS
from exceptions.rulemaking import phrases
from exceptions.rulemaking.phrases import GOODS
from shipops.kit.bilingual import language

Names = Mapping[str, Mapping[str, str]]

WHAT = {
    "change": gettext_lazy("Rules"),
    "own": gettext_lazy("Clocks of our own"),
    "window": gettext_lazy("Windows"),
    "waiver": gettext_lazy("Waivers"),
    "region": gettext_lazy("Regions"),
    "week": gettext_lazy("Working hours"),
    "reviewed": gettext_lazy("Checked in the rule centre"),
}
FIELDS = {
    "enabled": gettext_lazy("Switched on"),
    "hours": gettext_lazy("Hours"),
    "days": gettext_lazy("Days, to the end of the day"),
    "at": gettext_lazy("At"),
    "working_days": gettext_lazy("Working days"),
    "until": gettext_lazy("Until a date"),
    "mean_hours": gettext_lazy("Usual time, hours"),
    "margin_hours": gettext_lazy("Margin, hours"),
    "promise": gettext_lazy("Promise"),
    "worktime": gettext_lazy("Only within our working hours"),
    "repeat": gettext_lazy("Times in a row"),
    "lanes": gettext_lazy("Lanes"),
    "cut": gettext_lazy("Comes nearer once"),
    "goods": gettext_lazy("Only for these goods"),
    "not_goods": gettext_lazy("Not for these goods"),
    "warn_hours": gettext_lazy("Warn before, hours"),
    "grave_hours": gettext_lazy("Serious after, hours"),
    "penalty": gettext_lazy("Penalty"),
    "stack": gettext_lazy("Pays once with"),
    "stack_cap_percent": gettext_lazy("Together at most, %"),
    "stack_cap": gettext_lazy("Together at most, sum"),
    "effective_from": gettext_lazy("For orders paid from"),
    "effective_to": gettext_lazy("Last day"),
    "start": gettext_lazy("Starts at"),
    "stop": gettext_lazy("Stops at"),
    "kind": gettext_lazy("Kind"),
    "name": pgettext_lazy("of a thing", "Name"),
    "name_zh": gettext_lazy("Name in Chinese"),
    "name_en": gettext_lazy("Name in English"),
    "codes": gettext_lazy("Rules"),
    "kinds": gettext_lazy("All rules about"),
    "areas": gettext_lazy("Places"),
    "places": gettext_lazy("Where the place counts"),
    "by": gettext_lazy("Which orders"),
    "opens": gettext_lazy("From the beginning of"),
    "closes": gettext_lazy("To the end of"),
    "later_wins": gettext_lazy("The later limit counts"),
    "scope": gettext_lazy("For"),
    "note": gettext_lazy("Note"),
    "tickets": gettext_lazy("Kinds of tickets"),
}
PLACES = {
    "sender": gettext_lazy("Sender"),
    "receiver": gettext_lazy("Receiver"),
    "transit": gettext_lazy("On its way"),
}
MOMENT_FIELDS = ("start", "stop", "after")


@dataclass(frozen=True, slots=True)
class Told:
    """One line: what of the thing, from what, to what. Blank `label` = all of it came or went."""

    label: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Item:
    """One thing that changes, as it can be taken back."""

    what: str
    code: str
    title: str
    scope: str
    # Its identity in the document, and the part it is in.
    part: str
    key: str
    lines: tuple[Told, ...]
    # A code of a rule there is a page of.
    rule: str


PARTS = {"change": "changes", "own": "own", "window": "windows", "waiver": "waivers", "region": "regions"} | {
    "week": "week",
    "reviewed": "reviewed",
}


def told(found: Iterable[Difference], names: Names) -> list[tuple[str, list[Item]]]:
    """Differences by heading, those of one thing together."""
    items = [
        _item(list(some), names)
        for _key, some in groupby(found, lambda one: (one.what, one.code, policy.change_key("", one.scope)))
    ]
    return [(str(WHAT[what]), list(some)) for what, some in groupby(items, lambda item: item.what)]


def _item(some: list[Difference], names: Names) -> Item:
    first = some[0]
    is_rule = first.what in ("change", "own", "reviewed")
    called = title(first.code) if first.what in ("change", "reviewed") else first.name
    key = policy.change_key(first.code, first.scope) if first.what == "change" else first.code
    everywhere = first.what in ("region", "week", "reviewed")
    return Item(
        what=first.what,
        code=first.code,
        title="" if first.what == "week" else called,
        scope="" if everywhere else phrases.scope(first.scope, names),
        part=PARTS[first.what],
        key=key,
        lines=tuple(_told(one, names) for one in some),
        rule=first.code if is_rule else "",
    )


def title(code: str) -> str:
    """What a shipped rule is called; the code itself where none is shipped."""
    _pack, entry = shipped().get(code, ("", {}))
    return str(entry.get(f"name_{language()}", code))


def _told(one: Difference, names: Names) -> Told:
    if one.field:
        label = str(FIELDS.get(one.field, one.field))
        return Told(label, value(one.field, one.before, names), value(one.field, one.after, names))
    return Told("", _whole(one, one.before, names), _whole(one, one.after, names))


def _whole(one: Difference, written: Any, names: Names) -> str:
    if written is None:
        return "–"
    if one.what == "own":
        return phrases.sentence(read_entry(written, "own"))
    if one.what in ("window", "waiver"):
        titles = {code: title(code) for code in written.get("codes", ())}
        return _("; ").join(text for _label, text in span_lines(written, titles, names))
    if one.what == "week":
        return _("; ").join(
            f"{WEEKDAYS[DAYS.index(day)]} {', '.join(written[day])}" for day in DAYS if written.get(day)
        )
    if one.what == "region":
        return _(", ").join(written)
    if one.what == "reviewed":
        return _("checked")
    return str(written)


def value(field: str, written: Any, names: Names) -> str:
    """A value of a pack's key in words."""
    if field == "enabled" or isinstance(written, bool):
        # A pack that says nothing of it has it on.
        return _("no") if written is False else _("yes")
    if written is None or written == [] or written == "":
        return "–"
    if field == "lanes":
        return _("; ").join(_lane(lane) for lane in written)
    if field == "penalty":
        return _("; ").join(phrases.tier(read_tier(tier)) for tier in written)
    if field == "cut":
        return _("“{moment}”, then {n} h").format(moment=phrases.moment(written["on"]), n=written["hours"])
    if field == "scope":
        return phrases.scope(written, names)
    if field == "promise":
        return str(phrases.PROMISES.get(written, written))
    known: Mapping[str, Any] = {}
    if field in ("goods", "not_goods"):
        known = GOODS
    elif field in ("kind", "kinds"):
        known = {kind.value: kind.label for kind in Kind}
    elif field == "places":
        known = PLACES
    elif field in MOMENT_FIELDS or field == "by":
        known = MOMENTS
    if isinstance(written, list):
        return _(", ").join(str(known.get(one, one)) for one in written)
    return str(known.get(written, written))


def _lane(written: Mapping[str, Any]) -> str:
    lane = Lane(
        length=read_length(dict(written)),
        same_province=written.get("same_province", False),
        within=written.get("within", ""),
        origin=written.get("from", ""),
        to=written.get("to", ""),
    )
    return _("{condition}: {cost}").format(condition=phrases.lane(lane), cost=phrases.length(lane.length))


def reverted(document: Mapping[str, Any], base: Mapping[str, Any], part: str, key: str) -> dict[str, Any]:
    """The document with one thing as it was in the base."""
    if part == "week":
        return policy.put_week(document, base.get("week") or {})
    if part in ("regions", "reviewed"):
        return policy.put_named(document, part, key, base.get(part, {}).get(key))
    former = policy.find(base, part, key)
    return policy.put(document, part, former) if former else policy.drop(document, part, key)


def span_lines(written: Mapping[str, Any], titles: Mapping[str, str], names: Names) -> list[tuple[str, str]]:
    """What a window or waiver says, thing by thing."""
    is_window = "later_wins" in written
    limit = phrases.length(read_length(dict(written))) if is_window else ""
    if not is_window:
        until = written.get("until")
        limit = _("put off to the end of {date}").format(date=until) if until else _("do not apply at all")
    by = {"paid": _("paid"), "placed": _("ordered"), "uploaded": _("whose clock starts"), "due": _("due")}
    areas = _(", ").join(written.get("areas", ())) or _("everywhere")
    rows = [
        (_("Orders"), by[written.get("by") or ("paid" if is_window else "due")]),
        (_("Days"), f"{written['opens']} – {written['closes']}"),
        (_("Their limit") if is_window else _("These limits"), limit),
        (_("Places"), "" if is_window else areas),
        (_("Rules"), _(", ").join(phrases.rules_meant(written, titles))),
        (_("Goods"), value("goods", written.get("goods"), names) if written.get("goods") else ""),
        (_("For"), phrases.scope(written.get("scope", {}), names)),
    ]
    if is_window and not written["later_wins"]:
        rows.append((_("Counts"), _("even where it is sooner than the usual limit")))
    return [(label, text) for label, text in rows if text]
