"""Whether a merchant's document has the form exceptions.deadlines.policy tells; what has not is refused at its field. Pure."""

import re
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, time
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.translation import gettext_noop as _

from exceptions.deadlines import terms as packs
from exceptions.deadlines.errors import MISSING, NONE_OF, Unreadable
from exceptions.deadlines.kinds import Kind
from exceptions.deadlines.moments import MOMENTS
from exceptions.deadlines.penalties import LENGTHS as PROMISED
from exceptions.deadlines.penalties import MONEY
from exceptions.deadlines.policy import (
    EDITABLE,
    OWN,
    OWN_KEYS,
    PARTS,
    SCOPE,
    SHOP_SCOPE,
    WAIVER_KEYS,
    WINDOW_KEYS,
    Document,
    identity,
)
from exceptions.deadlines.rulebook import NO_RULE, OF_ORDERS, changed, read_waiver, read_window
from exceptions.deadlines.terms import LENGTHS, RUNNING_SHAPES, WATCHED

LONGEST_TEXT = 200
# The column of a clock that holds it.
LONGEST_STACK = 40
TOO_LONG = _("%(name)s is longer than %(count)s characters.")
# Hours; further off than that instants run out of years, and an order that cannot be judged is set aside.
A_YEAR = 24 * 366
# The columns that hold money end at ten digits, and penalties add up.
HIGHEST = 10_000_000
YEARS = range(2000, 2101)
# Each run of a clock that repeats is a row.
MOST_RUNS = 10
# Whether a window can be read does not hang on the zone.
ANY_ZONE = ZoneInfo("UTC")
# The codes of clocks are kept in a column of 40.
CODE = re.compile(r"OWN-[A-Z0-9][A-Z0-9-]{0,35}")


@dataclass(frozen=True, slots=True)
class Names:
    """What of this installation and merchant a document may name."""

    platforms: Collection[str]
    shops: Collection[str]
    goods: Collection[str]
    carriers: Collection[str]
    provinces: Collection[str]


def check(document: Document, names: Names) -> None:
    """Raise Unreadable where the document has another form than policy tells, or names what is not there."""
    _keys("", document, PARTS)
    for part, each in (("changes", _change), ("own", _own), ("windows", _window), ("waivers", _waiver)):
        for item in _list(part, document.get(part, [])):
            _mapping(part, item)
            each(item, names)
        _once(part, document.get(part, ()))
    for name, provinces in _mapping("regions", document.get("regions", {})).items():
        _text("regions", name)
        if not _texts("regions", provinces):
            raise Unreadable("regions", _("Name at least one province."))
        _among("regions", provinces, names.provinces)


def _once(part: str, items: Iterable[Mapping[str, Any]]) -> None:
    seen: set[str] = set()
    for item in items:
        key = identity(part, item)
        if key in seen:
            raise Unreadable("code" if part in ("changes", "own") else "key", _("“%(key)s” stands twice."), key=key)
        seen.add(key)


def _change(change: Mapping[str, Any], names: Names) -> None:
    code = change.get("code")
    try:
        _keys("", change, ("code", "scope", "set", "note"))
        if code not in packs.shipped():
            raise Unreadable("code", NO_RULE, code=code)
        _pack, entry = packs.shipped()[str(code)]
        shape = entry.get("shape", "span")
        if not EDITABLE.get(shape):
            raise Unreadable(
                "code", _("This is no running clock: there is nothing to set. Make a window or waiver of it.")
            )
        _scope(change.get("scope", {}), SCOPE, names)
        _text("note", change.get("note", ""))
        values = _mapping("set", change.get("set"))
        if not values:
            raise Unreadable("set", _("Nothing is set."))
        _keys("", values, EDITABLE[shape])
        _values({name: value for name, value in values.items() if value is not None}, names)
        _dates(change.get("scope", {}), values)
        packs.read_entry(changed(entry, values), "")
    except Unreadable as error:
        raise error.about(str(code)) from error


