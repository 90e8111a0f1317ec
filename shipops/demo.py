"""The whole product on one machine: engine, simulator, web server, worker and beat, until Ctrl-C.

python -m shipops.demo                      on SHIPOPS_HOME, PORT (8000)
python -m shipops.demo --scratch COMMAND…   on data that are thrown away and a free port; run COMMAND, then stop
"""

import contextlib
import http.client
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from shipops.embedded import Engine, EngineError, last_line
from shipops.home import CHECKOUT, default_home
from shipops.supervisor import Program, Supervisor, tied

HOST = "127.0.0.1"
WEB_WORKERS = 2  # one process per core of a small machine; more threads than two only queue for the interpreter
# A worker that gets its signal just before it begins to wait never wakes (seen with granian 2.8.7): kill it then.
WEB_STOP = 3
WEB_PATIENCE = 60.0  # seconds until the first page
SEED = 7


@dataclass(frozen=True)
class Place:
    """Where this demo lives: its data directory, and the ports of the web server and of the simulator."""

    home: Path
    port: int
    simulator_port: int

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self.port}"

    def environment(self, engine: dict[str, str]) -> dict[str, str]:
        """What every process is told."""
        told = {
            "SHIPOPS_HOME": str(self.home),
            "SHIPOPS_PUBLIC_URL": self.url,
            "SIMULATOR_URL": f"http://{HOST}:{self.simulator_port}",
            "PORT": str(self.port),
            "PYTHONUNBUFFERED": "1",
        }
        return os.environ | told | engine


def programs(place: Place, environment: dict[str, str]) -> list[Program]:
    """The processes that run beside the engine, in the order they start."""
    python, celery = sys.executable, ("-m", "celery", "-A", "shipops")
    web: tuple[str, ...] = (
        "--interface",
        "wsgi",
        "--host",
        HOST,
        "--port",
        str(place.port),
        "--no-ws",
        "--respawn-failed-workers",
    )
    web += (
        "--workers-kill-timeout",
        str(WEB_STOP),
        "--workers",
        str(WEB_WORKERS),
        "--blocking-threads",
        "2",
        "shipops.wsgi:application",
    )
    schedule = str(place.home / "beat-schedule")
    # The state file: without it the next start would tell another story of the same parcels.
    # A typhoon has stood over two hubs for two days: the desk has an incident to show from the first minutes on.
    world = ("--seed", str(SEED), "--state", str(place.home / "simulator.jsonl"), "--crisis", "typhoon")
    commands: dict[str, tuple[str, ...]] = {
        "simulator": (python, "-m", "simulator", "--port", str(place.simulator_port), *world),
        "web": (python, "-m", "granian", *web),
        "worker": (python, *celery, "worker", "--concurrency", "2", "--without-gossip", "--without-mingle"),
        "beat": (python, *celery, "beat", "--schedule", schedule, "--pidfile", ""),
    }
    if any(CHECKOUT.glob("*/management/commands/feed_demo.py")):
        commands["feed"] = (python, "manage.py", "feed_demo")
    return [
        Program(name, argv, place.home / "log" / f"{name}.log", environment, CHECKOUT)
        for name, argv in commands.items()
    ]


def run(place: Place, command: list[str]) -> int:
    """Bring everything up, then wait for Ctrl-C, or for `command` to end; the exit code."""
    began = time.monotonic()
    supervisor = Supervisor(say)
    engine = Engine(place.home, supervisor=supervisor, say=say)
    apps: list[str] = []
    try:
        environment = place.environment(engine.start())
        simulator, *beside = programs(place, environment)
        supervisor.start(simulator)
        apps.append(simulator.name)
        logins = _prepare(environment)
        for program in beside:
            supervisor.start(program)
            apps.append(program.name)
            if program.name == "web":  # the rest starts when the first page is there, not in competition with it
                _await_page(place, supervisor)
        if command:
            return _run_beside(command, environment, supervisor)
        with contextlib.suppress(KeyboardInterrupt):  # the instant before the supervisor listens
            say(welcome(place, logins, time.monotonic() - began))
            supervisor.run()
        say("\nStopping …")
        return 0
    finally:
        supervisor.stop(reversed(apps))
        engine.stop()


def welcome(place: Place, logins: str, seconds: float) -> str:
    """What the person at the terminal needs to know."""
    people = "\n".join(f"             {line}".rstrip() for line in logins.strip().splitlines())
    return (
        f"\nshipops is running (ready after {seconds:.1f} s)\n\n"
        f"  address    {place.url}\n"
        f"  log-ins    {people.strip() or 'none yet'}\n"
        f"  data       {place.home} (kept: the next start goes on from here)\n"
        f"  logs       {place.home / 'log'}\n"
        f"  stop       Ctrl-C\n"
    )


def say(line: str) -> None:
    """One line for the person at the terminal, at once."""
    print(line, flush=True)


def _prepare(environment: dict[str, str]) -> str:
    """Tables, static files, the demo's merchant; what the seeding said, which is the log-ins."""
    done = subprocess.run(
        [sys.executable, "-m", "shipops.prepare", "--demo"],
        env=environment,
        cwd=CHECKOUT,
        stdout=subprocess.PIPE,
        stdin=subprocess.DEVNULL,
        text=True,
        check=False,
        preexec_fn=tied(signal.SIGTERM),
    )
    if done.returncode != 0:
        raise EngineError("The database could not be made ready; the reason is above.")
    return done.stdout


def _await_page(place: Place, supervisor: Supervisor) -> None:
    deadline = time.monotonic() + WEB_PATIENCE
    while not _serves(place.port):
        supervisor.tend()
        if time.monotonic() > deadline or supervisor.deaths("web") >= 3:
            log = place.home / "log" / "web.log"
            raise EngineError(f"The web server does not answer; its log {log} ends with: {last_line(log)}")
        time.sleep(0.05)


def _serves(port: int) -> bool:
    with contextlib.closing(http.client.HTTPConnection(HOST, port, timeout=10)) as connection:
        try:
            connection.request("GET", "/")
            return connection.getresponse().status < 500
        except (OSError, http.client.HTTPException):
            return False


def _run_beside(command: list[str], environment: dict[str, str], supervisor: Supervisor) -> int:
    process = subprocess.Popen(command, env=environment, cwd=CHECKOUT, preexec_fn=tied(signal.SIGTERM))
    supervisor.run(lambda: process.poll() is not None)
    if process.poll() is None:
        process.terminate()
    return process.wait()


def _free_port(wanted: int = 0) -> int:
    """`wanted`, else any port that nobody holds."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, wanted))
        except OSError:
            return _free_port()
        return int(probe.getsockname()[1])


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def main(argv: list[str]) -> int:
    """The command line above."""
    scratch = Path(tempfile.mkdtemp(prefix="shipops-")) if argv[:1] == ["--scratch"] else None
    port = _free_port() if scratch else int(os.environ.get("PORT") or 8000)
    home = scratch or Path(os.environ.get("SHIPOPS_HOME") or default_home())
    # A SIGTERM while starting must stop what has started; once up, the supervisor listens for it.
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        return run(Place(home.absolute(), port, _free_port(0 if scratch else port + 1)), argv[1:] if scratch else [])
    except EngineError as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    finally:
        if scratch is not None:
            shutil.rmtree(scratch, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
