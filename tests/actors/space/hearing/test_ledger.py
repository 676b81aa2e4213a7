"""The audibility ledger: what is read back is what was decided, and gaps stay gaps."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from actors.space.hearing.changes import Change, change, no_codes
from actors.space.hearing.crowd import Mode
from actors.space.hearing.ledger import Audible, Ledger, Replay, Who, audible_at
from actors.space.hearing.told import LinkKind, Told
from actors.store_audibility import CHAIN_MAX, Batch

ROWS = 6
Answer = tuple[Mode, dict[int, Who], list[int]]
Truth = tuple[Mode, dict[int, Who], list[tuple[Who, Who, LinkKind]]]


@st.composite
def answers(draw: st.DrawFn) -> Answer:
    """Return a mode, who is where, and links among them."""
    people: dict[int, Who] = {
        row: (f"p{row}", f"s{row}-{draw(st.integers(0, 2))}")
        for row in draw(st.sets(st.integers(0, ROWS - 1)))
    }
    pairs = [(a, b) for a in people for b in people if a != b]
    links = draw(st.sets(st.sampled_from(pairs))) if pairs else set()
    kinds = st.sampled_from(LinkKind)
    codes = sorted((a << 19) | (b << 3) | draw(kinds) for a, b in links)
    return draw(st.sampled_from(Mode)), people, codes


steps = st.lists(
    st.tuples(
        st.integers(0, 3),
        st.one_of(
            answers(),
            st.integers(0, ROWS - 1),
            st.sampled_from(["cut", "cut", "crash", "restart"]),
        ),
    ),
    max_size=40,
)


def read(epochs: list[list[Batch]], at_us: int) -> Audible | None:
    """Read as a store does: the newest activation's batch that holds, and its chain."""
    for batches in reversed(epochs):
        for batch in batches:
            if batch.from_us <= at_us < batch.until_us:
                return audible_at(chain_of(batch, batches), at_us)
    return None


def chain_of(batch: Batch, batches: list[Batch]) -> list[Batch]:
    """Return the batches of an activation that it takes to read one."""
    return [one for one in batches if batch.key_number <= one.number <= batch.number]


def anew(*codes: int) -> Change:
    """Return an answer, of which nothing was known before."""
    return change(no_codes(), np.array(codes, np.int64))


def truth_of(state: Audible) -> Truth:
    return state.mode, dict(state.people), state.links()


@given(steps)
def test_the_ledger_says_at_every_moment_what_was_decided_or_nothing(
    story: list[tuple[int, Answer | int | str]],
) -> None:
    """Across answers, people going, cuts, lost batches and crashes of the space."""
    ledger, now_us = Ledger(), 0
    told, nobody_new = Told(), np.arange(ROWS)
    epochs: list[list[Batch]] = [[]]
    truth: dict[int, Truth | None] = {}
    known: set[int] = set()
    since_us: int | None = None
    for wait_us, step in story:
        for _ in range(wait_us):
            truth[now_us] = truth_of(ledger.now) if ledger.running else None
            now_us += 1
        match step:
            case int():
                ledger.went(now_us, step)
            case (mode, people, codes):
                ledger.heard(now_us, mode, told.take(np.array(codes, np.int64), nobody_new), people)
                since_us = now_us if since_us is None else since_us
            case "cut":
                batch = ledger.cut(now_us)
                if batch is not None:
                    epochs[-1].append(batch)
                    known |= set(range(batch.from_us, batch.until_us))
            case "restart" if ledger.running:
                ledger.restart(now_us)
            case "crash":
                ledger = Ledger()
                epochs.append([])

    for at_us, state in truth.items():
        found = read(epochs, at_us)
        assert (found is not None) == (at_us in known)
        assert found is None or truth_of(found) == state
    for batches in epochs:
        for batch in batches:
            replay = Replay(chain_of(batch, batches))
            for at_us in range(batch.from_us, batch.until_us):
                assert truth_of(replay.until(at_us)) == truth[at_us]


@given(st.integers(0, 3 * CHAIN_MAX))
def test_a_moment_is_read_from_a_bounded_number_of_batches(cuts: int) -> None:
    """However long people stay, a chain ends and another begins."""
    ledger = Ledger()
    people = {0: ("ada", "s1"), 1: ("bob", "s2")}
    for tick in range(cuts):
        ledger.heard(10 * tick, Mode.AMBIENT, anew(1 << 3), people)
        batch = ledger.cut(10 * tick + 10)
        assert batch is not None
        assert batch.number - batch.key_number < CHAIN_MAX


def test_a_chain_with_a_batch_missing_says_nothing() -> None:
    """Half of the differences are no answer."""
    ledger, people, batches = Ledger(), {0: ("ada", "s1"), 1: ("bob", "s2")}, []
    for tick in range(3):
        ledger.heard(10 * tick, Mode.AMBIENT, anew(*[1 << 3] * (tick % 2)), people)
        batch = ledger.cut(10 * tick + 10)
        assert batch is not None
        batches.append(batch)

    assert audible_at(batches, 25) is not None
    assert audible_at([batches[0], batches[2]], 25) is None
    assert audible_at(batches, 30) is None


def test_what_is_too_much_leaves_a_gap_and_then_a_key() -> None:
    """Memory is bounded however fast people flit about."""
    ledger = Ledger()
    people = {row: (f"p{row}", "s" * 60) for row in range(2000)}
    for tick in range(100):
        shown = {row: (name, f"{'s' * 60}{tick}") for row, (name, _) in people.items()}
        ledger.heard(tick, Mode.AMBIENT, anew(), shown)
    assert ledger.cut(100) is None
    after = ledger.cut(200)
    assert after is not None
    state = audible_at([after], 150)
    assert state is not None
    assert len(state.people) == 2000
