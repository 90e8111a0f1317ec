"""What providers said, written down: raw answers, events once each, the progress they fold to, and orders woken.

Work is done in sets: a batch costs a fixed number of queries whatever its size. Locks are taken in the order of the
house, waybills before orders, each in pk order.
"""

import hashlib
import io
import logging
from collections import Counter
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from django.db import connection, transaction

from shipments import chaining, onward, refolding
from shipments.answers import Answer, Onward
from shipments.inbox import counting
from shipops.kit.copying import NULL

log = logging.getLogger(__name__)

# COPY into a temporary table pays from about here on (measured: 67,000 against 33,000 rows/s); below, its round trips
# cost more than they bring.
COPY_FROM: Final = 200
# Clocks of outlets run ahead by minutes; hours ahead are a mistake that would hide every later scan.
AHEAD: Final = timedelta(minutes=10)
# No carrier gave tracks by API before; older times are zeroes and typing errors.
FIRST_YEAR: Final = 2009
LONGEST_TEXT: Final = 500
LONGEST_RULE: Final = 80
MOST_LOGGED: Final = 20
LONGEST_POSITION: Final = 32_767


@dataclass(frozen=True, slots=True)
class Body:
    """A provider's answer as it came."""

    account_id: int
    kind: str
    content: bytes
    # Read by whom stores it, in the same breath; None = still to read.
    read_at: datetime | None = None
    error: str = ""


@dataclass(frozen=True, slots=True)
class Told:
    """What an answer says of one waybill of ours."""

    waybill_id: int
    answer: Answer
    answer_id: int | None = None


@dataclass(frozen=True, slots=True)
class Recorded:
    """What a batch came to."""

    new_events: int = 0
    changed: tuple[int, ...] = ()
    woken: int = 0
    warnings: tuple[str, ...] = ()


def keep(bodies: Sequence[Body], now: datetime) -> list[int]:
    """Store bodies and return their ids, in order; the same body of the same account again is counted, not stored."""
    if not bodies:
        return []
    hashes = [hashlib.sha256(body.content).digest() for body in bodies]
    unique = {(body.account_id, digest): body for body, digest in zip(bodies, hashes, strict=True)}
    ordered = sorted(unique.items())
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO shipments_rawanswer "
            "(account_id, kind, body, sha256, received_at, seen_at, seen_count, read_at, error) "
            "SELECT account, kind, body, sha256, %s, %s, 1, read_at, error "
            "FROM unnest(%s::bigint[], %s::text[], %s::bytea[], %s::bytea[], %s::timestamptz[], %s::text[]) "
            "AS t(account, kind, body, sha256, read_at, error) "
            "ON CONFLICT (account_id, sha256) DO UPDATE SET "
            "seen_count = shipments_rawanswer.seen_count + 1, seen_at = excluded.seen_at "
            "RETURNING id, account_id, sha256",
            [
                now,
                now,
                [key[0] for key, _ in ordered],
                [body.kind for _, body in ordered],
                [body.content for _, body in ordered],
                [key[1] for key, _ in ordered],
                [body.read_at for _, body in ordered],
                [storable(body.error) for _, body in ordered],
            ],
        )
        ids = {(account, bytes(digest)): pk for pk, account, digest in cursor.fetchall()}
    return [ids[body.account_id, digest] for body, digest in zip(bodies, hashes, strict=True)]


