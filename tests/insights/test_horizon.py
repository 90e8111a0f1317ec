"""The horizon chart's geometry."""

from datetime import UTC, datetime, timedelta

import pytest

from insights.board import Hour
from insights.horizon import BASE, TOP, ceiling, chart

START = datetime(2026, 11, 22, 4, tzinfo=UTC)


@pytest.mark.parametrize(
    ("highest", "top"), [(0, 2), (1, 2), (2, 2), (3, 4), (5, 6), (7, 10), (11, 20), (41, 60), (99, 100), (101, 200)]
)
def test_the_scale_ends_at_a_round_number(highest: int, top: int) -> None:
    assert ceiling(highest) == top


def test_bars_stack_from_the_base_and_stay_inside() -> None:
    hours = [Hour(START + timedelta(hours=n), soon=n, grave=2, calm=1) for n in range(24)]
    drawn = chart(hours, START + timedelta(minutes=30))
    assert drawn.now_x == 46.5
    assert drawn.peak == hours[-1]
    assert [tick.value for tick in drawn.ticks] == [0, 20, 40]
    for bar in drawn.bars:
        assert bar.total == bar.hour.soon + 2
        assert all(TOP <= segment.y < BASE for segment in bar.segments)
    assert [segment.series for segment in drawn.bars[-1].segments] == ["b", "s", "c"]


def test_hours_without_anything_draw_nothing() -> None:
    drawn = chart([Hour(START, 0, 0, 0)], START)
    assert drawn.bars[0].segments == []
    assert drawn.peak is None
