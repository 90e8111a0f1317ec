"""What came in by push, account by account: for the admin who wonders whether a provider reaches us."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.db import connection

# Counted over so long only: an account may have been pushed to millions of times.
WINDOW: Final = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Pushed:
    """Pushes to one account: different ones and replays of the last WINDOW, all that were ever refused, and the last one."""

    name: str
    received: int
    replayed: int
    unreadable: int
    unclaimed: int
    refused: int
    last_at: datetime | None


_COUNTS = """
select a.name, p.received, p.replayed, p.unreadable, p.unclaimed, a.refused_pushes,
       (select max(received_at) from shipments_rawanswer where account_id = a.id and kind = 'push')
from shipments_carrieraccount a cross join lateral (
    select count(*) as received, coalesce(sum(seen_count - 1), 0) as replayed,
           count(*) filter (where error <> '') as unreadable,
           count(*) filter (where exists (select 1 from shipments_unclaimed u where u.answer_id = r.id)) as unclaimed
    from shipments_rawanswer r where account_id = a.id and kind = 'push' and received_at > %s) p
where a.merchant_id = %s order by a.name, a.id
"""


def pushed(merchant_id: int, now: datetime) -> list[Pushed]:
    """Return what was pushed to each of a merchant's accounts, by name. One query."""
    with connection.cursor() as cursor:
        cursor.execute(_COUNTS, [now - WINDOW, merchant_id])
        return [Pushed(*row) for row in cursor.fetchall()]
