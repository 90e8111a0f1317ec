"""Forms, headers and objects as frameworks and relays hand them on: encoded or not, keys spelt in every way. Pure."""

import hmac
import html
import json
import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any
from urllib.parse import unquote, unquote_to_bytes

# An object under its keys in small letters without _, - and blanks: see `plain`.
Keyed = dict[str, Any]

_MARK = b"\xef\xbb\xbf"


def fields(body: bytes, *names: str) -> dict[str, bytes]:
    """Return the fields called `names` (in lower case) of a form body, byte for byte as they were before encoding.

    A value may stand unencoded with & and = in it, and a tool may have put every field on its own line.
    """
    text = body.removeprefix(_MARK).strip()
    known = "|".join(map(re.escape, names)).encode()
    starts = list(re.finditer(rb"(?i)(?:\A|[&\r\n])\s*(" + known + rb")=", text))
    ends = [start.start() for start in starts[1:]] + [len(text)] * bool(starts)
    return {
        start[1].decode().lower(): _decoded(text[start.end() : end].strip())
        for start, end in zip(starts, ends, strict=True)
    }


def _decoded(value: bytes) -> bytes:
    if value[:1] in (b"{", b"[", b"<", b'"'):
        return value
    return unquote_to_bytes(value.replace(b"+", b" "))


def pushed(body: bytes, *names: str) -> dict[str, bytes]:
    """Return the `fields` of a push, also where a tool kept its form as one JSON object."""
    if body.removeprefix(_MARK).lstrip()[:1] != b"{":
        return fields(body, *names)
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    told = {str(name).lower(): one if isinstance(one, str) else compact(one) for name, one in value.items()}
    return {name: one.encode(errors="replace") for name, one in told.items()}


@lru_cache(maxsize=4_096)
def key(name: object) -> str:
    """Return a key as all its spellings have it: waybill_No, waybill-no and waybillNo are one."""
    return re.sub(r"[\s_-]", "", str(name)).lower()


def plain(value: Mapping[str, Any]) -> Keyed:
    """Return an object under its keys in lower case and without _, as relays spell them in every way.

    Of two spellings of one key, the first that tells something stays.
    """
    flat: Keyed = {}
    for name, one in value.items():
        known = key(name)
        if flat.get(known) in (None, ""):
            flat[known] = one
    return flat


def folded(value: Mapping[str, Any]) -> dict[str, str]:
    """Return a plain() object with its values as stripped texts; what is nested is left out."""
    told = {name: one for name, one in value.items() if not isinstance(one, dict | list)}
    return {name: "" if one is None else str(one).strip() for name, one in plain(told).items()}


def first(row: Mapping[str, Any], *names: str) -> str:
    """Return the first of a plain object's values that says something, as text; "" if none does."""
    for name in names:
        value = row.get(name)
        if value is not None and not isinstance(value, (dict, list)) and str(value).strip():
            return str(value).strip()
    return ""


def pick(row: Mapping[str, Any], *names: str) -> Any:
    """Return the first of the fields that is not null; where none is there, whatever they are spelt: trackInfo, TrackInfo."""
    told = next((row[name] for name in names if row.get(name) is not None), None)
    if told is not None or any(name in row for name in names):
        return told
    spelt = plain(row)
    return next((told for name in names if (told := spelt.get(key(name))) is not None), None)


def word(row: Mapping[str, Any], *names: str) -> str:
    """Return such a field as a text without white space around it; blank where it is missing or no plain value."""
    value = pick(row, *names)
    return "" if value is None or isinstance(value, (dict, list)) else str(value).strip()


def header(headers: Mapping[str, str], name: str) -> str:
    """Return a header, however it is capitalised; "" if there is none."""
    return next((value.strip() for known, value in headers.items() if known.lower() == name.lower()), "")


def signed(data: bytes, told: bytes, sign: Callable[[bytes], str]) -> bool:
    """Return whether a form tells what `sign` (base64) makes of `data`, as it came or before a framework escaped it for HTML.

    Some senders encode the signature once more than a form needs; a + that was not encoded arrives as a blank.
    """
    text = told.decode(errors="replace").strip("\r\n\t")  # a blank may be the + it begins with
    given = (unquote(text) if "%" in text else text).replace(" ", "+").encode()
    try:
        unescaped = html.unescape(data.decode()).encode(errors="replace")
    except UnicodeDecodeError:  # GBK: byte by byte, for what is escaped is ASCII
        unescaped = html.unescape(data.decode("latin-1")).encode("latin-1", "replace")
    as_sent = hmac.compare_digest(sign(data).encode(), given)
    return hmac.compare_digest(sign(unescaped).encode(), given) or as_sent


def line(text: str) -> str:
    """Return a sentence in one line, its HTML entities unescaped."""
    return " ".join((html.unescape(text) if "&" in text else text).split())


def compact(value: object) -> str:
    """Return JSON as it is signed and sent: Chinese as it is, no blanks."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
