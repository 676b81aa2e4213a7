"""Chat messages: appended in merged batches, found by key, read by page."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Iterable, Sequence
from operator import itemgetter
from typing import Any

from actors.space.space_id import SpaceId
from actors.store import (
    AppendMessages,
    FindMessages,
    MessagePage,
    MessageRow,
    NewMessage,
    ReadMessages,
)
from adapters.postgres.fence import fenced
from adapters.postgres.pool import Connection
from adapters.postgres.sql import statement
from engine.outcome import Ok, Outcome
from engine.refusal import Refused

_APPEND = statement("append_messages")

_FIND = statement("find_messages")
_PAGE = statement("read_messages")

_ID_MAX = 2**63 - 1


async def append(connection: Connection, requests: Sequence[AppendMessages]) -> Iterable[Outcome]:
    """Append the messages of many requests in one statement; each request stands on its own.

    The outcomes are made as they are iterated, unless some need another query.
    """
    records = await connection.fetch(_APPEND, *_unit_columns(requests), *_message_columns(requests))
    refusals: dict[int, Refused] = {}
    for refused, _, _, key, *_ in records:
        if refused is not None:
            request = requests[refused - 1]
            refusals.setdefault(refused, _refusal(request, key))
    added = deque(sorted((r for r in records if r["refused"] is None), key=itemgetter("id")))
    accepted = [request for unit, request in enumerate(requests, 1) if unit not in refusals]
    if len(added) == sum(len(request.messages) for request in accepted):
        return (
            refusals.get(unit) or Ok(tuple(_rows(request, added)))
            for unit, request in enumerate(requests, 1)
        )
    return [
        refusals.get(unit) or Ok(await _completed(connection, request, _rows(request, added)))
        for unit, request in enumerate(requests, 1)
    ]


def _refusal(request: AppendMessages, key: str | None) -> Refused:
    if key is None:
        return fenced(request.actor, request.epoch)
    return Refused(
        code="no_such_message",
        text=f"the message this one replies to is not in {request.space}",
        field="parent_message_id",
        details={"key": key},
    )


def _rows(request: AppendMessages, added: deque[Any]) -> list[MessageRow | None]:
    """Take the request's rows off the front of `added`; None for keys that were used before."""
    space = request.space
    rows: list[MessageRow | None] = []
    for message in request.messages:
        # Both are in the order of the places, and `added` only lacks some.
        if added and added[0][3:] == (message.key, space.id, space.subspace, space.type):
            record = added.popleft()
            rows.append(_new_row(space, message, record[1], record[2]))
        else:
            rows.append(None)
    return rows


async def _completed(
    connection: Connection, request: AppendMessages, rows: list[MessageRow | None]
) -> tuple[MessageRow, ...]:
    """Return the rows of a request, fetching those whose keys had been used before."""
    missing = [m.key for m, row in zip(request.messages, rows, strict=True) if row is None]
    found = {}
    if missing:
        found = {row.key: row for row in await _find(connection, request.space, missing)}
    return tuple(
        row or found[message.key] for message, row in zip(request.messages, rows, strict=True)
    )


def _unit_columns(requests: Sequence[AppendMessages]) -> list[list[Any]]:
    return [
        [request.actor for request in requests],
        [request.epoch for request in requests],
        [request.space.type for request in requests],
        [request.space.id for request in requests],
        [request.space.subspace for request in requests],
    ]


def _message_columns(requests: Sequence[AppendMessages]) -> list[list[Any]]:
    units: list[int] = []
    messages: list[NewMessage] = []
    for number, request in enumerate(requests, 1):
        units += [number] * len(request.messages)
        messages += request.messages
    return [
        units,
        [message.key for message in messages],
        [message.account for message in messages],
        [message.guest_id for message in messages],
        [message.message_type for message in messages],
        [message.content for message in messages],
        [_parent(message) for message in messages],
        [json.dumps(message.metadata) if message.metadata else "{}" for message in messages],
    ]


def _parent(message: NewMessage) -> int | None:
    """Return the parent's id; 0, which no message has, for one that no column could hold."""
    parent = message.parent_message_id
    return parent if parent is None or 0 < parent <= _ID_MAX else 0


def _new_row(space: SpaceId, message: NewMessage, id_: int, created_at_us: int) -> MessageRow:
    return MessageRow(
        id=id_,
        space=space,
        key=message.key,
        account=message.account,
        guest_id=message.guest_id,
        message_type=message.message_type,
        content=message.content,
        metadata=message.metadata,
        parent_message_id=message.parent_message_id,
        thread_count=0,
        is_edited=False,
        is_deleted=False,
        created_at_us=created_at_us,
        updated_at_us=created_at_us,
    )


async def find(connection: Connection, request: FindMessages) -> Outcome:
    """Answer with the messages that exist, in the order of the keys asked for."""
    found = {row.key: row for row in await _find(connection, request.space, request.keys)}
    return Ok(tuple(found[key] for key in dict.fromkeys(request.keys) if key in found))


async def read_page(connection: Connection, request: ReadMessages) -> Outcome:
    """Answer with one page, oldest first; a row beyond it tells whether there is more."""
    records = await connection.fetch(
        _PAGE, *_parts(request.space), request.limit + 1, request.offset
    )
    rows = [_stored_row(request.space, record) for record in records[: request.limit]]
    return Ok(MessagePage(messages=tuple(reversed(rows)), has_more=len(records) > request.limit))


async def _find(connection: Connection, space: SpaceId, keys: Iterable[str]) -> list[MessageRow]:
    records = await connection.fetch(_FIND, *_parts(space), list(keys))
    return [_stored_row(space, record) for record in records]


def _parts(space: SpaceId) -> tuple[str, str, str]:
    return space.type, space.id, space.subspace


def _stored_row(space: SpaceId, record: Any) -> MessageRow:
    return MessageRow(
        id=record["id"],
        space=space,
        key=record["idempotency_key"],
        account=record["user_account"],
        guest_id=record["guest_id"],
        message_type=record["message_type"],
        content=record["content"],
        metadata=record["metadata"],
        parent_message_id=record["parent_message_id"],
        thread_count=record["thread_count"],
        is_edited=record["is_edited"],
        is_deleted=record["is_deleted"],
        created_at_us=record["created_at"],
        updated_at_us=record["updated_at"],
        reactions=tuple(_reaction(text) for text in record["reactions"] or ()),
    )


def _reaction(text: str) -> tuple[str, int]:
    reaction, _, number = text.rpartition(" ")
    return reaction, int(number)
