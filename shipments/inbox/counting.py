"""Scans that no code told or no rule read, counted by wording as they are recorded, and read as an admin said.

A batch without such scans costs nothing; one with them, three statements whatever its size. Locks: waybills (the caller's),
then wordings in the order of their key, then orders.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple

from shipments.phrases import masked, phrase

# Which stored scans the inbox is about; the condition of the index event_inbox, word for word.
IN_INBOX: Final = (
    "(e.rule = '' OR e.rule LIKE 'whole:%%' OR e.rule LIKE 'admin:%%' "
    + "OR (NOT e.rule LIKE 'code:%%' AND NOT e.code = ''))"
)

# Places in shipments.recording.Row.
_WAYBILL, _DIGEST, _AT, _STAGE, _CAUSE, _RULE, _TEXT, _CODE, _ANSWER = 0, 1, 2, 4, 5, 6, 7, 9, 10

Row = tuple[Any, ...]


class Key(NamedTuple):
    """Which wording: of whom, told by which provider, under which code, in which words."""

    merchant_id: int
    provider: str
    code: str
    phrase: str


class Said(NamedTuple):
    """What an admin said a wording means."""

    wording_id: int
    stage: str
    cause: str

    @property
    def rule(self) -> str:
        return f"admin:{self.wording_id}"


def is_inboxed(code: str, rule: str) -> bool:
    """Return whether a scan is one for the inbox: unread by itself, or read only by its words although it has a code."""
    return is_unread(rule) or (code != "" and not rule.startswith(("code:", "admin:")))


def is_unread(rule: str) -> bool:
    """Return whether nothing reads a scan by itself."""
    return not rule or rule.startswith("whole:")


def take(cursor: Any, rows: list[Row], now: datetime) -> list[Row]:
    """Count what of these rows is new and for the inbox; return the rows, with what admins said of them put in.

    The caller holds the waybills locked, so what is not stored yet is new.
    """
    concerned = [row for row in rows if row[_RULE][:5] != "code:" and is_inboxed(row[_CODE], row[_RULE])]
    fresh = _not_stored(cursor, concerned) if concerned else []
    if not fresh:
        return rows
    owners = _owners(cursor, {(row[_WAYBILL], row[_ANSWER]) for row in fresh})
    by_key: dict[Key, list[Row]] = {}
    for row in fresh:
        owner = owners.get((row[_WAYBILL], row[_ANSWER]))
        if owner is not None:
            by_key.setdefault(Key(*owner, row[_CODE], phrase(row[_TEXT])), []).append(row)
    said = _count(cursor, by_key, now)
    mapped = {row[:2]: said[key] for key, some in by_key.items() if key in said for row in some}
    if not mapped:
        return rows
    return [_as_said(row, mapped[row[:2]]) if row[:2] in mapped else row for row in rows]


def _as_said(row: Row, said: Said) -> Row:
    return (*row[:_STAGE], said.stage, said.cause, said.rule, *row[_RULE + 1 :])


_STORED = (
    "SELECT t.place FROM unnest(%s::integer[], %s::bigint[], %s::timestamptz[], %s::bytea[]) "
    "AS t(place, waybill_id, occurred_at, fingerprint) JOIN shipments_trackingevent e "
    "ON e.waybill_id = t.waybill_id AND e.occurred_at = t.occurred_at AND e.fingerprint = t.fingerprint"
)


def _not_stored(cursor: Any, rows: Sequence[Row]) -> list[Row]:
    places = list(range(len(rows)))
    cursor.execute(_STORED, [places, *([row[at] for row in rows] for at in (_WAYBILL, _AT, _DIGEST))])
    stored = {row[0] for row in cursor.fetchall()}
    return [row for place, row in enumerate(rows) if place not in stored]


_OWNERS = (
    "SELECT t.waybill_id, t.answer_id, w.merchant_id, coalesce(told.provider, asked.provider, '') "
    "FROM unnest(%s::bigint[], %s::bigint[]) AS t(waybill_id, answer_id) JOIN shipments_waybill w ON w.id = t.waybill_id "
    "LEFT JOIN shipments_rawanswer a ON a.id = t.answer_id LEFT JOIN shipments_carrieraccount told ON told.id = a.account_id "
    "LEFT JOIN shipments_carrieraccount asked ON asked.id = w.account_id"
)


def _owners(cursor: Any, told: set[tuple[int, int | None]]) -> dict[tuple[int, int | None], tuple[int, str]]:
    """Return merchant and provider behind each (waybill, answer): who answered, else who is asked."""
    pairs = list(told)
    cursor.execute(_OWNERS, [[pair[0] for pair in pairs], [pair[1] for pair in pairs]])
    return {(row[0], row[1]): (row[2], row[3]) for row in cursor.fetchall()}


_COUNT = (
    "INSERT INTO shipments_wording AS w (merchant_id, provider, code, phrase, count, first_seen_at, last_seen_at, example, "
    "waybill_id, read_stage, read_cause, read_rule, stage, cause, reread_after, reread_waybills, reread_scans, reread_error) "
    "SELECT t.*, '', '', 0, 0, 0, '' FROM unnest(%s::bigint[], %s::text[], %s::text[], %s::text[], %s::integer[], "
    "%s::timestamptz[], %s::timestamptz[], %s::text[], %s::bigint[], %s::text[], %s::text[], %s::text[]) AS t "
    "ON CONFLICT (merchant_id, provider, code, phrase) DO UPDATE SET count = w.count + excluded.count, "
    "last_seen_at = excluded.last_seen_at, example = excluded.example, waybill_id = excluded.waybill_id, "
    "read_stage = excluded.read_stage, read_cause = excluded.read_cause, read_rule = excluded.read_rule "
    "RETURNING id, merchant_id, provider, code, phrase, stage, cause, mapped_at IS NOT NULL"
)


def _count(cursor: Any, by_key: dict[Key, list[Row]], now: datetime) -> dict[Key, Said]:
    """Count the scans of each wording, with the last of them as its example; return what admins said of them."""
    if not by_key:
        return {}
    counted = []
    for key, rows in sorted(by_key.items()):
        last = rows[-1]
        read = ("unknown", "", "") if is_unread(last[_RULE]) else (last[_STAGE], last[_CAUSE], last[_RULE])
        counted.append((*key, len(rows), now, now, masked(last[_TEXT]), last[_WAYBILL], *read))
    cursor.execute(_COUNT, [list(column) for column in zip(*counted, strict=True)])
    return {Key(*row[1:5]): Said(row[0], row[5], row[6]) for row in cursor.fetchall() if row[7]}
