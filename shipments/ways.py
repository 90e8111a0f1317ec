"""The ways of many waybills at once. Reads only."""

from collections.abc import Iterable
from datetime import datetime
from itertools import groupby
from operator import itemgetter
from typing import Any

from django.db import connection

from shipments.places import Way, way
from shipments.status import STAGES, Stage

_READ = "SELECT waybill_id, occurred_at, stage, place, text FROM shipments_trackingevent WHERE waybill_id = ANY(%s)"


def ways(waybill_ids: Iterable[int], since: datetime | None = None) -> dict[int, Way]:
    """Return by waybill where its scans say that it went; one without scans is left out. One question to the database.

    With `since`, older scans are not looked at, nor the months that hold no younger one: give an instant before the first
    scan of any of them, or their first hubs are others. Whose waybills they are is for the caller to see to.
    """
    values: list[Any] = [list(waybill_ids)]
    recent = ""
    if since is not None:
        recent = " AND occurred_at >= %s"
        values.append(since)
    with connection.cursor() as cursor:
        cursor.execute(f"{_READ}{recent} ORDER BY waybill_id, occurred_at", values)
        rows = cursor.fetchall()
    return {
        pk: way((at, STAGES.get(stage, Stage.UNKNOWN), place, text) for _, at, stage, place, text in scans)
        for pk, scans in groupby(rows, key=itemgetter(0))
    }
