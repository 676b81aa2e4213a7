"""When deliveries are tried again, and what an attempt makes of one."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from actors.webhooks.endpoint import judged
from actors.webhooks.messages import Answered
from actors.webhooks.records import Delivery
from actors.webhooks.schedule import GIVE_UP_US, next_attempt_us
from engine.outcome import Err, Ok, Unknown

T0 = 1_700_000_000_000_000
MINUTE_US = 60_000_000
FRESH = Delivery(
    endpoint="e", event="v", type="tip.given", aggregate="tip:1", seq=1, body=b"{}",
    created_at_us=T0, next_us=T0,
)  # fmt: skip


def minutes_until_given_up(lateness_us: list[int]) -> list[int]:
    """Return when attempts are made that all fail, each so late; microseconds after the first."""
    times, now_us = [0], T0
    while (at_us := next_attempt_us(len(times), first_us=T0, now_us=now_us)) is not None:
        now_us = at_us + (lateness_us[len(times)] if len(times) < len(lateness_us) else 0)
        times.append(now_us - T0)
    return times


def test_the_schedule_is_the_one_of_the_page() -> None:
    """10 s, 1 min, 10 min, then doubling, and a last time after three days."""
    times = minutes_until_given_up([])

    gaps = [after - before for before, after in pairwise(times)]
    assert gaps[:6] == [10_000_000, *(MINUTE_US * m for m in (1, 10, 20, 40, 80))]
    assert times[-1] == GIVE_UP_US
    assert len(times) == 12


@given(st.lists(st.integers(0, 30 * MINUTE_US), max_size=14))
def test_a_delivery_is_tried_until_three_days_are_over_and_no_longer(late_us: list[int]) -> None:
    """However late attempts are: pauses grow but for the last, and the last is at three days."""
    times = minutes_until_given_up(late_us)

    assert times == sorted(set(times))
    assert GIVE_UP_US <= times[-1] <= GIVE_UP_US + max(late_us, default=0)
    assert times[-2] < GIVE_UP_US


@given(st.lists(st.sampled_from([200, 204, 299, 301, 302, 400, 404, 410, 429, 500, None])))
def test_an_attempt_ends_a_delivery_or_leaves_it_for_later(answers: list[int | None]) -> None:
    """2xx delivers, whatever came before; 410 leaves it as it is; all else is tried again."""
    one, now_us = FRESH, T0
    for number, status in enumerate(answers, 1):
        outcome = Unknown("no answer") if status is None else Ok(Answered(status))
        tried = judged(one, outcome, now_us)
        assert (tried.attempts, tried.first_us, tried.last_us) == (number, T0, now_us)
        assert (tried.status, tried.body, tried.seq) == (status, one.body, one.seq)
        if status is not None and 200 <= status < 300:
            assert (tried.state, tried.error) == ("delivered", None)
            return
        assert tried.error
        if status == 410:
            assert (tried.state, tried.next_us) == ("pending", one.next_us)
        elif now_us - T0 >= GIVE_UP_US:
            assert tried.state == "failed"
            return
        else:
            assert tried.state == "pending"
            assert tried.next_us > now_us
        one, now_us = tried, max(tried.next_us, now_us)


def test_who_was_never_reached_is_tried_again_too() -> None:
    """A refused address or a closed port is a failure like others, and the reason is kept."""
    tried = judged(FRESH, Err("nobody listens"), T0)

    assert (tried.state, tried.error, tried.status) == ("pending", "nobody listens", None)
