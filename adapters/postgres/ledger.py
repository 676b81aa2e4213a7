"""The ledger's books: opened, read for decisions, and written a whole batch in one round trip."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import asyncpg

from actors.ledger.accounts import floor
from actors.ledger.book import Balance, Decision, Entry, LivePending, Pair
from actors.ledger.messages import (
    STALE,
    LedgerOpened,
    LedgerRead,
    OpenLedger,
    PostBatch,
    ReadLedger,
    SetFrozen,
)
from actors.ledger.transfer import Transfer
from adapters.postgres.fence import fenced
from adapters.postgres.outcomes import outcome_of
from adapters.postgres.pool import Connection
from adapters.postgres.sql import statement
from engine.outcome import Ok, Outcome
from engine.refusal import Refused

_BUMP = statement("bump_epoch")
_POST = statement("ledger_post")
_BALANCES = statement("ledger_balances")
_TRANSFERS = statement("ledger_transfers_of")
_PENDINGS = statement("ledger_pendings")
_LAST = "select sequence, at from ledger_transfers order by sequence desc limit 1"
_FROZEN = "select account from ledger_frozen order by account"
_COMMANDS = (
    "select id::text, digest, refusal from ledger_commands where id = any ($1::text[]::uuid[])"
)
_USED = "select id::text from ledger_transfers where id = any ($1::text[]::uuid[])"
_FENCE = "select from actor_epoch where actor = $1 and epoch = $2 for share"
_FREEZE = (
    "insert into ledger_frozen (account, reason) values ($1, $2) on conflict (account)"
    " do update set reason = excluded.reason"
)
_THAW = "delete from ledger_frozen where account = $1"

_STALE_STATES = ("LS001", "23505", "23514")
"""Ours; an id in use; a balance below its floor, which only a stale writer would ask for."""


async def open_ledger(connection: Connection, request: OpenLedger) -> Outcome:
    """Take the ledger over, then read what its writer must know."""
    epoch = await connection.fetchval(_BUMP, request.actor)
    last = await connection.fetchrow(_LAST)
    pendings = tuple(_pending(row) for row in await connection.fetch(_PENDINGS))
    pairs = {(name, p.asset): None for p in pendings for name in (p.debit, p.credit)}
    return Ok(
        LedgerOpened(
            epoch=epoch,
            sequence=last["sequence"] if last else 0,
            at_us=last["at"] if last else 0,
            pendings=pendings,
            balances=await _balances(connection, tuple(pairs)),
            frozen=tuple(row["account"] for row in await connection.fetch(_FROZEN)),
        )
    )


async def read_ledger(connection: Connection, request: ReadLedger) -> Outcome:
    """Read balances, earlier decisions and used ids."""
    balances = await _balances(connection, request.pairs)
    commands = await connection.fetch(_COMMANDS, list(request.commands))
    entries: dict[str, list[Entry]] = {row["id"]: [] for row in commands}
    for row in await connection.fetch(_TRANSFERS, list(entries)):
        entries[row["command_id"]].append(entry_of(row))
    decisions = tuple(
        Decision(
            command_id=row["id"],
            digest=row["digest"],
            refused=None if row["refusal"] is None else Refused(**row["refusal"]),
            entries=tuple(entries[row["id"]]),
        )
        for row in commands
    )
    used = await connection.fetch(_USED, list(request.transfers))
    return Ok(
        LedgerRead(balances=balances, decisions=decisions, used=tuple(row["id"] for row in used))
    )


async def post_batches(connection: Connection, requests: Sequence[PostBatch]) -> list[Outcome]:
    """Write each batch, or nothing of it, in the order they came."""
    return [await _post_batch(connection, request) for request in requests]


async def _post_batch(connection: Connection, request: PostBatch) -> Outcome:
    try:
        posted = await connection.fetchval(_POST, *_columns(request))
    except Exception as error:  # noqa: BLE001  What came before it in the lane has happened.
        if isinstance(error, asyncpg.PostgresError) and error.sqlstate in _STALE_STATES:
            return Refused(code=STALE, text=str(error), retryable=True)
        return outcome_of(error, writes=True)
    return Ok(None) if posted else fenced(request.actor, request.epoch)


async def set_frozen(connection: Connection, request: SetFrozen) -> Outcome:
    """Freeze an account, or thaw it."""
    async with connection.transaction():
        if not await connection.fetch(_FENCE, request.actor, request.epoch):
            return fenced(request.actor, request.epoch)
        if request.frozen:
            await connection.execute(_FREEZE, request.account, request.reason)
        else:
            await connection.execute(_THAW, request.account)
    return Ok(None)


async def _balances(
    connection: Connection, pairs: tuple[Pair, ...]
) -> tuple[tuple[Pair, Balance], ...]:
    found: dict[Pair, Balance] = {}
    names, assets = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
    for account, asset, posted, held_out, held_in in await connection.fetch(
        _BALANCES, names, assets
    ):
        found[account, asset] = Balance(int(posted), int(held_out), int(held_in))
    return tuple(found.items())


def _columns(batch: PostBatch) -> tuple[Any, ...]:
    """Return the arguments of `ledger_post`, an array a column."""
    decisions = batch.decisions
    owned: list[tuple[str | None, Entry]] = [(None, entry) for entry in batch.expired]
    owned += [(decision.command_id, entry) for decision in decisions for entry in decision.entries]
    entries = [entry for _, entry in owned]
    transfers = [entry.transfer for entry in entries]
    pairs = [pair for pair, _ in batch.balances]
    balances = [balance for _, balance in batch.balances]
    return (
        batch.actor,
        batch.epoch,
        batch.at_us,
        batch.follows,
        [decision.command_id for decision in decisions],
        [decision.digest for decision in decisions],
        [None if each.refused is None else asdict(each.refused) for each in decisions],
        _places(batch),
        [len(each.entries) for each in decisions],
        [entry.sequence for entry in entries],
        [transfer.id for transfer in transfers],
        [command_id for command_id, _ in owned],
        [transfer.flag for transfer in transfers],
        [transfer.kind for transfer in transfers],
        [transfer.debit for transfer in transfers],
        [transfer.credit for transfer in transfers],
        [transfer.asset for transfer in transfers],
        [str(transfer.amount) for transfer in transfers],
        [transfer.pending_id for transfer in transfers],
        [str(entry.released) for entry in entries],
        [entry.expires_us for entry in entries],
        [transfer.ref for transfer in transfers],
        [transfer.details for transfer in transfers],
        [str(entry.debit_posted) for entry in entries],
        [str(entry.credit_posted) for entry in entries],
        [account for account, _ in batch.opened],
        [asset for _, asset in batch.opened],
        [None if (limit := floor(name)) is None else str(limit) for name, _ in batch.opened],
        [account for account, _ in pairs],
        [asset for _, asset in pairs],
        [str(balance.posted) for balance in balances],
        [str(balance.pending_out) for balance in balances],
        [str(balance.pending_in) for balance in balances],
    )


def _places(batch: PostBatch) -> list[int]:
    """Return the sequence at which each decision's first transfer stands, or would stand."""
    place = batch.follows + len(batch.expired) + 1
    places = []
    for decision in batch.decisions:
        places.append(place)
        place += len(decision.entries)
    return places


def _pending(row: Any) -> LivePending:
    return LivePending(
        id=row["id"],
        kind=row["kind"],
        debit=row["debit"],
        credit=row["credit"],
        asset=row["asset"],
        amount=int(row["amount"]),
        expires_us=row["expires_at"],
        ref=row["ref"],
    )


def entry_of(row: Any) -> Entry:
    """Return the entry of a row with its columns as `ledger_transfers_of` names them."""
    expires_us = row["expires_at"]
    return Entry(
        sequence=row["sequence"],
        at_us=row["at"],
        transfer=Transfer(
            id=row["id"],
            kind=row["kind"],
            debit=row["debit"],
            credit=row["credit"],
            asset=row["asset"],
            amount=int(row["amount"]),
            flag=row["flag"],
            pending_id=row["pending_id"],
            timeout_us=None if expires_us is None else expires_us - row["at"],
            ref=row["ref"],
            details=row["details"],
        ),
        released=int(row["released"]),
        expires_us=expires_us,
        debit_posted=int(row["debit_posted"]),
        credit_posted=int(row["credit_posted"]),
    )
