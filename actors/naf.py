"""Networked-A-Frame: who somebody is to the pages that speak it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

JsonObject = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class NafMember:
    """How somebody stands in a Networked-A-Frame room.

    Attributes:
        id: what pages call the client id; the owner and creator of entities. One a socket.
        room: the room's name as their page spells it.
        username: as EasyRTC pages give it; proves nothing.
        show: EasyRTC's presence: away, chat, dnd or xa.
        status: the words that go with it.
        fields: EasyRTC's API fields, such as the streams this page offers.
    """

    id: str
    room: str
    username: str | None = None
    show: str = "chat"
    status: str | None = None
    fields: JsonObject | None = None

    def view(self, joined_ms: int) -> JsonObject:
        """Return what the others are told; `joined_ms` is Unix time in milliseconds."""
        return {
            "joined": joined_ms,
            "username": self.username,
            "show": self.show,
            "status": self.status,
            "fields": self.fields,
        }
