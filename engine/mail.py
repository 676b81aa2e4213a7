"""How messages get into mailboxes, and what becomes of those that do not."""

from __future__ import annotations

import traceback
from collections import deque
from typing import TYPE_CHECKING, Any, Final

from engine.actor import Address, Filled
from engine.cell import NO_MAIL, NO_VALUES, Cell, Envelope, Mail, State
from engine.ledger import DeadLetter
from engine.outcome import Err

if TYPE_CHECKING:
    from engine.core import Core

# Looked up once: an Enum is slow at it.
RUNNING: Final = State.RUNNING
PASSIVE: Final = State.PASSIVE
STOPPING: Final = State.STOPPING
DEAD: Final = State.DEAD
_FILLED: Final = Filled()


class MailRoom:
    """Posts, buries and puts back. Everything it is given is counted, whatever it does with it."""

    __slots__ = ("_cells", "_core", "_ledger")

    def __init__(self, core: Core) -> None:
        self._core = core
        self._cells = core.cells
        self._ledger = core.ledger

    def post(self, to: Address, mail: Mail) -> bool:
        """Queue a message. Return False when the mailbox refused it."""
        cell = self._cells.get(to)
        if cell is None:
            cell = self._first_mail(to)
            if cell is None:
                self._ledger.told += 1
                self.bury(to, mail, "nobody there")
                return True
        waiting = cell.mail
        if waiting and len(waiting) < cell.size_max:
            # Where mail waits already the cell has its turn coming, or cannot take one yet.
            self._ledger.told += 1
            waiting.append(mail)
            return True
        return self._post_first(cell, mail) if not waiting else self._post_full(cell, mail)

    def _post_first(self, cell: Cell, mail: Mail) -> bool:
        self._ledger.told += 1
        state = cell.state
        if state is STOPPING or state is DEAD:
            self.bury(cell.address, mail, "stopping")
            return True
        cell.mail = deque((mail,))
        if state is PASSIVE:
            self._core.lifecycle.activate(cell)
        elif not cell.scheduled and (state is RUNNING or cell.has_work):
            cell.scheduled = True
            self._core.ready(cell)
        return True

    def _post_full(self, cell: Cell, mail: Mail) -> bool:
        if cell.state is STOPPING or cell.state is DEAD:
            self._ledger.told += 1
            self.bury(cell.address, mail, "stopping")
            return True
        if not self._make_room(cell, mail):
            return cell.kind.lane.overflow != "refuse"
        self._ledger.told += 1
        cell.mail.append(mail)
        return True

    def post_system(self, to: Address, mail: Mail) -> None:
        """Send a kernel message: never dropped, handled before ordinary mail."""
        self._ledger.told += 1
        cell = self._cells.get(to)
        if cell is None or cell.state is STOPPING or cell.state is DEAD:
            self.bury(to, mail, "nobody there" if cell is None else "stopping")
        else:
            self._post_system(cell, mail)

    def _post_system(self, cell: Cell, mail: Mail) -> None:
        if cell.system:
            cell.system.append(mail)  # As above: its turn is coming.
            return
        cell.system = deque((mail,))
        if cell.state is PASSIVE:
            self._core.lifecycle.activate(cell)
        elif not cell.scheduled and cell.has_work:
            cell.scheduled = True
            self._core.ready(cell)

    def put(self, to: Address, key: Any, value: Any) -> None:
        """Set the newest value of a key; it keeps the place of the one it meets."""
        core = self._core
        cell = self._cells.get(to)
        self._ledger.told += 1
        if cell is None or (cell.state is not RUNNING and cell.state in (PASSIVE, STOPPING, DEAD)):
            self.bury(to, value, "nobody there")
            return
        latest = cell.latest
        lane = cell.kind.lane
        first = latest is NO_VALUES
        if key in latest:
            self._ledger.conflated += 1
            if lane.merge is not None:
                value = lane.merge(latest[key], value)
        elif len(latest) >= lane.keys_max:
            self._ledger.rejected += 1
            return
        elif first:
            cell.latest = latest = {}
        latest[key] = value
        if core.observer is not None:
            core.observer.put(core.now_us, cell, key, value)
        if first and lane.wakes:
            self._ledger.told += 1
            self._post_system(cell, _FILLED)

    def take(self, cell: Cell) -> dict[Any, Any]:
        """Empty the conflated lane."""
        latest = cell.latest
        if latest is NO_VALUES:
            return {}
        cell.latest = NO_VALUES
        self._ledger.done += len(latest)
        return latest

    def put_back(self, cell: Cell, error: BaseException, *, system: bool) -> None:
        """A handler crashed: its message is tried again first of all, or it is dead."""
        mail, cell.in_hand = cell.in_hand, None
        envelope = mail if type(mail) is Envelope else Envelope(mail)
        if envelope.tries >= cell.kind.retries:
            # The traceback is worth its cost here: somebody will want to know.
            self.bury(cell.address, mail, "crash", "".join(traceback.format_exception(error)))
            return
        envelope.tries += 1
        if envelope.asker is not None:
            self._core.asks.let_go(envelope.asker.ask)
        if system:
            cell.system = deque((envelope, *cell.system))
        else:
            cell.mail = deque((envelope, *cell.mail))

    def bury(self, to: Address, mail: Mail, reason: str, text: str | None = None) -> None:
        """Count a message as dead; whoever asked it learns so at once."""
        now_us = self._core.now_us
        if type(mail) is not Envelope:
            self._ledger.bury(DeadLetter(now_us, to, mail, reason, text))
            return
        self._ledger.bury(DeadLetter(now_us, to, mail.message, reason, text))
        if mail.asker is not None:
            self._core.asks.resolve(mail.asker.ask, Err(reason))

    def bury_all(self, cell: Cell, reason: str) -> None:
        """Dead-letter everything that waits in a cell that is gone for good."""
        waiting = [*cell.system, *cell.mail, *cell.latest.values()]
        cell.system = cell.mail = cell.control = NO_MAIL
        cell.latest = NO_VALUES
        for mail in waiting:
            self.bury(cell.address, mail, reason)

    def _first_mail(self, to: Address) -> Cell | None:
        core = self._core
        kind = core.kinds.get(to.partition(":")[0])
        if kind is None or not kind.starts_on_tell or core.closing:
            return None
        return core.lifecycle.create(to, init=None, parent=None)

    def _make_room(self, cell: Cell, mail: Mail) -> bool:
        """Apply the overflow policy; return whether the new message may be queued."""
        overflow = cell.kind.lane.overflow
        if overflow == "refuse":
            self._ledger.told += 1
            self._ledger.rejected += 1
            return False
        if overflow == "drop_newest":
            self._ledger.told += 1
            self.bury(cell.address, mail, "mailbox full")
            return False
        if overflow == "drop_oldest":
            cell.gap += 1
            self.bury(cell.address, cell.mail.popleft(), "mailbox full")
            return True
        ranks = [_priority(waiting) for waiting in cell.mail]
        lowest = min(ranks)
        if _priority(mail) <= lowest:
            self._ledger.told += 1
            self.bury(cell.address, mail, "shed")
            return False
        index = ranks.index(lowest)
        shed = cell.mail[index]
        del cell.mail[index]
        self.bury(cell.address, shed, "shed")
        return True


def _priority(mail: Mail) -> int:
    message = mail.message if type(mail) is Envelope else mail
    rank: int = getattr(message, "priority", 0)
    return rank
