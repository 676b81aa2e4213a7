"""Live a recorded run again: fresh actors, the same messages, no engine.

Each delivery's effects are compared with those of the recording, so the first line of code that
behaves differently is found together with the message that showed it.
"""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from engine.actor import Address, ReplyTo
from engine.cell import Birth, Cell, Kind
from engine.codec import Decoder, Encoder, packed
from engine.context import Context, Effect
from engine.journal import (
    BORN,
    DELIVERY,
    EXIT,
    HASH_BYTES,
    PASSIVATING,
    PUT,
    STOPPING,
    Block,
    JournalReader,
)
from engine.refusal import Refusal
from engine.state_digest import state_digest


@dataclass(frozen=True, slots=True)
class Divergence:
    """The first thing that went differently.

    Attributes:
        block: the journal's block it is in, from 0.
        now_us: kernel time of the delivery.
        address: of the actor.
        message: what it was told; None for `started`, and for `stopping`.
        expected: what the recording has: effects if it kept them, else their checksum; a refusal's
            code; None for a crash.
        got: what the replay did: a list of effects, a refusal's code, or the exception.
    """

    block: int
    now_us: int
    address: Address
    message: Any
    expected: Any
    got: Any


@dataclass(frozen=True, slots=True)
class Replayed:
    """How a replay went; without a divergence, every effect and state was as recorded."""

    blocks: int
    deliveries: int
    divergence: Divergence | None
    cut_off: bool
    states: bytes | None
    """The last hash of all states that was compared."""


class _Diverged(Exception):
    def __init__(self, expected: Any, got: Any) -> None:
        super().__init__()
        self.expected = expected
        self.got = got


def replay(
    read: Callable[[int], bytes], kinds: Iterable[Kind], classes: Iterable[type]
) -> Replayed:
    """Replay a journal.

    Args:
        read: returns the journal's next bytes, as a file's `read` does.
        kinds: those of the recorded run.
        classes: every class its messages may hold; see `engine.codec.classes_of`.

    Raises:
        ValueError: it is no journal of this version.
        LookupError: a kind or a class is missing.
    """
    journal = JournalReader(read)
    player = _Player(journal, kinds, classes)
    divergence: Divergence | None = None
    blocks = 0
    for block in journal.blocks():
        divergence = player.play(blocks, block)
        blocks += 1
        if divergence is not None:
            break
    return Replayed(blocks, player.deliveries, divergence, journal.cut_off, player.states)


class _Player:
    """The recorded cells, and the world that their handlers see."""

    def __init__(
        self, journal: JournalReader, kinds: Iterable[Kind], classes: Iterable[type]
    ) -> None:
        self.now_us = journal.now_us
        self.seed = journal.seed
        self.deliveries = 0
        self.states: bytes | None = None
        self._kinds = {kind.name: kind for kind in kinds}
        self._cells: dict[int, Cell] = {}
        self._latest: dict[int, dict[Any, Any]] = {}
        self._live: dict[int, Cell] = {}
        self._context = Context(self)
        self._value = Decoder(classes, journal.names).value
        self._plain = Encoder().plain
        self._effects = hashlib.blake2b(digest_size=HASH_BYTES)
        self._reads: list[Any] = []

    def play(self, number: int, block: Block) -> Divergence | None:
        """Live through one block; return what went differently, if anything did."""
        event: Any = None
        try:
            for event in block.events:
                self._event(event)
            event = None
            _check(block.effects, self._effects.copy().digest())
            if block.states is not None:
                live = sorted(self._live.items())
                self.states = state_digest(cell.actor for _, cell in live)
                _check(block.states, self.states)
        except _Diverged as diverged:
            address, message = "", None
            if event is not None:
                address = self._cells[event[1]].address
                message = self._value(event[4]) if event[0] == DELIVERY else None
            return Divergence(
                number, self.now_us, address, message, diverged.expected, diverged.got
            )
        return None

    def _event(self, event: Any) -> None:
        what = event[0]
        if what in {DELIVERY, STOPPING}:
            self._deliver(event)
        elif what == PUT:
            key, value = self._value(event[2])
            self._latest.setdefault(event[1], {})[key] = value
        elif what == BORN:
            self._birth(event)
        elif what == PASSIVATING:
            self._passivate(self._cells[event[1]])
        elif what == EXIT:
            self._exit(event[1], event[2])

    def _birth(self, event: Any) -> None:
        _, number, since_us, address, birth_number, incarnation, kept, given = event
        self.now_us += since_us
        cell = self._cells.get(number)
        if cell is None:
            kind = self._kinds[address.partition(":")[0]]
            cell = self._cells[number] = Cell(number, address, kind, birth_number, None)
        init, loaded = self._value(given)
        birth = Birth(address=address, init=init, loaded=loaded, kept=cell.kept if kept else None)
        cell.kept = None
        cell.incarnation = incarnation
        cell.actor = cell.kind.build(birth)
        self._live[number] = cell

    def _passivate(self, cell: Cell) -> None:
        assert cell.actor is not None
        try:
            cell.kept = cell.actor.passivate()
        except Exception:  # noqa: BLE001 - Then as now; its exit as a crash follows.
            cell.kept = None

    def _exit(self, number: int, reason: str) -> None:
        cell = self._live.pop(number)
        cell.actor = None
        if reason != "passive":
            cell.kept = None

    def _deliver(self, event: Any) -> None:
        what, number, since_us, ask, plain, expected, *self._reads = event
        self.now_us += since_us
        self.deliveries += 1
        cell = self._cells[number]
        message = self._value(plain)
        context = self._context
        context.enter(cell)
        context.begin(ReplyTo(ask) if ask else None)
        actor = cell.actor
        assert actor is not None
        try:
            if what == STOPPING:
                actor.stopping(context)
            elif message is None:
                actor.started(context)
            else:
                actor.handle(message, context)
        except Refusal as refusal:
            # `started` and `stopping` cannot refuse: there it is a crash.
            _check(expected, None if message is None else refusal.code)
        except Exception as error:  # noqa: BLE001 - The recording says whether it crashed then.
            if expected is not None:
                raise _Diverged(expected, error) from None
        else:
            self._compare(expected, context.effects)

    def _compare(self, expected: Any, effects: list[Effect]) -> None:
        got: Any = 0
        if effects:
            plain = self._plain(effects)
            content = packed(plain)
            self._effects.update(content)
            got = plain if isinstance(expected, tuple) else zlib.crc32(content)
        if got != expected:
            raise _Diverged(self._readable(expected), list(effects))

    def _readable(self, expected: Any) -> Any:
        return self._value(expected) if isinstance(expected, tuple) else expected

    # What a delivery sees (`engine.context.World`).

    def take(self, cell: Cell) -> dict[Any, Any]:
        return self._latest.pop(cell.number, {})

    def fault(self, _cell: Cell, _name: str, call: int) -> bool:
        return call in self._reads

    def watchers(self, _cell: Cell) -> tuple[Address, ...]:
        for index, value in enumerate(self._reads):
            if isinstance(value, tuple):
                del self._reads[index]
                return value
        return ()

    def has_kind(self, address: Address) -> bool:
        return address.partition(":")[0] in self._kinds


def _check(expected: Any, got: Any) -> None:
    if got != expected:
        raise _Diverged(expected, got)


__all__ = ["Divergence", "Replayed", "replay"]
