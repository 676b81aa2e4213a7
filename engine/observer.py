"""What can be seen of a run from outside: digests, recorders and checkers are observers."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from engine.actor import Address, ReplyTo
from engine.context import Effect

if TYPE_CHECKING:
    from engine.cell import Birth, Cell


class Observer:
    """Override what is of interest.

    Observers change nothing, never raise, and do not keep what they are given: cells and messages
    would outlive their time.
    """

    def born(self, now_us: int, cell: Cell, birth: Birth) -> None:
        """An incarnation was built; `started` runs next."""

    def put(self, now_us: int, cell: Cell, key: Any, value: Any) -> None:
        """A value was written to a conflated lane: this one, after merging."""

    def delivering(self, now_us: int, cell: Cell, message: Any, asked: ReplyTo | None) -> None:
        """`handle` (or, for the message None, `started`) runs next."""

    def stopping(self, now_us: int, cell: Cell) -> None:
        """`stopping` runs next."""

    def passivating(self, now_us: int, cell: Cell) -> None:
        """`passivate` runs next; `exited` follows if it sleeps."""

    def read(self, now_us: int, cell: Cell, value: int | tuple[Address, ...]) -> None:
        """The handler was told what its messages do not say.

        `value` is a tuple of its watchers, or a number: this delivery's question for a fault with
        that number, from 0, was answered yes.
        """

    def delivered(self, now_us: int, cell: Cell, effects: list[Effect]) -> None:
        """It returned; these effects are performed next."""

    def refused(self, now_us: int, cell: Cell, code: str) -> None:
        """It refused; its effects were dropped."""

    def crashed(self, now_us: int, cell: Cell, error: BaseException) -> None:
        """It failed, or its state could not be read; `exited` follows."""

    def exited(self, now_us: int, cell: Cell, reason: str) -> None:
        """An incarnation ended."""


class Observers(Observer):
    """Several observers as one, called in order."""

    def __init__(self, observers: Iterable[Observer]) -> None:
        self._all = tuple(observers)

    def born(self, now_us: int, cell: Cell, birth: Birth) -> None:
        for observer in self._all:
            observer.born(now_us, cell, birth)

    def put(self, now_us: int, cell: Cell, key: Any, value: Any) -> None:
        for observer in self._all:
            observer.put(now_us, cell, key, value)

    def delivering(self, now_us: int, cell: Cell, message: Any, asked: ReplyTo | None) -> None:
        for observer in self._all:
            observer.delivering(now_us, cell, message, asked)

    def stopping(self, now_us: int, cell: Cell) -> None:
        for observer in self._all:
            observer.stopping(now_us, cell)

    def passivating(self, now_us: int, cell: Cell) -> None:
        for observer in self._all:
            observer.passivating(now_us, cell)

    def read(self, now_us: int, cell: Cell, value: int | tuple[Address, ...]) -> None:
        for observer in self._all:
            observer.read(now_us, cell, value)

    def delivered(self, now_us: int, cell: Cell, effects: list[Effect]) -> None:
        for observer in self._all:
            observer.delivered(now_us, cell, effects)

    def refused(self, now_us: int, cell: Cell, code: str) -> None:
        for observer in self._all:
            observer.refused(now_us, cell, code)

    def crashed(self, now_us: int, cell: Cell, error: BaseException) -> None:
        for observer in self._all:
            observer.crashed(now_us, cell, error)

    def exited(self, now_us: int, cell: Cell, reason: str) -> None:
        for observer in self._all:
            observer.exited(now_us, cell, reason)
