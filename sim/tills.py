"""How the simulated server's edge answers trades: what the HTTP routes of money do."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from actors.booth.messages import BuySpacePremium, BuySpaceTicket, CloseSale, SetSale, booth_address
from actors.ledger.transfer import derived_id
from actors.money.records import CreatorRow, NewPurchase, SaveCreator, SavePurchase
from actors.store import STORE
from actors.stream.messages import (
    BuyTicket,
    CreateStream,
    EndStream,
    RefundTicket,
    stream_address,
)
from actors.subscriptions.messages import (
    CallOffInvoice,
    ConfirmPayment,
    OpenInvoice,
    subscriber_address,
)
from actors.wallet.actor import wallet_address
from actors.wallet.disputing import dispute_id
from actors.wallet.messages import (
    Approve,
    CashOut,
    CloseDispute,
    ConfirmPaid,
    CreditPurchase,
    OpenDispute,
    ReleaseDue,
    SendTip,
)
from engine.clock import SECOND_US
from engine.core import Core
from engine.outcome import Ok, Outcome
from sim.people.trades import (
    QNA,
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
    Enrol,
    GiveSeatBack,
    GiveTip,
    LookAtEarnings,
    SellTickets,
    Subscribe,
    TakeOut,
    Trade,
    channel_of,
    stream_of,
)

CENTS_A_TOKEN = 10
OPERATORS = ("olga", "otto")
WITHIN_US = 10 * SECOND_US

Finish = Callable[[Outcome, dict[str, Any]], None]


def serve_trade(core: Core, trade: Trade, account: str, finish: Finish) -> None:
    """Carry a trade out for a proven account; `finish` gets the outcome and the answer's body."""

    def ask(address: str, message: Any, name: str) -> None:
        def answered(outcome: Outcome) -> None:
            body = {}
            if isinstance(outcome, Ok):
                body = {name: getattr(outcome.value, name, outcome.value)}
            finish(outcome, body)

        core.ask(address, message, answered, timeout_us=WITHIN_US)

    match trade:
        case Enrol():
            row = CreatorRow(
                account=account,
                display_name=account,
                profile_pic=None,
                created_at_us=core.now_us,
            )
            save = SaveCreator(creator=row)
            core.ports[STORE].start(save, lambda outcome: finish(outcome, {}))
        case Announce(id=id_, price=price, seats=seats):
            message = CreateStream(
                creator=account,
                type="private",
                title="A show",
                description="",
                category="",
                price=price,
                seats=seats,
            )
            ask(stream_address(id_), message, "id")
        case BuyPack():
            _sell(core, trade, account, ask, finish)
        case GiveTip(id=id_, to=to, tokens=tokens):
            tip = SendTip(
                tip=id_,
                creator=to,
                amount=tokens,
                message="Bravo",
                context={"channel": channel_of(to)},
            )
            ask(wallet_address(account), tip, "balance")
        case Subscribe():
            _subscribe(core, trade, account, ask, finish)
        case SellTickets() | BuyTicketTo() | CallOff() | BuyPremium():
            address = booth_address(trade.space.type, trade.space.id)
            ask(address, _at_booth(trade, account), "balance")
        case Dispute(kind=kind, sale=sale, payee=payee):
            wish = OpenDispute(sale=sale, kind=kind, reason="stolen card", by=account)
            ask(wallet_address(payee), wish, "status")
        case Decide(sale=sale, payee=payee, won=won):
            verdict = CloseDispute(dispute=dispute_id(sale), won=won, by=account)
            ask(wallet_address(payee), verdict, "status")
        case TakeOut(id=id_, tokens=tokens):
            ask(wallet_address(account), CashOut(payout=id_, tokens=tokens), "status")
        case LookAtEarnings():
            ask(wallet_address(account), ReleaseDue(), "waiting")
        case BuySeat(id=id_, creator=creator):
            buy = BuyTicket(ticket=id_, buyer=account, price=None)
            ask(stream_address(stream_of(creator)), buy, "balance")
        case GiveSeatBack(id=id_, creator=creator):
            back = RefundTicket(refund=id_, holder=account, by=account)
            ask(stream_address(stream_of(creator)), back, "id")
        case EndShow():
            ask(stream_address(stream_of(account)), EndStream(by=account), "id")
        case CashOutTokens():
            _cash_out(core, trade, account, finish)


