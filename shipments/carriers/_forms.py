"""Form bodies whose fields are known by name: encoded as they should be, or left plain by whoever passed them on. Pure."""

import re
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
