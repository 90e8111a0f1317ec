"""The one door to the network: every outgoing request has timeouts, a size limit, checked TLS and no redirects."""

import threading
import time
from typing import Final

import httpx

from shipops.kit.wire import Request, Response

# Carriers answer within two seconds or not at all; a worker waits for many of them at once.
CONNECT_SECONDS: Final = 5.0
READ_SECONDS: Final = 10.0
# All in all: a server that drips one byte at a time must not hold a worker.
WHOLE_SECONDS: Final = 20.0
# The longest real track is below 100 KB.
LARGEST_ANSWER: Final = 2 * 1024 * 1024
MOST_CONNECTIONS: Final = 32

_making = threading.Lock()
_client: httpx.Client | None = None


class TransportError(Exception):
    """No answer came. `retryable` = asking again later can help."""

    def __init__(self, message: str, *, retryable: bool) -> None:
        super().__init__(message)
        self.retryable = retryable


def send(request: Request) -> Response:
    """Carry `request` and return the answer, whatever its status. Safe to call from several threads.

    Raises TransportError where none comes, or one too large to be an answer.
    """
    try:
        with _shared().stream(
            request.method, request.url, headers=dict(request.headers), content=request.body
        ) as answer:
            body = _limited(answer)
            return Response(answer.status_code, dict(answer.headers), body)
    except (httpx.InvalidURL, httpx.UnsupportedProtocol) as error:
        raise TransportError(f"The address is not one: {error}", retryable=False) from None
    except httpx.TimeoutException as error:
        raise TransportError(f"No answer in time ({type(error).__name__})", retryable=True) from None
    except httpx.HTTPError as error:
        raise TransportError(f"{type(error).__name__}: {error}", retryable=True) from None


def _limited(answer: httpx.Response) -> bytes:
    parts = []
    size = 0
    until = time.monotonic() + WHOLE_SECONDS
    for part in answer.iter_bytes():
        size += len(part)
        if size > LARGEST_ANSWER:
            raise TransportError(f"The answer is larger than {LARGEST_ANSWER} bytes", retryable=False)
        if time.monotonic() > until:
            raise TransportError("No answer in time (it comes too slowly)", retryable=True)
        parts.append(part)
    return b"".join(parts)


def _shared() -> httpx.Client:
    """One client for the process, made on first use: a worker that forks must not share its parent's sockets."""
    global _client
    with _making:
        if _client is None:
            _client = httpx.Client(
                timeout=httpx.Timeout(READ_SECONDS, connect=CONNECT_SECONDS),
                limits=httpx.Limits(max_connections=MOST_CONNECTIONS, max_keepalive_connections=MOST_CONNECTIONS),
                follow_redirects=False,
                headers={"User-Agent": "shipops"},
            )
        return _client
