"""The floor of every feed: COPY into a temporary table, then INSERT … ON CONFLICT into the real one, batch by batch."""

import io
from dataclasses import dataclass

from django.db import connection, transaction


@dataclass(frozen=True)
class Feed:
    """Rows of one table as COPY text, in batches, and the columns that make a row unique."""

    table: str
    unique: tuple[str, ...]
    batches: tuple[bytes, ...]


def taken_out(table: str, unique: tuple[str, ...], where: tuple[str, ...]) -> Feed:
    """Read what the table holds where each of `where` is true, one batch a condition."""
    batches = []
    with connection.cursor() as cursor:
        for condition in where:
            text = io.BytesIO()
            cursor.copy_expert(f"copy (select * from {table} where {condition}) to stdout", text)
            batches.append(text.getvalue())
    return Feed(table, unique, tuple(batches))


def feed(*feeds: Feed) -> None:
    """Write all feeds, the nth batch of each in one transaction; rows that are there already stay as they are."""
    for step in range(len(feeds[0].batches)):
        with transaction.atomic(), connection.cursor() as cursor:
            for one in feeds:
                staging = f"floor_{one.table}"
                cursor.execute(
                    f"create temporary table if not exists {staging} (like {one.table}) on commit delete rows"
                )
                cursor.copy_expert(f"copy {staging} from stdin", io.BytesIO(one.batches[step]))
                cursor.execute(
                    f"insert into {one.table} select * from {staging} on conflict ({', '.join(one.unique)}) do nothing"
                )
