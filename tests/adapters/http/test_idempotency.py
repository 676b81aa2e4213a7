"""The header Idempotency-Key: one request, one answer, whatever is lost."""

from __future__ import annotations

from typing import Any

from actors.ledger.messages import PostBatch
from actors.money.records import FinishRequest, PrepareTip
from engine.outcome import Err, Outcome, Unknown
from tests.adapters.http.market import Market


async def test_the_same_key_is_one_tip(market: Market) -> None:
    """The same answer, marked as such; also for the key in the body."""
    await market.give("ann")
    body = {"toCreatorId": "cleo", "amountTokens": 10}

    first = await market.post("ann", "/api/tips/send", body, key="k1")
    again = await market.post("ann", "/api/tips/send", body, key="k1")
    in_body = await market.post("ann", "/api/tips/send", body | {"idempotencyKey": "k1"})

    assert first.content == again.content == in_body.content
    assert "Idempotent-Replayed" not in first.headers
    assert again.headers["Idempotent-Replayed"] == "true"
    assert market.tokens("cleo") == 10
    without = [await market.post("ann", "/api/tips/send", body) for _ in range(2)]
    assert {answer.json()["new_balance"] for answer in without} == {80, 70}


async def test_a_key_belongs_to_one_request(market: Market) -> None:
    """Another body is a conflict; another person's key is another key; a refusal is kept."""
    await market.give("ann")
    await market.give("bob")
    body = {"toCreatorId": "cleo", "amountTokens": 10}
    await market.post("ann", "/api/tips/send", body, key="k1")

    other = await market.post("ann", "/api/tips/send", body | {"amountTokens": 11}, key="k1")
    elsewhere = await market.post("ann", "/api/streams/create", {"title": "x"}, key="k1")
    bobs = await market.post("bob", "/api/tips/send", body, key="k1")

    for answer in (other, elsewhere):
        assert (answer.status_code, answer.json()["code"]) == (409, "idempotency_conflict")
    assert bobs.status_code == 200
    poor = [await market.post("eve", "/api/tips/send", body, key="k1") for _ in range(2)]
    assert [answer.status_code for answer in poor] == [402, 402]
    assert poor[0].content == poor[1].content
    assert poor[1].headers["Idempotent-Replayed"] == "true"
    bad = await market.post("ann", "/api/tips/send", body, key="with space")
    assert (bad.status_code, bad.json()["field"]) == (400, "Idempotency-Key")


async def test_a_request_in_flight_is_not_begun_again(market: Market) -> None:
    """The second is told when to come back; once the first is done it is answered."""
    await market.give("ann")
    held: list[Any] = []
    body = {"toCreatorId": "cleo", "amountTokens": 10}
    store = market.stack.store

    answer = store.answer

    def not_finished(request: Any) -> Outcome:
        if isinstance(request, FinishRequest) and not held:
            held.append(request)
            return Err("not now")
        return answer(request)

    store.answer = not_finished  # type: ignore[method-assign]
    first = await market.post("ann", "/api/tips/send", body, key="k1")
    second = await market.post("ann", "/api/tips/send", body, key="k1")
    market.stack.clock.us += 13_000_000
    third = await market.post("ann", "/api/tips/send", body, key="k1")

    assert first.status_code == 200
    assert (second.status_code, second.json()["error"]) == (409, "DUPLICATE_REQUEST")
    assert second.headers["Retry-After"] == "1"
    assert third.json()["tipId"] == first.json()["tipId"]
    assert market.tokens("cleo") == 10


async def test_a_lost_answer_of_the_ledger_heals(market: Market) -> None:
    """The batch was written and nobody heard so: the writer reads its books again."""
    await market.give("ann")
    body = {"toCreatorId": "cleo", "amountTokens": 10}

    def lose(request: Any, outcome: Outcome) -> Outcome:
        return Unknown("lost") if isinstance(request, PostBatch) else outcome

    market.stack.faults.fault = lose
    answer = await market.post("ann", "/api/tips/send", body, key="k1")

    assert (answer.status_code, answer.json()["new_balance"]) == (200, 90)
    assert market.tokens("cleo") == 10


async def test_what_nobody_knows_is_found_out_by_the_key(market: Market) -> None:
    """The store answers nothing for long: 503, then the same tip, once."""
    await market.give("ann")
    body = {"toCreatorId": "cleo", "amountTokens": 10, "message": "x"}

    def lose(request: Any, outcome: Outcome) -> Outcome:
        return Unknown("lost") if isinstance(request, PrepareTip) else outcome

    market.stack.faults.fault = lose
    first = await market.post("ann", "/api/tips/send", body, key="k1")
    market.stack.faults.fault = None
    second = await market.post("ann", "/api/tips/send", body, key="k1")

    assert (first.status_code, first.json()["code"]) == (503, "outcome_unknown")
    assert second.json()["new_balance"] == 90
    assert market.tokens("cleo") == 10
