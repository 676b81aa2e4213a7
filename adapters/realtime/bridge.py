"""Between sockets and session actors: events become messages, the clients port becomes frames.

What an event means is decided by the session; who is behind a socket is decided here, once, by the
token it shows. A name without a token is a claim and gives no rights (WIRE 5, 4).
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import partial
from typing import Any

from actors.clients import Acknowledge, Disconnect, Emit
from actors.gate import Gate
from actors.limits import FLOOD, Limits, RateLimited
from actors.person import Person
from actors.session.messages import Disconnected, Identify, SessionInit
from adapters.identity.names import checked_guest_name
from adapters.identity.service import Identity
from adapters.network import client_address, network_of
from adapters.realtime.app import App, Handshake, Socket
from adapters.realtime.encoded import Encoded
from adapters.realtime.events import ERROR_EVENTS, limit_of, to_message, to_room_message
from adapters.realtime.json_text import Json
from adapters.realtime.naf.desk import NAF_EVENTS, Desk
from adapters.realtime.naf.limits import naf_limit_of
from engine.core import MailboxFull
from engine.kernel import Kernel
from engine.outcome import Ok
from engine.port import Reply
from engine.refusal import Refusal, Refused

TOO_MANY_EVENTS = Refused(
    code="too_many_events",
    text="Events arrive faster than they can be handled; slow down",
    retryable=True,
)
CLAIM_LENGTH_MAX = 64

IceServers = Callable[[str | None, str], list[dict[str, Any]]]
"""Returns the ICE servers for an account, or a guest, that reached us by this Host header."""


class Bridge(App):
    """The realtime server's App and the kernel's clients port in one: it knows both sides' ids.

    Args:
        limits: shared with the HTTP routes: what somebody may do in all places together.
        ice_servers: what Networked-A-Frame pages connect to each other through.
        now_us: Unix time, for EasyRTC's `serverTime`.
        sessions_per_account: connections that one account may have.
        guests_per_address: connections of guests that one address may have; None: any number.
        trust_forwarded: whether a proxy of ours says in X-Forwarded-For who connects.
    """

    def __init__(
        self,
        kernel: Kernel,
        identity: Identity,
        limits: Limits,
        *,
        ice_servers: IceServers,
        now_us: Callable[[], int],
        sessions_per_account: int = 20,
        guests_per_address: int | None = None,
        trust_forwarded: bool = False,
    ) -> None:
        self._kernel = kernel
        self._identity = identity
        self._trust_forwarded = trust_forwarded
        self._gate = Gate(
            limits,
            now_us=lambda: kernel.now_us,
            at=kernel.core.timers.at,
            sessions_per_account=sessions_per_account,
            guests_per_address=guests_per_address,
        )
        self._sockets: dict[str, Socket] = {}
        self._persons: dict[str, Person] = {}
        self._hosts: dict[str, str] = {}
        self._ice_servers = ice_servers
        self._naf = Desk(
            tell=lambda socket_id, message: self._kernel.tell(_session(socket_id), message),
            identify=self._take_token,
            ice_servers=self._ice_servers_of,
            now_us=now_us,
        )

    def __len__(self) -> int:
        return len(self._sockets)

    # From the sockets.

    def connect(self, socket: Socket, handshake: Handshake) -> Refused | None:
        try:
            person = self._person(handshake)
            self._gate.admit(socket.id, person, self._place(handshake))
        except Refusal as refusal:
            return refusal.value()
        self._sockets[socket.id] = socket
        self._persons[socket.id] = person
        self._hosts[socket.id] = sys.intern(handshake.headers.get("host", ""))
        self._kernel.spawn(_session(socket.id), SessionInit(socket_id=socket.id, person=person))
        return None

    def event(self, socket: Socket, name: str, args: list[Json], ack: int | None) -> None:
        payload = args[0] if args else None
        try:
            again = partial(self.event, socket, name, args, ack)
            naf = self._naf.takes(socket, name)
            limit = naf_limit_of(name, payload) if naf else limit_of(name)
            if not self._gate.passes(socket.id, self._persons[socket.id], limit, again):
                return
            if naf:
                self._naf.event(socket, name, payload, ack)
                return
            if name == "join-space" and isinstance(payload, dict):
                self._identify(socket.id, payload)
            if socket.transport == "json":
                assert isinstance(payload, dict), "a room's frame is an object"
                message = to_room_message(name, payload)
            else:
                message = to_message(name, args, ack)
            self._kernel.tell(_session(socket.id), message)
        except Refusal as refusal:
            self._refuse(socket, name, refusal.value(), ack)
            if isinstance(refusal, RateLimited) and refusal.limit == FLOOD:
                socket.disconnect(close=True)
        except MailboxFull:
            self._refuse(socket, name, TOO_MANY_EVENTS, ack)

    def disconnect(self, socket: Socket, reason: str) -> None:
        del self._sockets[socket.id]
        del self._persons[socket.id]
        del self._hosts[socket.id]
        self._naf.disconnected(socket.id)
        self._gate.forget(socket.id)
        message = Disconnected(reason=reason)
        try:
            self._kernel.tell(_session(socket.id), message)
        except MailboxFull:
            # It must not be lost; a client that flooded us loses its place in its own queue.
            self._kernel.core.mail.post_system(_session(socket.id), message)

    def tell_everybody(self, event: str, payload: dict[str, Json]) -> None:
        """Send an event to every socket, in a space or not."""
        encoded = Encoded(event, (payload,))
        for socket in list(self._sockets.values()):
            socket.emit(encoded)

    # From the actors.

    def start(self, request: Any, reply: Reply) -> None:
        """Carry out one request of `actors.clients`; see `engine.port.Port`."""
        match request:
            case Emit():
                self._emit(request)
            case Acknowledge(to=to, ack=ack, outcome=outcome):
                socket = self._sockets.get(to)
                if socket is not None and not self._naf.acknowledge(to, ack, outcome):
                    socket.acknowledge(ack, _answer(outcome))
            case Disconnect(to=to, reconnect=reconnect):
                socket = self._sockets.get(to)
                if socket is not None and reconnect:
                    socket.reconnect()
                elif socket is not None:
                    socket.disconnect(close=True)
            case _:
                raise AssertionError(request)
        reply(Ok(None))

    def _emit(self, emit: Emit) -> None:
        if emit.event in NAF_EVENTS:
            self._naf.emit(emit, self._sockets)
            return
        naf = self._naf or None
        encoded = Encoded(emit.event, (emit.payload,))
        for_rooms = encoded
        if emit.event == "chat-message":
            # JSON rooms know chat as {user, message}, and keep the rest for who wants it.
            payload = emit.payload
            room_names = {"user": payload["display_name"], "message": payload["content"]}
            for_rooms = Encoded(emit.event, ({**payload, **room_names},))
        sockets = self._sockets
        for socket_id in emit.to:
            socket = sockets.get(socket_id)
            if socket is None or socket_id == emit.but or (emit.snapshot and socket.behind):
                continue
            if naf is not None and naf.absorbs(socket_id, emit.event, emit.payload):
                continue
            socket.emit(for_rooms if socket.transport == "json" else encoded)

    # Who is who.

    def _place(self, handshake: Handshake) -> str:
        forwarded = handshake.headers.get("x-forwarded-for", "") if self._trust_forwarded else ""
        return network_of(client_address(handshake.remote_address, forwarded))

    def _person(self, handshake: Handshake) -> Person:
        """Return who connects.

        Raises:
            Refusal: a token that is not good; better than a login that silently is none.
        """
        auth = handshake.auth if isinstance(handshake.auth, dict) else {}
        token = auth.get("token") or auth.get("session_token") or handshake.query.get("token")
        if isinstance(token, str) and token:
            return self._identity.from_token(token).person
        claimed = auth.get("userAccount")
        name = auth.get("name")
        guest = self._identity.new_guest(checked_guest_name(name or None))
        return Person(
            guest_id=guest.guest_id,
            name=guest.name,
            claimed=claimed[:CLAIM_LENGTH_MAX] if isinstance(claimed, str) and claimed else None,
        )

    def _identify(self, socket_id: str, payload: dict[str, Json]) -> None:
        """Take the token that `join` gave for this very purpose."""
        token = payload.get("session_token") or payload.get("token")
        if isinstance(token, str) and token:
            self._take_token(socket_id, token)

    def _take_token(self, socket_id: str, token: str) -> None:
        person = self._identity.from_token(token).person
        if person != self._persons[socket_id]:
            self._gate.admit(socket_id, person, "")
            self._kernel.tell(_session(socket_id), Identify(person=person))
            self._persons[socket_id] = person

    def _ice_servers_of(self, socket_id: str) -> list[dict[str, Any]]:
        return self._ice_servers(self._persons[socket_id].account, self._hosts[socket_id])

    def _refuse(self, socket: Socket, event: str, refused: Refused, ack: int | None) -> None:
        if self._naf.refuse(socket, ack, refused):
            return
        answer = _answer(refused)
        error = {key: value for key, value in answer.items() if key != "success"}
        error["event"] = event[:CLAIM_LENGTH_MAX]
        socket.emit(Encoded(ERROR_EVENTS.get(event, "error"), (error,)))
        if ack is not None:
            socket.acknowledge(ack, answer)


def _session(socket_id: str) -> str:
    return f"session:{socket_id}"


def _answer(outcome: dict[str, Any] | Refused) -> dict[str, Json]:
    """Return an outcome as acknowledgements carry it."""
    if not isinstance(outcome, Refused):
        return {"success": True, **outcome}
    answer: dict[str, Json] = {
        "success": False,
        "error": outcome.text,
        "code": outcome.code,
        "retryable": outcome.retryable,
        **outcome.details,
    }
    if outcome.field is not None:
        answer["field"] = outcome.field
    return answer
