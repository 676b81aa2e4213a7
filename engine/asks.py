"""Questions on their way: who waits for which answer, and until when."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from engine.actor import Address, AskDone, ReplyTo
from engine.cell import NO_VALUES, Cell, Envelope
from engine.clock import Timer
from engine.outcome import Err, Outcome, Unknown

if TYPE_CHECKING:
    from engine.core import Core


class PendingAsk:
    """An answer that is waited for: by an actor's incarnation, or by a callback."""

    __slots__ = ("callback", "cell", "holder", "incarnation", "tag", "timer")

    def __init__(
        self, cell: Cell | None, tag: Any, callback: Callable[[Outcome], None] | None
    ) -> None:
        self.cell = cell
        self.incarnation = 0 if cell is None else cell.incarnation
        self.tag = tag
        self.callback = callback
        self.holder: Cell | None = None  # Who has seen the question and has yet to answer.
        self.timer: Timer | None = None


class Asks:
    """Every ask ends in exactly one outcome, whatever becomes of the question and of the asker."""

    def __init__(self, core: Core) -> None:
        self._core = core
        self._pending: dict[int, PendingAsk] = {}
        self._last = 0

    def __len__(self) -> int:
        return len(self._pending)

    def open(self, ask: PendingAsk, to: Address, message: Any, timeout_us: int) -> int:
        """Send the question; return the ask's number."""
        core = self._core
        self._last = number = self._last + 1
        self._pending[number] = ask
        ask.timer = core.timers.at(core.now_us + timeout_us, self._expire, number)
        if ask.cell is not None:
            ask.cell.waits += 1
        if not core.mail.post(to, Envelope(message, ReplyTo(number))):
            self.resolve(number, Err("mailbox full"))
        return number

    def hold(self, number: int, cell: Cell) -> None:
        """The question is in `cell`'s hands: its crash answers it."""
        ask = self._pending.get(number)
        if ask is not None:
            ask.holder = cell
            if cell.asks is NO_VALUES:
                cell.asks = {}
            cell.asks[number] = None

    def let_go(self, number: int) -> None:
        """The question is in a mailbox again: it was handed on, or is tried again."""
        ask = self._pending.get(number)
        if ask is not None and ask.holder is not None:
            ask.holder.asks.pop(number, None)
            ask.holder = None

    def resolve(self, number: int, outcome: Outcome) -> None:
        """Answer an ask. The second answer, or one that comes too late, is dropped and counted."""
        core = self._core
        ask = self._close(number)
        if ask is None:
            core.ledger.late += 1
            return
        if ask.callback is not None:
            ask.callback(outcome)
            return
        cell = ask.cell
        if cell is None or cell.incarnation != ask.incarnation or cell.actor is None:
            core.ledger.late += 1
            return
        cell.waits -= 1
        answer = Envelope(AskDone(ask.tag, outcome), only=ask.incarnation)
        core.mail.post_system(cell.address, answer)

    def abandon(self, number: int) -> None:
        """Forget an ask: whoever waited is gone, and a late answer must not disturb it."""
        self._close(number)

    def fail(self, cell: Cell, reason: str) -> None:
        """Answer whoever waits for this incarnation: it may have acted, but will not say so."""
        if cell.asks:
            asks, cell.asks = cell.asks, NO_VALUES
            for number in asks:
                self.resolve(number, Unknown(reason))

    def _expire(self, number: int) -> None:
        self.resolve(number, Unknown("no answer in time"))

    def _close(self, number: int) -> PendingAsk | None:
        ask = self._pending.pop(number, None)
        if ask is not None:
            if ask.timer is not None:
                ask.timer.cancel()
            if ask.holder is not None and ask.holder.asks:
                ask.holder.asks.pop(number, None)
        return ask
