"""Differences lead from one relation to the next, and fit no other."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from actors.space.hearing.relation import Relation, apply, diff, silence

links = st.dictionaries(
    st.tuples(st.integers(0, 5), st.integers(0, 5)),
    st.tuples(st.integers(0, 3), st.integers(-2, 2)),
)


def relation(heard: dict[tuple[int, int], tuple[int, int]]) -> Relation:
    keys = np.array([(a << 16) | b for a, b in heard], np.int64)
    values = np.array(list(heard.values()), np.int64).reshape(-1, 2)
    return Relation.of(keys, values[:, 0], values[:, 1])


@settings(deadline=None)
@given(links, links)
def test_differences_applied_to_the_old_give_the_new(
    old: dict[tuple[int, int], tuple[int, int]], new: dict[tuple[int, int], tuple[int, int]]
) -> None:
    """And they are the least: what is in both alike is in none of the three."""
    differences = diff(relation(old), relation(new))

    assert apply(relation(old), differences) == relation(new)
    assert differences.added == relation({k: v for k, v in new.items() if k not in old})
    assert differences.removed == relation({k: v for k, v in old.items() if k not in new})
    changed = {k: v for k, v in new.items() if k in old and old[k] != v}
    assert differences.changed == relation(changed)
    assert bool(differences) == (old != new)


@settings(deadline=None)
@given(links)
def test_a_listener_finds_their_own_links(heard: dict[tuple[int, int], tuple[int, int]]) -> None:
    """Each is sent only their own."""
    for listener in range(6):
        own = {link: value for link, value in heard.items() if link[0] == listener}
        assert relation(heard).sources_of(listener) == relation(own)


def test_differences_of_another_relation_are_refused() -> None:
    """Somebody who missed a tick must ask for the whole."""
    one = relation({(0, 1): (1_000, 0)})
    with pytest.raises(ValueError, match="does not have"):
        apply(silence(), diff(one, silence()))
    with pytest.raises(ValueError, match="does not have"):
        apply(silence(), diff(one, relation({(0, 1): (500, 0)})))
    with pytest.raises(ValueError, match="already has"):
        apply(one, diff(silence(), one))
