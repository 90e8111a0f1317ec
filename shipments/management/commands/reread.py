"""Stored scans read anew, after the rules that read them changed."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from shipments import rereading
from shipments.models import TrackingEvent, Waybill


class Command(BaseCommand):
    help = (
        "Read stored scans again by today's rules, from the stored answers. Safe to repeat and to break off; "
        "--after goes on from a printed waybill."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--provider", default="", help="only waybills that this provider is asked about or told scans of"
        )
        parser.add_argument("--waybill", default="", help="only this number")
        parser.add_argument("--after", type=int, default=0, help="only waybills with a greater id (as printed)")

    def handle(self, *args: Any, **options: Any) -> None:
        after, waybills, scans = options["after"], 0, 0
        concerned = Waybill.objects.filter(event_count__gt=0).order_by("pk")
        if options["waybill"]:
            concerned = concerned.filter(number=options["waybill"])
        if options["provider"]:
            told = TrackingEvent.objects.filter(waybill=OuterRef("pk"), answer__account__provider=options["provider"])
            concerned = concerned.filter(Q(account__provider=options["provider"]) | Exists(told))
        while ids := list(concerned.filter(pk__gt=after).values_list("pk", flat=True)[: rereading.BATCH]):
            done = rereading.read_again(ids, timezone.now())
            after, waybills, scans = ids[-1], waybills + done.waybills, scans + done.scans
            self.stdout.write(f"{waybills} waybills, {scans} scans read otherwise; up to waybill {after}")
        wordings = rereading.refresh_readings(options["provider"])
        self.stdout.write(
            f"Done: {waybills} waybills, {scans} scans and {wordings} wordings of the inbox read otherwise."
        )
