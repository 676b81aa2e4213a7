"""What becomes of a session whose connection is lost: it waits a while for its client."""

from __future__ import annotations

from actors.clients import CLIENTS, Forget
from actors.session.messages import EndGrace
from actors.settings import ActorSettings
from engine.context import Context
from engine.outcome import Ok, Outcome


class Grace:
    """At most one wait. Whether the client is back is known where the sockets are."""

    def __init__(self, socket_id: str, policy: ActorSettings) -> None:
        self.socket_id = socket_id
        self.policy = policy
        self.ends_us: int | None = None
        self.reason = ""

    def begin(self, reason: str, ctx: Context) -> None:
        """The connection is lost."""
        self.reason = reason
        self.ends_us = ctx.now_us + self.policy.recovery_grace_us
        ctx.after(self.policy.recovery_grace_us, EndGrace(), key="grace")

    def end(self, ctx: Context) -> None:
        """The client is back."""
        self.ends_us = None
        ctx.cancel("grace")

    def over(self, ctx: Context) -> None:
        """The time is up; a timer of an earlier wait that was cancelled too late does nothing."""
        if self.ends_us is not None and ctx.now_us >= self.ends_us:
            ctx.io(CLIENTS, Forget(to=self.socket_id), tag="forgotten")

    def forgotten(self, outcome: Outcome) -> bool:
        """Return whether the place is given up; if not, the client has just come back to it."""
        return outcome == Ok(value=True)
