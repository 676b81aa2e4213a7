"""The ledger commands of invoices, promo codes and credit: pure, and the same for a retry.

An invoice has an account for what is paid on it, and one unit of DUE. Settling and giving back both
take that unit, so of the two one happens, once. A promo code's uses and each person's right to them
are units too: what the ledger guards cannot be used too often. Credit and seats that a quote
promises are reserved in the command that opens the invoice.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from actors.ledger.accounts import user_credit, user_main
from actors.ledger.transfer import Command, Transfer, derived_id
from actors.money.commands import (
    PROCESSING,
    PROVIDER,
    RESERVE,
    REVENUE,
    SEAT,
    TOKEN,
    TOKENS_ISSUED,
    seat_account,
    seat_pool,
)
from actors.money.commands import RIGHT as SEAT_RIGHT
from actors.money.policy import DAY_US, Policy, TokenSale
from actors.subscriptions.records import Invoice, Payment, PromoCode
from actors.subscriptions.rules import GiveBack, Settle

DUE: Final = "DUE"
USE: Final = "PROMO"
RIGHT: Final = "PROMORIGHT"
UNITS_ISSUED: Final = "issuance:promises"
CREDIT_BACK: Final = "credit_paid_back"
UNLIMITED: Final = 10**12
"""Uses of a code that nobody limits."""


def invoice_account(invoice: str) -> str:
    """Return where money waits that came for an invoice; its unit of DUE is there too."""
    return f"invoice:{invoice}"


def ended_account(invoice: str, how: str) -> str:
    """Return where an invoice's unit of DUE is when it has ended: settled or given_back."""
    return f"invoice:{invoice}/{how}"


def promo_pool(code: str) -> str:
    """Return where the uses of a code are that are left."""
    return f"promo:{code}:pool"


def promo_used(code: str) -> str:
    """Return where the uses of a code are that were taken."""
    return f"promo:{code}:used"


def promo_right(code: str, account: str) -> str:
    """Return where somebody's rights to use a code are."""
    return f"promo:{code}/{account}:right"


def invoice_ref(invoice: Invoice) -> str:
    """Return by what an invoice's movements are found."""
    return f"{'subscription' if invoice.goods is None else 'invoice'}:{invoice.id}"


def promo_commands(promo: PromoCode, account: str) -> tuple[Command, Command]:
    """Return the commands that give a code its uses and a person theirs, once each."""
    parent = f"promo/{promo.code}/{promo.created_at_us}"
    uses = UNLIMITED if promo.max_uses is None else promo.max_uses
    return (
        _issued(derived_id(parent, "pool"), USE, promo_pool(promo.code), uses),
        _issued(
            derived_id(parent, f"right/{account}"),
            RIGHT,
            promo_right(promo.code, account),
            promo.uses_per_user,
        ),
    )


def _issued(id_: str, asset: str, to: str, units: int) -> Command:
    moved = Transfer(
        id=derived_id(id_, "units"), kind="promo_issued", debit=UNITS_ISSUED, credit=to,
        asset=asset, amount=units,
    )  # fmt: skip
    return Command(id=id_, transfers=(moved,))


def open_id(invoice: Invoice) -> str:
    """Return the id of the command that opens an invoice."""
    return derived_id(invoice.id, "open")


def unhold_id(invoice: Invoice) -> str:
    """Return the id of the command that lets go what its quote reserved."""
    return derived_id(invoice.id, "unhold")


def open_command(invoice: Invoice) -> Command:
    """Return the command that lets an invoice be settled, and reserves what its quote promises."""
    id_ = open_id(invoice)
    due = Transfer(
        id=derived_id(id_, "due"), kind="invoice", debit=UNITS_ISSUED,
        credit=invoice_account(invoice.id), asset=DUE, amount=1, ref=invoice_ref(invoice),
    )  # fmt: skip
    return Command(id=id_, transfers=(due, *_holds(invoice)))


def hold_until(invoice: Invoice) -> int:
    """Return until when what its quote promises is reserved at least, if nobody lets it go.

    A month longer than anybody may pay: who has paid in time gets the price, also when we were
    away. Unpaid quotes let theirs go much earlier.
    """
    return invoice.closes_us + 30 * DAY_US


def _holds(invoice: Invoice) -> tuple[Transfer, ...]:
    return (*_promo_holds(invoice), *_credit_holds(invoice), *_seat_holds(invoice))


def _promo_holds(invoice: Invoice) -> tuple[Transfer, ...]:
    code = invoice.promo
    if code is None:
        return ()
    details = {"code": code, "account": invoice.account, "invoice": invoice.id}
    sources = ((USE, promo_pool(code)), (RIGHT, promo_right(code, invoice.account)))
    return tuple(
        _hold(invoice, "promo_use", (source, promo_used(code)), asset, details=details)
        for asset, source in sources
    )


