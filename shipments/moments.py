"""placeholder"""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple


class Moments(NamedTuple):
    last_pickup_at: datetime | None = None
    at_station_at: datetime | None = None
    attempt_failed_at: datetime | None = None
    retried_at: datetime | None = None
    returning_at: datetime | None = None


def moments(scans: Sequence[tuple[datetime, str, str]]) -> Moments:
    return Moments()
