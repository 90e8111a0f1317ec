"""Put questions to providers, several at once: network and adapters, no database."""

import logging
import time
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from django.utils.translation import gettext_noop

from shipments import breaker
from shipments.answers import Answer, Ask, Contract, Failure, Trouble
from shipments.carriers import Provider
from shipments.models import CarrierAccount, Waybill
from shipops.kit import http
from shipops.kit.wire import Request, Response

log = logging.getLogger(__name__)

THREADS: Final = 8
# After so many questions without any answer a provider is down: the rest of the batch need not wait for it too.
SILENT: Final = breaker.TRIPS_AFTER
# Seconds after which no further question of a batch is begun: a provider that answers slowly must not keep a worker from
# the other work; what was not asked stays due.
ENOUGH: Final = 15.0
# How long a number waits whose account has an address that is none, or whose answer is too large to be one.
NOT_USABLE_PAUSE: Final = timedelta(hours=1)

# Shown on the waybill's page in the reader's language; details are in the log.
UNREACHED: Final = gettext_noop("The provider could not be reached in time.")
NOT_USABLE: Final = gettext_noop("The account's address does not answer as a provider does.")
NOT_READ: Final = gettext_noop("The answer could not be read.")


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
    # False where nobody was asked: the account had refused already, its rate is used up, or time was.
    asked: bool = True
    # By waybill id, where the answer failed for that number alone.
    failures: dict[int, Failure] = field(default_factory=dict)

    @property
    def trouble(self) -> Failure | None:
        """What went wrong with the provider or the account, not with a number; None = it answered."""
        failure = self.failure
        if failure is None and self.failures.keys() == {waybill.pk for waybill in self.call.waybills}:
            failure = next(iter(self.failures.values()))
        if failure is not None and (failure.account_wide or failure.trouble is Trouble.TRANSIENT):
            return failure
        return None


def ask(calls: Sequence[Call], now: datetime) -> list[Heard]:
    """Put all questions, several at once, outside any transaction. An account that refuses is asked no further.

    Subscriptions are put first and waited for: Yunda knows nothing of a number before, and what it answers then would be taken
    for a parcel that nobody has scanned. The answers come in the order of the questions.
    """
    # Apart for subscriptions: where those alone are refused or out of order, tracks are asked for all the same.
    refused: set[tuple[int, bool]] = set()
    unanswered: Counter[tuple[int, bool]] = Counter()
    until = time.monotonic() + ENOUGH

    def put(call: Call) -> Heard:
        kind = (call.account.pk, call.subscribes)
        if time.monotonic() > until or kind in refused:
            return Heard(call, asked=False)
        heard = _put(call, now)
        unanswered[kind] += heard.response is None
        if heard.failure is not None and (heard.failure.account_wide or unanswered[kind] >= SILENT):
            refused.add(kind)
        return heard

    with ThreadPoolExecutor(THREADS, thread_name_prefix="poll") as pool:
        heard: dict[int, Heard] = {}
        for subscribing in (True, False):
            now_put = [position for position, call in enumerate(calls) if call.subscribes is subscribing]
            heard.update(zip(now_put, pool.map(put, [calls[position] for position in now_put]), strict=True))
        return [heard[position] for position in range(len(calls))]


def _put(call: Call, now: datetime) -> Heard:
    """Ask one question. No database here: this runs in a thread of the pool."""
    asks = [Ask(waybill.number, waybill.carrier.code, waybill.phone_tail) for waybill in call.waybills]
    try:
        response = http.send(_request(call, asks, now))
        if call.subscribes:
            return Heard(call, response, failure=call.provider.decode_subscription(response))
        answers = call.provider.decode(response)
    except http.TransportError as error:
        log.warning("Account %s: %s", call.account.pk, error)
        if error.retryable:
            return Heard(call, failure=Failure(Trouble.TRANSIENT, UNREACHED))
        # Asked again all the same: a number given up here would not be followed once the address is mended.
        return Heard(call, failure=Failure(Trouble.TRANSIENT, NOT_USABLE, after=NOT_USABLE_PAUSE))
    except Exception:  # an adapter of another package may fail in any way: it must not take others with it
        log.exception("The adapter %s failed", call.account.provider)
        return Heard(call, failure=Failure(Trouble.TRANSIENT, NOT_READ))
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
            heard.failures[waybill.pk] = Failure(Trouble.NO_DATA, gettext_noop("The answer does not name this number"))
        elif answer.failure is not None:
            heard.failures[waybill.pk] = answer.failure
    return heard
