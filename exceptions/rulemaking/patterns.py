"""Patterns for windows and waivers: the packs’ templates with their dates shifted, and the statutory holidays to come."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.http import QueryDict

from exceptions.deadlines import workdays
from exceptions.deadlines.rulebook import Rule
from exceptions.deadlines.terms import Term, day, shipped
from shipops.kit.bilingual import in_language

Rules = Mapping[str, tuple[str, Rule]]
DATES = ("opens", "closes", "until")


@dataclass(frozen=True, slots=True)
class Holiday:
    """Days off to come, as a window may be opened around them; it opens the day before they begin."""

    name: str
    first: date
    last: date


def holidays(today: date, most: int = 4) -> list[Holiday]:
    """The next statutory holidays; none beyond workdays.known_until()."""
    found = workdays.next_windows(today)[:most]
    return [Holiday(in_language(each, "name"), each.first, each.last) for each in found]


def templates(rules: Rules, shape: str) -> list[tuple[str, str]]:
    """Codes and names of the packs' templates of a shape, "window" or "waiver"."""
    terms = [rule.term for _pack, rule in rules.values() if rule.term.shape == shape]
    return [(term.code, in_language(term, "name")) for term in terms]


def from_template(rules: Rules, code: str, shape: str, today: date) -> dict[str, Any] | None:
    """A window or waiver as a template has it, its dates moved by whole years until it closes today or later."""
    found = rules.get(code)
    if found is None or found[1].term.shape != shape:
        return None
    term, (_pack, entry) = found[1].term, shipped()[code]
    dates = {name: day(entry.get(name)) for name in DATES}
    years = _years(dates["closes"] or dates["opens"], today)
    made: dict[str, Any] = {
        "name": in_language(term, "name"),
        "codes": _known(term, rules),
        "by": term.by,
        "later_wins": term.later_wins,
        "goods": sorted(term.goods),
        "areas": list(entry.get("areas", ())),
        "kinds": list(entry.get("kinds", ())),
        "places": list(entry.get("places", ())),
    }
    made |= {name: entry[name] for name in ("hours", "days", "at") if entry.get(name) is not None}
    return made | {name: _moved(at, years).isoformat() for name, at in dates.items() if at}


def from_holiday(first: str, today: date) -> dict[str, Any] | None:
    """A window around the holiday that begins on this date: paid from the day before it, due two days after it."""
    found = next((each for each in holidays(today, 20) if each.first.isoformat() == first), None)
    if found is None:
        return None
    opens = found.first - timedelta(days=1)
    until = found.last + timedelta(days=2)
    return {
        "name": f"{found.name} {found.first.year}",
        "opens": opens.isoformat(),
        "closes": found.last.isoformat(),
        "until": until.isoformat(),
        "by": "paid",
    }


def from_place(query: QueryDict) -> dict[str, Any]:
    """A waiver for parcels that pass or go to some areas, its dates as given; what is no date is left out."""
    made: dict[str, Any] = {
        "name": query.get("name", "")[:80],
        "areas": [area[:40] for area in query.getlist("area")],
        "kinds": query.getlist("kind"),
        "places": ["receiver", "transit"],
        "by": "due",
    }
    return made | {name: at.isoformat() for name in DATES if (at := _date(query.get(name, "")))}


def _date(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _known(term: Term, rules: Rules) -> list[str]:
    return [code for code in term.overrides if code in rules]


def _years(closes: date | None, today: date) -> int:
    if closes is None or closes >= today:
        return 0
    years = today.year - closes.year
    return years if _moved(closes, years) >= today else years + 1


def _moved(at: date, years: int) -> date:
    try:
        return at.replace(year=at.year + years)
    except ValueError:  # 29 February
        return at.replace(year=at.year + years, day=28)


def newest_first(items: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Windows or waivers, those that close last before the others."""
    return sorted(items, key=lambda one: (one["closes"], one["opens"]), reverse=True)
