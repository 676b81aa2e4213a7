from __future__ import annotations

from collections.abc import AsyncIterator
from typing import cast

import pytest

from tests.contracts.stores import NAMES, Maker, Store, World
from tests.contracts.teller import Teller
from tests.contracts.till import Till


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


@pytest.fixture
async def teller(store: Store) -> Teller:
    return Teller(store)


@pytest.fixture
async def till(store: Store) -> Till:
    return await Till.of(store)
