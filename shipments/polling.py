"""Ask providers about waybills whose time has come.

Three steps: claim them with a lease, ask outside any transaction, write down what came and when to ask next. A worker
that dies in between loses nothing: its lease runs out and another one asks. A worker that was too slow finds the lease
gone and leaves the schedule to who has it now.
"""

import logging
from collections.abc import Iterable, Sequence
from dataclasses import astuple, dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Exists, F, OuterRef, Q
from django.utils.translation import gettext_noop

from shipments import accounts, cadence, recording
from shipments.answers import Failure, Trouble
from shipments.asking import Call, Heard, ask
from shipments.models import CarrierAccount, RawAnswer, Waybill
from shipments.recording import Body, Told
from shipments.status import STAGES, Stage

log = logging.getLogger(__name__)

# With 8 threads and the longest wait of 20 s for an answer, a batch in which nobody answers takes 250 s: within the lease.
BATCH: Final = 100
LEASE: Final = timedelta(minutes=5)
# Nobody to ask: look again whether an account has come.
UNROUTED: Final = timedelta(hours=1)
LONGEST_ERROR: Final = 300


@dataclass(frozen=True, slots=True)
class Polled:
    """What one round came to."""

    claimed: int = 0
    answered: int = 0
    failed: int = 0
    new_events: int = 0
    lost_leases: int = 0


def poll(now: datetime) -> Polled:
    """Ask about one batch of due waybills; claimed = 0 means nothing is due."""
    waybills = claim(now)
    if not waybills:
        return Polled()
    heard = ask(_calls(waybills), now)
    try:
        return write_down(waybills, heard, now)
    except Exception:  # one poisoned answer must not hold up the others for ever
        log.exception("A batch of answers failed; writing them down one by one")
        return _write_down_singly(waybills, heard, now)


def claim(now: datetime) -> list[Waybill]:
    """Take a lease on due waybills that nobody else has and whose account is not resting."""
    resting = CarrierAccount.objects.filter(pk=OuterRef("account_id"), paused_until__gt=now, enabled=True)
    due = (
        Waybill.objects.filter(poll_at__lte=now)
        .filter(Q(lease_until__isnull=True) | Q(lease_until__lte=now))
        .filter(~Exists(resting))
        .order_by("poll_at", "pk")
    )
    with transaction.atomic():
        ids = list(due.select_for_update(skip_locked=True, no_key=True).values_list("pk", flat=True)[:BATCH])
        Waybill.objects.filter(pk__in=ids).update(lease_until=now + LEASE)
    claimed = list(Waybill.objects.filter(pk__in=ids).select_related("carrier", "account").order_by("pk"))
    _route(claimed)
    return claimed


def _route(waybills: Sequence[Waybill]) -> None:
    """Give waybills whose account is gone or was switched off another one, if the merchant has one that fits."""
    lacking = [waybill for waybill in waybills if waybill.account is None or not waybill.account.enabled]
    if not lacking:
        return
    found = accounts.by_merchant(waybill.merchant_id for waybill in lacking)
    routed: dict[CarrierAccount | None, list[int]] = {}
    for waybill in lacking:
        waybill.account = accounts.choose(found.get(waybill.merchant_id, ()), waybill.carrier.code)
        waybill.subscribed_at = None
        routed.setdefault(waybill.account, []).append(waybill.pk)
    for account, ids in routed.items():
        Waybill.objects.filter(pk__in=ids).update(account=account, subscribed_at=None)


def _calls(waybills: Sequence[Waybill]) -> list[Call]:
    """Group what is asked together: one account, one phone tail (a question holds one), at most the provider's batch."""
    groups: dict[tuple[int, str], list[Waybill]] = {}
    for waybill in waybills:
        if waybill.account is not None:
            groups.setdefault((waybill.account.pk, waybill.phone_tail), []).append(waybill)
    calls = []
    for group in groups.values():
        account = group[0].account
        assert account is not None  # noqa: S101 - the groups hold only what has one
        provider = accounts.provider_of(account)
        if provider is None:
            continue
        contract = accounts.contract(account)
        for start in range(0, len(group), provider.BATCH):
            calls.append(Call(account, provider, tuple(group[start : start + provider.BATCH]), contract))
        if provider.SUBSCRIBES:
            unsubscribed = (waybill for waybill in group if waybill.subscribed_at is None)
            calls.extend(Call(account, provider, (waybill,), contract, subscribes=True) for waybill in unsubscribed)
    return calls


