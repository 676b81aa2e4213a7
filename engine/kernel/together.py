"""Several things that happen at once: the turns they cause are taken after the last of them."""

from __future__ import annotations

from collections.abc import Callable

from engine.cell import Cell


class Together:
    """Surrounds them; nothing in it may wait.

    Args:
        begin: brings the clock up to date.
        turn: gives a cell whose task is parked its turn, in the task that runs now. A trip through
            the scheduler for each costs as much as the turn of a small actor.
    """

    __slots__ = ("_begin", "_turn", "woken")

    def __init__(self, begin: Callable[[], None], turn: Callable[[Cell], None]) -> None:
        self._begin = begin
        self._turn = turn
        self.woken: list[Cell] | None = None
        """The cells that have got work meanwhile; None outside."""

    def __enter__(self) -> None:
        """Hold the turns of those who get mail from now on."""
        assert self.woken is None, "what happens at once has no parts that do"
        self._begin()
        self.woken = []

    def __exit__(self, *_error: object) -> None:
        """Take them; who gets mail by that takes the trip."""
        woken, self.woken = self.woken or [], None
        for cell in woken:
            self._turn(cell)
