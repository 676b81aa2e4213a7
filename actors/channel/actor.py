"""One channel: lets people watch who may, and tells them what happens.

Sent to by sessions, wallets and streams. Owns the list of sockets that watch. Promises that only
who may watch is told, each announcement at most once, in the order in which they came. A private
stream is for who holds a ticket, a call for the two who talk.
"""

from __future__ import annotations

from typing import Any, assert_never

from actors.calls.messages import ReadParties
from actors.calls.refusals import NotYourCall
from actors.calls.state import CHANNEL_PREFIX
from actors.channel.messages import (
    Announce,
    ChannelMessage,
    CountViewers,
    TellCount,
    Unwatch,
    Watch,
)
from actors.clients import CLIENTS, Emit
from actors.money.records import FindTicket, StreamView
from actors.money.refusals import NoTicket
from actors.store import STORE
from engine.actor import STAY, Actor, Down, IoDone
from engine.clock import SECOND_US
from engine.context import Context
from engine.outcome import Ok
from engine.refusal import Refusal

VIEWERS_MAX = 20_000
"""More sockets than a node holds."""

COUNT_EVERY_US = SECOND_US


class ChannelFull(Refusal):
    """Nobody else can watch from this node."""

    code = "channel_full"
    retryable = True

    def __init__(self) -> None:
        super().__init__(f"{VIEWERS_MAX} watch already; try again later")


class Channel(Actor):
    """See the module's text. `stream`: what is shown here; None: a call, or nothing we know."""

    def __init__(self, address: str, stream: StreamView | None) -> None:
        self.name = address.partition(":")[2]
        self.stream = stream
        self.viewers: dict[str, None] = {}
        self.checking: dict[str, Watch] = {}
        self.count_told = 0

    def __repr__(self) -> str:
        return f"<Channel {self.name}, {len(self.viewers)} watch>"

    def handle(self, message: ChannelMessage, ctx: Context) -> None:
        match message:
            case Watch():
                self._watch(message, ctx)
            case Unwatch(socket_id=socket_id):
                ctx.unwatch(f"session:{socket_id}")
                self._gone(socket_id, ctx)
            case Down(address=address):
                self._gone(address.partition(":")[2], ctx)
            case Announce(event=event, payload=payload):
                self._tell(event, payload, ctx)
            case CountViewers():
                ctx.reply(len(self.viewers))
            case TellCount():
                self._tell_count(ctx)
            case IoDone(tag=("ticket", socket_id, asker), outcome=outcome):
                watch = self.checking.pop(socket_id, None)
                if not isinstance(outcome, Ok):
                    ctx.reply(outcome, to=asker)
                elif outcome.value is None:
                    ctx.reply(NoTicket().value(), to=asker)
                else:
                    if watch is not None:  # Else they have left meanwhile.
                        self._let_in(watch.socket_id, ctx)
                    ctx.reply(len(self.viewers), to=asker)
            case IoDone(tag=("parties", socket_id, asker), outcome=outcome):
                watch = self.checking.pop(socket_id, None)
                if not isinstance(outcome, Ok):
                    ctx.reply(outcome, to=asker)
                elif watch is not None and watch.person.account in outcome.value:
                    self._let_in(socket_id, ctx)
                    ctx.reply(len(self.viewers), to=asker)
                else:
                    ctx.reply(NotYourCall().value(), to=asker)
            case IoDone():
                raise AssertionError(message)
            case _:
                assert_never(message)

    def passivate(self) -> Any:
        return STAY if self.viewers or self.checking else None

    def _watch(self, watch: Watch, ctx: Context) -> None:
        known = watch.socket_id in self.viewers
        if not known and len(self.viewers) + len(self.checking) >= VIEWERS_MAX:
            raise ChannelFull
        stream = self.stream.row if self.stream is not None else None
        account = watch.person.account
        if stream is not None and stream.type == "private" and account != stream.creator:
            if account is None:
                raise NoTicket
            self.checking[watch.socket_id] = watch
            find = FindTicket(stream=stream.id, account=account)
            ctx.io(STORE, find, tag=("ticket", watch.socket_id, ctx.asker))
            return
        if stream is None and self.name.startswith(CHANNEL_PREFIX):
            if account is None:
                raise NotYourCall
            self.checking[watch.socket_id] = watch
            read = ReadParties(channel=self.name)
            ctx.io(STORE, read, tag=("parties", watch.socket_id, ctx.asker))
            return
        self._let_in(watch.socket_id, ctx)
        ctx.reply(len(self.viewers))

    def _let_in(self, socket_id: str, ctx: Context) -> None:
        if socket_id not in self.viewers:
            self.viewers[socket_id] = None
            ctx.watch(f"session:{socket_id}")
            self._count_changed(ctx)

    def _gone(self, socket_id: str, ctx: Context) -> None:
        self.checking.pop(socket_id, None)
        if socket_id in self.viewers:
            del self.viewers[socket_id]
            self._count_changed(ctx)

    def _count_changed(self, ctx: Context) -> None:
        ctx.after(COUNT_EVERY_US, TellCount(), key="count")

    def _tell_count(self, ctx: Context) -> None:
        count = len(self.viewers)
        if self.stream is not None and count != self.count_told:
            self.count_told = count
            payload = {"streamId": self.stream.row.id, "count": count}
            self._tell("viewer-count", payload, ctx)

    def _tell(self, event: str, payload: dict[str, Any], ctx: Context) -> None:
        if self.viewers:
            ctx.io(CLIENTS, Emit(to=tuple(self.viewers), event=event, payload=payload))