def write_down(waybills: Sequence[Waybill], heard: Sequence[Heard], now: datetime) -> Polled:
    """Record all answers in one transaction, then say for each waybill when to ask next."""
    queries = [one for one in heard if not one.call.subscribes]
    with transaction.atomic():
        # All of them at once and first: recording locks orders, and waybills come before orders everywhere.
        mine = Waybill.objects.filter(pk__in=[waybill.pk for waybill in waybills]).order_by("pk")
        list(mine.select_for_update(no_key=True).values_list("pk"))
        outcome = _outcome(heard)
        # From the first answer on, a parcel's silence says something: its orders are judged anew even without a scan.
        first = [waybill.pk for waybill in waybills if waybill.polled_at is None and waybill.pk in outcome.answered]
        recorded = recording.record(_told(queries, now), now, first)
        kept = _reschedule(waybills, outcome, now)
        _account_news(heard, now)
    answered = len(outcome.answered)
    failed = sum(len(one.call.waybills) for one in queries) - answered
    return Polled(len(waybills), answered, failed, recorded.new_events, len(waybills) - kept)


def _write_down_singly(waybills: Sequence[Waybill], heard: Sequence[Heard], now: datetime) -> Polled:
    total = Polled()
    for waybill in waybills:
        mine = [
            replace(one, call=replace(one.call, waybills=(waybill,))) for one in heard if waybill in one.call.waybills
        ]
        try:
            polled = write_down([waybill], mine, now)
        except Exception as error:
            log.exception("The answer about waybill %s cannot be written down", waybill.pk)
            polled = Polled(claimed=1, failed=1)
            Waybill.objects.filter(pk=waybill.pk, lease_until=waybill.lease_until).update(
                poll_at=now + cadence.LONGEST_PAUSE,
                asked_at=now,
                poll_failures=F("poll_failures") + 1,
                poll_error=f"{type(error).__name__} while writing the answer down",
                lease_until=None,
            )
        total = Polled(*(before + more for before, more in zip(astuple(total), astuple(polled), strict=True)))
    return total


@dataclass(frozen=True, slots=True)
class _Outcome:
    """Waybill ids by what became of the questions about them."""

    asked: frozenset[int]
    answered: frozenset[int]
    subscribed: frozenset[int]
    failures: dict[int, Failure]


def _outcome(heard: Iterable[Heard]) -> _Outcome:
    asked: set[int] = set()
    subscribed: set[int] = set()
    failures: dict[int, Failure] = {}
    everybody: set[int] = set()
    for one in heard:
        ids = [waybill.pk for waybill in one.call.waybills]
        if one.call.subscribes:
            subscribed.update(ids if one.failure is None else ())
            continue
        everybody.update(ids)
        asked.update(ids if one.asked else ())
        if one.failure is not None:
            failures.update(dict.fromkeys(ids, one.failure))
        failures.update(one.failures)
    in_vain = {pk for pk, failure in failures.items() if failure.trouble is not Trouble.NO_DATA}
    return _Outcome(frozenset(asked), frozenset(everybody - in_vain), frozenset(subscribed), failures)


