"""Errands: what takes several steps outside of an actor, written down in the order of the steps.

An errand is a generator. It yields what is to be done and is sent what came of it; it returns the
answer to whoever asked, or raises a refusal. Every step must be harmless to repeat: a step without
an answer is tried again a few times, and then whoever asked is told that nobody knows.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Generator
from dataclasses import dataclass
from typing import Any

from actors.ledger.messages import LEDGER, Post
from actors.store import FENCED, STORE
from actors.store_answers import RefusedByStore
from engine.actor import AskDone, IoDone, ReplyTo
from engine.clock import SECOND_US
from engine.context import Context
from engine.outcome import Err, Ok, Outcome, Unknown
from engine.refusal import Refusal, Refused

ERRANDS_MAX = 2_000
"""At five steps each this is what the store takes in a few seconds."""

RETRY_US = (20_000, 100_000, 500_000, 2 * SECOND_US)
LEDGER_WITHIN_US = 10 * SECOND_US


@dataclass(frozen=True, slots=True)
class Ask:
    """Ask the store; comes back as the answer, or raises the store's refusal."""

    request: Any


@dataclass(frozen=True, slots=True)
class Tell:
    """Tell an actor something; comes back as None at once."""

    to: str
    message: Any


Step = Ask | Post | Tell
"""A `Post` comes back as `Posted`, or raises the ledger's refusal."""

Errand = Generator[Step, Any, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class TryAgain:
    """The actor's own timer: a step that had no answer."""

    errand: int


class Busy(Refusal):
    """More is under way than the store can take now."""

    code = "busy"
    retryable = True

    def __init__(self) -> None:
        super().__init__("Too much at once; try again in a moment")


@dataclass(slots=True)
class _UnderWay:
    errand: Errand
    asker: ReplyTo | None
    alone: bool
    step: Step | None = None
    tries: int = 0
    asked: int = 0  # counts every time a step was sent: an answer is for one of them


class Errands:
    """The errands of one actor; those that are to be `alone` wait for each other."""

    def __init__(self) -> None:
        self._under_way: dict[int, _UnderWay] = {}
        self._waiting: deque[_UnderWay] = deque()
        self._one_alone = False
        self._last = 0

    def __len__(self) -> int:
        return len(self._under_way) + len(self._waiting)

    def begin(self, errand: Errand, ctx: Context, *, alone: bool = False) -> None:
        """Set out; whoever asked for the message in hand gets the answer.

        Raises:
            Busy: too many are under way.
        """
        if len(self) >= ERRANDS_MAX:
            raise Busy
        one = _UnderWay(errand, ctx.asker, alone)
        if alone and self._one_alone:
            self._waiting.append(one)
        else:
            self._set_out(one, ctx)

    def handle(self, message: IoDone | AskDone | TryAgain, ctx: Context) -> None:
        """Go on with the errand that this message is for."""
        if isinstance(message, TryAgain):
            self._do(message.errand, ctx)
            return
        kind, number, asked = message.tag
        assert kind == "errand", message
        one = self._under_way.get(number)
        if one is None or one.asked != asked:
            return  # The answer came twice, or after it was asked for again.
        outcome = message.outcome
        if isinstance(outcome, Err | Unknown):
            self._again(number, one, outcome, ctx)
        elif isinstance(outcome, Refused):
            if outcome.code == FENCED:
                ctx.stop(reason=FENCED)
            self._go_on(number, one, ctx, refused=outcome)
        else:
            self._go_on(number, one, ctx, value=outcome.value)

    def _set_out(self, one: _UnderWay, ctx: Context) -> None:
        self._last += 1
        self._one_alone = self._one_alone or one.alone
        self._under_way[self._last] = one
        self._go_on(self._last, one, ctx)

    def _go_on(
        self, number: int, one: _UnderWay, ctx: Context, *, value: Any = None,
        refused: Refused | None = None,
    ) -> None:  # fmt: skip
        answer: Any
        try:
            if refused is not None:
                step = one.errand.throw(RefusedByStore(refused))
            else:
                step = one.errand.send(value)
            while isinstance(step, Tell):
                ctx.tell(step.to, step.message)
                step = one.errand.send(None)
        except StopIteration as done:
            answer = done.value
        except Refusal as refusal:
            answer = refusal.value()
        else:
            one.step = step
            one.tries = 0
            self._do(number, ctx)
            return
        self._end(number, one, answer, ctx)

    def _do(self, number: int, ctx: Context) -> None:
        one = self._under_way.get(number)
        if one is None:
            return
        one.tries += 1
        one.asked += 1
        tag = ("errand", number, one.asked)
        if isinstance(one.step, Ask):
            ctx.io(STORE, one.step.request, tag=tag)
        else:
            ctx.ask(LEDGER, one.step, tag=tag, timeout_us=LEDGER_WITHIN_US)

    def _again(self, number: int, one: _UnderWay, outcome: Outcome, ctx: Context) -> None:
        if one.tries > len(RETRY_US):
            one.errand.close()
            self._end(number, one, Unknown(f"no answer after {one.tries} tries: {outcome}"), ctx)
            return
        ctx.after(RETRY_US[one.tries - 1], TryAgain(errand=number), key=("errand", number))

    def _end(self, number: int, one: _UnderWay, answer: Any, ctx: Context) -> None:
        del self._under_way[number]
        if isinstance(answer, Ok):
            answer = answer.value
        if one.asker is not None:
            ctx.reply(answer, to=one.asker)
        if one.alone:
            self._one_alone = False
            if self._waiting:
                self._set_out(self._waiting.popleft(), ctx)
