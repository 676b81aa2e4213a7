"""Spaces: activation under a new epoch, settings, and what the content replica says of them."""

from __future__ import annotations

from typing import Any

from actors.space.entry import SPACE_CONTENT_TYPES
from actors.space.space_id import SpaceId
from actors.store import (
    ActivateChat,
    ActivateSpace,
    ChatActivated,
    ListedSpace,
    ListSpaces,
    ReadFacts,
    SaveSettings,
    SpaceActivated,
    SpaceFacts,
    SpaceRead,
    SpaceSettings,
)
from adapters.postgres import entities
from adapters.postgres.fence import fenced
from adapters.postgres.hall import read_hall
from adapters.postgres.pool import Connection
from adapters.postgres.space_money import premium_of
from adapters.postgres.sql import statement
from engine.outcome import Ok, Outcome

_BUMP = statement("bump_epoch")

_LAST_MESSAGE = statement("last_message")

_SETTINGS = statement("read_settings")

_SAVE_SETTINGS = statement("save_settings")

_POST = statement("read_post")

_DOCUMENT = statement("read_document")

_LIST_POSTS = statement("list_posts")

_LIST_DOCUMENTS = statement("list_documents")


async def activate_space(connection: Connection, request: ActivateSpace) -> Outcome:
    """Take the actor over, then load its space as the last owner left it.

    The first statement waits for the last owner's open write, so that the others see it.
    """
    epoch = await connection.fetchval(_BUMP, request.actor)
    space = request.space
    settings, facts = await _load(connection, space, request.defaults)
    last = await connection.fetchval(_LAST_MESSAGE, space.type, space.id, space.subspace)
    scene = await entities.read(connection, space)
    hall = await read_hall(connection, space)
    return Ok(
        SpaceActivated(
            epoch=epoch,
            settings=settings,
            facts=facts,
            entities=scene,
            chat_id_last=last,
            hall=hall,
            premium_until_us=await premium_of(connection, space.type, space.id),
        )
    )


async def activate_chat(connection: Connection, request: ActivateChat) -> Outcome:
    """Take the actor over."""
    return Ok(ChatActivated(epoch=await connection.fetchval(_BUMP, request.actor)))


async def read_facts(connection: Connection, request: ReadFacts) -> Outcome:
    """Answer with a space's settings and facts."""
    settings, facts = await _load(connection, request.space, SpaceSettings())
    return Ok(SpaceRead(settings=settings, facts=facts))


async def save_settings(connection: Connection, request: SaveSettings) -> Outcome:
    """Replace a space's settings, which all its subspaces share."""
    settings = request.settings
    saved = await connection.fetchval(
        _SAVE_SETTINGS,
        request.actor,
        request.epoch,
        request.space.type,
        request.space.id,
        settings.settings,
        settings.chat_enabled,
        settings.voice_enabled,
        settings.guests_allowed,
        settings.max_users,
        settings.created_by,
        settings.tick_hz,
    )
    return Ok(None) if saved else fenced(request.actor, request.epoch)


async def list_spaces(connection: Connection, request: ListSpaces) -> Outcome:
    """Answer with one page of posts, then one page of documents."""
    page = request.limit, request.offset
    records: list[Any] = []
    if request.type != "document":
        types = SPACE_CONTENT_TYPES & {request.type} if request.type else SPACE_CONTENT_TYPES
        records += await connection.fetch(_LIST_POSTS, sorted(types), *page)
    if request.type in {None, "document"}:
        records += await connection.fetch(_LIST_DOCUMENTS, request.caller, *page)
    return Ok(tuple(ListedSpace(**record) for record in records))


async def _load(
    connection: Connection, space: SpaceId, defaults: SpaceSettings
) -> tuple[SpaceSettings, SpaceFacts]:
    record = await connection.fetchrow(_SETTINGS, space.type, space.id)
    settings = SpaceSettings(**record) if record else defaults
    author, _, permlink = space.id.partition("/")
    match space.type:
        case "post":
            record = await connection.fetchrow(_POST, author, permlink)
        case "document":
            record = await connection.fetchrow(_DOCUMENT, space.id, author, permlink)
        case _:
            record = None
    return settings, _facts(record) if record else SpaceFacts(known=False)


def _facts(record: Any) -> SpaceFacts:
    return SpaceFacts(
        known=True,
        display_name=record["display_name"],
        description=record["description"],
        content_type=record["content_type"],
        author=record["author"],
        public=record["public"],
        hidden=record["hidden"],
        permissions=tuple(zip(record["accounts"] or (), record["permissions"] or (), strict=True)),
    )
