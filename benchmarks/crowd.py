"""A merchant of 200 shops with fifty people at work, made by SQL: one order in ten has an open case, two a resolved one.

`grow` adds orders i of first < i <= last, so that the same people can be measured at a tenth of the size and at the whole.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.db import connection

from exceptions.desk.settle import _rank
from merchants.models import Membership, Merchant, Role, Shop, User
from shipments.models import Carrier, CarrierAccount

SHOPS = 200
PEOPLE = 50
# Of fifty: admins and sellers of all shops, the rest of three shops each.
OF_ALL_SHOPS = 20
SHOPS_EACH = 3
PLATFORMS = ("pdd", "douyin", "taobao", "kuaishou")
CARRIERS = ("yuantong", "zhongtong", "yunda", "shentong", "jtexpress", "shunfeng")
EVENTS_EACH = 4
BACKEND = "django.contrib.auth.backends.ModelBackend"

# Numbers that look random and are the same on every machine: %(h)s hashes i with a salt.
ORDERS = """
insert into orders_order (shop_id, number, status, placed_at, paid_at, dispatched_at, amount, refunded, currency,
    province, city, district, phone_tail, content_hash, created_at, updated_at, review_at, review_error)
select %(first_shop)s + (h / 10000) %% %(shops)s, 'D' || lpad(i::text, 12, '0'),
    case when i %% 50 = 0 then 'to_dispatch' else 'dispatched' end, placed, placed,
    case when i %% 50 = 0 then null else placed + interval '5 hours' end,
    20 + h %% 400, 0, 'CNY', '广东省', '深圳市', '南山区', lpad((h %% 10000)::text, 4, '0'),
    decode(md5(i::text), 'hex'), %(now)s, %(now)s, null, ''
from (select i, abs(hashint8(i)) as h, %(now)s::timestamptz - (i %% 500) * interval '1 hour' as placed
      from generate_series(%(first)s + 1, %(last)s) i) n;

create temporary table fresh as
select id, (substr(number, 2))::bigint as i, shop_id, paid_at, dispatched_at, amount, abs(hashint8(id + 17)) as h
from orders_order where number between 'D' || lpad((%(first)s + 1)::text, 12, '0') and 'D' || lpad(%(last)s::text, 12, '0')
  and shop_id between %(first_shop)s and %(first_shop)s + %(shops)s - 1;
create unique index on fresh (id);
analyze fresh;

insert into orders_orderline (order_id, number, title, spec, sku, quantity, amount)
select id, '1', '陶瓷餐具 6 件套', '白', 'TC-' || h %% 300, 1, amount from fresh;

insert into orders_dispatch (order_id, carrier_name, number, uploaded_at, book_error)
select id, '圆通速递', 'YT' || lpad(i::text, 13, '0'), dispatched_at, '' from fresh where dispatched_at is not null;

insert into shipments_waybill (merchant_id, carrier_id, number, phone_tail, created_at, stage, cause, first_trace_at,
    picked_up_at, moved_at, last_event_at, last_text, event_count, account_id, polled_at, poll_failures, poll_error, doubts)
select %(merchant)s, (%(carriers)s::bigint[])[1 + h %% %(carrier_count)s], 'YT' || lpad(i::text, 13, '0'), '', dispatched_at,
    'in_transit', '', dispatched_at + interval '4 hours', dispatched_at + interval '4 hours',
    dispatched_at + interval '9 hours', dispatched_at + interval '24 hours',
    '[深圳市]快件已发往【上海浦东转运中心】', %(events)s, %(account)s, %(now)s, 0, '', '{}'
from fresh where dispatched_at is not null;

insert into shipments_parcel (dispatch_id, waybill_id, role)
select d.id, w.id, 'original' from fresh f join orders_dispatch d on d.order_id = f.id
join shipments_waybill w on w.number = d.number;

create temporary table parcel as
select f.id as order_id, p.waybill_id from fresh f join orders_dispatch d on d.order_id = f.id
join shipments_parcel p on p.dispatch_id = d.id;
create unique index on parcel (order_id);

