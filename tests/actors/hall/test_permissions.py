"""Permissions: one pure function, and what must be true of it whatever the facts."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.space.permissions import (
    REQUIRED_PERMISSIONS,
    PersonFacts,
    SpaceRules,
    Standing,
    abilities,
    may_use,
    standing_of,
)

people = st.builds(
    PersonFacts,
    account=st.sampled_from([None, "bob"]),
    system_admin=st.booleans(),
    owner=st.booleans(),
    permissions=st.frozensets(st.sampled_from(["access", "moderate", "admin"])),
    subscriber=st.booleans(),
    tickets=st.frozensets(st.sampled_from(["qna_access", "premium", "vip"])),
    banned=st.booleans(),
    muted=st.booleans(),
    holds_floor=st.booleans(),
    exempt=st.booleans(),
)
rules = st.builds(
    SpaceRules,
    open_to_person=st.booleans(),
    guests_allowed=st.booleans(),
    chat_enabled=st.booleans(),
    voice_enabled=st.booleans(),
    all_muted=st.booleans(),
    tickets_for_questions=st.booleans(),
)
ROLES = ("hold_floor", "request_speaker", "request_microphone", "ask_question")
POWERS = ("take_free_floor", "moderate", "administer")


@pytest.mark.parametrize(
    ("facts", "standing"),
    [
        (PersonFacts(), Standing.GUEST),
        (PersonFacts(account="bob"), Standing.MEMBER),
        (PersonFacts(account="bob", permissions=frozenset({"access"})), Standing.MEMBER),
        (PersonFacts(account="bob", tickets=frozenset({"qna_access"})), Standing.TICKET),
        (PersonFacts(account="bob", subscriber=True), Standing.SUBSCRIBER),
        (PersonFacts(account="bob", tickets=frozenset({"vip"})), Standing.PREMIUM_TICKET),
        (PersonFacts(account="bob", permissions=frozenset({"moderate"})), Standing.MODERATOR),
        (PersonFacts(account="bob", permissions=frozenset({"admin"})), Standing.ADMIN),
        (PersonFacts(account="bob", owner=True), Standing.ADMIN),
        (PersonFacts(account="bob", system_admin=True), Standing.ADMIN),
    ],
)
def test_standings_are_those_of_the_rules_page(facts: PersonFacts, standing: Standing) -> None:
    """docs/rules/permissions.md, the first table."""
    assert standing_of(facts) is standing


@given(people, rules)
def test_guests_listen_only(facts: PersonFacts, space: SpaceRules) -> None:
    """SPEC 4: whatever else is said of somebody without an account."""
    able = abilities(replace(facts, account=None), space)

    assert able.standing is Standing.GUEST
    assert not any(getattr(able, name) for name in (*ROLES, *POWERS, "vote"))


@given(people, rules)
def test_who_may_not_come_in_may_nothing(facts: PersonFacts, space: SpaceRules) -> None:
    """Every ability stands on the one to join."""
    able = abilities(facts, space)

    if not able.join:
        assert not able.speak
        assert not able.chat
        assert not any(getattr(able, name) for name in (*ROLES, *POWERS, "vote"))


@given(people, rules)
def test_administrators_can_not_be_locked_out(facts: PersonFacts, space: SpaceRules) -> None:
    """The one who can undo a ban or a mute keeps being able to."""
    able = abilities(facts, space)

    if able.standing is Standing.ADMIN:
        assert able.join
        assert able.moderate
        assert able.administer
        assert able.speak == space.voice_enabled
    assert able.administer == (able.standing is Standing.ADMIN)


@given(people, rules)
def test_nobody_speaks_who_is_muted_or_where_voice_is_off(
    facts: PersonFacts, space: SpaceRules
) -> None:
    """Issue 4: never heard are those without permission to speak; a role is no way around it."""
    muted = replace(facts, muted=True, account="bob")
    if standing_of(muted) is not Standing.ADMIN:
        assert not abilities(muted, space).speak
        assert not abilities(muted, space).hold_floor
    assert not abilities(facts, replace(space, voice_enabled=False)).speak


@given(people, rules)
def test_mute_all_holds_for_everybody_but_moderators_and_who_has_the_floor(
    facts: PersonFacts, space: SpaceRules
) -> None:
    """Newcomers too: it is a rule of the space, not a list of people."""
    quiet = replace(space, all_muted=True)
    able = abilities(replace(facts, holds_floor=False, exempt=False), quiet)
    assert able.speak <= (able.standing <= Standing.MODERATOR)
    floor = replace(facts, holds_floor=True)
    assert abilities(floor, quiet).speak == abilities(floor, replace(space, all_muted=False)).speak


@given(people, rules)
def test_a_gift_never_takes_an_ability_away(facts: PersonFacts, space: SpaceRules) -> None:
    """More rights, a subscription or a ticket can only help."""
    before = abilities(facts, space)
    for richer in (
        replace(facts, subscriber=True),
        replace(facts, tickets=facts.tickets | {"premium"}),
        replace(facts, permissions=facts.permissions | {"moderate"}),
        replace(facts, permissions=facts.permissions | {"admin"}),
        replace(facts, owner=True),
    ):
        after = abilities(richer, space)
        assert after.standing <= before.standing
        for name in ("join", "chat", "speak", "vote", *ROLES, *POWERS):
            assert getattr(after, name) >= getattr(before, name), name


@given(people, rules)
def test_ticketed_questions_are_for_ticket_holders(facts: PersonFacts, space: SpaceRules) -> None:
    """SPEC 4: only holders of a valid ticket ask there; moderators run it."""
    able = abilities(facts, replace(space, tickets_for_questions=True))

    if able.ask_question:
        assert facts.tickets or able.moderate


@given(st.sampled_from(Standing), st.sampled_from(Standing))
def test_enough_is_enough_for_everybody_above(lower: Standing, higher: Standing) -> None:
    """Standings are one line: what is open to one is open to all above."""
    lower, higher = max(lower, higher), min(lower, higher)
    for required in REQUIRED_PERMISSIONS:
        assert may_use(higher, required) >= may_use(lower, required)
        assert not may_use(Standing.GUEST, required)
