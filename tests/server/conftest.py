"""The running product, and people who use it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import httpx
import pytest

from tests.server.people import Crowd, open_crowd
from tests.support.live_server import LiveServer


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    """A server that all tests here share; each uses spaces of its own."""
    running = LiveServer(tmp_path_factory.mktemp("server"), events_per_s="1000")
    try:
        yield running.start()
    finally:
        running.stop()


@pytest.fixture
async def http(server: LiveServer) -> AsyncIterator[httpx.AsyncClient]:
    """An HTTP client of the shared server."""
    async with httpx.AsyncClient(base_url=server.url, timeout=15) as client:
        yield client


@pytest.fixture
async def crowd() -> AsyncIterator[Crowd]:
    """Stock clients; see `Crowd.connect`."""
    async with open_crowd() as people:
        yield people
