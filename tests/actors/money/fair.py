"""A node with the actors of money, creators enrolled, tokens bought, and sockets that watch."""

from __future__ import annotations

from typing import Any

from actors.ledger.book import Balance
from actors.ledger.transfer import derived_id
from actors.money.policy import DEFAULT_POLICIES, MoneyPolicies
from actors.money.records import CreatorRow, NewPurchase, SaveCreator, SavePurchase, StreamRow
from actors.person import Person
from actors.session.messages import UnwatchChannel, WatchChannel
from actors.stream.messages import BuyTicket, CreateStream, EndStream, StartStream, stream_address
from actors.wallet.actor import wallet_address
from actors.wallet.messages import CreditPurchase, SendTip
from engine.outcome import Ok, Outcome
from engine.refusal import Refused
from tests.actors.support import Client, World

SALE = DEFAULT_POLICIES.token_sale


class Fair(World):
    """See the module's text."""

    def __init__(
        self, *, reply_us: int = 0, money: MoneyPolicies = DEFAULT_POLICIES, **policy: Any
    ) -> None:
        super().__init__(reply_us=reply_us, money=money, **policy)
        self.ids = 0

    def new_id(self) -> str:
        self.ids += 1
        return derived_id("fair", str(self.ids))

    def enrol(self, *accounts: str) -> None:
        for account in accounts:
            row = CreatorRow(
                account=account, display_name=account, profile_pic=None, created_at_us=1
            )
            self.memory.answer(SaveCreator(creator=row))

    def purchase(self, account: str, tokens: int, price: int | None = None) -> NewPurchase:
        """An intent that is not paid yet."""
        id_ = self.new_id()
        purchase = NewPurchase(
            id=id_,
            credit_id=derived_id(id_, "credit"),
            account=account,
            tokens=tokens,
            price=10 * tokens if price is None else price,
            asset="USD",
            created_at_us=self.core.now_us,
        )
        self.memory.answer(SavePurchase(purchase=purchase))
        return purchase

    def credit(self, purchase: NewPurchase, *, fee: int = 0, paid: int | None = None) -> Outcome:
        message = CreditPurchase(
            purchase=purchase.id,
            event=f"evt-{purchase.id}",
            paid=purchase.price if paid is None else paid,
            asset=purchase.asset,
            fee=fee,
        )
        return self.ask(wallet_address(purchase.account), message)

    def give(self, account: str, tokens: int) -> None:
        assert isinstance(self.credit(self.purchase(account, tokens)), Ok)

    def tip(self, who: str, to: str, amount: int, *, id_: str | None = None, message: str = "",
            **context: Any) -> Outcome:  # fmt: skip
        return self.ask(wallet_address(who), self.tip_of(to, amount, id_, message, context))

    def tip_of(
        self,
        to: str,
        amount: int,
        id_: str | None = None,
        message: str = "",
        context: dict[str, Any] | None = None,
    ) -> SendTip:
        return SendTip(
            tip=id_ or self.new_id(),
            creator=to,
            amount=amount,
            message=message,
            context=context or {},
        )

    def stream(self, creator: str, *, price: int = 50, seats: int | None = None,
               type_: Any = "private") -> StreamRow:  # fmt: skip
        create = CreateStream(
            creator=creator,
            type=type_,
            title="Concert",
            description="",
            category="",
            price=price if type_ == "private" else 0,
            seats=seats,
        )
        outcome = self.ask(stream_address(self.new_id()), create)
        assert isinstance(outcome, Ok), outcome
        row: StreamRow = outcome.value
        return row

    def start(self, row: StreamRow, by: str) -> Outcome:
        return self.ask(stream_address(row.id), StartStream(by=by))

    def end(self, row: StreamRow, by: str) -> Outcome:
        return self.ask(stream_address(row.id), EndStream(by=by))

    def buy(self, row: StreamRow, buyer: str, *, price: int | None = None,
            id_: str | None = None) -> Outcome:  # fmt: skip
        return self.ask(
            stream_address(row.id), BuyTicket(ticket=id_ or self.new_id(), buyer=buyer, price=price)
        )

    def viewer(self, socket_id: str, account: str | None, channel: str) -> Client:
        person = Person(account=account) if account else Person(guest_id=socket_id)
        client = self.connect(socket_id, person)
        self.watch(client, channel)
        return client

    def watch(self, client: Client, channel: str) -> int:
        ack = client._ask(WatchChannel, channel=channel)
        self.run(0.1)
        return ack

    def unwatch(self, client: Client, channel: str) -> int:
        ack = client._ask(UnwatchChannel, channel=channel)
        self.run(0.1)
        return ack

    def tokens(self, account: str) -> int:
        return self.balance(f"user:{account}:main")

    def balance(self, account: str, asset: str = "TOK") -> int:
        return self.memory.ledger.balances.get((account, asset), Balance()).posted

    def outstanding(self) -> int:
        """Tokens that anybody has."""
        return -self.balance("issuance:tokens")


def code(outcome: Outcome) -> str:
    """Return "ok", or the refusal's code."""
    if isinstance(outcome, Ok):
        return "ok"
    assert isinstance(outcome, Refused), outcome
    return outcome.code
