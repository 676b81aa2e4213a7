"""A real HTTP server on a loopback port, for tests that talk over real sockets."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import trio
from hypercorn.config import Config
from hypercorn.trio import serve


class Clock:
    """Hands out the time it was last set to, in microseconds since the Unix epoch."""

    def __init__(self, us: int = 1_763_690_000_000_000) -> None:
        self.us = us

    def __call__(self) -> int:
        return self.us


class Entropy:
    """Bytes that are different each time and the same in each run."""

    def __init__(self) -> None:
        self._calls = 0

    def __call__(self, size: int) -> bytes:
        self._calls += 1
        return (self._calls.to_bytes(4, "big") * size)[-size:]


@asynccontextmanager
async def served(app: Any, *, keep_alive_s: float = 5.0) -> AsyncIterator[str]:
    """Serve an ASGI app with Hypercorn's trio worker; yields its base URL without a slash.

    Connections without a request are closed after `keep_alive_s`.
    """
    config = Config()
    config.bind = ["127.0.0.1:0"]
    config.errorlog = None
    config.graceful_timeout = 0.1
    config.keep_alive_timeout = keep_alive_s
    stop = trio.Event()
    async with trio.open_nursery() as nursery:

        async def run(task_status: trio.TaskStatus[list[str]]) -> None:
            await serve(app, config, shutdown_trigger=stop.wait, task_status=task_status)

        urls = await nursery.start(run)
        try:
            yield urls[0]
        finally:
            stop.set()
