"""The server's edge in the simulator: what the bridge and the HTTP routes do in production.

It turns packets into sessions' messages with the same checks, and writes the actors' events into
packets with the same codecs, each event once for everybody.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from actors.calls.messages import (
    AcceptCall,
    EndCall,
    PauseCall,
    ResumeCall,
    StartCall,
    call_address,
)
from actors.chat.rules import message_view
from actors.clients import Acknowledge, Disconnect, Emit, EmitMany, Forget, RoutePoses
from actors.gate import Gate
from actors.limits import Limits, LimitSettings
from actors.person import Person
from actors.session.messages import (
    Disconnected,
    Dropped,
    MoveTo,
    Resumed,
    SessionInit,
    SessionMessage,
)
from actors.session.pose_routes import PoseRoutes
from actors.space.messages import Admit
from actors.store import STORE, ReadMessages
from adapters.realtime.encoded import Encoded
from adapters.realtime.events import ERROR_EVENTS, limit_of, to_message
from adapters.realtime.outgoing import Outgoing
from adapters.realtime.pipe import LOST
from adapters.realtime.recovery import Claim, LogBounds, Seat, Seats, Sent
from adapters.realtime.socketio import Kind, PacketParser, acknowledgement, connected
from engine.clock import SECOND_US
from engine.core import Core, MailboxFull
from engine.entropy import chance
from engine.outcome import Ok, Outcome
from engine.port import Reply
from engine.refusal import Refusal, Refused
from sim.people.life import AskToJoin, ReadHistory, UseCall
from sim.people.life import Request as HttpRequest
from sim.people.trades import Trade
from sim.tills import serve_trade
from sim.wire import Arrived, Reader, written

STATUS = {
    "space_not_found": 404,
    "space_forbidden": 403,
    "guests_not_allowed": 403,
    "space_full": 429,
    "busy": 429,
    "fenced": 503,
}
HISTORY_PAGE = 100
ANSWER_WITHIN_US = 8 * SECOND_US

Request = Emit | EmitMany | RoutePoses | Acknowledge | Disconnect | Forget
Answer = Callable[[int, dict[str, Any]], None]


@dataclass(frozen=True, slots=True)
class Packet:
    """A packet to a client and what it says, read once for all who receive it."""

    text: str
    says: Arrived
    attachments: tuple[bytes, ...] = ()

    @property
    def size(self) -> int:
        """Bytes on the line, with the WebSocket's and Engine.IO's own."""
        return len(self.text) + 3 + sum(len(each) + 4 for each in self.attachments)


class Peer(Protocol):
    """The server's end of one connection."""

    @property
    def socket_id(self) -> str:
        """The id of a new socket; after a recovery, of the one that goes on."""
        ...

    def goes_on_as(self, socket_id: str) -> None:
        """Take the id of the socket that goes on here."""
        ...

    @property
    def behind(self) -> bool:
        """Whether something waits for the client to read."""
        ...

    def send(self, packet: Packet) -> None:
        """Send after all that was sent before."""
        ...

    def close(self, reason: str, *, packet: Packet | None) -> None:
        """End it after what was sent before, with a last packet."""
        ...


class TooFast(Refusal):
    """A client sends faster than its session handles."""

    code = "too_many_events"
    retryable = True

    def __init__(self) -> None:
        super().__init__("You are sending faster than the server can take; slow down")


