"""`ctx`: the only way out of an actor. It records effects; the core performs them afterwards."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Protocol

from engine.actor import Address, ReplyTo
from engine.cell import NO_VALUES
from engine.entropy import Chance, chance
from engine.outcome import Err, Ok, Unknown
from engine.refusal import Refused

if TYPE_CHECKING:
    from engine.cell import Cell

Effect = tuple[Any, ...]
"""A verb and its operands, such as ("tell", address, message); its encoding can be journalled."""


NOT_OK: Final = (Refused, Err, Unknown)


class World(Protocol):
    """What a delivery can see of the kernel: the core, or a replay in its place."""

    now_us: int
    seed: bytes

    def take(self, cell: Cell) -> dict[Any, Any]: ...
    def fault(self, cell: Cell, name: str, call: int) -> bool: ...
    def watchers(self, cell: Cell) -> tuple[Address, ...]: ...
    def has_kind(self, address: Address) -> bool: ...


class Context:
    """One delivery's view of the kernel. Valid inside the call it was given to, never after."""

    __slots__ = (
        "_cell", "_faults", "_world", "address", "asker", "effects", "incarnation", "now_us",
    )  # fmt: skip

    def __init__(self, world: World) -> None:
        self._world = world
        self._cell: Cell
        self._faults = 0
        self.effects: list[Effect] = []
        self.now_us = 0
        """Microseconds since the Unix epoch, frozen for this delivery."""
        self.address: Address = ""
        self.incarnation = 0
        self.asker: ReplyTo | None = None
        """Where this message's answer goes, when it was asked; keep it to answer later."""

    def enter(self, cell: Cell) -> None:
        """Turn to a cell (for the core)."""
        self._cell = cell
        self.now_us = self._world.now_us
        self.address = cell.address
        self.incarnation = cell.incarnation

    def begin(self, asker: ReplyTo | None) -> None:
        """Turn to its next delivery (for the core)."""
        self.asker = asker
        self._faults = 0
        if self.effects:
            self.effects = []

    def tell(self, to: Address, message: Any) -> None:
        """Send a message, anything but None; from one actor to another they arrive in order."""
        self.effects.append(("tell", to, message))

    def put(self, to: Address, key: Any, value: Any) -> None:
        """Set the newest value of `key` in the other's conflated lane; see `Lane`."""
        self.effects.append(("put", to, key, value))

    def take(self) -> dict[Any, Any]:
        """Empty this actor's own conflated lane and return it, oldest key first.

        It is no effect: what was taken stays taken when the handler then refuses or crashes.
        """
        return self._world.take(self._cell)

    def ask(self, to: Address, message: Any, *, tag: Any, timeout_us: int) -> None:
        """Send a message whose answer comes back as `AskDone(tag, outcome)`.

        The outcome is Unknown after `timeout_us`, and comes at once when the message cannot be
        delivered or the other crashes. Answers for an earlier incarnation are dropped.
        """
        self.effects.append(("ask", to, message, tag, timeout_us))

    def reply(self, value: Any, to: ReplyTo | None = None) -> None:
        """Answer `to` (default: the message in hand). Nobody asked: nothing happens.

        A `Refused`, `Err` or `Unknown` is the outcome itself; any other value arrives as `Ok`.
        """
        asker = to if to is not None else self.asker
        if asker is not None:
            outcome = value if type(value) in NOT_OK else Ok(value)
            self.effects.append(("reply", asker, outcome))

    def forward(self, to: Address, message: Any, asker: ReplyTo | None = None) -> None:
        """Hand an asker (default: this message's) on: whoever `to` is will answer it."""
        self.effects.append(("forward", to, message, asker if asker is not None else self.asker))

    def after(self, delay_us: int, message: Any, *, key: Any = None, keep: bool = False) -> None:
        """Deliver `message` to this actor after a delay.

        Args:
            delay_us: microseconds; 0 means after everything that is under way now.
            message: arrives ahead of ordinary mail.
            key: an earlier timer with this key is replaced; needed for `cancel`.
            keep: survive this actor's crash or passivation instead of ending with it.
        """
        self.effects.append(("after", delay_us, message, key, keep))

    def cancel(self, key: Any) -> None:
        """Cancel the timer set with `key`, if it is still pending."""
        self.effects.append(("cancel", key))

    def io(self, port: str, request: Any, *, tag: Any = None) -> None:
        """Start a request on a port; with a tag, `IoDone(tag, outcome)` comes back."""
        self.effects.append(("io", port, request, tag))

    def spawn(self, address: Address, init: Any = None) -> None:
        """Start a child actor; it stops with this one, whose kind says how crashes are handled.

        One that runs at this address already is left as it is.

        Raises:
            KeyError: there is no such kind.
        """
        if not self._world.has_kind(address):
            raise KeyError(f"{address}: no kind of this name")
        self.effects.append(("spawn", address, init))

    def watch(self, address: Address) -> None:
        """Learn of `Restarted` and, once, of `Down`. Watching twice is watching once."""
        self.effects.append(("watch", address))

    def unwatch(self, address: Address) -> None:
        self.effects.append(("unwatch", address))

    def link(self, address: Address) -> None:
        """Share crashes: when either crashes or is killed, so does the other (see `trap_exits`)."""
        self.effects.append(("link", address))

    def stop(self, address: Address | None = None, *, reason: str = "normal") -> None:
        """Stop this actor, or another: children first, then what is queued, then it is gone.

        `reason` is counted and reaches watchers: take it from a small fixed set.
        """
        self.effects.append(("stop", address or self.address, reason))

    @property
    def watchers(self) -> tuple[Address, ...]:
        """Who watches this actor: after a crash, those who will be told of the restart."""
        return self._world.watchers(self._cell)

    def chance(self, purpose: str) -> Chance:
        """Return this actor's own stream for `purpose`; it continues over crashes."""
        cell = self._cell
        streams = cell.chances
        stream = streams.get(purpose)
        if stream is None:
            stream = chance(self._world.seed, cell.address, str(cell.birth), purpose)
            if streams is NO_VALUES:
                cell.chances = streams = {}
            streams[purpose] = stream
        return stream

    def fault(self, name: str) -> bool:
        """Return True where the simulator wants this rare path; always False in production."""
        call = self._faults
        self._faults += 1
        return self._world.fault(self._cell, name, call)
