"""Whether an account is asked at all: a circuit breaker, closed → open → half-open → closed. Pure.

Closed: all is asked. Open: the account rests until an instant. Half-open (that instant is past): one question is let
through; answered, it closes the breaker, failed, the account rests longer than before. All instants are aware UTC.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from django.utils.translation import gettext_lazy as _

from shipments.answers import Failure, Trouble
from shipops.kit.choices import Choice

# So many questions in a row without an answer, and the provider is taken to be down.
TRIPS_AFTER = 8
# How long an account rests the first time, twice as long each time again, at most LONGEST_REST.
REST: dict[Trouble, timedelta] = {
    Trouble.THROTTLE: timedelta(minutes=5),
    Trouble.TRANSIENT: timedelta(minutes=2),
    Trouble.CONFIG: timedelta(hours=1),
    Trouble.AUTH: timedelta(hours=1),
    Trouble.QUOTA: timedelta(hours=6),
}
LONGEST_REST = timedelta(hours=6)
MOST_COUNTED = 30_000


class Health(Choice):
    """How an account fares, as a person reads it."""

    OFF = "off", _("Switched off"), "calm"
    UNKNOWN = "unknown", _("No answer yet"), "calm"
    ANSWERING = "closed", _("Answering"), "kept"
    RESTING = "open", _("Resting"), "soon"
    TRYING = "half_open", _("Trying again"), "soon"


@dataclass(frozen=True, slots=True)
class Breaker:
    """The stored state. `until` None = closed; `since` = when it opened, of the present run of trips."""

    failures: int = 0
    trips: int = 0
    since: datetime | None = None
    until: datetime | None = None
    trouble: Trouble | None = None
    reason: str = ""


CLOSED = Breaker()


def after(breaker: Breaker, results: Iterable[Failure | None], now: datetime) -> Breaker:
    """Return the state after questions put at `now` came to `results`, in their order; None = an answer.

    While it is open nobody is asked, so what comes then was asked before and can only tell that the rest is too short:
    two workers that trip it at once trip it once, and no late answer wakes it.
    """
    results = list(results)
    if breaker.until is not None and now < breaker.until:
        longer = max((now + one.after for one in results if one and one.account_wide and one.after), default=now)
        return replace(breaker, until=longer) if longer > breaker.until else breaker
    failures, last, answered = breaker.failures, None, False
    for failure in results:
        if failure is None:
            answered, failures, last = True, 0, None
            continue
        if failure.account_wide:
            return _opened(CLOSED if answered else breaker, failure, now)
        failures, last = failures + 1, failure
    # A failed trial question opens at once; a closed breaker bears some.
    if last is not None and (failures >= TRIPS_AFTER or (breaker.until is not None and not answered)):
        return _opened(CLOSED if answered else breaker, last, now, failures)
    return replace(CLOSED if answered else breaker, failures=failures)


def _opened(breaker: Breaker, failure: Failure, now: datetime, failures: int = 0) -> Breaker:
    base = failure.after or REST.get(failure.trouble, REST[Trouble.TRANSIENT])
    rest = max(base, min(base * 2 ** min(breaker.trips, 10), LONGEST_REST))
    trips, failures = min(breaker.trips + 1, MOST_COUNTED), min(failures, MOST_COUNTED)
    return Breaker(failures, trips, breaker.since or now, now + rest, failure.trouble, failure.message)
