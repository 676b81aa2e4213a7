"""Which channels a session watches: streams and calls whose tips and news it is told."""

from __future__ import annotations

from actors.channel.messages import Unwatch, Watch, channel_address
from actors.person import Person
from actors.session.answers import answer_no, answer_yes, explain
from actors.session.messages import UnwatchChannel, WatchChannel
from actors.settings import ActorSettings
from engine.context import Context
from engine.outcome import Ok, Outcome
from engine.refusal import Refusal

CHANNELS_MAX = 16
"""Nobody watches more at once; each is an address to be told of."""


class TooManyChannels(Refusal):
    """A session watches enough already."""

    code = "too_many_channels"

    def __init__(self) -> None:
        super().__init__(f"You watch {CHANNELS_MAX} channels already; leave one first")


class Channels:
    """The channels by address; a channel that was restarted is told again who watches."""

    def __init__(self, socket_id: str, policy: ActorSettings) -> None:
        self.socket_id = socket_id
        self.policy = policy
        self.watched: dict[str, None] = {}

    def has(self, address: str) -> bool:
        """Return whether this is the address of a channel that is watched."""
        return address in self.watched

    def handle(self, message: WatchChannel | UnwatchChannel, person: Person, ctx: Context) -> None:
        """Do what the client wants."""
        if isinstance(message, WatchChannel):
            self._watch(message.channel, person, message.ack, ctx)
        else:
            self._unwatch(message.channel, message.ack, ctx)

    def _watch(self, name: str, person: Person, ack: int | None, ctx: Context) -> None:
        address = channel_address(name)
        if address not in self.watched and len(self.watched) >= CHANNELS_MAX:
            answer_no(self.socket_id, "room-error", ack, TooManyChannels().value(), ctx)
            return
        self.watched[address] = None
        self._ask(address, person, ack, ctx)

    def _ask(self, address: str, person: Person, ack: int | None, ctx: Context) -> None:
        watch = Watch(socket_id=self.socket_id, person=person)
        tag = ("watch", address, ack)
        ctx.watch(address)
        ctx.ask(address, watch, tag=tag, timeout_us=self.policy.answer_within_us)

    def answered(self, address: str, ack: int | None, outcome: Outcome, ctx: Context) -> None:
        """The channel has let this session watch, or has not."""
        if isinstance(outcome, Ok):
            channel = address.partition(":")[2]
            if address in self.watched:
                answer_yes(self.socket_id, ack, {"channel": channel, "viewers": outcome.value}, ctx)
            return
        self._forget(address, ctx)
        answer_no(self.socket_id, "room-error", ack, explain(outcome), ctx)

    def _unwatch(self, name: str, ack: int | None, ctx: Context) -> None:
        address = channel_address(name)
        if address in self.watched:
            self._forget(address, ctx)
        answer_yes(self.socket_id, ack, {"channel": name}, ctx)

    def _forget(self, address: str, ctx: Context) -> None:
        if address in self.watched:
            del self.watched[address]
            ctx.unwatch(address)
            ctx.tell(address, Unwatch(socket_id=self.socket_id))

    def restarted(self, address: str, person: Person, ctx: Context) -> None:
        """A channel forgot who watches, in a crash: ask again."""
        self._ask(address, person, None, ctx)
