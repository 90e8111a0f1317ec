"""A draft tried on stored facts before it goes live: what it would have flagged beside what is live.

A test belongs to the worker whose lease stands on it, for one batch. A batch commits its counts and the cursor together, on
the condition that the lease is still that worker's: a batch of a dead worker counts nothing and is done again by another.
"""

import json
import logging
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Final

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, OperationalError, connection, transaction
from django.db.models import BooleanField, Exists, ExpressionWrapper, F, OuterRef, Q, QuerySet
from django.db.models.functions import Coalesce
from django.http import Http404
from django.utils import translation
from django.utils.translation import gettext as _

from exceptions.deadlines import reading
from exceptions.deadlines.comparing import Change, compare
from exceptions.deadlines.reading import Needs
from exceptions.deadlines.rulebook import Rulebook
from exceptions.deadlines.rules import judge
from exceptions.errors import Incomplete, NotAllowed
from exceptions.models import BackTest, BackTestSample, Policy
from exceptions.policies import Books, ShopSetup, needs_of_book, setups_of_orders, with_document
from exceptions.rulemaking import drafts
from merchants.access import Member, Right
from orders.errors import LeaseLost
from orders.models import Order

log = logging.getLogger(__name__)

State = BackTest.State
OPEN: Final = (State.QUEUED, State.RUNNING)
BATCH: Final = 1000
# A batch takes about a second; a worker silent for that long is dead.
LEASE: Final = timedelta(seconds=60)
# Limits of orders older than the window that may still break in it.
LOOK_BACK: Final = timedelta(days=60)
SAMPLES: Final = 200
# How often what a trial would have flagged is reckoned anew.
TRIAL_EVERY: Final = timedelta(minutes=15)
# Rulebooks of drafts a process keeps, one a shop.
KEPT: Final = 1024
# New ones first, then the dearest.
FIRST: Final = (
    ExpressionWrapper(Q(due_before__isnull=False), output_field=BooleanField()),
    F("penalty").desc(),
    F("order_id"),
    F("pk"),
)

ADD_LINES = """
insert into exceptions_backtestline as l (test_id, shop_id, day, kind, new, gone, same, money_before, money_after)
select %(test)s, * from unnest(%(shop)s::bigint[], %(day)s::date[], %(kind)s::text[], %(new)s::int[], %(gone)s::int[],
                               %(same)s::int[], %(money_before)s::numeric[], %(money_after)s::numeric[])
on conflict (test_id, shop_id, day, kind) do update set
  new = l.new + excluded.new, gone = l.gone + excluded.gone, same = l.same + excluded.same,
  money_before = l.money_before + excluded.money_before, money_after = l.money_after + excluded.money_after
"""


@dataclass
class Tally:
    """What a batch found on one day in one shop for one kind."""

    new: int = 0
    gone: int = 0
    same: int = 0
    money_before: Decimal = Decimal(0)
    money_after: Decimal = Decimal(0)

    def add(self, change: Change) -> None:
        self.new += change.is_new
        self.gone += change.is_gone
        self.same += not change.is_new and not change.is_gone
        self.money_before += change.penalty_before
        self.money_after += change.penalty_after


@dataclass
class Found:
    """What a batch of orders came to."""

    lines: dict[tuple[int, date, str], Tally] = field(default_factory=dict)
    samples: list[BackTestSample] = field(default_factory=list)


def tests_of(member: Member) -> QuerySet[BackTest]:
    """The tests a member may see: all of the merchant's. Raises PermissionDenied unless they administer every shop."""
    if not member.may(Right.ADMINISTER) or not member.every_shop:
        raise PermissionDenied
    return BackTest.objects.filter(merchant=member.merchant)


def start(member: Member, days: int, now: datetime) -> BackTest:
    """Queue the merchant's draft to be tried on the last `days` days.

    Raises NotAllowed where there is no draft or another test of the merchant is open, PermissionDenied as `tests_of`.
    """
    tests = tests_of(member)
    draft = drafts.draft(member.merchant)
    if draft is None:
        raise NotAllowed(_("There is no draft to try. Change a rule first."))
    made = _made(draft, drafts.in_force(member.merchant, now), now - timedelta(days=days), now)
    made.asked_by = member.user
    try:
        with transaction.atomic():
            made.save()
    except IntegrityError:
        if not tests.filter(state__in=OPEN, trial=False).exists():
            raise
        raise NotAllowed(_("Another back-test is not over yet. Wait for it or cancel it.")) from None
    return made


