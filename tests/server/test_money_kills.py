"""Money under `kill -9`: a slice of the campaign that `make soak` runs at length."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.server.money_kills import Market, market_server
from tests.support.live_server import LiveServer

KILLS = 4


@pytest.fixture
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    """A server of its own, to be killed."""
    running = market_server(tmp_path_factory.mktemp("market"))
    try:
        yield running.start()
    finally:
        running.stop()


@pytest.mark.alone
async def test_no_token_is_lost_or_made_by_kills(server: LiveServer) -> None:
    """Purchases, tips, tickets, cash-outs and metered calls, with servers and databases killed.

    Everything acknowledged is there, no block is charged twice or lost, everybody holds to the
    token what their acts say, and the whole ledger verifies.
    """
    market = Market(server, seed=7)

    await market.run(KILLS)

    assert market.kills == {"server": 3, "database": 1}
    assert market.books.blocks > 0
