"""The desk under load: fifty people at 30 requests a second, polls among them, at a tenth of the scale and at the whole.

Prints the percentiles of each sort of page, what a page weighs, how much of a core the web server and its database sessions
take. A goal is a promise: 150 ms for 95 of 100 pages, 150 KB, 1.2 times the time at ten times the size.
"""

import gzip
import os
import random
import statistics
import time
from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime
from functools import partial
from http.client import HTTPConnection
from pathlib import Path

from django.core.management import call_command
from django.db import connection

from benchmarks import crowd, loading
from benchmarks.colleagues import OF_LIST, Desk, learn, request
from benchmarks.crowd import Crowd, Person
from benchmarks.measuring import Result
from benchmarks.serving import served
from exceptions.models import Case
from shipops.demo import HOST

RATE = 30  # requests a second
POLL = 8  # seconds between the polls of one open desk
PAGES = RATE - crowd.PEOPLE / POLL  # pages a second
SECONDS = int(os.environ.get("DESK_SECONDS", "40"))
WARM_UP = 10
SLOWEST = 0.150  # seconds
HEAVIEST = 150 * 1024  # bytes, compressed
GROWTH = 1.2
# Sorts of pages the promise names; in these weights.
MIX = {
    "queue": 6,
    "next": 5,
    "shop": 2,
    "kind": 3,
    "level": 2,
    "mine": 2,
    "carrier": 1,
    "number": 3,
    "tail": 1,
    "case": 8,
    "act": 1,
}
SORTS = {
    "queue": ("queue", "next", "shop", "kind", "level", "mine", "carrier"),
    "case": ("case",),
    "search": ("number", "tail"),
}
# A click on a filter or on "next" asks for the list alone; the first page, a search and a case are whole pages.
PARTS = ("next", "shop", "kind", "level", "mine", "carrier")
RARE = "damage"
CHANGE = "update exceptions_case set at_stake = at_stake + 1 where id = any(%s)"


