"""The seller of tiers: a subscriber's actor under its epoch, which writes the account's row."""

from __future__ import annotations

from dataclasses import dataclass

from actors.ledger.messages import Post
from actors.money.errands import Ask, Errand, Tell
from actors.money.policy import MoneyPolicies
from actors.store_answers import RefusedByStore
from actors.subscriptions.commands import RIGHT, promo_commands, settle_command
from actors.subscriptions.invoices import due_at
from actors.subscriptions.pricing import list_price
from actors.subscriptions.records import (
    Catalogue,
    Invoice,
    Notice,
    PromoCode,
    ReadCatalogue,
    ReadPromo,
    ReadSubscription,
    SaveSubscription,
    Subscription,
)
from actors.subscriptions.refusals import CannotPayWith, PromoUsedUp
from actors.subscriptions.rules import Books, Settle, extended
from actors.user.messages import StandingChanged, TellUser, user_address
from actors.wire_time import iso_utc


@dataclass(frozen=True, slots=True, kw_only=True)
class TierSeller:
    """Sells tiers to one account, at a time; a `Seller`."""

    account: str
    actor: str
    epoch: int
    now_us: int
    money: MoneyPolicies

    def owns(self, invoice: Invoice) -> bool:
        return invoice.goods is None and invoice.account == self.account

    def price_now(self, invoice: Invoice) -> Errand:
        catalogue: Catalogue = yield Ask(ReadCatalogue())
        tier = catalogue.tier(invoice.tier)
        if tier is None or invoice.period == "once":
            return invoice.full_price
        try:
            return list_price(tier, invoice.period, invoice.asset, catalogue.rates)
        except CannotPayWith:
            return invoice.full_price

    def prepare(self, invoice: Invoice) -> Errand:
        if invoice.promo is not None:
            promo: PromoCode = yield Ask(ReadPromo(code=invoice.promo))
            for command in promo_commands(promo, invoice.account):
                yield Post(command=command)

    def opening_refused(self, refused: RefusedByStore) -> Errand:
        yield from ()
        raise PromoUsedUp(by_you=refused.details["asset"] == RIGHT)

    def settlement(self, invoice: Invoice, step: Settle) -> Errand:
        yield from ()
        return settle_command(invoice, step, self.money.products["subscription"])

    def grant(self, invoice: Invoice, books: Books) -> Errand:
        before: Subscription | None = yield Ask(ReadSubscription(account=invoice.account))
        policy = self.money.subscriptions
        row = extended(before, invoice, self.now_us, with_promo=books.held, policy=policy)
        notice = Notice(
            key=f"invoice/{invoice.id}",
            type="activated",
            text=f"Your {invoice.tier} subscription is active.",
            at_us=self.now_us,
        )
        yield Ask(self.saving(row, invoice=invoice, notices=(notice,)))
        yield from due_at(row.due_us)
        yield from tell_change(row)

    def saving(
        self,
        row: Subscription,
        *,
        invoice: Invoice | None = None,
        notices: tuple[Notice, ...] = (),
    ) -> SaveSubscription:
        """Return the request that writes a subscription."""
        return SaveSubscription(
            actor=self.actor, epoch=self.epoch, row=row, at_us=self.now_us, invoice=invoice,
            notices=notices,
        )  # fmt: skip


def tell_change(row: Subscription) -> Errand:
    """Return the steps that let a subscription's change count where its person is now."""
    user = user_address(row.account)
    payload = {
        "tier_code": row.tier,
        "status": row.status,
        "expires_at": None if row.expires_us is None else iso_utc(row.expires_us),
    }
    yield Tell(user, StandingChanged())
    yield Tell(user, TellUser(event="subscription-changed", payload=payload))