class Front:
    """The node's clients port, and the entrance for sockets and HTTP requests.

    Attributes:
        sent: by socket id, the position of every ordered event that was ever for it.
        resyncs: how many came back and had to start over.
    """

    def __init__(self, core: Core, seed: bytes, bounds: LogBounds) -> None:
        self._core = core
        self._gate = self._new_gate()
        self.routes = PoseRoutes(core)
        self._bounds = bounds
        self._entropy = chance(seed, "secrets")
        self.seats: Seats[Peer, Packet] = self._new_seats()
        self.sent: dict[str, list[str]] = {}
        self.resyncs = 0
        self.events_in = 0
        self.events_out = 0
        self.refusals = 0
        self.snapshots_skipped = 0

    def _new_gate(self) -> Gate:
        core = self._core
        limits = Limits(LimitSettings().rates())
        return Gate(limits, now_us=lambda: core.now_us, at=core.timers.at)

    # From the people.

    def crash(self) -> None:
        """Forget everybody, as a process does that ends."""
        self.seats = self._new_seats()
        self.routes = PoseRoutes(self._core)
        self._gate = self._new_gate()

    def accept(self, peer: Peer, person: Person, claim: Claim | None) -> None:
        """Take a new socket, or let one that was lost go on."""
        if claim is not None:
            if self._come_back(peer, person, claim):
                return
            self.resyncs += 1
        for seat in self.seats.left_by(person):
            self._end(seat, "came back anew")
        socket_id = peer.socket_id
        seat = self.seats.take(socket_id, peer, person, "/", keeps=True)
        self.sent[socket_id] = []
        self._core.spawn(seat.session, SessionInit(socket_id=socket_id, person=person))
        peer.send(_packet(connected("/", socket_id, seat.pid)))

    def _come_back(self, peer: Peer, person: Person, claim: Claim) -> bool:
        seat = self.seats.claimed(claim, "/", person)
        if seat is None:
            return False
        missed = self.seats.missed(seat, claim)
        before = seat.socket
        if missed is None:
            self._end(seat, "recovery impossible")
        else:
            self.seats.sit(seat, peer)
            self._tell_surely(seat, Resumed())
        if before is not None:
            before.close("taken over", packet=None)
        if missed is None:
            return False
        peer.goes_on_as(seat.id)
        for packet in (_packet(connected("/", seat.id, seat.pid)), *missed):
            peer.send(packet)
        return True

    def receive(self, peer: Peer, text: str) -> None:
        """Take a packet."""
        packet = PacketParser(bytes_max=1 << 20).feed(text)
        assert packet is not None
        assert packet.kind is Kind.EVENT
        event, *args = packet.data
        self.events_in += 1
        try:
            seat = self.seats.by_id[peer.socket_id]
            limit = limit_of(event)
            if not self._gate.passes(seat.id, seat.person, limit, self.receive, peer, text):
                return
            message = to_message(event, args, packet.ack)
            try:
                if isinstance(message, MoveTo):
                    self.routes.carry(seat.session, seat.id, message)
                else:
                    self._core.tell(seat.session, message)
            except MailboxFull:
                raise TooFast from None
        except Refusal as refusal:
            self._refuse(peer, event, packet.ack, refusal.value())

    def lost(self, peer: Peer, reason: str) -> None:
        """Take leave of a socket."""
        seat = self.seats.by_id.get(peer.socket_id)
        if seat is None or seat.socket is not peer:
            return  # Its client goes on over a newer connection.
        if reason in LOST and self.seats.leave(seat):
            self._tell_surely(seat, Dropped(reason=reason))
        else:
            self._end(seat, reason)

    def _end(self, seat: Seat[Peer, Packet], reason: str) -> None:
        self._give_up(seat)
        self._tell_surely(seat, Disconnected(reason=reason))

    def _give_up(self, seat: Seat[Peer, Packet]) -> None:
        self.seats.give_up(seat)
        self.routes.forget(seat.id)
        self._gate.forget(seat.id)

    def _tell_surely(self, seat: Seat[Peer, Packet], message: SessionMessage) -> None:
        # It must not be lost, however full the session's mailbox is.
        self._core.mail.post_system(seat.session, message)

    def _new_seats(self) -> Seats[Peer, Packet]:
        return Seats(lambda size: self._entropy.bits(8 * size).to_bytes(size, "big"), self._bounds)

    def fetch(self, request: HttpRequest, person: Person, answer: Answer) -> None:
        """Answer an HTTP request."""
        core = self._core
        if isinstance(request, UseCall):
            self._use_call(request, person, answer)
            return
        if isinstance(request, AskToJoin):

            def admitted(outcome: Outcome) -> None:
                answer(*_http(outcome, {"success": True}))

            address = request.space.address
            core.ask(address, Admit(person=person), admitted, timeout_us=ANSWER_WITHIN_US)
            return

        if not isinstance(request, ReadHistory):
            self._trade(request, person, answer)
            return

        def found(outcome: Outcome) -> None:
            if isinstance(outcome, Ok):
                views = [message_view(row) for row in outcome.value.messages]
                answer(200, {"messages": views, "has_more": outcome.value.has_more})
            else:
                answer(*_http(outcome, {}))

        core.ports[STORE].start(ReadMessages(space=request.space, limit=HISTORY_PAGE), found)

    def _use_call(self, request: UseCall, person: Person, answer: Answer) -> None:
        assert person.account is not None
        message: Any
        if request.verb == "ring":
            message = StartCall(
                fan=person.account, creator=request.to, initiator="fan", rate=request.rate
            )
        else:
            message = _CALL_VERBS[request.verb](by=person.account)

        def answered(outcome: Outcome) -> None:
            state = outcome.value.status if isinstance(outcome, Ok) else None
            answer(*_http(outcome, {"success": True, "state": state}))

        address = call_address(request.call_id)
        self._core.ask(address, message, answered, timeout_us=ANSWER_WITHIN_US)

    def _trade(self, trade: Trade, person: Person, answer: Answer) -> None:
        if person.account is None:
            answer(401, {"error": "Log in first", "code": "login_required"})
            return

        def finish(outcome: Outcome, body: dict[str, Any]) -> None:
            answer(*_http(outcome, body))

        serve_trade(self._core, trade, person.account, finish)

    # To the people: the clients port.

    def start(self, request: Request, reply: Reply) -> None:
        """Write to sockets; unknown ones are passed over."""
        match request:
            case Emit():
                self._emit(request)
            case EmitMany():
                self._emit_many(request)
            case RoutePoses(to=to):
                if to in self.seats.by_id:
                    self.routes.set(request)
            case Acknowledge(to=to, ack=ack, outcome=outcome):
                seat = self.seats.by_id.get(to)
                if seat is not None and seat.socket is not None:
                    answer = _answer(outcome)
                    seat.socket.send(_packet(acknowledgement("/", ack, [answer])))
            case Disconnect(to=to, reason=reason, reconnect=reconnect):
                seat = self.seats.by_id.get(to)
                if seat is not None and seat.socket is None:
                    self._end(seat, reason)
                elif seat is not None and seat.socket is not None:
                    seat.socket.close(reason, packet=None if reconnect else _GOODBYE)
            case Forget(to=to):
                seat = self.seats.by_id.get(to)
                back = seat is not None and seat.socket is not None
                if seat is not None and not back:
                    self._give_up(seat)
                reply(Ok(not back))
                return
        reply(Ok(None))

    def _emit(self, emit: Emit) -> None:
        ordered = not (emit.snapshot or emit.passing)
        number, offset = self.seats.next_position() if ordered else (0, None)
        sent: Sent[Packet] | None = None
        for socket_id in emit.to:
            seat = self.seats.by_id.get(socket_id)
            if seat is None or socket_id == emit.but:
                continue
            if sent is None:
                encoded = Encoded(emit.event, (emit.payload,), offset=offset)
                packet = _packet(encoded.for_namespace("/"))
                sent = self.seats.sent(number, packet, packet.size)
            if offset is not None and seat.log is not None:
                self.sent[socket_id].append(offset)
                seat.log.append(sent)
            if seat.socket is None:
                continue
            if emit.snapshot and seat.socket.behind:
                self.snapshots_skipped += 1
            else:
                self.events_out += 1
                seat.socket.send(sent.packets[0])

    def _emit_many(self, emit: EmitMany) -> None:
        event, to = emit.event, emit.to
        if emit.passing or len(emit.payloads) == 1:
            for but, payload in emit.payloads:
                each = Emit(to=to, event=event, payload=payload, but=but, passing=emit.passing)
                self._emit(each)
            return
        parts = []
        for but, payload in emit.payloads:
            number, offset = self.seats.next_position()
            encoded = Encoded(event, (payload,), offset=offset)
            parts.append((but, number, offset, _packet(encoded.for_namespace("/"))))
        for socket_id in to:
            seat = self.seats.by_id.get(socket_id)
            theirs = [part for part in parts if part[0] != socket_id]
            if seat is None or not theirs:
                continue
            _buts, numbers, offsets, packets = zip(*theirs, strict=True)
            if seat.log is not None:
                self.sent[socket_id] += offsets
                sizes = tuple(packet.size for packet in packets)
                seat.log.append(self.seats.sent_together(numbers, packets, sizes))
            if seat.socket is not None:
                self.events_out += len(packets)
                for packet in packets:
                    seat.socket.send(packet)

    def _refuse(self, peer: Peer, event: str, ack: int | None, refused: Refused) -> None:
        self.refusals += 1
        body = _answer(refused)
        error = ERROR_EVENTS.get(event, "error")
        self._emit(Emit(to=(peer.socket_id,), event=error, payload=body))
        if ack is not None:
            peer.send(_packet(acknowledgement("/", ack, [body])))


_CALL_VERBS: dict[str, Callable[..., Any]] = {
    "accept": AcceptCall,
    "pause": PauseCall,
    "resume": ResumeCall,
    "end": EndCall,
}


def _packet(outgoing: Outgoing) -> Packet:
    text, attachments = written(outgoing)
    reader = Reader()
    says = reader.feed(text)
    for each in attachments:
        says = reader.feed(each)
    assert says is not None
    return Packet(text, says, attachments)


_GOODBYE = Packet("1", Arrived(Kind.DISCONNECT, "", None, None))


def _answer(outcome: dict[str, Any] | Refused) -> dict[str, Any]:
    if not isinstance(outcome, Refused):
        return {"success": True, **outcome}
    body = {
        "success": False,
        "error": outcome.text,
        "code": outcome.code,
        "retryable": outcome.retryable,
        **outcome.details,
    }
    if outcome.field is not None:
        body["field"] = outcome.field
    return body


def _http(outcome: Outcome, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
    match outcome:
        case Ok():
            return 200, body
        case Refused(code=code, text=text):
            return STATUS.get(code, 400), {"error": text, "code": code}
        case _:
            return 503, {"error": "The server could not do this just now", "code": "unavailable"}
