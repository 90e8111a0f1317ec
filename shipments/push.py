"""What providers push to us: stored as it came and acknowledged at once, read right after by a worker."""

import hmac
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db import OperationalError, transaction
from django.db.models import F

from shipments import accounts, corrections, recording
from shipments.answers import Answer, NotAnAnswer
from shipments.models import CarrierAccount, RawAnswer, Waybill
from shipments.recording import Body, Told
from shipops.kit.wire import Response

log = logging.getLogger(__name__)

# A push holds one full track, of 20 KB at most; this many are read in about a tenth of a second.
BATCH: Final = 200
LARGEST: Final = 512 * 1024


class UnknownAddress(LookupError):
    """Nobody is pushed to at this address."""


class BadSignature(ValueError):
    """The push was not signed by whom we subscribed with."""


@dataclass(frozen=True, slots=True)
class Read:
    """What became of a batch of pushes."""

    taken: int = 0
    unreadable: int = 0
    new_events: int = 0


def receive(provider_code: str, token: str, headers: Mapping[str, str], body: bytes, now: datetime) -> Response:
    """Store a push and return the provider's acknowledgement; a replay is counted and acknowledged again.

    Raises UnknownAddress, or BadSignature after counting it on the account.
    """
    account = CarrierAccount.objects.filter(push_token=token, provider=provider_code, enabled=True).first()
    provider = accounts.provider_of(account) if account else None
    if account is None or provider is None or not hmac.compare_digest(account.push_token.encode(), token.encode()):
        raise UnknownAddress(provider_code)
    if not provider.verify(accounts.contract(account), headers, body):
        CarrierAccount.objects.filter(pk=account.pk).update(refused_pushes=F("refused_pushes") + 1)
        log.warning("A push to account %s was refused: its signature is wrong", account.pk)
        raise BadSignature(provider_code)
    with transaction.atomic():
        recording.keep([Body(account.pk, RawAnswer.Kind.PUSH, body)], now)
    return provider.acknowledge(body)


def read_pushes(now: datetime) -> Read:
    """Read one batch of stored pushes; taken = 0 means there are none. One that cannot be read keeps its error."""
    try:
        return _read(now, BATCH)
    except Exception:  # one poisoned body must not stop the others: take them one by one and put it aside
        log.exception("A batch of pushes failed; reading them one by one")
        return _read_one(now)


def _read(now: datetime, most: int) -> Read:
    with transaction.atomic():
        return _take(_claim(most), now)


def _take(pushes: list[RawAnswer], now: datetime) -> Read:
    """Read pushes that the caller holds locked."""
    if not pushes:
        return Read()
    told: list[tuple[RawAnswer, Answer]] = []
    errors: dict[int, str] = {}
    for push in pushes:
        try:
            told.extend((push, answer) for answer in _answers(push))
        except NotAnAnswer as error:
            errors[push.pk] = str(error)
    matched = _matched(told, errors)
    recorded = recording.record([Told(waybill.pk, answer, push.pk) for push, answer, waybill in matched], now)
    corrections.follow_up([(waybill, answer) for _, answer, waybill in matched], now)
    RawAnswer.objects.filter(pk__in=[push.pk for push in pushes]).update(read_at=now, error="")
    for pk, message in errors.items():
        log.warning("Push %s: %s", pk, message)
        RawAnswer.objects.filter(pk=pk).update(error=message)
    return Read(len(pushes), len(errors), recorded.new_events)


def _read_one(now: datetime) -> Read:
    """Read the next push, and put it aside where it cannot be: it stays locked, so that it is no other one put aside.

    An OperationalError (a deadlock, a database gone) is raised: the push is not to blame and stays unread.
    """
    with transaction.atomic():
        pushes = _claim(1)
        try:
            with transaction.atomic():
                return _take(pushes, now)
        except OperationalError:
            raise
        except Exception as error:
            log.exception("A push cannot be read")
            message = recording.storable(f"{type(error).__name__}: {error}")
            RawAnswer.objects.filter(pk__in=[push.pk for push in pushes]).update(read_at=now, error=message)
            return Read(1, 1)


def _claim(most: int) -> list[RawAnswer]:
    unread = RawAnswer.objects.filter(read_at__isnull=True).order_by("pk")
    locked = unread.select_for_update(skip_locked=True, of=("self",), no_key=True)
    return list(locked.select_related("account")[:most])


def _answers(push: RawAnswer) -> tuple[Answer, ...]:
    provider = accounts.provider_of(push.account)
    if provider is None:
        raise NotAnAnswer(f"There is no provider {push.account.provider!r}")
    return provider.read(bytes(push.body))


Match = tuple[RawAnswer, Answer, Waybill]


def _matched(told: list[tuple[RawAnswer, Answer]], errors: dict[int, str]) -> list[Match]:
    """Find our waybill behind each answer: by number and carrier, or by number alone where that is one."""
    merchants = {push.account.merchant_id for push, _ in told}
    numbers = {answer.number.upper() for _, answer in told}
    known: dict[tuple[int, str], list[Waybill]] = {}
    for waybill in Waybill.objects.filter(merchant_id__in=merchants, number__in=numbers).select_related("carrier"):
        known.setdefault((waybill.merchant_id, waybill.number), []).append(waybill)
    matched = []
    for push, answer in told:
        found = known.get((push.account.merchant_id, answer.number.upper()), [])
        exact = [waybill for waybill in found if waybill.carrier.code == answer.carrier]
        if len(exact or found) == 1:
            matched.append((push, answer, (exact or found)[0]))
        else:
            errors[push.pk] = f"We follow no waybill {answer.number or 'without a number'}"
    return matched
