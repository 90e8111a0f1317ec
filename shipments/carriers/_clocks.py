"""Whose clock a scan abroad was read from, where the provider's time tells no zone: that of the place it names. Pure.

A country of several zones has that of most of its people unless its state is known. A scan that names no place is of the
offset of the scan before it, never of one after it: told again in a longer list it must be the same instant.
"""

import re
from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from shipments import bodies

_ZONED = re.compile(r"(?:Z|CST|[+-]\d{2}:?\d{2})\s*$")
_LOCAL = re.compile(r"([+-]\d{2}):?(\d{2})\s*$")
_OFFSET = re.compile(r"(?:UTC|GMT|Z)?(?:([+-])(\d{1,2})(?::?(\d{2}))?)?")
_TIMED = re.compile(r"\d{1,2}[:：时]\d{1,2}")

# ISO 3166 alpha-2, alpha-3, zone
_COUNTRIES = """
AE ARE Asia/Dubai|AR ARG America/Argentina/Buenos_Aires|AT AUT Europe/Vienna|AU AUS Australia/Sydney|BD BGD Asia/Dhaka|
BE BEL Europe/Brussels|BG BGR Europe/Sofia|BH BHR Asia/Bahrain|BR BRA America/Sao_Paulo|BY BLR Europe/Minsk|
CA CAN America/Toronto|CH CHE Europe/Zurich|CL CHL America/Santiago|CN CHN Asia/Shanghai|CO COL America/Bogota|
CY CYP Asia/Nicosia|CZ CZE Europe/Prague|DE DEU Europe/Berlin|DK DNK Europe/Copenhagen|EE EST Europe/Tallinn|
EG EGY Africa/Cairo|ES ESP Europe/Madrid|FI FIN Europe/Helsinki|FR FRA Europe/Paris|GB GBR Europe/London|
GR GRC Europe/Athens|HK HKG Asia/Hong_Kong|HR HRV Europe/Zagreb|HU HUN Europe/Budapest|ID IDN Asia/Jakarta|
IE IRL Europe/Dublin|IL ISR Asia/Jerusalem|IN IND Asia/Kolkata|IT ITA Europe/Rome|JO JOR Asia/Amman|JP JPN Asia/Tokyo|
KE KEN Africa/Nairobi|KR KOR Asia/Seoul|KW KWT Asia/Kuwait|KZ KAZ Asia/Almaty|LT LTU Europe/Vilnius|
LU LUX Europe/Luxembourg|LV LVA Europe/Riga|MA MAR Africa/Casablanca|MO MAC Asia/Macau|MT MLT Europe/Malta|
MX MEX America/Mexico_City|MY MYS Asia/Kuala_Lumpur|NG NGA Africa/Lagos|NL NLD Europe/Amsterdam|NO NOR Europe/Oslo|
NZ NZL Pacific/Auckland|OM OMN Asia/Muscat|PE PER America/Lima|PH PHL Asia/Manila|PK PAK Asia/Karachi|
PL POL Europe/Warsaw|PT PRT Europe/Lisbon|QA QAT Asia/Qatar|RO ROU Europe/Bucharest|RS SRB Europe/Belgrade|
RU RUS Europe/Moscow|SA SAU Asia/Riyadh|SE SWE Europe/Stockholm|SG SGP Asia/Singapore|SI SVN Europe/Ljubljana|
SK SVK Europe/Bratislava|TH THA Asia/Bangkok|TR TUR Europe/Istanbul|TW TWN Asia/Taipei|UA UKR Europe/Kyiv|
US USA America/New_York|UY URY America/Montevideo|VN VNM Asia/Ho_Chi_Minh|ZA ZAF Africa/Johannesburg
"""
# Country, then a zone and the states that keep its time instead of the country's own.
_STATES = """
US America/Chicago AL AR IA IL KS LA MN MO MS ND NE OK SD TN TX WI
US America/Denver CO ID MT NM UT WY
US America/Phoenix AZ
US America/Los_Angeles CA NV OR WA
US America/Anchorage AK
US Pacific/Honolulu HI
US America/Puerto_Rico PR VI
CA America/Halifax NS NB PE
CA America/St_Johns NL
CA America/Winnipeg MB
CA America/Regina SK
CA America/Edmonton AB NT
CA America/Vancouver BC
AU Australia/Brisbane QLD
AU Australia/Adelaide SA
AU Australia/Darwin NT
AU Australia/Perth WA
AU Australia/Hobart TAS
BR America/Manaus AM RO RR
BR America/Cuiaba MT MS
BR America/Rio_Branco AC
"""


