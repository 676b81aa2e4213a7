"""Fixtures that any test may use."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from tests.support.live_server import LiveServer

# A slow machine is no bug: what must be quick is measured by benchmarks.
settings.register_profile("presence", deadline=None)
settings.load_profile("presence")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what takes long."""
    items.sort(key=lambda item: item.get_closest_marker("long") is None)


@pytest.fixture
def live_server(tmp_path: Path) -> Iterator[LiveServer]:
    """Return the real server, fresh and empty, in a process of its own."""
    server = LiveServer(tmp_path, chat_per_s="1000")
    try:
        yield server.start()
    finally:
        server.stop()
