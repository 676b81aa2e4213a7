"""What a channel is told. Its address is `channel:<name>`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from actors.person import Person
from engine.actor import Down, IoDone

_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}", re.ASCII)


def is_channel_name(name: str) -> bool:
    """Return whether a channel may have this name."""
    return _NAME.fullmatch(name) is not None


def channel_address(name: str) -> str:
    """Return the address of a channel."""
    return f"channel:{name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Watch:
    """Asked by a session: let this socket watch. Answer: int, how many watch.

    Refused with `no_ticket` where a ticket is needed, with `not_your_call` where others talk.
    """

    socket_id: str
    person: Person


@dataclass(frozen=True, slots=True, kw_only=True)
class Unwatch:
    """This socket watches no longer."""

    socket_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Announce:
    """Tell everybody who watches; sent only for what is durable."""

    event: str
    payload: dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class CountViewers:
    """Answer: int, how many sockets watch."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TellCount:
    """The channel's own timer: say how many watch, when that has changed."""


ChannelMessage = Watch | Unwatch | Announce | CountViewers | TellCount | Down | IoDone
