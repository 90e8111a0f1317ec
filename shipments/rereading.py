"""Stored scans read anew: after an admin said what a wording means, after the rules changed.

The stored answers are decoded again, so a new reading has the same evidence as the first. A scan's facts (instant, words,
code) never change; its stage, cause and rule do, and what they were is kept (EventReading). Reading the same again changes
nothing, so a run may be repeated or broken off anywhere. Locks: waybills, then wordings, then orders.
"""

import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple, cast

from django.db import OperationalError, connection, transaction
from django.db.models import F

from merchants.models import User
from shipments import accounts, carriers, reading, recording, refolding
from shipments.answers import NotAnAnswer
from shipments.inbox.counting import IN_INBOX, Key, Said, is_inboxed
from shipments.models import EventReading, RawAnswer, TrackingEvent, Waybill, Wording
from shipments.phrases import phrase
from shipments.recording import Told
from shipments.wording import Verdict

log = logging.getLogger(__name__)

# A waybill has about ten stored answers of 20 KB at most; this many are decoded in about half a second.
BATCH: Final = 50
# A worker that dies over a batch is missed after this; a batch takes seconds.
LEASE: Final = timedelta(minutes=2)
# A wording whose batch fails is set aside this long, with its error.
SET_ASIDE: Final = timedelta(hours=1)


class Meaning(NamedTuple):
    """What a scan is read as; values of Stage and Cause, and the rule."""

    stage: str
    cause: str
    rule: str


@dataclass(frozen=True, slots=True)
class Reread:
    """What a batch came to."""

    waybills: int = 0
    scans: int = 0
    moved: int = 0


def read_again(waybill_ids: Sequence[int], now: datetime, by: User | None = None) -> Reread:
    """Read the stored scans of these waybills anew, keep what they were read as, fold and wake what changed."""
    with transaction.atomic():
        locked = Waybill.objects.filter(pk__in=waybill_ids).order_by("pk").select_for_update(no_key=True, of=("self",))
        waybills = {waybill.pk: waybill for waybill in locked.select_related("carrier", "account")}
        events = list(TrackingEvent.objects.filter(waybill__in=waybills))
        changed = [(event, new) for event, new in _meanings(waybills, events) if new != _of(event)]
        if not changed:
            return Reread(len(waybills))
        _write(changed, now, by)
        concerned = sorted({event.waybill_id for event, _ in changed})
        with connection.cursor() as cursor:
            against = refolding.held(cursor, concerned)
            moved = refolding.refold(cursor, concerned, against, {})
            refolding.wake(cursor, concerned, against, now)
    return Reread(len(waybills), len(changed), len(moved))


def _of(event: TrackingEvent) -> Meaning:
    return Meaning(event.stage, event.cause, event.rule)


def _meanings(waybills: dict[int, Waybill], events: Sequence[TrackingEvent]) -> Iterator[tuple[TrackingEvent, Meaning]]:
    """Return what each scan means today: by its answer decoded again, else by its code and words, then as admins said."""
    answers = RawAnswer.objects.filter(pk__in={event.answer_id for event in events if event.answer_id})
    told = {answer.pk: answer for answer in answers.select_related("account")}
    decoded = _decoded(told.values(), waybills)
    said = _said({waybill.merchant_id for waybill in waybills.values()})
    for event in events:
        waybill = waybills[event.waybill_id]
        answer = told.get(event.answer_id or 0)
        account = answer.account if answer else waybill.account
        provider = account.provider if account else ""
        new = decoded.get((event.answer_id, waybill.pk, bytes(event.fingerprint)))
        if new is None:
            new = _alone(event, provider, waybill.carrier.code)
        if said and is_inboxed(event.code, new.rule):
            admins = said.get(Key(waybill.merchant_id, provider, event.code, phrase(event.text)))
            new = Meaning(admins.stage, admins.cause, admins.rule) if admins else new
        yield event, new


