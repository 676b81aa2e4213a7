"""The errand of a tip: its words are kept, it is paid, and then those who watch are told."""

from __future__ import annotations

from typing import Any

from actors.channel.messages import Announce, channel_address, is_channel_name
from actors.ledger.accounts import user_main
from actors.ledger.messages import Post, Posted
from actors.ledger.refusals import InsufficientFunds
from actors.money.commands import TOKEN, tip_command
from actors.money.errands import Ask, Errand, Tell
from actors.money.policy import TOKENS_MAX, Policy
from actors.money.records import PrepareTip, TipRow
from actors.money.refusals import CreatorNotFound, InsufficientBalance
from actors.store_answers import RefusedByStore
from actors.wallet.messages import SendTip, TipSent
from actors.wire_time import iso_utc
from engine.refusal import BadInput

MESSAGE_LENGTH_MAX = 500
CONTEXT_NAMES = ("streamId", "callId", "channel", "sessionId")
CONTEXT_LENGTH_MAX = 64


def check_tip(tipper: str, tip: SendTip) -> None:
    """Check a tip before anything is done.

    Raises:
        BadInput: the field at fault is named.
    """
    if not 0 < tip.amount <= TOKENS_MAX:
        raise BadInput(
            f"amountTokens: expected a whole number from 1 to {TOKENS_MAX}", field="amountTokens"
        )
    if tip.creator == tipper:
        raise BadInput("toCreatorId: expected somebody else than yourself", field="toCreatorId")
    if len(tip.message) > MESSAGE_LENGTH_MAX or not _is_storable(tip.message):
        raise BadInput(
            f"message: expected at most {MESSAGE_LENGTH_MAX} characters without NUL",
            field="message",
        )
    for name, value in tip.context.items():
        if (
            name not in CONTEXT_NAMES
            or not isinstance(value, str)
            or len(value) > CONTEXT_LENGTH_MAX
            or not _is_storable(value)
        ):
            raise BadInput(
                f"context: expected {', '.join(CONTEXT_NAMES)}, each a text of at most "
                f"{CONTEXT_LENGTH_MAX} characters",
                field="context",
            )
    channel = tip.context.get("channel")
    if channel is not None and not is_channel_name(channel):
        raise BadInput(
            "context.channel: expected 1 to 64 letters, digits, dashes or underscores",
            field="context.channel",
        )


def _is_storable(text: str) -> bool:
    return "\0" not in text and not any("\ud800" <= one <= "\udfff" for one in text)


def send_tip(tipper: str, tip: SendTip, policy: Policy) -> Errand:
    """Return the errand; it ends in `TipSent`.

    Raises:
        CreatorNotFound: nobody of this name takes money.
        InsufficientBalance: too few tokens.
    """
    known = yield Ask(PrepareTip(tip=tip.tip, creator=tip.creator, message=tip.message))
    if not known:
        raise CreatorNotFound(tip.creator)
    command = tip_command(
        tip.tip, policy, tipper=tipper, payee=tip.creator, amount=tip.amount, context=tip.context
    )
    try:
        posted: Posted = yield Post(command=command)
    except RefusedByStore as refused:
        if refused.code == InsufficientFunds.code:
            raise InsufficientBalance(
                balance=int(refused.details["available"]), required=tip.amount
            ) from None
        raise
    row = _row(tipper, tip, posted)
    channel = tip.context.get("channel")
    if channel is not None:
        event = f"tip:new:{channel}"
        yield Tell(channel_address(channel), Announce(event=event, payload=tip_event(row)))
    return TipSent(tip=row, balance=posted.posted(user_main(tipper), TOKEN))


def _row(tipper: str, tip: SendTip, posted: Posted) -> TipRow:
    first = posted.entries[0]
    cut = int(first.transfer.details["creator_cut"])
    return TipRow(
        id=tip.tip,
        tipper=tipper,
        creator=tip.creator,
        amount=tip.amount,
        creator_cut=cut,
        platform_fee=tip.amount - cut,
        message=tip.message,
        context=tip.context,
        created_at_us=first.at_us,
    )


def tip_event(tip: TipRow) -> dict[str, Any]:
    """Return the payload of `tip:new:<channel>`."""
    return {
        **tip.context,
        "tipId": tip.id,
        "amountTokens": tip.amount,
        "fromUsername": tip.tipper,
        "fromUserId": tip.tipper,
        "toCreatorId": tip.creator,
        "message": tip.message or None,
        "timestamp": iso_utc(tip.created_at_us),
    }
