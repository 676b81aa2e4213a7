"""Positions, logs and seats: whoever comes back gets exactly what they missed, or starts over."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from actors.person import Person
from adapters.realtime.recovery import LOGS_SHARE, Claim, LogBounds, Seat, Seats, claim_of
from tests.support.http_server import Entropy

BOUNDS = LogBounds(events_max=8, bytes_max=64 * 100)
ADA, BOB = Person(account="ada"), Person(guest_id="b1", name="Bob")

emits = st.tuples(
    st.just("emit"), st.sets(st.integers(0, 2)), st.lists(st.integers(1, 130), min_size=1)
)
resumes = st.tuples(st.just("resume"), st.integers(0, 2), st.integers(0, 20))


@dataclass(slots=True)
class Client:
    """One client and all it was ever sent: (number, position, size)."""

    seat: Seat[str, int]
    sent: list[tuple[int, str, int]] = field(default_factory=list)


def seats(bounds: LogBounds | None = BOUNDS) -> Seats[str, int]:
    return Seats(Entropy(), bounds)


def send(table: Seats[str, int], size: int, *clients: Client) -> None:
    number, position = table.next_position()
    sent = table.sent(number, number, size)
    for client in clients:
        client.sent.append((number, position, size))
        assert client.seat.log is not None
        client.seat.log.append(sent)


def send_together(table: Seats[str, int], sizes: list[int], *clients: Client) -> None:
    positions = [table.next_position() for _ in sizes]
    numbers = tuple(number for number, _position in positions)
    sent = table.sent_together(numbers, numbers, tuple(sizes))
    for client in clients:
        client.sent += [(*where, size) for where, size in zip(positions, sizes, strict=True)]
        assert client.seat.log is not None
        client.seat.log.append(sent)


def fits(missed: list[tuple[int, str, int]]) -> bool:
    """Whether there is room in a log for all that a client has missed."""
    sizes = [size for _number, _position, size in missed]
    return (
        len(sizes) <= BOUNDS.events_max
        and sum(sizes) <= BOUNDS.bytes_max
        and all(size * LOGS_SHARE <= BOUNDS.bytes_max for size in sizes)
    )


@given(st.lists(emits | resumes, max_size=60))
def test_a_recovery_is_exactly_what_was_missed_or_declared_impossible(
    steps: list[tuple[str, Any, Any]],
) -> None:
    """From any earlier position, whatever was sent to whom, one by one or together.

    Impossible only when what was missed has no room in the log, or holds an event too large for it:
    however many it was sent together with, and whatever it had already.
    """
    table = seats()
    clients = [Client(table.take(f"s{n}", "x", BOB, "/", keeps=True)) for n in range(3)]
    for _kind, whom, number in steps:
        if isinstance(whom, set):
            send_together(table, number, *(clients[one] for one in whom))
            continue
        client = clients[whom]
        seen = min(number, len(client.sent))
        offset = client.sent[seen - 1][1] if seen else None
        missed = table.missed(client.seat, Claim(client.seat.pid or "", offset))
        truth = client.sent[seen:]
        assert missed in (None, [one for one, _position, _size in truth])
        assert missed is not None or not fits(truth)
        assert client.seat.log is not None
        assert client.seat.log.size <= BOUNDS.bytes_max
        assert len(client.seat.log) <= BOUNDS.events_max


@given(st.integers(0, 5), st.integers(0, 5))
def test_a_position_from_before_this_seat_brings_everything(before: int, after: int) -> None:
    """The stock client keeps its last offset when it is given a new seat, until an event comes."""
    table = seats()
    old = Client(table.take("old", "x", BOB, "/", keeps=True))
    send(table, 1, old)
    for _ in range(before):
        send(table, 1, old)
    new = Client(table.take("new", "x", BOB, "/", keeps=True))
    for _ in range(after):
        send(table, 1, new)
    claim = Claim(new.seat.pid or "", old.sent[-1][1])
    assert table.missed(new.seat, claim) == [number for number, _position, _size in new.sent]


@given(st.text(max_size=30))
def test_a_position_that_was_never_given_recovers_nothing(offset: str) -> None:
    """Of another process, of the future, or nonsense: starting over is always safe."""
    table, other = seats(), Seats[str, int](lambda size: b"\xff" * size, BOUNDS)
    client = Client(table.take("s", "x", ADA, "/", keeps=True))
    send(table, 1, client)
    _number, foreign = other.next_position()
    future = client.sent[-1][1] + "0"
    for wrong in (offset, foreign, future, client.sent[-1][1] + "x"):
        assert table.missed(client.seat, Claim(client.seat.pid or "", wrong)) is None


def test_a_large_event_is_not_kept_and_ends_what_is_older() -> None:
    """A crowd's roster in every log would be a crowd of rosters."""
    table = seats()
    client = Client(table.take("s", "x", ADA, "/", keeps=True))
    for size in (10, 10_000, 10):
        send(table, size, client)
    _first, large, last = client.sent
    pid = client.seat.pid or ""
    assert client.seat.log is not None
    assert client.seat.log.size == 10
    assert table.missed(client.seat, Claim(pid, client.sent[0][1])) is None
    assert table.missed(client.seat, Claim(pid, None)) is None
    assert table.missed(client.seat, Claim(pid, large[1])) == [last[0]]


