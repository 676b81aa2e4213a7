"""A link's streams keep what TCP promises, whatever the packets suffer."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from engine.clock import SECOND_US
from engine.heap import HeapEngine
from sim.link import Line, LinkSettings, Stream

sizes = st.lists(st.integers(1, 5000), max_size=60)
troubled = st.builds(
    LinkSettings,
    latency_us=st.integers(0, 200_000),
    jitter_us=st.integers(0, 300_000),
    loss=st.floats(0, 0.7),
    duplicated=st.floats(0, 1),
    reordered=st.floats(0, 1),
    bytes_per_s=st.integers(1_000, 10**7),
    window_bytes=st.sampled_from([1, 1_000, 64_000]),
)


def stream(
    settings: LinkSettings, seed: int = 1
) -> tuple[HeapEngine, Line, Stream[int], list[tuple[int, int]]]:
    """Return an engine, a line, a stream over it, and what arrives: (when, what)."""
    engine = HeapEngine([], seed=b"")
    line = Line.of(settings, seed.to_bytes(4, "big"), "ada", "up")
    arrived: list[tuple[int, int]] = []
    sent: Stream[int] = Stream(
        engine.core, line, lambda what: arrived.append((engine.core.now_us, what))
    )
    return engine, line, sent, arrived


@given(troubled, sizes, st.integers(0, 10**6))
def test_everything_arrives_in_order_and_once(
    settings: LinkSettings, messages: list[int], seed: int
) -> None:
    """Loss, doubling and overtaking cost time, never a message or its place."""
    engine, _line, sent, arrived = stream(settings, seed)
    for number, size in enumerate(messages):
        sent.send(number, size)

    engine.run_for(100_000 * SECOND_US)

    assert [what for _when, what in arrived] == list(range(len(messages)))
    assert sent.waiting_bytes == 0


@given(troubled, sizes, st.integers(0, 60 * SECOND_US))
def test_a_partition_that_heals_loses_nothing(
    settings: LinkSettings, messages: list[int], length_us: int
) -> None:
    """What was sent while nothing got through arrives once it does, in order."""
    engine, line, sent, arrived = stream(settings)
    line.cut = True
    for number, size in enumerate(messages):
        sent.send(number, size)
    engine.run_for(length_us)
    assert arrived == []

    line.cut = False
    engine.run_for(100_000 * SECOND_US)

    assert [what for _when, what in arrived] == list(range(len(messages)))


def test_a_lost_packet_holds_up_what_follows_it() -> None:
    """A stream has one order, so the second message waits for the first one's retransmission."""
    settings = LinkSettings(latency_us=10_000, jitter_us=0, rto_us=200_000)
    engine, line, sent, arrived = stream(settings)
    line.cut = True
    sent.send(1, 100)
    line.cut = False
    sent.send(2, 100)

    engine.run_for(SECOND_US)

    assert [(when >= 210_000, what) for when, what in arrived] == [(True, 1), (True, 2)]


def test_a_slow_reader_makes_the_sender_wait_within_the_window() -> None:
    """Unread bytes fill the window; what does not fit waits in the sender's outbox."""
    settings = LinkSettings(window_bytes=1_000)
    engine, line, sent, arrived = stream(settings)
    line.reads_bytes_per_s = 100
    for number in range(30):
        sent.send(number, 100)

    engine.run_for(10 * SECOND_US)

    assert 8 <= len(arrived) <= 11
    assert sent.waiting_bytes == 100 * (30 - 10 - len(arrived))
    line.reads_bytes_per_s = None
    engine.run_for(10 * SECOND_US)
    assert [what for _when, what in arrived] == list(range(30))


def test_a_link_is_the_same_in_every_run_of_a_seed_and_another_in_the_next() -> None:
    """Each line draws from streams of its own, which the seed decides."""
    settings = replace(LinkSettings(), loss=0.3, jitter_us=50_000)

    def times(seed: int) -> list[tuple[int, int]]:
        engine, _line, sent, arrived = stream(settings, seed)
        for number in range(50):
            sent.send(number, 200)
        engine.run_for(100 * SECOND_US)
        return arrived

    assert times(1) == times(1)
    assert times(1) != times(2)
