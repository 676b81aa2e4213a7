"""The ledger's books in memory, and a second opinion on every one of them.

What the writer says a balance comes to is compared with what the rows themselves add up to, kept
here row by row: the writer's own arithmetic is never taken over.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from actors.ledger.accounts import floor
from actors.ledger.book import Balance, Decision, Entry, LivePending, Pair
from actors.ledger.messages import (
    STALE,
    Audited,
    AuditLedger,
    CheckSeals,
    LedgerOpened,
    LedgerRead,
    OpenLedger,
    PostBatch,
    ReadLedger,
    ReadStatement,
    Sealed,
    SealLedger,
    SealsChecked,
    SetFrozen,
)
from actors.ledger.statements import Statement
from actors.store import FENCED
from engine.refusal import Refusal
from sim.ledger_reports import Seals, SecondSums, statement_of


class _Fenced(Refusal):
    code = FENCED


class _Stale(Refusal):
    code = STALE
    retryable = True


@dataclass(slots=True)
class LedgerBooks:
    """Everything durable about money; `entries[n]` has sequence n + 1."""

    epochs: dict[str, int]
    entries: list[Entry] = field(default_factory=list)
    decisions: dict[str, Decision] = field(default_factory=dict)
    balances: dict[Pair, Balance] = field(default_factory=dict)
    pendings: dict[str, LivePending] = field(default_factory=dict)
    frozen: dict[str, str] = field(default_factory=dict)
    used: set[str] = field(default_factory=set)
    batches: list[tuple[int, int]] = field(default_factory=list)
    seals: Seals = field(default_factory=Seals)
    sums: SecondSums = field(default_factory=SecondSums)

    def open(self, request: OpenLedger) -> LedgerOpened:
        """Take the ledger over."""
        epoch = self.epochs[request.actor] = self.epochs.get(request.actor, 0) + 1
        last = self.entries[-1] if self.entries else None
        pairs = {
            (name, each.asset): None
            for each in self.pendings.values()
            for name in (each.debit, each.credit)
        }
        return LedgerOpened(
            epoch=epoch,
            sequence=last.sequence if last else 0,
            at_us=last.at_us if last else 0,
            pendings=tuple(self.pendings.values()),
            balances=self._of(tuple(pairs)),
            frozen=tuple(sorted(self.frozen)),
        )

    def read(self, request: ReadLedger) -> LedgerRead:
        """Read balances, earlier decisions and used ids."""
        return LedgerRead(
            balances=self._of(request.pairs),
            decisions=tuple(
                self.decisions[each] for each in request.commands if each in self.decisions
            ),
            used=tuple(each for each in request.transfers if each in self.used),
        )

    def post(self, request: PostBatch) -> None:
        """Write the batch, or nothing of it."""
        self._check_fence(request.actor, request.epoch)
        if request.follows != len(self.entries):
            raise _Stale(f"the last row is {len(self.entries)}, not {request.follows}")
        entries = [*request.expired, *(e for d in request.decisions for e in d.entries)]
        changed: dict[Pair, Balance] = {}
        resolved: dict[str, None] = {}
        ids: set[str] = set()
        for number, entry in enumerate(entries, len(self.entries) + 1):
            transfer = entry.transfer
            if entry.sequence != number or transfer.id in self.used or transfer.id in ids:
                raise _Stale("a sequence or an id is in use")
            ids.add(transfer.id)
            if transfer.pending_id is not None:
                opened_here = any(e.transfer.id == transfer.pending_id for e in entries)
                gone = transfer.pending_id not in self.pendings and not opened_here
                if gone or transfer.pending_id in resolved:
                    raise _Stale("a pending transfer is resolved already")
                resolved[transfer.pending_id] = None
            self._apply(entry, changed)
        if changed.keys() != {pair for pair, _ in request.balances}:
            raise _Stale("the writer's balances are not of the accounts that the rows touch")
        for pair, expected in request.balances:
            actual = changed[pair]
            limit = floor(pair[0])
            if actual != expected or (limit is not None and actual.available < limit):
                raise _Stale(f"{pair}: {actual} is not the {expected} that the writer expects")
        if any(decision.command_id in self.decisions for decision in request.decisions):
            raise _Stale("a command's id is in use")
        self.balances.update(changed)
        self.entries += entries
        if entries:
            self.batches.append((entries[0].sequence, entries[-1].sequence))
        self.used |= ids
        self.decisions.update((each.command_id, each) for each in request.decisions)
        for entry in entries:
            if entry.transfer.flag == "pending":
                self.pendings[entry.transfer.id] = _pending(entry)
        for pending_id in resolved:
            del self.pendings[pending_id]

    def statement(self, request: ReadStatement) -> Statement:
        """Read a statement."""
        return statement_of(self.entries, request)

    def audit(self, request: AuditLedger) -> Audited:
        """Add up the next rows, and compare."""
        return self.sums.audit(request, self.entries, self.balances)

    def seal(self, request: SealLedger) -> Sealed:
        """Seal the next batches."""
        for _ in range(min(request.batches_max, len(self.batches) - len(self.seals.seals))):
            first, last = self.batches[len(self.seals.seals)]
            self.seals.add(self.entries[first - 1 : last])
        sequence, seal = self.seals.last
        return Sealed(last_sequence=sequence, seal=seal, behind=len(self.entries) - sequence)

    def check_seals(self, request: CheckSeals) -> SealsChecked:
        """Compare sealed batches with their rows."""
        return self.seals.check(request, self.entries, self.batches)

    def set_frozen(self, request: SetFrozen) -> None:
        """Freeze an account, or thaw it."""
        self._check_fence(request.actor, request.epoch)
        if request.frozen:
            self.frozen[request.account] = request.reason
        else:
            self.frozen.pop(request.account, None)

    def _check_fence(self, actor: str, epoch: int) -> None:
        if self.epochs.get(actor) != epoch:
            raise _Fenced(f"{actor} was activated again after epoch {epoch}")

    def _of(self, pairs: tuple[Pair, ...]) -> tuple[tuple[Pair, Balance], ...]:
        return tuple(
            (each, replace(self.balances[each])) for each in pairs if each in self.balances
        )

    def _apply(self, entry: Entry, changed: dict[Pair, Balance]) -> None:
        transfer = entry.transfer
        moved = transfer.amount if transfer.flag in ("plain", "post") else 0
        held = transfer.amount if transfer.flag == "pending" else -entry.released
        for account, sign in ((transfer.debit, -1), (transfer.credit, 1)):
            pair = (account, transfer.asset)
            if pair not in changed:
                changed[pair] = replace(self.balances.get(pair, Balance()))
            changed[pair].posted += sign * moved
            if sign < 0:
                changed[pair].pending_out += held
            else:
                changed[pair].pending_in += held


def _pending(entry: Entry) -> LivePending:
    transfer = entry.transfer
    return LivePending(
        id=transfer.id,
        kind=transfer.kind,
        debit=transfer.debit,
        credit=transfer.credit,
        asset=transfer.asset,
        amount=transfer.amount,
        expires_us=entry.expires_us,
        ref=transfer.ref,
    )
