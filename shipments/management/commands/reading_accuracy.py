"""How well scans are read, as the tables of docs/reading.md; run it after a change of the rules."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand

from shipments import accuracy, carriers
from shipments.accuracy import Line
from shipments.answers import Answer, NotAnAnswer


class Command(BaseCommand):
    help = "Print how well the scans of a labelled table (track_texts.tsv) are read, as Markdown; needs no database."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, help="the table; the folder `samples` beside it is read with codes")
        parser.add_argument("--shaped", action="store_true", help="list misread and unread lines of the shaped thirds")

    def handle(self, *args: Any, **options: Any) -> None:
        lines = accuracy.scans(options["file"].read_text("utf-8"))
        for title, some in groups(lines).items():
            self._print(title, some, accuracy.by_words)
        read = accuracy.coded(lines, sampled(lines, options["file"].parent / "samples"))
        for title, some in {"in two thirds": _shaped(read), "held back": _held(read)}.items():
            self._print(f"With their codes, {title}", some, read.__getitem__)
        if options["shaped"]:
            for line in _shaped(lines):
                said = accuracy.by_words(line)
                if said != line.meaning:
                    self.stdout.write(f"{line.meaning}\t{said}\t{line.carrier}\t{line.text}")

    def _print(self, title: str, lines: list[Line], read: Any) -> None:
        if lines:
            self.stdout.write(f"### {title}\n\n{accuracy.table(accuracy.measure(lines, read))}\n", ending="")


def groups(lines: list[Line]) -> dict[str, list[Line]]:
    """Return the lines by language and by third."""
    chinese = [line for line in lines if line.chinese]
    others = [line for line in lines if not line.chinese]
    return {
        "Chinese, in two thirds": _shaped(chinese),
        "Chinese, held back": _held(chinese),
        "Other languages, in two thirds": _shaped(others),
        "Other languages, held back": _held(others),
    }


def _shaped(lines: Any) -> list[Line]:
    return [line for line in lines if not line.held_back]


def _held(lines: Any) -> list[Line]:
    return [line for line in lines if line.held_back]


def sampled(lines: list[Line], folder: Path) -> dict[str, tuple[Answer, ...]]:
    """Return what the providers there are make of the samples that the lines stand in, by source."""
    answers = {}
    for source in sorted({line.source for line in lines}):
        code, file = source.split("/")[0], folder / source
        if code not in carriers.codes() or not file.is_file():
            continue
        try:
            answers[source] = carriers.provider(code).read(file.read_bytes())
        except NotAnAnswer:
            continue
    return answers
