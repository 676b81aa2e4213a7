"""What a meter has asked of the ledger: holds, charges and releases, each until it has an answer.

Every command is harmless to repeat, so one without an answer is sent again as it was. A hold that
was refused is tried again under a new id while there is time: the fan may have bought tokens.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from actors.calls.commands import (
    charge_command,
    hold_command,
    late_command,
    renewal_command,
    void_command,
)
from actors.calls.metering import MeterPolicy, Segment, charge
from actors.calls.state import Block, CallFacts
from actors.ledger.accounts import user_main
from actors.ledger.messages import LEDGER, Post, Posted
from actors.ledger.transfer import Command
from actors.store import FENCED
from engine.clock import SECOND_US
from engine.context import Context
from engine.outcome import Ok, Outcome
from engine.refusal import Refused

ANSWER_WITHIN_US = 8 * SECOND_US
AGAIN_US = SECOND_US // 2
TOP_UP_US = SECOND_US
"""How often a fan whose tokens ran out is given another chance before the block is over."""

GONE = ("pending_resolved", "pending_not_found")
DONE_BEFORE = ("transfer_exists", "idempotency_conflict")

Verb = Literal["hold", "charge", "void"]
Key = tuple[Verb, int, int]
"""(verb, block, generation)"""


@dataclass(slots=True)
class Job:
    """A command on its way, or to be sent at `not_before_us`."""

    command: Command
    form: Literal["renew", "first", "again", "charge", "late", "void"]
    tries: int = 0
    asked: bool = False
    not_before_us: int = 0


@dataclass(frozen=True, slots=True)
class Hold:
    """A reserved block; `expires_us` None: there is nothing to pay, so nothing is reserved."""

    generation: int
    expires_us: int | None


class Payments:
    """The ledger's side of one call; `held` and `refused` are by block."""

    def __init__(self, epoch: int, policy: MeterPolicy, paid: int, earned: int) -> None:
        self.epoch = epoch
        self.policy = policy
        self.jobs: dict[Key, Job] = {}
        self.held: dict[int, Hold] = {}
        self.refused: dict[int, Refused] = {}
        self.due: dict[int, Block] = {}  # durable, and not yet answered for
        self.answered: dict[int, Block] = {}  # answered for, and not yet written down
        self.cost = paid
        self.earned = earned
        self.last_paid: Block | None = None
        self.balance: int | None = None

    @property
    def idle(self) -> bool:
        """Whether the ledger has answered everything."""
        return not self.jobs

    @property
    def next_us(self) -> int | None:
        """When the next command is to be sent."""
        return min((job.not_before_us for job in self.jobs.values() if not job.asked), default=None)

    def price(self, facts: CallFacts, block: int) -> int:
        """Return what a whole block costs, tokens."""
        return charge((Segment(1, facts.rate),), block, self.policy)

    def covers(self, facts: CallFacts, block: int, until_us: int) -> bool:
        """Return whether a block is reserved until then, by the present generation."""
        hold = self.held.get(block)
        if hold is None or ("hold", block, facts.generation) in self.jobs:
            return False
        return hold.expires_us is None or (
            hold.generation == facts.generation and hold.expires_us >= until_us
        )

    def want(self, facts: CallFacts, block: int) -> None:
        """See to it that a block is reserved by the present generation."""
        key: Key = ("hold", block, facts.generation)
        hold = self.held.get(block)
        if key in self.jobs or (hold is not None and hold.generation == facts.generation):
            return
        amount = self.price(facts, block)
        if amount == 0:
            self.held[block] = Hold(facts.generation, None)
        elif facts.generation:
            command = renewal_command(facts, block, facts.generation, amount, self.policy)
            self.jobs[key] = Job(command, "renew")
        else:
            self.jobs[key] = Job(self._hold(facts, block, ""), "first")

    def charge(self, facts: CallFacts, block: Block) -> None:
        """Charge a block that is durably due."""
        if block.amount == 0:
            self._paid(block, None)
            return
        self.due[block.number] = block
        command = charge_command(facts, block, self.price(facts, block.number))
        self.jobs["charge", block.number, block.generation] = Job(command, "charge")

    def release(self, facts: CallFacts, *, also: tuple[tuple[int, int], ...] = ()) -> None:
        """Let every hold go; what is under way comes before it in the ledger's mailbox.

        Args:
            facts: the call.
            also: (block, generation) of holds that an earlier meter may have taken.
        """
        wanted = dict.fromkeys(also)
        for verb, block, generation in tuple(self.jobs):
            if verb == "hold":
                wanted[block, generation] = None
                if generation:
                    wanted[block, generation - 1] = None
                del self.jobs[verb, block, generation]
        for block, hold in self.held.items():
            if hold.expires_us is not None:
                wanted[block, hold.generation] = None
        self.held.clear()
        self.refused.clear()
        for block, generation in wanted:
            amount = self.price(facts, block)
            if amount and block not in self.due:
                command = void_command(facts, block, generation, amount)
                self.jobs["void", block, generation] = Job(command, "void")

    def send(self, ctx: Context) -> None:
        """Send what is to be sent now."""
        for key, job in self.jobs.items():
            if not job.asked and job.not_before_us <= ctx.now_us:
                job.asked = True
                ctx.ask(
                    LEDGER,
                    Post(command=job.command),
                    tag=(*key, job.tries),
                    timeout_us=ANSWER_WITHIN_US,
                )

    def take_answer(
        self, key: Key, tries: int, outcome: Outcome, facts: CallFacts, now_us: int
    ) -> Block | None:
        """Take the ledger's answer; return the block that it has said yes or no to, if one."""
        job = self.jobs.get(key)
        if job is None or job.tries != tries or not job.asked:
            return None
        job.asked = False
        job.tries += 1
        final = isinstance(outcome, Ok) or (isinstance(outcome, Refused) and outcome.code != FENCED)
        if not final:
            job.not_before_us = now_us + AGAIN_US
            return None
        match key[0]:
            case "hold":
                self._hold_answered(key, job, outcome, facts, now_us)
                return None
            case "void":
                del self.jobs[key]
                return None
            case "charge":
                return self._charge_answered(key, job, outcome, facts)

    def _hold(self, facts: CallFacts, block: int, attempt: str) -> Command:
        amount = self.price(facts, block)
        return hold_command(facts, block, facts.generation, amount, self.policy, attempt)

    def _hold_answered(
        self, key: Key, job: Job, outcome: Outcome, facts: CallFacts, now_us: int
    ) -> None:
        _, block, generation = key
        if isinstance(outcome, Ok):
            posted: Posted = outcome.value
            expires_us = posted.entries[-1].expires_us
            del self.jobs[key]
            self.refused.pop(block, None)
            self.held[block] = Hold(generation, expires_us or 0)
            return
        assert isinstance(outcome, Refused)
        if outcome.code in DONE_BEFORE:
            # Another attempt was let in; nobody said until when it lasts, so it counts as over.
            del self.jobs[key]
            self.held[block] = Hold(generation, 0)
        elif job.form == "renew" and outcome.code in GONE:
            self.jobs[key] = Job(self._hold(facts, block, ""), "first", job.tries)
        else:
            self.refused[block] = outcome
            again = self._hold(facts, block, f"try/{self.epoch}/{job.tries}")
            self.jobs[key] = Job(again, "again", job.tries, not_before_us=now_us + TOP_UP_US)

    def _charge_answered(
        self, key: Key, job: Job, outcome: Outcome, facts: CallFacts
    ) -> Block | None:
        block = self.due[key[1]]
        if isinstance(outcome, Refused) and job.form == "charge" and outcome.code in GONE:
            self.jobs[key] = Job(late_command(facts, block), "late", job.tries)
            return None
        del self.jobs[key], self.due[block.number]
        if isinstance(outcome, Ok):
            return self._paid(block, outcome.value.posted(user_main(facts.fan), "TOK"))
        assert isinstance(outcome, Refused)
        if outcome.code in DONE_BEFORE:
            return self._paid(block, None)
        return self._settled(block, paid=False)

    def _paid(self, block: Block, balance: int | None) -> Block:
        self.cost += block.amount
        self.earned += block.creator_cut
        self.balance = balance if balance is not None else self.balance
        self.last_paid = self._settled(block, paid=True)
        return self.last_paid

    def _settled(self, block: Block, *, paid: bool) -> Block:
        settled = replace(block, paid=paid)
        self.answered[block.number] = settled
        return settled
