"""A local HTTP server that does what a test tells it to, also what no server should do."""

import json
import socket
import struct
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from time import monotonic
from typing import Any
from urllib.parse import parse_qs, urlsplit


@dataclass(frozen=True)
class Request:
    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    form: dict[str, str]
    at: float
    body: bytes = b""


@dataclass(frozen=True)
class Reply:
    """What is answered.

    Attributes:
        body: bytes as they are, or anything else as JSON.
        cut: after so many bytes of the body the connection is torn down.
        silent: no answer at all until the test ends.
        trickle: the body goes byte by byte, a second apart, until the test ends.
    """

    body: Any = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    cut: int | None = None
    silent: bool = False
    trickle: bool = False


class HttpApi:
    """Answers each request by `answer`, and remembers it."""

    def __init__(self) -> None:
        self.requests: list[Request] = []
        self.answer: Callable[[Request], Reply] = lambda _: Reply(status=404)
        self.closing = Event()
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.api = self
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)

    def __enter__(self) -> "HttpApi":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.closing.set()
        self._server.shutdown()
        self._server.server_close()

    def asked(self, name: str) -> list[str | None]:
        """One query parameter of each request."""
        return [request.query.get(name) for request in self.requests]


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    api: HttpApi

    def handle_error(self, *_: object) -> None:
        """A client that hangs up is what some tests are about."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def do_GET(self) -> None:
        self._answer()

    def do_POST(self) -> None:
        self._answer()

    def log_message(self, *_: object) -> None:
        pass

    def _answer(self) -> None:
        parts = urlsplit(self.path)
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        form = _single(body.decode())
        headers = dict(self.headers.items())
        request = Request(self.command, parts.path, _single(parts.query), headers, form, monotonic(), body)
        api = self.server.api
        api.requests.append(request)
        reply = api.answer(request)
        if reply.silent:
            api.closing.wait()
            return
        body = reply.body if isinstance(reply.body, bytes) else json.dumps(reply.body).encode()
        self.send_response(reply.status)
        for name, value in reply.headers.items():
            self.send_header(name, value)
        if "Content-Length" not in reply.headers:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if reply.trickle:
            for byte in body:
                self.wfile.write(bytes([byte]))
                if api.closing.wait(0.2):
                    return
        elif reply.cut is not None:
            self.wfile.write(body[: reply.cut])
            self.wfile.flush()
            # Linger of zero seconds: the connection is reset, not closed.
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.close_connection = True
        else:
            self.wfile.write(body)


def _single(query: str) -> dict[str, str]:
    return {name: values[-1] for name, values in parse_qs(query, keep_blank_values=True).items()}
