"""What frameworks and relays make of forms and objects on their way: encoded or not, keys spelt in every way. Pure."""

import json
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote_to_bytes

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


def plain(value: Mapping[str, Any]) -> dict[str, Any]:
    """Return an object under its keys in lower case and without _, as relays spell them in every way.

    Of two spellings of one key, the first that tells something stays.
    """
    flat: dict[str, Any] = {}
    for key, one in value.items():
        name = str(key).replace("_", "").lower()
        if flat.get(name) in (None, ""):
            flat[name] = one
    return flat


def unwrapped(value: Any) -> Any:
    """Return the value in a JSON text that somebody encoded once more than it wanted. Raises ValueError."""
    if isinstance(value, str) and value.lstrip()[:1] in ("{", "["):
        try:
            return json.loads(value)
        except RecursionError:
            raise ValueError("nested too deeply") from None
    return value
