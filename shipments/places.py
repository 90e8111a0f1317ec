"""placeholder"""

from datetime import datetime
from typing import NamedTuple


class Stay(NamedTuple):
    hub: str
    arrived_at: datetime
    left_at: datetime | None


class Way(NamedTuple):
    first_hub_at: datetime | None = None
    first_hub_left_at: datetime | None = None
    left_province_at: datetime | None = None
    stays: tuple[Stay, ...] = ()
    provinces: tuple[str, ...] = ()


def province_of(text: str) -> str | None:
    return None