def record(told: Sequence[Told], now: datetime, wake: Sequence[int] = (), anew: Sequence[int] = ()) -> Recorded:
    """Write a batch down: events once each, the progress of their waybills, their orders woken.

    Orders of the waybills in `wake` are woken too, although nothing may be new about them; those in `anew` are folded
    although they may have no new events, because some are read otherwise now.
    """
    rows, warnings = as_rows(told, now)
    touched = sorted({*(one.waybill_id for one in told), *wake, *anew})
    if not touched:
        return Recorded()
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT id FROM shipments_waybill WHERE id = ANY(%s) ORDER BY id FOR NO KEY UPDATE", [touched])
        rows = counting.take(cursor, rows, now)
        inserted = (_copy if len(rows) >= COPY_FROM else _unnest)(cursor, rows, now)
        moved = _raise_positions(cursor, rows, inserted)
        remarks = {one.waybill_id: one.answer.remark for one in told if one.answer.remark}
        news = sorted({*inserted, *moved, *remarks, *anew})
        against = refolding.held(cursor, sorted({*news, *wake}))
        changed = refolding.refold(cursor, news, against, remarks)
        chaining.follow(_onward(told, inserted), now)
        woken = refolding.wake(cursor, {*changed, *wake}, against, now)
    # What could not be read is said when it is new, not at every question until the parcel arrives.
    fresh = (one for one in told if one.waybill_id in inserted)
    warnings += [f"{one.answer.number}: {warning}" for one in fresh for warning in one.answer.warnings]
    for warning in warnings[:MOST_LOGGED]:
        log.warning("%s", warning)
    return Recorded(sum(inserted.values()), tuple(changed), woken, tuple(warnings))


def _onward(told: Iterable[Told], fresh: Container[int]) -> dict[int, list[Onward]]:
    """Return the numbers that waybills with new scans travel on under, by waybill."""
    found: dict[int, list[Onward]] = {}
    for one in told:
        if one.waybill_id in fresh:
            named = [*one.answer.onward, *onward.told(one.answer.events, one.answer.number)]
            if named:
                found.setdefault(one.waybill_id, []).extend(named)
    return found


# Instants as ISO text in UTC: written once, for the fingerprint, for COPY and for arrays alike.
Row = tuple[int, bytes, str, int, str, str, str, str, str, str, int | None]
POSITION: Final = 3


def as_rows(told: Iterable[Told], now: datetime) -> tuple[list[Row], list[str]]:
    """Return one row an event, what cannot be true left out, and a warning for each left out.

    A row's position is its rank among the scans its answer tells of the same instant, and the highest any answer gives it:
    a rank from the start of the list would depend on how much of the track was known when it was told. A shuffled list
    (bodies.scans) gives all scans of an instant one place, and so no rank.
    """
    rows: dict[tuple[int, bytes], Row] = {}
    warnings: list[str] = []
    latest = now + AHEAD
    for one in told:
        before, place_before, rank = None, 0, 0
        for event in one.answer.events:
            at = event.occurred_at
            if at > latest or at.year < FIRST_YEAR:
                warnings.append(f"{one.answer.number}: scan at {at:%Y-%m-%d %H:%M} UTC cannot be true, not recorded")
                continue
            text, place, code, rule = event.text, event.place, event.code, event.rule
            if not (text + place + code + rule).isprintable():
                text, place, code, rule = storable(text), storable(place), storable(code), storable(rule)
            text = text[:LONGEST_TEXT]
            told_at = (at if at.tzinfo is UTC else at.astimezone(UTC)).isoformat()
            # The same instant and the same words are the same scan, whoever tells it and however often.
            digest = hashlib.sha256(f"{told_at}\x00{text}".encode()).digest()[:16]
            key = (one.waybill_id, digest)
            # Scans without a place of their own (a shuffled list) share a rank: their words decide between them.
            rank = 0 if at != before else rank + (event.position != place_before)
            before, place_before = at, event.position
            known = rows.get(key)
            if known is not None and known[POSITION] >= rank:
                continue
            cause = event.cause.value if event.cause else ""
            row = (event.stage.value, cause, rule[:LONGEST_RULE], text, place[:80], code[:20], one.answer_id)
            rows[key] = (*key, told_at, min(rank, LONGEST_POSITION), *(row if known is None else known[POSITION + 1 :]))
    return list(rows.values()), warnings


