"""People at real sockets: the stock Socket.IO client in Node, and the plain JSON WebSocket."""

from __future__ import annotations

import itertools
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from subprocess import PIPE
from typing import Any

import trio
from trio_websocket import ConnectionClosed, WebSocketConnection, wrap_client_stream

from tests.server.bare import connection
from tests.support.node import node, node_project

LOBBY = {"spaceType": "global", "spaceId": "lobby"}
HEAR_WITHIN_S = 15.0

Payload = dict[str, Any]


class Ears:
    """Remembers every event in the order it came."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.heard: list[tuple[str, Payload]] = []
        self._more = trio.Event()

    def hears(self, event: str, payload: Payload) -> None:
        """Take an event in."""
        self.heard.append((event, payload))
        self._more.set()
        self._more = trio.Event()

    def all(self, event: str, **fields: Any) -> list[Payload]:
        """Return the payloads of such events so far whose fields are these."""
        return [
            payload
            for name, payload in self.heard
            if name == event and all(payload.get(key) == value for key, value in fields.items())
        ]

    async def hear(self, event: str, *, nth: int = 1, **fields: Any) -> Payload:
        """Return the nth of such events, past or to come.

        Raises:
            AssertionError: it does not come in time; the text says what came instead.
        """
        with trio.move_on_after(HEAR_WITHIN_S):
            while len(found := self.all(event, **fields)) < nth:
                await self._more.wait()
            return found[nth - 1]
        raise AssertionError(f"{self.name} heard no {event} {fields}, but {self.heard[-20:]}")


class Person(Ears):
    """One stock client. Commands to it are carried out in order."""

    def __init__(self, name: str, crowd: Crowd) -> None:
        super().__init__(name)
        self._crowd = crowd
        self._acks = itertools.count()

    @property
    def id(self) -> str:
        """The socket's id since the last `connect`."""
        return str(self.all("connect")[-1]["id"])

    async def emit(self, event: str, *args: Any) -> None:
        """Send an event that asks for no answer."""
        await self._crowd.tell(do="emit", who=self.name, event=event, args=args, ack=None)

    async def ask(self, event: str, *args: Any) -> Payload:
        """Send an event and return what the server acknowledges it with."""
        ack = next(self._acks)
        await self._crowd.tell(do="emit", who=self.name, event=event, args=args, ack=ack)
        answer: Payload = (await self.hear("ack", ack=ack))["answer"]
        return answer

    async def join(self, **space: Any) -> Payload:
        """Join a space, the lobby by default; return `space-joined`."""
        before = len(self.all("space-joined"))
        await self.emit("join-space", {**LOBBY, **space})
        return await self.hear("space-joined", nth=before + 1)

    async def say(self, content: str) -> Payload:
        """Post to the chat; return the acknowledgement."""
        return await self.ask("chat-message", {"content": content})

    async def drop(self, how: str = "close", *, away: bool = False) -> None:
        """Lose the connection; `how` and `away` as people.mjs says."""
        await self._crowd.tell(do="drop", who=self.name, how=how, away=away)

    async def come_back(self) -> Payload:
        """Connect again after `drop(away=True)`; return what `connect` says."""
        before = len(self.all("connect"))
        await self._crowd.tell(do="return", who=self.name)
        return await self.hear("connect", nth=before + 1)

    async def disconnect(self) -> None:
        """Leave as a page does that calls `socket.disconnect()`."""
        await self._crowd.tell(do="disconnect", who=self.name)
        await self.hear("disconnect")


class Crowd:
    """One Node process with any number of stock clients in it."""

    def __init__(self, process: trio.Process) -> None:
        self._process = process
        self._telling = trio.Lock()
        self._people: dict[str, Person] = {}

    async def tell(self, **command: Any) -> None:
        """Write one command to the process."""
        assert self._process.stdin is not None
        async with self._telling:
            await self._process.stdin.send_all(json.dumps(command).encode() + b"\n")

    async def dial(
        self, name: str, url: str, *, join: Payload | None = None, **options: Any
    ) -> Person:
        """Begin to connect `io(url, options)`; `join` is emitted on each `connect`."""
        person = self._people[name] = Person(name, self)
        await self.tell(do="connect", who=name, url=url, options=options, join=join)
        return person

    async def connect(
        self, name: str, url: str, *, join: Payload | None = None, **options: Any
    ) -> Person:
        """Connect `io(url, options)` and wait until it is."""
        person = await self.dial(name, url, join=join, **options)
        await person.hear("connect")
        return person

    async def member(self, name: str, url: str, **options: Any) -> Person:
        """Connect and join the lobby."""
        person = await self.connect(name, url, **options)
        await person.join()
        return person

    def kill(self) -> None:
        """End the process as a crash would; its sockets are reset by the machine."""
        self._process.kill()

    async def listen(self) -> None:
        """Hand out what the process reports until it ends."""
        assert self._process.stdout is not None
        rest = b""
        async for data in self._process.stdout:
            *lines, rest = (rest + data).split(b"\n")
            for line in lines:
                report = json.loads(line)
                payload = report["args"][0] if report["args"] else {}
                payload = payload if isinstance(payload, dict) else {"payload": payload}
                self._people[report["who"]].hears(report["event"], payload)


@asynccontextmanager
async def open_crowd() -> AsyncIterator[Crowd]:
    """Run a Node process for stock clients; it ends with the block."""
    async with trio.open_nursery() as nursery:
        run = partial(
            trio.run_process,
            [node(), "people.mjs"],
            cwd=node_project(),
            stdin=PIPE,
            stdout=PIPE,
            check=False,
        )
        process = await nursery.start(run)
        crowd = Crowd(process)
        nursery.start_soon(crowd.listen)
        try:
            yield crowd
        finally:
            process.kill()


class Room(Ears):
    """A page's own WebSocket with JSON frames."""

    def __init__(self, name: str, websocket: WebSocketConnection) -> None:
        super().__init__(name)
        self.websocket = websocket

    async def send(self, type_: str, **fields: Any) -> None:
        """Send one frame."""
        await self.websocket.send_message(json.dumps({"type": type_, **fields}))

    async def listen(self) -> None:
        """Take in every frame until the connection ends."""
        while True:
            try:
                frame = json.loads(await self.websocket.get_message())
            except ConnectionClosed:
                return
            self.hears(frame.pop("type"), frame)


@asynccontextmanager
async def open_room(name: str, url: str) -> AsyncIterator[Room]:
    """Open a raw WebSocket; nothing is sent on it yet."""
    address, _, path = url.removeprefix("ws://").partition("/")
    async with connection(address) as stream, trio.open_nursery() as nursery:
        websocket = await wrap_client_stream(nursery, stream, address, f"/{path}")
        room = Room(name, websocket)
        nursery.start_soon(room.listen)
        yield room
        with trio.move_on_after(1):
            await websocket.aclose()
        nursery.cancel_scope.cancel()


def websocket_url(url: str) -> str:
    """Return the server's address as a WebSocket's."""
    return f"ws{url.removeprefix('http')}"
