"""A receiver of webhooks on a real port, which verifies signatures as a stranger would."""

from __future__ import annotations

import hashlib
import hmac
import json
import ssl
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self


@dataclass(frozen=True, slots=True)
class Got:
    """A request as it arrived."""

    path: str
    headers: dict[str, str]
    body: bytes
    status: int

    @property
    def said(self) -> Any:
        return json.loads(self.body)

    def is_signed_with(self, secret: str) -> bool:
        """Whether one of the signatures is of these very bytes, at most five minutes ago."""
        time_s, *given = self.headers["presence-signature"].split(",")
        signed = time_s.removeprefix("t=").encode() + b"." + self.body
        good = "v1=" + hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()
        fresh = abs(time.time() - int(time_s.removeprefix("t="))) < 300
        return fresh and any(hmac.compare_digest(good, each) for each in given)


@dataclass(slots=True)
class Receiver:
    """Runs while it is entered. `answers` gives the status of each request, 200 by itself.

    `arrived` counts requests when they come, `got` has them when their answer is known.
    """

    answers: Callable[[Any], int] = lambda _said: 200
    headers: dict[str, str] = field(default_factory=dict)
    answer_body: bytes = b"thanks"
    tls: ssl.SSLContext | None = None
    port: int = 0
    got: list[Got] = field(default_factory=list)
    arrived: int = 0
    _server: Any = None

    def __enter__(self) -> Self:
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            wbufsize = 1 << 16  # Head and body in one packet: no delayed acknowledgement.

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                receiver.arrived += 1
                status = receiver.answers(json.loads(body))
                named = {name.lower(): value for name, value in self.headers.items()}
                receiver.got.append(Got(self.path, named, body, status))
                self.send_response(status)
                for name, value in receiver.headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(receiver.answer_body)))
                self.end_headers()
                self.wfile.write(receiver.answer_body)

            def log_message(self, *_arguments: Any) -> None:
                pass

        class Server(ThreadingHTTPServer):
            daemon_threads = True
            block_on_close = False

            def handle_error(self, *_arguments: Any) -> None:
                pass  # Who hangs up in the middle is what some tests are about.

        self._server = Server(("127.0.0.1", self.port), Handler)
        if self.tls is not None:
            self._server.socket = self.tls.wrap_socket(self._server.socket, server_side=True)
        self.port = self._server.server_port
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    @property
    def url(self) -> str:
        scheme = "http" if self.tls is None else "https"
        return f"{scheme}://127.0.0.1:{self.port}/hook"
