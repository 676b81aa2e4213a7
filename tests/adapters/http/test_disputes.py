"""Disputes of what is no tip and no ticket, as operators ask for them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from actors.calls.messages import CreateCall, SaveCall
from actors.calls.state import CallFacts
from actors.ledger.transfer import derived_id
from engine.outcome import Ok
from tests.adapters.http.market import SECRET, Market
from tests.adapters.http.stack import running

PATH = "/api/admin/disputes"


@pytest.fixture
async def market(tmp_path: Path) -> AsyncIterator[Market]:
    """Cleo is a creator."""
    async with running(tmp_path / "keys.json", payment_secrets=(SECRET,)) as stack:
        market = Market(stack)
        market.enrol("cleo")
        yield market


async def test_a_call_is_disputed_when_it_is_over(market: Market) -> None:
    """Before that, and where nothing was paid, the answer says so."""
    store, at_us = market.stack.store, market.stack.clock.us
    call = CallFacts(
        id=derived_id("a call", "1"), fan="ann", creator="cleo", initiator="fan",
        call_type="video", message="", rate=60, created_us=at_us, ringing_us=at_us,
    )  # fmt: skip
    wish = {"kind": "call", "id": call.id, "reason": "nobody spoke"}
    assert (await market.post("root-admin", PATH, wish)).status_code == 404
    assert isinstance(store.answer(CreateCall(facts=call)), Ok)
    early = await market.post("root-admin", PATH, wish)
    assert (early.status_code, early.json()["code"]) == (409, "sale_goes_on")
    over = replace(call, ending_us=at_us, settled_us=at_us, reason="no_answer")
    assert isinstance(store.answer(SaveCall(epoch=1, facts=over)), Ok)
    free = await market.post("root-admin", PATH, wish)
    assert (free.status_code, free.json()["code"]) == (404, "dispute_not_found")


async def test_a_history_names_what_can_be_disputed(market: Market) -> None:
    """Each movement with the command that it was part of: a tip's is the tip's own id."""
    await market.give("ann", 100)
    tip = {"toCreatorId": "cleo", "amountTokens": 40}
    sent = (await market.post("ann", "/api/tips/send", tip)).json()["tip"]["id"]
    history = (await market.get("ann", "/api/tokens/history")).json()["history"]
    assert [row["command"] for row in history if row["type"] == "tip"] == [sent]
    for kind, status in (("microphone", 404), ("tip", 200)):
        wish = {"kind": kind, "id": sent, "reason": "stolen card"}
        assert (await market.post("root-admin", PATH, wish)).status_code == status


async def test_what_is_undecided_is_listed_with_what_is_frozen(market: Market) -> None:
    """Until it is decided; the whole list keeps it, and the tip shows as reversed."""
    await market.give("ann", 100)
    tip = {"toCreatorId": "cleo", "amountTokens": 40}
    sent = (await market.post("ann", "/api/tips/send", tip)).json()["tip"]
    assert sent["reversed"] is False
    wish = {"kind": "tip", "id": sent["id"], "reason": "stolen card"}
    opened = (await market.post("root-admin", PATH, wish)).json()["dispute"]
    assert opened["frozen"] == 40
    undecided = f"{PATH}?status=undecided"
    assert (await market.get("root-admin", undecided)).json()["disputes"] == [opened]
    await market.post("root-admin", f"{PATH}/{opened['id']}/lost")
    assert (await market.get("root-admin", undecided)).json()["disputes"] == []
    (kept,) = (await market.get("root-admin", PATH)).json()["disputes"]
    assert (kept["status"], kept["frozen"]) == ("lost", 0)
    for account, side in (("ann", "sent"), ("cleo", "received")):
        page = (await market.get(account, f"/api/tips/{side}")).json()
        assert [row["reversed"] for row in page["tips"]] == [True]
        assert (page["count"], page["total_tips"], page["total_amount"]) == (1, 0, 0)
    stats = (await market.get("ann", "/api/tips/stats/cleo")).json()
    assert (stats["stats"]["total_tips"], stats["top_tippers"]) == (0, [])