def _cash_out(core: Core, wish: CashOutTokens, account: str, finish: Finish) -> None:
    """Reserve, have both operators approve, each as soon as may be, and one of them pay."""
    address = wallet_address(account)
    steps = iter(
        (
            CashOut(payout=wish.id, tokens=wish.tokens),
            *(Approve(payout=wish.id, approver=operator) for operator in OPERATORS),
            ConfirmPaid(payout=wish.id, operator=OPERATORS[0], reference=f"tx-{wish.id}"),
        )
    )

    def go_on(outcome: Outcome) -> None:
        step = next(steps, None)
        if step is None or not isinstance(outcome, Ok):
            finish(outcome, {})
            return
        core.ask(address, step, go_on, timeout_us=WITHIN_US)

    go_on(Ok(None))


def _subscribe(
    core: Core,
    order: Subscribe,
    account: str,
    ask: Callable[[str, Any, str], None],
    finish: Finish,
) -> None:
    """Open an invoice; the provider says twice, at once, that it is paid.

    Who calls it off does so at the same moment.
    """
    address = subscriber_address(account)
    opening = OpenInvoice(
        invoice=order.id, tier=order.tier, period="monthly", asset="HIVE", promo=order.code
    )

    def opened(outcome: Outcome) -> None:
        price = outcome.value.invoice.price if isinstance(outcome, Ok) else 0
        amount = price * order.pays // 100
        if not amount and not order.calls_off:
            finish(outcome, {})
            return
        paid = ConfirmPayment(
            invoice=order.id, reference=f"tx-{order.id}", amount=amount, asset="HIVE"
        )
        if amount:
            core.ask(address, paid, lambda _outcome: None, timeout_us=WITHIN_US)
        off = CallOffInvoice(invoice=order.id)
        ask(address, off if order.calls_off else paid, "closed")

    core.ask(address, opening, opened, timeout_us=WITHIN_US)


def _at_booth(
    trade: SellTickets | BuyTicketTo | CallOff | BuyPremium, account: str
) -> SetSale | BuySpaceTicket | CloseSale | BuySpacePremium:
    match trade:
        case SellTickets(id=id_, price=price, seats=seats):
            return SetSale(sale=id_, by=account, ticket_type=QNA, price=price, seats=seats)
        case BuyTicketTo(id=id_):
            return BuySpaceTicket(ticket=id_, buyer=account, ticket_type=QNA, price=None)
        case BuyPremium(id=id_):
            return BuySpacePremium(id=id_, buyer=account, price=None)
        case CallOff():
            return CloseSale(by=account, ticket_type=QNA, cancelled=True)


def _sell(
    core: Core,
    pack: BuyPack,
    account: str,
    ask: Callable[[str, Any, str], None],
    finish: Finish,
) -> None:
    """Keep the intent; once it is durable the provider's word follows."""
    price = CENTS_A_TOKEN * pack.tokens
    purchase = NewPurchase(
        id=pack.id,
        credit_id=derived_id(pack.id, "credit"),
        account=account,
        tokens=pack.tokens,
        price=price,
        asset="USD",
        created_at_us=core.now_us,
    )
    paid = CreditPurchase(purchase=pack.id, event=f"evt-{pack.id}", paid=price, asset="USD", fee=0)

    def kept(outcome: Outcome) -> None:
        if isinstance(outcome, Ok):
            ask(wallet_address(account), paid, "balance")
        else:
            finish(outcome, {})

    core.ports[STORE].start(SavePurchase(purchase=purchase), kept)
