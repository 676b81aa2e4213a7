"""Kernels with one bug each: what the tests must find."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

import trio

from engine.asks import Asks, PendingAsk
from engine.cell import NO_MAIL, NO_VALUES, Cell, Envelope, State
from engine.clock import Timers
from engine.core import Core
from engine.effects import Effects
from engine.kernel.kernel import Kernel
from engine.kernel.task_port import TaskPort
from engine.kernel.waiting import Doors, Slot
from engine.lifecycle import Lifecycle
from engine.mail import MailRoom
from engine.supervision import Backoff, Crashes
from engine.ties import Ties

Mutant = tuple[type, str, Callable[..., Any]]
"""A class, the name of its method, and what takes the method's place."""


@contextmanager
def planted(name: str) -> Iterator[None]:
    """Run with the mutant of that name in the kernel."""
    cls, method, bug = MUTANTS[name]
    with patch.object(cls, method, bug):
        yield


def _nothing(self: Any, *args: Any, **named: Any) -> None:
    """What a forgotten call does."""


def _put_back_nothing(self: MailRoom, cell: Cell, error: BaseException, *, system: bool) -> None:
    cell.in_hand = None


def _put_back_behind(self: MailRoom, cell: Cell, error: BaseException, *, system: bool) -> None:
    mail, cell.in_hand = cell.in_hand, None
    envelope = mail if type(mail) is Envelope else Envelope(mail)
    if envelope.tries >= cell.kind.retries:
        self.bury(cell.address, mail, "crash")
        return
    envelope.tries += 1
    if envelope.asker is not None:
        self._core.asks.let_go(envelope.asker.ask)
    cell.mail = deque((*cell.mail, envelope))


def _deliver_twice(self: MailRoom, cell: Cell, mail: Any) -> bool:
    taken = _REAL_POST_FIRST(self, cell, mail)
    if cell.mail and type(mail) is not Envelope:
        cell.mail.append(mail)
    return taken


def _newest_first(self: MailRoom, cell: Cell, mail: Any) -> bool:
    taken = _REAL_POST_FIRST(self, cell, mail)
    if cell.mail:
        cell.mail = _Stack(cell.mail)
    return taken


class _Stack(deque[Any]):
    def popleft(self) -> Any:
        return self.pop()


def _resolve_and_forget_nothing(self: Asks, number: int) -> PendingAsk | None:
    return self._pending.get(number)


def _close_keeping_the_deadline(self: Asks, number: int) -> PendingAsk | None:
    return self._pending.pop(number, None)


def _saved_whatever_came(self: Lifecycle, cell: Cell, outcome: Any) -> None:
    cell.system = cell.mail = NO_MAIL
    self._sleep(cell)


def _forget_mail(self: MailRoom, cell: Cell, reason: str) -> None:
    cell.system = cell.mail = cell.control = NO_MAIL
    cell.latest = NO_VALUES


async def _run_swallowing(self: TaskPort, request: Any, reply: Any) -> None:
    try:
        await _REAL_PERFORM(self, request, reply)
    except trio.Cancelled:
        return


async def _run_catching_everything(self: TaskPort, request: Any, reply: Any) -> None:
    try:
        await _REAL_PERFORM(self, request, reply)
    except SystemExit:
        return


def _timers_of_nobody(
    self: Effects,
    cell: Cell,
    delay_us: int,
    message: Any,
    key: Any,
    keep: bool,  # noqa: FBT001
) -> None:
    _REAL_AFTER(self, cell, delay_us, message, key, True)  # noqa: FBT003


def _finish_without_a_word(self: Lifecycle, cell: Cell) -> None:
    self._die(cell, cell.stop_reason or "normal")


def _sleep_and_forget(self: Lifecycle, cell: Cell) -> None:
    self._end_incarnation(cell, "passive")
    cell.kept = None
    cell.state = State.PASSIVE
    self._core.ended(cell)


def _cancelled_is_a_crash(self: Kernel, reason: str) -> None:
    for cell in tuple(self.core.cells.values()):
        self.core.lifecycle.crashed(cell, trio.TooSlowError())
    _REAL_END_ALL(self, reason)


def _ended_leaves_the_task(self: Kernel, cell: Cell) -> None:
    if cell.state is State.DEAD:
        self._doors.open(cell)


def _abort_keeps_the_task(self: Slot, _raise_cancel: Any) -> trio.lowlevel.Abort:
    return trio.lowlevel.Abort.SUCCEEDED


def _kill_as_stop(self: Lifecycle, address: str) -> None:
    cell = self._core.cells.get(address)
    if cell is not None:
        self.stop(cell, "killed")


def _die_as_crash(self: Lifecycle, address: str) -> None:
    cell = self._core.cells.get(address)
    if cell is not None:
        self._die(cell, "crash")


def _down_twice(self: Ties, cell: Cell, reason: str) -> None:
    watchers = dict(cell.watchers)
    _REAL_CUT(self, cell, reason)
    cell.watchers = watchers
    _REAL_CUT(self, cell, reason)


def _no_down(self: Ties, cell: Cell, reason: str) -> None:
    cell.watchers = {}
    _REAL_CUT(self, cell, reason)


