"""How cells are born, crash, come back, fall asleep and end. Only this module moves their state."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from engine.actor import Address, Filled, LinkedExit, Restarted, Stay
from engine.cell import NO_VALUES, Birth, Cell, State, tie, untie
from engine.entropy import chance
from engine.outcome import Err, Ok, Outcome
from engine.port import Reply
from engine.supervision import Backoff, Crashes
from engine.ties import Ties

if TYPE_CHECKING:
    from engine.core import Core


class LoadFailed(Exception):
    """The state an incarnation needs could not be read; counts as a crash, mail stays."""


class ChildGaveUp(Exception):
    """A child crashed more often than its supervisor allows, so the supervisor crashes."""


class Lifecycle:
    """The transitions. Each ends with the cell in a legal state and every message accounted for.

    What concerns a running cell happens in its own turn, as a control action; only `stop`, `end`
    and the first mail to a sleeping cell come from outside.
    """

    def __init__(self, core: Core) -> None:
        self._core = core
        self.ties = Ties(core, self)
        self._births: dict[Address, int] = {}
        self._cells_made = 0

    def create(self, address: Address, *, init: Any, parent: Cell | None) -> Cell:
        """Make the cell of an address and start its first incarnation.

        Raises:
            KeyError: no kind has the address's first word.
        """
        core = self._core
        kind = core.kinds[address.partition(":")[0]]
        birth = 0
        if not kind.one_life:
            # A later life of the same address must not repeat the chance of an earlier one.
            birth = self._births.get(address, 0)
            self._births[address] = birth + 1
        self._cells_made += 1
        parent_address = None if parent is None else parent.address
        cell = Cell(self._cells_made, address, kind, birth, parent_address)
        cell.init = init
        cell.last_mail_us = core.now_us
        core.cells[address] = cell
        if parent is not None:
            parent.children = tie(parent.children, address)
        self._start(cell)
        return cell

    # Starting.

    def _start(self, cell: Cell) -> None:
        cell.state = State.LOADING
        cell.incarnation += 1
        cell.waits = 0
        if cell.kind.load is None:
            self.then(cell, self._begin, cell, None)
            return
        # Its own incarnation: the answer may come after this one has been given up.
        reply = self._once(cell, State.LOADING, self._loaded)
        try:
            port, request = cell.kind.load(cell.address)
            self._core.ports[port].start(request, reply)
        except Exception as error:  # noqa: BLE001 - A port or a rule of this kind is at fault.
            reply(Err(f"{type(error).__name__}: {error}"))

    def _once(self, cell: Cell, state: State, then: Callable[[Cell, Outcome], None]) -> Reply:
        """Return a reply that acts in the cell's turn, if what it answers is still going on."""
        incarnation = cell.incarnation
        answered = False

        def act(outcome: Outcome) -> None:
            if cell.incarnation == incarnation and cell.state is state:
                then(cell, outcome)

        def reply(outcome: Outcome) -> None:
            nonlocal answered
            if answered or cell.incarnation != incarnation or cell.state is not state:
                self._core.ledger.late += 1
            else:
                self.then(cell, act, outcome)
            answered = True

        return reply

    def then(self, cell: Cell, action: Callable[..., None], *args: Any) -> None:
        """Do something in the cell's next turn."""
        todo = partial(action, *args)
        if cell.control:
            cell.control.append(todo)
        else:
            cell.control = deque((todo,))
        self._core.wake(cell)

    def _loaded(self, cell: Cell, outcome: Outcome) -> None:
        if isinstance(outcome, Ok):
            self._begin(cell, outcome.value)
        else:
            self.crashed(cell, LoadFailed(f"{cell.address}: {outcome}"))

    def _begin(self, cell: Cell, loaded: Any) -> None:
        if cell.state is not State.LOADING:
            return
        core = self._core
        birth = Birth(address=cell.address, init=cell.init, loaded=loaded, kept=cell.kept)
        try:
            cell.actor = cell.kind.build(birth)
        except Exception as error:  # noqa: BLE001 - Whatever it was, its supervisor decides.
            self.crashed(cell, error)
            return
        cell.kept = None
        cell.state = State.RUNNING
        if core.observer is not None:
            core.observer.born(core.now_us, cell, birth)
        if not core.run_started(cell):
            return
        if cell.latest and cell.kind.lane.wakes and cell.incarnation > 1:
            core.mail.post_system(cell.address, Filled())  # The last one may have been told.
        if cell.lost:
            cell.lost = False
            for watcher in tuple(cell.watchers):
                core.mail.post_system(watcher, Restarted(cell.address))
        if cell.kind.idle_us is not None and cell.state is State.RUNNING:
            self._arm_idle(cell)
        if cell.stop_reason is not None and cell.state is State.RUNNING:
            self._stop_next(cell)

    # Crashing and coming back.

    def crashed(self, cell: Cell, error: BaseException) -> None:
        """End an incarnation that failed, and let its supervisor decide."""
        core = self._core
        if core.observer is not None:
            core.observer.crashed(core.now_us, cell, error)
        dying = cell.stop_reason is not None or cell.kind.lifetime == "temporary"
        cell.stop_reason = None
        self._end_incarnation(cell, "crash")
        origin = error.origin if isinstance(error, LinkedExit) else cell.address
        for other in tuple(cell.links):
            if other != origin:
                self.ties.fell(other, cell.address, origin, "crash")
        if dying:
            self._die(cell, "crash")
            return
        parent = core.cells.get(cell.parent) if cell.parent is not None else None
        if self._too_many(cell, parent):
            if parent is None:
                self._die(cell, "gave up")
            else:
                cell.state = State.BACKOFF
                self.crashed(parent, ChildGaveUp(f"{cell.address} after {error!r}"))
            return
        self._restart(cell, parent)

    def _too_many(self, cell: Cell, parent: Cell | None) -> bool:
        """Count a crash where it counts: with its siblings', or alone when it has no parent."""
        if parent is None:
            cell.crashes = crashes = cell.crashes or Crashes()
        else:
            parent.child_crashes = crashes = parent.child_crashes or Crashes()
        return crashes.too_many(self._core.now_us, (parent or cell).kind.restart)

    def _restart(self, cell: Cell, parent: Cell | None) -> None:
        core = self._core
        group = [cell] if parent is None else self._restart_group(parent, cell)
        for member in reversed(group):
            if member is not cell:
                self._end_incarnation(member, "restarted with a sibling")
            member.state = State.BACKOFF
        if cell.backoff is None:
            cell.backoff = Backoff()
        jitter = chance(core.seed, cell.address, str(cell.birth), "backoff", str(cell.incarnation))
        delay_us = cell.backoff.delay_us(core.now_us, (parent or cell).kind.restart, jitter)
        core.timers.at(core.now_us + delay_us, self._come_back, group)

    def _come_back(self, group: list[Cell]) -> None:
        for member in group:
            if member.state is State.BACKOFF:
                self._start(member)

    def _restart_group(self, parent: Cell, crashed: Cell) -> list[Cell]:
        """Return who restarts together, in the order of their first start."""
        rule = parent.kind.children
        if rule == "one_for_one":
            return [crashed]
        siblings = [self._core.cells[address] for address in parent.children]
        if rule == "rest_for_one":
            siblings = siblings[siblings.index(crashed) :]
        group = []
        for one in siblings:
            if one is crashed or one.state in (State.LOADING, State.RUNNING, State.PASSIVATING):
                group.append(one)
            elif one.state is State.PASSIVE and one.kept is not None:
                # Nobody is awake to restart, but what it kept belongs to the time before.
                one.kept = None
                one.lost = True
        return group

    def _end_incarnation(self, cell: Cell, reason: str) -> None:
        """Take the actor out of its cell. The mailbox, watches and links stay."""
        core = self._core
        began = cell.actor is not None
        cell.actor = None
        if reason != "passive":
            cell.lost = cell.lost or began
            cell.child_crashes = None
            # The next incarnation starts its children afresh.
            for child in reversed(tuple(cell.children)):
                self._die(core.cells[child], "parent ended")
        for key, (timer, keep) in tuple(cell.timers.items()):
            if not keep:
                timer.cancel()
                del cell.timers[key]
        for clock in (cell.idle_timer, cell.stop_timer):
            if clock is not None:
                clock.cancel()
        cell.idle_timer = cell.stop_timer = None
        core.asks.fail(cell, reason)
        if began or (reason == "crash" and cell.state is not State.DEAD):
            core.ledger.exits[reason] += 1
            if core.observer is not None:
                core.observer.exited(core.now_us, cell, reason)

    # Falling asleep.

    def activate(self, cell: Cell) -> None:
        """Start a passive cell again because it has mail."""
        self._start(cell)

    def keep_running(self, cell: Cell) -> None:
        """Mail came while the state was being saved: forget about sleeping."""
        cell.state = State.RUNNING
        self._arm_idle(cell)

    def _arm_idle(self, cell: Cell) -> None:
        core = self._core
        idle_us = cell.kind.idle_us
        assert idle_us is not None
        if cell.idle_timer is not None:
            cell.idle_timer.cancel()
        when_us = cell.last_mail_us + idle_us
        if when_us <= core.now_us:  # It wants to stay, or something is under way.
            when_us = core.now_us + idle_us
        cell.idle_timer = core.timers.at(when_us, self.then, cell, self._fall_asleep, cell)

    def _fall_asleep(self, cell: Cell) -> None:
        """Sleep if nothing is under way: no mail, no question, no request, no save."""
        core = self._core
        kind = cell.kind
        if cell.state is not State.RUNNING or kind.idle_us is None:
            return
        assert cell.actor is not None
        busy = cell.mail or cell.system or cell.latest or cell.asks or cell.waits or cell.saving
        if busy or cell.stop_reason or core.now_us - cell.last_mail_us < kind.idle_us:
            self._arm_idle(cell)
            return
        if core.observer is not None:
            core.observer.passivating(core.now_us, cell)
        try:
            kept = cell.actor.passivate()
            if isinstance(kept, Stay):
                self._arm_idle(cell)
                return
            if kind.save is None:
                cell.kept = kept
                self._sleep(cell)
                return
            port, request = kind.save(cell.address, kept)
            start = core.ports[port].start
        except Exception as error:  # noqa: BLE001 - Whatever it was, its supervisor decides.
            self.crashed(cell, error)
            return
        cell.state = State.PASSIVATING
        cell.saving = True
        reply = self._once(cell, State.PASSIVATING, self._saved)

        def saved(outcome: Outcome) -> None:
            cell.saving = False  # Until then no second save may overtake this one.
            reply(outcome)

        try:
            start(request, saved)
        except Exception as error:  # noqa: BLE001 - A port's bug is its own.
            saved(Err(f"{type(error).__name__}: {error}"))

    def _saved(self, cell: Cell, outcome: Outcome) -> None:
        if isinstance(outcome, Ok) and not (cell.mail or cell.system or cell.latest):
            self._sleep(cell)
        else:
            self.keep_running(cell)

    def _sleep(self, cell: Cell) -> None:
        self._end_incarnation(cell, "passive")
        tied = cell.watchers or cell.watching or cell.links or cell.children or cell.timers
        remembered = cell.kept is not None or cell.init is not None or cell.parent is not None
        if tied or remembered or not cell.kind.starts_on_tell:
            cell.state = State.PASSIVE
        else:
            # Nothing distinguishes it from an address that was never used.
            cell.state = State.DEAD
            self._forget(cell)
        self._core.ended(cell)

    # Ending.

    def stop(self, cell: Cell, reason: str) -> None:
        """Stop its children, last started first, then let it handle its mail, and end it.

        While children stop it goes on working, so that their last words find it.
        """
        if cell.stop_reason is None and cell.state is not State.DEAD:
            cell.stop_reason = reason
            self._stop_next(cell)

    def _stop_next(self, cell: Cell) -> None:
        """Take the next step of a stop: a child, or the cell itself."""
        core = self._core
        assert cell.stop_reason is not None
        if cell.children:
            self.stop(core.cells[next(reversed(cell.children))], cell.stop_reason)
            return
        if cell.actor is None and cell.state is not State.LOADING:
            self._die(cell, cell.stop_reason)
            return
        if cell.stop_timer is None:
            when_us = core.now_us + cell.kind.stop_within_us
            cell.stop_timer = core.timers.at(when_us, self._die, cell, "killed")
        if cell.actor is not None:  # Else it is being loaded, and stops when it has begun.
            cell.state = State.STOPPING
            cell.size_max = 0
            core.wake(cell)

    def finish_stop(self, cell: Cell) -> None:
        """The mailbox is empty: say good-bye."""
        assert cell.stop_reason is not None
        reason = cell.stop_reason
        if self._core.run_stopping(cell):
            self._die(cell, reason)

    def kill(self, address: Address) -> None:
        """End a cell at once; what is queued becomes dead letters."""
        cell = self._core.cells.get(address)
        if cell is not None:
            self._die(cell, "killed")

    def end(self, cell: Cell, reason: str) -> None:
        """End a cell and its children at once, without `stopping`."""
        self._die(cell, reason)

    def _die(self, cell: Cell, reason: str) -> None:
        if cell.state is State.DEAD:
            return
        core = self._core
        cell.state = State.DEAD
        cell.size_max = 0
        cell.stop_reason = None
        self._end_incarnation(cell, reason)
        core.mail.bury_all(cell, reason)
        for timer, _keep in cell.timers.values():
            timer.cancel()
        cell.timers = NO_VALUES
        cell.kept = cell.init = None
        self._forget(cell)
        core.ended(cell)
        self.ties.cut(cell, reason)
        parent = core.cells.get(cell.parent) if cell.parent is not None else None
        if parent is not None and parent.stop_reason is not None:
            self._stop_next(parent)

    def _forget(self, cell: Cell) -> None:
        cells = self._core.cells
        if cells.get(cell.address) is cell:
            del cells[cell.address]
            if cell.parent in cells:
                untie(cells[cell.parent].children, cell.address)


__all__ = ["ChildGaveUp", "Lifecycle", "LoadFailed"]
