"""What the desk would have shown at an instant: manage.py verdicts --shop MT-PDD --at 2026-11-22T12:00+08:00 --json"""

import json
from argparse import ArgumentParser
from datetime import datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.dateparse import parse_datetime

from exceptions.verdicts import Verdict, verdict
from merchants.models import Shop
from merchants.naming import UnknownShop, shop_named


class Command(BaseCommand):
    help = "Say what was awaiting hand-over, overdue, in transit and late at an instant, from the facts known by then."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--shop", required=True, help="the shop's code, or merchant/code where two share it")
        parser.add_argument("--at", required=True, help="ISO 8601; without an offset it is in the shop's time zone")
        parser.add_argument("--json", action="store_true", help="print JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            shop = shop_named(options["shop"])
        except UnknownShop as error:
            raise CommandError(str(error), returncode=2) from None
        at = instant(options["at"], shop)
        result = verdict(shop, at)
        if options["json"]:
            self.stdout.write(json.dumps(as_json(shop, at, result), indent=2))
            return
        for name in COUNTS:
            self.stdout.write(f"{name.replace('_', ' '):26}{getattr(result, name):>8}")


COUNTS = (
    "awaiting_handover",
    "overdue",
    "due_within_24h",
    "in_transit",
    "delivery_overdue",
    "over_10_days_in_transit",
)


def instant(text: str, shop: Shop) -> datetime:
    """Read an instant; naive means the shop's zone. Raises CommandError with the remedy."""
    try:
        at = parse_datetime(text)
    except ValueError:
        at = None
    if at is None:
        raise CommandError(f"--at {text!r} is not an instant; write it like 2026-11-22T12:00:00+08:00", returncode=2)
    return at if at.tzinfo else at.replace(tzinfo=shop.zone)


def as_json(shop: Shop, at: datetime, result: Verdict) -> dict[str, Any]:
    kinds: dict[str, dict[str, int]] = {}
    for (kind, level), number in sorted(result.clocks.items()):
        kinds.setdefault(kind, {})[level] = number
    return {
        "shop": shop.code,
        "at": at.isoformat(),
        **{name: getattr(result, name) for name in COUNTS},
        "days_in_transit": {str(days): number for days, number in sorted(result.days_in_transit.items())},
        "orders_by_kind_and_level": kinds,
    }
