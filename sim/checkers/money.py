"""The auditor: a second opinion on every balance, and on every word the ledger has given."""
"""Money: nothing is made or lost, nothing is sold twice, and what was promised happened."""

from __future__ import annotations

from collections import defaultdict

from actors.ledger.accounts import floor
from actors.ledger.book import Entry, Pair
from engine.actor import Address
from engine.cell import Cell
from sim.checkers.base import Checker, Checks


class BalancesAgree(Checker):
    """Adds up every row by itself, as soon as it is durable, and compares what it touched."""

    name = "balances_agree"
    sentence = (
        "Every balance is what its rows come to, nobody goes below their floor, each hold ends "
        "once and in time, and nothing is made or lost."
from typing import Any

from actors.clients import Emit
from actors.ledger.accounts import floor, user_main
from actors.ledger.book import Balance, Entry, Pair
from actors.money.commands import RESERVE, SEAT, TOKEN, TOKENS_ISSUED
from actors.money.records import FindTicket
from engine.cell import Cell
from sim.checkers.base import Checker, Checks
from sim.people.trader import Trader
from sim.people.trades import Announce, BuyPack, BuySeat, GiveTip, stream_of


class BooksBalance(Checker):
    """Adds every row up again by itself and compares; looks at what each new row touches."""

    name = "books_balance"
    sentence = (
        "Every balance is the sum of its rows, all of an asset add up to nothing, nobody limited "
        "is below zero, and the reserve covers every token."
    )

    def __init__(self, checks: Checks) -> None:
        super().__init__(checks)
        self._posted: dict[Pair, int] = defaultdict(int)
        self._out: dict[Pair, int] = defaultdict(int)
        self._in: dict[Pair, int] = defaultdict(int)
        self._holds: dict[str, Entry] = {}
        self._rows = 0

    def every_step(self, cell: Cell) -> None:
        if self._rows != len(self.scene.memory.ledger.entries):
            self._catch_up(cell.address)

    def _catch_up(self, address: Address) -> None:
        entries = self.scene.memory.ledger.entries
        touched: dict[Pair, None] = {}
        for entry in entries[self._rows :]:
            self._take(entry, touched)
        self._rows = len(entries)
        self._compare(touched, address)

    def at_end(self) -> None:
        self.checked += 1
        self._catch_up("")
        books = self.scene.memory.ledger
        self._compare(dict.fromkeys(books.balances), "")
        for asset in {pair[1] for pair in self._posted}:
            made = sum(v for pair, v in self._posted.items() if pair[1] == asset)
            if made:
                self.fail(f"{made} {asset} came out of nothing")
        if self._holds.keys() != books.pendings.keys():
            self.fail(f"holds are {sorted(self._holds)}, the store has {sorted(books.pendings)}")

    def _take(self, entry: Entry, touched: dict[Pair, None]) -> None:
        transfer = entry.transfer
        debit, credit = (transfer.debit, transfer.asset), (transfer.credit, transfer.asset)
        touched |= {debit: None, credit: None}
        moved = transfer.amount if transfer.flag in ("plain", "post") else 0
        reserved = transfer.amount if transfer.flag == "pending" else 0
        if transfer.flag == "pending":
            self._holds[transfer.id] = entry
        elif transfer.pending_id is not None:
            hold = self._holds.pop(transfer.pending_id, None)
            if hold is None:
                self.fail(f"row {entry.sequence} ends a hold that is not there")
                return
            reserved = -hold.transfer.amount
            until_us = hold.expires_us
            over = until_us is not None and entry.at_us >= until_us
            if moved > hold.transfer.amount or over != (transfer.flag == "expire"):
                self.fail(f"row {entry.sequence} ends {hold} wrongly")
        self._posted[debit] -= moved
        self._posted[credit] += moved
        self._out[debit] += reserved
        self._in[credit] += reserved

    def _compare(self, pairs: dict[Pair, None], address: Address) -> None:
        books = self.scene.memory.ledger
        for pair in pairs:
            self.checked += 1
            stands = books.balances[pair]
            ours = (self._posted[pair], self._out[pair], self._in[pair])
            limit = floor(pair[0])
            if (stands.posted, stands.pending_out, stands.pending_in) != ours:
                self.fail(f"{pair} is {stands}, its rows come to {ours}", address)
            elif limit is not None and ours[0] - ours[1] < limit:
                self.fail(f"{pair} is below its floor: {ours}", address)


class HistoryStays(Checker):
    """Keeps every row as it first saw it."""

    name = "history_stays"
    sentence = "The ledger's rows never change or vanish, and are counted without a gap."

    def __init__(self, checks: Checks) -> None:
        super().__init__(checks)
        self._rows: list[Entry] = []

    def every_step(self, cell: Cell) -> None:
        entries = self.scene.memory.ledger.entries
        for entry in entries[len(self._rows) :]:
            self.checked += 1
            if entry.sequence != len(self._rows) + 1:
                self.fail(f"row {len(self._rows) + 1} is numbered {entry.sequence}", cell.address)
            if self._rows and entry.at_us < self._rows[-1].at_us:
                self.fail(f"row {entry.sequence} is earlier than the one before", cell.address)
            self._rows.append(entry)
        if len(entries) < len(self._rows):
            self.fail(f"{len(self._rows)} rows were there, now {len(entries)}", cell.address)

    def at_end(self) -> None:
        self.checked += 1
        for was, stands in zip(self._rows, self.scene.memory.ledger.entries, strict=False):
            if was is not stands and was != stands:
                self.fail(f"row {was.sequence} was {was} and is {stands}")


class PaidAsTold(Checker):
    """Compares what payers were told with what is in the books, and lets nobody wait for ever."""

    name = "paid_as_told"
    sentence = "Every payment is decided once; who asks again is told the same, and it is so."

    def at_end(self) -> None:
        decisions = self.scene.memory.ledger.decisions
        for payer in self.scene.payers():
            where = f"payer:{payer.part.name}"
            if payer.wrong:
                self.fail(f"{payer.part.name}: {payer.wrong[0]}", where)
            for number, command in enumerate(payer.sent):
                self.checked += 1
                decision = decisions.get(command.id)
                told = payer.told.get(number)
                if decision is None or told is None:
                    self.fail(f"{payer.part.name} still waits for payment {number}", where)
                    continue
                stands = "ok" if decision.refused is None else decision.refused.code
                answer = payer.answers.get(number)
                if told != stands or (answer and answer.entries != decision.entries):
                    text = f"{payer.part.name} was told {told} of {number}, it is {stands}"
                    self.fail(text, where)
        self._seen = 0
        self._own: dict[Pair, Balance] = defaultdict(Balance)
        self._totals: dict[str, int] = defaultdict(int)

    def every_step(self, cell: Cell) -> None:
        entries = self.scene.memory.ledger.entries
        if len(entries) > self._seen:
            self._look(entries[self._seen :], cell.address)
            self._seen = len(entries)

    def at_end(self) -> None:
        self._look(self.scene.memory.ledger.entries[self._seen :], "")
        for pair in self.scene.memory.ledger.balances:
            self._compare(pair, "")

    def _look(self, entries: list[Entry], address: str) -> None:
        touched: dict[Pair, None] = {}
        for entry in entries:
            transfer = entry.transfer
            moved = transfer.amount if transfer.flag in ("plain", "post") else 0
            held = transfer.amount if transfer.flag == "pending" else -entry.released
            for account, sign in ((transfer.debit, -1), (transfer.credit, 1)):
                own = self._own[account, transfer.asset]
                own.posted += sign * moved
                self._totals[transfer.asset] += sign * moved
                if sign < 0:
                    own.pending_out += held
                else:
                    own.pending_in += held
                touched[account, transfer.asset] = None
        for pair in touched:
            self._compare(pair, address)
        for asset, total in self._totals.items():
            if total:
                self.fail(f"{total} {asset} came from nowhere", address)
        reserve = self._own[RESERVE, "USD"].posted
        worth = self.scene.sale.worth(-self._own[TOKENS_ISSUED, TOKEN].posted)
        if reserve < worth:
            self.fail(f"the reserve is {reserve}, all tokens are worth {worth}", address)

    def _compare(self, pair: Pair, address: str) -> None:
        self.checked += 1
        kept = self.scene.memory.ledger.balances.get(pair, Balance())
        if kept != self._own[pair]:
            self.fail(f"{pair} is {kept}, its rows add up to {self._own[pair]}", address)
        limit = floor(pair[0])
        if limit is not None and kept.available < limit:
            self.fail(f"{pair} is at {kept.available}, below {limit}", address)


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
        if person.wishes:
            self.fail(f"{name} waits for {list(person.wishes.values())}", where)
        for trade, _body in person.settled.values():
            if not self._happened(trade, name):
                self.fail(f"{name} was promised {trade}, which did not happen", where)
        for trade, code in person.declined.values():
            if not isinstance(trade, BuySeat) and self._happened(trade, name):
                self.fail(f"{name} was refused {trade} ({code}), which happened", where)

    def _happened(self, trade: Any, name: str) -> bool:
        memory = self.scene.memory
        match trade:
            case GiveTip(id=id_, to=to, tokens=tokens):
                decision = memory.ledger.decisions.get(id_)
                entries = decision.entries if decision is not None else ()
                moved = [(e.transfer.debit, e.transfer.credit, e.transfer.amount) for e in entries]
                return moved == [(user_main(name), user_main(to), tokens)]
            case BuySeat(creator=creator):
                find = FindTicket(stream=stream_of(creator), account=name)
                return memory.money._find_ticket(find) is not None
            case BuyPack(tokens=tokens):
                wanted = user_main(name)
                bought = [
                    entry.transfer.amount
                    for entry in memory.ledger.entries
                    if entry.transfer.kind == "purchase" and entry.transfer.credit == wanted
                ]
                return bought == [tokens]
            case Announce(id=id_):
                return id_ in memory.money.streams
            case _:
                return name in memory.money.creators


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