@cache
def _tables() -> tuple[dict[str, str], dict[tuple[str, str], str]]:
    """Return zone names by country (alpha-2 and alpha-3 both), and by (alpha-2, state)."""
    countries: dict[str, str] = {}
    short: dict[str, str] = {}
    for row in _COUNTRIES.replace("\n", "").strip("|").split("|"):
        two, three, name = row.split()
        countries |= {two: name, three: name}
        short |= {two: two, three: two}
    states: dict[tuple[str, str], str] = {}
    for line in _STATES.strip().splitlines():
        country, name, *codes = line.split()
        states |= {(code, state): name for code, two in short.items() if two == country for state in codes}
    return countries, states


def zone_of(country: str, state: str = "") -> ZoneInfo | None:
    """Return the zone of a place by its ISO country code (two or three letters) and state; None where it is not known."""
    countries, states = _tables()
    country, state = country.strip().upper(), state.strip().upper()
    name = states.get((country, state)) or countries.get(country)
    return ZoneInfo(name) if name else None


def zoned(text: str) -> bool:
    """Return whether a time tells its own offset."""
    return bool(_ZONED.search(text)) and bool(_TIMED.search(text))


def placed(text: str, zone: ZoneInfo | None) -> str:
    """Return a time as ISO 8601 with the offset that `zone` has there; as it came where it has one, or none is known.

    A date alone is the beginning of that day: a scan without an hour is better than none.
    """
    text = text.strip()
    if not _TIMED.search(text) and bodies.instant(f"{text} 00:00"):
        text = f"{text} 00:00"
    if zone is None or zoned(text):
        return text
    read = bodies.instant(text)
    if read is None:
        return text
    return read.astimezone(bodies.ZONE).replace(tzinfo=zone).isoformat()


def times_of(
    rows: Sequence[Any], said: Callable[[Mapping[str, Any]], str], zone: Callable[[Mapping[str, Any]], ZoneInfo | None]
) -> tuple[dict[int, str], int]:
    """Return the time of each row by its id(), and how many are of no known clock, which is China's then.

    `said` finds a row's time as told, `zone` the zone of the place it names.
    """
    told = {id(row): placed(said(row), zone(row)) for row in rows if isinstance(row, Mapping)}
    clocks = sorted(clock for text in told.values() for clock in _clock(text))
    lost = 0
    for key, text in told.items():
        read = None if zoned(text) else bodies.instant(text)
        if read is None:
            continue
        wall = read.astimezone(bodies.ZONE).replace(tzinfo=None)
        before = bisect_right(clocks, wall, key=lambda clock: clock[0])
        lost += not before
        told[key] = f"{wall.isoformat()}{clocks[before - 1][1]}" if before else text
    return told, lost


def _clock(text: str) -> Iterator[tuple[datetime, str]]:
    """A time's wall clock and offset, where it tells one; UTC is no place's clock."""
    found, read = _LOCAL.search(text), bodies.instant(text)
    if found and read is not None:
        there = datetime.fromisoformat(f"2000-01-01T00:00:00{found[1]}:{found[2]}").tzinfo
        yield read.astimezone(there).replace(tzinfo=None), f"{found[1]}:{found[2]}"


def offset(text: str) -> str:
    """Return an offset as ISO 8601 writes it: -03:00 for -3, GMT-3 and -0300; blank where it is none."""
    found = _OFFSET.fullmatch(text.strip().upper())
    if not found or not found[0]:
        return ""
    return f"{found[1]}{int(found[2]):02}:{found[3] or '00'}" if found[1] else "Z"
