"""A merchant with many open orders, made by SQL: what the benchmarks run on."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection

from merchants.access import Member, of
from merchants.models import Membership, Merchant, Role, Shop, User
from shipments.models import Carrier, CarrierAccount

PLATFORMS = ("pdd", "douyin", "taobao")
EVENTS_EACH = 5


@dataclass(frozen=True)
class Scene:
    scale: int
    now: datetime
    member: Member
    shops: tuple[Shop, ...]


# Four of five orders are dispatched; of those most move, some were never picked up, some stand still.
STATEMENTS = """
insert into orders_order (shop_id, number, status, placed_at, paid_at, dispatched_at, amount, refunded, currency,
    province, city, district, phone_tail, content_hash, created_at, updated_at, review_at, review_error)
select %(first_shop)s + i %% 3, 'B' || i, case when i %% 5 = 0 then 'to_dispatch' else 'dispatched' end,
    %(now)s::timestamptz - (i %% 200) * interval '1 hour', %(now)s::timestamptz - (i %% 200) * interval '1 hour',
    case when i %% 5 = 0 then null else %(now)s::timestamptz - (i %% 200) * interval '1 hour' + interval '5 hours' end,
    20 + i %% 400, 0, 'CNY', '广东省', '深圳市', '南山区', lpad((i %% 10000)::text, 4, '0'),
    decode(md5(i::text), 'hex'), %(now)s, %(now)s, %(now)s, ''
from generate_series(1, %(scale)s) i;

insert into orders_orderline (order_id, number, title, spec, sku, quantity, amount)
select id, '1', '陶瓷餐具 6 件套', '白', 'TC-6', 1, amount from orders_order;

insert into orders_dispatch (order_id, carrier_name, number, uploaded_at, book_error)
select id, '圆通速递', 'YT' || lpad(id::text, 13, '0'), dispatched_at, '' from orders_order where dispatched_at is not null;

insert into shipments_waybill (merchant_id, carrier_id, number, phone_tail, created_at, stage, cause, first_trace_at,
    picked_up_at, moved_at, last_event_at, last_text, event_count, account_id, polled_at, poll_failures, poll_error, doubts)
select %(merchant)s, %(carrier)s, number, '', uploaded_at,
    case when order_id %% 7 = 0 then 'unknown' else 'in_transit' end, '',
    case when order_id %% 7 > 0 then uploaded_at + interval '4 hours' end,
    case when order_id %% 7 > 0 then uploaded_at + interval '4 hours' end,
    case when order_id %% 7 > 1 then uploaded_at + interval '9 hours' end,
    case when order_id %% 7 > 0 then uploaded_at + interval '24 hours' end,
    '快件已发往下一站', case when order_id %% 7 > 0 then %(events)s else 0 end, %(account)s, %(now)s, 0, '', '{}'
from orders_dispatch;

insert into shipments_parcel (dispatch_id, waybill_id, role)
select d.id, w.id, 'original' from orders_dispatch d join shipments_waybill w on w.number = d.number;

insert into shipments_trackingevent (waybill_id, fingerprint, occurred_at, position, stage, cause, rule, text,
    place, code, recorded_at)
select w.id, decode(md5(w.id || ':' || e), 'hex'), w.first_trace_at + e * interval '5 hours', e,
    case when e = 0 then 'picked_up' else 'in_transit' end, '', 'code:0',
    '[深圳市]快件已发往【上海浦东转运中心】第' || e || '站', '深圳市', '0', %(now)s
from shipments_waybill w, generate_series(0, %(events)s - 1) e where w.first_trace_at is not null
"""


def build(scale: int, now: datetime) -> Scene:
    """Fill the empty database with `scale` open orders and return who looks at them."""
    merchant = Merchant.objects.create(code="bench", name="Bench")
    shops = tuple(
        Shop.objects.create(merchant=merchant, code=f"B{i}", name=f"Bench {platform}", platform=platform)
        for i, platform in enumerate(PLATFORMS)
    )
    user = User.objects.create_user("bench", language="zh-hans")
    member = of(Membership.objects.create(user=user, merchant=merchant, role=Role.ADMIN))
    carrier = Carrier.objects.get_or_create(code="yuantong", defaults={"name_zh": "圆通速递", "name_en": "YTO"})[0]
    account = CarrierAccount.objects.create(merchant=merchant, provider="kuaidi100", name="快递100", credentials={})
    values: dict[str, Any] = {
        "first_shop": shops[0].pk,
        "merchant": merchant.pk,
        "carrier": carrier.pk,
        "account": account.pk,
        "scale": scale,
        "events": EVENTS_EACH,
        "now": now,
    }
    with connection.cursor() as cursor:
        cursor.execute(STATEMENTS, values)
        cursor.execute("vacuum analyze")
    return Scene(scale, now, member, shops)
