"""Selling premium to a space's owner: one transfer of the ledger is all there is of it.

Until when a space is premium follows from those transfers, so what is paid for is had, once.
"""

from __future__ import annotations

from typing import Final

from actors.booth.commands import about
from actors.booth.messages import BuySpacePremium, SpacePremiumSold
from actors.booth.ownership import Ownership
from actors.ledger.accounts import user_main
from actors.ledger.messages import Post, Posted
from actors.ledger.refusals import InsufficientFunds
from actors.ledger.transfer import Command, Transfer, derived_id, one
from actors.money.commands import TOKEN
from actors.money.errands import Ask, Errand
from actors.money.refusals import InsufficientTokens, InvalidPrice
from actors.money.space_records import ReadPremium
from actors.space.hall.refusals import NotPermitted
from actors.space.space_id import SpaceId
from actors.store_answers import RefusedByStore

PREMIUM: Final = "space_premium"


def premium_ref(space_type: str, space_id: str) -> str:
    """Return by what a space's purchases are found; its id may be longer than a ref."""
    return f"{PREMIUM}:{derived_id(f'{space_type}:{space_id}', PREMIUM)}"


def premium_command(id_: str, space: SpaceId, account: str, price: int) -> Command:
    """Return the command that buys a space a month; all of it is the platform's."""
    return one(
        Transfer(
            id=id_,
            kind=PREMIUM,
            debit=user_main(account),
            credit="platform:revenue",
            asset=TOKEN,
            amount=price,
            ref=premium_ref(space.type, space.id),
            details=about(space.type, space.id, account),
        )
    )


def sell_premium(wish: BuySpacePremium, space: SpaceId, ownership: Ownership, price: int) -> Errand:
    """Return the errand; it ends in `SpacePremiumSold`.

    Raises:
        NotPermitted: the buyer does not own the space.
        InvalidPrice: it costs something else.
        InsufficientTokens: too few tokens.
    """
    if wish.buyer != ownership.owner:
        raise NotPermitted("admin")
    if wish.price is not None and wish.price != price:
        raise InvalidPrice(price=price)
    try:
        posted: Posted = yield Post(command=premium_command(wish.id, space, wish.buyer, price))
    except RefusedByStore as refused:
        if refused.code == InsufficientFunds.code:
            balance = int(refused.details["available"])
            raise InsufficientTokens(balance=balance, required=price) from None
        raise
    until_us: int = yield Ask(ReadPremium(space_type=space.type, space_id=space.id))
    balance = posted.posted(user_main(wish.buyer), TOKEN)
    return SpacePremiumSold(price=price, until_us=until_us, balance=balance)