def bench(name: str, scale: int, now: datetime) -> Iterator[Result]:
    """Grow the crowd's merchant to a tenth of `scale`, measure; to the whole, measure again."""
    Path(os.environ.get("STATIC_ROOT", "")).mkdir(parents=True, exist_ok=True)
    call_command("collectstatic", interactive=False, verbosity=0)
    people = crowd.found(now)
    began = time.monotonic()
    people.grow(0, scale // 10)
    tenth, _ = measure(people)
    people.grow(scale // 10, scale)
    print(f"built in {time.monotonic() - began:.0f} s", flush=True)
    whole, weight = measure(people)
    for group, sorts in SORTS.items():
        slow = percentile([took for sort in sorts for took in whole[sort]], 95)
        yield Result(f"{name}-{group}-p95", "pages", 1 / slow, 1 / SLOWEST, goal=1.0)
    yield Result(f"{name}-weight", "first pages of the queue a MB", 1e6 / weight, 1e6 / HEAVIEST, goal=1.0, per="")
    for group, sorts in SORTS.items():
        before, after = (statistics.median(took for sort in sorts for took in found[sort]) for found in (tenth, whole))
        yield Result(f"{name}-{group}-growth", "pages at the median", 1 / after, 1 / before, goal=1 / GROWTH)


def measure(people: Crowd, seconds: int = SECONDS) -> tuple[dict[str, list[float]], int]:
    """Drive the load and print what came of it; seconds by sort of page, and bytes of a first page of the queue."""
    with served("shipops.wsgi:application", "shipops.settings") as (port, leader):
        desks = [learn(people, person, port) for person in people.people]
        dice = random.Random(5)
        loading.drive(HOST, port, plan(desks, people, port, WARM_UP, dice), connections=crowd.PEOPLE)
        spent, began = cpu(leader), time.monotonic()
        answers = loading.drive(HOST, port, plan(desks, people, port, seconds, dice), connections=crowd.PEOPLE)
        lasted = time.monotonic() - began
        web, database = (round((after - before) / lasted, 2) for before, after in zip(spent, cpu(leader), strict=True))
        watch(desks, leader, port, dice)
        weight = page_weight(port, desks[0].person)
    took: dict[str, list[float]] = defaultdict(list)
    sizes: dict[str, list[int]] = defaultdict(list)
    bad = [answer for answer in answers if answer.status not in (200, 204, 303)]
    assert len(bad) < len(answers) / 100, bad[:3]
    for answer in answers:
        took[answer.sort].append(answer.seconds)
        sizes[answer.sort].append(answer.size)
    total = Case.objects.filter(merchant=people.merchant).exclude(state="resolved").count()
    print(f"# {total:,} open cases, {len(answers) / lasted:.1f} requests/s, web {web} cores, database {database} cores")
    for sort in sorted(took):
        numbers = " ".join(f"p{p}={1000 * percentile(took[sort], p):.0f}" for p in (50, 95, 99))
        print(
            f"#   {sort:8} n={len(took[sort]):4} {numbers} ms, {statistics.median(sizes[sort]) / 1000:.1f} KB",
            flush=True,
        )
    return took, weight


def watch(desks: list[Desk], leader: int, port: int, dice: random.Random) -> None:
    """What the open desks cost while nobody does anything, and while 1,000 of the cases they show change at once."""
    for name, changes in (("idle", ""), ("1,000 cases change", CHANGE)):
        planned = pulses(desks, 3 * POLL, dice)
        if changes:
            pks = sorted({int(pk) for desk in desks for pk in desk.seen})[:1000]
            planned.append(loading.Planned(POLL, "change", partial(_changed, pks, desks[0])))
        spent, began = cpu(leader), time.monotonic()
        answers = loading.drive(HOST, port, planned, connections=crowd.PEOPLE)
        lasted = time.monotonic() - began
        web, database = ((after - before) / lasted for before, after in zip(spent, cpu(leader), strict=True))
        took = [answer.seconds for answer in answers if answer.sort == "pulse"]
        news = sum(answer.status == 200 for answer in answers)
        print(
            f"# {len(desks)} open desks, {name}: {len(took)} pulses, {news} with news, p95 {1000 * percentile(took, 95):.0f} ms, "
            f"web {web:.2f} cores, database {database:.2f} cores",
            flush=True,
        )


def _changed(pks: list[int], desk: Desk) -> bytes:
    with connection.cursor() as cursor:
        cursor.execute(CHANGE, [pks])
    return desk.pulse()


def percentile(values: list[float], p: int) -> float:
    return sorted(values)[min(len(values) - 1, len(values) * p // 100)]


def plan(desks: list[Desk], people: Crowd, port: int, seconds: int, dice: random.Random) -> list[loading.Planned]:
    """RATE requests a second: pages of MIX by people taken in turn, and the polls of them all."""
    sorts = [sort for sort, weight in MIX.items() for _ in range(weight)]
    planned = []
    for n in range(int(PAGES * seconds)):
        sort, desk = dice.choice(sorts), dice.choice(desks)
        planned.append(loading.Planned((n + dice.random()) / PAGES, sort, content(sort, desk, people, port, dice)))
    return planned + pulses(desks, seconds, dice)


def pulses(desks: list[Desk], seconds: int, dice: random.Random) -> list[loading.Planned]:
    """Every desk asks what has changed, every POLL seconds."""
    firsts = [(desk, dice.random() * POLL) for desk in desks]
    return [
        loading.Planned(first + POLL * n, "pulse", desk.pulse, desk.heard)
        for desk, first in firsts
        for n in range(seconds // POLL + 1)
        if first + POLL * n < seconds
    ]


def content(sort: str, desk: Desk, people: Crowd, port: int, dice: random.Random) -> bytes:
    case = dice.choice(desk.cases)
    if sort == "act":
        return request(port, desk.person, f"/cases/{case}/note/", f"note=checked+{dice.random()}")
    paths = {
        "queue": "/desk/?view=all",
        "next": dice.choice(desk.after),
        "shop": f"/desk/?shop={dice.choice(desk.shops)}",
        "kind": f"/desk/?kind={dice.choice((RARE, 'transit_stall', 'late_dispatch', 'not_collected'))}",
        "level": f"/desk/?level={dice.choice(('due2h', 'today', 'broken', 'grave'))}",
        "mine": "/desk/?assignee=me",
        "carrier": f"/desk/?carrier={dice.choice(people.carriers)}",
        "number": f"/desk/?q={dice.choice(desk.numbers)}",
        "tail": f"/desk/?q={dice.choice(desk.tails)}",
        "case": f"/cases/{case}/",
    }
    return request(port, desk.person, paths[sort], more=OF_LIST if sort in PARTS else "")


def page_weight(port: int, person: Person) -> int:
    """Bytes of the queue's first page as it is sent to a browser that takes gzip."""
    asked = HTTPConnection(HOST, port, timeout=30)
    asked.request("GET", "/desk/", headers={"Cookie": f"sessionid={person.session}", "Accept-Encoding": "gzip"})
    answer = asked.getresponse()
    body = answer.read()
    packed = answer.headers.get("Content-Encoding") == "gzip"
    print(
        f"#   first page {len(body):,} bytes sent, {len(gzip.decompress(body) if packed else body):,} before compression"
    )
    return len(body)


def cpu(leader: int) -> tuple[float, float]:
    """CPU seconds spent so far by the web server (leader and workers) and by the sessions of this database."""
    web = [leader] + [int(pid) for pid in Path(f"/proc/{leader}/task/{leader}/children").read_text().split()]
    with connection.cursor() as cursor:
        cursor.execute(
            "select pid from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()"
        )
        sessions = [pid for (pid,) in cursor.fetchall()]
    return sum(map(_ticks, web)), sum(map(_ticks, sessions))


def _ticks(pid: int) -> float:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except FileNotFoundError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
