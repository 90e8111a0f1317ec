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
LONGEST_ERROR: Final = 300


@dataclass(frozen=True, slots=True)
class Outcome:
    """Waybill ids by what became of the questions about them."""

    asked: frozenset[int]
    # Time was up before it was their turn: they stay due.
    left: frozenset[int]
    answered: frozenset[int]
    subscribed: frozenset[int]
    failures: dict[int, Failure]


def outcome_of(heard: Iterable[Heard]) -> Outcome:
    """Return what became of the questions, by waybill."""
    asked: set[int] = set()
    left: set[int] = set()
    subscribed: set[int] = set()
    failures: dict[int, Failure] = {}
    everybody: set[int] = set()
    for one in heard:
        ids = [waybill.pk for waybill in one.call.waybills]
        if one.call.subscribes:
            subscribed.update(ids if one.asked and one.failure is None else ())
            continue
        everybody.update(ids)
        left.update(ids if not one.asked and one.failure is None else ())
        asked.update(ids if one.asked else ())
        if one.failure is not None:
            failures.update(dict.fromkeys(ids, one.failure))
        failures.update(one.failures)
    in_vain = {pk for pk, failure in failures.items() if failure.trouble is not Trouble.NO_DATA}
    answered = everybody - in_vain - left
    return Outcome(frozenset(asked), frozenset(left), frozenset(answered), frozenset(subscribed), failures)


def reschedule(waybills: Sequence[Waybill], outcome: Outcome, now: datetime) -> int:
    """Set the next time to ask where the lease is still ours; return how many were."""
    folded = {row[0]: row[1:] for row in _progress([waybill.pk for waybill in waybills])}
    rows = [_next(waybill, folded[waybill.pk], outcome, now) for waybill in waybills]
    with connection.cursor() as cursor:
        cursor.execute(_RESCHEDULE, [list(column) for column in zip(*rows, strict=True)])
        return cursor.rowcount


_Folded = tuple[str, datetime | None, datetime | None]


def _next(waybill: Waybill, folded: _Folded, outcome: Outcome, now: datetime) -> tuple[object, ...]:
    """Return one row of _RESCHEDULE."""
    pk = waybill.pk
    stage, last_event_at, delivered_at = folded
    failure = outcome.failures.get(pk)
    asked = pk in outcome.asked
    count = 0 if pk in outcome.answered else min(waybill.poll_failures + asked, 30_000)
    subscribed_at = now if pk in outcome.subscribed else None
    provider = accounts.provider_of(waybill.account) if waybill.account else None
    if provider is None:
        poll_at: datetime | None = now + UNROUTED
        error = gettext_noop("No account to ask")
    elif pk in outcome.left:
        poll_at, error = waybill.poll_at, waybill.poll_error
    else:
        known = STAGES.get(stage, Stage.UNKNOWN)
        followed = cadence.Followed(
            known, waybill.created_at, last_event_at, delivered_at, bool(subscribed_at or waybill.subscribed_at), count
        )
        poll_at = cadence.next_poll(followed, failure, now, provider.SPACING, settings.POLL_PACE)
        error = storable(failure.message)[:LONGEST_ERROR] if failure else ""
    asked_at = now if asked else waybill.asked_at
    polled_at = now if pk in outcome.answered else waybill.polled_at
    return pk, poll_at, asked_at, polled_at, count, error, subscribed_at, waybill.lease_until


_RESCHEDULE = (
    "UPDATE shipments_waybill w SET poll_at = t.poll_at, asked_at = t.asked_at, polled_at = t.polled_at, "
    "poll_failures = t.failures, poll_error = t.error, lease_until = NULL, "
    # What a push said meanwhile (the provider follows no more) stands.
    "subscribed_at = COALESCE(t.subscribed_at, w.subscribed_at) "
    "FROM unnest(%s::bigint[], %s::timestamptz[], %s::timestamptz[], %s::timestamptz[], %s::smallint[], %s::text[], "
    "%s::timestamptz[], %s::timestamptz[]) "
    "AS t(id, poll_at, asked_at, polled_at, failures, error, subscribed_at, lease) "
    "WHERE w.id = t.id AND w.lease_until = t.lease"
)


def _progress(ids: Sequence[int]) -> Iterable[tuple[int, str, datetime | None, datetime | None]]:
    return Waybill.objects.filter(pk__in=ids).values_list("pk", "stage", "last_event_at", "delivered_at")
