"""What the desk knows of one Networked-A-Frame page, whichever its dialect."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Hashable
from typing import Any

from actors.clients import Emit
from actors.session.messages import SessionMessage
from adapters.realtime.app import Socket
from adapters.realtime.encoded import Encoded
from adapters.realtime.json_text import Json
from engine.refusal import Refused

JsonObject = dict[str, Any]
Tell = Callable[[SessionMessage], None]
"""Tells the page's session; raises `MailboxFull` when it is behind."""


class Page(ABC):
    """One socket that speaks a dialect.

    Attributes:
        room: the room it has been shown, as it spells it; None outside.
        people: how many are in it.
    """

    def __init__(self, socket: Socket, tell: Tell) -> None:
        self.socket = socket
        self.room: str | None = None
        self.people = 0
        self._tell = tell

    @property
    @abstractmethod
    def form(self) -> Hashable:
        """What pages that are sent the same bytes have in common."""

    @abstractmethod
    def event(self, name: str, payload: Json, ack: int | None) -> None:
        """Take one of the dialect's events.

        Raises:
            Refusal: it is malformed, and the dialect has no words of its own for that.
            MailboxFull: the session is behind.
        """

    @abstractmethod
    def refuse(self, ack: int | None, refused: Refused) -> bool:
        """Say no to an event in the dialect's words; False when it has none."""

    @abstractmethod
    def acknowledge(self, ack: int, outcome: JsonObject | Refused) -> bool:
        """Put an actor's answer into the dialect's words; False when it has none."""

    @abstractmethod
    def absorbs(self, event: str, payload: JsonObject) -> bool:
        """Whether an event for everybody is not for this page, or was put into its own words."""

    @abstractmethod
    def show_room(self, payload: JsonObject) -> None:
        """Take `naf-room`: who is in the room that this page has entered, or must forget."""

    @abstractmethod
    def encode(self, emit: Emit) -> Encoded | None:
        """Return `naf-member`, `naf-message` or `naf-signal` as every page of this form reads it.

        None when the dialect has no words for it.
        """
