"""How many requests a second each provider serves, over the last ten seconds of the wall clock."""

import threading
import time
from collections import deque

_SECONDS = 10


class Meter:
    """Counts per name; old seconds fall out. Safe to use from many threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._begun = time.monotonic()
        # name → the last seconds as [second, count]
        self._seconds: dict[str, deque[list[int]]] = {}
        self._totals: dict[str, int] = {}

    def hit(self, name: str) -> None:
        """One more."""
        second = int(time.monotonic())
        with self._lock:
            self._totals[name] = self._totals.get(name, 0) + 1
            counts = self._seconds.setdefault(name, deque(maxlen=_SECONDS + 1))
            if counts and counts[-1][0] == second:
                counts[-1][1] += 1
            else:
                counts.append([second, 1])

    def total(self, name: str) -> int:
        """How many there were altogether."""
        return self._totals.get(name, 0)

    def rate(self, name: str) -> float:
        """How many there were in a second of late."""
        now = time.monotonic()
        span = max(1.0, min(float(_SECONDS), now - self._begun))
        with self._lock:
            recent = sum(count for second, count in self._seconds.get(name, ()) if second > now - _SECONDS - 1)
        return round(recent / span, 1)