def _told(heard: Iterable[Heard], now: datetime) -> list[Told]:
    came = [one for one in heard if one.response is not None]
    bodies = []
    for one in came:
        assert one.response is not None  # noqa: S101 - filtered above
        first = one.failure or next(iter(one.failures.values()), None)
        error = first.message if first else ""
        bodies.append(Body(one.call.account.pk, RawAnswer.Kind.QUERY, one.response.body, now, error))
    told = []
    for one, answer_id in zip(came, recording.keep(bodies, now), strict=True):
        by_number = {answer.number.upper(): answer for answer in one.answers if answer.number}
        for waybill in one.call.waybills:
            answer = by_number.get(waybill.number.upper())
            if answer is not None:
                told.append(Told(waybill.pk, answer, answer_id))
    return told


def _reschedule(waybills: Sequence[Waybill], outcome: _Outcome, now: datetime) -> int:
    """Set the next time to ask where the lease is still ours; return how many were."""
    folded = {row[0]: row[1:] for row in _progress([waybill.pk for waybill in waybills])}
    rows = [_next(waybill, folded[waybill.pk], outcome, now) for waybill in waybills]
    with connection.cursor() as cursor:
        cursor.execute(_RESCHEDULE, [list(column) for column in zip(*rows, strict=True)])
        return cursor.rowcount


_Folded = tuple[str, datetime | None, datetime | None]


def _next(waybill: Waybill, folded: _Folded, outcome: _Outcome, now: datetime) -> tuple[object, ...]:
    """Return one row of _RESCHEDULE."""
    pk = waybill.pk
    stage, last_event_at, delivered_at = folded
    failure = outcome.failures.get(pk)
    asked = pk in outcome.asked
    count = 0 if pk in outcome.answered else min(waybill.poll_failures + asked, 30_000)
    subscribed_at = now if pk in outcome.subscribed else waybill.subscribed_at
    provider = accounts.provider_of(waybill.account) if waybill.account else None
    if provider is None:
        poll_at: datetime | None = now + UNROUTED
        error = gettext_noop("No account to ask")
    else:
        known = STAGES.get(stage, Stage.UNKNOWN)
        followed = cadence.Followed(known, waybill.created_at, last_event_at, delivered_at, bool(subscribed_at), count)
        poll_at = cadence.next_poll(followed, failure, now, provider.SPACING, settings.POLL_PACE)
        error = recording.storable(failure.message)[:LONGEST_ERROR] if failure else ""
    asked_at = now if asked else waybill.asked_at
    polled_at = now if pk in outcome.answered else waybill.polled_at
    return pk, poll_at, asked_at, polled_at, count, error, subscribed_at, waybill.lease_until


_RESCHEDULE = (
    "UPDATE shipments_waybill w SET poll_at = t.poll_at, asked_at = t.asked_at, polled_at = t.polled_at, "
    "poll_failures = t.failures, poll_error = t.error, subscribed_at = t.subscribed_at, lease_until = NULL "
    "FROM unnest(%s::bigint[], %s::timestamptz[], %s::timestamptz[], %s::timestamptz[], %s::smallint[], %s::text[], "
    "%s::timestamptz[], %s::timestamptz[]) "
    "AS t(id, poll_at, asked_at, polled_at, failures, error, subscribed_at, lease) "
    "WHERE w.id = t.id AND w.lease_until = t.lease"
)


def _progress(ids: Sequence[int]) -> Iterable[tuple[int, str, datetime | None, datetime | None]]:
    return Waybill.objects.filter(pk__in=ids).values_list("pk", "stage", "last_event_at", "delivered_at")


def _account_news(heard: Iterable[Heard], now: datetime) -> None:
    """Let an account rest that refused us, say why; clear the pause of one that answers again."""
    state: dict[int, Failure | None] = {}
    for one in heard:
        pk = one.call.account.pk
        if one.failure is not None and one.failure.account_wide:
            state[pk] = one.failure
        elif one.response is not None and state.get(pk) is None:
            state[pk] = None
    for pk, failure in sorted(state.items()):
        account = CarrierAccount.objects.filter(pk=pk)
        if failure is not None:
            log.warning("Account %s rests: %s", pk, failure.message)
            account.update(paused_until=cadence.account_pause(failure, now), paused_reason=failure.message)
        else:
            account.update(answered_at=now, paused_until=None, paused_reason="")
