"""Chat: acknowledged is durable, one order for everybody, and a repeat is the same message."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from actors.chat.actor import BATCH_MAX
from actors.chat.rules import CONTENT_LENGTH_MAX, MESSAGE_TYPES, check_content, utf16_length
from actors.person import Person
from actors.space.messages import Say
from actors.space.space_id import SpaceId
from engine.outcome import Ok
from engine.refusal import BadInput, Refused
from tests.actors.support import HARBOUR, LOBBY, Fault, World

ADA = Person(account="ada")


def say(content: str, key: str, **fields: Any) -> Say:
    return Say(socket_id=None, person=ADA, content=content, key=key, **fields)


def append_fails(times: int, fault: Fault) -> Callable[[Any], Fault | None]:
    left = [fault] * times

    def fail(request: Any) -> Fault | None:
        return left.pop() if left and type(request).__name__ == "AppendMessages" else None

    return fail


@given(st.text(st.characters(), max_size=30))
def test_length_is_what_javascript_counts(text: str) -> None:
    """SPEC 5: old clients check `content.length`, UTF-16 code units."""
    assert utf16_length(text) == len(text.encode("utf-16-le", "surrogatepass")) // 2


@given(st.text(st.characters(), max_size=40), st.sampled_from(MESSAGE_TYPES))
def test_what_may_be_posted_is_text_that_shows_and_can_be_kept(text: str, kind: str) -> None:
    """SPEC 5: a message that the rules let through can be written to the database."""
    unfit = "\x00" in text or any("\ud800" <= one <= "\udfff" for one in text)
    if text.strip() and not unfit:
        check_content(text, kind)
        return
    with pytest.raises(BadInput) as caught:
        check_content(text, kind)
    assert caught.value.field == "content"


@pytest.mark.parametrize("character", ["a", "é", "😀"])
def test_the_longest_message_fits_and_one_more_unit_does_not(character: str) -> None:
    """SPEC 5: 2,000 UTF-16 units."""
    longest = character * (CONTENT_LENGTH_MAX // utf16_length(character))
    check_content(longest, "text")
    with pytest.raises(BadInput):
        check_content(longest + "b", "text")


@pytest.mark.parametrize("kind", ["system", "voice_transcription", "", "TEXT"])
def test_people_may_not_send_the_servers_own_types(kind: str) -> None:
    """SPEC 5: system messages come from the system."""
    with pytest.raises(BadInput) as caught:
        check_content("hello", kind)
    assert caught.value.field == "message_type"


def test_a_message_is_acknowledged_when_it_is_durable_and_shown_to_all() -> None:
    """SPEC 5: acknowledged when durable; everyone sees it, the sender too."""
    world = World(reply_us=5000)
    ada, bob = world.inside(LOBBY, "ada", "bob")
    world.run(1)
    ack = ada.say("hello")
    world.engine.run_for(4000)
    assert ada.answers.get(ack) is None
    world.run(1)

    assert ada.answer(ack)["message"]["content"] == "hello"
    assert ada.heard() == bob.heard() == world.chat(LOBBY) == ["hello"]


def test_the_same_key_twice_is_one_message_and_both_askers_are_answered() -> None:
    """SPEC 5: a client's retry is harmless, under way or done."""
    world = World(reply_us=5000)
    ada, bob = world.inside(LOBBY, "ada", "bob")
    first, second = ada.say("hello", key="k"), ada.say("hello", key="k")
    world.run(1)
    third = ada.say("hello", key="k")
    world.run(1)

    ids = {ada.answer(ack)["message"]["id"] for ack in (first, second, third)}
    assert len(ids) == 1
    assert bob.heard() == world.chat(LOBBY) == ["hello"]


def test_keys_of_different_people_are_different() -> None:
    """A key is the sender's own: others' choices are not in the way."""
    world = World()
    ada, bob = world.inside(LOBBY, "ada", "bob")
    ada.say("from ada", key="k")
    bob.say("from bob", key="k")
    world.run(1)

    assert world.chat(LOBBY) == ["from ada", "from bob"]


@settings(max_examples=20, deadline=None)
@given(st.integers(1, 5), st.sampled_from(["err", "unknown"]))
def test_a_failing_store_delays_a_message_and_never_doubles_it(times: int, fault: Fault) -> None:
    """SPEC 5: an unknown outcome is repeated under its key."""
    world = World()
    ada, bob = world.inside(LOBBY, "ada", "bob")
    world.fault = append_fails(times, fault)
    acks = [ada.say(f"message {number}") for number in range(5)]
    world.run(10)

    assert all(isinstance(ada.answer(ack), dict) for ack in acks)
    assert bob.heard() == world.chat(LOBBY) == [f"message {number}" for number in range(5)]


def test_many_messages_at_once_keep_their_order() -> None:
    """SPEC 5: everyone sees messages of a space in one order, over the bounds of batches."""
    world = World(reply_us=5000)
    ada, bob = world.inside(LOBBY, "ada", "bob")
    outcomes: list[Any] = []
    contents = [f"message {number}" for number in range(2 * BATCH_MAX + 30)]
    for number, content in enumerate(contents):
        question = say(content, f"k{number}")
        world.core.ask(LOBBY.address, question, outcomes.append, timeout_us=10**7)
    world.run(2)

    assert [outcome.value.content for outcome in outcomes] == contents
    assert ada.heard() == bob.heard() == world.chat(LOBBY) == contents
    assert world.requests["AppendMessages"] <= 5


