"""The engine's promises: nothing committed is lost, nothing is left behind, nobody else gets in."""

import contextlib
import os
import signal
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg2
import pytest
import redis

from shipops.embedded import Engine, EngineError
from shipops.home import CHECKOUT, addresses, socket_directory
from tests.ops.processes import alive, children

pytestmark = pytest.mark.usefixtures("own_servers")
Until = Callable[..., None]


@pytest.fixture
def engine(home: Path) -> Iterator[Engine]:
    with Engine(home, say=lambda _line: None) as running:
        yield running


def ask(url: str, statement: str) -> list[tuple[object, ...]]:
    connection = psycopg2.connect(url)
    connection.autocommit = True
    with contextlib.closing(connection), connection.cursor() as cursor:
        cursor.execute(statement)
        return cursor.fetchall() if cursor.description else []


def reachable(url: str) -> bool:
    try:
        return ask(url, "SELECT 1") == [(1,)]
    except psycopg2.OperationalError:
        return False


def test_rows_survive_kill_9_of_postgres_and_the_supervisor_starts_it_again(engine: Engine, until: Until) -> None:
    url = addresses(engine.home)["DATABASE_URL"]
    ask(url, "CREATE TABLE kept AS SELECT generate_series(1, 1000) AS n")
    killed = engine.supervisor.pid("postgres")
    assert killed is not None

    os.kill(killed, signal.SIGKILL)
    until(lambda: not alive(killed), "postgres is dead")
    until(lambda: reachable(url), "postgres answers again", engine.supervisor.tend)

    assert engine.supervisor.pid("postgres") != killed
    assert ask(url, "SELECT count(*), sum(n) FROM kept") == [(1000, 500500)]


def test_messages_survive_kill_9_of_the_broker(engine: Engine, until: Until) -> None:
    broker = redis.from_url(addresses(engine.home)["REDIS_URL"])
    broker.rpush("queue", *range(1000))
    broker.waitaof(1, 0, 5000)
    killed = engine.supervisor.pid("valkey")
    assert killed is not None

    os.kill(killed, signal.SIGKILL)

    def answers() -> bool:
        try:
            return bool(broker.ping())
        except redis.ConnectionError:
            return False

    until(lambda: not alive(killed), "valkey is dead")
    until(answers, "valkey answers again", engine.supervisor.tend)
    assert broker.llen("queue") == 1000


def test_kill_9_of_the_supervisor_leaves_no_orphan_and_loses_nothing(home: Path, until: Until) -> None:
    wait = [sys.executable, "-c", "import signal; print('up', flush=True); signal.pause()"]
    environment = os.environ | {"SHIPOPS_HOME": str(home)}
    with subprocess.Popen(
        [sys.executable, "-m", "shipops.embedded", *wait], env=environment, cwd=CHECKOUT, stdout=subprocess.PIPE
    ) as supervisor:
        assert supervisor.stdout is not None
        assert supervisor.stdout.readline() == b"up\n"
        running = children(supervisor.pid)
        assert len(running) == 3  # postgres, valkey, the command
        url = addresses(home)["DATABASE_URL"]
        ask(url, "CREATE TABLE kept AS SELECT 1 AS n")
        supervisor.kill()

    until(lambda: not any(map(alive, running)), "all children are gone")
    with Engine(home, say=lambda _line: None):
        assert ask(url, "SELECT n FROM kept") == [(1,)]


def test_a_second_start_on_the_same_data_is_refused_with_one_sentence(engine: Engine) -> None:
    with pytest.raises(EngineError) as refusal:
        Engine(engine.home).start()

    assert str(refusal.value) == (
        f"Another shipops (process {os.getpid()}) is running on {engine.home}; "
        "stop it, or set SHIPOPS_HOME to another directory."
    )
    assert reachable(addresses(engine.home)["DATABASE_URL"])


def test_data_and_sockets_are_closed_to_everyone_else(engine: Engine) -> None:
    root = engine.home / "engine"
    directories = [root, root / "run", root / "valkey", *root.glob("pg-*"), engine.home / "log"]
    modes = {directory.name: stat.S_IMODE(directory.stat().st_mode) for directory in directories}

    assert len(modes) == 5
    assert set(modes.values()) == {0o700}
    assert not engine.home.stat().st_mode & stat.S_IRWXO
    sockets = [path for path in (root / "run").iterdir() if stat.S_ISSOCK(path.stat().st_mode)]
    assert {path.name: stat.S_IMODE(path.stat().st_mode) for path in sockets} == {
        ".s.PGSQL.5432": 0o700,
        "valkey.sock": 0o700,
    }


def test_servers_listen_on_no_network_and_do_not_run_as_root(engine: Engine) -> None:
    url = addresses(engine.home)["DATABASE_URL"]
    assert ask(url, "SHOW listen_addresses") == [("",)]
    assert redis.from_url(addresses(engine.home)["REDIS_URL"]).config_get("port") == {"port": "0"}
    for name in ("postgres", "valkey"):
        assert Path(f"/proc/{engine.supervisor.pid(name)}").stat().st_uid != 0


def test_chinese_text_is_stored_and_sorted_in_utf_8_with_checksums(engine: Engine) -> None:
    url = addresses(engine.home)["DATABASE_URL"]
    assert ask(url, "SHOW server_encoding") == [("UTF8",)]
    assert ask(url, "SHOW data_checksums") == [("on",)]
    assert ask(url, "SELECT datctype FROM pg_database WHERE datname = 'shipops'") == [("C.UTF-8",)]
    assert ask(url, "SELECT upper('深圳é')") == [("深圳É",)]


def test_stopping_frees_the_directory_and_a_second_start_finds_the_data(home: Path) -> None:
    for expected in ([], [("first",)]):
        with Engine(home, say=lambda _line: None):
            url = addresses(home)["DATABASE_URL"]
            ask(url, "CREATE TABLE IF NOT EXISTS kept (word text)")
            assert ask(url, "SELECT word FROM kept") == expected
            ask(url, "INSERT INTO kept VALUES ('first')")


def test_addresses_given_by_the_environment_win_and_nothing_is_started(home: Path) -> None:
    given = {"DATABASE_URL": "postgres://db.example/shipops", "REDIS_URL": "redis://cache.example/0"}
    engine = Engine(home)
    assert engine.start(given) == given
    assert not home.exists()


def test_a_long_path_gets_its_sockets_in_a_short_directory() -> None:
    assert socket_directory(Path("/srv/shipops")) == Path("/srv/shipops/engine/run")
    long = socket_directory(Path("/srv") / ("x" * 100))
    assert long.parent == Path("/tmp")
    assert len(os.fsencode(long / ".s.PGSQL.5432")) <= 107


def test_data_of_another_major_version_are_not_passed_over(home: Path) -> None:
    with Engine(home, say=lambda _line: None):
        pass
    (cluster,) = (home / "engine").glob("pg-*")
    cluster.rename(cluster.with_name("pg-12"))

    with pytest.raises(EngineError, match=r"pg-12 were written by another PostgreSQL than the installed \d+"):
        Engine(home).start()

    assert [path.name for path in (home / "engine").glob("pg-*")] == ["pg-12"]
