"""HTTP on a connection of the test's own: kept, half used, or cut by the server."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import h11
import trio


class CutOff(Exception):
    """The server closed the connection instead of answering."""


class BareHttp:
    """One kept-alive connection, one request at a time."""

    def __init__(self, stream: trio.SocketStream) -> None:
        self.stream = stream
        self._wire = h11.Connection(h11.CLIENT)

    async def post(self, path: str, body: Any) -> tuple[int, Any]:
        """Send JSON; return the status and the answer's JSON."""
        status, text = await self.text("POST", path, json.dumps(body))
        return status, json.loads(text)

    async def ask(self, method: str, path: str) -> tuple[int, Any]:
        """Return the status and the JSON of the answer to a request without a body."""
        status, text = await self.text(method, path)
        return status, json.loads(text)

    async def text(self, method: str, path: str, body: str = "") -> tuple[int, str]:
        """Return the status and the text of the answer.

        Raises:
            CutOff: there is none.
        """
        data = body.encode()
        headers = [("Host", "test"), ("Content-Length", str(len(data)))]
        head = h11.Request(method=method, target=path, headers=headers)
        events: list[h11.Event] = [head, h11.Data(data=data), h11.EndOfMessage()]
        status, content = 0, b""
        try:
            await self.stream.send_all(b"".join(self._wire.send(each) or b"" for each in events))
            while not isinstance(event := self._wire.next_event(), h11.EndOfMessage):
                if event is h11.NEED_DATA:
                    self._wire.receive_data(await self.stream.receive_some())
                elif isinstance(event, h11.Response):
                    status = event.status_code
                elif isinstance(event, h11.Data):
                    content += event.data
                elif isinstance(event, h11.ConnectionClosed):
                    raise CutOff
            if self._wire.our_state is h11.DONE:
                self._wire.start_next_cycle()
        except (trio.BrokenResourceError, h11.ProtocolError) as error:
            raise CutOff from error
        return status, content.decode()


@asynccontextmanager
async def connection(url: str, *, receive_buffer: int = 0) -> AsyncIterator[trio.SocketStream]:
    """Open a TCP connection to `http://host:port`; it is dropped at the end.

    Raises:
        OSError: nobody listens.
    """
    host, port = url.removeprefix("http://").split(":")
    socket = trio.socket.socket()
    if receive_buffer:
        socket.setsockopt(trio.socket.SOL_SOCKET, trio.socket.SO_RCVBUF, receive_buffer)
    try:
        await socket.connect((host, int(port)))
        yield trio.SocketStream(socket)
    finally:
        socket.close()
