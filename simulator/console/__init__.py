"""The console: a page beside the controls, for people who watch the world and bend it. Plain files, for this machine only."""

from functools import cache
from pathlib import Path

from simulator.wire import Answer

_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
}
_POLICY = "default-src 'self'; img-src data:; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
_HEADERS = (("Content-Security-Policy", _POLICY), ("X-Content-Type-Options", "nosniff"), ("Cache-Control", "no-cache"))


@cache
def _files() -> dict[str, Path]:
    return {one.name: one for one in Path(__file__).parent.iterdir() if one.suffix in _TYPES}


def page(path: str) -> Answer | None:
    """The page, or one of its files; None for anything else."""
    name = "index.html" if path == "/" else path.removeprefix("/console/")
    found = _files().get(name)
    return Answer(200, _TYPES[found.suffix], found.read_bytes(), _HEADERS) if found is not None else None
