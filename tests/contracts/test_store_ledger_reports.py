"""Statements, seals and the monitor's sums through the store port."""

from __future__ import annotations

import itertools
from functools import partial

import trio
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from actors.ledger.book import Balance, Pair
from actors.ledger.messages import AuditLedger, Differing, ReadStatement, SealLedger
from actors.ledger.statements import Statement
from sim.store import MemoryStore
from tests.actors.ledger.stories import HOLD_US, Author, long_story
from tests.contracts.stores import Maker, PostgresWorld, Store, World
from tests.contracts.teller import ADA, ADA_TOK, BOB, ISSUE, Teller, new_tag, tip
from tests.support.postgres import execute

examples = settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@examples
@given(number=st.integers(0, 2**32), cuts=st.lists(st.integers(0, 6), min_size=1, max_size=5))
def test_i49_statements_add_up_and_chain(maker: Maker, number: int, cuts: list[int]) -> None:
    """I49: opening + lines = closing; adjacent periods and pages chain; together: the ledger."""
    trio.run(_tell_statements, maker, number, cuts)


async def _tell_statements(maker: Maker, number: int, cuts: list[int]) -> None:
    async with maker.open(shared=True) as world:
        teller, author = Teller(world.store), Author(new_tag())
        _, opened = await teller.book()
        began_us = opened.at_us + 1
        for step in long_story(number, 30):
            teller.now_us += step.pass_us or HOLD_US // 5
            command = None if step.pass_us else author.command(step)
            await teller.batch(*([] if command is None else [command]))
        ends_us = teller.now_us + 1
        edges = sorted({began_us, *(began_us + cut * HOLD_US for cut in cuts), ends_us})
        total: dict[str, int] = {}
        for pair in sorted({pair for command in author.commands for pair in command.accounts}):
            read = partial(statement, world.store, pair)
            whole = await read(began_us, ends_us)
            parts = [await read(*period) for period in itertools.pairwise(edges)]
            pages: list[Statement] = []
            after = 0
            while not pages or after:
                pages.append(await read(began_us, ends_us, after=after, lines_max=3))
                after = pages[-1].next_after or 0
            for chain in (parts, pages):
                lines = [line for part in chain for line in part.lines]
                assert lines == list(whole.lines)
                assert chain[0].opening == whole.opening
                assert chain[-1].closing == whole.closing
                assert all(a.closing == b.opening for a, b in itertools.pairwise(chain))
                assert [part.differences() for part in chain] == [[] for _ in chain]
            now = await teller.balances(pair)
            assert whole.opening == 0
            assert whole.closing == now.get(pair, Balance()).posted
            total[pair[1]] = total.get(pair[1], 0) + sum(line.amount for line in whole.lines)
        assert not any(total.values())


async def test_a_statement_to_the_last_has_the_newest_row(teller: Teller) -> None:
    """Whoever asks may have a slower clock than the ledger; a later time than its rows stands."""
    author = Author(new_tag())
    for step in long_story(5, 30):
        command = None if step.pass_us else author.command(step)
        await teller.batch(*([] if command is None else [command]))
    newest = next(e for e in reversed(teller.entries) if e.transfer.flag in ("plain", "post"))
    pair = (newest.transfer.debit, newest.transfer.asset)
    before, at_us = newest.at_us - 5_000_000, teller.entries[-1].at_us

    cut = await statement(teller.store, pair, 0, before)
    whole = await statement(teller.store, pair, 0, before, to_the_last=True)
    later = await statement(teller.store, pair, 0, at_us + 7_000_000, to_the_last=True)

    assert newest.transfer.id not in [line.id for line in cut.lines]
    assert newest.transfer.id == whole.lines[-1].id
    assert (whole.until_us, later.until_us) == (at_us + 1, at_us + 7_000_000)
    assert whole.lines == later.lines
    assert whole.differences() == []


async def statement(
    store: Store,
    pair: Pair,
    from_us: int,
    until_us: int,
    *,
    after: int = 0,
    lines_max: int = 1000,
    to_the_last: bool = False,
) -> Statement:
    """Return a statement from the store."""
    read: Statement = await store.perform(
        ReadStatement(
            account=pair[0],
            asset=pair[1],
            from_us=from_us,
            until_us=until_us,
            after=after,
            lines_max=lines_max,
            to_the_last=to_the_last,
        )
    )
    return read


async def test_every_row_is_sealed_once_and_in_order(teller: Teller) -> None:
    """I6: whole batches, a few at a time; when all have a seal there is nothing left to do."""
    author = Author(new_tag())
    for step in long_story(3, 40):
        command = None if step.pass_us else author.command(step)
        await teller.batch(*([] if command is None else [command]))
    reached = 0
    while True:
        sealed = await teller.store.perform(SealLedger(batches_max=3))
        if sealed.behind == 0:
            break
        assert sealed.last_sequence > reached
        reached = sealed.last_sequence
    again = await teller.store.perform(SealLedger(batches_max=3))

    assert again == sealed
    assert sealed.last_sequence == teller.entries[-1].sequence


@examples
@given(number=st.integers(0, 2**32), sizes=st.lists(st.integers(1, 9), min_size=1))
def test_i51_second_sums_agree_however_they_are_taken(
    maker: Maker, number: int, sizes: list[int]
) -> None:
    """I51: a few rows at a time or all at once, the monitor's sums are the balances."""
    trio.run(_tell_audit, maker, number, sizes)


async def _tell_audit(maker: Maker, number: int, sizes: list[int]) -> None:
    async with maker.open(shared=True) as world:
        teller, author = Teller(world.store), Author(new_tag())
        turns = itertools.cycle(sizes)
        for step in long_story(number, 30):
            teller.now_us += step.pass_us
            command = None if step.pass_us else author.command(step)
            await teller.batch(*([] if command is None else [command]))
            audited = await world.store.perform(AuditLedger(rows_max=next(turns), compare=True))
            assert (audited.differing, audited.unbalanced) == ((), ())
            assert audited.compared == (audited.behind == 0)
        audited = await world.store.perform(AuditLedger(rows_max=10_000, compare=True))
        assert audited.compared
        assert (audited.differing, audited.unbalanced) == ((), ())
        _, opened = await teller.book()
        assert audited.sequence == opened.sequence


async def test_i51_a_balance_that_was_changed_by_hand_is_named(world: World) -> None:
    """I51: with what it is and what its rows come to; the others are not."""
    teller = Teller(world.store)
    await teller.batch(tip(1, ISSUE, ADA, 5), tip(2, ADA, BOB, 2))
    if isinstance(world, PostgresWorld):
        change = "update ledger_accounts set posted = posted + 1 where account = $1"
        execute(world.database, change, ADA)
    else:
        assert isinstance(world.store, MemoryStore)
        world.store.ledger.balances[ADA_TOK].posted += 1

    audited = await world.store.perform(AuditLedger(rows_max=100, compare=True))

    assert audited.differing == (
        Differing(account=ADA, asset="TOK", stands=Balance(posted=4), should=Balance(posted=3)),
    )
    assert audited.unbalanced == ()
