"""Make, change, switch and find a merchant's accounts with providers. A secret goes in here and never comes out.

Waybills are locked before accounts, as everywhere (accounts.take_news): whoever polls meanwhile waits and never deadlocks.
"""

import hashlib
import hmac
from collections.abc import Mapping, Set
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

import orjson
from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from merchants.access import Member
from shipments import accounts, carriers
from shipments.carriers import Provider
from shipments.models import Carrier, CarrierAccount, Waybill

NAMED_TWICE: Final = _("There is an account with this provider and name already.")
CHANGED_MEANWHILE: Final = _("Somebody has changed this account meanwhile. Look at it as it is now, then save again.")
NEEDED: Final = _("This is needed.")
ENTER_AGAIN: Final = _("The base address changes: enter this again, so that it goes only where you want it to go.")


class NamedTwice(ValueError):
    """The merchant has an account of this provider and name already."""


class ChangedMeanwhile(ValueError):
    """The account is no longer what the person saw who changes it."""


@dataclass(frozen=True, slots=True)
class Said:
    """What a person wants an account to be. A credential that is not given is kept; what is to be forgotten goes."""

    name: str
    base_url: str = ""
    credentials: Mapping[str, str] = field(default_factory=dict)
    forget: Set[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Offer:
    """A provider one may have an account with."""

    code: str
    label: str
    # Names of carriers in the reader's language, those this installation knows.
    carriers: tuple[str, ...]
    any_carrier: bool


def mine(member: Member) -> QuerySet[CarrierAccount]:
    """Return the accounts of the member's merchant; who may administer sees all of them."""
    return CarrierAccount.objects.filter(merchant=member.merchant)


def offers() -> list[Offer]:
    """Return the providers that are installed and can be loaded, those that ask for any carrier first. One query."""
    loaded: list[tuple[str, Provider]] = []
    for code in carriers.codes():
        try:
            loaded.append((code, carriers.provider(code)))
        except LookupError:  # logged where it failed
            continue
    wanted = {carrier for _code, one in loaded for carrier in one.CARRIERS or ()}
    names = {carrier.code: carrier.name for carrier in Carrier.objects.filter(code__in=wanted)}
    found = [
        Offer(
            code,
            str(one.LABEL),
            tuple(sorted(names[carrier] for carrier in one.CARRIERS or () if carrier in names)),
            one.CARRIERS is None,
        )
        for code, one in loaded
    ]
    return sorted(found, key=lambda offer: (not offer.any_carrier, -len(offer.carriers), offer.label))


def version(account: CarrierAccount) -> str:
    """Return a mark of what a person can set, secrets included; it tells nothing about them.

    A change is refused whose author saw another one.
    """
    state = orjson.dumps(
        [account.pk, account.name, account.base_url, account.credentials or {}], option=orjson.OPT_SORT_KEYS
    )
    return hmac.new(settings.SECRET_KEY.encode(), b"account version:" + state, hashlib.sha256).hexdigest()[:24]


def problems(provider: Provider, said: Said, known: CarrierAccount | None = None) -> dict[str, object]:
    """Return by credential's name what is wrong with it, in words.

    Secrets do not follow an account to another address: whoever may change the address but does not know a secret would
    have it sent to themselves.
    """
    kept = (known.credentials or {}) if known else {}
    moves = known is not None and said.base_url != known.base_url
    found: dict[str, object] = {}
    for one in provider.FIELDS:
        if said.credentials.get(one.name):
            continue
        stays = bool(kept.get(one.name)) and one.name not in said.forget
        if stays and one.secret and moves:
            found[one.name] = ENTER_AGAIN
        elif one.required and not stays:
            found[one.name] = NEEDED
    return found


def create(member: Member, code: str, said: Said, now: datetime) -> CarrierAccount:
    """Make an account that is asked from now on, also about the waybills nobody follows. Raises NamedTwice."""
    account = CarrierAccount(
        merchant=member.merchant,
        provider=code,
        name=said.name,
        base_url=said.base_url,
        credentials={name: value for name, value in said.credentials.items() if value},
    )
    try:
        with transaction.atomic():
            account.save(force_insert=True)
            accounts.follow_the_unfollowed(account, now)
    except IntegrityError:
        raise NamedTwice(NAMED_TWICE) from None
    return account


def change(member: Member, pk: int, said: Said, seen: str, now: datetime) -> CarrierAccount:
    """Set an account anew, if it still is what `seen` (a version) says.

    With another address or other credentials it is tried at once, and so are its waybills that it refused to be asked
    about. Raises CarrierAccount.DoesNotExist, ChangedMeanwhile, NamedTwice.
    """
    try:
        with transaction.atomic():
            refused = Waybill.objects.filter(account=pk, stop=Waybill.Stop.REFUSED).order_by("pk")
            again = list(refused.select_for_update(no_key=True).values_list("pk", flat=True))
            account = mine(member).select_for_update(no_key=True).get(pk=pk)
            if version(account) != seen:
                raise ChangedMeanwhile(CHANGED_MEANWHILE)
            kept = {name: value for name, value in (account.credentials or {}).items() if name not in said.forget}
            credentials = kept | {name: value for name, value in said.credentials.items() if value}
            is_other = (credentials, said.base_url) != (account.credentials or {}, account.base_url)
            account.name, account.base_url, account.credentials = said.name, said.base_url, credentials
            fields = ["name", "base_url", "credentials"]
            if is_other:
                fields += _close(account)
                Waybill.objects.filter(pk__in=again).update(poll_at=now, stop="")
            account.save(update_fields=fields)
    except IntegrityError:
        raise NamedTwice(NAMED_TWICE) from None
    return account


def switch(member: Member, pk: int, enabled: bool, now: datetime) -> CarrierAccount:
    """Switch an account on or off. On: it is asked about what nobody follows. Off: its waybills go to others when due.

    Raises CarrierAccount.DoesNotExist.
    """
    with transaction.atomic():
        account = mine(member).get(pk=pk)
        account.enabled = enabled
        accounts.follow_the_unfollowed(account, now)
        mine(member).filter(pk=pk).update(enabled=enabled)
    return account


def _close(account: CarrierAccount) -> list[str]:
    """Close its circuit breaker: what it failed with is no longer what it is. Returns the fields that changed."""
    account.paused_until = account.paused_at = account.probe_until = None
    account.paused_reason = account.trouble = ""
    account.failures = account.trips = 0
    return ["paused_until", "paused_at", "probe_until", "paused_reason", "trouble", "failures", "trips"]