def _decoded(
    answers: Iterable[RawAnswer], waybills: dict[int, Waybill]
) -> dict[tuple[int | None, int, bytes], Meaning]:
    """Decode stored answers; return what each of their scans means, by answer, waybill and fingerprint."""
    by_number: dict[tuple[int, str], list[int]] = {}
    for waybill in waybills.values():
        by_number.setdefault((waybill.merchant_id, waybill.number.upper()), []).append(waybill.pk)
    found: dict[tuple[int | None, int, bytes], Meaning] = {}
    for answer in answers:
        provider = accounts.provider_of(answer.account)
        try:
            said = provider.read(bytes(answer.body)) if provider else ()
        except NotAnAnswer:
            continue  # an adapter of then could read it: its scans are read by themselves
        told = [
            Told(pk, one, answer.pk)
            for one in said
            for pk in by_number.get((answer.account.merchant_id, one.number.upper()), ())
        ]
        # The scan was believed when it came, so its answer is judged by the clock of then.
        for row in recording.as_rows(told, answer.seen_at)[0]:
            found[answer.pk, row[0], row[1]] = Meaning(row[4], row[5], row[6])
    return found


def _alone(event: TrackingEvent, provider: str, carrier: str) -> Meaning:
    """Read a scan whose answer is gone: a code's reading stays, the rest is read from its code and words again."""
    if event.rule.startswith("code:"):
        return _of(event)
    return _by_itself(provider, event.code, event.text, carrier)


def _by_itself(provider: str, code: str, text: str, carrier: str) -> Meaning:
    table = cast(Mapping[str, Verdict], carriers.provider(provider).STATUS) if provider in carriers.codes() else {}
    stage, cause, rule = reading.read(code, text, table, carrier)
    return Meaning(stage.value, cause.value if cause else "", rule)


def _said(merchant_ids: set[int]) -> dict[Key, Said]:
    mapped = Wording.objects.filter(merchant__in=merchant_ids, mapped_at__isnull=False)
    return {
        Key(one.merchant_id, one.provider, one.code, one.phrase): Said(one.pk, one.stage, one.cause) for one in mapped
    }


_UPDATE = (
    "UPDATE shipments_trackingevent e SET stage = t.stage, cause = t.cause, rule = t.rule "
    "FROM unnest(%s::bigint[], %s::timestamptz[], %s::bytea[], %s::text[], %s::text[], %s::text[]) "
    "AS t(waybill_id, occurred_at, fingerprint, stage, cause, rule) "
    "WHERE e.waybill_id = t.waybill_id AND e.occurred_at = t.occurred_at AND e.fingerprint = t.fingerprint"
)


def _write(changed: Sequence[tuple[TrackingEvent, Meaning]], now: datetime, by: User | None) -> None:
    rows = [(event.waybill_id, event.occurred_at, bytes(event.fingerprint), *new) for event, new in changed]
    with connection.cursor() as cursor:
        cursor.execute(_UPDATE, [list(column) for column in zip(*rows, strict=True)])
    EventReading.objects.bulk_create(
        EventReading(
            waybill_id=event.waybill_id,
            occurred_at=event.occurred_at,
            fingerprint=event.fingerprint,
            from_stage=event.stage,
            from_cause=event.cause,
            from_rule=event.rule,
            to_stage=new.stage,
            to_cause=new.cause,
            to_rule=new.rule,
            at=now,
            by=by,
        )
        for event, new in changed
    )


def work(now: datetime) -> int:
    """Read one batch of the scans of a wording that waits for it; return the wordings taken: 0 = none waits."""
    wording = _claim(now)
    if wording is None:
        return 0
    try:
        _go_on(wording, now)
    except OperationalError:
        raise  # a deadlock, a database gone: nobody's fault, the lease runs out
    except Exception as error:
        log.exception("The scans of wording %s cannot be read again", wording.pk)
        message = recording.storable(f"{type(error).__name__}: {error}")[:300]
        Wording.objects.filter(pk=wording.pk, reread_at=wording.reread_at).update(
            reread_at=now + SET_ASIDE, reread_error=message
        )
    return 1


def _claim(now: datetime) -> Wording | None:
    """Take a lease on the wording that waits longest. No lock stays: the batch locks its waybills first."""
    with transaction.atomic():
        due = Wording.objects.filter(reread_at__lte=now).order_by("reread_at", "pk")
        wording = due.select_for_update(skip_locked=True, no_key=True, of=("self",)).first()
        if wording is None:
            return None
        wording.reread_at = now + LEASE
        wording.save(update_fields=["reread_at"])
    return wording


