"""Persistent entities through the store port."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from actors.space.space_id import SpaceId
from actors.store import FENCED, ActivateSpace, EntityRow, SaveEntities
from actors.store_answers import RefusedByStore
from tests.contracts.stores import Store, new_space


def entity(name: str, **fields: Any) -> EntityRow:
    row = EntityRow(
        id=name,
        owner="s" * 20,
        owner_account="ada",
        owned_at_ms=1_763_690_000_000,
        time_ms=1_763_690_000_005,
        creator=None,
        template="#lamp",
        parent=None,
        locked=True,
        components={"position": {"x": 1.5, "y": 0, "z": -2}, "0": None, "ünï": ["💡", 2.5e-7]},
    )
    return replace(row, **fields)


async def writer(store: Store, space: SpaceId) -> dict[str, Any]:
    activated = await store.perform(ActivateSpace(actor=space.address, space=space))
    return {"actor": space.address, "epoch": activated.epoch, "space": space}


async def scene(store: Store, space: SpaceId) -> list[EntityRow]:
    """Return what the next activation finds, by id."""
    activated = await store.perform(ActivateSpace(actor=space.address, space=space))
    return sorted(activated.entities, key=lambda row: row.id)


async def test_what_was_saved_is_what_the_next_activation_finds(store: Store) -> None:
    """Every field, whole; later rows replace earlier ones of the same id."""
    space = new_space()
    who = await writer(store, space)
    lamp, chair = entity("lamp"), entity("chair", owner_account=None, creator="me", parent="lamp")
    await store.perform(SaveEntities(**who, present=(lamp, chair)))
    await store.perform(SaveEntities(**who, present=(replace(lamp, locked=False),)))

    assert await scene(store, space) == [chair, replace(lamp, locked=False)]


async def test_what_is_gone_is_gone_and_another_space_keeps_its_own(store: Store) -> None:
    """One id may be in many spaces, and subspaces are spaces of their own."""
    here = new_space()
    there = replace(here, subspace="stage")
    for space in (here, there):
        row = entity("lamp", components={"at": str(space)})
        await store.perform(SaveEntities(**await writer(store, space), present=(row,)))
    who = await writer(store, here)
    await store.perform(SaveEntities(**who, gone=("lamp", "never there")))

    assert await scene(store, here) == []
    assert [row.components for row in await scene(store, there)] == [{"at": str(there)}]


async def test_entities_under_a_stale_epoch_change_nothing(store: Store) -> None:
    """A space that was taken over neither writes nor removes."""
    space = new_space()
    stale = await writer(store, space)
    await store.perform(SaveEntities(**await writer(store, space), present=(entity("lamp"),)))
    with pytest.raises(RefusedByStore) as refused:
        await store.perform(SaveEntities(**stale, present=(entity("chair"),), gone=("lamp",)))

    assert refused.value.code == FENCED
    assert [row.id for row in await scene(store, space)] == ["lamp"]


async def test_an_entity_that_the_database_cannot_hold_is_refused_whole(store: Store) -> None:
    """Nothing of that request is written."""
    space = new_space()
    who = await writer(store, space)
    for bad in (entity("x" * 129), entity("nul", components={"a": "\0"})):
        with pytest.raises(RefusedByStore) as refused:
            await store.perform(SaveEntities(**who, present=(entity("lamp"), bad)))
        assert refused.value.code == "bad_input"

    assert await scene(store, space) == []
