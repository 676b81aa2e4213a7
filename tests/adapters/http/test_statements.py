"""Statements as files: JSON and CSV say the same, exactly, and only what adds up is shown."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.ledger.messages import ReadStatement
from actors.ledger.statements import Line, Statement, as_csv, as_json, decimal
from actors.ledger.transfer import AMOUNT_MAX
from adapters.http.statements import StatementDiffers, billing_statement, iso
from engine.refusal import BadInput
from sim.store import MemoryStore
from tests.actors.ledger.bank import START_US, Bank
from tests.actors.ledger.test_writer import ADA, BOB, ISSUE, tip

amounts = st.integers(1 - AMOUNT_MAX, AMOUNT_MAX - 1).filter(bool)
texts = st.text(st.characters(codec="utf-8", exclude_characters="\0\r"), max_size=20)


@st.composite
def statements(draw: st.DrawFn) -> Statement:
    """A statement that adds up, with anything in its texts."""
    opening = balance = draw(amounts)
    lines = []
    for number, amount in enumerate(draw(st.lists(amounts, max_size=6)), 1):
        balance += amount
        lines.append(
            Line(
                sequence=number,
                at_us=START_US + number,
                id=f"id-{number}",
                command_id=None,
                kind="tip",
                ref=draw(texts),
                counterparty=BOB,
                amount=amount,
                balance=balance,
                details={},
            )
        )
    return Statement(
        account=ADA,
        asset=draw(st.sampled_from(["TOK", "USD", "ETH"])),
        from_us=START_US,
        until_us=START_US + 100,
        opening=opening,
        lines=tuple(lines),
        closing=balance,
    )


@given(statements())
def test_i13_i49_json_and_csv_say_the_same_to_the_last_digit(statement: Statement) -> None:
    """I13, I49: both add up by themselves, with exact decimals of 39 digits."""
    said = json.loads(json.dumps(as_json(statement, iso)))
    rows = list(csv.reader(io.StringIO(as_csv(statement, iso), newline="")))

    unit = 10 ** {"TOK": 0, "USD": 2, "ETH": 18}[statement.asset]
    exact = [int(Fraction(line["amount"]) * unit) for line in said["lines"]]
    assert exact == [line.amount for line in statement.lines]
    assert [row[6] for row in rows[2:-1]] == [line["amount"] for line in said["lines"]]
    assert [row[7] for row in rows[1:]] == [
        said["opening"], *(line["balance"] for line in said["lines"]), said["closing"],
    ]  # fmt: skip
    assert statement.differences() == []


@given(statements(), st.data())
def test_what_does_not_add_up_is_told(statement: Statement, data: st.DataObject) -> None:
    """One digit of an amount, a balance or a bound, and the statement is not shown."""
    where = data.draw(st.sampled_from(["opening", "closing", *["line"] * len(statement.lines)]))
    if where == "line":
        place = data.draw(st.integers(0, len(statement.lines) - 1))
        lines = list(statement.lines)
        lines[place] = replace(lines[place], amount=lines[place].amount + 1)
        wrong = replace(statement, lines=tuple(lines))
    elif where == "opening":
        wrong = replace(statement, opening=statement.opening + 1)
    else:
        wrong = replace(statement, closing=statement.closing - 1)

    assert wrong.differences()


@pytest.mark.parametrize(
    ("amount", "asset", "shown"),
    [
        (999, "USD", "9.99"),
        (-5, "USD", "-0.05"),
        (100, "TOK", "100"),
        (0, "USD", "0.00"),
        (1, "ETH", "0.000000000000000001"),
        (-(10**18), "ETH", "-1.000000000000000000"),
        (7, "SEAT", "7"),
    ],
)
def test_amounts_are_shown_in_their_assets_unit(amount: int, asset: str, shown: str) -> None:
    """A cent is 0.01 USD, a token is a token."""
    assert decimal(amount, asset) == shown


def test_a_spreadsheet_takes_nobodys_words_for_a_formula() -> None:
    """A ref that begins like one is shown as text."""
    line = Line(
        sequence=1, at_us=START_US, id="i", command_id=None, kind="tip", ref="=1+1",
        counterparty=BOB, amount=1, balance=1, details={},
    )  # fmt: skip
    one = Statement(
        account=ADA, asset="TOK", from_us=0, until_us=START_US + 1, opening=0, lines=(line,),
        closing=1,
    )  # fmt: skip

    assert ",'=1+1," in as_csv(one, iso)


def paid() -> MemoryStore:
    """Return a store in which ada got 9 and paid 4, a second apart."""
    bank = Bank()
    bank.post(tip(1, ISSUE, ADA, 9))
    bank.wait(1_000_000)
    bank.post(tip(2, ADA, BOB, 4))
    return bank.store


async def asked(store: Any, **options: Any) -> Any:
    """Return ada's statement as JSON values."""
    options = {"now_us": START_US + 10**8, "asset": "TOK", "account": ADA, **options}
    file = await billing_statement(store, **options)
    assert file.content_type == "application/json"
    return json.loads(file.text)["statement"]


async def test_a_statement_of_everything_and_of_a_part() -> None:
    """Without bounds it tells all; `from` is in it, `to` is not."""
    store = paid()
    whole = await asked(store)
    second = whole["lines"][1]["at"]
    before, after = await asked(store, until_text=second), await asked(store, from_text=second)

    assert (whole["opening"], whole["closing"], whole["received"], whole["paid"]) == (
        "0", "5", "9", "4",
    )  # fmt: skip
    assert (before["closing"], after["opening"]) == ("9", "9")
    assert [line["amount"] for line in after["lines"]] == ["-4"]


async def test_the_csv_has_opening_lines_and_closing() -> None:
    """What an accountant opens: one row each, and a name that tells whose it is."""
    file = await billing_statement(
        paid(), account=ADA, asset="TOK", now_us=START_US + 10**8, form="csv"
    )
    rows = list(csv.reader(file.text.splitlines()))

    assert file.name == "statement-user-ada-main-TOK.csv"
    assert [(row[3], row[6], row[7]) for row in rows[1:]] == [
        ("opening", "", "0"),
        ("tip", "9", "9"),
        ("tip", "-4", "5"),
        ("closing", "", "5"),
    ]


@pytest.mark.parametrize(
    ("options", "field"),
    [
        ({"from_text": "yesterday"}, "from"),
        ({"until_text": "2026-13-01"}, "to"),
        ({"from_text": "2026-02-01", "until_text": "2026-01-01"}, "from"),
        ({"after": -1}, "after"),
    ],
)
async def test_wrong_bounds_are_named(options: dict[str, Any], field: str) -> None:
    """The refusal says which one and what was expected."""
    with pytest.raises(BadInput) as refused:
        await asked(paid(), **options)

    assert refused.value.field == field


async def test_a_statement_that_does_not_add_up_is_not_shown() -> None:
    """Better none than a wrong one."""

    class Wrong(MemoryStore):
        async def perform(self, request: Any) -> Any:
            answer = await store.perform(request)
            return replace(answer, closing=99) if isinstance(request, ReadStatement) else answer

    store = paid()
    with pytest.raises(StatementDiffers):
        await asked(Wrong(lambda: 0))
