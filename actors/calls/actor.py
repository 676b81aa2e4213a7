"""One call's meter: rings, counts active time block by block, and asks the ledger to pay.

Sent to by its two parties over HTTP, by their accounts' actors, which prove that they are there,
and by its own timer. Owns the call's durable state under its epoch. Promises that no block is
consumed without a hold, that each is charged once, and that nobody pays for time in which not both
were evidently there. What is due is derived from the state and the time: to run it twice, or early,
changes nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, assert_never

from actors.calls.messages import (
    AcceptCall,
    CallMessage,
    CallOpened,
    CallView,
    EndCall,
    Evidence,
    PauseCall,
    ResumeCall,
    RunDue,
    StartCall,
    Tick,
    ViewCall,
)
from actors.calls.meter import INSUFFICIENT, Meter
from actors.calls.metering import MeterPolicy
from actors.calls.news import News
from actors.calls.refusals import (
    CallExists,
    CallNotFound,
    CallNotRinging,
    CallOver,
    NotYourCall,
)
from actors.calls.state import (
    SIDES,
    CallFacts,
    Side,
)
from actors.store import FENCED
from actors.user.messages import FollowUser, UnfollowUser, user_address
from engine.actor import STAY, Actor, AskDone, Down, IoDone, ReplyTo, Restarted
from engine.clock import SECOND_US
from engine.context import Context
from engine.outcome import Err, Outcome
from engine.refusal import Refused

START_OVER_US = 15 * SECOND_US
"""A call that had not begun to ring when its meter fell is begun again, if that was just now."""

FORGET_US = 10 * SECOND_US
"""When the meter of an id that no call has goes away."""


@dataclass(slots=True)
class Asked:
    """Somebody waits for a state to be durable."""

    asker: ReplyTo
    version: int
    until: str  # rung, saved or settled
    replayed: bool = False


class Call(Actor):
    """See the module's text."""

    def __init__(self, address: str, opened: CallOpened, policy: MeterPolicy) -> None:
        self.id = address.partition(":")[2]
        self.address = address
        self.meter = Meter(opened, policy)
        self.news = News()
        self.waiting: list[Asked] = []
        self.following = True
        self.fenced = False

    def __repr__(self) -> str:
        status = "new" if self.meter.facts is None else self.meter.facts.status
        return f"<Call {self.id[:8]} {status}, epoch {self.meter.epoch}>"

    def started(self, ctx: Context) -> None:
        if self.meter.facts is None:
            ctx.after(FORGET_US, Tick(), key="tick")
        elif self.meter.facts.live:
            self._take_over(self.meter.facts, ctx)
            self._go_on(ctx)

    def handle(self, message: CallMessage, ctx: Context) -> None:
        self._take_evidence(ctx)
        match message:
            case StartCall():
                self._start(message, ctx)
            case AcceptCall() | PauseCall() | ResumeCall() | EndCall() | ViewCall():
                self._obey(message, ctx)
            case Evidence(side=side, at_us=at_us):
                self.meter.witness(side, min(at_us, ctx.now_us), ctx.now_us)
            case RunDue():
                if self.meter.facts is None:
                    raise CallNotFound
            case Tick():
                if self.meter.facts is None:
                    ctx.stop(reason="no such call")
            case IoDone(tag=("saved", _), outcome=outcome):
                self._saved(outcome, ctx)
            case AskDone(tag=(verb, block, generation, tries), outcome=outcome):
                self._answered((verb, block, generation), tries, outcome, ctx)
            case Restarted() | Down():
                self._follow(ctx)
            case IoDone() | AskDone():
                raise AssertionError(message)
            case _:
                assert_never(message)
        if self.fenced:
            return
        self._go_on(ctx)
        if isinstance(message, RunDue):
            ctx.reply(self._view())

    def passivate(self) -> Any:
        return STAY if self.meter.facts is not None and self.meter.facts.live else None

    # What people ask.

    def _start(self, message: StartCall, ctx: Context) -> None:
        known = self.meter.facts
        if known is None:
            self.meter.facts = CallFacts(
                id=self.id,
                fan=message.fan,
                creator=message.creator,
                initiator=message.initiator,
                call_type=message.call_type,
                message=message.message,
                rate=message.rate,
                created_us=ctx.now_us,
            )
            self.meter.witness(message.initiator, ctx.now_us, ctx.now_us)
            self.meter.saver.change()
            self._follow(ctx)
        elif (known.fan, known.creator, known.initiator, known.rate) != (
            message.fan,
            message.creator,
            message.initiator,
            message.rate,
        ):
            raise CallExists
        self._wait(ctx, "rung", replayed=known is not None)

    def _obey(
        self, message: AcceptCall | PauseCall | ResumeCall | EndCall | ViewCall, ctx: Context
    ) -> None:
        facts = self.meter.facts
        if facts is None:
            raise CallNotFound
        side = facts.side(message.by)
        if side is None:
            raise NotYourCall
        over = facts.ending_us is not None
        if over and not isinstance(message, ViewCall | EndCall):
            raise CallOver
        if isinstance(message, AcceptCall) and (side != facts.callee or facts.status == "init"):
            raise CallNotRinging
        if not isinstance(message, ViewCall) or message.heartbeat:
            self.meter.witness(side, ctx.now_us, ctx.now_us)
            self.meter.run(ctx.now_us)
            facts = self.meter.known()
        if facts.ending_us is None:
            self._carry_out(message, facts, side, ctx)
        self._wait(ctx, "settled" if isinstance(message, EndCall) else "saved", replayed=over)

    def _carry_out(
        self,
        message: AcceptCall | PauseCall | ResumeCall | EndCall | ViewCall,
        facts: CallFacts,
        side: Side,
        ctx: Context,
    ) -> None:
        match message:
            case EndCall():
                turned_away = facts.accepted_us is None and side == facts.callee
                self.meter.end(ctx.now_us, "declined" if turned_away else "hung_up", message.by)
            case AcceptCall() if facts.accepted_us is None:
                self.meter.change(replace(facts, accepted_us=ctx.now_us))
                self.news.accepted(self.meter.known(), ctx)
            case PauseCall() if facts.status == "active":
                self.meter.pause(ctx.now_us, side)
            case PauseCall() if facts.status == "paused":
                self.meter.change(replace(facts, paused_by=side))
            case ResumeCall() if facts.paused_by in SIDES:
                self.meter.change(replace(facts, paused_by="silence"))
            case _:
                pass

    def _wait(self, ctx: Context, until: str, *, replayed: bool = False) -> None:
        if ctx.asker is not None:
            self.waiting.append(Asked(ctx.asker, self.meter.saver.version, until, replayed))

    def _tell_waiting(self, ctx: Context) -> None:
        facts = self.meter.known()
        still = []
        for one in self.waiting:
            ready = self.meter.saver.saved >= one.version and (
                one.until == "saved"
                or (one.until == "rung" and facts.status != "init" and self.meter.saver.clean)
                or (one.until == "settled" and not facts.live and self.meter.saver.clean)
            )
            if not ready:
                still.append(one)
            elif one.until == "rung" and self.meter.refused is not None:
                ctx.reply(self.meter.refused, to=one.asker)
            else:
                ctx.reply(replace(self._view(), replayed=one.replayed), to=one.asker)
        self.waiting = still

    def _view(self) -> CallView:
        facts, payments = self.meter.known(), self.meter.payments
        return CallView(
            facts=facts,
            status=facts.status,
            active_us=facts.active_us(facts.evidence_us or 0),
            cost=payments.cost if facts.live else facts.cost,
            earned=payments.earned if facts.live else facts.earned,
            last_paid=payments.last_paid,
            balance=payments.balance,
            required=payments.price(facts, facts.blocks + 1),
            fan_seen_us=self.meter.evidence.get("fan"),
            creator_seen_us=self.meter.evidence.get("creator"),
        )

    # What the world answers.

    def _saved(self, outcome: Outcome, ctx: Context) -> None:
        if isinstance(outcome, Refused) and outcome.code == FENCED:
            self._step_down(ctx)
            return
        facts = self.meter.known()
        if not self.following:
            self.following = True
            self._follow(ctx)
        for block in self.meter.saver.written(outcome, ctx.now_us):
            if block.paid is None:
                self.meter.payments.charge(facts, block)

    def _step_down(self, ctx: Context) -> None:
        """Another meter has taken over, which does everything that this one would have done."""
        self.fenced = True
        for one in self.waiting:
            ctx.reply(Err("another meter has taken this call over"), to=one.asker)
        self.waiting.clear()
        ctx.stop(reason=FENCED)

    def _answered(
        self, key: tuple[Any, int, int], tries: int, outcome: Outcome, ctx: Context
    ) -> None:
        facts = self.meter.known()
        block = self.meter.payments.take_answer(key, tries, outcome, facts, ctx.now_us)
        if block is None:
            return
        self.meter.saver.remember(block)
        if block.paid:
            self.news.billed(facts, block, self.meter.payments, ctx)
        elif facts.ending_us is None:
            code = outcome.code if isinstance(outcome, Refused) else ""
            self.meter.end(ctx.now_us, "insufficient" if code == INSUFFICIENT else "frozen", None)

    # Evidence.

    def _take_evidence(self, ctx: Context) -> None:
        for message in ctx.take().values():
            at_us = min(message.at_us, ctx.now_us)
            self.meter.witness(message.side, at_us, ctx.now_us, since_us=message.since_us)

    def _follow(self, ctx: Context) -> None:
        facts = self.meter.known()
        if not facts.live:
            return
        for side in SIDES:
            address = user_address(facts.account(side))
            ctx.tell(address, FollowUser(call=self.address, side=side))
            ctx.watch(address)

    # What is due.

    def _take_over(self, facts: CallFacts, ctx: Context) -> None:
        """Go on where a fallen meter stood: nothing counts that it has not written down."""
        if facts.open is not None:
            # Not its own clock's time, which may have jumped: what was written is what counts.
            self.meter.pause(max(ctx.now_us, facts.evidence_us or 0), "recovery")
        facts = self.meter.known()
        waits = ctx.now_us - facts.created_us <= START_OVER_US
        if facts.ringing_us is None and facts.ending_us is None and not waits:
            self.meter.end(ctx.now_us, "interrupted", None)
        self.meter.saver.change()
        for block in self.meter.unpaid:
            self.meter.payments.charge(facts, block)
        self.meter.releasing = self.meter.known().ending_us is not None
        self.following = False  # First of all it is to be this meter's, durably.

    def _go_on(self, ctx: Context) -> None:
        """Do everything that is due, write it down, tell who must know, set the timer."""
        if self.meter.facts is None:
            return
        self.meter.run(ctx.now_us)
        facts = self.meter.known()
        self.meter.saver.write(facts, ctx)
        if self.meter.releasing and self.meter.saver.clean:
            self.meter.releasing = False
            self.meter.release()
            self.meter.run(ctx.now_us)
            self.meter.saver.write(self.meter.known(), ctx)
            facts = self.meter.known()
        self.meter.payments.send(ctx)
        if facts.open is not None:
            self.meter.saver.write_evidence(facts, ctx)
        if self.meter.saver.clean:
            self.news.status(facts, ctx)
        self._tell_waiting(ctx)
        if not facts.live and self.meter.saver.clean:
            for side in SIDES:
                address = user_address(facts.account(side))
                ctx.tell(address, UnfollowUser(call=self.address))
                ctx.unwatch(address)
            ctx.stop(reason="over")
            return
        self.news.insufficient(facts, self.meter.payments, ctx)
        due_us = self.meter.due_us(ctx.now_us)
        if due_us is not None:
            ctx.after(max(0, due_us - ctx.now_us), Tick(), key="tick")
