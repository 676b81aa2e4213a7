"""A node of product actors with clients that keep what they are sent, and faults on demand."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

from actors.clients import CLIENTS, Acknowledge, Disconnect, Emit, EmitMany, Forget, RoutePoses
from actors.directory.messages import DIRECTORY, CountPeople
from actors.kinds import product_kinds
from actors.person import Person
from actors.session.actor import Session
from actors.session.messages import (
    Disconnected,
    Dropped,
    JoinSpace,
    LeaveSpace,
    MoveTo,
    PostChat,
    RelayEvent,
    Resumed,
    SessionInit,
    Signal,
)
from actors.session.pose_routes import PoseRoutes
from actors.settings import ActorSettings
from actors.space.actor import Space
from actors.space.space_id import SpaceId
from actors.store import STORE, SpaceSettings
from engine.cell import Cell
from engine.clock import SECOND_US
from engine.heap import HeapEngine
from engine.outcome import Err, Ok, Outcome, Unknown
from engine.port import Reply
from engine.refusal import Refused
from sim.store import MemoryStore
from tests.support.beside import watched

START_US = 1_700_000_000_000_000
LOBBY = SpaceId("global", "lobby")
HARBOUR = SpaceId("post", "ada/harbour")

Fault = Literal["err", "unknown"]


class Boom(Exception):
    """A planted crash."""


@dataclass(slots=True)
class Client:
    """One socket as its browser sees it."""

    world: World
    socket_id: str
    person: Person
    inbox: list[tuple[str, Any]] = field(default_factory=list)
    answers: dict[int, list[Any]] = field(default_factory=dict)
    asked: list[int] = field(default_factory=list)
    dismissed: list[Disconnect] = field(default_factory=list)
    connected: bool = True
    away: bool = False
    missed: list[tuple[str, Any]] = field(default_factory=list)
    view: dict[str, Any] | None = None  # users by socket id, as told
    history_up_to: int = 0  # id of the newest message when the space was last shown
    links: dict[str, str] = field(default_factory=dict)  # whom it hears: kind by socket id
    hearers: set[str] = field(default_factory=set)  # who hears it, where it is told
    complaints: list[str] = field(default_factory=list)

    def join(self, space: SpaceId, **fields: Any) -> int:
        return self._ask(JoinSpace, space=space, **fields)

    def leave(self) -> int:
        return self._ask(LeaveSpace)

    def say(self, content: str, **fields: Any) -> int:
        return self._ask(PostChat, content=content, **fields)

    def signal(self, to: str, event: str = "webrtc-offer") -> int:
        return self._ask(Signal, event=event, target_socket_id=to, payload={"offer": "sdp"})

    def move(self, **update: Any) -> None:
        session = f"session:{self.socket_id}"
        self.world.routes.carry(session, self.socket_id, MoveTo(update=update))

    def relay(self, event: str, **payload: Any) -> None:
        self.tell(RelayEvent(event=event, payload=payload))

    def disconnect(self) -> None:
        if self.connected or self.away:
            self.connected = self.away = False
            self.world.routes.forget(self.socket_id)
            self.tell(Disconnected(reason="client namespace disconnect"))

    def drop(self) -> None:
        """Lose the connection; the server keeps the place and what is missed."""
        if self.connected:
            self.connected, self.away = False, True
            self.tell(Dropped(reason="transport close"))

    def resume(self) -> None:
        """Come back in time, if it is."""
        if self.away:
            self.connected, self.away = True, False
            self.tell(Resumed())
            missed, self.missed = self.missed, []
            for event, payload in missed:
                self.receive(event, payload)

    def tell(self, message: Any) -> None:
        self.world.core.tell(f"session:{self.socket_id}", message)

    def _ask(self, kind: Callable[..., Any], **fields: Any) -> int:
        self.asked.append(len(self.asked) + 1)
        self.tell(kind(ack=self.asked[-1], **fields))
        return self.asked[-1]

    @property
    def session(self) -> Session | None:
        cell = self.world.core.cells.get(f"session:{self.socket_id}")
        return cell.actor if cell is not None and isinstance(cell.actor, Session) else None

    @property
    def space(self) -> SpaceId | None:
        """Where its session knows it to be."""
        session = self.session
        return session.where.space if session is not None and session.where.inside else None

    def answer(self, ack: int) -> Any:
        """Return the one answer to an event."""
        (answer,) = self.answers[ack]
        return answer

    def code(self, ack: int) -> str:
        """Return the code of the one answer, which is a no."""
        answer = self.answer(ack)
        assert isinstance(answer, Refused), answer
        return answer.code

    def got(self, event: str) -> list[Any]:
        return [payload for name, payload in self.inbox if name == event]

    def heard(self) -> list[str]:
        """Return the contents of the chat messages it was shown."""
        return [payload["content"] for payload in self.got("chat-message")]

    def left(self) -> list[str]:
        return [payload["socketId"] for payload in self.got("user-left")]

    def joined(self) -> list[str]:
        return [payload["socketId"] for payload in self.got("user-joined")]

    def receive(self, event: str, payload: Any) -> None:
        self.inbox.append((event, payload))
        if event == "space-joined":
            self._shown(payload)
        elif event == "user-joined" and self.view is not None:
            if payload["socketId"] in self.view:
                self.complaints.append(f"{payload['socketId']} joined twice")
            self.view[payload["socketId"]] = payload
        elif event == "user-left" and self.view is not None:
            if payload["socketId"] not in self.view:
                self.complaints.append(f"{payload['socketId']} left and was not there")
            self.view.pop(payload["socketId"], None)
            self.links.pop(payload["socketId"], None)
            self.hearers.discard(payload["socketId"])
        elif event == "spatial-connections-updated":
            self._hear(payload)
        elif event == "spatial-hearers-updated":
            self._is_heard(payload)

    def _hear(self, payload: Any) -> None:
        if payload["resync"]:
            self.links = {}
        for socket_id in payload["ended"]:
            if self.links.pop(socket_id, None) is None:
                self.complaints.append(f"{socket_id} ended and was not heard")
        for link in payload["connections"]:
            if link["socketId"] not in (self.view or {}):
                self.complaints.append(f"hears {link['socketId']}, who is not here")
            self.links[link["socketId"]] = link["kind"]

    def _is_heard(self, payload: Any) -> None:
        if payload["resync"]:
            self.hearers = set()
        hearers, ended = set(payload["hearers"]), set(payload["ended"])
        if hearers & self.hearers or ended - self.hearers or hearers - set(self.view or {}):
            self.complaints.append(f"told {payload} of hearers {self.hearers}")
        self.hearers = (self.hearers - ended) | hearers

    def _shown(self, snapshot: Any) -> None:
        users = [user["socketId"] for user in snapshot["users"]]
        if len(set(users)) < len(users) or len(users) > snapshot["max_users"]:
            self.complaints.append(f"shown {users}")
        self.view = {user["socketId"]: user for user in snapshot["users"]}
        self.links, self.hearers = {}, set()
        space = SpaceId(snapshot["spaceType"], snapshot["spaceId"], snapshot["subspace"])
        rows = self.world.memory.messages_of(space)
        self.history_up_to = max((row.id for row in rows), default=0)


class World:
    """A heap engine with the product's actors, a memory store and clients."""

    def __init__(
        self, *, reply_us: int = 0, memory: MemoryStore | None = None, **policy: Any
    ) -> None:
        kinds = product_kinds(ActorSettings(**{"tick_hz": 5, **policy}))
        self.engine = HeapEngine(
            kinds, seed=b"actors", now_us=START_US, before_delivery=self._before_delivery
        )
        self.core = self.engine.core
        self.routes = PoseRoutes(self.core)
        self.memory = memory or watched(MemoryStore(lambda: self.core.now_us))
        self.clients: dict[str, Client] = {}
        self.requests: Counter[str] = Counter()
        self.fault: Callable[[Any], Fault | None] = lambda _request: None
        self._reply_us = reply_us
        self._crashes: dict[str, int] = {}
        self.core.ports = {STORE: _StorePort(self), CLIENTS: _ClientsPort(self)}

    # What tests do.

    def connect(self, socket_id: str, person: Person | None = None) -> Client:
        person = person or Person(guest_id=f"guest-{socket_id}")
        client = self.clients[socket_id] = Client(self, socket_id, person)
        self.core.spawn(f"session:{socket_id}", SessionInit(socket_id=socket_id, person=person))
        return client

    def inside(self, space: SpaceId, *socket_ids: str) -> list[Client]:
        """Return clients that are in a space, and have forgotten how they came in."""
        clients = [self.connect(socket_id) for socket_id in socket_ids]
        for client in clients:
            client.join(space)
            self.run(0.1)
        for client in clients:
            assert client.space == space, client.inbox
            client.inbox.clear()
        return clients

    def run(self, seconds: float) -> None:
        self.engine.run_for(int(seconds * SECOND_US))

    def crash(self, address: str, *, at_delivery: int = 1) -> None:
        """Have an actor crash at its n-th delivery from now."""
        self._crashes[address] = at_delivery

    def heal(self) -> None:
        """No faults and no planted crashes from now on."""
        self._crashes = {}
        self.fault = lambda _request: None

    def space(self, space: SpaceId) -> Space | None:
        cell = self.core.cells.get(space.address)
        return cell.actor if cell is not None and isinstance(cell.actor, Space) else None

    def roster(self, space: SpaceId) -> list[str]:
        actor = self.space(space)
        return [] if actor is None else list(actor.state.roster.bodies)

    def rows(self, space: SpaceId) -> list[str]:
        """Return the socket ids with a presence row in this space."""
        return sorted(row.socket_id for row in self.memory.sessions.values() if row.space == space)

    def chat(self, space: SpaceId) -> list[str]:
        """Return the contents of the durable messages."""
        return [row.content for row in self.memory.messages_of(space)]

    def ask(self, address: str, message: Any) -> Outcome:
        outcomes: list[Outcome] = []
        self.core.ask(address, message, outcomes.append, timeout_us=10 * SECOND_US)
        self.run(10)
        (outcome,) = outcomes
        return outcome

    def counts(self) -> dict[tuple[str, str], int]:
        outcome = self.ask(DIRECTORY, CountPeople())
        assert isinstance(outcome, Ok)
        return {(type_, id_): people for type_, id_, people in outcome.value.by_space}

    def save_settings(self, space: SpaceId, **fields: Any) -> None:
        self.memory._settings[space.type, space.id] = SpaceSettings(**fields)

    def _before_delivery(self, cell: Cell, message: Any) -> None:
        left = self._crashes.get(cell.address)
        if left is None:
            return
        if left > 1:
            self._crashes[cell.address] = left - 1
            return
        del self._crashes[cell.address]
        raise Boom(f"{cell.address} at {message!r}")


