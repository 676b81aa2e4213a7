"""The clients port: what actors say to people's sockets. Fire and forget, in order.

Production encodes each event once and writes the same bytes to every receiver; the simulator sends
it over its network.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from engine.actor import Address
from engine.refusal import Refused

CLIENTS: Final = "clients"
"""The port's name for `ctx.io`."""


@dataclass(slots=True, init=False)
class Emit:
    """Send one event to some sockets, in the order of this port's requests.

    Attributes:
        to: socket ids; unknown ones are passed over.
        event: the wire name, such as `user-joined`.
        payload: the event's one argument; JSON values, bytes allowed.
        but: a socket id in `to` that is left out, usually the one that caused the event.
        snapshot: a later one makes up for it, so it may be left out for a socket that is behind.
        passing: true of its moment only. Like a snapshot it stands outside the ordered stream:
            whoever loses it with a connection is shown the present instead.
    """

    to: tuple[str, ...]
    event: str
    payload: Any
    but: str | None
    snapshot: bool
    passing: bool

    # Each pose makes one: a constructor of its own is compiled, and a generated one is not.
    def __init__(
        self,
        *,
        to: tuple[str, ...],
        event: str,
        payload: Any,
        but: str | None = None,
        snapshot: bool = False,
        passing: bool = False,
    ) -> None:
        self.to = to
        self.event = event
        self.payload = payload
        self.but = but
        self.snapshot = snapshot
        self.passing = passing


@dataclass(frozen=True, slots=True, kw_only=True)
class EmitMany:
    """Send several events of one name, in their order, as if each were emitted by itself.

    Attributes:
        to: socket ids; unknown ones are passed over.
        event: the wire name, such as `aframe-update`.
        payloads: each event's one argument, with the socket id in `to` that it is left out for, if
            any.
        passing: as of `Emit`.
    """

    to: tuple[str, ...]
    event: str
    payloads: tuple[tuple[str | None, Any], ...]
    passing: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class RoutePoses:
    """From now on this socket's poses go straight to a space; see `actors.session.pose_routes`.

    Attributes:
        to: the socket id.
        space: the address whose conflated lane takes them; None: they go to the session again.
        life: of the body they are for.
    """

    to: str
    space: Address | None
    life: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Acknowledge:
    """Answer the acknowledgement a client asked for with its event.

    `ack` is the number the client's packet carried. `outcome` is JSON for a yes and `Refused` for a
    no; the adapter writes it as `{"success": true, ...}` or `{"success": false, "error", "code",
    "field"}`.
    """

    to: str
    ack: int
    outcome: dict[str, Any] | Refused


@dataclass(frozen=True, slots=True, kw_only=True)
class Disconnect:
    """End a socket after what was sent before.

    With `reconnect` the transport closes, after which the stock client comes back by itself;
    without, it is told that the server wants it gone and stays away. Neither is recovered.
    """

    to: str
    reason: str
    reconnect: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Forget:
    """Keep a lost connection's place no longer. Answer: False when its client has come back."""

    to: str
