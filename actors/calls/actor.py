"""One call's meter: rings, counts active time block by block, and asks the ledger to pay.

Sent to by its two parties over HTTP, by their accounts' actors, which prove that they are there,
and by its own timer. Owns the call's durable state under its epoch. Promises that no block is
consumed without a hold, that each is charged once, and that nobody pays for time in which not both
were evidently there. What is due is derived from the state and the time: to run it twice, or early,
changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable
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
from actors.calls.metering import MeterPolicy, Segment, final_charge
from actors.calls.news import News
from actors.calls.payments import Payments
from actors.calls.refusals import (
    CallExists,
    CallNotFound,
    CallNotRinging,
    CallOver,
    InsufficientTokens,
    NotYourCall,
)
from actors.calls.saving import Saver
from actors.calls.state import (
    SIDES,
    Block,
    CallFacts,
    PausedBy,
    Reason,
    Side,
    activated,
    ended,
    last_block,
    paused,
)
from actors.store import FENCED
from actors.user.messages import FollowUser, UnfollowUser, user_address
from engine.actor import STAY, Actor, AskDone, Down, IoDone, ReplyTo, Restarted
from engine.clock import MINUTE_US, SECOND_US
from engine.context import Context
from engine.outcome import Err, Outcome
from engine.refusal import Refused

RING_US = 45 * SECOND_US
SILENCE_US = 5 * SECOND_US
"""A side without a sign of life for so long is gone, from its last sign on."""

HOLD_AHEAD_US = 10 * SECOND_US
KEEP_HOLD_US = 10 * MINUTE_US
RECOVER_US = MINUTE_US
ABANDONED_US = 60 * MINUTE_US
"""How long a pause reserves the next block; how long a fallen meter's successor waits for both
sides; how long a call may be paused at all."""

LOOK_AGAIN_US = 2 * SECOND_US
"""How often a call that waits for both sides looks whether they are there."""

START_OVER_US = 15 * SECOND_US
"""A call that had not begun to ring when its meter fell is begun again, if that was just now."""

FORGET_US = 10 * SECOND_US
"""When the meter of an id that no call has goes away."""

INSUFFICIENT = "insufficient_funds"


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
        self.epoch = opened.epoch
        self.policy = policy
        self.facts = opened.facts
        self.unpaid = opened.unpaid
        self.evidence: dict[Side, int] = {}
        self.saver = Saver(opened.epoch, 0 if opened.facts is None else opened.facts.generation)
        self.payments = Payments(opened.epoch, policy, opened.paid)
        self.news = News()
        self.waiting: list[Asked] = []
        self.refused: Refused | None = None  # why it could not ring
        self.releasing = False  # Holds are to be let go, once it is durable that they are.
        self.following = True
        self.fenced = False

    def __repr__(self) -> str:
        status = "new" if self.facts is None else self.facts.status
        return f"<Call {self.id[:8]} {status}, epoch {self.epoch}>"

    def started(self, ctx: Context) -> None:
        if self.facts is None:
            ctx.after(FORGET_US, Tick(), key="tick")
        elif self.facts.live:
            self._take_over(self.facts, ctx)
            self._go_on(ctx)

    def handle(self, message: CallMessage, ctx: Context) -> None:
        self._take_evidence(ctx)
        match message:
            case StartCall():
                self._start(message, ctx)
            case AcceptCall() | PauseCall() | ResumeCall() | EndCall() | ViewCall():
                self._obey(message, ctx)
            case Evidence(side=side, at_us=at_us):
                self._witness(side, min(at_us, ctx.now_us), ctx.now_us)
            case RunDue():
                if self.facts is None:
                    raise CallNotFound
            case Tick():
                if self.facts is None:
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
        return STAY if self.facts is not None and self.facts.live else None

    # What people ask.

    def _start(self, message: StartCall, ctx: Context) -> None:
        known = self.facts
        if known is None:
            self.facts = CallFacts(
                id=self.id,
                fan=message.fan,
                creator=message.creator,
                initiator=message.initiator,
                call_type=message.call_type,
                message=message.message,
                rate=message.rate,
                created_us=ctx.now_us,
            )
            self._witness(message.initiator, ctx.now_us, ctx.now_us)
            self.saver.change()
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
        facts = self.facts
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
            self._witness(side, ctx.now_us, ctx.now_us)
            self._run(ctx.now_us)
            facts = self._known()
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
                self._end(ctx.now_us, "declined" if turned_away else "hung_up", message.by)
            case AcceptCall() if facts.accepted_us is None:
                self._change(replace(facts, accepted_us=ctx.now_us))
                self.news.accepted(self._known(), ctx)
            case PauseCall() if facts.status == "active":
                self._pause(ctx.now_us, side)
            case PauseCall() if facts.status == "paused":
                self._change(replace(facts, paused_by=side))
            case ResumeCall() if facts.paused_by in SIDES:
                self._change(replace(facts, paused_by="silence"))
            case _:
                pass

    def _wait(self, ctx: Context, until: str, *, replayed: bool = False) -> None:
        if ctx.asker is not None:
            self.waiting.append(Asked(ctx.asker, self.saver.version, until, replayed))

    def _tell_waiting(self, ctx: Context) -> None:
        facts = self._known()
        still = []
        for one in self.waiting:
            ready = self.saver.saved >= one.version and (
                one.until == "saved"
                or (one.until == "rung" and facts.status != "init" and self.saver.clean)
                or (one.until == "settled" and not facts.live and self.saver.clean)
            )
            if not ready:
                still.append(one)
            elif one.until == "rung" and self.refused is not None:
                ctx.reply(self.refused, to=one.asker)
            else:
                ctx.reply(replace(self._view(), replayed=one.replayed), to=one.asker)
        self.waiting = still

    def _view(self) -> CallView:
        facts, payments = self._known(), self.payments
        return CallView(
            facts=facts,
            status=facts.status,
            active_us=facts.active_us(facts.evidence_us or 0),
            cost=payments.cost if facts.live else facts.cost,
            last_charge=payments.last_charge,
            balance=payments.balance,
            required=payments.price(facts, facts.blocks + 1),
        )

    # What the world answers.

    def _saved(self, outcome: Outcome, ctx: Context) -> None:
        if isinstance(outcome, Refused) and outcome.code == FENCED:
            self._step_down(ctx)
            return
        facts = self._known()
        if not self.following:
            self.following = True
            self._follow(ctx)
        for block in self.saver.written(outcome, ctx.now_us):
            if block.paid is None:
                self.payments.charge(facts, block)

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
        facts = self._known()
        block = self.payments.take_answer(key, tries, outcome, facts, ctx.now_us)
        if block is None:
            return
        self.saver.remember(block)
        if block.paid:
            self.news.billed(facts, block, self.payments, ctx)
        elif facts.ending_us is None:
            code = outcome.code if isinstance(outcome, Refused) else ""
            self._end(ctx.now_us, "insufficient" if code == INSUFFICIENT else "frozen", None)

    # Evidence.

    def _witness(self, side: Side, at_us: int, now_us: int) -> None:
        """Take a sign of life; one that comes after too long a silence does not mend it."""
        facts = self.facts
        last_us = self.evidence.get(side)
        if last_us is not None and at_us <= last_us:
            return
        gap = last_us is not None and at_us - last_us > SILENCE_US
        if gap and facts is not None and facts.open is not None:
            self._run(min(now_us, (last_us or 0) + SILENCE_US))
        self.evidence[side] = at_us
        self._extend()

    def _extend(self) -> None:
        """Move the end of what is proved for both sides."""
        facts = self.facts
        if facts is None or facts.open is None or len(self.evidence) < 2:
            return
        both_us = min(self.evidence.values())
        if both_us > (facts.evidence_us or 0):
            self.facts = replace(facts, evidence_us=both_us)

    def _take_evidence(self, ctx: Context) -> None:
        for message in ctx.take().values():
            self._witness(message.side, min(message.at_us, ctx.now_us), ctx.now_us)

    def _fresh(self, now_us: int) -> bool:
        return all(now_us - self.evidence.get(side, -SILENCE_US) < SILENCE_US for side in SIDES)

    def _follow(self, ctx: Context) -> None:
        facts = self._known()
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
            self._pause(max(ctx.now_us, facts.evidence_us or 0), "recovery")
        facts = self._known()
        waits = ctx.now_us - facts.created_us <= START_OVER_US
        if facts.ringing_us is None and facts.ending_us is None and not waits:
            self._end(ctx.now_us, "interrupted", None)
        self.saver.change()
        for block in self.unpaid:
            self.payments.charge(facts, block)
        self.releasing = self._known().ending_us is not None
        self.following = False  # First of all it is to be this meter's, durably.

    def _go_on(self, ctx: Context) -> None:
        """Do everything that is due, write it down, tell who must know, set the timer."""
        if self.facts is None:
            return
        self._run(ctx.now_us)
        facts = self._known()
        self.saver.write(facts, ctx)
        if self.releasing and self.saver.clean:
            self.releasing = False
            self._release()
            self._run(ctx.now_us)
            self.saver.write(self._known(), ctx)
            facts = self._known()
        self.payments.send(ctx)
        if facts.open is not None:
            self.saver.write_evidence(facts, ctx)
        if self.saver.clean:
            self.news.status(facts, ctx)
        self._tell_waiting(ctx)
        if not facts.live and self.saver.clean:
            for side in SIDES:
                address = user_address(facts.account(side))
                ctx.tell(address, UnfollowUser(call=self.address))
                ctx.unwatch(address)
            ctx.stop(reason="over")
            return
        self.news.insufficient(facts, self.payments, ctx)
        due_us = self._due_us(ctx.now_us)
        if due_us is not None:
            ctx.after(max(0, due_us - ctx.now_us), Tick(), key="tick")

    def _run(self, now_us: int) -> None:
        """Follow from the state whatever is due at this moment."""
        before = None
        while before is not self.facts:
            before = self.facts
            facts = self._known()
            _STEPS[facts.status](self, facts, now_us)

    def _init(self, facts: CallFacts, now_us: int) -> None:
        if self.saver.saved == 0:
            return  # The ledger is asked for nothing that nobody would know of after a crash.
        self.payments.want(facts, 1)
        refused = self.payments.refused.get(1)
        if self.payments.covers(facts, 1, now_us):
            self._change(replace(facts, ringing_us=now_us))
        elif refused is not None:
            self.refused = refused
            if refused.code == INSUFFICIENT:
                required = self.payments.price(facts, 1)
                current = int(refused.details.get("available", 0))
                self.refused = InsufficientTokens(required=required, current=current).value()
            self._end(now_us, "insufficient", None)

    def _ringing(self, facts: CallFacts, now_us: int) -> None:
        assert facts.ringing_us is not None
        if facts.accepted_us is None and now_us >= facts.ringing_us + RING_US:
            self._end(now_us, "no_answer", None)
        elif now_us >= facts.ringing_us + RING_US + RECOVER_US:
            self._end(now_us, "silence", None)
        elif not self._hold_on(facts, now_us) and facts.accepted_us is not None:
            self._try_activate(facts, now_us)

    def _paused(self, facts: CallFacts, now_us: int) -> None:
        assert facts.paused_us is not None
        patience_us = RECOVER_US if facts.paused_by == "recovery" else ABANDONED_US
        if now_us >= facts.paused_us + patience_us:
            self._end(now_us, "silence" if facts.paused_by == "recovery" else "abandoned", None)
            return
        willing = facts.paused_by not in SIDES
        if self.releasing:
            return
        if now_us >= facts.paused_us + KEEP_HOLD_US and not (willing and self._fresh(now_us)):
            if self.payments.held or any(key[0] == "hold" for key in self.payments.jobs):
                self._let_go(facts, now_us)
            return
        if not self._hold_on(facts, now_us) and willing:
            self._try_activate(facts, now_us)

    def _let_go(self, facts: CallFacts, now_us: int) -> None:
        """Reserve nothing through a long pause. A block that was begun is charged first.

        It costs all of itself in any case, and who comes back finds it paid.
        """
        number = last_block(facts, self.policy)
        begun = facts.closed_us >= self.policy.free_under_s * SECOND_US
        if number > facts.blocks and begun and self.policy.partial_block == "full":
            self._make_last_due(facts, number, self.payments.price(facts, number), now_us)
            facts = self._known()
        self._change(replace(facts, generation=facts.generation + 1))
        self.releasing = True

    def _hold_on(self, facts: CallFacts, now_us: int) -> bool:
        """Keep the next block reserved while nothing is consumed; return whether it is renewed."""
        block = facts.blocks + 1
        hold = self.payments.held.get(block)
        if (
            hold is not None
            and hold.expires_us is not None
            and hold.generation == facts.generation
            and hold.expires_us < now_us + self.policy.block_us + HOLD_AHEAD_US
        ):
            self._change(replace(facts, generation=facts.generation + 1))
            return True
        if facts.generation == self.saver.generation:
            # A new generation is written down before the ledger hears of it.
            self.payments.want(facts, block)
        return False

    def _try_activate(self, facts: CallFacts, now_us: int) -> None:
        left_us = (facts.blocks + 1) * self.policy.block_us - facts.closed_us
        block = facts.blocks + 1
        if self._fresh(now_us) and self.payments.covers(facts, block, now_us + left_us):
            self._change(activated(facts, now_us, self.epoch or 1), interval=True)
            self._extend()

    def _active(self, facts: CallFacts, now_us: int) -> None:
        boundary_us = facts.boundary_us(self.policy)
        silent_us = min(self.evidence.get(side, 0) for side in SIDES) + SILENCE_US
        if silent_us <= min(now_us, boundary_us):
            self._pause(now_us, "silence")
        elif now_us >= boundary_us:
            self._finish_block(facts, boundary_us, now_us)
        elif now_us >= boundary_us - self._ahead_us:
            self.payments.want(facts, facts.blocks + 2)

    def _finish_block(self, facts: CallFacts, boundary_us: int, now_us: int) -> None:
        number = facts.blocks + 1
        hold = self.payments.held.pop(number)
        block = Block(
            number=number,
            amount=self.payments.price(facts, number),
            generation=hold.generation,
            due_us=boundary_us,
        )
        self._change(replace(facts, blocks=number), block=block)
        if self.payments.covers(facts, number + 1, boundary_us + self.policy.block_us):
            return
        if number + 1 in self.payments.refused:
            self._end(now_us, "insufficient", None, until_us=boundary_us)
        else:
            self._pause(now_us, "unpaid", until_us=boundary_us)

    def _ending(self, facts: CallFacts, now_us: int) -> None:
        if self.payments.idle and self.saver.clean and not self.releasing:
            self._change(replace(facts, settled_us=now_us, cost=self.payments.cost))

    def _over(self, facts: CallFacts, now_us: int) -> None:
        """Nothing is due any more."""

    def _due_us(self, now_us: int) -> int | None:
        """Return when to look again."""
        facts = self._known()
        times = [self.payments.next_us, self.saver.next_us]
        match facts.status:
            case "active":
                boundary_us = facts.boundary_us(self.policy)
                ahead_us = boundary_us - self._ahead_us
                times.append(ahead_us if now_us < ahead_us else boundary_us)
                times.append(min(self.evidence.values()) + SILENCE_US)
            case "ringing" | "paused":
                if facts.accepted_us is not None and facts.paused_by not in SIDES:
                    times.append(now_us + LOOK_AGAIN_US)
                since_us = facts.paused_us or facts.ringing_us or 0
                waits = (RING_US, RING_US + RECOVER_US, RECOVER_US, KEEP_HOLD_US, ABANDONED_US)
                times += [since_us + wait for wait in waits if since_us + wait > now_us]
                hold = self.payments.held.get(facts.blocks + 1)
                if hold is not None and hold.expires_us and hold.generation == facts.generation:
                    times.append(hold.expires_us - self.policy.block_us - HOLD_AHEAD_US + 1)
        return min((time for time in times if time is not None), default=None)

    @property
    def _ahead_us(self) -> int:
        return min(HOLD_AHEAD_US, self.policy.block_us // 2)

    # Changing the state.

    def _known(self) -> CallFacts:
        assert self.facts is not None
        return self.facts

    def _change(
        self, facts: CallFacts, *, interval: bool = False, block: Block | None = None
    ) -> None:
        self.facts = facts
        self.saver.change(interval=facts.interval if interval else None, block=block)

    def _pause(self, now_us: int, by: PausedBy, *, until_us: int | None = None) -> None:
        self._change(paused(self._known(), now_us, by, until_us=until_us), interval=True)

    def _end(
        self, now_us: int, reason: Reason, by: str | None, *, until_us: int | None = None
    ) -> None:
        """Close the interval, make the last block due, let what is reserved beyond it go."""
        facts = self._known()
        if until_us is not None and facts.open is not None:
            facts = paused(facts, now_us, "unpaid", until_us=until_us)
        was_open = self._known().open is not None
        facts = ended(facts, now_us, reason, by)
        self._change(facts, interval=was_open)
        number = last_block(facts, self.policy)
        if number > facts.blocks:
            segments = (Segment(1, facts.rate),)
            amount = final_charge(segments, number, facts.closed_us, self.policy)
            if amount or facts.closed_us >= self.policy.free_under_s * SECOND_US:
                self._make_last_due(facts, number, amount, now_us)
        self.releasing = True

    def _make_last_due(self, facts: CallFacts, number: int, amount: int, now_us: int) -> None:
        hold = self.payments.held.get(number)
        generation = facts.generation if hold is None else hold.generation
        block = Block(number=number, amount=amount, generation=generation, due_us=now_us)
        if amount:
            self.payments.held.pop(number, None)
            self.payments.jobs.pop(("hold", number, facts.generation), None)
        self._change(replace(facts, blocks=number), block=block)

    def _release(self) -> None:
        """Let go what is reserved, also by a meter before this one."""
        facts = self._known()
        generations = {facts.generation - 1}
        if facts.ending_us is not None:
            # In a pause it must not be let go in advance: the ledger's answer would stand.
            generations.add(facts.generation)
        charged = {block.number for block in self.unpaid} | set(self.saver.blocks)
        also = tuple(
            (number, generation)
            for number in range(facts.blocks, facts.blocks + 3)
            for generation in sorted(generations)
            if number > 0 and generation >= 0 and number not in charged
        )
        known = self.epoch < 2 and facts.generation == 0
        self.payments.release(facts, also=() if known else also)


_STEPS: dict[str, Callable[[Call, CallFacts, int], None]] = {
    "init": Call._init,
    "ringing": Call._ringing,
    "active": Call._active,
    "paused": Call._paused,
    "ending": Call._ending,
    "ended": Call._over,
    "failed": Call._over,
}