def _credit_holds(invoice: Invoice) -> tuple[Transfer, ...]:
    if not invoice.credit:
        return ()
    way = (user_credit(invoice.account), invoice_account(invoice.id))
    return (_hold(invoice, "credit_used", way, invoice.asset, amount=invoice.credit),)


def _seat_holds(invoice: Invoice) -> tuple[Transfer, ...]:
    goods = invoice.goods
    if goods is None:
        return ()
    seat = seat_account(goods.sale, invoice.account)
    right = _hold(invoice, "right_held", (seat, f"seats:{goods.sale}:.used"), SEAT_RIGHT)
    if not goods.limited:
        return (right,)
    return (right, _hold(invoice, "seat_held", (seat_pool(goods.sale), seat), SEAT))


def _hold(invoice: Invoice, kind: str, way: tuple[str, str], asset: str, *, amount: int = 1,
          details: dict[str, Any] | None = None) -> Transfer:  # fmt: skip
    return Transfer(
        id=derived_id(open_id(invoice), asset),
        kind=kind,
        debit=way[0],
        credit=way[1],
        asset=asset,
        amount=amount,
        flag="pending",
        timeout_us=hold_until(invoice) - invoice.created_at_us,
        ref=invoice_ref(invoice),
        details=details or {},
    )


def _resolved(held: Iterable[Transfer], command_id: str, flag: Any) -> tuple[Transfer, ...]:
    return tuple(
        Transfer(
            id=derived_id(command_id, one.asset), kind=one.kind, debit=one.debit,
            credit=one.credit, asset=one.asset, amount=one.amount, flag=flag, pending_id=one.id,
            ref=one.ref, details=one.details,
        )
        for one in held
    )  # fmt: skip


def unhold_command(invoice: Invoice) -> Command:
    """Return the command that lets go what an invoice's quote reserved."""
    id_ = unhold_id(invoice)
    return Command(id=id_, transfers=_resolved(_holds(invoice), id_, "void"))


def _source(asset: str) -> str:
    return PROVIDER if asset == "USD" else f"chain:custody:{asset}"


def deposit_command(invoice: Invoice, payment: Payment) -> Command:
    """Return the command that takes a payment in.

    What came in another money than was asked for is the payer's credit at once. What the provider
    kept is our expense.
    """
    id_ = derived_id(f"payment/{payment.reference}", "deposit")
    fits = payment.asset == invoice.asset
    came = Transfer(
        id=derived_id(id_, "amount"),
        kind="invoice_payment" if fits else "credit",
        debit=_source(payment.asset),
        credit=invoice_account(invoice.id) if fits else user_credit(invoice.account),
        asset=payment.asset,
        amount=payment.amount,
        ref=invoice_ref(invoice),
        details={"reference": payment.reference, "source": payment.source},
    )
    if not payment.fee:
        return Command(id=id_, transfers=(came,))
    fee = Transfer(
        id=derived_id(id_, "fee"), kind="processing_fee", debit=REVENUE, credit=PROCESSING,
        asset=payment.asset, amount=payment.fee, ref=invoice_ref(invoice),
    )  # fmt: skip
    return Command(id=id_, transfers=(came, fee))


def settle_command(invoice: Invoice, step: Settle, policy: Policy) -> Command:
    """Return the command that sells what an invoice is for.

    Its id says all that it depends on: looked at again with more money in, it is another command,
    and the unit of DUE lets one of them happen.
    """
    id_ = settle_id(invoice, step)
    paid_from = invoice_account(invoice.id)
    details = {
        "from": invoice.account, "amount": str(step.taken), "tier": invoice.tier,
        "period": invoice.period, "promo": invoice.promo if step.held else None,
    }  # fmt: skip
    shares = [share for share in policy.split.shares(step.taken) if share.amount]
    sold = tuple(
        Transfer(
            id=derived_id(id_, f"share/{share.party}"),
            kind="subscription" if number == 0 else "subscription_share",
            debit=paid_from,
            credit=share.party,
            asset=invoice.asset,
            amount=share.amount,
            ref=invoice_ref(invoice),
            details=details if number == 0 else {},
        )
        for number, share in enumerate(shares)
    )
    return Command(id=id_, transfers=(*_settled(invoice, step), *sold))


def settle_id(invoice: Invoice, step: Settle) -> str:
    """Return the id of the command that settles an invoice so."""
    return derived_id(invoice.id, f"settle/{step.taken}/{step.surplus}/{step.held}")


