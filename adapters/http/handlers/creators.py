"""Creators: whoever wants to take money enrols."""

from __future__ import annotations

import msgspec

from actors.money.records import CreatorRow, ReadCreator, SaveCreator
from actors.money.refusals import CreatorNotFound
from actors.wire_time import iso_utc
from adapters.http import money_answers as answers
from adapters.http.call import Call
from adapters.http.money_requests import CreatorBody
from adapters.http.once import proven
from adapters.http.routing import Nothing
from engine.refusal import BadInput

ACCOUNT_LENGTH_MAX = 64


async def enrol(call: Call, _query: Nothing, body: CreatorBody) -> answers.CreatorAnswer:
    """Make the caller a creator, or change how they are shown."""
    account = await proven(call)
    for name, text in (("display_name", body.display_name), ("profile_pic", body.profile_pic)):
        if text is not None and not text.isprintable():
            raise BadInput(f"{name}: expected printable text", field=name)
    row: CreatorRow = await call.services.store.perform(
        SaveCreator(
            creator=CreatorRow(
                account=account,
                display_name=body.display_name,
                profile_pic=body.profile_pic,
                created_at_us=call.services.now_us(),
            )
        )
    )
    return answers.CreatorAnswer(creator=creator_answer(row))


async def show(call: Call, _query: Nothing, _body: Nothing) -> answers.CreatorAnswer:
    """Show a creator.

    Raises:
        CreatorNotFound: nobody of this name has enrolled.
    """
    account = named_creator(call)
    row: CreatorRow | None = await call.services.store.perform(ReadCreator(account=account))
    if row is None:
        raise CreatorNotFound(account)
    return answers.CreatorAnswer(creator=creator_answer(row))


def named_creator(call: Call) -> str:
    """Return the account that the path names; one that cannot be is not found.

    Raises:
        CreatorNotFound: no account is called so.
    """
    account = call.parameters["creator_id"]
    if len(account) > ACCOUNT_LENGTH_MAX or not account.isprintable():
        raise CreatorNotFound(account[:ACCOUNT_LENGTH_MAX])
    return account


def creator_answer(row: CreatorRow) -> answers.Creator:
    """Return a creator as everybody sees them."""
    fields = {
        "id": row.account,
        "username": row.account,
        "display_name": row.display_name,
        "profile_pic": row.profile_pic,
        "created_at": iso_utc(row.created_at_us),
    }
    return msgspec.convert(fields, answers.Creator)
