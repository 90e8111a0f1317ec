"""What people are told: notices made in sets from the lines of the log that are new since the last time.

How far the log has been told is one row (Told). Lines get their numbers before they are committed, so that a lower number
may show up after a higher one: what is new is read again until every transaction that had begun by then is over. Telling
twice does no harm, for a line is told to a person once.
"""

from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime
from typing import Final

from django.db import connection, transaction

from exceptions.models import CaseEntry, Notice, Told
from exceptions.together import team
from exceptions.together.mentions import mentioned
from merchants.models import Merchant

# Who may see a case: %s is the person's column.
SEES: Final = """
exists (select 1 from merchants_membership m join merchants_user p on p.id = m.user_id and p.is_active
        where m.user_id = {user} and m.merchant_id = f.merchant_id
          and (not exists (select 1 from merchants_membership_shops s where s.membership_id = m.id)
               or exists (select 1 from merchants_membership_shops s
                          where s.membership_id = m.id and s.shop_id = f.shop_id)))
"""

# In charge now, given away by somebody else, run out; then what whoever watches or has the case in charge hears of. What the
# facts settle is news for those who watch; whoever has it in charge sees it go. A hand-over is told as a whole.
TELL: Final = f"""
with fresh as (
    select e.id, e.case_id, e.at, e.by_id, e.action, e.detail, e.note, k.merchant_id, k.shop_id, k.assignee_id
    from exceptions_caseentry e join exceptions_case k on k.id = e.case_id
    where e.id > %(after)s and e.id <= %(upto)s
      and e.action in ('assign', 'note', 'worsen', 'relapse', 'resolve', 'clear', 'expire')
), heard as (
    select f.id, (f.detail ->> 'assignee')::bigint as user_id, 'assigned' as kind
    from fresh f
    where f.action = 'assign' and f.detail ->> 'assignee' is not null
      and not exists (select 1 from exceptions_handoveritem i join exceptions_handover h on h.id = i.handover_id
                      where i.case_id = f.case_id and h.at = f.at and h.by_id = f.by_id)
    union all
    select f.id, (f.detail ->> 'assignee')::bigint, 'expired' from fresh f
    where f.action = 'expire' and f.detail ->> 'assignee' is not null
    union all
    select f.id, w.user_id,
           case f.action when 'note' then 'noted' when 'worsen' then 'worse' when 'relapse' then 'relapsed'
                         else 'resolved' end
    from fresh f
    join (select w.case_id, w.user_id, true as watches from exceptions_watch w
          where w.case_id in (select case_id from fresh)
          union all
          select f.case_id, f.assignee_id, false from fresh f where f.assignee_id is not null) w on w.case_id = f.case_id
    where f.action in ('note', 'worsen', 'relapse', 'resolve') or f.action = 'clear' and w.watches
)
insert into exceptions_notice (user_id, merchant_id, case_id, entry_id, kind, at)
select distinct on (h.user_id, f.id) h.user_id, f.merchant_id, f.case_id, f.id, h.kind, f.at
from heard h join fresh f on f.id = h.id
where h.user_id is distinct from f.by_id and {SEES.format(user="h.user_id")}
order by h.user_id, f.id, h.kind
on conflict do nothing
"""


def tell(now: datetime) -> int:
    """Tell people of the lines that are new; return how many notices that made. One at a time: another returns at once."""
    with transaction.atomic():
        Told.objects.bulk_create([Told(pk=1)], ignore_conflicts=True)
        told = Told.objects.select_for_update(skip_locked=True).order_by("pk").first()
        if told is None:
            return 0
        with connection.cursor() as cursor:
            cursor.execute(
                "select pg_snapshot_xmin(s)::text::bigint, pg_snapshot_xmax(s)::text::bigint from pg_current_snapshot() s"
            )
            oldest, next_ = cursor.fetchone()
            cursor.execute("select coalesce(max(id), 0) from exceptions_caseentry where id > %s", [told.entry])
            upto = cursor.fetchone()[0]
            made = 0
            if upto > told.entry:
                made = _mentions(told.entry, upto)
                cursor.execute(TELL, {"after": told.entry, "upto": upto})
                made += cursor.rowcount
        # Those who might still have written a line up to `seen` had begun before `seen_before`: all are over.
        settled = oldest >= told.seen_before
        Told.objects.filter(pk=told.pk).update(
            entry=told.seen if settled else told.entry,
            seen=max(upto, told.seen) if settled else told.seen,
            seen_before=next_ if settled else told.seen_before,
        )
    return made


def _mentions(after: int, upto: int) -> int:
    """Tell those whom the new notes mention; first, so that nobody is told the lesser thing of the same line."""
    notes = CaseEntry.objects.filter(pk__gt=after, pk__lte=upto, note__regex="[@＠]").exclude(by=None)
    by_merchant: dict[int, list[CaseEntry]] = defaultdict(list)
    for entry in notes.select_related("case").order_by("pk"):
        by_merchant[entry.case.merchant_id].append(entry)
    merchants = Merchant.objects.in_bulk(by_merchant)
    notices = [notice for pk, entries in by_merchant.items() for notice in _of_merchant(merchants[pk], entries)]
    if not notices:
        return 0
    told = Notice.objects.filter(entry__in={notice.entry_id for notice in notices})
    before = told.count()
    Notice.objects.bulk_create(notices, ignore_conflicts=True)
    return told.count() - before


def _of_merchant(merchant: Merchant, entries: list[CaseEntry]) -> Iterator[Notice]:
    mates = team.mates(merchant)
    names: dict[int, dict[str, int]] = {}
    for entry in entries:
        case = entry.case
        if case.shop_id not in names:
            names[case.shop_id] = team.names(mates, case.shop_id)
        for user_id in mentioned(entry.note, names[case.shop_id]):
            if user_id != entry.by_id:
                yield Notice(
                    user_id=user_id,
                    merchant=merchant,
                    case_id=case.pk,
                    entry=entry,
                    kind=Notice.Kind.MENTION,
                    at=entry.at,
                )
