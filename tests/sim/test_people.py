"""How people walk, wait and notice nonsense."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from actors.space import pose_frame
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
    index = ("me", "you", "eve").index(socket_id)
    return {
        "socketId": socket_id,
        "displayName": socket_id,
        "position": None,
        "poseIndex": index,
    }


def view_of(*events: tuple[str, Any]) -> View:
    """Return the view of `me` after being shown a lobby with `me` and `you`, and these events."""
    view = View()
    view.connected("me")
    lobby = {"spaceType": "global", "spaceId": "lobby", "subspace": "main", "epoch": 7}
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


def frame(index: int, *, epoch: int = 7) -> tuple[str, bytes]:
    """Return a frame in which one body stands at (0, 0, -2) m."""
    head = pose_frame.HEADER.pack(1, 1, epoch, 1, 0, 0, -2_000)
    entry = np.array([(index, (0, 0, 0), (0, 0, 0))], pose_frame.NEAR)
    return "poses", head + entry.tobytes()


def test_a_view_reads_frames_of_its_own_epoch() -> None:
    """An index means whom the last event said; after a rebuild earlier frames mean nothing."""
    view = view_of(frame(1), frame(2, epoch=6))

    assert view.complaints == []
    assert view.places == {"you": {"x": 0, "y": 0, "z": -2}}


def test_a_view_complains_of_what_no_client_may_be_shown() -> None:
    """Each kind of nonsense is told by the name of the invariant it breaks."""
    nonsense: dict[str, list[tuple[str, Any]]] = {
        "left_exactly_once": [("user-left", user("you")), ("user-left", user("you"))],
        "no_pose_after_leaving": [("user-left", user("you")), pose("you", 1), frame(1)],
        "poses_go_forward": [pose("you", 2), pose("you", 1)],
        "one_chat_order": [chat(2), chat(1)],
        "only_members_hear": [chat(1, "elsewhere")],
        "signals_stay_inside": [("webrtc-offer", {"fromSocketId": "stranger"})],
    }
    for invariant, events in nonsense.items():
        assert {each.invariant for each in view_of(*events).complaints} == {invariant}


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
