"""The ledger's invariants on its pure book, each under its number, against naive second models."""

from __future__ import annotations

import json
from copy import deepcopy
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from actors.ledger.accounts import floor
from actors.ledger.book import Book, Entry
from actors.ledger.refusals import IdempotencyConflict
from actors.ledger.transfer import AMOUNT_MAX, Command, Transfer, derived_id, one
from engine.refusal import BadInput
from tests.actors.ledger.desk import (
    START_US,
    Desk,
    code_of,
    naive_balances,
    not_zero,
    recomputed,
    sums,
)
from tests.actors.ledger.stories import HOLD_US, ROOT, Author, Naive, Step, stories


def told(story: list[Step]) -> Desk:
    """Return a desk after a story."""
    desk = Desk()
    desk.tell(story)
    return desk


def tip(number: int, payer: str, payee: str, amount: int, **fields: object) -> Transfer:
    """Return a transfer of tokens between two accounts."""
    return Transfer(
        id=derived_id(ROOT, f"tip/{number}"),
        kind="tip",
        debit=payer,
        credit=payee,
        asset="TOK",
        amount=amount,
        **fields,  # type: ignore[arg-type]
    )


ADA, BOB, ISSUE = "user:ada:main", "user:bob:main", "issuance:TOK"


@given(stories)
def test_the_book_and_a_naive_ledger_say_the_same(story: list[Step]) -> None:
    """Two ledgers written differently agree on every answer and every balance at each step."""
    desk, naive, author = Desk(), Naive(), Author("t")
    for step in story:
        desk.now_us += step.pass_us
        command = None if step.pass_us else author.command(step)
        if command is not None:
            assert desk.command(command) == naive.command(command, desk.now_us)
            assert not_zero(desk.book.balances) == naive_balances(naive)


@given(stories)
def test_i1_posted_adds_up_to_zero(story: list[Step]) -> None:
    """I1: per asset the posted balances of all accounts add up to 0 after every commit."""
    desk = Desk()
    for step in story:
        desk.tell([step])
        assert not any(sums(desk.book.balances, "posted").values())


@given(stories)
def test_i2_pending_adds_up_to_zero(story: list[Step]) -> None:
    """I2: per asset what is reserved is what is promised, after every commit."""
    desk = Desk()
    for step in story:
        desk.tell([step])
        balances = desk.book.balances
        assert sums(balances, "pending_out") == sums(balances, "pending_in")


@given(stories)
def test_i3_balances_are_what_the_rows_come_to(story: list[Step]) -> None:
    """I3: balances equal their recomputation from the transfers."""
    desk = told(story)

    assert not_zero(desk.book.balances) == not_zero(recomputed(desk.rows))


@given(stories)
def test_i4_nobody_spends_what_they_do_not_have(story: list[Step]) -> None:
    """I4: posted minus reserved of a limited account is never under its floor, at any row."""
    desk = told(story)

    for number in range(len(desk.rows) + 1):
        for (account, _), balance in recomputed(desk.rows[:number]).items():
            limit = floor(account)
            assert limit is None or balance.available >= limit


@given(stories)
def test_i5_a_pending_resolves_once_in_time_and_for_no_more_than_it_holds(
    story: list[Step],
) -> None:
    """I5: a pending resolves at most once; posted <= pending; an expired one cannot post."""
    desk = told(story)

    holds = {row.transfer.id: row for row in desk.rows if row.transfer.flag == "pending"}
    resolving = [row for row in desk.rows if row.transfer.pending_id is not None]
    assert len({row.transfer.pending_id for row in resolving}) == len(resolving)
    for row in resolving:
        hold = holds[row.transfer.pending_id or ""]
        assert row.transfer.amount <= hold.transfer.amount == row.released
        if hold.expires_us is not None:
            over = row.at_us >= hold.expires_us
            assert over == (row.transfer.flag == "expire")


