"""What actors do when another has no room for what they tell it."""

from __future__ import annotations

from actors.directory.messages import DIRECTORY, Occupied
from actors.space.messages import RelayToRoom
from actors.space.space_id import SpaceId
from tests.actors.checks import check_everything
from tests.actors.support import LOBBY, World


def fill(world: World, address: str, message: object) -> None:
    """Fill a mailbox whose actor is away."""
    cell = world.core.cells[address]
    while world.core.has_room(address):
        world.core.tell(address, message)
    assert len(cell.mail) == cell.kind.lane.size_max


def test_a_space_outlives_a_directory_without_room() -> None:
    """A count that was turned away is told again a little later."""
    world = World()
    (ada,) = world.inside(LOBBY, "ada")
    world.crash(DIRECTORY)
    world.core.tell(DIRECTORY, "anything")
    world.engine.settle()
    fill(world, DIRECTORY, Occupied(space=SpaceId("post", "a/b"), people=1))
    world.connect("bob").join(LOBBY)
    world.run(3)

    assert ada.joined() == ["bob"]
    assert world.counts()["global", "lobby"] == 2


def test_a_session_whose_leave_finds_no_room_starts_over() -> None:
    """SPEC 1: a body must not stay behind; the end of the session takes it away."""
    world = World()
    ada, bob = world.inside(LOBBY, "ada", "bob")
    world.crash(LOBBY.address)
    world.core.tell(LOBBY.address, "anything")
    world.engine.settle()
    fill(world, LOBBY.address, RelayToRoom(socket_id="nobody", event="x", payload={}))
    bob.leave()
    ada.relay("ring")  # Worth nothing when there is no room.
    world.run(0.001)
    assert [one.reconnect for one in bob.dismissed] == [True]
    assert ada.dismissed == []
    world.run(5)

    assert world.roster(LOBBY) in (["ada"], [])
    check_everything(world, LOBBY)
