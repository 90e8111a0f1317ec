"""The search box at its hardest: look-ups a second, against the bare indexed look-up of one order by its number."""

import statistics
from collections.abc import Callable, Iterator
from functools import partial

from django.db import connection

from benchmarks.measuring import Result, seconds
from benchmarks.scene import Scene
from orders import names
from orders.search import find

ROUNDS = 40
WARM_UP = 3
# The slowest sort may take as long as this many bare look-ups.
GOAL = 1 / 200
# Seconds that 95 of 100 searches may take.
LIMIT = 0.1
BARE = "select id from orders_order where number = %s and shop_id = any(%s)"

# A name the platform masks is common, so is a word of the goods; each order gets a name, each line its product.
NAMES = """
update orders_order set number = 'P261127' || lpad(id::text, 12, '0') where id %% 2 = 0;
update orders_order o set name_key = k.name_key
from unnest(%(shops)s::bigint[], %(places)s::int[], %(keys)s::bigint[]) as k (shop_id, place, name_key)
where o.shop_id = k.shop_id and o.id %% 10 = k.place;
insert into orders_product (shop_id, sku, title)
  select distinct o.shop_id, l.sku, l.title from orders_orderline l join orders_order o on o.id = l.order_id;
insert into orders_product (shop_id, sku, title)
  select s, 'SK-' || i, '家用收纳' || i || '号' from unnest(%(each)s::bigint[]) s, generate_series(1, 10000) i;
update orders_orderline l set product_id = p.id from orders_order o, orders_product p
where o.id = l.order_id and p.shop_id = o.shop_id and p.sku = l.sku and p.title = l.title
"""
MASKED = ("张**", "王**", "李**", "赵**", "刘**", "陈**", "杨**", "黄**", "周**", "吴**")


def bench(name: str, scene: Scene) -> Iterator[Result]:
    """Give the scene names and goods, then look up each sort of text, hit and miss, rare and common."""
    _dress(scene)
    texts = asked(scene)
    floor = statistics.median(_times(partial(_bare, scene, texts["number"])))
    for sort, text in texts.items():
        found = find(scene.member, text)
        taken = sorted(_times(partial(find, scene.member, text)))
        p50, p95 = statistics.median(taken), taken[int(len(taken) * 0.95)]
        print(f"  {sort}: {len(found.pks)} found, p50 {p50 * 1000:.1f} ms, p95 {p95 * 1000:.1f} ms", flush=True)
        assert p95 < LIMIT, f"{text!r} took {p95:.3f} s"
        yield Result(f"{name}-{sort}", "searches", 1 / p50, 1 / floor, goal=GOAL)


def asked(scene: Scene) -> dict[str, str]:
    """One text for each sort; the numbers are those of an order in the middle."""
    middle = scene.scale // 2 + 1
    with connection.cursor() as cursor:
        cursor.execute("select number from orders_dispatch order by id offset %s limit 1", [middle // 2])
        (waybill,) = cursor.fetchone()
        cursor.execute("select array_agg(number) from orders_order where id between %s and %s", [middle, middle + 199])
        (pasted,) = cursor.fetchone()
        number = pasted[0]
    return {
        "number": number,
        "number-begin": f"P261127{middle // 10:011}",
        "number-begin-common": "P261127",
        "number-end": number[-5:],
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
        "pasted": " ".join(pasted),
    }


def _dress(scene: Scene) -> None:
    shops = scene.member.shop_ids
    keyed = [(shop, place, names.key(shop, name)) for shop in shops for place, name in enumerate(MASKED)]
    columns = [list(column) for column in zip(*keyed, strict=True)]
    with connection.cursor() as cursor:
        cursor.execute(NAMES, {"shops": columns[0], "places": columns[1], "keys": columns[2], "each": shops})
        cursor.execute("vacuum analyze orders_order, orders_orderline, orders_product, orders_dispatch")


def _bare(scene: Scene, number: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(BARE, [number, scene.member.shop_ids])
        cursor.fetchall()


def _times(work: Callable[[], object]) -> list[float]:
    for _ in range(WARM_UP):
        work()
    return [seconds(work) for _ in range(ROUNDS)]
