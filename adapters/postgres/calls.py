"""Paid calls: taken over, made and saved many at once, each under its own meter's epoch."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any, Final

from actors.calls.messages import (
    CallOpened,
    CallPage,
    CallRead,
    CallStatistics,
    CreateCall,
    OpenCall,
    ReadCall,
    ReadCalls,
    ReadCallStatistics,
    ReadLastCall,
    ReadLiveCalls,
    ReadParties,
    SaveCall,
    SaveEvidence,
)
from actors.calls.state import CHANNEL_PREFIX, Block, CallFacts, Interval
from actors.money.split import Share
from adapters.postgres.fence import fenced
from adapters.postgres.pool import Connection
from adapters.postgres.sql import statement
from engine.outcome import Ok, Outcome

_PARTIES = (
    "select distinct unnest(array[fan_id, creator_id]) as account from calls"
    " where right(id::text, 12) = $1 order by 1"
)
_FACTS = statement("call_facts").rstrip()
_OPEN = statement("open_calls").replace("{facts}", _FACTS)
_CREATE = statement("create_calls")
_SAVE = statement("save_calls")
_SAVE_INTERVALS = statement("save_call_intervals")
_SAVE_BLOCKS = statement("save_call_blocks")
_EVIDENCE = statement("save_call_evidence")
_LIST = statement("list_calls").replace("{facts}", _FACTS)
_READ = statement("read_call").replace("{facts}", _FACTS)
_STATISTICS = statement("call_statistics")
_LIVE = "select id::text from calls where settled_at is null order by id"
_LAST = "select max(created_at) from calls where fan_id = $1 and creator_id = $2"
_LATER = "set local synchronous_commit to off"

Write = OpenCall | CreateCall | SaveCall


async def write(connection: Connection, requests: Sequence[Write]) -> list[Outcome]:
    """Carry requests out in their order and commit them together.

    Those of one kind that follow each other are one statement, as long as no call comes twice.
    """
    outcomes: list[Outcome] = []
    async with connection.transaction():
        for run in _runs(requests):
            outcomes += await _WRITERS[type(run[0])](connection, run)
    return outcomes


async def write_evidence(connection: Connection, requests: Sequence[SaveEvidence]) -> list[Outcome]:
    """Note evidence; of two notes for a call the later one counts."""
    newest = {(each.call_id, each.epoch): each.evidence_us for each in requests}
    by_call = dict(sorted((id_, (epoch, at)) for (id_, epoch), at in newest.items()))
    async with connection.transaction():
        await connection.execute(_LATER)
        rows = await connection.fetch(
            _EVIDENCE,
            list(by_call),
            [epoch for epoch, _ in by_call.values()],
            [at for _, at in by_call.values()],
        )
    noted = {(row["id"], by_call[row["id"]][0]) for row in rows}
    return [_fenced_unless((each.call_id, each.epoch) in noted, each) for each in requests]


async def read_live(connection: Connection, _request: ReadLiveCalls) -> Outcome:
    """Return the ids of the calls that are not settled."""
    return Ok(tuple(row["id"] for row in await connection.fetch(_LIVE)))


async def read_page(connection: Connection, request: ReadCalls) -> Outcome:
    """Return a page of an account's calls."""
    rows = await connection.fetch(
        _LIST, request.account, request.limit, request.offset, request.pending
    )
    page = rows[: request.limit]
    return Ok(
        CallPage(
            calls=tuple(_facts(row) for row in page),
            has_more=len(rows) > request.limit,
            reversed=frozenset(row["id"] for row in page if row["reversed"]),
        )
    )


async def read_one(connection: Connection, request: ReadCall) -> Outcome:
    """Return a call with its intervals and blocks."""
    row = await connection.fetchrow(_READ, request.call_id)
    if row is None:
        return Ok(None)
    intervals = tuple(
        Interval(number=number, epoch=epoch, started_us=started_us, ended_us=ended_us)
        for number, epoch, started_us, ended_us in row["interval_rows"] or ()
    )
    blocks = tuple(_block(*each) for each in row["block_rows"] or ())
    given_back: bool = row["reversed"]
    return Ok(CallRead(facts=_facts(row), intervals=intervals, blocks=blocks, reversed=given_back))


async def read_statistics(connection: Connection, request: ReadCallStatistics) -> Outcome:
    """Sum up a creator's calls."""
    row = await connection.fetchrow(_STATISTICS, request.creator)
    assert row is not None
    return Ok(CallStatistics(**dict(row)))


async def read_last(connection: Connection, request: ReadLastCall) -> Outcome:
    """Return when a pair's newest call was made."""
    return Ok(await connection.fetchval(_LAST, request.fan, request.creator))


async def read_parties(connection: Connection, request: ReadParties) -> Outcome:
    """Return who talks in the calls that have a channel."""
    rows = await connection.fetch(_PARTIES, request.channel.removeprefix(CHANNEL_PREFIX))
    return Ok(tuple(row["account"] for row in rows))


def _runs(requests: Sequence[Write]) -> list[list[Any]]:
    runs: list[list[Any]] = []
    ids: set[str] = set()
    for request in requests:
        call_id = request.call_id if isinstance(request, OpenCall) else request.facts.id
        if not runs or type(runs[-1][0]) is not type(request) or call_id in ids:
            runs.append([])
            ids.clear()
        runs[-1].append(request)
        ids.add(call_id)
    return runs


