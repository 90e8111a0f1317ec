"""Working hours, working days and natural days: from an instant and a span to the instant it is over. Pure.

Instants go in aware, in any zone, and come out in UTC; days and hours are those of the clock on the wall in `zone`. An instant
is working time when that clock shows an hour of the week, so an hour that a change to summer time leaves out is not worked
and one that is shown twice is worked twice.
"""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from itertools import accumulate, pairwise
from typing import Any, Self
from zoneinfo import ZoneInfo

from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext as _

from exceptions.deadlines import workdays

Span = tuple[time, time]
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
FLAGS = ("holidays_off", "makeup_days_on")
HOURS = re.compile(r"([01]\d|2[0-3]):([0-5]\d)\s*[-–]\s*([01]\d|2[0-3]|24(?=:00)):([0-5]\d)", re.ASCII)
DAY = timedelta(days=1)
SECOND = timedelta(seconds=1)
# A year of one week in one zone takes about 0.1 MB and 2 ms; a sweep sees the merchants one after another, two years each.
YEARS_KEPT = 128


class WeekError(ValueError):
    """A week that cannot be, with the sentence to show at the field."""


@dataclass(frozen=True, slots=True)
class Week:
    """Working hours by weekday, Monday first: spans in order, none overlapping. A span that ends at 00:00 lasts until 24:00.

    `holidays_off` closes China's statutory holidays. `makeup_days_on` opens a make-up workday that is closed by its
    weekday, with the hours of the first open day of the week. Raises WeekError.
    """

    days: tuple[tuple[Span, ...], ...]
    holidays_off: bool = False
    makeup_days_on: bool = False

    def __post_init__(self) -> None:
        if not any(self.days):
            raise WeekError(_("The week has no working hours."))
        for weekday, spans in enumerate(self.days):
            _check(weekday, spans)

    @classmethod
    def read(cls, document: Mapping[str, Any]) -> Self:
        """The week in {"mon": ["09:00-12:00", "13:30-18:00"], …, "holidays_off": true}; a weekday left out is closed.

        Raises WeekError.
        """
        for key in document:
            if key not in DAYS + FLAGS:
                raise WeekError(_("“%(key)s” is neither a weekday (mon … sun) nor a switch.") % {"key": key})
        for flag in FLAGS:
            if not isinstance(document.get(flag, False), bool):
                raise WeekError(_("“%(key)s” is either true or false.") % {"key": flag})
        days = tuple(_spans(weekday, document.get(key, [])) for weekday, key in enumerate(DAYS))
        return cls(days, **{flag: document.get(flag, False) for flag in FLAGS})

    def spans(self, day: date) -> tuple[Span, ...]:
        """The hours of `day`, holidays and make-up days considered."""
        if self.holidays_off and workdays.is_holiday(day):
            return ()
        spans = self.days[day.weekday()]
        if not spans and self.makeup_days_on and workdays.is_makeup(day):
            return next(filter(None, self.days))
        return spans


# Shops sell every day and the platforms' own clocks stop neither on Sundays nor on holidays. A week that is too long warns
# early; one that is too short would stay silent while a buyer waits.
DEFAULT_DOCUMENT: dict[str, Any] = {day: ["09:00-18:00"] for day in DAYS} | dict.fromkeys(FLAGS, False)


def add_working(start: datetime, span: timedelta, week: Week, zone: ZoneInfo) -> datetime:
    """The earliest instant by which `span` of working time has passed since `start`; `start` itself for no span.

    A span that is used up exactly at closing time ends then, not at the next opening. Raises ValueError below zero.
    """
    if span < timedelta():
        raise ValueError("working time runs forward only")
    start = start.astimezone(UTC)
    if not span:
        return start
    number = start.astimezone(zone).year
    year = _year(week, zone, number)
    wanted = year.worked(start) + span
    while wanted > year.total:
        wanted -= year.total
        number += 1
        year = _year(week, zone, number)
    return year.reached(wanted)


def working_between(a: datetime, b: datetime, week: Week, zone: ZoneInfo) -> timedelta:
    """The working time from `a` to `b`; negative when `b` comes first."""
    a, b = a.astimezone(UTC), b.astimezone(UTC)  # two readings of one zone are compared as they stand on the wall
    if b < a:
        return -working_between(b, a, week, zone)
    first, last = a.astimezone(zone).year, b.astimezone(zone).year
    whole = sum((_year(week, zone, number).total for number in range(first, last)), timedelta())
    return whole + _year(week, zone, last).worked(b) - _year(week, zone, first).worked(a)


def add_working_days(start: datetime, n: int, zone: ZoneInfo) -> datetime:
    """23:59:59 of the `n`-th working day of China after the day of `start`; of that day itself for 0.

    Raises ValueError below zero.
    """
    if n < 0:
        raise ValueError("working days run forward only")
    day = start.astimezone(zone).date()
    while n:
        day += DAY
        n -= workdays.is_workday(day)
    return end_of(day, zone)


