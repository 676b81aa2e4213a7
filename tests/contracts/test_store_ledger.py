"""The ledger's books through the store port: the same stories in memory and in Postgres."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import partial
from typing import Any

import asyncpg
import pytest
import trio
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from actors.kinds import product_kinds
from actors.ledger.actor import Limits
from actors.ledger.book import Balance, Decision
from actors.ledger.messages import (
    LEDGER,
    STALE,
    LedgerOpened,
    OpenLedger,
    Post,
    PostBatch,
    ReadLedger,
    SetFrozen,
)
from actors.ledger.transfer import AMOUNT_MAX, Command, derived_id
from actors.settings import ActorSettings
from actors.store import FENCED, STORE
from actors.store_answers import RefusedByStore
from adapters.postgres.store import PostgresStore
from engine.clock import SECOND_US
from engine.kernel import Kernel
from engine.outcome import Ok, Outcome
from tests.actors.ledger.bank import code, limited
from tests.actors.ledger.desk import Desk, code_of, naive_balances, not_zero
from tests.actors.ledger.stories import HOLD_US, ROOT, Author, Naive, Step, long_story
from tests.contracts.stores import Maker, PostgresWorld, Store, World
from tests.contracts.teller import ADA, ADA_TOK, BOB, BOB_TOK, ISSUE, Teller, new_tag, tip
from tests.support.postgres import execute

examples = settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


async def refused(store: Store, batch: PostBatch) -> str:
    """Return the code with which the store refuses a batch."""
    with pytest.raises(RefusedByStore) as refusal:
        await store.perform(batch)
    return refusal.value.code


@examples
@given(number=st.integers(0, 2**32), sizes=st.lists(st.integers(1, 6), min_size=1))
def test_stories_are_kept_as_a_naive_ledger_tells_them(
    maker: Maker, number: int, sizes: list[int]
) -> None:
    """I1, I3, I5, I7, I8, I9, I11: answers, rows and balances, by a writer that forgets all."""
    trio.run(_tell_story, maker, number, sizes)


async def _tell_story(maker: Maker, number: int, sizes: list[int]) -> None:
    async with maker.open(shared=True) as world:
        teller, naive, author = Teller(world.store), Naive(), Author(new_tag())
        turns, commands = itertools.cycle(sizes), list[Command]()
        await teller.book()  # Another example's clock may be ahead of ours.
        asked: dict[str, Decision] = {}

        async def tell() -> None:
            decisions = await teller.batch(*commands)
            for command, decision in zip(commands, decisions, strict=True):
                assert naive.command(command, teller.now_us) == code_of(decision)
                assert asked.setdefault(command.id, decision) == decision
            naive.let_expire(teller.now_us)
            commands.clear()

        for step in long_story(number, 30):
            if step.pass_us:
                await tell()
                teller.now_us += step.pass_us
            elif (command := author.command(step)) is not None:
                commands.append(command)
                if len(commands) >= next(turns):
                    await tell()
        await tell()

        pairs = tuple({pair for command in author.commands for pair in command.accounts})
        assert not_zero(await teller.balances(*pairs)) == naive_balances(naive)
        _, opened = await teller.book()
        mine = {p.id for p in opened.pendings if f":{author.tag}." in p.debit + p.credit}
        assert mine == set(naive.holds)
        read = await world.store.perform(ReadLedger(pairs=(), commands=tuple(asked)))
        assert {each.command_id: each for each in read.decisions} == asked


async def test_a_decision_reads_back_in_every_field(teller: Teller) -> None:
    """Times, flags, expiries, refs, details and 38 digits are what the writer decided."""
    details = {"message": "grüß 🎈", "stream": None, "n": [1, 2.5, {"deep": True}]}
    group = Command(
        id=derived_id(ROOT, "group"),
        transfers=(
            *tip(1, ISSUE, ADA, AMOUNT_MAX - 1).transfers,
            *tip(2, ADA, BOB, 5, ref="call:7", details=details).transfers,
            *tip(3, ADA, BOB, 9, flag="pending", timeout_us=HOLD_US).transfers,
        ),
    )
    (made,) = await teller.batch(group)
    (refusal,) = await teller.batch(tip(4, BOB, ADA, 10**30))

    read = await teller.store.perform(
        ReadLedger(pairs=(), commands=(group.id, tip(4, BOB, ADA, 1).id, derived_id(ROOT, "no")))
    )

    assert {each.command_id: each for each in read.decisions} == {
        made.command_id: made,
        refusal.command_id: refusal,
    }
    assert refusal.refused is not None


async def test_i13_sums_of_more_than_38_digits_are_exact(teller: Teller) -> None:
    """I13: nobody can fill an account until the ledger stops."""
    for number in range(12):
        await teller.batch(tip(number, ISSUE, ADA, AMOUNT_MAX - 1))

    assert (await teller.balances(ADA_TOK))[ADA_TOK].posted == 12 * (AMOUNT_MAX - 1)


async def test_a_batch_under_a_stale_epoch_changes_nothing(teller: Teller) -> None:
    """Split brain: the writer that was taken over is told, and its batch is not there."""
    await teller.batch(tip(1, ISSUE, ADA, 5))
    stale = await teller.prepare(tip(2, ADA, BOB, 5))
    await teller.book()

    assert await refused(teller.store, stale) == FENCED
    assert (await teller.balances(ADA_TOK, BOB_TOK)) == {ADA_TOK: Balance(posted=5)}
    freeze = SetFrozen(actor=LEDGER, epoch=stale.epoch, account=ADA, frozen=True, reason="x")
    with pytest.raises(RefusedByStore) as refusal:
        await teller.store.perform(freeze)
    assert refusal.value.code == FENCED


def wrong_balance(batch: PostBatch) -> PostBatch:
    (pair, balance), *others = batch.balances
    return replace(batch, balances=((pair, replace(balance, posted=balance.posted + 1)), *others))


def wrong_reserve(batch: PostBatch) -> PostBatch:
    (pair, balance), *others = batch.balances
    more = replace(balance, pending_out=balance.pending_out + 1)
    return replace(batch, balances=((pair, more), *others))


def wrong_place(batch: PostBatch) -> PostBatch:
    return replace(batch, follows=batch.follows - 1)


def wrong_sequence(batch: PostBatch) -> PostBatch:
    (decision,) = batch.decisions
    entries = tuple(replace(each, sequence=each.sequence + 1) for each in decision.entries)
    return replace(batch, decisions=(replace(decision, entries=entries),))


def forgotten_account(batch: PostBatch) -> PostBatch:
    return replace(batch, balances=batch.balances[1:])


@pytest.mark.parametrize(
    "tamper", [wrong_balance, wrong_reserve, wrong_place, wrong_sequence, forgotten_account]
)
async def test_a_batch_that_rests_on_what_is_not_so_changes_nothing(
    teller: Teller, tamper: Any
) -> None:
    """The store computes by itself and compares; the writer's arithmetic is never taken over."""
    await teller.batch(tip(1, ISSUE, ADA, 5))
    batch = await teller.prepare(tip(2, ADA, BOB, 3))

    assert await refused(teller.store, tamper(batch)) == STALE
    await teller.store.perform(batch)
    assert (await teller.balances(ADA_TOK))[ADA_TOK].posted == 2


