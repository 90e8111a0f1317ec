"""The monthly tables that tracking events lie in: list them, make those to come, take an old one off."""

from argparse import ArgumentParser, ArgumentTypeError
from datetime import UTC, datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from shipments import partitions


def _month(text: str) -> datetime:
    try:
        return datetime.strptime(text, "%Y-%m").replace(tzinfo=UTC)
    except ValueError:
        raise ArgumentTypeError(f"{text!r} is no month; write it like 2025-03") from None


class Command(BaseCommand):
    help = "List the monthly tables of tracking events; make those to come; --detach takes an old one off."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--detach", type=_month, metavar="YYYY-MM", help="month (UTC) to take off; its table stays")

    def handle(self, *args: Any, **options: Any) -> None:
        now = timezone.now()
        if options["detach"]:
            try:
                table = partitions.take_off(options["detach"], now)
            except partitions.StillNeeded as error:
                raise CommandError(f"{error}.") from None
            self.stdout.write(f"{table} stands alone now: dump it, then drop it.")
        for table in partitions.make_ahead(now):
            self.stdout.write(f"{table} made.")
        for table, rows, size in partitions.sizes():
            self.stdout.write(f"{table}  about {rows:,} scans  {size / 1e6:,.1f} MB")
