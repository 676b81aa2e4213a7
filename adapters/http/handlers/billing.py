"""What somebody's account did over a period: line by line, or summed up."""

from __future__ import annotations

import msgspec

from actors.ledger.accounts import user_main
from actors.money.space_records import BillingStats, ReadBillingStats
from adapters.http.call import Answer, Call, Download
from adapters.http.handlers.common import period_since_us
from adapters.http.money_problems import OperatorsOnly
from adapters.http.money_requests import PeriodQuery, StatementQuery
from adapters.http.once import proven
from adapters.http.routing import Nothing
from adapters.http.space_money import BillingFigures, Earned, Reason, Spent
from adapters.http.statements import billing_statement


async def stats(call: Call, query: PeriodQuery, _body: Nothing) -> BillingFigures:
    """Sum up what the caller's tokens did over a period, by reason."""
    account = await proven(call)
    request = ReadBillingStats(account=account, since_us=period_since_us(call, query))
    found: BillingStats = await call.services.store.perform(request)
    return BillingFigures(
        period=query.period,
        spent=Spent(transaction_count=found.spent_count, total_spent=found.spent),
        earned=Earned(transaction_count=found.earned_count, total_earned=found.earned),
        breakdown=[
            Reason(reason=reason, count=count, total=total)
            for reason, count, total in found.breakdown
        ],
    )


async def statement(call: Call, query: StatementQuery, _body: Nothing) -> Answer | Download:
    """Return the caller's statement; operators may ask for anybody's.

    Raises:
        OperatorsOnly: it is somebody else's.
        Refusal: see `billing_statement`.
    """
    who = await proven(call)
    account = query.account or who
    if account != who and not (await call.caller()).admin:
        raise OperatorsOnly
    file = await billing_statement(
        call.services.store,
        account=user_main(account),
        asset=query.asset,
        now_us=call.services.now_us(),
        from_text=query.from_,
        until_text=query.to,
        after=query.after,
        form=query.format,
    )
    if query.format == "csv":
        return Download(text=file.text, media_type=file.content_type, file_name=file.name)
    return Answer(200, msgspec.Raw(file.text.encode()))