def test_a_reply_to_nothing_is_refused_alone() -> None:
    """SPEC 5: a wrong parent is its sender's trouble, not that of others in its batch."""
    world = World(reply_us=5000)
    ada, bob = world.inside(LOBBY, "ada", "bob")
    good = [bob.say("one"), bob.say("two")]
    bad = ada.say("to nobody", parent_message_id=999)
    more = bob.say("three")
    world.run(2)

    assert ada.code(bad) == "no_such_message"
    assert all(isinstance(bob.answer(ack), dict) for ack in (*good, more))
    assert world.chat(LOBBY) == ["one", "two", "three"]


def test_a_message_that_the_database_cannot_hold_is_refused_alone() -> None:
    """The store does not say whose fault a bad value is; the others are written all the same."""
    world = World(reply_us=5000)
    world.inside(LOBBY, "ada")
    outcomes: dict[str, Any] = {}
    for content, key in (("one", "a"), ("two", "b"), ("bad", "c\x00"), ("three", "d")):
        question = say(content, key)
        note = partial(outcomes.__setitem__, content)
        world.core.ask(LOBBY.address, question, note, timeout_us=10**7)
    world.run(2)

    assert {content for content, outcome in outcomes.items() if isinstance(outcome, Ok)} == {
        "one", "two", "three",
    }  # fmt: skip
    assert isinstance(outcomes["bad"], Refused)
    assert world.chat(LOBBY) == ["one", "two", "three"]


@pytest.mark.parametrize("count", [1, BATCH_MAX])
def test_what_was_durable_and_untold_when_the_chat_crashed_is_shown_once(count: int) -> None:
    """SPEC 5: a crash between commit and announcement loses no message for anybody."""
    world = World(reply_us=5000)
    ada, bob = world.inside(LOBBY, "ada", "bob")
    ada.say("before")
    world.run(1)
    outcomes: list[Any] = []
    for number in range(count):
        question = say(f"message {number}", f"k{number}")
        world.core.ask(LOBBY.address, question, outcomes.append, timeout_us=10**7)
    world.engine.run_for(6000)  # One is written alone, the others go together.
    world.crash(LOBBY.chat_address)
    world.engine.run_for(6000)
    durable = world.chat(LOBBY)
    assert len(durable) == count + 1
    world.run(2)

    assert ada.heard() == bob.heard() == durable


def test_chat_goes_on_over_a_crash_of_the_space() -> None:
    """SPEC 5: what was durable before the resync is history, what comes after is shown."""
    world = World()
    ada, bob = world.inside(LOBBY, "ada", "bob")
    ada.say("before")
    world.run(1)
    world.crash(LOBBY.address)
    ack = ada.say("meanwhile")
    world.run(1)
    ada.say("after")
    world.run(1)

    assert isinstance(ada.answer(ack), dict)
    assert bob.heard() == ["before", "meanwhile", "after"]


def test_a_fenced_chat_stops_and_the_next_one_carries_on() -> None:
    """SCALE 1.4: only the newest activation writes; nobody's message is lost by it."""
    world = World()
    ada, bob = world.inside(LOBBY, "ada", "bob")
    ada.say("one")
    world.run(1)
    world.memory.epochs[LOBBY.chat_address] += 1
    ack = ada.say("two")
    world.run(1)

    assert isinstance(ada.answer(ack), dict)
    assert bob.heard() == world.chat(LOBBY) == ["one", "two"]


def test_only_members_talk_over_sockets_and_only_where_chat_is_on() -> None:
    """SPEC 1 and 5: owners may switch chat off; nobody talks into a space from outside."""
    world = World()
    world.save_settings(HARBOUR, chat_enabled=False)
    ada = world.connect("ada")
    outside = ada.say("hello?")
    ada.join(HARBOUR)
    world.run(1)
    inside = ada.say("hello?")
    world.run(1)

    assert (ada.code(outside), ada.code(inside)) == ("not_in_space", "chat_disabled")
    assert [payload["code"] for payload in ada.got("chat-error")] == [
        "not_in_space",
        "chat_disabled",
    ]
    outsider = Say(socket_id="nobody", person=ADA, content="hi", key="k")
    refused = world.ask(LOBBY.address, outsider)
    assert isinstance(refused, Refused)
    assert refused.code == "not_in_space"


def test_too_many_unanswered_messages_are_refused_and_may_be_tried_again() -> None:
    """SPEC 2: over a limit the client is told."""
    world = World(reply_us=5000)
    (ada,) = world.inside(LOBBY, "ada")
    acks = [ada.say(f"message {number}") for number in range(40)]
    world.run(2)

    refused = [ada.answer(ack) for ack in acks if isinstance(ada.answer(ack), Refused)]
    assert {one.code for one in refused} == {"chat_busy"}
    assert all(one.retryable for one in refused)
    assert len(world.chat(LOBBY)) == 40 - len(refused) == 32


def test_a_guests_name_is_shown_with_its_message() -> None:
    """SPEC 5: guests talk where allowed, and are seen to be guests."""
    world = World()
    (ada,) = world.inside(LOBBY, "ada")
    guest = world.connect("bob", Person(guest_id="g1", name="Bob"))
    guest.join(LOBBY)
    guest.say("hi", key="mine")
    world.run(1)

    (shown,) = ada.got("chat-message")
    assert (shown["display_name"], shown["user_account"]) == ("Bob (guest)", None)
    assert shown["key"] == "mine"


def test_spaces_have_chats_of_their_own() -> None:
    """SPEC 5: space chat."""
    world = World()
    ada, bob = (world.inside(space, name)[0] for space, name in ((LOBBY, "ada"), (HARBOUR, "bob")))
    ada.say("in the lobby")
    bob.say("in the harbour")
    world.run(1)

    assert (ada.heard(), bob.heard()) == (["in the lobby"], ["in the harbour"])
    assert world.chat(SpaceId("global", "lobby")) == ["in the lobby"]
