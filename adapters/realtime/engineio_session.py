"""One Engine.IO session, whatever carries it: heartbeat, transport, upgrade and end."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, Literal, Protocol

import trio

from adapters.realtime.engineio import CLOSE, MESSAGE, PING, PONG, PROBE_PING, PROBE_PONG, UPGRADE
from adapters.realtime.guard import guarded
from adapters.realtime.outgoing import Outgoing
from adapters.realtime.pipe import DEAF, PING_TIMEOUT, TOO_SLOW, TRANSPORT_CLOSE, Pipe
from adapters.realtime.polling import NOOP_PACKET, Polling
from adapters.realtime.settings import RealtimeSettings
from adapters.realtime.timers import Timer, Timers
from adapters.realtime.websocket import CloseCode

_log = logging.getLogger(__name__)

_PING: Final = Outgoing(PING.encode(), prefix=b"")
_PROBE_PONG: Final = Outgoing(PROBE_PONG, prefix=b"")

PARSE_ERROR: Final = "parse error"
FORCED_CLOSE: Final = "forced server close"
SHUTTING_DOWN: Final = "server shutting down"


@dataclass(frozen=True, slots=True)
class Origin:
    """The request that opened a connection.

    Attributes:
        path: decoded, without the query.
        query: the last of repeated names.
        headers: by lower-case name.
        remote_address: the peer's IP address, empty when unknown.
    """

    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    remote_address: str


class Handler(Protocol):
    """What sits on one session; Socket.IO is one, an echo is another."""

    def message(self, data: str | bytes) -> None:
        """Take one message, in order."""
        ...

    def closed(self, reason: str) -> None:
        """Learn, exactly once, that the session has ended and why."""
        ...


class Table:
    """The sessions of one server, and what they share.

    Attributes:
        sessions: the live ones by sid.
        lingering: closed polling sessions whose client has not fetched its last packets.
        clients: everybody connected, also those outside Engine.IO, for the server's limit.
    """

    def __init__(self, settings: RealtimeSettings, timers: Timers, clients: set[object]) -> None:
        self.settings = settings
        self.timers = timers
        self.clients = clients
        self.sessions: dict[str, EngineSession] = {}
        self.lingering: dict[str, Polling] = {}
        self._fewer = trio.Event()

    def add(self, session: EngineSession) -> None:
        """Enter a new session."""
        self.sessions[session.id] = session
        self.clients.add(session)

    def remove(self, session: EngineSession) -> None:
        """Forget an ended session."""
        self.sessions.pop(session.id, None)
        self.clients.discard(session)

    def linger(self, sid: str, polling: Polling) -> None:
        """Keep a closed session's last packets for the GET that is on its way, for a while."""
        self.lingering[sid] = polling
        self.timers.after(self.settings.close_timeout_s, lambda: self._discard(sid))

    def fetch(self, sid: str) -> bytes | None:
        """Return a payload of a closed session's last packets, each once; None when all are."""
        polling = self.lingering.get(sid)
        if polling is None:
            return None
        payload = polling.take_payload()
        if not polling.waiting:
            self._discard(sid)
        return payload

    def _discard(self, sid: str) -> None:
        self.lingering.pop(sid, None)
        self._fewer.set()
        self._fewer = trio.Event()

    async def fetched(self) -> None:
        """Wait until no closed session's packets wait to be fetched."""
        while self.lingering:
            await self._fewer.wait()


