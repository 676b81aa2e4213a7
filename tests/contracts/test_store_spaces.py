"""Spaces through the store port: activation, settings, facts and lists."""

from __future__ import annotations

import pytest

from actors.space.space_id import SpaceId
from actors.store import (
    FENCED,
    ActivateSpace,
    ListedSpace,
    ListSpaces,
    ReadFacts,
    SaveSettings,
    SpaceFacts,
    SpaceSettings,
)
from actors.store_answers import RefusedByStore
from sim.replica import Document, Post
from tests.contracts.stores import Store, World, new_space


async def facts_of(store: Store, space: SpaceId) -> SpaceFacts:
    read = await store.perform(ReadFacts(space=space))
    facts: SpaceFacts = read.facts
    return facts


async def test_each_activation_has_the_next_epoch(store: Store) -> None:
    """From one, per actor."""
    space = new_space()
    request = ActivateSpace(actor=space.address, space=space)

    epochs = [(await store.perform(request)).epoch for _ in range(3)]

    assert epochs == [1, 2, 3]


async def test_an_unknown_space_has_default_settings_and_no_facts(store: Store) -> None:
    """Nobody sets a space up; whether it exists is the actor's decision."""
    space = SpaceId("global", "lobby")

    activated = await store.perform(ActivateSpace(actor=space.address, space=space))

    assert activated.settings == SpaceSettings()
    assert activated.facts == SpaceFacts(known=False)


async def test_saved_settings_are_loaded_by_every_subspace(store: Store) -> None:
    """Settings belong to type and id, as the table's unique key says."""
    main, stage = SpaceId("post", "ada/x"), SpaceId("post", "ada/x", "stage")
    epoch = (await store.perform(ActivateSpace(actor=main.address, space=main))).epoch
    saved = SpaceSettings(
        max_users=7,
        chat_enabled=False,
        voice_enabled=False,
        guests_allowed=False,
        created_by="ada",
        tick_hz=20,
        settings={"theme": "dusk", "spawn_points": [{"x": 1.5}]},
    )

    await store.perform(SaveSettings(actor=main.address, epoch=epoch, space=main, settings=saved))

    assert (await store.perform(ReadFacts(space=stage))).settings == saved


async def test_settings_under_a_stale_epoch_change_nothing(store: Store) -> None:
    """The fence holds for settings as for chat."""
    space = new_space()
    for _ in range(2):
        await store.perform(ActivateSpace(actor=space.address, space=space))
    stale = SaveSettings(
        actor=space.address, epoch=1, space=space, settings=SpaceSettings(max_users=1)
    )

    with pytest.raises(RefusedByStore) as refused:
        await store.perform(stale)

    assert refused.value.code == FENCED
    assert (await store.perform(ReadFacts(space=space))).settings == SpaceSettings()


@pytest.mark.parametrize("closed", ["", "hidden", "flagged"])
async def test_a_post_is_found_by_author_and_permlink(world: World, closed: str) -> None:
    """Permlinks may hold slashes of their own; hidden and flagged posts are closed."""
    world.add_post(
        Post(
            author="ada",
            permlink="my/harbour",
            type="360",
            title="Harbour",
            content="x" * 300,
            hidden=closed == "hidden",
            flagged=closed == "flagged",
        )
    )

    facts = await facts_of(world.store, SpaceId("post", "ada/my/harbour"))

    assert facts == SpaceFacts(
        known=True,
        display_name="Harbour",
        description="x" * 280,
        content_type="360",
        author="ada",
        hidden=bool(closed),
    )
    assert await facts_of(world.store, SpaceId("post", "ada/other")) == SpaceFacts(known=False)


async def test_a_document_is_found_by_id_or_path_with_its_permissions(world: World) -> None:
    """Ids are opaque: the number of one host, the owner and permlink of another."""
    world.add_document(
        Document(
            id="123",
            owner="ada",
            permlink="plan",
            document_name="Plan",
            description="What next",
            permissions=(("bob", "read"), ("ann", "write"), ("ann", "admin")),
        )
    )
    expected = SpaceFacts(
        known=True,
        display_name="Plan",
        description="What next",
        author="ada",
        public=False,
        permissions=(("ann", "admin"), ("ann", "write"), ("bob", "read")),
    )

    for id_ in ("123", "ada/plan"):
        assert await facts_of(world.store, SpaceId("document", id_, "editing")) == expected


def replica(world: World) -> None:
    posts = [("a", "360", 10), ("b", "art", 30), ("c", "text", 40), ("d", "360", 20)]
    for permlink, type_, created_at_us in posts:
        world.add_post(
            Post(author="ada", permlink=permlink, type=type_, created_at_us=created_at_us, votes=3)
        )
    world.add_post(Post(author="eve", permlink="bad", type="art", hidden=True))
    world.add_post(Post(author="eve", permlink="worse", type="art", flagged=True))
    for id_, owner, public, shared in [
        ("1", "ada", True, ()),
        ("2", "ada", False, (("bob", "read"),)),
        ("3", "eve", False, ()),
    ]:
        world.add_document(
            Document(
                id=id_, owner=owner, is_public=public, permissions=shared, created_at_us=int(id_)
            )
        )


@pytest.mark.parametrize(
    ("request_", "expected"),
    [
        (ListSpaces(), ["ada/b", "ada/d", "ada/a", "1"]),
        (ListSpaces(caller="bob"), ["ada/b", "ada/d", "ada/a", "2", "1"]),
        (ListSpaces(caller="eve"), ["ada/b", "ada/d", "ada/a", "3", "1"]),
        (ListSpaces(type="360"), ["ada/d", "ada/a"]),
        (ListSpaces(type="text"), []),
        (ListSpaces(type="document", caller="ada"), ["2", "1"]),
        (ListSpaces(caller="bob", limit=1), ["ada/b", "2"]),
        (ListSpaces(caller="bob", limit=1, offset=1), ["ada/d", "1"]),
        (ListSpaces(limit=2, offset=2), ["ada/a"]),
    ],
    ids=str,
)
async def test_lists_hold_what_the_caller_may_see(
    world: World, request_: ListSpaces, expected: list[str]
) -> None:
    """Posts of the kinds that are spaces, newest first, then documents; paged separately."""
    replica(world)

    listed = await world.store.perform(request_)

    assert [space.space_id for space in listed] == expected


async def test_a_listed_space_carries_its_row(world: World) -> None:
    """An untitled post is called by its permlink, a document by its id."""
    world.add_post(Post(author="ada", permlink="a", type="art", rating=4.5, created_at_us=5))
    world.add_document(Document(id="9", owner="ada", is_public=True, created_at_us=6))

    post, document = await world.store.perform(ListSpaces())

    assert post == ListedSpace(
        space_type="post",
        space_id="ada/a",
        display_name="a",
        description=None,
        type="art",
        votes=0,
        rating=4.5,
        created_at_us=5,
    )
    assert document == ListedSpace(
        space_type="document",
        space_id="9",
        display_name="9",
        description=None,
        type="document",
        votes=0,
        rating=None,
        created_at_us=6,
    )
