"""Whatever happens to a call, in whatever order, what is billed is what was proved."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from hypothesis import example, given, settings
from hypothesis import strategies as st

from actors.calls.messages import CALL_DESK, EndCall, OpenCall, PauseCall, ResumeCall, RunDue, Sweep
from actors.calls.metering import MeterPolicy, PartialBlock, Rounding, block_count, total
from actors.ledger.transfer import derived_id
from actors.money.policy import DEFAULT_POLICIES, MoneyPolicies, Policy
from actors.money.split import Split
from engine.clock import SECOND_US
from engine.outcome import Ok
from tests.actors.calls.phone import CREATOR, FAN, NAMESPACE, Phone

REVENUE = "platform:revenue"
PEOPLE = (FAN, CREATOR)
CALL = derived_id(NAMESPACE, "call/1")

moments = st.one_of(
    st.tuples(st.just("wait"), st.integers(1, 700).map(lambda tenths: tenths / 10)),
    st.tuples(st.sampled_from(["go", "come", "pause", "resume"]), st.sampled_from(PEOPLE)),
    st.tuples(st.just("fund"), st.integers(1, 80)),
    st.tuples(st.sampled_from(["meter falls", "node falls", "usurped", "cron"]), st.none()),
)


def shared(split: Split) -> MoneyPolicies:
    """Return the usual policies with this split for calls."""
    call = Policy(split=split)
    return replace(DEFAULT_POLICIES, products={**DEFAULT_POLICIES.products, "call": call})


splits = st.one_of(
    st.just(Split()),
    st.builds(Split, parts=st.integers(0, 10_000).map(lambda bps: ((REVENUE, bps),))),
)


class Tale:
    """A call with a record of who was there when, over the nodes that have carried it."""

    def __init__(self, tokens: int, rate: int, policy: MeterPolicy) -> None:
        self.settings: dict[str, Any] = {
            "call_block_s": policy.block_s,
            "call_rounding": policy.rounding,
            "call_partial_block": policy.partial_block,
            "money": shared(policy.split),
        }
        self.phone = Phone(**self.settings)
        self.here: dict[str, int] = {}
        self.spans: dict[str, list[tuple[int, int]]] = {FAN: [], CREATOR: []}
        self.given = tokens
        self.phone.fund(FAN, tokens)
        for who in PEOPLE:
            self.come(who)
        self.phone.call("1", rate=rate)

    @property
    def now_us(self) -> int:
        return self.phone.core.now_us

    def come(self, who: str) -> None:
        if who not in self.here:
            self.phone.come(who)
            self.here[who] = self.now_us

    def go(self, who: str) -> None:
        if who in self.here:
            self.phone.go(who)
            self.spans[who].append((self.here.pop(who), self.now_us))

    def live(self, what: str, how: object) -> None:
        phone = self.phone
        match what, how:
            case "wait", float(seconds):
                phone.run(seconds)
            case "go", str(who):
                self.go(who)
            case "come", str(who):
                self.come(who)
            case "pause", str(who):
                phone.send(f"call:{CALL}", PauseCall(by=who))
            case "resume", str(who):
                phone.send(f"call:{CALL}", ResumeCall(by=who))
            case "fund", int(tokens):
                self.given += tokens
                phone.fund(FAN, tokens)
            case "meter falls", _:
                phone.core.lifecycle.kill(f"call:{CALL}")
                phone.send(f"call:{CALL}", RunDue())
            case "usurped", _:
                phone.store.answer(OpenCall(call_id=CALL))
                phone.core.tell(CALL_DESK, Sweep())
            case "node falls", _:
                self.node_falls()
            case _:
                phone.send(f"call:{CALL}", RunDue())
        self.phone.run(0)

    def node_falls(self) -> None:
        there = list(self.here)
        now_us = self.now_us
        for who in there:
            self.spans[who].append((self.here.pop(who), now_us))
        store = self.phone.store
        self.phone = Phone(store, now_us=now_us + 2 * SECOND_US, **self.settings)
        store._now_us = lambda: self.phone.core.now_us
        for who in there:
            self.come(who)
        self.phone.core.tell(CALL_DESK, Sweep())
        self.phone.run(0)

    def end(self) -> None:
        while not isinstance(self.phone.ask(f"call:{CALL}", EndCall(by=FAN)), Ok):
            pass  # A meter that was taken over says so, and the client asks again.
        self.phone.run(120)
        for who in PEOPLE:
            self.go(who)


@settings(max_examples=150, deadline=None)
@given(
    tokens=st.integers(30, 900),
    rate=st.integers(1, 120),
    block_s=st.sampled_from([7, 15, 30, 60]),
    rounding=st.sampled_from(["ceil", "floor"]),
    partial=st.sampled_from(["full", "per_second"]),
    split=splits,
    tale=st.lists(moments, max_size=14),
)
@example(
    tokens=30,
    rate=1,
    block_s=7,
    rounding="ceil",
    partial="full",
    split=Split(),
    tale=[("wait", 2.2), ("go", "creator"), ("resume", "creator"), ("wait", 4.8)],
)
@example(
    tokens=30,
    rate=1,
    block_s=7,
    rounding="ceil",
    partial="full",
    split=Split(),
    tale=[("wait", 2.2), ("go", "creator"), ("wait", 5.0)],
)
def test_i35_to_i42_hold_in_every_story(
    tokens: int,
    rate: int,
    block_s: int,
    rounding: Rounding,
    partial: PartialBlock,
    split: Split,
    tale: list[tuple[str, object]],
) -> None:
    """Blocks once each, C(n) in all, shared as agreed (I14), proved time only, nothing left held.

    No token is made or lost, and of a call that could be paid nothing that was proved is given.
    """
    policy = MeterPolicy(block_s=block_s, rounding=rounding, partial_block=partial, split=split)
    if total(rate, 1, policy) > tokens:
        rate = 1
    told = Tale(tokens, rate, policy)
    for what, how in tale:
        told.live(what, how)
        assert [one for one in told.phone.wrong() if one[0] != "I37"] == []
    told.end()

    phone = told.phone
    facts = phone.facts(CALL)
    assert facts.status in ("ended", "failed")
    assert phone.wrong() == []
    assert list(phone.audit.unproved(told.spans)) == []
    assert phone.held(FAN) == 0
    earned = phone.balance(CREATOR)
    assert phone.balance(FAN) + earned + phone.tokens(REVENUE) == told.given
    assert earned == facts.earned
    if split == Split():
        assert earned == facts.cost
    if partial == "full" and facts.closed_us >= 5 * SECOND_US:
        assert facts.cost == total(rate, block_count(facts.closed_us, policy), policy)
