"""A lost connection: the body stays for the grace period, and whoever returns sees what is now."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from actors.session.messages import EndGrace
from actors.space import pose_frame
from tests.actors.support import LOBBY, Client, World

GRACE_S = 30


def poses(client: Client) -> list[tuple[str, dict[str, Any]]]:
    """Return who was shown where, in order."""
    return [(one["socketId"], one["entityData"]) for one in client.got("aframe-update")]


def at_x(x: float) -> dict[str, float]:
    """Return a position."""
    return {"x": x, "y": 0, "z": 0}


def test_the_body_stays_for_the_grace_period_and_then_leaves_once() -> None:
    """SPEC 1: leaves within the grace period after a lost connection."""
    world = World()
    _ada, ben = world.inside(LOBBY, "ada", "ben")
    world.clients["ada"].drop()
    world.run(GRACE_S - 1)
    assert (world.roster(LOBBY), ben.left()) == (["ada", "ben"], [])
    world.run(2)
    assert (world.roster(LOBBY), ben.left()) == (["ben"], ["ada"])
    assert "session:ada" not in world.core.cells


def test_who_is_back_in_time_stays_and_a_later_loss_has_a_grace_of_its_own() -> None:
    """A timer of the first loss does not end the second."""
    world = World()
    ada, ben = world.inside(LOBBY, "ada", "ben")
    ada.drop()
    world.run(GRACE_S - 5)
    ben.say("Ada?")
    world.run(1)
    ada.resume()
    assert ada.heard() == ["Ada?"]
    ada.drop()
    world.run(GRACE_S - 1)
    ada.tell(EndGrace())
    world.run(0.5)
    assert world.roster(LOBBY) == ["ada", "ben"]
    ada.resume()
    world.run(2 * GRACE_S)
    assert (world.roster(LOBBY), ben.left()) == (["ada", "ben"], [])


def test_a_client_that_is_back_when_the_time_is_up_stays() -> None:
    """The sockets know it before the session does."""
    world = World()
    ada, ben = world.inside(LOBBY, "ada", "ben")
    ada.drop()
    world.run(1)
    ada.connected, ada.away = True, False  # `Resumed` is still on its way.
    world.run(GRACE_S + 1)
    assert (world.roster(LOBBY), ben.left()) == (["ada", "ben"], [])


def test_whoever_returns_is_shown_the_newest_of_what_passes() -> None:
    """Poses are not replayed: the last one of each, with what else it said, comes again."""
    world = World()
    ada, ben, _eve = world.inside(LOBBY, "ada", "ben", "eve")
    ada.drop()
    ben.move(position=at_x(1), hat="red")
    world.run(1)
    ben.move(position=at_x(2), rotation=at_x(90), hat="blue")
    world.run(1)
    assert ada.missed == []
    ada.resume()
    world.run(1)
    assert poses(ada) == [
        ("ben", {"hat": "blue", "position": at_x(2), "rotation": at_x(90)}),
    ]


def test_a_reader_of_frames_is_shown_everybody_in_one() -> None:
    """And what a frame cannot say, in the form that stock clients get."""
    world = World()
    ada, ben, eve = (world.connect(name) for name in ("ada", "ben", "eve"))
    ada.join(LOBBY, binary_poses=True)
    ben.join(LOBBY, position=at_x(1))
    eve.join(LOBBY, position=at_x(40))
    world.run(1)
    ben.move(position=at_x(2), hat="red")
    world.run(120)  # Long enough that no frame repeats it by itself.
    ada.inbox.clear()
    ada.drop()
    ada.resume()
    world.run(0.1)
    (frame,) = ada.got("poses")
    assert sorted(place for place, _turned in pose_frame.decode(frame).poses.values()) == [
        (2000, 0, 0),
        (40_000, 0, 0),
    ]
    assert poses(ada) == [("ben", {"hat": "red", "position": at_x(2)})]


def test_a_microphone_that_opened_meanwhile_is_not_missed() -> None:
    """No later pose would make up for it."""
    world = World()
    ada, ben = world.inside(LOBBY, "ada", "ben")
    ada.drop()
    ben.move(position=at_x(1), voice_enabled=True)
    world.run(1)
    ben.move(position=at_x(2), voice_enabled=True)
    world.run(1)
    assert [payload["entityData"]["position"] for _event, payload in ada.missed] == [at_x(1)]
    ada.resume()
    world.run(1)
    assert [update["position"] for _who, update in poses(ada)] == [at_x(1), at_x(2)]


def test_an_idle_session_ends_even_while_it_is_away() -> None:
    """The grace is no sign of life."""
    world = World(session_idle_us=10_000_000)
    ada, ben = world.inside(LOBBY, "ada", "ben")
    world.run(5)
    ada.drop()
    ben.say("still here")
    world.run(7)
    assert world.roster(LOBBY) == ["ben"]
    assert "session:ada" not in world.core.cells


@given(st.lists(st.tuples(st.sampled_from(["drop", "resume", "say"]), st.integers(0, 60))))
def test_the_body_is_there_exactly_while_its_client_is_or_may_return(
    steps: list[tuple[str, int]],
) -> None:
    """Whatever the rhythm of losses and returns, and everything said is heard once in order."""
    world = World()
    ada, ben = world.inside(LOBBY, "ada", "ben")
    said: list[str] = []
    lost_s: int | None = None
    for what, seconds in steps:
        if what == "drop" and ada.connected:
            ada.drop()
            lost_s = 0
        elif what == "resume" and ada.away:
            ada.resume()
            lost_s = None
        elif what == "say":
            ben.say(f"word {len(said)}")
            said.append(f"word {len(said)}")
        world.run(seconds + 0.01)
        lost_s = None if lost_s is None else lost_s + seconds
        gone = lost_s is not None and lost_s >= GRACE_S
        assert ("ada" in world.roster(LOBBY)) == (not gone)
        assert ben.left() == ["ada"] * gone
        if gone:
            return
    ada.resume()
    assert ada.heard() == said
