"""Tips, tickets and tokens: nothing is sold twice, and what was promised happened."""

from __future__ import annotations

from typing import Any

from actors.clients import Emit
from actors.ledger.accounts import user_main
from actors.ledger.book import Balance, Entry
from actors.money.commands import RESERVE, SEAT, TOKEN, TOKENS_ISSUED
from actors.money.escrow import earnings_account
from actors.money.records import FindTicket
from actors.wallet.disputing import dispute_id
from engine.cell import Cell
from sim.checkers.base import Checker, Checks
from sim.people.trader import Trader
from sim.people.trades import (
    Announce,
    BuyPack,
    BuyPremium,
    BuySeat,
    BuyTicketTo,
    CallOff,
    CashOutTokens,
    Decide,
    Dispute,
    EndShow,
    GiveSeatBack,
    GiveTip,
    LookAtEarnings,
    SellTickets,
    Subscribe,
    TakeOut,
    stream_of,
)

MAY_DIFFER = (BuySeat, BuyTicketTo, CallOff, Decide, Dispute, GiveSeatBack, Subscribe)
"""Trades that another one may have carried out, or undone."""


class ReserveCoversTokens(Checker):
    """Looks whenever there are new rows."""

    name = "reserve_covers_tokens"
    sentence = "What is kept in reserve is at least what all tokens would be redeemed for."

    def __init__(self, checks: Checks) -> None:
        super().__init__(checks)
        self._rows = 0

    def every_step(self, cell: Cell) -> None:
        books = self.scene.memory.ledger
        if len(books.entries) == self._rows:
            return
        self._rows = len(books.entries)
        self.checked += 1
        reserve = books.balances.get((RESERVE, "USD"), Balance()).posted
        tokens = -books.balances.get((TOKENS_ISSUED, TOKEN), Balance()).posted
        if reserve < self.scene.policy.money.token_sale.worth(tokens):
            self.fail(f"the reserve is {reserve}, and {tokens} tokens are out", cell.address)


class SeatsAreSoldOnce(Checker):
    """Looks at each seat as it is sold."""

    name = "seats_are_sold_once"
    sentence = "No stream sells more seats than it has, nobody gets two, and each is paid for."

    def __init__(self, checks: Checks) -> None:
        super().__init__(checks)
        self._seen = 0

    def every_step(self, cell: Cell) -> None:
        entries = self.scene.memory.ledger.entries
        new, self._seen = entries[self._seen :], len(entries)
        for entry in new:
            if entry.transfer.asset == SEAT and entry.transfer.kind == "seat":
                self._look(entry, cell.address)

    def _look(self, entry: Entry, address: str) -> None:
        self.checked += 1
        money = self.scene.memory.money
        said = entry.transfer.details
        stream = money.streams.get(said["stream"])
        if stream is None:
            self.fail(f"a seat of {said['stream']} was sold, which is no stream", address)
            return
        sold = money.sold(stream.id)
        if stream.seats is not None and sold > stream.seats:
            self.fail(f"{sold} seats of {stream.seats} are sold", address)
        held = self.scene.memory.ledger.balances[entry.transfer.credit, SEAT].posted
        if held > 1:
            self.fail(f"{said['account']} has {held} seats", address)
        if int(said["price"]) != stream.price:
            self.fail(f"a seat for {stream.price} was sold for {said['price']}", address)


class TipsAreShownWhenPaid(Checker):
    """Looks at what channels say at the moment they say it."""

    name = "tips_are_shown_when_paid"
    sentence = "Nobody is shown a tip that is not in the books, or with other figures."

    def channel_emitted(self, cell: Cell, emit: Emit) -> None:
        if not emit.event.startswith("tip:new:"):
            return
        self.checked += 1
        payload: dict[str, Any] = emit.payload
        decision = self.scene.memory.ledger.decisions.get(payload["tipId"])
        if decision is None or not decision.entries:
            self.fail(f"tip {payload['tipId']} is shown and was never paid", cell.address)
            return
        said = decision.entries[0].transfer.details
        paid = (said["from"], said["to"], int(said["amount"]))
        shown = (payload["fromUserId"], payload["toCreatorId"], payload["amountTokens"])
        if paid != shown:
            self.fail(f"tip {payload['tipId']} was {paid}, shown as {shown}", cell.address)