def _go_on(wording: Wording, now: datetime) -> None:
    """Read the next waybills of this wording again and note how far it has come, both or neither."""
    last, ids = _next(wording)
    mine = Wording.objects.filter(pk=wording.pk, reread_at=wording.reread_at)
    with transaction.atomic():
        list(Waybill.objects.filter(pk__in=ids).order_by("pk").select_for_update(no_key=True).values_list("pk"))
        # Before any order: whoever records a scan of this wording holds it when they come to theirs.
        if not mine.select_for_update(no_key=True).values_list("pk").first():
            return  # somebody has mapped it anew meanwhile and starts over
        done = read_again(ids, now, wording.reread_by) if ids else Reread()
        mine.update(
            reread_at=now if last is not None else None,
            reread_after=last if last is not None else F("reread_after"),
            reread_waybills=F("reread_waybills") + done.waybills,
            reread_scans=F("reread_scans") + done.scans,
            reread_error="",
        )


_OF_WORDING = (
    "FROM shipments_trackingevent e JOIN shipments_waybill w ON w.id = e.waybill_id "
    "LEFT JOIN shipments_rawanswer a ON a.id = e.answer_id LEFT JOIN shipments_carrieraccount told ON told.id = a.account_id "
    "LEFT JOIN shipments_carrieraccount asked ON asked.id = w.account_id "
    f"WHERE {IN_INBOX} AND w.merchant_id = %s AND e.code = %s AND coalesce(told.provider, asked.provider, '') = %s "
)
_WAYBILLS = f"SELECT DISTINCT e.waybill_id {_OF_WORDING} AND e.waybill_id > %s ORDER BY e.waybill_id LIMIT %s"
_TEXTS = f"SELECT e.waybill_id, e.text {_OF_WORDING}"


def _next(wording: Wording) -> tuple[int | None, list[int]]:
    """Return the last of the next waybills with scans under this wording's code (None = no more), and those with its words."""
    scope: list[Any] = [wording.merchant_id, wording.code, wording.provider]
    with connection.cursor() as cursor:
        cursor.execute(_WAYBILLS, [*scope, wording.reread_after, BATCH])
        ids = [row[0] for row in cursor.fetchall()]
        if not ids:
            return None, []
        cursor.execute(f"{_TEXTS} AND e.waybill_id = ANY(%s)", [*scope, ids])
        mine = {row[0] for row in cursor.fetchall() if phrase(row[1]) == wording.phrase}
    return ids[-1], sorted(mine)


# More scans than this are not counted before they are read again.
MOST_PREVIEWED: Final = 10_000


@dataclass(frozen=True, slots=True)
class Preview:
    """How much reading a wording again would touch; `capped` = at least so much."""

    scans: int
    waybills: int
    capped: bool


def preview(wording: Wording) -> Preview:
    """Count the stored scans of a wording and their waybills."""
    with connection.cursor() as cursor:
        scope: list[Any] = [wording.merchant_id, wording.code, wording.provider]
        cursor.execute(f"{_TEXTS} LIMIT %s", [*scope, MOST_PREVIEWED])
        rows = cursor.fetchall()
    mine = [row[0] for row in rows if phrase(row[1]) == wording.phrase]
    return Preview(len(mine), len(set(mine)), len(rows) == MOST_PREVIEWED)


def refresh_readings(provider: str = "") -> int:
    """Note what today's rules make of the wordings in the inbox by themselves; return how many they read otherwise."""
    wordings = Wording.objects.select_related("waybill__carrier")
    changed = []
    for wording in wordings.filter(provider=provider) if provider else wordings:
        carrier = wording.waybill.carrier.code if wording.waybill else ""
        new = _by_itself(wording.provider, wording.code, wording.example, carrier)
        if new != (wording.read_stage, wording.read_cause, wording.read_rule):
            wording.read_stage, wording.read_cause, wording.read_rule = new
            changed.append(wording)
    Wording.objects.bulk_update(changed, ["read_stage", "read_cause", "read_rule"], batch_size=500)
    return len(changed)
