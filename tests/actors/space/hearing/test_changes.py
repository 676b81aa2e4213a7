"""What changed from one answer to the next, in codes."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from actors.space.hearing.changes import KIND_BITS, LISTENER_SHIFT, change, columns
from actors.space.hearing.told import LinkKind, Told, news

ROWS = 5
links = st.dictionaries(
    st.tuples(st.integers(0, ROWS - 1), st.integers(0, ROWS - 1)).filter(
        lambda pair: len({*pair}) > 1
    ),
    st.sampled_from(LinkKind),
)
Links = dict[tuple[int, int], LinkKind]


def codes_of(heard: Links) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    codes = [(a << LISTENER_SHIFT) | (b << KIND_BITS) | kind for (a, b), kind in heard.items()]
    return np.array(sorted(codes), np.int64)


@given(links, links)
def test_a_change_is_what_either_lacks(before: Links, now: Links) -> None:
    """As sets say, ascending; a link of another kind is in both."""
    old, new = codes_of(before), codes_of(now)
    found = change(old, new)

    assert new[found.made].tolist() == sorted({*new.tolist()} - {*old.tolist()})
    assert found.ended.tolist() == sorted({*old.tolist()} - {*new.tolist()})


@given(
    st.lists(
        st.tuples(links, st.sets(st.integers(0, ROWS - 1)), st.sets(st.integers(0, ROWS - 1))),
        max_size=6,
    )
)
def test_what_listeners_are_told_adds_up_to_the_answer(
    story: list[tuple[Links, set[int], set[int]]],
) -> None:
    """Whoever is told all they hear or only differences, and whichever rows get another body."""
    told, life = Told(), np.ones(ROWS, np.int64)
    known: dict[int, dict[int, int]] = {row: {} for row in range(ROWS)}
    for heard, reborn, wholly in story:
        life = life + np.isin(np.arange(ROWS), sorted(reborn))
        for row in range(ROWS):
            kept = {} if row in reborn else known[row]
            known[row] = {source: kind for source, kind in kept.items() if source not in reborn}
        codes = codes_of(heard)
        listener, source, kind = columns(codes)
        whole = np.isin(np.arange(ROWS), sorted(wholly))
        for each in news(told.take(codes, life), whole=whole, asked=whole):
            assert set(listener[each.made].tolist()) <= {each.listener}
            assert each.whole == (each.listener in wholly)
            own = known[each.listener]
            if each.whole:
                own.clear()
            for row in each.ended.tolist():
                del own[row]
            own |= dict(zip(source[each.made].tolist(), kind[each.made].tolist(), strict=True))

        expected: dict[int, dict[int, int]] = {row: {} for row in range(ROWS)}
        for (ear, mouth), by in heard.items():
            expected[ear][mouth] = int(by)
        assert known == expected
