"""Durations and instants as people read them, in both languages."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.utils import translation

from shipops.kit import times

SHANGHAI = ZoneInfo("Asia/Shanghai")


@pytest.mark.parametrize(
    ("minutes", "english", "chinese"),
    [
        (0, "0m", "0 分钟"),
        (18, "18m", "18 分钟"),
        (65, "1h 05m", "1 小时 05 分"),
        (47 * 60 + 59, "47h 59m", "47 小时 59 分"),
        (76 * 60, "3d 4h", "3 天 4 小时"),
        (-18, "18m", "18 分钟"),
    ],
)
def test_a_length_of_time_is_spelt_to_the_minute(minutes: int, english: str, chinese: str) -> None:
    with translation.override("en"):
        assert times.spell(timedelta(minutes=minutes)) == english
    with translation.override("zh-hans"):
        assert times.spell(timedelta(minutes=minutes)) == chinese


@pytest.mark.parametrize(
    ("minutes", "english", "chinese"),
    [
        (112, "1h 52m left", "还剩 1h 52m"),
        (-425, "7h 05m over", "超 7h 05m"),
        (-195 * 60, "8d 3h over", "超 8 天 3h"),
        (6, "6m left", "还剩 6 分钟"),
    ],
)
def test_what_is_left_is_told_in_few_words(now: datetime, minutes: int, english: str, chinese: str) -> None:
    with translation.override("en"):
        assert times.remaining(now + timedelta(minutes=minutes), now) == english
    with translation.override("zh-hans"):
        assert times.remaining(now + timedelta(minutes=minutes), now) == chinese


def test_instants_are_told_in_the_zone_of_the_shop(now: datetime) -> None:
    with translation.override("zh-hans"):
        told = [times.wall(now + timedelta(days=days), now, SHANGHAI) for days in (0, -1, 1, 2)]
        assert told == ["12:00", "昨 12:00", "明 12:00", "11-24 12:00"]
        assert times.wall(datetime(2025, 12, 31, 16, 0, tzinfo=UTC), now, SHANGHAI) == "01-01 00:00"
        assert times.wall(datetime(2025, 12, 31, 15, 59, tzinfo=UTC), now, SHANGHAI) == "2025-12-31 23:59"
        assert times.ago(now - timedelta(minutes=4), now) == "4 分钟前"
        assert times.ago(now - timedelta(seconds=59), now) == "刚刚"


def test_the_length_of_a_term_keeps_its_hours() -> None:
    with translation.override("zh-hans"):
        assert [times.length(timedelta(hours=hours)) for hours in (24, 72, 200)] == [
            "24 小时",
            "72 小时",
            "8 天 8 小时",
        ]


def test_the_same_instant_is_another_day_elsewhere(now: datetime) -> None:
    at = now - timedelta(minutes=90)
    with translation.override("en"):
        assert times.wall(at, now, SHANGHAI) == "10:30"
        assert times.wall(at, now, ZoneInfo("America/Sao_Paulo")) == "yesterday 23:30"


@pytest.mark.parametrize(("hours", "percent"), [(-1, 0), (0, 0), (12, 50), (23.99, 99), (24, 100), (50, 100)])
def test_a_fuse_burns_from_start_to_limit_and_no_further(now: datetime, hours: float, percent: int) -> None:
    assert times.burnt(now, now + timedelta(hours=24), now + timedelta(hours=hours)) == percent


def test_a_limit_that_takes_no_time_has_burnt(now: datetime) -> None:
    assert times.burnt(now, now, now) == 100
