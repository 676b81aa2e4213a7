"""Who proved what, and what was done: login challenges and the audit log."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from actors.store import BurnChallenge, IssueChallenge, RecordAudit
from adapters.postgres.pool import Connection
from adapters.postgres.sql import statement
from engine.outcome import Ok, Outcome

_ISSUE = statement("issue_challenge")

_BURN_ISSUED = statement("burn_issued_challenge")

_BURN_MADE = statement("burn_made_challenge")

_FORGET = statement("forget_challenges")

LIFETIME_MAX_US = 3_600_000_000
"""No challenge is issued for longer than this hour, so one that expires an hour before a newly
issued one has expired already."""

_AUDIT = statement("record_audit")


async def issue_challenge(connection: Connection, request: IssueChallenge) -> Outcome:
    """Remember a challenge; old ones are forgotten, so the table stays small."""
    await connection.execute(_ISSUE, request.account, request.challenge, request.expires_us)
    await connection.execute(_FORGET, request.expires_us - LIFETIME_MAX_US)
    return Ok(None)


async def burn_challenge(connection: Connection, request: BurnChallenge) -> Outcome:
    """Spend a challenge in one statement: of two who try at once, one is told True."""
    who = (request.account, request.challenge, request.now_us)
    if request.issued:
        return Ok(bool(await connection.fetchval(_BURN_ISSUED, *who)))
    return Ok(bool(await connection.fetchval(_BURN_MADE, *who, request.expires_us)))


async def record_audit(connection: Connection, requests: Sequence[RecordAudit]) -> list[Outcome]:
    """Append the entries of many requests in one statement."""
    entries = [entry for request in requests for entry in request.entries]
    if entries:
        spaces = [entry.space for entry in entries]
        await connection.execute(
            _AUDIT,
            [_text(entry.action) for entry in entries],
            [_text(entry.account) for entry in entries],
            [_text(space.type) if space else None for space in spaces],
            [_text(space.id) if space else None for space in spaces],
            [_text(space.subspace) if space else None for space in spaces],
            [_json(entry.details) for entry in entries],
            [_text(entry.ip) for entry in entries],
            [_text(entry.user_agent) for entry in entries],
        )
    return [Ok(None)] * len(requests)


def _json(value: dict[str, Any]) -> str | None:
    return _text(json.dumps(value, ensure_ascii=False).replace("\\u0000", "\\ufffd"))


def _text(value: str | None) -> str | None:
    """Return `value` as the database can hold it: evidence is kept even when it is malformed."""
    if value is None:
        return None
    return value.replace("\0", "\ufffd").encode("utf-8", "replace").decode("utf-8")
