"""An HTTP client for servers that are killed while they are asked."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import httpx


class WholeBody(httpx.AsyncByteStream):
    """A request's body that leaves nothing open when the connection breaks.

    httpx's own is an async generator, which a cut connection leaves unfinished.
    """

    def __init__(self, body: bytes) -> None:
        self._left = [body]

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        if not self._left:
            raise StopAsyncIteration
        return self._left.pop()


async def _whole(request: httpx.Request) -> None:
    request.stream = WholeBody(request.content)


def client(url: str, **how: Any) -> httpx.AsyncClient:
    """Return a client whose requests may be cut off at any moment."""
    return httpx.AsyncClient(base_url=url, event_hooks={"request": [_whole]}, **how)
