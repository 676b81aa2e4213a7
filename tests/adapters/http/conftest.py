"""A running server for each test that asks for one."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.adapters.http.market import OTHER_SECRET, SECRET, Market
from tests.adapters.http.stack import Stack, running


@pytest.fixture
async def stack(tmp_path: Path) -> AsyncIterator[Stack]:
    """The server with its default settings and its secrets."""
    async with running(
        tmp_path / "local_keys.json", turn_secret="turn-secret", billing_secret="billing-secret"
    ) as one:
        yield one


@pytest.fixture
async def market(tmp_path: Path) -> AsyncIterator[Market]:
    """Cleo is a creator; two webhook secrets are live."""
    secrets = (SECRET, OTHER_SECRET)
    async with running(tmp_path / "keys.json", payment_secrets=secrets) as stack:
        market = Market(stack)
        market.enrol("cleo")
        yield market
