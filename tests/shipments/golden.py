"""The index of the real samples (`wire/samples/index.tsv`), and how a test run counts them: real captures apart from the rest.

A test that checks a row records it (`record_property(CHECKED, checked(row))`); the summary of the run counts rows, not tests.
"""

import csv
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import NamedTuple

import pytest

from tests.conftest import SHARED

SAMPLES = SHARED / "wire" / "samples"
CHECKED = "sample"
# A table of codes, no answer.
REFERENCE = "kuaidi100/company_codes.csv"
_REAL = "real-capture"

Row = dict[str, str]


def index(providers: Collection[str]) -> list[Row]:
    """Return the rows of the index that are of these providers; none where the samples are not here."""
    if not SAMPLES.is_dir():
        return []
    with (SAMPLES / "index.tsv").open(encoding="utf-8") as file:
        rows = csv.DictReader(file, delimiter="\t")
        return [row for row in rows if row["provider"] in providers and row["file"] != REFERENCE]


def named(rows: Iterable[Row]) -> list[object]:
    """Return the rows as parameters that are called by their files."""
    return [pytest.param(row, id=row["file"]) for row in rows]


def checked(row: Row) -> str:
    """Return what a test records of a row: its provider, where it comes from, its file."""
    return "\t".join((row["provider"], _REAL if row["provenance"].startswith(_REAL) else "made", row["file"]))


class Count(NamedTuple):
    """Rows of one provider and one origin."""

    passed: int = 0
    failed: int = 0


def counts(passed: Iterable[str], failed: Iterable[str]) -> Mapping[tuple[str, bool], Count]:
    """Return by provider and whether it is a real capture how many rows passed every test, and how many failed any."""
    bad = set(failed)
    told: dict[tuple[str, bool], Count] = {}
    for row in sorted({*passed} | bad):
        provider, origin, _ = row.split("\t")
        before = told.get((provider, origin == _REAL), Count())
        now = before._replace(failed=before.failed + 1) if row in bad else before._replace(passed=before.passed + 1)
        told[provider, origin == _REAL] = now
    return told


def lines(told: Mapping[tuple[str, bool], Count]) -> Iterator[str]:
    """Return a line for each provider."""
    for provider in sorted({provider for provider, _ in told}):
        real, made = (told.get((provider, origin), Count()) for origin in (True, False))
        yield (
            f"{provider:<10} real captures: {real.passed} passed, {real.failed} failed;"
            f" fixtures and documents: {made.passed} passed, {made.failed} failed"
        )
