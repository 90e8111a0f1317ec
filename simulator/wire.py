"""What goes over HTTP, as values: a call that was made here, the answer to it, a post sent out, the reply to that."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any
from urllib.parse import parse_qsl, urlencode


@dataclass(frozen=True)
class Call:
    """One HTTP request to a provider: names of headers in lower case, the body as it came."""

    method: str
    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    @cached_property
    def text(self) -> str:
        """The body as UTF-8; what is no UTF-8 becomes a mark of doubt."""
        return self.body.decode("utf-8", "replace")

    @cached_property
    def form(self) -> dict[str, str]:
        """The body as a url-encoded form; of a field sent twice the last counts."""
        return dict(parse_qsl(self.text, keep_blank_values=True))

    @cached_property
    def json(self) -> Any:
        """The body as JSON; None if it is none."""
        try:
            return json.loads(self.body)
        except ValueError:
            return None


@dataclass(frozen=True, slots=True)
class Answer:
    """One HTTP answer. Status 0 = none at all: the connection is closed."""

    status: int
    content_type: str
    body: bytes
    headers: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Post:
    """One push, ready to be sent: signed, with the headers its provider sends."""

    body: bytes
    content_type: str
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Reply:
    """What the receiver of a push answered."""

    status: int
    body: bytes

    @property
    def json(self) -> Any:
        """The body as JSON; None if it is none."""
        try:
            return json.loads(self.body)
        except ValueError:
            return None


NO_ANSWER = Answer(0, "", b"")


def compact(value: Any) -> str:
    """JSON without spaces and with Chinese left readable, as the real services write it."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def mapping(text: str | bytes) -> dict[str, Any]:
    """The JSON object in a text; empty if it is none."""
    try:
        value = json.loads(text)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def json_answer(value: Any, status: int = 200) -> Answer:
    """An answer in compact JSON."""
    return Answer(status, "application/json;charset=UTF-8", compact(value).encode())


def form_post(fields: Mapping[str, str], headers: Mapping[str, str] | None = None) -> Post:
    """A push as a url-encoded form."""
    return Post(urlencode(fields).encode(), "application/x-www-form-urlencoded;charset=UTF-8", headers or {})


def json_post(value: Any, headers: Mapping[str, str] | None = None) -> Post:
    """A push as compact JSON."""
    return Post(compact(value).encode(), "application/json;charset=UTF-8", headers or {})
