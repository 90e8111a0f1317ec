"""Who wants to be told about which number by which provider, and when the next telling is due."""

import heapq
import threading
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from simulator.journal import Journal
from simulator.wire import Post


@dataclass
class Subscription:
    """One number at one provider. `due` and `asked_at` are virtual instants; `tries` counts refused deliveries in a row.

    `company` is what the provider follows it under, where it tells companies apart; `told` how many scans have been told;
    `data` the provider's own (a callback, a salt …), text and flags.
    """

    provider: str
    company: str
    number: str
    asked_at: int
    due: int
    told: int = 0
    tries: int = 0
    finished: bool = False
    data: dict[str, Any] = field(default_factory=dict)

    @property
    def key(self) -> str:
        """What may be subscribed only once at a time."""
        return f"{self.provider}:{self.company}:{self.number}"

    def stored(self) -> dict[str, Any]:
        """One flat entry of the journal."""
        own = {name: getattr(self, name) for name in _FIELDS}
        return {"kind": "subscription", **self.data, **own}


_FIELDS = tuple(one.name for one in fields(Subscription) if one.name != "data")


@dataclass(frozen=True, slots=True)
class Held:
    """A push that a fault keeps back until later ones have overtaken it."""

    provider: str
    callback: str
    post: Post


class Register:
    """All subscriptions, ordered by when they are due, and the accounts' callbacks. Safe to use from many threads."""

    def __init__(self, journal: Journal) -> None:
        self._lock = threading.Lock()
        self._journal = journal
        self._all: dict[str, Subscription] = {}
        self._queue: list[tuple[int, int, Subscription]] = []
        self._held: list[tuple[int, int, Held]] = []
        self._turn = 0
        # key → the entry of the queue that counts
        self._turns: dict[str, int] = {}
        # provider → (account-level callback, the instant it was registered)
        self._callbacks: dict[str, tuple[str, int]] = {}
        self.pushes: Counter[str] = Counter()
        self.pushes_by: dict[str, Counter[str]] = {}

    def add(
        self,
        provider: str,
        company: str,
        number: str,
        data: Mapping[str, Any],
        now: int,
        delay: int,
        told: int = 0,
    ) -> bool:
        """Take a subscription; False if the number is being followed already."""
        wanted = Subscription(provider, company, number, now, now + delay, told, data=dict(data))
        with self._lock:
            known = self._all.get(wanted.key)
            if known is not None and not known.finished:
                return False
            self._put(wanted)
        self._keep(wanted)
        return True

    def follows(self, provider: str, company: str, number: str) -> bool:
        """Whether the number is, or was, followed."""
        return f"{provider}:{company}:{number}" in self._all

    def restore(self, stored: Mapping[str, Any]) -> None:
        """Take back what a journal kept."""
        with self._lock:
            self._put(restored(stored))

    def take_due(self, now: int, limit: int) -> list[Subscription]:
        """Up to `limit` subscriptions whose time has come; each must be given back with `settle`."""
        taken: list[Subscription] = []
        with self._lock:
            while self._queue and self._queue[0][0] <= now and len(taken) < limit:
                _, turn, subscription = heapq.heappop(self._queue)
                # Entries of ended, replaced or rescheduled subscriptions are left in the heap and skipped here.
                if self._turns.get(subscription.key) == turn:
                    del self._turns[subscription.key]
                    taken.append(subscription)
        return taken

    def settle(self, subscription: Subscription, *, due: int | None, company: str | None = None) -> None:
        """Set when the next telling is due (None = it was the last), and under which company."""
        with self._lock:
            # Somebody bent the parcel while the push was under way: what was worked out before that comes too late.
            if due is not None and subscription.key in self._turns:
                due = min(due, subscription.due)
            if company is not None and company != subscription.company:
                del self._all[subscription.key]
                self._turns.pop(subscription.key, None)
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

    def hold(self, held: Held, due: int) -> None:
        """Keep a push back until `due`; a restart forgets it."""
        with self._lock:
            self._turn += 1
            heapq.heappush(self._held, (due, self._turn, held))

    def released(self, now: int) -> list[Held]:
        """The pushes that have been kept back long enough."""
        free = []
        with self._lock:
            while self._held and self._held[0][0] <= now:
                free.append(heapq.heappop(self._held)[2])
        return free

    def call_back(self, provider: str, url: str, now: int) -> None:
        """Register an account's callback; a blank one ends it."""
        with self._lock:
            if url:
                self._callbacks[provider] = (url, now)
            else:
                self._callbacks.pop(provider, None)
        self._journal.write(kind="callback", provider=provider, url=url, at=now)

    def callbacks(self) -> dict[str, tuple[str, int]]:
        """Every account-level callback, and since when it stands."""
        with self._lock:
            return dict(self._callbacks)

    def callback(self, subscription: Subscription) -> str:
        """Where the pushes of a subscription go; blank = nobody has said."""
        own = str(subscription.data.get("callback") or "")
        return own or self._callbacks.get(subscription.provider, ("", 0))[0]

    def count(self, provider: str, outcome: str) -> None:
        """One more push that went so."""
        with self._lock:
            self.pushes[outcome] += 1
            self.pushes_by.setdefault(provider, Counter())[outcome] += 1

    def counts(self) -> dict[str, int]:
        """How many numbers are followed and how many are done with."""
        with self._lock:
            finished = sum(1 for one in self._all.values() if one.finished)
            return {"active": len(self._all) - finished, "finished": finished}

    def due(self, now: int) -> int:
        """How many tellings are due or under way at `now`, those held back included."""
        with self._lock:
            told = sum(1 for one in self._all.values() if not one.finished and one.due <= now)
            return told + sum(1 for due, *_ in self._held if due <= now)

    def active_by(self) -> dict[str, int]:
        """How many numbers each provider follows."""
        with self._lock:
            return dict(Counter(one.provider for one in self._all.values() if not one.finished))

    def stored(self) -> list[dict[str, Any]]:
        """Every subscription as the journal keeps it."""
        with self._lock:
            return [one.stored() for one in self._all.values()]

    def _put(self, subscription: Subscription) -> None:
        self._all[subscription.key] = subscription
        self._turns.pop(subscription.key, None)
        if not subscription.finished:
            self._turn += 1
            self._turns[subscription.key] = self._turn
            heapq.heappush(self._queue, (subscription.due, self._turn, subscription))

    def _keep(self, subscription: Subscription) -> None:
        self._journal.write(**subscription.stored())


def restored(stored: Mapping[str, Any]) -> Subscription:
    """The subscription in an entry of the journal; those of older journals are all Kuaidi100's."""
    own = {name: stored[name] for name in _FIELDS if name in stored}
    data = {name: value for name, value in stored.items() if name not in _FIELDS and name != "kind"}
    return Subscription(**{"provider": "kuaidi100", **own}, data=data)
