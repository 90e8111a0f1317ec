"""Which waybills a worker may ask about now, and its lease on them.

Those near a deadline come first, nearest first; then those longest overdue, so that what has no deadline is not put off
for ever. What a question will use up of the provider's limits per number is written down before it is sent: a worker
killed in between has used it up all the same.
"""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Final

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Q, QuerySet

from shipments import accounts, cadence
from shipments.models import CarrierAccount, Waybill

# No question is begun after 15 s, and the longest wait for an answer is 15 s: a batch is done well within its lease.
BATCH: Final = 100
LEASE: Final = timedelta(minutes=2)


def claim(now: datetime, dry: Collection[int] = ()) -> list[Waybill]:
    """Take a lease on due waybills that nobody else has and whose account may be asked; the most urgent first.

    None of the accounts in `dry` (ids), nor of one that rests; of one whose rest is over, one waybill alone. The waybills
    are as they were before: `poll_at`, `free_at` and `asks` are what is put back where nobody was asked.
    """
    with transaction.atomic():
        ids = _trials(now)
        for lane in _lanes(now, dry):
            missing = BATCH - len(ids)
            if missing > 0:
                ids += (lane.exclude(pk__in=ids) if ids else lane)[:missing]
        if not ids:
            return []
        found = Waybill.objects.select_related("carrier", "account").in_bulk(ids)
        claimed = [found[pk] for pk in ids]
        _route(claimed)
        _reserve(claimed, now)
    return claimed


def claim_one(pk: int, now: datetime) -> Waybill | None:
    """Take a lease on one waybill that its account may be asked about now, due or not; None = it may not, or is taken."""
    with transaction.atomic():
        free = Waybill.objects.filter(Q(lease_until__isnull=True) | Q(lease_until__lte=now), pk=pk)
        free = free.filter(Q(free_at__isnull=True) | Q(free_at__lte=now)).select_related("carrier", "account")
        claimed = free.select_for_update(skip_locked=True, no_key=True, of=("self",)).first()
        if claimed is not None:
            _reserve([claimed], now)
    return claimed


def _lanes(now: datetime, dry: Collection[int]) -> list[QuerySet[Waybill, int]]:
    """Return the ids of what is due, locked as they are read: those near a deadline, then all.

    Ids alone and no joins: then both walk an index in its order and stop at the limit, however long the backlog is.
    """
    due = (
        Waybill.objects.filter(poll_at__lte=now)
        .filter(Q(lease_until__isnull=True) | Q(lease_until__lte=now))
        .filter(Q(free_at__isnull=True) | Q(free_at__lte=now))
        .select_for_update(skip_locked=True, no_key=True)
        .values_list("pk", flat=True)
    )
    barred = Q(enabled=True) & (Q(paused_until__isnull=False) | Q(pk__in=list(dry)))
    shut = set(CarrierAccount.objects.filter(barred).values_list("pk", flat=True))
    if shut:
        # Those that are left, by name: where one provider with all the backlog is away, the others' rows are found by
        # their account and not behind it.
        others = CarrierAccount.objects.exclude(pk__in=shut).values_list("pk", flat=True)
        due = due.filter(Q(account__isnull=True) | Q(account__in=list(others)))
    return [
        due.filter(deadline_at__lte=now + cadence.NEAR).order_by("deadline_at", "poll_at"),
        due.order_by("poll_at", "pk"),
    ]


_TRIALS = """
WITH trying AS (
    SELECT id FROM shipments_carrieraccount
    WHERE enabled AND paused_until <= %(now)s AND (probe_until IS NULL OR probe_until <= %(now)s)
    ORDER BY id FOR NO KEY UPDATE SKIP LOCKED
), chosen AS (
    SELECT w.id, w.account_id FROM trying CROSS JOIN LATERAL (
        SELECT id, account_id FROM shipments_waybill
        WHERE account_id = trying.id AND poll_at <= %(now)s AND (lease_until IS NULL OR lease_until <= %(now)s)
            AND (free_at IS NULL OR free_at <= %(now)s)
        ORDER BY deadline_at NULLS LAST, poll_at LIMIT 1 FOR NO KEY UPDATE SKIP LOCKED
    ) w
), probed AS (
    UPDATE shipments_carrieraccount a SET probe_until = %(until)s FROM chosen WHERE a.id = chosen.account_id
)
SELECT id FROM chosen
"""


def _trials(now: datetime) -> list[int]:
    """Return one waybill, locked, of each account whose rest is over and which nobody else is trying just now."""
    # Asked first, without locks: there are hardly ever any.
    over = CarrierAccount.objects.filter(enabled=True, paused_until__lte=now)
    if not over.filter(Q(probe_until__isnull=True) | Q(probe_until__lte=now)).exists():
        return []
    with connection.cursor() as cursor:
        cursor.execute(_TRIALS, {"now": now, "until": now + LEASE})
        return [pk for (pk,) in cursor.fetchall()]


def _route(waybills: Sequence[Waybill]) -> None:
    """Give waybills whose account is gone or was switched off another one, if the merchant has one that fits."""
    lacking = [waybill for waybill in waybills if waybill.account is None or not waybill.account.enabled]
    if not lacking:
        return
    found = accounts.by_merchant(waybill.merchant_id for waybill in lacking)
    routed: dict[CarrierAccount | None, list[int]] = {}
    for waybill in lacking:
        account = accounts.choose(found.get(waybill.merchant_id, ()), waybill.carrier.code)
        # Whom one provider was asked and told before counts for it alone.
        waybill.account, waybill.asks, waybill.free_at = account, None, None
        waybill.subscribed_at = waybill.subscribe_at = waybill.subscriptions = None
        routed.setdefault(account, []).append(waybill.pk)
    for account, ids in routed.items():
        Waybill.objects.filter(pk__in=ids).update(
            account=account, asks=None, subscribed_at=None, subscribe_at=None, subscriptions=None
        )


_RESERVE = (
    "UPDATE shipments_waybill w SET lease_until = %s, poll_at = GREATEST(t.free_at, %s), free_at = t.free_at, "
    "asks = CASE WHEN t.counted THEN ARRAY(SELECT a FROM unnest(w.asks) a WHERE a > t.since ORDER BY a) || %s END "
    "FROM unnest(%s::bigint[], %s::timestamptz[], %s::boolean[], %s::timestamptz[]) AS t(id, free_at, counted, since) "
    "WHERE w.id = t.id"
)


def _reserve(waybills: Sequence[Waybill], now: datetime) -> None:
    """Write lease and question down; should this worker die, the waybill is due again when it may be asked again."""
    pace = settings.POLL_PACE
    rows: list[tuple[int, datetime | None, bool, datetime]] = []
    for waybill in waybills:
        provider = accounts.provider_of(waybill.account) if waybill.account else None
        free, daily = None, 0
        if provider is not None:
            daily = provider.DAILY
            asks = [*cadence.recent(waybill.asks or (), now, daily, pace), now]
            free = cadence.free_at(asks, provider.SPACING, daily, pace)
        rows.append((waybill.pk, free, daily > 0, now - cadence.DAY / pace))
        waybill.lease_until = now + LEASE
    with connection.cursor() as cursor:
        columns = [list(column) for column in zip(*rows, strict=True)]
        cursor.execute(_RESERVE, [now + LEASE, now + LEASE, now, *columns])
