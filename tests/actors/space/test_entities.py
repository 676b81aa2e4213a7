"""The rule of shared entities: whatever arrives in whatever order, the greatest stamp holds."""

from __future__ import annotations

from functools import reduce
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.person import Person
from actors.space.entities import (
    Entity,
    EntityLocked,
    EntityUpdate,
    NoSuchEntity,
    NotOwner,
    Register,
    admit,
    changed,
    join,
    may_remove,
    removal,
    restored,
)

NOW_MS = 1_000
ADA, BOB = Person(account="ada"), Person(guest_id="bob")

stamps = st.tuples(st.integers(0, 6), st.sampled_from(["a", "b", "c"]))
registers = st.dictionaries(
    st.sampled_from(["persistent", "template", ".at", ".color"]),
    st.builds(Register.of, st.integers(0, 3), stamps),
    max_size=3,
)
parts = st.builds(
    Entity,
    id=st.just("lamp"),
    owned=stamps,
    owner_account=st.sampled_from([None, "ada"]),
    registers=registers,
) | st.builds(Entity, id=st.just("lamp"), removed=stamps)
times = st.none() | st.integers(0, NOW_MS + 50)
updates = st.builds(
    EntityUpdate,
    entity_id=st.just("lamp"),
    components=st.dictionaries(st.sampled_from(["at", "color"]), st.integers(0, 9), max_size=2),
    facts=st.dictionaries(st.just("persistent"), st.booleans(), max_size=1),
    take=st.booleans(),
    time_ms=times,
)


def joined(states: list[Entity]) -> Entity:
    return reduce(join, states, Entity(id="lamp"))


def offer(
    known: Entity | None, update: EntityUpdate, who: str = "a", person: Person = BOB, **fields: Any
) -> Entity:
    """Return the entity after an update, or raise its refusal."""
    part = admit(
        known,
        update,
        socket_id=who,
        person=person,
        now_ms=fields.pop("now_ms", NOW_MS),
        rules_here=fields.pop("rules_here", False),
    )
    return join(known or Entity(id="lamp"), part)


def lamp(**fields: Any) -> EntityUpdate:
    return EntityUpdate(entity_id="lamp", **fields)


@given(st.lists(parts, min_size=1, max_size=7), st.randoms(use_true_random=False))
def test_any_order_and_any_repetition_end_in_the_same_state(
    states: list[Entity], dice: Any
) -> None:
    """REALTIME 4: conflicts resolve the same way on every client."""
    again = states + dice.choices(states, k=3)
    dice.shuffle(again)

    assert joined(again) == joined(states)


@given(parts, parts, parts)
def test_parts_may_be_joined_before_they_are_taken_in(
    one: Entity, two: Entity, three: Entity
) -> None:
    """A tick's conflated changes are as good as the single ones."""
    assert join(join(one, two), three) == join(one, join(two, three))
    assert join(one, one) == join(one, Entity(id="lamp"))


@given(st.lists(parts, min_size=1, max_size=7))
def test_the_greatest_stamp_after_the_last_removal_holds(states: list[Entity]) -> None:
    """By (time, id), for the owner and for every component by itself."""
    end = joined(states)
    removed = max(one.removed for one in states)
    takings = [one.owned for one in states if one.owned > removed]

    assert end.removed == removed
    assert end.exists == bool(takings)
    if takings:
        assert end.owned == max(takings)
    for name in ("persistent", "template", ".at", ".color"):
        written = [one.registers[name] for one in states if name in one.registers]
        held = [one.stamp for one in written if one.stamp > removed]
        if held:
            assert end.registers[name].stamp == max(held)
        else:
            assert name not in end.registers


@given(st.lists(st.tuples(updates, st.sampled_from("abc"), st.integers(0, 3)), max_size=12))
def test_what_the_server_lets_in_is_in_order_and_never_in_the_future(
    steps: list[tuple[EntityUpdate, str, int]],
) -> None:
    """Ownership only goes to a later (time, id), and a client's clock cannot win for ever."""
    known: Entity | None = None
    now_ms, owners = NOW_MS, []
    for update, who, later_ms in steps:
        now_ms += later_ms
        try:
            after = offer(known, update, who, now_ms=now_ms)
        except (NotOwner, NoSuchEntity):
            continue
        if known is not None and known.owner != who:
            assert update.take
            assert after.owned > known.owned
        assert after.owner == who
        assert after.owned[0] <= now_ms + len(steps)
        owners.append(after.owned)
        for name, value in update.components.items():
            if update.time_ms is None:
                assert after.components[name] == value  # What is done now is what holds.
        known = after

    assert owners == sorted(owners)


