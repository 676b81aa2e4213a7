"""A server of ours, a site that serves Networked-A-Frame pages, and browsers that open them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import httpx
import pytest

from tests.naf.site import Site, open_site
from tests.server.people import Crowd, open_crowd
from tests.support.browser import Browser, open_browser
from tests.support.live_server import LiveServer


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    """A server that all tests here share; each uses rooms of its own."""
    running = LiveServer(
        tmp_path_factory.mktemp("naf"), turn_secret="0123456789abcdef0123456789abcdef"
    )
    try:
        yield running.start()
    finally:
        running.stop()


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    """A headless Chromium that can draw; any complaint of a page fails the test when it ends."""
    async with open_browser(webgl=True) as running:
        yield running


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    """A page author's own site, on another origin than our server."""
    async with open_site() as running:
        yield running


@pytest.fixture
async def crowd() -> AsyncIterator[Crowd]:
    """Stock clients; see `Crowd.connect`."""
    async with open_crowd() as people:
        yield people


@pytest.fixture
async def http(server: LiveServer) -> AsyncIterator[httpx.AsyncClient]:
    """An HTTP client of the shared server."""
    async with httpx.AsyncClient(base_url=server.url, timeout=15) as client:
        yield client
