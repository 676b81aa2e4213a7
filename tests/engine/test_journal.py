"""Recording a run and living it again."""

from __future__ import annotations

import enum
import io
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine import actor, outcome, refusal
from engine.actor import Actor, IoDone
from engine.cell import Kind, Lane
from engine.codec import Decoder, Encoder, classes_of, packed
from engine.heap import HeapEngine
from engine.journal import Recorder
from engine.outcome import Ok
from engine.replay import Replayed, replay
from tests.engine import oracles, programs
from tests.engine.chaos import Chaos
from tests.engine.engines import on_heap
from tests.engine.programs import START_US, Do, Program, Scripted

CLASSES = classes_of(actor, outcome, refusal, programs, oracles)


class Colour(enum.Enum):
    RED = "red"


@dataclass(frozen=True)
class Letter:
    colour: Colour
    parts: tuple[Any, ...]


plain = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text() | st.binary() | st.just(Colour.RED)
    | st.floats(allow_nan=False),
    lambda inner: st.lists(inner)
    | st.lists(inner).map(tuple)
    | st.dictionaries(st.text(), inner)
    | st.builds(Letter, st.just(Colour.RED), st.lists(inner).map(tuple)),
    max_leaves=10,
)  # fmt: skip


@given(plain)
def test_messages_survive_their_encoding(value: Any) -> None:
    """What was recorded is what was told."""
    encoded = Encoder().plain(value)

    assert Decoder([Letter, Colour]).value(encoded) == value


def test_equal_messages_have_equal_bytes() -> None:
    """Neither identity nor interning nor a set's order shows."""
    plainly = Encoder().plain
    text, same = str(12345), str(12345)

    assert packed(plainly((text, text))) == packed(plainly((text, same)))
    assert packed(plainly({"x", "y", "z"})) == packed(plainly({"z", "y", "x"}))
    assert packed(plainly({1: 2, 3: 4})) != packed(plainly({3: 4, 1: 2}))
    assert packed(plainly([1])) != packed(plainly([True]))


def test_what_cannot_be_encoded_says_what_to_do() -> None:
    """Messages are values."""
    with pytest.raises(TypeError, match="make it a dataclass"):
        Encoder().plain(object())
    with pytest.raises(LookupError, match="add its module"):
        Decoder([]).value(Encoder().plain(Colour.RED))


def recorded(program: Program, **options: Any) -> bytes:
    """Record a run on the heap engine."""
    file = io.BytesIO()
    recorder = Recorder(file.write, seed=program.seed, now_us=START_US, **options)
    on_heap(program, recorder)
    recorder.close()
    return file.getvalue()


def played(journal: bytes, build: Callable[..., Actor] = Scripted) -> Replayed:
    """Replay a journal with fresh actors."""
    kinds = [replace(kind, build=build) for kind in programs.kinds()]
    return replay(io.BytesIO(journal).read, kinds, CLASSES)


@settings(max_examples=150, deadline=None)
@given(programs.programs)
def test_a_recorded_run_can_be_lived_again(program: Program) -> None:
    """Every effect of every delivery, and every state at the end, are the same."""
    found = played(recorded(program))

    assert found.divergence is None
    assert not found.cut_off
    assert found.states is not None


def test_a_hundred_chaotic_runs_can_be_lived_again() -> None:
    """Crashes, restarts, loads, passivations, faults and kills in any order of tasks."""
    for seed in range(100):
        file = io.BytesIO()
        recorder = Recorder(file.write, seed=seed.to_bytes(8, "big"), now_us=START_US)
        Chaos(seed, recorder).run()
        recorder.close()
        found = played(file.getvalue())

        assert found.divergence is None, (seed, found)
        assert found.deliveries > 10


BUSY = Program(
    tuple((n * 500, "plain:1", Do((("draw",), ("tell", "plain:2", Do(()))))) for n in range(400))
)


class Changed(Scripted):
    """As Scripted was, but for the hundredth message."""

    def draw(self, ctx: Any) -> None:
        super().draw(ctx)
        if self.count == 100:
            ctx.tell("plain:3", Do(()))


def test_the_first_different_effect_is_found_with_its_message() -> None:
    """So a replay says which line of a changed program shows, and when."""
    found = played(recorded(BUSY, keep_effects=True), Changed).divergence

    assert found is not None
    assert (found.address, found.now_us) == ("plain:1", START_US + 99 * 500)
    assert found.message == BUSY.tells[99][2]
    assert found.expected == [("tell", "plain:2", Do(()))]
    assert found.got == [("tell", "plain:3", Do(())), ("tell", "plain:2", Do(()))]