def storable(text: str) -> str:
    """Return `text` as it can be stored: control characters are blanks, and a lone surrogate cannot even be sent."""
    return text.translate(_BLANKS).encode("utf-8", errors="replace").decode()


_BLANKS = dict.fromkeys((*range(32), 127), " ")


_NAMES = (
    "waybill_id",
    "fingerprint",
    "occurred_at",
    "position",
    "stage",
    "cause",
    "rule",
    "text",
    "place",
    "code",
    "answer_id",
)
_COLUMNS = ", ".join(_NAMES)
_INSERT = (
    f"INSERT INTO shipments_trackingevent ({_COLUMNS}, recorded_at) SELECT {_COLUMNS}, %s FROM {{source}} "
    "ON CONFLICT (waybill_id, occurred_at, fingerprint) DO NOTHING RETURNING waybill_id"
)
_FROM_ARRAYS = _INSERT.format(
    source="unnest(%s::bigint[], %s::bytea[], %s::timestamptz[], %s::smallint[], %s::text[], %s::text[], %s::text[], "
    f"%s::text[], %s::text[], %s::text[], %s::bigint[]) AS t({_COLUMNS})"
)
_FROM_COPY = _INSERT.format(source="told")


def _unnest(cursor: Any, rows: Sequence[Row], now: datetime) -> dict[int, int]:
    if not rows:
        return {}
    columns = [list(column) for column in zip(*rows, strict=True)]
    cursor.execute(_FROM_ARRAYS, [now, *columns])
    return Counter(row[0] for row in cursor.fetchall())


def _copy(cursor: Any, rows: Sequence[Row], now: datetime) -> dict[int, int]:
    """Bring many rows in by COPY; the temporary table lives as long as the connection and is empty after each commit."""
    cursor.execute(
        "CREATE TEMPORARY TABLE IF NOT EXISTS told (waybill_id bigint, fingerprint bytea, occurred_at timestamptz, "
        "position smallint, stage text, cause text, rule text, text text, place text, code text, answer_id bigint) "
        "ON COMMIT DELETE ROWS"
    )
    cursor.execute("DELETE FROM told")  # of an earlier batch in the same transaction; TRUNCATE costs ten times as much
    lines = [
        f"{waybill_id}\t\\\\x{digest.hex()}\t{at}\t{position}\t{stage}\t{cause}\t{_escaped(rule)}\t{_escaped(text)}\t{_escaped(place)}\t"
        f"{_escaped(code)}\t{NULL if answer_id is None else answer_id}\n"
        for waybill_id, digest, at, position, stage, cause, rule, text, place, code, answer_id in rows
    ]
    cursor.copy_expert(f"COPY told ({_COLUMNS}) FROM STDIN", io.StringIO("".join(lines)))
    cursor.execute(_FROM_COPY, [now])
    return Counter(row[0] for row in cursor.fetchall())


def _raise_positions(cursor: Any, rows: Sequence[Row], inserted: Mapping[int, int]) -> list[int]:
    """Move scans that were known back behind others of their instant that were not; return the waybills concerned."""
    tied = [row for row in rows if row[POSITION]]
    if not tied or len(rows) == sum(inserted.values()):
        return []
    cursor.execute(_RAISE, [list(column) for column in list(zip(*tied, strict=True))[: POSITION + 1]])
    return [row[0] for row in cursor.fetchall()]


_RAISE = (
    "UPDATE shipments_trackingevent e SET position = t.position "
    "FROM unnest(%s::bigint[], %s::bytea[], %s::timestamptz[], %s::smallint[]) AS t(waybill_id, fingerprint, at, position) "
    "WHERE e.waybill_id = t.waybill_id AND e.occurred_at = t.at AND e.fingerprint = t.fingerprint "
    "AND e.position < t.position RETURNING e.waybill_id"
)


def _escaped(text: str) -> str:
    """Escape for COPY; `storable` has left nothing but the backslash to escape."""
    return text.replace("\\", "\\\\") if "\\" in text else text
