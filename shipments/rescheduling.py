"""When each waybill of a batch is asked about next, from what became of the questions."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.conf import settings
from django.db import connection
from django.utils.translation import gettext_noop

from shipments import accounts, cadence
from shipments.answers import Failure, Trouble
from shipments.asking import Heard
from shipments.models import Waybill
from shipments.recording import storable
from shipments.status import STAGES, Stage

# Nobody to ask: look again whether an account has come.
UNROUTED: Final = timedelta(hours=1)
# When a subscription is tried again that the provider did not take, and one that it will not take as it is.
UNSUBSCRIBED: Final = timedelta(minutes=30)
UNSUBSCRIBABLE: Final = timedelta(hours=24)
LONGEST_ERROR: Final = 300


@dataclass(frozen=True, slots=True)
class Outcome:
    """Waybill ids by what became of the questions about them."""

    asked: frozenset[int]
    # Nobody was asked: they stay due.
    left: frozenset[int]
    answered: frozenset[int]
    # Subscriptions the provider has taken, and those it has not, with the reason.
    subscribed: frozenset[int]
    unsubscribed: dict[int, Failure]
    failures: dict[int, Failure]


def outcome_of(heard: Iterable[Heard]) -> Outcome:
    """Return what became of the questions, by waybill."""
    asked: set[int] = set()
    left: set[int] = set()
    subscribed: set[int] = set()
    unsubscribed: dict[int, Failure] = {}
    failures: dict[int, Failure] = {}
    everybody: set[int] = set()
    for one in heard:
        ids = [waybill.pk for waybill in one.call.waybills]
        if one.call.subscribes:
            subscribed.update(ids if one.asked and one.failure is None else ())
            unsubscribed.update(dict.fromkeys(ids, one.failure) if one.failure is not None else {})
            continue
        everybody.update(ids)
        left.update(ids if not one.asked else ())
        asked.update(ids if one.asked else ())
        if one.failure is not None:
            failures.update(dict.fromkeys(ids, one.failure))
        failures.update(one.failures)
    in_vain = {pk for pk, failure in failures.items() if failure.trouble is not Trouble.NO_DATA}
    answered = everybody - in_vain - left
    return Outcome(
        frozenset(asked), frozenset(left), frozenset(answered), frozenset(subscribed), unsubscribed, failures
    )


def reschedule(waybills: Sequence[Waybill], outcome: Outcome, now: datetime) -> int:
    """Set the next time to ask where the lease is still ours; return how many were."""
    folded = {row[0]: row[1:] for row in _progress([waybill.pk for waybill in waybills])}
    rows = [_next(waybill, folded[waybill.pk], outcome, now) for waybill in waybills]
    with connection.cursor() as cursor:
        columns = [list(column) for column in zip(*rows, strict=True)]
        cursor.execute(_RESCHEDULE, [now, now - cadence.SUBSCRIPTION_MONTH, *columns])
        return cursor.rowcount


_Folded = tuple[str, datetime | None, datetime | None, int, datetime | None]


def _next(waybill: Waybill, folded: _Folded, outcome: Outcome, now: datetime) -> tuple[object, ...]:
    """Return one row of _RESCHEDULE."""
    pk = waybill.pk
    stage, last_event_at, delivered_at, event_count, deadline_at = folded
    failure = outcome.failures.get(pk)
    asked, answered = pk in outcome.asked, pk in outcome.answered
    count = 0 if answered else min(waybill.poll_failures + asked, 30_000)
    vain, vain_at = waybill.vain_count, waybill.vain_at
    if event_count != waybill.event_count:
        vain, vain_at = 0, None
    elif answered:
        vain, vain_at = cadence.empty_days(vain, vain_at, last_event_at, now)
    provider = accounts.provider_of(waybill.account) if waybill.account else None
    free_at, stop = (waybill.free_at, waybill.stop) if not asked else (None, "")
    if provider is None:
        poll_at: datetime | None = now + UNROUTED
        error, stop = gettext_noop("No account to ask"), Waybill.Stop.NOBODY.value
    elif not asked:
        poll_at, error = waybill.poll_at, waybill.poll_error
    else:
        followed = cadence.Followed(
            STAGES.get(stage, Stage.UNKNOWN),
            waybill.created_at,
            last_event_at,
            delivered_at,
            pk in outcome.subscribed or waybill.subscribed_at is not None,
            count,
            vain,
            deadline_at,
        )
        poll_at = cadence.next_poll(followed, failure, now, provider.SPACING, settings.POLL_PACE)
        error = storable(failure.message)[:LONGEST_ERROR] if failure else ""
        if poll_at is None:
            stop = _why_stopped(followed, failure, now).value
    return (
        pk,
        poll_at,
        now if asked else waybill.asked_at,
        now if answered else waybill.polled_at,
        count,
        error,
        stop,
        not asked,
        free_at,
        min(vain, 30_000),
        vain_at,
        now if pk in outcome.subscribed else None,
        _subscribe_at(outcome.unsubscribed.get(pk), now),
        waybill.lease_until,
    )


def _why_stopped(followed: cadence.Followed, failure: Failure | None, now: datetime) -> Waybill.Stop:
    if failure is not None and failure.trouble is Trouble.CONFIG:
        return Waybill.Stop.REFUSED
    return Waybill.Stop.DEAD if cadence.is_dead(followed, now) else Waybill.Stop.ARRIVED


def _subscribe_at(failure: Failure | None, now: datetime) -> datetime | None:
    """Return when to try the subscription again that was not taken: what a person must mend first is not soon mended."""
    if failure is None:
        return None
    return now + (UNSUBSCRIBABLE if failure.trouble is Trouble.CONFIG else UNSUBSCRIBED)


# A question that was sent is used up; one that was not is free again.
_RESCHEDULE = (
    "UPDATE shipments_waybill w SET "
    "poll_at = CASE WHEN t.unasked OR t.poll_at IS NULL THEN t.poll_at ELSE GREATEST(t.poll_at, w.free_at) END, "
    "asked_at = t.asked_at, polled_at = t.polled_at, poll_failures = t.failures, poll_error = t.error, stop = t.stop, "
    "free_at = CASE WHEN t.unasked THEN t.free_at ELSE w.free_at END, "
    "asks = CASE WHEN t.unasked THEN array_remove(w.asks, %s) ELSE w.asks END, "
    "vain_count = t.vain, vain_at = t.vain_at, lease_until = NULL, "
    # What a push said meanwhile (the provider follows no more) stands.
    "subscribed_at = COALESCE(t.subscribed_at, w.subscribed_at), subscribe_at = COALESCE(t.subscribe_at, w.subscribe_at), "
    "subscriptions = CASE WHEN t.subscribed_at IS NULL THEN w.subscriptions "
    "ELSE ARRAY(SELECT a FROM unnest(w.subscriptions) a WHERE a > %s ORDER BY a) || t.subscribed_at END "
    "FROM unnest(%s::bigint[], %s::timestamptz[], %s::timestamptz[], %s::timestamptz[], %s::smallint[], %s::text[], "
    "%s::text[], %s::boolean[], %s::timestamptz[], %s::smallint[], %s::timestamptz[], %s::timestamptz[], "
    "%s::timestamptz[], %s::timestamptz[]) "
    "AS t(id, poll_at, asked_at, polled_at, failures, error, stop, unasked, free_at, vain, vain_at, subscribed_at, "
    "subscribe_at, lease) "
    "WHERE w.id = t.id AND w.lease_until = t.lease"
)


def _progress(ids: Sequence[int]) -> Iterable[tuple[int, str, datetime | None, datetime | None, int, datetime | None]]:
    columns = ("pk", "stage", "last_event_at", "delivered_at", "event_count", "deadline_at")
    return Waybill.objects.filter(pk__in=ids).values_list(*columns)
