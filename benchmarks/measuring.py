"""How one benchmark is timed and told."""

import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Result:
    """Rates per second of `unit`, or other figures of which more is better; `goal` is the least ratio the product promises."""

    name: str
    unit: str
    ours: float
    floor: float
    goal: float
    per: str = "/s"

    @property
    def ratio(self) -> float:
        return self.ours / self.floor

    def __str__(self) -> str:
        return (
            f"{self.name} ours={_figure(self.ours)} floor={_figure(self.floor)} ratio={self.ratio:.2f} "
            f"goal={self.goal:.2f} ({self.unit}{self.per})"
        )


def _figure(value: float) -> str:
    return f"{value:,.0f}" if value >= 10 else f"{value:.3g}"


def seconds(work: Callable[[], object]) -> float:
    """Wall-clock seconds one call takes."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began
