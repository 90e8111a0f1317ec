"""Ask providers about waybills whose time has come.

Three steps: claim them with a lease, ask outside any transaction, write down what came and when to ask next. A worker
that dies in between loses nothing: its lease runs out and another one asks. A worker that was too slow finds the lease
gone and leaves the schedule to who has it now.
"""

import logging
from collections import Counter
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Exists, OuterRef, Q

from shipments import accounts, cadence, recording
from shipments.answers import Answer, Ask, Contract, Failure, Trouble
from shipments.booking import wake_orders
from shipments.carriers import Provider
from shipments.models import CarrierAccount, Parcel, RawAnswer, Waybill
from shipments.recording import Body, Told
from shipments.status import STAGES, Stage
from shipops.kit import http
from shipops.kit.wire import Request, Response

log = logging.getLogger(__name__)

# With 8 threads and the longest wait of 20 s for an answer, a batch in which nobody answers takes 250 s: within the lease.
BATCH: Final = 100
LEASE: Final = timedelta(minutes=5)
THREADS: Final = 8
# After so many questions without any answer a provider is down: the rest of the batch need not wait for it too.
SILENT: Final = 8
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


@dataclass(frozen=True, slots=True)
class Call:
    """One question, about one or several waybills of one account."""

    account: CarrierAccount
    provider: Provider
    waybills: tuple[Waybill, ...]
    contract: Contract
    subscribes: bool = False


@dataclass(slots=True)
class Heard:
    """What became of one question."""

    call: Call
    response: Response | None = None
    answers: tuple[Answer, ...] = ()
    failure: Failure | None = None
    # By waybill id, where the answer failed for that number alone.
    failures: dict[int, Failure] = field(default_factory=dict)


def poll(now: datetime) -> Polled:
    """Ask about one batch of due waybills; claimed = 0 means nothing is due."""
    waybills = claim(now)
    if not waybills:
        return Polled()
    calls = _calls(waybills)
    heard = ask(calls, now)
    return write_down(waybills, heard, now)


def claim(now: datetime) -> list[Waybill]:
    """Take a lease on due waybills that nobody else has and whose account is not resting."""
    resting = CarrierAccount.objects.filter(pk=OuterRef("account_id")).filter(
        Q(paused_until__gt=now) | Q(enabled=False)
    )
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
    """Give waybills without an account one that has come since."""
    lacking = [waybill for waybill in waybills if waybill.account is None]
    if not lacking:
        return
    found = accounts.by_merchant(waybill.merchant_id for waybill in lacking)
    routed: dict[CarrierAccount, list[int]] = {}
    for waybill in lacking:
        waybill.account = accounts.choose(found.get(waybill.merchant_id, ()), waybill.carrier.code)
        if waybill.account is not None:
            routed.setdefault(waybill.account, []).append(waybill.pk)
    for account, ids in routed.items():
        Waybill.objects.filter(pk__in=ids, account__isnull=True).update(account=account)


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


def ask(calls: Sequence[Call], now: datetime) -> list[Heard]:
    """Put all questions, several at once, outside any transaction. An account that refuses is asked no further."""
    refused: dict[int, Failure] = {}
    unanswered: Counter[int] = Counter()

    def put(call: Call) -> Heard:
        if call.account.pk in refused:
            return Heard(call, failure=refused[call.account.pk])
        heard = _put(call, now)
        unanswered[call.account.pk] += heard.response is None
        if heard.failure is not None and (heard.failure.account_wide or unanswered[call.account.pk] >= SILENT):
            refused[call.account.pk] = heard.failure
        return heard

    with ThreadPoolExecutor(THREADS, thread_name_prefix="poll") as pool:
        return list(pool.map(put, calls))


def _put(call: Call, now: datetime) -> Heard:
    """Ask one question. No database here: this runs in a thread of the pool."""
    asks = [Ask(waybill.number, waybill.carrier.code, waybill.phone_tail) for waybill in call.waybills]
    try:
        response = http.send(_request(call, asks, now))
        if call.subscribes:
            return Heard(call, response, failure=call.provider.decode_subscription(response))
        answers = call.provider.decode(response)
    except http.TransportError as error:
        trouble = Trouble.TRANSIENT if error.retryable else Trouble.CONFIG
        return Heard(call, failure=Failure(trouble, str(error)))
    except Exception as error:  # an adapter of another package may fail in any way: it must not take others with it
        log.exception("The adapter %s failed", call.account.provider)
        return Heard(call, failure=Failure(Trouble.TRANSIENT, f"{type(error).__name__} in the adapter"))
    return _sorted_out(call, response, answers)


def _request(call: Call, asks: Sequence[Ask], now: datetime) -> Request:
    if call.subscribes:
        return call.provider.encode_subscription(asks[0], call.contract, now)
    return call.provider.encode(asks, call.contract, now)