def _dates(scope: Mapping[str, Any], values: Mapping[str, Any]) -> None:
    """Which orders a rule is for is asked before which of its variants fits one."""
    for name in ("effective_from", "effective_to"):
        if name in values and any(scope.get(part) for part in OF_ORDERS):
            sentence = _("%(name)s holds for whole shops. Take %(parts)s out of the scope.")
            parts = ", ".join(part for part in OF_ORDERS if scope.get(part))
            raise Unreadable(name, sentence, name=name, parts=parts)


def _own(clock: Mapping[str, Any], names: Names) -> None:
    code = clock.get("code", "")
    try:
        _keys("", clock, (*OWN_KEYS, "source", "grade", "needs_review"))
        if not isinstance(code, str) or not CODE.fullmatch(code):
            sentence = _("A code of your own begins with %(own)s, then capital letters, digits and hyphens, 40 in all.")
            raise Unreadable("code", sentence, own=OWN)
        _scope(clock.get("scope", {}), SHOP_SCOPE, names)
        for name in ("name_zh", "name_en"):
            if not clock.get(name):
                raise Unreadable(name, MISSING, name=name)
        _one_of("shape", clock.get("shape", "span"), RUNNING_SHAPES)
        _one_of("whose", clock.get("whose", "ours"), WATCHED)
        _one_of("kind", clock.get("kind"), [kind.value for kind in Kind])
        fixed = ("code", "scope", "source", "grade", "needs_review")
        _values({name: value for name, value in clock.items() if name not in fixed}, names)
        packs.read_entry(dict(clock), "own")
    except Unreadable as error:
        raise error.about(str(code)) from error


def _window(window: Mapping[str, Any], names: Names) -> None:
    _named_item(window, WINDOW_KEYS, names)
    read_window(window, ANY_ZONE)


def _waiver(waiver: Mapping[str, Any], names: Names) -> None:
    _named_item(waiver, WAIVER_KEYS, names)
    _among("kinds", waiver.get("kinds", []), [kind.value for kind in Kind])
    read_waiver(waiver, ANY_ZONE)


def _named_item(item: Mapping[str, Any], keys: Collection[str], names: Names) -> None:
    try:
        _keys("", item, keys)
        for name in ("key", "name"):
            if not item.get(name):
                raise Unreadable(name, MISSING, name=name)
        _scope(item.get("scope", {}), SHOP_SCOPE, names)
        _values({name: value for name, value in item.items() if name != "scope" and value is not None}, names)
    except Unreadable as error:
        raise error.about(str(item.get("name") or "?")) from error


def _scope(scope: Any, keys: Collection[str], names: Names) -> None:
    _keys("scope", _mapping("scope", scope), keys)
    for name in keys:
        values = _texts("scope", scope.get(name, []))
        if name in ("platforms", "shops", "goods", "carriers"):
            _among("scope", values, {"", *names.goods} if name == "goods" else getattr(names, name))


def _values(values: Mapping[str, Any], names: Names) -> None:
    """Raise Unreadable at the first key whose value is of another kind than the key's."""
    for name, value in values.items():
        _KINDS[name](name, value)
        if name in ("goods", "not_goods"):
            _among(name, value, {"", *names.goods})


def _keys(field: str, written: Mapping[str, Any], known: Collection[str]) -> None:
    for key in written:
        if key not in known:
            sentence = _("“%(key)s” cannot be set here. There are: %(choices)s.")
            raise Unreadable(field or str(key), sentence, key=key, choices=", ".join(known))


def _mapping(field: str, value: Any) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise Unreadable(field, _("%(name)s must be an object."), name=field)
    return value