insert into shipments_trackingevent (waybill_id, fingerprint, occurred_at, position, stage, cause, rule, text,
    place, code, recorded_at)
select p.waybill_id, decode(md5(p.waybill_id || ':' || e), 'hex'), f.dispatched_at + (4 + 5 * e) * interval '1 hour', e,
    case when e = 0 then 'picked_up' else 'in_transit' end, '', 'code:0',
    '[深圳市]快件已发往【上海浦东转运中心】第' || e || '站', '深圳市', '0', %(now)s
from parcel p join fresh f on f.id = p.order_id, generate_series(0, %(events)s - 1) e
"""

# Cases of i % 10 = 0 are open (of those one in twenty is snoozed), those of 1 and 2 resolved.
CASES = f"""
create temporary table troubled as
select f.*, p.waybill_id, n.*, least(case_penalty + amount, 9999999999) as at_stake,
    case when f.i %% 10 > 0 then 'resolved' when f.i %% 200 = 10 then 'snoozed' else 'open' end as state
from fresh f left join parcel p on p.order_id = f.id,
lateral (select case when p.waybill_id is null then 'late_dispatch'
                     when f.h %% 1000 < 3 then 'damage' when f.h %% 1000 < 6 then 'loss'
                     else (array['late_pickup', 'no_movement', 'transit_stall', 'transit_stall', 'transit_stall',
                                 'delivery_overdue', 'not_collected', 'return_overdue'])[1 + f.h %% 8] end as kind,
                (case when f.h %% 100 < 40 then 1 when f.h %% 100 < 80 then 2 else 3 end)::smallint as level,
                (f.h %% 40)::numeric as penalty, (1 + (f.h / 7) %% 2880) * interval '1 minute' as near) k,
lateral (select k.kind as case_kind, k.level as case_level, k.penalty as case_penalty,
                %(now)s::timestamptz + case k.level when 1 then k.near when 2 then -k.near else -k.near * 3 end as due,
                %(now)s::timestamptz + case k.level when 1 then k.near + interval '3 days'
                                   when 2 then k.near else -k.near end as grave) n
where f.i %% 10 in (0, 1, 2);

insert into exceptions_case (merchant_id, shop_id, order_id, waybill_id, carrier_id, kind, state, assignee_id,
    snoozed_until, opened_at, resolved_at, outcome, by_hand, level, started_at, warn_at, due_at, grave_at, penalty,
    at_stake, rank)
select %(merchant)s, shop_id, id, waybill_id,
    (select carrier_id from shipments_waybill w where w.id = waybill_id), case_kind, state,
    case when h %% 10 < 4 then (%(people)s::bigint[])[1 + (h / 11) %% %(people_count)s] end,
    case when state = 'snoozed' then %(now)s::timestamptz + interval '6 hours' end, due - interval '12 hours',
    case when state = 'resolved' then %(now)s::timestamptz - (i %% 500) * interval '1 hour' end,
    case when state = 'resolved' then 'healed' else '' end, false, case_level, due - interval '48 hours',
    due - interval '12 hours', due, grave, case_penalty, at_stake,
    {_rank("case_kind", "case_level", "due", "grave", "at_stake")}
from troubled;

insert into exceptions_caseentry (case_id, at, action, from_state, to_state, note, detail)
select c.id, c.opened_at, 'raise', '', 'open', '', jsonb_build_object('level', 1)
from troubled t join exceptions_case c on c.order_id = t.id;
insert into exceptions_caseentry (case_id, at, by_id, action, from_state, to_state, note, detail)
select c.id, c.opened_at + interval '1 hour', c.assignee_id, 'note', 'open', 'open', '已催件，网点说今天转出', '{{}}'
from troubled t join exceptions_case c on c.order_id = t.id where c.assignee_id is not null;
insert into exceptions_caseentry (case_id, at, action, from_state, to_state, note, detail)
select c.id, c.resolved_at, 'clear', 'open', 'resolved', '', jsonb_build_object('outcome', 'healed')
from troubled t join exceptions_case c on c.order_id = t.id where c.state = 'resolved';

