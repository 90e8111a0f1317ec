"""Virtual time: the wall clock, made faster, slower, frozen or moved."""

import threading
import time


class VirtualClock:
    """Virtual now = base + (monotonic since base) x speed; speed 0 freezes it."""

    def __init__(self, now: float, speed: float = 1.0) -> None:
        self._lock = threading.Lock()
        self._base = float(now)
        self._since = time.monotonic()
        self._speed = speed

    def now(self) -> int:
        """The virtual instant in whole seconds since the epoch."""
        with self._lock:
            return int(self._exact())

    @property
    def speed(self) -> float:
        """Virtual seconds that pass in one real second."""
        return self._speed

    def change(self, *, speed: float | None = None, advance: float = 0, now: float | None = None) -> None:
        """Set another speed, jump forward by `advance` seconds, or go to `now`. Raises ValueError on a negative speed."""
        if speed is not None and speed < 0:
            raise ValueError("speed must not be negative")
        with self._lock:
            self._base = (float(now) if now is not None else self._exact()) + advance
            self._since = time.monotonic()
            if speed is not None:
                self._speed = speed

    def _exact(self) -> float:
        return self._base + (time.monotonic() - self._since) * self._speed
