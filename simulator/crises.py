"""What happens to many parcels at once: a typhoon over the hubs of a province, a sales festival (大促) that overruns an outlet.

A world that begins with one has had it for a day or two: a cast of its own is stuck when the desk starts and moves on
while somebody watches. Switched on later it holds what is under way from then on.
"""

from collections.abc import Iterable

from simulator import scenarios as sc
from simulator.bending import Hold
from simulator.instants import HOUR, MINUTE
from simulator.places import BY_NAME
from simulator.scenarios import Part

TYPHOON = "typhoon"
FESTIVAL = "festival"
CRISES = (TYPHOON, FESTIVAL)

# City, carrier, parcels: above the number from which on a desk calls it an incident, and once below it.
_STORMED = (
    ("杭州市", "yuantong", 24),
    ("杭州市", "zhongtong", 14),
    ("宁波市", "yuantong", 13),
    ("宁波市", "yunda", 5),
)
_OVERRUN = (("yuantong", 26), ("shentong", 12))
_SHORT_LANE = ("上海市", "zhongtong", 16)
# Hours around the anchor over which the keys of a cast lie.
_STORM_KEYS = (-7.0, 0.5)
_PICKUP_KEYS = (-6.0, 3.0)
_HUB_KEYS = (-5.0, 1.0)

HOME = BY_NAME["南通市"]
STORM_HUBS = (BY_NAME["杭州市"], BY_NAME["宁波市"])
STORM_HOURS = 60
OVERRUN_HOURS = 36
# So many times as many orders for so long.
WAVE = 5
WAVE_HOURS = 6


def cast(crises: Iterable[str]) -> tuple[Part, ...]:
    """The orders that are stuck when a world begins with these."""
    parts: list[Part] = []
    chosen = set(crises)
    if TYPHOON in chosen:
        for city, carrier, count in _STORMED:
            parts += (Part(sc.TYPHOON, offset, city, carrier) for offset in _spread(_STORM_KEYS, count))
    if FESTIVAL in chosen:
        for carrier, count in _OVERRUN:
            parts += (Part(sc.LATE_PICKUP, offset, "", carrier, home=True) for offset in _spread(_PICKUP_KEYS, count))
        city, carrier, count = _SHORT_LANE
        parts += (Part(sc.STALL, offset, city, carrier, home=True) for offset in _spread(_HUB_KEYS, count))
    return tuple(parts)


def holds(crisis: str, now: int) -> tuple[Hold, ...]:
    """What a crisis that begins at `now` holds: hubs, and at a festival the outlet that picks up."""
    if crisis == TYPHOON:
        return tuple(Hold(hub, now, STORM_HOURS * HOUR, weather=True) for hub in STORM_HUBS)
    pickup = Hold(HOME, now, OVERRUN_HOURS * HOUR, pickup=True)
    return (pickup, Hold(HOME, now, OVERRUN_HOURS * HOUR))


def _spread(hours: tuple[float, float], count: int) -> list[int]:
    start, end = hours
    step = (end - start) * HOUR / count
    return [int(start * HOUR + position * step) + 7 * MINUTE * (position % 3) for position in range(count)]