insert into exceptions_clock (order_id, waybill_id, term, version, kind, started_at, warn_at, due_at, grave_at, stopped_at,
    penalty, level, wake_at, case_id)
select c.order_id, c.waybill_id, 'BENCH', '1', c.kind, c.started_at, c.warn_at, c.due_at, c.grave_at, c.resolved_at,
    c.penalty, c.level, case when c.state <> 'resolved' then %(now)s::timestamptz + interval '30 days' end, c.id
from troubled t join exceptions_case c on c.order_id = t.id;
insert into exceptions_clock (order_id, waybill_id, term, version, kind, started_at, warn_at, due_at, grave_at,
    penalty, level, wake_at)
select f.id, p.waybill_id, 'BENCH-NEXT', '1', 'delivery_overdue', f.paid_at, %(now)s::timestamptz + interval '30 days',
    %(now)s::timestamptz + interval '31 days', %(now)s::timestamptz + interval '33 days', 5, 0,
    %(now)s::timestamptz + interval '30 days'
from fresh f left join parcel p on p.order_id = f.id;

drop table fresh, parcel, troubled
"""


@dataclass(frozen=True)
class Person:
    user: User
    session: str
    all_shops: bool


@dataclass(frozen=True)
class Crowd:
    now: datetime
    merchant: Merchant
    first_shop: int
    people: tuple[Person, ...]
    carriers: tuple[int, ...]
    account: CarrierAccount

    def grow(self, first: int, last: int) -> None:
        """Add orders first + 1 … last with everything that hangs on them."""
        values: dict[str, Any] = {
            "first": first,
            "last": last,
            "now": self.now,
            "merchant": self.merchant.pk,
            "first_shop": self.first_shop,
            "shops": SHOPS,
            "carriers": list(self.carriers),
            "carrier_count": len(self.carriers),
            "account": self.account.pk,
            "people": [person.user.pk for person in self.people],
            "people_count": len(self.people),
            "events": EVENTS_EACH,
        }
        with connection.cursor() as cursor:
            for statement in (ORDERS + ";" + CASES).split(";\n"):
                cursor.execute(statement, values)
            cursor.execute("vacuum analyze")


def found(now: datetime) -> Crowd:
    """Make the merchant, its shops and people, each logged in; no orders yet."""
    merchant = Merchant.objects.create(code="crowd", name="Crowd")
    shops = Shop.objects.bulk_create(
        Shop(merchant=merchant, code=f"C{i}", name=f"旗舰店 {i:03}", platform=PLATFORMS[i % len(PLATFORMS)])
        for i in range(SHOPS)
    )
    carriers = tuple(
        Carrier.objects.get_or_create(code=code, defaults={"name_zh": code, "name_en": code})[0].pk for code in CARRIERS
    )
    account = CarrierAccount.objects.create(merchant=merchant, provider="kuaidi100", name="快递100", credentials={})
    people = []
    for i in range(PEOPLE):
        user = User.objects.create(username=f"crowd{i}", first_name=f"{i:02}", last_name="客服", language="zh-hans")
        user.set_unusable_password()
        user.save(update_fields=["password"])
        role = (Role.ADMIN, Role.SELLER, Role.SUPPORT)[i % 3]
        membership = Membership.objects.create(user=user, merchant=merchant, role=role)
        if i >= OF_ALL_SHOPS:
            membership.shops.set(shops[(7 * i + 13 * n) % SHOPS] for n in range(SHOPS_EACH))
        people.append(Person(user, _log_in(user), i < OF_ALL_SHOPS))
    return Crowd(now, merchant, shops[0].pk, tuple(people), carriers, account)


def _log_in(user: User) -> str:
    session = SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = BACKEND
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.create()
    return str(session.session_key)
