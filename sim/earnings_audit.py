"""What must be so of earnings, computed from the ledger's rows and the disputes': I43, I44, I47.

Nothing here asks a wallet. Each share of a sale is followed from place to place: its escrow, frozen
by a dispute, released, or given back to who paid. Each method yields what is wrong, in words.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Final

from actors.ledger.accounts import creator, user_main
from actors.ledger.book import Balance, Decision, Entry
from actors.ledger.transfer import Transfer
from actors.money.commands import TOKEN
from actors.money.dispute_records import UNFINISHED, DisputeRow
from actors.money.policy import MoneyPolicies
from sim.ledger_store import LedgerBooks
from sim.money_store import MoneyBooks

NOT_EARNED: Final = ("purchase", "refund")
WAITING: Final = ("escrow", "frozen")


@dataclass(slots=True)
class Share:
    """What somebody earned by one sale, tokens, and where it is.

    Attributes:
        paid: by who bought it, all shares together.
        waits: in its escrow or frozen.
        released: in the payee's wallet, or gone from there; less than none would be a debt that
            nothing was released for.
        reversed: back with who paid, out of what waited.
        opened, closed: how often something was frozen, and was not any more.
    """

    sale: str
    payee: str
    buyer: str
    kind: str
    ref: str
    settled_us: int
    stream: str | None
    space_sale: str | None
    amount: int = 0
    paid: int = 0
    frozen: int = 0
    escrow: int = 0
    released: int = 0
    reversed: int = 0
    given_back: int = 0
    opened: int = 0
    closed: int = 0
    blocks: set[str] = field(default_factory=set)


@dataclass(slots=True)
class Payee:
    """One payee's wallet and debt, tokens; `direct` is what they earned without escrow."""

    main: int = 0
    direct: int = 0
    debt: int = 0
    incurred: int = 0
    paid_from_wallet: int = 0
    cashed_out: int = 0
    before_debt: int | None = None


