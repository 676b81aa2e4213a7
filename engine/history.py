"""Whether two runs were the same run: rolling hashes of what happened and what followed."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from engine.actor import ReplyTo
from engine.codec import Encoder, packed
from engine.context import Effect
from engine.observer import Observer

if TYPE_CHECKING:
    from engine.cell import Birth, Cell

EVENTS_PER_BLOCK = 256
"""Hashing a block costs a tenth of hashing its events one by one."""


class Chain:
    """A hash over a stream of plain values, taken block by block."""

    __slots__ = ("_hash", "_keep", "_waiting", "blocks", "kept")

    def __init__(self, keep_block: int | None = None) -> None:
        self._hash = b""
        self._waiting: list[Any] = []
        self._keep = keep_block
        self.blocks: list[bytes] = []
        """The chain after each whole block: the first that differs shows where runs part."""
        self.kept: list[Any] = []
        """The events of the block that was to be kept."""

    def add(self, plain: Any) -> None:
        waiting = self._waiting
        waiting.append(plain)
        if len(waiting) == EVENTS_PER_BLOCK:
            if self._keep == len(self.blocks):
                self.kept = waiting
            self._hash = self._next()
            self.blocks.append(self._hash)
            self._waiting = []

    def digest(self) -> bytes:
        """Return the hash of everything so far, 16 bytes."""
        if self._keep == len(self.blocks):
            self.kept = self._waiting
        return self._next()

    def _next(self) -> bytes:
        return hashlib.blake2b(self._hash + packed(self._waiting), digest_size=16).digest()


class HistoryDigest(Observer):
    """Observes a run; equal digests mean equal runs.

    `history` covers every birth, delivery (when, to whom, what), conflated value, refusal, crash
    and end; `effects` covers what each delivery asked for. Values must be encodable (`Encoder`).
    """

    def __init__(self, *, keep_block: int | None = None) -> None:
        """Start a digest; with `keep_block`, the events of that block of both are kept whole."""
        self.history = Chain(keep_block)
        self.effects = Chain(keep_block)
        self._plain = Encoder().plain

    def hexdigest(self) -> str:
        """Return both hashes, history first."""
        return f"{self.history.digest().hex()}-{self.effects.digest().hex()}"

    def born(self, now_us: int, cell: Cell, birth: Birth) -> None:
        self.history.add(("born", now_us, cell.address, cell.incarnation, birth.kept is not None))

    def put(self, now_us: int, cell: Cell, key: Any, value: Any) -> None:
        self.history.add(("put", now_us, cell.address, self._plain(key), self._plain(value)))

    def delivering(self, now_us: int, cell: Cell, message: Any, asked: ReplyTo | None) -> None:
        ask = 0 if asked is None else asked.ask
        self.history.add(("delivery", now_us, cell.address, self._plain(message), ask))

    def stopping(self, now_us: int, cell: Cell) -> None:
        self.history.add(("stopping", now_us, cell.address))

    def passivating(self, now_us: int, cell: Cell) -> None:
        self.history.add(("passivating", now_us, cell.address))

    def delivered(self, now_us: int, cell: Cell, effects: list[Effect]) -> None:
        if effects:
            self.effects.add((now_us, cell.address, self._plain(effects)))

    def refused(self, now_us: int, cell: Cell, code: str) -> None:
        self.history.add(("refused", now_us, cell.address, code))

    def crashed(self, now_us: int, cell: Cell, error: BaseException) -> None:
        self.history.add(("crashed", now_us, cell.address, type(error).__name__))

    def exited(self, now_us: int, cell: Cell, reason: str) -> None:
        self.history.add(("exited", now_us, cell.address, reason))
