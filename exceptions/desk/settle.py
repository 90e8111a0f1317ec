"""Clocks → cases, for orders the caller holds locked: open, follow, clear, in a fixed number of statements.

Called by the sweep alone, inside its transaction.
"""

from datetime import datetime

from django.db import connection

from exceptions.deadlines.kinds import Kind
from exceptions.deadlines.troubles import DOUBTED, TOLD_BY_PEOPLE
from exceptions.desk.risk import (
    APPEAL_DAYS,
    FIRST_DOUBLING,
    HOURS_PER_DOUBLING,
    SETTLED_BY_SILENCE,
    SILENCE_HALVINGS,
    STILL_TO_BE_MENDED,
)
from exceptions.models import CLAIM_MINUTES


def _among(kinds: tuple[Kind, ...]) -> str:
    return ", ".join(f"'{kind.value}'" for kind in kinds)


# Same as exceptions.desk.risk.rank.
RANK = f"""
    trunc({HOURS_PER_DOUBLING * 3600} * ln(1 + %(stake)s::double precision / {FIRST_DOUBLING}) / ln(2))::bigint
    - {HOURS_PER_DOUBLING * 3600} * case when %(level)s <= 1 then 0
                                         when %(kind)s in ({_among(SETTLED_BY_SILENCE)}) then {SILENCE_HALVINGS}
                                         when %(kind)s in ({_among(STILL_TO_BE_MENDED)}) then %(level)s - 2
                                         else %(level)s - 1 end
    - trunc(extract(epoch from case when %(level)s <= 1 then %(due)s when %(level)s = 2 then %(grave)s
                                    else %(due)s + interval '{APPEAL_DAYS} days' end))::bigint
"""


def _rank(kind: str, level: str, due: str, grave: str, stake: str) -> str:
    return RANK % {"kind": kind, "level": level, "due": due, "grave": grave, "stake": stake}


# The most a column of money holds: the dearest order and its penalty together are more.
MOST = "9999999999.99"

# Whoever had a case in charge when it was settled has it again, for as long as a new claim lasts: claims.length_of.
CLAIMED_AGAIN = f"""case when k.assignee_id is not null then %(now)s + nullif(coalesce(
    (select r.claim_minutes from exceptions_deskrules r where r.merchant_id = k.merchant_id), {CLAIM_MINUTES}), 0)
    * interval '1 minute' end"""

# Kinds that scans or people tell. Whose word began the clock is the case's source: a report's, or else the track's.
TOLD = ", ".join(sorted(repr(kind.value) for kind in {*TOLD_BY_PEOPLE, *DOUBTED.values()}))
SOURCE = f"""
    case when kind not in ({TOLD}) then 'rule' else coalesce((
        select r.source from exceptions_report r
        where r.order_id = lit.order_id and r.kind = lit.kind and r.said_at = lit.started_at
          and r.waybill_id is not distinct from lit.waybill_id limit 1), 'tracking') end
"""

# One story, one case: that the carrier has not tried again, or not brought back, joins the open case of what went wrong.
LEADS = {Kind.NOT_RETRIED: Kind.FAILED_DELIVERY, Kind.RETURN_OVERDUE: Kind.REFUSED}
LED = ", ".join(repr(kind.value) for kind in LEADS)
LEADER = f"case c.kind {' '.join(f'when {led.value!r} then {kind.value!r}' for led, kind in LEADS.items())} end"
FOLLOWS = f"""c.kind in ({LED}) and exists (
        select 1 from exceptions_clock l left join exceptions_case k on k.id = l.case_id
        where l.order_id = c.order_id and l.kind = {LEADER} and l.waybill_id is not distinct from c.waybill_id
          and l.stopped_at is null and l.level > 0 and (k.id is null or k.state <> 'resolved'))
"""

