"""What a space's chat is told and asked."""

from __future__ import annotations

from dataclasses import dataclass

from actors.person import Person
from engine.actor import IoDone, Undelivered


@dataclass(frozen=True, slots=True, kw_only=True)
class PostMessage:
    """Asked, through the space: append a message. Answer: `MessageRow`, once it is durable."""

    person: Person
    content: str
    message_type: str
    parent_message_id: int | None
    key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Retry:
    """The chat's own timer: try the batch again that could not be written."""


ChatMessage = PostMessage | Retry | IoDone | Undelivered
