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
from actors.clients import Acknowledge, Disconnect, Emit
from actors.person import Person
from actors.session.messages import Disconnected, SessionInit
from actors.space.messages import Admit
from actors.store import STORE, ReadMessages
from adapters.realtime.events import ERROR_EVENTS, to_message
from adapters.realtime.socketio import Kind, PacketParser
from engine.clock import SECOND_US
from engine.core import Core, MailboxFull
from engine.outcome import Ok, Outcome
from engine.port import Reply
from engine.refusal import Refusal, Refused
from sim.people.life import AskToJoin, Request, UseCall
from sim.wire import Arrived, acknowledgement_text, event_text, read

STATUS = {
    "space_not_found": 404,
    "space_forbidden": 403,
    "guests_not_allowed": 403,
    "space_full": 429,
}
HISTORY_PAGE = 100
ANSWER_WITHIN_US = 8 * SECOND_US

Answer = Callable[[int, dict[str, Any]], None]


@dataclass(frozen=True, slots=True)
class Packet:
    """A packet to a client and what it says, read once for all who receive it."""

    text: str
    says: Arrived


class Peer(Protocol):
    """The server's end of one connection."""

    @property
    def socket_id(self) -> str: ...

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
    """The node's clients port, and the entrance for sockets and HTTP requests."""

    def __init__(self, core: Core) -> None:
        self._core = core
        self.peers: dict[str, Peer] = {}
        self.events_in = 0
        self.events_out = 0
        self.refusals = 0

    # From the people.

    def accept(self, peer: Peer, person: Person) -> None:
        """Take a new socket."""
        socket_id = peer.socket_id
        self.peers[socket_id] = peer
        self._core.spawn(f"session:{socket_id}", SessionInit(socket_id=socket_id, person=person))

    def receive(self, peer: Peer, text: str) -> None:
        """Take a packet."""
        packet = PacketParser(bytes_max=1 << 20).feed(text)
        assert packet is not None
        assert packet.kind is Kind.EVENT
        event, *args = packet.data
        self.events_in += 1
        try:
            message = to_message(event, args, packet.ack)
            try:
                self._core.tell(f"session:{peer.socket_id}", message)
            except MailboxFull:
                raise TooFast from None
        except Refusal as refusal:
            self._refuse(peer, event, packet.ack, refusal.value())

    def lost(self, peer: Peer, reason: str) -> None:
        """Take leave of a socket."""
        if self.peers.pop(peer.socket_id, None) is not None:
            # It must not be lost, however full the session's mailbox is.
            self._core.mail.post_system(f"session:{peer.socket_id}", Disconnected(reason=reason))

    def fetch(self, request: Request, person: Person, answer: Answer) -> None:
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

    # To the people: the clients port.

    def start(self, request: Emit | Acknowledge | Disconnect, reply: Reply) -> None:
        """Write to sockets; unknown ones are passed over."""
        match request:
            case Emit():
                self._emit(request)
            case Acknowledge(to=to, ack=ack, outcome=outcome):
                if to in self.peers:
                    answer = _answer(outcome)
                    self.peers[to].send(_packet(acknowledgement_text(ack, answer)))
            case Disconnect(to=to, reason=reason, reconnect=reconnect):
                if to in self.peers:
                    goodbye = None if reconnect else _GOODBYE
                    self.peers[to].close(reason, packet=goodbye)
        reply(Ok(None))

    def _emit(self, emit: Emit) -> None:
        packet: Packet | None = None
        for socket_id in emit.to:
            peer = self.peers.get(socket_id)
            if peer is not None and socket_id != emit.but:
                if packet is None:
                    packet = _packet(event_text(emit.event, emit.payload, None))
                self.events_out += 1
                peer.send(packet)

    def _refuse(self, peer: Peer, event: str, ack: int | None, refused: Refused) -> None:
        self.refusals += 1
        body = _answer(refused)
        error = ERROR_EVENTS.get(event, "error")
        peer.send(_packet(event_text(error, body, None)))
        if ack is not None:
            peer.send(_packet(acknowledgement_text(ack, body)))


_CALL_VERBS: dict[str, Callable[..., Any]] = {
    "accept": AcceptCall,
    "pause": PauseCall,
    "resume": ResumeCall,
    "end": EndCall,
}


def _packet(text: str) -> Packet:
    return Packet(text, read(text))


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
