"""What the world cannot work out from its seed: subscriptions, pushes and bends, as lines of JSON in one file."""

import json
import threading
from pathlib import Path
from typing import Any


class Journal:
    """Appends entries; without a path it keeps nothing."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._lock = threading.Lock()

    def entries(self) -> list[dict[str, Any]]:
        """Everything written so far; a line torn by a crash is skipped."""
        if self._path is None or not self._path.exists():
            return []
        entries = []
        for line in self._path.read_text(encoding="utf-8").splitlines():
            try:
                entry = json.loads(line)
            except ValueError:
                continue
            if isinstance(entry, dict) and "kind" in entry:
                entries.append(entry)
        return entries

    def write(self, **entry: Any) -> None:
        """Add one entry."""
        if self._path is None:
            return
        with self._lock, self._path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(entry, ensure_ascii=False, separators=(",", ":")) + "\n")

    def rewrite(self, entries: list[dict[str, Any]]) -> None:
        """Replace everything by `entries`, at once."""
        if self._path is None:
            return
        with self._lock:
            fresh = self._path.with_suffix(".new")
            fresh.write_text(
                "".join(json.dumps(entry, ensure_ascii=False, separators=(",", ":")) + "\n" for entry in entries),
                encoding="utf-8",
            )
            fresh.replace(self._path)