async def test_a_batch_of_refusals_must_follow_on_the_last_row_too(teller: Teller) -> None:
    """A refusal that rests on a batch which is not there must not stand for ever."""
    await teller.batch(tip(1, ISSUE, ADA, 5))
    batch = await teller.prepare(tip(2, BOB, ADA, 3))
    assert not batch.balances

    assert await refused(teller.store, replace(batch, follows=batch.follows + 1)) == STALE
    assert await refused(teller.store, replace(batch, follows=batch.follows - 1)) == STALE
    await teller.store.perform(batch)


async def test_i5_a_second_resolution_is_refused_by_the_store(teller: Teller) -> None:
    """I5: whatever the writer believes, the pending's row is gone after its first resolution."""
    hold = tip(2, ADA, BOB, 5, flag="pending")
    take = tip(3, ADA, BOB, 5, flag="post", pending_id=hold.id)
    await teller.batch(tip(1, ISSUE, ADA, 5), hold)
    batch = await teller.prepare(take)
    await teller.store.perform(batch)
    (decision,) = batch.decisions
    (entry,) = decision.entries
    again = replace(
        entry,
        sequence=entry.sequence + 1,
        transfer=replace(entry.transfer, id=derived_id(ROOT, "again")),
    )
    second = replace(
        batch,
        follows=entry.sequence,
        decisions=(replace(decision, command_id=derived_id(ROOT, "c"), entries=(again,)),),
        balances=(
            (ADA_TOK, Balance(posted=-5, pending_out=-5)),
            (BOB_TOK, Balance(posted=10, pending_in=-5)),
        ),
    )

    assert await refused(teller.store, second) == STALE
    assert (await teller.balances(BOB_TOK))[BOB_TOK] == Balance(posted=5)


