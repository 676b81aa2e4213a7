"""Chat over REST: history by page, and posting that answers when the message is durable."""

from __future__ import annotations

import hashlib
import re

import msgspec

from actors.chat.rules import message_view
from actors.space.entry import check_access
from actors.space.messages import Say
from actors.space.space_id import SpaceId
from actors.store import FindMessages, MessagePage, MessageRow, ReadFacts, ReadMessages, SpaceRead
from actors.store_answers import StoreUnknown
from adapters.http.answers import Message, Messages, Posted
from adapters.http.call import Call
from adapters.http.handlers.common import ask
from adapters.http.problems import IdempotencyConflict, OutcomeUnknown
from adapters.http.requests import AddressedMessageBody, MessageBody, MessagesQuery
from adapters.http.routing import Nothing
from engine.refusal import BadInput

_KEY = re.compile(r"[\x21-\x7e]{1,128}", re.ASCII)


async def read_messages(call: Call, query: MessagesQuery, _body: Nothing) -> Messages:
    """Show a page of a space's chat to whoever may enter the space.

    Raises:
        Refusal: the space is not there, or not for this caller.
    """
    caller = await call.caller()
    space = call.space(query.subspace)
    found: SpaceRead = await call.services.store.perform(ReadFacts(space=space))
    check_access(
        space,
        found.facts,
        found.settings,
        call.guest(caller),
        open_unlisted=call.services.settings.open_unlisted,
    )
    page: MessagePage = await call.services.store.perform(
        ReadMessages(space=space, limit=query.limit, offset=query.offset)
    )
    return Messages(
        messages=[_message(row) for row in page.messages],
        has_more=page.has_more,
        node=call.services.settings.node,
    )


async def post_message(call: Call, _query: Nothing, body: MessageBody) -> Posted:
    """Post to the space that the path names."""
    return await _post(call, call.space(body.subspace), body)


async def post_addressed_message(call: Call, _query: Nothing, body: AddressedMessageBody) -> Posted:
    """Post to the space that the body names."""
    return await _post(call, SpaceId.checked(body.space_type, body.space_id, body.subspace), body)


async def _post(call: Call, space: SpaceId, body: MessageBody) -> Posted:
    """Ask the space to post, and answer once the message is durable.

    A key makes repeating it harmless: the first message is answered again.

    Raises:
        Refusal: the space's or the chat's own.
        IdempotencyConflict: the key was used for another message.
        OutcomeUnknown: it may have been posted; the same key finds out.
    """
    caller = await call.caller()
    person = call.guest(caller)
    call.limit_chat(person)
    message_type = body.message_type or body.type or "text"
    given = _given_key(call)
    who = f"{person.account or ''} {person.guest_id or ''}"
    owner = hashlib.sha256(who.encode()).hexdigest()[:16]  # Others' keys are not in our way.
    key = f"http-{owner}:{given or call.services.entropy(12).hex()}"
    say = Say(
        socket_id=None,
        person=person,
        content=body.content,
        message_type=message_type,
        parent_message_id=body.parent_message_id,
        key=key,
    )
    try:
        row: MessageRow = await ask(call, space.address, say)
    except StoreUnknown as error:
        found: tuple[MessageRow, ...] = await call.services.store.perform(
            FindMessages(space=space, keys=(key,))
        )
        if not found:
            raise OutcomeUnknown from error
        row = found[0]
    same = (row.content, row.message_type, row.parent_message_id)
    if given and same != (body.content, message_type, body.parent_message_id):
        raise IdempotencyConflict
    return Posted(message=_message(row), node=call.services.settings.node)


def _given_key(call: Call) -> str | None:
    key = call.headers.get("idempotency-key")
    if key is None:
        return None
    if not _KEY.fullmatch(key):
        raise BadInput(
            "Idempotency-Key: expected 1 to 128 visible ASCII characters", field="Idempotency-Key"
        )
    return key


def _message(row: MessageRow) -> Message:
    return msgspec.convert(message_view(row), Message)