def _always_too_few(self: Crashes, now_us: int, policy: Any) -> bool:
    return False


def _never_reset(self: Backoff, now_us: int, policy: Any, chance: Any) -> int:
    self._back_us = now_us
    return _REAL_DELAY(self, now_us, policy, chance)


def _take_uncounted(self: MailRoom, cell: Cell) -> dict[Any, Any]:
    latest, cell.latest = cell.latest, NO_VALUES
    return dict(latest)


def _turn_that_forgets(self: Core, cell: Cell) -> bool:
    _REAL_TURN(self, cell)
    cell.scheduled = False
    return False


def _turn_without_gap(self: MailRoom, cell: Cell, mail: Any) -> bool:
    made = _REAL_MAKE_ROOM(self, cell, mail)
    cell.gap = 0
    return made


def _come_back_all(self: Lifecycle, group: list[Cell]) -> None:
    for member in group:
        self._start(member)


def _doors_shut(self: Doors, cell: Cell) -> None:
    if cell.address in self._core.cells:
        _REAL_OPEN(self, cell)


def _fire_ties_backwards(self: Timers, now_us: int) -> int:
    due = []
    while self._heap and self._heap[0][0] <= now_us:
        self._heap.sort()
        due.append(self._heap.pop(0)[2])
    for timer in reversed(due):
        if timer.action is not None:
            action, timer.action = timer.action, None
            action(*timer.args)
    return len(due)


def _io_for_anybody(self: Effects, cell: Cell, tag: Any) -> Any:
    def reply(outcome: Any) -> None:
        from engine.actor import IoDone  # noqa: PLC0415

        self._core.mail.post_system(cell.address, IoDone(tag, outcome))

    cell.waits += 0
    return reply


_REAL_POST_FIRST = MailRoom._post_first
_REAL_MAKE_ROOM = MailRoom._make_room
_REAL_END_ALL = Kernel._end_all
_REAL_PERFORM = TaskPort._run
_REAL_AFTER = Effects._after
_REAL_CUT = Ties.cut
_REAL_DELAY = Backoff.delay_us
_REAL_TURN = Core.turn
_REAL_OPEN = Doors.open

MUTANTS: dict[str, Mutant] = {
    "the message in hand is lost": (MailRoom, "put_back", _put_back_nothing),
    "a retry goes to the back": (MailRoom, "put_back", _put_back_behind),
    "a message is delivered twice": (MailRoom, "_post_first", _deliver_twice),
    "the newest message goes first": (MailRoom, "_post_first", _newest_first),
    "mail of the dead is forgotten": (MailRoom, "bury_all", _forget_mail),
    "taken values are not counted": (MailRoom, "take", _take_uncounted),
    "a gap is not told": (MailRoom, "_make_room", _turn_without_gap),
    "an ask is answered twice": (Asks, "_close", _resolve_and_forget_nothing),
    "an answered ask keeps its deadline": (Asks, "_close", _close_keeping_the_deadline),
    "asks of the crashed are left open": (Asks, "fail", _nothing),
    "a crashed question is never answered": (Asks, "resolve", _nothing),
    "a handed-on question dies with its first holder": (Asks, "let_go", _nothing),
    "a sleeper forgets": (Lifecycle, "_sleep", _sleep_and_forget),
    "mail that came during the save is dropped": (Lifecycle, "_saved", _saved_whatever_came),
    "a sleeper never starts": (Lifecycle, "activate", _nothing),
    "the crashed never come back": (Lifecycle, "_come_back", _nothing),
    "whoever died comes back too": (Lifecycle, "_come_back", _come_back_all),
    "timers outlive their actor": (Effects, "_after", _timers_of_nobody),
    "a kill is a stop": (Lifecycle, "kill", _kill_as_stop),
    "a kill is a crash": (Lifecycle, "kill", _die_as_crash),
    "nobody says goodbye": (Lifecycle, "finish_stop", _finish_without_a_word),
    "the dead keep their address": (Lifecycle, "_forget", _nothing),
    "down is told twice": (Ties, "cut", _down_twice),
    "down is not told": (Ties, "cut", _no_down),
    "links hold nobody": (Ties, "fell", _nothing),
    "nobody is given up": (Crashes, "too_many", _always_too_few),
    "the back-off never resets": (Backoff, "delay_us", _never_reset),
    "equal timers fire backwards": (Timers, "fire_due", _fire_ties_backwards),
    "a wake-up is lost after a long turn": (Core, "turn", _turn_that_forgets),
    "answers reach the next incarnation": (Effects, "_io_reply", _io_for_anybody),
    "cancelling a key does nothing": (Effects, "_cancel", _nothing),
    "the cancelled are not accounted for": (Kernel, "_end_all", _nothing),
    "a cancellation counts as a crash": (Kernel, "_end_all", _cancelled_is_a_crash),
    "the task of the dead stays": (Kernel, "_ended", _ended_leaves_the_task),
    "a cancelled ask keeps its slot": (Slot, "abort", _abort_keeps_the_task),
    "doors of the dead stay shut": (Doors, "open", _doors_shut),
    "a port swallows Cancelled": (TaskPort, "_run", _run_swallowing),
    "a port swallows everything": (TaskPort, "_run", _run_catching_everything),
}
