"""manage.py import_orders: export files of a platform into a shop, from the shell.

Exit status: 0 = every row went in, 1 = some rows were refused, 2 = nothing could be read or there is no such shop.
"""

import json
import sys
from argparse import ArgumentParser
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, NoReturn

from django.core.management.base import BaseCommand
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from merchants.models import Shop
from merchants.naming import UnknownShop, shop_named
from orders import intake
from orders.drafts import OrderDraft, RowIssue
from orders.errors import UnusableFile
from orders.sources.issues import sentence
from orders.sources.profiles import AUTO
from orders.sources.reading import MAX_BYTES, MEGABYTE
from orders.sources.sheet import Sheet, open_sheets

# Issues kept to be told; all are counted.
ISSUES_TOLD: Final = 1000


@dataclass(slots=True)
class Report:
    rows: int = 0
    refused: int = 0
    doubtful: int = 0
    counts: intake.Counts = field(default_factory=intake.Counts)
    profiles: list[str] = field(default_factory=list)
    issues: list[tuple[str, RowIssue]] = field(default_factory=list)


class Command(BaseCommand):
    help = "Import order exports (CSV or XLSX) into a shop. Importing a file twice changes nothing."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--shop", required=True, metavar="CODE", help="the shop's code, or merchant/code")
        parser.add_argument(
            "--profile", default=AUTO, metavar="NAME", help="which export it is; default: told by its header"
        )
        parser.add_argument("--json", action="store_true", help="print the report as JSON")
        parser.add_argument("files", nargs="+", metavar="FILE")

    def handle(self, **options: Any) -> None:
        report = Report()
        try:
            shop = shop_named(options["shop"])
            files = [(Path(name).name, self._content(name)) for name in options["files"]]
            for sheet in open_sheets(files, options["profile"], shop.zone):
                report.profiles.append(sheet.profile.name)
                report.counts += intake.take_in(shop, _drafts(sheet, report), timezone.now())
        except (UnknownShop, UnusableFile) as error:
            self._stop(str(error))
        if options["json"]:
            self.stdout.write(json.dumps(_told(shop, report), ensure_ascii=False, indent=2))
        else:
            self._print(report)
        if report.refused:
            sys.exit(1)

    def _content(self, name: str) -> bytes:
        path = Path(name)
        try:
            if path.stat().st_size > MAX_BYTES:
                raise UnusableFile("too-large", limit=MAX_BYTES // MEGABYTE)
            return path.read_bytes()
        except OSError as error:
            self._stop(_("%(name)s cannot be read: %(reason)s.") % {"name": name, "reason": error.strerror})

    def _stop(self, sentence: str) -> NoReturn:
        self.stderr.write(sentence)
        sys.exit(2)

    def _print(self, report: Report) -> None:
        counts = report.counts
        lines = [
            (_("Profile"), ", ".join(report.profiles)),
            (_("Rows"), report.rows),
            (_("Orders created"), counts.created),
            (_("Orders updated"), counts.updated),
            (_("Orders unchanged"), counts.unchanged),
            (_("Rows refused"), report.refused),
            (_("Rows in doubt"), report.doubtful),
        ]
        for label, value in lines:
            self.stdout.write(f"{label}\t{value}")
        if not report.rows:
            self.stdout.write(sentence("no-rows"))
        if report.issues:
            self.stdout.write(
                "\n" + "\t".join([_("File"), _("Row"), _("Column"), pgettext("rows", "Refused"), _("Reason")])
            )
        for name, issue in report.issues:
            refused = _("yes") if issue.refused else _("no")
            told = sentence(issue.code, issue.value)
            self.stdout.write(f"{name}\t{issue.row}\t{issue.field}\t{refused}\t{told}")


def _drafts(sheet: Sheet, report: Report) -> Iterator[OrderDraft]:
    """Yield the drafts of a sheet; what else its rows came to goes into the report."""
    for reading in sheet.readings():
        report.rows += 1
        report.refused += reading.refused
        report.doubtful += bool(reading.issues) and not reading.refused
        if reading.issues and len(report.issues) < ISSUES_TOLD:
            report.issues += [(sheet.name, issue) for issue in reading.issues]
        if reading.draft:
            yield reading.draft


def _told(shop: Shop, report: Report) -> dict[str, Any]:
    counts = report.counts
    return {
        "shop": f"{shop.merchant.code}/{shop.code}",
        "profiles": report.profiles,
        "rows": report.rows,
        "created": counts.created,
        "updated": counts.updated,
        "unchanged": counts.unchanged,
        "refused": report.refused,
        "doubtful": report.doubtful,
        "issues": [
            {
                "file": name,
                "row": issue.row,
                "field": issue.field,
                "code": issue.code,
                "value": issue.value,
                "refused": issue.refused,
                "reason": sentence(issue.code, issue.value),
            }
            for name, issue in report.issues
        ],
    }
