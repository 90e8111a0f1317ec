"""Ask providers about waybills whose time has come.

Three steps: claim them with a lease (shipments.claiming), ask outside any transaction, write down what came and when to
ask next. A worker that dies in between loses nothing: what it had claimed is due again as soon as the provider's rules
allow. A worker that was too slow finds the lease gone and leaves the schedule to who has it now.
"""

import logging
from collections.abc import Iterable, Sequence
from dataclasses import astuple, dataclass, replace
from datetime import datetime

from django.db import transaction
from django.db.models import F

from shipments import accounts, cadence, corrections, hearsay, rates, recording
from shipments.answers import Failure
from shipments.asking import Call, Heard, ask
from shipments.claiming import claim
from shipments.models import RawAnswer, Waybill
from shipments.recording import Body, Told
from shipments.rescheduling import outcome_of, reschedule

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Polled:
    """What one round came to."""

    claimed: int = 0
    answered: int = 0
    failed: int = 0
    new_events: int = 0
    lost_leases: int = 0
    # Given back unasked: the account has come to rest, its rate is used up, or time was.
    left: int = 0


def poll(now: datetime) -> Polled:
    """Ask about one batch of due waybills; claimed = 0 means that nothing is due which may be asked now."""
    waybills = claim(now, rates.dry())
    if not waybills:
        return Polled()
    heard = rates.limited(_calls(waybills, now), lambda calls: ask(calls, now))
    try:
        return write_down(waybills, heard, now)
    except Exception:  # one poisoned answer must not hold up the others for ever
        log.exception("A batch of answers failed; writing them down one by one")
        return _write_down_singly(waybills, heard, now)


def _calls(waybills: Sequence[Waybill], now: datetime) -> list[Call]:
    """Group what is asked together: one account, one phone tail (a question holds one), at most the provider's batch.

    The most urgent first, as they come: where a rate or the time allows only some, it is those.
    """
    groups: dict[tuple[int, str], list[Waybill]] = {}
    for waybill in waybills:
        if waybill.account is not None:
            groups.setdefault((waybill.account.pk, waybill.phone_tail), []).append(waybill)
    calls: list[Call] = []
    subscribing: list[Call] = []
    for group in groups.values():
        account = group[0].account
        assert account is not None  # noqa: S101 - the groups hold only what has one
        provider = accounts.provider_of(account)
        if provider is None:
            continue
        contract = accounts.contract(account)
        for start in range(0, len(group), provider.BATCH):
            calls.append(Call(account, provider, tuple(group[start : start + provider.BATCH]), contract))
        # An account that is tried again gets one question, not two.
        if provider.SUBSCRIBES and account.paused_until is None:
            lacking = (
                waybill
                for waybill in group
                if waybill.subscribed_at is None
                and cadence.may_subscribe(waybill.subscriptions or (), waybill.subscribe_at, now)
            )
            subscribing.extend(Call(account, provider, (waybill,), contract, subscribes=True) for waybill in lacking)
    return calls + subscribing


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
        told = _told(queries, now)
        recorded = recording.record(told, now, first, hearsay.weigh(told, outcome.answered, now))
        kept = reschedule(waybills, outcome, now)
        by_id = {waybill.pk: waybill for waybill in waybills}
        corrections.correct([(by_id[one.waybill_id], one.answer) for one in told], now, subscribed=False)
        accounts.take_news(_results(heard), now)
    answered = len(outcome.answered)
    failed = sum(len(one.call.waybills) for one in queries) - answered - len(outcome.left)
    return Polled(len(waybills), answered, failed, recorded.new_events, len(waybills) - kept, len(outcome.left))


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


def _results(heard: Iterable[Heard]) -> dict[int, list[Failure | None]]:
    """Return by account, in the order of the questions, what says how the account fares; None = it answered."""
    results: dict[int, list[Failure | None]] = {}
    for one in heard:
        if one.asked:
            results.setdefault(one.call.account.pk, []).append(one.trouble)
    return results
