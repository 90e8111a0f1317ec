"""From bytes to values, whatever shape they came in: encodings, forms, JSON, XML, times. Pure."""

import html
import json
import re
from binascii import unhexlify
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta, timezone
from itertools import pairwise
from typing import Any
from xml.etree import ElementTree
from zoneinfo import ZoneInfo

from shipments.answers import NotAnAnswer
from shipments.status import Event, Stage

# Times without a zone are of the carriers' country.
ZONE = ZoneInfo("Asia/Shanghai")
# Seen: 2015-3-11 9:05:01, 2014/06/25 08:05, 2018-03-0420:47:15, 2018-09-30 10:42:372, 2019.06.27 09:52, … CST.
_TIME = re.compile(
    r"^\s*(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?[T\s]*(\d{1,2})[:：时](\d{1,2})分?(?:[:：]?(\d{1,2})\d?秒?(?:\.\d+)?)?"
    r"\s*(Z|CST|[+-]\d{2}:?\d{2})?\s*$"
)
# No time and no sentence of a carrier is longer; what is would only keep the patterns busy.
LONGEST_TIME = 64
LONGEST_WORDS = 2_000
# No provider nests so deeply; beyond some hundreds Python's own functions fail.
DEEPEST = 64
_EPOCH = re.compile(r"^\s*(\d{10})(\d{3})?\s*$")
_UNENCODED = re.compile(r"(?:^|&)(param|content)=(?=\s*[{\[<])")
_CLOSERS = {"{": "}", "[": "]"}
_SIGN = re.compile(r"&(sign|signType|t)=[^&{}]*$")


def instant(value: object) -> datetime | None:
    """Return the aware UTC instant a provider's time tells (no zone = Asia/Shanghai); None if it tells none."""
    text = str(value) if isinstance(value, (str, int, float)) else ""
    if len(text) > LONGEST_TIME:
        return None
    epoch = _EPOCH.match(text)
    if epoch:
        return datetime.fromtimestamp(int(epoch[1]), UTC)
    found = _TIME.match(text)
    if not found:
        return None
    year, month, day, hour, minute = (int(part) for part in found.groups()[:5])
    try:
        local = datetime(year, month, day, hour, minute, int(found[6] or 0), tzinfo=_zone(found[7]))
        return local.astimezone(UTC)
    except (ValueError, OverflowError):  # 0001-01-01 00:00, which some systems write for "never", is year 0 in UTC
        return None


def _zone(name: str | None) -> timezone | ZoneInfo:
    if name is None or name == "CST":
        return ZONE
    if name == "Z":
        return UTC
    hours, minutes = int(name[1:3]), int(name[-2:])
    return timezone((1 if name[0] == "+" else -1) * timedelta(hours=hours, minutes=minutes))


def decoded(body: bytes) -> tuple[str, tuple[str, ...]]:
    """Return the text of `body` and warnings: UTF-8 with or without mark, else GB18030, else with bad bytes marked."""
    try:
        return body.decode("utf-8-sig"), ()
    except UnicodeDecodeError:
        pass
    mended = body.decode("utf-8-sig", errors="replace")
    # One cut character in good UTF-8 loses one sign; a GBK body loses nearly all of them.
    bad = mended.count("\N{REPLACEMENT CHARACTER}")
    if bad > 4 and bad * 4 > sum(not char.isascii() for char in mended):
        try:
            return body.decode("gb18030"), ("The body is not UTF-8 but GB18030",)
        except UnicodeDecodeError:
            pass
    return mended, (f"The body is not UTF-8: {bad} unreadable characters were replaced",)


def form(text: str) -> dict[str, str]:
    """Return the fields of a form body; the field `param` or `content` survives unencoded JSON or XML with & in it."""
    text = text.strip()
    pairs = (part.partition("=") for part in text.split("&") if part)
    fields = {_unquoted(name): _unquoted(value) for name, _, value in pairs}
    plain = _UNENCODED.search(text)
    if plain:
        value = text[plain.end() :]
        tail = _SIGN.search(value)
        fields[plain[1]] = value[: tail.start()] if tail else value
    return fields


_ENCODED = re.compile(b"(?:%[0-9A-Fa-f]{2})+")


def _unquoted(text: str) -> str:
    """Return form-encoded text decoded; run by run, a quarter of the time that the standard library takes byte by byte."""
    text = text.replace("+", " ")
    if "%" not in text:
        return text
    raw = text.encode("utf-8", errors="replace")
    return _ENCODED.sub(lambda run: unhexlify(run[0].replace(b"%", b"")), raw).decode("utf-8", errors="replace")


def json_value(text: str) -> Any:
    """Return the JSON value in `text`, HTML-unescaped once if only that makes it JSON. Raises ValueError."""
    try:
        return _loaded(text)
    except ValueError:
        if "&quot;" not in text and "&#34;" not in text:
            raise
    return _loaded(html.unescape(text))


