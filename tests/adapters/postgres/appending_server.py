"""A small server to be killed: appends for ever, printing each key once it was acknowledged."""

from __future__ import annotations

import sys
from pathlib import Path

import trio

from actors.space.space_id import SpaceId
from actors.store import ActivateChat, AppendMessages, NewMessage
from actors.store_answers import StoreUnavailable, StoreUnknown
from adapters.postgres.embedded import EmbeddedPostgres
from adapters.postgres.store import PostgresStore

SPACE = SpaceId("global", "lobby")
BACK_WITHIN_S = 60


async def done(store: PostgresStore, request: AppendMessages) -> bool:
    """Append, unless the database is away; the key makes a repeat harmless."""
    try:
        await store.perform(request)
    except (StoreUnavailable, StoreUnknown):
        return False
    return True


async def main(server: EmbeddedPostgres) -> None:
    store = PostgresStore(server.start())
    async with trio.open_nursery() as nursery:
        nursery.start_soon(server.supervise)
        await store.connect()
        actor = SPACE.chat_address
        epoch = (await store.perform(ActivateChat(actor=actor, space=SPACE))).epoch
        number = 0
        while True:
            number += 1
            message = NewMessage(key=f"{epoch}-{number}", account="ada", guest_id=None, content="x")
            request = AppendMessages(actor=actor, epoch=epoch, space=SPACE, messages=(message,))
            with trio.fail_after(BACK_WITHIN_S):
                while not await done(store, request):
                    await trio.lowlevel.checkpoint()
            sys.stdout.write(f"{message.key} {server.pid}\n")
            sys.stdout.flush()


if __name__ == "__main__":
    trio.run(main, EmbeddedPostgres(Path(sys.argv[1])))
