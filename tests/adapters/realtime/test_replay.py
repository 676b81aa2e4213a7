"""What is sent again to a client that came back waits in its outbox, beside what is new."""

from __future__ import annotations

import pytest
import trio
import trio.testing
from hypothesis import given
from hypothesis import strategies as st

from actors.person import Person
from adapters.realtime.encoded import Encoded
from adapters.realtime.outgoing import Outgoing
from adapters.realtime.recovery import LOGS_SHARE, Claim, LogBounds, Seats
from adapters.realtime.websocket_pipe import WebSocketPipe
from adapters.realtime.wire import StreamWire
from tests.support.http_server import Entropy

OUTBOX_BYTES_MAX = 100_000


@given(st.integers(10_000, 10**9), st.integers(10_000, 10**9))
def test_a_replay_takes_no_more_than_half_the_outbox(log_bytes: int, outbox_bytes: int) -> None:
    """Whatever an operator sets; a smaller log stays as it was set."""
    bounds = LogBounds(bytes_max=log_bytes).within(outbox_bytes)
    assert bounds.bytes_max * 2 <= outbox_bytes
    assert bounds.bytes_max in (log_bytes, outbox_bytes // 2)


def full_log(size: int) -> list[Outgoing]:
    """Return all that a log keeps of many events of about this size, bytes."""
    bounds = LogBounds(events_max=10**6, bytes_max=10**6).within(OUTBOX_BYTES_MAX)
    seats: Seats[str, Outgoing] = Seats(Entropy(), bounds)
    seat = seats.take("s", "x", Person(account="ada"), "/", keeps=True)
    assert seat.log is not None
    offsets = []
    for _ in range(2 * OUTBOX_BYTES_MAX // size):
        number, offset = seats.next_position()
        offsets.append(offset)
        outgoing = Encoded("e", ("x" * max(0, size - 30),), offset=offset).for_namespace("/")
        seat.log.append(seats.sent(number, outgoing, outgoing.size))
    missed = seats.missed(seat, Claim(seat.pid or "", offsets[-len(seat.log) - 1]))
    assert missed is not None
    return missed


@pytest.mark.parametrize("size", [40, 300, OUTBOX_BYTES_MAX // 2 // LOGS_SHARE])
async def test_a_slow_client_is_not_closed_again_for_what_it_missed(size: int) -> None:
    """It reads nothing while all that a log holds and two fifths of an outbox of news come."""
    ours, theirs = trio.testing.lockstep_stream_pair()
    async with trio.open_nursery() as nursery:
        pipe = WebSocketPipe(
            StreamWire(ours),
            leftover=b"",
            message_bytes_max=1000,
            outbox_bytes_max=OUTBOX_BYTES_MAX,
            stalled_reader_s=60,
            close_timeout_s=1,
            farewell_s=1,
            spawn=nursery.start_soon,
        )
        news = [Outgoing(b"x" * 1000)] * (OUTBOX_BYTES_MAX * 2 // 5 // 1000)
        replay = full_log(size)
        assert sum(one.size for one in replay) > OUTBOX_BYTES_MAX * 2 // 5
        for outgoing in (*replay, *news):
            pipe.send(outgoing)
        wanted = sum(len(outgoing.frames) for outgoing in (*replay, *news))
        got = 0
        with trio.fail_after(5):
            while got < wanted:
                got += len(await theirs.receive_some())
        assert got == wanted
        nursery.cancel_scope.cancel()
