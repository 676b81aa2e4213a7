"""Between sockets and session actors: events become messages, the clients port becomes frames.

What an event means is decided by the session; who is behind a socket is decided here, once, by the
token it shows. A name without a token is a claim and gives no rights (WIRE 5, 4).
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any, Final

from actors.clients import Acknowledge, Disconnect, Emit, EmitMany, Forget, RoutePoses
from actors.gate import Gate
from actors.limits import FLOOD, Limits, RateLimited
from actors.person import Person
from actors.session.messages import (
    Disconnected,
    Dropped,
    Identify,
    MoveTo,
    Resumed,
    SessionInit,
    SessionMessage,
)
from actors.session.pose_routes import PoseRoutes
from adapters.identity.service import Identity
from adapters.realtime.answers import CHAT_MESSAGE, answer_of, as_rooms_read
from adapters.realtime.app import Accepted, App, Handshake, Socket
from adapters.realtime.encoded import Encoded
from adapters.realtime.encoded_many import EncodedMany
from adapters.realtime.events import ERROR_EVENTS, limit_of, to_message, to_room_message
from adapters.realtime.handshakes import CLAIM_LENGTH_MAX, new_guest, place_of, proven_person
from adapters.realtime.json_text import Json
from adapters.realtime.naf.desk import NAF_EVENTS, Desk
from adapters.realtime.naf.limits import naf_limit_of
from adapters.realtime.outgoing import Outgoing
from adapters.realtime.pipe import LOST
from adapters.realtime.recovery import Claim, LogBounds, Seat, Seats, Sent, claim_of
from engine.core import MailboxFull
from engine.kernel import Kernel
from engine.outcome import Ok
from engine.port import Reply
from engine.refusal import Refusal, Refused

_DONE: Final = Ok(None)
TOO_MANY_EVENTS: Final = Refused(
    code="too_many_events",
    text="Events arrive faster than they can be handled; slow down",
    retryable=True,
)

IceServers = Callable[[str | None, str], list[dict[str, Any]]]
"""Returns the ICE servers for an account, or a guest, that reached us by this Host header."""

BridgeSeat = Seat[Socket, Outgoing]


class Bridge(App):
    """The realtime server's App and the kernel's clients port in one: it knows both sides' ids.

    Args:
        limits: shared with the HTTP routes: what somebody may do in all places together.
        entropy: returns that many random bytes; clients' secrets are made of it.
        recovery: what is kept for those who come back; None: nobody may.
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
        entropy: Callable[[int], bytes],
        recovery: LogBounds | None,
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
            now_us=kernel.read_now_us,
            at=kernel.core.timers.at,
            sessions_per_account=sessions_per_account,
            guests_per_address=guests_per_address,
        )
        self._seats: Seats[Socket, Outgoing] = Seats(entropy, recovery)
        self._routes = PoseRoutes(kernel.core)
        self._hosts: dict[str, str] = {}
        self._ice_servers = ice_servers
        self._naf = Desk(
            tell=lambda socket_id, message: kernel.tell(f"session:{socket_id}", message),
            identify=self._take_token,
            ice_servers=self._ice_servers_of,
            now_us=now_us,
        )

    def __len__(self) -> int:
        return len(self._seats)

    @property
    def away(self) -> int:
        """How many have lost their connection and may still come back."""
        return self._seats.away

    # From the sockets.

    def connect(self, socket: Socket, handshake: Handshake) -> Refused | Accepted | None:
        stock = handshake.transport not in ("json", "uws")
        claim = claim_of(handshake.auth) if stock else None
        try:
            proven = proven_person(self._identity, handshake)
            if claim is not None:
                back = self._come_back(socket, claim, handshake.namespace, proven)
                if isinstance(back, Accepted):
                    return back
                proven = back or proven
            person = new_guest(self._identity, handshake) if proven is None else proven
            self._come_anew(person)
            self._gate.admit(
                socket.id, person, place_of(handshake, trust_forwarded=self._trust_forwarded)
            )
        except Refusal as refusal:
            return refusal.value()
        seat = self._seats.take(socket.id, socket, person, handshake.namespace, keeps=stock)
        self._hosts[socket.id] = sys.intern(handshake.headers.get("host", ""))
        self._kernel.spawn(seat.session, SessionInit(socket_id=socket.id, person=person))
        return None if seat.pid is None else Accepted(pid=seat.pid)

    def _come_back(
        self, socket: Socket, claim: Claim, namespace: str, person: Person | None
    ) -> Accepted | Person | None:
        """Let a client go on at its seat, or return as which guest it has to start over.

        None: its secret says nothing of who it is.
        """
        seat = self._seats.claimed(claim, namespace, person)
        if seat is None or seat.pid is None:
            return None
        pid, missed = seat.pid, self._seats.missed(seat, claim)
        before = seat.socket
        if missed is None:
            self._end(seat, "recovery impossible")
        else:
            self._seats.sit(seat, socket)
            self._tell_surely(seat, Resumed())
        if before is not None:
            # We had not noticed that it is lost; or the newer one is an attempt that its client has
            # given up and that arrives late. So the older is not told to stay away.
            before.reconnect()
        if missed is not None:
            return Accepted(pid=pid, id=seat.id, missed=missed)
        return seat.person if seat.person.account is None else None

    def _come_anew(self, person: Person) -> None:
        """Whoever is back in another way than by recovery must not stand beside themself."""
        for seat in self._seats.left_by(person):
            self._end(seat, "came back anew")

    def event(self, socket: Socket, name: str, args: list[Json], ack: int | None) -> None:
        seat = self._seats.by_id.get(socket.id)
        if seat is None:
            return  # Its client has started over on a newer connection.
        payload = args[0] if args else None
        try:
            naf = self._naf.takes(socket, name)
            limit = naf_limit_of(name, payload) if naf else limit_of(name)
            again = self.event
            if not self._gate.passes(seat.id, seat.person, limit, again, socket, name, args, ack):
                return
            if naf:
                # What pages tell each other is in no log; they join anew, and sync, after a loss.
                self._seats.forgo(seat)
                self._naf.event(socket, name, payload, ack)
                return
            if name == "join-space" and isinstance(payload, dict):
                self._identify(socket.id, payload)
            if socket.transport == "json":
                assert isinstance(payload, dict), "a room's frame is an object"
                message = to_room_message(name, payload)
            else:
                message = to_message(name, args, ack)
            if type(message) is MoveTo:
                self._routes.carry(seat.session, seat.id, message)
            else:
                self._kernel.tell(seat.session, message)
        except Refusal as refusal:
            self._refuse(socket, name, refusal.value(), ack)
            if isinstance(refusal, RateLimited) and refusal.limit == FLOOD:
                socket.disconnect(close=True)
        except MailboxFull:
            self._refuse(socket, name, TOO_MANY_EVENTS, ack)

    def disconnect(self, socket: Socket, reason: str) -> None:
        seat = self._seats.by_id.get(socket.id)
        if seat is None or seat.socket is not socket:
            return  # Its client goes on over a newer connection.
        if reason in LOST and self._seats.leave(seat):
            self._tell_surely(seat, Dropped(reason=reason))
        else:
            self._end(seat, reason)

    def together(self) -> AbstractContextManager[None]:
        return self._kernel.together()

    def _end(self, seat: BridgeSeat, reason: str) -> None:
        self._give_up(seat)
        self._tell_surely(seat, Disconnected(reason=reason))

    def _give_up(self, seat: BridgeSeat) -> None:
        self._seats.give_up(seat)
        self._routes.forget(seat.id)
        self._gate.forget(seat.id)
        self._naf.disconnected(seat.id)
        del self._hosts[seat.id]

    def _tell_surely(self, seat: BridgeSeat, message: SessionMessage) -> None:
        try:
            self._kernel.tell(seat.session, message)
        except MailboxFull:
            # It must not be lost; a client that flooded us loses its place in its own queue.
            self._kernel.core.mail.post_system(seat.session, message)

    def tell_everybody(self, event: str, payload: dict[str, Json]) -> None:
        """Send an event to every socket, in a space or not."""
        encoded = Encoded(event, (payload,))
        for seat in list(self._seats.by_id.values()):
            if seat.socket is not None:
                seat.socket.emit(encoded)

    # From the actors.

    def start(self, request: Any, reply: Reply) -> None:
        """Carry out one request of `actors.clients`; see `engine.port.Port`."""
        match request:
            case Emit():
                self._emit(request)
            case EmitMany():
                self._emit_many(request)
            case RoutePoses(to=to):
                if to in self._seats.by_id:
                    self._routes.set(request)
            case Acknowledge(to=to, ack=ack, outcome=outcome):
                seat = self._seats.by_id.get(to)
                if seat is None or seat.socket is None:
                    pass
                elif not self._naf.acknowledge(to, ack, outcome):
                    seat.socket.acknowledge(ack, answer_of(outcome))
            case Disconnect():
                self._disconnect(request)
            case Forget(to=to):
                seat = self._seats.by_id.get(to)
                back = seat is not None and seat.socket is not None
                if seat is not None and not back:
                    self._give_up(seat)
                reply(Ok(not back))
                return
            case _:
                raise AssertionError(request)
        reply(_DONE)

    def _disconnect(self, request: Disconnect) -> None:
        seat = self._seats.by_id.get(request.to)
        if seat is None:
            return
        if seat.socket is None:
            self._end(seat, request.reason)
        elif request.reconnect:
            seat.socket.reconnect()
        else:
            seat.socket.disconnect(close=True)

    def _emit(self, emit: Emit) -> None:
        if emit.event in NAF_EVENTS:
            self._naf.emit(emit)
            return
        naf = self._naf or None
        ordered = self._seats.keeps and not (emit.snapshot or emit.passing)
        number, offset = self._seats.next_position() if ordered else (0, None)
        encoded = Encoded(emit.event, (emit.payload,), offset=offset)
        for_rooms = as_rooms_read(encoded)
        seats = self._seats.by_id
        sent: Sent[Outgoing] | None = None
        for socket_id in emit.to:
            seat = seats.get(socket_id)
            if seat is None or socket_id == emit.but:
                continue
            if ordered and seat.log is not None:
                outgoing = encoded.for_namespace(seat.namespace)
                if sent is None or sent.packets[0] is not outgoing:
                    sent = self._seats.sent(number, outgoing, outgoing.size)
                seat.log.append(sent)
            socket = seat.socket
            if socket is None or (emit.snapshot and socket.behind):
                continue
            if naf is not None and naf.absorbs(socket_id, emit.event, emit.payload):
                continue
            if for_rooms is not encoded and socket.transport == "json":
                socket.emit(for_rooms)
            else:
                socket.emit(encoded)

    def _emit_many(self, emit: EmitMany) -> None:
        """Send every receiver one message that holds all events but its own."""
        event, passing = emit.event, emit.passing
        if len(emit.payloads) == 1:
            ((but, payload),) = emit.payloads
            self._emit(Emit(to=emit.to, event=event, payload=payload, but=but, passing=passing))
            return
        ordered = self._seats.keeps and not passing
        positions = [self._seats.next_position() if ordered else (0, None) for _ in emit.payloads]
        parts = [
            Encoded(event, (payload,), offset=offset)
            for (_but, payload), (_number, offset) in zip(emit.payloads, positions, strict=True)
        ]
        events = EncodedMany(parts)
        for_rooms = events
        if event == CHAT_MESSAGE:
            for_rooms = EncodedMany([as_rooms_read(part) for part in parts])
        numbers = tuple([number for number, _offset in positions])
        logged: dict[tuple[str, int | None], Sent[Outgoing]] = {}
        naf = self._naf or None
        own = {but: place for place, (but, _payload) in enumerate(emit.payloads)}
        seats = self._seats.by_id
        for socket_id in emit.to:
            seat = seats.get(socket_id)
            if seat is None:
                continue
            place = own.get(socket_id)
            if ordered and seat.log is not None:
                form = seat.namespace, place
                if form not in logged:
                    logged[form] = self._sent_together(parts, numbers, *form)
                seat.log.append(logged[form])
            if seat.socket is None or (naf is not None and naf.absorbs(socket_id, event, {})):
                continue
            theirs = for_rooms if seat.socket.transport == "json" else events
            seat.socket.emit(theirs if place is None else theirs.without(place))

    def _sent_together(
        self, parts: list[Encoded], numbers: tuple[int, ...], namespace: str, but: int | None
    ) -> Sent[Outgoing]:
        """Return these events as logs keep them, except the one of this place."""
        packets = [part.for_namespace(namespace) for part in parts]
        places = [place for place in range(len(parts)) if place != but]
        return self._seats.sent_together(
            tuple([numbers[place] for place in places]),
            tuple([packets[place] for place in places]),
            tuple([packets[place].size for place in places]),
        )

    # Who is who.

    def _identify(self, socket_id: str, payload: dict[str, Json]) -> None:
        """Take the token that `join` gave for this very purpose."""
        token = payload.get("session_token") or payload.get("token")
        if isinstance(token, str) and token:
            self._take_token(socket_id, token)

    def _take_token(self, socket_id: str, token: str) -> None:
        person = self._identity.from_token(token).person
        seat = self._seats.by_id[socket_id]
        if person != seat.person:
            self._come_anew(person)
            self._gate.admit(socket_id, person, "")
            self._kernel.tell(seat.session, Identify(person=person))
            seat.person = person

    def _ice_servers_of(self, socket_id: str) -> list[dict[str, Any]]:
        seat = self._seats.by_id[socket_id]
        return self._ice_servers(seat.person.account, self._hosts[socket_id])

    def _refuse(self, socket: Socket, event: str, refused: Refused, ack: int | None) -> None:
        if self._naf.refuse(socket, ack, refused):
            return
        answer = answer_of(refused)
        error = {key: value for key, value in answer.items() if key != "success"}
        error["event"] = event[:CLAIM_LENGTH_MAX]
        self._emit(Emit(to=(socket.id,), event=ERROR_EVENTS.get(event, "error"), payload=error))
        if ack is not None:
            socket.acknowledge(ack, answer)
