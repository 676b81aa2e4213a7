"""One account's presence: its sockets, and the calls that must know whether anybody is there.

Sessions say when they come and go, and are watched in case they can't. While a socket is connected,
each call that follows is sent evidence of it in its conflated lane, every `BEAT_US`. One whose
connection is lost is told what happens, for its client may come back to it, but proves nothing.

It watches its tokens at the ledger while there is a socket, and tells each of them after a commit
what can be spent: at once, and then the newest, every `BALANCE_EVERY_US`.
"""

from __future__ import annotations

from typing import Any, assert_never

from actors.calls.messages import Evidence
from actors.calls.state import Side
from actors.clients import CLIENTS, Emit
from actors.ledger.accounts import user_main
from actors.ledger.book import Pair
from actors.ledger.messages import LEDGER, BalanceIs, UnwatchBalance, WatchBalance
from actors.money.commands import TOKEN
from actors.user.messages import (
    Beat,
    FollowUser,
    SocketGone,
    SocketHere,
    StandingChanged,
    TellBalance,
    TellUser,
    UnfollowUser,
    UserMessage,
)
from engine.actor import STAY, Actor, Down, Restarted
from engine.clock import SECOND_US
from engine.context import Context

BEAT_US = 2 * SECOND_US
"""A call counts a side as silent after five seconds: one beat may be late."""

BALANCE_EVERY_US = SECOND_US // 4
"""A creator whom a thousand people tip at once is told the sum four times a second."""

CALLS_MAX = 64
"""Calls at once; nobody is in so many, but they may ring."""


class User(Actor):
    """See the module's text."""

    def __init__(self) -> None:
        self.sockets: dict[str, bool] = {}  # whether each is connected
        self.calls: dict[str, Side] = {}
        self.balance: int | None = None  # not told yet
        self.told_just_now = False

    def __repr__(self) -> str:
        return f"<User with {len(self.sockets)} sockets in {len(self.calls)} calls>"

    def handle(self, message: UserMessage, ctx: Context) -> None:
        match message:
            case SocketHere(socket_id=socket_id, connected=connected):
                self._socket_here(socket_id, ctx, connected=connected)
            case SocketGone(socket_id=socket_id):
                ctx.unwatch(f"session:{socket_id}")
                self._socket_gone(socket_id, ctx)
            case Down(address=address) | Restarted(address=address) if address == LEDGER:
                if self.sockets:
                    self._watch_balance(ctx)  # It has forgotten who watches what.
            case Down(address=address):
                self._socket_gone(address.partition(":")[2], ctx)
            case Restarted():
                pass  # A session that restarts ends itself; its `Down` follows.
            case BalanceIs() | TellBalance():
                self._tell_balance(message, ctx)
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

    def _watch_balance(self, ctx: Context) -> None:
        ctx.tell(LEDGER, WatchBalance(pair=_tokens_of(ctx.address), to=ctx.address))
        ctx.watch(LEDGER)

    def _socket_gone(self, socket_id: str, ctx: Context) -> None:
        if self.sockets.pop(socket_id, None) is not None and not self.sockets:
            ctx.unwatch(LEDGER)
            ctx.tell(LEDGER, UnwatchBalance(pair=_tokens_of(ctx.address)))

    def _tell_balance(self, message: BalanceIs | TellBalance, ctx: Context) -> None:
        if isinstance(message, BalanceIs):
            self.balance = message.available
        else:
            self.told_just_now = False
        if self.told_just_now or self.balance is None or not self.sockets:
            return
        balance, self.balance = self.balance, None
        self.told_just_now = True
        ctx.after(BALANCE_EVERY_US, TellBalance(), key="balance")
        payload = {"balance": balance}
        ctx.io(CLIENTS, Emit(to=tuple(self.sockets), event="balance-changed", payload=payload))

    def passivate(self) -> Any:
        return STAY if self.sockets or self.calls else None

    @property
    def _present(self) -> bool:
        """Whether a client of this account is connected."""
        return any(self.sockets.values())

    def _socket_here(self, socket_id: str, ctx: Context, *, connected: bool) -> None:
        before = self._present
        if not self.sockets:
            self._watch_balance(ctx)
        self.sockets[socket_id] = connected
        ctx.watch(f"session:{socket_id}")
        if not before and self._present and self.calls:
            for call, side in self.calls.items():
                ctx.tell(call, Evidence(side=side, at_us=ctx.now_us))
            ctx.after(BEAT_US, Beat(), key="beat")


def _tokens_of(address: str) -> Pair:
    """Return where the tokens of an account are, by its actor's address."""
    return user_main(address.partition(":")[2]), TOKEN
