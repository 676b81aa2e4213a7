"""Chat through the store port: order, keys, fences, parents and pages."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any

import pytest
import trio
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from actors.space.space_id import SpaceId
from actors.store import (
    FENCED,
    AppendMessages,
    FindMessages,
    MessagePage,
    MessageRow,
    NewMessage,
    ReadMessages,
)
from actors.store_answers import RefusedByStore
from engine.outcome import Ok, Outcome
from engine.refusal import Refused
from tests.contracts.stores import Maker, Store, activate_chat, message, new_space

examples = settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


async def append(
    store: Store, space: SpaceId, epoch: int, *messages: NewMessage
) -> tuple[MessageRow, ...]:
    request = AppendMessages(actor=space.chat_address, epoch=epoch, space=space, messages=messages)
    rows: tuple[MessageRow, ...] = await store.perform(request)
    return rows


async def history(store: Store, space: SpaceId, **page: int) -> MessagePage:
    read: MessagePage = await store.perform(ReadMessages(space=space, **page))
    return read


async def test_an_appended_message_comes_back_as_it_was_sent(store: Store) -> None:
    """What is answered is what history tells later, in every field."""
    space = new_space()
    epoch = await activate_chat(store, space)
    sent = message(
        "k1",
        "grüß Gott 🎈 'quoted'\n",
        account=None,
        guest_id="0a1b2c3d",
        message_type="emoji",
        metadata={"b": 1.5, "a": [1, None, {"deep": "\\u0000"}], "long": 2**40},
    )

    [row] = await append(store, space, epoch, sent)

    assert (row.space, row.key, row.content) == (space, "k1", sent.content)
    assert (row.account, row.guest_id, row.message_type) == (None, "0a1b2c3d", "emoji")
    assert (row.metadata, row.parent_message_id) == (sent.metadata, None)
    assert (row.thread_count, row.is_edited, row.is_deleted) == (0, False, False)
    assert row.created_at_us == row.updated_at_us > 1_600_000_000_000_000
    assert (await history(store, space)).messages == (row,)


async def test_a_repeated_key_answers_with_the_first_row_and_writes_nothing(store: Store) -> None:
    """A sender who never heard the answer may send again, even beside new messages."""
    space = new_space()
    epoch = await activate_chat(store, space)
    [first] = await append(store, space, epoch, message("k1", "first"))

    again = await append(store, space, epoch, message("k0"), message("k1", "other"), message("k0"))

    assert again[1] == first
    assert again[0] == again[2]
    assert [row.key for row in (await history(store, space)).messages] == ["k1", "k0"]


async def test_keys_belong_to_their_space(store: Store) -> None:
    """Two spaces may use the same key for messages of their own."""
    here, there = new_space(), replace(new_space(), subspace="stage")
    for space in (here, there):
        epoch = await activate_chat(store, space)
        await append(store, space, epoch, message("k1", f"in {space}"))

    [row] = await store.perform(FindMessages(space=there, keys=("k1",)))

    assert row.content == f"in {there}"


async def test_find_answers_what_exists_in_the_order_asked(store: Store) -> None:
    """So an append whose fate is unknown is resolved by asking for its keys."""
    space = new_space()
    epoch = await activate_chat(store, space)
    await append(store, space, epoch, message("a"), message("b"))

    found = await store.perform(FindMessages(space=space, keys=("b", "missing", "a", "b")))

    assert [row.key for row in found] == ["b", "a"]


@pytest.mark.parametrize("stale", [0, 1, 3])
async def test_a_write_under_another_epoch_is_fenced(store: Store, stale: int) -> None:
    """Only the latest activation of an actor may write for it."""
    space = new_space()
    assert await activate_chat(store, space) == 1
    assert await activate_chat(store, space) == 2

    with pytest.raises(RefusedByStore) as refused:
        await append(store, space, stale, message("k1"))

    assert refused.value.code == FENCED
    assert not refused.value.retryable
    assert (await history(store, space)).messages == ()


async def test_an_actor_that_was_never_activated_is_fenced(store: Store) -> None:
    """No epoch row means no right to write."""
    with pytest.raises(RefusedByStore) as refused:
        await append(store, new_space(), 1, message("k1"))

    assert refused.value.code == FENCED


async def test_a_reply_counts_on_its_parent(store: Store) -> None:
    """thread_count is the number of replies, whoever reads it next."""
    space = new_space()
    epoch = await activate_chat(store, space)
    [parent] = await append(store, space, epoch, message("p"))

    replies = [message(key, parent_message_id=parent.id) for key in ("r1", "r2", "r1")]
    rows = await append(store, space, epoch, *replies)
    await append(store, space, epoch, replies[0])

    assert [row.parent_message_id for row in rows] == [parent.id] * 3
    [stored] = await store.perform(FindMessages(space=space, keys=("p",)))
    assert stored.thread_count == 2
    assert stored == replace(parent, thread_count=2)


@pytest.mark.parametrize("wrong", ["missing", "elsewhere", 10**30, -1])
async def test_a_parent_outside_the_space_is_refused_whole(store: Store, wrong: Any) -> None:
    """A reply can't reach into another space, and nothing of its request is written."""
    space, other = new_space(), new_space()
    epoch, other_epoch = await activate_chat(store, space), await activate_chat(store, other)
    [foreign] = await append(store, other, other_epoch, message("k"))
    parent = {"missing": foreign.id + 1000, "elsewhere": foreign.id}.get(wrong, wrong)

    with pytest.raises(RefusedByStore) as refused:
        await append(store, space, epoch, message("ok"), message("bad", parent_message_id=parent))

    assert refused.value.code == "no_such_message"
    assert refused.value.field == "parent_message_id"
    assert refused.value.details == {"key": "bad"}
    assert (await history(store, space)).messages == ()


