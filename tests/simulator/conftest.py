"""A simulator on a free port with time standing still, and a client that speaks to it over real HTTP."""

import hashlib
import http.client
import json
import threading
from collections.abc import Callable, Iterator, Mapping
from typing import Any
from urllib.parse import urlencode

import pytest

from simulator.__main__ import arguments, simulator
from simulator.server import Server, Simulator

START = "2026-11-22T04:00:00+00:00"


class Client:
    """Asks one simulator over one kept-alive connection."""

    def __init__(self, port: int, running: Simulator) -> None:
        self.port, self.simulator = port, running
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)

    def raw(
        self, method: str, target: str, body: str | bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> tuple[int, bytes]:
        """(status, body) of one request."""
        self._connection.request(method, target, body, dict(headers or {}))
        answer = self._connection.getresponse()
        return answer.status, answer.read()

    def get(self, target: str) -> Any:
        return json.loads(self.raw("GET", target)[1])

    def control(self, target: str, **values: Any) -> Any:
        return json.loads(self.raw("POST", f"/control/{target}", json.dumps(values))[1])

    def query(
        self,
        company: str,
        number: str,
        *,
        phone: str = "8001",
        version: str = "4",
        key: str = "DEMO-KEY-100",
        **more: str,
    ) -> Any:
        """What Kuaidi100 answers to a signed query."""
        param = json.dumps(
            {"com": company, "num": number, "phone": phone, "resultv2": version, **more}, ensure_ascii=False
        )
        sign = hashlib.md5((param + key + "DEMO-CUSTOMER").encode(), usedforsecurity=False).hexdigest().upper()
        form = urlencode({"customer": "DEMO-CUSTOMER", "sign": sign, "param": param})
        return json.loads(self.raw("POST", "/poll/query.do", form)[1])

    def subscribe(
        self, company: str, number: str, callback: str, *, key: str = "DEMO-KEY-100", **parameters: str
    ) -> Any:
        wanted = {
            "company": company,
            "number": number,
            "key": key,
            "parameters": {"callbackurl": callback, **parameters},
        }
        return json.loads(self.raw("POST", "/poll", urlencode({"schema": "json", "param": json.dumps(wanted)}))[1])

    def parcels(self, scenario: str = "", carrier: str = "", limit: int = 200) -> list[dict[str, Any]]:
        """The truth about some orders."""
        query = {
            name: value
            for name, value in (("scenario", scenario), ("carrier", carrier), ("limit", str(limit)))
            if value
        }
        found: list[dict[str, Any]] = self.get(f"/control/parcels?{urlencode(query)}")["parcels"]
        return found


Serve = Callable[..., Client]


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Start simulators; words are more command line."""
    servers: list[Server] = []

    def start(*words: str) -> Client:
        options = arguments(
            ["--port", "0", "--start", START, "--speed", "0", "--arrivals", "900", "--fault", "min_interval=0", *words]
        )
        server = Server(("127.0.0.1", 0), simulator(options))
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        servers.append(server)
        return Client(server.server_address[1], server.simulator)

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.fixture
def client(serve: Serve) -> Client:
    """A small world at its anchor."""
    return serve("--orders", "400")
