"""The network between simulated people and the server, and the sockets at both of its ends."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from actors.person import Person
from adapters.realtime.recovery import Claim
from adapters.realtime.socketio import Kind
from engine.clock import SECOND_US, Timer
from engine.core import Core
from engine.entropy import chance
from engine.outcome import Ok
from engine.port import Reply
from sim.front import Front, Packet
from sim.link import Line, LinkSettings, Stream, Traffic
from sim.people.actor import Dial, Fetch, HangUp, NetworkRequest, Transmit
from sim.people.life import (
    Answered,
    Connected,
    Dropped,
    Fetched,
    Happening,
    NotConnected,
    Received,
)
from sim.wire import event_text

CONNECT_WITHIN_US = 20 * SECOND_US  # the stock client's `timeout`
FETCH_WITHIN_US = 12 * SECOND_US
HANDSHAKE_BYTES = 600
REQUEST_BYTES = 500

TRANSPORT_CLOSE = "transport close"
TRANSPORT_ERROR = "transport error"
PING_TIMEOUT = "ping timeout"
TOO_SLOW = "too slow"
CLIENT_DISCONNECT = "client namespace disconnect"


@dataclass(frozen=True, slots=True)
class Ping:
    """Engine.IO's heartbeat; the client's library answers it by itself."""


@dataclass(frozen=True, slots=True)
class Pong:
    """The answer to a ping."""


@dataclass(frozen=True, slots=True)
class Hello:
    """The client asks for a socket, or for the one it has lost."""

    claim: Claim | None


@dataclass(frozen=True, slots=True)
class Closed:
    """The last thing in a stream: the other side has closed."""

    reason: str


class Device:
    """A person's device: its line to the server, its present connection, and the client's library.

    Attributes:
        pid: the stock client's secret, for coming back.
        offset: the last position it has seen.
        received: the positions of its socket's ordered events, in the order they were handed out.
        received_by: that socket's id.
    """

    def __init__(self, name: str, person: Person, up: Line, down: Line) -> None:
        self.name = name
        self.person = person
        self.up = up
        self.down = down
        self.connection: Connection | None = None
        self.pid: str | None = None
        self.offset: str | None = None
        self.received: list[str] = []
        self.received_by = ""

    @property
    def claim(self) -> Claim | None:
        """What the client says when it connects."""
        return None if self.pid is None else Claim(self.pid, self.offset)

    def connected(self, socket_id: str, pid: str | None) -> bool:
        """Take in what the server answers; return whether the lost socket goes on."""
        recovered = pid is not None and pid == self.pid
        self.pid = pid
        if not recovered:
            self.received, self.received_by = [], socket_id
        return recovered


class Connection:
    """One socket: a client's end and a server's end, which may end at different times."""

    def __init__(self, network: Network, device: Device, socket_id: str) -> None:
        core = network.core
        self._network = network
        self._device = device
        self._core = core
        self.socket_id = socket_id
        self.accepted = False
        self.client_open = True
        self.server_open = True
        self.up: Stream[Any] = Stream(core, device.up, self._at_server)
        self.down: Stream[Any] = Stream(core, device.down, self._at_client)
        self._client_timer: Timer | None = None
        self._server_timer: Timer | None = None

    def dial(self) -> None:
        """The client asks for a socket."""
        self._client_in(CONNECT_WITHIN_US, "timeout")
        self.up.send(Hello(self._device.claim), HANDSHAKE_BYTES)

    # The server's end: what the front sees of it.

    @property
    def behind(self) -> bool:
        """Whether something waits for the client to read."""
        return self.down.waiting_bytes > 0

    def send(self, packet: Packet) -> None:
        """Send a packet to the client; an outbox that overflows closes the connection."""
        if not self.server_open:
            return
        self.down.send(packet, packet.size)
        self._network.outbox_bytes_highest = max(
            self._network.outbox_bytes_highest, self.down.waiting_bytes
        )
        if self.down.waiting_bytes > self._device.down.settings.outbox_bytes_max:
            # Its queue is of no use any more: the client comes back and is shown everything anew.
            self.down.close()
            self.server_lost(TOO_SLOW)
            soon_us = self._core.now_us + self._device.down.settings.latency_us
            self._core.timers.at(soon_us, self._told_too_slow)

    def _told_too_slow(self) -> None:
        if not self._device.down.cut:  # Else it finds out by the missing ping.
            self.client_lost(TOO_SLOW)

    def close(self, reason: str, *, packet: Packet | None) -> None:
        """End the connection after what was sent before."""
        if packet is not None:
            self.send(packet)
        if self.server_open:
            self.down.send(Closed(reason), 20)
            self.server_lost(reason)

    def server_lost(self, reason: str) -> None:
        """The server's end is gone."""
        if self.server_open:
            self.server_open = False
            self.up.close()
            if self._server_timer is not None:
                self._server_timer.cancel()
            if self.accepted:
                self._network.front.lost(self, reason)
            self._network.connections.pop(self, None)

    def goes_on_as(self, socket_id: str) -> None:
        """Take the id of the socket that goes on here."""
        self.socket_id = socket_id

    def _at_server(self, item: Any) -> None:
        match item:
            case Hello(claim=claim):
                self.accepted = True
                self._network.front.accept(self, self._device.person, claim)
                self._server_in(self._settings.ping_interval_us, self._ping)
            case Pong():
                self._server_in(self._settings.ping_interval_us, self._ping)
            case Closed(reason=reason):
                self.server_lost(reason)
            case _:
                self._network.front.receive(self, item)

    def _ping(self) -> None:
        self.down.send(Ping(), 4)
        self._server_in(self._settings.ping_timeout_us, self._no_pong)

    def _no_pong(self) -> None:
        self.down.close()
        self.server_lost(PING_TIMEOUT)

    # The client's end.

    def client_lost(self, reason: str, *, stay_away: bool = False) -> None:
        """The client's end is gone, and not by its own wish."""
        if self.client_open:
            self._client_end()
            if self.accepted:
                self._network.happen(self._device, Dropped(reason, stay_away))
            else:
                self._network.happen(self._device, NotConnected(reason))

    def hang_up(self) -> None:
        """The client closes; what it has sent before still arrives."""
        if self.client_open:
            self.up.send(Closed(CLIENT_DISCONNECT), 20)
            self._client_end()

    def _client_end(self) -> None:
        self.client_open = False
        self.down.black_hole = True
        if self._device.connection is self:
            self._device.connection = None
        if self._client_timer is not None:
            self._client_timer.cancel()

    def _at_client(self, item: Any) -> None:
        if not self.client_open:
            return
        if isinstance(item, Closed):
            self.client_lost(item.reason)
            return
        if isinstance(item, Ping):
            self.up.send(Pong(), 4)
        elif item.says.kind is Kind.CONNECT:
            sid, pid = item.says.value["sid"], item.says.value.get("pid")
            recovered = self._device.connected(sid, pid)
            self._network.happen(self._device, Connected(sid, recovered))
        else:
            self._read(item)
            return
        settings = self._settings
        self._client_in(settings.ping_interval_us + settings.ping_timeout_us, PING_TIMEOUT)

    def _read(self, packet: Packet) -> None:
        says = packet.says
        if says.kind is Kind.EVENT:
            if says.offset is not None:
                self._device.offset = says.offset
                self._device.received.append(says.offset)
            received = Received(says.name, says.value, packet.text)
            self._network.happen(self._device, received)
        elif says.kind is Kind.ACK:
            assert says.ack is not None
            self._network.happen(self._device, Answered(says.ack, says.value))
        elif says.kind is Kind.DISCONNECT:
            self.client_lost("io server disconnect", stay_away=True)

    @property
    def _settings(self) -> LinkSettings:
        return self._device.up.settings

    def _client_in(self, delay_us: int, reason: str) -> None:
        if self._client_timer is not None:
            self._client_timer.cancel()
        when_us = self._core.now_us + delay_us
        self._client_timer = self._core.timers.at(when_us, lambda: self._client_gives_up(reason))

    def _client_gives_up(self, reason: str) -> None:
        self.up.send(Closed(TRANSPORT_CLOSE), 20)
        self.client_lost(reason)

    def _server_in(self, delay_us: int, action: Callable[[], None]) -> None:
        if self._server_timer is not None:
            self._server_timer.cancel()
        if self.server_open:
            self._server_timer = self._core.timers.at(self._core.now_us + delay_us, action)


