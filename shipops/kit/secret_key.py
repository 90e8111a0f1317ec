"""The installation's secret key: made on first use, kept in the data directory."""

import os
import secrets
from pathlib import Path


def kept_in(home: Path) -> str:
    """Return the key in `home`/secret_key, making it (0600) on first use.

    Two processes that start together end up with the same key: the first to link its file wins.
    """
    path = home / "secret_key"
    if not path.exists():
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        draft = home / f".secret_key.{os.getpid()}.{secrets.token_hex(4)}"
        draft.touch(mode=0o600)
        draft.write_text(secrets.token_urlsafe(48))
        try:
            os.link(draft, path)
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return path.read_text().strip()
