"""What must be so of calls, computed from durable rows alone: I35 to I41 of the money model.

Nothing here asks a meter. Each function returns what is wrong, in words; nothing when all is well.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

from actors.calls.commands import LEASE_US, TOKEN, block_id, hold_id
from actors.calls.metering import MeterPolicy, block_count, total
from actors.ledger.accounts import user_main
from actors.ledger.book import Entry
from engine.clock import SECOND_US
from sim.call_store import CallBooks, StoredCall
from sim.ledger_store import LedgerBooks

EVIDENCE_STEP_US = 5 * SECOND_US

Spans = Sequence[tuple[int, int]]
"""When somebody was there: (from, to), microseconds, ascending."""


class CallAudit:
    """Looks at a ledger and its calls; rows that were seen before are not read again."""

    def __init__(self, ledger: LedgerBooks, calls: CallBooks, policy: MeterPolicy) -> None:
        self._ledger = ledger
        self._calls = calls
        self._policy = policy
        self._read = 0
        self._charges: dict[str, list[Entry]] = defaultdict(list)
        self._holds: dict[str, Entry] = {}

    def _learn(self) -> None:
        entries = self._ledger.entries
        for entry in entries[self._read :]:
            transfer = entry.transfer
            if transfer.kind == "call":
                if transfer.flag in ("post", "plain"):
                    self._charges[transfer.ref.partition(":")[2]].append(entry)
                elif transfer.flag == "pending":
                    self._holds[transfer.id] = entry
        self._read = len(entries)

    def wrong(self, now_us: int) -> Iterator[tuple[str, str]]:
        """Yield (invariant, what is wrong) for everything that is durable now."""
        self._learn()
        for call_id, call in self._calls.calls.items():
            charges = self._charges.get(call_id, [])
            yield from self._charged(call, charges)
            if call.facts.settled_us is not None:
                yield from self._settled(call, charges, now_us)
        for (account, asset), balance in self._ledger.balances.items():
            if asset == TOKEN and account.startswith("user:") and balance.available < 0:
                yield "I38", f"{account} has {balance.available} tokens to spend"

    def _charged(self, call: StoredCall, charges: list[Entry]) -> Iterator[tuple[str, str]]:
        facts = call.facts
        numbers = [entry.transfer.details["block"] for entry in charges]
        if len(set(numbers)) < len(numbers):
            yield "I35", f"{facts.id}: charged blocks {numbers}"
        for entry in charges:
            transfer, number = entry.transfer, entry.transfer.details["block"]
            row = call.blocks.get(number)
            if row is None or row.amount != transfer.amount:
                yield "I40", f"{facts.id}: block {number} is paid, and no meter's row says so"
                continue
            held = hold_id(facts.id, number, row.generation)
            if transfer.id != block_id(facts.id, number) or (
                transfer.flag == "post" and transfer.pending_id != held
            ):
                yield "I38", f"{facts.id}: block {number} is paid by another hold"
            if transfer.flag != "post" or held not in self._holds:
                yield "I38", f"{facts.id}: block {number} was used up without a hold"

    def _settled(
        self, call: StoredCall, charges: list[Entry], now_us: int
    ) -> Iterator[tuple[str, str]]:
        facts, policy = call.facts, self._policy
        intervals = [call.intervals[number] for number in sorted(call.intervals)]
        lengths = [(each.ended_us or each.started_us) - each.started_us for each in intervals]
        if sum(lengths) != facts.closed_us:
            yield "I37", f"{facts.id}: active {facts.closed_us}, intervals {sum(lengths)}"
        epochs = [each.epoch for each in intervals]
        if epochs != sorted(epochs):
            yield "I40", f"{facts.id}: intervals of meters {epochs}"
        free = facts.closed_us < policy.free_under_s * SECOND_US
        due = 0 if free else block_count(facts.closed_us, policy)
        amounts = {entry.transfer.details["block"]: entry.transfer.amount for entry in charges}
        numbers = {*amounts} | {row.number for row in call.blocks.values() if row.amount == 0}
        if numbers != set(range(1, due + 1)):
            yield "I35", f"{facts.id}: blocks {sorted(numbers)} of {due} are charged"
        if policy.partial_block == "full":
            if sum(amounts.values()) != total(facts.rate, due, policy):
                yield "I36", f"{facts.id}: {sum(amounts.values())} for {due} blocks"
            if numbers and max(amounts.values(), default=0) - min(amounts.values(), default=0) > 1:
                yield "I36", f"{facts.id}: charges {amounts}"
        if facts.cost != sum(amounts.values()):
            yield "I35", f"{facts.id}: {facts.cost} written, {sum(amounts.values())} paid"
        assert facts.settled_us is not None
        if now_us > facts.settled_us + policy.block_us + LEASE_US:
            for pending in self._ledger.pendings.values():
                overdue = pending.expires_us is None or pending.expires_us > now_us
                if pending.ref == f"call:{facts.id}" and overdue:
                    yield "I41", f"{facts.id} is over and still holds {pending.amount}"

    def unproved(self, presence: Mapping[str, Spans]) -> Iterator[tuple[str, str]]:
        """Yield active time in which not both were there (I37), by account."""
        for call in self._calls.calls.values():
            for interval in call.intervals.values():
                if interval.ended_us is None:
                    continue
                for account in (call.facts.fan, call.facts.creator):
                    span = (interval.started_us, interval.ended_us)
                    missed_us = _missing(span, presence.get(account, ()))
                    if missed_us > EVIDENCE_STEP_US:
                        yield "I37", f"{call.facts.id}: {account} was away for {missed_us} us"

    def paid_by(self, account: str) -> int:
        """Return what an account has paid for calls, tokens."""
        self._learn()
        name = user_main(account)
        return sum(
            entry.transfer.amount
            for charges in self._charges.values()
            for entry in charges
            if entry.transfer.debit == name
        )


def _missing(span: tuple[int, int], spans: Spans) -> int:
    """Return how much of a span is in none of the others, microseconds."""
    start_us, end_us = span
    there = sum(max(0, min(end_us, to) - max(start_us, since)) for since, to in spans)
    return max(0, end_us - start_us - there)
