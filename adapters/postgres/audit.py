"""The live monitor's view of the books: sums of its own, compared with the balances of record."""

from __future__ import annotations

import logging
from typing import Any

from actors.ledger.book import Balance
from actors.ledger.messages import Audited, AuditLedger, Differing
from adapters.postgres.pool import Connection
from adapters.postgres.sql import statement
from engine.outcome import Ok, Outcome

_log = logging.getLogger("presence.money")

_TAKE = statement("ledger_audit_take")
_DIFFERING = statement("ledger_audit_differing")
_LAST = "select coalesce(max(last_sequence), 0) from ledger_batches"
_UNBALANCED = (
    "select asset from ledger_audit group by asset"
    " having sum(posted) <> 0 or sum(pending_out) <> sum(pending_in) order by asset"
)


async def audit_ledger(connection: Connection, request: AuditLedger) -> Outcome:
    """Take the next rows; when that is all of them, compare every account in the same snapshot."""
    differing: tuple[Differing, ...] = ()
    unbalanced: tuple[str, ...] = ()
    async with connection.transaction(isolation="repeatable_read"):
        sequence = await connection.fetchval(_TAKE, request.rows_max)
        behind = await connection.fetchval(_LAST) - sequence
        compared = request.compare and behind == 0
        if compared:
            differing = tuple(_differing(row) for row in await connection.fetch(_DIFFERING))
            unbalanced = tuple(row["asset"] for row in await connection.fetch(_UNBALANCED))
    for one in differing:
        _log.critical("ledger: %s", one)
    if unbalanced:
        _log.critical("ledger: %s do not add up to nothing", ", ".join(unbalanced))
    return Ok(
        Audited(
            sequence=sequence,
            behind=behind,
            compared=compared,
            differing=differing,
            unbalanced=unbalanced,
        )
    )


def _differing(row: Any) -> Differing:
    return Differing(
        account=row["account"],
        asset=row["asset"],
        stands=Balance(int(row["posted"]), int(row["pending_out"]), int(row["pending_in"])),
        should=Balance(int(row["should_posted"]), int(row["should_out"]), int(row["should_in"])),
    )
