"""Which days China works: statutory holidays (法定节假日) with their days off, and make-up workdays (调休). Pure.

The State Council announces a year in the November before it; the library holds what was announced. A year it does not hold
has its weekends only, see `known_until` and docs/decisions/0018.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from chinese_calendar.constants import Holiday, holidays, workdays

# The library's English name → ours, as the State Council's notices write them.
CHINESE = {kind.value: kind.chinese for kind in Holiday} | {
    "Tomb-sweeping Day": "清明节",
    "Dragon Boat Festival": "端午节",
    "Mid-autumn Festival": "中秋节",
}
KNOWN_UNTIL = max(holidays).year


@dataclass(frozen=True, slots=True)
class Break:
    """Days off in a row around one statutory holiday, or around two that met; `first` and `last` are both days off."""

    name_zh: str
    name_en: str
    first: date
    last: date


def known_until() -> int:
    """The last year whose holidays and make-up days are known; later ones are taken to have weekends only."""
    return KNOWN_UNTIL


def is_holiday(day: date) -> bool:
    """Whether `day` lies in the days off of a statutory holiday, its weekends included."""
    return day in holidays


def is_makeup(day: date) -> bool:
    """Whether `day` is a Saturday or Sunday that is worked in return for a day off."""
    return day in workdays


def is_workday(day: date) -> bool:
    """Whether China's offices work on `day`."""
    return day in workdays or (day.weekday() < 5 and day not in holidays)


def holiday_name(day: date, language: str) -> str | None:
    """The name of the holiday `day` is off for, in Chinese for "zh…" and else in English; None when it is none."""
    name = holidays.get(day)
    return CHINESE[name] if name and language.startswith("zh") else name


def next_windows(today: date) -> list[Break]:
    """The breaks that have not ended before `today`, the soonest first; nothing beyond `known_until`."""
    return [each for each in BREAKS if each.last >= today]


def _runs() -> Iterator[list[date]]:
    run: list[date] = []
    for day in sorted(holidays):
        if run and day - run[-1] > timedelta(days=1):
            yield run
            run = []
        run.append(day)
    yield run


def _break(run: list[date]) -> Break:
    names = list(dict.fromkeys(holidays[day] for day in run))
    return Break("、".join(CHINESE[name] for name in names), " / ".join(names), run[0], run[-1])


BREAKS = tuple(map(_break, _runs()))
