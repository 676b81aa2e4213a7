"""Calls in memory, as the tables keep them: fenced by the epoch in the call's own row."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from actors.calls.messages import (
    CallOpened,
    CallPage,
    CallRead,
    CallStatistics,
    CreateCall,
    OpenCall,
    ReadCall,
    ReadCalls,
    ReadCallStatistics,
    ReadLastCall,
    ReadLiveCalls,
    ReadParties,
    SaveCall,
    SaveEvidence,
)
from actors.calls.state import Block, CallFacts, Interval
from actors.store import FENCED
from engine.refusal import Refusal
from sim.ledger_store import LedgerBooks


class _Fenced(Refusal):
    code = FENCED


@dataclass(slots=True)
class StoredCall:
    """One call's rows."""

    epoch: int
    facts: CallFacts
    evidence_us: int = 0
    intervals: dict[int, Interval] = field(default_factory=dict)
    blocks: dict[int, Block] = field(default_factory=dict)

    def known(self) -> CallFacts:
        """Return the facts, with the evidence as far as it is noted anywhere."""
        facts = self.facts
        if facts.evidence_us is None or self.evidence_us <= facts.evidence_us:
            return facts
        return replace(facts, evidence_us=self.evidence_us)


class CallBooks:
    """Every call, by id."""

    def __init__(self, ledger: LedgerBooks) -> None:
        self._ledger = ledger
        self.calls: dict[str, StoredCall] = {}
        self.changes = 0  # how often anything was written

    @property
    def answers(self) -> dict[type, Callable[[Any], Any]]:
        """What answers each request."""
        return {
            OpenCall: self.open,
            CreateCall: self.create,
            SaveCall: self.save,
            SaveEvidence: self.save_evidence,
            ReadLiveCalls: self.live,
            ReadCalls: self.page,
            ReadCall: self.read,
            ReadCallStatistics: self.statistics,
            ReadLastCall: self.last,
            ReadParties: self.parties,
        }

    def open(self, request: OpenCall) -> CallOpened:
        """Take a call over."""
        call = self.calls.get(request.call_id)
        if call is None:
            return CallOpened()
        call.facts = call.known()
        call.evidence_us = 0
        call.epoch += 1
        blocks = [call.blocks[number] for number in sorted(call.blocks)]
        return CallOpened(
            epoch=call.epoch,
            facts=call.known(),
            unpaid=tuple(block for block in blocks if block.paid is None),
            paid=sum(block.amount for block in blocks if block.paid),
            earned=sum(block.creator_cut for block in blocks if block.paid),
        )

    def create(self, request: CreateCall) -> None:
        """Write a new call."""
        if request.facts.id in self.calls:
            raise _Fenced(f"call {request.facts.id} is there already")
        self.calls[request.facts.id] = StoredCall(1, request.facts)

    def save(self, request: SaveCall) -> None:
        """Write a call's present state."""
        call = self._fenced(request.facts.id, request.epoch)
        self.changes += 1
        call.facts = request.facts
        call.intervals.update((each.number, each) for each in request.intervals)
        call.blocks.update((each.number, each) for each in request.blocks)

    def save_evidence(self, request: SaveEvidence) -> None:
        """Note how far the evidence reaches."""
        call = self._fenced(request.call_id, request.epoch)
        call.evidence_us = max(call.evidence_us, request.evidence_us)

    def live(self, _request: ReadLiveCalls) -> tuple[str, ...]:
        """Return the ids of the calls that are not settled."""
        return tuple(sorted(id_ for id_, call in self.calls.items() if call.facts.live))

    def page(self, request: ReadCalls) -> CallPage:
        """Return a page of an account's calls."""
        found = [
            call.known()
            for call in self.calls.values()
            if call.facts.side(request.account) is not None
            and (not request.pending or _rings(call.facts, request.account))
        ]
        found.sort(key=lambda facts: (facts.created_us, facts.id), reverse=True)
        page = found[request.offset : request.offset + request.limit]
        return CallPage(
            calls=tuple(page),
            has_more=len(found) > request.offset + request.limit,
            reversed=self._given_back() & {facts.id for facts in page},
        )

    def _given_back(self) -> frozenset[str]:
        transfers = (entry.transfer for entry in self._ledger.entries)
        refs = (one.ref.partition(":") for one in transfers if one.kind == "refund")
        return frozenset(call for what, _, call in refs if what == "call")

    def read(self, request: ReadCall) -> CallRead | None:
        """Return a call with its intervals and blocks."""
        call = self.calls.get(request.call_id)
        if call is None:
            return None
        return CallRead(
            facts=call.known(),
            intervals=tuple(call.intervals[number] for number in sorted(call.intervals)),
            blocks=tuple(call.blocks[number] for number in sorted(call.blocks)),
            reversed=request.call_id in self._given_back(),
        )

    def statistics(self, request: ReadCallStatistics) -> CallStatistics:
        """Sum up a creator's calls."""
        lost = self._given_back()
        calls = [
            call.facts
            for id_, call in self.calls.items()
            if call.facts.creator == request.creator
            and call.facts.status == "ended"
            and id_ not in lost
        ]
        return CallStatistics(
            calls=len(calls),
            fans=len({facts.fan for facts in calls}),
            active_us=sum(facts.closed_us for facts in calls),
            earned=sum(facts.earned for facts in calls),
            longest_us=max((facts.closed_us for facts in calls), default=0),
        )

    def last(self, request: ReadLastCall) -> int | None:
        """Return when a pair's newest call was made."""
        times = [
            call.facts.created_us
            for call in self.calls.values()
            if (call.facts.fan, call.facts.creator) == (request.fan, request.creator)
        ]
        return max(times, default=None)

    def parties(self, request: ReadParties) -> tuple[str, ...]:
        """Return who talks in the calls that have a channel."""
        here = [one.facts for one in self.calls.values() if one.facts.channel == request.channel]
        return tuple(sorted({account for facts in here for account in (facts.fan, facts.creator)}))

    def _fenced(self, call_id: str, epoch: int) -> StoredCall:
        call = self.calls.get(call_id)
        if call is None or call.epoch != epoch:
            raise _Fenced(f"call {call_id} was taken over after epoch {epoch}")
        return call


def _rings(facts: CallFacts, account: str) -> bool:
    rings = facts.status == "ringing" and facts.accepted_us is None
    return rings and facts.account(facts.callee) == account