def test_only_who_owns_it_changes_it_and_anybody_may_take_it() -> None:
    """A NAF client takes ownership and then moves; others see one owner after the other."""
    known = offer(None, lamp(components={"at": 1}))
    with pytest.raises(NotOwner) as caught:
        offer(known, lamp(components={"at": 2}), "b")
    assert caught.value.details["entity"]["owner"] == "a"
    with pytest.raises(NotOwner):
        offer(known, lamp(take=True, time_ms=NOW_MS - 1), "b")
    taken = offer(known, lamp(components={"at": 2}, take=True), "b")

    assert (taken.owner, taken.components) == ("b", {"at": 2})
    assert taken.view()["creator"] == "a"


def test_of_two_who_take_in_one_millisecond_the_greater_id_has_it() -> None:
    """WIRE 2.3, NAF: (lastOwnerTime, id)."""
    known = offer(None, lamp(time_ms=5), "a")
    later = offer(known, lamp(take=True, time_ms=5), "b")
    with pytest.raises(NotOwner):
        offer(later, lamp(take=True, time_ms=5), "a")

    assert later.owned == (5, "b")


def test_what_comes_with_a_taking_holds_however_slow_the_takers_clock() -> None:
    """In NAF, too, the new owner's components count and the old owner's no more."""
    known = offer(None, lamp(components={"at": 1}, time_ms=500), "a")
    known = offer(known, lamp(components={"at": 2}), "a")
    taken = offer(known, lamp(components={"at": 3}, take=True, time_ms=600), "b")

    assert taken.owned == (600, "b")
    assert taken.components == {"at": 3}


def test_a_lock_holds_against_all_but_the_account_and_who_rules_here() -> None:
    """«Allowed unless locked»; an owner's other connection is the owner."""
    known = offer(None, lamp(facts={"locked": True}), "a", ADA)
    with pytest.raises(EntityLocked):
        offer(known, lamp(take=True), "b")
    other = offer(known, lamp(components={"at": 3}), "a2", ADA)
    ruled = offer(known, lamp(take=True, facts={"locked": False}), "c", rules_here=True)

    assert (other.owner, other.owner_account) == ("a2", "ada")
    assert (ruled.owner, ruled.fact("locked")) == ("c", False)


def test_what_arrives_late_does_not_bring_back_what_was_removed() -> None:
    """A straggler recreates nothing; taking it on purpose does."""
    known = offer(None, lamp(components={"at": 1}))
    trace = join(known, removal(known, socket_id="a", now_ms=NOW_MS))
    for late in (lamp(components={"at": 2}), lamp(take=True, time_ms=NOW_MS)):
        with pytest.raises(NoSuchEntity):
            offer(trace, late, "b")
    anew = offer(trace, lamp(components={"color": 1}, take=True), "b")

    assert not trace.exists
    assert (anew.exists, anew.owner, anew.components) == (True, "b", {"color": 1})


def test_removing_is_for_the_owner_the_account_and_who_rules_here() -> None:
    """Others take it first."""
    known = offer(None, lamp(), "a", ADA)
    may_remove(known, socket_id="a", person=ADA, rules_here=False)
    may_remove(known, socket_id="a2", person=ADA, rules_here=False)
    may_remove(known, socket_id="b", person=BOB, rules_here=True)
    with pytest.raises(NotOwner):
        may_remove(known, socket_id="b", person=BOB, rules_here=False)


def test_a_component_set_to_null_is_gone_and_others_are_told() -> None:
    """NAF: null removes a component."""
    known = offer(None, lamp(components={"at": 1, "color": 2}))
    after = offer(known, lamp(components={"at": None}))

    assert after.components == {"color": 2}
    assert after.view(changed(known, after))["components"] == {"at": None}


@given(st.lists(updates, min_size=1, max_size=6))
def test_what_was_saved_comes_back_and_later_updates_hold(steps: list[EntityUpdate]) -> None:
    """A restart loses the single stamps, never the newest one."""
    known: Entity | None = None
    for update in steps:
        known = offer(known, update)
    assert known is not None
    back = restored(
        known.id,
        owned=known.owned,
        owner_account=known.owner_account,
        creator=known.fact("creator"),
        time_ms=known.newest[0],
        facts={name: known.fact(name) for name in ("template", "parent", "persistent", "locked")},
        components=known.components,
    )
    later = offer(back, lamp(components={"at": "later"}))

    assert back.components == known.components
    assert (back.owned, back.newest) >= (known.owned, known.owned)
    assert later.components["at"] == "later"