class _StorePort:
    """The memory store, answering now or a little later, and failing when told to."""

    def __init__(self, world: World) -> None:
        self._world = world

    def start(self, request: Any, reply: Reply) -> None:
        world = self._world
        world.requests[type(request).__name__] += 1
        fault = world.fault(request)
        outcome: Outcome
        if fault == "err":
            outcome = Err("planted")
        else:
            outcome = world.memory.answer(request)
            if fault == "unknown":
                outcome = Unknown("planted")
        if world._reply_us:
            world.core.timers.at(world.core.now_us + world._reply_us, reply, outcome)
        else:
            reply(outcome)


class _ClientsPort:
    """Per-socket inboxes. A socket that is dismissed ends, as it does in the realtime adapter."""

    def __init__(self, world: World) -> None:
        self._world = world

    def start(self, request: Any, reply: Reply) -> None:
        clients = self._world.clients
        match request:
            case Emit():
                for to in request.to:
                    if to not in clients or to == request.but:
                        continue
                    if clients[to].connected:
                        clients[to].receive(request.event, request.payload)
                    elif clients[to].away and not (request.passing or request.snapshot):
                        clients[to].missed.append((request.event, request.payload))
            case EmitMany(to=receivers, event=event, payloads=payloads, passing=passing):
                for but, payload in payloads:
                    self.start(
                        Emit(to=receivers, event=event, payload=payload, but=but, passing=passing),
                        reply,
                    )
                return
            case RoutePoses(to=to) if to in clients and (clients[to].connected or clients[to].away):
                self._world.routes.set(request)
            case Acknowledge(to=to, ack=ack, outcome=outcome) if to in clients:
                clients[to].answers.setdefault(ack, []).append(outcome)
            case Disconnect(to=to) if to in clients:
                clients[to].dismissed.append(request)
                clients[to].disconnect()
            case Forget(to=to):
                client = clients[to]
                client.away = False
                reply(Ok(not client.connected))
                return
        reply(Ok(None))