def _loaded(text: str) -> Any:
    """Return the JSON value in `text`. Raises ValueError, also for one nested deeper than DEEPEST."""
    try:
        value = json.loads(text)
    except RecursionError:
        raise ValueError("nested too deeply") from None
    # Whoever nests opens: most bodies need no closer look.
    if text.count("[") + text.count("{") > DEEPEST:
        level = [value]
        for _ in range(DEEPEST):
            level = [inner for outer in level for inner in _inside(outer)]
            if not level:
                break
        else:
            raise ValueError("nested too deeply")
    return value


def _inside(value: object) -> Iterable[Any]:
    """Return the lists and objects directly inside a value."""
    held = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return [inner for inner in held if isinstance(inner, (dict, list))]


def salvaged(text: str) -> list[dict[str, Any]]:
    """Return the flat objects that stand whole in a cut or broken JSON text, in their order."""
    text = html.unescape(text) if "&quot;" in text else text
    found = []
    for match in re.finditer(r"\{[^{}]*\}", text):
        try:
            value = _loaded(match.group())
        except ValueError:
            continue
        found.append(value)
    return found


def closed(text: str) -> str:
    """Return a cut JSON text up to its last whole object or list, with what was open closed."""
    stack: list[str] = []
    whole, open_there = 0, ""
    quoted = escaped = False
    for position, sign in enumerate(text):
        if quoted:
            quoted, escaped = escaped or sign != '"', not escaped and sign == "\\"
        elif sign == '"':
            quoted = True
        elif sign in _CLOSERS:
            stack.append(_CLOSERS[sign])
            if len(stack) > DEEPEST:
                break  # no provider's body, and what is open is written down at every end
        elif sign in "}]":
            if not stack or stack.pop() != sign:
                break
            whole, open_there = position + 1, "".join(reversed(stack))
    return text[:whole] + open_there


def xml_root(text: str) -> ElementTree.Element:
    """Return the root element of an XML text. A document type or entities are refused: no provider needs them.

    Raises NotAnAnswer.
    """
    if "<!DOCTYPE" in text or "<!ENTITY" in text:
        raise NotAnAnswer("The XML declares a document type; it is not read")
    try:
        return ElementTree.fromstring(re.sub(r"^\s*<\?xml[^>]*\?>", "", text))
    except ElementTree.ParseError as error:
        raise NotAnAnswer(f"The XML is broken: {error}") from None


def rows(value: object) -> list[Any]:
    """Return a list whatever the provider made of it: a list, one object, a JSON text of either, or nothing."""
    if isinstance(value, str) and value.strip()[:1] in ("[", "{"):
        try:
            value = _loaded(value)
        except ValueError:
            return [value]
    if value is None or value == "":
        return []
    return value if isinstance(value, list) else [value]


def scans(
    told: Sequence[Any],
    when: Callable[[Mapping[str, Any]], object],
    read: Callable[[Mapping[str, Any], datetime, int], Event],
    *,
    newest_first: bool,
) -> tuple[tuple[Event, ...], tuple[str, ...]]:
    """Return the events in a list of rows, oldest first, and a warning for each row that is none or tells nothing.

    `when` finds a row's time, `read` makes the event of a row, its instant and its place in the list, oldest first.
    Which way the list runs shows in its times; `newest_first` decides a draw. In a list that runs both ways no row has a
    place (0).
    """
    found: list[Event] = []
    warnings: list[str] = []
    times = [instant(when(row)) if isinstance(row, Mapping) else None for row in told]
    numbered = list(enumerate(zip(told, times, strict=True), start=1))
    up, down = _steps(times)
    if down > up if up != down else newest_first:
        numbered.reverse()
    for position, (number, (row, at)) in enumerate(numbered):
        if not isinstance(row, Mapping):
            warnings.append(f"Event {number} is not an object")
        elif at is None:
            warnings.append(f"Event {number} has no readable time: {str(when(row))[:40]!r}")
        else:
            row = _cut(row)
            # A shuffled list says nothing of the order within one second: its words decide then, the same each time.
            event = read(row, at, 0 if up and down else position)
            found.append(event)
            if event.stage is Stage.UNKNOWN and event.cause is None:
                warnings.append(f"Event {number} could not be read: code {event.code!r}, text {event.text[:60]!r}")
    found.sort(key=lambda event: (event.occurred_at, event.position))
    return tuple(found), tuple(warnings)


def _cut(row: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return a row whose sentences are no longer than sentences are."""
    if all(not isinstance(value, str) or len(value) <= LONGEST_WORDS for value in row.values()):
        return row
    return {name: value[:LONGEST_WORDS] if isinstance(value, str) else value for name, value in row.items()}


def _steps(times: list[datetime | None]) -> tuple[int, int]:
    """Return how often a list steps on in time, and how often back."""
    known = [time for time in times if time is not None]
    return sum(a < b for a, b in pairwise(known)), sum(a > b for a, b in pairwise(known))
