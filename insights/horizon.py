"""The horizon chart as geometry: bars for an SVG of the template's own. Pure."""

from dataclasses import dataclass
from datetime import datetime

from insights.board import Hour

WIDTH, HEIGHT = 640, 168
LEFT, TOP, BASE = 34, 12, 132
BAR, STEP = 15, 25


@dataclass(frozen=True, slots=True)
class Segment:
    """One piece of a bar: `s` will break, `b` becomes serious, `c` is calm still."""

    series: str
    y: float
    height: float


@dataclass(frozen=True, slots=True)
class Bar:
    hour: Hour
    x: int
    middle: float
    segments: list[Segment]
    # Whether its hour is written below it.
    named: bool

    @property
    def query(self) -> str:
        return f"{self.hour.starts_at:%Y-%m-%dT%H}"

    @property
    def total(self) -> int:
        return self.hour.soon + self.hour.grave


@dataclass(frozen=True, slots=True)
class Tick:
    y: float
    value: int


@dataclass(frozen=True, slots=True)
class Chart:
    bars: list[Bar]
    ticks: list[Tick]
    peak: Hour | None
    now_x: float


def chart(hours: list[Hour], now: datetime) -> Chart:
    """Lay out stacked bars over a scale whose top is a round number."""
    top = ceiling(max((hour.soon + hour.grave + hour.calm for hour in hours), default=0))
    unit = (BASE - TOP) / top
    bars = [_bar(hour, n, unit) for n, hour in enumerate(hours)]
    busiest = max(hours, key=lambda hour: hour.soon + hour.grave, default=None)
    peak = busiest if busiest and busiest.soon + busiest.grave else None
    ticks = [Tick(round(BASE - value * unit, 1), value) for value in (0, top // 2, top)]
    gone = (now - hours[0].starts_at).total_seconds() / 3600 if hours else 0
    return Chart(bars, ticks, peak, round(LEFT + gone * STEP, 1))


def ceiling(highest: int) -> int:
    """The next round even number: 2, 4, 6, 10, 20, 40, 60, 100, …"""
    power = 1
    while True:
        for step in (2, 4, 6, 10):
            if highest <= step * power:
                return step * power
        power *= 10


def _bar(hour: Hour, n: int, unit: float) -> Bar:
    x = LEFT + n * STEP
    y, segments = float(BASE), []
    for series, count in (("b", hour.grave), ("s", hour.soon), ("c", hour.calm)):
        if count:
            height = max(count * unit, 1.5)
            y -= height
            segments.append(Segment(series, round(y, 1), round(max(height - 0.6, 1), 1)))
    return Bar(hour, x, x + BAR / 2, segments, named=n % 3 == 0)
