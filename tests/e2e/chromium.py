"""Where Debian's Chromium is, and how it is started: quiet, without a sandbox of its own, calling nobody."""

import shutil

FLAGS = [
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync"),
]


def executable() -> str | None:
    """The path of the browser, or None where none is installed."""
    return next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
