"""The live monitor: it sees what differs, freezes that account and no other, and keeps up."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from actors.ledger.auditor import AUDITOR, AuditFigures, BeginAudit, ReadAudit
from actors.ledger.messages import LEDGER, Freeze
from engine.clock import MINUTE_US, SECOND_US
from engine.outcome import Ok, Outcome
from sim.faults import Fault
from tests.actors.ledger.bank import Bank, code
from tests.actors.ledger.stories import Author, long_story
from tests.actors.ledger.test_writer import ADA, BOB, FAULTS, ISSUE, tip

CY = "user:cy:main"


def audited(**options: Any) -> Bank:
    """Return a bank with a monitor."""
    bank = Bank(**options)
    bank.core.tell(AUDITOR, BeginAudit())
    return bank


def ask(bank: Bank, address: str, message: object) -> Any:
    """Return an actor's answer."""
    answers: list[Outcome] = []
    bank.core.ask(address, message, answers.append, timeout_us=SECOND_US)
    bank.wait(SECOND_US)
    (answer,) = answers
    assert isinstance(answer, Ok), answer
    return answer.value


def figures(bank: Bank) -> AuditFigures:
    """Return what the monitor knows."""
    read: AuditFigures = ask(bank, AUDITOR, ReadAudit())
    return read


@settings(max_examples=50)
@given(st.integers(0, 2**32))
def test_i51_the_live_monitor_finds_what_a_full_recomputation_finds(number: int) -> None:
    """I51: nothing, in a ledger that is sound, over crashes and lost replies; all of it sealed."""
    bank = audited(seed=number.to_bytes(5, "big"), faults=FAULTS, crashes=0.01)
    author = Author("t")
    for step in long_story(number, 40):
        command = None if step.pass_us else author.command(step)
        if command is not None:
            bank.insist(command)
        bank.wait(step.pass_us or 30_000)
    bank.heal()
    bank.wait(MINUTE_US)

    found = figures(bank)
    assert found.sound
    assert found.rows == found.sealed == len(bank.store.ledger.entries)
    assert (found.behind, found.unsealed, found.frozen) == (0, 0, ())


def test_i51_an_account_that_differs_is_frozen_within_two_seconds_and_no_other() -> None:
    """I51: money that came from nowhere cannot be spent; everybody else goes on."""
    bank = audited()
    for number, who in enumerate((ADA, BOB, CY)):
        bank.post(tip(number, ISSUE, who, 50))
    bank.store.ledger.balances[ADA, "TOK"].posted += 1000
    bank.wait(2 * SECOND_US)

    assert figures(bank).differing == figures(bank).frozen == (ADA,)
    assert figures(bank).unbalanced == ()
    assert code(bank.post(tip(10, ADA, BOB, 1))) == "account_frozen"
    assert code(bank.post(tip(11, BOB, CY, 1))) == "ok"


def test_a_balance_below_its_floor_is_found() -> None:
    """Rows that add up are not enough: nobody may owe."""
    bank = audited()
    bank.post(tip(1, ISSUE, ADA, 50))
    bank.wait(SECOND_US)
    books = bank.store.ledger
    books.sums._sums[ADA, "TOK"][0] -= 60
    books.balances[ADA, "TOK"].posted -= 60
    bank.wait(2 * SECOND_US)

    assert figures(bank).differing == (ADA,)
    assert figures(bank).unbalanced == ("TOK",)


def test_what_was_repaired_stays_frozen_until_an_operator_thaws_it() -> None:
    """The monitor lifts nothing by itself, and freezes again what differs again."""
    bank = audited()
    bank.post(tip(1, ISSUE, ADA, 50))
    balances = bank.store.ledger.balances
    balances[ADA, "TOK"].posted += 7
    bank.wait(2 * SECOND_US)
    balances[ADA, "TOK"].posted -= 7
    bank.wait(2 * SECOND_US)
    assert figures(bank).sound
    assert code(bank.post(tip(2, ADA, BOB, 1))) == "account_frozen"

    ask(bank, LEDGER, Freeze(account=ADA, frozen=False, reason="counted again"))
    assert code(bank.post(tip(3, ADA, BOB, 1))) == "ok"
    balances[ADA, "TOK"].posted += 7
    bank.wait(2 * SECOND_US)
    assert code(bank.post(tip(4, ADA, BOB, 1))) == "account_frozen"


def test_the_monitor_goes_on_when_the_store_was_away() -> None:
    """Errors are counted; when the store is back the monitor is soon abreast."""
    bank = audited(faults=[Fault(kind="store_error", chance=0.3)])
    bank.wait(20 * SECOND_US)
    bank.heal()
    bank.post(tip(1, ISSUE, ADA, 50))
    bank.wait(2 * SECOND_US)

    assert figures(bank).errors > 0
    assert (figures(bank).rows, figures(bank).sealed) == (1, 1)


def test_i6_a_row_that_was_changed_after_its_seal_is_found_by_the_next_walk() -> None:
    """I6: although every sum is as it was, the monitor sees that history is not."""
    bank = audited()
    for number in range(5):
        bank.post(tip(number, ISSUE, ADA, 50))
    bank.wait(3 * SECOND_US)
    assert figures(bank).sound
    assert figures(bank).walks > 0
    entries = bank.store.ledger.entries
    entries[2] = replace(entries[2], transfer=replace(entries[2].transfer, ref="call:1"))
    bank.wait(3 * SECOND_US)

    assert not figures(bank).sound
    assert "row 3" in (figures(bank).damage or "")
