"""How tracking stands, in words: accounts that rest and what helps, and how old what we know of a parcel is. Reads only."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.db import connection
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from shipments import accounts
from shipments.answers import Trouble
from shipments.breaker import Health
from shipments.models import CarrierAccount, Waybill

# Why an account rests, and what a person can do about it.
WORDS: Final[dict[Trouble, tuple[Promise, Promise]]] = {
    Trouble.THROTTLE: (
        _("It was asked too often."),
        _("Nothing to do: it is asked again by itself, more slowly."),
    ),
    Trouble.TRANSIENT: (
        _("It does not answer."),
        _("Nothing to do for now: it is tried again by itself. If it lasts, ask the provider."),
    ),
    Trouble.CONFIG: (
        _("It refuses to be asked as the account is set up."),
        _("Have an admin check the account’s address and what it is allowed to ask."),
    ),
    Trouble.AUTH: (
        _("It does not accept the account’s key."),
        _("Have an admin enter the right key; it is tried again by itself."),
    ),
    Trouble.QUOTA: (
        _("The questions paid for are used up."),
        _("Buy more from the provider; it is tried again by itself."),
    ),
}


@dataclass(frozen=True, slots=True)
class Standing:
    """One account, and how it fares."""

    account: CarrierAccount
    health: Health
    # The provider's name.
    provider: str
    # Why it rests and what helps; blank while it does not.
    why: str
    advice: str
    # How long after a scan we learn of it, the median of late; None = not known.
    lag: timedelta | None = None

    @property
    def rests(self) -> bool:
        """Whether its parcels are not asked about, or one at a time only."""
        return self.health in (Health.RESTING, Health.TRYING)


def standing(account: CarrierAccount, now: datetime, lag: timedelta | None = None) -> Standing:
    """Return how the account fares."""
    health = accounts.health(account, now)
    trouble = accounts.trouble_of(account)
    rests = health in (Health.RESTING, Health.TRYING)
    why, advice = WORDS.get(trouble, WORDS[Trouble.TRANSIENT]) if rests and trouble else ("", "")
    return Standing(account, health, accounts.label(account), str(why), str(advice), lag)


# The last scans of up to so many parcels are looked at, those asked about last; older scans say little of today.
SAMPLE: Final = 500
LATE: Final = timedelta(days=3)
_LAGS = """
SELECT a.id, percentile_cont(0.5) WITHIN GROUP (ORDER BY e.recorded_at - e.occurred_at)
FROM unnest(%(accounts)s::bigint[]) a(id) CROSS JOIN LATERAL (
    SELECT id, last_event_at FROM shipments_waybill
    WHERE account_id = a.id AND last_event_at > %(since)s AND last_event_at >= created_at
    ORDER BY polled_at DESC NULLS LAST LIMIT %(sample)s
) w JOIN shipments_trackingevent e ON e.waybill_id = w.id AND e.occurred_at = w.last_event_at
GROUP BY a.id
"""


def lags(account_ids: Sequence[int], now: datetime) -> dict[int, timedelta]:
    """Return by account how long after a scan we learned of it, the median; scans from before we followed do not count."""
    with connection.cursor() as cursor:
        cursor.execute(_LAGS, {"accounts": list(account_ids), "since": now - LATE, "sample": SAMPLE})
        return dict(cursor.fetchall())


@dataclass(frozen=True, slots=True)
class Freshness:
    """How old what we know of one parcel is."""

    checked_at: datetime | None
    # The provider's name; blank = nobody is asked.
    source: str
    # How long after its last scan we learned of it; None = no scan yet, or it was before we followed the parcel.
    lag: timedelta | None


_LAG_OF = """
SELECT w.id, min(e.recorded_at) - w.last_event_at
FROM shipments_waybill w JOIN shipments_trackingevent e ON e.waybill_id = w.id AND e.occurred_at = w.last_event_at
WHERE w.id = ANY(%s) AND w.last_event_at >= w.created_at GROUP BY w.id
"""


def freshness(waybills: Iterable[Waybill]) -> dict[int, Freshness]:
    """Return by waybill how old its data is, in two queries whatever their number."""
    told = list(waybills)
    if not told:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(_LAG_OF, [[waybill.pk for waybill in told]])
        late = dict(cursor.fetchall())
    asked = CarrierAccount.objects.defer("credentials").in_bulk({one.account_id for one in told if one.account_id})
    names = {pk: accounts.label(account) for pk, account in asked.items()}
    return {one.pk: Freshness(one.polled_at, names.get(one.account_id or 0, ""), late.get(one.pk)) for one in told}