def _made(draft: Policy, live: Policy | None, since: datetime, now: datetime) -> BackTest:
    return BackTest(
        merchant_id=draft.merchant_id,
        before=live.document if live else None,
        after=draft.document,
        since=since,
        until=now,
        created_at=now,
    )


def cancel(member: Member, pk: int, now: datetime) -> bool:
    """Stop a test where it stands; False where it was over already. Raises Http404 for one that is not the member's."""
    tests = tests_of(member).filter(pk=pk)
    if tests.filter(state__in=OPEN).update(state=State.CANCELLED, finished_at=now, lease_until=None):
        return True
    if not tests.exists():
        raise Http404
    return False


def is_stale(test: BackTest) -> bool:
    """Whether the merchant's draft is another one than what was tried; a draft that is gone changes nothing."""
    document = Policy.objects.filter(merchant=test.merchant_id, number=None).values_list("document", flat=True).first()
    return document is not None and document != test.after


def refresh_trials(now: datetime) -> None:
    """Queue a comparison for every draft on trial that has had none for TRIAL_EVERY."""
    _refresh(Policy.objects.all(), now)


def trial_report(policy: Policy, now: datetime) -> BackTest | None:
    """Return what a draft on trial would have flagged since its trial began: the last one done, else the one to come.

    Queues a new one where it is time. None for a draft that is not on trial.
    """
    if policy.state != Policy.State.SHADOW or policy.shadow_since is None:
        return None
    _refresh(Policy.objects.filter(pk=policy.pk), now)
    tests = BackTest.objects.filter(merchant=policy.merchant_id, trial=True, since=policy.shadow_since).order_by("-pk")
    return tests.filter(state=State.DONE).first() or tests.first()


def _refresh(policies: QuerySet[Policy], now: datetime) -> None:
    trials = BackTest.objects.filter(merchant=OuterRef("merchant"), trial=True)
    recent = trials.filter(since=OuterRef("shadow_since"), created_at__gt=now - TRIAL_EVERY)
    due = policies.filter(state=Policy.State.SHADOW, shadow_since__lt=now)
    due = due.exclude(Exists(trials.filter(state__in=OPEN))).exclude(Exists(recent))
    published = Policy.objects.filter(
        merchant=OuterRef("merchant"), state=Policy.State.PUBLISHED, effective_from__lte=now
    )
    made = []
    for draft in due.annotate(live=published.order_by("-number").values("document")[:1]):
        test = _made(draft, None, draft.shadow_since or now, now)
        test.before, test.trial = draft.live, True
        made.append(test)
    # Two workers at once: the database lets one through.
    BackTest.objects.bulk_create(made, ignore_conflicts=True)


def run_batch(now: datetime) -> int:
    """Take the next test in hand for one batch of orders; return 1, or 0 where there is nothing to do.

    An OperationalError leaves the test to whoever claims it next.
    """
    test = _claim(now)
    if test is None:
        return 0
    try:
        _take(test, now)
    except LeaseLost:
        log.info("back-test %s was cancelled or taken over", test.pk)
    except OperationalError:
        raise
    except Incomplete as error:
        log.info("back-test %s stopped: %s", test.pk, error.sentence)
        _fail(test, error.sentence, now)
    except Exception as error:
        log.exception("back-test %s failed", test.pk)
        with _language(test):
            said = _("The back-test stopped because of a fault of ours: %(error)s") % {"error": repr(error)[:500]}
        _fail(test, said, now)
    return 1


def _claim(now: datetime) -> BackTest | None:
    """Take the oldest test no living worker has in hand, people's before trials."""
    free = Q(lease_until=None) | Q(lease_until__lt=now)
    with transaction.atomic():
        tests = BackTest.objects.filter(free, state__in=OPEN).select_for_update(skip_locked=True, no_key=True)
        test = tests.order_by("trial", "pk").first()
        if test is not None:
            test.state, test.lease_until = State.RUNNING, now + LEASE
            BackTest.objects.filter(pk=test.pk).update(state=test.state, lease_until=test.lease_until)
    return test


def _orders(test: BackTest) -> QuerySet[Order]:
    """The orders whose limits may break in the window; those nobody dated are among them."""
    since = Coalesce("paid_at", "placed_at")
    orders = Order.objects.filter(shop__merchant=test.merchant_id).annotate(counts_from=since)
    return orders.filter(Q(counts_from__gte=test.since - LOOK_BACK, counts_from__lt=test.until) | Q(counts_from=None))


