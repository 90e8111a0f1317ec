"""`make bench [ONLY=NAME] [SCALE=100000]`: one line a benchmark, `NAME ours=… floor=… ratio=…`.

Rates per second. The floor is bare SQL (COPY where rows come from outside) doing the same work in the same run on the
same database: take the ratio, not the rate, to another machine. Exit code 1 where a ratio is under its goal.
"""

import argparse
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit, urlunsplit

import psycopg2


@contextmanager
def database_of_its_own(url: str) -> Iterator[str]:
    """Make an empty database beside the one `url` names, which is not touched; give its address, drop it afterwards."""
    name = f"shipops_bench_{os.getpid()}"
    connection = psycopg2.connect(url)
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute(f"create database {name}")
        try:
            yield urlunsplit(urlsplit(url)._replace(path=f"/{name}"))
        finally:
            cursor.execute(f"drop database {name} with (force)")
    connection.close()


def main(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="make bench", description="Our rate, the floor's, and their ratio.")
    parser.add_argument("--only", default="", help="run the benchmarks whose name begins so")
    parser.add_argument("--scale", type=int, default=100_000, help="open orders in the database")
    options = parser.parse_args(argv)
    with database_of_its_own(os.environ["DATABASE_URL"]) as url:
        os.environ["DATABASE_URL"] = url
        return run(options.only, options.scale)


def run(only: str, scale: int) -> int:
    """Set Django up on the database the environment names, and run the suite in it."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shipops.settings")
    os.environ.setdefault("LOG_LEVEL", "WARNING")
    import django

    django.setup()
    from django.core.management import call_command

    from benchmarks import suite

    call_command("migrate", verbosity=0)
    low = False
    for result in suite.run(only, scale):
        print(result, flush=True)
        low = low or result.ratio < result.goal
    return 1 if low else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
