"""The audibility ledger through the store port: appended once, fenced, read by chain, forgotten."""

from __future__ import annotations

from dataclasses import replace

import pytest
import trio

from actors.space.space_id import SpaceId
from actors.store import FENCED, ActivateSpace
from actors.store_answers import RefusedByStore
from actors.store_audibility import (
    BEGUN_LAST,
    CHAIN_MAX,
    Batch,
    ReadAudibility,
    SaveAudibility,
)
from tests.contracts.stores import Store, new_space

T_US = 1_700_000_000_000_000


def batch(number: int, key_number: int, *, data: bytes = b"\0\xff") -> Batch:
    """Return a batch of ten microseconds."""
    begin_us = T_US + 10 * number
    return Batch(
        number=number,
        key_number=key_number,
        from_us=begin_us,
        until_us=begin_us + 10,
        data=data + bytes([number]),
    )


async def activate(store: Store, space: SpaceId) -> int:
    activated = await store.perform(ActivateSpace(actor=space.address, space=space))
    epoch: int = activated.epoch
    return epoch


async def save(
    store: Store, space: SpaceId, epoch: int, *batches: Batch, keep_from_us: int = 0
) -> None:
    async def save_one(one: Batch) -> None:
        await store.perform(
            SaveAudibility(
                actor=space.address,
                epoch=epoch,
                space=space,
                batch=one,
                keep_from_us=keep_from_us,
            )
        )

    *others, last = batches
    async with trio.open_nursery() as nursery:  # The store writes them together.
        for one in others:
            nursery.start_soon(save_one, one)
    await save_one(last)


async def read(store: Store, space: SpaceId, at_us: int) -> tuple[Batch, ...]:
    found: tuple[Batch, ...] = await store.perform(ReadAudibility(space=space, at_us=T_US + at_us))
    return found


async def test_a_moment_is_answered_with_its_chain(store: Store) -> None:
    """From the key to the batch that holds; before, after and elsewhere there is nothing."""
    space = new_space()
    epoch = await activate(store, space)
    batches = [batch(1, 1), batch(2, 1), batch(3, 3), batch(4, 3)]

    await save(store, space, epoch, *batches)

    assert await read(store, space, 9) == ()
    assert await read(store, space, 10) == (batches[0],)
    assert await read(store, space, 29) == tuple(batches[:2])
    assert await read(store, space, 30) == (batches[2],)
    assert await read(store, space, 50) == ()
    assert await read(store, replace(space, subspace="other"), 10) == ()


async def test_a_read_looks_at_a_bounded_number_of_batches(store: Store) -> None:
    """In a gap nothing older is searched for, and no chain is read beyond its bound."""
    space = new_space()
    epoch = await activate(store, space)
    await save(store, space, epoch, *(batch(number, 1) for number in range(1, CHAIN_MAX + 3)))
    chain = await read(store, space, 10 * (CHAIN_MAX + 2))
    assert [one.number for one in chain] == list(range(3, CHAIN_MAX + 3))

    held = replace(batch(99, 99), until_us=T_US + 3_000)
    later = [batch(100 + number, 100) for number in range(BEGUN_LAST)]
    await save(store, space, epoch, held, *later[:-1])
    assert await read(store, space, 2_999) == (held,)
    await save(store, space, epoch, later[-1])
    assert await read(store, space, 2_999) == ()


async def test_a_batch_is_written_once(store: Store) -> None:
    """A repeat is harmless and changes nothing."""
    space = new_space()
    epoch = await activate(store, space)

    await save(store, space, epoch, batch(1, 1), batch(1, 1, data=b"other"))

    assert await read(store, space, 10) == (batch(1, 1),)


async def test_activations_number_their_batches_anew(store: Store) -> None:
    """After a crash the numbers begin again and the old batches stay; the old epoch is fenced."""
    space = new_space()
    first = await activate(store, space)
    await save(store, space, first, batch(1, 1))
    second = await activate(store, space)
    later = replace(batch(1, 1), from_us=T_US + 70, until_us=T_US + 80)
    await save(store, space, second, later)

    with pytest.raises(RefusedByStore) as refused:
        await save(store, space, first, batch(2, 1))

    assert refused.value.code == FENCED
    assert await read(store, space, 15) == (batch(1, 1),)
    assert await read(store, space, 25) == ()
    assert await read(store, space, 75) == (later,)


async def test_batches_written_together_stand_each_on_its_own(store: Store) -> None:
    """One of an epoch that has passed is refused; those beside it are kept."""
    spaces = [new_space() for _ in range(3)]
    epochs = [await activate(store, space) for space in spaces]
    await activate(store, spaces[1])
    refused: list[str] = []

    async def try_to_save(space: SpaceId, epoch: int) -> None:
        try:
            await save(store, space, epoch, batch(1, 1))
        except RefusedByStore as refusal:
            refused.append(refusal.code)

    async with trio.open_nursery() as nursery:
        for space, epoch in zip(spaces, epochs, strict=True):
            nursery.start_soon(try_to_save, space, epoch)

    assert refused == [FENCED]
    kept = [await read(store, space, 15) for space in spaces]
    assert kept == [(batch(1, 1),), (), (batch(1, 1),)]


async def test_what_is_too_old_is_deleted_with_the_next_write(store: Store) -> None:
    """Of whichever space; what ended at the limit is kept."""
    old, new = new_space(), new_space()
    await save(store, old, await activate(store, old), batch(1, 1), batch(2, 2))

    epoch = await activate(store, new)
    await save(store, new, epoch, batch(3, 3), keep_from_us=T_US + 30)

    assert await read(store, old, 15) == ()
    assert await read(store, old, 25) == (batch(2, 2),)
    assert await read(store, new, 35) == (batch(3, 3),)