def _take(test: BackTest, now: datetime) -> None:
    """Commit one batch: its counts, its samples and the cursor, if the test is still ours."""
    with transaction.atomic():
        orders = _orders(test)
        ids = list(orders.filter(pk__gt=test.after_order).order_by("pk").values_list("pk", flat=True)[:BATCH])
        if ids:
            found = look(test, ids)
            _write(test, found)
        progress: dict[str, object] = {"orders_done": F("orders_done") + len(ids)}
        if not test.after_order:
            progress["orders_total"] = orders.count()
        if len(ids) < BATCH:
            progress |= {"state": State.DONE, "finished_at": now}
        else:
            progress["after_order"] = ids[-1]
        _give_back(test, progress)


def _give_back(test: BackTest, progress: dict[str, object]) -> None:
    mine = BackTest.objects.filter(pk=test.pk, state=State.RUNNING, lease_until=test.lease_until)
    if not mine.update(lease_until=None, **progress):
        raise LeaseLost
    if test.trial and progress.get("state") == State.DONE:
        BackTest.objects.filter(merchant=test.merchant_id, trial=True, pk__lt=test.pk).delete()


def _language(test: BackTest) -> translation.override:
    """What the person who asked reads; their browser is not here to ask."""
    return translation.override((test.asked_by.language if test.asked_by else "") or settings.LANGUAGE_CODE)


def _fail(test: BackTest, said: str, now: datetime) -> None:
    mine = BackTest.objects.filter(pk=test.pk, state=State.RUNNING, lease_until=test.lease_until)
    mine.update(state=State.FAILED, error=said, finished_at=now, lease_until=None)
    if test.trial:
        failed = BackTest.objects.filter(merchant=test.merchant_id, trial=True, state=State.FAILED)
        failed.filter(pk__lt=test.pk).delete()


def look(test: BackTest, order_ids: list[int]) -> Found:
    """Judge these orders by what was live for each and by the draft for all, and count what changes.

    Raises Incomplete where the draft cannot be read.
    """
    shops = {shop.pk: shop for shop in setups_of_orders(order_ids)}
    books = Books(shops.values())
    written = json.dumps(test.after, sort_keys=True)
    try:
        drafts = {pk: drafted(shop, written) for pk, shop in shops.items()}
    except ValueError as error:
        with _language(test):
            raise Incomplete("document", _("The draft cannot be read: %(error)s") % {"error": error}) from None

    def needs(shop_id: int) -> Needs:
        live, draft = books.needs(shop_id), needs_of_book(drafts[shop_id])
        return Needs(ways=live.ways or draft.ways, lines=live.lines or draft.lines)

    found = Found()
    for shop_id, facts in reading.read(order_ids, needs):
        draft = drafts[shop_id]
        before, after = judge(facts, books.of(shop_id, facts.since)), judge(facts, draft)
        for change in compare(before, after, test.since, test.until, draft.zone):
            _count(found, test, shop_id, facts.id, change)
    return found


@lru_cache(KEPT)
def drafted(shop: ShopSetup, written: str) -> Rulebook:
    """A shop's rules under a draft, written as JSON, without what opens no case."""
    return with_document(shop, json.loads(written), None).watched


def _count(found: Found, test: BackTest, shop_id: int, order_id: int, change: Change) -> None:
    found.lines.setdefault((shop_id, change.day, change.kind.value), Tally()).add(change)
    if change.is_new or change.is_gone:
        found.samples.append(
            BackTestSample(
                test=test,
                order_id=order_id,
                kind=change.kind.value,
                due_before=change.due_before,
                due_after=change.due_after,
                penalty=change.penalty,
            )
        )


def _write(test: BackTest, found: Found) -> None:
    # In one order for all workers: no two wait for each other.
    lines = sorted(found.lines.items())
    columns: dict[str, list[object]] = {
        name: [key[at] for key, _tally in lines] for at, name in enumerate(("shop", "day", "kind"))
    }
    columns |= {name: [getattr(tally, name) for _key, tally in lines] for name in Tally.__dataclass_fields__}
    with connection.cursor() as cursor:
        cursor.execute(ADD_LINES, {"test": test.pk, **columns})
    BackTestSample.objects.bulk_create(_foremost(found.samples))
    kept = test.samples.order_by(*FIRST).values("pk")[:SAMPLES]
    test.samples.exclude(pk__in=kept).delete()


def _foremost(samples: Iterable[BackTestSample]) -> list[BackTestSample]:
    return sorted(samples, key=lambda one: (one.due_before is not None, -one.penalty, one.order_id))[:SAMPLES]
