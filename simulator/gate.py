"""Who asked about which number when: providers refuse what comes too often."""

import threading

from simulator.instants import DAY

# Seconds; a caller that waits exactly as long as it must may not fail by a delay on the way.
_GRACE = 5


class Gate:
    """Remembers when each number was asked for. Safe to use from many threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._asked: dict[str, list[int]] = {}

    def refuses(self, key: str, now: int, interval: float, most_a_day: int) -> bool:
        """True if `key` was let through less than `interval` virtual seconds ago, or `most_a_day` times within a day."""
        if not interval:
            return False
        with self._lock:
            recent = [at for at in self._asked.get(key, ()) if now - DAY < at <= now]
            if recent and (now - recent[-1] < interval - _GRACE or len(recent) >= most_a_day > 0):
                return True
            self._asked[key] = [*recent, now]
            return False
