"""What creators have earned, and what operators do about it, over HTTP."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from actors.money.policy import read_policies
from actors.settings import ActorSettings
from tests.adapters.http.market import SECRET, Market
from tests.adapters.http.stack import running


@pytest.fixture
async def unlocked(tmp_path: Path) -> AsyncIterator[Market]:
    """As above, where earnings can be cashed out at once."""
    policies = read_policies({"token_sale": {"packs": {"9.99 USD": 100}, "cashout_lock": "0d"}})
    async with running(
        tmp_path / "keys.json", policy=ActorSettings(money=policies), payment_secrets=(SECRET,)
    ) as stack:
        market = Market(stack)
        market.enrol("cleo")
        yield market


async def test_earnings_say_what_waits(tmp_path: Path) -> None:
    """And when it is released."""
    tip = {"remainder_to": "creator", "release": "2d"}
    policy = ActorSettings(money=read_policies({"policies": {"tip": tip}}))
    async with running(tmp_path / "keys.json", policy=policy, payment_secrets=(SECRET,)) as stack:
        market = Market(stack)
        market.enrol("cleo")
        await market.give("ann")
        body = {"toCreatorId": "cleo", "amountTokens": 30}
        sent = (await market.post("ann", "/api/tips/send", body)).json()
        earned = (await market.get("cleo", "/api/earnings")).json()
        assert (earned["escrow_tokens"], earned["available"]) == (30, 0)
        (waiting,) = earned["escrow"]
        assert (waiting["sale"], waiting["amount"]) == (sent["tipId"], "30")
        assert waiting["release_at"] > waiting["settled_at"]
        received = (await market.get("cleo", "/api/tips/received")).json()
        assert received["total_amount"] == 30


async def test_anybody_may_become_a_creator(market: Market) -> None:
    """And change how they are shown."""
    for name in ("Ann", "Ann!"):
        body = {"display_name": name, "profile_pic": "https://example.org/a.png"}
        answer = await market.post("ann", "/api/creators/me", body, method="PUT")
        assert answer.json()["creator"]["display_name"] == name
    assert (await market.get(None, "/api/creators/ann")).json()["creator"]["id"] == "ann"
    assert (await market.get(None, "/api/creators/nobody")).status_code == 404


async def test_young_earnings_are_not_cashed_out(market: Market) -> None:
    """A card payment may still be charged back; and only creators cash out."""
    await market.give("ann", 1_000)
    await market.post("ann", "/api/tips/send", {"toCreatorId": "cleo", "amountTokens": 1_000})
    refused = {
        ("cleo", 1_000): (402, "NOT_CASHABLE"),
        ("cleo", 999): (400, "BAD_INPUT"),
        ("ann", 1_000): (403, "NOT_A_CREATOR"),
    }
    for (who, tokens), expected in refused.items():
        answer = await market.post(who, "/api/tokens/payout", {"tokenAmount": tokens})
        assert (answer.status_code, answer.json()["error"]) == expected


async def test_a_cash_out_is_approved_and_paid_by_operators(unlocked: Market) -> None:
    """Only operators, never the payee; the record of it says who and how."""
    market = unlocked
    await market.give("ann", 1_500)
    await market.post("ann", "/api/tips/send", {"toCreatorId": "cleo", "amountTokens": 1_500})
    asked = await market.post("cleo", "/api/tokens/payout", {"tokenAmount": 1_000})
    payout = asked.json()["payout"]
    assert (payout["amount"], payout["status"]) == ("50.00", "requested")
    path = f"/api/admin/payouts/{payout['id']}"
    for step, sent in (("approve", {}), ("confirm", {"reference": "x"}), ("cancel", {})):
        answer = await market.post("cleo", f"{path}/{step}", sent)
        assert (answer.status_code, answer.json()["error"]) == (403, "OPERATORS_ONLY")
    assert (await market.get("ann", "/api/admin/payouts")).status_code == 403
    early = await market.post("root-admin", f"{path}/confirm", {"reference": "x"})
    assert (early.status_code, early.json()["status"]) == (409, "requested")
    approved = (await market.post("root-admin", f"{path}/approve")).json()["payout"]
    assert (approved["status"], approved["approvals"]) == ("approved", ["root-admin"])
    paid = (await market.post("root-admin", f"{path}/confirm", {"reference": "wire 7"})).json()
    assert (paid["payout"]["status"], paid["payout"]["reference"]) == ("paid", "wire 7")
    listed = (await market.get("cleo", "/api/tokens/payouts")).json()
    assert listed["payouts"] == [paid["payout"]]
    everybody = (await market.get("root-admin", "/api/admin/payouts")).json()
    assert everybody["payouts"] == [paid["payout"]]
    actions = [entry.action for entry in market.stack.store.audit]
    assert actions == ["payout_approved", "payout_paid"]


async def test_an_operator_handles_a_dispute(unlocked: Market) -> None:
    """Opened, listed, lost; only by operators, with a line in the audit log for each step."""
    market = unlocked
    await market.give("ann", 100)
    sent = await market.post("ann", "/api/tips/send", {"toCreatorId": "cleo", "amountTokens": 40})
    tip = sent.json()["tip"]["id"]
    path, wish = "/api/admin/disputes", {"kind": "tip", "id": tip, "reason": "stolen card"}
    assert (await market.post("cleo", path, wish)).status_code == 403
    assert (await market.get("cleo", path)).status_code == 403
    for wrong, status in (({"id": "x"}, 404), ({"kind": "cake"}, 400), ({"reason": ""}, 400)):
        assert (await market.post("root-admin", path, {**wish, **wrong})).status_code == status
    opened = (await market.post("root-admin", path, wish)).json()["dispute"]
    assert (opened["status"], opened["account"], opened["sale"]) == ("open", "cleo", tip)
    again = await market.post("root-admin", path, {**wish, "reason": "another"})
    assert (again.status_code, again.json()["status"]) == (409, "open")
    assert (await market.post("root-admin", f"{path}/{tip}/won")).status_code == 404
    lost = (await market.post("root-admin", f"{path}/{opened['id']}/lost")).json()["dispute"]
    assert (lost["status"], lost["closed_by"]) == ("lost", "root-admin")
    late = await market.post("root-admin", f"{path}/{opened['id']}/won")
    assert (late.status_code, late.json()["status"]) == (409, "lost")
    assert (await market.get("root-admin", path)).json()["disputes"] == [lost]
    balance = (await market.get("ann", "/api/tokens/balance")).json()
    assert balance["balance"] == 100
    actions = [entry.action for entry in market.stack.store.audit]
    assert actions == ["dispute_opened", "dispute_lost"]


async def test_a_cash_out_is_taken_back_by_its_owner_alone(unlocked: Market) -> None:
    """Or by an operator; others find nothing."""
    market = unlocked
    await market.give("ann", 1_000)
    await market.post("ann", "/api/tips/send", {"toCreatorId": "cleo", "amountTokens": 1_000})
    asked = await market.post("cleo", "/api/tokens/payout", {"tokenAmount": 1_000})
    path = f"/api/tokens/payouts/{asked.json()['payout']['id']}/cancel"
    assert (await market.post("ann", path)).status_code == 404
    assert (await market.post("cleo", path)).json()["payout"]["status"] == "cancelled"
    assert (await market.post("cleo", "/api/tokens/payouts/7/cancel")).status_code == 404


async def test_an_operator_confirms_a_purchase(market: Market) -> None:
    """Where no provider tells us; not their own."""
    bought = await market.buy("ann")
    path = f"/api/admin/purchases/{bought['transaction']['id']}/confirm"
    assert (await market.post("ann", path, {"reference": "cash"})).status_code == 403
    for _ in range(2):
        answer = await market.post("root-admin", path, {"reference": "cash"})
        assert answer.json()["newBalance"] == 100
    own = await market.buy("root-admin")
    path = f"/api/admin/purchases/{own['transaction']['id']}/confirm"
    answer = await market.post("root-admin", path, {"reference": "cash"})
    assert answer.json()["error"] == "OWN_PAYOUT"


async def test_purchases_that_wait_are_listed_for_operators(market: Market) -> None:
    """Everybody sees their own; what is paid waits no longer."""
    ids = [(await market.buy(who))["transaction"]["id"] for who in ("ann", "bob")]
    path = "/api/admin/purchases?status=pending"
    assert (await market.get("ann", path)).status_code == 403
    assert (await market.get(None, path)).status_code == 401
    waiting = (await market.get("root-admin", path)).json()
    assert {(row["id"], row["account"]) for row in waiting["purchases"]} == set(
        zip(ids, ("ann", "bob"), strict=True)
    )

    await market.post("root-admin", f"/api/admin/purchases/{ids[0]}/confirm", {"reference": "x"})

    left = (await market.get("root-admin", path)).json()["purchases"]
    assert [row["id"] for row in left] == [ids[1]]
    own = (await market.get("ann", "/api/tokens/purchases")).json()
    assert [(row["id"], row["status"]) for row in own["purchases"]] == [(ids[0], "completed")]
    assert (await market.get("ann", "/api/tokens/purchases?status=pending")).json()["count"] == 0


async def test_a_wallet_says_whether_its_owner_takes_money(market: Market) -> None:
    """A page can ask without a refusal."""
    cleo = (await market.get("cleo", "/api/wallet")).json()
    assert (cleo["creator"]["display_name"], cleo["cashout_min"]) == ("Cleo", 1_000)
    assert (await market.get("ann", "/api/wallet")).json()["creator"] is None
