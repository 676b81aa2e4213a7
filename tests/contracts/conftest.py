from __future__ import annotations

from collections.abc import AsyncIterator
from typing import cast

import pytest

from tests.contracts.stores import NAMES, Maker, Store, World


@pytest.fixture(scope="session", params=NAMES)
def maker(request: pytest.FixtureRequest) -> Maker:
    """Each implementation in turn; a database of yours too when DATABASE_URL is set."""
    return Maker(cast("str", request.param))


@pytest.fixture
async def world(maker: Maker) -> AsyncIterator[World]:
    async with maker.open() as world:
        yield world


@pytest.fixture
async def store(world: World) -> Store:
    return world.store
