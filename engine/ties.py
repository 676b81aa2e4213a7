"""Watches and links: what cells learn of each other's ends."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.actor import Address, Down, Exited, LinkedExit
from engine.cell import NO_TIES, Cell, State, tie, untie

if TYPE_CHECKING:
    from engine.core import Core
    from engine.lifecycle import Lifecycle

ORDERLY = frozenset({"normal", "shutdown"})
"""Ends that do not fell linked actors."""


class Ties:
    """A tie joins two living cells; the end of either removes it and is told exactly once."""

    def __init__(self, core: Core, lifecycle: Lifecycle) -> None:
        self._core = core
        self._lifecycle = lifecycle

    def watch(self, cell: Cell, address: Address) -> None:
        """Have `cell` told of `address`'s restarts and its end."""
        watched = self._core.cells.get(address)
        if watched is None or watched.state is State.DEAD:
            self._core.mail.post_system(cell.address, Down(address, "nobody there"))
        elif cell.state is not State.DEAD:
            watched.watchers = tie(watched.watchers, cell.address)
            cell.watching = tie(cell.watching, address)

    def unwatch(self, cell: Cell, address: Address) -> None:
        untie(cell.watching, address)
        watched = self._core.cells.get(address)
        if watched is not None:
            untie(watched.watchers, cell.address)

    def link(self, cell: Cell, address: Address) -> None:
        """Tie two cells: a crash of one is a crash of the other."""
        other = self._core.cells.get(address)
        if other is None or other.state is State.DEAD:
            self.fell(cell.address, address, address, "nobody there")
        elif cell.state is not State.DEAD and other is not cell:
            other.links = tie(other.links, cell.address)
            cell.links = tie(cell.links, address)

    def fell(self, address: Address, by: Address, origin: Address, reason: str) -> None:
        """A linked actor ended: tell this one, or fell it too, in its own turn.

        Args:
            address: the linked one.
            by: who ended.
            origin: whose crash began it; it is not felled by its own fall coming back.
            reason: of the end.
        """
        other = self._core.cells.get(address)
        if other is None or other.state is State.DEAD:
            return
        if other.kind.trap_exits:
            self._core.mail.post_system(address, Exited(by, reason))
        elif reason not in ORDERLY and other.actor is not None:
            error = LinkedExit(origin, reason)
            self._lifecycle.then(other, self._fall, other, other.incarnation, error)

    def cut(self, cell: Cell, reason: str) -> None:
        """A cell is gone for good: tell whoever was tied to it."""
        core = self._core
        for other in cell.watching:
            if other in core.cells:
                untie(core.cells[other].watchers, cell.address)
        for other in cell.links:
            if other in core.cells:
                untie(core.cells[other].links, cell.address)
                self.fell(other, cell.address, cell.address, reason)
        for watcher in cell.watchers:
            if watcher in core.cells:
                untie(core.cells[watcher].watching, cell.address)
                core.mail.post_system(watcher, Down(cell.address, reason))
        cell.watching = cell.links = cell.watchers = NO_TIES

    def _fall(self, cell: Cell, incarnation: int, error: LinkedExit) -> None:
        if cell.incarnation == incarnation and cell.actor is not None:
            self._lifecycle.crashed(cell, error)
