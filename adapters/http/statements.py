"""Statements as files: what a billing route answers with, checked before anybody sees it."""

from __future__ import annotations

import json
import logging
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final, Literal

from actors.ledger.messages import ReadStatement
from actors.ledger.statements import Statement, as_csv, as_json
from adapters.http.services import Store
from engine.refusal import BadInput, Refusal

_log = logging.getLogger("presence.money")

LINES_MAX: Final = 5000
YEAR_MAX: Final = 9999
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)

Form = Literal["json", "csv"]


@dataclass(frozen=True, slots=True)
class StatementFile:
    """A body ready to be sent."""

    content_type: str
    name: str
    text: str


class StatementDiffers(Refusal):
    """The ledger's lines and balances do not agree: nothing is shown, and operators are told."""

    code = "statement_differs"


async def billing_statement(
    store: Store,
    *,
    account: str,
    asset: str,
    now_us: int,
    from_text: str | None = None,
    until_text: str | None = None,
    after: int = 0,
    form: Form = "json",
) -> StatementFile:
    """Return an account's statement as JSON or CSV.

    Args:
        store: where the ledger is.
        account: a ledger account, such as `user:ada:main`; the caller has checked whose it is.
        asset: an asset's code.
        now_us: the end of the period when none is given; the newest row is always in it then.
        from_text: ISO 8601 date or time, UTC where it says nothing; everything when None.
        until_text: the same; it is not part of the period itself.
        after: `next_after` of the page before this one.
        form: of the answer.

    Raises:
        BadInput: a bound is no time, or they stand the wrong way round.
        StatementDiffers: see there.
        StoreUnavailable: nothing happened; try again later.
    """
    from_us = 0 if from_text is None else _time_us("from", from_text)
    until_us = now_us if until_text is None else _time_us("to", until_text)
    if from_us > until_us:
        raise BadInput("from: expected a time before `to`", field="from")
    if after < 0:
        raise BadInput("after: expected a row's number, 0 or more", field="after")
    statement: Statement = await store.perform(
        ReadStatement(
            account=account,
            asset=asset,
            from_us=from_us,
            until_us=until_us,
            after=after,
            lines_max=LINES_MAX,
            to_the_last=until_text is None,
        )
    )
    differences = statement.differences()
    if differences:
        _log.critical("statement of %s %s: %s", account, asset, "; ".join(differences))
        raise StatementDiffers("This statement does not add up; we have been told and look at it.")
    name = f"statement-{account.replace(':', '-').replace('/', '-')}-{asset}.{form}"
    if form == "csv":
        return StatementFile("text/csv; charset=utf-8", name, as_csv(statement, iso))
    text = json.dumps({"success": True, "statement": as_json(statement, iso)}, ensure_ascii=False)
    return StatementFile("application/json", name, text)


def iso(time_us: int) -> str:
    """Return microseconds since 1970 as ISO 8601 in UTC, to the microsecond."""
    moment = _EPOCH + timedelta(microseconds=time_us)
    return moment.isoformat(timespec="microseconds").replace("+00:00", "Z")


def _time_us(field: str, text: str) -> int:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise BadInput(
            f"{field}: expected a date or a time such as 2026-01-31T12:00:00Z", field=field
        ) from None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return (moment - _EPOCH) // timedelta(microseconds=1)
