"""Switches that make the providers behave as badly as real ones do; all of them together, or one by itself.

A switch of a single provider is written `provider.name` and counts for it in place of the general one.
"""

import copy
import threading
from collections.abc import Collection, Mapping
from random import Random
from typing import TypeVar

T = TypeVar("T")

# name -> what it does; the value is the share of answers that it strikes, 0 … 1.
RATES = {
    "outage": "answer nothing at all and push nothing",
    "throttle": "answer 'too often' in the provider's own words (504 inside HTTP 200 from Kuaidi100, A1005 from SF)",
    "http_5xx": "answer HTTP 502 with a proxy's page",
    "garbage": "answer HTTP 200 with something that is no JSON",
    "duplicate": "repeat scans inside one answer",
    "out_of_order": "shuffle the scans of an answer",
    "wrong_carrier": "take parcels to be of another carrier; which ones follows from their numbers",
    "bad_push_sign": "sign pushes with a wrong secret",
    "drop_push": "lose pushes and think that they arrived",
    "duplicate_push": "send pushes twice",
    "reorder_push": "keep pushes back for six virtual hours, so that later ones overtake them",
}
# name -> what it does; the value is in seconds.
SECONDS = {
    "slow": "wait so long (real seconds) before each answer",
    "min_interval": "refuse a number that was asked for less than so long ago (virtual seconds; 0 = never refuse)",
    "clock_skew": "tell scans at the hub of every third city so much too late, or too early if negative (virtual seconds)",
}
_SPANS = {"slow": (0.0, 120.0), "min_interval": (0.0, 30 * 86400.0), "clock_skew": (-2 * 86400.0, 2 * 86400.0)}
DEFAULT_MIN_INTERVAL = 1800.0


class Faults:
    """Current values of all switches. Safe to use from many threads."""

    def __init__(
        self, seed: int, values: Mapping[str, object] | None = None, providers: Collection[str] = frozenset()
    ) -> None:
        self._lock = threading.Lock()
        self._providers = frozenset(providers)
        self._provider = ""
        self._rng = Random(f"{seed}:faults")
        self._values = dict.fromkeys((*RATES, *SECONDS), 0.0)
        self._values["min_interval"] = DEFAULT_MIN_INTERVAL
        self.change(values or {})

    def change(self, values: Mapping[str, object]) -> None:
        """Set some switches, all or none. Raises ValueError on an unknown name or an impossible value.

        None lets a provider follow the general switch again.
        """
        for name in values:
            provider, found, _ = name.rpartition(".")
            if found and provider not in self._providers:
                raise ValueError(f"no provider {provider!r}; there are {', '.join(sorted(self._providers))}")
        checked = {name: _checked(name, value) for name, value in values.items() if value is not None}
        freed = [name for name, value in values.items() if value is None]
        with self._lock:
            for name in freed:
                if "." in name:
                    self._values.pop(name, None)
            self._values.update(checked)

    def of(self, provider: str) -> "Faults":
        """The same switches as one provider has them."""
        bound = copy.copy(self)
        bound._provider = provider + "."
        return bound

    def values(self) -> dict[str, float]:
        """Every switch and its value, those of single providers where they are set."""
        with self._lock:
            return dict(self._values)

    def seconds(self, name: str) -> float:
        """The value of a switch in seconds."""
        return self._value(name)

    def rate(self, name: str) -> float:
        """The share that a switch strikes."""
        return self._value(name)

    def strikes(self, name: str) -> bool:
        """Whether this answer is struck; draws only while the switch is on, so a quiet world stays reproducible."""
        rate = self._value(name)
        if not rate:
            return False
        with self._lock:
            return self._rng.random() < rate

    def _value(self, name: str) -> float:
        if self._provider:
            own = self._values.get(self._provider + name)
            if own is not None:
                return own
        return self._values[name]

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
        value = "5" if name.rpartition(".")[2] in SECONDS else "1"
    return name, _checked(name, value)


def _checked(written: str, value: object) -> float:
    name = written.rpartition(".")[2]
    if name not in RATES and name not in SECONDS:
        raise ValueError(f"no fault {name!r}; there are {', '.join((*RATES, *SECONDS))}")
    if isinstance(value, bool):
        value = 1.0 if value else 0.0
    number = float(str(value))
    lowest, highest = _SPANS.get(name, (0.0, 1.0))
    if not lowest <= number <= highest:
        raise ValueError(f"{written} must be between {lowest:g} and {highest:g}")
    return number
