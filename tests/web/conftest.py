"""People at browsers, for the tests of the page."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.support.browser import Browser, open_browser


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    """A headless Chromium; any complaint of a page fails the test when it ends."""
    async with open_browser() as running:
        yield running
