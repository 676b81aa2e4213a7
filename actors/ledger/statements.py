"""Statements: what an account had, what moved, and what it had then; they must agree.

Adjacent periods chain: one's closing is the next one's opening. Amounts are whole minor units and
leave here as strings, exact at any size.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from actors.ledger.accounts import ASSET_EXPONENTS

COLUMNS: Final = (
    "sequence", "at", "id", "kind", "ref", "counterparty", "amount", "balance",
)  # fmt: skip
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One movement. `amount` is negative when it went out; `balance` is right after it."""

    sequence: int
    at_us: int
    id: str
    command_id: str | None
    kind: str
    ref: str
    counterparty: str
    amount: int
    balance: int
    details: dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """One account in one asset over [from_us, until_us).

    Attributes:
        opening: the balance before the first line, minor units; `closing` after the last.
        next_after: read on after this sequence, when not all lines fitted; else None.
    """

    account: str
    asset: str
    from_us: int
    until_us: int
    opening: int
    lines: tuple[Line, ...]
    closing: int
    next_after: int | None = None

    def differences(self) -> list[str]:
        """Return what does not agree, in sentences; an empty list from a sound ledger."""
        wrong = []
        balance = self.opening
        for line in self.lines:
            balance += line.amount
            if balance != line.balance:
                wrong.append(f"row {line.sequence} leaves {line.balance}, its lines {balance}")
                balance = line.balance
        if balance != self.closing:
            wrong.append(f"it closes with {self.closing}, its lines with {balance}")
        return wrong


def decimal(amount: int, asset: str) -> str:
    """Return an amount in the asset's own unit: 999 USD cents are 9.99.

    Assets without a registered exponent are counted in whole units.
    """
    exponent = ASSET_EXPONENTS.get(asset, 0)
    if exponent == 0:
        return str(amount)
    digits = str(abs(amount)).rjust(exponent + 1, "0")
    return f"{'-' if amount < 0 else ''}{digits[:-exponent]}.{digits[-exponent:]}"


def as_json(statement: Statement, iso: Any) -> dict[str, Any]:
    """Return a statement as JSON values; `iso` renders microseconds since 1970."""
    asset = statement.asset

    def money(amount: int) -> str:
        return decimal(amount, asset)

    return {
        "account": statement.account,
        "asset": asset,
        "from": iso(statement.from_us),
        "to": iso(statement.until_us),
        "opening": money(statement.opening),
        "closing": money(statement.closing),
        "received": money(sum(line.amount for line in statement.lines if line.amount > 0)),
        "paid": money(-sum(line.amount for line in statement.lines if line.amount < 0)),
        "lines": [
            {
                "sequence": line.sequence,
                "at": iso(line.at_us),
                "id": line.id,
                "kind": line.kind,
                "ref": line.ref,
                "counterparty": line.counterparty,
                "amount": money(line.amount),
                "balance": money(line.balance),
                "details": line.details,
            }
            for line in statement.lines
        ],
        "next_after": statement.next_after,
    }


def as_csv(statement: Statement, iso: Any) -> str:
    """Return a statement as CSV: an opening row, the lines, a closing row."""
    rows: list[Iterable[object]] = [COLUMNS]
    bounds = [("opening", statement.from_us, statement.opening)]
    bounds.append(("closing", statement.until_us, statement.closing))
    edges = [
        ("", iso(at_us), "", name, "", "", "", decimal(balance, statement.asset))
        for name, at_us, balance in bounds
    ]
    rows.append(edges[0])
    rows += [
        (
            line.sequence,
            iso(line.at_us),
            line.id,
            line.kind,
            _harmless(line.ref),
            _harmless(line.counterparty),
            decimal(line.amount, statement.asset),
            decimal(line.balance, statement.asset),
        )
        for line in statement.lines
    ]
    rows.append(edges[1])
    text = _Text()
    csv.writer(text, lineterminator="\r\n").writerows(rows)
    return "".join(text.parts)


class _Text:
    """What csv writes to; `io` is not for those who decide."""

    def __init__(self) -> None:
        self.parts: list[str] = []

    def write(self, text: str) -> None:
        self.parts.append(text)


def _harmless(text: str) -> str:
    """Keep a spreadsheet from taking somebody's words for a formula."""
    return f"'{text}" if text.startswith(_FORMULA) else text
