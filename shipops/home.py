"""Where a one-machine installation keeps its data, and where its database and broker listen."""

import hashlib
import os
from pathlib import Path
from urllib.parse import quote

from shipops.unprivileged import NAME, Account, closed_to

CHECKOUT = Path(__file__).resolve().parent.parent
SYSTEM = Path("/var/lib/shipops")
ANYONE = Account("anyone", -1, -1)
LONGEST_SOCKET = 107  # bytes of a unix socket's path (unix(7)), less the closing zero


def default_home(checkout: Path = CHECKOUT) -> Path:
    """The data directory when SHIPOPS_HOME is unset.

    ./var; but when root runs a checkout that is closed to other users (under /root, say), the database's own user could
    not reach it: then a directory under /var/lib that belongs to this checkout alone.
    """
    home = checkout / "var"
    if os.geteuid() != 0 or (home / "engine").exists() or closed_to(checkout, ANYONE) is None:
        return home
    return SYSTEM / hashlib.sha256(os.fsencode(checkout)).hexdigest()[:12]


def addresses(home: Path) -> dict[str, str]:
    """DATABASE_URL and REDIS_URL of the engine on `home`, whether it runs or not."""
    sockets = socket_directory(home)
    return {
        "DATABASE_URL": f"postgres://{NAME}@/{NAME}?host={quote(str(sockets))}",
        "REDIS_URL": f"unix://{quote(str(sockets / 'valkey.sock'))}",
    }


def socket_directory(home: Path) -> Path:
    """Inside `home`, unless its path is too long for a unix socket; private to the servers' user either way."""
    inside = home.absolute() / "engine" / "run"
    if len(os.fsencode(inside / ".s.PGSQL.5432")) <= LONGEST_SOCKET:
        return inside
    name = hashlib.sha256(os.fsencode(home.absolute())).hexdigest()[:12]
    return Path("/tmp") / f"shipops-{name}"  # noqa: S108 made with private_directory, which refuses another's
