"""Statements read from the ledger's rows, each from one snapshot."""

from __future__ import annotations

from typing import Any

from actors.ledger.messages import ReadStatement
from actors.ledger.statements import Line, Statement
from adapters.postgres.pool import Connection
from adapters.postgres.sql import statement
from engine.outcome import Ok, Outcome

_LINES = statement("ledger_statement")
_BALANCE_AT = statement("ledger_balance_at")
_NEWEST = "select at from ledger_batches order by last_sequence desc limit 1"
_EVERYTHING = 2**63 - 1


async def read_statement(connection: Connection, request: ReadStatement) -> Outcome:
    """Read a statement; its bounds and its lines come from different rows' balances."""
    pair = (request.account, request.asset)
    async with connection.transaction(isolation="repeatable_read", readonly=True):
        until_us = request.until_us
        if request.to_the_last:
            until_us = max(until_us, (await connection.fetchval(_NEWEST) or 0) + 1)
        rows = await connection.fetch(
            _LINES, *pair, request.from_us, until_us, request.after, request.lines_max + 1
        )
        more = len(rows) > request.lines_max
        lines = tuple(_line(row) for row in rows[: request.lines_max])
        # A later page opens where the one before it closed.
        begins = (until_us, request.after) if request.after else (request.from_us,)
        opening = await _balance(connection, *pair, *begins)
        ends = lines[-1].sequence if more else _EVERYTHING
        closing = await _balance(connection, *pair, until_us, ends)
    return Ok(
        Statement(
            account=request.account,
            asset=request.asset,
            from_us=request.from_us,
            until_us=until_us,
            opening=opening,
            lines=lines,
            closing=closing,
            next_after=ends if more else None,
        )
    )


async def _balance(
    connection: Connection, account: str, asset: str, before_us: int, up_to: int = _EVERYTHING
) -> int:
    return int(await connection.fetchval(_BALANCE_AT, account, asset, before_us, up_to))


def _line(row: Any) -> Line:
    return Line(
        sequence=row["sequence"],
        at_us=row["at"],
        id=row["id"],
        command_id=row["command_id"],
        kind=row["kind"],
        ref=row["ref"],
        counterparty=row["counterparty"],
        amount=int(row["amount"]),
        balance=int(row["balance"]),
        details=row["details"],
    )
