"""The deterministic heart of every engine: turns and deliveries.

Nothing here waits or reads a clock. An engine decides when a cell gets its turn and when time
passes: `engine.heap` with a run queue, `engine.kernel` with trio tasks. The same calls in the same
order give the same history, whichever engine makes them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Final

from engine.actor import Actor, Address, Gap
from engine.asks import Asks, PendingAsk
from engine.cell import NO_MAIL, Cell, Envelope, Kind, Mail, State
from engine.clock import Timers
from engine.context import Context, Effect
from engine.effects import Effects
from engine.ledger import Ledger
from engine.lifecycle import Lifecycle
from engine.mail import MailRoom
from engine.observer import Observer
from engine.outcome import Outcome
from engine.port import Port
from engine.refusal import Refusal

RUNNING: Final = State.RUNNING  # Looked up here once: an Enum is slow at it.


class MailboxFull(Exception):
    """The mailbox refuses; try again later or drop the message knowingly."""


def _nothing(_cell: Cell) -> None:
    """An engine without tasks has nothing to let go."""


class Core:
    """All cells of one node. See the module's text for who drives it."""

    def __init__(
        self,
        kinds: Iterable[Kind],
        *,
        seed: bytes,
        now_us: int,
        ready: Callable[[Cell], None],
        ended: Callable[[Cell], None] = _nothing,
        observer: Observer | None = None,
        faults: Callable[[str], bool] | None = None,
        before_delivery: Callable[[Cell, Any], None] | None = None,
    ) -> None:
        """Make an empty node.

        Args:
            kinds: every kind of actor it can run.
            seed: decides every draw of chance in the node.
            now_us: kernel time at the start, microseconds since the Unix epoch.
            ready: called once when a cell gets work; the engine then calls `turn`.
            ended: called when a cell has fallen asleep or died; the engine may let its task go.
            observer: sees births, deliveries and effects.
            faults: answers `ctx.fault(name)`.
            before_delivery: may raise to make a delivery crash (fault injection).
        """
        self.kinds = {kind.name: kind for kind in kinds}
        self.seed = seed
        self.now_us = now_us
        self.ready = ready
        self.ended = ended
        self.closing = False
        """Set once by a shutdown: addresses without a cell stay without one."""
        self.observer = observer
        self.before_delivery = before_delivery
        self.faults = faults
        self.ports: dict[str, Port] = {}
        self.cells: dict[Address, Cell] = {}
        self.timers = Timers()
        self.ledger = Ledger()
        self.asks = Asks(self)
        self.mail = MailRoom(self)
        self.lifecycle = Lifecycle(self)
        self.effects = Effects(self)
        self._context = Context(self)

    # What engines and adapters call.

    def tell(self, to: Address, message: Any) -> None:
        """Send a message, anything but None, from outside.

        Raises:
            MailboxFull: the receiver refuses more; nothing was sent.
        """
        if not self.mail.post(to, message):
            raise MailboxFull(f"{to} takes no more messages now")

    def ask(
        self, to: Address, message: Any, callback: Callable[[Outcome], None], *, timeout_us: int
    ) -> int:
        """Send a message; `callback` gets its outcome, now or later. Return the ask's number."""
        return self.asks.open(PendingAsk(None, None, callback), to, message, timeout_us)

    def put(self, to: Address, key: Any, value: Any) -> None:
        """Set the newest value of `key` in a conflated lane; see `Lane`."""
        self.mail.put(to, key, value)

    def spawn(self, address: Address, init: Any = None) -> None:
        """Start a top-level actor.

        Raises:
            KeyError: there is no such kind.
            ValueError: there is one at this address already.
        """
        if address in self.cells:
            raise ValueError(f"{address} is already running")
        self.lifecycle.create(address, init=init, parent=None)

    def has_room(self, to: Address) -> bool:
        """Whether a tell would be taken without dropping or refusing anything."""
        cell = self.cells.get(to)
        return cell is None or len(cell.mail) < cell.size_max

    def has_mail(self, to: Address) -> bool:
        """Whether ordinary mail waits at an address: what is put now would overtake it."""
        cell = self.cells.get(to)
        return cell is not None and bool(cell.mail)

    def turn(self, cell: Cell) -> bool:
        """Let a cell handle some of its mail; return whether it wants another turn."""
        self._context.enter(cell)
        for _ in range(cell.kind.turn_max):
            if cell.control:
                cell.control.popleft()()
            elif cell.state is not RUNNING and not self._can_deliver(cell):
                break
            elif cell.system:
                self._deliver(cell, cell.system.popleft(), system=True)
            elif cell.gap:
                gap, cell.gap = cell.gap, 0
                self.ledger.told += 1
                self._deliver(cell, Gap(gap), system=True)
            elif cell.mail:
                cell.last_mail_us = self.now_us
                self._deliver(cell, cell.mail.popleft())
            else:
                break
        if cell.has_work:
            return True
        cell.scheduled = False
        # An empty deque weighs as much as a small actor.
        cell.mail = cell.mail or NO_MAIL
        cell.system = cell.system or NO_MAIL
        cell.control = cell.control or NO_MAIL
        return False

    def queued(self) -> int:
        """Return how many messages wait in all lanes."""
        return sum(cell.queued + len(cell.latest) for cell in self.cells.values())

    def missing(self) -> int:
        """Return how many messages are unaccounted for: 0, or the kernel has a bug."""
        return self.ledger.missing(self.queued())

    # What the lifecycle and the context call.

    def wake(self, cell: Cell) -> None:
        """Have the engine give this cell a turn if there is something to do."""
        if not cell.scheduled and cell.has_work:
            cell.scheduled = True
            self.ready(cell)

    def take(self, cell: Cell) -> dict[Any, Any]:
        return self.mail.take(cell)

    def fault(self, cell: Cell, name: str, call: int) -> bool:
        if self.faults is None or not self.faults(name):
            return False
        if self.observer is not None:
            self.observer.read(self.now_us, cell, call)
        return True

    def watchers(self, cell: Cell) -> tuple[Address, ...]:
        watchers = tuple(cell.watchers)
        if watchers and self.observer is not None:
            self.observer.read(self.now_us, cell, watchers)
        return watchers

    def has_kind(self, address: Address) -> bool:
        return address.partition(":")[0] in self.kinds

    def run_started(self, cell: Cell) -> bool:
        """Run `started` and its effects. Return False when it crashed; it cannot refuse."""
        context = self._context
        context.enter(cell)
        context.begin(None)
        assert cell.actor is not None
        try:
            if self.before_delivery is not None:
                self.before_delivery(cell, None)
            if self.observer is not None:
                self.observer.delivering(self.now_us, cell, None, None)
            cell.actor.started(context)
        except Exception as error:  # noqa: BLE001 - Whatever it was, its supervisor decides.
            self.lifecycle.crashed(cell, error)
            return False
        self._perform(cell, context.effects)
        return True

    def run_stopping(self, cell: Cell) -> bool:
        """Run `stopping` and its effects. Return False when it crashed."""
        context = self._context
        context.enter(cell)
        context.begin(None)
        assert cell.actor is not None
        if self.observer is not None:
            self.observer.stopping(self.now_us, cell)
        try:
            cell.actor.stopping(context)
        except Exception as error:  # noqa: BLE001 - It only ends early.
            self.lifecycle.crashed(cell, error)
            return False
        self._perform(cell, context.effects)
        return True

    # Deliveries.

    def _can_deliver(self, cell: Cell) -> bool:
        """Whether a cell that is not simply running takes mail in this turn."""
        if cell.state is State.PASSIVATING and (cell.system or cell.mail):
            self.lifecycle.keep_running(cell)
            return True
        if cell.state is not State.STOPPING:
            return False
        if cell.system or cell.mail:
            return True
        self.lifecycle.finish_stop(cell)
        return False

    def _deliver(self, cell: Cell, mail: Mail, *, system: bool = False) -> None:
        context = self._context
        message = mail
        if type(mail) is Envelope:
            if mail.only and mail.only != cell.incarnation:
                self.mail.bury(cell.address, mail, "stale")
                return
            message = mail.message
            context.begin(mail.asker)
            if mail.asker is not None:
                self.asks.hold(mail.asker.ask, cell)
        else:
            context.begin(None)
        cell.in_hand = mail
        actor: Actor = cell.actor  # type: ignore[assignment] # A cell that runs has one.
        observer = self.observer
        try:
            if self.before_delivery is not None:
                self.before_delivery(cell, message)
            if observer is not None:
                observer.delivering(self.now_us, cell, message, context.asker)
            actor.handle(message, context)
        except Refusal as refusal:
            self.ledger.refused += 1
            if observer is not None:
                observer.refused(self.now_us, cell, refusal.code)
            if context.asker is not None:
                self.asks.resolve(context.asker.ask, refusal.value())
        except Exception as error:  # noqa: BLE001 - Whatever it was, its supervisor decides.
            self.mail.put_back(cell, error, system=system)
            self.lifecycle.crashed(cell, error)
            return
        except BaseException as error:
            self.mail.bury(cell.address, mail, type(error).__name__)
            cell.in_hand = None
            raise
        else:
            if context.effects or observer is not None:
                self._perform(cell, context.effects)
        cell.in_hand = None
        self.ledger.done += 1

    def _perform(self, cell: Cell, effects: list[Effect]) -> None:
        if self.observer is not None:
            self.observer.delivered(self.now_us, cell, effects)
        self.effects.perform(cell, effects)


__all__ = ["Core", "MailboxFull"]
