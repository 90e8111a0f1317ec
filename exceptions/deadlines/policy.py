"""The form of Policy.document: what a merchant makes of the packs' rules. Pure.

All parts may be missing. Dates are "2026-11-11", instants ISO 8601, hours numbers, keys of rules those of a pack.

    {
      "changes":  [{"code", "scope": {…}, "set": {pack key: value; null takes it away}, "note"}],
      "own":      [a clock as a pack has it (OWN_KEYS), its code beginning with OWN-, and "scope"],
      "windows":  [{"key", "name", "codes", "by": paid | placed | uploaded, "opens", "closes",
                    "hours" | "days" (+ "at") | "working_days" | "until", "later_wins", "goods", "scope"}],
      "waivers":  [{"key", "name", "codes", "kinds", "areas", "places": sender | receiver | transit,
                    "by": paid | placed | due, "opens", "closes", "until", "scope"}],
      "regions":  {name: [province in short form]},
      "week":     the working hours (worktime.Week.read),
      "reviewed": {code: {"by": a person's id, "at": instant}}
    }

    scope:      {"platforms", "shops" (codes), "goods" ("" = ordinary), "carriers" (codes), "categories", "skus"}, each a list;
                one that is missing or empty means all. Windows, waivers and own clocks know platforms and shops only.

A change is one by its code and scope, a window and a waiver by its key, an own clock by its code. Of changes that all apply
the narrowest scope wins, then the later written. exceptions.deadlines.checks refuses what does not have this form.
"""

import json
from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

from exceptions.deadlines import terms as packs
from exceptions.deadlines.rulebook import OF_ORDERS, WEIGHTS

Document = Mapping[str, Any]
Item = dict[str, Any]

SCOPE = tuple(WEIGHTS)
SHOP_SCOPE = tuple(name for name in SCOPE if name not in OF_ORDERS)
OWN = "OWN-"
# Kinds of a document that are lists, in the order they are told.
LISTS = ("changes", "own", "windows", "waivers")
PARTS = (*LISTS, "regions", "week", "reviewed")

