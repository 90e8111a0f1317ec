"""An uploaded file on its way in: preview → queued → running → done, each step safe to repeat.

A run belongs to the worker whose lease stands on it. Every batch commits its orders, its issues and its progress together,
on the condition that the lease is still that worker's; so a dead worker's run is taken over where it stopped, and one that
was only slow finds its lease gone and leaves nothing half done.
"""

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import islice
from typing import Final

from django.conf import settings
from django.db import OperationalError, transaction
from django.db.models import F, Q
from django.utils import translation
from django.utils.translation import gettext as _

from merchants.models import Shop, User
from orders import intake
from orders.drafts import OrderDraft, RowIssue
from orders.errors import LeaseLost, UnusableFile
from orders.models import ImportIssue, OrderImport
from orders.sources.fields import FIELDS
from orders.sources.profiles import AUTO, GENERIC, named
from orders.sources.reading import open_table
from orders.sources.rows import columns_of, header_of
from orders.sources.sheet import Reading, Sheet, open_sheets

log = logging.getLogger(__name__)

State = OrderImport.State
# A batch takes well under a second; a worker silent for that long is dead.
LEASE: Final = timedelta(seconds=60)
# Rows a preview reads for its warnings (about 0.2 s), and orders it shows.
PREVIEW_ROWS: Final = 2000
PREVIEW_ORDERS: Final = 8
# Issues kept for the report; a file with more is wrong as a whole, and its refused rows are all counted.
MOST_ISSUES: Final = 5000
# Rows a batch may bring even where few of them end an order.
BATCH_ROWS: Final = 5 * intake.BATCH
COUNTERS: Final = ("rows_done", "rows_refused", "orders_created", "orders_updated", "orders_unchanged")
# A preview nobody committed holds people's data for no reason.
FORGOTTEN: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Preview:
    """A file as it would be read: its columns, which fills which field, first orders and first doubts."""

    headers: tuple[str, ...] = ()
    mapping: dict[str, str] = field(default_factory=dict)
    orders: tuple[OrderDraft, ...] = ()
    issues: tuple[RowIssue, ...] = ()
    rows: int = 0
    rows_read: int = 0
    refused: int = 0
    # Why it cannot be committed as it is; "" = it can.
    error: str = ""


def upload(shop: Shop, by: User | None, filename: str, content: bytes, now: datetime) -> OrderImport:
    """Keep a file for its preview. Raises UnusableFile where no choice of columns could make it readable."""
    header_of(open_table(content, filename))
    profile = GENERIC
    try:
        (sheet,) = open_sheets([(filename, content)], AUTO, shop.zone)
        profile = sheet.profile.name
    except UnusableFile as error:
        if error.code != "header-unknown":
            raise
    forgotten = OrderImport.objects.filter(
        shop__merchant=shop.merchant, state=State.PREVIEW, created_at__lt=now - FORGOTTEN
    )
    forgotten.delete()
    return OrderImport.objects.create(
        shop=shop, by=by, profile=profile, filename=filename[:200], content=content, created_at=now
    )


def opened(run: OrderImport) -> Sheet:
    """Return the run's file as its profile and mapping read it. Raises UnusableFile."""
    (sheet,) = open_sheets([(run.filename, bytes(run.content))], run.profile, run.shop.zone, run.mapping)
    return sheet


def preview(run: OrderImport) -> Preview:
    """Return how the file would be read; an unusable one is a preview with its error and, if it has one, its header."""
    try:
        sheet = opened(run)
        readings = list(islice(sheet.readings(), PREVIEW_ROWS))
    except UnusableFile as error:
        return Preview(header(run), dict(run.mapping), error=str(error))
    orders = [reading.draft for reading in readings if reading.draft]
    return Preview(
        headers=tuple(name for name in sheet.header.names if name),
        mapping=sheet.mapping(),
        orders=tuple(orders[:PREVIEW_ORDERS]),
        issues=tuple(issue for reading in readings for issue in reading.issues)[:100],
        rows=sheet.total,
        rows_read=len(readings),
        refused=sum(reading.refused for reading in readings),
        error="" if sheet.total else str(UnusableFile("no-rows")),
    )


def header(run: OrderImport) -> tuple[str, ...]:
    """Return the columns of the run's file; none where it has no header. Cheap: no row of data is read."""
    try:
        return tuple(name for name in header_of(open_table(bytes(run.content))).names if name)
    except UnusableFile:
        return ()


def choose(run: OrderImport, profile: str, columns: dict[str, str]) -> None:
    """Remember the profile and the columns (field → header, "" = none) a person chose over the profile's own guess.

    A file read otherwise than before starts anew: what a failed attempt counted no longer holds.
    """
    mapping: dict[str, str] = {}
    if profile == run.profile:
        names = header_of(open_table(bytes(run.content)))
        guess = {name: names.names[at[0]] for name, at in columns_of(names, named(profile).fields, {}).items()}
        mapping = {name: column for name, column in columns.items() if name in FIELDS and column != guess.get(name, "")}
    if (profile, mapping) == (run.profile, run.mapping):
        return
    run.profile, run.mapping = profile, mapping
    waiting = OrderImport.objects.filter(pk=run.pk, state__in=[State.PREVIEW, State.FAILED])
    if waiting.update(profile=profile, mapping=mapping, **dict.fromkeys(COUNTERS, 0)):
        run.issues.all().delete()


