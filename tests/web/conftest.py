"""People at browsers, for the tests of the page."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tests.support.browser import Browser, open_browser
from tests.support.live_server import LiveServer
from tests.web.hall import ADMIN, OTHER_ADMIN


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    """A headless Chromium; any complaint of a page fails the test when it ends."""
    async with open_browser() as running:
        yield running


@pytest.fixture
def hall_server(tmp_path: Path) -> Iterator[LiveServer]:
    """A server whose operator named two administrators."""
    server = LiveServer(tmp_path, system_admins=f"{ADMIN},{OTHER_ADMIN}")
    try:
        yield server.start()
    finally:
        server.stop()