def test_without_kept_effects_a_checksum_finds_the_delivery() -> None:
    """It costs five bytes instead of the effects."""
    journal = recorded(BUSY)
    found = played(journal, Changed).divergence

    assert found is not None
    assert found.now_us == START_US + 99 * 500
    assert len(journal) / 800 < 40


class Forgetful(Scripted):
    """Does the same, but remembers something else."""

    def draw(self, ctx: Any) -> None:
        super().draw(ctx)
        self.drawn += 1


def test_a_different_state_is_found_even_when_no_effect_shows_it() -> None:
    """At the next hash of all states."""
    found = played(recorded(BUSY), Forgetful).divergence

    assert found is not None
    assert found.address == ""


class Braver(Scripted):
    """Never crashes."""

    def crash(self, ctx: Any) -> None:
        return


def test_a_crash_that_does_not_happen_again_is_a_difference() -> None:
    """And so is a new one."""
    crash = Program(((0, "plain:1", Do((("crash",),))),))
    found = played(recorded(crash), Braver).divergence

    assert found is not None
    assert (found.expected, found.got) == (None, [])


@pytest.mark.parametrize("lost", [1, 3, 30, 300])
def test_a_journal_is_good_up_to_where_it_was_cut_off(lost: int) -> None:
    """A crash of the node loses the block that was being written."""
    journal = recorded(BUSY)
    found = played(journal[:-lost])

    assert found.cut_off
    assert found.divergence is None
    assert found.blocks > 0


def test_a_changed_byte_ends_a_journal() -> None:
    """The chain of hashes shows it."""
    journal = bytearray(recorded(BUSY))
    journal[-10] ^= 1

    assert played(bytes(journal)).cut_off


def test_what_is_no_journal_is_refused() -> None:
    """By its first line, or its first block."""
    for junk in (b"", b"something else entirely", recorded(BUSY)[:30]):
        with pytest.raises(ValueError, match="journal"):
            played(junk)


def test_only_the_kinds_asked_for_are_recorded() -> None:
    """A journal of a space needs nobody else."""
    everything = played(recorded(BUSY))
    one = played(recorded(BUSY, kinds={"narrow"}))

    assert (everything.deliveries, one.deliveries) == (802, 0)


def test_a_message_that_cannot_be_encoded_ends_the_recording_not_the_run() -> None:
    """The node goes on, and whoever wants to know is told."""
    errors: list[Exception] = []
    file = io.BytesIO()
    recorder = Recorder(file.write, seed=b"", now_us=0, on_error=errors.append)
    engine = HeapEngine([Kind(name="plain", build=Scripted)], seed=b"", observer=recorder)

    engine.core.tell("plain:1", Do(()))
    engine.core.tell("plain:1", object())
    engine.core.tell("plain:1", Do(()))
    engine.settle()
    recorder.close()

    assert engine.core.ledger.done == 3
    assert recorder.ended
    assert "object" in str(errors[0])


def test_a_flushed_journal_can_be_read_while_it_grows() -> None:
    """What was flushed is whole."""
    file = io.BytesIO()
    recorder = Recorder(file.write, seed=b"", now_us=0)
    engine = HeapEngine([Kind(name="plain", build=Scripted)], seed=b"", observer=recorder)
    engine.core.tell("plain:1", IoDone("tag", Ok({"a": [1]})))
    engine.settle()

    recorder.flush()

    found = played(file.getvalue())
    assert (found.deliveries, found.cut_off, found.divergence) == (2, False, None)


def test_a_full_conflated_lane_replays() -> None:
    """Refused values are not in the journal, replaced ones are."""
    tells = [(0, "plain:1", Do(()))]
    tells += [(1, "plain:2", Do((("put", "plain:1", key % 3),))) for key in range(9)]
    tells += [(2, "plain:1", Do((("take",),)))]
    kinds = [Kind(name="plain", build=Scripted, lane=Lane(keys_max=2))]
    file = io.BytesIO()
    recorder = Recorder(file.write, seed=b"", now_us=0)
    engine = HeapEngine(kinds, seed=b"", observer=recorder)
    for when_us, to, message in tells:
        engine.run_until(when_us)
        engine.core.tell(to, message)
    engine.run_until(3)
    recorder.close()

    assert engine.core.ledger.rejected == 3
    assert replay(io.BytesIO(file.getvalue()).read, kinds, CLASSES).divergence is None