# A lit clock without a case opens one, unless one of its kind is open already: then it joins that. Where the last case of
# its place is resolved, that one comes back instead, with its owner and its history; where that one was merged into a case
# still open, the clock goes with it and lights nothing.
# What was resolved as handled while about to break comes back, too, if it breaks all the same; but where the limit is our own
# time for handling what scans or people told, handled is handled.
OPEN = f"""
with lit as (
    select distinct on (c.order_id, c.waybill_id, c.kind) c.*, o.shop_id, s.merchant_id,
           least(c.penalty + greatest(o.amount - o.refunded, 0), {MOST}) as at_stake
    from exceptions_clock c
    join orders_order o on o.id = c.order_id
    join merchants_shop s on s.id = o.shop_id
    where c.order_id = any(%(orders)s) and c.stopped_at is null and c.level > 0 and c.case_id is null
      and not ({FOLLOWS})
    order by c.order_id, c.waybill_id, c.kind, c.level desc, c.due_at
), former as (
    select distinct on (k.order_id, k.waybill_id, k.kind) k.*, lit.level as now_level,
           k.outcome = 'merged' and survivor.state <> 'resolved' as absorbed
    from lit
    join exceptions_case k on k.order_id = lit.order_id and k.kind = lit.kind
         and k.waybill_id is not distinct from lit.waybill_id
    left join exceptions_case survivor on survivor.id = k.merged_into_id
    order by k.order_id, k.waybill_id, k.kind, k.state = 'resolved', k.resolved_at desc, k.id desc
), broke as (
    select distinct on (k.order_id, k.waybill_id, k.kind) k.*, c.level as now_level
    from exceptions_clock c
    join exceptions_case k on k.id = c.case_id
    left join exceptions_case survivor on survivor.id = k.merged_into_id
    where c.order_id = any(%(orders)s) and c.stopped_at is null and c.level > 1 and k.state = 'resolved' and k.level < 2
      and k.kind not in ({TOLD})
      and 'handled' in (k.outcome, survivor.outcome)
      and not exists (select 1 from exceptions_case o where o.order_id = k.order_id and o.kind = k.kind
                      and o.waybill_id is not distinct from k.waybill_id and o.state <> 'resolved')
    order by k.order_id, k.waybill_id, k.kind, k.resolved_at desc, k.id desc, c.level desc
), back as (
    select id, outcome, resolved_at, now_level from former where state = 'resolved' and not coalesce(absorbed, false)
    union
    select b.id, b.outcome, b.resolved_at, b.now_level from broke b
    where not exists (select 1 from former f where (f.order_id, f.kind) = (b.order_id, b.kind)
                      and f.waybill_id is not distinct from b.waybill_id)
), relapsed as (
    update exceptions_case k
    set state = 'open', outcome = '', resolved_at = null, merged_into_id = null, by_hand = false, level = b.now_level,
        rank = {_rank("k.kind", "b.now_level", "k.due_at", "k.grave_at", "k.at_stake")},
        relapses = k.relapses + 1, relapsed_at = %(now)s, claimed_until = {CLAIMED_AGAIN}
    from back b where k.id = b.id
    returning k.id, b.now_level, b.outcome, b.resolved_at
), opened as (
    insert into exceptions_case (merchant_id, shop_id, order_id, waybill_id, carrier_id, kind, source, state, opened_at,
                                 outcome, by_hand, level, started_at, warn_at, due_at, grave_at, penalty, at_stake, rank)
    select merchant_id, shop_id, order_id, waybill_id,
           (select carrier_id from shipments_waybill w where w.id = lit.waybill_id), kind, {SOURCE}, 'open', %(now)s,
           '', false, level, started_at, warn_at, due_at, grave_at, penalty, at_stake,
           {_rank("kind", "level", "due_at", "grave_at", "at_stake")}
    from lit
    where not exists (select 1 from former f where (f.order_id, f.kind) = (lit.order_id, lit.kind)
                      and f.waybill_id is not distinct from lit.waybill_id)
    on conflict do nothing
    returning id, level
), taken as (
    update exceptions_clock c set case_id = f.id
    from former f
    where f.absorbed and c.order_id = f.order_id and c.kind = f.kind
      and c.waybill_id is not distinct from f.waybill_id
      and c.stopped_at is null and c.level > 0 and c.case_id is null
)
insert into exceptions_caseentry (case_id, at, action, from_state, to_state, note, detail)
select id, %(now)s, 'raise', '', 'open', '', jsonb_build_object('level', level) from opened
union all
select id, %(now)s, 'relapse', 'resolved', 'open', '',
       jsonb_build_object('level', now_level, 'outcome', outcome, 'resolved_at', resolved_at)
from relapsed
"""

