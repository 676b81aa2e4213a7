"""The stores that the contract is checked against, each with a way to fill its content replica."""

from __future__ import annotations

import itertools
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Protocol

from actors.space.space_id import SpaceId
from actors.store import ActivateChat, NewMessage
from adapters.postgres.database import Database
from adapters.postgres.store import PostgresStore
from engine.port import Reply
from sim.replica import Document, Post
from sim.store import MemoryStore
from tests.support.postgres import embedded_database, execute, fresh_schema

NAMES = ["memory", "postgres", *(["database_url"] if "DATABASE_URL" in os.environ else [])]

_numbers = itertools.count(1)


class Store(Protocol):
    """The port, and its awaitable form."""

    def start(self, request: Any, reply: Reply) -> None: ...

    async def perform(self, request: Any) -> Any: ...


class World:
    """A store and its content replica."""

    def __init__(self, store: Store) -> None:
        self.store = store

    def add_post(self, post: Post) -> None:
        raise NotImplementedError

    def add_document(self, document: Document) -> None:
        raise NotImplementedError


class MemoryWorld(World):
    def __init__(self, store: MemoryStore) -> None:
        super().__init__(store)
        self.add_post = store.add_post  # type: ignore[method-assign]
        self.add_document = store.add_document  # type: ignore[method-assign]


class PostgresWorld(World):
    def __init__(self, store: PostgresStore, database: Database) -> None:
        super().__init__(store)
        self.database = database

    def add_post(self, post: Post) -> None:
        execute(
            self.database,
            "insert into posts (author, permlink, type, title, content, votes, rating, hidden,"
            " flagged, created_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9,"
            " timestamptz 'epoch' + $10::bigint * interval '1 microsecond')",
            post.author,
            post.permlink,
            post.type,
            post.title,
            post.content,
            post.votes,
            post.rating,
            post.hidden,
            post.flagged,
            post.created_at_us,
        )

    def add_document(self, document: Document) -> None:
        execute(
            self.database,
            "insert into collaboration_documents (id, owner, permlink, document_name, description,"
            " is_public, created_at) values ($1, $2, $3, $4, $5, $6,"
            " timestamptz 'epoch' + $7::bigint * interval '1 microsecond')",
            document.id,
            document.owner,
            document.permlink,
            document.document_name,
            document.description,
            document.is_public,
            document.created_at_us,
        )
        for account, permission in document.permissions:
            execute(
                self.database,
                "insert into collaboration_permissions (document_id, account, permission)"
                " values ($1, $2, $3)",
                document.id,
                account,
                permission,
            )


class Maker:
    """Opens worlds of one kind."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._shared: Database | None = None

    @asynccontextmanager
    async def open(self, *, shared: bool = False) -> AsyncIterator[World]:
        """Yield an empty world; or one of earlier examples, for spaces of the test's own."""
        if self.name == "memory":
            yield MemoryWorld(MemoryStore(lambda: 1_700_000_000_000_000))
            return
        database = self._shared if shared else None
        if database is None:
            database = fresh_schema(self._database())
        if shared:
            self._shared = database
        store = PostgresStore(database)
        await store.connect()
        try:
            yield PostgresWorld(store, database)
        finally:
            await store.aclose()

    def _database(self) -> Database:
        if self.name == "database_url":
            return Database.from_url(os.environ["DATABASE_URL"])
        return embedded_database()


def new_space() -> SpaceId:
    """Return a space that no other test or example uses."""
    return SpaceId("post", f"ada/harbour-{os.getpid()}-{next(_numbers)}")


def message(key: str, content: str = "hello", **fields: Any) -> NewMessage:
    """Return a message by ada unless told otherwise."""
    return NewMessage(**{"account": "ada", "guest_id": None, **fields}, key=key, content=content)


async def activate_chat(store: Store, space: SpaceId) -> int:
    """Return the epoch of a new activation of the space's chat."""
    activated = await store.perform(ActivateChat(actor=space.chat_address, space=space))
    return int(activated.epoch)
