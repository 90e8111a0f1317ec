"""A web server of its own for a benchmark, with the settings `make demo` gives it."""

import contextlib
import http.client
import os
import socket
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from shipops.demo import HOST, WEB_WORKERS
from shipops.supervisor import Program, Supervisor

PATIENCE = 30.0  # seconds until a server answers


@contextlib.contextmanager
def served(application: str, settings: str) -> Iterator[tuple[int, int]]:
    """Serve as `make demo` does; the port, and the process that leads the workers."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port = int(probe.getsockname()[1])
    words: tuple[str, ...] = (
        "--interface",
        "wsgi",
        "--host",
        HOST,
        "--port",
        str(port),
        "--no-ws",
        "--workers",
        str(WEB_WORKERS),
    )
    words += ("--blocking-threads", "2", application)
    environment = os.environ | {"DJANGO_SETTINGS_MODULE": settings}
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "web.log"
        supervisor = Supervisor(lambda line: print(line, file=sys.stderr))
        supervisor.start(Program("web", (sys.executable, "-m", "granian", *words), log, environment))
        try:
            _await(port, log)
            pid = supervisor.pid("web")
            assert pid is not None
            yield port, pid
        finally:
            supervisor.stop()


def _await(port: int, log: Path) -> None:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        with contextlib.suppress(OSError, http.client.HTTPException):
            asked = http.client.HTTPConnection(HOST, port, timeout=5)
            asked.request("GET", "/")
            asked.getresponse()
            return
        time.sleep(0.05)
    raise SystemExit(f"the server does not answer: {log.read_text()[-500:]}")
