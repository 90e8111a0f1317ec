"""The door providers push through: requests a second over 50 connections, against a bare view that inserts one row.

Both are served by granian as the product is, on the same database, and take the same bodies in turn.
"""

import json
import time
from collections.abc import Iterator
from urllib.parse import urlencode

from django.db import connection

from benchmarks import bare, loading
from benchmarks.measuring import Result
from benchmarks.scene import Scene
from benchmarks.serving import served
from shipments import accounts
from shipments.carriers.kuaidi100 import sign
from shipments.models import CarrierAccount, RawAnswer
from shipops.demo import HOST

CONNECTIONS = 50
ROUNDS = 3
REQUESTS = 2_500  # in a round
WARM_UP = 300
SCANS = 8  # of one push: 4 KB, as real ones in mid-journey are
GOAL = 0.5
SLOWEST = 1.0  # seconds that all but one in a hundred are answered within


def bench(name: str, scene: Scene) -> Iterator[Result]:
    """Measure the door and the floor in turn; the best round of each counts, the slowest answers of all."""
    account = CarrierAccount.objects.get()
    bodies = [_body(account, number) for number in range(ROUNDS * REQUESTS + WARM_UP)]
    with connection.cursor() as cursor:
        cursor.execute(f"create table {bare.TABLE} (id bigserial primary key, body bytea not null)")
    door = f"/carriers/{account.provider}/push/{account.push_token}/"
    with (
        served("shipops.wsgi:application", "shipops.settings") as (ours, _),
        served("shipops.wsgi:application", "benchmarks.bare") as (floor, _),
    ):
        targets = {"ours": (ours, door), "floor": (floor, "/insert/")}
        rates: dict[str, list[float]] = {"ours": [], "floor": []}
        slow: list[float] = []
        for port, path in targets.values():
            _round(port, path, bodies[:WARM_UP])
        for start in range(WARM_UP, len(bodies), REQUESTS):
            for which, (port, path) in targets.items():
                rate, took = _round(port, path, bodies[start : start + REQUESTS])
                rates[which].append(rate)
                slow += took if which == "ours" else []
    assert RawAnswer.objects.filter(kind="push").count() == len(bodies), "every push is stored"
    with connection.cursor() as cursor:
        cursor.execute(f"drop table {bare.TABLE}")
    p99 = sorted(slow)[len(slow) * 99 // 100]
    yield Result(name, "pushes", max(rates["ours"]), max(rates["floor"]), goal=GOAL)
    yield Result(f"{name}-p99", "99th slowest answers", 1 / p99, 1 / SLOWEST, goal=1.0)


def _round(port: int, path: str, bodies: list[bytes]) -> tuple[float, list[float]]:
    """Return requests a second and the seconds each took."""
    requests = [loading.request(HOST, port, path, body) for body in bodies]
    began = time.perf_counter()
    took = loading.post(HOST, port, requests, CONNECTIONS)
    return len(requests) / (time.perf_counter() - began), took


def _body(account: CarrierAccount, index: int) -> bytes:
    """A signed push of a full list, as Kuaidi100 sends it."""
    data = [
        {
            "time": f"2026-11-21 {hour:02}:17:05",
            "ftime": f"2026-11-21 {hour:02}:17:05",
            "context": f"【东莞市】 快件已到达 【广东东莞虎门集散中心】，第{hour}站",
            "status": "干线",
            "statusCode": "1002",
            "areaCode": "CN441900000000",
            "areaName": "广东,东莞市",
        }
        for hour in range(SCANS)
    ]
    last = {
        "message": "ok",
        "nu": f"YT{index:013}",
        "ischeck": "0",
        "com": "yuantong",
        "status": "200",
        "state": "1002",
    }
    content = {"status": "polling", "billstatus": "change", "message": "", "lastResult": last | {"data": data}}
    param = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
    return urlencode({"sign": sign(param, accounts.contract(account).salt), "param": param}).encode()
