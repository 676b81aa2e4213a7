"""Token buckets: what is let through in any span of time, and what is remembered."""

from __future__ import annotations

from itertools import accumulate

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors import limits as limits_module
from actors.gate import Gate, TooManySessions
from actors.limits import (
    CHAT,
    FLOOD,
    JOINS,
    POSES,
    Buckets,
    Limits,
    LimitSettings,
    Rate,
    RateLimited,
)
from actors.person import Person
from engine.clock import SECOND_US
from engine.refusal import Refusal

rates = st.builds(
    Rate,
    uses=st.integers(1, 1_000),
    burst=st.integers(1, 50),
    period_us=st.sampled_from([1_000, SECOND_US, 60 * SECOND_US]),
)
gaps_us = st.lists(st.integers(0, 300_000) | st.integers(0, 3), min_size=1, max_size=80)
ADA = Person(account="ada")


def let_through(rate: Rate, times_us: list[int]) -> list[int]:
    buckets = Buckets(rate)
    return [at_us for at_us in times_us if not buckets.take("a", at_us)]


@given(rates, gaps_us)
def test_no_span_of_time_sees_more_than_a_burst_and_the_rate(rate: Rate, gaps: list[int]) -> None:
    """Whatever the span, and however the uses are spread over it."""
    passed = let_through(rate, list(accumulate(gaps)))

    for first, since_us in enumerate(passed):
        for last, until_us in enumerate(passed[first:]):
            flow = (until_us - since_us) * rate.uses // rate.period_us
            assert last + 1 <= rate.burst + flow


@given(rates, st.lists(st.integers(0, 1_000), min_size=1, max_size=200))
def test_nobody_who_keeps_to_the_rate_is_refused(rate: Rate, extra_us: list[int]) -> None:
    """At exactly the rate or below, for ever; rounding never adds up to a refusal."""
    step_us = -(-rate.period_us // rate.uses)
    times_us = list(accumulate(step_us + more for more in extra_us))

    assert let_through(rate, times_us) == times_us


@given(rates, gaps_us)
def test_the_wait_told_is_exact(rate: Rate, gaps: list[int]) -> None:
    """Trying again then succeeds, and a microsecond earlier it does not."""
    buckets = Buckets(rate)
    for now_us in accumulate(gaps):
        wait_us = buckets.take("a", now_us)
        if wait_us:
            assert wait_us == 1 or buckets.take("a", now_us + wait_us - 1) == 1
            assert buckets.take("a", now_us + wait_us) == 0
            return


@given(rates, st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 50_000)), max_size=60))
def test_one_key_never_feels_another(rate: Rate, uses: list[tuple[str, int]]) -> None:
    """Each key is let through as if it were alone."""
    together, alone = Buckets(rate), {key: Buckets(rate) for key in "abc"}
    now_us = 0
    for key, gap_us in uses:
        now_us += gap_us
        assert together.take(key, now_us) == alone[key].take(key, now_us)


