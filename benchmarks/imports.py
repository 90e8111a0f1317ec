"""Orders in: a file of a platform's export to committed rows, against COPY of the very same rows into the same tables."""

import csv
import io
from collections.abc import Iterator
from datetime import timedelta

from django.db import connection

from benchmarks.copying import Feed, feed, taken_out
from benchmarks.measuring import Result, seconds
from benchmarks.scene import Scene
from merchants.models import Shop
from orders.intake import BATCH, take_in
from orders.models import Order
from orders.sources.sheet import open_sheets

ORDERS = 20_000
HEADER = (
    "商品",
    "订单号",
    "订单状态",
    "商品数量(件)",
    "支付时间",
    "承诺发货时间",
    "发货时间",
    "商家编码-规格维度",
    "商品规格",
    "用户实付金额(元)",
    "快递单号",
    "快递公司",
    "省",
    "市",
    "区",
    "用户购买手机号",
)


def bench(name: str, scene: Scene) -> Iterator[Result]:
    """Import the same number of orders twice, under other numbers; the first warms up."""
    shop = Shop.objects.create(merchant=scene.member.merchant, code="IMPORT", name="Import", platform="pdd")
    _ours(shop, export(scene, "W", 2 * BATCH), scene)
    file = export(scene, "I", ORDERS)
    ours = seconds(lambda: _ours(shop, file, scene))
    feeds = _put_aside(shop)
    floor = seconds(lambda: feed(*feeds))
    yield Result(name, "orders", ORDERS / ours, ORDERS / floor, goal=0.25)


def export(scene: Scene, prefix: str, many: int) -> bytes:
    """A Pinduoduo export of `many` dispatched orders, in GB18030."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(HEADER)
    for i in range(many):
        paid = scene.now - timedelta(minutes=i % 9000)
        writer.writerow(
            (
                "陶瓷餐具 6 件套 家用碗碟",
                f"2611{i % 28 + 1:02}-{prefix}{i:014}",
                "已发货，待收货",
                1 + i % 3,
                f"{paid:%Y-%m-%d %H:%M:%S}",
                f"{paid + timedelta(hours=48):%Y-%m-%d %H:%M:%S}",
                f"{paid + timedelta(hours=9):%Y-%m-%d %H:%M:%S}",
                f"TC-{i % 40}",
                "白色 6 件",
                f"{20 + i % 400}.90",
                f"YT{prefix}{i:012}".replace("I", "8").replace("W", "9"),
                "圆通快递",
                "广东省",
                "深圳市",
                "南山区",
                f"139{i % 10**8:08}",
            )
        )
    return text.getvalue().encode("gb18030")


def _ours(shop: Shop, file: bytes, scene: Scene) -> None:
    for sheet in open_sheets([("orders.csv", file)], "pdd", shop.zone):
        take_in(shop, (reading.draft for reading in sheet.readings() if reading.draft), scene.now)


def _put_aside(shop: Shop) -> tuple[Feed, ...]:
    """Take the rows we wrote out of the tables, as COPY text in our own batches."""
    pks = list(Order.objects.filter(shop=shop, number__contains="-I").order_by("pk").values_list("pk", flat=True))
    assert len(pks) == ORDERS
    batches = [pks[start : start + BATCH] for start in range(0, len(pks), BATCH)]
    ranges = [f"between {batch[0]} and {batch[-1]}" for batch in batches]
    feeds = (
        taken_out("orders_order", ("shop_id", "number"), tuple(f"id {bounds}" for bounds in ranges)),
        taken_out("orders_orderline", ("order_id", "number"), tuple(f"order_id {bounds}" for bounds in ranges)),
        taken_out("orders_dispatch", ("order_id", "number"), tuple(f"order_id {bounds}" for bounds in ranges)),
    )
    with connection.cursor() as cursor:
        for table, column in (
            ("orders_orderline", "order_id"),
            ("orders_dispatch", "order_id"),
            ("orders_order", "id"),
        ):
            cursor.execute(f"delete from {table} where {column} = any(%s)", [pks])
        cursor.execute("vacuum analyze orders_order, orders_orderline, orders_dispatch")
    return feeds
