"""Clocks → cases, for orders the caller holds locked: open, follow, clear, in a fixed number of statements.

Called by the sweep alone, inside its transaction.
"""

from datetime import datetime

from django.db import connection

from exceptions.deadlines.kinds import Kind
from exceptions.desk.risk import (
    APPEAL_DAYS,
    FIRST_DOUBLING,
    HOURS_PER_DOUBLING,
    SETTLED_BY_SILENCE,
    SILENCE_HALVINGS,
    STILL_TO_BE_MENDED,
)


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

# A lit clock without a case opens one, unless one of its kind is open already: then it joins that.
OPEN = f"""
with lit as (
    select distinct on (c.order_id, c.waybill_id, c.kind) c.*, o.shop_id, s.merchant_id,
           least(c.penalty + greatest(o.amount - o.refunded, 0), {MOST}) as at_stake
    from exceptions_clock c
    join orders_order o on o.id = c.order_id
    join merchants_shop s on s.id = o.shop_id
    where c.order_id = any(%(orders)s) and c.stopped_at is null and c.level > 0 and c.case_id is null
    order by c.order_id, c.waybill_id, c.kind, c.level desc, c.due_at
), opened as (
    insert into exceptions_case (merchant_id, shop_id, order_id, waybill_id, kind, state, opened_at, outcome, by_hand,
                                 level, started_at, warn_at, due_at, grave_at, penalty, at_stake, rank)
    select merchant_id, shop_id, order_id, waybill_id, kind, 'open', %(now)s, '', false,
           level, started_at, warn_at, due_at, grave_at, penalty, at_stake,
           {_rank("kind", "level", "due_at", "grave_at", "at_stake")}
    from lit
    on conflict do nothing
    returning id, level
)
insert into exceptions_caseentry (case_id, at, action, from_state, to_state, note, detail)
select id, %(now)s, 'raise', '', 'open', '', jsonb_build_object('level', level) from opened
"""

JOIN = """
update exceptions_clock c set case_id = k.id
from exceptions_case k
where c.order_id = any(%(orders)s) and c.stopped_at is null and c.level > 0 and c.case_id is null
  and k.order_id = c.order_id and k.kind = c.kind and k.waybill_id is not distinct from c.waybill_id
  and k.state <> 'resolved'
"""


def stacked(stack: str, over: str = "") -> str:
    """What the clocks of one stack come to, as an aggregate or over a window; exceptions.deadlines.penalties.owed."""
    return f"""case when {stack} = '' then sum(penalty) {over} when min(cap) {over} is null then max(penalty) {over}
                    else least(sum(penalty) {over}, min(cap) {over}) end"""


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
        snoozed_until = case when w.level > was.level then null else k.snoozed_until end,
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

# No running clock is left: the facts have settled it, unless a person opened it, whose word it then takes to close it.
CLEAR = """
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
    set state = 'resolved', resolved_at = %(now)s, outcome = s.outcome, snoozed_until = null
    from settled s where k.id = s.id
    returning k.id, s.state, s.outcome
)
insert into exceptions_caseentry (case_id, at, action, from_state, to_state, note, detail)
select id, %(now)s, 'clear', state, 'resolved', '', jsonb_build_object('outcome', outcome) from cleared
"""


def settle(order_ids: list[int], now: datetime) -> None:
    """Bring the cases of these orders in line with their clocks.

    The caller holds the orders locked, so no person acts on one of their cases meanwhile.
    """
    _do((OPEN, JOIN, FOLLOW, CLEAR), order_ids, now)


def worsen(order_ids: list[int], now: datetime) -> None:
    """The same where time alone has passed: no clock has stopped, so that no case can clear, which is a sixth of the work."""
    _do((OPEN, JOIN, FOLLOW), order_ids, now)


def _do(statements: tuple[str, ...], order_ids: list[int], now: datetime) -> None:
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement, {"orders": order_ids, "now": now})
