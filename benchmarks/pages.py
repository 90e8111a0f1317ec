"""The queue page, first and hundredth: pages a second, against its bare SQL plus an empty page of the same frame."""

import statistics
from collections.abc import Callable, Iterator
from pathlib import Path

from django.conf import settings
from django.core.cache import cache
from django.db import connection
from django.http import QueryDict
from django.test import Client, override_settings
from django.test.utils import CaptureQueriesContext

from benchmarks.measuring import Result, seconds
from benchmarks.scene import Scene
from exceptions import sweep
from exceptions.desk import queue
from orders.models import Order

ROUNDS = 30
WARM_UP = 5
# An answer three times as slow as bare SQL plus an empty page is a third of its rate.
GOAL = 1 / 3


def bench(name: str, scene: Scene) -> Iterator[Result]:
    """Judge every order, so that the queue is full; then time the pages in process, without a network."""
    Path(settings.STATIC_ROOT).mkdir(parents=True, exist_ok=True)  # or WhiteNoise warns at every client
    Order.objects.update(review_at=scene.now)
    while sweep.judge_batch(scene.now):
        pass
    with connection.cursor() as cursor:
        cursor.execute("vacuum analyze")
    # Plain names: hashed ones need a collectstatic, and cost a page nothing.
    plain = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    with override_settings(ALLOWED_HOSTS=["testserver"], STORAGES=settings.STORAGES | {"staticfiles": plain}):
        client = Client()
        client.force_login(scene.member.user)
        yield _page(f"{name}-first", client, "/desk/", scene)
        yield _page(f"{name}-100th", client, f"/desk/?after={_cursor(scene, 99)}", scene)


def _cursor(scene: Scene, pages: int) -> str:
    after = ""
    filters = queue.Filters.from_query(QueryDict())
    for _ in range(pages):
        after = queue.page(scene.member, filters, scene.now, after=after).next
    return after


def _page(name: str, client: Client, address: str, scene: Scene) -> Result:
    empty = "/desk/?q=nothing-has-this-number"
    # The frame's own queries are in the empty page already.
    frame = _statements(client, empty)
    statements = [sql for sql in _statements(client, address) if sql not in frame]

    def bare() -> None:
        with connection.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)
                if cursor.description:
                    cursor.fetchall()

    ours = _median(lambda: _get(client, address))
    floor = _median(bare) + _median(lambda: _get(client, empty))
    return Result(name, "pages", 1 / ours, 1 / floor, goal=GOAL)


def _statements(client: Client, address: str) -> list[str]:
    with CaptureQueriesContext(connection) as captured:
        _get(client, address)
    return [query["sql"] for query in captured]


def _get(client: Client, address: str) -> None:
    cache.clear()
    response = client.get(address)
    assert response.status_code == 200, f"{address}: {response.status_code}"


def _median(work: Callable[[], object]) -> float:
    for _ in range(WARM_UP):
        work()
    return statistics.median(seconds(work) for _ in range(ROUNDS))
