"""Which of a merchant's accounts is asked about a waybill, what its adapter needs to know, and how it fares."""

import hashlib
import hmac
import logging
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from math import inf

from django.conf import settings
from django.db import transaction
from django.db.models import Q

from shipments import breaker, carriers
from shipments.answers import Contract, Failure, Trouble
from shipments.breaker import Breaker, Health
from shipments.carriers import Provider
from shipments.models import CarrierAccount, Waybill

log = logging.getLogger(__name__)
_TROUBLES = {trouble.value: trouble for trouble in Trouble}


def provider_of(account: CarrierAccount) -> Provider | None:
    """Return the account's adapter; None where its package is not installed (any more)."""
    try:
        return carriers.provider(account.provider)
    except LookupError:
        return None


def choose(accounts: Iterable[CarrierAccount], carrier_code: str) -> CarrierAccount | None:
    """Return the account to ask about a carrier: who answers for the fewest carriers, then the oldest.

    So the carrier's own API comes before an aggregator that names its carriers, and that before one that takes any.
    """
    fitting = []
    for account in accounts:
        provider = provider_of(account)
        if provider is None:
            continue
        if provider.CARRIERS is None or carrier_code in provider.CARRIERS:
            reach = inf if provider.CARRIERS is None else len(provider.CARRIERS)
            fitting.append((reach, account.pk, account))
    return min(fitting, key=lambda choice: choice[:2])[2] if fitting else None


def follow_the_unfollowed(account: CarrierAccount, now: datetime) -> int:
    """Have a new account's provider asked about the merchant's waybills that nobody follows; return how many there are."""
    provider = provider_of(account)
    if provider is None or not account.enabled:
        return 0
    waiting = Waybill.objects.filter(merchant_id=account.merchant_id, account__isnull=True)
    if provider.CARRIERS is not None:
        waiting = waiting.filter(carrier__code__in=provider.CARRIERS)
    unfinished = waiting.filter(Q(poll_at__isnull=False) | Q(stop=Waybill.Stop.NOBODY))
    with transaction.atomic():
        # In key order, as who writes answers down locks them.
        ids = list(unfinished.order_by("pk").select_for_update(no_key=True).values_list("pk", flat=True))
        return Waybill.objects.filter(pk__in=ids, account__isnull=True).update(poll_at=now, stop="")


def by_merchant(merchant_ids: Iterable[int]) -> dict[int, list[CarrierAccount]]:
    """Return the enabled accounts of each merchant."""
    found: dict[int, list[CarrierAccount]] = {}
    for account in CarrierAccount.objects.filter(merchant_id__in=set(merchant_ids), enabled=True).order_by("pk"):
        found.setdefault(account.merchant_id, []).append(account)
    return found


def contract(account: CarrierAccount) -> Contract:
    """Return what the account's adapter works with."""
    return Contract(
        credentials=account.credentials or {},
        base_url=account.base_url,
        callback_url=f"{settings.PUBLIC_URL}/carriers/{account.provider}/push/{account.push_token}/",
        salt=_salt(account),
    )


def _salt(account: CarrierAccount) -> str:
    """A secret of this account that needs no column: what the provider signs its pushes with."""
    message = f"push salt:{account.push_token}".encode()
    return hmac.new(settings.SECRET_KEY.encode(), message, hashlib.sha256).hexdigest()[:32]


def label(account: CarrierAccount) -> str:
    """Return the provider's name in the reader's language."""
    provider = provider_of(account)
    return str(provider.LABEL) if provider else account.provider


def health(account: CarrierAccount, now: datetime) -> Health:
    """Return how the account fares."""
    if not account.enabled:
        return Health.OFF
    if account.paused_until is None:
        return Health.ANSWERING if account.answered_at else Health.UNKNOWN
    return Health.RESTING if account.paused_until > now else Health.TRYING


def trouble_of(account: CarrierAccount) -> Trouble | None:
    """Return why the account rests."""
    return _TROUBLES.get(account.trouble)


def take_news(results: Mapping[int, Sequence[Failure | None]], now: datetime) -> None:
    """Move the breakers of accounts (ids) by what came of questions put at `now`, in their order; None = an answer.

    Accounts are locked after waybills and orders, in key order.
    """
    ours = CarrierAccount.objects.filter(pk__in=results).order_by("pk").select_for_update(no_key=True)
    changed = []
    with transaction.atomic():
        for account in ours.defer("credentials"):
            was = _breaker(account)
            new = breaker.after(was, results[account.pk], now)
            if new is was:  # asked before it came to rest
                continue
            if new.until not in (None, was.until):
                log.warning("Account %s rests until %s: %s", account.pk, new.until, new.reason)
            _set(account, new)
            if None in results[account.pk]:
                account.answered_at = now
            changed.append(account)
        CarrierAccount.objects.bulk_update(changed, _BREAKER)


_BREAKER = ("failures", "trips", "paused_at", "paused_until", "trouble", "paused_reason", "probe_until", "answered_at")


def _breaker(account: CarrierAccount) -> Breaker:
    return Breaker(
        account.failures,
        account.trips,
        account.paused_at,
        account.paused_until,
        trouble_of(account),
        account.paused_reason,
    )


def _set(account: CarrierAccount, new: Breaker) -> None:
    account.failures, account.trips = new.failures, new.trips
    account.paused_at, account.paused_until = new.since, new.until
    account.trouble, account.paused_reason = new.trouble.value if new.trouble else "", new.reason
    # Whoever tried the account has its answer.
    account.probe_until = None
