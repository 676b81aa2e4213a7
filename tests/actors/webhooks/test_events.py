"""What is told of which movements: every trade of the product, once, and the same for ever."""

from __future__ import annotations

import functools
import json
from collections import Counter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.ledger.book import Entry
from actors.ledger.transfer import Transfer, derived_id
from actors.webhooks.events import (
    EVENT_TYPES,
    Event,
    Group,
    body_of,
    body_until_seq,
    event_of,
)
from sim.store import MemoryStore
from sim.world import World
from tests.sim.stories import BOOTH, CALL, DISPUTING, EARNING, MEETING, SUBSCRIBING, story

TALES = {
    "booth": BOOTH, "call": CALL, "disputing": DISPUTING, "earning": EARNING, "meeting": MEETING,
    "subscribing": SUBSCRIBING,
}  # fmt: skip


@functools.cache
def played(name: str) -> MemoryStore:
    """Return what is durable after a story."""
    world = World(story(TALES[name]), 1)
    assert world.run().violation is None
    return world.memory


def events_of(name: str) -> list[Event]:
    memory = played(name)
    told = memory.webhooks.groups(0, len(memory.ledger.entries))
    found = (event_of(each.group) for each in told)
    return [event for event in found if event is not None]


def one(kind: str, debit: str, credit: str, amount: int = 5, **fields: Any) -> Entry:
    """Return a row of the ledger."""
    made = {"asset": "TOK", "ref": "tip:1", **fields}
    transfer = Transfer(
        id=derived_id(kind, debit + credit), kind=kind, debit=debit, credit=credit, amount=amount,
        **made,
    )  # fmt: skip
    return Entry(1, 1_700_000_000_000_000, transfer, 0, None, 0, 0)


def told(*entries: Entry) -> str | None:
    event = event_of(Group(command_id=derived_id("group", "1"), entries=entries))
    return None if event is None else event.type


@pytest.mark.parametrize("name", TALES)
def test_what_somebody_is_told_comes_to_what_they_have(name: str) -> None:
    """Nothing that moves anybody's money is passed over, or told twice."""
    sums: Counter[tuple[str, str]] = Counter()
    for event in events_of(name):
        for party in event.parties:
            said = json.loads(body_of(body_until_seq(event, party), 1))
            for change in said["data"]["changes"]:
                side = "user" if change["account"] in ("main", "credit") else "creator"
                pair = f"{side}:{party}:{change['account']}", change["asset"]
                sums[pair] += int(change["amount"])
    balances = {
        pair: balance.posted
        for pair, balance in played(name).ledger.balances.items()
        if pair[0].startswith(("user:", "creator:")) and balance.posted
    }

    assert {pair: amount for pair, amount in sums.items() if amount} == balances


def test_stories_tell_every_type_by_its_name() -> None:
    """No trade of the product is called `money.moved`, and none is without an event."""
    types = {event.type for name in TALES for event in events_of(name)}

    named_below = {"debt.paid", "credit.granted", "credit.paid_back", "payout.cancelled"}
    assert types | named_below == {*EVENT_TYPES} - {"money.moved"}


@pytest.mark.parametrize("name", TALES)
def test_an_account_is_told_nothing_of_others_accounts(name: str) -> None:
    """Of other people stands there what both sides know: who they are."""
    for event in events_of(name):
        for party in event.parties:
            body = body_until_seq(event, party)
            assert "user:" not in body
            assert "creator:" not in body
            assert "event" not in json.loads(body + "1}")["data"]


@pytest.mark.parametrize("name", TALES)
def test_an_event_has_one_id_and_says_the_same_for_ever(name: str) -> None:
    """It follows from the rows alone."""
    again = [(event.id, body_until_seq(event, None)) for event in events_of(name)]

    assert again == [(event.id, body_until_seq(event, None)) for event in events_of(name)]
    assert len({id_ for id_, _ in again}) == len(again)


def test_what_only_reserves_tells_nothing() -> None:
    """A call's hold, a seat's, what expires; a cash-out is asked for by reserving."""
    hold: dict[str, Any] = {"flag": "pending", "timeout_us": 5}
    assert told(one("call", "user:ann:main", "user:cleo:main", **hold)) is None
    assert told(one("payout", "user:cleo:main", "issuance:tokens", flag="pending")) == (
        "payout.requested"
    )
    void: dict[str, Any] = {"flag": "void", "pending_id": derived_id("x", "y")}
    assert told(one("payout", "user:cleo:main", "issuance:tokens", **void)) == "payout.cancelled"
    assert told(one("right_issued", "issuance:seats", "seats:1:ann", asset="RIGHT")) is None


def test_the_steps_of_a_dispute_have_their_names() -> None:
    """Frozen; back to whom it was taken from; or to the buyer, with what is missing and a fee."""
    frozen = "creator:cleo:frozen/s"
    ref: dict[str, Any] = {"ref": "dispute:1"}
    assert told(one("dispute", "creator:cleo:escrow/s", frozen, **ref)) == "dispute.opened"
    assert told(one("dispute_won", frozen, "creator:cleo:escrow/s", **ref)) == "dispute.resumed"
    assert told(one("refund", frozen, "user:cleo:main", **ref)) == "dispute.resumed"
    assert told(one("refund", frozen, "user:ann:main")) == "dispute.lost"
    topped_up = one("dispute", "creator:cleo:debt", frozen, **ref)
    assert told(topped_up, one("refund", frozen, "user:ann:main")) == "dispute.lost"
    fee = one("dispute_fee", "user:cleo:main", "platform:revenue", **ref)
    assert told(fee) == "dispute.lost"
    back = one("refund", frozen, "user:cleo:main", **ref)
    assert told(back, fee) == "dispute.lost"


def test_a_debt_and_credit_paid_back_have_their_names() -> None:
    """A release that pays a debt is a release."""
    debt = one("debt", "user:cleo:main", "creator:cleo:debt")
    release = one("tip_release", "creator:cleo:escrow/s", "user:cleo:main")
    assert told(debt) == "debt.paid"
    assert told(release, debt) == "earnings.released"
    paid = one("credit_paid_back", "user:ann:credit", "chain:provider", asset="USD")
    assert told(paid) == "credit.paid_back"
    given = one("credit", "invoice:1", "user:ann:credit", asset="USD")
    assert told(one("invoice", "invoice:1", "invoice:1/given_back", asset="DUE"), given) == (
        "credit.granted"
    )
    assert told(one("gift", "user:ann:main", "user:cleo:main")) == "money.moved"


@given(st.text(max_size=40), st.integers(1, 2**62))
def test_a_body_is_json_whatever_stands_in_it(text: str, seq: int) -> None:
    """Details are anybody's text."""
    text = text.encode("utf-8", "ignore").decode().replace("\0", "")
    details = {"from": text, "to": "cleo"}
    entry = one("tip", "user:ann:main", "user:cleo:main", details=details)
    event = event_of(Group(command_id=derived_id("group", "1"), entries=(entry,)))
    assert event is not None

    said = json.loads(body_of(body_until_seq(event, "cleo"), seq))
    assert (said["data"]["from"], said["seq"]) == (text, seq)