def _settled(invoice: Invoice, step: Settle) -> tuple[Transfer, ...]:
    """Return what settling does whatever is sold: `taken` is in the invoice's account after it."""
    id_ = settle_id(invoice, step)
    taken = (*_promo_holds(invoice), *_credit_holds(invoice)) if step.held else ()
    freed = _seat_holds(invoice) if step.held else ()
    return (
        _ended(invoice, id_, "settled"),
        *_resolved(taken, id_, "post"),
        *_resolved(freed, id_, "void"),
        *_to_credit(invoice, id_, step.surplus),
    )


def settle_ticket_command(
    invoice: Invoice, step: Settle, ticket: Command, sale: TokenSale
) -> Command:
    """Return the command that sells a ticket for money from outside: all of it or nothing.

    The money buys the tokens that the ticket costs, and they buy the ticket: of them on everything
    is as if it had been paid with tokens, and the reserve covers them. Money other than the
    reserve's is exchanged at the quote. `ticket` has the id of `settle_id`.
    """
    goods, id_, ref = invoice.goods, settle_id(invoice, step), invoice_ref(invoice)
    assert goods is not None
    assert ticket.id == id_
    kept, paid_from = sale.worth(goods.tokens), invoice_account(invoice.id)
    if invoice.asset == sale.asset:
        flows = [
            (paid_from, REVENUE, invoice.asset, step.taken),
            (REVENUE, RESERVE, sale.asset, kept),
        ]
    else:
        flows = [
            (paid_from, f"fx:{invoice.asset}", invoice.asset, step.taken),
            (f"fx:{sale.asset}", RESERVE, sale.asset, kept),
            (f"fx:{sale.asset}", REVENUE, sale.asset, invoice.worth - kept),
        ]
    moves = tuple(
        Transfer(
            id=derived_id(id_, f"sale/{number}"), kind="token_sale", debit=debit, credit=credit,
            asset=asset, amount=amount, ref=ref,
        )
        for number, (debit, credit, asset, amount) in enumerate(flows)
        if amount
    )  # fmt: skip
    tokens = Transfer(
        id=derived_id(id_, "tokens"),
        kind="purchase",
        debit=TOKENS_ISSUED,
        credit=user_main(invoice.account),
        asset=TOKEN,
        amount=goods.tokens,
        ref=ref,
        details={"price": str(step.taken), "asset": invoice.asset},
    )
    return Command(id=id_, transfers=(*_settled(invoice, step), *moves, tokens, *ticket.transfers))


def give_back_command(invoice: Invoice, step: GiveBack, *, payments: int, held: bool) -> Command:
    """Return the command that makes what was paid the payer's credit.

    `payments` says how many have come: each time there is more, it is another command. `held`:
    what the quote reserved is so still.
    """
    id_ = derived_id(invoice.id, f"give back/{payments}/{step.amount}/{step.ends}/{held}")
    ended: tuple[Transfer, ...] = ()
    if step.ends:
        voided = _resolved(_holds(invoice), id_, "void") if held else ()
        ended = (_ended(invoice, id_, "given_back"), *voided)
    return Command(id=id_, transfers=(*ended, *_to_credit(invoice, id_, step.amount)))


def _ended(invoice: Invoice, command_id: str, how: str) -> Transfer:
    return Transfer(
        id=derived_id(command_id, "due"), kind="invoice", debit=invoice_account(invoice.id),
        credit=ended_account(invoice.id, how), asset=DUE, amount=1, ref=invoice_ref(invoice),
    )  # fmt: skip


def _to_credit(invoice: Invoice, command_id: str, amount: int) -> tuple[Transfer, ...]:
    if not amount:
        return ()
    return (
        Transfer(
            id=derived_id(command_id, "credit"), kind="credit", debit=invoice_account(invoice.id),
            credit=user_credit(invoice.account), asset=invoice.asset, amount=amount,
            ref=invoice_ref(invoice),
        ),
    )  # fmt: skip


def pay_back_command(account: str, reference: str, asset: str, amount: int) -> Command:
    """Return the command by which credit leaves the books: it was paid back outside.

    Its id is the reference's, so a payment is recorded once.
    """
    id_ = derived_id(f"pay back/{reference}", CREDIT_BACK)
    paid = Transfer(
        id=derived_id(id_, "amount"), kind=CREDIT_BACK, debit=user_credit(account),
        credit=_source(asset), asset=asset, amount=amount, ref=f"credit:{account}",
        details={"reference": reference},
    )  # fmt: skip
    return Command(id=id_, transfers=(paid,))
