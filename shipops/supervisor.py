"""Keep a handful of processes running: start them, start again what dies, stop them all.

Every child is in a session of its own, so a Ctrl-C in the terminal reaches this process alone, and is told by the kernel
when this process dies, so that even `kill -9` leaves no orphan. Children are only ever signalled by their process id.
"""

import contextlib
import ctypes
import os
import select
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from shipops.unprivileged import Account, run_as

PR_SET_PDEATHSIG = 1  # prctl(2)
FIRST_PAUSE = 0.1  # seconds; doubled at each death in a row, so a killed PostgreSQL is back before most requests notice
LONGEST_PAUSE = 30.0
STEADY = 60.0  # a process that ran this long is started again without a pause
LOG_LIMIT = 10 * 1024 * 1024  # bytes; one older piece is kept beside it
LOG_LOOK = 60.0

_libc = ctypes.CDLL(None, use_errno=True)


@dataclass(frozen=True)
class Program:
    """What to run: `env` is the whole environment, `stop_signal` asks it to end, `account` is whom to run it as."""

    name: str
    argv: tuple[str, ...]
    log: Path
    env: Mapping[str, str] | None = None
    cwd: Path | None = None
    stop_signal: signal.Signals = signal.SIGTERM
    account: Account | None = None


@dataclass
class _Child:
    program: Program
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    deaths: int = 0
    again: float = 0.0


def tied(stop_signal: int) -> Callable[[], None]:
    """A `preexec_fn`: the kernel sends `stop_signal` to the child when this process dies, however it dies."""
    parent = os.getpid()

    def tie() -> None:
        if sys.platform == "linux":
            _libc.prctl(PR_SET_PDEATHSIG, stop_signal)
            if os.getppid() != parent:
                os._exit(1)

    return tie


class Supervisor:
    """Programs in the order they were started; call `tend` often, or let `run` do it."""

    def __init__(self, say: Callable[[str], None] = print) -> None:
        self._say = say
        self._children: dict[str, _Child] = {}
        self._logs_looked_at = 0.0

    def start(self, program: Program) -> None:
        """Start `program` now and keep it running until `stop`."""
        child = self._children[program.name] = _Child(program)
        _trim(program.log, limit=LOG_LIMIT)
        self._spawn(child)

    def pid(self, name: str) -> int | None:
        """The process id, or None while the program is down."""
        process = self._children[name].process
        return process.pid if process is not None and process.poll() is None else None

    def deaths(self, name: str) -> int:
        """How often the program died in a row without running for a minute."""
        return self._children[name].deaths

    def tend(self) -> float:
        """Start again what died and has waited long enough; the seconds until the next look at the latest."""
        now = time.monotonic()
        pause = LOG_LOOK
        for child in self._children.values():
            if child.process is not None and child.process.poll() is not None:
                self._bury(child, now)
            if child.process is None:
                if child.again <= now:
                    self._spawn(child)
                else:
                    pause = min(pause, child.again - now)
        if now - self._logs_looked_at > LOG_LOOK:
            self._logs_looked_at = now
            for child in self._children.values():
                _trim(child.program.log, limit=LOG_LIMIT)
        return pause

    def run(self, finished: Callable[[], bool] = lambda: False) -> None:
        """Tend until `finished()` or a signal to stop (Ctrl-C, SIGTERM, SIGHUP) arrives; main thread only."""
        with bell(signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGCHLD) as wait:
            while not finished():
                if wait(self.tend()) - {signal.SIGCHLD}:
                    return

    def stop(self, names: Iterable[str] | None = None, *, patience: float = 8.0) -> None:
        """Ask the named programs (default: all) to end, together, and kill what still runs after `patience` seconds."""
        chosen = list(self._children if names is None else names)
        children = [child for name in chosen if (child := self._children.pop(name, None))]
        running = [(child.program, child.process) for child in children if child.process is not None]
        for program, process in running:
            if process.poll() is None:
                process.send_signal(program.stop_signal)
        deadline = time.monotonic() + patience
        for program, process in running:
            try:
                process.wait(max(0.0, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                self._say(f"{program.name} did not stop within {patience:.0f} s and was killed")
            _kill_group(process.pid)
            process.wait()

    def _spawn(self, child: _Child) -> None:
        program = child.program
        program.log.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with program.log.open("ab") as log:
            child.process = subprocess.Popen(
                program.argv,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=None if program.env is None else dict(program.env),
                cwd=program.cwd,
                start_new_session=True,
                preexec_fn=tied(program.stop_signal),
                **run_as(program.account),
            )
        child.started = time.monotonic()

    def _bury(self, child: _Child, now: float) -> None:
        assert child.process is not None
        _kill_group(child.process.pid)
        child.deaths = 0 if now - child.started > STEADY else child.deaths
        pause = min(FIRST_PAUSE * 2**child.deaths, LONGEST_PAUSE)
        child.deaths += 1
        child.again = now + pause
        self._say(
            f"{child.program.name} {_ending(child.process.returncode)}; "
            f"starting it again in {pause:.1f} s (see {child.program.log})"
        )
        child.process = None


@contextlib.contextmanager
def bell(*signals: signal.Signals) -> Iterator[Callable[[float], set[int]]]:
    """`wait(seconds)` returns the signals that rang meanwhile, at once when one rings; main thread only."""
    ours, theirs = socket.socketpair()
    ours.setblocking(False)
    theirs.setblocking(False)
    before = {number: signal.signal(number, lambda *_: None) for number in signals}
    fd_before = signal.set_wakeup_fd(theirs.fileno())

    def wait(seconds: float) -> set[int]:
        select.select([ours], [], [], seconds)
        with contextlib.suppress(BlockingIOError):
            return set(ours.recv(4096))
        return set()

    try:
        yield wait
    finally:
        signal.set_wakeup_fd(fd_before)
        for number, handler in before.items():
            signal.signal(number, handler)
        ours.close()
        theirs.close()


def _ending(code: int) -> str:
    return f"was killed by {signal.Signals(-code).name}" if code < 0 else f"ended with exit code {code}"


def _kill_group(leader: int) -> None:
    # What a dead leader left behind (a web server's workers hold its port) would keep its successor from starting.
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(leader, signal.SIGKILL)


def _trim(log: Path, *, limit: int) -> None:
    # The process keeps its descriptor (opened to append), so the file is copied and emptied, not renamed.
    with contextlib.suppress(FileNotFoundError):
        if log.stat().st_size > limit:
            shutil.copyfile(log, log.with_suffix(".log.1"))
            os.truncate(log, 0)
