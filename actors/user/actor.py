"""One account's presence: its sockets, and the calls that must know whether anybody is there.

Sessions say when they come and go, and are watched in case they can't. While a socket is connected,
each call that follows is sent evidence of it in its conflated lane, every `BEAT_US`. One whose
connection is lost is told what happens, for its client may come back to it, but proves nothing.
"""

from __future__ import annotations

from typing import Any, assert_never

from actors.calls.messages import Evidence
from actors.calls.state import Side
from actors.clients import CLIENTS, Emit
from actors.user.messages import (
    Beat,
    FollowUser,
    SocketGone,
    SocketHere,
    StandingChanged,
    TellUser,
    UnfollowUser,
    UserMessage,
)
from engine.actor import STAY, Actor, Down, Restarted
from engine.clock import SECOND_US
from engine.context import Context

BEAT_US = 2 * SECOND_US
"""A call counts a side as silent after five seconds: one beat may be late."""

CALLS_MAX = 64
"""Calls at once; nobody is in so many, but they may ring."""


class User(Actor):
    """See the module's text."""

    def __init__(self) -> None:
        self.sockets: dict[str, bool] = {}  # whether each is connected
        self.calls: dict[str, Side] = {}

    def __repr__(self) -> str:
        return f"<User with {len(self.sockets)} sockets in {len(self.calls)} calls>"

    def handle(self, message: UserMessage, ctx: Context) -> None:
        match message:
            case SocketHere(socket_id=socket_id, connected=connected):
                self._socket_here(socket_id, ctx, connected=connected)
            case SocketGone(socket_id=socket_id):
                self.sockets.pop(socket_id, None)
                ctx.unwatch(f"session:{socket_id}")
            case Down(address=address):
                self.sockets.pop(address.partition(":")[2], None)
            case Restarted():
                pass  # A session that restarts ends itself; its `Down` follows.
            case TellUser(event=event, payload=payload):
                if self.sockets:
                    ctx.io(CLIENTS, Emit(to=tuple(self.sockets), event=event, payload=payload))
            case StandingChanged():
                for socket_id in self.sockets:
                    ctx.tell(f"session:{socket_id}", message)
            case FollowUser(call=call, side=side):
                if call not in self.calls and len(self.calls) >= CALLS_MAX:
                    return
                self.calls[call] = side
                if self._present:
                    ctx.tell(call, Evidence(side=side, at_us=ctx.now_us))
                    ctx.after(BEAT_US, Beat(), key="beat")
            case UnfollowUser(call=call):
                self.calls.pop(call, None)
            case Beat():
                if self._present and self.calls:
                    for call, side in self.calls.items():
                        ctx.put(call, side, Evidence(side=side, at_us=ctx.now_us))
                    ctx.after(BEAT_US, Beat(), key="beat")
            case _:
                assert_never(message)

    def passivate(self) -> Any:
        return STAY if self.sockets or self.calls else None

    @property
    def _present(self) -> bool:
        """Whether a client of this account is connected."""
        return any(self.sockets.values())

    def _socket_here(self, socket_id: str, ctx: Context, *, connected: bool) -> None:
        before = self._present
        self.sockets[socket_id] = connected
        ctx.watch(f"session:{socket_id}")
        if not before and self._present and self.calls:
            for call, side in self.calls.items():
                ctx.tell(call, Evidence(side=side, at_us=ctx.now_us))
            ctx.after(BEAT_US, Beat(), key="beat")
