"""Ports: how effects that wait leave the kernel and come back as outcomes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from engine.outcome import Outcome

Reply = Callable[[Outcome], None]


class PortFailed(Exception):
    """The request failed before anything took effect, so trying it again is safe.

    Adapters raise it (or a subclass) for what they know: no connection, no room, an open breaker.
    """


class Port(Protocol):
    """The outside world behind one name: a store, the clients' sockets, a chain."""

    def start(self, request: Any, reply: Reply) -> None:
        """Begin `request`; call `reply` exactly once, now or later, in the kernel's thread.

        Never blocks and never raises: trouble is an `Err` or an `Unknown`. A request sent without
        a tag gets a `reply` that ignores its outcome.
        """
        ...
