"""The DevTools protocol over one WebSocket: commands with answers, and events by session."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable
from typing import Any

import trio
from trio_websocket import ConnectionClosed, WebSocketConnection

Json = dict[str, Any]
Listener = Callable[[str, Json], None]


class DevToolsError(Exception):
    """Chromium refused a command; the text is its own."""


class DevTools:
    """Commands and events of one Chromium.

    Run `listen` in a nursery. `listeners` maps a session id to who hears its events, called in
    order as they arrive.
    """

    def __init__(self, connection: WebSocketConnection) -> None:
        self._connection = connection
        self._ids = itertools.count(1)
        self._waiting: dict[int, tuple[trio.Event, list[Json]]] = {}
        self.listeners: dict[str, Listener] = {}

    async def listen(self) -> None:
        """Hand out what Chromium says until it hangs up."""
        try:
            while True:
                message = json.loads(await self._connection.get_message())
                if "id" in message:
                    answered, box = self._waiting.pop(message["id"], (trio.Event(), []))
                    box.append(message)
                    answered.set()
                elif listener := self.listeners.get(message.get("sessionId", "")):
                    listener(message["method"], message["params"])
        except ConnectionClosed:
            for answered, box in self._waiting.values():
                box.append({"error": {"message": "Chromium hung up"}})
                answered.set()

    async def call(self, method: str, session: str | None = None, **params: Any) -> Json:
        """Run one command and return its result.

        Raises:
            DevToolsError: Chromium refused it, or is gone.
        """
        number = next(self._ids)
        answered, box = trio.Event(), list[Json]()
        self._waiting[number] = (answered, box)
        command: Json = {"id": number, "method": method, "params": params}
        if session is not None:
            command["sessionId"] = session
        try:
            await self._connection.send_message(json.dumps(command))
            await answered.wait()
        except ConnectionClosed:
            raise DevToolsError(f"{method}: Chromium hung up") from None
        finally:
            self._waiting.pop(number, None)
        if "error" in box[0]:
            raise DevToolsError(f"{method}: {box[0]['error']['message']}")
        result: Json = box[0]["result"]
        return result
