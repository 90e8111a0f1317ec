"""The search box at its hardest: look-ups a second, against the bare indexed look-up of one order by its number."""

import statistics
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from django.db import connection

from benchmarks.measuring import Result, seconds
from benchmarks.scene import Scene
from exceptions.desk.finding import find
from merchants.access import Member, of
from merchants.models import Shop
from orders import names

ROUNDS = 40
WARM_UP = 3
# The slowest sort may take as long as this many bare look-ups, each of which names the member's two hundred shops.
GOAL = 1 / 400
# Seconds that 95 of 100 searches may take.
LIMIT = 0.1
BARE = "select id from orders_order where number = %s and shop_id = any(%s)"
SHOPS = 200
# A name as platforms mask it is common, and so is a word of the goods.
MASKED = ("张**", "王**", "李**", "赵**", "刘**", "陈**", "杨**", "黄**", "周**", "吴**")

# Orders of two hundred shops, half of them numbered alike, each with a name and a product; of ten orders one has a case
# with a note.
DRESS = """
update orders_order o set shop_id = k.shop_id, name_key = k.name_key,
  number = case when o.id %% 2 = 0 then 'P261127' || lpad(o.id::text, 12, '0') else o.number end
from unnest(%(shops)s::bigint[], %(places)s::int[], %(names)s::int[], %(keys)s::bigint[])
  as k (shop_id, place, name, name_key)
where o.id %% %(many)s = k.place and (o.id / %(many)s) %% %(masks)s = k.name;
insert into orders_product (shop_id, sku, title)
  select distinct o.shop_id, l.sku, l.title from orders_orderline l join orders_order o on o.id = l.order_id;
insert into orders_product (shop_id, sku, title)
  select s, 'SK-' || i, '家用收纳' || i || '号' from unnest(%(each)s::bigint[]) s, generate_series(1, 200) i;
update orders_orderline l set product_id = p.id from orders_order o, orders_product p
where o.id = l.order_id and p.shop_id = o.shop_id and p.sku = l.sku and p.title = l.title;
insert into exceptions_case (merchant_id, shop_id, order_id, kind, state, opened_at, outcome, by_hand, level, warn_at,
    due_at, grave_at, started_at, penalty, at_stake, rank)
  select %(merchant)s, shop_id, id, 'late_dispatch', 'open', %(now)s, '', false, 1, %(now)s, %(now)s, %(now)s, %(now)s,
    0, 0, id from orders_order where id %% 10 = 0;
insert into exceptions_caseentry (case_id, at, action, from_state, to_state, note, detail)
  select id, %(now)s, 'note', 'open', 'open', case when id %% 1000 = 0 then '客户要求改地址' else '已联系网点催件' end || id, '{}'
  from exceptions_case
"""


def bench(name: str, scene: Scene) -> Iterator[Result]:
    """Give the scene names, goods and notes, then look up each sort of text: rare, common, and not there."""
    member = _dress(scene)
    texts = asked(scene)
    floor = statistics.median(_times(partial(_bare, member, texts["number"])))
    slowest = 0.0
    for sort, text in texts.items():
        found = find(member, text)
        taken = sorted(_times(partial(find, member, text)))
        p50, p95 = statistics.median(taken), taken[int(len(taken) * 0.95)]
        print(f"  {sort}: {len(found.pks)} found, p50 {p50 * 1000:.1f} ms, p95 {p95 * 1000:.1f} ms", flush=True)
        slowest = max(slowest, p95)
        yield Result(f"{name}-{sort}", "searches", 1 / p50, 1 / floor, goal=GOAL)
    yield Result(
        f"{name}-p95", "searches of the slowest sort, against what is promised", 1 / slowest, 1 / LIMIT, goal=1
    )


def asked(scene: Scene) -> dict[str, str]:
    """One text for each sort; the numbers are those of orders in the middle."""
    middle = scene.scale // 2 + 1
    with connection.cursor() as cursor:
        cursor.execute("select number from orders_dispatch order by id offset %s limit 1", [middle // 2])
        (waybill,) = cursor.fetchone()
        cursor.execute("select array_agg(number) from orders_order where id between %s and %s", [middle, middle + 199])
        (pasted,) = cursor.fetchone()
    return {
        "number": pasted[0],
        "number-begin": f"P261127{middle // 10:011}",
        "number-begin-common": "P261127",
        "number-end": pasted[0][-5:],
        "waybill": waybill,
        "waybill-begin-common": waybill[:4],
        "waybill-end": waybill[-6:],
        "tail": f"{middle:04}"[-4:],
        "phone-missing": "13900009876",
        "name-common": MASKED[0],
        "name-missing": "欧阳小明",
        "word-missing": "Bartholomew",
        "sku-common": "TC-6",
        "sku-begin": "SK-77",
        "sku-missing": "ZZ-99",
        "goods-common": "陶瓷",
        "goods-of-nobody-common": "收纳",
        "goods-missing": "摩托艇",
        "note-common": "催件",
        "note-rare": "改地址",
        "pasted": " ".join(pasted),
    }


def _dress(scene: Scene) -> Member:
    """Return the scene's member with the shops that its orders now have."""
    merchant = scene.member.merchant
    Shop.objects.bulk_create(
        Shop(merchant=merchant, code=f"S{i}", name=f"S{i}", platform="pdd") for i in range(SHOPS - len(scene.shops))
    )
    member = of(scene.member.user.memberships.get())
    keyed = [
        (shop, place, name, names.key(shop, masked))
        for place, shop in enumerate(member.shop_ids)
        for name, masked in enumerate(MASKED)
    ]
    shops, places, named, keys = (list(column) for column in zip(*keyed, strict=True))
    told: dict[str, Any] = {"shops": shops, "places": places, "names": named, "keys": keys, "each": member.shop_ids}
    told |= {"many": SHOPS, "masks": len(MASKED), "merchant": merchant.pk, "now": scene.now}
    with connection.cursor() as cursor:
        cursor.execute(DRESS, told)
        cursor.execute("vacuum analyze")
    return member


def _bare(member: Member, number: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(BARE, [number, member.shop_ids])
        cursor.fetchall()


def _times(work: Callable[[], object]) -> list[float]:
    for _ in range(WARM_UP):
        work()
    return [seconds(work) for _ in range(ROUNDS)]
