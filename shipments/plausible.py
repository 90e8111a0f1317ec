"""Whether a track can be the way of one parcel at all, or tells of several under one number. Pure.

A number that was typed in (12345678), used again by the carrier or given to two parcels answers with scans that no parcel can
have had: handed out in two provinces within the hour, three thousand kilometres in one, picked up anew after it was signed.
Every rule asks for what no lorry, plane or late upload explains; a doubt is no contradiction.
"""

import re
from collections.abc import Iterable, Sequence
from datetime import timedelta
from functools import lru_cache
from itertools import pairwise
from math import asin, cos, radians, sin, sqrt
from typing import Final

from shipments._provinces import PROVINCES, Province
from shipments.status import Event, Stage

FASTEST: Final = 900.0  # km/h, a plane that needs no loading
# Nearer provinces prove nothing: outlets along a border word their scans by either side.
FAR: Final = 300.0  # km
# A courier of one province cannot have it an hour or two after one of another had, unless a border is between them.
ROUND: Final = timedelta(hours=6)
# Not even along borders is a parcel at so many doors on one day.
DOORS: Final = 3
# An outlet may scan a pickup late, but not days after the signature.
PICKED_UP_AGAIN: Final = timedelta(days=2)

AT_THE_DOOR: Final = frozenset({Stage.OUT_FOR_DELIVERY, Stage.AVAILABLE_FOR_PICKUP, Stage.DELIVERED})
TOO_FAST: Final = "The track jumps between {here} and {there}, {distance} km apart, in {minutes} minutes"
TWO_DOORS: Final = "The parcel is at the door in {here} and, {minutes} minutes later, in {there}"
MANY_DOORS: Final = "The parcel is at the door in {count} provinces within a day: {names}"
TWO_LIVES: Final = "The parcel is picked up again {days} days after it was signed"

_NAMES: Final = {name: province for province in PROVINCES.values() for name in (province.name, *province.cities)}
# A district of Beijing, a county, a person or a street may be called so too: these count with 市 behind them only.
_AMBIGUOUS: Final = frozenset({"朝阳", "中山", "安顺", "白银", "天门", "山南", "大理", "保山", "白山"})
# Where the scan was made stands before where the parcel goes next, and before where it came from.
_ELSEWHERE: Final = re.compile(
    r"发往|下一站|上一站|送往|寄往|运往|转往|退往|目的地|上级站点|前往|准备发|已发至|电话|电联|如有|签收人"
)
_NAME: Final = re.compile(
    rf"(?:^|[【\[（(「〔：:\s,，。\-]|到达|抵达|离开|在|由)({'|'.join(sorted(_NAMES, key=len, reverse=True))})"
    r"(省|市|自治区|特别行政区|壮族|回族|维吾尔)?"
    # 南京路, 北京东路, 上海大厦: the name of a street or a house, not of a city.
    r"(?!.{0,2}(?:路|街|道|大厦|广场|花园|小区|商城))"
)


def contradictions(events: Iterable[Event]) -> tuple[str, ...]:
    """Return a sentence for each thing in `events` (any order) that one parcel cannot have been through."""
    ordered = sorted(events, key=lambda event: (event.occurred_at, event.position))
    placed = [(event, where) for event in ordered if (where := province(event.text, event.place)) is not None]
    return (*_jumps(placed), *_doors(placed), *_lives(ordered))


def _jumps(placed: Sequence[tuple[Event, Province]]) -> list[str]:
    found = []
    for (event, here), (following, there) in pairwise(placed):
        if here is there:
            continue
        took = following.occurred_at - event.occurred_at
        minutes, apart = int(took.total_seconds() // 60), distance(here, there)
        names = {"here": here.name, "there": there.name, "minutes": minutes}
        if apart >= FAR and apart > FASTEST * took / timedelta(hours=1):
            found.append(TOO_FAST.format(distance=int(apart), **names))
        elif apart and took < ROUND and event.stage in AT_THE_DOOR and following.stage in AT_THE_DOOR:
            found.append(TWO_DOORS.format(**names))
    return found


def _doors(placed: Sequence[tuple[Event, Province]]) -> list[str]:
    doors = [(event.occurred_at, where.name) for event, where in placed if event.stage in AT_THE_DOOR]
    for first, _ in doors:
        names = dict.fromkeys(name for at, name in doors if first <= at <= first + timedelta(days=1))
        if len(names) >= DOORS:
            return [MANY_DOORS.format(count=len(names), names=", ".join(names))]
    return []


def _lives(ordered: Sequence[Event]) -> list[str]:
    signed_at = None
    for event in ordered:
        if event.stage is Stage.DELIVERED:
            signed_at = event.occurred_at
        elif event.stage is Stage.PICKED_UP and signed_at and event.occurred_at - signed_at >= PICKED_UP_AGAIN:
            return [TWO_LIVES.format(days=(event.occurred_at - signed_at).days)]
    return []


@lru_cache(maxsize=20_000)
def province(text: str, place: str = "") -> Province | None:
    """Return the province a scan was made in: by its words, else by the place it is said to be of; None where neither tells.

    A place beside words that speak of the next station may be that station's, and counts for nothing.
    """
    elsewhere = _ELSEWHERE.search(text)
    return _named(text[: elsewhere.start()] if elsewhere else text) or (None if elsewhere else _named(place))


def _named(text: str) -> Province | None:
    for found in _NAME.finditer(text):
        if found[2] or found[1] not in _AMBIGUOUS:
            return _NAMES[found[1]]
    return None


def distance(here: Province, there: Province) -> float:
    """Return how many km two provinces are apart at least: between their middles, less what lies around each."""
    north, other = radians(here.north), radians(there.north)
    half = sin((other - north) / 2) ** 2 + cos(north) * cos(other) * sin(radians(there.east - here.east) / 2) ** 2
    return max(0.0, 2 * 6371 * asin(sqrt(half)) - here.radius - there.radius)
