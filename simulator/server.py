"""The HTTP server: keep-alive, one thread per connection, routes to the providers, the exports and the controls."""

import json
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from simulator import exports, instants
from simulator.providers import Answer, Scene, json_answer, kuaidi100

LARGEST_BODY = 1_000_000
IDLE_SECONDS = 75
_DEFAULT_WINDOW = 40 * instants.DAY


@dataclass
class Simulator:
    """The scene and what the server remembers between requests."""

    scene: Scene
    gate: kuaidi100.Gate = field(default_factory=kuaidi100.Gate)
    served: Counter[str] = field(default_factory=Counter)

    def answer(self, method: str, target: str, body: bytes, *, loopback: bool) -> Answer:
        """The answer to one request."""
        url = urlsplit(target)
        self.served[url.path if url.path in _POSTS else url.path.split("/")[1]] += 1
        if method == "POST" and url.path in _POSTS:
            wait = self.scene.faults.seconds("slow")
            if wait:
                time.sleep(wait)
            return _POSTS[url.path](self, _form(body))
        if method == "GET" and url.path.startswith("/exports/"):
            return self._export(url.path, {name: values[-1] for name, values in parse_qs(url.query).items()})
        if url.path == "/healthz":
            return json_answer({"ok": True})
        return json_answer({"error": f"nothing at {method} {url.path}"}, 404)

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
            answer = self.server.simulator.answer(method, self.path, body, loopback=host.startswith("127.") or host == "::1")
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


def _mapping(body: bytes) -> dict[str, Any]:
    value = json.loads(body or b"{}")
    if not isinstance(value, dict):
        raise ValueError("send a JSON object")
    return value


_POSTS = {
    "/poll/query.do": lambda simulator, form: kuaidi100.query(simulator.scene, simulator.gate, form),
}
