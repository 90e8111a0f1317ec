"""The door to the network, against a real server on the loopback."""

import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from shipops.kit import http
from shipops.kit.http import TransportError, send
from shipops.kit.wire import Request


class Handler(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        if self.path == "/redirect":
            self.send_response(302)
            self.send_header("Location", "/echo")
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        if self.path == "/endless":
            body = b"x" * (http.LARGEST_ANSWER + 1)
        if self.path == "/cut":
            self.send_response(200)
            self.send_header("Content-Length", "100")
            self.end_headers()
            self.wfile.write(b"short")
            self.close_connection = True
            return
        self.send_response(503 if self.path == "/down" else 200)
        self.send_header("Content-Type", self.headers.get("Content-Type", ""))
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture(scope="module")
def base() -> Iterator[str]:
    server = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()


def test_a_request_is_carried_byte_for_byte(base: str) -> None:
    response = send(Request("POST", f"{base}/echo", {"Content-Type": "text/xml"}, b"\x00\xff<a/>"))
    assert (response.status, response.body, response.headers["content-type"]) == (200, b"\x00\xff<a/>", "text/xml")


def test_an_error_status_is_an_answer(base: str) -> None:
    assert send(Request("POST", f"{base}/down")).status == 503


def test_a_redirect_is_not_followed(base: str) -> None:
    assert send(Request("POST", f"{base}/redirect")).status == 302


@pytest.mark.parametrize(("path", "retryable"), [("/endless", False), ("/cut", True)])
def test_an_answer_that_cannot_be_taken_is_an_error(base: str, path: str, retryable: bool) -> None:
    with pytest.raises(TransportError) as failed:
        send(Request("POST", base + path))
    assert failed.value.retryable is retryable


@pytest.mark.parametrize("url", ["nonsense", "ftp://127.0.0.1/", "http://"])
def test_an_address_that_is_none_will_not_become_one(url: str) -> None:
    with pytest.raises(TransportError) as failed:
        send(Request("POST", url))
    assert failed.value.retryable is False


def test_an_answer_that_drips_is_cut_off(base: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "WHOLE_SECONDS", -1.0)
    with pytest.raises(TransportError, match="too slowly") as failed:
        send(Request("POST", f"{base}/echo", body=b"drop"))
    assert failed.value.retryable is True


def test_nobody_listening_may_change() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with pytest.raises(TransportError) as failed:
        send(Request("POST", f"http://127.0.0.1:{port}/"))
    assert failed.value.retryable is True


def test_an_unknown_certificate_is_not_trusted() -> None:
    assert http._shared()._transport._pool._ssl_context.verify_mode.name == "CERT_REQUIRED"  # type: ignore[attr-defined]