def _sorted_out(call: Call, response: Response, answers: tuple[Answer, ...]) -> Heard:
    """Match answers to the waybills asked about; what no answer names failed, or has no data yet."""
    heard = Heard(call, response, answers)
    whole = next((answer.failure for answer in answers if answer.failure and not answer.number), None)
    by_number = {answer.number.upper(): answer for answer in answers if answer.number}
    if whole is not None and not by_number:
        if whole.account_wide:
            heard.failure = whole
        heard.failures = {waybill.pk: whole for waybill in call.waybills}
        return heard
    for waybill in call.waybills:
        answer = by_number.get(waybill.number.upper())
        if answer is None:
            heard.failures[waybill.pk] = Failure(Trouble.NO_DATA, "The answer does not name this number")
        elif answer.failure is not None:
            heard.failures[waybill.pk] = answer.failure
    return heard


def write_down(waybills: Sequence[Waybill], heard: Sequence[Heard], now: datetime) -> Polled:
    """Record all answers in one transaction, then say for each waybill when to ask next."""
    queries = [one for one in heard if not one.call.subscribes]
    with transaction.atomic():
        # All of them at once and first: recording locks orders, and waybills come before orders everywhere.
        mine = Waybill.objects.filter(pk__in=[waybill.pk for waybill in waybills]).order_by("pk")
        list(mine.select_for_update(no_key=True).values_list("pk"))
        recorded = recording.record(_told(queries, now), now)
        failures = _failures(queries)
        subscribed = {one.call.waybills[0].pk for one in heard if one.call.subscribes and one.failure is None}
        kept = _reschedule(waybills, failures, subscribed, now)
        _wake_first_asked(waybills, now)
        _account_news(heard, now)
    failed = sum(failure.trouble is not Trouble.NO_DATA for failure in failures.values())
    asked = sum(len(one.call.waybills) for one in queries)
    return Polled(len(waybills), asked - failed, failed, recorded.new_events, len(waybills) - kept)


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


def _failures(heard: Iterable[Heard]) -> dict[int, Failure]:
    failures: dict[int, Failure] = {}
    for one in heard:
        if one.failure is not None:
            failures.update(dict.fromkeys((waybill.pk for waybill in one.call.waybills), one.failure))
        failures.update(one.failures)
    return failures


def _reschedule(waybills: Sequence[Waybill], failures: dict[int, Failure], subscribed: set[int], now: datetime) -> int:
    """Set the next time to ask where the lease is still ours; return how many were."""
    folded = {row[0]: row[1:] for row in _progress([waybill.pk for waybill in waybills])}
    rows = []
    for waybill in waybills:
        failure = failures.get(waybill.pk)
        stage, last_event_at, delivered_at = folded[waybill.pk]
        in_vain = failure is not None and failure.trouble is not Trouble.NO_DATA
        count = min(waybill.poll_failures + 1, 30_000) if in_vain else 0
        known = STAGES.get(stage, Stage.UNKNOWN)
        told = bool(waybill.subscribed_at) or waybill.pk in subscribed
        followed = cadence.Followed(known, waybill.created_at, last_event_at, delivered_at, told, count)
        provider = accounts.provider_of(waybill.account) if waybill.account else None
        if provider is None:
            poll_at: datetime | None = now + UNROUTED
            error = "No account to ask"
        else:
            poll_at = cadence.next_poll(followed, failure, now, provider.SPACING, settings.POLL_PACE)
            error = failure.message if failure else ""
        subscribed_at = now if waybill.pk in subscribed else waybill.subscribed_at
        polled_at = now if provider else waybill.polled_at
        rows.append((waybill.pk, poll_at, polled_at, count, error[:LONGEST_ERROR], subscribed_at, waybill.lease_until))
    with connection.cursor() as cursor:
        cursor.execute(_RESCHEDULE, [list(column) for column in zip(*rows, strict=True)])
        return cursor.rowcount


_RESCHEDULE = (
    "UPDATE shipments_waybill w SET poll_at = t.poll_at, polled_at = t.polled_at, poll_failures = t.failures, "
    "poll_error = t.error, subscribed_at = t.subscribed_at, lease_until = NULL "
    "FROM unnest(%s::bigint[], %s::timestamptz[], %s::timestamptz[], %s::smallint[], %s::text[], %s::timestamptz[], "
    "%s::timestamptz[]) AS t(id, poll_at, polled_at, failures, error, subscribed_at, lease) "
    "WHERE w.id = t.id AND w.lease_until = t.lease"
)


def _progress(ids: Sequence[int]) -> Iterable[tuple[int, str, datetime | None, datetime | None]]:
    return Waybill.objects.filter(pk__in=ids).values_list("pk", "stage", "last_event_at", "delivered_at")


def _wake_first_asked(waybills: Sequence[Waybill], now: datetime) -> None:
    """From the first question on, a parcel's silence says something: its orders are judged anew even without a scan."""
    first = [waybill.pk for waybill in waybills if waybill.polled_at is None]
    orders = Parcel.objects.filter(waybill__in=first).values_list("dispatch__order", flat=True)
    wake_orders(sorted(set(orders)), now)


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
