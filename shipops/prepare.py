"""What must be true before the product can serve: tables, static files, the demo's merchant. Idempotent.

    python -m shipops.prepare [--demo]

Each step is skipped where nothing is to do, so that a second start costs one import of Django.
"""

import hashlib
import os
import sys
from pathlib import Path

import django
from django.conf import settings
from django.core.management import call_command, get_commands


def migrate() -> None:
    """Apply what is missing."""
    from django.db import connection
    from django.db.migrations.executor import MigrationExecutor

    executor = MigrationExecutor(connection)
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        call_command("migrate", interactive=False, verbosity=0)


def collect_static() -> None:
    """Hash and compress the static files into STATIC_ROOT, unless they are the same as the last time."""
    from django.contrib.staticfiles.finders import get_finders

    seen = hashlib.sha256(django.__version__.encode())
    for finder in get_finders():
        for name, storage in sorted(finder.list([]), key=lambda found: found[0]):
            state = os.stat(storage.path(name))
            seen.update(f"{name} {state.st_size} {state.st_mtime_ns}\n".encode())
    stamp = Path(settings.STATIC_ROOT) / ".made-from"
    if not stamp.exists() or stamp.read_text() != seen.hexdigest():
        call_command("collectstatic", interactive=False, verbosity=0)
        stamp.write_text(seen.hexdigest())


def main(argv: list[str]) -> int:
    """The command line above."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shipops.settings")
    django.setup()
    migrate()
    collect_static()
    if "--demo" in argv and "seed_demo" in get_commands():
        call_command("seed_demo")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
