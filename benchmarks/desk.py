"""The desk under load: fifty people at 30 pages a second besides their polls, at a tenth of the scale and at the whole.

Prints the percentiles of each sort of page, what a page weighs, how much of a core the web server and its database sessions
take. A goal is a promise: 150 ms for 95 of 100 pages, 150 KB, 1.2 times the time at ten times the size.
"""

import gzip
import os
import random
import re
import statistics
import time
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from html import unescape
from http.client import HTTPConnection
from pathlib import Path

from django.core.management import call_command
from django.db import connection

from benchmarks import crowd, loading
from benchmarks.crowd import Crowd, Person
from benchmarks.measuring import Result
from benchmarks.serving import served
from exceptions.models import Case
from shipops.demo import HOST

RATE = 30  # pages a second
POLL = 8  # seconds between the polls of one open desk
SECONDS = int(os.environ.get("DESK_SECONDS", "40"))
WARM_UP = 10
SLOWEST = 0.150  # seconds
HEAVIEST = 150 * 1024  # bytes, compressed
GROWTH = 1.2
CSRF = "b" * 32
HEAD = "Host: {host}\r\nCookie: sessionid={session}; csrftoken={csrf}\r\nAccept-Encoding: gzip\r\n"
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
RARE = "damage"


@dataclass
class Desk:
    """What one person may ask for."""

    person: Person
    cases: list[int]
    numbers: list[str]
    tails: list[str]
    shops: list[int]
    after: list[str]


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


def percentile(values: list[float], p: int) -> float:
    return sorted(values)[min(len(values) - 1, len(values) * p // 100)]


def learn(people: Crowd, person: Person, port: int) -> Desk:
    """Some of what this person sees: cases, numbers, tails, shops, and cursors of the first pages."""
    shops = list(person.user.memberships.get().shops.values_list("pk", flat=True)) or [
        people.first_shop + n for n in range(crowd.SHOPS)
    ]
    seen = Case.objects.filter(shop__in=shops, state="open").select_related("order", "waybill").order_by("-rank")
    some = list(seen[:50]) + list(seen[1000:1050])
    after, path = [], "/desk/"
    for _ in range(4):
        found = re.search(r'href="(/desk/\?[^"]*after=[^"]+)"', get(port, person, path).decode())
        if not found:
            break
        path = unescape(found[1])
        after.append(path)
    return Desk(
        person,
        [case.pk for case in some],
        [case.order.number for case in some] + [case.waybill.number for case in some if case.waybill],
        [case.order.phone_tail for case in some],
        shops,
        after or ["/desk/"],
    )


def plan(desks: list[Desk], people: Crowd, port: int, seconds: int, dice: random.Random) -> list[loading.Planned]:
    """RATE pages a second of MIX by people taken in turn."""
    sorts = [sort for sort, weight in MIX.items() for _ in range(weight)]
    planned = []
    for n in range(RATE * seconds):
        sort, desk = dice.choice(sorts), dice.choice(desks)
        planned.append(loading.Planned((n + dice.random()) / RATE, sort, content(sort, desk, people, port, dice)))
    return planned


def content(sort: str, desk: Desk, people: Crowd, port: int, dice: random.Random) -> bytes:
    case = dice.choice(desk.cases)
    if sort == "act":
        return request(port, desk.person, f"/cases/{case}/note/", f"note=checked+{dice.random()}")
    paths = {
        "queue": "/desk/",
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
    return request(port, desk.person, paths[sort])


def request(port: int, person: Person, path: str, form: str | None = None) -> bytes:
    head = HEAD.format(host=f"{HOST}:{port}", session=person.session, csrf=CSRF)
    if form is None:
        return f"GET {path} HTTP/1.1\r\n{head}\r\n".encode()
    head += f"X-CSRFToken: {CSRF}\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(form)}\r\n"
    return f"POST {path} HTTP/1.1\r\n{head}\r\n{form}".encode()


def get(port: int, person: Person, path: str) -> bytes:
    asked = HTTPConnection(HOST, port, timeout=30)
    asked.request("GET", path, headers={"Cookie": f"sessionid={person.session}"})
    answer = asked.getresponse()
    body = answer.read()
    assert answer.status == 200, f"{path}: {answer.status}"
    return body


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