class EngineSession:
    """One client's session. It is the receiver of its WebSocket, and of its POSTs' packets.

    Attributes:
        id: the Engine.IO `sid`.
        origin: the request that opened it.
        fault: what the client did wrong, once that has ended the session.
    """

    __slots__ = (
        "_awaits_pong",
        "_ended",
        "_heartbeat",
        "_probe",
        "_table",
        "carrier",
        "fault",
        "handler",
        "id",
        "origin",
    )

    def __init__(self, sid: str, origin: Origin, table: Table, pipe: Pipe | None) -> None:
        self.id = sid
        self.origin = origin
        self.fault: str | None = None
        self.handler: Handler | None = None
        self._table = table
        self._ended = False
        self._probe: Probe | None = None
        settings = table.settings
        self.carrier: Pipe | Polling = pipe or Polling(
            bytes_max=settings.outbox_bytes_max,
            on_overflow=lambda: self._later(self._fell_behind),
        )
        if pipe is not None:
            pipe.receiver = self
        self._awaits_pong = False
        self._heartbeat = table.timers.after(settings.ping_interval_s, self._ping)
        table.add(self)

    def __repr__(self) -> str:
        return f"<EngineSession {self.id} {self.transport}{' ended' if self._ended else ''}>"

    @property
    def transport(self) -> Literal["polling", "websocket"]:
        """What carries it now."""
        return "polling" if isinstance(self.carrier, Polling) else "websocket"

    @property
    def settings(self) -> RealtimeSettings:
        """The limits it lives under."""
        return self._table.settings

    @property
    def over(self) -> bool:
        """Whether it has ended; what is sent then goes nowhere."""
        return self._ended

    def overdue(self, now_s: float) -> bool:
        """Return whether a pong is late, even if the timer has not said so yet."""
        return self._awaits_pong and now_s >= self._heartbeat.deadline_s

    def send(self, outgoing: Outgoing) -> None:
        """Send a message after those before; never waits, never raises."""
        if not self._ended:
            self.carrier.send(outgoing)

    def close(
        self, reason: str = FORCED_CLOSE, *, code: int = CloseCode.NORMAL, text: str = ""
    ) -> None:
        """End the session after what was sent before.

        Args:
            reason: what the handler is told.
            code: the WebSocket close code.
            text: the close frame's reason, for the person who debugs the client.
        """
        if self._ended:
            return
        self.carrier.close(code, text)
        # A waiting GET takes one payload; the close packet goes in one of its own.
        if isinstance(self.carrier, Polling) and (
            self.carrier.polled is None or self.carrier.waiting > 1
        ):
            self._table.linger(self.id, self.carrier)
        self._finish(reason)

    def reject(self, fault: str, *, code: int = CloseCode.POLICY_VIOLATION) -> None:
        """End the session because of what the client sent; `fault` says what that was."""
        if not self._ended:
            self.fault = fault
            self.carrier.close(code, fault)
            self._finish(PARSE_ERROR)

    def received(self, message: str | bytes) -> None:
        """Take one packet: text with its type digit, or a binary message."""
        if self._ended:
            return
        if isinstance(message, bytes):
            self._deliver(message)
            return
        kind = message[:1]
        if kind == MESSAGE:
            self._deliver(message[1:])
        elif message == PONG:
            self._pong()
        elif message == CLOSE:
            if isinstance(self.carrier, Polling):
                self.carrier.finish(NOOP_PACKET)
            else:
                self.carrier.close(CloseCode.NORMAL)
            self._finish(TRANSPORT_CLOSE)
        elif kind == PING:
            self.reject("pings go from the server to the client")
        else:
            self.reject("expected a message, a pong or a close packet")

    def _deliver(self, data: str | bytes) -> None:
        assert self.handler is not None, "the server sets the handler before anything arrives"
        try:
            self.handler.message(data)
        except Exception:  # noqa: BLE001  As `guarded`, without its call: this runs for every pose.
            _log.exception("a message handler failed")
            self.close("server error", code=CloseCode.SERVER_ERROR, text="internal error")

    def ended(self, reason: str) -> None:
        """End the session because what carries it has gone."""
        self._finish(reason)

    def attach_probe(self, pipe: Pipe) -> bool:
        """Let a WebSocket try to take over; False when another has, or is trying."""
        if self._ended or self._probe is not None or not isinstance(self.carrier, Polling):
            return False
        self._probe = Probe(self, self.carrier, pipe, self._table)
        return True

    def probe_gone(self) -> None:
        """The attempt to upgrade failed; polling goes on."""
        self._probe = None

    def take_over(self, polling: Polling, pipe: Pipe) -> None:
        """Move to the WebSocket: what waited for a GET goes out on it first."""
        self._probe = None
        waiting = polling.take()
        polling.finish(NOOP_PACKET)
        self.carrier = pipe
        pipe.receiver = self
        for outgoing in waiting:
            pipe.send(outgoing)

    def _ping(self) -> None:
        self._awaits_pong = True
        due_s = self._heartbeat.deadline_s + self._table.settings.ping_timeout_s
        self._heartbeat = self._table.timers.at(due_s, self._timed_out)
        self.carrier.send(_PING)

    def _pong(self) -> None:
        if self._awaits_pong:
            self._awaits_pong = False
            self._table.timers.cancel(self._heartbeat)
            self._heartbeat = self._table.timers.after(
                self._table.settings.ping_interval_s, self._ping
            )

    def _timed_out(self) -> None:
        self.carrier.close(CloseCode.GOING_AWAY, PING_TIMEOUT)
        self._finish(PING_TIMEOUT)

    def expire(self) -> None:
        """End the session for its late pong."""
        if not self._ended:
            self._timed_out()

    def _later(self, action: Callable[[], None]) -> None:
        self._table.timers.after(0, action)

    def _fell_behind(self) -> None:
        self._finish(TOO_SLOW)

    def _finish(self, reason: str) -> None:
        if self._ended:
            return
        self._ended = True
        self._table.timers.cancel(self._heartbeat)
        self._table.remove(self)
        if self._probe is not None:
            self._probe.fail("its session has ended")
        if self.handler is not None:
            guarded("a close handler", self.handler.closed, reason)


class Probe:
    """A WebSocket that wants to take over a polling session: `2probe`, `3probe`, then `5`."""

    def __init__(self, session: EngineSession, polling: Polling, pipe: Pipe, table: Table) -> None:
        self._session = session
        self._polling = polling
        self._pipe = pipe
        self._table = table
        self._probed = False
        self._over = False
        self._timer: Timer = table.timers.after(
            table.settings.upgrade_timeout_s, lambda: self.fail("the upgrade took too long")
        )
        pipe.receiver = self

    def received(self, message: str | bytes) -> None:
        """Take one step of the upgrade; anything else ends the WebSocket and nothing more."""
        if message == PROBE_PING and not self._probed:
            self._probed = True
            self._pipe.send(_PROBE_PONG)
            self._polling.begin_upgrade()
        elif message == UPGRADE and self._probed:
            self._settle()
            self._session.take_over(self._polling, self._pipe)
        else:
            self.fail("expected 2probe, then 5")

    def ended(self, reason: str) -> None:
        """The WebSocket went away before it took over."""
        self.fail(reason)

    def fail(self, reason: str) -> None:
        """Give up; the polling session goes on as it was."""
        if not self._over:
            self._settle()
            self._polling.abandon_upgrade()
            self._session.probe_gone()
            self._pipe.receiver = DEAF
            self._pipe.close(CloseCode.POLICY_VIOLATION, reason)

    def _settle(self) -> None:
        self._over = True
        self._table.timers.cancel(self._timer)
