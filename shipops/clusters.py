"""A PostgreSQL data directory: made once, configured at every start, entered only through its socket."""

import contextlib
import os
import pwd
import shutil
import subprocess
import time
from pathlib import Path

import psycopg2
from psycopg2.errors import DuplicateDatabase

from shipops.binaries import Postgres
from shipops.unprivileged import NAME, Account, run_as

SHUTDOWN_PATIENCE = 120.0  # seconds for a predecessor's last checkpoint
ZOMBIE_PATIENCE = 10.0  # seconds for process 1 to collect a dead server; in some containers it never does

SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "shared_buffers": "256MB",
    "max_wal_size": "2GB",
    "random_page_cost": "1.1",  # solid-state disks
    "jit": "off",  # short queries; compiling them costs more than it saves
    "max_parallel_workers_per_gather": "0",  # one page's count took every core from all others, to be a fifth faster
    "log_min_duration_statement": "1s",
    "timezone": "UTC",
    "log_timezone": "UTC",
}
# And no vacuum by itself: between tests it would find every table empty, and whoever then fills one within a transaction of his
# own is given plans for no rows.
UNSAFE = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "autovacuum": "off"}


def command(found: Postgres, data: Path, sockets: Path, durable: bool) -> tuple[str, ...]:
    """The server's command line."""
    settings = SETTINGS | {"unix_socket_directories": f'"{sockets}"'} | ({} if durable else UNSAFE)
    words = [word for key, value in settings.items() for word in ("-c", f"{key}={value}")]
    return (str(found.bin / "postgres"), "-D", str(data), *words)


def initialised(found: Postgres, data: Path, account: Account | None) -> Path:
    """`data`, made when it does not exist yet, and its access rules: peer authentication, no network.

    Made beside its place and renamed, so that a data directory is either whole or not there.
    """
    if not data.exists():
        half = data.with_name(data.name + ".unfinished")
        if half.exists():  # an initdb that was interrupted; never served anything
            shutil.rmtree(half)
        _initdb(found, half, account)
        half.rename(data)
    us = {"root", pwd.getpwuid(os.geteuid()).pw_name, account.name if account else NAME}
    _write(data / "pg_hba.conf", "local all all peer map=owners\nlocal replication all peer map=owners\n", account)
    _write(data / "pg_ident.conf", "".join(f'owners "{name}" {NAME}\n' for name in sorted(us)), account)
    return data


def await_predecessor(data: Path) -> None:
    """Wait for the server of a supervisor that was killed: it writes its last checkpoint and goes.

    A dead server whose parent never collects it would keep its pid file valid for ever; then the file is removed. The
    caller holds the lock on the data directory, and PostgreSQL itself still refuses while shared memory is in use.
    """
    file = data / "postmaster.pid"
    began = time.monotonic()
    while (state := _state(file, data)) is not None and time.monotonic() - began < SHUTDOWN_PATIENCE:
        if state == "Z" and time.monotonic() - began > ZOMBIE_PATIENCE:
            file.unlink(missing_ok=True)
        time.sleep(0.05)


def answers(url: str) -> bool:
    """Whether the server accepts connections (it does not during recovery)."""
    try:
        psycopg2.connect(_maintenance(url), connect_timeout=5).close()
    except psycopg2.OperationalError:
        return False
    return True


def create_database(url: str, name: str) -> None:
    """Make the database unless it is there."""
    connection = psycopg2.connect(_maintenance(url))
    connection.autocommit = True
    with contextlib.closing(connection), connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name])
        if cursor.fetchone() is None:
            with contextlib.suppress(DuplicateDatabase):
                cursor.execute(f'CREATE DATABASE "{name}"')


def _maintenance(url: str) -> str:
    return url.replace(f"/{NAME}?", "/postgres?", 1)


def _initdb(found: Postgres, data: Path, account: Account | None) -> None:
    # Not --locale=C: with it, trigrams of Chinese text are empty.
    locale = ["--locale=C.UTF-8"]
    if found.major >= 17:
        locale += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
    argv = [str(found.bin / "initdb"), "-D", str(data), "-U", NAME, "-E", "UTF8", *locale, "--data-checksums"]
    subprocess.run([*argv, "--auth=peer"], check=True, capture_output=True, cwd="/", **run_as(account))


def _write(path: Path, text: str, account: Account | None) -> None:
    if path.read_text() != text:
        path.write_text(text)
        if account is not None:
            os.chown(path, account.uid, account.gid)


def _state(file: Path, data: Path) -> str | None:
    """The process state letter (proc(5)) of the server named in a pid file; None when it is gone or is not ours."""
    try:
        pid = int(file.read_text().split("\n")[0])
        letter = Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2][0]
        words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except (OSError, ValueError, IndexError):
        return None
    # A zombie has no command line any more; its name is all that is left to go by.
    ours = "postgres" in Path(f"/proc/{pid}/comm").read_text() if letter == "Z" else os.fsencode(data) in words
    return letter if ours else None
