"""What must be so of calls, computed from durable rows alone: I35 to I42 of the money model.

Nothing here asks a meter. Each method yields what is wrong, in words; nothing when all is well.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

from actors.calls.commands import LEASE_US, TOKEN, block_id, hold_id
from actors.calls.metering import MeterPolicy, block_count, block_shares, total
from actors.calls.state import CallFacts
from actors.ledger.accounts import user_main
from actors.ledger.book import Entry
from actors.ledger.transfer import Transfer
from actors.money.split import PAYEE
from engine.clock import SECOND_US
from sim.call_store import CallBooks, StoredCall
from sim.ledger_store import LedgerBooks

EVIDENCE_STEP_US = 5 * SECOND_US

Spans = Sequence[tuple[int, int]]
"""When somebody was there: (from, to), microseconds, ascending."""


class CallAudit:
    """Looks at a ledger and its calls; entries that were seen before are not read again."""

    def __init__(self, ledger: LedgerBooks, calls: CallBooks, policy: MeterPolicy) -> None:
        self._ledger = ledger
        self._calls = calls
        self._policy = policy
        self._read = 0
        self._charges: dict[str, list[Entry]] = defaultdict(list)
        self._shares: dict[str, list[Transfer]] = {}  # by the charge they came with
        self._newest: list[Transfer] = []
        self._holds: dict[str, Entry] = {}

    def wrong(self, now_us: int) -> list[tuple[str, str]]:
        """Return (invariant, what is wrong) for everything but I37's proof of presence."""
        found = {
            "I14": self.shares(),
            "I35": self.blocks(),
            "I36": self.sums(),
            "I37": self.intervals(),
            "I38": self.holds(),
            "I39": self.bounds(),
            "I40": self.meters(),
            "I41": self.left_over(now_us),
            "I42": self.early(),
        }
        return [(name, text) for name, texts in found.items() for text in texts]

    def shares(self) -> Iterator[str]:
        """What is taken for a block is what it costs, shared as the policy says (I14, I18)."""
        for call, charges in self._each():
            gross = earned = 0
            for entry in charges:
                facts, number = call.facts, _number(entry)
                moved = self._shares[entry.transfer.id]
                taken = self._paid(entry)
                cut = sum(each.amount for each in moved if each.credit == user_main(facts.creator))
                row = call.blocks.get(number)
                amount = taken if row is None else row.amount
                due = block_shares(facts.rate, number, amount, self._policy)
                owed = sum(share.amount for share in due if share.party == PAYEE)
                if (taken, cut) != (amount, owed):
                    yield f"{facts.id}: block {number} of {amount}: {taken} taken, {cut} earned"
                gross, earned = gross + taken, earned + cut
            if call.facts.settled_us is not None and earned != call.facts.earned:
                yield f"{call.facts.id}: {call.facts.earned} are written as earned, {earned} were"

    def blocks(self) -> Iterator[str]:
        """Each block is charged once (I35); of a settled call those it has begun, all of them."""
        for call, charges in self._each():
            facts, numbers = call.facts, [_number(entry) for entry in charges]
            if len(set(numbers)) < len(numbers):
                yield f"{facts.id}: charged blocks {numbers}"
            if facts.settled_us is None:
                continue
            free = {row.number for row in call.blocks.values() if row.amount == 0}
            due = set(range(1, self._begun(facts) + 1))
            if {*numbers} | free != due:
                yield f"{facts.id}: blocks {sorted({*numbers} | free)} of {len(due)} are charged"
            paid = sum(self._paid(entry) for entry in charges)
            if facts.cost != paid:
                yield f"{facts.id}: {facts.cost} tokens are written and {paid} were paid"

    def sums(self) -> Iterator[str]:
        """Charges add up to C(n) and differ by at most one (I36)."""
        if self._policy.partial_block != "full":
            return
        for call, charges in self._each():
            amounts = [self._paid(entry) for entry in charges]
            amounts += [0 for row in call.blocks.values() if row.amount == 0]
            in_order = [_number(entry) for entry in charges] == list(range(1, len(charges) + 1))
            if in_order and sum(amounts) != total(call.facts.rate, len(amounts), self._policy):
                yield f"{call.facts.id}: {amounts} at {call.facts.rate} a minute"
            if amounts and max(amounts) - min(amounts) > 1:
                yield f"{call.facts.id}: charges {amounts}"

    def intervals(self) -> Iterator[str]:
        """Active time is the sum of the intervals, which do not overlap (I37)."""
        for call, _ in self._each():
            closed = [each for each in call.intervals.values() if each.ended_us is not None]
            lengths = sum((each.ended_us or 0) - each.started_us for each in closed)
            if call.facts.open is None and lengths != call.facts.closed_us:
                yield f"{call.facts.id}: active {call.facts.closed_us}, intervals {lengths}"

    def unproved(self, presence: Mapping[str, Spans]) -> Iterator[str]:
        """Yield active time in which not both were there (I37), given when each of them was."""
        for call, _ in self._each():
            for interval in call.intervals.values():
                if interval.ended_us is None:
                    continue
                for account in (call.facts.fan, call.facts.creator):
                    span = (interval.started_us, interval.ended_us)
                    missed_us = _missing(span, presence.get(account, ()))
                    if missed_us > EVIDENCE_STEP_US:
                        yield f"{call.facts.id}: {account} was away for {missed_us} us of {span}"

    def holds(self) -> Iterator[str]:
        """No block without its hold, and nobody has less than nothing (I38)."""
        for call, charges in self._each():
            for entry in charges:
                transfer, number = entry.transfer, _number(entry)
                row = call.blocks.get(number)
                if row is None:
                    continue
                held = hold_id(call.facts.id, number, row.generation)
                if held not in self._holds:
                    yield f"{call.facts.id}: block {number} was used up without a hold"
                elif transfer.flag == "post" and transfer.pending_id != held:
                    yield f"{call.facts.id}: block {number} is paid by another hold"
        for (account, asset), balance in self._ledger.balances.items():
            if asset == TOKEN and account.startswith("user:") and balance.available < 0:
                yield f"{account} has {balance.available} tokens to spend"

    def bounds(self) -> Iterator[str]:
        """A call costs no more than the time since it connected (I39); I35 is the other bound."""
        for call, charges in self._each():
            facts = call.facts
            paid = sum(self._paid(entry) for entry in charges)
            if not charges:
                continue
            since_us = facts.connected_us or 0
            rows = (
                call.blocks[_number(each)].due_us for each in charges if self._known(call, each)
            )
            until_us = max(facts.ending_us or 0, *rows, 0)
            most = block_count(max(0, until_us - since_us), self._policy)
            if paid > total(facts.rate, most, self._policy):
                yield f"{facts.id}: {paid} tokens for {most} blocks since it connected"

    def meters(self) -> Iterator[str]:
        """Nothing is paid that no meter in power has written down before (I40)."""
        for call, charges in self._each():
            for entry in charges:
                number = _number(entry)
                if not self._known(call, entry):
                    yield f"{call.facts.id}: block {number} is paid, and no meter's row says so"
                elif entry.transfer.id != block_id(call.facts.id, number):
                    yield f"{call.facts.id}: block {number} is paid under another id"
            ordered = [call.intervals[number].epoch for number in sorted(call.intervals)]
            if ordered != sorted(ordered) or max(ordered, default=0) > call.epoch:
                yield f"{call.facts.id}: intervals of meters {ordered}, in power is {call.epoch}"

    def left_over(self, now_us: int) -> Iterator[str]:
        """A call that is over holds nothing after a block and the lease (I41)."""
        over = {
            f"call:{call.facts.id}"
            for call, _ in self._each()
            if call.facts.settled_us is not None
            and now_us > call.facts.settled_us + self._policy.block_us + LEASE_US
        }
        for pending in self._ledger.pendings.values():
            overdue = pending.expires_us is None or pending.expires_us > now_us
            if pending.ref in over and overdue:
                yield f"{pending.ref} is over and still holds {pending.amount}"

    def early(self) -> Iterator[str]:
        """No block is due before its time, however often anybody asks what is due (I42)."""
        for call, _ in self._each():
            facts = call.facts
            if facts.connected_us is None:
                continue
            for row in call.blocks.values():
                whole = row.number < facts.blocks or facts.ending_us is None
                first_us = facts.connected_us + (row.number - 1) * self._policy.block_us
                if whole and row.due_us <= first_us:
                    yield f"{facts.id}: block {row.number} was due {first_us - row.due_us} us early"

    def _each(self) -> Iterator[tuple[StoredCall, list[Entry]]]:
        entries = self._ledger.entries
        for entry in entries[self._read :]:
            transfer = entry.transfer
            if transfer.kind == "call":
                if transfer.flag in ("post", "plain"):
                    self._charges[transfer.ref.partition(":")[2]].append(entry)
                    self._newest = self._shares.setdefault(transfer.id, [])
                    self._newest.append(transfer)
                elif transfer.flag == "pending":
                    self._holds[transfer.id] = entry
            elif transfer.kind == "call_share":
                self._newest.append(transfer)
        self._read = len(entries)
        for call_id, call in self._calls.calls.items():
            yield call, self._charges.get(call_id, [])

    def _paid(self, charge: Entry) -> int:
        """Return what was taken for a block: all shares in the command that charged it."""
        return sum(share.amount for share in self._shares[charge.transfer.id])

    def _known(self, call: StoredCall, entry: Entry) -> bool:
        row = call.blocks.get(_number(entry))
        return row is not None and row.amount == self._paid(entry)

    def _begun(self, facts: CallFacts) -> int:
        if facts.closed_us < self._policy.free_under_s * SECOND_US:
            return 0
        return block_count(facts.closed_us, self._policy)


def _number(entry: Entry) -> int:
    return int(entry.transfer.details["block"])


def _missing(span: tuple[int, int], spans: Spans) -> int:
    """Return the longest stretch of a span that is in none of the others, microseconds.

    Each silence of less than a step counts as presence, however many of them there are.
    """
    at_us, end_us = span
    longest_us = 0
    for since_us, to_us in spans:
        if to_us > at_us:
            longest_us = max(longest_us, min(since_us, end_us) - at_us)
            at_us = min(to_us, end_us)
    return max(longest_us, end_us - at_us)
