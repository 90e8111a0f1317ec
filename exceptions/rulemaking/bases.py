"""What a rule is before one change of it, as its pack writes it: the entry a form starts from and is compared with. Pure."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from exceptions.deadlines import policy, rulebook
from exceptions.deadlines.rulebook import OF_ORDERS, Rule, changed, weight
from exceptions.deadlines.terms import RUNNING_SHAPES, read_entry

Entry = dict[str, Any]
Scope = Mapping[str, Any]

# What a form can change of a rule that runs, with what it is where the entry says nothing.
EDITABLE: dict[str, Any] = {
    "enabled": True,
    "hours": None,
    "days": None,
    "at": None,
    "working_days": None,
    "until": None,
    "mean_hours": None,
    "margin_hours": None,
    "promise": "",
    "worktime": False,
    "repeat": 1,
    "lanes": [],
    "cut": None,
    "goods": [],
    "not_goods": [],
    "warn_hours": None,
    "grave_hours": None,
    "penalty": [],
    "stack": "",
    "stack_cap_percent": None,
    "stack_cap": None,
    "effective_from": None,
    "effective_to": None,
}
DRAFT = "draft"


def same_scope(one: Scope, other: Scope) -> bool:
    """Whether two scopes mean the same orders."""
    return policy.tidy_scope(one) == policy.tidy_scope(other)


def _covers(wide: Scope, narrow: Scope) -> bool:
    """Whether a wider scope, of shops and platforms alone, holds wherever the narrow one does."""
    if any(wide.get(name) for name in OF_ORDERS) or same_scope(wide, narrow):
        return False
    return all(
        not wide.get(name) or (bool(narrow.get(name)) and set(narrow[name]) <= set(wide[name]))
        for name in ("platforms", "shops")
    )


def before_change(entry: Entry, written: Mapping[str, Any], scope: Scope) -> Entry:
    """The entry as the wider changes of a document leave it, without the change of exactly this scope."""
    mine = [change for change in written.get("changes", ()) if change["code"] == entry["code"]]
    wider = [change for change in mine if _covers(change.get("scope", {}), scope)]
    for change in sorted(wider, key=lambda one: weight(one["scope"])):
        entry = changed(entry, change["set"])
    return entry


def change_of(written: Mapping[str, Any], code: str, scope: Scope) -> dict[str, Any] | None:
    """The change of this code and scope in a document."""
    return policy.find(written, "changes", policy.change_key(code, scope))


def keys(entry: Mapping[str, Any]) -> frozenset[str]:
    """What of this rule a form may change."""
    return frozenset(policy.EDITABLE[entry.get("shape", "span")]) & EDITABLE.keys()


def editable(entry: Mapping[str, Any]) -> Entry:
    """Every value of an entry a form can change, in one spelling: numbers plain, dates as text, nothing left out."""
    values = {name: plain(entry.get(name, missing)) for name, missing in EDITABLE.items()}
    values["enabled"] = entry.get("enabled", entry.get("shape", "span") in RUNNING_SHAPES)
    return values


def plain(value: Any) -> Any:
    """A value as JSON has it: 48.0 is 48, a date its text, a Decimal a number."""
    if isinstance(value, Mapping):
        return {name: plain(one) for name, one in value.items() if not (one is None or one is False or one == "")}
    if isinstance(value, list | tuple):
        return [plain(one) for one in value]
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal | float):
        return int(value) if value == int(value) else float(value)
    return value


def difference(values: Entry, base: Mapping[str, Any]) -> Entry:
    """What of the values differs from the base entry: the `set` of a change."""
    former = editable(base)
    return {name: value for name, value in values.items() if value != former[name]}


def rule_of(entry: Entry, zone: ZoneInfo) -> Rule:
    """An entry as a rule of a shop in this zone. Raises ValueError saying what in it cannot be read."""
    return rulebook.rule_of(read_entry(entry, DRAFT), zone)
