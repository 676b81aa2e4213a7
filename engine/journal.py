"""The recording of a run: all that its actors were told, and a check on all they did.

A journal is a text line, then blocks: length (4 bytes, big-endian), chain hash (16 bytes),
compressed content. A block's hash covers the one before, so a journal is good up to the first
block that is cut off or changed. The first block says how the run began; every other holds the
names of classes met for the first time, events, and hashes of the effects and, at times, of the
states. `engine.replay` reads it.

The content of a journal is private: it holds every message and the seed of the run's chance.
"""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from marshal import loads
from typing import TYPE_CHECKING, Any

from engine.actor import ReplyTo
from engine.codec import Encoder, class_name, packed
from engine.context import Effect
from engine.observer import Observer
from engine.state_digest import state_digest

if TYPE_CHECKING:
    from engine.cell import Birth, Cell

MAGIC = b"actor journal 1\n"
EVENTS_PER_BLOCK = 256
STATES_EVERY = 64
"""Blocks between two hashes of all states: they cost as much as the states are large."""
BLOCK_BYTES_MAX = 64 * 1024 * 1024
HASH_BYTES = 16
BORN, DELIVERY, STOPPING, PUT, PASSIVATING, EXIT = range(6)


@dataclass(frozen=True, slots=True)
class Block:
    """Events, and what must be true after them."""

    events: list[Any]
    effects: bytes
    states: bytes | None


class Recorder(Observer):
    """Writes a journal of the actors it sees born; actors of other kinds are passed over.

    An actor whose messages cannot be encoded ends the recording, never the run.
    """

    def __init__(
        self,
        write: Callable[[bytes], object],
        *,
        seed: bytes,
        now_us: int,
        kinds: Collection[str] | None = None,
        keep_effects: bool = False,
        on_error: Callable[[Exception], None] | None = None,
    ) -> None:
        """Begin a journal.

        Args:
            write: appends bytes to it; called about once in 256 events.
            seed: the run's.
            now_us: kernel time at the start.
            kinds: names of the kinds to record; None records all.
            keep_effects: keep effects whole instead of a checksum each, to see what a diverging
                replay should have done.
            on_error: is told why a recording ended early.
        """
        self._write = write
        self._kinds = kinds
        self._keep_effects = keep_effects
        self._on_error = on_error
        self._chain = b""
        self._names: dict[type, int] = {}
        self._new_names: list[str] = []
        self._plain = Encoder(self._name).plain
        # Checksums must not depend on the order in which classes are met.
        self._plain_effects = Encoder().plain
        self._events: list[Any] = []
        self._open: list[Any] | None = None
        self._then_us = now_us
        self._effects = hashlib.blake2b(digest_size=HASH_BYTES)
        self._live: dict[int, Cell] = {}
        self._blocks = 0
        self.ended = False
        """Whether nothing more is recorded: it was closed, or `on_error` was told why."""
        write(MAGIC)
        self._write_block((seed, now_us))

    def flush(self) -> None:
        """Write what has been seen so far."""
        if self._events and not self.ended:
            self._end_block(states=False)

    def close(self) -> None:
        """Write the rest and a hash of all states."""
        if not self.ended:
            self._end_block(states=True)
            self.ended = True

    # What is seen.

    def born(self, now_us: int, cell: Cell, birth: Birth) -> None:
        if self.ended or (self._kinds is not None and cell.kind.name not in self._kinds):
            return
        self._live[cell.number] = cell
        kept = birth.kept is not None
        plain = self._plainly((birth.init, birth.loaded))
        self._add(
            (BORN, cell.number, self._since(now_us), cell.address, cell.birth,
             cell.incarnation, kept, plain)
        )  # fmt: skip

    def put(self, now_us: int, cell: Cell, key: Any, value: Any) -> None:
        # Values put before the first birth, while the state is loaded, are the actor's as well.
        if not self.ended and (self._kinds is None or cell.kind.name in self._kinds):
            self._add((PUT, cell.number, self._plainly((key, value))))

    def delivering(self, now_us: int, cell: Cell, message: Any, asked: ReplyTo | None) -> None:
        if cell.number in self._live:
            ask = 0 if asked is None else asked.ask
            since = self._since(now_us)
            self._open = [DELIVERY, cell.number, since, ask, self._plainly(message), None]

    def stopping(self, now_us: int, cell: Cell) -> None:
        if cell.number in self._live:
            self._open = [STOPPING, cell.number, self._since(now_us), 0, None, None]

    def passivating(self, now_us: int, cell: Cell) -> None:
        if cell.number in self._live:
            self._add((PASSIVATING, cell.number))

    def read(self, now_us: int, cell: Cell, value: int | tuple[str, ...]) -> None:
        if self._open is not None:
            self._open.append(value)

    def delivered(self, now_us: int, cell: Cell, effects: list[Effect]) -> None:
        if self._open is None:
            return
        outcome: Any = 0
        if effects:
            plain = self._plainly(effects, self._plain_effects)
            content = packed(plain)
            self._effects.update(content)
            outcome = plain if self._keep_effects else zlib.crc32(content)
        self._close(outcome)

    def refused(self, now_us: int, cell: Cell, code: str) -> None:
        self._close(code)

    def crashed(self, now_us: int, cell: Cell, error: BaseException) -> None:
        self._close(None)

    def exited(self, now_us: int, cell: Cell, reason: str) -> None:
        if self._live.pop(cell.number, None) is not None:
            self._add((EXIT, cell.number, reason))

    # Writing.

    def _since(self, now_us: int) -> int:
        since, self._then_us = now_us - self._then_us, now_us
        return since

    def _name(self, cls: type) -> int:
        number = self._names.get(cls)
        if number is None:
            number = self._names[cls] = len(self._names)
            self._new_names.append(class_name(cls))
        return number

    def _plainly(self, value: Any, plain: Callable[[Any], Any] | None = None) -> Any:
        try:
            return (plain or self._plain)(value)
        except TypeError as error:
            self._give_up(error)
            return None

    def _give_up(self, error: Exception) -> None:
        self.ended = True
        self._live.clear()
        self._open = None
        if self._on_error is not None:
            self._on_error(error)

    def _close(self, outcome: Any) -> None:
        opened, self._open = self._open, None
        if opened is not None:
            opened[5] = outcome
            self._add(tuple(opened))

    def _add(self, event: tuple[Any, ...]) -> None:
        if self.ended:
            return
        self._events.append(event)
        if len(self._events) >= EVENTS_PER_BLOCK:
            self._end_block(states=self._blocks % STATES_EVERY == 0)

    def _end_block(self, *, states: bool) -> None:
        digest = None
        if states:
            digest = state_digest(cell.actor for _, cell in sorted(self._live.items()))
        events, self._events = self._events, []
        names, self._new_names = self._new_names, []
        self._write_block((names, events, self._effects.copy().digest(), digest))

    def _write_block(self, content: Any) -> None:
        body = zlib.compress(packed(content), 1)
        self._chain = chained(self._chain, body)
        self._blocks += 1
        self._write(len(body).to_bytes(4, "big") + self._chain + body)


