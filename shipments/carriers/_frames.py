"""From the bytes of an answer to a value as JSON has it: forms, JSON, XML, web pages, lines of text; broken ones too. Pure."""

import html
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from html.parser import HTMLParser
from typing import Any
from xml.etree import ElementTree

from shipments import bodies
from shipments.answers import Answer, NotAnAnswer
from shipments.carriers import _shapes, _tracks
from shipments.carriers._shapes import Keyed, plain
from shipments.carriers._tracks import is_scan
from shipops.kit.wire import Response

_PAGE = re.compile(r"<(?:!doctype\s+html|html|head|body|table|tbody|tr|ul|ol|li|dl|div)\b", re.IGNORECASE)
_LEAF = re.compile(r"<([A-Za-z_][\w.-]*)>([^<]*)</\1>")
_BARE_AMPERSAND = re.compile(r"&(?!#?\w{1,8};)")
_DEEPEST = 12
# A web service's answer to a script: name({…});
_CALLBACK = re.compile(r"^[A-Za-z_$][\w.$]*\((.*)\)\s*;?$", re.DOTALL)
_PAIR = re.compile(r'"(\w{2,30})"\s*:\s*"?([A-Za-z0-9-]{6,40})"?\s*[,}]')
_BROKEN = "The body is cut or broken; its whole events were read"
# The documents of one gateway show an object in one more pair of braces.
_TWICE_BRACED = re.compile(r"\{\s*(\{.*\})\s*\}", re.DOTALL)


def fields(body: bytes, name: str, *others: str) -> dict[str, bytes]:
    """Return the fields of a form, each byte as it was before the form was made; empty if `body` has no field `name`."""
    if body.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] in (b"<", b"{", b"["):
        return {}
    told = _shapes.fields(body, name, *others)
    return told if name in told else {}


def json_value(text: str) -> Any:
    """Return the JSON value in a text, also HTML-escaped, in a JSON text, or in a pair of braces too many. Raises ValueError."""
    try:
        value = bodies.json_value(text)
    except ValueError:
        inner = _TWICE_BRACED.fullmatch(text.strip())
        if inner is None:
            raise
        value = bodies.json_value(inner[1])
    for _ in range(3):  # JSON in a JSON text, as some middle tiers hand it on
        if not isinstance(value, str):
            break
        try:
            value = bodies.json_value(value)
        except ValueError:
            break
    return value


def object_of(response: Response) -> Keyed | None:
    """Return the JSON object of an answer under plain keys; None where it holds none, or is refused by HTTP."""
    if response.status != 200:
        return None
    try:
        value = json_value(bodies.decoded(response.body)[0])
    except ValueError:
        return None
    return plain(value) if isinstance(value, Mapping) else None


def outcome_of(response: Response) -> Any:
    """Return the value an answer to a call of ours holds. Raises NotAnAnswer, also for one that HTTP refuses."""
    if response.status != 200:
        raise NotAnAnswer(f"HTTP {response.status}")
    return value_of(bodies.decoded(response.body)[0])[0]


def read_json(
    body: bytes, answers: Callable[[Any], Iterable[Answer]], salvage: Callable[[str], Answer]
) -> tuple[Answer, ...]:
    """Return what `answers` makes of the JSON in a body, or `salvage` of the text of a broken one. Raises NotAnAnswer.

    `answers` gets an object, a list, or None. All answers carry what there is to warn of in the body itself.
    """
    text, warnings = bodies.decoded(body)
    if not text.strip():
        raise NotAnAnswer("The body is empty")
    try:
        value = json_value(text)
    except ValueError:
        told: Iterable[Answer] = [salvage(text)]
    else:
        if value is not None and not isinstance(value, dict | list):
            raise NotAnAnswer(f"The body is a JSON {type(value).__name__}, not an object")
        told = answers(value)
    return tuple(replace(answer, warnings=(*warnings, *answer.warnings)) for answer in told)


def whole_rows(text: str, wanted: Callable[[Keyed], bool]) -> list[dict[str, Any]]:
    """Return the scans, as they came, that stand whole in a cut body: what is good beside the damage is not lost.

    `wanted` knows a scan by its plain keys. Raises NotAnAnswer.
    """
    rows = [row for row in bodies.salvaged(text) if wanted(plain(row))]
    if not rows:
        raise NotAnAnswer("The body is not JSON, and no scan stands whole in it")
    return rows


def named(text: str, key: str) -> str:
    """Return the value of a key in a text that is JSON no more; "" if it is not there whole."""
    told = re.search(rf'"{key}"\s*:\s*(?:"([^"\\]*)"|(\d+)\b)', html.unescape(text), re.IGNORECASE)
    return (told[1] or told[2] or "").strip() if told else ""


