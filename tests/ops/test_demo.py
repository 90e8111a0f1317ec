"""The one command: up, killed, up again with its data, and down without a trace."""

import http.client
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from shipops.demo import Place, welcome
from shipops.home import CHECKOUT
from tests.ops.processes import alive, children, descendants

pytestmark = pytest.mark.usefixtures("own_servers")
Until = Callable[..., None]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Demo:
    """`make demo` on its own data; `lines` is what it has said until it was ready."""

    def __init__(self, home: Path, port: int) -> None:
        environment = os.environ | {"SHIPOPS_HOME": str(home), "PORT": str(port)}
        self.process = subprocess.Popen(
            [sys.executable, "bootstrap.py", "demo"],
            cwd=CHECKOUT,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.lines: list[str] = []
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.append(line)
            if "Ctrl-C" in line:
                break
        else:
            pytest.fail("the demo ended before it was ready:\n" + "".join(self.lines))

    def end(self, number: signal.Signals) -> int:
        self.process.send_signal(number)
        self.process.communicate()
        return self.process.returncode


def log_in_page(port: int) -> int:
    """The status of the page that everybody meets first; 0 while nobody answers."""
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=30)) as connection:
        try:
            connection.request("GET", "/login/")
            return connection.getresponse().status
        except OSError:
            return 0


def test_the_demo_serves_survives_kill_9_and_stops_without_a_trace(home: Path, until: Until) -> None:
    port = free_port()
    demo = Demo(home, port)
    assert any(line == f"  address    http://127.0.0.1:{port}\n" for line in demo.lines)
    assert log_in_page(port) == 200
    first = children(demo.process.pid)
    assert len(first) == 7  # postgres, valkey, simulator, web, worker, beat, feed

    for pid in first:
        os.kill(pid, signal.SIGKILL)
    until(lambda: not any(map(alive, first)), "all of them are dead")
    until(lambda: len(children(demo.process.pid)) == 7, "all of them run again")
    until(lambda: log_in_page(port) == 200, "pages are served again")
    running = descendants(demo.process.pid)

    demo.end(signal.SIGKILL)
    until(lambda: not any(map(alive, running)), "everything it started is gone")

    demo = Demo(home, port)
    running = descendants(demo.process.pid)
    assert demo.end(signal.SIGINT) == 0
    assert not any(map(alive, running))


def test_what_the_terminal_shows_is_address_people_data_and_how_to_stop() -> None:
    shown = welcome(Place(Path("/srv/data"), 8000, 8001), "admin   linxiao / secret\nseller  chenmo / secret\n", 7.25)
    assert shown == (
        "\nshipops is running (ready after 7.2 s)\n\n"
        "  address    http://127.0.0.1:8000\n"
        "  log-ins    admin   linxiao / secret\n"
        "             seller  chenmo / secret\n"
        "  data       /srv/data (kept: the next start goes on from here)\n"
        "  logs       /srv/data/log\n"
        "  stop       Ctrl-C\n"
    )
