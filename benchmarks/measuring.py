"""How one benchmark is timed and told."""

import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Result:
    """Rates per second of `unit`; `goal` is the least ratio the product promises."""

    name: str
    unit: str
    ours: float
    floor: float
    goal: float

    @property
    def ratio(self) -> float:
        return self.ours / self.floor

    def __str__(self) -> str:
        return (
            f"{self.name} ours={self.ours:,.0f} floor={self.floor:,.0f} ratio={self.ratio:.2f} "
            f"goal={self.goal:.2f} ({self.unit}/s)"
        )


def seconds(work: Callable[[], object]) -> float:
    """Wall-clock seconds one call takes."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began
