"""The bound of docs/rules/microphones.md: how long anybody waits for a microphone at most."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from actors.space.microphones.queue import HANDICAP, in_order, overtaken_max
from actors.store_hall import Waiting

steps = st.lists(st.sampled_from(["serve", 0, 0, 0, 1, 2, 3, 4, 5]), min_size=1, max_size=200)


def asked(priority: int, arrival: int) -> Waiting:
    return Waiting(
        microphone_id="m", user_account=f"u{arrival}", priority=priority, arrival=arrival,
        asked_at_us=0,
    )  # fmt: skip


@given(steps)
@settings(max_examples=300, deadline=None)
def test_everybody_is_served_within_the_stated_number_of_turns(run: list[int | str]) -> None:
    """Those ahead on arrival, and at most HANDICAP x class - 1 who come later."""
    queue: list[Waiting] = []
    bound: dict[int, int] = {}
    arrivals = 0
    for step in run:
        if isinstance(step, int):
            arrivals += 1
            me = asked(step, arrivals)
            queue = in_order([*queue, me])
            bound[arrivals] = queue.index(me) + 1 + overtaken_max(step)
        elif queue:
            served, *queue = queue
            for one in (served, *queue):
                bound[one.arrival] -= 1
                assert bound[one.arrival] >= 0, f"{one} waits for longer than stated"


@given(st.lists(st.integers(0, 5), min_size=2, max_size=HANDICAP))
def test_those_who_come_close_together_go_by_priority_then_by_arrival(classes: list[int]) -> None:
    """Within HANDICAP arrivals the handicap never turns two classes round."""
    queue = in_order(asked(priority, number) for number, priority in enumerate(classes, 1))

    assert queue == sorted(queue, key=lambda one: (one.priority, one.arrival))


def test_the_lowest_class_comes_up_against_endless_higher_ones() -> None:
    """The worked figure: a member, before whom administrators keep arriving, is the 40th."""
    queue, arrivals = [asked(5, 1)], 1
    turns = 0
    while True:
        arrivals += 1
        queue = in_order([*queue, asked(0, arrivals)])
        served, *queue = queue
        turns += 1
        if served.priority == 5:
            break

    assert turns == overtaken_max(5) + 1 == 40
