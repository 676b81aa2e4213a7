"""In which order trio runs its tasks: first come first served, by seed, by priority, or as told.

trio shuffles each batch of runnable tasks with a generator of its own; a schedule takes its place
for one run. trio alone runs every runnable task once a tick, so a message with one hop more on its
way never arrives first; `Priorities` finds such orders by holding tasks back.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Protocol

from trio._core import _run  # The scheduler has no public face; a test pins what we rely on.

from engine.entropy import Chance

Decide = Callable[[int], int]
"""Given how many tasks could be next, says which, from 0; they stand in order of their age."""


class Schedule(Protocol):
    """Stands in for trio's generator; trio calls one of the first two once a tick."""

    sorts: bool
    """Whether trio sorts the batch by age and hands it to `shuffle`, or just asks `random`."""

    def random(self) -> float: ...
    def shuffle(self, batch: list[Any]) -> None: ...
    def uniform(self, low: float, high: float) -> float: ...


class Fifo:
    """Tasks run in the order in which they became runnable, as cells do in the other engines.

    That order is a fact of the run only for cells: tasks that trio itself wakes at one instant come
    in the order of their addresses in memory. With such tasks beside the cells use a schedule that
    sorts, such as `Decided(lambda _count: 0)`.
    """

    sorts = False

    def random(self) -> float:
        return 0.0  # Below a half trio reverses the batch, and then pops from its end.

    def shuffle(self, batch: list[Any]) -> None:
        raise AssertionError("not asked for")

    def uniform(self, low: float, _high: float) -> float:
        return low


class Decided:
    """Every tick orders its whole batch by decisions: drawn from a seed, or given by a search.

    Deciding 0 each time runs tasks oldest first, so that a shrinking search ends there.
    """

    sorts = True

    def __init__(self, decide: Decide) -> None:
        self._decide = decide
        self.decisions: list[int] = []
        """What was decided, for `Decided(replayed(decisions))`."""

    def random(self) -> float:
        return 0.75

    def shuffle(self, batch: list[Any]) -> None:
        waiting, order = list(batch), []
        while len(waiting) > 1:
            choice = self._decide(len(waiting))
            self.decisions.append(choice)
            order.append(waiting.pop(choice))
        order += waiting
        batch[:] = reversed(order)  # trio pops from the end.

    def uniform(self, low: float, _high: float) -> float:
        return low


class Priorities:
    """PCT: only the task with the highest priority runs; at a few random steps it is demoted.

    A bug that needs `depth` ordered steps is found with probability at least 1 / (tasks * steps **
    (depth - 1)) in one run, whatever the rest of the program does.
    """

    sorts = True

    def __init__(self, chance: Chance, *, depth: int, steps: int) -> None:
        """Make a schedule.

        Args:
            chance: draws priorities and the steps of demotion.
            depth: 1 + the number of demotions.
            steps: about how many steps the run takes.
        """
        self._chance = chance
        self._demote_at = {chance.below(max(1, steps)) for _ in range(depth - 1)}
        self._priorities: dict[Any, int] = {}
        self._lowest = 0
        self._step = 0
        self.decisions: list[int] = []

    def random(self) -> float:
        return 0.75

    def shuffle(self, batch: list[Any]) -> None:
        ranks = [self._priority(task) for task in batch]
        choice = ranks.index(max(ranks))
        task = batch[choice]
        if len(batch) > 1:
            self.decisions.append(choice)
        if self._step in self._demote_at:
            self._lowest -= 1
            self._priorities[task] = self._lowest
        self._step += 1
        _only(batch, choice)

    def uniform(self, low: float, _high: float) -> float:
        return low

    def _priority(self, task: Any) -> int:
        rank = self._priorities.get(task)
        if rank is None:
            rank = self._priorities[task] = 1 + self._chance.bits(62)
        return rank


class OneByOne:
    """Each tick runs the one task decided on: replays `Priorities`, or takes a search's draws."""

    sorts = True

    def __init__(self, decide: Decide) -> None:
        self._decide = decide

    def random(self) -> float:
        return 0.75

    def shuffle(self, batch: list[Any]) -> None:
        _only(batch, self._decide(len(batch)) if len(batch) > 1 else 0)

    def uniform(self, low: float, _high: float) -> float:
        return low


def shuffled(chance: Chance) -> Decided:
    """Return a schedule that orders every batch at random."""
    return Decided(chance.below)


def replayed(decisions: Sequence[int]) -> Decide:
    """Return the decisions one after the other, then 0 for ever."""
    rest = iter(decisions)
    return lambda count: min(next(rest, 0), count - 1)


@contextmanager
def scheduled(schedule: Schedule) -> Iterator[None]:
    """Run trio with this schedule for as long as the context lasts."""
    run: Any = _run
    before = (run._r, run._ALLOW_DETERMINISTIC_SCHEDULING)
    run._r, run._ALLOW_DETERMINISTIC_SCHEDULING = schedule, schedule.sorts
    try:
        yield
    finally:
        run._r, run._ALLOW_DETERMINISTIC_SCHEDULING = before


def _only(batch: list[Any], choice: int) -> None:
    """Let one task run and put the others back to where trio takes them from."""
    task = batch.pop(choice)
    _run.GLOBAL_RUN_CONTEXT.runner.runq.extend(batch)
    batch[:] = [task]
