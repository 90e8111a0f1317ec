"""What cannot work is refused with one sentence that says what to do."""

import os
import socket
import subprocess
import sys

import pytest

import bootstrap
from shipops.home import CHECKOUT


def run(*words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "bootstrap.py", *words],
        cwd=CHECKOUT,
        env=os.environ | environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_port_in_use_is_refused_before_anything_starts() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = run("demo", PORT=str(port))

    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr == (
        f"Port {port} is in use or not allowed (Address already in use): "
        f"choose another, as in PORT={port + 10} make demo.\n"
    )


def test_a_port_that_is_no_number_is_refused() -> None:
    done = run("demo", PORT="http")
    assert (done.returncode, done.stderr) == (1, "PORT must be a number, and it is 'http'.\n")


def test_an_unknown_verb_names_the_known_ones() -> None:
    done = run("deploy")
    assert (done.returncode, done.stderr) == (
        1,
        "Say what to do: python3 bootstrap.py demo|test|lint|bench|screenshots\n",
    )


def test_too_little_disk_is_refused() -> None:
    with pytest.raises(bootstrap.Refusal) as refusal:
        bootstrap.require_disk(CHECKOUT, free_bytes=300_000_000)
    assert str(refusal.value) == (f"{CHECKOUT} has 0.3 GB free and shipops needs 1.5 GB: make room, then start again.")


def test_an_old_python_is_refused() -> None:
    with pytest.raises(bootstrap.Refusal) as refusal:
        bootstrap.require_python((3, 9, 18))
    assert str(refusal.value) == (
        "shipops needs Python 3.11 or newer, and this is 3.9.18: install python3.11 and run it in its place."
    )
    bootstrap.require_python((3, 11, 0))


def test_every_pinned_file_has_a_hash_and_no_lock_names_a_host() -> None:
    for lock in (CHECKOUT / "requirements").glob("*.txt"):
        text = lock.read_text()
        assert "://" not in text, lock.name
        pins = [line for line in text.splitlines() if "==" in line]
        assert pins
        assert all(line.endswith("\\") for line in pins), lock.name
        assert text.count("--hash=sha256:") >= len(pins), lock.name


def test_the_development_lock_contains_the_demo_lock_pin_for_pin() -> None:
    # bootstrap.py takes an environment made for the tests as good for the demo.
    def pins(name: str) -> set[str]:
        lines = (CHECKOUT / "requirements" / name).read_text().splitlines()
        return {line.removesuffix("\\").strip() for line in lines if "==" in line}

    assert pins("prod.txt") <= pins("demo.txt") <= pins("dev.txt")


def test_there_are_six_verbs_and_ci_runs_one_of_them() -> None:
    rules = [line.split(":")[0] for line in (CHECKOUT / "Makefile").read_text().splitlines() if ": ;" in line]
    assert rules == ["demo", "test", "lint", "bench", "screenshots", "clean"]
    assert (CHECKOUT / ".ci/run").read_text() == "#!/usr/bin/env bash\nexec make test\n"
