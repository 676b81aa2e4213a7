"""Presence rows, challenges and the audit log through the store port."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from actors.space.space_id import SpaceId
from actors.store import (
    FENCED,
    ActivateSpace,
    AuditEntry,
    BurnChallenge,
    ClearSpaceSessions,
    IssueChallenge,
    RecordAudit,
    SaveSessions,
    SessionRow,
)
from actors.store_answers import RefusedByStore
from sim.store import MemoryStore
from tests.contracts.stores import PostgresWorld, Store, World, new_space
from tests.support.postgres import execute

NOW_US = 1_700_000_000_000_000
MINUTE_US = 60_000_000


def present(socket_id: str, space: SpaceId, **fields: Any) -> SessionRow:
    row = SessionRow(
        socket_id=socket_id,
        space=space,
        account="ada",
        guest_id=None,
        position={"x": 1.5, "y": 0, "z": -2},
        avatar_data=None,
        voice_enabled=False,
        connected_at_us=NOW_US,
        last_activity_us=NOW_US + 1,
    )
    return replace(row, **fields)


def stored(world: World) -> set[tuple[str, str]]:
    """Return (socket id, space) of every presence row."""
    if isinstance(world, PostgresWorld):
        rows = execute(
            world.database,
            "select socket_id, space_type || ':' || space_id || ':' || subspace"
            " from presence_sessions",
        )
        return {(socket_id, space) for socket_id, space in rows}
    assert isinstance(world.store, MemoryStore)
    return {(row.socket_id, str(row.space)) for row in world.store.sessions.values()}


async def writer(store: Store, space: SpaceId) -> dict[str, Any]:
    activated = await store.perform(ActivateSpace(actor=space.address, space=space))
    return {"actor": space.address, "epoch": activated.epoch, "space": space}


async def test_rows_replace_rows_of_the_same_socket_and_gone_ones_vanish(world: World) -> None:
    """One row a socket, however often it is saved, even twice in one request."""
    space, save = new_space(), world.store.perform
    who = await writer(world.store, space)
    row = present("s1", space)
    await save(SaveSessions(**who, present=(row, present("s2", space), row)))
    await save(SaveSessions(**who, present=(replace(row, voice_enabled=True),), gone=("s2", "s9")))

    assert stored(world) == {("s1", str(space))}


async def test_a_socket_that_moved_on_is_not_removed_by_the_space_it_left(world: World) -> None:
    """The old space's late farewell must not erase the row that the new space wrote."""
    old, new = new_space(), new_space()
    old_writer, new_writer = await writer(world.store, old), await writer(world.store, new)
    await world.store.perform(SaveSessions(**old_writer, present=(present("s1", old),)))
    await world.store.perform(SaveSessions(**new_writer, present=(present("s1", new),)))
    await world.store.perform(SaveSessions(**old_writer, gone=("s1",)))

    assert stored(world) == {("s1", str(new))}


async def test_clearing_a_space_leaves_the_others(world: World) -> None:
    """An activation starts from nobody; other spaces keep their people."""
    here, there = new_space(), replace(new_space(), subspace="stage")
    writers = {space: await writer(world.store, space) for space in (here, there)}
    for space, who in writers.items():
        await world.store.perform(SaveSessions(**who, present=(present(f"in {space}", space),)))

    await world.store.perform(ClearSpaceSessions(**writers[here]))

    assert stored(world) == {(f"in {there}", str(there))}


async def test_presence_under_a_stale_epoch_changes_nothing(world: World) -> None:
    """A space that was taken over neither adds, removes nor clears."""
    space = new_space()
    stale = await writer(world.store, space)
    who = await writer(world.store, space)
    await world.store.perform(SaveSessions(**who, present=(present("s1", space),)))

    for request in (
        SaveSessions(**stale, present=(present("s2", space),), gone=("s1",)),
        ClearSpaceSessions(**stale),
    ):
        with pytest.raises(RefusedByStore) as refused:
            await world.store.perform(request)
        assert refused.value.code == FENCED

    assert stored(world) == {("s1", str(space))}


def burn(**fields: Any) -> BurnChallenge:
    return BurnChallenge(
        **{
            "challenge": "c1",
            "account": "ada",
            "issued": True,
            "now_us": NOW_US,
            "expires_us": NOW_US + MINUTE_US,
            **fields,
        }
    )


async def issue(store: Store) -> None:
    await store.perform(
        IssueChallenge(challenge="c1", account="ada", expires_us=NOW_US + MINUTE_US)
    )


async def test_an_issued_challenge_is_good_once(store: Store) -> None:
    """A signature that was overheard is worth nothing after its owner used it."""
    await issue(store)

    assert await store.perform(burn()) is True
    assert await store.perform(burn()) is False
    assert await store.perform(burn(issued=False)) is False


@pytest.mark.parametrize(
    "wrong",
    [{"account": "eve"}, {"challenge": "c2"}, {"now_us": NOW_US + MINUTE_US}],
    ids=["another_account", "never_issued", "expired"],
)
async def test_a_challenge_must_have_been_issued_to_this_account_and_be_fresh(
    store: Store, wrong: dict[str, Any]
) -> None:
    """And a wrong attempt does not spend the right one."""
    await issue(store)

    assert await store.perform(burn(**wrong)) is False
    assert await store.perform(burn()) is True


async def test_a_challenge_the_client_made_is_good_once_per_account(store: Store) -> None:
    """Two people may sign the same second; each of them only once."""
    assert await store.perform(burn(issued=False)) is True
    assert await store.perform(burn(issued=False)) is False
    assert await store.perform(burn(issued=False, account="bob")) is True
    assert await store.perform(burn()) is False


async def test_an_issued_challenge_spent_as_the_clients_own_is_spent(store: Store) -> None:
    """There is one way to use it, not two."""
    await issue(store)

    assert await store.perform(burn(issued=False)) is True
    assert await store.perform(burn()) is False


async def test_audit_entries_are_kept_in_order_and_however_malformed(world: World) -> None:
    """Evidence of an attack is the malformed input itself."""
    entries = (
        AuditEntry(action="login", account="ada", space=None, ip="::1", user_agent="x"),
        AuditEntry(
            action="refused",
            account="nul \0 half \ud83c " + "long" * 100,
            space=SpaceId("post", "ada/x"),
            details={"nul": "\0", "half": "\ud83c", "code": "space_full"},
        ),
    )

    await world.store.perform(RecordAudit(entries=entries))
    await world.store.perform(RecordAudit(entries=()))

    if isinstance(world, PostgresWorld):
        rows = execute(world.database, "select action from presence_audit_log order by id")
        assert rows == [("login",), ("refused",)]
    else:
        assert isinstance(world.store, MemoryStore)
        assert world.store.audit == list(entries)