@pytest.mark.parametrize(
    "bad",
    [
        message("bad", "nul \0"),
        message("bad", "half \ud83c"),
        message("bad", account="seventeen-letters"),
        message("bad", metadata={"nul": "\0"}),
        message("bad", metadata={"half": "\ud83c"}),
        message("bad", metadata={"x": float("nan")}),
    ],
    ids=["nul", "surrogate", "long_account", "nul_in_json", "surrogate_in_json", "nan"],
)
async def test_what_no_column_can_hold_is_refused_and_harms_nobody(
    store: Store, bad: NewMessage
) -> None:
    """Requests that are written together stand or fall each on its own."""
    space, other = new_space(), new_space()
    epoch, other_epoch = await activate_chat(store, space), await activate_chat(store, other)
    outcomes = await all_at_once(
        store,
        AppendMessages(
            actor=other.chat_address, epoch=other_epoch, space=other, messages=(message("a"),)
        ),
        AppendMessages(actor=space.chat_address, epoch=epoch, space=space, messages=(bad,)),
        AppendMessages(
            actor=other.chat_address, epoch=other_epoch, space=other, messages=(message("b"),)
        ),
    )

    assert isinstance(outcomes[1], Refused)
    assert outcomes[1].code == "bad_input"
    assert [row.key for row in (await history(store, other)).messages] == ["a", "b"]
    assert (await history(store, space)).messages == ()


async def test_requests_in_flight_together_stand_each_on_its_own(store: Store) -> None:
    """One is fenced, one has no parent, the others are written, in the order they were sent."""
    space, other = new_space(), new_space()
    epoch, other_epoch = await activate_chat(store, space), await activate_chat(store, other)
    good = AppendMessages(
        actor=space.chat_address, epoch=epoch, space=space, messages=(message("a"),)
    )

    outcomes = await all_at_once(
        store,
        good,
        replace(good, epoch=epoch + 1, messages=(message("stale"),)),
        replace(good, messages=(message("orphan", parent_message_id=10**9),)),
        replace(good, messages=(message("b", "first"), message("c"))),
        AppendMessages(
            actor=other.chat_address, epoch=other_epoch, space=other, messages=(message("b"),)
        ),
        replace(good, messages=(message("b", "second"),)),
    )

    refused = [outcome.code for outcome in outcomes if isinstance(outcome, Refused)]
    assert refused == [FENCED, "no_such_message"]
    rows = (await history(store, space)).messages
    assert [row.key for row in rows] == ["a", "b", "c"]
    assert outcomes[5] == Ok((rows[1],))
    assert [row.key for row in (await history(store, other)).messages] == ["b"]


