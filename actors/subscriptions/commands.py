"""The ledger commands of invoices and promo codes: pure, and the same for a retry.

An invoice has an account for what is paid on it, and one unit of DUE. Settling and giving back both
take that unit, so of the two one happens, once. A promo code's uses and each person's right to them
are units too: what the ledger guards cannot be used too often.
"""

from __future__ import annotations

from typing import Any, Final

from actors.ledger.accounts import user_credit
from actors.ledger.transfer import Command, Transfer, derived_id
from actors.money.commands import PROCESSING, PROVIDER, REVENUE
from actors.money.policy import DAY_US, Policy
from actors.subscriptions.records import Invoice, Payment, PromoCode
from actors.subscriptions.rules import GiveBack, Settle

DUE: Final = "DUE"
USE: Final = "PROMO"
RIGHT: Final = "PROMORIGHT"
UNITS_ISSUED: Final = "issuance:promises"
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


def _ref(invoice: Invoice) -> str:
    return f"subscription:{invoice.id}"


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
    """Return the id of the command that lets its promo code go."""
    return derived_id(invoice.id, "unhold")


def open_command(invoice: Invoice) -> Command:
    """Return the command that lets an invoice be settled, and reserves its promo code."""
    id_ = open_id(invoice)
    due = Transfer(
        id=derived_id(id_, "due"), kind="invoice", debit=UNITS_ISSUED,
        credit=invoice_account(invoice.id), asset=DUE, amount=1, ref=_ref(invoice),
    )  # fmt: skip
    return Command(id=id_, transfers=(due, *_holds(invoice)))


def hold_until(invoice: Invoice) -> int:
    """Return until when its use of a promo code is reserved at least, if nobody lets it go.

    A month longer than anybody may pay: who has paid in time gets the price, also when we were
    away. Unpaid quotes let theirs go much earlier.
    """
    return invoice.closes_us + 30 * DAY_US


def _holds(invoice: Invoice) -> tuple[Transfer, ...]:
    code = invoice.promo
    if code is None:
        return ()
    sources = ((USE, promo_pool(code)), (RIGHT, promo_right(code, invoice.account)))
    return tuple(
        Transfer(
            id=derived_id(open_id(invoice), asset),
            kind="promo_use",
            debit=source,
            credit=promo_used(code),
            asset=asset,
            amount=1,
            flag="pending",
            timeout_us=hold_until(invoice) - invoice.created_at_us,
            ref=_ref(invoice),
            details={"code": code, "account": invoice.account, "invoice": invoice.id},
        )
        for asset, source in sources
    )


def _resolved(invoice: Invoice, command_id: str, flag: Any) -> tuple[Transfer, ...]:
    return tuple(
        Transfer(
            id=derived_id(command_id, held.asset), kind=held.kind, debit=held.debit,
            credit=held.credit, asset=held.asset, amount=1, flag=flag, pending_id=held.id,
            ref=held.ref, details=held.details,
        )
        for held in _holds(invoice)
    )  # fmt: skip


def unhold_command(invoice: Invoice) -> Command:
    """Return the command that lets an invoice's promo code go."""
    id_ = unhold_id(invoice)
    return Command(id=id_, transfers=_resolved(invoice, id_, "void"))


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
        ref=_ref(invoice),
        details={"reference": payment.reference, "source": payment.source},
    )
    if not payment.fee:
        return Command(id=id_, transfers=(came,))
    fee = Transfer(
        id=derived_id(id_, "fee"), kind="processing_fee", debit=REVENUE, credit=PROCESSING,
        asset=payment.asset, amount=payment.fee, ref=_ref(invoice),
    )  # fmt: skip
    return Command(id=id_, transfers=(came, fee))


def settle_command(invoice: Invoice, step: Settle, policy: Policy) -> Command:
    """Return the command that sells what an invoice is for.

    Its id says all that it depends on: looked at again with more money in, it is another command,
    and the unit of DUE lets one of them happen.
    """
    how = f"settle/{step.taken}/{step.surplus}/{step.with_promo}"
    id_ = derived_id(invoice.id, how)
    paid_from = invoice_account(invoice.id)
    details = {
        "from": invoice.account, "amount": str(step.taken), "tier": invoice.tier,
        "period": invoice.period, "promo": invoice.promo if step.with_promo else None,
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
            ref=_ref(invoice),
            details=details if number == 0 else {},
        )
        for number, share in enumerate(shares)
    )
    promo = _resolved(invoice, id_, "post") if step.with_promo else ()
    surplus = _to_credit(invoice, id_, step.surplus)
    return Command(id=id_, transfers=(_ended(invoice, id_, "settled"), *promo, *sold, *surplus))


def give_back_command(invoice: Invoice, step: GiveBack, *, payments: int, held: bool) -> Command:
    """Return the command that makes what was paid the payer's credit.

    `payments` says how many have come: each time there is more, it is another command. `held`: the
    promo code's use is reserved still.
    """
    id_ = derived_id(invoice.id, f"give back/{payments}/{step.amount}/{step.ends}/{held}")
    ended: tuple[Transfer, ...] = ()
    if step.ends:
        voided = _resolved(invoice, id_, "void") if held else ()
        ended = (_ended(invoice, id_, "given_back"), *voided)
    return Command(id=id_, transfers=(*ended, *_to_credit(invoice, id_, step.amount)))


def _ended(invoice: Invoice, command_id: str, how: str) -> Transfer:
    return Transfer(
        id=derived_id(command_id, "due"), kind="invoice", debit=invoice_account(invoice.id),
        credit=ended_account(invoice.id, how), asset=DUE, amount=1, ref=_ref(invoice),
    )  # fmt: skip


def _to_credit(invoice: Invoice, command_id: str, amount: int) -> tuple[Transfer, ...]:
    if not amount:
        return ()
    return (
        Transfer(
            id=derived_id(command_id, "credit"), kind="credit", debit=invoice_account(invoice.id),
            credit=user_credit(invoice.account), asset=invoice.asset, amount=amount,
            ref=_ref(invoice),
        ),
    )  # fmt: skip
