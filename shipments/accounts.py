"""Which of a merchant's accounts is asked about a waybill, and what its adapter needs to know."""

import hashlib
import hmac
from collections.abc import Iterable
from math import inf

from django.conf import settings

from shipments import carriers
from shipments.answers import Contract
from shipments.carriers import Provider
from shipments.models import CarrierAccount


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