async def test_i4_the_store_itself_keeps_the_floor(teller: Teller) -> None:
    """I4: a writer that admits too much is refused by the row's own check."""
    await teller.batch(tip(1, ISSUE, ADA, 5))
    batch = await teller.prepare(tip(2, ADA, BOB, 5))
    (decision,) = batch.decisions
    (entry,) = decision.entries
    more = replace(entry, transfer=replace(entry.transfer, amount=6), debit_posted=-1)
    wrong = replace(
        batch,
        decisions=(replace(decision, entries=(more,)),),
        balances=((ADA_TOK, Balance(posted=-1)), (BOB_TOK, Balance(posted=6))),
    )

    assert await refused(teller.store, wrong) == STALE


@asynccontextmanager
async def two_connections(world: World) -> AsyncIterator[tuple[Store, Store]]:
    """Yield two ways into the same books: over two pools where it is Postgres."""
    if not isinstance(world, PostgresWorld):
        yield world.store, world.store
        return
    other = PostgresStore(world.database)
    await other.connect(migrations=False)
    try:
        yield world.store, other
    finally:
        await other.aclose()


async def test_i7_the_same_batch_from_two_connections_happens_once(world: World) -> None:
    """I7: identical requests at the same moment: one becomes durable, the other is refused."""
    async with two_connections(world) as stores:
        teller = Teller(stores[0])
        await teller.batch(tip(0, ISSUE, ADA, 100))
        for number in range(1, 21):
            batch = await teller.prepare(tip(number, ADA, BOB, 1))
            outcomes: list[Outcome] = []
            done = [trio.Event(), trio.Event()]

            def answered(which: int, outcome: Outcome, outcomes: Any, done: Any) -> None:
                outcomes.append(outcome)
                done[which].set()

            for which, store in enumerate(stores):
                store.start(batch, partial(answered, which, outcomes=outcomes, done=done))
            for event in done:
                await event.wait()
            assert sorted(type(outcome).__name__ for outcome in outcomes) == ["Ok", "Refused"]

        assert (await teller.balances(BOB_TOK))[BOB_TOK].posted == 20


async def test_a_takeover_waits_for_the_batch_under_way_or_fences_it(world: World) -> None:
    """Whichever of the two comes first, what the new writer opened is what is there."""
    async with two_connections(world) as (old, new):
        teller = Teller(old)
        await teller.batch(tip(0, ISSUE, ADA, 100))
        for number in range(1, 21):
            batch = await teller.prepare(tip(number, ADA, BOB, 1))
            opened: list[LedgerOpened] = []
            posted: list[bool] = []

            async def take_over(opened: list[LedgerOpened]) -> None:
                opened.append(await new.perform(OpenLedger(actor=LEDGER)))

            async def post(batch: PostBatch, posted: list[bool]) -> None:
                codes = []
                try:
                    await old.perform(batch)
                except RefusedByStore as refusal:
                    codes.append(refusal.code)
                assert codes in ([], [FENCED])
                posted.append(not codes)

            async with trio.open_nursery() as nursery:
                nursery.start_soon(take_over, opened)
                nursery.start_soon(post, batch, posted)
            assert opened[0].sequence == batch.follows + posted[0]


