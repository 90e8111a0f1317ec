"""The HTTP server: keep-alive, one thread per connection, routes to the providers, the exports and the controls."""

import sys
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from simulator import control, exports, instants
from simulator.journal import Journal
from simulator.providers import Answer, Scene, json_answer, kuaidi100, sf, struck
from simulator.subscriptions import Register

LARGEST_BODY = 1_000_000
IDLE_SECONDS = 75
_DEFAULT_WINDOW = 40 * instants.DAY


@dataclass
class Simulator:
    """The scene and what the server remembers between requests."""

    scene: Scene
    register: Register
    journal: Journal
    gate: kuaidi100.Gate = field(default_factory=kuaidi100.Gate)
    served: Counter[str] = field(default_factory=Counter)
    _counting: threading.Lock = field(default_factory=threading.Lock)
    push_delay: int = 0
    public_url: str = ""

    def answer(self, method: str, target: str, body: bytes, *, loopback: bool) -> Answer:
        """The answer to one request."""
        url = urlsplit(target)
        query = {name: values[-1] for name, values in parse_qs(url.query).items()}
        self._count(url.path if url.path in _PROVIDERS else "/" + url.path.split("/")[1])
        if url.path in _PROVIDERS and method == "POST":
            wait = self.scene.faults.seconds("slow")
            if wait:
                time.sleep(wait)
            return _PROVIDERS[url.path](self, _form(body))
        if url.path.startswith("/exports/") and method == "GET":
            return self._export(url.path, query)
        if url.path.startswith("/control/"):
            if not loopback:
                return json_answer({"error": "the controls answer callers on this machine only"}, 403)
            return self._control(method, url.path.removeprefix("/control/"), query, body)
        if url.path == "/healthz":
            return json_answer({"ok": True})
        return json_answer({"error": f"nothing at {method} {url.path}"}, 404)

    def query(self, form: dict[str, str]) -> Answer:
        """POST /poll/query.do."""
        return kuaidi100.query(self.scene, self.gate, form)

    def subscribe(self, form: dict[str, str]) -> Answer:
        """POST /poll."""
        failing = struck(self.scene)
        if failing is not None:
            return failing
        code, asked = kuaidi100.subscription(form)
        if code == "200" and not self.register.add(asked, self.scene.clock.now(), self.push_delay):
            code = "501"
        return kuaidi100.subscription_answer(code)

    def sf_service(self, form: dict[str, str]) -> Answer:
        """POST /std/service."""
        return sf.service(self.scene, form)

    def state(self) -> dict[str, Any]:
        """GET /control/state."""
        scene, now = self.scene, self.scene.clock.now()
        scenarios = scene.world.scenario_counts(now)
        return {
            "now": instants.iso(now),
            "speed": scene.clock.speed,
            "start": instants.iso(scene.world.anchor),
            "seed": scene.world.seed,
            "public_url": self.public_url,
            "orders": sum(scenarios.values()),
            "scenarios": scenarios,
            "served": dict(self.served),
            "subscriptions": self.register.counts(),
            "pushes": dict(self.register.pushes),
            "faults": scene.faults.values(),
        }

    def _count(self, room: str) -> None:
        with self._counting:
            self.served[room] += 1

    def _control(self, method: str, path: str, query: dict[str, str], body: bytes) -> Answer:
        if path == "state" and method == "GET":
            return json_answer(self.state())
        if path == "faults":
            return control.faults(self.scene, method, body)
        if path == "time" and method == "POST":
            return control.time(self.scene, body)
        if path == "parcels" and method == "GET":
            return control.parcels(self.scene, query)
        if path.startswith("parcels/"):
            number = path.removeprefix("parcels/")
            return control.parcel(self.scene, number) if method == "GET" else self._bend(number, body)
        return json_answer({"error": f"nothing at {method} /control/{path}"}, 404)

    def _bend(self, number: str, body: bytes) -> Answer:
        now = self.scene.clock.now()
        try:
            scenario = str(control.mapping(body).get("scenario", ""))
            self.scene.world.bend(number, scenario, now)
        except KeyError as error:
            return json_answer({"error": error.args[0]}, 404)
        except ValueError as error:
            return json_answer({"error": str(error)}, 409)
        self.journal.write(kind="bend", number=number, scenario=scenario, at=now)
        self.register.wake(number, now)
        return control.parcel(self.scene, number)

    def _export(self, path: str, query: dict[str, str]) -> Answer:
        name = path.removeprefix("/exports/")
        shop = exports.shop_of(name.removesuffix(".csv"))
        if shop is None or not name.endswith(".csv"):
            return json_answer({"error": f"no shop for {name}"}, 404)
        now = self.scene.clock.now()
        try:
            since = instants.parse(query["since"]) if "since" in query else now - _DEFAULT_WINDOW
            until = min(now, instants.parse(query["until"])) if "until" in query else now
        except ValueError as error:
            return json_answer({"error": f"since and until must be ISO instants: {error}"}, 400)
        return Answer(200, "text/csv", exports.export(shop, self.scene.world.orders(until), since, until))


class Handler(BaseHTTPRequestHandler):
    """Reads one request, writes one answer in a single packet."""

    protocol_version = "HTTP/1.1"
    server_version = "shipops-simulator"
    disable_nagle_algorithm = True
    timeout = IDLE_SECONDS
    server: "Server"

    def do_GET(self) -> None:
        """Exports and state."""
        self._respond("GET", b"")

    def do_POST(self) -> None:
        """Provider calls and controls."""
        length = self.headers.get("Content-Length", "0")
        if not length.isdigit() or int(length) > LARGEST_BODY:
            self.close_connection = True
            self._write(json_answer({"error": f"send a Content-Length of at most {LARGEST_BODY}"}, 413))
            return
        self._respond("POST", self.rfile.read(int(length)))

    def log_message(self, format: str, *args: object) -> None:
        """Requests are counted, not logged."""

    def _respond(self, method: str, body: bytes) -> None:
        try:
            host = self.client_address[0]
            answer = self.server.simulator.answer(
                method, self.path, body, loopback=host.startswith("127.") or host == "::1"
            )
        except Exception as error:  # a bug must cost one answer, not the connection thread in silence
            print(f"simulator: {method} {self.path}: {error!r}", file=sys.stderr)
            answer = json_answer({"error": repr(error)}, 500)
        self._write(answer)

    def _write(self, answer: Answer) -> None:
        head = (
            f"HTTP/1.1 {answer.status} {self.responses.get(answer.status, ('',))[0]}\r\nServer: {self.server_version}\r\n"
            f"Content-Type: {answer.content_type}\r\nContent-Length: {len(answer.body)}\r\n"
            f"{'Connection: close' + chr(13) + chr(10) if self.close_connection else ''}\r\n"
        )
        self.wfile.write(head.encode("ascii") + answer.body)


class Server(ThreadingHTTPServer):
    """Binds at once; `server_address[1]` is the port, also when 0 was asked for."""

    daemon_threads = True
    request_queue_size = 256
    allow_reuse_address = True

    def __init__(self, address: tuple[str, int], simulator: Simulator) -> None:
        self.simulator = simulator
        super().__init__(address, Handler)


def _form(body: bytes) -> dict[str, str]:
    pairs = parse_qs(body.decode("utf-8", "replace"), keep_blank_values=True)
    return {name: values[-1] for name, values in pairs.items()}


_PROVIDERS = {
    "/poll/query.do": Simulator.query,
    "/poll": Simulator.subscribe,
    "/std/service": Simulator.sf_service,
}
