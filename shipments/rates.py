"""How many questions an account may be asked now: its provider's rate, counted in Redis for all workers together.

What gets no token is not waited for with a lease in hand: it is given back and stays due. Without Redis no account that
has a rate is asked at all, for nobody would count; the others are.
"""

import time
from collections import Counter
from collections.abc import Callable, Sequence

from shipments.asking import Call, Heard
from shipops.kit import buckets

# Account id → the monotonic second at which its bucket may have a token again. This process's own memory, and no more
# than a hint: who asks too early gets no token.
_dry: dict[int, float] = {}


def dry() -> set[int]:
    """Return the accounts that had no token left a moment ago."""
    at = time.monotonic()
    for pk in [pk for pk, until in _dry.items() if until <= at]:
        del _dry[pk]
    return set(_dry)


def seconds_to_wait() -> float | None:
    """Return after how long an account that is dry may be asked again; None = none is."""
    at = time.monotonic()
    return min((max(until - at, 0.0) for until in _dry.values()), default=None)


def limited(calls: Sequence[Call], ask: Callable[[Sequence[Call]], list[Heard]]) -> list[Heard]:
    """Put as many of each account's calls as its rate allows; the others come back unasked.

    Subscriptions first: some providers know nothing of a number before. Each else in its turn.
    """
    wanted = Counter(call.account.pk for call in calls if call.provider.RATE)
    if not wanted:
        return ask(calls)
    rate = {call.account.pk: call.provider.RATE for call in calls}
    given = dict(
        zip(
            wanted,
            buckets.take([buckets.Wanted(f"account:{pk}", n, rate[pk]) for pk, n in wanted.items()]),
            strict=True,
        )
    )
    at = time.monotonic()
    _dry.update({pk: at + 1 / rate[pk] for pk, n in given.items() if n < wanted[pk]})
    granted: set[int] = set()
    for call in sorted(calls, key=lambda call: not call.subscribes):
        if given.get(call.account.pk, 0) > 0:
            given[call.account.pk] -= 1
            granted.add(id(call))
    allowed = [call for call in calls if call.account.pk not in given or id(call) in granted]
    refused = [call for call in calls if call.account.pk in given and id(call) not in granted]
    return [*ask(allowed), *(Heard(call, asked=False) for call in refused)]