class Network:
    """Everybody's device and every connection; the port people act through.

    Attributes:
        up, down: what went over all links, people to server and back.
        connections: those whose server's end is open.
        outbox_bytes_highest: what waited at most for one client.
    """

    def __init__(self, core: Core, front: Front, settings: LinkSettings, seed: bytes) -> None:
        self.core = core
        self.front = front
        self.settings = settings
        self.up = Traffic()
        self.down = Traffic()
        self.devices: dict[str, Device] = {}
        self.connections: dict[Connection, None] = {}
        self.outbox_bytes_highest = 0
        self.server_away = False
        """The node is down: nobody answers."""
        self._seed = seed
        self._ids = chance(seed, "socket ids")

    def add(self, name: str, person: Person) -> None:
        """Give a person a device."""
        up = Line.of(self.settings, self._seed, name, "up")
        down = Line.of(self.settings, self._seed, name, "down")
        up.traffic, down.traffic = self.up, self.down
        self.devices[name] = Device(name, person, up, down)

    def happen(self, device: Device, happening: Happening) -> None:
        """Let a person know."""
        self.core.tell(f"person:{device.name}", happening)

    def start(self, request: NetworkRequest, reply: Reply) -> None:
        """Do what a person asks; what follows happens to the person later."""
        device = self.devices[request.who]
        connection = device.connection
        match request:
            case Dial():
                self._dial(device)
            case HangUp():
                if connection is not None:
                    connection.hang_up()
            case Transmit(event=event, payload=payload, ack=ack):
                if connection is not None:
                    text = event_text(event, payload, ack)
                    connection.up.send(text, len(text) + 7)
            case Fetch():
                self._fetch(device, request)
        reply(Ok(None))

    def _dial(self, device: Device) -> None:
        if device.connection is not None:
            device.connection.hang_up()
        if self.server_away:
            soon_us = self.core.now_us + 2 * device.up.settings.latency_us
            refused = NotConnected("connection refused")
            self.core.timers.at(soon_us, lambda: self.happen(device, refused))
            return
        connection = Connection(self, device, f"{self._ids.bits(120):020x}"[:20])
        device.connection = connection
        self.connections[connection] = None
        connection.dial()

    def _fetch(self, device: Device, fetch: Fetch) -> None:
        core = self.core
        done = False

        def finish(status: int, body: dict[str, Any]) -> None:
            nonlocal done
            if not done:
                done = True
                deadline.cancel()
                there.close()
                back.close()
                self.happen(device, Fetched(fetch.tag, status, body))

        def answer(status: int, body: dict[str, Any]) -> None:
            if not self.server_away:
                back.send((status, body), REQUEST_BYTES)

        def serve(_request: Fetch) -> None:
            if self.server_away:
                finish(0, {})
            else:
                self.front.fetch(fetch.request, device.person, answer)

        def take(response: tuple[int, dict[str, Any]]) -> None:
            finish(*response)

        there: Stream[Fetch] = Stream(core, device.up, serve)
        back: Stream[tuple[int, dict[str, Any]]] = Stream(core, device.down, take)
        deadline = core.timers.at(core.now_us + FETCH_WITHIN_US, lambda: finish(0, {}))
        there.send(fetch, REQUEST_BYTES)

    # What can go wrong.

    def partition(self, names: Iterable[str], *, cut: bool) -> None:
        """Cut people off, or join them to the server again."""
        for name in names:
            self.devices[name].up.cut = self.devices[name].down.cut = cut

    def slow_down(self, names: Iterable[str], bytes_per_s: int | None) -> None:
        """Have people read slowly; None: as fast as anything arrives."""
        for name in names:
            self.devices[name].down.reads_bytes_per_s = bytes_per_s

    def reset(self, names: Iterable[str]) -> None:
        """Break people's connections so that both ends notice at once."""
        for name in names:
            connection = self.devices[name].connection
            if connection is not None:
                connection.down.close()
                connection.server_lost(TRANSPORT_ERROR)
                connection.client_lost(TRANSPORT_CLOSE)

    def vanish(self, names: Iterable[str]) -> None:
        """Break people's connections so that only they notice; the server's ping finds out."""
        for name in names:
            connection = self.devices[name].connection
            if connection is not None:
                connection.up.close()
                connection.client_lost(TRANSPORT_ERROR)