_ALWAYS = (
    *(
        "enabled",
        "goods",
        "not_goods",
        "warn_hours",
        "grave_hours",
        "penalty",
        "stack",
        "stack_cap_percent",
        "stack_cap",
    ),
    *("effective_from", "effective_to"),
)
_HOURS = ("hours", "mean_hours", "margin_hours", "worktime", "lanes")
# What of a rule an admin may set, by its shape. Its code, shape, subject, start and source stay the pack's. A figure runs no
# clock; windows and waivers of a pack are patterns to make windows and waivers from.
EDITABLE: dict[str, tuple[str, ...]] = {
    "span": (*_HOURS, "days", "at", "working_days", "until", "promise", "cut", "stop", *_ALWAYS),
    "gap": (*_HOURS, *_ALWAYS),
    "dwell": (*_HOURS, *_ALWAYS),
    "figure": (),
    "window": (),
    "waiver": (),
}
_FIXED = ("code", "name_zh", "name_en", "shape", "whose", "kind", "subject", "tickets", "start", "after", "repeat")
OWN_KEYS = (*_FIXED, *EDITABLE["span"], "form", "level", "note_zh", "note_en", "scope")
WINDOW_KEYS = (
    *("key", "name", "codes", "by", "opens", "closes", "hours", "days", "at", "working_days", "until", "later_wins"),
    *("goods", "scope"),
)
WAIVER_KEYS = ("key", "name", "codes", "kinds", "areas", "places", "by", "opens", "closes", "until", "scope")


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that differs between two documents.

    `what` is one of change, own, window, waiver, region, week, reviewed; `code` its identity (a rule's code, a key, a region)
    and `name` what people call it. `field` is what of it, blank = all of it came or went. None = it was not there; what a
    change sets differs from what the pack has.
    """

    what: str
    code: str
    name: str
    scope: Mapping[str, Any]
    field: str
    before: Any
    after: Any


def tidy_scope(scope: Mapping[str, Any] | None) -> dict[str, list[str]]:
    """A scope without what means all, its names sorted: two that mean the same are the same."""
    return {name: sorted(set(scope[name])) for name in SCOPE if scope and scope.get(name)}


def change_key(code: str, scope: Mapping[str, Any] | None) -> str:
    """The identity of a change."""
    return f"{code} {json.dumps(tidy_scope(scope), ensure_ascii=False, sort_keys=True)}"


def identity(part: str, item: Mapping[str, Any]) -> str:
    """What makes two items of a part of a document the same one."""
    if part == "changes":
        return change_key(item["code"], item.get("scope"))
    return str(item["code" if part == "own" else "key"])


def find(document: Document, part: str, key: str) -> Item | None:
    """Return the item of this identity (see `identity`), None where there is none."""
    return next((item for item in document.get(part, ()) if identity(part, item) == key), None)


def put(document: Document, part: str, item: Item) -> Item:
    """Return the document with this item, in the place of the one that was the same or at the end."""
    key = identity(part, item)
    items = list(document.get(part, ()))
    places = [place for place, known in enumerate(items) if identity(part, known) == key]
    if places:
        items[places[0]] = item
    else:
        items.append(item)
    return {**document, part: items}


def drop(document: Document, part: str, key: str) -> Item:
    """Return the document without the item of this identity."""
    return _with(document, part, [item for item in document.get(part, ()) if identity(part, item) != key])


def put_named(document: Document, part: str, name: str, value: Any) -> Item:
    """Return the document with this entry of `regions` or `reviewed`; an empty value takes it away."""
    return _with(document, part, {key: v for key, v in {**document.get(part, {}), name: value}.items() if v})


def put_week(document: Document, week: Mapping[str, Any]) -> Item:
    """Return the document with this week; an empty one is the product's own."""
    return _with(document, "week", dict(week))


def _with(document: Document, part: str, value: Any) -> Item:
    return {key: v for key, v in {**document, part: value}.items() if key != part or v}


def merged(base: Document, mine: Document, theirs: Document) -> Item:
    """What I changed since `base`, on top of `theirs`, item by item; where both changed one, mine stands."""
    result: Item = deepcopy(dict(theirs))
    for part in PARTS:
        was, now = _entries(base, part), _entries(mine, part)
        for key in [*was, *(key for key in now if key not in was)]:
            if was.get(key) != now.get(key):
                result = _set(result, part, key, now.get(key))
    return result


def _entries(document: Document, part: str) -> dict[str, Any]:
    """The entries of a part by identity; a week is one entry."""
    if part in LISTS:
        return {identity(part, item): item for item in document.get(part, ())}
    if part == "week":
        return {"week": document["week"]} if document.get("week") else {}
    return dict(document.get(part, {}))


def _set(document: Item, part: str, key: str, value: Any) -> Item:
    if part == "week":
        return _with(document, part, value)
    if part in LISTS:
        return drop(document, part, key) if value is None else put(document, part, value)
    return put_named(document, part, key, value)


def diff(before: Document, after: Document) -> list[Difference]:
    """Return what differs, rule by rule in the order of their codes, then own clocks, windows, waivers, regions, the rest."""
    found: list[Difference] = []
    for part in PARTS:
        was, now = _entries(before, part), _entries(after, part)
        for key in sorted({*was, *now}):
            if was.get(key) != now.get(key):
                found += _DIFFERS.get(part, _of_items)(part, key, was.get(key), now.get(key))
    return found


_WHAT = {"changes": "change", "windows": "window", "waivers": "waiver", "regions": "region"}


def _of_change(part: str, _key: str, was: Item | None, now: Item | None) -> list[Difference]:
    some = now or was or {}
    code, scope = some["code"], some.get("scope", {})
    _pack, entry = packs.shipped().get(code, ("", {}))
    old, new = (was or {}).get("set", {}), (now or {}).get("set", {})
    rows = [(name, old.get(name, entry.get(name)), new.get(name, entry.get(name))) for name in _ordered(old, new)]
    # To set what the pack has anyway is a change all the same, told by its coming and going.
    rows = [row for row in rows if _json(row[1]) != _json(row[2])]
    if (was or {}).get("note", "") != (now or {}).get("note", "") or not rows:
        rows.append(("note", (was or {}).get("note"), (now or {}).get("note")))
    return [Difference(_WHAT[part], code, code, scope, name, _json(one), _json(other)) for name, one, other in rows]


def _of_items(part: str, key: str, was: Item | None, now: Item | None) -> list[Difference]:
    some = now or was or {}
    name, scope = some.get("name") or some.get("name_zh") or key, some.get("scope", {})
    what = _WHAT.get(part, part)
    if was is None or now is None:
        return [Difference(what, key, name, scope, "", was, now)]
    return [
        Difference(what, key, name, scope, field, was.get(field), now.get(field))
        for field in _ordered(was, now)
        if was.get(field) != now.get(field)
    ]


def _of_named(part: str, key: str, was: Any, now: Any) -> list[Difference]:
    return [Difference(_WHAT.get(part, part), key, key, {}, "", was, now)]


_DIFFERS = {"changes": _of_change, "regions": _of_named, "week": _of_named, "reviewed": _of_named}


def _ordered(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[str]:
    """The keys of either, in the order forms ask for them."""
    keys = [*EDITABLE["span"], *OWN_KEYS, *WINDOW_KEYS, *WAIVER_KEYS]
    return sorted({*old, *new}, key=lambda name: (keys.index(name) if name in keys else len(keys), name))


def _json(value: Any) -> Any:
    """A value of a pack as a document writes it: dates are text there."""
    if isinstance(value, list):
        return [_json(one) for one in value]
    if isinstance(value, dict):
        return {name: _json(one) for name, one in value.items()}
    return value.isoformat() if hasattr(value, "isoformat") else value