def document(text: str) -> tuple[Any, tuple[str, ...]]:
    """Return `value_of` a text where that is an object, a list, or None. Raises NotAnAnswer."""
    value, warnings = value_of(text)
    if value is not None and not isinstance(value, dict | list):
        raise NotAnAnswer(f"The body is a JSON {type(value).__name__}, neither an object nor a list")
    return value, warnings


def value_of(text: str) -> tuple[Any, tuple[str, ...]]:
    """Return JSON, XML, a page or plain lines as a JSON value, and warnings. Raises NotAnAnswer."""
    text = text.strip()
    if text[:4] == "&lt;":
        text = html.unescape(text).strip()
    if text[:1] == "<":
        return _marked_up(text)
    padded = _CALLBACK.match(text)
    text = padded[1].strip() if padded else text
    try:
        return json_value(text), ()
    except ValueError:
        pass
    if text[:1] in ("{", "["):
        told = _documents(text)
        if told:
            return told, ()
        rows = bodies.salvaged(text)
        if any(is_scan(row) for row in rows):
            head = {found[1]: found[2] for found in reversed(list(_PAIR.finditer(text)))}
            return {"waybillNo": _tracks.number_of(head), "rows": [row for row in rows if is_scan(row)]}, (_BROKEN,)
    told = _lines(text)
    if told:
        return told, ()
    raise NotAnAnswer("The body is neither JSON nor XML, nor lines of scans" if text else "The body is empty")


def _documents(text: str) -> list[Any]:
    """The JSON values of a text that holds one a line; empty if any line is none."""
    try:
        return [bodies.json_value(line) for line in text.splitlines() if line.strip()]
    except ValueError:
        return []


def _marked_up(text: str) -> tuple[Any, tuple[str, ...]]:
    if _PAGE.search(text):
        page = _Page()
        page.feed(text)
        told = _lines("".join(page.told))
        if told:
            return told, ()
        raise NotAnAnswer("This is a web page without scans")
    try:
        root = bodies.xml_root(text)
        return {_tag(root): _plain(root, 0)}, ()
    except NotAnAnswer:
        if "<!DOCTYPE" in text or "<!ENTITY" in text:
            raise
    try:
        root = bodies.xml_root(_BARE_AMPERSAND.sub("&amp;", text))
        return {_tag(root): _plain(root, 0)}, ()
    except NotAnAnswer:
        rows = _leaves(text)
        if not any(is_scan(row) for row in rows):
            raise
        return rows, (_BROKEN,)


def _plain(element: ElementTree.Element, depth: int) -> Any:
    """An element as JSON would say it: its text, or an object of what is in it; a tag that repeats is a list.

    XML in the text of an element, as SOAP services answer, is read as what it is.
    """
    if depth > _DEEPEST:
        return ""
    if not len(element) and not element.attrib:
        text = (element.text or "").strip()
        return _inner(text, depth) if text[:1] == "<" else text
    told: dict[str, Any] = dict(element.attrib)
    for child in element:
        value, tag = _plain(child, depth + 1), _tag(child)
        if tag not in told:
            told[tag] = value
        elif isinstance(told[tag], list):
            told[tag].append(value)
        else:
            told[tag] = [told[tag], value]
    return told


def _inner(text: str, depth: int) -> Any:
    try:
        root = bodies.xml_root(text)
    except NotAnAnswer:
        return text
    return {_tag(root): _plain(root, depth + 1)}


def _tag(element: ElementTree.Element) -> str:
    return str(element.tag).rpartition("}")[2]


def _leaves(text: str) -> list[dict[str, str]]:
    """The whole leaves of broken XML; a tag that comes again begins another object."""
    rows: list[dict[str, str]] = [{}]
    for found in _LEAF.finditer(text):
        if found[1] in rows[-1]:
            rows.append({})
        rows[-1][found[1]] = html.unescape(found[2])
    return rows


def _lines(text: str) -> list[dict[str, str]]:
    return [row for row in map(_tracks.line, text.splitlines()) if row]


class _Page(HTMLParser):
    """The words of a page, a line for each row of a table or item of a list."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.told: list[str] = []
        self._hidden = 0

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self._hidden += tag in ("script", "style")
        self.told.append("\n" if tag in ("tr", "li", "dl", "table", "ul") else " ")

    def handle_endtag(self, tag: str) -> None:
        self._hidden -= tag in ("script", "style") and self._hidden > 0
        self.told.append("\n" if tag in ("tr", "li", "dl", "table", "ul") else " ")

    def handle_data(self, data: str) -> None:
        # A page's own line breaks are only spaces.
        self.told.append("" if self._hidden else " ".join(data.split()) or " ")
