"""The monthly partitions of tracking events: made ahead by the worker, old ones taken off by an admin.

Events of months that have no partition (histories older than the installation) lie in the default one, so that recording
never waits for a table to be made. Months are of UTC, as instants are stored.
"""

from datetime import UTC, datetime
from typing import Any, Final

from django.db import connection, transaction

TABLE: Final = "shipments_trackingevent"
DEFAULT: Final = f"{TABLE}_rest"
# A worker that was away for a quarter of a year finds a month to write into all the same.
AHEAD: Final = 3
# No parcel's track runs for longer; a month younger than this may still be folded anew.
ATTACHED: Final = 6
# Any number, the same in all workers: two of them must not make one month at once.
_LOCK: Final = 7_402_611


class StillNeeded(ValueError):
    """The month is too young to be taken off, or there is no such partition."""


def month_of(at: datetime, months: int = 0) -> datetime:
    """Return the first instant (UTC) of the month that holds `at`, moved on by `months`."""
    at = at.astimezone(UTC)
    count = at.year * 12 + at.month - 1 + months
    return datetime(count // 12, count % 12 + 1, 1, tzinfo=UTC)


def name(month: datetime) -> str:
    """Return the name of the table that holds a month's events."""
    return f"{TABLE}_y{month:%Y}m{month:%m}"


def attached() -> list[str]:
    """Return the names of all partitions there are, in alphabetical order."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = %s::regclass", [TABLE])
        return sorted(row[0] for row in cursor.fetchall())


def sizes() -> list[tuple[str, int, int]]:
    """Return (name, rows as last estimated, bytes with indexes) of all partitions, in alphabetical order."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.oid::regclass::text, greatest(c.reltuples, 0)::bigint, pg_total_relation_size(c.oid) "
            "FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid WHERE i.inhparent = %s::regclass ORDER BY 1",
            [TABLE],
        )
        return cursor.fetchall()


def make_ahead(now: datetime) -> list[str]:
    """Make the partitions of this month and of AHEAD more; return the names of those that were missing."""
    wanted = [month_of(now, months) for months in range(AHEAD + 1)]
    there = set(attached())
    missing = [month for month in wanted if name(month) not in there]
    if not missing:
        return []
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
        there = set(attached())
        made = [month for month in missing if name(month) not in there]
        for month in made:
            _make(cursor, month)
    return [name(month) for month in made]


def _make(cursor: Any, month: datetime) -> None:
    """Make one month's partition; what the default one holds of it moves over (nothing, unless the worker was late)."""
    start, end = month, month_of(month, 1)
    table = name(month)
    cursor.execute(f"CREATE TABLE {table} (LIKE {TABLE} INCLUDING DEFAULTS INCLUDING CONSTRAINTS)")
    cursor.execute(
        f"WITH moved AS (DELETE FROM {DEFAULT} WHERE occurred_at >= %s AND occurred_at < %s RETURNING *) "
        f"INSERT INTO {table} SELECT * FROM moved",
        [start, end],
    )
    cursor.execute(f"ALTER TABLE {TABLE} ATTACH PARTITION {table} FOR VALUES FROM (%s) TO (%s)", [start, end])


def take_off(month: datetime, now: datetime) -> str:
    """Detach the partition of an old month and return the table's name, which from then on stands alone.

    What waybills show stays; their scans of that month are shown no more. Raises StillNeeded.
    """
    table = name(month_of(month))
    if month_of(month) > month_of(now, -ATTACHED):
        raise StillNeeded(f"{table} is younger than {ATTACHED} months: parcels of that time may still be under way")
    if table not in attached():
        raise StillNeeded(f"There is no partition {table}")
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
        cursor.execute(f"ALTER TABLE {TABLE} DETACH PARTITION {table}")
    return table
