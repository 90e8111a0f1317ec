"""Working hours and working days: exact days of 2026, and what holds for every week, zone and start."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.utils import translation
from hypothesis import given, settings
from hypothesis import strategies as st

from exceptions.deadlines import workdays
from exceptions.deadlines.workdays import Break
from exceptions.deadlines.worktime import (
    DAYS,
    DEFAULT,
    DEFAULT_DOCUMENT,
    Week,
    WeekError,
    add_working,
    add_working_days,
    end_of,
    end_of_day,
    working_between,
)

SHANGHAI = ZoneInfo("Asia/Shanghai")
BERLIN = ZoneInfo("Europe/Berlin")
SAO_PAULO = ZoneInfo("America/Sao_Paulo")
HOUR = timedelta(hours=1)

OFFICE = {day: ["09:00-12:00", "13:00-18:00"] for day in DAYS[:5]} | {"holidays_off": True, "makeup_days_on": True}
OPEN_ALWAYS = Week.read({day: ["00:00-24:00"] for day in DAYS})


def at(text: str, zone: ZoneInfo = SHANGHAI) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=zone)


def shown(instant: datetime, zone: ZoneInfo = SHANGHAI) -> str:
    assert instant.tzinfo is UTC
    return instant.astimezone(zone).strftime("%m-%d %a %H:%M:%S")


# The national calendar


def test_the_breaks_of_2026_are_those_the_state_council_announced() -> None:
    of_2026 = [each for each in workdays.next_windows(date(2026, 1, 1)) if each.last.year == 2026]
    assert of_2026 == [
        Break("元旦", "New Year's Day", date(2026, 1, 1), date(2026, 1, 3)),
        Break("春节", "Spring Festival", date(2026, 2, 15), date(2026, 2, 23)),
        Break("清明节", "Tomb-sweeping Day", date(2026, 4, 4), date(2026, 4, 6)),
        Break("劳动节", "Labour Day", date(2026, 5, 1), date(2026, 5, 5)),
        Break("端午节", "Dragon Boat Festival", date(2026, 6, 19), date(2026, 6, 21)),
        Break("中秋节", "Mid-autumn Festival", date(2026, 9, 25), date(2026, 9, 27)),
        Break("国庆节", "National Day", date(2026, 10, 1), date(2026, 10, 7)),
    ]


def test_six_weekend_days_of_2026_are_worked() -> None:
    year = [date(2026, 1, 1) + timedelta(days=n) for n in range(365)]
    worked = [day for day in year if day.weekday() >= 5 and workdays.is_workday(day)]
    assert [f"{day:%m-%d %a}" for day in worked] == [
        "01-04 Sun",
        "02-14 Sat",
        "02-28 Sat",
        "05-09 Sat",
        "09-20 Sun",
        "10-10 Sat",
    ]
    assert all(map(workdays.is_makeup, worked))


def test_a_break_closes_weekdays_and_weekends_alike() -> None:
    october = {n: workdays.is_workday(date(2026, 10, n)) for n in range(1, 13)}
    assert [n for n, worked in october.items() if worked] == [8, 9, 10, 12]
    assert workdays.is_holiday(date(2026, 10, 3))
    assert not workdays.is_holiday(date(2026, 10, 11))


def test_a_holiday_has_its_name_in_both_languages_and_a_makeup_day_has_none() -> None:
    assert workdays.holiday_name(date(2026, 2, 20), "zh-hans") == "春节"
    assert workdays.holiday_name(date(2026, 2, 20), "en") == "Spring Festival"
    assert workdays.holiday_name(date(2026, 2, 28), "zh-hans") is None


def test_a_break_is_listed_until_its_last_day_is_over() -> None:
    assert workdays.next_windows(date(2026, 10, 7))[0].name_en == "National Day"
    assert date(2026, 10, 1) not in {each.first for each in workdays.next_windows(date(2026, 10, 8))}


def test_holidays_that_meet_are_one_break() -> None:
    assert workdays.next_windows(date(2025, 9, 1))[0] == Break(
        "国庆节、中秋节", "National Day / Mid-autumn Festival", date(2025, 10, 1), date(2025, 10, 8)
    )


def test_a_year_not_announced_has_weekends_only() -> None:
    assert workdays.known_until() >= 2026
    unknown = workdays.known_until() + 1
    days = [date(unknown, 1, 1) + timedelta(days=n) for n in range(365)]
    assert [day for day in days if workdays.is_workday(day) != (day.weekday() < 5)] == []
    assert workdays.next_windows(days[0]) == []


# The week


def test_hours_are_read_in_any_order_and_midnight_ends_a_day() -> None:
    week = Week.read({"sat": ["18:00-24:00", " 08:30 - 12:00 "], "makeup_days_on": True})
    assert week.days[5] == ((time(8, 30), time(12)), (time(18), time()))
    assert week.days[:5] == ((),) * 5
    assert (week.holidays_off, week.makeup_days_on) == (False, True)


def test_spans_may_touch() -> None:
    assert Week.read({"mon": ["09:00-12:00", "12:00-18:00"]}).days[0][1] == (time(12), time(18))


@pytest.mark.parametrize(
    ("document", "sentence"),
    [
        ({}, "The week has no working hours."),
        ({"mon": [], "holidays_off": True}, "The week has no working hours."),
        (
            {"mon": ["18:00-09:00"]},
            "Monday: 18:00-09:00 ends before it starts. Write a night as two spans that meet at 24:00.",
        ),
        (
            {"tue": ["09:00-09:00"]},
            "Tuesday: 09:00-09:00 ends before it starts. Write a night as two spans that meet at 24:00.",
        ),
        ({"sun": ["13:00-24:00", "09:00-13:01"]}, "Sunday: 09:00-13:01 and 13:00-24:00 overlap."),
        ({"mon": ["9-18"]}, "Monday: “9-18” cannot be read. Write hours as 09:00-18:00."),
        ({"mon": ["09:00-24:30"]}, "Monday: “09:00-24:30” cannot be read. Write hours as 09:00-18:00."),
        ({"mon": [9]}, "Monday: “9” cannot be read. Write hours as 09:00-18:00."),
        ({"mon": "09:00-18:00"}, "Monday: hours are a list such as 09:00-18:00."),
        ({"monday": ["09:00-18:00"]}, "“monday” is neither a weekday (mon … sun) nor a switch."),
        ({"mon": ["09:00-18:00"], "holidays_off": "no"}, "“holidays_off” is either true or false."),
    ],
)
def test_a_week_that_cannot_be_is_refused_with_its_reason(document: dict[str, object], sentence: str) -> None:
    with translation.override("en"), pytest.raises(WeekError) as refused:
        Week.read(document)
    assert str(refused.value) == sentence


def test_the_week_nobody_changed_is_nine_to_six_on_all_days() -> None:
    assert Week.read(DEFAULT_DOCUMENT) == DEFAULT
    assert DEFAULT.spans(date(2026, 10, 1)) == ((time(9), time(18)),)
    assert shown(add_working(at("2026-09-30T17:00"), 2 * HOUR, DEFAULT, SHANGHAI)) == "10-01 Thu 10:00:00"


# Working hours


@pytest.mark.parametrize(
    ("start", "hours", "end"),
    [
        ("2026-09-22T10:00", 1, "09-22 Tue 11:00:00"),
        ("2026-09-22T11:00", 2, "09-22 Tue 14:00:00"),  # lunch
        ("2026-09-22T10:00", 7, "09-22 Tue 18:00:00"),  # until closing, not until the next opening
        ("2026-09-22T03:00", 1, "09-22 Tue 10:00:00"),  # asked at night
        ("2026-09-18T17:00", 2, "09-20 Sun 10:00:00"),  # Friday, and a Sunday that is worked
        ("2026-09-30T16:00", 4, "10-08 Thu 11:00:00"),  # National Day
        ("2026-10-09T17:00", 9, "10-10 Sat 18:00:00"),  # the Saturday worked for it
        ("2026-10-09T17:00", 10, "10-12 Mon 10:00:00"),
        ("2026-02-13T17:30", 1, "02-14 Sat 09:30:00"),  # before Spring Festival
        ("2026-02-14T17:00", 2, "02-24 Tue 10:00:00"),  # over Spring Festival
        ("2026-02-27T18:00", 8, "02-28 Sat 18:00:00"),
        ("2026-01-01T12:00", 0, "01-01 Thu 12:00:00"),  # no span needs no opening
    ],
)
def test_an_office_closes_on_holidays_and_works_makeup_days(start: str, hours: int, end: str) -> None:
    assert shown(add_working(at(start), hours * HOUR, Week.read(OFFICE), SHANGHAI)) == end


def test_makeup_days_are_worked_only_where_the_week_says_so() -> None:
    week = Week.read(OFFICE | {"makeup_days_on": False})
    assert shown(add_working(at("2026-10-09T17:00"), 2 * HOUR, week, SHANGHAI)) == "10-12 Mon 10:00:00"


def test_a_makeup_day_keeps_the_hours_its_weekday_has() -> None:
    week = Week.read(OFFICE | {"sat": ["10:00-12:00"]})
    assert shown(add_working(at("2026-10-09T18:00"), HOUR, week, SHANGHAI)) == "10-10 Sat 11:00:00"


def test_hours_run_over_the_end_of_a_year() -> None:
    end = add_working(at("2025-12-31T17:00"), 10 * HOUR, DEFAULT, SHANGHAI)
    assert end == at("2026-01-01T18:00")
    assert working_between(at("2025-12-31T17:00"), end, DEFAULT, SHANGHAI) == 10 * HOUR
    assert add_working(at("2024-07-01T00:00"), 9 * 730 * HOUR, DEFAULT, SHANGHAI) == at("2026-06-30T18:00")


def test_a_year_begins_when_it_begins_in_the_zone() -> None:
    start = at("2026-01-01T02:00")  # still 2025 in Greenwich
    assert add_working(start, HOUR, OPEN_ALWAYS, SHANGHAI) == at("2026-01-01T03:00")
    assert working_between(start, at("2026-01-01T09:00"), OPEN_ALWAYS, SHANGHAI) == 7 * HOUR


def test_working_time_between_is_signed_and_counts_open_hours_only() -> None:
    week, first, last = Week.read(OFFICE), at("2026-09-30T11:00"), at("2026-10-08T14:00")
    assert working_between(first, last, week, SHANGHAI) == 10 * HOUR
    assert working_between(last, first, week, SHANGHAI) == -10 * HOUR
    assert working_between(at("2026-10-01T00:00"), at("2026-10-08T00:00"), week, SHANGHAI) == timedelta()


def test_time_does_not_run_backward() -> None:
    with pytest.raises(ValueError, match="forward"):
        add_working(at("2026-09-22T10:00"), -HOUR, DEFAULT, SHANGHAI)
    with pytest.raises(ValueError, match="forward"):
        add_working_days(at("2026-09-22T10:00"), -1, SHANGHAI)


# Days


@pytest.mark.parametrize(
    ("start", "n", "end"),
    [
        ("2026-09-30T16:00", 0, "09-30 Wed 23:59:59"),
        ("2026-09-30T16:00", 1, "10-08 Thu 23:59:59"),
        ("2026-09-30T16:00", 3, "10-10 Sat 23:59:59"),
        ("2026-09-30T16:00", 4, "10-12 Mon 23:59:59"),
        ("2026-10-03T16:00", 1, "10-08 Thu 23:59:59"),
        ("2026-02-13T23:59", 2, "02-24 Tue 23:59:59"),
        ("2026-09-19T00:00", 1, "09-20 Sun 23:59:59"),
    ],
)
def test_working_days_are_counted_after_the_day_of_the_start(start: str, n: int, end: str) -> None:
    assert shown(add_working_days(at(start), n, SHANGHAI)) == end


def test_natural_days_are_counted_from_day_zero_on_the_wall_of_the_zone() -> None:
    start = datetime(2026, 10, 1, 16, 30, tzinfo=UTC)  # already the 2nd in Shanghai
    assert shown(end_of_day(start, 0, SHANGHAI)) == "10-02 Fri 23:59:59"
    assert shown(end_of_day(start, 3, SHANGHAI)) == "10-05 Mon 23:59:59"
    assert shown(end_of_day(start, 1, SHANGHAI, time(12))) == "10-03 Sat 12:00:00"
    assert shown(end_of(date(2026, 10, 2), SHANGHAI)) == "10-02 Fri 23:59:59"


# Summer time


@pytest.mark.parametrize(
    ("zone", "day", "hours", "last_second"),
    [
        (BERLIN, "2026-03-29", 23, "2026-03-29T21:59:59"),
        (BERLIN, "2026-10-25", 25, "2026-10-25T22:59:59"),
        (SAO_PAULO, "2017-10-15", 23, "2017-10-16T01:59:59"),  # begins at 01:00
        (SAO_PAULO, "2018-02-17", 25, "2018-02-18T02:59:59"),  # its last hour comes twice
        (ZoneInfo("America/Havana"), "2026-11-01", 25, "2026-11-02T04:59:59"),  # its first hour comes twice
    ],
)
def test_a_day_of_changing_clocks_is_as_long_as_it_is(zone: ZoneInfo, day: str, hours: int, last_second: str) -> None:
    that = date.fromisoformat(day)
    before = end_of(that - timedelta(days=1), zone)
    assert end_of(that, zone) == datetime.fromisoformat(last_second).replace(tzinfo=UTC)
    assert end_of(that, zone) - before == hours * HOUR
    assert working_between(before, end_of(that, zone), OPEN_ALWAYS, zone) == hours * HOUR


def test_an_hour_left_out_is_not_worked_and_one_that_comes_twice_is_worked_twice() -> None:
    nights = Week.read({day: ["02:30-04:00"] for day in DAYS})
    spring, autumn = at("2026-03-29T00:00", BERLIN), at("2026-10-25T00:00", BERLIN)
    assert working_between(spring, end_of_day(spring, 0, BERLIN), nights, BERLIN) == HOUR
    assert working_between(autumn, end_of_day(autumn, 0, BERLIN), nights, BERLIN) == 2 * HOUR
    # 02:30-03:00 in summer time, then 02:30 again
    assert add_working(autumn, HOUR, nights, BERLIN) == datetime(2026, 10, 25, 2, tzinfo=UTC)
    assert add_working(autumn, HOUR / 2, nights, BERLIN) == datetime(2026, 10, 25, 1, tzinfo=UTC)


def test_opening_hours_stand_on_the_wall_through_the_change() -> None:
    friday = at("2026-03-27T17:00", BERLIN)
    week = Week.read({day: ["09:00-18:00"] for day in DAYS[:5]})
    assert shown(add_working(friday, 2 * HOUR, week, BERLIN), BERLIN) == "03-30 Mon 10:00:00"


def test_two_readings_of_the_hour_that_comes_twice_are_told_apart() -> None:
    first, second = at("2026-10-25T02:45", BERLIN), at("2026-10-25T02:15", BERLIN).replace(fold=1)
    assert working_between(first, second, OPEN_ALWAYS, BERLIN) == HOUR / 2


# What holds for every week

QUARTERS = [f"{n // 4:02}:{n % 4 * 15:02}" for n in range(97)]


@st.composite
def hours(draw: st.DrawFn) -> list[str]:
    marks = sorted(draw(st.sets(st.integers(0, 96), max_size=6)))
    return [f"{QUARTERS[a]}-{QUARTERS[b]}" for a, b in zip(marks[::2], marks[1::2], strict=False)]


@st.composite
def weeks(draw: st.DrawFn) -> Week:
    document = {day: draw(hours()) for day in DAYS}
    document[draw(st.sampled_from(DAYS))] = ["01:00-02:30", "09:15-23:15"]
    return Week.read(document | {"holidays_off": draw(st.booleans()), "makeup_days_on": draw(st.booleans())})


zones = st.sampled_from([SHANGHAI, BERLIN, SAO_PAULO, ZoneInfo("Australia/Lord_Howe")])
FIRST = datetime(2025, 9, 1, tzinfo=UTC)
CHANGES = [datetime(2026, 3, 28, tzinfo=UTC), datetime(2026, 10, 24, 12, tzinfo=UTC), datetime(2018, 2, 17, tzinfo=UTC)]
starts = st.one_of(
    st.builds(lambda seconds: FIRST + timedelta(seconds=seconds), st.integers(0, 480 * 86400)),
    st.builds(lambda day, minutes: day + timedelta(minutes=minutes), st.sampled_from(CHANGES), st.integers(0, 2000)),
)
spans = st.builds(lambda seconds: timedelta(seconds=seconds), st.integers(1, 40 * 3600))
often = settings(max_examples=80, deadline=None)


def is_open(instant: datetime, week: Week, zone: ZoneInfo) -> bool:
    """Asked of the clock on the wall, one instant at a time."""
    wall = instant.astimezone(zone)
    return any(a <= wall.time() and (wall.time() < b or b == time()) for a, b in week.spans(wall.date()))


@often
@given(starts, spans, weeks(), zones)
def test_what_was_added_is_what_is_measured(start: datetime, span: timedelta, week: Week, zone: ZoneInfo) -> None:
    assert working_between(start, add_working(start, span, week, zone), week, zone) == span


@often
@given(starts, spans, weeks(), zones)
def test_the_last_moment_of_a_span_lies_in_working_hours(
    start: datetime, span: timedelta, week: Week, zone: ZoneInfo
) -> None:
    assert is_open(add_working(start, span, week, zone) - timedelta(microseconds=1), week, zone)


@often
@given(starts, spans, spans, weeks(), zones)
def test_a_span_may_be_added_in_parts_and_more_is_never_earlier(
    start: datetime, one: timedelta, other: timedelta, week: Week, zone: ZoneInfo
) -> None:
    reached = add_working(start, one, week, zone)
    assert add_working(reached, other, week, zone) == add_working(start, one + other, week, zone) > reached
    assert add_working(start + other, one, week, zone) >= reached


@settings(max_examples=25, deadline=None)
@given(starts.map(lambda start: start.replace(second=0, microsecond=0)), st.integers(0, 2500), weeks(), zones)
def test_working_time_is_the_minutes_at_which_the_clock_shows_an_open_hour(
    start: datetime, minutes: int, week: Week, zone: ZoneInfo
) -> None:
    walked = sum(is_open(start + timedelta(minutes=n), week, zone) for n in range(minutes))
    assert working_between(start, start + timedelta(minutes=minutes), week, zone) == timedelta(minutes=walked)


@given(starts, st.integers(0, 30), zones)
def test_the_nth_working_day_has_n_working_days_behind_it(start: datetime, n: int, zone: ZoneInfo) -> None:
    day, last = start.astimezone(zone).date(), add_working_days(start, n, zone).astimezone(zone).date()
    passed = [day + timedelta(days=k) for k in range(1, (last - day).days + 1)]
    assert sum(map(workdays.is_workday, passed)) == n
    assert n == 0 or workdays.is_workday(last)
