"""A simulated day on real processes: engine, simulator, web server, worker and beat, all on one clock that the test moves.

Time stands still between two instants of the day, so two runs judge the same facts at the same moments however long they
take. Processes are killed and supervised as in `make demo`.
"""

import contextlib
import http.client
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg2
from celery import Celery
from kombu.exceptions import OperationalError

from shipops.demo import HOST, Place, programs
from shipops.embedded import Engine
from shipops.home import CHECKOUT, addresses
from shipops.supervisor import Supervisor

Until = Callable[..., None]
ORDERS = "300"  # of which 190 are about to meet trouble
ARRIVALS = "1800"  # virtual seconds between two new orders
# What beat nudges, in the order one thing leads to the next; nudged by the test too, so that no instant waits for beat.
NUDGES = ("shipments.tasks.book", "shipments.tasks.poll", "shipments.tasks.read_pushes", "exceptions.tasks.judge", "exceptions.tasks.ring")  # fmt: skip
EVERY = 0.5  # seconds between two rounds of nudges
SHORT_LIVED = 5  # seconds; a dead worker's successor finds no backlog of nudges
# Rows whose time has come; parcels of a resting account, and numbers that their provider lets nobody ask about yet
# (free_at, where there is such a column), wait for another instant.
DUE = """
select (select count(*) from orders_dispatch where book_at <= %(now)s)
     + (select count(*) from shipments_rawanswer where read_at is null)
     + (select count(*) from orders_order where review_at <= %(now)s)
     + (select count(*) from exceptions_clock where wake_at < %(now)s)
     + (select count(*) from shipments_waybill where lease_until > %(now)s and not %(orphans)s)
     + (select count(*) from shipments_waybill w left join shipments_carrieraccount a on a.id = w.account_id
        where w.poll_at <= %(now)s and (w.lease_until is null or w.lease_until <= %(now)s)
          and coalesce((to_jsonb(w) ->> 'free_at')::timestamptz <= %(now)s, true)
          and (a.paused_until is null or a.paused_until <= %(now)s))
"""
LEASED = "select count(*) from shipments_waybill where lease_until > %(now)s"


class Day:
    """One run; `at` is the instant the hour hand stands at."""

    def __init__(self, home: Path, ports: tuple[int, int], start: datetime, until: Until) -> None:
        self.at = start
        self._until = until
        self._hand = home / "hand"
        home.mkdir(mode=0o700, parents=True)
        self._point(start)
        self._place = Place(home, *ports)
        self._url = addresses(home)["DATABASE_URL"]
        self.supervisor = Supervisor(lambda _line: None)
        self._nudged = 0.0
        self._engine = Engine(home, supervisor=self.supervisor, say=lambda _line: None)

    def __enter__(self) -> "Day":
        given = self._place.environment(self._engine.start({}))
        hand = {"PYTHONPATH": str(Path(__file__).parent / "hand"), "SIMULATED_DAY": str(self._hand)}
        self._environment = given | hand | {"LOG_LEVEL": "WARNING"}
        self._broker = Celery(broker=given["REDIS_URL"].replace("unix://", "redis+socket://", 1))
        simulator, *beside = programs(self._place, self._environment)
        instant = self.at.isoformat()
        world = ("--start", instant, "--now", instant, "--speed", "0", "--orders", ORDERS, "--arrivals", ARRIVALS)
        self.supervisor.start(replace(simulator, argv=(*simulator.argv, *world, "--push-rate", "500")))
        self._run("-m", "shipops.prepare", "--demo")
        for program in beside:
            if program.name != "feed":  # fetches every five seconds; here it is told when
                self.supervisor.start(program)
        self._until(self._serves, "pages are served", self.supervisor.tend)
        return self

    def __exit__(self, *_: object) -> None:
        self.supervisor.stop(("beat", "worker", "web", "simulator"))
        self._engine.stop()

    def move_to(self, at: datetime, *, shops: bool = True) -> None:
        """Move every clock and let the shops' new orders in, if they are still open."""
        self.at = at
        self._point(at)
        self.simulator("time", now=at.isoformat())
        if shops:
            self._run("manage.py", "feed_demo", "--once")

    def simulator(self, control: str, **values: object) -> Any:
        """What the simulator's controls answer to `values`, or show without any."""
        with contextlib.closing(http.client.HTTPConnection(HOST, self._place.simulator_port, timeout=20)) as line:
            line.request("POST" if values else "GET", f"/control/{control}", json.dumps(values) if values else None)
            return json.loads(line.getresponse().read())

    def settle(self, *, orphans: bool = False, by_beat_alone: bool = False) -> None:
        """Wait until nothing is due any more; with `orphans`, leases may be held by the dead and are not waited for."""
        tend = self.supervisor.tend if by_beat_alone else self._nudge
        self._until(lambda: self._quiet(orphans), f"all is done by {self.at}", tend)

    def await_work(self) -> None:
        """Wait until a worker has asked a provider and has not written down the answer yet, or was too fast to be seen at it."""
        self._until(lambda: self._count(LEASED) or self._quiet(True), "a worker is asking", self._nudge)

    def kill(self, name: str) -> None:
        """kill -9, and wait until the supervisor has put another process in its place."""
        killed = self.supervisor.pid(name)
        assert killed is not None
        os.kill(killed, signal.SIGKILL)
        self._until(lambda: self.supervisor.pid(name) not in (None, killed), f"{name} runs again", self.supervisor.tend)

    def rows(self, statement: str, **values: object) -> list[tuple[Any, ...]]:
        """What the day's database answers."""
        connection = psycopg2.connect(self._url)
        with contextlib.closing(connection), connection.cursor() as cursor:
            cursor.execute("set time zone 'UTC'")
            cursor.execute(statement, values)
            return cursor.fetchall()

    def _point(self, at: datetime) -> None:
        ahead = self._hand.with_suffix(".next")
        ahead.write_text(at.astimezone(UTC).isoformat())
        ahead.replace(self._hand)

    def _run(self, *words: str) -> None:
        done = subprocess.run(
            [sys.executable, *words], env=self._environment, cwd=CHECKOUT, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr

    def _nudge(self) -> None:
        self.supervisor.tend()
        if time.monotonic() < self._nudged + EVERY:
            return
        with contextlib.suppress(OperationalError):
            for name in NUDGES:
                self._broker.send_task(name, expires=SHORT_LIVED, retry=False)
        self._nudged = time.monotonic()

    def _count(self, statement: str, **values: object) -> int:
        """A count, or -1 while the database is down."""
        try:
            return int(self.rows(statement, now=self.at, **values)[0][0])
        except (psycopg2.OperationalError, psycopg2.InterfaceError):
            return -1

    def _quiet(self, orphans: bool) -> bool:
        """Nobody tells and nothing is due, twice in turn: a telling taken in between makes work after the work was counted."""
        still = (
            done
            for _ in range(2)
            for done in (lambda: self.simulator("state")["due"] == 0, lambda: self._count(DUE, orphans=orphans) == 0)
        )
        return all(done() for done in still)

    def _serves(self) -> bool:
        with contextlib.closing(http.client.HTTPConnection(HOST, self._place.port, timeout=10)) as connection:
            try:
                connection.request("GET", "/login/")
                return connection.getresponse().status == 200
            except (OSError, http.client.HTTPException):
                return False
