"""How people walk, wait and notice nonsense."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from engine.entropy import chance
from sim.people.backoff import DELAY_MAX_US, DELAY_US, Backoff
from sim.people.view import View
from sim.people.walk import place_mm

corners_mm = st.lists(st.tuples(st.integers(-5000, 5000), st.integers(-5000, 5000)), min_size=1)


@given(corners_mm, st.integers(1, 5000), st.integers(0, 10**9))
def test_a_walker_stays_on_the_way_and_never_jumps(
    corners: list[tuple[int, int]], mm_per_s: int, walked_us: int
) -> None:
    """Two places a tenth of a second apart are no farther apart than the speed allows."""
    here = place_mm(corners, mm_per_s, walked_us)
    soon = place_mm(corners, mm_per_s, walked_us + 100_000)
    low = [min(corner[axis] for corner in corners) for axis in (0, 1)]
    high = [max(corner[axis] for corner in corners) for axis in (0, 1)]

    assert all(low[axis] <= here[axis] <= high[axis] for axis in (0, 1))
    # Legs are measured in whole millimetres, so a step may be longer by the rounding of a corner.
    assert max(abs(here[axis] - soon[axis]) for axis in (0, 1)) <= mm_per_s // 10 + 4


@given(st.integers(0, 1000))
def test_a_client_waits_as_the_stock_client_does(seed: int) -> None:
    """From a second, half more or less, doubled up to five; from the start after a success."""
    stream = chance(seed.to_bytes(2, "big"), "backoff")
    backoff = Backoff()
    delays = [backoff.next_us(stream) for _ in range(20)]

    assert DELAY_US // 2 <= delays[0] <= DELAY_US * 3 // 2
    assert all(DELAY_US // 2 <= delay <= DELAY_MAX_US for delay in delays)
    backoff.reset()
    assert backoff.next_us(stream) <= DELAY_US * 3 // 2


def user(socket_id: str) -> dict[str, Any]:
    """Return somebody as events show them."""
    return {"socketId": socket_id, "displayName": socket_id, "position": None}


def view_of(*events: tuple[str, dict[str, Any]]) -> View:
    """Return the view of `me` after being shown a lobby with `me` and `you`, and these events."""
    view = View()
    view.connected("me")
    lobby = {"spaceType": "global", "spaceId": "lobby", "subspace": "main"}
    view.apply("space-joined", {**lobby, "users": [user("me"), user("you")], "entities": []})
    for event, payload in events:
        view.apply(event, payload)
    return view


def chat(number: int, space_id: str = "lobby") -> tuple[str, dict[str, Any]]:
    """Return a message as it is shown."""
    space = {"space_type": "global", "space_id": space_id, "subspace": "main"}
    words = {"key": f"k{number}", "content": "words", "display_name": "you"}
    return "chat-message", {**space, **words, "id": number}


def pose(who: str, number: int) -> tuple[str, dict[str, Any]]:
    """Return a pose as it is shown."""
    return "aframe-update", {"socketId": who, "entityData": {"number": number}}


def test_a_view_complains_of_what_no_client_may_be_shown() -> None:
    """Each kind of nonsense is told by the name of the invariant it breaks."""
    nonsense: dict[str, list[tuple[str, dict[str, Any]]]] = {
        "left_exactly_once": [("user-left", user("you")), ("user-left", user("you"))],
        "no_pose_after_leaving": [("user-left", user("you")), pose("you", 1)],
        "poses_go_forward": [pose("you", 2), pose("you", 1)],
        "one_chat_order": [chat(2), chat(1)],
        "only_members_hear": [chat(1, "elsewhere")],
        "signals_stay_inside": [("webrtc-offer", {"fromSocketId": "stranger"})],
    }
    for invariant, events in nonsense.items():
        assert [each.invariant for each in view_of(*events).complaints] == [invariant]


def test_a_view_takes_what_makes_sense() -> None:
    """People come, move, talk and go without a complaint."""
    view = view_of(
        ("user-joined", user("eve")),
        pose("eve", 1),
        chat(1),
        chat(2),
        ("user-left", user("eve")),
        ("user-joined", user("eve")),
    )

    assert view.complaints == []
    assert set(view.roster) == {"me", "you", "eve"}
    assert list(view.met) == ["me", "you", "eve"]
