"""Who may come into a space."""

from __future__ import annotations

import pytest

from actors.person import Person
from actors.space.space_id import SpaceId
from sim.replica import Document, Post
from tests.actors.support import LOBBY, World


@pytest.mark.parametrize(
    ("space", "code"),
    [
        (SpaceId("document", "secret"), "space_forbidden"),
        (SpaceId("post", "ada/hidden"), "space_forbidden"),
        (SpaceId("post", "ada/recipe"), "space_not_found"),
        (SpaceId("post", "nobody/nothing"), "space_not_found"),
        (SpaceId("global", "attic"), "space_not_found"),
        (SpaceId("event", "party"), "space_not_found"),
        (SpaceId("castle", "grey"), "space_not_found"),
        (SpaceId("post", "ada/members"), "guests_not_allowed"),
        (SpaceId("post", "ada/full"), "space_full"),
    ],
)
def test_a_refused_entry_leaves_no_trace(space: SpaceId, code: str) -> None:
    """SPEC 1: joining checks permission and capacity, before anything changes."""
    world = World(open_unlisted=False)
    world.memory.add_document(Document(id="secret", owner="ada"))
    world.memory.add_post(Post(author="ada", permlink="hidden", type="vrml", hidden=True))
    world.memory.add_post(Post(author="ada", permlink="recipe", type="text"))
    world.memory.add_post(Post(author="ada", permlink="members", type="art"))
    world.memory.add_post(Post(author="ada", permlink="full", type="art"))
    world.save_settings(SpaceId("post", "ada/members"), guests_allowed=False)
    world.save_settings(SpaceId("post", "ada/full"), max_users=0)
    bob = world.connect("bob")
    ack = bob.join(space)
    world.run(1)

    assert bob.code(ack) == code
    assert [payload["code"] for payload in bob.got("space-error")] == [code]
    assert bob.got("space-joined") == []
    assert bob.space is None
    assert world.roster(space) == []
    world.run(70)
    assert world.memory.sessions == {}
    assert world.memory.audit == []
    assert space.address not in world.core.cells


def test_a_document_is_open_to_its_owner_and_those_it_is_shared_with() -> None:
    """SPEC 1: joining checks permission."""
    world = World()
    world.memory.add_document(Document(id="7", owner="ada", permissions=(("bob", "readonly"),)))
    space = SpaceId("document", "7", "editing")
    answers = {}
    for name in ("ada", "bob", "cay"):
        client = world.connect(name, Person(account=name))
        ack = client.join(space)
        world.run(1)
        answers[name] = isinstance(client.answer(ack), dict)

    assert answers == {"ada": True, "bob": True, "cay": False}


def test_a_full_space_takes_the_next_when_somebody_leaves() -> None:
    """SPEC 1: capacity counts bodies, not attempts; a refusal for it may be tried again."""
    world = World(space_users_max=2)
    _ada, bob = world.inside(LOBBY, "ada", "bob")
    cay = world.connect("cay")
    first = cay.join(LOBBY)
    world.run(1)
    bob.disconnect()
    world.run(1)
    second = cay.join(LOBBY)
    world.run(1)

    assert cay.code(first) == "space_full"
    assert cay.answer(first).retryable
    assert isinstance(cay.answer(second), dict)
    assert world.roster(LOBBY) == ["ada", "cay"]
