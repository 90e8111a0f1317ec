"""What providers push to us: stored as it came and acknowledged at once, read right after by a worker."""

import hashlib
import hmac
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.db import OperationalError, connection, transaction
from django.db.models import F
from django.db.models.expressions import RawSQL

from shipments import accounts, corrections, hearsay, recording, unclaimed
from shipments.answers import Answer, Contract, NotAnAnswer
from shipments.carriers import Provider
from shipments.models import CarrierAccount, RawAnswer, Waybill
from shipments.numbers import is_number
from shipments.recording import Told
from shipops.kit.wire import Response

log = logging.getLogger(__name__)

# A push holds one full track, of 20 KB at most; this many are read in about a tenth of a second.
BATCH: Final = 200
LARGEST: Final = 512 * 1024
# As much of what stands in a number's place as an error shows.
LONGEST_NAMED: Final = 40


class UnknownAddress(LookupError):
    """Nobody is pushed to at this address."""


class BadSignature(ValueError):
    """The push was not signed by whom we subscribed with."""


@dataclass(frozen=True, slots=True)
class Read:
    """What became of a batch of pushes; `unclaimed` tell of numbers that are not booked (yet)."""

    taken: int = 0
    unreadable: int = 0
    new_events: int = 0
    unclaimed: int = 0


def receive(provider_code: str, token: str, headers: Mapping[str, str], body: bytes, now: datetime) -> Response:
    """Store a push and return the provider's acknowledgement; a replay is counted and acknowledged again.

    Raises UnknownAddress, or BadSignature after counting it on the account.
    """
    address = (provider_code, token)
    door = _doors.get(address)
    # What this process knows of the account may be of yesterday: it is looked up again before anything is refused.
    if door is None or not door.provider.verify(door.contract, headers, body) or not _stored(door, body, now):
        _doors.pop(address, None)
        door = _door(*address)
        if not door.provider.verify(door.contract, headers, body):
            CarrierAccount.objects.filter(pk=door.account_id).update(refused_pushes=F("refused_pushes") + 1)
            log.warning("A push to account %s was refused: its signature is wrong", door.account_id)
            raise BadSignature(provider_code)
        if not _stored(door, body, now, looked_up=True):
            raise UnknownAddress(provider_code)  # switched off in this very moment
        _doors[address] = door
    return door.provider.acknowledge(body)


@dataclass(frozen=True, slots=True)
class _Door:
    """An account as this process knows it; `version` changes with every change of its row."""

    account_id: int
    version: str
    provider: Provider
    contract: Contract


# By provider and token; as many as there are accounts. With it a push costs one statement, and a third less time.
_doors: dict[tuple[str, str], _Door] = {}


def _door(provider_code: str, token: str) -> _Door:
    """Look the account up that is pushed to. Raises UnknownAddress."""
    found = CarrierAccount.objects.filter(push_token=token, provider=provider_code, enabled=True)
    account = found.annotate(version=RawSQL(_VERSION, [])).first()  # noqa: S611 - a constant
    provider = accounts.provider_of(account) if account else None
    if account is None or provider is None or not hmac.compare_digest(account.push_token.encode(), token.encode()):
        raise UnknownAddress(provider_code)
    return _Door(account.pk, account.version, provider, accounts.contract(account))


def _stored(door: _Door, body: bytes, now: datetime, *, looked_up: bool = False) -> bool:
    """Store a push, or count it again; False where the account is not as we know it any more.

    Where it was looked up just now only its being switched off counts: polling touches the row all the time.
    """
    digest = hashlib.sha256(body).digest()
    with connection.cursor() as cursor:
        cursor.execute(_STORE, [body, digest, now, now, door.account_id, looked_up, door.version])
        return bool(cursor.rowcount)


# Of each version of a row there are the transaction that wrote it and where it stands.
_VERSION = "(shipments_carrieraccount.xmin::text || shipments_carrieraccount.ctid::text)"
_STORE = (
    "INSERT INTO shipments_rawanswer (account_id, kind, body, sha256, received_at, seen_at, seen_count, error) "
    "SELECT id, 'push', %s, %s, %s, %s, 1, '' FROM shipments_carrieraccount "
    f"WHERE id = %s AND enabled AND (%s OR {_VERSION} = %s) "
    "ON CONFLICT (account_id, sha256) DO UPDATE SET "
    "seen_count = shipments_rawanswer.seen_count + 1, seen_at = excluded.seen_at"
)


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
    matched, strays = _matched(told, errors)
    recorded = recording.record([Told(waybill.pk, answer, push.pk) for push, answer, waybill in matched], now)
    _have_confirmed(matched, recorded.changed, now)
    corrections.follow_up([(waybill, answer) for _, answer, waybill in matched], now)
    unclaimed.keep(strays, now)
    RawAnswer.objects.filter(pk__in=[push.pk for push in pushes]).update(read_at=now, error="")
    for pk, message in errors.items():
        log.warning("Push %s: %s", pk, message)
        RawAnswer.objects.filter(pk=pk).update(error=message)
    return Read(len(pushes), len(errors), recorded.new_events, len({answer_id for _, _, answer_id in strays}))


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
# (merchant id, number in capitals, answer id)
Stray = tuple[int, str, int]


def _matched(told: Sequence[tuple[RawAnswer, Answer]], errors: dict[int, str]) -> tuple[list[Match], list[Stray]]:
    """Find our waybill behind each answer: by number and carrier, or by number alone where that is one."""
    merchants = {push.account.merchant_id for push, _ in told}
    numbers = {answer.number.upper() for _, answer in told if is_number(answer.number)}
    known: dict[tuple[int, str], list[Waybill]] = {}
    for waybill in Waybill.objects.filter(merchant_id__in=merchants, number__in=numbers).select_related("carrier"):
        known.setdefault((waybill.merchant_id, waybill.number), []).append(waybill)
    matched: list[Match] = []
    strays: list[Stray] = []
    for push, answer in told:
        key = (push.account.merchant_id, answer.number.upper())
        found = known.get(key, [])
        exact = [waybill for waybill in found if waybill.carrier.code == answer.carrier]
        if len(exact or found) == 1:
            matched.append((push, answer, (exact or found)[0]))
        elif not is_number(answer.number):
            errors[push.pk] = f"It tells of {answer.number[:LONGEST_NAMED]!r}, which is no waybill number"
        elif found:
            errors[push.pk] = f"Several carriers have a waybill {answer.number} of ours, and it names none of them"
        else:
            strays.append((*key, push.pk))
    return matched, strays


def _have_confirmed(matched: Sequence[Match], changed: Sequence[int], now: datetime) -> None:
    """Where a push that nobody signed has moved a parcel on, have the provider asked (shipments.hearsay)."""
    unsigned: set[int] = set()
    spacing: dict[int, timedelta] = {}
    before: dict[int, tuple[str, str]] = {}
    for push, _, waybill in matched:
        provider = accounts.provider_of(push.account)
        if provider is not None and not provider.SIGNED:
            unsigned.add(push.pk)
            spacing[waybill.pk] = provider.SPACING
            before[waybill.pk] = waybill.stage, waybill.cause
    hearsay.note(sorted(unsigned), now)
    news = Waybill.objects.filter(pk__in=spacing.keys() & set(changed)).values_list("pk", "stage", "cause")
    moved = [pk for pk, *after in news if tuple(after) != before[pk]]
    hearsay.have_confirmed({pk: spacing[pk] for pk in moved}, now)
