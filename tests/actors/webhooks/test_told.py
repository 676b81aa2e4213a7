"""I50 in every story: whatever falls, fails or is done to an endpoint, its events are told."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections import defaultdict
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from actors.webhooks.messages import (
    HERALD,
    DisableEndpoint,
    EnableEndpoint,
    RotateSecret,
    endpoint_address,
)
from actors.webhooks.records import FanOut, ReadDue, ReadNews, SaveAttempt
from sim.receivers import Received
from tests.actors.webhooks.hooks import Hooks

WHAT = ["ok", "fails", "hangs", "loses", "late", "down", "gone"]
steps = st.one_of(
    st.tuples(st.just("tip"), st.sampled_from(["cleo", "dora"]), st.integers(1, 3)),
    st.tuples(st.just("buy"), st.integers(0, 3)),
    st.tuples(st.just("behave"), st.sampled_from(["cleo", "all"]), st.sampled_from(WHAT)),
    st.tuples(st.just("wait"), st.sampled_from([1, 9, 70, 700])),
    st.tuples(st.just("crash"), st.sampled_from(["herald", "cleo", "ledger"]), st.integers(1, 6)),
    st.tuples(
        st.just("store"), st.sampled_from(["err", "unknown"]),
        st.sampled_from([FanOut, ReadNews, ReadDue, SaveAttempt]),
    ),
    st.tuples(st.just("node")),
    st.tuples(st.just("rotate")),
    st.tuples(st.just("disable")),
    st.tuples(st.just("enable")),
)  # fmt: skip


class Story:
    """Ann, cleo and an operator's endpoint, and everything that can be done to them."""

    def __init__(self) -> None:
        self.hooks = hooks = Hooks(reply_us=700)
        hooks.give("ann", 1_000)
        self.stream = hooks.stream("cleo", seats=20)
        self.cleo, self.all = hooks.endpoint("cleo"), hooks.endpoint("op", all_=True)
        self.secrets = {self.cleo.url: {self.cleo.secret}, self.all.url: {self.all.secret}}
        self.buyers = 0

    def do(self, step: tuple[Any, ...]) -> None:
        hooks = self.hooks
        match step:
            case "tip", to, count:
                for _ in range(count):
                    hooks.core.tell("wallet:ann", hooks.tip_of(to, 1))
            case "buy", count:
                for _ in range(count):
                    self.buyers += 1
                    hooks.give(f"fan{self.buyers}", 60)
                    hooks.buy(self.stream, f"fan{self.buyers}")
            case "behave", who, what:
                hooks.behaves[getattr(self, who).url] = what
            case "wait", seconds:
                hooks.run(seconds)
            case "crash", who, place:
                addresses = {"herald": HERALD, "ledger": "ledger:main"}
                address = addresses.get(who, endpoint_address(self.cleo.id))
                hooks.crash(address, at_delivery=place)
            case "store", fault, kind:
                struck = [fault]
                hooks.fault = lambda request: (
                    struck.pop() if struck and isinstance(request, kind) else None
                )
            case ("node",):
                for address in list(hooks.core.cells):
                    hooks.core.lifecycle.kill(address)
                hooks.begin()
            case ("rotate",):
                secret = f"whsec-{len(self.secrets[self.cleo.url])}"
                self.secrets[self.cleo.url].add(secret)
                hooks.do(RotateSecret, self.cleo, secret=secret)
            case ("disable",):
                hooks.do(DisableEndpoint, self.cleo)
            case ("enable",):
                hooks.do(EnableEndpoint, self.cleo)

    def end(self) -> None:
        """Everybody is well again, and what waits is tried anew."""
        self.hooks.heal()
        self.hooks.behaves.clear()
        self.hooks.run(30)
        for row in (self.cleo, self.all):
            self.hooks.do(DisableEndpoint, row)
            self.hooks.do(EnableEndpoint, row)
        self.hooks.run(60)


@given(st.lists(steps, max_size=25))
def test_i50_whatever_happens_every_event_is_told_signed_and_in_order(
    tale: list[tuple[Any, ...]],
) -> None:
    """I50: each at least once, the same id and body, a valid signature, in order per aggregate.

    The signature is checked by hand.
    """
    story = Story()
    for step in tale:
        story.do(step)
    story.end()

    hooks = story.hooks
    for row in (hooks.row(story.cleo), hooks.row(story.all)):
        got = hooks.got(row)
        assert {said["id"] for said in hooks.told(row)} == {*hooks.expected(row)}
        assert all(is_signed(one, story.secrets[row.url]) for one in got)
        bodies: dict[str, set[bytes]] = defaultdict(set)
        order: dict[str, list[int]] = defaultdict(list)
        for one in got:
            bodies[one.headers["Presence-Event-Id"]].add(one.body)
        for said in hooks.told(row):
            if said["seq"] not in order[said["aggregate"]]:
                order[said["aggregate"]].append(said["seq"])
        assert all(len(each) == 1 for each in bodies.values())
        assert all(each == list(range(1, len(each) + 1)) for each in order.values())


def is_signed(got: Received, secrets: set[str]) -> bool:
    time, *given = got.headers["Presence-Signature"].split(",")
    signed = time.removeprefix("t=").encode() + b"." + got.body
    good = {hmac.new(one.encode(), signed, hashlib.sha256).hexdigest() for one in secrets}
    fresh = abs(int(time.removeprefix("t=")) - got.at_us // 1_000_000) <= 300
    return fresh and bool(good & {one.removeprefix("v1=") for one in given})


def test_a_story_of_every_step_at_once() -> None:
    """The property's own story, once for sure: nothing of it depends on luck."""
    story = Story()
    for step in (
        ("tip", "cleo", 3), ("behave", "cleo", "loses"), ("buy", 3), ("crash", "cleo", 2),
        ("tip", "cleo", 2), ("node",), ("rotate",), ("store", "unknown", FanOut),
        ("tip", "dora", 2), ("behave", "cleo", "gone"), ("tip", "cleo", 1), ("wait", 70),
    ):  # fmt: skip
        story.do(step)
    story.end()

    ids = [json.loads(one.body)["id"] for one in story.hooks.got(story.cleo) if one.taken]
    assert {*ids} == {*story.hooks.expected(story.hooks.row(story.cleo))}
    assert len(ids) > len({*ids})
