"""Who takes pushes in tests: a listener that answers what it is told, and the pushing of everything that is due."""

import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs

import pytest

from simulator.pushing import Pusher, deliver
from tests.simulator.conftest import Client

# What Kuaidi100 takes for received.
ACKNOWLEDGEMENT = '{"result":true,"returnCode":"200","message":"成功"}'


@dataclass
class Shop:
    """Takes pushes and answers `reply`, or what `respond` makes of a body, with `status`."""

    url: str = ""
    reply: str = ACKNOWLEDGEMENT
    status: int = 200
    respond: Callable[[bytes], bytes] | None = None
    forms: list[dict[str, str]] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)

    @property
    def contents(self) -> list[Any]:
        return [json.loads(form["param"]) for form in self.forms]


@pytest.fixture
def shop() -> Iterator[Shop]:
    taken = Shop()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            taken.bodies.append(body)
            taken.headers.append({name.lower(): value for name, value in self.headers.items()})
            taken.forms.append({name: values[0] for name, values in parse_qs(body.decode()).items()})
            reply = taken.respond(body) if taken.respond else taken.reply.encode()
            self.send_response(taken.status)
            self.send_header("Content-Length", str(len(reply)))
            self.end_headers()
            self.wfile.write(reply)

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    taken.url = f"http://127.0.0.1:{server.server_address[1]}/push/token"
    yield taken
    server.shutdown()
    server.server_close()


def push_all(client: Client) -> int:
    """Deliver what is due by now, one after the other; how many were due."""
    pusher = Pusher(client.simulator.scene, client.simulator.register)
    pusher.enrol()
    for held in client.simulator.register.released(client.simulator.scene.clock.now()):
        deliver(held.callback, held.post)
    due = client.simulator.register.take_due(client.simulator.scene.clock.now(), 1000)
    for subscription in due:
        pusher.tell(subscription)
    return len(due)
