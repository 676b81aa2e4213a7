"""What people go through on a bad network, and how they come back from it."""

from __future__ import annotations

import pytest

from sim.people.visitor import Stage, Visitor
from sim.scenario import Scenario
from sim.world import World
from tests.sim.stories import story

TWO = """
title = "Two"
because = "One has trouble, the other looks on."
lasts_s = 130

[[people]]
kind = "visitor"
name = "ada"
walks_mm = [[0, 0], [4000, 0]]

[[people]]
kind = "visitor"
name = "bob"
arrives_s = 1
walks_mm = [[0, 0], [4000, 0]]
poses_hz = 20

[expect.at_end]
present = ["ada", "bob"]
"""


def troubled(fault: str) -> Scenario:
    """Return a story in which Ada suffers a fault at 10 s."""
    return story(f'{TWO}\n[[faults]]\nwho = ["ada"]\nat_s = 10\n{fault}\n')


def ada_after(fault: str) -> Visitor:
    """Return Ada at the end of it; every invariant must have held."""
    world = World(troubled(fault), 1)
    done = world.run()
    assert done.violation is None
    ada = world.checks.scene.people()[0]
    assert ada.stage is Stage.INSIDE
    return ada


@pytest.mark.parametrize(
    ("fault", "closed_by"),
    [
        ('kind = "reset"', ["transport close"]),
        ('kind = "vanish"', ["transport error"]),
        ('kind = "partition"\nlasts_s = 10', []),
        ('kind = "partition"\nlasts_s = 60', ["ping timeout"]),
        ('kind = "slow_reader"\nlasts_s = 60\nbytes_per_s = 100', ["ping timeout"]),
    ],
    ids=[
        "reset",
        "vanish",
        "short partition",
        "long partition",
        "reader who never gets to the ping",
    ],
)
def test_a_client_learns_of_its_trouble_by_name_and_comes_back(
    fault: str, closed_by: list[str]
) -> None:
    """A short silence is ridden out; everything else ends the connection, and a new one follows."""
    assert ada_after(fault).closed_by == closed_by


@pytest.mark.parametrize("kind", ["reset", "vanish"])
def test_a_reconnect_in_time_is_the_same_socket(kind: str) -> None:
    """Whether or not the server has noticed the loss, nobody is seen to leave."""
    world = World(troubled(f'kind = "{kind}"'), 1)
    world.run()

    ada, bob = world.checks.scene.people()
    assert ada.recoveries == 1
    assert set(bob.view.roster) == {ada.view.socket_id, bob.view.socket_id}
    assert set(world.front.sent) == set(bob.view.roster)
    assert len(world.network.connections) == 2
    assert not [entry for entry in world.memory.audit if entry.action == "leave_space"]


def test_the_server_finds_out_by_its_ping_who_is_gone_and_waits_for_the_grace() -> None:
    """Ada goes home where no packet gets through: she leaves when both have run out, once."""
    gone = TWO.replace('name = "ada"', 'name = "ada"\nleaves_s = 12')
    gone = gone.replace("lasts_s = 130", "lasts_s = 160").replace('["ada", "bob"]', '["bob"]')
    fault = '[[faults]]\nkind = "partition"\nwho = ["ada"]\nat_s = 10\nlasts_s = 90'
    world = World(story(f"{gone}\n{fault}"), 1)
    done = world.run()
    left = [entry for entry in world.memory.audit if entry.action == "leave_space"]

    assert done.violation is None
    assert len(left) == 1


def test_a_node_crash_is_survived_by_people_and_store() -> None:
    """Everybody is thrown out at once, comes back, and what was acknowledged is still there."""
    fault = '[[faults]]\nkind = "node_crash"\nat_s = 20\nlasts_s = 5'
    done = World(story(f"{TWO}\n{fault}"), 1).run()

    assert done.violation is None
    assert done.faults == {"node_crash": 1}


def test_a_reader_who_is_behind_is_spared_frames_and_ends_up_knowing_all() -> None:
    """Frames are left out for a socket with unsent bytes; what it missed is made good later."""
    text = TWO.replace('name = "bob"', 'name = "bob"\nposes = "binary"').replace(
        'name = "ada"', 'name = "ada"\nposes = "binary"'
    )
    slow = 'who = ["ada"]\nat_s = 10\nlasts_s = 25\nbytes_per_s = 1000\nkind = "slow_reader"'
    crowd = 'kind = "visitor"\nname = "crowd"\ncount = 3\nposes = "events"\nposes_hz = 20'
    walk = "arrives_s = 2\nwalks_mm = [[0, 0], [0, 9000]]"
    present = 'present = ["ada", "bob"]'
    text = text.replace(present, "")
    world = World(story(f"{text}\n[[people]]\n{crowd}\n{walk}\n[[faults]]\n{slow}\n"), 1)
    done = world.run()
    ada, bob, *_crowd = world.checks.scene.people()

    assert done.violation is None
    assert done.happened["frames left out"] > 0
    assert ada.closed_by == []
    assert ada.view.frames < bob.view.frames + done.happened["frames left out"]
    assert ada.view.places[bob.view.socket_id] == bob.place
