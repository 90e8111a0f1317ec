"""The simulator on one core: questions a second that each provider answers, against the 200 it promises.

It runs as its own process, pinned to one core where the machine lets that be done; the questions are the adapters' own, with
as many numbers in each as the provider takes, over a few kept-alive connections.
"""

import http.client
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from benchmarks.measuring import Result
from benchmarks.scene import Scene
from shipments import carriers
from shipments.answers import Ask, Contract
from shipops.kit.wire import Request, Response
from simulator.catalogue import CARRIER_BY_CODE
from simulator.providers import providers

PROMISED = 200.0
ORDERS = 20_000
CONNECTIONS = 4
WARM_UP, SECONDS = 0.5, 3.0
START = "2026-11-22T04:00:00+00:00"
NOW = datetime.fromisoformat(START).astimezone(UTC)
ROOT = Path(__file__).resolve().parents[1]

# The simulator's provider → the product's name for it, and the credentials the simulator takes (docs/simulator.md).
QUESTIONS: dict[str, tuple[str, dict[str, str]]] = {
    "kuaidi100": ("kuaidi100", {"customer": "DEMO-CUSTOMER", "key": "DEMO-KEY-100"}),
    "kdniao": ("kdniao", {"business_id": "DEMO-KDNIAO", "app_key": "demo-key-kdniao"}),
    "sf": ("sf", {"partner_id": "DEMO-SF", "checkword": "demo-checkword-sf"}),
    "zto": ("zto", {"app_key": "DEMO-ZTO", "app_secret": "demo-secret-zto"}),
    "yto": ("yto", {"app_code": "DEMOyt", "user_no": "K-DEMO", "secret": "demo-secret-yto"}),
    "sto": ("sto", {"app_key": "CAK-DEMO", "secret_key": "demo-secret-sto"}),
    "yunda": ("yunda", {"app_key": "DEMO-YUNDA", "app_secret": "demo-secret-yunda"}),
    "jtexpress": ("jtexpress", {"api_account": "178337126125932605", "private_key": "demo-private-key-jt"}),
    "aftership": ("aftership", {"api_key": "asat_demo_aftership", "webhook_secret": "demo-aftership-secret"}),
    "track17": ("17track", {"key": "DEMO-17TOKEN"}),
}
# These answer about numbers that were subscribed before, and about no others.
SUBSCRIBED_FIRST = frozenset({"aftership", "track17", "yunda"})


def bench(name: str, scene: Scene) -> Iterator[Result]:
    """Ask every provider as fast as it answers, one after the other. The scene's database is not needed."""
    with served() as port:
        for code in providers():
            yield Result(f"{name}-{code}", "answers", _rate(port, _questions(port, code)), PROMISED, 1.0)


@contextmanager
def served() -> Iterator[int]:
    """Run a simulator whose time stands still, on a core of its own; give its port."""
    words = [sys.executable, "-m", "simulator", "--port", "0", "--orders", str(ORDERS), "--start", START]
    words += ["--now", START, "--speed", "0", "--fault", "min_interval=0"]
    with subprocess.Popen(words, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        ours = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else set()
        try:
            assert process.stdout is not None
            if len(ours) > 1:
                core = max(ours)
                os.sched_setaffinity(process.pid, {core})
                os.sched_setaffinity(0, ours - {core})
            port = urlsplit(process.stdout.readline().split()[1]).port
            assert port is not None
            yield port
        finally:
            process.terminate()
            process.wait()
            if ours:
                os.sched_setaffinity(0, ours)


def _questions(port: int, code: str) -> list[Request]:
    """Questions about parcels with scans; a sample of them is asked and must be answered with events."""
    adapter = carriers.provider(QUESTIONS[code][0])
    contract = Contract(QUESTIONS[code][1], f"http://127.0.0.1:{port}", "http://127.0.0.1:9/", "salt")
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    known = CARRIER_BY_CODE.keys() if adapter.CARRIERS is None else CARRIER_BY_CODE.keys() & adapter.CARRIERS
    asks = [ask for carrier in sorted(known) for ask in _asks(connection, carrier)]
    if not known:  # a provider for parcels abroad: in the simulator they are carried by whom it has
        asks = [ask._replace(carrier="dhl") for ask in _asks(connection, "yuantong")]
    if adapter.BATCH > 1:  # one question has room for one telephone; the simulator asks such accounts for none
        asks = [ask._replace(phone_tail="") for ask in asks]
    if code in SUBSCRIBED_FIRST:
        for ask in asks:
            _send(connection, adapter.encode_subscription(ask, contract, NOW))
    size = adapter.BATCH
    questions = [adapter.encode(asks[at : at + size], contract, NOW) for at in range(0, len(asks), size)]
    for question in questions[:5]:
        answers = adapter.decode(_send(connection, question))
        assert all(answer.events for answer in answers), f"{code} does not answer: {answers}"
    connection.close()
    return questions


def _asks(connection: http.client.HTTPConnection, carrier: str) -> list[Ask]:
    told = _send(connection, Request("GET", f"/control/parcels?scenario=normal&carrier={carrier}&limit=200", {}, b""))
    parcels: list[dict[str, Any]] = json.loads(told.body)["parcels"]
    return [
        Ask(one["waybill"], carrier, one["phone_tail"])
        for one in parcels
        if one["ended_at"] is not None and datetime.fromisoformat(one["ended_at"]) < NOW
    ]


def _send(connection: http.client.HTTPConnection, request: Request) -> Response:
    url = urlsplit(request.url)
    target = url.path + (f"?{url.query}" if url.query else "")
    connection.request(request.method, target, request.body, dict(request.headers))
    answer = connection.getresponse()
    return Response(answer.status, {}, answer.read())


def _rate(port: int, questions: Sequence[Request]) -> float:
    """Answers a second over some connections, after a short warm-up."""
    counts = [0] * CONNECTIONS
    begin = time.perf_counter() + WARM_UP
    end = begin + SECONDS

    def ask(place: int) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        position = place
        while (now := time.perf_counter()) < end:
            _send(connection, questions[position % len(questions)])
            position += CONNECTIONS
            counts[place] += now >= begin
        connection.close()

    threads = [threading.Thread(target=ask, args=(place,)) for place in range(CONNECTIONS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(counts) / SECONDS
