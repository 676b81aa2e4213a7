"""Everything the HTTP adapter needs from the rest of the server."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Protocol

from actors.limits import Limits
from actors.money.policy import MoneyPolicies
from adapters.http.settings import HttpSettings
from adapters.identity.service import Identity
from engine.outcome import Outcome


class Store(Protocol):
    """The store as adapters use it: one awaited request of `actors.store`."""

    def perform(self, request: Any) -> Awaitable[Any]:
        """Return the request's answer.

        Raises:
            Refusal: the request was refused and changed nothing.
            StoreUnavailable: nothing took effect; trying again is safe.
            StoreUnknown: it may have taken effect.
        """
        ...


class Ask(Protocol):
    """The kernel's `ask`."""

    def __call__(self, to: str, message: Any, timeout_us: int, /) -> Awaitable[Outcome]:
        """Send a message to an actor and return what became of it."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """Made by the composition root, and by tests.

    Attributes:
        limits: how often somebody may do what; shared with the sockets.
        readiness: why the server is not ready now; empty when it is.
        check_webhook: refuses a URL to which no webhook may be sent.
        money: what tokens cost and are worth.
        now_us: microseconds since the Unix epoch.
        entropy: that many random bytes.
    """

    store: Store
    ask: Ask
    identity: Identity
    limits: Limits
    settings: HttpSettings
    money: MoneyPolicies
    now_us: Callable[[], int]
    entropy: Callable[[int], bytes]
    readiness: Callable[[], list[str]]
    check_webhook: Callable[[str], Awaitable[None]]