@given(stories)
def test_i6_rows_stay_as_they_are_and_are_counted_without_a_gap(story: list[Step]) -> None:
    """I6: rows never change or vanish; the sequence is gapless and time does not go back."""
    desk = Desk()
    seen: list[Entry] = []
    for step in story:
        desk.tell([step])
        assert desk.rows[: len(seen)] == seen
        seen = deepcopy(desk.rows)

    assert [row.sequence for row in desk.rows] == list(range(1, len(desk.rows) + 1))
    assert all(one.at_us <= two.at_us for one, two in pairwise(desk.rows))


@given(stories, st.data())
def test_i7_a_repeated_id_gets_the_same_answer_and_another_body_an_error(
    story: list[Step], data: st.DataObject
) -> None:
    """I7: same id and body: same answer, no new row; other body: an error, no new row."""
    desk = told(story)
    if not desk.told:
        return
    _, command = data.draw(st.sampled_from(desk.told))
    first = desk.book.decisions[command.id]
    rows, balances = list(desk.rows), deepcopy(desk.book.balances)
    desk.now_us += data.draw(st.sampled_from([0, 1]))
    changed = replace(command.transfers[0], ref="another")
    other = replace(command, transfers=(changed, *command.transfers[1:]))

    assert desk.book.admit(command, desk.now_us) is first
    with pytest.raises(IdempotencyConflict):
        desk.book.admit(other, desk.now_us)

    assert (desk.rows, desk.book.balances) == (rows, balances)


@given(stories, st.integers(1, 10**6))
def test_i8_a_refused_command_stays_refused(story: list[Step], amount: int) -> None:
    """I8: an id that was refused for want of funds is refused still when funds have arrived."""
    desk = told(story)
    purse = "user:newcomer:main"
    spend = one(tip(1, purse, BOB, amount))

    assert desk.command(spend) == "insufficient_funds"
    assert desk.command(one(tip(2, ISSUE, purse, amount))) == "ok"
    assert desk.command(spend) == "insufficient_funds"
    assert desk.command(one(tip(3, purse, BOB, amount))) == "ok"


@given(stories)
def test_i9_a_group_happens_whole_or_not_at_all(story: list[Step]) -> None:
    """I9: a linked group is carried out whole, in its order; a refused one changes nothing."""
    desk = Desk()
    for step in story:
        desk.now_us += step.pass_us
        command = None if step.pass_us else desk.author.command(step)
        if command is None or command.id in desk.book.decisions:
            continue
        desk.batch([])
        before, rows = deepcopy(desk.book.balances), len(desk.rows)
        pendings = dict(desk.book.pendings)
        if desk.command(command) == "ok":
            assert tuple(row.transfer for row in desk.rows[rows:]) == command.transfers
        else:
            assert not_zero(desk.book.balances) == not_zero(before)
            assert (len(desk.rows), desk.book.pendings) == (rows, pendings)


@given(stories)
def test_i10_no_transfer_crosses_assets(story: list[Step]) -> None:
    """I10: a command moves nothing but what it names, and balances in every asset by itself."""
    desk = Desk()
    for step in story:
        command = None if step.pass_us else desk.author.command(step)
        if command is None:
            continue
        before = deepcopy(desk.book.balances)
        desk.command(command)
        after = desk.book.balances
        moved = {pair for pair in after if pair not in before or after[pair] != before[pair]}
        assert moved <= set(command.accounts)
        changes: dict[str, int] = {}
        for pair in moved:
            was = before[pair].posted if pair in before else 0
            changes[pair[1]] = changes.get(pair[1], 0) + after[pair].posted - was
        assert not any(changes.values())


@given(stories, st.lists(st.integers(1, 7)))
def test_i11_a_batch_is_its_commands_one_after_the_other(
    story: list[Step], sizes: list[int]
) -> None:
    """I11: for every partition of the same commands, rows, answers and balances are the same."""
    author = Author("t")
    commands = [each for step in story if (each := author.command(step)) is not None]
    single, batched = Desk(), Desk()

    expected = [single.command(command) for command in commands]
    said: list[str] = []
    while len(said) < len(commands):
        size = sizes.pop() if sizes else len(commands)
        said += batched.batch(commands[len(said) : len(said) + size])

    assert said == expected
    assert batched.rows == single.rows
    assert batched.book.balances == single.book.balances


