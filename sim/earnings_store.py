"""What somebody's wallet has seen, read from the simulated ledger's rows."""

from __future__ import annotations

from dataclasses import dataclass

from actors.ledger.accounts import creator, user_main
from actors.ledger.book import Balance
from actors.ledger.transfer import Transfer
from actors.money.commands import TOKEN
from actors.money.netting import DirectEarnings, ReadDirectEarnings
from actors.money.records import ReadWallet, WalletRow
from sim.ledger_store import LedgerBooks

GIVEN_NOT_EARNED = ("purchase", "refund")
"""Kinds of credits to a wallet that are no earnings."""

TAKEN_BACK = ("dispute", "refund", "debt")
"""Kinds of debits by which earnings go again."""


@dataclass(slots=True)
class _Story:
    """A wallet's movements, tokens; `given` is what was bought or given back, less what was spent.

    When a debt arose the wallet was empty: what had been spent and not bought was earned
    (`gone`), and no earnings of before pay that debt (`counted`).
    """

    purchased: int = 0
    earned: int = 0
    kept: int = 0  # of what was earned up to the time asked for
    spent: int = 0
    cashed_out: int = 0
    given: int = 0
    gone: int = 0
    balance: int = 0
    direct: int = 0
    direct_before: int = 0
    counted: int = 0

    def came(self, transfer: Transfer, *, before: bool) -> None:
        amount, kind = transfer.amount, transfer.kind
        self.balance += amount
        if kind == "purchase":
            self.purchased += amount
        if kind not in GIVEN_NOT_EARNED:
            self.earned += amount
            self.kept += amount if before else 0
            if not kind.endswith("_release"):
                self.direct += amount
                self.direct_before += amount if before else 0
        elif transfer.ref.startswith("dispute:"):
            self.kept += amount
        else:
            self.given += amount

    def went(self, transfer: Transfer) -> None:
        amount, kind = transfer.amount, transfer.kind
        self.balance -= amount
        if kind == "payout":
            self.cashed_out += amount
        elif kind in TAKEN_BACK:
            self.kept -= amount
            self.counted = max(self.counted, int(transfer.details.get("counted", 0)))
        else:
            self.given -= amount
        if kind not in ("payout", "dispute"):
            self.spent += amount

    def owes(self) -> None:
        self.gone = min(self.gone, self.given)
        self.counted = max(self.counted, self.direct - max(0, self.balance))


def _story(ledger: LedgerBooks, account: str, until_us: int) -> _Story:
    main, debt, story = user_main(account), creator(account, "debt"), _Story()
    for entry in ledger.entries:
        transfer = entry.transfer
        if transfer.asset != TOKEN or transfer.flag not in ("plain", "post"):
            continue
        if transfer.credit == main:
            story.came(transfer, before=entry.at_us <= until_us)
        if transfer.debit == main:
            story.went(transfer)
        elif transfer.debit == debt:
            story.owes()
    return story


def read_wallet(ledger: LedgerBooks, request: ReadWallet) -> WalletRow:
    """Return what somebody has and had."""
    story = _story(ledger, request.account, request.locked_since_us)
    balance = ledger.balances.get((user_main(request.account), TOKEN), Balance())
    held = sum(
        pending.amount
        for pending in ledger.pendings.values()
        if pending.debit == user_main(request.account)
        and pending.asset == TOKEN
        and pending.kind == "payout"
    )
    return WalletRow(
        account=request.account,
        balance=balance.available,
        purchased=story.purchased,
        spent=story.spent,
        earned=story.earned,
        cashed_out=story.cashed_out + held,
        earned_before=story.kept + story.gone,
    )


def read_direct_earnings(ledger: LedgerBooks, request: ReadDirectEarnings) -> DirectEarnings:
    """Return what somebody earned without escrow, and how much of it is counted."""
    story = _story(ledger, request.account, request.locked_since_us)
    return DirectEarnings(earned=story.direct_before, counted=story.counted)