def test_a_seat_is_claimed_by_its_secret_its_namespace_and_its_person() -> None:
    """Without a token the secret is enough; with another person's it is not."""
    table = seats()
    seat = table.take("s", "x", ADA, "/", keeps=True)
    assert seat.pid is not None
    claim = Claim(seat.pid, None)
    assert table.claimed(claim, "/", ADA) is seat
    assert table.claimed(claim, "/", None) is seat
    assert table.claimed(claim, "/", BOB) is None
    assert table.claimed(claim, "/other", ADA) is None
    assert table.claimed(Claim(seat.pid[::-1], None), "/", ADA) is None
    table.give_up(seat)
    assert table.claimed(claim, "/", ADA) is None


def test_who_has_left_is_found_until_they_are_back_or_given_up() -> None:
    """Only seats without a connection count: a second tab is nobody's ghost."""
    table = seats()
    one, two = (table.take(id_, "x", ADA, "/", keeps=True) for id_ in ("one", "two"))
    assert table.left_by(ADA) == []
    assert table.leave(one)
    assert table.leave(two)
    assert table.left_by(ADA) == [one, two]
    assert table.left_by(BOB) == []
    table.sit(one, "y")
    table.give_up(two)
    assert table.left_by(ADA) == []
    assert (table.away, len(table), one.socket) == (0, 1, "y")


def test_only_so_many_are_waited_for() -> None:
    """Who connects and vanishes over and over does not fill the memory."""
    table = seats(LogBounds(away_max=1))
    one, two = (table.take(id_, "x", ADA, "/", keeps=True) for id_ in ("one", "two"))
    assert table.leave(one)
    assert not table.leave(two)
    table.give_up(two)
    table.give_up(one)
    assert (table.away, len(table)) == (0, 0)


def test_nobody_comes_back_where_recovery_is_off() -> None:
    """And a JSON room's client never does."""
    table = seats(None)
    seat = table.take("s", "x", ADA, "/", keeps=True)
    assert (seat.pid, seat.log, table.keeps) == (None, None, False)
    assert not table.leave(seat)
    room = seats().take("s", "x", ADA, "/", keeps=False)
    assert (room.pid, room.log) == (None, None)


def test_only_a_sensible_claim_is_one() -> None:
    """What else stands in `auth` is the page's own."""
    assert claim_of({"pid": "p", "offset": "e-1", "token": "t"}) == Claim("p", "e-1")
    assert claim_of({"pid": "p"}) == Claim("p", None)
    assert claim_of({"pid": "p", "offset": 5}) == Claim("p", None)
    wrong: tuple[Any, ...] = (None, {}, [], "p", {"pid": 5}, {"pid": ""}, {"pid": "p" * 65})
    for auth in wrong:
        assert claim_of(auth) is None
