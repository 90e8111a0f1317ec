"""Programs are started again when they die, and stopped for certain."""

import os
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from shipops.supervisor import LOG_LIMIT, Program, Supervisor
from tests.ops.processes import alive

Until = Callable[..., None]


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def supervisor(said: list[str]) -> Iterator[Supervisor]:
    running = Supervisor(said.append)
    yield running
    running.stop(patience=1.0)


def python(name: str, code: str, folder: Path) -> Program:
    return Program(name, (sys.executable, "-c", code), folder / f"{name}.log")


def text(program: Program) -> str:
    return program.log.read_text() if program.log.exists() else ""


def test_what_dies_is_started_again_and_said_in_one_line(
    supervisor: Supervisor, said: list[str], tmp_path: Path, until: Until
) -> None:
    program = python("clerk", "print('up', flush=True); import signal; signal.pause()", tmp_path)
    supervisor.start(program)
    until(lambda: text(program) == "up\n", "the first one runs")
    first = supervisor.pid("clerk")
    assert first is not None

    os.kill(first, signal.SIGKILL)
    until(lambda: text(program) == "up\nup\n", "the second one runs", supervisor.tend)

    assert supervisor.pid("clerk") != first
    assert said == [f"clerk was killed by SIGKILL; starting it again in 0.1 s (see {program.log})"]


def test_one_that_dies_at_once_is_started_ever_more_slowly(
    supervisor: Supervisor, said: list[str], tmp_path: Path, until: Until
) -> None:
    program = python("broken", "raise SystemExit(3)", tmp_path)
    supervisor.start(program)
    until(lambda: supervisor.deaths("broken") == 3, "it has died three times", supervisor.tend)
    assert said == [
        f"broken ended with exit code 3; starting it again in {pause} s (see {program.log})"
        for pause in ("0.1", "0.2", "0.4")
    ]


def test_one_that_will_not_stop_is_killed_with_its_children(
    supervisor: Supervisor, said: list[str], tmp_path: Path, until: Until
) -> None:
    code = (
        "import os, signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); child = os.fork()\n"
        "if child: print(child, flush=True)\n"
        "signal.pause()"
    )
    program = python("mule", code, tmp_path)
    supervisor.start(program)
    until(lambda: text(program).endswith("\n"), "parent and child run")
    child = int(text(program))

    supervisor.stop(patience=0.2)

    assert said == ["mule did not stop within 0 s and was killed"]
    until(lambda: not alive(child), "the child is gone")


def test_a_log_that_grew_too_long_is_emptied_and_its_last_piece_kept(supervisor: Supervisor, tmp_path: Path) -> None:
    program = python("chatty", "pass", tmp_path)
    program.log.write_bytes(b"x" * (LOG_LIMIT + 1))
    supervisor.start(program)
    assert program.log.stat().st_size == 0
    assert (tmp_path / "chatty.log.1").stat().st_size == LOG_LIMIT + 1
