"""A bridge with a kernel and an identity behind it, and sockets that keep what they are sent."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import trio

from actors.clients import CLIENTS
from actors.kinds import product_kinds
from actors.limits import Limits, LimitSettings
from actors.person import Person
from actors.settings import ActorSettings
from actors.store import STORE
from adapters.identity.directory import LocalKeyDirectory
from adapters.identity.service import Identity, IdentitySettings
from adapters.identity.tokens import TokenKeys, Tokens
from adapters.realtime.app import Accepted, Handshake, Transport
from adapters.realtime.bridge import Bridge
from adapters.realtime.encoded import Encoded
from adapters.realtime.encoded_many import EncodedMany
from adapters.realtime.json_text import Json
from adapters.realtime.recovery import LogBounds
from engine.kernel import Kernel
from engine.refusal import Refused
from sim.store import MemoryStore
from tests.support.http_server import Clock, Entropy

EMPTY: dict[str, str] = {}


@dataclass(slots=True)
class Wire:
    """A socket that keeps what it is sent."""

    id: str
    transport: Transport = "websocket"
    behind: bool = False
    sent: list[Encoded] = field(default_factory=list)
    acks: dict[int, Any] = field(default_factory=dict)
    ended: list[str] = field(default_factory=list)
    changed: trio.Event = field(default_factory=trio.Event)

    def emit(self, encoded: Encoded) -> None:
        self.sent.append(encoded)
        self._note()

    def emit_with_ack(self, encoded: Encoded, on_ack: Callable[[list[Json]], None]) -> None:
        raise NotImplementedError

    def acknowledge(self, ack: int, *args: Json) -> None:
        assert ack not in self.acks
        (self.acks[ack],) = args
        self._note()

    def disconnect(self, *, close: bool) -> None:
        self.ended.append("close" if close else "leave")

    def reconnect(self) -> None:
        self.ended.append("reconnect")

    def _note(self) -> None:
        self.changed.set()
        self.changed = trio.Event()

    def got(self, event: str) -> list[Any]:
        alike = [encoded for encoded in self.sent if encoded.event == event]
        each = [one.events if isinstance(one, EncodedMany) else (one,) for one in alike]
        return [encoded.args[0] for some in each for encoded in some]

    async def until(self, event: str) -> Any:
        with trio.fail_after(5):
            while not self.got(event):
                await self.changed.wait()
        return self.got(event)[-1]

    async def answer(self, ack: int) -> Any:
        with trio.fail_after(5):
            while ack not in self.acks:
                await self.changed.wait()
        return self.acks[ack]


@dataclass(slots=True)
class House:
    """A bridge with a kernel and an identity behind it."""

    bridge: Bridge
    kernel: Kernel
    tokens: Tokens

    def connect(self, id_: str, *, transport: Transport = "websocket", auth: Json = None) -> Wire:
        wire = Wire(id_, transport)
        assert self.refusal(wire, auth) is None
        return wire

    def refusal(self, wire: Wire, auth: Json, query: dict[str, str] = EMPTY) -> Refused | None:
        handshake = Handshake(
            namespace="/",
            headers={},
            query=query,
            remote_address="127.0.0.1",
            auth={} if auth is None else auth,
            transport=wire.transport,
        )
        decision = self.bridge.connect(wire, handshake)
        assert not isinstance(decision, Accepted), "nobody may come back"
        return decision

    async def join(self, wire: Wire, payload: dict[str, Json]) -> Any:
        self.bridge.event(wire, "join-space", [payload], 1)
        await wire.answer(1)
        return (await wire.until("space-joined"))["users"][-1]

    def token(self, person: Person) -> str:
        return self.tokens.issue(person).text


@asynccontextmanager
async def house(
    tmp_path: Path,
    limits: LimitSettings | None = None,
    recovery: LogBounds | None = None,
    **settings: Any,
) -> AsyncIterator[House]:
    clock, entropy = Clock(), Entropy()
    store = MemoryStore(clock)
    tokens = Tokens(TokenKeys("1", {"1": b"k" * 32}), now_us=clock, entropy=entropy)
    identity = Identity(
        settings=IdentitySettings(site="example.test"),
        directory=LocalKeyDirectory(tmp_path / "keys"),
        tokens=tokens,
        store=store,
        now_us=clock,
        entropy=entropy,
    )
    kernel = Kernel(product_kinds(ActorSettings()), seed=b"bridge")
    bridge = Bridge(
        kernel,
        identity,
        Limits((limits or LimitSettings()).rates()),
        entropy=entropy,
        recovery=recovery,
        ice_servers=lambda _account, _host: [],
        now_us=Clock(),
        **settings,
    )
    kernel.core.ports = {STORE: store, CLIENTS: bridge}
    async with trio.open_nursery() as nursery:
        await nursery.start(kernel.run)
        yield House(bridge, kernel, tokens)
        nursery.cancel_scope.cancel()


def authenticate(at: House, wire: Wire) -> None:
    login = {"msgType": "authenticate", "msgData": {"apiVersion": "1.1.1"}}
    at.bridge.event(wire, "easyrtcAuth", [login], 1)


def room_join(room: str) -> dict[str, Json]:
    return {"msgType": "roomJoin", "msgData": {"roomJoin": {room: {"roomName": room}}}}