@given(rates, st.lists(st.integers(0, 100_000), max_size=200))
def test_full_buckets_are_forgotten(rate: Rate, gaps: list[int]) -> None:
    """Only keys used within the time that fills a bucket are kept."""
    buckets = Buckets(rate)
    used_us = list(accumulate(gaps))
    for number, now_us in enumerate(used_us):
        buckets.take(str(number), now_us)
        filled_us = -(-rate.period_us // rate.uses)  # Each was used once.
        recent = [one for one in used_us[: number + 1] if one > now_us - filled_us]
        assert len(buckets) <= len(recent)


def test_keys_are_bounded_even_when_none_is_full(monkeypatch: pytest.MonkeyPatch) -> None:
    """However many come at once."""
    monkeypatch.setattr(limits_module, "KEYS_MAX", 100)
    buckets = Buckets(Rate(1, 5))
    for number in range(1_000):
        buckets.take(str(number), 0)

    assert len(buckets) <= 100


def test_a_clock_set_back_costs_a_burst_at_most() -> None:
    """An hour back must not mean an hour of refusals."""
    buckets = Buckets(Rate(1, 3))
    buckets.take("a", 3_600 * SECOND_US)

    assert 0 < buckets.take("a", 0) <= SECOND_US


@pytest.mark.parametrize("field", ["uses", "burst", "period_us"])
def test_a_rate_that_lets_nothing_through_is_an_error(field: str) -> None:
    """It is a mistake of the program, found when it starts."""
    with pytest.raises(ValueError, match=field):
        Rate(**{"uses": 1, "burst": 1, field: 0})


def test_a_refusal_says_which_limit_and_when_to_try_again() -> None:
    """SPEC 2; the defaults let 20 chat messages through at once, then one each 200 ms."""
    limits = Limits(LimitSettings().rates())
    for _ in range(20):
        limits.take(CHAT, "@ada", 0)
    with pytest.raises(RateLimited) as caught:
        limits.take(CHAT, "@ada", 0)

    assert caught.value.details == {"limit": "chat", "retry_after_s": 1}
    limits.take(CHAT, "@ada", 200_000)
    limits.take(CHAT, "@bob", 0)


class Door:
    """A gate with a clock and timers of its own."""

    def __init__(self, **settings: int | None) -> None:
        self.now_us = 0
        self.timers: list[tuple[int, object]] = []
        self.limits = Limits(LimitSettings().rates())
        self.gate = Gate(
            self.limits,
            now_us=lambda: self.now_us,
            at=lambda when_us, action: self.timers.append((when_us, action)),
            **settings,  # type: ignore[arg-type]
        )
        self.handled: list[int] = []

    def pose(self, number: int) -> None:
        if self.gate.passes("s1", ADA, POSES, lambda: self.pose(number)):
            self.handled.append(number)

    def wait(self, until_us: int) -> None:
        while due := [one for one in self.timers if one[0] <= until_us]:
            first = min(due, key=lambda one: one[0])
            self.timers.remove(first)
            self.now_us = max(self.now_us, first[0])
            first[1]()  # type: ignore[operator]
        self.now_us = until_us


@given(st.lists(st.integers(0, 5_000), min_size=1, max_size=400))
def test_a_flood_of_poses_is_thinned_and_ends_at_the_newest(gaps: list[int]) -> None:
    """A snapshot that is left out is made good by a later one: so the last must not be."""
    door = Door()
    for number, at_us in enumerate(accumulate(gaps)):
        door.wait(at_us)
        door.pose(number)
    door.wait(door.now_us + SECOND_US)

    assert door.handled == sorted(set(door.handled))
    assert door.handled[-1] == len(gaps) - 1
    assert len(door.handled) <= 120 + 60 * (door.now_us // SECOND_US + 1)
    assert not door.timers


def test_a_pose_held_back_does_not_follow_into_another_space() -> None:
    """It was of the space that was left."""
    door = Door()
    for number in range(130):
        door.pose(number)
    assert door.gate.passes("s1", ADA, JOINS, lambda: None)
    door.wait(SECOND_US)

    assert door.handled == list(range(120))


def test_all_connections_of_an_account_share_its_limits_but_not_their_poses() -> None:
    """Opening more pages buys no more chat; each page has a body of its own."""
    door = Door()
    for number in range(20):
        assert door.gate.passes(f"s{number}", ADA, CHAT, lambda: None)
    with pytest.raises(RateLimited):
        door.gate.passes("s20", ADA, CHAT, lambda: None)
    assert door.gate.passes("s20", ADA, POSES, lambda: None)
    assert door.gate.passes("s20", Person(guest_id="g"), CHAT, lambda: None)


def test_a_connection_that_sends_more_than_all_limits_together_is_flooding() -> None:
    """Refusing costs too: 20,000 at once, 2,000 a second, beside 120 poses that are no fault."""
    door = Door()
    for number in range(20_120):
        door.pose(number)
    with pytest.raises(RateLimited) as caught:
        door.pose(20_120)

    assert caught.value.limit == FLOOD


def test_sessions_are_counted_by_account_and_guests_by_address() -> None:
    """One more is refused with the limit; a place that becomes free can be taken."""
    door = Door(sessions_per_account=2, guests_per_address=1)
    gate, guest = door.gate, Person(guest_id="g1")
    gate.admit("s1", ADA, "10.0.0.1")
    gate.admit("s2", ADA, "10.0.0.2")
    with pytest.raises(TooManySessions) as caught:
        gate.admit("s3", ADA, "10.0.0.3")
    assert caught.value.details == {"limit": 2}
    gate.admit("s4", guest, "10.0.0.1")
    with pytest.raises(TooManySessions):
        gate.admit("s5", guest, "10.0.0.1")
    with pytest.raises(TooManySessions):
        gate.admit("s4", ADA, "")  # A guest who proves to be somebody connected twice already.
    gate.forget("s1")
    gate.admit("s4", ADA, "")
    gate.admit("s5", guest, "10.0.0.1")
    gate.admit("s4", ADA, "")
    for name in ("s2", "s4", "s5", "never there"):
        gate.forget(name)

    assert not gate._sessions
    assert not gate._places


@given(st.lists(st.tuples(st.sampled_from("abcd"), st.booleans(), st.booleans()), max_size=40))
def test_counts_are_those_of_the_open_connections(steps: list[tuple[str, bool, bool]]) -> None:
    """Whatever comes, proves itself and goes in whatever order."""
    door = Door(sessions_per_account=2, guests_per_address=2)
    open_: dict[str, bool] = {}
    for name, comes, account in steps:
        try:
            if comes:
                door.gate.admit(name, ADA if account else Person(guest_id=name), "here")
                open_[name] = account
            else:
                door.gate.forget(name)
                open_.pop(name, None)
        except Refusal:
            assert sum(one is account for one in open_.values()) == 2
        by_account = sum(open_.values())
        assert door.gate._sessions["@ada"] == by_account
        assert door.gate._sessions["from here"] == len(open_) - by_account