def end_of_day(start: datetime, n: int, zone: ZoneInfo, at: time | None = None) -> datetime:
    """23:59:59, or `at`, of the `n`-th natural day after the day of `start`, which is day 0."""
    day = start.astimezone(zone).date() + n * DAY
    return end_of(day, zone) if at is None else _instant(day, at, zone)


def end_of(day: date, zone: ZoneInfo) -> datetime:
    """23:59:59 of `day`: one second before the next day begins, also where the clock is put back at midnight."""
    return _instant(day + DAY, time(), zone) - SECOND


def _check(weekday: int, spans: tuple[Span, ...]) -> None:
    for start, end in spans:
        if _since_midnight(start) >= _until(end):
            sentence = _("%(day)s: %(span)s ends before it starts. Write a night as two spans that meet at 24:00.")
            raise WeekError(sentence % {"day": WEEKDAYS[weekday], "span": _shown((start, end))})
    for one, other in pairwise(spans):
        if _since_midnight(other[0]) < _until(one[1]):
            sentence = _("%(day)s: %(span)s and %(other)s overlap.")
            raise WeekError(sentence % {"day": WEEKDAYS[weekday], "span": _shown(one), "other": _shown(other)})


def _spans(weekday: int, texts: Any) -> tuple[Span, ...]:
    if not isinstance(texts, list):
        raise WeekError(_("%(day)s: hours are a list such as 09:00-18:00.") % {"day": WEEKDAYS[weekday]})
    return tuple(sorted((_span(weekday, text) for text in texts), key=lambda span: (span[0], _until(span[1]))))


def _span(weekday: int, text: Any) -> Span:
    match = HOURS.fullmatch(text.strip()) if isinstance(text, str) else None
    if not match:
        sentence = _("%(day)s: “%(text)s” cannot be read. Write hours as 09:00-18:00.")
        raise WeekError(sentence % {"day": WEEKDAYS[weekday], "text": text})
    opens, past_opens, closes, past_closes = map(int, match.groups())
    return time(opens, past_opens), time(closes % 24, past_closes)


def _shown(span: Span) -> str:
    start, end = span
    return f"{start:%H:%M}-{end:%H:%M}" if end != time() else f"{start:%H:%M}-24:00"


def _since_midnight(at: time) -> timedelta:
    return timedelta(hours=at.hour, minutes=at.minute, seconds=at.second, microseconds=at.microsecond)


def _until(end: time) -> timedelta:
    return _since_midnight(end) or DAY


@dataclass(frozen=True, slots=True)
class _Year:
    """The working time of one local year as a line to bisect: windows in order, and what was worked before each."""

    starts: list[datetime]
    ends: list[datetime]
    before: list[timedelta]
    total: timedelta

    def worked(self, instant: datetime) -> timedelta:
        """Since the year began."""
        at = bisect_right(self.starts, instant) - 1
        return self.before[at] + min(instant, self.ends[at]) - self.starts[at] if at >= 0 else timedelta()

    def reached(self, worked: timedelta) -> datetime:
        """When so much was `worked`, which is above zero and not above the total."""
        at = bisect_left(self.before, worked) - 1
        return self.starts[at] + (worked - self.before[at])


@lru_cache(maxsize=YEARS_KEPT)
def _year(week: Week, zone: ZoneInfo, number: int) -> _Year:
    first = date(number, 1, 1)
    days = [first + n * DAY for n in range((date(number + 1, 1, 1) - first).days)]
    windows = [window for day in days for window in _windows(day, week.spans(day), zone)]
    before = list(accumulate((end - start for start, end in windows), initial=timedelta()))
    total = before.pop()
    return _Year([start for start, _end in windows], [end for _start, end in windows], before, total)


def _windows(day: date, spans: tuple[Span, ...], zone: ZoneInfo) -> Iterator[tuple[datetime, datetime]]:
    if not spans:
        return
    reading = datetime.combine(day, time(), UTC)
    for begins, ends, offset in _stretches(day, zone):
        for opens, closes in spans:
            start = max(begins, reading + _since_midnight(opens) - offset)
            end = min(ends, reading + _until(closes) - offset)
            if start < end:
                yield start, end


def _stretches(day: date, zone: ZoneInfo) -> list[tuple[datetime, datetime, timedelta]]:
    """`day` cut where the clock is changed: from, until, offset from UTC."""
    begins, ends = _instant(day, time(), zone), _instant(day + DAY, time(), zone)
    old, new = _offset(begins, zone), _offset(ends, zone)
    if old == new:
        return [(begins, ends, old)]
    seconds = range(int((ends - begins).total_seconds()))
    change = begins + bisect_left(seconds, True, key=lambda n: _offset(begins + n * SECOND, zone) != old) * SECOND
    return [(begins, change, old), (change, ends, new)]


def _offset(instant: datetime, zone: ZoneInfo) -> timedelta:
    return instant.astimezone(zone).utcoffset() or timedelta()


def _instant(day: date, at: time, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, at, zone).astimezone(UTC)


DEFAULT = Week.read(DEFAULT_DOCUMENT)
