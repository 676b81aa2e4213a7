"""What the ledger is asked, and the store requests by which it keeps its books."""

from __future__ import annotations

from dataclasses import dataclass

from actors.ledger.book import Balance, Decision, Entry, LivePending, Pair
from actors.ledger.transfer import Command
from engine.actor import IoDone

LEDGER = "ledger:main"
"""The address of the one writer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """Carry out a command. Answer: `Posted` once it is durable, or the refusal that stands.

    Ask again with the same command after an `Unknown`: it happens once.
    """

    command: Command


@dataclass(frozen=True, slots=True, kw_only=True)
class Posted:
    """A command that happened: its entries in order."""

    entries: tuple[Entry, ...]
    replayed: bool = False

    def posted(self, account: str, asset: str) -> int:
        """Return an account's posted balance right after the command, minor units.

        Raises:
            KeyError: the command does not touch it.
        """
        for entry in reversed(self.entries):
            transfer = entry.transfer
            if transfer.asset == asset and account == transfer.debit:
                return entry.debit_posted
            if transfer.asset == asset and account == transfer.credit:
                return entry.credit_posted
        raise KeyError(account)


@dataclass(frozen=True, slots=True, kw_only=True)
class Freeze:
    """Let nothing in or out of an account until `frozen` is False again. Answer: None."""

    account: str
    frozen: bool
    reason: str


@dataclass(frozen=True, slots=True)
class ExpireDue:
    """The ledger's own clock: the next pending's time is over."""


@dataclass(frozen=True, slots=True)
class Flush:
    """Everybody who had something to send just now has sent it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchBalance:
    """Tell `to` a `BalanceIs` after each commit that touches an account.

    One watches an account, the newest; a ledger that falls forgets it.
    """

    pair: Pair
    to: str


@dataclass(frozen=True, slots=True, kw_only=True)
class UnwatchBalance:
    """Tell of it no more."""

    pair: Pair


@dataclass(frozen=True, slots=True, kw_only=True)
class BalanceIs:
    """Told to who watches an account: what can be spent of it, durably, minor units."""

    pair: Pair
    available: int


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchCommits:
    """Put COMMITTED into the conflated lane of `to` now, and after each commit.

    One watches, the newest; a ledger that falls forgets it.
    """

    to: str


@dataclass(frozen=True, slots=True)
class UnwatchCommits:
    """Say nothing of commits any more."""


COMMITTED = "committed"
"""The key under which the last row's number is put."""


LedgerMessage = (
    Post
    | Freeze
    | WatchBalance
    | UnwatchBalance
    | WatchCommits
    | UnwatchCommits
    | Flush
    | ExpireDue
    | IoDone
)


# Store requests.


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenLedger:
    """Take the ledger over: bump its epoch and read what must be known. Answer: `LedgerOpened`."""

    actor: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerOpened:
    epoch: int
    sequence: int
    at_us: int
    pendings: tuple[LivePending, ...]
    balances: tuple[tuple[Pair, Balance], ...]  # of the accounts that they are between
    frozen: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadLedger:
    """Read what commands need to be decided. Answer: `LedgerRead`.

    Attributes:
        pairs: accounts; those that were never used are left out of the answer.
        commands: ids; decisions are answered for those that were made.
        transfers: ids; answered are those in use.
    """

    pairs: tuple[Pair, ...]
    commands: tuple[str, ...] = ()
    transfers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerRead:
    balances: tuple[tuple[Pair, Balance], ...]
    decisions: tuple[Decision, ...]
    used: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PostBatch:
    """Make a batch of decisions durable, all of it or nothing. Answer: None.

    Refused with `fenced` when another writer has taken over, and with `ledger_stale` when an id is
    in use, a balance is not what the writer thinks, or the batch does not follow on the last row;
    nothing has changed then.

    Attributes:
        follows: the last sequence before this batch. It holds for refusals too: one that rests on
            an earlier batch which did not become durable must not stand for ever.
        expired: entries that release pendings, before the others.
        opened: accounts that are used for the first time.
        balances: what the writer thinks the touched accounts come to.
    """

    actor: str
    epoch: int
    at_us: int
    follows: int
    expired: tuple[Entry, ...]
    decisions: tuple[Decision, ...]
    opened: tuple[Pair, ...]
    balances: tuple[tuple[Pair, Balance], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SetFrozen:
    """Freeze an account, or thaw it. Answer: None."""

    actor: str
    epoch: int
    account: str
    frozen: bool
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SealLedger:
    """Seal the next batches that have no seal yet. Answer: `Sealed`. Harmless when repeated."""

    batches_max: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Sealed:
    """How far the seals go: every row up to `last_sequence`; `behind` rows have none yet."""

    last_sequence: int
    seal: bytes
    behind: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckSeals:
    """Compare the next sealed batches with their rows. Answer: `SealsChecked`."""

    after: int
    batches_max: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SealsChecked:
    """Every row from `after` to `last_sequence` is what it was when it was sealed.

    `done`: there are no more, or `damage` names a row that is not.
    """

    last_sequence: int
    done: bool
    damage: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditLedger:
    """Add the next rows up a second time; with `compare`, then compare. Answer: `Audited`."""

    rows_max: int
    compare: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Differing:
    """An account that is not what its rows come to, or is below its floor."""

    account: str
    asset: str
    stands: Balance
    should: Balance

    def __str__(self) -> str:
        return f"{self.account} {self.asset} is {self.stands} and should be {self.should}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Audited:
    """How far the second sums go, and what was found.

    Attributes:
        behind: rows that are not in them yet; accounts are compared only when there are none.
        compared: whether they were.
        unbalanced: assets whose accounts do not add up to nothing.
    """

    sequence: int
    behind: int
    compared: bool = False
    differing: tuple[Differing, ...] = ()
    unbalanced: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadStatement:
    """Read an account's movements in [from_us, until_us). Answer: `Statement`.

    `after` continues one that had more than `lines_max` lines, after its `next_after`. With
    `to_the_last` it ends at `until_us` or behind the newest row, whichever is later: the clock of
    whoever asks may be behind the ledger's.
    """

    account: str
    asset: str
    from_us: int
    until_us: int
    lines_max: int
    after: int = 0
    to_the_last: bool = False


STALE = "ledger_stale"
"""Refusal code of a batch that rests on something that is not so."""