@asynccontextmanager
async def writer(store: Store, limits: Limits) -> AsyncIterator[Kernel]:
    """Run a node whose ledger writes to this store."""
    kinds = [limited(kind, limits) for kind in product_kinds(ActorSettings())]
    kernel = Kernel(kinds, seed=new_tag().encode())
    kernel.core.ports[STORE] = store
    async with trio.open_nursery() as nursery:
        await nursery.start(kernel.run)
        yield kernel
        await kernel.shutdown()


async def test_i7_i11_everybody_asks_at_once_and_again(world: World) -> None:
    """I7, I11: identical requests at the same moment, then to the next node: one answer each."""
    limits = Limits(batch_commands=7, decisions_kept=5, balances_kept=5)
    commands = [tip(0, ISSUE, ADA, 60)]
    commands += [tip(number, ADA, BOB, 1) for number in range(1, 101)]
    answers: dict[str, set[str]] = {command.id: set() for command in commands}

    async def ask(kernel: Kernel, command: Command) -> None:
        outcome = await kernel.ask(LEDGER, Post(command=command), 30 * SECOND_US)
        said = repr(outcome.value.entries) if isinstance(outcome, Ok) else code(outcome)
        answers[command.id].add(said)

    for _ in range(2):
        async with writer(world.store, limits) as kernel:
            await ask(kernel, commands[0])
            async with trio.open_nursery() as nursery:
                for command in [*commands, *commands[::-1]]:
                    nursery.start_soon(ask, kernel, command)

    assert [said for said in answers.values() if len(said) > 1] == []
    assert sum("insufficient_funds" in next(iter(said)) for said in answers.values()) == 40
    assert (await Teller(world.store).balances(ADA_TOK, BOB_TOK)) == {
        ADA_TOK: Balance(posted=0),
        BOB_TOK: Balance(posted=60),
    }


async def test_a_freeze_is_there_for_the_next_writer(teller: Teller) -> None:
    """Set twice it is one; lifted it is gone."""
    _, opened = await teller.book()
    change = SetFrozen(actor=LEDGER, epoch=opened.epoch, account=ADA, frozen=True, reason="differs")
    await teller.store.perform(change)
    await teller.store.perform(change)
    book, opened = await teller.book()
    assert book.frozen == {ADA}
    await teller.store.perform(replace(change, epoch=opened.epoch, frozen=False))
    book, _ = await teller.book()

    assert book.frozen == set()


@pytest.mark.parametrize(
    "statement",
    [
        "update ledger_transfers set amount = 1",
        "delete from ledger_transfers",
        "truncate ledger_transfers",
        "update ledger_commands set refusal = null",
        "delete from ledger_commands",
    ],
)
async def test_i6_the_database_refuses_to_change_history(world: World, statement: str) -> None:
    """I6: not even by hand: whoever wants to must first switch the guard off, and is found out."""
    if not isinstance(world, PostgresWorld):
        return
    await Teller(world.store).batch(tip(1, ISSUE, ADA, 5))

    with pytest.raises(asyncpg.PostgresError, match="never change"):
        execute(world.database, statement)


async def test_the_pure_book_and_the_store_keep_the_same_rows(teller: Teller) -> None:
    """One story in both; a batch a step in the store, the same in the book, row for row."""
    desk, author = Desk(), Author(new_tag())
    story: list[Step] = long_story(7, 60)
    for step in story:
        desk.now_us += step.pass_us
        teller.now_us += step.pass_us
        command = None if step.pass_us else author.command(step)
        commands = [] if command is None else [command]
        desk.batch(commands)
        await teller.batch(*commands)

    assert teller.entries == desk.rows
