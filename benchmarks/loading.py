"""Load on an HTTP server, from one thread with bare sockets, so that it costs the machine a tenth of what the server does.

`post`: so many connections, each of which posts its next body as soon as the last is answered.
`drive`: each request at its own instant, whether the last was answered or not; slow answers make no easier load.
"""

import selectors
import socket
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus

TIMEOUT = 30.0  # seconds without any answer
MOST = 65_536


@dataclass
class _Line:
    """One connection: when it asked, and what has come of the answer."""

    socket: socket.socket
    asked: float = 0.0
    came: bytearray = field(default_factory=bytearray)

    def whole(self) -> bool:
        """Whether the answer is complete; it must say its length. Raises AssertionError if it is not a 200."""
        head, found, body = bytes(self.came).partition(b"\r\n\r\n")
        if not found:
            return False
        assert head.startswith(b"HTTP/1.1 200 "), head[:200]
        length = next(line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:"))
        return len(body) >= int(length.split(b":")[1])


def request(host: str, port: int, path: str, body: bytes) -> bytes:
    """Return a POST of a form as it goes over the wire."""
    head = (
        f"POST {path} HTTP/1.1\r\nHost: {host}:{port}\r\nContent-Type: application/x-www-form-urlencoded\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def post(host: str, port: int, requests: Sequence[bytes], connections: int) -> list[float]:
    """Send all requests over so many connections; return the seconds each took to be answered."""
    took: list[float] = []
    waiting = iter(requests)
    with selectors.DefaultSelector() as selector:
        for _ in range(connections):
            line = _Line(socket.create_connection((host, port), timeout=TIMEOUT))
            line.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            selector.register(line.socket, selectors.EVENT_READ, line)
            _ask(line, next(waiting))
        while len(took) < len(requests):
            ready = selector.select(TIMEOUT)
            assert ready, f"no answer for {TIMEOUT:.0f} s"
            for key, _ in ready:
                line = key.data
                more = line.socket.recv(MOST)
                assert more, "the server hung up"
                line.came += more
                if line.whole():
                    took.append(time.perf_counter() - line.asked)
                    following = next(waiting, None)
                    if following is not None:
                        _ask(line, following)
        for key in list(selector.get_map().values()):
            key.data.socket.close()
    return took


def _ask(line: _Line, content: bytes) -> None:
    line.came.clear()
    line.asked = time.perf_counter()
    line.socket.sendall(content)


@dataclass(frozen=True)
class Planned:
    """One request: when (seconds from the start), of which sort, and its bytes on the wire."""

    at: float
    sort: str
    # Made when it is sent, where it depends on what was answered before.
    content: bytes | Callable[[], bytes]
    # Told the answer's head and body.
    heard: Callable[[bytes, bytes], None] | None = None


@dataclass(frozen=True)
class Answer:
    sort: str
    # From the instant it was planned for, so that waiting for a connection counts.
    seconds: float
    status: int
    # Bytes of the body as they came over the wire.
    size: int


def drive(host: str, port: int, planned: Sequence[Planned], connections: int) -> list[Answer]:
    """Send each request at its instant over the next free of so many connections; return the answers as they came."""
    answers: list[Answer] = []
    waiting = sorted(planned, key=lambda one: one.at)
    following = 0
    with selectors.DefaultSelector() as selector:
        free: deque[_Line] = deque()
        asking: dict[int, Planned] = {}
        for _ in range(connections):
            line = _Line(socket.create_connection((host, port), timeout=TIMEOUT))
            line.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            selector.register(line.socket, selectors.EVENT_READ, line)
            free.append(line)
        began = time.perf_counter()
        while len(answers) < len(waiting):
            now = time.perf_counter() - began
            while free and following < len(waiting) and waiting[following].at <= now:
                line = free.popleft()
                asking[id(line)] = waiting[following]
                content = waiting[following].content
                _ask(line, content if isinstance(content, bytes) else content())
                following += 1
            due = waiting[following].at - now if free and following < len(waiting) else TIMEOUT
            for key, _ in selector.select(max(0.0, min(due, TIMEOUT))):
                line = key.data
                more = line.socket.recv(MOST)
                assert more, "the server hung up"
                line.came += more
                told = _told(line.came)
                if told:
                    one = asking.pop(id(line))
                    if one.heard:
                        one.heard(*bytes(line.came).split(b"\r\n\r\n", 1))
                    answers.append(Answer(one.sort, time.perf_counter() - began - one.at, *told))
                    free.append(line)
        for key in list(selector.get_map().values()):
            key.data.socket.close()
    return answers


def _told(came: bytearray) -> tuple[int, int] | None:
    """Status and length of the body once the answer is complete; it must say its length unless it has no body."""
    head, found, body = bytes(came).partition(b"\r\n\r\n")
    if not found:
        return None
    status = int(head[9:12])
    if status == HTTPStatus.NO_CONTENT:
        return status, 0
    length = int(
        next(line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")).split(b":")[1]
    )
    return (status, length) if len(body) >= length else None
