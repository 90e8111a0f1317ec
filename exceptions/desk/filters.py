"""What the desk looks at and how: filters, order, columns, density. A query string is their whole state."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, fields, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final, Self
from urllib.parse import urlencode

from django.http import QueryDict
from django.utils import timezone

from exceptions.deadlines.kinds import Kind
from exceptions.desk.workflow import State
from exceptions.models import Case
from merchants.models import Platform
from shipments.status import Cause

LEVELS: Final = ("due2h", "today", "soon", "broken", "grave")
STATES: Final = tuple(state.value for state in State)
# "" = by risk, the rank that is stored.
ORDERS: Final = ("due", "money", "new", "done")
COLUMNS: Final = (
    *("platform", "shop", "kind", "cause", "source", "incident", "opened", "scan", "penalty"),
    *("owner", "stake", "due", "step"),
)
COMPACT: Final = "compact"
DENSITIES: Final = (COMPACT, "comfortable")
# Years in which every hour, a day later and in any zone, is still a date.
YEARS: Final = range(2000, 9999)
LONGEST_Q: Final = 80

# Keys of the query string with many values, in the order of the canonical one, and the fields they fill.
MANY: Final = {
    "shop": "shops",
    "carrier": "carriers",
    "platform": "platforms",
    "kind": "kinds",
    "cause": "causes",
    "source": "sources",
    "level": "levels",
    "assignee": "people",
    "state": "states",
    "col": "columns",
}
SINGLES: Final = ("incident", "relapsed", "day", "hour", "q", "order", "density", "view")
# What is no filter: how it is shown, and under which tab.
LOOK: Final = ("columns", "order", "density", "view")


@dataclass(frozen=True, slots=True)
class Filters:
    """What is looked at; the empty value of each field means all. Tuples stand in canonical order."""

    shops: tuple[int, ...] = ()
    carriers: tuple[int, ...] = ()
    platforms: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    # Of the parcel: values of shipments.status.Cause.
    causes: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    # "due2h" and "today" are still whole and break within that time; "broken" is seriously broken too.
    levels: tuple[str, ...] = ()
    # "me", "none", people's ids.
    people: tuple[str, ...] = ()
    # () = open.
    states: tuple[str, ...] = ()
    # () = the person's own choice, else the product's.
    columns: tuple[str, ...] = ()
    # An incident's id.
    incident: str = ""
    # "1" = only what came back after it was resolved.
    relapsed: str = ""
    # A day of the reader's zone, "2026-11-22": the limit lies in it.
    day: str = ""
    # An hour of UTC, "2026-11-22T14": what breaks, or becomes serious, within it.
    hour: str = ""
    q: str = ""
    # "" = the first of those that these filters may have (exceptions.desk.queue.orders_of).
    order: str = ""
    density: str = ""
    # The tab: a saved view's id, or "all".
    view: str = ""

    @classmethod
    def from_query(cls, query: QueryDict) -> Self:
        """Read a query string; what it does not know is ignored, so that an old link still opens."""
        many = {field: _read(key, query.getlist(key)) for key, field in MANY.items()}
        ones = {key: query.get(key, "") for key in SINGLES}
        ones["q"] = ones["q"].replace("\0", "").strip()[:LONGEST_Q].strip()
        known = {key: value for key, value in ones.items() if key == "q" or (value and KNOWN[key](value))}
        return cls(**many, **known)  # type: ignore[arg-type]

    @classmethod
    def of(cls, query: str) -> Self:
        """The same from the string."""
        return cls.from_query(QueryDict(query))

    def to_query(self, **changes: Any) -> str:
        """The canonical query string of these filters with some changed; "" where nothing is filtered."""
        other = replace(self, **changes)
        pairs = [(key, value) for key, field in MANY.items() for value in getattr(other, field)]
        pairs += [(name, getattr(other, name)) for name in SINGLES if getattr(other, name)]
        return urlencode(pairs)

    def narrow(self) -> bool:
        """Whether something is left out but what is not open."""
        return any(getattr(self, field.name) for field in fields(self) if field.name not in LOOK)

    def plain(self) -> "Filters":
        """The same without order, columns, density and tab."""
        return replace(self, columns=(), order="", density="", view="")


def _read(key: str, values: list[str]) -> tuple[int, ...] | tuple[str, ...]:
    if key in ("shop", "carrier"):
        return tuple(sorted({int(value) for value in values if numeric(value)}))
    if key == "assignee":
        ids = sorted({int(value) for value in values if numeric(value)})
        return (*_known(("me", "none"), values), *(str(pk) for pk in ids))
    chosen = _known(CHOICES[key], values)
    return () if key == "state" and chosen == (State.OPEN.value,) else chosen


def _known(choices: Iterable[str], values: list[str]) -> tuple[str, ...]:
    return tuple(choice for choice in choices if choice in values)


CHOICES: Final[dict[str, tuple[str, ...]]] = {
    "platform": tuple(Platform.values),
    "kind": tuple(kind.value for kind in Kind),
    "cause": tuple(cause.value for cause in Cause),
    "source": tuple(Case.Source.values),
    "level": LEVELS,
    "state": STATES,
    "col": COLUMNS,
}


def numeric(value: str) -> bool:
    """Whether it can be somebody's id."""
    return value.isascii() and value.isdecimal() and len(value) < 19


def day_of(text: str) -> tuple[datetime, datetime] | None:
    """First instant of a day of the reader's zone (the current time zone), and of the day after it."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    if day.year not in YEARS or len(text) != len("2026-11-22"):
        return None
    zone = timezone.get_current_timezone()
    return datetime.combine(day, time.min, zone), datetime.combine(day + timedelta(days=1), time.min, zone)


def hour_of(text: str) -> datetime | None:
    """An hour of UTC."""
    try:
        hour = datetime.strptime(text, "%Y-%m-%dT%H").replace(tzinfo=UTC)
    except ValueError:
        return None
    return hour if hour.year in YEARS else None


KNOWN: Final[dict[str, Callable[[str], Any]]] = {
    "incident": numeric,
    "relapsed": lambda value: value == "1",
    "day": day_of,
    "hour": hour_of,
    "order": lambda value: value in ORDERS,
    "density": lambda value: value in DENSITIES,
    "view": lambda value: value == "all" or numeric(value),
}