def _list(field: str, value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise Unreadable(field, _("%(name)s must be a list."), name=field)
    return value


def _text(field: str, value: Any) -> None:
    if not isinstance(value, str):
        raise Unreadable(field, _("%(name)s must be text."), name=field)
    if len(value) > LONGEST_TEXT:
        raise Unreadable(field, TOO_LONG, name=field, count=LONGEST_TEXT)


def _texts(field: str, value: Any) -> list[str]:
    for one in _list(field, value):
        _text(field, one)
    return list(value)


def _among(field: str, values: Iterable[str], known: Collection[str]) -> None:
    for value in values:
        _one_of(field, value, known)


def _one_of(field: str, value: Any, known: Collection[str]) -> None:
    if value not in known:
        raise Unreadable(field, NONE_OF, value=value or field, choices=", ".join(sorted(filter(None, known))))


def _flag(field: str, value: Any) -> None:
    if not isinstance(value, bool):
        raise Unreadable(field, _("%(name)s is either true or false."), name=field)


def _number(field: str, value: Any, most: int) -> None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise Unreadable(field, _("%(name)s must be a number."), name=field)
    if not 0 <= value <= most:
        raise Unreadable(field, _("%(name)s must be from 0 to %(count)s."), name=field, count=most)


def _hours(field: str, value: Any) -> None:
    _number(field, value, A_YEAR)


def _percent(field: str, value: Any) -> None:
    _number(field, value, 100)


def _amount(field: str, value: Any) -> None:
    _number(field, value, HIGHEST)


def _stack(field: str, value: Any) -> None:
    _text(field, value)
    if len(value) > LONGEST_STACK:
        raise Unreadable(field, TOO_LONG, name=field, count=LONGEST_STACK)


def _whole(field: str, value: Any) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= 366:
        raise Unreadable(field, _("%(name)s must be a whole number, at most 366."), name=field)


def _repeat(field: str, value: Any) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= MOST_RUNS:
        raise Unreadable(field, _("%(name)s must be from 1 to %(count)s."), name=field, count=MOST_RUNS)


def _date(field: str, value: Any) -> None:
    try:
        year = date.fromisoformat(value).year
    except (TypeError, ValueError):
        raise Unreadable(field, _("%(name)s must be a date such as 2026-11-11."), name=field) from None
    if year not in YEARS:
        raise Unreadable(field, _("%(name)s is in the year %(year)s. Check it."), name=field, year=year)


def _time(field: str, value: Any) -> None:
    try:
        time.fromisoformat(value)
    except (TypeError, ValueError):
        raise Unreadable(field, _("%(name)s must be a time such as 07:00."), name=field) from None


def _lanes(field: str, value: Any) -> None:
    for lane in _list(field, value):
        _keys(field, _mapping(field, lane), ("same_province", "within", "from", "to", *LENGTHS, "at", "margin_hours"))
        for name, one in lane.items():
            kind = _flag if name == "same_province" else _text if name in ("within", "from", "to") else _KINDS[name]
            kind(field, one)


def _cut(field: str, value: Any) -> None:
    _keys(field, _mapping(field, value), ("on", "hours"))
    _text(field, value.get("on"))
    _hours(field, value.get("hours"))


def _tiers(field: str, value: Any) -> None:
    for tier in _list(field, value):
        _keys(field, _mapping(field, tier), (*MONEY, *PROMISED))
        for name, one in tier.items():
            (_percent if name == "percent" else _hours if name in PROMISED else _amount)(field, one)
        if "fixed" not in tier and "percent" not in tier:
            raise Unreadable(field, _("A tier of the penalty needs a fixed amount or a percentage."))
        if "fixed" in tier and "percent" in tier:
            raise Unreadable(field, _("A tier is either a fixed amount or a percentage. Keep one of them."))


def _moments(field: str, value: Any) -> None:
    _among(field, _texts(field, value), {name for moments in MOMENTS.values() for name in moments})


_KINDS: dict[str, Callable[[str, Any], object]] = (
    dict.fromkeys(("hours", "mean_hours", "margin_hours", "warn_hours", "grave_hours"), _hours)
    | dict.fromkeys(("days", "working_days"), _whole)
    | dict.fromkeys(("enabled", "worktime", "later_wins"), _flag)
    | dict.fromkeys(("until", "opens", "closes", "effective_from", "effective_to"), _date)
    | dict.fromkeys(("goods", "not_goods", "codes", "kinds", "areas", "places", "tickets"), _texts)
    | dict.fromkeys(("name", "key", "by", "promise", "name_zh", "name_en", "shape", "whose", "kind"), _text)
    | dict.fromkeys(("subject", "start", "after", "form", "level", "note_zh", "note_en"), _text)
    | {
        "at": _time,
        "lanes": _lanes,
        "cut": _cut,
        "repeat": _repeat,
        "penalty": _tiers,
        "stack": _stack,
        "stack_cap": _amount,
        "stack_cap_percent": _percent,
        "stop": _moments,
    }
)