def commit(run: OrderImport) -> bool:
    """Queue a previewed (or failed) run; False where somebody else has, or it is over."""
    open_runs = OrderImport.objects.filter(pk=run.pk, state__in=[State.PREVIEW, State.FAILED])
    return bool(open_runs.update(state=State.QUEUED, error="", finished_at=None))


def discard(run: OrderImport) -> bool:
    """Throw a run away; True where it is gone. Of a failed one that brought rows in, its report stays and its file goes."""
    waiting = OrderImport.objects.filter(pk=run.pk, state__in=[State.PREVIEW, State.FAILED])
    if waiting.filter(rows_done=0).delete()[0]:
        return True
    waiting.update(content=b"")
    return False


def claim(now: datetime) -> OrderImport | None:
    """Take the next run that is queued, or whose worker is dead, under a lease; None where there is none."""
    due = Q(state=State.QUEUED) | Q(state=State.RUNNING, lease_until__lt=now)
    with transaction.atomic():
        runs = OrderImport.objects.filter(due).select_for_update(skip_locked=True, of=("self",), no_key=True)
        run = runs.select_related("shop", "by").order_by("pk").first()
        if run is not None:
            run.state, run.lease_until = State.RUNNING, now + LEASE
            OrderImport.objects.filter(pk=run.pk).update(state=run.state, lease_until=run.lease_until)
    return run


def work(run: OrderImport, clock: Callable[[], datetime]) -> None:
    """Bring a claimed run to its end, from where it stands. An OperationalError leaves it to whoever claims it next."""
    try:
        sheet = opened(run)
        _lease(run, clock(), rows_total=sheet.total)
        for batch in _batches(islice(sheet.readings(), run.rows_done, None)):
            _take(run, batch, clock())
        _end(run, clock(), State.DONE, content=b"")
    except LeaseLost:
        log.warning("import %s was taken over by another worker", run.pk)
    except UnusableFile as error:
        log.info("import %s stopped: %s", run.pk, error.code)
        with translation.override(_language(run)):
            _end(run, clock(), State.FAILED, error=str(error))
    except OperationalError:
        raise
    except Exception:
        log.exception("import %s failed", run.pk)
        with translation.override(_language(run)):
            reason = _("The import stopped because of a fault of ours. What went in stays; start it again to go on.")
        _end(run, clock(), State.FAILED, error=reason)


def _batches(readings: Iterator[Reading]) -> Iterator[list[Reading]]:
    batch: list[Reading] = []
    orders = 0
    for reading in readings:
        batch.append(reading)
        orders += reading.draft is not None
        if orders >= intake.BATCH or len(batch) >= BATCH_ROWS:
            yield batch
            batch, orders = [], 0
    if batch:
        yield batch


def _take(run: OrderImport, batch: list[Reading], now: datetime) -> None:
    """Commit one batch: its orders, its issues, and the run's progress, if the run is still ours."""
    with transaction.atomic():
        counts = intake.take_batch(run.shop, [reading.draft for reading in batch if reading.draft], now)
        room = MOST_ISSUES - ImportIssue.objects.filter(run=run).count()
        issues = (ImportIssue(run=run, **_fields(issue)) for reading in batch for issue in reading.issues)
        ImportIssue.objects.bulk_create(islice(issues, max(room, 0)))
        _lease(
            run,
            now,
            rows_done=F("rows_done") + len(batch),
            rows_refused=F("rows_refused") + sum(reading.refused for reading in batch),
            orders_created=F("orders_created") + counts.created,
            orders_updated=F("orders_updated") + counts.updated,
            orders_unchanged=F("orders_unchanged") + counts.unchanged,
        )


def _fields(issue: RowIssue) -> dict[str, object]:
    return {
        "row": issue.row,
        "field": issue.field[:60],
        "code": issue.code,
        "value": issue.value[:200],
        "refused": issue.refused,
    }


def _lease(run: OrderImport, now: datetime, **progress: object) -> None:
    """Write progress and a new lease over the one we hold. Raises LeaseLost where it is no longer ours."""
    mine = OrderImport.objects.filter(pk=run.pk, state=State.RUNNING, lease_until=run.lease_until)
    lease = now + LEASE
    if not mine.update(lease_until=lease, **progress):
        raise LeaseLost
    run.lease_until = lease


def _language(run: OrderImport) -> str:
    """What the person who uploaded the file reads; their browser is not here to ask."""
    return (run.by.language if run.by else "") or settings.LANGUAGE_CODE


def _end(run: OrderImport, now: datetime, state: str, **changes: object) -> None:
    mine = OrderImport.objects.filter(pk=run.pk, state=State.RUNNING, lease_until=run.lease_until)
    if not mine.update(state=state, finished_at=now, lease_until=None, **changes):
        log.warning("import %s was taken over by another worker", run.pk)
