"""Several things that happen at once: the turns they cause are taken after the last of them."""

from __future__ import annotations

from collections.abc import Callable

from engine.cell import Cell
from engine.core import Core


class Together:
    """Surrounds them; nothing in it may wait.

    Args:
        core: of the kernel whose cells these are.
        begin: brings the clock up to date.
        turn: gives cells whose tasks are parked their turns, in the task that runs now. A trip
            through the scheduler for each costs as much as the turn of a small actor.
        wake: sends a cell on that trip.
    """

    __slots__ = ("_begin", "_core", "_turn", "_wake", "_woken")

    def __init__(
        self,
        core: Core,
        begin: Callable[[], None],
        turn: Callable[[list[Cell]], None],
        wake: Callable[[Cell], None],
    ) -> None:
        self._core = core
        self._begin = begin
        self._turn = turn
        self._wake = wake
        self._woken: list[Cell] | None = None  # None outside.

    def __enter__(self) -> None:
        """Hold the turns of those who get mail from now on."""
        assert self._woken is None, "what happens at once has no parts that do"
        self._begin()
        self._woken = []

    def __exit__(self, *_error: object) -> None:
        """Take them; who gets mail by that takes the trip."""
        woken, self._woken = self._woken, None
        if woken:
            self._turn(woken)

    def now_us(self) -> int:
        """Return kernel time, brought up to date; all that happens at once has the same."""
        if self._woken is None:
            self._begin()
        return self._core.now_us

    def wake(self, cell: Cell) -> None:
        """See to it that a cell which has got work takes its turn."""
        if self._woken is None or cell.task is None:
            self._wake(cell)
        else:
            self._woken.append(cell)
