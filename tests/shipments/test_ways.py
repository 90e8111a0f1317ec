"""The ways of many waybills, from their stored scans, in one question."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test import utils

from merchants.models import Merchant
from shipments.answers import Answer
from shipments.models import Carrier, Waybill
from shipments.places import Stay, Way
from shipments.recording import Told, record
from shipments.status import Event, Stage
from shipments.ways import ways

START = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)


@pytest.fixture
def waybills(carriers: None, merchant: Merchant) -> list[int]:
    carrier = Carrier.objects.get(code="yuantong")
    made = [Waybill(merchant=merchant, carrier=carrier, number=f"YT{n}", created_at=START) for n in range(3)]
    return [waybill.pk for waybill in Waybill.objects.bulk_create(made)]


def told(waybill_id: int, number: str, *texts: str) -> None:
    events = tuple(
        Event(START + timedelta(hours=n), n, Stage.IN_TRANSIT, None, text, "") for n, text in enumerate(texts)
    )
    record([Told(waybill_id, Answer(number, events=events))], START + timedelta(days=9))


def test_each_waybill_has_its_own_way_and_one_without_scans_none(waybills: list[int]) -> None:
    first, second, silent = waybills
    told(
        first,
        "YT0",
        "【温州转运中心】 已收入",
        "【温州转运中心】 已发出 下一站 【郑州转运中心】",
        "【郑州转运中心】 已收入",
    )
    told(second, "YT1", "【北京转运中心】 已收入")
    with utils.CaptureQueriesContext(connection) as asked:
        found = ways([first, second, silent])
    assert len(asked) == 1
    assert found == {
        first: Way(
            (
                Stay("温州转运中心", "浙江", START, START + timedelta(hours=1)),
                Stay("郑州转运中心", "河南", START + timedelta(hours=2), None),
            ),
            ("浙江", "河南"),
            START + timedelta(hours=2),
        ),
        second: Way((Stay("北京转运中心", "北京", START, None),), ("北京",)),
    }


def test_scans_from_before_are_not_looked_at(waybills: list[int]) -> None:
    told(waybills[0], "YT0", "【温州转运中心】 已收入", "【郑州转运中心】 已收入")
    found = ways(waybills, since=START + timedelta(hours=1))
    assert [stay.hub for stay in found[waybills[0]].stays] == ["郑州转运中心"]


def test_of_no_waybills_there_are_no_ways(db: None) -> None:
    assert ways([]) == {}