class EarningsAudit:
    """Looks at a ledger and the disputes beside it; rows that were seen are not read again."""

    def __init__(self, ledger: LedgerBooks, money: MoneyBooks, policies: MoneyPolicies) -> None:
        self.ledger = ledger
        self.money = money
        self.policies = policies
        self.shares: dict[str, Share] = {}
        self.payees: dict[str, Payee] = defaultdict(Payee)
        self._rows = 0
        self._decisions = 0

    @property
    def news(self) -> bool:
        """Whether there are rows that were not seen."""
        return self._rows != len(self.ledger.entries)

    def catch_up(self) -> Iterator[str]:
        """Follow what is new; yield what must never be, whoever asked for it (I43, I44, I47)."""
        self._rows = len(self.ledger.entries)
        decisions = self.ledger.decisions
        new = list(islice(decisions.values(), self._decisions, None))
        self._decisions = len(decisions)
        for decision in new:
            yield from self._follow(decision)

    # I43.

    def sums(self) -> Iterator[str]:
        """Each share is in one place, whole, or was given back whole (I43)."""
        for share in self.shares.values():
            places = share.escrow + share.frozen + share.released + share.reversed
            if places != share.amount or share.released < 0:
                yield f"{share} is not all there"
            if share.reversed not in (0, share.amount):
                yield f"{share} was given back in part"
            for part, ours in (("escrow", share.escrow), ("frozen", share.frozen)):
                stands = self._balance(f"{creator(share.payee, part)}/{share.sale}")
                if stands != ours:
                    yield f"{stands} are in the {part} of {share}"

    # Disputes.

    def disputes(self) -> Iterator[str]:
        """Each step happens once, and nothing is frozen that is decided."""
        for row in self.money.disputes.values():
            share = self.shares.get(row.sale)
            if share is None:
                yield f"{row} is of no sale"
                continue
            if share.opened > 1 or share.closed > max(1, share.opened):
                yield f"{share} was frozen {share.opened} times, and thawed {share.closed}"
            yield from self._stands(row, share)

    def _stands(self, row: DisputeRow, share: Share) -> Iterator[str]:
        if row.status == "open" and (share.closed or share.escrow):
            yield f"{share} is disputed, and not frozen"
        if row.status in ("won", "lost") and share.frozen:
            yield f"{share} is frozen, and its dispute is {row.status}"
        if row.status == "won" and share.reversed:
            yield f"{share} was won, and given back"
        whole = share.given_back == share.paid or self._seat_is_back(share)
        if row.status == "lost" and not whole:
            yield f"{share} was lost, and who paid has {share.given_back} back"

    def unfinished(self) -> Iterator[str]:
        """When everything is calm, nothing is half done."""
        for row in self.money.disputes.values():
            if row.status in UNFINISHED:
                yield f"{row} is still {row.status}"

    def _seat_is_back(self, share: Share) -> bool:
        seats = (share.stream or share.space_sale, share.buyer)
        return seats[0] is not None and not self._balance(f"seats:{seats[0]}:{seats[1]}", "SEAT")

    # I47.

    def debts(self) -> Iterator[str]:
        """No debt is paid more than it is, and half of what is earned is left to its payee."""
        for account, payee in self.payees.items():
            if payee.debt < 0:
                yield f"{account} has paid {-payee.debt} more than was owed"
            since = payee.direct - (payee.before_debt or 0)
            if 2 * payee.paid_from_wallet > since:
                yield f"{account} has paid {payee.paid_from_wallet} of {since} earned"

    # Following.

    def _follow(self, decision: Decision) -> Iterator[str]:
        froze: dict[str, int] = defaultdict(int)
        for entry in decision.entries:
            transfer = entry.transfer
            if transfer.asset != TOKEN:
                continue
            if transfer.kind == "payout":
                yield from self._cash(transfer)
            if transfer.flag not in ("plain", "post"):
                continue
            self._sold(decision.command_id, entry)
            self._wallets(transfer)
            self._moved(transfer, froze)
            if transfer.kind.endswith("_release"):
                yield from self._released(decision, entry)
        for sale, change in froze.items():
            share = self.shares[sale]
            share.opened += change > 0
            share.closed += change <= 0

    def _sold(self, command_id: str, entry: Entry) -> None:
        transfer = entry.transfer
        said = transfer.details
        if int(said.get("creator_cut", 0)):
            sale = said["call"] if transfer.kind == "call" else command_id
            share = self.shares.get(sale)
            if share is None:
                share = self.shares[sale] = Share(
                    sale=sale,
                    payee=said["to"],
                    buyer=said["from"],
                    kind=transfer.kind,
                    ref=transfer.ref,
                    settled_us=entry.at_us,
                    stream=said.get("stream"),
                    space_sale=said.get("sale"),
                )
            share.amount += transfer.amount
            if transfer.credit == user_main(share.payee):
                share.released += transfer.amount
            else:
                share.escrow += transfer.amount
        bought = self.shares.get(command_id) if transfer.kind != "call" else None
        if bought is None and transfer.kind == "call":
            bought = self.shares.get(said.get("call", ""))
        if bought is not None and transfer.debit == user_main(bought.buyer):
            bought.paid += transfer.amount

    def _wallets(self, transfer: Transfer) -> None:
        for account, sign in ((transfer.debit, -1), (transfer.credit, 1)):
            name, _, part = account.removeprefix("user:").removeprefix("creator:").partition(":")
            payee = self.payees[name] if account.startswith(("user:", "creator:")) else None
            if payee is not None and part == "main":
                payee.main += sign * transfer.amount
                if sign > 0 and transfer.kind not in NOT_EARNED:
                    payee.direct += 0 if transfer.kind.endswith("_release") else transfer.amount
            elif payee is not None and part == "debt":
                payee.debt -= sign * transfer.amount
                if sign < 0:
                    payee.incurred += transfer.amount
                    if payee.before_debt is None:
                        payee.before_debt = payee.direct - max(0, payee.main)
                elif transfer.debit == user_main(name):
                    payee.paid_from_wallet += transfer.amount

    def _moved(self, transfer: Transfer, froze: dict[str, int]) -> None:
        """Follow a share out of its escrow, into what is frozen, and out of that."""
        out, into = _place(transfer.debit), _place(transfer.credit)
        amount = transfer.amount
        if out is not None and (share := self.shares.get(out[1])) is not None:
            setattr(share, out[0], getattr(share, out[0]) - amount)
            if into is None:
                if transfer.credit.startswith((f"user:{share.payee}:", f"creator:{share.payee}:")):
                    share.released += amount
                else:
                    share.reversed += amount
            if out[0] == "frozen":
                froze[out[1]] -= amount
        if into is not None and (share := self.shares.get(into[1])) is not None:
            if int(transfer.details.get("creator_cut", 0)):
                return  # The sale itself.
            setattr(share, into[0], getattr(share, into[0]) + amount)
            if out is None:
                share.released -= amount
            if into[0] == "frozen":
                froze[into[1]] += amount
        if transfer.kind == "refund":
            self._given_back(transfer, out, froze)

    def _given_back(
        self, transfer: Transfer, out: tuple[str, str] | None, froze: dict[str, int]
    ) -> None:
        """Count what who paid has back by a dispute, of all shares."""
        sale = out[1] if out is not None else next(iter(froze), None)
        share = None if sale is None else self.shares.get(sale)
        if share is not None and transfer.credit == user_main(share.buyer):
            share.given_back += transfer.amount

    def _cash(self, transfer: Transfer) -> Iterator[str]:
        """Nobody cashes out more than was released to them, up to that moment."""
        name = transfer.debit.split(":")[1]
        payee = self.payees[name]
        if transfer.flag == "pending":
            payee.cashed_out += transfer.amount
            mine = sum(share.released for share in self.shares.values() if share.payee == name)
            if payee.cashed_out > mine + payee.incurred:
                yield f"{name} cashes out {payee.cashed_out}, and {mine} were released"
        elif transfer.flag in ("void", "expire"):
            payee.cashed_out -= transfer.amount

    # I44, I47.

    def _released(self, decision: Decision, entry: Entry) -> Iterator[str]:
        share = self.shares[entry.transfer.debit.partition("/")[2]]
        due_us = self._due_us(share)
        if due_us is None or entry.at_us < due_us:
            yield f"{share} was released at {entry.at_us}, due {due_us}"
        debts = sum(e.transfer.amount for e in decision.entries if e.transfer.kind == "debt")
        whole = sum(e.transfer.amount for e in decision.entries)
        if debts > whole // 2 or entry.transfer.credit != user_main(share.payee):
            yield f"{debts} of the {whole} of {share} paid a debt"

    def _due_us(self, share: Share) -> int | None:
        product = {"tip": "tip", "ticket": "stream" if share.stream else "space"}
        policy = self.policies.products[product.get(share.kind, "space")]  # type: ignore[index]
        delivered_us: int | None = share.settled_us
        if share.stream is not None:
            delivered_us = self.money.streams[share.stream].ended_at_us
        elif share.space_sale is not None:
            delivered_us = self.money.sales[share.space_sale].closed_at_us
        if delivered_us is None:
            return None
        start_us = max(share.settled_us, delivered_us)
        rows = [row for row in self.money.disputes.values() if row.sale == share.sale]
        stopped_us = sum((row.closed_at_us or 0) - max(row.opened_at_us, start_us) for row in rows)
        return start_us + policy.release_us + max(0, stopped_us)

    def _balance(self, account: str, asset: str = TOKEN) -> int:
        return self.ledger.balances.get((account, asset), Balance()).posted


def _place(account: str) -> tuple[str, str] | None:
    """Return (escrow or frozen, the sale) of an account of a share."""
    if not account.startswith("creator:"):
        return None
    part, _, sale = account.split(":", 2)[2].partition("/")
    return (part, sale) if part in WAITING else None