class JournalReader:
    """Reads a journal up to its end, or to where it was cut off."""

    def __init__(self, read: Callable[[int], bytes]) -> None:
        """Open a journal.

        Args:
            read: returns the next bytes, at most as many as asked for; b"" at the end.

        Raises:
            ValueError: it is no journal of this version, or its first block is damaged.
        """
        self._read = read
        self._chain = b""
        self.names: list[str] = []
        self.cut_off = False
        """Whether the journal ended in the middle of a block, or in a damaged one."""
        if read(len(MAGIC)) != MAGIC:
            raise ValueError("not a journal of this version")
        start = self._content()
        if start is None:
            raise ValueError("the journal's first block is missing or damaged")
        self.seed: bytes
        self.now_us: int
        self.seed, self.now_us = start

    def blocks(self) -> Iterator[Block]:
        """Yield the blocks; what follows a damaged one is lost."""
        while (content := self._content()) is not None:
            names, events, effects, states = content
            self.names += names
            yield Block(events, effects, states)

    def _content(self) -> Any:
        head = self._read(4 + HASH_BYTES)
        if not head:
            return None
        size = int.from_bytes(head[:4], "big")
        body = self._read(size) if len(head) == 4 + HASH_BYTES and size <= BLOCK_BYTES_MAX else b""
        if not body or len(body) < size or chained(self._chain, body) != head[4:]:
            self.cut_off = True
            return None
        self._chain = head[4:]
        return loads(zlib.decompress(body))  # noqa: S302 - The chain hash says we wrote it.


def chained(before: bytes, body: bytes) -> bytes:
    """Return a block's hash, which covers the one before."""
    return hashlib.blake2b(before + body, digest_size=HASH_BYTES).digest()
