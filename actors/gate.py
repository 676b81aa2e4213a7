"""Where all of somebody's traffic passes: may they do this now, and have one more connection?

The sockets' bridge and the simulator's front stand behind one each.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

from actors.limits import FLOOD, JOINS, POSES, Bucket, Limits
from actors.person import Person
from engine.refusal import Refusal


class TooManySessions(Refusal):
    """This account, or this address, has as many connections as it may."""

    code = "too_many_sessions"
    retryable = True

    def __init__(self, limit: int) -> None:
        super().__init__(
            f"You are connected {limit} times already: close another page and connect again",
            limit=limit,
        )


class Gate:
    """Counts what comes in, by person and by connection.

    Poses beyond their limit are no fault: the newest is held back until there is a token again, so
    that a flood of them ends at its last one.

    Args:
        limits: shared by everything through which a person can act.
        now_us: the clock.
        at: runs a function at a time of that clock; for poses held back.
        sessions_per_account: connections that one account may have.
        guests_per_address: connections of guests that one address may have; None: any number.
    """

    def __init__(
        self,
        limits: Limits,
        *,
        now_us: Callable[[], int],
        at: Callable[[int, Callable[[], None]], object],
        sessions_per_account: int = 20,
        guests_per_address: int | None = None,
    ) -> None:
        self._limits = limits
        self._now_us = now_us
        self._at = at
        self._sessions_per_account = sessions_per_account
        self._guests_per_address = guests_per_address
        self._sessions: Counter[str] = Counter()
        self._places: dict[str, str] = {}  # socket id: what it is counted under
        self._poses: dict[str, Bucket] = {}
        self._held: dict[str, tuple[Callable[..., None], tuple[Any, ...]]] = {}

    def admit(self, socket_id: str, person: Person, address: str) -> None:
        """Count a connection, or count it anew for somebody who has proved who they are.

        Raises:
            TooManySessions: there is no room for it; an earlier count stays.
        """
        most: int | None = self._sessions_per_account
        place = person.key
        if person.account is None:
            place, most = f"from {address}", self._guests_per_address
        if place == self._places.get(socket_id):
            return
        if most is not None and self._sessions[place] >= most:
            raise TooManySessions(most)
        self._count_out(socket_id)
        self._places[socket_id] = place
        self._sessions[place] += 1

    def forget(self, socket_id: str) -> None:
        """The connection has ended."""
        self._poses.pop(socket_id, None)
        self._count_out(socket_id)

    def _count_out(self, socket_id: str) -> None:
        self._held.pop(socket_id, None)
        place = self._places.pop(socket_id, None)
        if place is not None:
            self._sessions[place] -= 1
            if not self._sessions[place]:
                del self._sessions[place]

    def passes(
        self, socket_id: str, person: Person, limit: str, again: Callable[..., None], *args: Any
    ) -> bool:
        """Count an event; return whether it is to be handled now.

        A pose that is not has `again(*args)` called later, unless a newer one came; it should bring
        the event here once more. A pose that is counts for no flood: its own limit is far below.

        Raises:
            RateLimited: too many of this kind; or, as `flood`, of a connection to be cut off.
        """
        now_us = self._now_us()
        wait_us = 0
        if limit == POSES:
            bucket = self._poses.get(socket_id)
            if bucket is None:
                bucket = self._poses[socket_id] = self._limits.bucket(POSES)
            wait_us = bucket.take(now_us)
            if not wait_us:
                if self._held:
                    self._held.pop(socket_id, None)
                return True
        self._limits.take(FLOOD, socket_id, now_us)
        if limit != POSES:
            if limit == JOINS:
                self._held.pop(socket_id, None)  # It belongs to the space before.
            self._limits.take(limit, person.key, now_us)
            return True
        if socket_id not in self._held:
            self._at(now_us + wait_us, lambda: self._let_in(socket_id))
        self._held[socket_id] = again, args
        return False

    def _let_in(self, socket_id: str) -> None:
        held = self._held.pop(socket_id, None)
        if held is not None:
            again, args = held
            again(*args)
