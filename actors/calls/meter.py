"""What of a call is due: its state, who was there when, and what must be paid, as of any moment.

Everything follows from the state and the time, so to run it twice, or early, changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from actors.calls.messages import CallOpened, Evidence
from actors.calls.metering import MeterPolicy, Segment, block_shares, final_charge
from actors.calls.payments import Payments
from actors.calls.refusals import InsufficientTokens
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
from actors.money.split import PAYEE, Share
from engine.clock import MINUTE_US, SECOND_US
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

INSUFFICIENT = "insufficient_funds"


def merge_evidence(old: Evidence, new: Evidence) -> Evidence:
    """Return what a call has to know of two signs of life of one side: the rule of its lane.

    A node that is behind takes them late; nobody was silent for that.
    """
    if new.at_us - old.at_us > SILENCE_US:
        return new
    return replace(new, since_us=old.at_us if old.since_us is None else old.since_us)


class Meter:
    """The state of one call and what follows from it; `Call` writes it down and carries it out.

    Attributes:
        facts: what is durable of it, or is about to be; None: the call was never begun.
        evidence: when each side was last evidently there.
        refused: why it could not ring.
        releasing: holds are to be let go, once it is durable that they are.
    """

    def __init__(self, opened: CallOpened, policy: MeterPolicy) -> None:
        self.epoch = opened.epoch
        self.policy = policy
        self.facts = opened.facts
        self.unpaid = opened.unpaid
        self.evidence: dict[Side, int] = {}
        self.saver = Saver(opened.epoch, 0 if opened.facts is None else opened.facts.generation)
        self.payments = Payments(opened.epoch, policy, opened.paid, opened.earned)
        self.refused: Refused | None = None
        self.releasing = False

    def witness(self, side: Side, at_us: int, now_us: int, *, since_us: int | None = None) -> None:
        """Take signs of life; those that come after too long a silence do not mend it."""
        facts = self.facts
        last_us = self.evidence.get(side)
        if last_us is not None and at_us <= last_us:
            return
        first_us = at_us if since_us is None else since_us
        gap = last_us is not None and first_us - last_us > SILENCE_US
        if gap and facts is not None and facts.open is not None:
            self.run(min(now_us, (last_us or 0) + SILENCE_US))
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

    def _fresh(self, now_us: int) -> bool:
        return all(now_us - self.evidence.get(side, -SILENCE_US) < SILENCE_US for side in SIDES)

    def run(self, now_us: int) -> None:
        """Follow from the state whatever is due at this moment."""
        before = None
        while before is not self.facts:
            before = self.facts
            facts = self.known()
            _STEPS[facts.status](self, facts, now_us)

    def _init(self, facts: CallFacts, now_us: int) -> None:
        if self.saver.saved == 0:
            return  # The ledger is asked for nothing that nobody would know of after a crash.
        self.payments.want(facts, 1)
        refused = self.payments.refused.get(1)
        if self.payments.covers(facts, 1, now_us):
            self.change(replace(facts, ringing_us=now_us))
        elif refused is not None:
            self.refused = refused
            if refused.code == INSUFFICIENT:
                required = self.payments.price(facts, 1)
                current = int(refused.details.get("available", 0))
                self.refused = InsufficientTokens(required=required, current=current).value()
            self.end(now_us, "insufficient", None)

    def _ringing(self, facts: CallFacts, now_us: int) -> None:
        assert facts.ringing_us is not None
        if facts.accepted_us is None and now_us >= facts.ringing_us + RING_US:
            self.end(now_us, "no_answer", None)
        elif now_us >= facts.ringing_us + RING_US + RECOVER_US:
            self.end(now_us, "silence", None)
        elif not self._hold_on(facts, now_us) and facts.accepted_us is not None:
            self._try_activate(facts, now_us)

    def _paused(self, facts: CallFacts, now_us: int) -> None:
        assert facts.paused_us is not None
        patience_us = RECOVER_US if facts.paused_by == "recovery" else ABANDONED_US
        if now_us >= facts.paused_us + patience_us:
            self.end(now_us, "silence" if facts.paused_by == "recovery" else "abandoned", None)
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
            facts = self.known()
        self.change(replace(facts, generation=facts.generation + 1))
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
            self.change(replace(facts, generation=facts.generation + 1))
            return True
        if facts.generation == self.saver.generation:
            # A new generation is written down before the ledger hears of it.
            self.payments.want(facts, block)
        return False

    def _try_activate(self, facts: CallFacts, now_us: int) -> None:
        left_us = (facts.blocks + 1) * self.policy.block_us - facts.closed_us
        block = facts.blocks + 1
        if self._fresh(now_us) and self.payments.covers(facts, block, now_us + left_us):
            self.change(activated(facts, now_us, self.epoch or 1), interval=True)
            self._extend()

    def _active(self, facts: CallFacts, now_us: int) -> None:
        boundary_us = facts.boundary_us(self.policy)
        silent_us = min(self.evidence.get(side, 0) for side in SIDES) + SILENCE_US
        # A short block may be over before it is proved that the call costs anything at all.
        costs = facts.proved_us >= self.policy.free_under_s * SECOND_US
        if silent_us <= (min(now_us, boundary_us) if costs else now_us):
            self.pause(now_us, "silence")
        elif now_us >= boundary_us:
            if costs:
                self._finish_block(facts, boundary_us, now_us)
        elif now_us >= boundary_us - self._ahead_us:
            self.payments.want(facts, facts.blocks + 2)

    def _finish_block(self, facts: CallFacts, boundary_us: int, now_us: int) -> None:
        number = facts.blocks + 1
        hold = self.payments.held.pop(number)
        amount = self.payments.price(facts, number)
        block = self._due(facts, number, amount, hold.generation, boundary_us)
        self.change(replace(facts, blocks=number), block=block)
        if self.payments.covers(facts, number + 1, boundary_us + self.policy.block_us):
            return
        if number + 1 in self.payments.refused:
            self.end(now_us, "insufficient", None, until_us=boundary_us)
        else:
            self.pause(now_us, "unpaid", until_us=boundary_us)

    def _ending(self, facts: CallFacts, now_us: int) -> None:
        if self.payments.idle and self.saver.clean and not self.releasing:
            cost, earned = self.payments.cost, self.payments.earned
            self.change(replace(facts, settled_us=now_us, cost=cost, earned=earned))

    def _over(self, facts: CallFacts, now_us: int) -> None:
        """Nothing is due any more."""

    def due_us(self, now_us: int) -> int | None:
        """Return when to look again."""
        facts = self.known()
        times = [self.payments.next_us, self.saver.next_us]
        match facts.status:
            case "active":
                boundary_us = facts.boundary_us(self.policy)
                ahead_us = boundary_us - self._ahead_us
                times += [time for time in (ahead_us, boundary_us) if time > now_us]
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

    def known(self) -> CallFacts:
        assert self.facts is not None
        return self.facts

    def change(
        self, facts: CallFacts, *, interval: bool = False, block: Block | None = None
    ) -> None:
        self.facts = facts
        self.saver.change(interval=facts.interval if interval else None, block=block)

    def pause(self, now_us: int, by: PausedBy, *, until_us: int | None = None) -> None:
        self.change(paused(self.known(), now_us, by, until_us=until_us), interval=True)

    def end(
        self, now_us: int, reason: Reason, by: str | None, *, until_us: int | None = None
    ) -> None:
        """Close the interval, make the last block due, let what is reserved beyond it go."""
        facts = self.known()
        if until_us is not None and facts.open is not None:
            facts = paused(facts, now_us, "unpaid", until_us=until_us)
        was_open = self.known().open is not None
        facts = ended(facts, now_us, reason, by)
        self.change(facts, interval=was_open)
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
        block = self._due(facts, number, amount, generation, now_us)
        if amount:
            self.payments.held.pop(number, None)
            self.payments.jobs.pop(("hold", number, facts.generation), None)
        self.change(replace(facts, blocks=number), block=block)

    def _due(
        self, facts: CallFacts, number: int, amount: int, generation: int, due_us: int
    ) -> Block:
        """Return a block that is due; its shares stay as they are written with it."""
        shares = block_shares(facts.rate, number, amount, self.policy)
        return Block(
            number=number,
            amount=amount,
            generation=generation,
            due_us=due_us,
            shares=() if shares == (Share(PAYEE, amount),) else shares,
        )

    def release(self) -> None:
        """Let go what is reserved, also by a meter before this one."""
        facts = self.known()
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


_STEPS: dict[str, Callable[[Meter, CallFacts, int], None]] = {
    "init": Meter._init,
    "ringing": Meter._ringing,
    "active": Meter._active,
    "paused": Meter._paused,
    "ending": Meter._ending,
    "ended": Meter._over,
    "failed": Meter._over,
}
