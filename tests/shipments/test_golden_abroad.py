"""The samples of the aggregators for parcels abroad are read as their index says. A blank cell of the index says nothing."""

import csv
from datetime import UTC, datetime

import pytest

from shipments import carriers
from shipments.answers import Trouble
from shipments.bodies import ZONE
from tests.conftest import SHARED

SAMPLES = SHARED / "wire" / "samples"
PROVIDERS = ("17track", "aftership")
# 17TRACK's own keys, as the index writes them: 3013 is EMS.
CARRIERS = {"china-post(301/3013)": "emsguoji"}
# The index takes the newest time_utc. The newest event, the delivery, has its time in time_raw alone and without an offset;
# the page of gettracklist gives the very same event of the very same number as 2026-06-30T14:23:00-03:00.
CORRECTED = {"17track/v24_gettrackinfo_correios_2151.json": "2026-06-30T17:23:00Z"}


def _index() -> list[object]:
    if not SAMPLES.is_dir():
        return []
    with (SAMPLES / "index.tsv").open(encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file, delimiter="\t") if row["provider"] in PROVIDERS]
    return [pytest.param(row, id=row["file"]) for row in rows]


def _instant(text: str) -> datetime:
    told = datetime.fromisoformat(text)
    return (told if told.tzinfo else told.replace(tzinfo=ZONE)).astimezone(UTC)


@pytest.mark.parametrize("row", _index())
def test_a_sample_from_abroad_is_read_as_its_index_says(row: dict[str, str]) -> None:
    answers = carriers.provider(row["provider"]).read((SAMPLES / row["file"]).read_bytes())
    answer = answers[0]
    if row["expect_waybill"]:
        assert answer.number == row["expect_waybill"]
    if row["expect_carrier"]:
        assert answer.carrier == CARRIERS[row["expect_carrier"]]
    assert sum(len(one.events) for one in answers) == int(row["expect_events"] or 0)
    last = CORRECTED.get(row["file"], row["expect_last_event"])
    assert answer.progress.last_event_at == (_instant(last) if last else None)
    if row["expect_status"] == "(no data yet)":
        assert answer.failure and answer.failure.trouble is Trouble.NO_DATA
    elif row["expect_status"]:
        assert answer.failure is None
        assert answer.status == row["expect_status"].lower()


@pytest.mark.parametrize("row", _index())
def test_events_from_abroad_come_oldest_first_with_a_place_each(row: dict[str, str]) -> None:
    for answer in carriers.provider(row["provider"]).read((SAMPLES / row["file"]).read_bytes()):
        keys = [(event.occurred_at, event.position) for event in answer.events]
        assert keys == sorted(set(keys))
        assert all(event.rule for event in answer.events)
