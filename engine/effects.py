"""What the verbs of `Context` do, once the handler has returned."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from engine.actor import Address, IoDone, ReplyTo, Undelivered
from engine.asks import PendingAsk
from engine.cell import NO_VALUES, Cell, Envelope, Mail, State
from engine.context import Effect
from engine.outcome import Err, Outcome, Unknown
from engine.port import Reply

if TYPE_CHECKING:
    from engine.core import Core


class Effects:
    """Performs recorded effects in their order."""

    def __init__(self, core: Core) -> None:
        self._core = core
        self._post = core.mail.post
        self._verbs: dict[str, Callable[..., None]] = {
            "tell": self._tell,
            "put": self._put,
            "ask": self._ask,
            "reply": self._reply,
            "forward": self._forward,
            "after": self._after,
            "cancel": self._cancel,
            "spawn": self._spawn,
            "watch": core.lifecycle.ties.watch,
            "unwatch": core.lifecycle.ties.unwatch,
            "link": core.lifecycle.ties.link,
            "stop": self._stop,
        }

    def perform(self, cell: Cell, effects: list[Effect]) -> None:
        """Carry them out; none can fail, each answers for itself."""
        verbs = self._verbs
        for effect in effects:
            verb = effect[0]
            if verb == "io":  # The commonest by far.
                self._io(cell, effect[1], effect[2], effect[3])
            else:
                verbs[verb](cell, *effect[1:])

    def _tell(self, cell: Cell, to: Address, message: Any) -> None:
        if not self._post(to, message):
            self._core.mail.post_system(cell.address, Undelivered(to, message))

    def _put(self, _cell: Cell, to: Address, key: Any, value: Any) -> None:
        self._core.mail.put(to, key, value)

    def _ask(self, cell: Cell, to: Address, message: Any, tag: Any, timeout_us: int) -> None:
        self._core.asks.open(PendingAsk(cell, tag, None), to, message, timeout_us)

    def _reply(self, _cell: Cell, asker: ReplyTo, outcome: Outcome) -> None:
        self._core.asks.resolve(asker.ask, outcome)

    def _forward(self, cell: Cell, to: Address, message: Any, asker: ReplyTo | None) -> None:
        if asker is None:
            self._tell(cell, to, message)
            return
        self._core.asks.let_go(asker.ask)
        if not self._post(to, Envelope(message, asker)):
            self._core.asks.resolve(asker.ask, Err("mailbox full"))

    def _after(self, cell: Cell, delay_us: int, message: Any, key: Any, keep: bool) -> None:  # noqa: FBT001
        if cell.state is State.DEAD:
            return
        if key is None:
            key = object()  # Its own key, which nobody else can know.
        else:
            self._cancel(cell, key)
        core = self._core
        if cell.timers is NO_VALUES:
            cell.timers = {}
        mail = message if keep else Envelope(message, only=cell.incarnation)
        timer = core.timers.at(core.now_us + delay_us, self._fire, cell, key, mail)
        cell.timers[key] = (timer, keep)

    def _fire(self, cell: Cell, key: Any, mail: Mail) -> None:
        del cell.timers[key]
        self._core.mail.post_system(cell.address, mail)

    def _cancel(self, cell: Cell, key: Any) -> None:
        if key in cell.timers:
            cell.timers.pop(key)[0].cancel()

    def _io(self, cell: Cell, name: str, request: Any, tag: Any) -> None:
        reply = _ignore if tag is None else self._io_reply(cell, tag)
        port = self._core.ports.get(name)
        if port is None:
            reply(Err(f"no port {name}"))
            return
        try:
            port.start(request, reply)
        except Exception as error:  # noqa: BLE001 - A port's bug is its own, not the kernel's.
            reply(Unknown(f"{type(error).__name__}: {error}"))

    def _io_reply(self, cell: Cell, tag: Any) -> Reply:
        core = self._core
        incarnation = cell.incarnation
        cell.waits += 1
        answered = False

        def reply(outcome: Outcome) -> None:
            nonlocal answered
            if answered or cell.incarnation != incarnation or cell.actor is None:
                core.ledger.late += 1
                return
            answered = True
            cell.waits -= 1
            answer = Envelope(IoDone(tag, outcome), only=incarnation)
            core.mail.post_system(cell.address, answer)

        return reply

    def _spawn(self, cell: Cell, address: Address, init: Any) -> None:
        core = self._core
        if address not in core.cells and cell.state is not State.DEAD:
            core.lifecycle.create(address, init=init, parent=cell)

    def _stop(self, _cell: Cell, address: Address, reason: str) -> None:
        target = self._core.cells.get(address)
        if target is not None:
            self._core.lifecycle.stop(target, reason)


def _ignore(_outcome: Outcome) -> None:
    """The reply of a request nobody wants to hear about."""
