"""The ledger's writer: whatever fails around it, money moves once and answers are true."""

from __future__ import annotations

from dataclasses import replace
from itertools import cycle

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from actors.ledger.actor import Limits
from actors.ledger.messages import LEDGER, Freeze, PostBatch, Posted
from actors.ledger.transfer import Command, Transfer, derived_id, one
from actors.store import FENCED
from engine.clock import MINUTE_US, SECOND_US
from engine.outcome import Err, Ok, Outcome, Unknown
from engine.refusal import Refused
from sim.faults import Fault
from tests.actors.ledger.bank import Bank, RecordingStore, code
from tests.actors.ledger.desk import naive_balances, not_zero, recomputed, sums
from tests.actors.ledger.stories import HOLD_US, ROOT, Author, Naive, long_story

SMALL = Limits(batch_commands=3, decisions_kept=4, balances_kept=3)
ADA, BOB, ISSUE = "user:ada:main", "user:bob:main", "issuance:TOK"

FAULTS = (
    Fault(kind="store_error", chance=0.1),
    Fault(kind="store_reply_lost", chance=0.1),
    Fault(kind="store_reply_twice", chance=0.1),
    Fault(kind="store_stall", chance=0.05, lasts_us=SECOND_US // 2),
)


def tip(number: int, payer: str, payee: str, amount: int, **fields: object) -> Command:
    """Return the command of one transfer of tokens."""
    return one(
        Transfer(
            id=derived_id(ROOT, f"tip/{number}"),
            kind="tip",
            debit=payer,
            credit=payee,
            asset="TOK",
            amount=amount,
            **fields,  # type: ignore[arg-type]
        )
    )


def check_books(store: RecordingStore, asked: list[tuple[Command, list[Outcome]]]) -> None:
    """Compare what is durable, and what was answered, with second opinions."""
    books = store.ledger
    assert [row.sequence for row in books.entries] == list(range(1, len(books.entries) + 1))
    assert not_zero(books.balances) == not_zero(recomputed(books.entries))
    assert not any(sums(books.balances, "posted").values())

    naive = Naive()
    commands = {command.id: command for command, _ in asked}
    for batch in store.batches:
        for decision in batch.decisions:
            said = "ok" if decision.refused is None else decision.refused.code
            assert naive.command(commands[decision.command_id], batch.at_us) == said
        naive.let_expire(batch.at_us)
    assert not_zero(books.balances) == naive_balances(naive)

    for command, answers in asked:
        (answer,) = answers
        decision = books.decisions[command.id]
        assert code(answer) == ("ok" if decision.refused is None else decision.refused.code)
        if isinstance(answer, Ok):
            assert isinstance(answer.value, Posted)
            assert answer.value.entries == decision.entries


@settings(max_examples=100)
@given(st.integers(0, 2**32), st.lists(st.sampled_from([0, 0, 0, 1, 2, 40]), min_size=1))
@example(38626, [1])
def test_faults_and_crashes_neither_lose_nor_double_money(number: int, gaps_ms: list[int]) -> None:
    """I1, I3, I6, I7, I8, I11: who insists gets the one true answer, whatever fails and crashes.

    38626 once left a refusal for ever that rested on a batch which had not become durable.
    """
    seed = number.to_bytes(5, "big")
    bank = Bank(seed=seed, faults=FAULTS, crashes=0.01, limits=SMALL)
    author, asked, gaps = Author("t"), [], cycle(gaps_ms)
    for step in long_story(number, 80):
        command = None if step.pass_us else author.command(step)
        if command is not None:
            asked.append((command, bank.insist(command)))
        bank.wait(min(step.pass_us, HOLD_US // 3) or next(gaps) * 1000)
    bank.heal()
    bank.wait(5 * MINUTE_US)

    check_books(bank.store, asked)


@settings(max_examples=50)
@given(st.integers(0, 2**32))
@example(24503746)  # A hold that a failed batch had resolved did not expire.
def test_batches_that_fail_in_a_rush_are_undone_in_their_order(number: int) -> None:
    """Many batches follow each other closely, any of them fails: the next ones go with it."""
    faults = [Fault(kind="store_error", chance=0.2)]
    bank = Bank(seed=number.to_bytes(5, "big"), faults=faults, limits=SMALL)
    author, asked = Author("t"), []
    for step in long_story(number, 150):
        command = None if step.pass_us else author.command(step)
        if command is not None:
            asked.append((command, bank.insist(command)))
    bank.wait(MINUTE_US)
    bank.heal()
    bank.wait(MINUTE_US)

    check_books(bank.store, asked)


@settings(max_examples=100)
@given(st.integers(0, 2**32), st.lists(st.booleans(), min_size=1))
def test_two_writers_fence_each_other(number: int, sides: list[bool]) -> None:
    """Split brain: whoever was activated last writes, the other's batches change nothing."""
    seed = number.to_bytes(5, "big")
    left = Bank(seed=seed, faults=FAULTS[2:], limits=SMALL)
    right = Bank(seed=seed[::-1], faults=FAULTS[2:], limits=SMALL, store=left.store)
    author, asked, turns = Author("t"), [], cycle(sides)
    for step in long_story(number, 40):
        command = None if step.pass_us else author.command(step)
        if command is not None:
            bank = left if next(turns) else right
            asked.append((command, bank.insist(command)))
        for bank in (left, right):
            bank.wait(min(step.pass_us, HOLD_US // 3) or 1500)
    for _ in range(600):
        left.wait(SECOND_US // 10)
        right.wait(SECOND_US // 10)

    check_books(left.store, asked)


def test_a_hundred_commands_under_way_fill_two_batches_at_a_time() -> None:
    """While one batch is being written the next one fills; nobody is answered before."""
    bank = Bank(limits=replace(SMALL, batch_commands=10))
    asked = [(command := tip(n, ISSUE, ADA, 1), bank.send(command)) for n in range(100)]
    bank.engine.settle()
    assert not any(answers for _, answers in asked)
    bank.wait(SECOND_US)

    assert bank.port.requests["PostBatch"] == 10
    assert bank.balance(ADA).posted == 100
    check_books(bank.store, asked)


@given(st.integers(1, 100))
def test_i7_a_retry_to_a_new_writer_finds_the_first_answer(amount: int) -> None:
    """I7: the reply is lost with the node; the next one reads the decision, and moves nothing."""
    first = Bank()
    first.post(tip(1, ISSUE, ADA, amount))
    second = Bank(store=first.store)

    answer = second.post(tip(1, ISSUE, ADA, amount))
    conflict = second.post(tip(1, ISSUE, ADA, amount + 1))

    assert isinstance(answer, Ok)
    assert answer.value.replayed
    assert answer.value.posted(ADA, "TOK") == amount
    assert code(conflict) == "idempotency_conflict"
    assert second.balance(ADA).posted == amount
    assert len(second.store.ledger.entries) == 1


@given(st.integers(1, 100))
def test_i8_a_new_writer_keeps_the_refusals_of_the_old_one(amount: int) -> None:
    """I8: a refusal is durable: it stands after a crash, although funds have arrived."""
    first = Bank()
    assert code(first.post(tip(1, ADA, BOB, amount))) == "insufficient_funds"
    second = Bank(store=first.store)
    second.post(tip(2, ISSUE, ADA, amount))

    assert code(second.post(tip(1, ADA, BOB, amount))) == "insufficient_funds"
    assert second.balance(ADA).posted == amount


def test_a_transfers_id_is_never_used_again_in_another_command() -> None:
    """The writer that does not know it is told by the store, and refuses for good."""
    first = Bank()
    used = tip(1, ISSUE, ADA, 5)
    first.post(used)
    second = Bank(store=first.store)
    other = Command(id=derived_id(ROOT, "other"), transfers=used.transfers)

    assert code(second.post(other)) == "transfer_exists"
    assert code(Bank(store=first.store).post(other)) == "transfer_exists"
    assert second.balance(ADA).posted == 5


def test_the_writer_that_was_taken_over_says_so_and_stops() -> None:
    """Its senders ask again, and the address starts a writer under the next epoch."""
    old = Bank()
    old.post(tip(1, ISSUE, ADA, 5))
    new = Bank(store=old.store)
    new.post(tip(2, ADA, BOB, 5))

    assert code(old.post(tip(3, ADA, BOB, 5))) == FENCED
    assert LEDGER not in old.core.cells
    assert code(old.post(tip(3, ADA, BOB, 5))) == "insufficient_funds"


def test_a_hold_expires_by_itself() -> None:
    """Nobody has to send anything: what was reserved is free when its time is over."""
    bank = Bank()
    bank.post(tip(1, ISSUE, ADA, 5))
    bank.post(tip(2, ADA, BOB, 5, flag="pending", timeout_us=HOLD_US))
    assert bank.balance(ADA).available == 0

    bank.wait(HOLD_US)

    assert bank.balance(ADA).available == 5
    assert bank.store.ledger.pendings == {}


def test_a_hold_that_is_over_waits_for_the_store_without_hammering_it() -> None:
    """While the store is away its expiry is tried twice a second, not in a loop."""
    bank = Bank()
    bank.post(tip(1, ISSUE, ADA, 5))
    bank.post(tip(2, ADA, BOB, 5, flag="pending", timeout_us=HOLD_US))
    bank.port.away = True
    bank.wait(HOLD_US + 10 * SECOND_US)
    assert 15 <= bank.port.requests["PostBatch"] <= 30
    bank.port.away = False
    bank.wait(SECOND_US)

    assert bank.balance(ADA).available == 5


def test_a_store_that_fails_says_no_to_everybody_in_the_batch_and_nothing_happened() -> None:
    """Err is a promise: asking again is safe, and finds the state as it was."""
    bank = Bank()
    bank.post(tip(1, ISSUE, ADA, 5))
    bank.port.away = True
    answers = [bank.send(tip(n, ADA, BOB, 1)) for n in (2, 3, 1)]
    bank.wait(SECOND_US)
    assert [type(answer) for (answer,) in answers] == [Err, Err, Err]
    bank.port.away = False

    assert code(bank.post(tip(2, ADA, BOB, 1))) == "ok"
    assert bank.balance(BOB).posted == 1


def test_a_lost_reply_leaves_its_senders_unsure_and_the_next_writer_knows() -> None:
    """The batch is durable, its answers are gone with the incarnation that could not tell."""
    bank = Bank(faults=[Fault(kind="store_reply_lost", chance=1)])
    sent = bank.insist(tip(1, ISSUE, ADA, 5))
    bank.wait(7 * SECOND_US)
    bank.heal()
    bank.wait(MINUTE_US)

    (answer,) = sent
    assert isinstance(answer, Ok)
    assert bank.balance(ADA).posted == 5


@pytest.mark.parametrize("frozen", [True, False])
def test_a_freeze_is_durable_and_can_be_lifted(*, frozen: bool) -> None:
    """The next writer reads it; when it is lifted the account moves again."""
    bank = Bank()
    bank.post(tip(1, ISSUE, ADA, 5))
    for state in (True, frozen):
        answers: list[Outcome] = []
        freeze = Freeze(account=ADA, frozen=state, reason="balances differ")
        bank.core.ask(LEDGER, freeze, answers.append, timeout_us=SECOND_US)
        bank.wait(SECOND_US)
        assert answers == [Ok(None)]

    for who in (bank, Bank(store=bank.store)):
        answer = code(who.post(tip(2, ADA, BOB, 5)))
        assert answer == ("account_frozen" if frozen else "ok")


def test_a_freeze_whose_reply_is_lost_holds() -> None:
    """The writer does not go on with what it only thinks: it reads the store again."""
    bank = Bank()
    bank.post(tip(1, ISSUE, ADA, 5))
    answers: list[Outcome] = []
    lost = Bank(faults=[Fault(kind="store_reply_lost", chance=1)], store=bank.store)
    lost.port.heal()
    lost.post(tip(2, ISSUE, ADA, 5))
    lost.port = type(lost.port)(
        lost.core, lost.store, b"x", [Fault(kind="store_reply_lost", chance=1)]
    )
    lost.core.ports["store"] = lost.port
    freeze = Freeze(account=ADA, frozen=True, reason="balances differ")
    lost.core.ask(LEDGER, freeze, answers.append, timeout_us=SECOND_US * 20)
    lost.wait(6 * SECOND_US)
    lost.heal()
    lost.wait(MINUTE_US)

    assert isinstance(answers[0], Unknown)
    assert code(lost.post(tip(3, ADA, BOB, 5))) == "account_frozen"


def test_a_stale_batch_is_refused_by_the_store() -> None:
    """The store compares: what rests on another balance than its own changes nothing."""
    bank = Bank()
    bank.post(tip(1, ISSUE, ADA, 5))
    (batch,) = bank.store.batches
    refused = bank.store.answer(
        PostBatch(
            actor=batch.actor,
            epoch=batch.epoch,
            at_us=batch.at_us,
            follows=1,
            expired=(),
            decisions=batch.decisions,
            opened=(),
            balances=batch.balances,
        )
    )

    assert isinstance(refused, Refused)
    assert len(bank.store.ledger.entries) == 1
