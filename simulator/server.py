"""The HTTP server: keep-alive, one thread per connection, routes to the providers, the exports and the controls."""

import sys
import threading
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, urlsplit

from simulator import console, control, exports, instants
from simulator.journal import Journal
from simulator.meter import Meter
from simulator.providers import Answer, Call, Route, Scene, json_answer, providers
from simulator.subscriptions import Register

LARGEST_BODY = 1_000_000
IDLE_SECONDS = 75
_DEFAULT_WINDOW = 40 * instants.DAY


@dataclass
class Simulator:
    """The scene and what the server remembers between requests."""

    scene: Scene
    public_url: str = ""
    served: Counter[str] = field(default_factory=Counter)
    meter: Meter = field(default_factory=Meter)

    def __post_init__(self) -> None:
        self._counting = threading.Lock()
        self._scenes = {code: self.scene.of(code) for code in providers()}
        routes = [(code, route) for code, provider in providers().items() for route in provider.ROUTES]
        self._exact = {(route.method, route.path): (code, route) for code, route in routes if not route.prefix}
        self._prefixes = [(code, route) for code, route in routes if route.prefix]

    @property
    def register(self) -> Register:
        """Who is told what."""
        return self.scene.register

    @property
    def journal(self) -> Journal:
        """What a restart must not forget."""
        return self.scene.journal

    def answer(
        self, method: str, target: str, body: bytes, *, loopback: bool, headers: Mapping[str, str] | None = None
    ) -> Answer:
        """The answer to one request."""
        url = urlsplit(target)
        query = dict(parse_qsl(url.query, keep_blank_values=True))
        code, route = self._route(method, url.path)
        if route is not None:
            self._count(route.path)
            self.meter.hit(code)
            return self._provider(code, route, Call(method, url.path, query, headers or {}, body))
        self._count("/" + url.path.split("/")[1])
        if url.path.startswith("/exports/") and method == "GET":
            return self._export(url.path, query)
        if url.path == "/" or url.path.startswith(("/control/", "/console/")):
            if not loopback or _foreign(headers or {}):
                return json_answer({"error": "the controls answer callers on this machine only"}, 403)
            shown = console.page(url.path) if method == "GET" else None
            return shown or control.answer(self, method, url.path.removeprefix("/control/"), query, body)
        if url.path == "/healthz":
            return json_answer({"ok": True})
        return json_answer({"error": f"nothing at {method} {url.path}"}, 404)

    def _route(self, method: str, path: str) -> tuple[str, Route | None]:
        found = self._exact.get((method, path))
        if found is not None:
            return found
        for code, route in self._prefixes:
            if route.method == method and path.startswith(route.path):
                return code, route
        return "", None

    def _provider(self, code: str, route: Route, call: Call) -> Answer:
        scene = self._scenes[code]
        wait = scene.faults.seconds("slow")
        if wait:
            time.sleep(wait)
        return scene.struck() or route.handler(scene, call)

    def _count(self, room: str) -> None:
        with self._counting:
            self.served[room] += 1

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
                method,
                self.path,
                body,
                loopback=host.startswith("127.") or host == "::1",
                headers={name.lower(): value for name, value in self.headers.items()},
            )
        except Exception as error:  # a bug must cost one answer, not the connection thread in silence
            print(f"simulator: {method} {self.path}: {error!r}", file=sys.stderr)
            answer = json_answer({"error": repr(error)}, 500)
        self._write(answer)

    def _write(self, answer: Answer) -> None:
        if not answer.status:
            self.close_connection = True
            return
        own = "".join(f"{name}: {value}\r\n" for name, value in answer.headers)
        head = (
            f"HTTP/1.1 {answer.status} {self.responses.get(answer.status, ('',))[0]}\r\nServer: {self.server_version}\r\n"
            f"Content-Type: {answer.content_type}\r\nContent-Length: {len(answer.body)}\r\n"
            f"{own}{'Connection: close' + chr(13) + chr(10) if self.close_connection else ''}\r\n"
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


def _foreign(headers: Mapping[str, str]) -> bool:
    """Whether a page of another site sent the request, through the browser of somebody on this machine."""
    origin = headers.get("origin", "")
    return bool(origin) and urlsplit(origin).netloc != headers.get("host", "")
