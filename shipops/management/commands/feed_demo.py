"""Keep the demo's orders coming: fetch each shop's export from the simulator and import it, as a person would by hand.

Before the first round the demo's rules are published, so that orders are judged once, and people go on duty; after it
come tickets and filings, and a note once there is a case. Here and not where the demo is made ready, for nobody is to wait.
"""

import logging
import time
from datetime import UTC, datetime, timedelta
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import OperationalError
from django.db.models import Max
from django.utils import timezone

from merchants.models import Merchant, Shop
from orders.intake import take_in
from orders.models import Order
from orders.sources.sheet import open_sheets
from shipops import demo_story
from shipops.kit import http
from shipops.kit.wire import Request

log = logging.getLogger(__name__)

EVERY = 5.0  # seconds; a new order comes about every twelve
FIRST_WINDOW = timedelta(days=12)
# Fetched again each time, so that a change told late is not missed; the import makes nothing of what it knows.
OVERLAP = timedelta(minutes=10)


class Command(BaseCommand):
    help = "Import the simulator's order exports every few seconds until stopped."

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument("--once", action="store_true", help="one round, then stop")

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.SIMULATOR_URL:
            raise CommandError("SIMULATOR_URL is not set: there is nothing to fetch orders from; `make demo` sets it")
        merchant = Merchant.objects.get(code="miantian")
        demo_story.make_rules(merchant, timezone.now())
        demo_story.man_the_desk(merchant, timezone.now())
        _round(merchant)
        demo_story.tell_tickets(merchant, timezone.now())
        demo_story.tell_reports(merchant, timezone.now())
        demo_story.file(merchant, timezone.now())
        while not options["once"]:
            time.sleep(EVERY)
            _round(merchant)
            # As soon as the worker has opened a case to speak of.
            demo_story.mention(merchant, timezone.now())


def _round(merchant: Merchant) -> None:
    for shop in merchant.shops.order_by("pk"):
        try:
            feed(shop, timezone.now())
        except (http.TransportError, OperationalError) as error:
            log.warning("%s: no orders this time: %s", shop.code, error)


def feed(shop: Shop, now: datetime) -> None:
    """Import what the shop's export tells since the last order we know of."""
    known = Order.objects.filter(shop=shop).aggregate(latest=Max("updated_at"))["latest"]
    since = (known or now - FIRST_WINDOW) - OVERLAP
    stamp = since.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    answer = http.send(Request("GET", f"{settings.SIMULATOR_URL}/exports/{shop.code}.csv?since={stamp}"))
    if answer.status != 200:
        log.warning("%s: the export answers %s", shop.code, answer.status)
        return
    if answer.body.count(b"\n") < 2:
        return  # a header and nothing else
    for sheet in open_sheets([(f"{shop.code}.csv", answer.body)], "auto", shop.zone):
        drafts = (reading.draft for reading in sheet.readings() if reading.draft)
        counts = take_in(shop, drafts, now)
        if counts.created or counts.updated:
            log.info("%s: %d new orders, %d changed", shop.code, counts.created, counts.updated)
