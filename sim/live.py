"""The same people against a running server: real HTTP, real WebSockets, the real clock."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Callable
from typing import Any
from urllib.parse import quote, urlsplit

import httpx
import trio
from trio_websocket import (
    ConnectionClosed,
    HandshakeError,
    WebSocketConnection,
    open_websocket_url,
)

from actors.space.space_id import SpaceId
from adapters.realtime import json_text
from adapters.realtime.socketio import Kind
from engine.entropy import Chance, chance
from sim.live_checks import Findings, findings
from sim.people.kinds import PEOPLE
from sim.people.life import (
    Answered,
    AskToJoin,
    Begin,
    Connected,
    Dropped,
    Fetched,
    Happening,
    NotConnected,
    ReadHistory,
    Received,
    Request,
    Woken,
)
from sim.people.part import Part
from sim.scenario import Scenario
from sim.wire import Reader, event_text

SETTLE_S = 6.0
ANSWER_WITHIN_S = 12.0
CONNECT_WITHIN_S = 20.0

Say = Callable[[str], object]


def play(scenario: Scenario, url: str, say: Say) -> Findings:
    """Play a scenario to its end and return what did not hold.

    Its faults and its network are the simulator's and left out. Those who have an account in the
    scenario are guests here: a live server wants a signature.

    Args:
        scenario: what is played.
        url: the server's, `http://host:port` or `https://host`.
        say: is given the report, piece by piece.

    Raises:
        ValueError: the URL cannot be used, or money has a part in the scenario.
    """
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.netloc:
        raise ValueError(f"--url: got {url!r}; expected http://host:port or https://host")
    if any(part.trades for part in scenario.people):
        raise ValueError("this scenario has trades: a live server sells tokens for money only")
    return trio.run(_play, scenario, f"{parts.scheme}://{parts.netloc}", say)


async def _play(scenario: Scenario, url: str, say: Say) -> Findings:
    async with httpx.AsyncClient(base_url=url, timeout=ANSWER_WITHIN_S) as http:
        try:
            (await http.get("/health")).raise_for_status()
        except httpx.HTTPError as error:
            say(f"{url} cannot be reached: {error!r}\n")
            return ["the server cannot be reached"]
        ends_s = min(scenario.lasts_us, max(part.done_us for part in scenario.people)) / 1e6
        say(f"{scenario.title}\n  {scenario.because}\n")
        say(f"  {len(scenario.people)} people, {ends_s + SETTLE_S:.0f} s, against {url}\n\n")
        async with trio.open_nursery() as nursery:
            people = [LivePerson(part, url, http, nursery) for part in scenario.people]
            for person in people:
                person.person.walks_until_us = round(ends_s * 1e6)
                person.happen(Begin())
            await trio.sleep(ends_s + SETTLE_S)
            found = await findings(scenario, [each.person for each in people], http, say)
            for each in people:
                each.hang_up()
            nursery.cancel_scope.cancel()
    return found


class LivePerson:
    """One person's life outside the simulator; see `sim.people.life.Life`."""

    def __init__(
        self, part: Part, url: str, http: httpx.AsyncClient, nursery: trio.Nursery
    ) -> None:
        self.person = PEOPLE[part.kind](part)
        self._url = url
        self._http = http
        self._nursery = nursery
        self._begins_s = trio.current_time()
        self._chances: dict[str, Chance] = {}
        self._token = ""
        self._pid: str | None = None
        self._offset: str | None = None
        self._line: trio.CancelScope | None = None
        self._outbox: trio.MemorySendChannel[str] | None = None
        self._wishes: dict[tuple[str, int], trio.CancelScope] = {}

    def happen(self, happening: Happening) -> None:
        """Let the person know."""
        self.person.handle(happening, self)

    @property
    def now_us(self) -> int:
        return round((trio.current_time() - self._begins_s) * 1e6)

    def chance(self, purpose: str) -> Chance:
        if purpose not in self._chances:
            self._chances[purpose] = chance(b"live", self.person.part.name, purpose)
        return self._chances[purpose]

    def wake(self, delay_us: int, what: str, number: int = 0) -> None:
        earlier = self._wishes.get((what, number))
        if earlier is not None:
            earlier.cancel()
        scope = self._wishes[what, number] = trio.CancelScope()
        self._nursery.start_soon(self._wake, scope, delay_us / 1e6, Woken(what, number))

    async def _wake(self, scope: trio.CancelScope, delay_s: float, woken: Woken) -> None:
        with scope:
            await trio.sleep(delay_s)
        if not scope.cancelled_caught:
            self.happen(woken)

    # HTTP.

    def fetch(self, request: Request, tag: str) -> None:
        assert isinstance(request, AskToJoin | ReadHistory), "`play` takes no scenario with trades"
        self._nursery.start_soon(self._fetch, request, tag)

    async def _fetch(self, request: AskToJoin | ReadHistory, tag: str) -> None:
        try:
            if not self._token:
                guest = {"name": self.person.part.name}
                admitted = await self._http.post("/api/auth/guest", json=guest)
                admitted.raise_for_status()
                self._token = admitted.json()["session_token"]
            headers = {"Authorization": f"Bearer {self._token}"}
            space = request.space
            if isinstance(request, AskToJoin):
                body = {"subspace": space.subspace}
                path = f"/api/spaces/{path_of(space)}/join"
                response = await self._http.post(path, json=body, headers=headers)
            else:
                query = {"limit": "100", "subspace": space.subspace}
                path = f"/api/chat/{path_of(space)}/messages"
                response = await self._http.get(path, params=query, headers=headers)
            self.happen(Fetched(tag, response.status_code, response.json()))
        except (httpx.HTTPError, ValueError):
            self.happen(Fetched(tag, 0, {}))

    # The socket.

    def dial(self) -> None:
        self.hang_up()
        self._line = trio.CancelScope()
        self._nursery.start_soon(self._talk, self._line)

    def hang_up(self) -> None:
        if self._line is not None:
            self._line.cancel()
            self._line = self._outbox = None

    def emit(self, event: str, payload: Any, ack: int | None = None) -> None:
        if self._outbox is not None:
            self._outbox.send_nowait("4" + event_text(event, payload, ack))

    async def _talk(self, line: trio.CancelScope) -> None:
        url = f"ws{self._url.removeprefix('http')}/socket.io/?EIO=4&transport=websocket"
        reason = "transport close"
        connected = False
        stay_away = False
        with line:
            try:
                async with open_websocket_url(url, connect_timeout=CONNECT_WITHIN_S) as socket:
                    connected = await self._greet(socket)
                    if connected:
                        stay_away = await self._converse(socket)
            except HandshakeError as error:
                reason = f"{type(error).__name__}: {error}"
        if line.cancel_called or self._line is not line:
            return
        self._line = self._outbox = None
        self.happen(Dropped(reason, stay_away) if connected else NotConnected(reason))

    async def _greet(self, socket: WebSocketConnection) -> bool:
        says = None
        with trio.move_on_after(CONNECT_WITHIN_S), contextlib.suppress(ConnectionClosed):
            await socket.get_message()  # Engine.IO's open packet; we ask for no upgrade.
            claim = {} if self._pid is None else {"pid": self._pid, "offset": self._offset}
            auth = json_text.write({"token": self._token, **claim}).decode()
            await socket.send_message(f"40{auth}")
            accepted = await socket.get_message()
            says = Reader().feed(str(accepted)[1:])
        if says is None or says.kind is not Kind.CONNECT:
            return False
        outbox, waiting = trio.open_memory_channel[str](math.inf)
        self._outbox = outbox
        self._nursery.start_soon(self._send, socket, waiting)
        pid = says.value.get("pid")
        recovered = pid is not None and pid == self._pid
        self._pid = pid
        self.happen(Connected(says.value["sid"], recovered))
        return True

    async def _send(
        self, socket: WebSocketConnection, waiting: trio.MemoryReceiveChannel[str]
    ) -> None:
        try:
            async for text in waiting:
                await socket.send_message(text)
        except ConnectionClosed:
            return  # The reader notices, too, and says so.

    async def _converse(self, socket: WebSocketConnection) -> bool:
        """Read until the connection ends; return whether the server wants us to stay away."""
        reader = Reader()
        while True:
            try:
                message = await socket.get_message()
            except ConnectionClosed:
                return False
            if message == "2" and self._outbox is not None:
                self._outbox.send_nowait("3")
            elif isinstance(message, bytes) or message[:1] == "4":
                says = reader.feed(message if isinstance(message, bytes) else message[1:])
                if says is None:
                    continue
                if says.kind is Kind.EVENT:
                    self._offset = says.offset or self._offset
                    self.happen(Received(says.name, says.value, str(message[1:])))
                elif says.kind is Kind.ACK and says.ack is not None:
                    self.happen(Answered(says.ack, says.value))
                elif says.kind is Kind.DISCONNECT:
                    return True


def path_of(space: SpaceId) -> str:
    """Return a space's place in a path."""
    return f"{space.type}/{quote(space.id, safe='')}"
