"""Switches that make the providers behave as badly as real ones do."""

import threading
from collections.abc import Mapping
from random import Random
from typing import TypeVar

T = TypeVar("T")

# name -> what it does; the value is the share of answers that it strikes, 0 … 1.
RATES = {
    "throttle": "answer 'too often' (504 inside HTTP 200, A1005 from SF)",
    "http_5xx": "answer HTTP 502 with a proxy's page",
    "garbage": "answer HTTP 200 with something that is no JSON",
    "duplicate": "repeat scans inside one answer",
    "out_of_order": "shuffle the scans of an answer",
    "bad_push_sign": "sign pushes with a wrong salt",
}
# name -> what it does; the value is in seconds.
SECONDS = {
    "slow": "wait so long (real seconds) before each answer",
    "min_interval": "refuse a number that was asked for less than so long ago (virtual seconds; 0 = never refuse)",
}
LONGEST_WAIT = 120.0
DEFAULT_MIN_INTERVAL = 1800.0


class Faults:
    """Current values of all switches. Safe to use from many threads."""

    def __init__(self, seed: int, values: Mapping[str, object] | None = None) -> None:
        self._lock = threading.Lock()
        self._rng = Random(f"{seed}:faults")
        self._values = dict.fromkeys((*RATES, *SECONDS), 0.0)
        self._values["min_interval"] = DEFAULT_MIN_INTERVAL
        self.change(values or {})

    def change(self, values: Mapping[str, object]) -> None:
        """Set some switches, all or none. Raises ValueError on an unknown name or an impossible value."""
        checked = {name: _checked(name, value) for name, value in values.items()}
        with self._lock:
            self._values.update(checked)

    def values(self) -> dict[str, float]:
        """Every switch and its value."""
        with self._lock:
            return dict(self._values)

    def seconds(self, name: str) -> float:
        """The value of a switch in seconds."""
        return self._values[name]

    def strikes(self, name: str) -> bool:
        """Whether this answer is struck; draws only while the switch is on, so a quiet world stays reproducible."""
        rate = self._values[name]
        if not rate:
            return False
        with self._lock:
            return self._rng.random() < rate

    def disturbed(self, rows: list[T], key: str) -> list[T]:
        """The rows as a struck answer shows them; the same key is disturbed the same way."""
        if self.strikes("duplicate"):
            rows = [copy for position, row in enumerate(rows) for copy in (row, row)[: 1 + (position % 2 == 0)]]
        if self.strikes("out_of_order"):
            rows = Random(f"order:{key}").sample(rows, len(rows))
        return rows


def parse_switch(text: str) -> tuple[str, float]:
    """`throttle=0.2`, or `throttle` for always. Raises ValueError."""
    name, found, value = text.partition("=")
    if not found:
        value = "5" if name in SECONDS else "1"
    return name, _checked(name, value)


def _checked(name: str, value: object) -> float:
    if name not in RATES and name not in SECONDS:
        raise ValueError(f"no fault {name!r}; there are {', '.join((*RATES, *SECONDS))}")
    if isinstance(value, bool):
        value = 1.0 if value else 0.0
    number = float(str(value))
    highest = 1.0 if name in RATES else LONGEST_WAIT if name == "slow" else 30 * 86400.0
    if not 0 <= number <= highest:
        raise ValueError(f"{name} must be between 0 and {highest:g}")
    return number