async def test_an_empty_append_still_asks_the_fence(store: Store) -> None:
    """So it can serve to ask whether this activation still holds."""
    space = new_space()
    epoch = await activate_chat(store, space)

    assert await append(store, space, epoch) == ()
    with pytest.raises(RefusedByStore):
        await append(store, space, epoch + 1)


async def all_at_once(store: Store, *requests: Any) -> list[Outcome]:
    """Start requests without waiting between them; return their outcomes in that order."""
    outcomes: dict[int, Outcome] = {}
    everyone = trio.Event()

    def reply_to(number: int, outcome: Outcome) -> None:
        assert number not in outcomes
        outcomes[number] = outcome
        if len(outcomes) == len(requests):
            everyone.set()

    for number, request in enumerate(requests):
        store.start(request, partial(reply_to, number))
    with trio.fail_after(10):
        await everyone.wait()
    return [outcomes[number] for number in range(len(requests))]


@examples
@given(
    batches=st.lists(st.lists(st.integers(0, 12), max_size=5), max_size=8),
    limit=st.integers(1, 6),
)
def test_pages_tile_the_order_of_first_arrival(
    maker: Maker, batches: list[list[int]], limit: int
) -> None:
    """Ids ascend in the order sent, repeats vanish, and pages tell every message once."""

    async def example() -> None:
        async with maker.open(shared=True) as world:
            space, store = new_space(), world.store
            epoch = await activate_chat(store, space)
            outcomes = (
                await all_at_once(
                    store,
                    *(
                        AppendMessages(
                            actor=space.chat_address,
                            epoch=epoch,
                            space=space,
                            messages=tuple(message(f"k{number}") for number in batch),
                        )
                        for batch in batches
                    ),
                )
                if batches
                else []
            )
            expected = list(dict.fromkeys(f"k{n}" for batch in batches for n in batch))

            told: list[MessageRow] = []
            offset, more = 0, True
            while more:
                page = await history(store, space, limit=limit, offset=offset)
                told = [*page.messages, *told]
                offset, more = offset + limit, page.has_more
                assert more == (offset < len(expected))

            assert [row.key for row in told] == expected
            ids = [row.id for row in told]
            assert ids == sorted(set(ids))
            rows = {row.key: row for row in told}
            for batch, outcome in zip(batches, outcomes, strict=True):
                assert outcome == Ok(tuple(rows[f"k{number}"] for number in batch))

    trio.run(example)


@examples
@given(steps=st.lists(st.one_of(st.just("activate"), st.integers(0, 3)), max_size=12))
def test_only_the_latest_activation_writes(maker: Maker, steps: list[str | int]) -> None:
    """Whatever the interleaving of activations and writers, stale writers leave no row."""

    async def example() -> None:
        async with maker.open(shared=True) as world:
            space, store = new_space(), world.store
            epoch, written = 0, []
            for number, step in enumerate(steps):
                if step == "activate":
                    epoch += 1
                    assert await activate_chat(store, space) == epoch
                    continue
                if step == epoch != 0:
                    await append(store, space, int(step), message(f"k{number}"))
                    written.append(f"k{number}")
                else:
                    with pytest.raises(RefusedByStore, match="activated again"):
                        await append(store, space, int(step), message(f"k{number}"))
            page = await history(store, space)
            assert [row.key for row in page.messages] == written

    trio.run(example)
