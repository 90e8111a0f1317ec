"""An engine of its own for each test that kills one; never the one the other tests run on."""

import shutil
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

DEADLINE = 60.0  # seconds; a machine under load may take its time, a hung one must not


@pytest.fixture
def home() -> Iterator[Path]:
    """A data directory that the database's user can reach and whose socket path is short (pytest's own is neither)."""
    base = Path(tempfile.mkdtemp(prefix="shipops-test-", dir="/tmp"))
    base.chmod(0o711)
    yield base / "home"
    shutil.rmtree(base)


@pytest.fixture
def own_servers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Forget the servers that the test run itself uses."""
    for key in ("DATABASE_URL", "REDIS_URL", "SHIPOPS_HOME"):
        monkeypatch.delenv(key, raising=False)


@pytest.fixture
def until() -> Callable[..., None]:
    """Wait for a condition, tending what has to be tended meanwhile; fails at the deadline."""

    def wait(condition: Callable[[], object], what: str, tend: Callable[[], object] = lambda: None) -> None:
        deadline = time.monotonic() + DEADLINE
        pause = threading.Event()
        while not condition():
            assert time.monotonic() < deadline, f"still not so after {DEADLINE:.0f} s: {what}"
            tend()
            pause.wait(0.02)

    return wait
