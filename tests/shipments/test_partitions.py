"""Scans lie in monthly tables: made ahead, found whatever their age, old ones taken off."""

from datetime import UTC, datetime, timedelta

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from merchants.models import Merchant
from shipments import partitions
from shipments.answers import Answer
from shipments.models import Carrier, TrackingEvent, Waybill
from shipments.recording import Told, record
from shipments.status import Event, Stage

LATER = datetime(2031, 12, 5, 3, 0, tzinfo=UTC)


@pytest.fixture
def waybill(carriers: None, merchant: Merchant, now: datetime) -> Waybill:
    carrier = Carrier.objects.get(code="yuantong")
    return Waybill.objects.create(merchant=merchant, carrier=carrier, number="YT1234567890123", created_at=now)


def scanned(waybill: Waybill, *instants: datetime, now: datetime = LATER) -> None:
    events = tuple(Event(at, n, Stage.IN_TRANSIT, None, f"到达 {n}") for n, at in enumerate(instants))
    record([Told(waybill.pk, Answer(waybill.number, events=events))], now)


def table_of(at: datetime) -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT tableoid::regclass::text FROM shipments_trackingevent WHERE occurred_at = %s", [at])
        return str(cursor.fetchone()[0])


def test_a_month_begins_in_utc_and_years_turn() -> None:
    shanghai_new_year = datetime.fromisoformat("2027-01-01T07:59:59+08:00")
    assert partitions.month_of(shanghai_new_year) == datetime(2026, 12, 1, tzinfo=UTC)
    assert partitions.month_of(shanghai_new_year, 1) == datetime(2027, 1, 1, tzinfo=UTC)
    assert partitions.month_of(shanghai_new_year, -12) == datetime(2025, 12, 1, tzinfo=UTC)


@pytest.mark.django_db
def test_the_worker_makes_this_month_and_three_more_and_does_so_once() -> None:
    assert partitions.make_ahead(LATER) == [
        "shipments_trackingevent_y2031m12",
        "shipments_trackingevent_y2032m01",
        "shipments_trackingevent_y2032m02",
        "shipments_trackingevent_y2032m03",
    ]
    assert partitions.make_ahead(LATER) == []


@pytest.mark.django_db
def test_a_scan_older_or_newer_than_any_month_made_is_kept_all_the_same(waybill: Waybill) -> None:
    ancient = datetime(2015, 3, 11, 1, 5, tzinfo=UTC)
    scanned(waybill, ancient, LATER)
    assert table_of(ancient) == table_of(LATER) == partitions.DEFAULT
    waybill.refresh_from_db()
    assert (waybill.event_count, waybill.first_trace_at, waybill.last_event_at) == (2, ancient, LATER)


@pytest.mark.django_db
def test_what_came_before_its_month_was_made_moves_into_it(waybill: Waybill) -> None:
    scanned(waybill, LATER - timedelta(days=40), LATER)
    # What the checks at commit would find they find now: a table with checks to come cannot be changed.
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    partitions.make_ahead(LATER)
    assert table_of(LATER) == "shipments_trackingevent_y2031m12"
    assert table_of(LATER - timedelta(days=40)) == partitions.DEFAULT
    scanned(waybill, LATER - timedelta(days=40), LATER)
    assert TrackingEvent.objects.count() == 2


@pytest.mark.django_db
def test_an_old_month_is_taken_off_whole_and_stays_a_table(waybill: Waybill) -> None:
    old = datetime(2031, 12, 9, tzinfo=UTC)
    partitions.make_ahead(old)
    scanned(waybill, old, now=old)
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    table = partitions.take_off(old, now=datetime(2032, 6, 1, tzinfo=UTC))
    assert table == "shipments_trackingevent_y2031m12"
    assert TrackingEvent.objects.count() == 0
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM {table}")
        assert cursor.fetchone() == (1,)


@pytest.mark.django_db
def test_a_month_whose_parcels_may_be_under_way_is_not_taken_off() -> None:
    partitions.make_ahead(LATER)
    with pytest.raises(partitions.StillNeeded, match="younger than 6 months"):
        partitions.take_off(LATER, now=LATER + timedelta(days=150))
    with pytest.raises(partitions.StillNeeded, match="There is no partition"):
        partitions.take_off(datetime(1999, 1, 1, tzinfo=UTC), now=LATER)
    assert "shipments_trackingevent_y2031m12" in partitions.attached()


@pytest.mark.django_db
class TestCommand:
    def test_it_lists_every_month_with_its_size(self, capsys: pytest.CaptureFixture[str]) -> None:
        call_command("partitions")
        lines = capsys.readouterr().out.splitlines()
        assert [line.split()[0] for line in lines] == partitions.attached()
        assert all(line.endswith("MB") for line in lines)

    def test_a_month_that_is_needed_is_refused_in_one_sentence(self) -> None:
        with pytest.raises(CommandError, match=r"There is no partition shipments_trackingevent_y1999m01\."):
            call_command("partitions", "--detach", "1999-01")

    def test_what_is_no_month_is_named(self) -> None:
        with pytest.raises(CommandError, match="'March' is no month; write it like 2025-03"):
            call_command("partitions", "--detach", "March")