async def _open(connection: Connection, requests: list[OpenCall]) -> list[Outcome]:
    rows = await connection.fetch(_OPEN, sorted(each.call_id for each in requests))
    opened = {row["id"]: _opened(row) for row in rows}
    return [Ok(opened.get(each.call_id, CallOpened())) for each in requests]


async def _create(connection: Connection, requests: list[CreateCall]) -> list[Outcome]:
    facts = [each.facts for each in requests]
    rows = await connection.fetch(
        _CREATE,
        [each.id for each in facts],
        [each.fan for each in facts],
        [each.creator for each in facts],
        [each.initiator for each in facts],
        [each.call_type for each in facts],
        [each.message for each in facts],
        [each.rate for each in facts],
        [each.created_us for each in facts],
    )
    made = {row["id"] for row in rows}
    return [Ok(None) if each.id in made else fenced(f"call {each.id}", 0) for each in facts]


async def _save(connection: Connection, requests: list[SaveCall]) -> list[Outcome]:
    """Save states; their rows stay locked, so what belongs to them follows under the same fence."""
    facts = [each.facts for each in requests]
    rows = await connection.fetch(
        _SAVE,
        [each.id for each in facts],
        [each.epoch for each in requests],
        *([getattr(each, name) for each in facts] for name in _BEFORE_INTERVAL),
        [None if each.interval is None else each.interval.number for each in facts],
        *([getattr(each, name) for each in facts] for name in _AFTER_INTERVAL),
    )
    saved = {row["id"] for row in rows}
    inside = [each for each in requests if each.facts.id in saved]
    intervals = [(each.facts.id, one) for each in inside for one in each.intervals]
    blocks = [(each.facts.id, one) for each in inside for one in each.blocks]
    if intervals:
        await connection.execute(_SAVE_INTERVALS, *_columns(intervals, _OF_INTERVALS))
    if blocks:
        shares = [_written_shares(one.shares) for _, one in blocks]
        await connection.execute(_SAVE_BLOCKS, *_columns(blocks, _OF_BLOCKS), shares)
    return [_fenced_unless(each.facts.id in saved, each) for each in requests]


_WRITERS: Final[dict[type, Callable[..., Any]]] = {
    OpenCall: _open,
    CreateCall: _create,
    SaveCall: _save,
}
_BEFORE_INTERVAL = ("ringing_us", "accepted_us", "connected_us", "closed_us")
_AFTER_INTERVAL = (
    "evidence_us", "paused_us", "paused_by", "blocks", "generation", "ending_us", "reason",
    "ended_by", "settled_us", "cost", "earned",
)  # fmt: skip
_OF_INTERVALS = ("number", "epoch", "started_us", "ended_us")
_OF_BLOCKS = ("number", "amount", "generation", "due_us", "paid", "creator_cut")


def _columns(owned: Sequence[tuple[str, Any]], names: Sequence[str]) -> list[list[Any]]:
    """Return the rows that belong to calls as columns, the calls' ids first."""
    ids = [call_id for call_id, _ in owned]
    return [ids, *([getattr(one, name) for _, one in owned] for name in names)]


def _fenced_unless(done: bool, request: SaveCall | SaveEvidence) -> Outcome:  # noqa: FBT001
    if done:
        return Ok(None)
    call_id = request.facts.id if isinstance(request, SaveCall) else request.call_id
    return fenced(f"call {call_id}", request.epoch)


def _opened(row: Any) -> CallOpened:
    return CallOpened(
        epoch=row["epoch"],
        facts=_facts(row),
        unpaid=tuple(_block(*each) for each in row["unpaid"] or ()),
        paid=row["paid"],
        earned=row["earned"],
    )


def _block(
    number: int,
    amount: int,
    generation: int,
    due_us: int,
    paid: bool | None,  # noqa: FBT001
    shares: list[tuple[str, int]] | None,
) -> Block:
    return Block(
        number=number,
        amount=amount,
        generation=generation,
        due_us=due_us,
        paid=paid,
        shares=tuple(Share(party, part) for party, part in shares or ()),
    )


def _written_shares(shares: Sequence[Share]) -> str | None:
    return json.dumps([[share.party, share.amount] for share in shares]) if shares else None


def _facts(row: Any) -> CallFacts:
    number = row["interval_number"]
    interval = None
    if number is not None:
        interval = Interval(
            number=number,
            epoch=row["interval_epoch"],
            started_us=row["interval_started_at"],
            ended_us=row["interval_ended_at"],
        )
    return CallFacts(
        id=row["id"],
        fan=row["fan_id"],
        creator=row["creator_id"],
        initiator=row["initiator"],
        call_type=row["call_type"],
        message=row["message"],
        rate=row["rate_tokens_per_min"],
        created_us=row["created_at"],
        ringing_us=row["ringing_at"],
        accepted_us=row["accepted_at"],
        connected_us=row["connected_at"],
        closed_us=row["closed_us"],
        interval=interval,
        evidence_us=row["evidence_at"],
        paused_us=row["paused_at"],
        paused_by=row["paused_by"],
        blocks=row["blocks"],
        generation=row["generation"],
        ending_us=row["ended_at"],
        reason=row["reason"],
        ended_by=row["ended_by"],
        settled_us=row["settled_at"],
        cost=row["total_cost"],
        earned=row["creator_earned"],
    )
