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

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q

from shipments import accounts, cadence, recording
from shipments.answers import Failure
from shipments.asking import Call, Heard, ask
from shipments.models import CarrierAccount, RawAnswer, Waybill
from shipments.recording import Body, Told
from shipments.rescheduling import outcome_of, reschedule

log = logging.getLogger(__name__)

# No question is begun after 15 s, and the longest wait for an answer is 15 s: a batch is done well within its lease.
BATCH: Final = 100
LEASE: Final = timedelta(minutes=2)


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
        outcome = outcome_of(heard)
        # From the first answer on, a parcel's silence says something: its orders are judged anew even without a scan.
        first = [waybill.pk for waybill in waybills if waybill.polled_at is None and waybill.pk in outcome.answered]
        recorded = recording.record(_told(queries, now), now, first)
        kept = reschedule(waybills, outcome, now)
        _account_news(heard, now)
    answered = len(outcome.answered)
    failed = sum(len(one.call.waybills) for one in queries) - answered - len(outcome.left)
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
