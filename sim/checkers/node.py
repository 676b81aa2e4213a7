"""The node itself: nothing unaccounted for, nothing without bound, nothing left over."""

from __future__ import annotations

from actors.directory.actor import Directory
from actors.directory.messages import DIRECTORY
from engine.actor import Address
from engine.cell import Cell
from sim.checkers.base import Checker, Checks

EVERY = 64
"""Steps between two looks at what takes long to look at."""


class NothingGoesMissing(Checker):
    """Balances the kernel's books."""

    name = "nothing_goes_missing"
    sentence = "Every message told is done, dead with a reason, conflated, rejected or waiting."

    def __init__(self, checks: Checks) -> None:
        super().__init__(checks)
        self._steps = 0

    def every_step(self, cell: Cell) -> None:
        self._steps += 1
        if self._steps % EVERY == 0:
            self._balance(cell.address)

    def at_end(self) -> None:
        self._balance("")

    def _balance(self, address: str) -> None:
        self.checked += 1
        missing = self.scene.core.missing()
        if missing:
            self.fail(f"{missing} messages are unaccounted for", address)


class WithinBounds(Checker):
    """Measures mailboxes at every step, outboxes now and then."""

    name = "within_bounds"
    sentence = "No mailbox and no client's outbox grows past its bound."

    def __init__(self, checks: Checks) -> None:
        super().__init__(checks)
        self._steps = 0

    def every_step(self, cell: Cell) -> None:
        self.checked += 1
        size_max = cell.kind.lane.size_max
        if len(cell.mail) > size_max:
            self.fail(f"{len(cell.mail)} messages wait, at most {size_max} may", cell.address)
        self._steps += 1
        if self._steps % EVERY == 0:
            self._outboxes()

    def at_end(self) -> None:
        self._outboxes()

    def _outboxes(self) -> None:
        bound = self.scene.network.settings.outbox_bytes_max
        for connection in self.scene.network.connections:
            self.checked += 1
            if connection.down.waiting_bytes > bound:
                text = f"{connection.down.waiting_bytes} bytes wait for a client, at most {bound}"
                self.fail(text, f"session:{connection.socket_id}")


class NothingIsLeftOver(Checker):
    """Counts sessions and sockets when all is calm."""

    name = "nothing_is_left_over"
    sentence = "In the end there is one session for each open socket and no other."

    def at_end(self) -> None:
        self.checked += 1
        sessions = {address for address in self.scene.core.cells if address.startswith("session:")}
        network = self.scene.network
        sockets = {f"session:{one.socket_id}" for one in network.connections if one.accepted}
        if sessions != sockets:
            text = f"sessions {sorted(sessions - sockets)} have no socket, "
            self.fail(text + f"sockets of {sorted(sockets - sessions)} no session")
        peers = {f"session:{one}" for one in network.front.seats.by_id}
        if peers != sockets:
            self.fail(f"the server keeps sockets {sorted(peers ^ sockets)} that are gone")


class RowsMatchPeople(Checker):
    """Compares the presence rows with the rosters when all is calm."""

    name = "rows_match_people"
    sentence = (
        "In the end the store's presence rows are those of the people in the spaces. "
        "(A space that its node's death left has its old rows until somebody opens it.)"
    )

    def __init__(self, checks: Checks) -> None:
        super().__init__(checks)
        self._left: dict[Address, None] = {}

    def space_born(self, cell: Cell) -> None:
        self._left.pop(cell.address, None)

    def space_gone(self, cell: Cell, reason: str) -> None:
        if reason != "passive":
            self._left[cell.address] = None

    def at_end(self) -> None:
        self.checked += 1
        bodies = {
            (body.socket_id, str(space.state.space), body.person.account, body.person.guest_id)
            for space in self.scene.spaces().values()
            for body in space.state.roster.bodies.values()
        }
        rows = {
            (row.socket_id, str(row.space), row.account, row.guest_id)
            for row in self.scene.memory.sessions.values()
            if row.space.address not in self._left
        }
        if bodies != rows:
            self.fail(f"rows too many {sorted(rows - bodies)}, too few {sorted(bodies - rows)}")


class HeadCountsAgree(Checker):
    """Compares the directory's counts with the rosters when all is calm."""

    name = "head_counts_agree"
    sentence = "In the end the directory counts as many people as there are."

    def at_end(self) -> None:
        self.checked += 1
        cell = self.scene.core.cells.get(DIRECTORY)
        directory = None if cell is None else cell.actor
        counted = {}
        if isinstance(directory, Directory):
            counted = {name: occupied.people for name, occupied in directory.people.items()}
        there = {
            str(space.state.space): len(space.state.roster)
            for space in self.scene.spaces().values()
            if len(space.state.roster)
        }
        if counted != there:
            self.fail(f"the directory counts {counted}, in the spaces are {there}", DIRECTORY)
