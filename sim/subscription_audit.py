"""What must be true of invoices, promo codes and subscriptions in a store: a second opinion.

It counts from payments and the ledger's rows alone, never from what the actor believes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from actors.ledger.accounts import user_credit
from actors.ledger.book import Balance
from actors.subscriptions.commands import DUE, USE, invoice_account, invoice_ref, promo_pool
from sim.ledger_store import LedgerBooks
from sim.subscription_store import SOLD, SubscriptionBooks

BOUGHT = (*SOLD, "token_sale")
"""What an invoice's money goes into: a tier, or the tokens that a ticket costs."""

REFS = ("subscription:", "invoice:")


@dataclass(frozen=True, slots=True)
class SubscriptionAudit:
    """The store's books, looked at from outside."""

    ledger: LedgerBooks
    books: SubscriptionBooks

    def _posted(self, account: str, asset: str) -> int:
        return self.ledger.balances.get((account, asset), Balance()).posted

    def promos(self) -> Iterable[str]:
        """I33: a code is used no more often than it may be, together and by each person."""
        uses: Counter[str] = Counter()
        by_person: Counter[tuple[str, str]] = Counter()
        for entry in self.ledger.entries:
            transfer = entry.transfer
            if transfer.kind == "promo_use" and transfer.flag == "post" and transfer.asset == USE:
                code, account = transfer.details["code"], transfer.details["account"]
                uses[code] += 1
                by_person[code, account] += 1
        for code, promo in self.books.promos.items():
            if promo.max_uses is not None and uses[code] > promo.max_uses:
                yield f"{code} was used {uses[code]} times of {promo.max_uses}"
            if self._posted(promo_pool(code), USE) < 0:
                yield f"more of {code} was used than there is"
        for (code, account), count in by_person.items():
            if count > self.books.promos[code].uses_per_user:
                yield f"{account} used {code} {count} times"

    def settled_once(self) -> Iterable[str]:
        """I22: an invoice is settled at most once, and then enough had been paid for it."""
        settled = Counter(
            entry.transfer.ref
            for entry in self.ledger.entries
            if entry.transfer.asset == DUE and entry.transfer.credit.endswith("/settled")
        )
        sold: Counter[str] = Counter()
        for entry in self.ledger.entries:
            if entry.transfer.kind in BOUGHT and entry.transfer.debit.startswith("invoice:"):
                sold[entry.transfer.ref] += entry.transfer.amount
        for id_, kept in self.books.invoices.items():
            ref = invoice_ref(kept.invoice)
            if settled[ref] > 1 or self.books.grants[id_] > settled[ref]:
                yield f"{id_}: settled {settled[ref]} times, granted {self.books.grants[id_]}"
            least = min(kept.invoice.price, kept.invoice.full_price) - kept.invoice.spare
            if sold[ref] and not settled[ref]:
                yield f"{id_} took {sold[ref]} and was not settled"
            if settled[ref] and sold[ref] < least:
                yield f"{id_} was settled for {sold[ref]} of {kept.invoice.price}"

    def money(self) -> Iterable[str]:
        """I21: each unit that came is in what was sold, in the invoice, or the payer's credit."""
        came: Counter[tuple[str, str]] = Counter()
        found: Counter[tuple[str, str]] = Counter()
        for entry in self.ledger.entries:
            transfer = entry.transfer
            if not transfer.ref.startswith(REFS) or transfer.flag not in ("plain", "post"):
                continue
            if transfer.debit.startswith("chain:") or transfer.debit.endswith(":credit"):
                came[transfer.ref, transfer.asset] += transfer.amount
            sold = transfer.kind in BOUGHT and transfer.debit.startswith("invoice:")
            if sold or transfer.credit.endswith(":credit"):
                found[transfer.ref, transfer.asset] += transfer.amount
        for (ref, asset), amount in came.items():
            id_ = ref.partition(":")[2]
            waiting = self._posted(invoice_account(id_), asset)
            if waiting + found[ref, asset] != amount:
                yield f"{id_}: {amount} {asset} came, {waiting} wait, {found[ref, asset]} are found"

    def payments_in(self) -> Iterable[str]:
        """I20: each payment that is kept is in the ledger, once; nothing else is."""
        credited = Counter(
            entry.transfer.details["reference"]
            for entry in self.ledger.entries
            if entry.transfer.details.get("reference") and entry.transfer.ref.startswith(REFS)
        )
        for reference, count in credited.items():
            if count > 1 or reference not in self.books.payments:
                yield f"payment {reference} is in the ledger {count} times"

    def periods(self) -> Iterable[str]:
        """Nobody has a subscription that no settled invoice gave them, or one too few."""
        bought = Counter(
            kept.invoice.account
            for kept in self.books.invoices.values()
            if kept.closed == "settled" and kept.invoice.goods is None
        )
        had = {account: row.periods for account, row in self.books.rows.items()}
        for account in {*bought, *had}:
            if bought[account] != had.get(account, 0):
                yield f"{account} bought {bought[account]} times and has {had.get(account, 0)}"

    def nothing_left(self, now_us: int) -> Iterable[str]:
        """In the end every payment is in, every settled invoice granted, nothing is overdue."""
        for reference, payment in self.books.payments.items():
            kept = self.books.invoices[payment.invoice]
            there = any(
                entry.transfer.details.get("reference") == reference
                for entry in self.ledger.entries
            )
            if not there:
                yield f"payment {reference} never reached the ledger"
            waiting = self._posted(invoice_account(payment.invoice), kept.invoice.asset)
            if kept.closed is not None and waiting:
                yield f"{payment.invoice} is {kept.closed} and {waiting} lie in it"
        for id_, kept in self.books.invoices.items():
            wanted = self.books.grants[id_] if kept.invoice.goods is None else self._tickets(id_)
            if kept.closed == "settled" and wanted != 1:
                yield f"{id_} was settled and granted {wanted} times"
            if kept.due_us is not None and kept.due_us + 120_000_000 < now_us:
                yield f"{id_} was due at {kept.due_us}"
        for entry in self.ledger.entries:
            held = entry.transfer
            if held.ref.startswith(REFS) and held.id in self.ledger.pendings:
                kept = self.books.invoices[held.ref.partition(":")[2]]
                if kept.closed is not None:
                    yield f"{kept.invoice.id} is {kept.closed} and holds {held.asset}"

    def _tickets(self, invoice: str) -> int:
        """Return how often the tokens for an invoice's ticket were bought."""
        bought = [entry.transfer for entry in self.ledger.entries]
        ref = f"invoice:{invoice}"
        return sum(one.kind == "purchase" and one.ref == ref for one in bought)

    def credit(self, account: str, asset: str) -> int:
        """Return what somebody overpaid."""
        return self._posted(user_credit(account), asset)
