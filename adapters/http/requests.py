"""What clients send: one struct a query or body. A value that does not fit is refused by name."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct

Limit = Annotated[int, Meta(ge=1, le=100)]
Offset = Annotated[int, Meta(ge=0, le=1_000_000)]
MessageId = Annotated[int, Meta(ge=1, le=2**53 - 1)]  # as far as JSON numbers are exact
Subspace = Annotated[str, Meta(max_length=64)]
Text = Annotated[str, Meta(max_length=4096)]


SpaceType = Annotated[
    str,
    Meta(
        description="a space's type or a post's; `all` is the same as none; either name will do",
        max_length=32,
    ),
]


class SpacesQuery(Struct, kw_only=True):
    limit: Limit = 20
    offset: Offset = 0
    type: SpaceType | None = None
    space_type: SpaceType | None = None
    include_events: bool = False


class SpaceQuery(Struct, kw_only=True):
    subspace: Subspace = "main"


class JoinBody(Struct, kw_only=True):
    subspace: Subspace = "main"
    user_account: Text | None = None
    challenge: Text | None = None


class MessagesQuery(Struct, kw_only=True):
    limit: Limit = 50
    offset: Offset = 0
    subspace: Subspace = "main"


class MessageBody(Struct, kw_only=True):
    content: Annotated[str, Meta(description="1 to 2000 characters, counted as JavaScript does")]
    subspace: Subspace = "main"
    message_type: Annotated[str, Meta(description="text, emoji, image or file")] | None = None
    type: Annotated[str, Meta(description="another name for `message_type`")] | None = None
    parent_message_id: MessageId | None = None


class AddressedMessageBody(MessageBody, kw_only=True):
    """The data host's form: the space stands in the body."""

    space_type: str
    space_id: str


class ChallengeQuery(Struct, kw_only=True):
    account: Annotated[str, Meta(description="a Hive account name")]


class LoginBody(Struct, kw_only=True):
    """Or send none of it and the headers x-account, x-challenge and x-signature."""

    account: Text | None = None
    challenge: Text | None = None
    signature: Annotated[str, Meta(description="130 hex digits")] | None = None
    public_key: Annotated[str, Meta(description="STM…, when the client knows it")] | None = None


class GuestBody(Struct, kw_only=True):
    name: Annotated[str, Meta(description="what to be called, 1 to 32 characters")] | None = None
