"""What several handlers share: asking actors, and keeping the audit log."""

from __future__ import annotations

import logging
from typing import Any

from actors.money.policy import DAY_US
from actors.space.space_id import SpaceId
from actors.store import AuditEntry, RecordAudit
from actors.store_answers import StoreUnavailable, StoreUnknown, value_of
from adapters.http.call import Call
from adapters.http.money_requests import PeriodQuery
from engine.refusal import Refusal

_log = logging.getLogger("presence.http")


async def ask(call: Call, address: str, message: Any) -> Any:
    """Return an actor's answer.

    Raises:
        Refusal: the actor's own.
        StoreUnavailable: nothing took effect.
        StoreUnknown: there was no answer in time.
    """
    services = call.services
    return value_of(await services.ask(address, message, services.settings.answer_timeout_us))


_PERIODS_US = {"24h": DAY_US, "7d": 7 * DAY_US, "30d": 30 * DAY_US}


def period_since_us(call: Call, query: PeriodQuery) -> int:
    """Return when the period of a query began; `all` began with everything."""
    length_us = _PERIODS_US.get(query.period)
    return 0 if length_us is None else call.services.now_us() - length_us


async def audit(
    call: Call,
    action: str,
    *,
    account: str | None,
    space: SpaceId | None = None,
    **details: Any,
) -> None:
    """Write one line of the audit log; a store that is away costs the line, not the request."""
    entry = AuditEntry(
        action=action,
        account=account,
        space=space,
        details=details,
        ip=call.client_address,
        user_agent=call.user_agent,
    )
    try:
        await call.services.store.perform(RecordAudit(entries=(entry,)))
    except (StoreUnavailable, StoreUnknown, Refusal) as error:
        _log.error("audit line lost: %s %s: %s", action, account, error)
