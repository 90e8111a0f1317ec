"""Instants are whole seconds since the epoch; texts on the wire are Asia/Shanghai without a zone, as the carriers write them."""

from datetime import UTC, datetime, timedelta
from functools import lru_cache

SHANGHAI_SECONDS = 8 * 3600
MINUTE = 60
HOUR = 3600
DAY = 86400
# Instants whose texts are kept: the scans of a parcel are told again at every question about it.
_REMEMBERED = 100_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC).replace(tzinfo=None)


@lru_cache(_REMEMBERED)
def local_text(at: int) -> str:
    """`2026-03-01 09:05:07` in Shanghai time."""
    return str(_EPOCH + timedelta(seconds=at + SHANGHAI_SECONDS))


def local_date(at: int) -> datetime:
    """The naive Shanghai wall clock of an instant."""
    return _EPOCH + timedelta(seconds=at + SHANGHAI_SECONDS)


def local_second_of_day(at: int) -> int:
    """Seconds since Shanghai midnight."""
    return (at + SHANGHAI_SECONDS) % DAY


def local_midnight(at: int) -> int:
    """The instant of the Shanghai midnight before `at`."""
    return at - local_second_of_day(at)


def parse(text: str) -> int:
    """An ISO 8601 instant; without a zone it is Shanghai time. Raises ValueError."""
    moment = datetime.fromisoformat(text.strip().replace("Z", "+00:00").replace(" ", "T", 1))
    if moment.tzinfo is None:
        return int(moment.replace(tzinfo=UTC).timestamp()) - SHANGHAI_SECONDS
    return int(moment.timestamp())


@lru_cache(_REMEMBERED)
def iso(at: int) -> str:
    """The same instant as ISO 8601 in UTC."""
    return datetime.fromtimestamp(at, UTC).isoformat()
