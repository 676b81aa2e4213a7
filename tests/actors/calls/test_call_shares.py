"""A call in which the platform shares: the figures of docs/rules/calls.md, and who is told what."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from actors.calls.messages import ReadCall, ReadCallStatistics
from actors.money.policy import read_policies
from engine.outcome import Ok
from tests.actors.calls.phone import CREATOR, FAN, Phone

PAGE = Path(__file__).parents[3] / "docs" / "rules" / "calls.md"
TENTH = {"call": {"split": [["platform:revenue", 1_000]], "remainder_to": "creator"}}
ROW = re.compile(r"^\| (\d) \| (\d+) \| (\d+) \| (\d+) \| (\d+) \|$", re.MULTILINE)


def asked(phone: Phone, request: Any) -> Any:
    """Return what the store answers."""
    outcome = phone.store.answer(request)
    assert isinstance(outcome, Ok)
    return outcome.value


def test_the_documented_shares_are_what_everybody_gets_and_is_told() -> None:
    """Each row of the table: charged, announced, written down and summed up to the token."""
    rows = [tuple(map(int, row)) for row in ROW.findall(PAGE.read_text())]
    assert len(rows) == 4
    phone = Phone(money=read_policies({"policies": TENTH}))
    phone.fund(FAN, 100)
    phone.come(FAN, CREATOR)
    call = phone.call(rate=25)
    earned = 0
    for number, cost, so_far, platform, creator in rows:
        phone.run(30)
        earned += creator
        for who in (FAN, CREATOR):
            told = phone.told(who, "call:minute_billed")[-1]
            assert (told["block"], told["tokens"], told["totalCost"]) == (number, cost, so_far)
            assert (told["creatorCut"], told["totalEarned"]) == (creator, earned)
        assert phone.balance(CREATOR) == earned
        assert phone.tokens("platform:revenue") == so_far - earned
        view = phone.look(call)
        assert view.last_paid is not None
        assert view.last_paid.amount - view.last_paid.creator_cut == platform
        assert (view.cost, view.earned) == (so_far, earned)
    view = phone.end(call)
    read = asked(phone, ReadCall(call_id=call))
    assert [block.creator_cut for block in read.blocks][:4] == [row[4] for row in rows]
    assert view.earned == read.facts.earned == phone.balance(CREATOR)
    stats = asked(phone, ReadCallStatistics(creator=CREATOR))
    assert stats.earned == phone.balance(CREATOR) < view.cost
    assert phone.wrong() == []