JOIN = f"""
update exceptions_clock c set case_id = k.id
from exceptions_case k
where c.order_id = any(%(orders)s) and c.stopped_at is null and c.level > 0 and c.case_id is null
  and k.order_id = c.order_id and k.kind in (c.kind, {LEADER}) and k.waybill_id is not distinct from c.waybill_id
  and k.state <> 'resolved'
"""


def stacked(stack: str, over: str = "") -> str:
    """What the clocks of one stack come to, as an aggregate or over a window; exceptions.deadlines.penalties.owed."""
    return f"""case when {stack} = '' then sum(penalty) {over} when min(cap) {over} is null then max(penalty) {over}
                    else least(sum(penalty) {over}, min(cap) {over}) end"""


# A snooze until some hours before the limit goes along with the limit; the same as exceptions.desk.deciding.slept_until.
SLEPT_UNTIL = """coalesce(case when w.due_at > %(now)s then w.due_at when w.grave_at > %(now)s then w.grave_at end
                              - make_interval(hours => k.wakes_before), k.snoozed_until)"""

# A case shows its worst running clock, and is the facts' to settle again once it has one. It shows what its own
# running clocks come to; where a clock of another case shares their stack, sums over cases are for insights.exposure.
FOLLOW = f"""
with running as (
    select case_id, order_id, level, started_at, warn_at, due_at, grave_at, penalty, stack, cap
    from exceptions_clock
    where order_id = any(%(orders)s) and stopped_at is null and case_id is not null
), owed as (
    select case_id, least(sum(amount), {MOST}) as penalty
    from (select case_id, {stacked("stack")} as amount from running group by case_id, stack) stacks
    group by case_id
), worst as (
    select distinct on (c.case_id) c.case_id, c.level, c.started_at, c.warn_at, c.due_at, c.grave_at, owed.penalty,
           least(owed.penalty + greatest(o.amount - o.refunded, 0), {MOST}) as at_stake
    from running c
    join owed on owed.case_id = c.case_id
    join orders_order o on o.id = c.order_id
    order by c.case_id, c.level desc, c.due_at
), changed as (
    update exceptions_case k
    set level = w.level, started_at = w.started_at, warn_at = w.warn_at, due_at = w.due_at, grave_at = w.grave_at,
        penalty = w.penalty, at_stake = w.at_stake,
        rank = {_rank("k.kind", "w.level", "w.due_at", "w.grave_at", "w.at_stake")},
        state = case when w.level > was.level then 'open' else k.state end,
        snoozed_until = case when w.level > was.level then null
                             when k.wakes_on = 'due' and (w.due_at, w.grave_at) is distinct from (k.due_at, k.grave_at)
                             then {SLEPT_UNTIL} else k.snoozed_until end,
        snoozed_at = case when w.level > was.level then null else k.snoozed_at end,
        wakes_on = case when w.level > was.level then '' else k.wakes_on end,
        wakes_before = case when w.level > was.level then null else k.wakes_before end,
        by_hand = false
    from worst w
    join exceptions_case was on was.id = w.case_id
    where k.id = w.case_id and k.state <> 'resolved'
      and (k.level, k.due_at, k.grave_at, k.penalty, k.at_stake, k.by_hand)
          is distinct from (w.level, w.due_at, w.grave_at, w.penalty, w.at_stake, false)
    returning k.id, k.level, was.level as old_level, was.state as old_state
)
insert into exceptions_caseentry (case_id, at, action, from_state, to_state, note, detail)
select id, %(now)s, 'worsen', old_state, 'open', '', jsonb_build_object('level', level, 'from', old_level)
from changed where level > old_level
"""