class WishesAreSettled(Checker):
    """Asks every fan and creator at the end."""

    name = "wishes_are_settled"
    sentence = (
        "Once the faults are over, every wish is answered; what was promised is in the books "
        "once, and what was refused is not."
    )

    def at_end(self) -> None:
        for person in self.scene.people():
            if isinstance(person, Trader):
                self._ask(person)

    def _ask(self, person: Trader) -> None:
        name = person.part.name
        where = f"person:{name}"
        self.checked += 1
        waits = [trade for trade in person.trades_open.values() if self._can_be(trade)]
        if waits:
            self.fail(f"{name} waits for {waits}", where)
        for trade, _body in person.settled.values():
            if not self._happened(trade, name):
                self.fail(f"{name} was promised {trade}, which did not happen", where)
        for trade, code in person.declined.values():
            if not isinstance(trade, MAY_DIFFER) and self._happened(trade, name):
                self.fail(f"{name} was refused {trade} ({code}), which happened", where)

    def _can_be(self, trade: Any) -> bool:
        """Whether it can come true at all: a payment that was refused is never disputed."""
        if not isinstance(trade, Dispute | Decide):
            return True
        memory = self.scene.memory
        call = memory.calls.calls.get(trade.sale)
        sold = memory.ledger.decisions.get(trade.sale)
        return (call is not None and call.facts.cost > 0) or (
            sold is not None and sold.refused is None
        )

    def _dispute(self, sale: str) -> str | None:
        row = self.scene.memory.money.disputes.get(dispute_id(sale))
        return None if row is None else row.status

    def _decided(self, trade: Dispute | Decide) -> bool:
        status = self._dispute(trade.sale)
        if isinstance(trade, Decide):
            return status == ("won" if trade.won else "lost")
        return status in ("open", "won", "lost")

    def _happened(self, trade: Any, name: str) -> bool:
        memory = self.scene.memory
        match trade:
            case GiveTip(id=id_, to=to, tokens=tokens):
                decision = memory.ledger.decisions.get(id_)
                entries = decision.entries if decision is not None else ()
                moved = [(e.transfer.debit, e.transfer.credit, e.transfer.amount) for e in entries]
                policy = self.scene.policy.money.products["tip"]
                return moved == [(user_main(name), earnings_account(to, policy, id_), tokens)]
            case BuySeat(creator=creator):
                find = FindTicket(stream=stream_of(creator), account=name)
                given_back = any(
                    entry.transfer.kind == "refund"
                    and entry.transfer.credit == user_main(name)
                    and entry.transfer.ref == f"stream:{find.stream}"
                    for entry in memory.ledger.entries
                )
                return given_back or memory.money._find_ticket(find) is not None
            case BuyPack(tokens=tokens):
                wanted = user_main(name)
                bought = [
                    entry.transfer.amount
                    for entry in memory.ledger.entries
                    if entry.transfer.kind == "purchase" and entry.transfer.credit == wanted
                ]
                return bought == [tokens]
            case Subscribe():
                return self._subscribed(trade)
            case Dispute() | Decide():
                return self._decided(trade)
            case GiveSeatBack() | EndShow() | CashOutTokens() | TakeOut() | LookAtEarnings():
                return self._earned(trade, name)
            case Announce(id=id_) | SellTickets(id=id_):
                return id_ in memory.money.streams or id_ in memory.money.sales
            case BuyTicketTo(id=id_) | BuyPremium(id=id_):
                decision = memory.ledger.decisions.get(id_)
                return decision is not None and decision.refused is None
            case CallOff(space=space):
                sales = memory.space_money.of(space.type, space.id)
                return all(row.status != "open" for row in sales)
            case _:
                return name in memory.money.creators

    def _subscribed(self, order: Subscribe) -> bool:
        kept = self.scene.memory.subscriptions.invoice(order.id)
        closed = None if kept is None else kept.closed
        if order.calls_off:
            return closed in ("given_back", "refused")
        enough = order.pays >= 100 or (kept is not None and kept.invoice.price == 0)
        return closed == "settled" if enough else kept is not None and closed != "settled"

    def _earned(self, trade: Any, name: str) -> bool:
        money = self.scene.memory.money
        match trade:
            case GiveSeatBack(creator=creator):
                return (
                    money._find_ticket(FindTicket(stream=stream_of(creator), account=name)) is None
                )
            case EndShow():
                return money.streams[stream_of(name)].status == "ended"
            case CashOutTokens(id=id_):
                payout = money._payout(id_)
                return payout is not None and payout.paid
            case TakeOut(id=id_):
                payout = money._payout(id_)
                return payout is not None and payout.held
            case _:
                return True  # Looking changes nothing.


class WalletsEndAsTold(Checker):
    """Compares the end with the scenario's `[expect.at_end]`."""

    name = "wallets_end_as_told"
    sentence = "In the end people have the tokens, and streams the buyers, that the scenario says."

    def at_end(self) -> None:
        expected, memory = self.scene.scenario.expected, self.scene.memory
        for name, tokens in expected.wallets:
            self.checked += 1
            has = memory.ledger.balances.get((user_main(name), TOKEN), Balance()).posted
            if has != tokens:
                self.fail(f"{name} has {has} tokens, expected {tokens}", f"person:{name}")
        for creator, seats in expected.seats_sold:
            self.checked += 1
            sold = memory.money.sold(stream_of(creator))
            if sold != seats:
                self.fail(f"{creator} sold {sold} seats, expected {seats}", f"person:{creator}")