@given(stories, st.data())
def test_what_was_rolled_back_has_never_been(story: list[Step], data: st.DataObject) -> None:
    """A batch that did not become durable leaves no trace, now or when its holds would expire."""
    plain, tried, author = Desk(), Desk(), Author("t")
    for step in story:
        plain.now_us += step.pass_us
        tried.now_us += step.pass_us
        command = None if step.pass_us else author.command(step)
        commands = [] if command is None else [command]
        if data.draw(st.booleans()):
            rows, asked = len(tried.rows), len(tried.told)
            tried.attempt(commands)
            tried.book.rollback()
            del tried.rows[rows:], tried.told[asked:]
            later_us = data.draw(st.sampled_from([0, HOLD_US // 3]))
            plain.now_us += later_us
            tried.now_us += later_us
        assert tried.batch(commands) == plain.batch(commands)
        assert tried.rows == plain.rows
        assert not_zero(tried.book.balances) == not_zero(plain.book.balances)
        assert tried.book.first_expiry_us == plain.book.first_expiry_us


def test_a_hold_that_was_tried_before_lasts_from_its_second_beginning() -> None:
    """The first try's expiry stood in the queue after its undo, and ended the second early."""
    desk = Desk()
    desk.command(one(tip(1, ISSUE, ADA, 10)))
    hold = one(tip(2, ADA, BOB, 10, flag="pending", timeout_us=HOLD_US))
    desk.attempt([hold])
    desk.book.rollback()
    desk.now_us += HOLD_US // 2
    desk.command(hold)
    desk.now_us += HOLD_US // 2

    assert desk.book.first_expiry_us == START_US + HOLD_US * 3 // 2
    assert desk.book.expire(desk.now_us) == []


def test_a_hold_that_was_almost_resolved_still_expires() -> None:
    """Its expiry was dropped while a batch that did not become durable had resolved it."""
    desk = Desk()
    hold = tip(2, ADA, BOB, 10, flag="pending", timeout_us=HOLD_US)
    desk.batch([one(tip(1, ISSUE, ADA, 10)), one(hold)])
    desk.attempt([one(tip(3, ADA, BOB, 10, flag="void", pending_id=hold.id))])
    assert desk.book.first_expiry_us is None
    desk.book.rollback()

    assert desk.book.first_expiry_us == START_US + HOLD_US


def test_what_is_over_costs_no_more_however_often_its_release_is_not_written() -> None:
    """Each rollback left one more copy of the expiry in the queue: an outage made it long."""
    desk = Desk()
    hold = tip(2, ADA, BOB, 10, flag="pending", timeout_us=HOLD_US)
    desk.batch([one(tip(1, ISSUE, ADA, 10)), one(hold)])
    desk.now_us += HOLD_US

    def steps_of_a_try() -> int:
        desk.attempt([])
        steps = desk.book.undo_length
        desk.book.rollback()
        return steps

    first = steps_of_a_try()
    assert [steps_of_a_try() for _ in range(5)] == [first] * 5


@given(stories)
def test_i12_replay_from_zero_is_identical(story: list[Step]) -> None:
    """I12: the same commands at the same times give the same bytes; balance(t) = prefix sum."""
    desk = told(story)

    replay = Desk()
    for at_us, commands in desk.batches:
        replay.now_us = at_us
        replay.batch(commands)

    assert repr(replay.rows).encode() == repr(desk.rows).encode()
    for number, row in enumerate(desk.rows, 1):
        balances, transfer = recomputed(desk.rows[:number]), row.transfer
        assert balances[transfer.debit, transfer.asset].posted == row.debit_posted
        assert balances[transfer.credit, transfer.asset].posted == row.credit_posted


@given(st.lists(st.integers(1, AMOUNT_MAX - 1), min_size=1, max_size=12))
@example([AMOUNT_MAX - 1] * 10)
def test_i13_amounts_are_whole_numbers_of_any_size(amounts: list[int]) -> None:
    """I13: every stored amount is an integer, sums of 39 digits and JSON round trips are exact."""
    desk = Desk()
    for number, amount in enumerate(amounts):
        assert desk.command(one(tip(number, ISSUE, ADA, amount))) == "ok"

    posted = desk.book.balances[ADA, "TOK"].posted
    assert (type(posted), posted) == (int, sum(amounts))
    assert all(type(row.transfer.amount) is int for row in desk.rows)
    assert int(json.loads(json.dumps(str(posted)))) == posted


@pytest.mark.parametrize("amount", [0, -1, 1.0, True, AMOUNT_MAX, "1"])
def test_i13_nothing_else_is_an_amount(amount: object) -> None:
    """I13: a fraction, a float, nothing or less, and what does not fit are refused."""
    with pytest.raises(BadInput, match="amount"):
        tip(1, ISSUE, ADA, amount)  # type: ignore[arg-type]


@given(st.integers(1, 10**20), st.integers(0, 10**20))
def test_i18_without_a_platform_share_the_creator_gets_what_the_fan_pays(
    amount: int, more: int
) -> None:
    """I18: platform share 0: the fan has x less exactly when the creator has x more."""
    desk = Desk()
    creator = "creator:star:available"
    desk.command(one(tip(1, ISSUE, ADA, amount + more)))
    assert desk.command(one(tip(2, ADA, creator, amount))) == "ok"

    balances = desk.book.balances
    assert balances[ADA, "TOK"].posted == more
    assert balances[creator, "TOK"].posted == amount
    assert not any(account.startswith("platform:") for account, _ in balances)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("ref", "nul \0"),
        ("ref", "half \ud83c"),
        ("ref", "x" * 201),
        ("details", {"note": "nul \0"}),
        ("details", {"note": "half \ud83c"}),
        ("details", {"rate": float("nan")}),
        ("details", {"set": {1}}),
        ("details", {"long": "x" * 4000}),
        ("timeout_us", 10**18),
        ("timeout_us", 1.5),
        ("timeout_us", 0),
    ],
)
def test_what_the_database_cannot_hold_is_refused_at_the_door(field: str, value: object) -> None:
    """One such transfer would make its whole batch fail, and again at every retry."""
    flag = "pending" if field == "timeout_us" else "plain"

    with pytest.raises(BadInput) as refused:
        tip(1, ADA, BOB, 1, **{"flag": flag, field: value})

    assert refused.value.field == field


def test_a_frozen_account_moves_nothing_and_the_others_go_on() -> None:
    """A freeze is for the account concerned; what was reserved on it still runs out."""
    desk = Desk()
    desk.batch([one(tip(1, ISSUE, ADA, 9)), one(tip(2, ISSUE, BOB, 9))])
    desk.command(one(tip(3, ADA, BOB, 4, flag="pending", timeout_us=HOLD_US)))
    desk.book.frozen.add(ADA)

    assert desk.command(one(tip(4, ADA, BOB, 1))) == "account_frozen"
    assert desk.command(one(tip(5, BOB, ADA, 1))) == "account_frozen"
    assert desk.command(one(tip(6, BOB, ISSUE, 1))) == "ok"
    desk.now_us += HOLD_US
    desk.batch([])
    assert desk.book.balances[ADA, "TOK"].pending_out == 0


def test_a_transfers_id_is_used_once_in_all_commands_under_way() -> None:
    """Another command that names the same transfer is refused, for good."""
    book = Book()
    desk = Desk()
    desk.book = book
    funds = tip(1, ISSUE, ADA, 9)
    group = Command(id=derived_id(ROOT, "group"), transfers=(tip(2, ADA, BOB, 1), funds))

    assert desk.attempt([one(funds), group]) == ["ok", "transfer_exists"]
    assert code_of(book.decisions[group.id]) == "transfer_exists"
    assert book.balances[ADA, "TOK"].posted == 9
