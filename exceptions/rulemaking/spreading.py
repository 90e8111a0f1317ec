"""New rules reach the orders they judge: these are woken for the sweep, in batches, from where the last one stopped.

New rules are a merchant's version, or packs newly shipped. Safe to run twice, at once, or to be cut off: what was told is a
cursor on the version, and to tell an order twice only judges it once more.
"""

from datetime import datetime
from functools import lru_cache
from itertools import takewhile
from typing import Any, TypeVar

from django.db import connection, transaction
from django.db.models import Max, QuerySet

from exceptions.deadlines.rulebook import Rulebook
from exceptions.deadlines.terms import digest
from exceptions.models import Policy, Release
from exceptions.policies import SHOP_COLUMNS, ShopSetup, with_document
from merchants.models import Shop
from orders.models import Order, OrderStatus

R = TypeVar("R", Policy, Release)

# Locks of about 0.15 s, which nobody notices who wants one of the orders; 200,000 orders take 5 s, as one bare UPDATE does.
BATCH = 5_000
OVER = [OrderStatus.COMPLETED.value, OrderStatus.CANCELLED.value]

# The next orders judged by the version that something may still be open on. An order nobody dated is judged by the newest.
NEXT = """
select o.id from orders_order o
where o.id > %(cursor)s and o.shop_id = any(%(shops)s)
  and coalesce(o.paid_at, o.placed_at, 'infinity') >= coalesce(%(since)s::timestamptz, '-infinity')
  and (o.status <> all(%(over)s)
       or exists (select 1 from exceptions_case c where c.order_id = o.id and c.state <> 'resolved')
       or exists (select 1 from exceptions_clock k where k.order_id = o.id and k.stopped_at is null))
order by o.id limit %(batch)s
"""
# An order that somebody holds may be under a sweep that read the rules before this version, and clears review_at in the end: the
# cursor stays before it, and the next nudge goes on there. Waiting for it could end in a ring with an import.
WAKE = """
with locked as (
  select id, review_at from orders_order where id = any(%(orders)s) order by id for no key update skip locked
), woken as (
  update orders_order set review_at = %(now)s
  where id = any(array(select id from locked where review_at is null or review_at > %(now)s))
)
select id from locked
"""


def spread_batch(now: datetime) -> int:
    """Wake the next orders that were not told of new rules; return how many, at least 1 where a version is done.

    0 = nothing is left, or somebody holds the next order.
    """
    Release.objects.get_or_create(digest=digest(), defaults={"seen_at": now})
    return _spread_release(now) or _spread_version(now)


@transaction.atomic
def _spread_release(now: datetime) -> int:
    release = _unfinished(Release.objects.filter(woken_at__isnull=True))
    return _spread(release, list(Shop.objects.order_by("pk").values_list("pk", flat=True)), None, now) if release else 0


@transaction.atomic
def _spread_version(now: datetime) -> int:
    version = _unfinished(Policy.objects.filter(state=Policy.State.PUBLISHED, woken_at__isnull=True))
    return _spread(version, touched(version.pk), version.effective_from, now) if version else 0


def _unfinished(rules: QuerySet[R]) -> R | None:
    return rules.order_by("pk").select_for_update(skip_locked=True, no_key=True).first()


def _spread(rules: Policy | Release, shops: list[int], since: datetime | None, now: datetime) -> int:
    """Wake the next orders of these shops, paid from `since` on, and move the cursor of the rules behind them."""
    ids = _next(rules.woken_to, shops, since) if shops else []
    told = _wake(ids, now)
    done = len(told) == len(ids) < BATCH
    type(rules).objects.filter(pk=rules.pk, woken_to=rules.woken_to).update(
        woken_to=told[-1] if told else rules.woken_to, woken_at=now if done else None
    )
    return max(len(told), int(done))


def _wake(ids: list[int], now: datetime) -> list[int]:
    """Wake these orders; return them up to the first that somebody else holds."""
    with connection.cursor() as cursor:
        cursor.execute(WAKE, {"orders": ids, "now": now})
        locked = {pk for (pk,) in cursor.fetchall()}
    return list(takewhile(locked.__contains__, ids))


def _next(woken_to: int, shops: list[int], since: datetime | None) -> list[int]:
    values: dict[str, Any] = {"cursor": woken_to, "shops": shops, "since": since, "over": OVER, "batch": BATCH}
    with connection.cursor() as cursor:
        cursor.execute(NEXT, values)
        return [pk for (pk,) in cursor.fetchall()]


@lru_cache(64)
def touched(policy_pk: int) -> list[int]:
    """Return the shops, by pk, where the version judges otherwise than one before it that it takes orders from."""
    version = Policy.objects.get(pk=policy_pk)
    before = Policy.objects.filter(merchant=version.merchant_id, number__lt=version.number).order_by("-number")
    # Back to the one that was in force when this one begins: older ones judge none of its orders.
    documents: list[dict[str, object]] = []
    for document, since in before.values_list("document", "effective_from"):
        documents.append(document)
        if since and version.effective_from and since <= version.effective_from:
            break
    else:
        documents.append({})
    shops = Shop.objects.filter(merchant=version.merchant_id).order_by("pk").values_list(*SHOP_COLUMNS)
    return [
        shop.pk
        for shop in (ShopSetup(*row) for row in shops)
        if any(_judging(shop, document) != _judging(shop, version.document) for document in documents)
    ]


def _judging(shop: ShopSetup, document: dict[str, object]) -> Rulebook:
    """What of a shop's rules makes clocks: who has reviewed them does not."""
    return with_document(shop, {**document, "reviewed": {}}, None, strict=False).watched


def progress(version: Policy) -> int:
    """Return how many percent of the way through the orders a published version has come; by their numbers, so roughly."""
    if version.woken_at:
        return 100
    last = Order.objects.aggregate(last=Max("pk"))["last"] or 0
    return min(99, 100 * version.woken_to // last) if last else 0
