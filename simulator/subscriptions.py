"""Who wants to be told about which number, and when the next telling is due."""

import heapq
import threading
from collections import Counter
from dataclasses import asdict, dataclass, fields
from typing import Any

from simulator.journal import Journal


@dataclass
class Subscription:
    """One number under one company. `due` and `asked_at` are virtual instants; `tries` counts refused deliveries in a row."""

    company: str
    number: str
    callback: str
    salt: str
    version: str
    phone: str
    auto: bool
    asked_at: int
    due: int
    tries: int = 0
    finished: bool = False

    @property
    def key(self) -> str:
        """What may be subscribed only once at a time."""
        return f"{self.company}:{self.number}"


class Register:
    """All subscriptions, ordered by when they are due. Safe to use from many threads."""

    def __init__(self, journal: Journal) -> None:
        self._lock = threading.Lock()
        self._journal = journal
        self._all: dict[str, Subscription] = {}
        self._queue: list[tuple[int, int, Subscription]] = []
        self._turn = 0
        self.pushes: Counter[str] = Counter()

    def add(self, asked: dict[str, Any], now: int, delay: int) -> bool:
        """Take a subscription; False if the number is being followed already."""
        names = {field.name for field in fields(Subscription)}
        wanted = Subscription(
            **{name: value for name, value in asked.items() if name in names}, asked_at=now, due=now + delay
        )
        with self._lock:
            known = self._all.get(wanted.key)
            if known is not None and not known.finished:
                return False
            self._put(wanted)
        self._keep(wanted)
        return True

    def restore(self, stored: dict[str, Any]) -> None:
        """Take back what a journal kept."""
        with self._lock:
            self._put(Subscription(**{name: value for name, value in stored.items() if name != "kind"}))

    def take_due(self, now: int, limit: int) -> list[Subscription]:
        """Up to `limit` subscriptions whose time has come; each must be given back with `settle`."""
        taken: list[Subscription] = []
        with self._lock:
            while self._queue and self._queue[0][0] <= now and len(taken) < limit:
                due, _, subscription = heapq.heappop(self._queue)
                # Entries of ended, replaced or rescheduled subscriptions are left in the heap and skipped here.
                if (
                    self._all.get(subscription.key) is subscription
                    and not subscription.finished
                    and due == subscription.due
                ):
                    taken.append(subscription)
        return taken

    def settle(self, subscription: Subscription, *, due: int | None, company: str | None = None) -> None:
        """Set when the next telling is due (None = it was the last), and under which company."""
        with self._lock:
            if company is not None and company != subscription.company:
                del self._all[subscription.key]
                self._journal.write(kind="moved", key=subscription.key)
                subscription.company = company
            subscription.finished = due is None
            if due is not None:
                subscription.due = due
            self._put(subscription)
        self._keep(subscription)

    def wake(self, number: str, now: int) -> None:
        """The number's future has changed: look at it again soon."""
        with self._lock:
            for one in list(self._all.values()):
                if one.number == number and not one.finished:
                    one.due = now
                    self._put(one)

    def counts(self) -> dict[str, int]:
        """How many numbers are followed and how many are done with."""
        with self._lock:
            finished = sum(1 for one in self._all.values() if one.finished)
            return {"active": len(self._all) - finished, "finished": finished}

    def stored(self) -> list[dict[str, Any]]:
        """Every subscription as the journal keeps it."""
        with self._lock:
            return [{"kind": "subscription", **asdict(one)} for one in self._all.values()]

    def _put(self, subscription: Subscription) -> None:
        self._all[subscription.key] = subscription
        if not subscription.finished:
            self._turn += 1
            heapq.heappush(self._queue, (subscription.due, self._turn, subscription))

    def _keep(self, subscription: Subscription) -> None:
        self._journal.write(kind="subscription", **asdict(subscription))
