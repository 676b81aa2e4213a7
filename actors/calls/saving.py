"""Keeps a call durable: the newest state, one write at a time, under the meter's epoch."""

from __future__ import annotations

from actors.calls.messages import CreateCall, SaveCall, SaveEvidence
from actors.calls.state import Block, CallFacts, Interval
from actors.store import STORE
from engine.clock import SECOND_US
from engine.context import Context
from engine.outcome import Ok, Outcome

AGAIN_US = SECOND_US // 4


class Saver:
    """Counts versions of the state; everything up to `saved` is durable."""

    def __init__(self, epoch: int, generation: int) -> None:
        self.epoch = epoch
        self.generation = generation  # of holds, as far as it is durable
        self.version = 0
        self.saved = 0
        self.writing = 0  # the version on its way
        self.not_before_us = 0
        self.evidence_us = 0  # as far as it was sent
        self.intervals: dict[int, Interval] = {}
        self.blocks: dict[int, Block] = {}
        self._sent: tuple[tuple[Interval, ...], tuple[Block, ...]] = ((), ())
        self._sent_generation = generation

    @property
    def clean(self) -> bool:
        """Whether everything is durable."""
        return self.saved == self.version

    @property
    def next_us(self) -> int | None:
        """When there is something to write."""
        return None if self.clean or self.writing else self.not_before_us

    def remember(self, block: Block) -> None:
        """Write this with the next state; losing it would only have it asked again."""
        self.blocks[block.number] = block

    def change(self, *, interval: Interval | None = None, block: Block | None = None) -> None:
        """The state has changed."""
        self.version += 1
        if interval is not None:
            self.intervals[interval.number] = interval
        if block is not None:
            self.blocks[block.number] = block

    def write(self, facts: CallFacts, ctx: Context) -> None:
        """Write the newest state, unless a write is on its way."""
        if self.clean or self.writing or ctx.now_us < self.not_before_us:
            return
        self.writing = self.version
        self._sent_generation = facts.generation
        self.evidence_us = facts.evidence_us or 0
        if self.epoch == 0:
            ctx.io(STORE, CreateCall(facts=facts), tag=("saved", self.writing))
            return
        intervals, blocks = tuple(self.intervals.values()), tuple(self.blocks.values())
        self._sent = (intervals, blocks)
        self.intervals.clear()
        self.blocks.clear()
        request = SaveCall(epoch=self.epoch, facts=facts, intervals=intervals, blocks=blocks)
        ctx.io(STORE, request, tag=("saved", self.writing))

    def write_evidence(self, facts: CallFacts, ctx: Context) -> None:
        """Note how far the evidence reaches, beside the state; nobody waits for it."""
        if facts.evidence_us is None or facts.evidence_us <= self.evidence_us or self.writing:
            return
        self.evidence_us = facts.evidence_us
        request = SaveEvidence(call_id=facts.id, epoch=self.epoch, evidence_us=facts.evidence_us)
        ctx.io(STORE, request)

    def written(self, outcome: Outcome, now_us: int) -> tuple[Block, ...]:
        """Take the store's answer; return the blocks that are durable since."""
        version, self.writing = self.writing, 0
        (intervals, blocks), self._sent = self._sent, ((), ())
        if isinstance(outcome, Ok):
            self.saved = version
            self.generation = self._sent_generation
            self.epoch = self.epoch or 1
            return blocks
        self.not_before_us = now_us + AGAIN_US
        self.intervals = {each.number: each for each in intervals} | self.intervals
        self.blocks = {each.number: each for each in blocks} | self.blocks
        return ()