# What a snooze leaves when it is over; the same as exceptions.desk.deciding.AWAKE.
AWAKE = "snoozed_at = null, snoozed_until = null, wakes_on = '', wakes_before = null"

# A scan that was recorded after somebody said "until the next scan". Its index holds but the few that wait for one.
SCANNED = f"""
with woken as (
    update exceptions_case k set state = 'open', {AWAKE}
    where k.order_id = any(%(orders)s) and k.state = 'snoozed' and k.wakes_on = 'scan'
      and exists (select 1 from shipments_trackingevent e where e.waybill_id = k.waybill_id
                  and e.recorded_at > k.snoozed_at)
    returning k.id
)
insert into exceptions_caseentry (case_id, at, action, from_state, to_state, note, detail)
select id, %(now)s, 'wake', 'snoozed', 'open', '', '{{"by": "scan"}}' from woken
"""

# No running clock is left: the facts have settled it, unless a person opened it, whose word it then takes to close it.
# What was merged into it and still burns comes back: nobody has looked after that.
CLEAR = f"""
with settled as (
    select k.id, k.state,
           case when not exists (select 1 from exceptions_clock c where c.case_id = k.id) then 'void'
                when exists (select 1 from exceptions_clock c where c.case_id = k.id and c.stopped_at > c.due_at)
                then 'healed' else 'kept' end as outcome
    from exceptions_case k
    where k.order_id = any(%(orders)s) and k.state <> 'resolved' and not k.by_hand
      and not exists (select 1 from exceptions_clock c where c.case_id = k.id and c.stopped_at is null)
), cleared as (
    update exceptions_case k
    set state = 'resolved', resolved_at = %(now)s, outcome = s.outcome, claimed_until = null, {AWAKE}
    from settled s where k.id = s.id
    returning k.id, s.state, s.outcome
), released as (
    update exceptions_case k
    set state = 'open', outcome = '', resolved_at = null, merged_into_id = null, level = c.level,
        rank = {_rank("k.kind", "c.level", "k.due_at", "k.grave_at", "k.at_stake")},
        relapses = k.relapses + 1, relapsed_at = %(now)s, claimed_until = {CLAIMED_AGAIN}
    from settled s, lateral (
        select c.case_id, max(c.level) as level from exceptions_clock c join exceptions_case m on m.id = c.case_id
        where m.merged_into_id = s.id and m.state = 'resolved' and c.stopped_at is null and c.level > 0
          and not exists (select 1 from exceptions_case o where o.order_id = m.order_id and o.kind = m.kind
                          and o.waybill_id is not distinct from m.waybill_id and o.state <> 'resolved')
        group by c.case_id
    ) c
    where k.id = c.case_id
    returning k.id, k.level
)
insert into exceptions_caseentry (case_id, at, action, from_state, to_state, note, detail)
select id, %(now)s, 'clear', state, 'resolved', '', jsonb_build_object('outcome', outcome) from cleared
union all
select id, %(now)s, 'relapse', 'resolved', 'open', '', jsonb_build_object('level', level, 'outcome', 'merged') from released
"""


def settle(order_ids: list[int], now: datetime) -> None:
    """Bring the cases of these orders in line with their clocks.

    The caller holds the orders locked, so no person acts on one of their cases meanwhile.
    """
    # CLEAR before FOLLOW: what it releases from a merge shows what its clocks come to now.
    _do((OPEN, JOIN, CLEAR, FOLLOW, SCANNED), order_ids, now)


def worsen(order_ids: list[int], now: datetime) -> None:
    """The same where time alone has passed: no clock has stopped, so that no case can clear, which is a sixth of the work."""
    _do((OPEN, JOIN, FOLLOW), order_ids, now)


def _do(statements: tuple[str, ...], order_ids: list[int], now: datetime) -> None:
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement, {"orders": order_ids, "now": now})
