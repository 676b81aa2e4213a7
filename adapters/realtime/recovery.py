"""Who may come back after a lost connection, and what they missed. Pure; the simulator uses it too.

Every ordered event has a position: the epoch of this process and a number that grows with each. It
travels as the event's last argument, which the stock Socket.IO client keeps and hands back with its
secret, the `pid`, when it connects again. One position serves all receivers, so an event is encoded
once; each seat's log holds those that were sent to it. A recovery is whole or declared impossible:
never partial.
"""

from __future__ import annotations

import base64
from bisect import bisect_left
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import accumulate
from typing import Any, Final, Generic, NamedTuple, TypeVar

from actors.person import Person

S = TypeVar("S")
P = TypeVar("P")

PID_BYTES: Final = 18
EPOCH_BYTES: Final = 6
LOGS_SHARE: Final = 64
"""One event may take a 64th of a log. A larger one, such as a crowd's roster, is not kept: whoever
lost it on the way starts over, and is shown the roster anew."""

_Identity = tuple[str | None, str | None]

_PID_LENGTH_MAX: Final = 64
_NUMBER_DIGITS_MAX: Final = 18


@dataclass(frozen=True, slots=True, kw_only=True)
class LogBounds:
    """What is kept at most. What a log no longer holds cannot be recovered.

    Attributes:
        events_max: a log's newest events.
        bytes_max: of a log, together.
        away_max: seats whose connection is lost; the next ones are not kept.
    """

    events_max: int = 2048
    bytes_max: int = 1_000_000
    away_max: int = 10_000

    def within(self, outbox_bytes_max: int) -> LogBounds:
        """Return bounds whose replay fits half an outbox, as new events come behind what it holds.

        A client that comes back slowly would be closed again for what it had missed.
        """
        return replace(self, bytes_max=min(self.bytes_max, outbox_bytes_max // 2))


class Sent(NamedTuple, Generic[P]):
    """Ordered events that were sent as one, as all their receivers' logs share them.

    Attributes:
        numbers: of the events, growing.
        packets: one for each; who had received some of them is sent the others.
        sizes: of each packet together with those before it, bytes.
    """

    numbers: tuple[int, ...]
    packets: tuple[P, ...]
    sizes: tuple[int, ...]


class SentLog(Generic[P]):
    """The newest ordered events that one seat was sent, oldest first."""

    __slots__ = ("_bytes", "_bytes_max", "_events", "_events_max", "_given_up", "_lost", "_sent")

    def __init__(self, bounds: LogBounds) -> None:
        self._bytes_max = bounds.bytes_max
        self._events_max = bounds.events_max
        self._sent: deque[Sent[P]] = deque()
        self._events = self._bytes = 0
        self._given_up = 0  # So many of the oldest that were sent as one.
        self._lost = 0  # The newest number that was sent and is no longer here.

    def __len__(self) -> int:
        return self._events

    @property
    def size(self) -> int:
        """How many bytes its events have, shared ones counted in full."""
        return self._bytes

    def append(self, sent: Sent[P]) -> None:
        """Keep events with higher numbers than those before, and give up the oldest for them."""
        self._sent.append(sent)
        self._events += len(sent.numbers)
        self._bytes += sent.sizes[-1]
        if self._bytes > self._bytes_max or self._events > self._events_max:
            self._trim()

    def _trim(self) -> None:
        while self._bytes > self._bytes_max or self._events > self._events_max:
            oldest, begin = self._sent[0], self._given_up
            before = oldest.sizes[begin - 1] if begin else 0
            by_bytes = bisect_left(oldest.sizes, before + self._bytes - self._bytes_max) + 1
            by_events = begin + self._events - self._events_max
            end = min(max(by_bytes, by_events), len(oldest.numbers))
            self._events -= end - begin
            self._bytes -= oldest.sizes[end - 1] - before
            self._lost = oldest.numbers[end - 1]
            self._given_up = end
            if end == len(oldest.numbers):
                self._sent.popleft()
                self._given_up = 0

    def after(self, number: int) -> list[P] | None:
        """Return the packets sent after this number, in order; None when one of them is lost."""
        if number < self._lost:
            return None
        return [
            packet
            for sent in self._sent
            if sent.numbers[-1] > number
            for each, packet in zip(sent.numbers, sent.packets, strict=True)
            if each > number
        ]


@dataclass(frozen=True, slots=True)
class Claim:
    """What a client says when it connects again: its secret, and the last position it saw."""

    pid: str
    offset: str | None


def claim_of(auth: Any) -> Claim | None:
    """Return what the stock client adds to its `auth`; None when it comes for the first time."""
    if not isinstance(auth, dict):
        return None
    pid, offset = auth.get("pid"), auth.get("offset")
    if not isinstance(pid, str) or not 0 < len(pid) <= _PID_LENGTH_MAX:
        return None
    return Claim(pid, offset if isinstance(offset, str) else None)


class Seat(Generic[S, P]):
    """A client's place on this server, kept for a while after its connection is lost.

    Attributes:
        id: the socket id, the same before and after a recovery.
        session: the address of its session.
        person: who is behind it.
        namespace: which one its socket is connected to.
        socket: None while the connection is lost.
        pid: the client's secret; None for a client that cannot come back.
        log: None likewise.
    """

    __slots__ = ("id", "log", "namespace", "person", "pid", "session", "socket")

    def __init__(
        self,
        id: str,
        socket: S,
        person: Person,
        namespace: str,
        pid: str | None,
        log: SentLog[P] | None,
    ) -> None:
        self.id = id
        self.session = f"session:{id}"
        self.socket: S | None = socket
        self.person = person
        self.namespace = namespace
        self.pid = pid
        self.log = log


class Seats(Generic[S, P]):
    """All seats, by socket id and by secret, and the positions of what they are sent.

    Args:
        entropy: returns that many random bytes; secrets are made of it.
        bounds: of each seat's log; None when nobody may come back.
    """

    def __init__(self, entropy: Callable[[int], bytes], bounds: LogBounds | None) -> None:
        self._entropy = entropy
        self._bounds = bounds
        self._epoch = _text(entropy(EPOCH_BYTES)).replace("-", "_")
        self._number = 0
        self._by_pid: dict[str, Seat[S, P]] = {}
        self._away: dict[_Identity, dict[str, Seat[S, P]]] = {}
        self._away_count = 0
        self.by_id: dict[str, Seat[S, P]] = {}

    def __len__(self) -> int:
        return len(self.by_id)

    @property
    def keeps(self) -> bool:
        """Whether anybody may come back."""
        return self._bounds is not None

    @property
    def away(self) -> int:
        """How many have lost their connection and may still come back."""
        return self._away_count

    @property
    def position(self) -> int:
        """The number of the last ordered event."""
        return self._number

    def next_position(self) -> tuple[int, str]:
        """Return the next ordered event's number, and its position as it is written."""
        self._number += 1
        return self._number, f"{self._epoch}-{self._number}"

    def sent(self, number: int, packet: P, size: int) -> Sent[P]:
        """Return an ordered event as the logs of its receivers take it; `size` is in bytes."""
        return self.sent_together((number,), (packet,), (size,))

    def sent_together(
        self, numbers: tuple[int, ...], packets: tuple[P, ...], sizes: tuple[int, ...]
    ) -> Sent[P]:
        """Return ordered events that leave as one, as the logs of their receivers take them."""
        assert self._bounds is not None, "without logs nothing is ordered"
        bytes_max = self._bounds.bytes_max
        # One that is too large fits no log: it pushes out itself and all that is older, which is of
        # no use any more, as nobody can be brought past it.
        kept = [size if size * LOGS_SHARE <= bytes_max else bytes_max + 1 for size in sizes]
        return Sent(numbers, packets, tuple(accumulate(kept)))

    def take(
        self, id: str, socket: S, person: Person, namespace: str, *, keeps: bool
    ) -> Seat[S, P]:
        """Give a new client its seat; `keeps`: its protocol lets it come back."""
        pid, log = None, None
        if keeps and self._bounds is not None:
            pid, log = _text(self._entropy(PID_BYTES)), SentLog[P](self._bounds)
        seat = Seat(id, socket, person, namespace, pid, log)
        self.by_id[id] = seat
        if pid is not None:
            self._by_pid[pid] = seat
        return seat

    def leave(self, seat: Seat[S, P]) -> bool:
        """Note that a seat's connection is lost; False when it cannot be kept."""
        seat.socket = None
        if seat.pid is None or self._bounds is None or self._away_count >= self._bounds.away_max:
            return False
        self._away_count += 1
        self._away.setdefault(_identity(seat.person), {})[seat.id] = seat
        return True

    def give_up(self, seat: Seat[S, P]) -> None:
        """Forget a seat: nobody can come back to it."""
        self.by_id.pop(seat.id, None)
        self._back(seat)
        if seat.pid is not None:
            self._by_pid.pop(seat.pid, None)

    def forgo(self, seat: Seat[S, P]) -> None:
        """Let a client that is here start over when it comes back."""
        if seat.pid is not None:
            del self._by_pid[seat.pid]
            seat.pid = seat.log = None

    def claimed(self, claim: Claim, namespace: str, person: Person | None) -> Seat[S, P] | None:
        """Return the seat a client asks for; None when it is not, or no longer, its own.

        Args:
            claim: what the client says.
            namespace: where it connects.
            person: who its token stands for; None without a token, when the secret alone counts.
        """
        seat = self._by_pid.get(claim.pid)
        if seat is None or seat.namespace != namespace:
            return None
        if person is not None and _identity(person) != _identity(seat.person):
            return None
        return seat

    def missed(self, seat: Seat[S, P], claim: Claim) -> list[P] | None:
        """Return what a client has not received, in order; None when that is not known in full."""
        if seat.log is None:
            return None
        if claim.offset is None:
            return seat.log.after(0)  # It has not had one ordered event.
        epoch, _, digits = claim.offset.partition("-")
        if epoch != self._epoch or not _is_number(digits) or int(digits) > self._number:
            return None
        return seat.log.after(int(digits))

    def sit(self, seat: Seat[S, P], socket: S) -> None:
        """Let a client go on at its seat over a new connection."""
        seat.socket = socket
        self._back(seat)

    def left_by(self, person: Person) -> list[Seat[S, P]]:
        """Return the seats whose connection this person has lost."""
        return list(self._away.get(_identity(person), {}).values())

    def _back(self, seat: Seat[S, P]) -> None:
        identity = _identity(seat.person)
        seats = self._away.get(identity)
        if seats is not None and seats.pop(seat.id, None) is not None:
            self._away_count -= 1
            if not seats:
                del self._away[identity]


def _identity(person: Person) -> _Identity:
    """Return what makes an account or a guest the same, whatever they are called."""
    return person.account, person.guest_id


def _is_number(digits: str) -> bool:
    return digits.isascii() and digits.isdigit() and len(digits) <= _NUMBER_DIGITS_MAX


def _text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode("ascii")
