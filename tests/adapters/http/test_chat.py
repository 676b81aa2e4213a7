"""Chat over REST, with the real space and chat actors."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from actors.person import Person
from actors.space.space_id import SpaceId
from actors.store import AppendMessages, FindMessages
from engine.outcome import Err, Ok, Outcome, Unknown
from tests.adapters.http.stack import LOBBY, LOBBY_CHAT, Stack, running
from tests.adapters.http.test_spaces import settings

ALICE = Person(account="alice")


async def test_a_posted_message_is_durable_answered_and_shown_to_the_space(stack: Stack) -> None:
    """One emit path: those in the space see the same row, with a timestamp."""
    await stack.enter(LOBBY, ALICE)
    answer = await stack.http.post(
        LOBBY_CHAT, json={"content": "Ahoy ⛵"}, headers=stack.token(ALICE)
    )
    message = answer.json()["message"]
    seen = await stack.sockets.until("chat-message")

    assert answer.status_code == 200
    assert message["content"] == "Ahoy ⛵"
    assert message["user_account"] == message["display_name"] == "alice"
    assert message["guest_id"] is None
    assert message["created_at"].endswith("Z")
    assert [row.id for row in stack.store.messages_of(LOBBY)] == [message["id"]]
    assert {key: seen[key] for key in message} == message
    assert isinstance(seen["timestamp"], int)


async def test_pages_are_the_newest_first_and_oldest_first_within(stack: Stack) -> None:
    """As clients scroll back; `has_more` says whether there is anything before."""
    for number in range(5):
        await stack.http.post(LOBBY_CHAT, json={"content": str(number)})

    async def page(query: str) -> tuple[list[str], bool]:
        body = (await stack.http.get(f"{LOBBY_CHAT}?{query}")).json()
        return [one["content"] for one in body["messages"]], body["has_more"]

    assert await page("limit=2") == (["3", "4"], True)
    assert await page("limit=2&offset=2") == (["1", "2"], True)
    assert await page("limit=2&offset=4") == (["0"], False)
    assert await page("limit=100") == (["0", "1", "2", "3", "4"], False)
    assert await page("subspace=stage") == ([], False)


async def test_both_names_of_the_type_and_both_hosts_paths(stack: Stack) -> None:
    """`message_type` wins over `type`; the data host names the space in the body."""
    typed = await stack.http.post(LOBBY_CHAT, json={"content": "a", "type": "emoji"})
    both = await stack.http.post(
        LOBBY_CHAT, json={"content": "b", "type": "emoji", "message_type": "image"}
    )
    addressed = await stack.http.post(
        "/api/presence/chat/messages",
        json={"space_type": "global", "space_id": "lobby", "content": "c", "guest_id": "ffffffff"},
    )

    assert typed.json()["message"]["message_type"] == "emoji"
    assert both.json()["message"]["message_type"] == "image"
    assert addressed.json()["success"] is True
    assert [row.content for row in stack.store.messages_of(LOBBY)] == ["a", "b", "c"]


async def test_a_guest_is_known_by_a_stable_id_nobody_can_choose(stack: Stack) -> None:
    """The same address and browser are the same guest; another browser is another."""
    ids = []
    for agent in ("one", "one", "two"):
        answer = await stack.http.post(
            LOBBY_CHAT, json={"content": "hi", "guest_id": "chosen"}, headers={"User-Agent": agent}
        )
        message = answer.json()["message"]
        assert message["display_name"] == f"Guest-{message['guest_id']}"
        ids.append(message["guest_id"])

    assert ids[0] == ids[1] != ids[2]
    assert all(len(one) == 8 and int(one, 16) >= 0 for one in ids)


async def test_a_guest_with_a_token_keeps_its_id_and_name(stack: Stack) -> None:
    """So chat and presence show one person."""
    guest = (await stack.http.post("/api/auth/guest", json={"name": " Ann  Lee "})).json()
    headers = {"Authorization": f"Bearer {guest['token']}"}
    message = (await stack.http.post(LOBBY_CHAT, json={"content": "x"}, headers=headers)).json()

    assert guest["display_name"] == message["message"]["display_name"] == "Ann Lee (guest)"
    assert message["message"]["guest_id"] == guest["guest_id"]


async def test_replies_count_in_their_thread_and_must_have_a_parent(stack: Stack) -> None:
    """A parent of another space is none."""
    parent = (await stack.http.post(LOBBY_CHAT, json={"content": "q"})).json()["message"]["id"]
    reply = await stack.http.post(LOBBY_CHAT, json={"content": "a", "parent_message_id": parent})
    orphan = await stack.http.post(
        "/api/chat/post/ada/harbour/messages", json={"content": "a", "parent_message_id": parent}
    )

    assert reply.json()["message"]["parent_message_id"] == parent
    assert (await stack.http.get(LOBBY_CHAT)).json()["messages"][0]["thread_count"] == 1
    assert orphan.status_code == 400
    assert orphan.json()["code"] == "no_such_message"
    assert orphan.json()["field"] == "parent_message_id"


async def test_a_repeat_with_the_same_key_is_one_message(stack: Stack) -> None:
    """Per person; another message under the same key is a conflict, not a silent loss."""
    key = {"Idempotency-Key": "8e03978e-40d5-43e8-bc93-6894a57f9324"}
    first = await stack.http.post(LOBBY_CHAT, json={"content": "a"}, headers=key)
    repeat = await stack.http.post(LOBBY_CHAT, json={"content": "a"}, headers=key)
    other = await stack.http.post(LOBBY_CHAT, json={"content": "b"}, headers=key)
    somebody_else = await stack.http.post(
        LOBBY_CHAT, json={"content": "b"}, headers=key | stack.token(ALICE)
    )

    assert first.json()["message"] == repeat.json()["message"]
    assert other.status_code == 409
    assert other.json()["code"] == "idempotency_conflict"
    assert somebody_else.status_code == 200
    assert [row.content for row in stack.store.messages_of(LOBBY)] == ["a", "b"]


@pytest.mark.parametrize("key", ["", "a b", "é", "x" * 129])
async def test_a_key_that_cannot_be_one_is_named(stack: Stack, key: str) -> None:
    """Rather than quietly not being idempotent."""
    headers = {b"Idempotency-Key": key.encode()}
    answer = await stack.http.post(LOBBY_CHAT, json={"content": "a"}, headers=headers)

    assert answer.status_code == 400
    assert answer.json()["field"] == "Idempotency-Key"
    assert stack.store.messages_of(LOBBY) == ()


async def test_a_reply_lost_after_the_commit_is_still_one_message(stack: Stack) -> None:
    """The chat asks again by key; the client never learns that anything happened."""
    lost: list[Any] = []

    def lose_once(request: Any, outcome: Outcome) -> Outcome:
        if isinstance(request, AppendMessages) and not lost:
            lost.append(request)
            return Unknown("testing")
        return outcome

    stack.faults.fault = lose_once
    answer = await stack.http.post(LOBBY_CHAT, json={"content": "once"})

    assert lost
    assert answer.status_code == 200
    assert [row.content for row in stack.store.messages_of(LOBBY)] == ["once"]


async def test_chat_that_is_switched_off_or_closed_to_guests_says_so(stack: Stack) -> None:
    """403 with a code for each; reading follows the rule of entering."""
    quiet, closed = SpaceId("post", "a/quiet"), SpaceId("post", "a/closed")
    await settings(stack, quiet, chat_enabled=False)
    await settings(stack, closed, guests_allowed=False)
    answers = {
        name: await stack.http.post(f"/api/chat/post/a/{name}/messages", json={"content": "x"})
        for name in ("quiet", "closed")
    }

    assert answers["quiet"].status_code == answers["closed"].status_code == 403
    assert answers["quiet"].json()["code"] == "chat_disabled"
    assert answers["closed"].json()["code"] == "guests_not_allowed"
    assert (await stack.http.get("/api/chat/post/a/closed/messages")).status_code == 403
    assert (await stack.http.get("/api/chat/global/kitchen/messages")).status_code == 404


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "content"),
        ({"content": ""}, "content"),
        ({"content": " \n "}, "content"),
        ({"content": None}, "content"),
        ({"content": 5}, "content"),
        ({"content": "x" * 2001}, "content"),
        ({"content": "⛵" * 2000 + "x"}, "content"),
        ({"content": "😀" * 1001}, "content"),
        ({"content": "a\x00b"}, "content"),
        ({"content": "x", "message_type": "system"}, "message_type"),
        ({"content": "x", "message_type": 1}, "message_type"),
        ({"content": "x", "subspace": "no spaces"}, "subspace"),
        ({"content": "x", "subspace": ["main"]}, "subspace"),
        ({"content": "x", "parent_message_id": 0}, "parent_message_id"),
        ({"content": "x", "parent_message_id": "1"}, "parent_message_id"),
        ({"content": "x", "parent_message_id": 2**53}, "parent_message_id"),
        ({"content": "x", "parent_message_id": 1.5}, "parent_message_id"),
    ],
)
async def test_a_message_that_does_not_fit_is_named_and_changes_nothing(
    stack: Stack, body: dict[str, Any], field: str
) -> None:
    """The field at fault, in a sentence; nobody sees half a message."""
    answer = await stack.http.post(LOBBY_CHAT, json=body)

    assert answer.status_code == 400
    assert answer.json()["field"] == field
    assert field in answer.json()["error"]
    assert stack.store.messages_of(LOBBY) == ()


async def test_two_thousand_characters_as_javascript_counts_them(stack: Stack) -> None:
    """1,000 emoji are 2,000 units and fit."""
    for content in ("x" * 2000, "😀" * 1000):
        answer = await stack.http.post(LOBBY_CHAT, json={"content": content})
        assert answer.json()["message"]["content"] == content


async def test_a_space_that_cannot_start_is_503(stack: Stack) -> None:
    """The client is told to try again, and the message exists nowhere."""

    def away(_request: Any, _outcome: Outcome) -> Outcome:
        return Err("testing")

    stack.faults.fault = away
    answer = await stack.http.post(LOBBY_CHAT, json={"content": "x"})

    assert answer.status_code == 503
    assert stack.store.messages_of(LOBBY) == ()


@pytest.mark.parametrize("committed", [True, False])
async def test_when_nobody_answers_in_time_the_store_is_asked(
    tmp_path: Path, *, committed: bool
) -> None:
    """What is durable is answered as done; otherwise the client learns that it is not known."""

    def silent(request: Any, outcome: Outcome) -> Outcome:
        if isinstance(request, AppendMessages):
            return Unknown("testing")
        if isinstance(request, FindMessages) and not committed:
            return Ok(())
        return outcome

    async with running(tmp_path / "keys", answer_timeout_us=50_000) as stack:
        stack.faults.fault = silent
        answer = await stack.http.post(LOBBY_CHAT, json={"content": "x"})

    if committed:
        assert answer.status_code == 200
        assert answer.json()["message"]["content"] == "x"
    else:
        assert answer.status_code == 503
        assert answer.json()["code"] == "outcome_unknown"
        assert answer.json()["retryable"] is True
